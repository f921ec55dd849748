package verify

import (
	"slices"
	"strings"

	"stockdigest.app/stockdigest/internal/facts"
	"stockdigest.app/stockdigest/internal/text"
)

// directions checks that the evidence goes the way the statement says.
func (c *comparison) directions() {
	for _, b := range c.b.moves {
		axis, _ := b.Kind.Axis()
		same, opposite := false, ""
		for _, e := range c.e.moves {
			other, _ := e.Kind.Axis()
			switch {
			case e.Verb == b.Verb && e.Kind == b.Kind:
				same = true
			case other == axis && e.Positive() == b.Positive():
				same = true
			case other == axis && opposite == "":
				opposite = e.Span.Of(c.e.s)
			}
		}
		if same || c.signed(b) {
			continue
		}
		word := b.Span.Of(c.b.s)
		if opposite != "" {
			c.fail(word, KindDirection, "says %q, its evidence says %q", word, opposite)
			continue
		}
		c.fail(word, KindDirection, "says %q, which its evidence does not", word)
	}
}

// signed reports whether a figure of the evidence carries the direction as its
// sign: "+5%" is up.
func (c *comparison) signed(b facts.Direction) bool {
	if axis, _ := b.Kind.Axis(); axis != "level" && axis != "result" {
		return false
	}
	for _, e := range c.e.facts {
		if e.Value == nil {
			continue
		}
		plus := e.Span.Start > 0 && c.e.s[e.Span.Start-1] == '+'
		if b.Positive() && plus || !b.Positive() && e.Value.Sign() < 0 {
			return true
		}
	}
	return false
}

// A turn is a place where a word changes the words behind it: a negation or a
// hedge, and the next content words it acts on.
type turn struct {
	word  string
	class string
	on    []string // stems of up to two content words behind it
	to    bool     // what it acts on is still to be done: "plans to", "will"
}

// negations checks that no "not" is lost or gained.
func (c *comparison) negations() {
	ours, theirs := c.b.turns(c.b.denied), c.e.turns(c.e.denied)
	for _, t := range theirs {
		plain, turned := c.b.said(t, c.b.denied)
		if elsewhere, _ := c.e.said(t, c.e.denied); plain != "" && !turned && elsewhere == "" {
			c.fail(plain, KindNegation, "leaves out %q before %q", t.word, plain)
		}
	}
	for _, t := range ours {
		plain, turned := c.e.said(t, c.e.denied)
		if plain != "" && !turned {
			c.fail(t.word, KindNegation, "says %q before %q, which its evidence does not", t.word, plain)
		}
	}
	if len(ours) > 0 && len(theirs) == 0 {
		c.fail(ours[0].word, KindNegation, "says %q, its evidence denies nothing", ours[0].word)
	}
}

// hedging checks that what the evidence holds possible, expected or alleged is
// not told as done. A plan may be told as one: "to cut".
func (c *comparison) hedging() {
	ours, theirs := c.b.turns(c.b.hedged), c.e.turns(c.e.hedged)
	for _, t := range theirs {
		if t.class == "planned" || t.class == "expected" && c.b.stems[text.Stem(t.word)] {
			c.undone(t)
			continue
		}
		plain, turned := c.b.said(t, c.b.hedged)
		if elsewhere, _ := c.e.said(t, c.e.hedged); plain != "" && !turned && elsewhere == "" {
			c.fail(plain, KindHedge, "leaves out %q before %q", t.word, plain)
		}
	}
	c.hardened(ours, theirs)
	for _, h := range c.b.hedges {
		if c.e.stems[text.Stem(h.Word)] || slices.ContainsFunc(c.e.hedges, func(e facts.Hedge) bool { return e.Class == h.Class }) {
			continue
		}
		c.fail(h.Word, KindHedge, "says %q, which its evidence does not", h.Word)
	}
}

// undone checks that what the evidence has somebody about to do is not told as
// done.
func (c *comparison) undone(t turn) {
	if !t.to {
		return
	}
	if word := c.b.done(t); word != "" && c.e.done(t) == "" {
		c.fail(word, KindHedge, "says %q where its evidence says %q", word, t.word)
	}
}

// done is the word of r that tells what t acts on as past, "" for none.
func (r *reading) done(t turn) string {
	for i, w := range r.words {
		if r.roots[i] == t.on[0] && past(w) && (len(t.on) == 1 || r.soon(i, t.on[1])) && !r.open(i) {
			return w
		}
	}
	return ""
}

// open reports whether the participle at word i is of what is still to be:
// "will be sold", "to have sold". A form that is its own base may be one too.
func (r *reading) open(i int) bool {
	if i == 0 {
		return false
	}
	switch r.words[i-1] {
	case "be", "been", "being", "have":
	default:
		if base, _ := irregular(r.words[i]); base != r.words[i] {
			return false
		}
	}
	for at := i - 1; at >= 0 && at > i-8 && r.words[at] != end; at-- {
		if r.hedged[at] != "" || r.words[at] == "to" {
			return true
		}
	}
	return false
}

// hardened checks that what "may" or "is expected to" happen is not told as
// what "will".
func (c *comparison) hardened(ours, theirs []turn) {
	for _, b := range ours {
		if b.class != "planned" {
			continue
		}
		softer := ""
		for _, e := range theirs {
			if e.on[0] != b.on[0] || len(e.on) > 1 && len(b.on) > 1 && e.on[1] != b.on[1] {
				continue
			}
			if e.class == b.class {
				softer = ""
				break
			}
			softer = e.word
		}
		if softer != "" {
			c.fail(b.word, KindHedge, "says %q where its evidence says %q", b.word, softer)
		}
	}
}

// denial classifies negations for turns.
func denial(w string) string {
	if strings.HasSuffix(w, "n't") {
		return "not"
	}
	switch w {
	case "not", "no", "never", "without", "failed", "fails", "fail", "neither", "nor", "cannot", "refused", "denied", "denies", "unable", "none":
		return "not"
	}
	return ""
}

// hedge classifies hedges for turns.
func hedge(w string) string {
	switch w {
	case "talks", "negotiating":
		return "possible"
	case "want", "seek", "hoping", "aiming", "intending":
		return "planned"
	}
	if found := facts.Hedges("x " + w); len(found) == 1 {
		return found[0].Class
	}
	return ""
}

// maxTurns bounds the turns of one text that are compared; real quotes have a
// handful.
const maxTurns = 64

// turns returns the words of r that have a class, with what they act on, each
// pair once.
func (r *reading) turns(class []string) []turn {
	var found []turn
	seen := map[string]bool{}
	for i, w := range r.words {
		if class[i] == "" {
			continue
		}
		t := turn{word: w, class: class[i], to: w == "will" || i+1 < len(r.words) && r.words[i+1] == "to"}
		for at := i + 1; at < min(len(r.words), i+8) && r.words[at] != end && len(t.on) < 2; at++ {
			if content(r.words[at]) && class[at] == "" {
				t.on = append(t.on, r.roots[at])
			}
		}
		key := w + " " + strings.Join(t.on, " ")
		if len(t.on) == 0 || seen[key] {
			continue
		}
		seen[key] = true
		if found = append(found, t); len(found) == maxTurns {
			break
		}
	}
	return found
}

// said looks for the words that t acts on in r. Plain is one of them that is
// said without a word of a class before it, empty when there is none; turned
// reports whether another is said with one.
func (r *reading) said(t turn, class []string) (plain string, turned bool) {
	for i, w := range r.words {
		if r.roots[i] != t.on[0] || !content(w) || len(t.on) > 1 && !r.soon(i, t.on[1]) {
			continue
		}
		here := false
		for at := i - 1; at >= 0 && at > i-8 && r.words[at] != end; at-- {
			here = here || class[at] != ""
		}
		if here || i > 0 && r.words[i-1] == "to" {
			turned = true
		} else {
			plain = w
		}
	}
	return plain, turned
}

// soon reports whether a word with the stem comes within six words of word i.
func (r *reading) soon(i int, stem string) bool {
	for at := i + 1; at < min(len(r.words), i+7) && r.words[at] != end; at++ {
		if r.roots[at] == stem {
			return true
		}
	}
	return false
}

// content reports whether w is a word with a meaning of its own.
func content(w string) bool {
	return !text.Stop(w) && w != end && w != "s" && w != "said" && (w[0] < '0' || w[0] > '9')
}

// nameCheck checks that the evidence or its title names everybody the statement
// names.
func (c *comparison) nameCheck() {
	for _, n := range c.b.names {
		if c.named(n) {
			continue
		}
		if other := c.standIn(n); other != "" {
			c.fail(n.Text, KindName, "names %s, its evidence names %s", clean(n.Text), clean(other))
			continue
		}
		c.fail(n.Text, KindName, "names %s, which its evidence does not", clean(n.Text))
	}
}

// named reports whether the evidence or its titles name n: its words side by
// side, as initials, or in order inside one longer name.
func (c *comparison) named(n facts.Name) bool {
	if len(n.Words) == 1 && generic(n.Words[0]) {
		return true
	}
	var words []string
	for _, w := range n.Words {
		if office := len(n.Words) > 1 && generic(w); !office { // John Smith CEO
			words = append(words, runs(w)...)
		}
	}
	for _, r := range []*reading{c.e, c.titles} {
		if r.holds(words) {
			return true
		}
		for _, e := range r.names {
			if inOrder(words, e.Words) || len(words) == 1 && initials(e.Words) == words[0] {
				return true
			}
		}
	}
	return false
}

// generic reports whether w in capitals names nobody.
func generic(w string) bool {
	switch w {
	case "eps", "ceo", "cfo", "coo", "cto", "ipo", "ai", "gaap", "ebitda", "capex", "usa", "us", "u.s", "uk", "u.k", "eu", "etf", "r", "d":
		return true
	}
	return false
}

func inOrder(words, in []string) bool {
	at := 0
	for _, w := range in {
		if at < len(words) && w == words[at] {
			at++
		}
	}
	return at == len(words) && len(words) > 1
}

func initials(words []string) string {
	if len(words) < 2 {
		return ""
	}
	var b strings.Builder
	for _, w := range words {
		for _, r := range w {
			b.WriteRune(r)
			break
		}
	}
	return b.String()
}

// standIn returns the evidence's name that stands where n stands.
func (c *comparison) standIn(n facts.Name) string {
	at := -1
	for i, p := range c.b.pieces {
		if p.family == name && p.span == n.Span {
			at = i
		}
	}
	if at < 0 {
		return ""
	}
	best, weight := "", 0.3
	for j, p := range c.e.pieces {
		if p.family != name {
			continue
		}
		if w := c.b.weigh(at, c.e, j); w > weight {
			best, weight = c.e.names[p.at].Text, w
		}
	}
	return best
}

// A share is asked of statements with fewWords content words and more: of two or
// three words a paraphrase may keep one.
const (
	fewWords  = 4
	supported = 0.5 // share of the content words that the evidence or its titles use
)

// support checks that the statement speaks of what its evidence speaks of. It is
// a light check: it sees what is made up altogether, and not a fine twist.
func (c *comparison) support() {
	seen := map[string]bool{}
	known := 0
	for i, w := range c.b.words {
		root := c.b.roots[i]
		if !content(w) || seen[root] {
			continue
		}
		seen[root] = true
		if c.e.stems[root] || c.titles.stems[root] {
			known++
		}
	}
	made := known == 0 && len(seen) > 0
	if made || len(seen) >= fewWords && float64(known) < supported*float64(len(seen)) {
		c.fail(clean(c.b.s), KindWords, "uses %d words of which its evidence uses %d", len(seen), known)
	}
}
