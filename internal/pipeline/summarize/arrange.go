package summarize

import (
	"cmp"
	"fmt"
	"math/big"
	"slices"
	"strings"

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
		if id := p.bullet.Story; best[id] == "" || impactRank(p.bullet.Impact) < impactRank(best[id]) {
			best[id] = p.bullet.Impact
		}
	}
	for i := range bullets {
		b := &bullets[i].bullet
		if bullets[i].first && impactRank(best[b.Story]) < impactRank(b.Impact) {
			b.Impact = best[b.Story]
			b.Why = "leads a story of " + string(b.Impact) + " impact; " + b.Why
		}
	}
}

func impactRank(i stockdigest.Impact) int {
	switch i {
	case stockdigest.ImpactHigh:
		return 0
	case stockdigest.ImpactMedium:
		return 1
	case stockdigest.ImpactLow:
	}
	return 2
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

// attachFilings is phase 2: for a bullet from the news, what a filing in the
// window says on the same topic, in a field of its own.
func attachFilings(m stockdigest.Material, bullets []placed) {
	var lines []sentence
	for i := range m.Filings {
		for _, src := range filingSources(&m.Filings[i]) {
			lines = append(lines, src.sentences()...)
		}
	}
	if len(lines) == 0 {
		return
	}
	t := topics{own: ownWords(m.Ticker), lines: lines}
	used := map[string]bool{}
	for _, p := range bullets {
		used[p.bullet.Text] = true
	}
	for i := range bullets {
		if bullets[i].fromFiling {
			continue
		}
		if best := t.nearest(bullets[i]); best != nil && !used[best.text] {
			used[best.text] = true
			bullets[i].bullet.Context = contextOf(*best)
		}
	}
}

// topics finds the line of a filing that speaks on a bullet's topic.
type topics struct {
	own   map[string]bool // words of the company's names, which every line has
	lines []sentence
}

// nearest returns the line that speaks most of what the bullet speaks of. It
// must share telling words and something that only this event has: the kind of
// event with somebody's name or an amount, or else many words and one of these.
// A line that says the very same adds nothing.
func (t topics) nearest(b placed) *sentence {
	var best *sentence
	most := 0.0
	words := t.telling(b.words)
	for i := range t.lines {
		line := &t.lines[i]
		both := common(words, t.telling(line.words))
		if both < 2 || overlap(b.words, line.words) >= verySame {
			continue
		}
		event, amount, name := sameEvent(b.bullet.Text, line.text), sameAmount(b.bullet.Text, line.text), t.sharedName(b.bullet.Text, line.text)
		like := float64(both)/float64(common(words, words)) + 0.2*yes(amount) + 0.2*yes(event)
		known := event && (amount || name) || both >= contextWords && (event || amount || name)
		if known && like >= contextAlike && like > most {
			best, most = line, like
		}
	}
	return best
}

func sameEvent(a, b string) bool {
	what := events.First(a)
	return what != events.None && what == events.First(b)
}

// sharedName reports two sentences that name the same person or company beside
// our own.
func (t topics) sharedName(a, b string) bool {
	named := map[string]bool{}
	for _, n := range facts.Names(a) {
		for _, w := range n.Words {
			named[text.Stem(w)] = true
		}
	}
	for _, n := range facts.Names(b) {
		for _, w := range n.Words {
			if stem := text.Stem(w); named[stem] && len(t.telling([]string{stem})) > 0 {
				return true
			}
		}
	}
	return false
}

// telling leaves out what says nothing of a topic: the company's names, numbers,
// days and the words every filing has.
func (t topics) telling(words []string) []string {
	var out []string
	for _, w := range words {
		if !t.own[w] && !strings.ContainsAny(w, "0123456789") && !everyday(w) {
			out = append(out, w)
		}
	}
	return out
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

func contextOf(s sentence) *stockdigest.Context {
	c := &stockdigest.Context{Text: s.text, Form: s.source.filing.Form, Evidence: s.quotation()}
	for _, item := range s.source.doc.Items {
		if s.span.Start >= item.Start && s.span.End <= item.End {
			c.Item = item.Number
		}
	}
	return c
}

// arrange is phase 3: bullets into sections, the ones that matter most first;
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
		slices.SortStableFunc(list, func(a, b stockdigest.Bullet) int { return cmp.Compare(impactRank(a.Impact), impactRank(b.Impact)) })
		if len(list) > 0 {
			sections = append(sections, stockdigest.Section{Name: name, Bullets: list})
		}
	}
	return sections
}
