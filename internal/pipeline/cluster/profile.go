package cluster

import (
	"maps"
	"math"
	"slices"
	"sort"
	"strings"
	"unicode"
	"unicode/utf8"

	"stockdigest.app/stockdigest/internal/text"
)

// How much a word weighs by where and how it stands, tuned by hand on public
// sets of headlines and article pairs; the result hardly moves around these.
const (
	titleWeight  = 1.0
	leadWeight   = 0.8 // the first leadWords of a body
	bodyWeight   = 0.15
	pairWeight   = 0.5 // of two words that follow each other, against one
	nameWeight   = 1.3 // of a capitalised word among lower-case ones
	numberWeight = 0.5 // of a small number or a year, which repeat by chance
	leadWords    = 60
	bodyWords    = 400 // news tells early; what follows is background
)

// terms returns the weighted words and word pairs of a doc.
func (d Doc) terms(of stems) map[string]float64 {
	weights := map[string]float64{}
	addTerms(weights, of, d.Title, titleWeight, titleWeight)
	addTerms(weights, of, d.Body, leadWeight, bodyWeight)
	addSlug(weights, d.URL)
	return weights
}

// addTerms adds the terms of s. The k-th time a term stands in s adds a k-th
// of its weight.
func addTerms(weights map[string]float64, of stems, s string, lead, rest float64) {
	spans := text.WordSpans(s)
	spans = spans[:min(len(spans), bodyWords)]
	names := nameWeight
	if shouts(s, spans) {
		names = 1
	}
	counts := map[string]float64{}
	add := func(term string, weight float64) {
		counts[term]++
		weights[term] += weight / counts[term]
	}
	last := ""
	for i, p := range spans {
		by := rest
		if i < leadWords {
			by = lead
		}
		term := of.term(p.Of(s))
		if term == "" {
			last = ""
			continue
		}
		add(term, by*emphasis(p.Of(s), names))
		if last != "" {
			add(last+" "+term, by*pairWeight)
		}
		last = term
	}
}

// stems remembers the terms of words: a batch repeats most of its words, and
// stemming is half of the work.
type stems map[string]string

func (s stems) term(raw string) string {
	term, met := s[raw]
	if !met {
		term = termOf(raw)
		s[raw] = term
	}
	return term
}

// termOf returns the stem of a word without its possessive, or nothing when
// the word says nothing.
func termOf(raw string) string {
	word, _, _ := strings.Cut(strings.Join(text.Words(raw), ""), "'")
	if len(word) < 2 || text.Stop(word) {
		return ""
	}
	return text.Stem(word)
}

func emphasis(raw string, names float64) float64 {
	first, _ := utf8.DecodeRuneInString(raw)
	switch {
	case unicode.IsDigit(first) && (len(raw) < 3 || len(raw) == 4 && (raw[:2] == "19" || raw[:2] == "20")):
		return numberWeight
	case unicode.IsUpper(first):
		return names
	}
	return 1
}

// shouts reports whether most words of s are capitalised, so that a capital
// says nothing.
func shouts(s string, spans []text.Span) bool {
	upper := 0
	for _, p := range spans {
		if first, _ := utf8.DecodeRuneInString(s[p.Start:]); unicode.IsUpper(first) {
			upper++
		}
	}
	return upper*2 > len(spans)
}

// A vector is a doc or the sum of several, as weights of term ids.
type vector struct {
	ids     []int32 // ascending
	weights []float64
	norm    float64
}

// backdrop returns the number of invisible docs that a batch is compared with:
// in a batch of three nothing is rare by itself, and in one of thousands a
// common word is still common.
func backdrop(docs float64) float64 { return max(50, docs/2) }

// The share of the invisible docs that hold a common word, and one that is on
// everybody's lips.
const (
	commonShare = 0.3
	knownShare  = 0.6
)

// vectors weighs the terms of docs by their rarity in the batch. Known words
// are on everybody's lips in it: the name of the company that it is about.
func vectors(docs []Doc, known map[string]bool) []vector { return weigh(docs, known, true) }

// plainVectors weighs the terms of docs by their rarity in the backdrop alone,
// so that the likeness of two docs does not depend on who else is there.
func plainVectors(docs []Doc, known map[string]bool) []vector { return weigh(docs, known, false) }

func weigh(docs []Doc, known map[string]bool, counting bool) []vector {
	ids, held, of := map[string]int32{}, []float64{}, stems{}
	size := 1.0
	if counting {
		size = float64(len(docs))
	}
	made := make([]vector, len(docs))
	for i, d := range docs {
		weights := d.terms(of)
		v := vector{ids: make([]int32, 0, len(weights)), weights: make([]float64, 0, len(weights))}
		for _, term := range slices.Sorted(maps.Keys(weights)) { // in one order: ids, and with them sums of floats, depend on it
			id, seen := ids[term]
			if !seen {
				id = int32(len(held)) //nolint:gosec // terms fit in memory, hence in 31 bits
				ids[term] = id
				held = append(held, backdrop(size)*priorOf(term, known))
			}
			if counting || !seen {
				held[id]++
			}
			v.ids, v.weights = append(v.ids, id), append(v.weights, weights[term])
		}
		sort.Sort(byID(v))
		made[i] = v
	}
	for i := range made {
		made[i].weigh(held, size)
	}
	return made
}

// priorOf returns the share of the invisible docs that hold a term.
func priorOf(term string, known map[string]bool) float64 {
	switch {
	case known[term]:
		return knownShare
	case common(term):
		return commonShare
	}
	return 0
}

// weigh makes the weights of v those of terms that so many docs hold, and its
// length 1.
func (v *vector) weigh(held []float64, docs float64) {
	all := docs + backdrop(docs) + 1
	squares := 0.0
	for i, id := range v.ids {
		rarity := math.Log(all/held[id]) + 0.3
		v.weights[i] *= math.Sqrt(max(rarity, 0.1))
		squares += v.weights[i] * v.weights[i]
	}
	if squares == 0 {
		return
	}
	scale := 1 / math.Sqrt(squares)
	for i := range v.weights {
		v.weights[i] *= scale
	}
	v.norm = 1
}

// byID sorts a vector by its ids.
type byID vector

func (v byID) Len() int           { return len(v.ids) }
func (v byID) Less(i, j int) bool { return v.ids[i] < v.ids[j] }
func (v byID) Swap(i, j int) {
	v.ids[i], v.ids[j] = v.ids[j], v.ids[i]
	v.weights[i], v.weights[j] = v.weights[j], v.weights[i]
}

// plus returns the sum of two vectors.
func (v vector) plus(o vector) vector {
	sum := vector{ids: make([]int32, 0, len(v.ids)+len(o.ids)), weights: make([]float64, 0, len(v.ids)+len(o.ids))}
	squares := 0.0
	for i, j := 0, 0; i < len(v.ids) || j < len(o.ids); {
		var id int32
		var w float64
		switch {
		case j == len(o.ids) || i < len(v.ids) && v.ids[i] < o.ids[j]:
			id, w = v.ids[i], v.weights[i]
			i++
		case i == len(v.ids) || v.ids[i] > o.ids[j]:
			id, w = o.ids[j], o.weights[j]
			j++
		default:
			id, w = v.ids[i], v.weights[i]+o.weights[j]
			i++
			j++
		}
		sum.ids, sum.weights = append(sum.ids, id), append(sum.weights, w)
		squares += w * w
	}
	sum.norm = math.Sqrt(squares)
	return sum
}

// cosine returns how alike two vectors are, 0 to 1.
func cosine(a, b vector) float64 {
	sum := 0.0
	for i, j := 0, 0; i < len(a.ids) && j < len(b.ids); {
		switch {
		case a.ids[i] < b.ids[j]:
			i++
		case a.ids[i] > b.ids[j]:
			j++
		default:
			sum += a.weights[i] * b.weights[j]
			i++
			j++
		}
	}
	if sum == 0 {
		return 0
	}
	return sum / (a.norm * b.norm)
}
