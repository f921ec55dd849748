package text

import (
	"math"
	"math/bits"
	"slices"
	"unicode/utf8"
)

// sigSize is the number of permutations of a Sig. With it the error of Like is
// about 0.06 at the threshold that matters.
const sigSize = 64

// A Sig is the MinHash of a text's three-word shingles: two texts agree in as
// many places as their shingles overlap. The zero Sig stands for no words.
type Sig [sigSize]uint32

// Shingles returns a hash of every run of n words of s, in order. A text
// shorter than n words gives one hash of what it has.
func Shingles(s string, n int) []uint64 {
	hashes := make([]uint64, 0, len(s)/6+1)
	for i := 0; i < len(s); {
		r, size := utf8.DecodeRuneInString(s[i:])
		if !inWord(r) {
			i += size
			continue
		}
		end := wordEnd(s, i)
		hashes = append(hashes, hashWord(s[i:end]))
		i = end
	}
	return roll(hashes, max(1, n))
}

// roll turns hashes of words into hashes of runs of n words, in place.
func roll(words []uint64, n int) []uint64 {
	if len(words) == 0 {
		return words
	}
	n = min(n, len(words))
	runs := words[:len(words)-n+1]
	for i := range runs {
		h := words[i]
		for _, next := range words[i+1 : i+n] {
			h = mix(bits.RotateLeft64(h, 17) ^ next)
		}
		runs[i] = h
	}
	return runs
}

// hashWord hashes a word as Words would fold it (FNV-1a).
func hashWord(word string) uint64 {
	const offset, prime = 14695981039346656037, 1099511628211
	h := uint64(offset)
	for i := range len(word) {
		c := word[i]
		if c >= 0x80 {
			return hashBytes(foldWord(word))
		}
		if 'A' <= c && c <= 'Z' {
			c += 'a' - 'A'
		}
		h = (h ^ uint64(c)) * prime
	}
	return mix(h)
}

func hashBytes(s string) uint64 {
	const offset, prime = 14695981039346656037, 1099511628211
	h := uint64(offset)
	for i := range len(s) {
		h = (h ^ uint64(s[i])) * prime
	}
	return mix(h)
}

// mix spreads the bits of h (the finalizer of splitmix64).
func mix(h uint64) uint64 {
	h ^= h >> 30
	h *= 0xbf58476d1ce4e5b9
	h ^= h >> 27
	h *= 0x94d049bb133111eb
	return h ^ h>>31
}

// Signature returns the MinHash of the three-word shingles of s.
func Signature(s string) Sig {
	var sig Sig
	runs := Shingles(s, 3)
	if len(runs) == 0 {
		return sig
	}
	for i := range sig {
		sig[i] = math.MaxUint32
	}
	for _, h := range runs {
		// Double hashing: the i-th permutation is a + i*b, scrambled by a
		// multiplication, which is as good as independent hashes here.
		a, b := h, h>>32|h<<32|1
		for i := range sig {
			a += b
			sig[i] = min(sig[i], uint32((a*0x9e3779b97f4a7c15)>>32))
		}
	}
	return sig
}

// Like estimates the share of shingles that two texts have in common, 0 to 1.
func (g Sig) Like(o Sig) float64 {
	if g == (Sig{}) || o == (Sig{}) {
		return 0
	}
	same := 0
	for i := range g {
		if g[i] == o[i] {
			same++
		}
	}
	return float64(same) / sigSize
}

// A Pair is two indexes, A less than B.
type Pair struct{ A, B int }

// nearLike is how alike two texts must be to be near: one word in twenty
// changed leaves about 0.74 of the shingles, one in ten 0.57.
const nearLike = 0.5

// Near returns the pairs of signatures that belong to nearly the same text, in
// order of A, then B. It compares only pairs that share a band of rows, so the
// work grows with the number of likenesses, not with the square of the texts.
func Near(sigs []Sig) []Pair {
	const rows = 4
	var pairs []Pair
	seen := map[Pair]bool{}
	order := make([]int, 0, len(sigs))
	keys := make([]uint64, len(sigs))
	for band := 0; band < sigSize; band += rows {
		order = order[:0]
		for i := range sigs {
			if sigs[i] == (Sig{}) {
				continue
			}
			h := uint64(band)
			for _, v := range sigs[i][band : band+rows] {
				h = mix(h<<7 ^ h>>57 ^ uint64(v))
			}
			keys[i] = h
			order = append(order, i)
		}
		slices.SortFunc(order, func(a, b int) int { return compareKeys(keys, a, b) })
		pairs = appendNear(pairs, seen, sigs, keys, order)
	}
	slices.SortFunc(pairs, func(a, b Pair) int {
		if a.A != b.A {
			return a.A - b.A
		}
		return a.B - b.B
	})
	return pairs
}

func compareKeys(keys []uint64, a, b int) int {
	switch {
	case keys[a] < keys[b]:
		return -1
	case keys[a] > keys[b]:
		return 1
	}
	return a - b
}

// maxBucket bounds how many texts of one band are compared with each other.
// Beyond it every text is compared with its neighbours only: a thousand copies
// of one text still hang together.
const maxBucket = 64

// appendNear adds the pairs of equal keys that are near; order is sorted by key.
func appendNear(pairs []Pair, seen map[Pair]bool, sigs []Sig, keys []uint64, order []int) []Pair {
	for i, a := range order {
		for j := i + 1; j < len(order) && j-i <= maxBucket && keys[order[j]] == keys[a]; j++ {
			p := Pair{a, order[j]}
			if seen[p] {
				continue
			}
			seen[p] = true
			if sigs[p.A].Like(sigs[p.B]) >= nearLike {
				pairs = append(pairs, p)
			}
		}
	}
	return pairs
}
