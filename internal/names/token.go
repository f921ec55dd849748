package names

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

// A token is one word of a text with its offsets. Its key is what names are
// compared by: lower case, without accents, apostrophes and the periods of
// initials.
type token struct {
	key        string
	bare       string // key without a possessive ending; equal to key when it has none
	start, end int
	upper      bool // begins with an upper-case letter, or a digit
	caps       bool // has two letters or more and no lower-case one
	first      bool // begins a sentence, a quotation or the text
}

// tokenize splits text into words. "&" and "+" are words of their own, since
// names are told apart by them (AT&T, Disney+).
func tokenize(text string) []token {
	toks := make([]token, 0, len(text)/6+1)
	fresh := true
	for i := 0; i < len(text); {
		r, n := utf8.DecodeRuneInString(text[i:])
		switch {
		case wordRune(r):
			end := wordEnd(text, i)
			toks = append(toks, newToken(text, i, end, fresh))
			fresh = false
			i = end
		case r == '&' || r == '+':
			key := string(r)
			toks = append(toks, token{key: key, bare: key, start: i, end: i + 1, upper: true})
			i += n
		default:
			if strings.ContainsRune(".!?:\n|–—“\"‘", r) {
				fresh = true
			}
			i += n
		}
	}
	return toks
}

// wordEnd returns where the word that begins at i ends: an apostrophe or a
// period belongs to it when a letter or digit follows at once.
func wordEnd(text string, i int) int {
	prev := ' '
	for i < len(text) {
		r, n := utf8.DecodeRuneInString(text[i:])
		if !wordRune(r) {
			next, _ := utf8.DecodeRuneInString(text[i+n:])
			if !wordRune(next) || !joins(r, prev, next) {
				return i
			}
		}
		prev = r
		i += n
	}
	return i
}

func joins(r, prev, next rune) bool {
	switch r {
	case '\'', '’':
		return unicode.IsLetter(next)
	case '.':
		return !unicode.IsLower(prev) || !unicode.IsUpper(next)
	}
	return false
}

func wordRune(r rune) bool {
	return unicode.IsLetter(r) || unicode.IsDigit(r) || unicode.Is(unicode.Mn, r)
}

func newToken(text string, start, end int, fresh bool) token {
	word := text[start:end]
	t := token{start: start, end: end, first: fresh, key: wordKey(word)}
	t.bare = t.key
	if cut, ok := cutPossessive(word); ok {
		t.bare = wordKey(cut)
	}
	r, _ := utf8.DecodeRuneInString(word)
	t.upper = unicode.IsUpper(r) || unicode.IsDigit(r)
	letters, lower := 0, 0
	for _, r := range word {
		switch {
		case unicode.IsLower(r):
			lower++
			letters++
		case unicode.IsLetter(r):
			letters++
		}
	}
	cut, _ := cutPossessive(word)
	t.caps = letters >= 2 && (lower == 0 || cut != "" && strings.ToUpper(cut) == cut && len(cut) > 1)
	return t
}

func cutPossessive(word string) (string, bool) {
	for _, end := range []string{"'s", "’s", "'S", "’S"} {
		if cut, ok := strings.CutSuffix(word, end); ok {
			return cut, true
		}
	}
	return "", false
}

// wordKey folds one word.
func wordKey(word string) string {
	if isASCII(word) {
		word = strings.ToLower(word)
	} else {
		word = fold(word)
	}
	if !strings.ContainsAny(word, ".'’") {
		return keyAlias(word)
	}
	word = strings.NewReplacer("'", "", "’", "").Replace(word)
	if parts := strings.Split(word, "."); len(parts) > 1 {
		for _, p := range parts {
			if len(p) != 1 {
				return word
			}
		}
		word = strings.Join(parts, "")
	}
	return word
}

// keyAlias makes "and" equal to "&", so that Johnson and Johnson is Johnson &
// Johnson.
func keyAlias(word string) string {
	if word == "and" {
		return "&"
	}
	return word
}

func isASCII(s string) bool {
	for i := range len(s) {
		if s[i] >= utf8.RuneSelf {
			return false
		}
	}
	return true
}

// fold lowers case, narrows full-width forms and drops accents.
func fold(s string) string {
	var b strings.Builder
	for _, r := range norm.NFKD.String(s) {
		if !unicode.Is(unicode.Mn, r) {
			b.WriteRune(unicode.ToLower(r))
		}
	}
	return b.String()
}

// gapJoins reports whether two neighbouring words may belong to one name.
func gapJoins(text string, a, b token) bool {
	switch gap := text[a.end:b.start]; gap {
	case "", " ", "-", "\u00a0", "‑", "–":
		return true
	case ". ", ".":
		return len(a.key) <= 2 || isSuffix(a.key)
	case ", ", "., ", ",":
		return isSuffix(b.key)
	default:
		return len(gap) <= 3 && strings.TrimSpace(gap) == "" && !strings.Contains(gap, "\n")
	}
}
