package summarize

import (
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"stockdigest.app/stockdigest"
)

// An ownNames finds the company in a text that is known to be about it: its
// legal name, the short forms of it, and its brands, products and people, as
// they are written. A linker, which reads texts about anybody, has to doubt
// "Gap", "Big Lots" and "American Eagle"; in an article that triage and the body
// have tied to the company they need no further evidence.
type ownNames []string

// namesOf returns the ways to write the company of t, the longest first.
func namesOf(t stockdigest.Ticker) ownNames {
	all := shortForms(t.Name)
	for _, n := range t.Names {
		if n.Kind != stockdigest.NameContext && len(n.Text) > 1 {
			all = append(all, n.Text)
		}
	}
	slices.SortFunc(all, func(a, b string) int {
		if len(a) != len(b) {
			return len(b) - len(a)
		}
		return strings.Compare(a, b)
	})
	return slices.Compact(all)
}

// find returns where the first of the names stands in s, or -1.
func (o ownNames) find(s string) int {
	best := -1
	for _, name := range o {
		if at := wordIndex(s, name); at >= 0 && (best < 0 || at < best) {
			best = at
		}
	}
	return best
}

// wordIndex is strings.Index for whole words.
func wordIndex(s, word string) int {
	for from := 0; ; {
		i := strings.Index(s[from:], word)
		if i < 0 {
			return -1
		}
		at, end := from+i, from+i+len(word)
		before, _ := utf8.DecodeLastRuneInString(s[:at])
		behind, _ := utf8.DecodeRuneInString(s[end:])
		if !wordRune(before) && !wordRune(behind) {
			return at
		}
		from = at + 1
	}
}

func wordRune(r rune) bool { return unicode.IsLetter(r) || unicode.IsDigit(r) }

// shortForms are a legal name without its legal form, and what is left when
// words at its end are left out. Ashford Lane Outfitters is also Ashford Lane and
// Ashford.
func shortForms(legal string) []string {
	name, _, _ := strings.Cut(legal, "(")
	words := strings.Fields(strings.NewReplacer(",", " ", "&", " & ").Replace(name))
	if len(words) > 1 && words[0] == "The" {
		words = words[1:]
	}
	for len(words) > 1 && legalWord(words[len(words)-1]) && (len(words) > 2 || !placeWord(words[0]) && words[0] != "American") {
		words = words[:len(words)-1]
	}
	if len(words) == 0 || len(words) == 1 && len(words[0]) < 2 {
		return nil
	}
	core := strings.Join(words, " ")
	forms := []string{core}
	if strings.Contains(core, " & ") {
		forms = append(forms, strings.ReplaceAll(core, " & ", "&"))
	}
	for n := len(words) - 1; n >= 2 && !placeWord(words[0]); n-- {
		if r, _ := utf8.DecodeRuneInString(words[n-1]); unicode.IsUpper(r) {
			forms = append(forms, strings.Join(words[:n], " "))
		}
	}
	const telling = 6 // letters from which a first word is seldom anything else
	if len(words) > 1 && len(words[0]) >= telling && !placeWord(words[0]) && words[0] != "American" {
		forms = append(forms, words[0])
	}
	return forms
}

func legalWord(w string) bool {
	switch strings.ToLower(strings.Trim(w, ".,/")) {
	case "inc", "incorporated", "corp", "corporation", "co", "company", "companies", "ltd", "limited", "plc", "llc", "lp", "l.p", "n.v", "nv", "s.a", "sa", "s.p.a", "ag", "se", "ab", "asa", "oyj",
		"group", "holdings", "holding", "holdco", "the", "&", "and", "de", "trust", "class", "a", "b", "c", "common", "stock", "shares", "international", "worldwide", "global", "partners":
		return true
	}
	return false
}

// placeWord reports a word with which names of places and whole trades begin:
// what is left of such a name when words are left out is somebody else.
func placeWord(w string) bool {
	switch strings.ToLower(w) {
	case "new", "united", "north", "south", "west", "east", "northern", "southern", "western", "eastern", "los", "las", "san", "santa", "saint", "st", "st.", "royal", "first", "general",
		"national", "bank", "old", "great", "hong", "air", "federal", "universal", "restaurant", "digital", "health", "home", "european", "pacific", "atlantic", "central", "community",
		"advanced", "applied", "global", "international", "standard", "capital", "energy", "financial", "technology", "consolidated", "public", "people's":
		return true
	}
	return false
}
