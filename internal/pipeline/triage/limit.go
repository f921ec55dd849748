package triage

import (
	"cmp"
	"fmt"
	"math"
	"slices"

	"stockdigest.app/stockdigest"
	"stockdigest.app/stockdigest/internal/events"
)

// Caps of a run, per role; industry counts per keyword.
const (
	capCompany  = 20
	capIndustry = 8
	capOther    = 5
	// CapUnsure bounds how many pages are read only to learn what they are about.
	capUnsure = 20
)

// limit rejects what is above the caps.
func limit(judged []judgement) {
	in := within(judged, 1)
	for i := range judged {
		v := &judged[i].verdict
		if v.Decision == stockdigest.Selected && !in[i] {
			_, most := bucket(judged[i])
			v.Decision, v.Gate = stockdigest.Rejected, GateCap
			v.Reason = fmt.Sprintf("%d better ones were taken; %s", most, v.Reason)
		}
	}
}

// hold marks the strong candidates that the rules alone take. Whatever a prompt
// with all candidates in it makes models vote, these stay.
func hold(judged []judgement) {
	for i, in := range within(judged, 1) {
		judged[i].held = in && judged[i].strong()
	}
}

// strongScore is the score by rules from which on a candidate is strong: the
// company is plainly its subject, and something happened.
const strongScore = 5

// strong reports a candidate that rules alone may keep: it tells a hard event in
// its title, or has a high score. Ask before votes are added.
func (j judgement) strong() bool {
	hard := slices.ContainsFunc(events.Of(j.candidate.Article.Title), events.Kind.Hard)
	return hard || j.byRule >= strongScore
}

// within reports which of the selected are inside so many times the caps. Out go the lowest
// scores, then the oldest, then by ID, so that equal rows give an equal choice.
func within(judged []judgement, times int) []bool {
	order := make([]int, 0, len(judged))
	for i, j := range judged {
		if j.verdict.Decision == stockdigest.Selected {
			order = append(order, i)
		}
	}
	slices.SortFunc(order, func(a, b int) int { return better(judged[a], judged[b]) })
	used := map[string]int{}
	in := make([]bool, len(judged))
	for _, i := range order {
		key, most := bucket(judged[i])
		used[key]++
		in[i] = used[key] <= times*most
	}
	return in
}

func bucket(j judgement) (key string, most int) {
	role := j.candidate.Role
	switch {
	case j.verdict.Gate == GateUnsure:
		return GateUnsure, capUnsure
	case role == stockdigest.RoleCompany:
		return string(role), capCompany
	case role == stockdigest.RoleIndustry:
		return string(role) + "/" + j.candidate.Subject, capIndustry
	}
	return string(role), capOther
}

func better(a, b judgement) int {
	return cmp.Or(
		cmp.Compare(b.rank(), a.rank()),
		cmp.Compare(b.hint, a.hint),
		b.candidate.Article.PublishedAt.Compare(a.candidate.Article.PublishedAt),
		cmp.Compare(a.candidate.Article.ID, b.candidate.Article.ID),
	)
}

// rank is the score that a candidate is ordered by; those that are held come
// before all others.
func (j judgement) rank() int {
	if j.held {
		return math.MaxInt
	}
	return j.verdict.Score
}
