package text

import (
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Sentences returns the sentences of s in order, as byte ranges without the
// white space around them. Paragraphs are divided by blank lines and a sentence
// never crosses one, so a headline without a stop is a sentence of its own. A
// single line break inside a paragraph divides sentences too, unless the
// paragraph is hard-wrapped there. The stop of an abbreviation, an initial, a
// decimal or a name that exclaims does not end a sentence; quotes and brackets
// that close after a stop belong to its sentence.
func Sentences(s string) []Span {
	var found []Span
	for _, par := range paragraphs(s) {
		for _, block := range blocks(s, par) {
			found = appendSentences(found, s, block)
		}
	}
	return found
}

// Paragraphs returns the parts of s that blank lines divide, in order, without
// the white space around them.
func Paragraphs(s string) []Span { return paragraphs(s) }

func paragraphs(s string) []Span {
	var found []Span
	start := 0
	for i := 0; i < len(s); {
		line := lineEnd(s, i)
		if blank(s[i:line]) {
			found = appendTrimmed(found, s, Span{start, i})
			start = line
		}
		i = line
	}
	return appendTrimmed(found, s, Span{start, len(s)})
}

// lineEnd returns where the line that holds byte i ends, its break included.
func lineEnd(s string, i int) int {
	if n := strings.IndexByte(s[i:], '\n'); n >= 0 {
		return i + n + 1
	}
	return len(s)
}

func blank(s string) bool { return strings.TrimSpace(s) == "" }

func appendTrimmed(found []Span, s string, p Span) []Span {
	part := s[p.Start:p.End]
	left := strings.TrimLeftFunc(part, unicode.IsSpace)
	p.Start += len(part) - len(left)
	p.End = p.Start + len(strings.TrimRightFunc(left, unicode.IsSpace))
	if p.Len() == 0 {
		return found
	}
	return append(found, p)
}

// Widths between which a paragraph of several lines may be hard-wrapped.
// Filings wrap at 60 to 100; a line longer than 140 was not wrapped by anybody.
const (
	minWrap = 40
	maxWrap = 140
)

// blocks divides a paragraph at the line breaks that are not hard wraps.
func blocks(s string, par Span) []Span {
	if strings.IndexByte(s[par.Start:par.End], '\n') < 0 {
		return []Span{par}
	}
	width := wrapWidth(s[par.Start:par.End])
	var found []Span
	start := par.Start
	for i := par.Start; i < par.End; {
		end := min(lineEnd(s, i), par.End)
		if end < par.End && !wrapped(s[i:end], s[end:min(lineEnd(s, end), par.End)], width) {
			found = appendTrimmed(found, s, Span{start, end})
			start = end
		}
		i = end
	}
	return appendTrimmed(found, s, Span{start, par.End})
}

// wrapWidth returns the width at which a paragraph is hard-wrapped, or 0 when
// its line breaks mean something: most lines but the last of a wrapped one are
// about as long as the usual line.
func wrapWidth(par string) int {
	var lengths []int
	for line := range strings.Lines(par) {
		lengths = append(lengths, len(strings.TrimSpace(line)))
	}
	width := slices.Max(lengths)
	if len(lengths) > 3 {
		width = slices.Sorted(slices.Values(lengths))[len(lengths)/2]
	}
	if width < minWrap || width > maxWrap {
		return 0
	}
	full := 0
	for _, n := range lengths[:len(lengths)-1] {
		if n*5 >= width*3 {
			full++
		}
	}
	if full*3 < (len(lengths)-1)*2 {
		return 0
	}
	return width
}

// wrapped reports whether the break between two lines of a paragraph is only
// there because the next word did not fit.
func wrapped(line, next string, width int) bool {
	line, next = strings.TrimSpace(line), strings.TrimSpace(next)
	if listed(next) {
		return false
	}
	if first, _ := utf8.DecodeRuneInString(next); unicode.IsLower(first) || strings.HasSuffix(line, ",") {
		return true
	}
	if last := strings.ToLower(lastWord(line)); last != "" && Stop(last) && len(line) > len(last) {
		return true // no heading ends in "of"
	}
	return width > 0 && len(line)*2 >= width
}

// listed reports whether a line starts like an entry of a list.
func listed(line string) bool {
	first, n := utf8.DecodeRuneInString(line)
	rest := line[n:]
	switch {
	case strings.ContainsRune("•●▪◦‣·*", first):
		return true
	case strings.ContainsRune("-–—", first):
		return strings.HasPrefix(rest, " ")
	case first == '(':
		i := strings.IndexByte(rest, ')')
		return i > 0 && i <= 3
	case first >= '0' && first <= '9':
		rest = strings.TrimLeft(rest, "0123456789")
		return strings.HasPrefix(rest, ". ") || strings.HasPrefix(rest, ") ")
	}
	return false
}

// appendSentences divides a block at its stops.
func appendSentences(found []Span, s string, block Span) []Span {
	start := block.Start
	for i := block.Start; i < block.End; {
		r, n := utf8.DecodeRuneInString(s[i:block.End])
		if !isStop(r) {
			i += n
			continue
		}
		stop := i
		i = afterStops(s, i, block.End)
		end := afterClosers(s, i, block.End)
		if end < block.End && ends(s[start:stop], s[stop:i], s[end:block.End]) {
			found = appendTrimmed(found, s, Span{start, end})
			start = end
		}
		i = max(i, end)
	}
	return appendTrimmed(found, s, Span{start, block.End})
}

func isStop(r rune) bool {
	switch r {
	case '.', '!', '?', '…', '。', '！', '？':
		return true
	}
	return false
}

func afterStops(s string, i, end int) int {
	for i < end {
		r, n := utf8.DecodeRuneInString(s[i:end])
		if !isStop(r) {
			break
		}
		i += n
	}
	return i
}

func afterClosers(s string, i, end int) int {
	for i < end {
		r, n := utf8.DecodeRuneInString(s[i:end])
		if !strings.ContainsRune("\"'”’»›)]}", r) {
			break
		}
		i += n
	}
	return i
}

// ends reports whether stops end a sentence that so far reads before and goes
// on with after.
func ends(before, stops, after string) bool {
	if strings.ContainsAny(stops, "。！？") {
		return true
	}
	word := lastWord(before)
	next := strings.TrimLeftFunc(after, unicode.IsSpace)
	if len(next) == len(after) {
		return glued(word, stops, after)
	}
	lead := strings.TrimLeft(next, "\"'“‘«‹([{*•-–—$€£¥ ")
	first, _ := utf8.DecodeRuneInString(lead)
	if unicode.IsLower(first) && !camel(lead) {
		return false
	}
	if stops == "." {
		return !abbreviates(before, word, next)
	}
	if strings.HasPrefix(stops, "!") && exclaims(word) {
		return starts(lead)
	}
	return true
}

// glued reports whether a stop without a space after it ends a sentence:
// "profit rose.The company". Pages that lost their line breaks read so.
func glued(word, stops, after string) bool {
	if stops != "." || len(word) < 3 || !allLower(word) {
		return false
	}
	first, n := utf8.DecodeRuneInString(after)
	second, _ := utf8.DecodeRuneInString(after[n:])
	return unicode.IsUpper(first) && (unicode.IsLower(second) || unicode.IsSpace(second))
}

func allLower(s string) bool {
	for _, r := range s {
		if !unicode.IsLower(r) {
			return false
		}
	}
	return true
}

// camel reports whether s starts with a name like iPhone or eBay.
func camel(s string) bool {
	_, n := utf8.DecodeRuneInString(s)
	second, _ := utf8.DecodeRuneInString(s[n:])
	return unicode.IsUpper(second)
}

// lastWord returns what stands between the last white space of s and its end,
// opening quotes and brackets removed.
func lastWord(s string) string {
	const longest = 40 // no abbreviation is longer; keeps the scan linear
	from := max(0, len(s)-longest)
	tail := s[from:]
	if i := strings.LastIndexFunc(tail, func(r rune) bool { return unicode.IsSpace(r) || strings.ContainsRune("(/—–", r) }); i >= 0 {
		_, n := utf8.DecodeRuneInString(tail[i:])
		tail = tail[i+n:]
	}
	return strings.TrimLeft(tail, "\"'“‘«‹([{")
}
