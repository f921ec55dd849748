package cluster

import (
	"cmp"
	"slices"
	"strings"
	"time"

	"stockdigest.app/stockdigest"
	"stockdigest.app/stockdigest/internal/facts"
	"stockdigest.app/stockdigest/internal/text"
)

// A draft is a story in the making.
type draft struct {
	sources []source // most representative first
	told    *stockdigest.ToldStory
	state   stockdigest.StoryState
	change  string
	score   int
}

// gather groups sources into drafts: articles first, then each filing joins
// the story it is about.
func gather(all []source, known map[string]bool) []draft {
	var articles, filings []source
	for _, s := range all {
		if s.filing == nil {
			articles = append(articles, s)
		} else {
			filings = append(filings, s)
		}
	}
	docs := make([]Doc, len(articles))
	for i, s := range articles {
		docs[i] = s.doc
	}
	var drafts []draft
	at := map[int]int{}
	for i, g := range group(docs, known) {
		if _, seen := at[g]; !seen {
			at[g] = len(drafts)
			drafts = append(drafts, draft{})
		}
		d := &drafts[at[g]]
		d.sources = append(d.sources, articles[i])
	}
	drafts = bind(drafts, known)
	for _, alike := range byInsiders(filings) {
		drafts = join(drafts, alike, known)
	}
	for i := range drafts {
		drafts[i].order(known)
	}
	return drafts
}

// bind puts drafts together that tell of one figure: when the amount in the
// title of one stands in the other and they are fairly alike, both are about
// the same thing, though one of them has its own angle on it.
func bind(drafts []draft, known map[string]bool) []draft {
	var bound []draft
	for _, d := range drafts {
		at := slices.IndexFunc(bound, func(o draft) bool { return o.sharesFigure(d, known) })
		if at < 0 {
			bound = append(bound, d)
		} else {
			bound[at].sources = append(bound[at].sources, d.sources...)
		}
	}
	return bound
}

func (d draft) sharesFigure(o draft, known map[string]bool) bool {
	const alikeEnough = 0.25 // other news of one company reaches 0.18
	shared, most := false, 0.0
	for _, a := range d.sources {
		for _, b := range o.sources {
			if leansOf(a.doc.Title).against(leansOf(b.doc.Title)) {
				return false
			}
			if headlined(a.doc, b.doc) || headlined(b.doc, a.doc) {
				shared = true
				most = max(most, likeness(a.doc, b.doc, known))
			}
		}
	}
	return shared && most >= alikeEnough
}

// headlined reports whether an amount of money in a's title stands in b. Round
// ones, a billion here and a billion there, meet by chance.
func headlined(a, b Doc) bool {
	var figures []string
	for _, f := range facts.Find(a.Title) {
		if digits := strings.Trim(strings.Map(digit, f.Text), "0"); f.Kind == facts.Money && len(digits) > 1 {
			figures = append(figures, f.Norm)
		}
	}
	if len(figures) == 0 {
		return false
	}
	said := amounts(b)
	return slices.ContainsFunc(figures, func(norm string) bool { return said[norm] })
}

func digit(r rune) rune {
	if '0' <= r && r <= '9' {
		return r
	}
	return -1
}

// join adds filings of one event to the draft that the first fits best, or makes
// a draft of them.
func join(drafts []draft, filings []source, known map[string]bool) []draft {
	best, most := -1, 1.0
	for i := range drafts {
		if fit := fits(drafts[i].sources, filings[0], known); fit > most {
			best, most = i, fit
		}
	}
	if best < 0 {
		return append(drafts, draft{sources: filings})
	}
	drafts[best].sources = append(drafts[best].sources, filings...)
	return drafts
}

// order sorts the sources of a draft, most representative first: whole texts,
// company news, then those most like the others, with good headlines.
func (d *draft) order(known map[string]bool) {
	docs := make([]Doc, len(d.sources))
	for i, s := range d.sources {
		docs[i] = s.doc
	}
	vs := vectors(docs, known)
	var centre vector
	for _, v := range vs {
		centre = centre.plus(v)
	}
	rank := make(map[string]float64, len(d.sources))
	for i, s := range d.sources {
		r := cosine(vs[i], centre) + 0.2*headlineQuality(s.doc.Title)
		if s.full {
			r++
		}
		if s.role == stockdigest.RoleCompany {
			r++
		}
		if s.filing != nil {
			r -= 4 // filings are listed apart
		}
		rank[s.id] = r
	}
	slices.SortStableFunc(d.sources, func(a, b source) int { return cmp.Compare(rank[b.id], rank[a.id]) })
}

// headline returns the title that speaks for the story.
func (d draft) headline() string {
	best, most := "", -1e9
	for i, s := range d.sources {
		title := s.doc.Title
		if s.filing != nil {
			title = filingTitle(s)
			if count := insiderCount(s.filing); count != "" {
				return count
			}
		}
		if title == "" {
			continue
		}
		if q := headlineQuality(title) - 0.3*float64(i); q > most {
			best, most = title, q
		}
	}
	return best
}

// filingTitle names a filing by its form and, as item titles say little, by
// the first sentence that names an amount, or else the first whole one.
func filingTitle(s source) string {
	const whole = 8 // words; less is a heading
	said := ""
	for _, p := range text.Sentences(s.doc.Body) {
		sentence := p.Of(s.doc.Body)
		if len(text.WordSpans(sentence)) < whole {
			continue
		}
		if len(amounts(Doc{Body: sentence})) > 0 {
			said = sentence
			break
		}
		said = cmp.Or(said, sentence)
	}
	said = cmp.Or(said, s.doc.Title)
	if said == "" {
		return s.filing.Form
	}
	return stockdigest.FormName(s.filing.Form) + ": " + clip(said)
}

// headlineQuality says how well a title tells what happened: facts are good,
// teasers and shouting are bad.
func headlineQuality(title string) float64 {
	words := text.Words(title)
	q := 0.0
	if len(words) < 5 || len(words) > 18 {
		q--
	}
	if strings.ContainsAny(title, "0123456789") {
		q += 0.3
	}
	if strings.Contains(title, "?") {
		q--
	}
	if strings.ToUpper(title) == title {
		q -= 0.5
	}
	if slices.ContainsFunc(words, teases) {
		q -= 0.7
	}
	if hardness(title) > 0 {
		q += 0.5
	}
	return q
}

func teases(word string) bool {
	switch word {
	case "why", "how", "here's", "here", "you", "your", "should", "could", "might", "what", "these", "this", "best", "top",
		"things", "reasons", "live", "watch", "roundup", "wrap", "recap", "opinion", "shocking", "must":
		return true
	}
	return false
}

// story returns the draft as the noun.
func (d draft) story(ticker stockdigest.Symbol) stockdigest.Story {
	first := d.first()
	s := stockdigest.Story{
		ID: stockdigest.NewStoryID(ticker, first.id), Ticker: ticker, Headline: d.headline(),
		State: d.state, Change: d.change, FirstSeen: first.doc.At,
	}
	if d.told != nil {
		s.ID, s.FirstSeen, s.LastTold = d.told.Story.ID, d.told.Story.FirstSeen, d.told.ToldAt
	}
	for _, src := range d.sources {
		if src.filing != nil {
			s.Filings = append(s.Filings, stockdigest.Accession(src.id))
			continue
		}
		s.Articles = append(s.Articles, src.article())
	}
	for _, src := range d.sources {
		for _, c := range src.carriers {
			s.Articles = append(s.Articles, c.article())
		}
	}
	return s
}

// first returns the source that began the story.
func (d draft) first() source {
	return slices.MinFunc(d.everything(), func(a, b source) int {
		return cmp.Or(a.doc.At.Compare(b.doc.At), cmp.Compare(a.id, b.id))
	})
}

// everything returns the sources of the draft, carriers included.
func (d draft) everything() []source {
	var all []source
	for _, s := range d.sources {
		all = append(append(all, s), s.carriers...)
	}
	return all
}

// verdicts marks the articles of a repeat.
func (d draft) verdicts() []stockdigest.Verdict {
	var changed []stockdigest.Verdict
	if d.state != stockdigest.StoryRepeat {
		return nil
	}
	for _, s := range d.sources {
		if s.filing != nil {
			continue
		}
		v := s.verdict
		v.Gate, v.Reason = "story", "repeat: told on "+day(d.told.ToldAt)
		changed = append(changed, v)
	}
	return changed
}

// rank sorts drafts, most important first: what is to be told before repeats,
// then hard events, publishers, filings, triage score and recency.
func rank(drafts []draft) {
	latest := map[string]time.Time{}
	for i := range drafts {
		d := &drafts[i]
		d.score = d.importance()
		for _, s := range d.everything() {
			if id := d.first().id; s.doc.At.After(latest[id]) {
				latest[id] = s.doc.At
			}
		}
	}
	slices.SortFunc(drafts, func(a, b draft) int {
		x, y := a.first().id, b.first().id
		return cmp.Or(repeats(a)-repeats(b), b.score-a.score, latest[y].Compare(latest[x]), cmp.Compare(x, y))
	})
}

func repeats(d draft) int {
	if d.state == stockdigest.StoryRepeat {
		return 1
	}
	return 0
}

// importance weighs a story in points: up to 12 for the event, 2 for each
// publisher beyond the first up to 8, 3 for a filing, 6 for company news, and
// the best triage score of its articles up to 9.
func (d draft) importance() int {
	publishers := map[string]bool{}
	points, score, filed, direct := 0, 0, 0, 0
	for _, s := range d.everything() {
		if s.publisher != "" && s.filing == nil {
			publishers[s.publisher] = true
		}
		if s.filing != nil {
			filed = 3
			points = max(points, itemHardness(s.filing), hardness(filingTitle(s)))
		}
		if s.role == stockdigest.RoleCompany {
			direct = 6
		}
		points = max(points, hardness(s.doc.Title))
		score = max(score, s.verdict.Score)
	}
	return points + min(2*max(0, len(publishers)-1), 8) + filed + direct + max(0, min(score, 9))
}
