package cluster

import (
	"fmt"
	"math/big"
	"slices"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"stockdigest.app/stockdigest"
	"stockdigest.app/stockdigest/internal/facts"
	"stockdigest.app/stockdigest/internal/text"
)

// before is what readers know of a story.
type before struct {
	facts    []said
	statuses map[string]bool
	reached  []reached
	words    map[string]bool
	subject  map[string]bool // terms of what the story is about
	dates    map[string]bool
	known    map[string]bool // terms of the company's names, which tell nothing
}

// reached is a status with the terms of the sentence that told it.
type reached struct {
	status string
	terms  map[string]bool
}

// said is a fact with the sentence that told it.
type said struct {
	fact     facts.Fact
	sentence string
}

func newBefore(t *stockdigest.ToldStory, known map[string]bool) before {
	b := before{statuses: map[string]bool{}, words: map[string]bool{}, subject: map[string]bool{}, dates: map[string]bool{}, known: known}
	// What the bullets told comes first: readers compare with that.
	for _, s := range append(append([]string{}, t.Texts...), append([]string{t.Story.Headline}, t.Titles...)...) {
		b.learn(s)
		b.learnStatus(s)
		for term := range b.termsOf(s) {
			b.subject[term] = true
		}
	}
	for _, body := range t.Bodies {
		for _, p := range text.Sentences(body) {
			sentence := p.Of(body)
			b.learn(sentence)
			for _, status := range statuses(sentence) {
				b.reached = append(b.reached, reached{status, b.termsOf(sentence)})
			}
		}
		for _, s := range leadOf(Doc{Body: body}) {
			b.learnStatus(s)
		}
	}
	return b
}

func (b *before) learn(sentence string) {
	for _, f := range facts.Find(sentence) {
		b.facts = append(b.facts, said{f, sentence})
		if f.Kind == facts.Date {
			b.dates[dayKey(f)] = true
		}
	}
	for _, w := range text.Words(sentence) {
		b.words[w] = true
	}
}

func (b *before) learnStatus(sentence string) {
	for _, status := range statuses(sentence) {
		b.statuses[status] = true
	}
	if agreement(sentence) {
		b.statuses["agreed"] = true
	}
}

// knowsStatus reports whether readers, or the sources of what they read, know
// that a sentence's status is reached: by its lead, or by a sentence with half
// of the same words.
func (b before) knowsStatus(status, sentence string) bool {
	if b.statuses[status] {
		return true
	}
	terms := b.termsOf(sentence)
	for _, r := range b.reached {
		shared := 0
		for term := range terms {
			if r.terms[term] {
				shared++
			}
		}
		if r.status == status && shared >= 2 && shared*2 >= len(terms) {
			return true
		}
	}
	return false
}

// termsOf returns the words of s that say something, as stems, without the
// company's name.
func (b before) termsOf(s string) map[string]bool {
	terms := map[string]bool{}
	for _, w := range text.Words(s) {
		if term := termOf(w); term != "" && !b.known[term] {
			terms[term] = true
		}
	}
	return terms
}

// belongs reports whether a sentence speaks of what the story is about.
func (b before) belongs(sentence string) bool {
	for term := range b.termsOf(sentence) {
		if b.subject[term] {
			return true
		}
	}
	return false
}

// changed returns the fact of a doc's lead that readers do not know yet, in
// one line, or nothing.
func (b before) changed(d Doc) string {
	lead := leadOf(d)
	opening := min(len(lead), 2) // the title and the first sentence are always the story
	rest := slices.DeleteFunc(slices.Clone(lead[opening:]), func(s string) bool { return !b.belongs(s) })
	lead = append(lead[:opening:opening], rest...)
	for _, s := range lead {
		if change := b.amount(s); change != "" {
			return change
		}
	}
	for _, s := range lead {
		for _, status := range statuses(s) {
			if !b.knowsStatus(status, s) {
				return status + ": " + clip(s)
			}
		}
	}
	for _, s := range lead {
		if change := b.date(s, d.At); change != "" {
			return change
		}
		if name := b.party(s); name != "" {
			return "new party " + name + ": " + clip(s)
		}
	}
	return ""
}

// amount returns the change of an amount that sentence tells.
func (b before) amount(sentence string) string {
	if movesPrice(sentence) {
		return ""
	}
	for _, f := range facts.Find(sentence) {
		if f.Kind != facts.Money && f.Kind != facts.Percent || f.Value == nil || b.knowsAmount(f) || b.derives(f, sentence) {
			continue
		}
		noun := subject(sentence, f.Span.Start)
		if old, found := b.replaced(f, noun, sentence); found {
			return strings.TrimSpace(noun+" "+turn(f, old)+" to "+show(f)) + " (was " + show(old) + ")"
		}
		return "now " + show(f) + ": " + clip(sentence)
	}
	return ""
}

// knowsAmount reports whether readers know the amount, rounded as it may be.
func (b before) knowsAmount(f facts.Fact) bool {
	for _, s := range b.facts {
		if s.fact.Norm == f.Norm || s.fact.Kind == f.Kind && nearly(s.fact.Value, f.Value) {
			return true
		}
	}
	return false
}

// derives reports whether an amount only puts together two that readers know:
// by how much one price is above another, or what two come to.
func (b before) derives(f facts.Fact, sentence string) bool {
	if f.Kind != facts.Money || !compares(sentence) {
		return false
	}
	for i, x := range b.facts {
		if !alike(x.fact, f) {
			continue
		}
		for _, y := range b.facts[i+1:] {
			if !alike(y.fact, f) {
				continue
			}
			apart := new(big.Rat).Sub(x.fact.Value, y.fact.Value)
			if nearly(apart.Abs(apart), f.Value) || nearly(new(big.Rat).Add(x.fact.Value, y.fact.Value), f.Value) {
				return true
			}
		}
	}
	return false
}

// compares reports whether a sentence reckons with amounts told elsewhere.
func compares(sentence string) bool {
	return slices.ContainsFunc(text.Words(sentence), func(w string) bool {
		switch w {
		case "higher", "lower", "more", "less", "above", "below", "increase", "difference", "additional", "premium", "combined", "together", "total":
			return true
		}
		return false
	})
}

// nearly reports whether two values differ by less than one in fifty, as the
// same amount does in two papers.
func nearly(a, b *big.Rat) bool {
	if a == nil || b == nil {
		return false
	}
	diff := new(big.Rat).Sub(a, b)
	diff.Abs(diff)
	limit := new(big.Rat).Mul(new(big.Rat).Abs(b), big.NewRat(1, 50))
	return diff.Cmp(limit) < 0
}

// replaced returns the told amount that f takes the place of: of the same kind
// and said of the same noun; or, in a sentence that says raised or cut, the
// only one of its kind that readers were told.
func (b before) replaced(f facts.Fact, noun, sentence string) (facts.Fact, bool) {
	var peers []said
	for _, s := range b.facts {
		if alike(s.fact, f) && !movesPrice(s.sentence) {
			peers = append(peers, s)
		}
	}
	for _, s := range peers {
		if noun != "" && subject(s.sentence, s.fact.Span.Start) == noun {
			return s.fact, true
		}
	}
	turned := slices.ContainsFunc(statuses(sentence), func(s string) bool { return s == "raised" || s == "cut" })
	if !turned || len(peers) == 0 {
		return facts.Fact{}, false
	}
	for _, s := range peers {
		if !nearly(s.fact.Value, peers[0].fact.Value) {
			return facts.Fact{}, false
		}
	}
	return peers[0].fact, true
}

// alike reports whether one amount may take the place of another.
func alike(old, now facts.Fact) bool {
	return old.Kind == now.Kind && old.Currency == now.Currency && old.PerShare == now.PerShare &&
		old.Value != nil && old.Value.Sign() == now.Value.Sign()
}

func turn(now, old facts.Fact) string {
	if now.Value.Cmp(old.Value) > 0 {
		return "raised"
	}
	return "cut"
}

func show(f facts.Fact) string {
	if f.PerShare && !strings.Contains(f.Text, "share") {
		return f.Text + " per share"
	}
	return f.Text
}

// subject returns the noun that an amount at byte at of a sentence is said of:
// the nearest of the words that news counts money for, before it or after.
func subject(sentence string, at int) string {
	nearest, best := 1<<30, ""
	for _, p := range text.WordSpans(sentence) {
		noun := counted(strings.ToLower(p.Of(sentence)))
		if noun == "" {
			continue
		}
		away := at - p.End
		if away < 0 {
			away = 2 * (p.Start - at) // what stands before is meant more often
		}
		if away < nearest {
			nearest, best = away, noun
		}
	}
	return best
}

func counted(word string) string {
	switch word {
	case "price", "offer", "bid", "deal", "dividend", "guidance", "forecast", "outlook", "target", "stake", "fine",
		"settlement", "buyback", "revenue", "profit", "loss", "earnings", "charge", "debt", "valuation", "penalty",
		"investment", "toll", "fee", "savings", "premium":
		return word
	case "forecasts":
		return "forecast"
	case "takeover", "acquisition", "merger", "transaction":
		return "deal"
	case "dividends":
		return "dividend"
	}
	return ""
}

// movesPrice reports whether a sentence tells of a share's move, which is new
// every day and changes no story: it speaks of shares that move, or of a move
// and nothing that a business counts.
func movesPrice(sentence string) bool {
	share, move, business := false, false, false
	for _, w := range text.Words(sentence) {
		switch w {
		case "shares", "stock", "share", "stocks", "index":
			share = true
		case "premarket", "pre-market", "after-hours":
			return true
		}
		move = move || moves(w)
		business = business || counted(w) != "" || measured(w)
	}
	return move && (share || !business)
}

func moves(word string) bool {
	switch word {
	case "rose", "fell", "gained", "lost", "jumped", "dropped", "climbed", "slid", "surged", "tumbled", "soared", "plunged",
		"rise", "rises", "fall", "falls", "jump", "jumps", "drop", "drops", "surge", "surges", "traded", "trading", "advanced",
		"advances", "declined", "retreated", "rallied", "slumped", "sank", "gains", "rally":
		return true
	}
	return false
}

// measured knows what a business counts besides money.
func measured(word string) bool {
	switch word {
	case "sales", "orders", "deliveries", "output", "production", "shipments", "margin", "margins", "demand", "users",
		"subscribers", "customers", "exports", "traffic", "costs", "bookings", "income", "volume", "expenses", "store", "stores":
		return true
	}
	return false
}

// date returns the change of a day to come.
func (b before) date(sentence string, at time.Time) string {
	for _, f := range facts.Find(sentence) {
		if f.Kind != facts.Date || f.Month == 0 || f.Day == 0 || b.dates[dayKey(f)] || at.IsZero() {
			continue
		}
		year := f.Year
		if year == 0 {
			year = at.Year()
		}
		when := time.Date(year, time.Month(f.Month), f.Day, 0, 0, 0, 0, time.UTC)
		if when.After(at.Add(24 * time.Hour)) {
			return "new date " + f.Text + ": " + clip(sentence)
		}
	}
	return ""
}

func dayKey(f facts.Fact) string {
	return fmt.Sprintf("%d-%d", f.Month, f.Day)
}

// party returns a company or fund that readers have not heard of in the story.
func (b before) party(sentence string) string {
	spans := text.WordSpans(sentence)
	for i, p := range spans {
		if i == 0 || !corporate(p.Of(sentence)) {
			continue
		}
		start := i
		for start > 0 && capital(spans[start-1].Of(sentence)) && spans[start].Start-spans[start-1].End == 1 {
			start--
		}
		if start == i || b.heard(sentence, spans[start:i]) {
			continue
		}
		return strings.Join(strings.Fields(sentence[spans[start].Start:p.End]), " ")
	}
	return ""
}

func (b before) heard(sentence string, spans []text.Span) bool {
	for _, p := range spans {
		for _, w := range text.Words(p.Of(sentence)) {
			if b.words[w] || b.words[strings.TrimSuffix(w, "'s")] {
				return true
			}
		}
	}
	return false
}

func capital(word string) bool {
	first, _ := utf8.DecodeRuneInString(word)
	return unicode.IsUpper(first)
}

func corporate(word string) bool {
	switch word {
	case "Inc", "Corp", "Co", "Ltd", "LLC", "Plc", "PLC", "Group", "Capital", "Partners", "Holdings", "Bank", "Management", "AG", "SA":
		return true
	}
	return false
}

// clip shortens a sentence to one line of a report.
func clip(s string) string {
	const longest = 160
	s = strings.Join(strings.Fields(s), " ")
	if len(s) <= longest {
		return s
	}
	return strings.TrimRight(shortenTo(s, longest), " ,;:") + "…"
}
