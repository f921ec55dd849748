package verify

import "strings"

// margin is how much better a claim must fit the place of another claim of the
// evidence than its own before it counts as swapped. Measured on the generated
// set: below 0.1 true bullets with moved clauses fall, above 0.3 swaps pass.
const margin = 0.2

// absent is the margin for a claim that the statement does not tell at all: it
// may simply have been left out.
const absent = 0.25

// maxPairs bounds the comparison of places: pieces of the statement times those
// of the evidence. A real bullet and its quotes stay far below; beyond it the
// claims are checked, but not their places.
const maxPairs = 600_000

// swaps checks that each claim belongs to the subject the evidence gives it.
// A claim the evidence tells is swapped when its neighbours in the statement
// are, in the evidence, the neighbours of another claim that it could be
// mistaken for: another amount, another name, the opposite direction.
func (c *comparison) swaps() {
	if len(c.b.pieces)*len(c.e.pieces) > maxPairs {
		return
	}
	for i, p := range c.b.pieces {
		if p.family == plainWord || p.family == stop {
			continue
		}
		own, other, instead := -1.0, -1.0, -1
		for j, q := range c.e.pieces {
			if q.family != p.family || q.kind != p.kind {
				continue
			}
			w := c.b.weigh(i, c.e, j)
			if c.alike(p, q) {
				own = max(own, w)
			} else if w > other {
				other, instead = w, j
			}
		}
		if own >= 0 && other > own && other > own+c.gap(p, c.e.pieces[instead]) {
			c.fail(p.span.Of(c.b.s), KindSwap, "says %s where its evidence says %s", clean(p.span.Of(c.b.s)), clean(c.e.pieces[instead].span.Of(c.e.s)))
		}
	}
}

// gap is how much better p must fit the place of q than its own to be swapped.
func (c *comparison) gap(p, q piece) float64 {
	switch {
	case c.often(c.b, p) > c.often(c.e, p):
		return 0 // told more often than the evidence does: one of them is borrowed
	case c.tells(q):
		return margin
	default:
		return absent
	}
}

// often returns how many pieces of r say what piece p of the statement says.
func (c *comparison) often(r *reading, p piece) int {
	n := 0
	for _, q := range r.pieces {
		if q.family == p.family && q.kind == p.kind && (q.key == p.key || r == c.e && c.alike(p, q)) {
			n++
		}
	}
	return n
}

// tells reports whether the statement has a claim like piece q of the evidence.
func (c *comparison) tells(q piece) bool {
	for _, p := range c.b.pieces {
		if p.family == q.family && p.kind == q.kind && c.alike(p, q) {
			return true
		}
	}
	return false
}

// alike reports whether piece p of the statement says what piece q of the
// evidence says.
func (c *comparison) alike(p, q piece) bool {
	switch p.family {
	case figure, calendar:
		return c.equal(c.b.facts[p.at], c.e.facts[q.at])
	case name:
		a, b := c.b.names[p.at].Words, c.e.names[q.at].Words
		short, long := a, b
		if len(short) > len(long) {
			short, long = long, short
		}
		return strings.Contains(" "+strings.Join(long, " ")+" ", " "+strings.Join(short, " ")+" ") ||
			initials(long) == strings.Join(short, " ")
	case move:
		a, b := c.b.moves[p.at], c.e.moves[q.at]
		return a.Verb == b.Verb && a.Kind == b.Kind || a.Positive() == b.Positive()
	default:
		return true
	}
}
