package names

import (
	"strings"

	"stockdigest.app/stockdigest"
)

// A scene is a text under examination, with what its form says about how far
// capital letters can be trusted.
type scene struct {
	text      string
	toks      []token
	words     *wordLists
	titleCase bool // most words begin with a capital: capitals prove nothing
	allCaps   bool
	other     map[string]bool // abbreviations that the text explains as something else
	noCaps    bool
}

// look measures the use of capitals.
func (s *scene) look() {
	long, upper, caps := 0, 0, 0
	for _, t := range s.toks {
		if len(t.key) < 4 || t.first || s.words.small[t.key] {
			continue
		}
		long++
		if t.upper {
			upper++
		}
		if t.caps {
			caps++
		}
	}
	s.titleCase = long >= 2 && upper*10 >= long*7
	s.allCaps = long >= 2 && caps*10 >= long*8
	s.noCaps = long >= 2 && upper == 0
}

// doubtful is the confidence of a word that may be the company: enough to be
// counted when it stands in a row with certain ones.
const doubtful = 0.3

// aPerson is why a hit is no company when a given name stands before it.
const aPerson = "a person's name"

// judge says how sure it is that a hit is the company, and why.
func (s *scene) judge(h hit, asked bool) (float64, string) {
	first := s.toks[h.i]
	f := h.form
	switch {
	case f.upper && !first.caps:
		return 0, "not in capitals"
	case s.partOfOther(h):
		return 0.2, "part of another name"
	case !f.told && f.words == 1 && s.glued(h):
		return 0.2, "part of another name"
	case f.upper && s.other[first.bare]:
		return 0.2, "an abbreviation of something else here"
	case s.venue(h):
		return 0.2, "a place or source"
	case s.pastOf(h):
		return 0.2, "where somebody came from"
	case !f.lower && !s.allUpper(h):
		return 0.1, "not capitalised"
	}
	if s.person(h) {
		return 0.2, aPerson
	}
	if why := s.formal(h); why != "" {
		return 0.9, why
	}
	if asked && s.longer(h) {
		return doubtful, "perhaps part of another name"
	}
	switch {
	case f.strict && !asked:
		return doubtful, "an ordinary word without its legal form"
	case !f.common:
		return 0.9, "name"
	case f.words > 1 && asked:
		return 0.8, "its whole name"
	}
	if why := s.evidence(h); why != "" {
		return 0.8, why
	}
	return doubtful, "an ordinary word without evidence"
}

func (s *scene) allUpper(h hit) bool {
	for _, t := range s.toks[h.i:h.j] {
		if !t.upper && !s.words.small[t.key] && t.key != "&" && len(t.key) > 1 {
			return false
		}
	}
	return true
}

// person reports whether a given name or a title of persons stands before the hit.
func (s *scene) person(h hit) bool {
	if h.i == 0 || h.j-h.i > 1 {
		return false
	}
	prev := s.toks[h.i-1]
	gap := s.text[prev.end:h.start]
	if h.i > 1 && len(prev.key) == 1 && prev.upper && gap != "" && s.text[s.toks[h.i-2].end:prev.start] == " " { // John M. Ford
		prev = s.toks[h.i-2]
	}
	return prev.upper && (gap == " " || gap == ". ") && (s.words.given[prev.key] && prev.bare == prev.key || s.words.honour[prev.key])
}

// venue reports whether the words around a platform's name make it the place
// or source of something else: "on YouTube", "according to CNN".
func (s *scene) venue(h hit) bool {
	name := strings.ToLower(s.text[h.start:h.end])
	if !s.words.platform[name] && !s.words.media[name] {
		return false
	}
	if s.words.media[name] && !s.business(h) {
		return true
	}
	if strings.HasPrefix(s.text[h.end:], ": ") && s.words.platform[name] && h.i > 0 && !s.toks[h.i].first {
		return true
	}
	before := " " + strings.ToLower(s.text[max(0, h.start-16):h.start])
	for _, w := range []string{" on ", " via ", " over ", " according to ", " told ", " by ", " tells ", "(via ", " on her ", " on his ", " on their "} {
		if strings.HasSuffix(before, w) {
			return true
		}
	}
	return false
}

// business reports whether the word after a publisher's name is about the
// publisher as a company, and not about what it publishes.
func (s *scene) business(h hit) bool {
	next, gap := s.next(h.j)
	switch next.key {
	case "says", "said", "say", "reports", "reported", "reveals", "confirms", "posts", "posted", "has", "is", "will", "tests", "analyst", "app", "brand", "starts", "begins":
		return false
	}
	prev, _ := s.prev(h.i)
	return gap == " " && (s.words.after[next.key] || s.inDeal(h)) || prev.key == "of" || s.formal(h) != ""
}

// inDeal reports whether a word of a merger follows soon: CBS and Viacom to
// close merger.
func (s *scene) inDeal(h hit) bool {
	for j := h.j; j < min(len(s.toks), h.j+5); j++ {
		if strings.ContainsAny(s.text[s.toks[j-1].end:s.toks[j].start], ":;,.") {
			return false
		}
		switch s.toks[j].key {
		case "merger", "merge", "acquisition", "takeover", "buyout", "shareholders", "layoffs":
			return true
		}
	}
	return false
}

// pastOf reports whether a mention only says where somebody came from: a
// former Google engineer, Amazon founder Jeff Bezos.
func (s *scene) pastOf(h hit) bool {
	if h.form.kind == stockdigest.NamePerson {
		return false
	}
	prev, before := s.prev(h.i)
	next, gap := s.next(h.j)
	switch next.key {
	case "founder", "cofounder", "billionaire", "alum", "alumni", "veteran":
		return gap == " " && !h.owns
	case "co":
		return gap == " " && h.j+1 < len(s.toks) && s.toks[h.j+1].key == "founder" && !h.owns
	}
	return (before == " " || before == "-") && (prev.key == "former" || prev.key == "ex" || prev.key == "onetime")
}

// explained collects the abbreviations that the text itself explains by other
// words: "hypersensitivity pneumonitis (HP)", "hypersensitivity pneumonitis, or HP".
func (s *scene) explained() {
	for i, t := range s.toks {
		if !t.caps || len(t.key) > 5 || t.start == 0 {
			continue
		}
		end := i
		switch bracketed := s.text[t.start-1] == '(' && t.end < len(s.text) && s.text[t.end] == ')'; {
		case bracketed:
		case i > 0 && s.toks[i-1].key == "or":
			end = i - 1
		default:
			continue
		}
		if s.spells(s.toks[max(0, end-len(t.key)):end], t.key) {
			if s.other == nil {
				s.other = map[string]bool{}
			}
			s.other[t.key] = true
		}
	}
}

// spells reports whether the first letters of words make the abbreviation, and
// at least one of them is written small, as no company's name is.
func (s *scene) spells(words []token, abbreviation string) bool {
	small := false
	for k, w := range words {
		if w.key[0] != abbreviation[k] {
			return false
		}
		small = small || !w.upper
	}
	return small && len(words) == len(abbreviation)
}

// glued reports whether a capitalised word stands right before the hit inside
// a sentence, so that the hit is the end of another name: Delivery Hero,
// Bed Bath & Beyond.
func (s *scene) glued(h hit) bool {
	prev, gap := s.prev(h.i)
	if s.titleCase || gap != " " || !prev.upper || prev.first || prev.bare != prev.key {
		return prev.key == "&" && gap == " " && s.text[prev.start:prev.end] == "&"
	}
	return !s.words.before[prev.key] && !s.words.honour[prev.key] && len(prev.key) > 1
}

// partOfOther reports whether capitalised words and a legal form follow, so
// that the hit is the beginning of another company's name.
func (s *scene) partOfOther(h hit) bool {
	if s.titleCase || h.j >= len(s.toks) || h.owns {
		return false
	}
	for j := h.j; j < len(s.toks) && j < h.j+4; j++ {
		t := s.toks[j]
		if gap := s.text[s.toks[j-1].end:t.start]; gap != " " {
			return false
		}
		if t.upper && isSuffix(t.key) || s.words.body[t.key] {
			return j > h.j || s.words.body[t.key] && t.upper
		}
		if !t.upper || s.words.after[t.key] {
			return false
		}
	}
	return false
}

// formal looks for what only a company has: a legal form or a ticker.
func (s *scene) formal(h hit) string {
	next, gap := s.next(h.j)
	switch {
	case next.key != "" && next.upper && isSuffix(next.key) && (gap == " " || gap == ", "):
		return "its legal form follows"
	case strings.HasPrefix(strings.TrimLeft(gap, " "), "(") && s.words.exchange[next.key], strings.HasPrefix(strings.TrimLeft(gap, " "), "<"):
		return "its ticker follows"
	case h.j-h.i > 1 && isSuffix(s.toks[h.j-1].bare) && s.toks[h.j-1].upper:
		return "with its legal form"
	}
	return ""
}

// evidence looks for what makes an ordinary word a company.
func (s *scene) evidence(h hit) string {
	next, gap := s.next(h.j)
	switch {
	case h.owns && !s.allCaps && !s.everyday(h):
		return "it owns something"
	case gap == " " && s.words.after[next.key]:
		return "followed by " + quoted(s.text, next)
	}
	prev, before := s.prev(h.i)
	switch {
	case before == " " && s.words.before[prev.key]:
		return "after " + quoted(s.text, prev)
	case s.titleCase, s.allCaps, s.toks[h.i].first:
		return ""
	case before == " " && prev.upper && !s.words.small[prev.key], gap == " " && next.upper:
		return "" // part of a longer run of capitals
	case h.form.upper && h.form.strict:
		return "" // initials are always in capitals
	}
	return "capitalised inside a sentence"
}

// everyday reports whether a possessive at the head of a sentence is everyday
// speech: "America's", "Time's".
func (s *scene) everyday(h hit) bool {
	t := s.toks[h.i]
	return t.first && h.j-h.i == 1 && s.words.lowly[t.bare]
}

func (s *scene) next(j int) (token, string) {
	if j >= len(s.toks) {
		return token{}, ""
	}
	return s.toks[j], s.text[s.toks[j-1].end:s.toks[j].start]
}

func (s *scene) prev(i int) (token, string) {
	if i == 0 {
		return token{}, ""
	}
	return s.toks[i-1], s.text[s.toks[i-1].end:s.toks[i].start]
}

func quoted(text string, t token) string { return "“" + text[t.start:t.end] + "”" }

// lists raises doubtful hits that stand in a row with certain ones: "Walmart,
// Target and Costco".
func (s *scene) lists(hits []hit) []hit {
	for range 2 {
		for k := range hits {
			h := &hits[k]
			if h.confidence >= Certain || h.confidence < doubtful {
				continue
			}
			if k > 0 && hits[k-1].confidence >= Certain && s.row(hits[k-1], *h) || k+1 < len(hits) && hits[k+1].confidence >= Certain && s.row(*h, hits[k+1]) {
				h.confidence, h.why = 0.7, "named with other companies"
			}
		}
	}
	return hits
}

// row reports whether two hits are divided only by a comma, "and" or "or".
func (s *scene) row(a, b hit) bool {
	if b.i-a.j > 1 {
		return false
	}
	switch strings.TrimSpace(s.text[a.end:b.start]) {
	case ",", "and", "&", "or", ", and", "/", "vs.", "vs", ", or":
		return true
	}
	return false
}
