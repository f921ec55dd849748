package extract

import (
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode"

	"stockdigest.app/stockdigest"
)

// unsure is the gate that triage leaves on a candidate whose headline did not
// settle whether it is about the company.
const unsure = "unsure"

// staleAfter is how long before the window a page's own date must lie for a
// feed's date to be disbelieved: updated pages keep their first date.
const staleAfter = 7 * 24 * time.Hour

// judge looks at the texts of the selected candidates and returns the verdicts
// that change. It depends on the stored rows only, so a second run agrees.
func (s *Step) judge(run stockdigest.Run, material stockdigest.Material) []stockdigest.Verdict {
	var changed []stockdigest.Verdict
	first := map[string]stockdigest.Article{}
	for _, c := range slices.Backward(material.Candidates) { // oldest first: the earliest of equal texts is kept
		if c.Verdict.Decision != stockdigest.Selected || c.Text == nil {
			continue
		}
		verdict := s.verdict(run, material.Ticker, c, first)
		if verdict != c.Verdict {
			changed = append(changed, verdict)
		}
	}
	return changed
}

func (s *Step) verdict(run stockdigest.Run, ticker stockdigest.Ticker, c stockdigest.Candidate, first map[string]stockdigest.Article) stockdigest.Verdict {
	v := c.Verdict
	if reason := stale(run.Window(), c); reason != "" {
		v.Decision, v.Gate, v.Reason = stockdigest.Rejected, "stale", reason
		return v
	}
	if v.Gate == unsure && s.SecondLook != nil {
		about, reason := s.SecondLook(ticker, c, c.Text.Body)
		v.Gate, v.Reason = "entity", reason
		if !about {
			v.Decision = stockdigest.Rejected
			return v
		}
	}
	letters := fingerprint(c.Text.Body)
	if kept, seen := first[letters]; seen {
		v.Decision, v.Gate, v.Of = stockdigest.Duplicate, "text", kept.ID
		v.Reason = "the same text as " + named(kept)
		return v
	}
	first[letters] = c.Article
	return v
}

func named(a stockdigest.Article) string {
	if a.Publisher != "" {
		return a.Publisher + ": " + a.Title
	}
	return a.Title
}

// stale says why a candidate's page is too old for the window, or nothing.
func stale(window stockdigest.Window, c stockdigest.Candidate) string {
	at := c.Text.PublishedAt
	if at.IsZero() || !at.Before(window.From.Add(-staleAfter)) {
		return ""
	}
	return fmt.Sprintf("the page says %s, the feed said %s", at.Format("2 January 2006"), c.Article.PublishedAt.Format("2 January 2006"))
}

// fingerprint is equal for texts that differ in case, blanks and punctuation
// only.
func fingerprint(text string) string {
	var b strings.Builder
	b.Grow(len(text))
	for _, c := range text {
		if unicode.IsLetter(c) || unicode.IsNumber(c) {
			b.WriteRune(unicode.ToLower(c))
		}
	}
	return stockdigest.Hash(b.String())
}

// note says in one line what the step did.
func note(material stockdigest.Material, verdicts []stockdigest.Verdict) string {
	full, labelled, missing := 0, 0, 0
	for _, c := range material.Candidates {
		switch {
		case c.Verdict.Decision != stockdigest.Selected:
		case c.Text == nil:
			missing++
		case c.Text.Label != stockdigest.TextFull:
			labelled++
		default:
			full++
		}
	}
	return fmt.Sprintf("%d pages read in full, %d as headline or teaser, %d without text, %d set aside", full, labelled, missing, len(verdicts))
}
