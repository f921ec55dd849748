package page

import (
	"strconv"
	"strings"
	"unicode"

	"golang.org/x/net/html"
	"golang.org/x/net/html/atom"
)

// A block is a run of text that a reader sees as one paragraph, heading, list
// item or table row.
type block struct {
	node      *html.Node // the element that holds the run
	text      string
	linkChars int // characters of text inside links
}

// A blockReader cuts a tree into blocks.
type blockReader struct {
	blocks []block
	buffer strings.Builder
	holder *html.Node
	links  int // characters of the buffer inside links
	inLink int
	breaks int // line breaks since the last text
	skip   func(*html.Node) bool
}

// blocksOf returns the blocks below root, without what skip refuses.
func blocksOf(root *html.Node, skip func(*html.Node) bool) []block {
	r := &blockReader{skip: skip, holder: root}
	r.walk(root)
	r.flush()
	return r.blocks
}

func (r *blockReader) walk(n *html.Node) {
	switch n.Type {
	case html.TextNode:
		r.add(n.Data)
		return
	case html.ElementNode:
		if invisible(n) || r.skip != nil && r.skip(n) {
			return
		}
	case html.DocumentNode:
	default:
		return
	}
	if n.DataAtom == atom.Br {
		r.lineBreak()
		return
	}
	isBlock := n.Type == html.ElementNode && blockElement(n.DataAtom)
	outer := r.holder
	if isBlock {
		r.enter(n)
	}
	if n.DataAtom == atom.A {
		r.inLink++
	}
	for c := n.FirstChild; c != nil; c = c.NextSibling {
		r.walk(c)
	}
	if n.DataAtom == atom.A {
		r.inLink--
	}
	if isBlock {
		r.leave(n)
		r.holder = outer
	}
}

// enter starts a block; cells of a table row stay in one block as long as they
// hold nothing but text.
func (r *blockReader) enter(n *html.Node) {
	if cell(n) && strings.TrimSpace(r.buffer.String()) != "" {
		r.buffer.WriteString(" | ")
		return
	}
	if !cell(n) {
		r.flush()
		r.holder = n
	}
}

func (r *blockReader) leave(n *html.Node) {
	if !cell(n) {
		r.flush()
	}
}

func cell(n *html.Node) bool { return n.DataAtom == atom.Td || n.DataAtom == atom.Th }

func (r *blockReader) add(text string) {
	if strings.TrimSpace(text) != "" {
		r.breaks = 0
	}
	r.buffer.WriteString(text)
	if r.inLink > 0 {
		r.links += len(strings.TrimSpace(text))
	}
}

// lineBreak makes a space of one break and a new paragraph of two.
func (r *blockReader) lineBreak() {
	r.breaks++
	if r.breaks >= 2 {
		r.flush()
		return
	}
	r.buffer.WriteByte('\n')
}

func (r *blockReader) flush() {
	text := squeeze(r.buffer.String())
	if strings.ContainsFunc(text, wordy) {
		r.blocks = append(r.blocks, block{node: r.holder, text: text, linkChars: min(r.links, len(text))})
	}
	r.buffer.Reset()
	r.links, r.breaks = 0, 0
}

// wordy reports whether a character can be part of a word: a block of arrows or
// rules says nothing.
func wordy(c rune) bool { return unicode.IsLetter(c) || unicode.IsNumber(c) }

// squeeze makes one space of any run of blanks and drops characters that have
// no width.
func squeeze(s string) string {
	var b strings.Builder
	b.Grow(len(s))
	space := false
	for _, c := range s {
		switch {
		case c == '\u00ad' || c == '\u200b' || c == '\ufeff' || c == '\u2060' || c == '\u200e' || c == '\u200f':
		case unicode.IsSpace(c):
			space = b.Len() > 0
		case unicode.IsControl(c):
		default:
			if space {
				b.WriteByte(' ')
				space = false
			}
			b.WriteRune(c)
		}
	}
	return b.String()
}

// invisible reports whether a reader never sees the element.
func invisible(n *html.Node) bool {
	switch n.DataAtom {
	case atom.Script, atom.Style, atom.Noscript, atom.Template, atom.Svg, atom.Iframe, atom.Object, atom.Embed,
		atom.Head, atom.Textarea, atom.Select, atom.Input, atom.Canvas, atom.Math, atom.Audio, atom.Video, atom.Map:
		return true
	default:
	}
	for _, a := range n.Attr {
		switch a.Key {
		case "hidden":
			return true
		case "style":
			if unseen(a.Val) {
				return true
			}
		case "aria-hidden":
			if a.Val == "true" && !mayHoldArticle(n.DataAtom) {
				return true
			}
		}
	}
	return false
}

// mayHoldArticle reports whether an element may be hidden from screen readers
// only because something is shown above it.
func mayHoldArticle(a atom.Atom) bool {
	return a == atom.Body || a == atom.Main || a == atom.Article || a == atom.Div || a == atom.Section || a == atom.Html
}

// unseen reports whether an inline style keeps an element from being read:
// pages hide there what is meant for search engines and programs.
func unseen(style string) bool {
	style = strings.ToLower(style[:min(len(style), maxStyle)])
	moved := strings.Contains(style, "absolute") || strings.Contains(style, "fixed")
	ink, ground := "", "none"
	for part := range strings.SplitSeq(style, ";") {
		key, value, _ := strings.Cut(part, ":")
		value = strings.TrimSpace(strings.TrimSuffix(strings.TrimSpace(value), "!important"))
		size, unit := measure(value)
		hidden := false
		switch strings.TrimSpace(key) {
		case "display":
			hidden = value == "none"
		case "visibility":
			hidden = value == "hidden" || value == "collapse"
		case "font-size":
			hidden = unit == "px" && size <= 2 || unit != "none" && size == 0
		case "left", "top", "right":
			hidden = moved && unit != "none" && size <= -900
		case "text-indent":
			hidden = unit != "none" && size <= -900
		case "clip":
			hidden = strings.Trim(value, "rect(), 0px") == ""
		case "color":
			ink = value
		case "background", "background-color":
			ground = value
		}
		if hidden {
			return true
		}
	}
	return ink == ground && strings.ContainsAny(ink, "#(w") // a color, not "inherit"
}

const maxStyle = 1000 // bytes of a style attribute that are read

// measure reads "12px"; the unit is "none" when it is no measure.
func measure(value string) (size float64, unit string) {
	n := strings.IndexFunc(value, func(c rune) bool { return c != '-' && c != '.' && (c < '0' || c > '9') })
	if n < 0 {
		n = len(value)
	}
	size, err := strconv.ParseFloat(value[:n], 64)
	if err != nil {
		return 0, "none"
	}
	return size, value[n:]
}

func blockElement(a atom.Atom) bool {
	switch a {
	case atom.Address, atom.Article, atom.Aside, atom.Blockquote, atom.Body, atom.Button, atom.Caption, atom.Center, atom.Dd, atom.Details,
		atom.Dialog, atom.Div, atom.Dl, atom.Dt, atom.Fieldset, atom.Figcaption, atom.Figure, atom.Footer, atom.Form,
		atom.H1, atom.H2, atom.H3, atom.H4, atom.H5, atom.H6, atom.Header, atom.Hr, atom.Html, atom.Legend, atom.Li,
		atom.Main, atom.Nav, atom.Ol, atom.P, atom.Picture, atom.Pre, atom.Section, atom.Summary, atom.Table, atom.Tbody,
		atom.Td, atom.Tfoot, atom.Th, atom.Thead, atom.Tr, atom.Ul:
		return true
	default:
		return false
	}
}

func attr(n *html.Node, key string) string {
	for _, a := range n.Attr {
		if a.Key == key {
			return a.Val
		}
	}
	return ""
}
