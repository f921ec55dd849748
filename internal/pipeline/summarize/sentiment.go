package summarize

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"stockdigest.app/stockdigest"
	"stockdigest.app/stockdigest/internal/facts"
	"stockdigest.app/stockdigest/internal/text"
)

// Sentiment reads what a sentence means for the company: which way the things
// moved that a company wants more or less of, how a figure stands to the one it
// is compared with, and words that are good or bad by themselves. It returns the
// reasons. A move of something that is neither wanted nor measured says nothing.
func Sentiment(s string) (stockdigest.Sentiment, string) {
	r := newReading(s)
	if !r.turns() {
		for i := range r.words {
			r.move(i)
		}
		if len(r.why) == 0 {
			r.compare()
		}
	}
	for i := range r.words {
		r.tone(i)
	}
	return r.sentiment()
}

// A reading is a sentence with what was found in it so far.
type reading struct {
	s         string
	spans     []text.Span
	words     []string
	amounts   []facts.Fact
	good, bad float64
	why       []string
}

func newReading(s string) *reading {
	r := &reading{s: s, spans: text.WordSpans(s), words: text.Words(s)}
	for _, f := range facts.Find(s) {
		if f.Kind.Amount() {
			r.amounts = append(r.amounts, f)
		}
	}
	return r
}

func (r *reading) add(sign, weight float64, what string) {
	switch {
	case sign > 0:
		r.good += weight
		r.why = append(r.why, "+"+what)
	case sign < 0:
		r.bad += weight
		r.why = append(r.why, "-"+what)
	}
}

func (r *reading) sentiment() (stockdigest.Sentiment, string) {
	why := "tone " + strings.Join(r.why, " ")
	switch {
	case r.good == 0 && r.bad == 0:
		return stockdigest.Neutral, "no tone"
	case r.good >= 1.5*r.bad:
		return stockdigest.Positive, why
	case r.bad >= 1.5*r.good:
		return stockdigest.Negative, why
	}
	return stockdigest.Mixed, why
}

// Weights of what a sentence tells: a turn from profit to loss settles it, the
// result weighs more than what leads to it.
const (
	turnWeight   = 4
	resultWeight = 2
	moveWeight   = 1.2
	toneWeight   = 1
)

// turns reads a result set against one of the other sign: a profit after a
// loss, a loss after a profit.
func (r *reading) turns() bool {
	at := r.comparator(0)
	if at < 0 {
		return false
	}
	before, after := r.words[:at], r.words[at:]
	lossBefore, lossAfter := has(before, "loss", "losses"), has(after, "loss", "losses")
	switch {
	case lossBefore && !lossAfter && has(after, "profit", "profits", "income", "earnings"):
		r.add(-1, turnWeight, "loss after profit")
	case !lossBefore && lossAfter && hasResult(before):
		r.add(1, turnWeight, "profit after loss")
	default:
		return false
	}
	return true
}

// comparator is where the sentence, from word i, begins to tell the figure it
// compares with, or -1.
func (r *reading) comparator(i int) int {
	for ; i < len(r.words); i++ {
		switch r.words[i] {
		case "compared", "versus", "against", "vs", "comparing", "comparison":
			return i
		case "from":
			if r.amountBetween(i, i+5) || has(r.words[i:min(i+4, len(r.words))], "loss", "profit") {
				return i
			}
		case "while", "after":
			if has(r.words[i:min(i+5, len(r.words))], "year", "loss") && has(r.words[i:], "loss", "profit") {
				return i
			}
		}
	}
	return -1
}

// amountBetween reports an amount that starts between two words.
func (r *reading) amountBetween(i, j int) bool {
	from, to := r.byteOf(i), r.byteOf(j)
	for _, f := range r.amounts {
		if f.Span.Start >= from && f.Span.Start < to {
			return true
		}
	}
	return false
}

// byteOf is where word i starts, or the nearest end of the sentence.
func (r *reading) byteOf(i int) int {
	switch {
	case i < 0:
		return 0
	case i >= len(r.spans):
		return len(r.s)
	}
	return r.spans[i].Start
}

// move reads a word that says which way something went.
func (r *reading) move(i int) {
	sign, form := moves(r.words, i)
	if sign == 0 || r.boilerplate(i) || r.isName(i) {
		return
	}
	thing, weight := r.thing(i, form)
	switch {
	case thing == 0 && form != asWord && r.measured(i):
		thing = 1
	case thing == 0:
		return
	}
	if r.negated(i, 3) {
		sign = -sign
	}
	r.add(sign*thing, weight, strings.TrimSpace(r.words[i]))
}

// isName reports a word that is part of a name: Bramwell Lift. In a headline,
// where most words have capitals, nobody can tell.
func (r *reading) isName(i int) bool {
	if i == 0 || !r.capital(i) {
		return false
	}
	n := 0
	for j := range r.spans {
		n += int(yes(r.capital(j)))
	}
	return 2*n < len(r.spans)
}

func (r *reading) capital(i int) bool {
	first, _ := utf8.DecodeRuneInString(r.s[r.spans[i].Start:])
	return unicode.IsUpper(first)
}

// boilerplate reports a word of growth or change that names rather than tells:
// "growth company", "increase in share capital".
func (r *reading) boilerplate(i int) bool {
	behind := r.words[i+1 : min(i+5, len(r.words))]
	return has(behind, "capital", "stock", "options") && !has(behind, "price", "expenditure", "expenditures") && has(r.words[i:i+1], "increase", "increased", "increasing", "reduction")
}

// measured reports an amount near word i.
func (r *reading) measured(i int) bool { return r.amountBetween(i-5, i+7) }

// thing is what moved: 1 for what a company wants more of, -1 for what it wants
// less of, 0 when unknown, with its weight.
func (r *reading) thing(i int, form moveForm) (sign, weight float64) {
	behind, before := r.nearest(i, 1, 7), r.nearest(i, -1, 12)
	first, second := before, behind
	if form == asAdjective || form == asNoun && i+1 < len(r.words) && has(r.words[i+1:i+2], "in", "of") || form == asTransitive {
		first, second = behind, before
	}
	for _, w := range []string{first, second} {
		if w == "" {
			continue
		}
		weight = moveWeight
		if result(w) || w == "loss" || w == "losses" {
			weight = resultWeight
		}
		stem := text.Stem(w)
		switch {
		case unwanted(stem):
			return -1, weight
		case wanted(stem):
			return 1, weight
		}
	}
	return 0, moveWeight
}

// nearest is the nearest word for a wanted or unwanted thing, looking from word
// i at most so many words in one direction.
func (r *reading) nearest(i, step, most int) string {
	for n, at := 0, i+step; n < most && at >= 0 && at < len(r.words); n, at = n+1, at+step {
		if stem := text.Stem(r.words[at]); wanted(stem) || unwanted(stem) {
			if step < 0 && (r.words[at] == "loss" || r.words[at] == "losses") || !r.partOf(at) {
				return r.words[at]
			}
		}
	}
	return ""
}

// partOf reports a word that only names something: "profit before taxes", a
// "dividend policy", the "income group".
func (r *reading) partOf(at int) bool {
	if at > 0 && has(r.words[at-1:at], "before", "after") {
		return true
	}
	return at+1 < len(r.words) && has(r.words[at+1:at+2], "group", "bank", "company", "manager", "director", "analyst", "authority", "meeting", "policy", "price")
}

// compare reads a figure against the one it is compared with: 13.6 % compared
// to 14.3 %.
func (r *reading) compare() {
	at := r.comparator(0)
	if at < 0 {
		return
	}
	split := r.byteOf(at)
	var now, then *facts.Fact
	for i := range r.amounts {
		f := &r.amounts[i]
		switch {
		case f.Value == nil:
		case f.Span.Start < split:
			now = f
		case then == nil && now != nil && f.Kind == now.Kind && f.Currency == now.Currency:
			then = f
		}
	}
	if now == nil || then == nil {
		return
	}
	sign, weight := float64(now.Value.Cmp(then.Value)), resultWeight
	for i := range r.words[:at] {
		if unwanted(text.Stem(r.words[i])) {
			sign = -sign
			break
		}
	}
	r.add(sign, float64(weight), now.Text+" against "+then.Text)
}

// tone reads a word that is good or bad by itself.
func (r *reading) tone(i int) {
	sign := toneOf(r.words, i)
	if sign == 0 || r.isName(i) {
		return
	}
	if r.negated(i, 5) {
		if sign < 0 {
			return // without a loss is not yet good
		}
		sign = -sign
	}
	r.add(sign, toneWeight, r.words[i])
}

// negated reports a negation among the n words before word i, in the same clause.
func (r *reading) negated(i, n int) bool {
	from := i
	for from > 0 && i-from < n && !strings.ContainsAny(r.s[r.spans[from-1].End:r.spans[from].Start], ",;:") {
		from--
	}
	return negates(r.words[from:i])
}

// moodOf is what a sentence means for the company that the report is about.
// Suing somebody is neither good nor bad; being sued is bad.
func moodOf(s sentence, own ownNames) (stockdigest.Sentiment, string) {
	at := own.find(s.text)
	words := text.WordSpans(s.text)
	for i, p := range words {
		if at < 0 || p.Start < at || !has([]string{p.Of(s.text)}, "sues", "sued", "sue") {
			continue
		}
		passive := i > 0 && has([]string{words[i-1].Of(s.text)}, "is", "was", "be", "been", "being", "are", "were", "gets", "got") || i+1 < len(words) && words[i+1].Of(s.text) == "by"
		if !passive && own.find(s.text[p.End:]) < 0 {
			return Sentiment(s.text[:p.Start] + "asks" + s.text[p.End:])
		}
	}
	return Sentiment(s.text)
}

func negates(before []string) bool {
	return has(before, "not", "no", "never", "without", "isn't", "wasn't", "doesn't", "don't", "didn't", "won't", "aren't", "weren't", "can't", "couldn't", "wouldn't",
		"neither", "nor", "denied", "denies", "hardly", "barely", "cannot", "failed", "unlikely")
}
