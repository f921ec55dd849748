package verify

import (
	"fmt"
	"regexp"
	"strings"
	"unicode"
	"unicode/utf8"

	"stockdigest.app/stockdigest"
)

// A Kind says what kind of claim failed.
type Kind string

// The kinds of failures.
const (
	KindForm      Kind = "form"        // length, markup, links, control characters, ids
	KindSource    Kind = "source"      // no evidence, or one the run does not hold
	KindQuote     Kind = "quote"       // not verbatim at its offsets
	KindNumber    Kind = "number"      // a figure the evidence does not tell
	KindUnit      Kind = "unit"        // the figure, but of something else
	KindCurrency  Kind = "currency"    // the figure in another currency
	KindScale     Kind = "scale"       // the digits with another scale
	KindPoints    Kind = "points"      // percent against percentage points
	KindDate      Kind = "date"        // a day, period, year or time the evidence does not tell
	KindDirection Kind = "direction"   // up for down, beat for miss, raised for cut
	KindNegation  Kind = "negation"    // a "not" gained or lost
	KindHedge     Kind = "hedge"       // a "may" lost
	KindVoice     Kind = "attribution" // the words of one given to another
	KindName      Kind = "name"        // a person, company or product the evidence does not name
	KindSwap      Kind = "swap"        // told by the evidence, but of another subject
	KindWords     Kind = "words"       // what it says is not what the evidence speaks of
	KindJudged    Kind = "judged"      // a second model does not find it supported
)

// A Failure is one claim of a bullet that its evidence does not carry.
type Failure struct {
	Claim string // the words of the bullet
	Kind  Kind
	Why   string // for people: says $1.85 billion, its evidence says $1.58 billion
}

// Bounds of a bullet, in bytes. A sentence of the longest real article of our
// sets stays below maxText; evidence longer than maxQuote is no quote.
const (
	minText     = 8
	maxText     = 2000
	maxQuote    = 8000
	maxEvidence = 12      // a count of insiders rests on the form of each
	maxKnown    = 200_000 // of all texts that an update line may repeat
)

// Check returns every claim of b that does not hold, none when b may be
// printed. Source gives the stored text of an evidence's Source. A bullet whose
// text is its quote fails only for its form or a quote that is not verbatim.
// The context is not looked at: it may fall alone, see CheckContext.
func Check(b stockdigest.Bullet, source func(string) (body string, ok bool)) []Failure {
	return check(b, source, "")
}

// CheckContext returns every claim of a bullet's context that does not hold.
func CheckContext(c stockdigest.Context, source func(string) (body string, ok bool)) []Failure {
	failures := form(c.Text)
	failures = append(failures, quotes([]stockdigest.Evidence{c.Evidence}, source)...)
	if len(failures) > 0 {
		return failures
	}
	return Claims(c.Text, c.Evidence.Quote, c.Evidence.Title)
}

// check is Check with what was told about the bullet's story before, which the
// update line may repeat.
func check(b stockdigest.Bullet, source func(string) (body string, ok bool), told string) []Failure {
	failures := form(b.Text)
	failures = append(failures, quotes(b.Evidence, source)...)
	if len(failures) > 0 {
		return failures // claims without sound evidence only repeat the trouble
	}
	failures = Claims(b.Text, evidence(b.Evidence), headlines(b.Evidence))
	if b.Update == "" {
		return failures
	}
	failures = append(failures, plain(b.Update)...)
	var known strings.Builder
	known.WriteString(evidence(b.Evidence) + "\n" + headlines(b.Evidence) + "\n" + b.Text + "\n" + told)
	for _, e := range b.Evidence {
		body, _ := source(e.Source)
		known.WriteString("\n" + body)
	}
	return append(failures, retold(b.Update, known.String()[:min(known.Len(), maxKnown)])...)
}

// quotes checks that each evidence has a source of the run and stands in it.
func quotes(all []stockdigest.Evidence, source func(string) (body string, ok bool)) []Failure {
	if len(all) == 0 || len(all) > maxEvidence {
		return []Failure{{Kind: KindSource, Why: fmt.Sprintf("it has %d quotes, want 1 to %d", len(all), maxEvidence)}}
	}
	var failures []Failure
	for _, e := range all {
		body, ok := source(e.Source)
		switch {
		case !ok:
			failures = append(failures, Failure{Claim: e.Quote, Kind: KindSource, Why: fmt.Sprintf("its source %q is not one of this run", e.Source)})
			continue
		case len(e.Quote) > maxQuote:
			failures = append(failures, Failure{Claim: e.Source, Kind: KindQuote, Why: fmt.Sprintf("its quote has %d bytes, more than %d", len(e.Quote), maxQuote)})
			continue
		}
		if err := e.Check(body); err != nil {
			failures = append(failures, Failure{Claim: e.Quote, Kind: KindQuote, Why: stockdigest.Message(err)})
		}
	}
	return failures
}

func evidence(all []stockdigest.Evidence) string {
	parts := make([]string, 0, len(all))
	for _, e := range all {
		parts = append(parts, e.Quote)
	}
	return strings.Join(parts, "\n\n")
}

func headlines(all []stockdigest.Evidence) string {
	parts := make([]string, 0, 2*len(all))
	for _, e := range all {
		parts = append(parts, e.Title, e.Publisher)
	}
	return strings.Join(parts, "\n")
}

// Compiled once; both are linear (RE2).
var (
	markup = regexp.MustCompile(`<[A-Za-z/!?]`)
	link   = regexp.MustCompile(`(?i)\b(?:https?|ftp|javascript|data|mailto):\S|\bwww\.[a-z0-9]`)
)

// form refuses what no bullet may be, whatever its evidence says.
func form(s string) []Failure {
	if len(strings.TrimSpace(s)) < minText {
		return []Failure{{Claim: s, Kind: KindForm, Why: "its text is too short to say anything"}}
	}
	return plain(s)
}

// plain refuses what is not plain text of a bearable length. An update line may
// be as short as "now $44".
func plain(s string) []Failure {
	fail := func(why string) []Failure { return []Failure{{Claim: s, Kind: KindForm, Why: why}} }
	switch {
	case len(s) > maxText:
		return []Failure{{Kind: KindForm, Why: fmt.Sprintf("its text has %d bytes, more than %d", len(s), maxText)}}
	case !utf8.ValidString(s):
		return fail("its text is not UTF-8")
	case strings.ContainsFunc(s, hidden):
		return fail("its text holds control or invisible characters")
	case markup.MatchString(s):
		return fail("its text holds markup")
	case link.MatchString(s):
		return fail("its text holds a link")
	}
	return nil
}

// hidden reports whether r is a control character or turns the direction of
// text. Line breaks, tabs and joiners occur in real sentences.
func hidden(r rune) bool {
	switch {
	case r == '\n' || r == '\t':
		return false
	case r >= 0x202a && r <= 0x202e, r >= 0x2066 && r <= 0x2069:
		return true
	}
	return unicode.IsControl(r)
}
