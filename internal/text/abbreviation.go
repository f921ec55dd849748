package text

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// abbreviates reports whether the stop after word belongs to an abbreviation
// and the sentence goes on: with before as the sentence so far, word as its
// last word, and next as what follows, which is not in lower case.
func abbreviates(before, word, next string) bool {
	first, _ := utf8.DecodeRuneInString(next)
	if len(word) == len(strings.TrimSpace(before)) && enumerates(word) {
		return true
	}
	low := strings.ToLower(word)
	switch {
	case isTitle(low):
		return true
	case isCounted(low) || word == "p" || isMonth(word):
		return unicode.IsDigit(first) || first == '§'
	case low == "a.m" || low == "p.m" || low == "am" || low == "pm":
		return isClock(firstWord(next))
	case isCorporate(low) || isPlace(word) || initials(word):
		quoted := len(word) > 1 && (first == '“' || first == '"') // speech follows; after an initial, a nickname
		return !quoted && !starts(strings.TrimLeft(next, "\"'“‘«‹([{"))
	}
	return false
}

// enumerates reports whether word numbers an entry: "1", "iv", "B".
func enumerates(word string) bool {
	return len(word) > 0 && len(word) <= 3 &&
		(strings.Trim(word, "0123456789") == "" || strings.Trim(word, "ivxIVX") == "" || len(word) == 1)
}

// initials reports whether word is a chain of single letters: "J", "U.S",
// "S.p.A", or an abbreviation with inner stops such as "Ph.D".
func initials(word string) bool {
	letters, chain := 0, 0
	for _, r := range word {
		switch {
		case r == '.':
			letters = 0
			chain++
		case unicode.IsLetter(r):
			letters++
		default:
			return false
		}
		if letters > 2 {
			return false
		}
	}
	first, _ := utf8.DecodeRuneInString(word)
	return letters > 0 && (chain > 0 || letters == 1 && unicode.IsUpper(first))
}

func firstWord(s string) string {
	if i := strings.IndexFunc(s, func(r rune) bool { return !unicode.IsLetter(r) && r != '\'' && r != '’' }); i >= 0 {
		return s[:i]
	}
	return s
}

// starts reports whether s begins with a word that starts sentences rather
// than continues a name: after "Apple Inc." a "The" begins, a "Chief" does not.
func starts(s string) bool {
	word := firstWord(s)
	if word == "" {
		return false
	}
	first, n := utf8.DecodeRuneInString(word)
	if !unicode.IsUpper(first) || len(word) > n && strings.ToUpper(word) == word {
		return false
	}
	low := strings.ToLower(strings.ReplaceAll(word, "’", "'"))
	if base, _, cut := strings.Cut(low, "'"); cut {
		low = base
	}
	return Stop(low) || isStarter(low)
}

func isStarter(low string) bool {
	switch low {
	case "shares", "stock", "stocks", "analysts", "revenue", "revenues", "sales", "net", "earnings", "profit",
		"also", "according", "although", "despite", "last", "since", "however", "meanwhile", "though", "while",
		"when", "with", "under", "following", "earlier", "today", "yesterday", "investors", "another", "one", "two",
		"three", "several", "many", "among", "within", "without", "based", "please", "about", "forward", "both":
		return true
	}
	return false
}

// isTitle knows abbreviations that never end a sentence.
func isTitle(low string) bool {
	switch low {
	case "mr", "mrs", "ms", "mx", "dr", "prof", "gen", "sen", "rep", "gov", "rev", "hon", "lt", "col", "capt",
		"sgt", "cmdr", "adm", "maj", "messrs", "mme", "mlle", "vs", "v", "e.g", "i.e", "cf", "approx", "viz", "pres",
		"supt", "amb", "atty", "fr", "ft", "mt":
		return true
	}
	return false
}

// isCounted knows abbreviations that number what follows.
func isCounted(low string) bool {
	switch low {
	case "no", "nos", "fig", "figs", "vol", "pp", "sec", "art", "ch", "para", "ca", "est", "ver", "reg", "rs":
		return true
	}
	return false
}

func isMonth(word string) bool {
	switch word {
	case "Jan", "Feb", "Mar", "Apr", "Jun", "Jul", "Aug", "Sep", "Sept", "Oct", "Nov", "Dec",
		"JAN", "FEB", "MAR", "APR", "JUN", "JUL", "AUG", "SEP", "SEPT", "OCT", "NOV", "DEC":
		return true
	}
	return false
}

// isCorporate knows abbreviations that end names and may end a sentence.
func isCorporate(low string) bool {
	switch low {
	case "inc", "corp", "co", "cos", "ltd", "plc", "llc", "llp", "lp", "bros", "assn", "assoc", "intl", "int'l", "dept",
		"univ", "mfg", "jr", "sr", "esq", "etc", "al", "bhd", "sdn", "pty", "pte", "cie", "ave", "blvd", "st",
		"admin", "exch", "govt", "gov't", "sq", "ext", "tel", "avg":
		return true
	}
	return false
}

// isPlace knows abbreviations of states and provinces as newspapers write them.
func isPlace(word string) bool {
	switch word {
	case "Calif", "Conn", "Mass", "Minn", "Mich", "Tenn", "Ill", "Fla", "Ariz", "Colo", "Wash", "Va", "Pa", "Ga", "Tex",
		"Wis", "Ore", "Okla", "Mo", "Md", "La", "Ky", "Ind", "Del", "Ala", "Ark", "Kan", "Neb", "Nev", "Ont", "Que", "Alta":
		return true
	}
	return false
}

// isClock knows words that go on after "10 a.m.".
func isClock(word string) bool {
	switch word {
	case "ET", "EST", "EDT", "CT", "CST", "CDT", "MT", "MST", "MDT", "PT", "PST", "PDT", "GMT", "UTC", "BST", "CET", "CEST",
		"HKT", "JST", "IST", "Eastern", "Central", "Mountain", "Pacific", "Greenwich", "London", "Tokyo", "Beijing",
		"Hong", "New", "Singapore", "Paris", "Frankfurt", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday",
		"Saturday", "Sunday", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun", "January", "February", "March", "April",
		"May", "June", "July", "August", "September", "October", "November", "December":
		return true
	}
	return false
}

// exclaims knows names that end in an exclamation mark.
func exclaims(word string) bool {
	switch strings.ToLower(word) {
	case "yahoo", "yum", "jeopardy", "joomla", "wham", "guess", "e":
		return true
	}
	return false
}
