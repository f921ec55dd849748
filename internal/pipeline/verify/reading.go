package verify

import (
	"cmp"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"stockdigest.app/stockdigest/internal/facts"
	"stockdigest.app/stockdigest/internal/text"
)

// A family is a group of claims that can be mistaken for each other.
type family uint8

const (
	plainWord family = iota
	figure           // amounts
	calendar         // days, periods, times
	name
	move
	stop // the end of a sentence
)

// A piece is a word of a text, or a whole claim in place of its words.
type piece struct {
	span   text.Span
	family family
	key    string // stem of a word; what a claim says in normal form
	kind   string // what a claim can be mistaken for: money, percent, level
	at     int    // index of the claim in its list
	light  bool   // a function word
}

// A reading is a text with its claims found.
type reading struct {
	s       string
	facts   []facts.Fact
	moves   []facts.Direction
	hedges  []facts.Hedge
	names   []facts.Name
	pieces  []piece
	words   []string // lower case runs of letters or digits; end where a sentence does
	roots   []string // the stems of words, one for one
	denied  []string // denial of words, one for one
	hedged  []string // hedge of words, one for one
	stems   map[string]bool
	wordsAt map[string][]int
	places  map[place]int // where the claims lie in pieces
}

// A place names the at-th claim of a family.
type place struct {
	family family
	at     int
}

// read finds the claims of s. Text folded for typography compares the same.
func read(s string) *reading {
	s = text.Fold(s)
	r := &reading{
		s: s, facts: facts.Find(s), moves: facts.Directions(s), hedges: facts.Hedges(s), names: facts.Names(s),
		stems: map[string]bool{}, wordsAt: map[string][]int{},
	}
	last := 0
	for _, p := range text.WordSpans(s) {
		if last > 0 && breaks(s, last, p.Start) {
			r.add(end, end)
		}
		last = p.End
		for _, w := range runs(p.Of(s)) {
			r.wordsAt[w] = append(r.wordsAt[w], len(r.words))
			r.add(w, root(w))
		}
	}
	r.pieces = r.cut()
	r.places = map[place]int{}
	for i, p := range r.pieces {
		if p.family != plainWord && p.family != stop {
			r.places[place{p.family, p.at}] = i
		}
	}
	return r
}

// add appends a word with what is asked about it often.
func (r *reading) add(w, stem string) {
	r.stems[stem], r.stems[text.Stem(w)] = true, true
	r.words, r.roots = append(r.words, w), append(r.roots, stem)
	r.denied, r.hedged = append(r.denied, denial(w)), append(r.hedged, hedge(w))
}

// end stands in words where a sentence ends.
const end = "."

// runs divides a word into its letters and digits, in lower case and without a
// possessive ending: "COVID-19" and "COVID 19" are two runs each.
func runs(word string) []string {
	word = strings.TrimSuffix(text.Fold(strings.ToLower(word)), "'s")
	var out []string
	start, kind := 0, 0
	for i, c := range word + " " {
		k := 0
		switch {
		case c >= '0' && c <= '9':
			k = 1
		case unicode.IsLetter(c) || unicode.IsMark(c) || c == '\'':
			k = 2
		}
		if k != kind {
			if kind != 0 && strings.Trim(word[start:i], "'") != "" {
				out = append(out, word[start:i])
			}
			start, kind = i, k
		}
	}
	return out
}

// cut lays the claims and the words between them in one row. Where claims
// overlap, figures come before names and names before moves.
func (r *reading) cut() []piece {
	var claims []piece
	for i, f := range r.facts {
		p := piece{span: f.Span, family: figure, key: f.Norm, kind: string(f.Kind), at: i}
		if !f.Kind.Amount() && f.Kind != facts.Label {
			p.family = calendar
		}
		if f.Kind == facts.Number {
			p.key = "number:" + f.Value.RatString()
		}
		claims = append(claims, p)
	}
	for i, n := range r.names {
		claims = append(claims, piece{span: n.Span, family: name, key: strings.Join(n.Words, " "), kind: "name", at: i})
	}
	for i, m := range r.moves {
		axis, _ := m.Kind.Axis()
		claims = append(claims, piece{span: m.Span, family: move, key: m.Verb, kind: axis, at: i})
	}
	slices.SortStableFunc(claims, func(a, b piece) int {
		return cmp.Or(cmp.Compare(a.span.Start, b.span.Start), cmp.Compare(a.family, b.family))
	})
	var row []piece
	last, next := 0, 0
	add := func(p piece) {
		if p.span.Start >= last {
			if len(row) > 0 && breaks(r.s, last, p.span.Start) {
				row = append(row, piece{family: stop, span: text.Span{Start: last, End: p.span.Start}})
			}
			row = append(row, p)
			last = p.span.End
		}
	}
	for _, w := range text.WordSpans(r.s) {
		for next < len(claims) && claims[next].span.Start <= w.Start {
			add(claims[next])
			next++
		}
		low := strings.TrimSuffix(strings.ToLower(w.Of(r.s)), "'s")
		add(piece{span: w, key: text.Stem(low), light: text.Stop(low)})
	}
	for ; next < len(claims); next++ {
		add(claims[next])
	}
	return row
}

// breaks reports whether a sentence or a clause list ends between two pieces of
// s: at a question mark, a semicolon, a blank line, or a full stop that belongs
// to no abbreviation and has no small letter behind it.
func breaks(s string, from, to int) bool {
	gap := s[from:to]
	if strings.ContainsAny(gap, "!?;") || strings.Contains(gap, "\n\n") {
		return true
	}
	dot := strings.IndexByte(gap, '.')
	if dot < 0 || dot == len(gap)-1 {
		return false
	}
	if next, _ := utf8.DecodeRuneInString(s[to:]); unicode.IsLower(next) {
		return false
	}
	before := s[max(0, from-5):from]
	return dot > 0 || !abbreviated(before[strings.LastIndexAny(before, " .(\n")+1:])
}

// abbreviated reports whether a full stop behind w ends no sentence.
func abbreviated(w string) bool {
	switch w {
	case "Mr", "Mrs", "Ms", "Dr", "Inc", "Corp", "Co", "Ltd", "St", "Jr", "Sr", "No", "vs", "Jan", "Feb", "Mar", "Apr", "Jun", "Jul",
		"Aug", "Sept", "Sep", "Oct", "Nov", "Dec", "Gov", "Sen", "Rep":
		return true
	}
	return len(w) == 1
}

// reach is how many pieces on each side of a claim tell whom it belongs to.
const reach = 5

// slack is how many more pieces of the evidence are searched for them: a
// bullet may leave out an aside.
const slack = 6

// weigh returns how well the neighbours of piece i of r are found around piece
// j of o, from 0 to 1. Nearer neighbours count more, function words less.
// Neighbours of the claim's own family count little and match each other, as
// they are what may have been swapped.
func (r *reading) weigh(i int, o *reading, j int) float64 {
	got, all := 0.0, 0.0
	own := r.pieces[i].family
	turned := 1
	if own == name && r.passive(i) != o.passive(j) {
		turned = -1 // "Y was sued by X" tells on the right what "X sued Y" tells on the left
	}
	for _, step := range []int{-1, +1} {
		used := [reach + slack]bool{}
		for k := range reach {
			p, ok := r.beside(i, step, k)
			if !ok {
				break
			}
			w := 1 / (1 + 0.4*float64(k))
			if p.light {
				w *= 0.5
			}
			if p.family == own {
				w *= 0.3
			}
			all += w
			for l := range reach + slack {
				q, ok := o.beside(j, step*turned, l)
				if !ok {
					break
				}
				if used[l] || p.family != q.family || p.key != q.key && p.family != own {
					continue
				}
				used[l] = true
				if k != l {
					w *= 0.8
				}
				got += w
				break
			}
		}
	}
	if all == 0 {
		return 1
	}
	return got / all
}

// passive reports whether the name at piece i suffers or does what a passive
// verb says: "Y was acquired by X".
func (r *reading) passive(i int) bool {
	be, by := false, false
	for k := range reach {
		p, ok := r.beside(i, +1, k)
		if !ok || by {
			break
		}
		be = be || isBe(p.key)
		by = be && p.key == "by"
	}
	if by {
		return true
	}
	for k := range reach {
		p, ok := r.beside(i, -1, k)
		if !ok {
			break
		}
		if k < 2 && p.key == "by" {
			by = true
		}
		if by && isBe(p.key) {
			return true
		}
	}
	return false
}

func isBe(key string) bool {
	switch key {
	case "was", "were", "is", "are", "be", "been", "got":
		return true
	}
	return false
}

// beside returns the k-th piece before or behind piece i, within its sentence.
func (r *reading) beside(i, step, k int) (piece, bool) {
	for at, n := i+step, 0; at >= 0 && at < len(r.pieces); at, n = at+step, n+1 {
		if r.pieces[at].family == stop {
			return piece{}, false
		}
		if n == k {
			return r.pieces[at], true
		}
	}
	return piece{}, false
}

// holds reports whether the words stand in the text side by side, joins and
// legal forms left out.
func (r *reading) holds(words []string) bool {
	if len(words) == 0 {
		return true
	}
	for n, at := range r.wordsAt[words[0]] {
		if n > 200 {
			return false // a hostile text; a name is not told 200 times
		}
		got := 1
		for next, gaps := at+1, 0; got < len(words) && next < len(r.words) && gaps < 3; next++ {
			if r.words[next] == words[got] {
				got++
			} else {
				gaps++
				if !joint(r.words[next]) {
					break
				}
			}
		}
		if got == len(words) {
			return true
		}
	}
	return false
}

// joint reports whether w may stand inside a name without changing it.
func joint(w string) bool {
	switch w {
	case "of", "and", "the", "inc", "corp", "co", "company", "corporation", "ltd", "plc", "group", "holdings", "jr", "sr", "de", "van":
		return true
	}
	return len(w) == 1
}
