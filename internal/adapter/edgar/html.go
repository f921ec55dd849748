package edgar

import (
	"bytes"
	"strings"

	"golang.org/x/net/html"
	"golang.org/x/net/html/atom"
)

// pageBreak is a paragraph of its own between pages; it never leaves the
// converter.
const pageBreak = "\f"

// A converter turns the tokens of one document into paragraphs. Nested
// tables need no stack: an inner table ends the row it stands in.
type converter struct {
	out        []string // finished paragraphs and page breaks
	text       strings.Builder
	cells      []string // finished cells of the open row
	rows       []string // finished rows of the open table
	inCell     bool
	tables     int    // open <table> elements
	pre        int    // open <pre> elements
	skip       region // hidden
	raised     region // superscript
	footnote   bool   // the superscript is a number: it is set apart
	honourHide bool
	size       int  // bytes of text read
	more       bool // the bounds ended the reading
}

// A region is the inside of one element, found by counting elements of its name.
type region struct {
	name  string
	depth int
}

func (r *region) open(name string) {
	if name == r.name {
		r.depth++
	}
}

// close reports whether the tag ended the region.
func (r *region) close(name string) bool {
	if name != r.name {
		return false
	}
	if r.depth--; r.depth > 0 {
		return false
	}
	*r = region{}
	return true
}

// htmlText returns the plain text of an HTML filing.
func htmlText(raw []byte) (text string, more bool) {
	c := &converter{honourHide: true}
	if !c.read(raw) {
		// A hidden element that never ends would hide the whole filing.
		c = &converter{}
		c.read(raw)
	}
	return assemble(c.out), c.more
}

// read reports false when the document ended inside a hidden element.
func (c *converter) read(raw []byte) bool {
	z := html.NewTokenizer(bytes.NewReader(raw))
	z.SetMaxBuf(maxPlain)
	for c.size < maxPlain && len(c.out) < maxParas {
		switch z.Next() {
		case html.ErrorToken:
			c.endRow()
			c.endTable()
			return c.skip.name == ""
		case html.TextToken:
			if c.skip.name == "" {
				c.write(z.Text())
			}
		case html.StartTagToken:
			name, attrs := tagName(z)
			c.open(name, attrs, false)
		case html.SelfClosingTagToken:
			name, attrs := tagName(z)
			c.open(name, attrs, true)
		case html.EndTagToken:
			name, _ := z.TagName()
			c.close(string(name))
		default: // comments and doctypes carry no text
		}
	}
	c.more = true
	return true
}

// tagName returns the tag's name and the style attribute.
func tagName(z *html.Tokenizer) (name, style string) {
	b, more := z.TagName()
	name = string(b)
	for n := 0; more && n < 64; n++ { // a bound: a tag of a million attributes is not a filing
		var key, val []byte
		key, val, more = z.TagAttr()
		if string(key) == "style" {
			style = strings.ToLower(strings.Join(strings.Fields(string(val)), ""))
		}
	}
	return name, style
}

// write appends text. Outside <pre>, line ends are plain space.
func (c *converter) write(b []byte) {
	c.size += len(b)
	if c.raised.name != "" && !c.footnote && startsWithDigit(b) {
		// "$5.60" with a raised 1 behind it must not read as $5.601.
		c.text.WriteString(" (")
		c.footnote = true
	}
	if c.pre > 0 {
		c.text.Write(b)
		return
	}
	for i, c2 := range b {
		if c2 == '\n' || c2 == '\r' || c2 == '\t' {
			b[i] = ' '
		}
	}
	c.text.Write(b)
}

// open handles a start tag. An element closed in its own tag is empty.
func (c *converter) open(name, style string, selfClosing bool) {
	if selfClosing && !isVoid(name) {
		return
	}
	if c.skip.name != "" {
		c.skip.open(name)
		return
	}
	if c.hides(name, style) {
		c.skip = region{name, 1}
		return
	}
	c.raised.open(name)
	if c.raised.name == "" && raises(name, style) {
		c.raised = region{name, 1}
	}
	if strings.Contains(style, "page-break-before:always") || strings.Contains(style, "page-break-after:always") {
		c.breakPage()
	}
	switch atom.Lookup([]byte(name)) {
	case atom.Br:
		c.text.WriteByte('\n')
	case atom.Hr:
		c.breakPage()
	case atom.Table:
		c.endRow()
		c.tables++
	case atom.Tr:
		c.endRow()
	case atom.Td, atom.Th:
		c.endCell()
		c.inCell = c.tables > 0
	case atom.Pre:
		c.block()
		c.pre++
	default:
		if isBlock(name) {
			c.block()
		}
	}
}

func (c *converter) close(name string) {
	if c.skip.name != "" {
		c.skip.close(name)
		return
	}
	if c.raised.close(name) && c.footnote {
		c.text.WriteString(") ")
		c.footnote = false
	}
	switch atom.Lookup([]byte(name)) {
	case atom.Table:
		c.endRow()
		c.endTable()
		c.tables = max(0, c.tables-1)
	case atom.Tr:
		c.endRow()
	case atom.Td, atom.Th:
		c.endCell()
	case atom.Pre:
		c.block()
		c.pre = max(0, c.pre-1)
	default:
		if isBlock(name) {
			c.block()
		}
	}
}

// hides reports whether the element is not part of what people read: code,
// the head, and the hidden part of inline XBRL.
func (c *converter) hides(name, style string) bool {
	switch name {
	case "script", "style", "title", "ix:header", "ix:hidden":
		return c.honourHide || name == "script" || name == "style"
	case "div", "span", "td", "tr", "table":
		return c.honourHide && strings.Contains(style, "display:none")
	}
	return false
}

// raises reports whether the element is set above the line.
func raises(name, style string) bool {
	switch name {
	case "sup":
		return true
	case "span", "font":
		return strings.Contains(style, "vertical-align:super") || strings.Contains(style, "position:relative;top:-")
	}
	return false
}

func startsWithDigit(b []byte) bool {
	b = bytes.TrimLeft(b, " \n\r\t")
	return len(b) > 0 && b[0] >= '0' && b[0] <= '9'
}

// isVoid reports whether a tag that closes itself does something all the same:
// HTML does not let the others be empty, but XHTML does.
func isVoid(name string) bool { return name == "br" || name == "hr" || name == "div" || name == "p" }

func isBlock(name string) bool {
	switch name {
	case "p", "div", "li", "ul", "ol", "dl", "dt", "dd", "center", "blockquote", "body", "html", "head",
		"h1", "h2", "h3", "h4", "h5", "h6", "section", "article", "header", "footer", "address", "form",
		"page", "caption", "tbody", "thead", "tfoot", "document", "text", "type", "sequence", "filename", "description":
		return true
	}
	return false
}

// block ends a paragraph; in a cell it only parts its lines.
func (c *converter) block() {
	if c.inCell {
		c.text.WriteString("\n\n")
		return
	}
	c.endTable()
	c.flush()
}

// flush makes paragraphs of the text collected outside of tables.
func (c *converter) flush() {
	if c.text.Len() == 0 {
		return
	}
	s := c.text.String()
	c.text.Reset()
	if c.pre > 0 {
		paras, _ := plainParagraphs(s)
		c.out = append(c.out, paras...)
		return
	}
	c.out = append(c.out, paragraphs(s)...)
}

func (c *converter) endCell() {
	if !c.inCell {
		c.flush()
		return
	}
	c.cells = append(c.cells, c.text.String())
	c.text.Reset()
	c.inCell = false
}

// endRow turns the cells of a row into a line of the table, or into
// paragraphs when the table only served the layout.
func (c *converter) endRow() {
	c.endCell()
	cells := c.cells
	c.cells = nil
	full := cells[:0]
	for _, cell := range cells {
		if strings.TrimSpace(collapse(cell)) != "" {
			full = append(full, cell)
		}
	}
	switch {
	case len(full) == 0:
	case len(full) == 1 && len(c.rows) > 0 && isRowLabel(full[0]):
		c.rows = append(c.rows, tidyFigures(strings.Join(strings.Fields(collapse(full[0])), " ")))
	case len(full) == 1:
		c.endTable()
		c.out = append(c.out, paragraphs(full[0])...)
	default:
		c.addRow(full)
	}
}

func (c *converter) addRow(full []string) {
	for i := range full {
		full[i] = strings.Join(strings.Fields(collapse(full[i])), " ")
	}
	if isMarker(full[0]) && len(full) == 2 {
		c.endTable()
		c.out = append(c.out, paragraphs(full[0]+" "+full[1])...)
		return
	}
	c.rows = append(c.rows, joinCells(full))
}

// endTable makes one paragraph of the rows that stand together.
func (c *converter) endTable() {
	if len(c.rows) > 0 {
		c.out = append(c.out, strings.Join(c.rows, "\n"))
		c.rows = nil
	}
}

func (c *converter) breakPage() {
	if c.inCell {
		c.text.WriteString("\n\n")
		return
	}
	c.endTable()
	c.flush()
	c.out = append(c.out, pageBreak)
}
