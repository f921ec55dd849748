package page

import (
	"hash/maphash"
	"math"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/net/html"
	"golang.org/x/net/html/atom"
)

// A scene is a page as the chooser sees it: its blocks, and what is known of
// the elements around them.
type scene struct {
	root    *html.Node
	blocks  []block
	facts   []facts
	words   map[*html.Node]int // words below an element
	good    map[*html.Node]int // words of sentence-like blocks below an element
	total   int
	allGood int
	hints   map[*html.Node]hint // of the element and those around it, as far as they are parts of the page
	kinds   map[string]int      // good words by signature
	hinter  *hinter
	title   string
	summary string // what the page says it is about
	seed    maphash.Seed
}

// facts are what is counted once per block.
type facts struct {
	words     int
	density   float64 // share of text inside links
	good      bool    // reads like a sentence and is not a link
	signature string  // tag and class of the block and its parent
	lower     string
}

func newScene(doc *html.Node, title, summary string) *scene {
	s := &scene{
		root:   doc,
		blocks: blocksOf(doc, nil), words: map[*html.Node]int{}, good: map[*html.Node]int{}, hints: map[*html.Node]hint{},
		kinds: map[string]int{}, hinter: newHinter(), title: title, summary: summary, seed: maphash.MakeSeed(),
	}
	s.facts = make([]facts, len(s.blocks))
	for i, b := range s.blocks {
		f := count1(b)
		s.facts[i] = f
		s.total += f.words
		if f.good {
			s.allGood += f.words
			s.kinds[f.signature] += f.words
		}
		for n := b.node; n != nil; n = n.Parent {
			s.words[n] += f.words
			if f.good {
				s.good[n] += f.words
			}
		}
	}
	return s
}

func count1(b block) facts {
	f := facts{words: len(strings.Fields(b.text)), lower: strings.ToLower(b.text)}
	f.density = float64(b.linkChars) / float64(max(len(b.text), 1))
	f.good = f.words >= 12 && f.density < 0.35 && strings.ContainsAny(b.text, ".!?।。:\"”")
	f.signature = b.node.Data + "." + attr(b.node, "class")
	if p := b.node.Parent; p != nil {
		f.signature = p.Data + "." + attr(p, "class") + ">" + f.signature
	}
	return f
}

// around returns the hints of n and of the elements around it. Elements that
// hold most of the page suggest nothing bad about any part of it.
func (s *scene) around(n *html.Node) hint {
	if n == nil || n.Type != html.ElementNode {
		return 0
	}
	if h, ok := s.hints[n]; ok {
		return h
	}
	own := s.hinter.of(n)
	if s.good[n]*2 > s.allGood {
		own &= hintArticle | hintMain | hintBody
	}
	h := own | s.around(n.Parent)
	s.hints[n] = h
	return h
}

// features returns what the model judges each block by: agreed is the share of
// each block that the other extractor chose, declared the share that the page's
// own structured data has.
func (s *scene) features(agreed, declared []float64, hasDeclared bool) [][]float64 {
	first, last := span(agreed, s.facts)
	heading := s.headingIndex()
	seen := map[string]int{}
	for _, f := range s.facts {
		seen[f.lower]++
	}
	groups := phrases()
	company := s.newCompany(agreed, groups)
	outline := s.newOutline(agreed, heading)
	rows := make([][]float64, len(s.blocks))
	for i := range s.blocks {
		row := make([]float64, 0, 112)
		row = s.textFeatures(row, i, groups)
		row = s.placeFeatures(row, i)
		row = append(row, agreed[i], declared[i], flag(hasDeclared), distance(i, first, last), flag(i >= first), flag(i <= last),
			float64(i)/float64(len(s.blocks)), math.Max(-20, math.Min(60, float64(i-heading))), flag(seen[s.facts[i].lower] > 1))
		for _, step := range []int{-2, -1, 1, 2} {
			row = s.neighbour(row, i+step, agreed)
		}
		row = outline.features(company.features(row, i), i)
		rows[i] = row
	}
	return rows
}

func (s *scene) textFeatures(row []float64, i int, groups [][]string) []float64 {
	b, f := s.blocks[i], s.facts[i]
	first, _ := utf8.DecodeRuneInString(b.text)
	last, _ := utf8.DecodeLastRuneInString(b.text)
	upper, digits := 0, 0
	for _, c := range b.text {
		switch {
		case unicode.IsUpper(c):
			upper++
		case unicode.IsDigit(c):
			digits++
		}
	}
	size := float64(max(len(b.text), 1))
	row = append(row, math.Log1p(float64(f.words)), f.density, size/float64(f.words+1),
		flag(strings.ContainsRune(".!?।。", last)), flag(strings.ContainsRune("\"”’')", last)), flag(last == ':'), flag(unicode.IsLower(first)),
		float64(strings.Count(b.text, ",")), float64(strings.Count(b.text, ". ")), float64(strings.Count(b.text, "|")),
		float64(upper)/size, float64(digits)/size, flag(f.good), overlap(b.text[:min(len(b.text), 400)], s.title),
		flag(strings.HasPrefix(f.lower, "by ")))
	text := f.lower
	if len(text) > 400 {
		text = text[:200] + text[len(text)-200:]
	}
	for _, group := range groups {
		found := 0
		for _, phrase := range group {
			if strings.Contains(text, phrase) {
				found++
			}
		}
		row = append(row, float64(found))
	}
	return row
}

func (s *scene) placeFeatures(row []float64, i int) []float64 {
	n, f := s.blocks[i].node, s.facts[i]
	around, own := s.around(n), s.hinter.of(n)
	if n.Parent != nil {
		own |= s.hinter.of(n.Parent)
	}
	for bit := range hintBits {
		h := hint(1) << bit
		row = append(row, flag(around&h != 0)+flag(own&h != 0))
	}
	parent, grand := n.Parent, n.Parent
	if parent != nil && parent.Parent != nil {
		grand = parent.Parent
	}
	depth, marked := 0, false
	for a := n; a != nil; a = a.Parent {
		depth++
		marked = marked || attr(a, "itemprop") == "articleBody"
	}
	all := float64(max(s.allGood, 1))
	return append(row, float64(tagClass(n.DataAtom)), flag(marked), float64(depth),
		float64(s.good[n])/all, float64(s.good[parent])/all, float64(s.good[grand])/all, float64(s.kinds[f.signature])/all,
		float64(s.good[parent])/float64(max(s.words[parent], 1)), float64(s.good[grand])/float64(max(s.words[grand], 1)),
		math.Log1p(all), math.Log1p(float64(s.total)))
}

func tagClass(a atom.Atom) int {
	switch a {
	case atom.P:
		return 0
	case atom.Blockquote, atom.Pre:
		return 1
	case atom.Div, atom.Section, atom.Article, atom.Main, atom.Body:
		return 2
	case atom.Li, atom.Dd, atom.Dt, atom.Ul, atom.Ol:
		return 3
	case atom.H2, atom.H3, atom.H4, atom.H5, atom.H6:
		return 4
	case atom.Tr, atom.Td, atom.Th, atom.Table, atom.Tbody, atom.Thead:
		return 5
	case atom.H1:
		return 6
	default:
		return 7
	}
}

func (s *scene) neighbour(row []float64, i int, agreed []float64) []float64 {
	if i < 0 || i >= len(s.blocks) {
		return append(row, -1, -1, -1, -1)
	}
	f := s.facts[i]
	return append(row, agreed[i], f.density, math.Log1p(float64(f.words)), float64(s.kinds[f.signature])/float64(max(s.allGood, 1)))
}

// headingIndex returns the block that holds the headline, or the first block.
func (s *scene) headingIndex() int {
	for i, b := range s.blocks {
		if b.node.DataAtom == atom.H1 && (s.title == "" || overlap(b.text, s.title) > 0.5) {
			return i
		}
	}
	return 0
}

// span returns the first and last block that the other extractor chose.
func span(agreed []float64, all []facts) (first, last int) {
	first, last = len(agreed), -1
	for i, share := range agreed {
		if share > 0.6 && all[i].words >= 4 {
			first, last = min(first, i), i
		}
	}
	return first, last
}

// distance returns how many blocks i lies outside of a span; negative inside.
func distance(i, first, last int) float64 {
	d := max(first-i, i-last)
	return float64(max(-20, min(d, 40)))
}

func flag(b bool) float64 {
	if b {
		return 1
	}
	return 0
}

const shingle = 4

// coverage returns how much of each block occurs in text.
func (s *scene) coverage(text string) []float64 {
	shares := make([]float64, len(s.blocks))
	if text == "" {
		return shares
	}
	known := map[uint64]bool{}
	words := strings.Fields(text)
	for n := 1; n <= shingle; n++ {
		for i := 0; i+n <= len(words); i++ {
			known[s.hash(words[i:i+n])] = true
		}
	}
	for i, b := range s.blocks {
		words := strings.Fields(b.text)
		n := min(shingle, len(words))
		found, all := 0, 0
		for j := 0; j+n <= len(words); j++ {
			all++
			if known[s.hash(words[j:j+n])] {
				found++
			}
		}
		shares[i] = float64(found) / float64(max(all, 1))
	}
	return shares
}

func (s *scene) hash(words []string) uint64 {
	var h maphash.Hash
	h.SetSeed(s.seed)
	for _, w := range words {
		_, _ = h.WriteString(w)
		_ = h.WriteByte(' ')
	}
	return h.Sum64()
}
