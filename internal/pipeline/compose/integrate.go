package compose

import (
	"cmp"
	"slices"

	"stockdigest.app/stockdigest"
	"stockdigest.app/stockdigest/internal/events"
	"stockdigest.app/stockdigest/internal/facts"
	"stockdigest.app/stockdigest/internal/text"
)

// What makes two bullets one, and how long the lists of a week are.
const (
	sameWords  = 0.8 // share of the shorter one's words that the other has
	fewWords   = 5   // below it words prove nothing
	maxOutlook = 3   // bullets of upside, downside and key variables each
)

// integrate ends phase 3 on the bullets that passed the gate: what tells the
// same as a bullet of an earlier section is tagged as its duplicate, and a report
// that shows them gets its upside, its downside and its key variables, each made
// of bullets that stand above. No text is changed.
func integrate(kind stockdigest.ReportKind, sections []stockdigest.Section) []stockdigest.Section {
	tagDuplicates(sections)
	told := stockdigest.Report{Sections: sections}.Told()
	for _, outlook := range []struct {
		name  stockdigest.SectionName
		holds func(stockdigest.Bullet) bool
	}{
		{stockdigest.SectionUpside, upside},
		{stockdigest.SectionDownside, downside},
		{stockdigest.SectionVariables, variable},
	} {
		if outlook.name.Hidden(kind) {
			continue
		}
		if again := picked(told, outlook.name, outlook.holds); len(again) > 0 {
			sections = append(sections, stockdigest.Section{Name: outlook.name, Bullets: again})
		}
	}
	return sections
}

// tagDuplicates names in every bullet that tells the same as an earlier one the
// first that does. Who told it is among that one's carriers.
func tagDuplicates(sections []stockdigest.Section) {
	var primaries []*stockdigest.Bullet
	for i := range sections {
		for j := range sections[i].Bullets {
			b := &sections[i].Bullets[j]
			at := slices.IndexFunc(primaries, func(p *stockdigest.Bullet) bool { return tellsSame(*p, *b) })
			if at < 0 {
				primaries = append(primaries, b)
				continue
			}
			b.Duplicate = primaries[at].ID
			primaries[at].Carriers = carriersOf(*primaries[at], *b)
		}
	}
}

// tellsSame reports two bullets that rest first on the same sentence, or have the
// same amounts and nearly the same words.
func tellsSame(a, b stockdigest.Bullet) bool {
	if a.ID == "" || len(a.Evidence) == 0 || len(b.Evidence) == 0 {
		return false
	}
	x, y := a.Evidence[0], b.Evidence[0]
	if x.Source == y.Source && x.Start == y.Start && x.End == y.End {
		return a.Text == b.Text || slices.Equal(amounts(a.Text), amounts(b.Text))
	}
	return slices.Equal(amounts(a.Text), amounts(b.Text)) && alike(stems(a.Text), stems(b.Text)) >= sameWords
}

// amounts are the figures of a text in their order.
func amounts(s string) []string {
	var all []string
	for _, f := range facts.Find(s) {
		if f.Kind.Amount() {
			all = append(all, f.Norm)
		}
	}
	slices.Sort(all)
	return all
}

func stems(s string) []string {
	var all []string
	for _, w := range text.Words(s) {
		if !text.Stop(w) {
			all = append(all, text.Stem(w))
		}
	}
	slices.Sort(all)
	return slices.Compact(all)
}

// alike is the share of the shorter list that stands in the other.
func alike(a, b []string) float64 {
	if len(b) < len(a) {
		a, b = b, a
	}
	if len(a) < fewWords {
		return 0
	}
	both := 0
	for _, w := range a {
		if _, ok := slices.BinarySearch(b, w); ok {
			both++
		}
	}
	return float64(both) / float64(len(a))
}

func carriersOf(primary, duplicate stockdigest.Bullet) []string {
	all := append(slices.Clone(primary.Carriers), duplicate.Carriers...)
	all = append(all, duplicate.Evidence[0].Publisher)
	all = slices.DeleteFunc(all, func(name string) bool { return name == "" || name == primary.Evidence[0].Publisher })
	slices.Sort(all)
	return slices.Compact(all)
}

// picked are the bullets that belong to a list of the week too, of the highest
// impact first: named as duplicates of those above, without what stands there.
func picked(told []stockdigest.Bullet, name stockdigest.SectionName, holds func(stockdigest.Bullet) bool) []stockdigest.Bullet {
	var all []stockdigest.Bullet
	for _, b := range told {
		if b.ID == "" || b.Relevance == stockdigest.None || !holds(b) {
			continue
		}
		b.Duplicate, b.ID = b.ID, stockdigest.BulletID("b"+stockdigest.Hash(string(name) + "\n" + string(b.ID))[:20])
		b.Update, b.Context, b.Carriers = "", nil, nil
		all = append(all, b)
	}
	slices.SortStableFunc(all, func(a, b stockdigest.Bullet) int { return cmp.Compare(a.Impact.Rank(), b.Impact.Rank()) })
	return all[:min(len(all), maxOutlook)]
}

func upside(b stockdigest.Bullet) bool {
	return b.Sentiment == stockdigest.Positive && b.Impact != stockdigest.ImpactLow
}

func downside(b stockdigest.Bullet) bool {
	return b.Sentiment == stockdigest.Negative && b.Impact != stockdigest.ImpactLow
}

// variable reports a bullet that says what is expected in figures: what a reader
// of the next weeks holds the results against.
func variable(b stockdigest.Bullet) bool {
	if b.Relevance != stockdigest.Direct || len(amounts(b.Text)) == 0 {
		return false
	}
	ahead := func(h facts.Hedge) bool { return h.Class == "expected" }
	return events.First(b.Text) == events.Guidance || slices.ContainsFunc(facts.Hedges(b.Text), ahead)
}
