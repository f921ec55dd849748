package summarize

import (
	"cmp"
	"fmt"
	"math/big"
	"slices"

	"stockdigest.app/stockdigest"
	"stockdigest.app/stockdigest/internal/events"
	"stockdigest.app/stockdigest/internal/facts"
	"stockdigest.app/stockdigest/internal/text"
)

// A placed bullet has its section.
type placed struct {
	bullet     stockdigest.Bullet
	section    stockdigest.SectionName
	words      []string
	first      bool // of its story
	fromFiling bool
}

// sectionOf places a bullet by what happened, who it is about and whether it
// looks ahead. The sentence's own event decides, then what the story is about,
// then its figures: what a recalled thing sold for stands beside the recall. A daily report has no catalysts: it tells them as developments.
func sectionOf(kind stockdigest.ReportKind, headline string, s sentence, mood stockdigest.Sentiment) stockdigest.SectionName {
	if s.source.role != stockdigest.RoleCompany {
		return stockdigest.SectionCompetitive
	}
	f, what := s.features, events.First(s.text)
	if what == events.None {
		what = events.First(headline)
	}
	if what == events.None && f.TopLine+f.Result+f.PerShare > 0 {
		return stockdigest.SectionFinancial
	}
	section := stockdigest.SectionMajor
	switch what {
	case events.Earnings, events.Guidance, events.Payout, events.Financing:
		section = stockdigest.SectionFinancial
	case events.Accident:
		section = stockdigest.SectionRisks
	case events.Legal:
		if mood != stockdigest.Positive {
			section = stockdigest.SectionRisks
		}
	case events.Regulation:
		if mood == stockdigest.Negative || mood == stockdigest.Mixed {
			section = stockdigest.SectionRisks
		}
	case events.Analyst:
		section = stockdigest.SectionWallStreet
	case events.Product, events.Contract, events.Plans:
		if f.Guidance > 0 && ahead(s) {
			section = stockdigest.SectionCatalysts
		}
	case events.None, events.Deal, events.Management, events.Jobs:
	}
	if section.Hidden(kind) {
		return stockdigest.SectionMajor
	}
	return section
}

// ahead reports a sentence that says when the thing it looks ahead to will be.
func ahead(s sentence) bool {
	return s.features.Day+s.features.Period > 0 || has(text.Words(s.text), "next", "later", "upcoming", "january", "february", "march", "april", "may", "june", "july", "august", "september", "october", "november", "december")
}

// leadStories gives the first bullet of a story the impact of its weightiest:
// the lead carries the story.
func leadStories(bullets []placed) {
	best := map[stockdigest.StoryID]stockdigest.Impact{}
	for _, p := range bullets {
		if id := p.bullet.Story; best[id] == "" || p.bullet.Impact.Rank() < best[id].Rank() {
			best[id] = p.bullet.Impact
		}
	}
	for i := range bullets {
		b := &bullets[i].bullet
		if bullets[i].first && best[b.Story].Rank() < b.Impact.Rank() {
			b.Impact = best[b.Story]
			b.Why = "leads a story of " + string(b.Impact) + " impact; " + b.Why
		}
	}
}

// impactOf weighs a bullet by the kind of event, by how many tell it, and by
// whether it stands in a filing or names an amount. It returns the reasons.
func impactOf(what events.Kind, c choice) (stockdigest.Impact, string) {
	points, why := 0, "no event"
	if what != events.None {
		points, why = 1, string(what)
	}
	if what.Hard() {
		points++
		why += " is a hard event"
	}
	if c.sources >= 3 {
		points++
		why += fmt.Sprintf(", told by %d sources", c.sources)
	}
	if c.sentence.source.filing != nil {
		points++
		why += ", from a filing"
	}
	if f := c.sentence.features; f.Money > 0 || f.Percent > 0 || what.Hard() && large(c.sentence.text) {
		points++
		why += ", with an amount"
	}
	switch {
	case points >= 3 && what.Hard():
		return stockdigest.ImpactHigh, why
	case points >= 2:
		return stockdigest.ImpactMedium, why
	}
	return stockdigest.ImpactLow, why
}

// large reports a count that is no small matter: jobs, recalled things, stores.
func large(s string) bool {
	return slices.ContainsFunc(facts.Find(s), func(f facts.Fact) bool {
		return f.Kind == facts.Number && f.Value != nil && f.Value.Cmp(big.NewRat(100, 1)) >= 0
	})
}

// everyday reports the stem of a word that every filing has.
func everyday(stem string) bool {
	switch stem {
	case "compani", "year", "quarter", "month", "new", "said", "state", "date", "million", "billion", "inc", "corp", "corpor", "share", "common", "stock", "cash", "effect", "agreement", "board", "director",
		"januari", "februari", "march", "april", "mai", "may", "june", "juli", "august", "septemb", "octob", "novemb", "decemb", "mondai", "monday", "tuesdai", "tuesday", "wednesdai", "wednesday",
		"thursdai", "thursday", "fridai", "friday", "sundai", "sunday", "saturday", "announc", "report", "will", "would":
		return true
	}
	return false
}

// ownWords are the words of a company's names, stemmed.
func ownWords(t stockdigest.Ticker) map[string]bool {
	own := map[string]bool{}
	for _, w := range contentWords(t.Name) {
		own[w] = true
	}
	for _, n := range t.Names {
		for _, w := range contentWords(n.Text) {
			own[w] = true
		}
	}
	return own
}

// common counts the distinct words that both lists hold.
func common(a, b []string) int {
	in := map[string]bool{}
	for _, w := range a {
		in[w] = true
	}
	n := 0
	for _, w := range b {
		if in[w] {
			n++
			in[w] = false
		}
	}
	return n
}

// arrange puts bullets into sections, the ones that matter most first;
// stories keep their order within the same impact.
func arrange(bullets []placed) []stockdigest.Section {
	var sections []stockdigest.Section
	for _, name := range stockdigest.SectionNames() {
		var list []stockdigest.Bullet
		for _, p := range bullets {
			if p.section == name {
				list = append(list, p.bullet)
			}
		}
		slices.SortStableFunc(list, func(a, b stockdigest.Bullet) int { return cmp.Compare(a.Impact.Rank(), b.Impact.Rank()) })
		if len(list) > 0 {
			sections = append(sections, stockdigest.Section{Name: name, Bullets: list})
		}
	}
	return sections
}
