package verify

import (
	"slices"
	"strings"

	"stockdigest.app/stockdigest/internal/text"
)

// degrees checks words that count, compare or date by themselves: each must be
// in the evidence, in one of its forms.
func (c *comparison) degrees() {
	theirs := append(c.e.degrees(), c.titles.degrees()...)
	for _, form := range c.b.degrees() {
		if !slices.Contains(theirs, form) {
			c.fail(form, KindNumber, "says %q, which its evidence does not", form)
		}
	}
	spells := append(c.e.spells(), c.titles.spells()...)
	for _, s := range c.b.spells() {
		if !slices.Contains(spells, s) {
			c.fail(s.String(), KindDate, "says %s, which its evidence does not", s)
		}
	}
	offices := append(c.e.offices(), c.titles.offices()...)
	for _, o := range c.b.offices() {
		if !slices.Contains(offices, o) {
			c.fail(o, KindName, "says %q, which its evidence does not", o)
		}
	}
}

// degrees are what words of r count, compare or date by themselves. Double
// digits double nothing.
func (r *reading) degrees() []string {
	var found []string
	for i, w := range r.words {
		digits := i+1 < len(r.words) && strings.HasPrefix(r.words[i+1], "digit")
		if form := degree(w); form != "" && !digits {
			found = append(found, form)
		}
	}
	return found
}

// degree is what a word counts, compares or dates by itself; words of one degree
// may stand for each other.
func degree(w string) string {
	switch w {
	case "double", "doubled", "doubles", "doubling", "twofold", "twice":
		return "double"
	case "triple", "tripled", "triples", "tripling", "threefold", "treble", "trebled":
		return "triple"
	case "quadruple", "quadrupled", "quadrupling", "fourfold":
		return "quadruple"
	case "halve", "halved", "halves", "halving":
		return "halve"
	case "half":
		return w
	case "record", "records", "ever", "historic", "unprecedented":
		return "record"
	case "dozen", "dozens", "hundreds", "thousands", "tens", "millions", "billions":
		return w
	case "today", "yesterday", "tomorrow", "tonight":
		return w
	case "majority", "unanimous", "unanimously", "entire", "entirely":
		return text.Stem(w)
	}
	return ""
}

// A spell is a time told from the day it is told on: last year, next quarter.
type spell struct{ when, unit string }

// String is the spell as people say it.
func (s spell) String() string { return s.when + " " + s.unit }

// spells are the spells of r. "A year earlier" is last year.
func (r *reading) spells() []spell {
	var found []spell
	for i, w := range r.words {
		unit := text.Stem(w)
		switch unit {
		case "week", "month", "quarter", "year", "decad":
		default:
			continue
		}
		if i > 0 && when(r.words[i-1], true) != "" {
			found = append(found, spell{when(r.words[i-1], true), w[:len(w)-plural(w)]})
		}
		if i+1 < len(r.words) && when(r.words[i+1], false) != "" {
			found = append(found, spell{when(r.words[i+1], false), w[:len(w)-plural(w)]})
		}
	}
	return found
}

func plural(w string) int {
	if w[len(w)-1] == 's' {
		return 1
	}
	return 0
}

// when is the side of the present on which a word puts the spell beside it.
func when(w string, before bool) string {
	switch w {
	case "ago", "earlier", "before":
		if !before {
			return "last"
		}
	case "last", "past", "previous", "prior", "preceding":
		if before {
			return "last"
		}
	case "next", "coming", "following":
		if before {
			return "next"
		}
	case "this", "current":
		if before {
			return "this"
		}
	}
	return ""
}

// offices are the offices at the top of a company that r names.
func (r *reading) offices() []string {
	var found []string
	for i, w := range r.words {
		switch w {
		case "ceo", "cfo", "coo", "cto":
			found = append(found, w)
		case "chairman", "chairwoman", "chairperson":
			found = append(found, "chair")
		case "chief":
			if i+1 == len(r.words) {
				continue
			}
			switch r.words[i+1] {
			case "executive":
				found = append(found, "ceo")
			case "financial", "finance":
				found = append(found, "cfo")
			case "operating", "operations":
				found = append(found, "coo")
			case "technology", "technical":
				found = append(found, "cto")
			}
		}
	}
	return found
}

// ends checks that what a change went from is not told as what it went to. A
// rating counts like a figure, where ratings are spoken of.
func (c *comparison) ends() {
	for i, p := range c.b.pieces {
		side := c.b.side(i)
		if side == "" || p.family != figure && !c.rating(p) {
			continue
		}
		known, other := false, false
		for j, q := range c.e.pieces {
			switch {
			case q.family != p.family, p.family == figure && !c.alike(p, q), p.family != figure && p.key != q.key:
			case c.e.side(j) == side:
				known = true
			case c.e.side(j) != "":
				other = true
			}
		}
		if other && !known {
			c.fail(p.span.Of(c.b.s), KindSwap, "says %s %s, its evidence says the other end", side, clean(p.span.Of(c.b.s)))
		}
	}
	for _, p := range c.b.pieces {
		if c.rating(p) && !slices.ContainsFunc(c.e.pieces, func(q piece) bool { return q.key == p.key }) && !c.titles.stems[p.key] {
			c.fail(p.span.Of(c.b.s), KindName, "says %q, which its evidence does not", p.span.Of(c.b.s))
		}
	}
}

// side is from or to, when piece i stands behind it.
func (r *reading) side(i int) string {
	for k := range 3 {
		p, ok := r.beside(i, -1, k)
		switch {
		case !ok:
			return ""
		case p.key == "from", p.key == "to":
			return p.key
		case !p.light && p.key != "near" && p.key != "rough":
			return ""
		}
	}
	return ""
}

// rating reports whether p is an analyst's word on a share, in a statement that
// speaks of such.
func (c *comparison) rating(p piece) bool {
	switch p.key {
	case "buy", "sell", "hold", "neutral", "overweight", "underweight", "outperform", "underperform":
	default:
		return false
	}
	return c.b.stems["upgrad"] || c.b.stems["downgrad"] || c.b.stems["rate"] || c.b.stems["coverag"]
}
