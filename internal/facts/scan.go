package facts

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

type tokenKind uint8

const (
	wordToken  tokenKind = iota // letters, inner apostrophes, dots of "U.S." and "p.m."
	digitToken                  // digits with inner commas and dots
	signToken                   // any other visible rune
)

// A token is a piece of a text; low is its lower-case form, without a
// possessive ending.
type token struct {
	kind       tokenKind
	start, end int
	low        string
	upper      bool // has a capital: Apple, iPhone
}

// scan splits s into tokens in one pass.
func scan(s string) []token {
	toks := make([]token, 0, len(s)/5+1)
	for i := 0; i < len(s); {
		r, n := utf8.DecodeRuneInString(s[i:])
		switch {
		case r >= '0' && r <= '9':
			end := digitsEnd(s, i)
			toks = append(toks, token{kind: digitToken, start: i, end: end, low: s[i:end]})
			i = end
		case unicode.IsLetter(r) || unicode.IsMark(r):
			end := wordEnd(s, i)
			toks = append(toks, token{kind: wordToken, start: i, end: end, low: lower(s[i:end]), upper: strings.ContainsFunc(s[i:end], unicode.IsUpper)})
			i = end
		case unicode.IsSpace(r) || unicode.IsControl(r) || r == utf8.RuneError || r == '\u200b' || r == '\ufeff':
			i += n
		default:
			toks = append(toks, token{kind: signToken, start: i, end: i + n, low: s[i : i+n]})
			i += n
		}
	}
	return toks
}

// digitsEnd returns where the numeral that begins at i ends. A comma or dot
// belongs to it when a digit follows; so does a no-break space before exactly
// three digits.
func digitsEnd(s string, i int) int {
	for i < len(s) {
		switch {
		case isDigit(s[i]):
			i++
		case (s[i] == ',' || s[i] == '.') && i+1 < len(s) && isDigit(s[i+1]):
			i += 2
		default:
			n := groupSpace(s[i:])
			if n == 0 {
				return i
			}
			i += n + 3
		}
	}
	return i
}

// groupSpace returns the length of a no-break space that s begins with when
// exactly three digits follow it, else 0.
func groupSpace(s string) int {
	for _, space := range []string{"\u00a0", "\u202f", "\u2009"} {
		rest, ok := strings.CutPrefix(s, space)
		if ok && len(rest) >= 3 && isDigit(rest[0]) && isDigit(rest[1]) && isDigit(rest[2]) &&
			(len(rest) == 3 || !isDigit(rest[3]) && rest[3] != ',' && rest[3] != '.') {
			return len(space)
		}
	}
	return 0
}

// wordEnd returns where the word that begins at i ends.
func wordEnd(s string, i int) int {
	run := 0 // letters since the start or the last dot
	for i < len(s) {
		r, n := utf8.DecodeRuneInString(s[i:])
		switch {
		case unicode.IsLetter(r) || unicode.IsMark(r):
			i += n
			run++
		case (r == '\'' || r == '’') && letterAt(s, i+n):
			i += n
			run++
		case r == '.' && run == 1 && letterAt(s, i+1) && !letterAt(s, i+2):
			i++
			run = 0
		default:
			return i
		}
	}
	return i
}

func letterAt(s string, i int) bool {
	if i >= len(s) {
		return false
	}
	r, _ := utf8.DecodeRuneInString(s[i:])
	return unicode.IsLetter(r)
}

func isDigit(b byte) bool { return b >= '0' && b <= '9' }

// lower folds a word and takes off a possessive ending.
func lower(w string) string {
	w = strings.ToLower(w)
	if strings.Contains(w, "’") {
		w = strings.ReplaceAll(w, "’", "'")
	}
	return strings.TrimSuffix(w, "'s")
}
