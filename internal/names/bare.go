package names

import (
	"strings"
	"unicode"
)

// A bare name is one word that the table did not tell but its legal name
// gives: Bracken of Bracken Corp. Towns, schools and families bear it too, so it
// stands for the company only where something else speaks of one.

// coined reports whether a word has capitals or digits inside, as no town or
// family has: MongoDB.
func coined(word string) bool {
	return strings.ContainsFunc(strings.TrimLeftFunc(word, unicode.IsUpper), unicode.IsUpper) || strings.ContainsFunc(word, unicode.IsDigit) ||
		strings.ToUpper(word) == word
}

// firm reports whether what stands around a hit is said of companies only.
func (s *scene) firm(h hit) bool {
	if !h.form.bare || s.formal(h) != "" || h.confidence == 1 {
		return true
	}
	next, gap := s.next(h.j)
	if gap == " " && s.words.after[next.key] && !s.words.anyone[next.key] {
		return true
	}
	prev, before := s.prev(h.i)
	return before == " " && s.words.before[prev.key] && !s.words.anyone[prev.key]
}

// longer reports whether a capitalised word follows a bare name inside a
// sentence, so that both may be one other name: Bracken Falls.
func (s *scene) longer(h hit) bool {
	next, gap := s.next(h.j)
	return h.form.bare && !s.titleCase && !s.allCaps && !h.owns && gap == " " && next.upper && !s.words.after[next.key] &&
		!isSuffix(next.key) && !strings.ContainsFunc(next.key, unicode.IsDigit)
}

// corporate counts the different words of text that speak of a company.
func (w *wordLists) corporate(text string) int {
	seen := map[string]bool{}
	for _, t := range tokenize(text) {
		if w.trading[t.key] || w.trading[t.bare] {
			seen[t.bare] = true
		}
	}
	return len(seen)
}

// vouched reports whether a title and its description speak of the company a
// bare name may stand for.
func (l *Linker) vouched(target int, head, lead count, text string) bool {
	return head.firm || lead.firm || l.context(target, text) != "" || l.words.corporate(text) > 0
}
