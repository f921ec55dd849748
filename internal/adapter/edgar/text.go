package edgar

import (
	"bytes"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/encoding/charmap"
)

// maxPlain bounds the text read of one document, in bytes. The longest
// reports have less than 2 MB of text.
const maxPlain = 6 << 20

// maxParas bounds the paragraphs of one document; the longest have 20,000.
const maxParas = 100_000

const (
	cellGap = " | "             // parts the cells of a table's row
	bullets = "•●▪■◦○§·\uF0B7 " // open a list entry, which is a paragraph of its own
)

// plainText returns the text of a filing's document, HTML or not: paragraphs
// divided by a blank line, the rows of a table on lines of their own.
func plainText(raw []byte) string {
	text, _ := readText(raw)
	return text
}

// readText is plainText that also reports whether there was more than it reads.
func readText(raw []byte) (text string, more bool) {
	if !utf8.Valid(raw) { // EDGAR knew no encoding; what is not UTF-8 came from Windows
		raw, _ = charmap.Windows1252.NewDecoder().Bytes(raw) // every byte has a meaning
	}
	if looksHTML(raw) {
		return htmlText(raw)
	}
	paras, more := plainParagraphs(string(raw[:min(len(raw), maxPlain)]))
	return assemble(paras), more || len(raw) > maxPlain
}

// looksHTML reports whether the document is marked up as HTML. The old text
// filings have tags too: <PAGE>, <TABLE>, <CAPTION>, <S>, <C>.
func looksHTML(raw []byte) bool {
	head := bytes.ToLower(raw[:min(len(raw), 1<<16)])
	for _, tag := range []string{"<html", "<body", "</p>", "<div", "<p>", "<br", "<font", "<td"} {
		if bytes.Contains(head, []byte(tag)) {
			return true
		}
	}
	return false
}

// collapse maps every kind of blank but the line feed to a plain space and
// drops invisible characters.
func collapse(s string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case r == '\n':
			return r
		case r == '\u200b' || r == '\u200c' || r == '\u200d' || r == '\u2060' || r == '\ufeff' || r == '\u00ad':
			return -1
		case unicode.IsSpace(r):
			return ' '
		case unicode.IsControl(r):
			return -1
		}
		return r
	}, s)
}

// paragraphs splits text at blank lines and joins lines that one sentence
// was broken into.
func paragraphs(s string) []string {
	var out []string
	var lines []string
	flush := func() {
		if p := strings.TrimLeft(joinLines(lines), bullets); p != "" {
			out = append(out, p)
		}
		lines = lines[:0]
	}
	for line := range strings.SplitSeq(collapse(s), "\n") {
		line = strings.Join(strings.Fields(line), " ")
		if line == "" {
			flush()
			continue
		}
		lines = append(lines, line)
	}
	flush()
	return out
}

// joinLines makes one paragraph of lines. A line that runs on into a lower
// case word is the same sentence; others stay lines of their own.
func joinLines(lines []string) string {
	var b strings.Builder
	for i, line := range lines {
		if i > 0 {
			if runsOn(lines[i-1], line) {
				b.WriteByte(' ')
			} else {
				b.WriteByte('\n')
			}
		}
		b.WriteString(tidyFigures(line))
	}
	return b.String()
}

func runsOn(prev, next string) bool {
	last, _ := utf8.DecodeLastRuneInString(prev)
	first, _ := utf8.DecodeRuneInString(next)
	if strings.ContainsRune(".:;!?", last) {
		return false
	}
	return unicode.IsLower(first) || last == ',' || (len(prev) > 60 && !isHeading(next))
}

// isRowLabel reports whether a cell alone in its row names the rows below it.
func isRowLabel(s string) bool {
	s = strings.TrimSpace(s)
	return len(s) < 100 && !strings.Contains(s, "\n") && !strings.HasSuffix(s, ".") && !isHeading(s)
}

// isMarker reports whether a cell is only the mark of a list entry: a bullet
// or a label such as "(a)", "1." and "Item 5.02.", alone.
func isMarker(s string) bool {
	if utf8.RuneCountInString(s) == 1 {
		return !unicode.IsLetter(firstRune(s)) && s != "$"
	}
	if isHeading(s) {
		return len(s) < 24
	}
	trimmed := strings.Trim(s, "().")
	return len(trimmed) > 0 && len(trimmed) < 5 && len(trimmed) < len(s) && !strings.ContainsAny(trimmed, " $%,.|")
}

func firstRune(s string) rune {
	r, _ := utf8.DecodeRuneInString(s)
	return r
}

// joinCells writes a row as people read it: "$" and "(" belong to the figure
// after them, ")" and "%" to the one before.
func joinCells(cells []string) string {
	var b strings.Builder
	for i, cell := range cells {
		switch {
		case i == 0:
		case opensFigure(cells[i-1]) && startsFigure(cell), closesFigure(cell) && endsFigure(cells[i-1]):
		default:
			b.WriteString(cellGap)
		}
		b.WriteString(cell)
	}
	return tidyFigures(b.String())
}

func opensFigure(s string) bool {
	if len(s) > 6 {
		return false
	}
	last, _ := utf8.DecodeLastRuneInString(s)
	return unicode.Is(unicode.Sc, last) || last == '('
}

func startsFigure(s string) bool {
	r := firstRune(s)
	return unicode.IsDigit(r) || r == '(' || r == '.' || r == '-' || r == '–' || r == '—' || unicode.Is(unicode.Sc, r)
}

func closesFigure(s string) bool { return s == ")" || s == "%" || s == ")%" || s == "%)" || s == ") %" }

func endsFigure(s string) bool {
	last, _ := utf8.DecodeLastRuneInString(s)
	return unicode.IsDigit(last) || last == ')' || last == '—' || last == '-' || last == '–'
}

// tidyFigures closes the gaps that typesetting leaves inside figures:
// "$ 1,234" becomes "$1,234", "( 123 )" becomes "(123)", "12 %" becomes "12%".
func tidyFigures(s string) string {
	if !strings.ContainsAny(s, "$%()€£¥") {
		return s
	}
	var b strings.Builder
	b.Grow(len(s))
	var prev rune
	for i, r := range s {
		if r == ' ' && i > 0 && i+1 < len(s) && closesGap(prev, s[:i], s[i+1:]) {
			continue
		}
		b.WriteRune(r)
		prev = r
	}
	return b.String()
}

func closesGap(prev rune, before, after string) bool {
	next := firstRune(after)
	switch {
	case unicode.Is(unicode.Sc, prev) || prev == '(' && (unicode.IsDigit(next) || unicode.Is(unicode.Sc, next)):
		return unicode.IsDigit(next) || next == '('
	case next == '%':
		return unicode.IsDigit(prev) || prev == ')'
	case next == ')':
		return unicode.IsDigit(prev) && parenthesisedFigure(before)
	}
	return false
}

// parenthesisedFigure reports whether before ends in "(" and a figure.
func parenthesisedFigure(before string) bool {
	i := strings.LastIndexByte(before[max(0, len(before)-24):], '(')
	if i < 0 {
		return false
	}
	i += max(0, len(before)-24)
	return strings.Trim(before[i+1:], "0123456789.,$ ") == ""
}
