package triage

import (
	"cmp"
	"fmt"
	"regexp"
	"slices"
	"strings"

	"stockdigest.app/stockdigest"
	"stockdigest.app/stockdigest/internal/events"
)

// hardest returns the events that a text tells, those that weigh most first.
func hardest(text string) []events.Kind {
	found := events.Of(text)
	if slices.Contains(found, events.Analyst) {
		found = events.Of(toBuy.ReplaceAllString(text, "to overweight")) // a rating, not a purchase
	}
	slices.SortStableFunc(found, func(a, b events.Kind) int { return cmp.Compare(b.Points(), a.Points()) })
	return found
}

// rate adds up a candidate's score and explains it in one line.
func rate(c stockdigest.Candidate, about int) (int, string) {
	score := about
	var parts []string
	add := func(points int, what string) {
		score += points
		parts = append(parts, fmt.Sprintf("%s %+d", what, points))
	}
	if about > 0 {
		parts = append(parts, fmt.Sprintf("subject %+d", about))
	}
	if found := hardest(c.Article.Title); len(found) > 0 {
		add(found[0].Points(), string(found[0]))
		if len(found) > 1 && found[1].Hard() {
			add(1, string(found[1]))
		}
	} else if found := hardest(c.Article.Description); len(found) > 0 && found[0].Points() > 1 {
		add(1, string(found[0])+" in the description")
	}
	if amount.MatchString(c.Article.Title) {
		add(1, "amount")
	}
	if soft.MatchString(c.Article.Title) {
		add(-1, "preview or opinion")
	}
	return max(score, 0), strings.Join(parts, ", ")
}

var (
	toBuy  = regexp.MustCompile(`(?i)\bto (buy|sell)\b`)
	amount = regexp.MustCompile(`(?i)[$£€]\s?\d|\b\d+(\.\d+)?\s?(%|percent|billion|million|bn)`)
	soft   = regexp.MustCompile(`(?i)^\W*(opinion|column|editorial|analysis|preview|review)\b|\b(what to expect|could|might|rumou?r(s|ed)?|reportedly|prediction|should you)\b`)
)
