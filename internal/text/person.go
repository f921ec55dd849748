package text

import (
	"strings"
	"unicode"
)

// FirstPerson reports a sentence that says I, we or our outside quotation marks:
// of a columnist or blogger, or of a company in its filing.
func FirstPerson(s string) bool {
	quoted, from := false, 0
	var outside strings.Builder
	for i, r := range s {
		if r != '“' && r != '”' && r != '"' {
			continue
		}
		if !quoted {
			outside.WriteString(s[from:i])
		}
		quoted, from = r == '“' || r == '"' && !quoted, i
	}
	if !quoted {
		outside.WriteString(s[from:])
	}
	plain := outside.String()
	for _, p := range WordSpans(plain) {
		w, _, _ := strings.Cut(strings.ReplaceAll(p.Of(plain), "’", "'"), "'")
		switch w {
		case "I":
			if len(w) == p.End-p.Start && (p.Start == 0 || !afterCapital(plain[:p.Start])) || len(w) < p.End-p.Start {
				return true
			}
		case "we", "We", "us", "our", "Our", "ours", "my", "My", "me", "myself", "ourselves":
			return true
		}
	}
	return false
}

// afterCapital reports a text whose last word has a capital: the I of "Henry I"
// and "Phase I" counts.
func afterCapital(before string) bool {
	words := strings.Fields(before)
	return len(words) > 0 && strings.IndexFunc(words[len(words)-1], unicode.IsUpper) == 0
}
