package edgar

import (
	"regexp"
	"strings"
)

// maxRow bounds the line that may be a row of a table; paper had 132 columns.
const maxRow = 2000

var (
	// A wide gap parts the cells of ASCII tables: blanks or dot leaders.
	wideGap = regexp.MustCompile(`\t+| {3,}|\.{4,}`)
	// A drawn rule is a line drawn with characters.
	drawnRule = regexp.MustCompile(`^[-=_*\s]{4,}$`)
)

// plainParagraphs reads a text filing of the years before HTML: 80 columns,
// hard line ends, <PAGE> between pages, <TABLE> around some of the tables.
// It reports whether it stopped before the end.
func plainParagraphs(s string) (paras []string, more bool) {
	var p plain
	for line := range strings.SplitSeq(collapseKeepTabs(s), "\n") {
		if len(p.out) >= maxParas {
			return p.out, true
		}
		p.line(line)
	}
	p.flush()
	return p.out, false
}

type plain struct {
	out   []string
	lines []string // of the open paragraph, trimmed
	rows  []string // of the open table
	table bool     // inside <TABLE>
	last  int      // indent of the last line
}

func (p *plain) line(line string) {
	text := strings.TrimSpace(line)
	indent := len(line) - len(strings.TrimLeft(line, " \t"))
	switch tag := strings.ToUpper(text); {
	case strings.HasPrefix(tag, "<PAGE>"):
		p.flush()
		p.out = append(p.out, pageBreak)
		text = strings.TrimSpace(text[len("<PAGE>"):])
	case strings.HasPrefix(tag, "<TABLE>"):
		p.flush()
		p.table = true
		return
	case strings.HasPrefix(tag, "</TABLE>"):
		p.flush()
		p.table = false
		return
	case strings.HasPrefix(tag, "<CAPTION>"), strings.HasPrefix(tag, "<S>"), strings.HasPrefix(tag, "<FN>"), strings.HasPrefix(tag, "</FN>"):
		text = strings.TrimSpace(text[strings.Index(text, ">")+1:])
		if strings.Trim(strings.ToUpper(text), "<C> \t") == "" {
			return
		}
	}
	switch {
	case text == "" || drawnRule.MatchString(text):
		if !p.table || text == "" {
			p.flush()
		}
	case p.isRow(text):
		p.endParagraph()
		p.rows = append(p.rows, row(text))
	default:
		p.endRows()
		if p.startsParagraph(text, indent) {
			p.endParagraph()
		}
		p.lines = append(p.lines, strings.Join(strings.Fields(text), " "))
		p.last = indent
	}
}

// isRow reports whether a line is a row of a table: its cells stand apart.
func (p *plain) isRow(text string) bool {
	if len(text) > maxRow || !wideGap.MatchString(text) {
		return false
	}
	if p.table {
		return true
	}
	cells := splitCells(text)
	if len(cells) == 2 && isMarker(cells[0]) {
		return false
	}
	return len(cells) > 1
}

// startsParagraph reports whether a line opens a paragraph though no blank
// line stands before it.
func (p *plain) startsParagraph(text string, indent int) bool {
	if len(p.lines) == 0 {
		return false
	}
	prev := p.lines[len(p.lines)-1]
	ended := strings.ContainsAny(prev[len(prev)-1:], ".:;") || len(prev) < 50
	return ended && (isHeading(text) || indent > p.last+2)
}

func row(text string) string {
	cells := splitCells(text)
	if len(cells) == 0 {
		return text
	}
	return joinCells(cells)
}

func splitCells(text string) []string {
	var cells []string
	for _, c := range wideGap.Split(text, -1) {
		if c = strings.Join(strings.Fields(c), " "); c != "" {
			cells = append(cells, c)
		}
	}
	return cells
}

func (p *plain) flush() {
	p.endParagraph()
	p.endRows()
}

func (p *plain) endParagraph() {
	if len(p.lines) > 0 {
		p.out = append(p.out, tidyFigures(strings.Join(p.lines, " ")))
		p.lines = p.lines[:0]
	}
}

func (p *plain) endRows() {
	if len(p.rows) > 0 {
		p.out = append(p.out, strings.Join(p.rows, "\n"))
		p.rows = p.rows[:0]
	}
}

func collapseKeepTabs(s string) string {
	s = strings.ReplaceAll(s, "\r\n", "\n")
	return collapse(strings.ReplaceAll(s, "\t", "    "))
}
