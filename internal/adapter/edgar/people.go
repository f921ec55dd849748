package edgar

import (
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

// personName writes a person's name with the surname last. EDGAR stores
// "Maestri Luca"; how the person writes it stands in the signature ("Attorney-
// in-Fact for Luca Maestri"). Names of firms, and of people with surnames of
// several words whom no signature helps to know, stay as they are.
func personName(o Owner, signed []string) string {
	words := strings.Fields(o.Name)
	if len(words) < 2 || isFirm(o.Name) {
		return o.Name
	}
	for _, s := range signed {
		if name := signedName(words, s); name != "" {
			return name
		}
	}
	if !o.Director && !o.Officer || len(words) > 4 || isParticle(words[0]) {
		return o.Name
	}
	turned := append(slices.Clone(words[1:]), words[0])
	if suffix := turned[len(turned)-2]; len(turned) > 2 && isSuffix(suffix) {
		turned = append(turned[:len(turned)-2], words[0], suffix)
	}
	for i, w := range turned {
		turned[i] = properCase(w)
	}
	return strings.Join(turned, " ")
}

// signedName returns the run of a signature's words that are all words of the
// stored name and hold its first two; nothing when there is none.
func signedName(stored []string, signature string) string {
	known := map[string]bool{}
	for _, w := range stored {
		known[bareWord(w)] = true
	}
	var run []string
	for _, w := range append(strings.Fields(signature), "/") {
		if known[bareWord(w)] {
			run = append(run, strings.Trim(w, ",;:()*"))
			continue
		}
		if holds(run, stored[0]) && holds(run, stored[1]) && bareWord(run[0]) != bareWord(stored[0]) {
			for i := range run {
				run[i] = properCase(run[i])
			}
			return strings.Join(run, " ")
		}
		run = nil
	}
	return ""
}

func holds(run []string, word string) bool {
	return slices.ContainsFunc(run, func(w string) bool { return bareWord(w) == bareWord(word) })
}

func bareWord(w string) string { return strings.ToLower(strings.Trim(w, ".,;:()*")) }

func isParticle(w string) bool {
	return slices.Contains([]string{"van", "von", "de", "der", "del", "della", "di", "da", "dos", "du", "la", "le", "el", "al", "st", "ten", "ter", "mac"}, bareWord(w))
}

func isSuffix(w string) bool {
	return slices.Contains([]string{"jr", "sr", "ii", "iii", "iv"}, bareWord(w))
}

// isFirm reports a name that is no person's.
func isFirm(name string) bool {
	for w := range strings.FieldsFuncSeq(strings.ToLower(name), func(r rune) bool { return unicode.IsSpace(r) || strings.ContainsRune(",()/&", r) }) {
		switch strings.ReplaceAll(w, ".", "") {
		case "inc", "llc", "lp", "llp", "ltd", "limited", "corp", "corporation", "co", "company", "plc", "sa", "ag", "nv", "bv", "gmbh", "se", "lllp",
			"fund", "funds", "trust", "capital", "partners", "partnership", "holdings", "holding", "group", "management", "advisors", "advisers",
			"investments", "investors", "investment", "ventures", "foundation", "associates", "master", "gp", "bank", "equity", "estate", "family":
			return true
		}
	}
	return false
}

// properCase writes a word that is all capitals as a name: COOK, D, MCDONALD.
func properCase(w string) string {
	switch {
	case utf8.RuneCountInString(w) == 1 && unicode.IsLetter(firstRune(w)):
		return strings.ToUpper(w) + "."
	case w != strings.ToUpper(w) || strings.ContainsRune(w, '.') || isSuffix(w) && !strings.EqualFold(w, "jr") && !strings.EqualFold(w, "sr"):
		return w
	}
	var b strings.Builder
	up := true
	for _, r := range w {
		if up {
			b.WriteRune(r)
		} else {
			b.WriteRune(unicode.ToLower(r))
		}
		up = !unicode.IsLetter(r)
	}
	s := b.String()
	if strings.HasPrefix(s, "Mc") && len(s) > 3 {
		s = "Mc" + strings.ToUpper(s[2:3]) + s[3:]
	}
	return s
}
