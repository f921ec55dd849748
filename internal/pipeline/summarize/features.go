package summarize

import (
	"math"
	"slices"
	"strings"

	"stockdigest.app/stockdigest"
	"stockdigest.app/stockdigest/internal/events"
	"stockdigest.app/stockdigest/internal/facts"
	"stockdigest.app/stockdigest/internal/names"
	"stockdigest.app/stockdigest/internal/text"
)

// features are what the ranker knows of a sentence, each roughly 0 to 1.
type features struct {
	Money      float64 // it tells an amount of money
	Percent    float64 // it tells a percentage or points
	Amounts    float64 // amounts of any kind, up to four
	Move       float64 // a word says which way something went
	Period     float64 // it names the quarter or year it speaks of
	Day        float64 // it names a day
	Guidance   float64 // it looks ahead: expects, plans, raises its forecast
	Event      float64 // a hard event: merges, recalls, appoints, settles
	Subject    float64 // the company acts in it: named before the verb
	Named      float64 // the company is named anywhere
	Other      float64 // another company is named first
	Lead       float64 // how early it stands
	Central    float64 // likeness to the whole story
	Title      float64 // words shared with the headline
	Length     float64 // 1 at a comfortable length
	Speech     float64 // mostly a quotation
	Opinion    float64 // somebody's view rather than a fact
	PriceMove  float64 // only tells how the shares traded
	Background float64 // tells what was known for years
	Filing     float64 // it stands in a filing of the company
}

// weights are the worth of the features, in the order of the struct. They were
// set by hand from what each means; eval summary measures them.
func weights() features {
	return features{
		Money: 0.9, Percent: 0.8, Amounts: 0.5, Move: 0.5, Period: 0.35, Day: 0.2, Guidance: 0.45, Event: 0.8,
		Subject: 1.1, Named: 0.7, Other: -0.9, Lead: 1.0, Central: 1.3, Title: 1.0, Length: 0.5,
		Speech: -0.7, Opinion: -0.8, PriceMove: -0.9, Background: -0.5, Filing: 0.2,
	}
}

// dot is the score of f under the weights w.
func (f features) dot(w features) float64 {
	a, b := f.list(), w.list()
	sum := 0.0
	for i := range a {
		sum += a[i] * b[i]
	}
	return sum
}

func (f features) list() []float64 {
	return []float64{
		f.Money, f.Percent, f.Amounts, f.Move, f.Period, f.Day, f.Guidance, f.Event, f.Subject, f.Named, f.Other,
		f.Lead, f.Central, f.Title, f.Length, f.Speech, f.Opinion, f.PriceMove, f.Background, f.Filing,
	}
}

// A reader measures the sentences of one story.
type reader struct {
	linker *names.Linker
	ticker stockdigest.Ticker
	corpus *text.Corpus
	center text.Vector
	title  map[string]bool
}

func newReader(linker *names.Linker, t stockdigest.Ticker, headline string, all []sentence) reader {
	docs := make([][]string, 0, len(all))
	var whole []string
	for _, s := range all {
		docs = append(docs, s.words)
		if s.index < 12 { // what a story is about, it tells early
			whole = append(whole, s.words...)
		}
	}
	corpus := text.NewCorpus(docs)
	title := map[string]bool{}
	for _, w := range contentWords(headline) {
		title[w] = true
	}
	return reader{linker: linker.With(t), ticker: t, corpus: corpus, center: corpus.Vector(whole), title: title}
}

// measure fills in the features of a sentence.
func (r reader) measure(s sentence) features {
	found, moves := facts.Find(s.text), facts.Directions(s.text)
	words := text.Words(s.text)
	f := features{
		Lead:    1 / (1 + 0.25*float64(s.index)),
		Central: text.Cosine(r.corpus.Vector(s.words), r.center),
		Title:   shared(s.words, r.title),
		Length:  comfortable(len(s.text)),
		Speech:  quoted(s.text),
		Move:    yes(len(moves) > 0),
		Event:   float64(events.First(s.text).Points()) / 3,
		Opinion: yes(opinion(words)), PriceMove: yes(priceMove(words)), Background: yes(background(words)),
		Guidance: yes(looksAhead(s.text, words)),
		Filing:   yes(s.source.filing != nil),
	}
	r.count(&f, found)
	f.Subject, f.Named, f.Other = r.actors(s)
	return f
}

func (r reader) count(f *features, found []facts.Fact) {
	amounts := 0
	for _, fact := range found {
		switch fact.Kind {
		case facts.Money:
			f.Money = 1
		case facts.Percent, facts.Points:
			f.Percent = 1
		case facts.Period, facts.Year:
			f.Period = 1
		case facts.Date, facts.Weekday:
			f.Day = 1
		case facts.Number, facts.Multiple, facts.Ratio, facts.Time, facts.Label:
		}
		if fact.Kind.Amount() {
			amounts++
		}
	}
	f.Amounts = math.Min(float64(amounts), 4) / 4
}

// actors tells whether the company acts in the sentence, is named at all, or
// stands behind another one. In a filing "the Company" is the company.
func (r reader) actors(s sentence) (subject, named, other float64) {
	own, foreign := -1, -1
	for _, m := range r.linker.Find(s.text) {
		if m.Symbol == r.ticker.Symbol || r.sameCompany(m.Symbol) {
			if own < 0 {
				own = m.Start
			}
		} else if foreign < 0 && m.Kind == stockdigest.NameCompany {
			foreign = m.Start
		}
	}
	if own < 0 {
		if i := strings.Index(strings.ToLower(s.text), "the company"); i >= 0 {
			own = i
		}
	}
	early := len(s.text) * 2 / 5
	subject = yes(own >= 0 && own <= early && (foreign < 0 || own < foreign))
	return subject, yes(own >= 0), yes(foreign >= 0 && (own < 0 || foreign < own))
}

// sameCompany reports another share class of the ticker's company.
func (r reader) sameCompany(s stockdigest.Symbol) bool {
	base := func(s stockdigest.Symbol) string { b, _, _ := strings.Cut(string(s), "-"); return b }
	return base(s) == base(r.ticker.Symbol)
}

func shared(words []string, title map[string]bool) float64 {
	if len(title) == 0 {
		return 0
	}
	hit := map[string]bool{}
	for _, w := range words {
		if title[w] {
			hit[w] = true
		}
	}
	return float64(len(hit)) / float64(len(title))
}

// comfortable is 1 between 80 and 240 bytes and falls off on both sides.
func comfortable(n int) float64 {
	switch {
	case n < 80:
		return float64(n) / 80
	case n > 240:
		return math.Max(0, 1-float64(n-240)/180)
	}
	return 1
}

// quoted is the share of the sentence that stands in quotation marks.
func quoted(s string) float64 {
	inside, open := 0, false
	for _, r := range s {
		switch r {
		case '“':
			open = true
		case '”':
			open = false
		case '"':
			open = !open
		default:
			if open {
				inside++
			}
		}
	}
	return float64(inside) / float64(len(s))
}

func yes(b bool) float64 {
	if b {
		return 1
	}
	return 0
}

func opinion(words []string) bool {
	return has(words, "think", "thinks", "believe", "believes", "feel", "feels", "opinion", "hopefully", "arguably", "maybe", "perhaps", "probably",
		"seems", "amazing", "awesome", "best", "great", "love", "i", "we", "my", "personally", "fans", "honestly")
}

func priceMove(words []string) bool {
	return has(words, "shares", "stock") && has(words, "trading", "traded", "session", "premarket", "after-hours", "intraday", "moving", "volume")
}

func background(words []string) bool {
	return has(words, "founded", "headquartered", "formerly", "historically", "decades", "century", "provider", "operates")
}

func looksAhead(s string, words []string) bool {
	if has(words, "guidance", "outlook", "forecast", "forecasts") {
		return true
	}
	for _, h := range facts.Hedges(s) {
		if h.Class == "expected" || h.Class == "planned" {
			return true
		}
	}
	return false
}

func has(words []string, any ...string) bool {
	for _, w := range words {
		if slices.Contains(any, w) {
			return true
		}
	}
	return false
}
