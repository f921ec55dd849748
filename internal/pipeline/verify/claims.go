package verify

import (
	"fmt"
	"math/big"
	"slices"
	"strings"

	"stockdigest.app/stockdigest/internal/facts"
	"stockdigest.app/stockdigest/internal/text"
)

// maxFacts bounds the figures of one bullet; no reader wants a tenth of it.
const maxFacts = 200

// Claims returns every claim of a statement that the evidence does not carry.
// Names may also come from the titles of the evidence.
func Claims(statement, evidence, titles string) []Failure {
	if verbatim(statement, evidence) {
		return nil
	}
	c := comparison{b: read(statement), e: read(evidence), titles: read(titles)}
	if len(c.b.facts) > maxFacts {
		c.fail(clean(statement), KindForm, "its text tells %d figures, more than %d", len(c.b.facts), maxFacts)
		return c.failures
	}
	c.figures()
	c.rates()
	c.directions()
	c.negations()
	c.hedging()
	c.hearsay()
	c.nameCheck()
	c.attributions()
	c.degrees()
	c.ends()
	c.swaps()
	c.support()
	return c.failures
}

// verbatim reports whether a statement is one of the quotes of its evidence, or
// all of them.
func verbatim(statement, evidence string) bool {
	said := strings.Join(strings.Fields(statement), " ")
	return slices.ContainsFunc(append(strings.Split(evidence, "\n\n"), evidence), func(quote string) bool {
		return said == strings.Join(strings.Fields(quote), " ")
	})
}

// retold checks an update line, which compares two tellings: its facts and names
// must be known from either, in whatever order.
func retold(update, known string) []Failure {
	c := comparison{b: read(update), e: read(known), titles: read("")}
	c.figures()
	c.nameCheck()
	return c.failures
}

// A comparison holds a statement b against its evidence e.
type comparison struct {
	b, e, titles *reading
	failures     []Failure
}

func (c *comparison) fail(claim string, kind Kind, format string, args ...any) {
	for _, f := range c.failures {
		if f.Claim == claim {
			return // one reason for a claim is enough
		}
	}
	c.failures = append(c.failures, Failure{Claim: claim, Kind: kind, Why: fmt.Sprintf(format, args...)})
}

// figures checks that the evidence tells every number, date and time.
func (c *comparison) figures() {
	for i, b := range c.b.facts {
		var same []int
		for j, e := range c.e.facts {
			if c.equal(b, e) {
				same = append(same, j)
			}
		}
		if len(same) == 0 {
			c.missing(i, b)
			continue
		}
		c.unit(b, same)
		c.limits(b, same)
	}
}

// equal reports whether evidence fact e carries fact b of the statement.
func (c *comparison) equal(b, e facts.Fact) bool {
	if b.Norm == e.Norm {
		return true
	}
	switch b.Kind {
	case facts.Date:
		return dated(b, e) && (b.Year == 0 || b.Year == e.Year || e.Year == 0 && c.tellsYear(b.Year))
	case facts.Period:
		return e.Kind == facts.Period && b.Part == e.Part && (b.Year == 0 || b.Year == e.Year || e.Year == 0 && c.tellsYear(b.Year)) ||
			b.Part == "FY" && e.Year == b.Year && b.Year > 0 || b.Part == "FY" && b.Year == 0
	case facts.Year:
		return b.Year == e.Year || valued(b, e)
	case facts.Weekday, facts.Time, facts.Ratio:
		return false
	default:
		return valued(b, e) || rounded(b, e)
	}
}

// dated reports whether the day and month that b tells are those of e.
func dated(b, e facts.Fact) bool {
	return e.Kind == facts.Date && b.Month == e.Month && (b.Day == 0 || b.Day == e.Day)
}

// tellsYear reports whether the evidence names the year anywhere.
func (c *comparison) tellsYear(year int) bool {
	for _, e := range c.e.facts {
		if e.Year == year {
			return true
		}
	}
	return false
}

// valued reports whether two amounts measure the same thing with one value, a
// sign that words can tell apart.
func valued(b, e facts.Fact) bool {
	return b.Value != nil && e.Value != nil && class(b.Kind) == class(e.Kind) && b.Currency == e.Currency && level(b.Value, e.Value)
}

// level reports whether two values are equal but for their sign.
func level(a, b *big.Rat) bool {
	return a.Num().CmpAbs(b.Num()) == 0 && a.Denom().Cmp(b.Denom()) == 0
}

// rounded reports whether b, which says "about", is e within half of the last
// digit shown.
func rounded(b, e facts.Fact) bool {
	if b.Bound != facts.About || b.Value == nil || e.Value == nil || class(b.Kind) != class(e.Kind) || b.Currency != e.Currency {
		return false
	}
	off := new(big.Rat).Sub(b.Value, e.Value)
	half := new(big.Rat).Mul(b.Step, big.NewRat(1, 2))
	return off.Abs(off).Cmp(half) <= 0
}

// class is the kind with counts, years and labels as one: "737" may be read as
// either.
func class(k facts.Kind) facts.Kind {
	if k == facts.Year || k == facts.Label {
		return facts.Number
	}
	return k
}

// missing says which figure the evidence tells instead.
func (c *comparison) missing(i int, b facts.Fact) {
	kind := KindNumber
	if !b.Kind.Amount() && b.Kind != facts.Label {
		kind = KindDate
	}
	best, weight := -1, -1.0
	at := c.b.piece(figure, calendar, i)
	for j, e := range c.e.facts {
		if k := cousin(b, e); k != "" {
			c.fail(b.Text, k, "says %s, its evidence says %s", clean(b.Text), clean(e.Text))
			return
		}
		if class(b.Kind) != class(e.Kind) || at < 0 {
			continue
		}
		if to := c.e.piece(figure, calendar, j); to >= 0 {
			if w := c.b.weigh(at, c.e, to); w > weight {
				best, weight = j, w
			}
		}
	}
	if best < 0 {
		c.fail(b.Text, kind, "says %s, which its evidence does not", clean(b.Text))
		return
	}
	c.fail(b.Text, kind, "says %s, its evidence says %s", clean(b.Text), clean(c.e.facts[best].Text))
}

// cousin tells how b came from e when it has its value in another currency,
// scale or measure.
func cousin(b, e facts.Fact) Kind {
	if b.Value == nil || e.Value == nil || b.Value.Sign() == 0 {
		return ""
	}
	same := level(b.Value, e.Value)
	percent := func(k facts.Kind) bool { return k == facts.Percent || k == facts.Points }
	switch {
	case same && b.Kind == facts.Money && e.Kind == facts.Money:
		return KindCurrency
	case same && b.Kind != e.Kind && percent(b.Kind) && percent(e.Kind):
		return KindPoints
	case same && b.Kind != e.Kind && class(b.Kind) != class(e.Kind) && (b.Kind.Amount() && e.Kind.Amount()):
		return KindUnit
	case b.Kind != e.Kind || b.Currency != e.Currency:
		return ""
	}
	for _, by := range []int64{1e3, 1e6, 1e9} {
		up := new(big.Rat).Mul(b.Value, big.NewRat(by, 1))
		down := new(big.Rat).Mul(e.Value, big.NewRat(by, 1))
		if level(up, e.Value) || level(down, b.Value) {
			return KindScale
		}
	}
	return ""
}

// unit checks that one of the equal figures counts the same thing.
func (c *comparison) unit(b facts.Fact, same []int) {
	if b.Unit == "" || b.Kind != facts.Number && b.Kind != facts.Money {
		return
	}
	var other string
	for _, j := range same {
		e := c.e.facts[j]
		if e.Kind != b.Kind || c.sameUnit(b, e) {
			return
		}
		other = e.Unit
	}
	if other == "" {
		other = "something else"
	}
	c.fail(b.Text+" "+b.Unit, KindUnit, "says %s of %s, its evidence says %s", clean(b.Text), b.Unit, other)
}

func (c *comparison) sameUnit(b, e facts.Fact) bool {
	if unitStem(b.Unit) == unitStem(e.Unit) {
		return true
	}
	if c.e.follows(e.Span.End, unitStem(b.Unit)) || e.Unit != "" && c.b.follows(b.Span.End, unitStem(e.Unit)) {
		return true
	}
	if e.Unit != "" && (b.Kind == facts.Money || c.b.plural(b.Span.End)) || !c.e.stems[text.Stem(b.Unit)] {
		return false
	}
	for _, f := range c.e.facts { // the unit of another figure
		if f.Kind == b.Kind && f.Unit == b.Unit && !valued(b, f) {
			return false
		}
	}
	return true
}

// plural reports whether the word behind offset is a plural, so surely what a
// number counts.
func (r *reading) plural(offset int) bool {
	words := text.Words(r.s[offset:min(len(r.s), offset+60)])
	return len(words) > 0 && len(words[0]) > 3 && strings.HasSuffix(words[0], "s") && !strings.HasSuffix(words[0], "ss")
}

// rates checks what "per" stands before: "per share" is not "per barrel".
func (c *comparison) rates() {
	known := map[string]bool{}
	for _, e := range c.e.facts {
		known[text.Stem(e.Unit)] = true
	}
	for _, unit := range c.e.pers() {
		known[text.Stem(unit)] = true
	}
	for _, unit := range c.b.pers() {
		if c.b.begins(unit) {
			continue // "per Reuters" gives words to a name
		}
		if !known[text.Stem(unit)] && (unit != "share" || !c.e.stems["ep"]) {
			c.fail("per "+unit, KindUnit, "says per %s, which its evidence does not", unit)
		}
	}
}

// pers returns the nouns behind "per" in r.
func (r *reading) pers() []string {
	var found []string
	for i, w := range r.words {
		if w != "per" && w != "each" {
			continue
		}
		for _, next := range r.words[i+1 : min(len(r.words), i+4)] {
			switch next {
			case "diluted", "basic", "common", "ordinary", "adjusted":
				continue
			}
			if next != "cent" && next != end {
				found = append(found, next)
			}
			break
		}
	}
	return found
}

// begins reports whether w is the first word of a name of r.
func (r *reading) begins(w string) bool {
	return slices.ContainsFunc(r.names, func(n facts.Name) bool { return len(n.Words) > 0 && n.Words[0] == w })
}

// unitStem evens out the words for people who work.
func unitStem(unit string) string {
	switch unit {
	case "employee", "worker", "people", "person", "staff", "staffer":
		return "worker"
	}
	return text.Stem(unit)
}

// follows reports whether one of the five words behind offset has the stem.
func (r *reading) follows(offset int, stem string) bool {
	rest := r.s[offset:min(len(r.s), offset+120)]
	if end := strings.IndexAny(rest, ",;0123456789"); end >= 0 {
		rest = rest[:end]
	}
	for i, w := range text.Words(rest) {
		if i == 5 {
			return false
		}
		if unitStem(w) == stem || text.Stem(w) == stem {
			return true
		}
	}
	return false
}

// limits checks that "up to", "at least" and "about" are neither lost nor turned.
func (c *comparison) limits(b facts.Fact, same []int) {
	if !b.Kind.Amount() {
		return
	}
	for _, j := range same {
		e := c.e.facts[j]
		if e.Bound == b.Bound || e.Bound == facts.Exact || b.Bound == facts.About {
			if b.Bound == facts.Exact || b.Bound == facts.About || e.Bound == b.Bound {
				return
			}
		}
	}
	e := c.e.facts[same[0]]
	c.fail(b.Text, KindHedge, "says %s, its evidence says %s", bounded(b), bounded(e))
}

func bounded(f facts.Fact) string {
	if f.Bound == facts.Exact {
		return "exactly " + clean(f.Text)
	}
	return string(f.Bound) + " " + clean(f.Text)
}

// piece returns the piece of the i-th claim of a family, or -1.
func (r *reading) piece(a, b family, i int) int {
	for _, f := range []family{a, b} {
		if at, ok := r.places[place{f, i}]; ok {
			return at
		}
	}
	return -1
}

// clean shortens a claim for a line that people read.
func clean(s string) string {
	s = strings.Join(strings.Fields(s), " ")
	if r := []rune(s); len(r) > 60 {
		return string(r[:60]) + "…"
	}
	return s
}
