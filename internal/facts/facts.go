// Package facts finds the checkable facts of a text (amounts, percentages,
// dates, counts, directions), each with where it stands, in a normal form in
// which "$1.85B" equals "1,850 million dollars". Writers rank sentences by
// them, the gate compares a bullet's facts with its evidence, and updates name
// the one that changed.
package facts

import (
	"math/big"

	"stockdigest.app/stockdigest/internal/text"
)

// A Kind says what a fact is.
type Kind string

// The kinds of facts.
const (
	Money    Kind = "money"
	Percent  Kind = "percent"
	Points   Kind = "points"   // percentage points; 50 basis points are 0.5
	Number   Kind = "number"   // a count or measure, with its Unit
	Multiple Kind = "multiple" // 2x, 3.2 times, twofold
	Ratio    Kind = "ratio"    // a 10-for-1 split
	Date     Kind = "date"     // a day or a month, with or without its year
	Weekday  Kind = "weekday"
	Year     Kind = "year"
	Period   Kind = "period" // quarter, half, fiscal year
	Time     Kind = "time"   // of the day
	Label    Kind = "label"  // a number that is part of a name: 5G, 10-K, Destiny 2, COVID-19
)

// Amount reports whether facts of the kind measure something, so that a
// ranker may count them; names, dates and times do not.
func (k Kind) Amount() bool {
	switch k {
	case Money, Percent, Points, Number, Multiple, Ratio:
		return true
	default:
		return false
	}
}

// A Bound says how a fact limits its value.
type Bound string

// The bounds. The zero value is an exact figure.
const (
	Exact Bound = ""
	About Bound = "about" // about, roughly, nearly
	Over  Bound = "over"  // more than, at least
	Under Bound = "under" // less than, up to
)

// A Fact is one checkable fact of a text.
type Fact struct {
	Kind     Kind
	Span     text.Span
	Text     string   // the words of Span
	Value    *big.Rat // of amounts and labels, scale and sign applied; nil for dates, periods and times
	Currency string   // ISO code for Money: USD
	Unit     string   // singular noun the amount counts or is per: "employee", "share"; empty when none
	PerShare bool     // Money for each share
	Bound    Bound
	Approx   bool     // Bound is not Exact
	Step     *big.Rat // the worth of one in the last digit shown; nil without Value
	Year     int      // of Date, Year and Period, 0 when not told
	Month    int      // of Date, 0 when not told
	Day      int      // of Date, 0 when not told
	Part     string   // of Period: Q1 to Q4, H1, H2, M9 (nine months), FY
	Norm     string   // canonical form: equal facts have equal norms; Bound and PerShare are not in it
}

// Find returns the facts of s in the order of their position. It takes linear
// time and never reports overlapping facts.
func Find(s string) []Fact {
	f := finder{s: s, toks: scan(s)}
	var found []Fact
	for i := 0; i < len(f.toks); {
		fact, next := f.at(i)
		if next <= i {
			i++
			continue
		}
		fact.Span = text.Span{Start: f.toks[i].start, End: f.toks[next-1].end}
		fact.first, fact.next = i, next
		f.bound(&fact)
		f.facts = append(f.facts, fact)
		i = next
	}
	f.join()
	for _, p := range f.facts {
		p.Text = p.Span.Of(s)
		p.Norm = norm(p.Fact)
		p.Approx = p.Bound != Exact
		found = append(found, p.Fact)
	}
	return found
}

// A finder walks over the tokens of one text.
type finder struct {
	s     string
	toks  []token
	facts []placed
}

// A placed fact knows its tokens.
type placed struct {
	Fact

	first, next int
	scaled      bool // a scale word follows the digits
	bare        bool // digits or number words only
}

// at tries to read a fact that begins with token i and returns the token after
// it, or i when there is none. Calendar forms come first: "2019-11-19" is not
// three numbers.
func (f *finder) at(i int) (placed, int) {
	t := f.toks[i]
	if t.kind == wordToken && !startsFact(t.low) {
		return placed{}, i
	}
	for _, read := range []func(int) (placed, int){
		f.date, f.period, f.clock, f.label, f.ratio, f.amount,
	} {
		if fact, next := read(i); next > i {
			return fact, next
		}
	}
	return placed{}, i
}

// word returns the lower-case word of token i, or "" when it is none.
func (f *finder) word(i int) string {
	if i < 0 || i >= len(f.toks) || f.toks[i].kind != wordToken {
		return ""
	}
	return f.toks[i].low
}

// is reports whether token i is the punctuation or symbol p.
func (f *finder) is(i int, p string) bool {
	return i >= 0 && i < len(f.toks) && f.toks[i].kind == signToken && f.toks[i].low == p
}

// dash reports whether token i is a hyphen or dash of any length.
func (f *finder) dash(i int) bool {
	if i < 0 || i >= len(f.toks) || f.toks[i].kind != signToken {
		return false
	}
	switch f.toks[i].low {
	case "-", "‐", "‑", "–", "—":
		return true
	}
	return false
}

// digits returns the numeral of token i, or "" when it is none.
func (f *finder) digits(i int) string {
	if i < 0 || i >= len(f.toks) || f.toks[i].kind != digitToken {
		return ""
	}
	return f.toks[i].low
}

// glued reports whether nothing stands between token i and the one before it.
func (f *finder) glued(i int) bool {
	return i > 0 && i < len(f.toks) && f.toks[i-1].end == f.toks[i].start
}
