package page

import (
	"math"
	"strings"

	"golang.org/x/net/html"
	"golang.org/x/net/html/atom"
)

// A company is what a block is judged by besides itself: its siblings, the
// blocks made like it, the text around it and the heading above it.
type company struct {
	scene     *scene
	parents   map[*html.Node]*tally
	alike     map[string]*tally
	near      []float64 // words of sentences within a few blocks
	headings  []int     // the heading above each block, -1 when none
	suspects  []float64 // phrases in that heading that end an article
	container *html.Node
}

// A tally adds up blocks that belong together.
type tally struct{ blocks, words, agreed, links, chars float64 }

const reach = 5 // blocks to each side that count as near

func (s *scene) newCompany(agreed []float64, groups [][]string) *company {
	c := &company{scene: s, parents: map[*html.Node]*tally{}, alike: map[string]*tally{}}
	n := len(s.blocks)
	c.near, c.headings, c.suspects = make([]float64, n), make([]int, n), make([]float64, n)
	heading, suspect := -1, 0.0
	for i, b := range s.blocks {
		f := s.facts[i]
		for _, t := range []*tally{entry(c.parents, b.node.Parent), entry(c.alike, f.signature)} {
			t.blocks++
			t.words += float64(f.words)
			t.agreed += agreed[i] * float64(f.words)
			t.links += float64(b.linkChars)
			t.chars += float64(len(b.text))
		}
		if isHeading(b.node.DataAtom) || f.words <= 6 && !f.good && marksEnd(f.lower, groups) {
			heading, suspect = i, flag(marksEnd(f.lower, groups))
		}
		c.headings[i], c.suspects[i] = heading, suspect
		for j := max(0, i-reach); j <= min(n-1, i+reach); j++ {
			if f.good {
				c.near[j] += float64(f.words)
			}
		}
	}
	c.container = s.container(s.root)
	return c
}

func entry[K comparable](m map[K]*tally, key K) *tally {
	t := m[key]
	if t == nil {
		t = &tally{}
		m[key] = t
	}
	return t
}

func isHeading(a atom.Atom) bool {
	switch a {
	case atom.H1, atom.H2, atom.H3, atom.H4, atom.H5, atom.H6:
		return true
	default:
		return false
	}
}

// marksEnd reports whether a short text is of the kind that stands above
// links, comments and offers.
func marksEnd(lower string, groups [][]string) bool {
	if len(lower) > 60 {
		return false
	}
	for _, group := range groups {
		for _, phrase := range group {
			if strings.Contains(lower, phrase) {
				return true
			}
		}
	}
	return false
}

// container returns the smallest element that holds nearly all sentences.
func (s *scene) container(root *html.Node) *html.Node {
	for {
		var next *html.Node
		for n := range root.ChildNodes() {
			if s.allGood > 0 && s.good[n]*5 >= s.allGood*4 {
				next = n
			}
		}
		if next == nil {
			return root
		}
		root = next
	}
}

func (c *company) features(row []float64, i int) []float64 {
	s := c.scene
	b := s.blocks[i]
	parent, alike := c.parents[b.node.Parent], c.alike[s.facts[i].signature]
	inside := 0.0
	for n := b.node; n != nil && inside == 0; n = n.Parent {
		inside = flag(n == c.container)
	}
	since := 40.0
	if c.headings[i] >= 0 {
		since = math.Min(40, float64(i-c.headings[i]))
	}
	return append(row, parent.agreed/math.Max(parent.words, 1), parent.links/math.Max(parent.chars, 1), parent.words/parent.blocks, math.Log1p(parent.blocks),
		alike.agreed/math.Max(alike.words, 1), alike.links/math.Max(alike.chars, 1), alike.words/alike.blocks, math.Log1p(alike.blocks),
		math.Log1p(c.near[i]), since, c.suspects[i], inside)
}
