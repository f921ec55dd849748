package page

import (
	"math"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/net/html"
	"golang.org/x/net/html/atom"
)

// An outline is what a block is judged by for its place in the page as a whole:
// which of several articles it is in, what stands before it, who said it first.
type outline struct {
	scene    *scene
	articles map[*html.Node]int // <article> elements, in order
	titled   map[*html.Node]bool
	before   []float64 // share of agreed words before each block
	sentence []float64 // share of sentence words before each block
	repeats  []float64 // words of the block, when an earlier block says the same
	heading  int
	summary  string
	largest  float64 // good words of the element that holds most of them
	strong   map[*html.Node]int
}

func (s *scene) newOutline(agreed []float64, heading int) *outline {
	n := len(s.blocks)
	o := &outline{
		scene: s, articles: map[*html.Node]int{}, titled: map[*html.Node]bool{}, strong: map[*html.Node]int{}, heading: heading,
		before: make([]float64, n), sentence: make([]float64, n), repeats: make([]float64, n), summary: strings.ToLower(s.summary),
	}
	seen := map[string]bool{}
	sum, sentences := 0.0, 0.0
	for i, b := range s.blocks {
		f := s.facts[i]
		o.before[i], o.sentence[i] = sum, sentences
		sum += agreed[i] * float64(f.words)
		if f.good {
			sentences += float64(f.words)
		}
		o.repeats[i] = flag(seen[f.lower])
		seen[f.lower] = true
		if a := articleOf(b.node); a != nil {
			if _, known := o.articles[a]; !known {
				o.articles[a] = len(o.articles)
			}
			o.titled[a] = o.titled[a] || isHeading(b.node.DataAtom) && s.title != "" && overlap(b.text, s.title) > 0.5
		}
		o.largest = math.Max(o.largest, float64(s.good[b.node.Parent]))
	}
	for i := range o.before {
		o.before[i] /= math.Max(sum, 1)
		o.sentence[i] /= math.Max(sentences, 1)
	}
	return o
}

func articleOf(n *html.Node) *html.Node {
	for ; n != nil; n = n.Parent {
		if n.DataAtom == atom.Article {
			return n
		}
	}
	return nil
}

func (o *outline) features(row []float64, i int) []float64 {
	s := o.scene
	b, f := s.blocks[i], s.facts[i]
	number, share, titled := -1.0, 0.0, 0.0
	if a := articleOf(b.node); a != nil {
		number, share, titled = math.Min(10, float64(o.articles[a])), float64(s.good[a])/float64(max(s.allGood, 1)), flag(o.titled[a])
	}
	depth := 0
	for n := b.node; n != nil && s.good[n]*2 <= s.allGood; n = n.Parent {
		depth++
	}
	return append(row, number, share, titled, math.Min(10, float64(len(o.articles))), o.before[i], o.sentence[i], o.repeats[i],
		flag(i < o.heading), float64(depth), float64(s.good[b.node.Parent])/math.Max(o.largest, 1), heard(f.lower, o.summary),
		titleCase(b.text), stopShare(f.lower), opening(b.text), symbols(b.text), o.strongShare(b), float64(sentences(b.text)))
}

// heard returns how much of a short text another one repeats.
func heard(text, summary string) float64 {
	if summary == "" || len(text) > 600 {
		return 0
	}
	return overlap(text, summary)
}

// titleCase returns the share of longer words that begin with a capital.
func titleCase(text string) float64 {
	capital, all := 0, 0
	for w := range strings.FieldsSeq(text[:min(len(text), 400)]) {
		if len(w) < 4 {
			continue
		}
		all++
		if c, _ := utf8.DecodeRuneInString(w); unicode.IsUpper(c) {
			capital++
		}
	}
	return float64(capital) / float64(max(all, 1))
}

// stopShare returns the share of words that only hold sentences together.
func stopShare(lower string) float64 {
	common, all := 0, 0
	for w := range strings.FieldsSeq(lower[:min(len(lower), 400)]) {
		all++
		switch w {
		case "the", "a", "an", "of", "to", "in", "and", "that", "is", "was", "for", "on", "with", "as", "by", "at", "it", "he", "she", "they", "has", "had", "have", "be", "from", "said", "its", "his", "her", "their", "but", "not", "are", "were", "will", "this", "which":
			common++
		}
	}
	return float64(common) / float64(max(all, 1))
}

// opening returns what kind of character a text begins with.
func opening(text string) float64 {
	c, _ := utf8.DecodeRuneInString(text)
	switch {
	case unicode.IsUpper(c):
		return 0
	case unicode.IsLower(c):
		return 1
	case unicode.IsDigit(c):
		return 2
	case strings.ContainsRune("\"“‘'«„", c):
		return 3
	case strings.ContainsRune("-–—•*·", c):
		return 4
	case strings.ContainsRune("(@#[", c):
		return 5
	default:
		return 6
	}
}

// symbols counts characters that offers, addresses and tables are full of.
func symbols(text string) float64 {
	n := 0
	for _, c := range text[:min(len(text), 400)] {
		switch c {
		case '@', '#', '$', '€', '£', '/', '»', '›', '→', '+', '*', ':', '[', '_':
			n++
		}
	}
	return float64(n)
}

// sentences counts the ends of sentences.
func sentences(text string) int {
	return min(9, strings.Count(text, ". ")+strings.Count(text, "? ")+strings.Count(text, "! ")+flagInt(finished(text)))
}

func flagInt(b bool) int {
	if b {
		return 1
	}
	return 0
}

// strongShare returns how much of a block is written bold or in italics. An
// element that holds many blocks is counted once.
func (o *outline) strongShare(b block) float64 {
	marked, known := o.strong[b.node]
	if !known {
		for c := range b.node.ChildNodes() {
			if inner := c.FirstChild; (c.DataAtom == atom.A || c.DataAtom == atom.Span) && inner != nil {
				c = inner
			}
			switch c.DataAtom {
			case atom.B, atom.Strong, atom.I, atom.Em:
				marked += len(textOf(c, 1000))
			default:
			}
		}
		o.strong[b.node] = marked
	}
	return math.Min(1, float64(marked)/float64(max(len(b.text), 1)))
}
