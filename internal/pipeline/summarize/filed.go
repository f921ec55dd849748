package summarize

import (
	"cmp"
	"context"
	"fmt"
	"math"
	"slices"
	"strings"
	"time"

	"stockdigest.app/stockdigest"
	"stockdigest.app/stockdigest/internal/disclosure"
	"stockdigest.app/stockdigest/internal/events"
	"stockdigest.app/stockdigest/internal/facts"
	"stockdigest.app/stockdigest/internal/text"
)

// A kept is a form of which earlier filings may stand beside news: how old they
// may be, and how many.
type kept struct {
	form  string
	reach time.Duration
	most  int
}

// keptForms are the last annual and quarterly report, and what was announced
// within a quarter. A company from abroad files others than one at home.
func keptForms() []kept {
	const day = 24 * time.Hour
	return []kept{
		{"10-K", 400 * day, 1},
		{"20-F", 400 * day, 1},
		{"40-F", 400 * day, 1},
		{"10-Q", 200 * day, 1},
		{"8-K", 92 * day, 4},
		{"6-K", 92 * day, 4},
		{stockdigest.FormCall, 100 * day, 1},
	}
}

// earlier are the kept filings of before the run's window. A report that the
// window has a newer one of is left out.
func (s *Step) earlier(ctx context.Context, run stockdigest.Run, m stockdigest.Material) ([]stockdigest.Filing, error) {
	if m.Ticker.CIK == "" {
		return nil, nil
	}
	var all []stockdigest.Filing
	for _, k := range keptForms() {
		newer := func(f stockdigest.Filing) bool { return f.Form == k.form }
		if k.most == 1 && slices.ContainsFunc(m.Filings, newer) {
			continue
		}
		w := stockdigest.Window{From: run.AsOf.Add(-k.reach), To: run.Window().From}
		found, err := s.store.Filed(ctx, m.Ticker.CIK, k.form, w, k.most)
		if err != nil {
			return nil, fmt.Errorf("read earlier %s: %w", k.form, err)
		}
		all = append(all, found...)
	}
	return all, nil
}

// maxFiled bounds the sentences of one document that are looked at for what it
// says on a topic.
const maxFiled = 6000

// filedLines are the sentences that filings tell on any topic: what those of the
// window tell as news, and of earlier ones what they hold.
func filedLines(m stockdigest.Material) []sentence {
	var lines []sentence
	for i := range m.Filings {
		for _, src := range filingSources(&m.Filings[i]) {
			lines = append(lines, src.sentences()...)
		}
	}
	for i := range m.Earlier {
		for _, src := range filingSources(&m.Earlier[i]) {
			src.earlier = true
			lines = append(lines, src.read(src.sections(), maxFiled)...)
		}
	}
	return lines
}

// sections are the ranges of an earlier filing that speak of the business: of a
// report the items that do, of other forms what is told as news.
func (s *source) sections() []text.Span {
	if !disclosure.Compares(s.filing.Form) {
		return s.ranges()
	}
	return s.items(func(number string) bool { return ofBusiness(s.filing.Form, number) })
}

// items are the ranges of those of a document's items that are wanted.
func (s *source) items(want func(number string) bool) []text.Span {
	var parts []text.Span
	for _, item := range s.doc.Items {
		if want(item.Number) && item.Start >= 0 && item.Start < item.End && item.End <= len(s.body) {
			parts = append(parts, text.Span{Start: item.Start, End: item.End})
		}
	}
	return parts
}

// ofBusiness reports an item of a report that speaks of the business, its risks,
// its lawsuits or the discussion of its results.
func ofBusiness(form, number string) bool {
	var items []string
	switch form {
	case "10-K":
		items = []string{"1", "1A", "3", "7"}
	case "10-Q":
		items = []string{"I.2", "II.1", "II.1A"}
	case "20-F":
		items = []string{"3", "3.D", "4", "4.A", "4.B", "5", "5.A", "5.B", "5.D", "8", "8.A"}
	case "40-F":
		items = []string{stockdigest.ItemDiscussion, stockdigest.ItemRisks}
	}
	return slices.Contains(items, number)
}

// ownVoice reports a sentence of a filing in which the company speaks of itself:
// beside news and with its form it leans on nothing.
func ownVoice(s string, limit int) bool {
	first, rest, _ := strings.Cut(s, " ")
	return (first == "We" || first == "Our") && usable("Companies "+rest, limit)
}

// A shelf finds what filings say on a topic.
type shelf struct {
	own   map[string]bool // words of the company's names, which every line has
	lines []filedLine
	has   map[string]int // lines that have a telling word
}

type filedLine struct {
	sentence

	telling []string
}

func newShelf(m stockdigest.Material) shelf {
	s := shelf{own: ownWords(m.Ticker), has: map[string]int{}}
	for _, line := range filedLines(m) {
		words := s.telling(line.words)
		s.lines = append(s.lines, filedLine{line, words})
		for _, w := range words {
			s.has[w]++
		}
	}
	return s
}

// attach sets beside each bullet from the news the line that a rule finds nearest.
func (s shelf) attach(bullets []placed) {
	used := map[string]bool{}
	for _, p := range bullets {
		used[p.bullet.Text] = true
	}
	for i := range bullets {
		if bullets[i].fromFiling {
			continue
		}
		if best := s.nearest(bullets[i]); best != nil && !used[best.text] {
			used[best.text] = true
			bullets[i].bullet.Context = contextOf(*best)
		}
	}
}

// nearest returns the line that speaks most of what the bullet speaks of.
func (s shelf) nearest(b placed) *sentence {
	var best *sentence
	most := 0.0
	words := s.telling(b.words)
	for i := range s.lines {
		line := &s.lines[i]
		if like := s.like(b, words, line); like > most {
			best, most = &line.sentence, like
		}
	}
	return best
}

// like is how much of a bullet's topic a line speaks of; none when that may be
// chance. They must share telling words and something that only this event has:
// the kind of event with somebody's name or an amount, or else many words and one
// of these. An earlier filing speaks of everything, so that there the name or the
// amount must be the same beside many words. A line that says the very same adds
// nothing.
func (s shelf) like(b placed, words []string, line *filedLine) float64 {
	both := common(words, line.telling)
	if both < 2 || line.source.earlier && both < contextWords || overlap(b.words, line.words) >= verySame {
		return 0
	}
	event, amount, name := sameEvent(b.bullet.Text, line.text), sameAmount(b.bullet.Text, line.text), s.sharedName(b.bullet.Text, line.text)
	like := float64(both)/float64(common(words, words)) + 0.2*yes(amount) + 0.2*yes(event)
	known := event && (amount || name) || both >= contextWords && (event || amount || name)
	least := contextAlike
	if line.source.earlier {
		known, least = amount || name, earlierAlike
	}
	if !known || like < least {
		return 0
	}
	return like
}

func sameEvent(a, b string) bool {
	what := events.First(a)
	return what != events.None && what == events.First(b)
}

// sharedName reports two sentences that name the same person or company beside
// our own.
func (s shelf) sharedName(a, b string) bool {
	named := map[string]bool{}
	for _, n := range facts.Names(a) {
		for _, w := range n.Words {
			named[text.Stem(w)] = true
		}
	}
	for _, n := range facts.Names(b) {
		for _, w := range n.Words {
			if stem := text.Stem(w); named[stem] && len(s.telling([]string{stem})) > 0 {
				return true
			}
		}
	}
	return false
}

// telling leaves out what says nothing of a topic: the company's names, numbers,
// days and the words every filing has.
func (s shelf) telling(words []string) []string {
	var out []string
	for _, w := range words {
		if !s.own[w] && !strings.ContainsAny(w, "0123456789") && !everyday(w) {
			out = append(out, w)
		}
	}
	return out
}

// candidates are the lines that may speak on a topic of these words, the best
// first: words that few lines have weigh more.
func (s shelf) candidates(words []string, most int) []sentence {
	type found struct {
		sentence

		score float64
	}
	in := map[string]bool{}
	for _, w := range s.telling(words) {
		in[w] = true
	}
	var all []found
	for _, line := range s.lines {
		shared, score := 0, 0.0
		for i, w := range line.telling {
			if in[w] && !slices.Contains(line.telling[:i], w) {
				shared++
				score += math.Log2(1 + float64(len(s.lines))/float64(s.has[w]))
			}
		}
		if shared >= 2 {
			all = append(all, found{line.sentence, score})
		}
	}
	slices.SortStableFunc(all, func(a, b found) int { return cmp.Compare(b.score, a.score) })
	lines := make([]sentence, 0, most)
	for _, f := range all[:min(len(all), most)] {
		lines = append(lines, f.sentence)
	}
	return lines
}

// contextOf is a line of a filing as it stands beside a bullet.
func contextOf(s sentence) *stockdigest.Context {
	c := &stockdigest.Context{Text: s.text, Form: s.source.filing.Form, Evidence: s.quotation()}
	for _, item := range s.source.doc.Items {
		numbered := item.Number != stockdigest.ItemDiscussion && item.Number != stockdigest.ItemRisks
		if numbered && s.span.Start >= item.Start && s.span.End <= item.End {
			c.Item = item.Number
		}
	}
	return c
}
