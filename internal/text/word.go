package text

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/kljensen/snowball/english"
	"golang.org/x/text/unicode/norm"
)

// WordSpans returns where the words of s stand, in order. A word starts and
// ends with a letter or digit. Kept whole are numbers (1,234.5), forms (10-K),
// names with an ampersand (S&P), dotted initials (U.S, without its last stop)
// and words with an inner apostrophe; other hyphenated words are divided.
func WordSpans(s string) []Span {
	found := make([]Span, 0, len(s)/6+1)
	for i := 0; i < len(s); {
		r, n := utf8.DecodeRuneInString(s[i:])
		if !inWord(r) {
			i += n
			continue
		}
		end := wordEnd(s, i)
		found = append(found, Span{i, end})
		i = end
	}
	return found
}

// Words returns the words of s as WordSpans finds them, one for one, in lower
// case, without accents and with plain apostrophes.
func Words(s string) []string {
	spans := WordSpans(s)
	words := make([]string, len(spans))
	for i, p := range spans {
		words[i] = foldWord(p.Of(s))
	}
	return words
}

func inWord(r rune) bool {
	if r < utf8.RuneSelf {
		return 'a' <= r && r <= 'z' || 'A' <= r && r <= 'Z' || '0' <= r && r <= '9'
	}
	return r != utf8.RuneError && (unicode.IsLetter(r) || unicode.IsDigit(r) || unicode.Is(unicode.Mn, r))
}

// wordEnd returns where the word that starts at i ends.
func wordEnd(s string, i int) int {
	start, run := i, i // run is where the letters and digits since the last joint start
	for i < len(s) {
		r, n := utf8.DecodeRuneInString(s[i:])
		if inWord(r) {
			i += n
			continue
		}
		next, _ := utf8.DecodeRuneInString(s[i+n:])
		if !inWord(next) || !joins(r, s[run:i], s[i+n:], run == start) {
			return i
		}
		i += n
		run = i
	}
	return i
}

// joins reports whether joint holds the two parts of a word together.
func joins(joint rune, left, right string, first bool) bool {
	next, n := utf8.DecodeRuneInString(right)
	switch joint {
	case '\'', '’', 'ʼ':
		return unicode.IsLetter(next)
	case '&':
		return len(left) <= 3
	case ',':
		return isDigits(left) && len(left) <= 3 && isDigits(right[:min(3, len(right))]) && len(right) >= 3
	case '.':
		if unicode.IsDigit(next) {
			return isDigits(left)
		}
		after, _ := utf8.DecodeRuneInString(right[n:])
		return utf8.RuneCountInString(left) == 1 && unicode.IsLetter(next) && !inWord(after)
	case '-', '‑':
		return hyphened(left, right, first)
	}
	return false
}

// hyphened reports whether a hyphen holds a number or a single letter: 10-K,
// COVID-19, e-commerce.
func hyphened(left, right string, first bool) bool {
	last, _ := utf8.DecodeLastRuneInString(left)
	next, n := utf8.DecodeRuneInString(right)
	after, _ := utf8.DecodeRuneInString(right[n:])
	switch {
	case unicode.IsDigit(last):
		return unicode.IsDigit(next) || !inWord(after)
	case unicode.IsDigit(next):
		return true
	}
	return first && utf8.RuneCountInString(left) == 1
}

func isDigits(s string) bool {
	for i := range len(s) {
		if s[i] < '0' || s[i] > '9' {
			return false
		}
	}
	return s != ""
}

func foldWord(s string) string {
	for i := range len(s) {
		if s[i] >= utf8.RuneSelf {
			return foldWide(s)
		}
	}
	return strings.ToLower(s)
}

func foldWide(s string) string {
	var b strings.Builder
	for _, r := range norm.NFKD.String(s) {
		switch {
		case unicode.Is(unicode.Mn, r):
			continue
		case r == '’' || r == 'ʼ':
			r = '\''
		case r == '‑' || r == '‐':
			r = '-'
		}
		b.WriteRune(unicode.ToLower(r))
	}
	return b.String()
}

// Stem returns the English stem of a word as Words gives it; a word with a
// digit or of more than 40 bytes is its own stem.
func Stem(word string) string {
	const longest = 40 // no English word is longer, and a hostile one costs nothing
	if len(word) > longest || strings.ContainsAny(word, "0123456789") {
		return word
	}
	return english.Stem(word, true)
}

// Stop reports whether a word, as Words gives it, is a function word that says
// nothing about the topic.
func Stop(word string) bool {
	switch word {
	case "a", "about", "above", "after", "again", "against", "all", "am", "an", "and", "any", "are", "aren't", "as", "at",
		"be", "because", "been", "before", "being", "below", "between", "both", "but", "by", "can", "can't", "cannot",
		"could", "did", "didn't", "do", "does", "doesn't", "doing", "don't", "down", "during", "each", "few", "for",
		"from", "further", "had", "has", "have", "having", "he", "her", "here", "hers", "him", "his", "how", "i", "i'm",
		"if", "in", "into", "is", "isn't", "it", "it's", "its", "itself", "just", "let", "may", "me", "might", "more",
		"most", "must", "my", "no", "nor", "not", "now", "of", "off", "on", "once", "only", "or", "other", "our", "ours",
		"out", "over", "own", "same", "she", "should", "so", "some", "such", "than", "that", "that's", "the", "their",
		"theirs", "them", "then", "there", "these", "they", "this", "those", "through", "to", "too", "under", "until",
		"up", "us", "very", "was", "wasn't", "we", "were", "weren't", "what", "what's", "when", "where", "which", "while",
		"who", "whom", "whose", "why", "will", "with", "won't", "would", "wouldn't", "you", "you're", "your", "yours":
		return true
	}
	return false
}

// Fold returns s in plain characters so that texts of different typography
// compare equal: NFKC, straight quotes, the hyphen for every dash, ordinary
// spaces, no soft hyphens or invisible marks. It does not change case or
// accents, and offsets in the result are not offsets in s.
func Fold(s string) string {
	if isASCII(s) {
		return s
	}
	return norm.NFKC.String(strings.Map(foldRune, norm.NFKC.String(s)))
}

func foldRune(r rune) rune {
	switch {
	case r < utf8.RuneSelf:
		return r
	case strings.ContainsRune("‘’‚‛′ʼ`´", r):
		return '\''
	case strings.ContainsRune("“”„‟″«»", r):
		return '"'
	case strings.ContainsRune("‐‑‒–—―−", r):
		return '-'
	case r == '\u2028' || r == '\u2029':
		return '\n'
	case unicode.IsSpace(r):
		return ' '
	case r == '\u00ad' || r == '\ufeff' || r >= '\u200b' && r <= '\u200f' || r >= '\u2060' && r <= '\u2064':
		return -1
	}
	return r
}

func isASCII(s string) bool {
	for i := range len(s) {
		if s[i] >= utf8.RuneSelf {
			return false
		}
	}
	return true
}
