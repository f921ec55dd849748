package text

import (
	"math"
	"slices"
)

// A Corpus knows how rare words are among documents. It is read-only once
// made, so several goroutines may use it.
type Corpus struct {
	ids  map[string]int32
	idf  []float64
	docs int
}

// NewCorpus counts in how many documents each word stands. A document is its
// words, prepared as the caller will prepare those it asks about.
func NewCorpus(docs [][]string) *Corpus {
	c := &Corpus{ids: map[string]int32{}, docs: len(docs)}
	var count []int
	var last []int // the last document that held the word
	for d, words := range docs {
		for _, w := range words {
			id, known := c.ids[w]
			if !known {
				id = int32(len(count)) //nolint:gosec // words fit in memory, hence in 31 bits
				c.ids[w] = id
				count, last = append(count, 0), append(last, -1)
			}
			if last[id] != d {
				last[id] = d
				count[id]++
			}
		}
	}
	c.idf = make([]float64, len(count))
	for id, n := range count {
		c.idf[id] = c.rarity(n)
	}
	return c
}

func (c *Corpus) rarity(n int) float64 { return math.Log(float64(c.docs+1)/float64(n+1)) + 1 }

// A Vector is a document as weights of words, of length 1 unless it is empty.
type Vector struct {
	ids     []int32 // ascending
	weights []float32
}

// Vector weighs words by how often they stand here (1 + log) and how rare they
// are in the corpus. Words that the corpus does not hold are left out.
func (c *Corpus) Vector(words []string) Vector {
	ids := make([]int32, 0, len(words))
	for _, w := range words {
		if id, known := c.ids[w]; known {
			ids = append(ids, id)
		}
	}
	slices.Sort(ids)
	v := Vector{ids: ids[:0]}
	sum := 0.0
	for i := 0; i < len(ids); {
		j := i + 1
		for j < len(ids) && ids[j] == ids[i] {
			j++
		}
		w := (1 + math.Log(float64(j-i))) * c.idf[ids[i]]
		v.ids, v.weights = append(v.ids, ids[i]), append(v.weights, float32(w))
		sum += w * w
		i = j
	}
	v.scale(sum)
	return v
}

func (v *Vector) scale(squares float64) {
	if squares == 0 {
		return
	}
	by := float32(1 / math.Sqrt(squares))
	for i := range v.weights {
		v.weights[i] *= by
	}
}

// Cosine returns how alike two vectors of one corpus are, 0 to 1.
func Cosine(a, b Vector) float64 {
	sum := 0.0
	for i, j := 0, 0; i < len(a.ids) && j < len(b.ids); {
		switch {
		case a.ids[i] < b.ids[j]:
			i++
		case a.ids[i] > b.ids[j]:
			j++
		default:
			sum += float64(a.weights[i]) * float64(b.weights[j])
			i++
			j++
		}
	}
	return min(sum, 1)
}
