package triage

import (
	"cmp"
	"fmt"
	"slices"

	"stockdigest.app/stockdigest"
)

// Caps of a run, per role; industry counts per keyword.
const (
	capCompany  = 20
	capIndustry = 8
	capOther    = 5
	// CapUnsure bounds how many pages are read only to learn what they are about.
	capUnsure = 20
)

// limit rejects what is above the caps, worst first: lowest score, then
// oldest, then by ID, so that equal rows give an equal choice.
func limit(judged []judgement) {
	order := make([]int, 0, len(judged))
	for i, j := range judged {
		if j.verdict.Decision == stockdigest.Selected {
			order = append(order, i)
		}
	}
	slices.SortFunc(order, func(a, b int) int { return better(judged[a], judged[b]) })
	used := map[string]int{}
	for _, i := range order {
		v := &judged[i].verdict
		key, most := bucket(judged[i])
		if used[key]++; used[key] > most {
			v.Decision, v.Gate = stockdigest.Rejected, GateCap
			v.Reason = fmt.Sprintf("%d better ones were taken; %s", most, v.Reason)
		}
	}
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
		cmp.Compare(b.verdict.Score, a.verdict.Score),
		cmp.Compare(b.hint, a.hint),
		b.candidate.Article.PublishedAt.Compare(a.candidate.Article.PublishedAt),
		cmp.Compare(a.candidate.Article.ID, b.candidate.Article.ID),
	)
}
