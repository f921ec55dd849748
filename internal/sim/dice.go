package sim

import (
	"hash/fnv"
	"strconv"
)

// A dice is a seeded source of chance (splitmix64). Two dice with the same seed
// throw the same, which is all that a pretend world asks of them.
type dice uint64

// newDice returns the dice of a thing, by what names it.
func newDice(seed uint64, name ...string) *dice {
	h := fnv.New64a()
	_, _ = h.Write(strconv.AppendUint(nil, seed, 16))
	for _, n := range name {
		_, _ = h.Write([]byte{0})
		_, _ = h.Write([]byte(n))
	}
	d := dice(h.Sum64())
	return &d
}

func (d *dice) next() uint64 {
	*d += 0x9e3779b97f4a7c15
	z := uint64(*d)
	z = (z ^ z>>30) * 0xbf58476d1ce4e5b9
	z = (z ^ z>>27) * 0x94d049bb133111eb
	return z ^ z>>31
}

// below returns a whole number from 0 up to and without n.
func (d *dice) below(n int) int { return int(d.next() % uint64(max(n, 1))) } //nolint:gosec // n is small and positive

// share returns a number from 0 up to and without 1.
func (d *dice) share() float64 { return float64(d.next()>>11) / (1 << 53) }

// between returns a whole number from low to high, both possible.
func (d *dice) between(low, high int) int { return low + d.below(high-low+1) }

// pick returns one of a list.
func pick(d *dice, from []string) string { return from[d.below(len(from))] }

// order returns the numbers below n in some order.
func (d *dice) order(n int) []int {
	all := make([]int, n)
	for i := range all {
		j := d.below(i + 1)
		all[i], all[j] = all[j], i
	}
	return all
}
