package names

import (
	"slices"
	"strings"

	"stockdigest.app/stockdigest"
)

// A hit is a form found in a text, before anybody decides what it is worth.
type hit struct {
	form       *form
	start, end int
	i, j       int  // tokens i to j-1
	owns       bool // a possessive ending follows the name
	firm       bool // of the target's: nobody but a company is spoken of so
	confidence float64
	why        string
}

// scan returns all hits of text in order, doubtful ones included. The names of
// the target need less evidence: somebody follows it, so it may be meant.
func (l *Linker) scan(text string, target int) []hit {
	toks := tokenize(text)
	s := scene{text: text, toks: toks, words: &l.words}
	s.look()
	s.explained()
	var hits []hit
	for i := 0; i < len(toks); {
		if f, j := l.tagged(&s, i); f != nil {
			hits = append(hits, hit{form: f, start: toks[i].start, end: toks[j-1].end, i: i, j: j, confidence: 1, why: "ticker"})
			i = j
			continue
		}
		f, j, owns := l.longest(&s, i)
		if f == nil {
			i++
			continue
		}
		if len(f.owners) > 0 {
			hits = append(hits, hit{form: f, start: toks[i].start, end: nameEnd(toks[j-1], owns), i: i, j: j, owns: owns})
		}
		i = j
	}
	for k := range hits {
		if hits[k].confidence == 0 {
			asked := target != nobody && l.means(hits[k].form, target)
			hits[k].confidence, hits[k].why = s.judge(hits[k], asked)
		}
		hits[k].firm = s.firm(hits[k])
	}
	return s.lists(hits)
}

// nameEnd leaves a possessive ending out of the mention.
func nameEnd(t token, owns bool) int {
	if owns {
		return t.end - len("s") - apostropheLen(t)
	}
	return t.end
}

func apostropheLen(t token) int {
	// The folded word counts neither apostrophe, so the length tells which one stood there.
	if t.end-t.start-len(t.key) >= len("’") {
		return len("’")
	}
	return len("'")
}

// longest returns the longest form that begins at token i, where it ends, and
// whether its last word stands there with a possessive ending.
func (l *Linker) longest(s *scene, i int) (best *form, end int, owns bool) {
	end = i
	node := int32(0)
	for j := i; j < len(s.toks) && j-i < maxWords; j++ {
		t := s.toks[j]
		if j > i && !gapJoins(s.text, s.toks[j-1], t) {
			break
		}
		if t.bare != t.key {
			if n, ok := l.step[edge{node, t.bare}]; ok {
				if f := l.ends[n]; f != nil {
					best, end, owns = f, j+1, true
				}
			}
		}
		n, ok := l.step[edge{node, t.key}]
		if !ok {
			break
		}
		node = n
		if f := l.ends[n]; f != nil {
			best, end, owns = f, j+1, false
		}
	}
	return best, end, owns
}

// tagged recognises $AAPL, (NASDAQ: AAPL), <AAPL.O> and NYSE:BRK.B.
func (l *Linker) tagged(s *scene, i int) (*form, int) {
	t := s.toks[i]
	if t.start == 0 {
		return l.exchangeTag(s, i)
	}
	switch s.text[t.start-1] {
	case '$':
		if owner, ok := l.symbols[strings.ToUpper(s.text[t.start:t.end])]; ok && letters(t.key) {
			return l.symbolForm(owner), i + 1
		}
	case '<':
		if t.end < len(s.text) && s.text[t.end] == '>' {
			if base, ok := cutReuters(s.text[t.start:t.end]); ok {
				if owner, ok := l.symbols[base]; ok {
					return l.symbolForm(owner), i + 1
				}
			}
		}
	}
	return l.exchangeTag(s, i)
}

func letters(key string) bool {
	return strings.ContainsFunc(key, func(r rune) bool { return r >= 'a' && r <= 'z' })
}

func (l *Linker) symbolForm(owner int) *form {
	return &form{owners: []int{owner}, kind: stockdigest.NameCompany, words: 1, told: true}
}

// exchangeTag recognises an exchange's name, a colon and a symbol.
func (l *Linker) exchangeTag(s *scene, i int) (*form, int) {
	if i+1 >= len(s.toks) || !slices.Contains([]string{"nasdaq", "nyse", "amex", "tsx", "otcmkts", "otc"}, s.toks[i].key) {
		return nil, 0
	}
	gap := s.text[s.toks[i].end:s.toks[i+1].start]
	if strings.TrimSpace(gap) != ":" {
		return nil, 0
	}
	sym := s.text[s.toks[i+1].start:s.toks[i+1].end]
	if s.toks[i].key == "tsx" {
		if owner, ok := l.at[stockdigest.Symbol(sym+".TO")]; ok {
			return l.symbolForm(owner), i + 2
		}
	}
	if owner, ok := l.symbols[sym]; ok {
		return l.symbolForm(owner), i + 2
	}
	return nil, 0
}

// cutReuters takes the market off an instrument code: AAPL.O, RY.TO.
func cutReuters(code string) (string, bool) {
	base, market, ok := strings.Cut(code, ".")
	if !ok || base == "" {
		return "", false
	}
	switch market {
	case "O", "OQ", "N", "K", "A", "P":
		return base, true
	case "TO":
		return code, true
	}
	return "", false
}
