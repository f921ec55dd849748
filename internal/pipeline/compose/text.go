package compose

import (
	"bytes"
	"strings"
	"unicode/utf8"
)

// lineWidth is where plain text wraps; mail programs and people expect 72.
const lineWidth = 72

// text is the digest as plain text, with the same content as its HTML.
func (v digestView) text() []byte {
	var w textWriter
	size := frameSize
	for _, c := range v.Companies {
		size += len(c.text)
	}
	w.out.Grow(size)
	w.top(v.frame)
	for _, c := range v.Companies {
		w.out.WriteString(c.text)
	}
	for _, m := range v.Missing {
		w.group(groupView{Name: m.Name, Ticker: m.Ticker, Lines: []string{m.Line}})
	}
	w.foot(v.Foot)
	return w.out.Bytes()
}

// text is one company's part of a digest.
func (c companyView) text() string {
	var w textWriter
	w.company(c)
	return clean(w.out.String())
}

// text is the letter as plain text, with the same content as its HTML.
func (v letterView) text() string {
	var w textWriter
	w.top(v.frame)
	w.line("")
	w.wrap("", v.Heading)
	for _, paragraph := range v.Lead {
		w.line("")
		w.wrap("", paragraph)
	}
	if v.Button != nil {
		w.line("")
		w.line(v.Button.Text + ":")
		w.link(v.Button.URL)
	}
	for _, g := range v.Groups {
		w.group(g)
	}
	w.foot(v.Foot)
	return clean(w.out.String())
}

// A textWriter lays out plain text.
type textWriter struct{ out bytes.Buffer }

// top and foot are what surrounds every letter.
func (w *textWriter) top(f frame) {
	for _, line := range f.Banner {
		w.wrap("", line)
	}
	if len(f.Banner) > 0 {
		w.line(strings.Repeat("-", lineWidth))
	}
	w.line("StockDigest")
	if f.Date != "" {
		w.wrap("", f.Date)
	}
}

func (w *textWriter) foot(f footView) {
	w.line("")
	w.line(strings.Repeat("-", lineWidth))
	for _, note := range f.Notes {
		w.wrap("", note)
	}
	if f.Why != "" {
		w.wrap("", f.Why)
	}
	for _, s := range f.Stops {
		w.wrap("", "Stop the mails about "+s.Text+":")
		w.link(s.URL)
	}
	if f.Postal != "" || f.Site != "" {
		line := "StockDigest"
		if f.Postal != "" {
			line += ", " + f.Postal
		}
		w.wrap("", line)
		w.link(f.Site)
	}
}

func (w *textWriter) group(g groupView) {
	w.line("")
	w.line(strings.Repeat("-", lineWidth))
	if g.Name != "" {
		w.wrap("", g.Name+inBrackets(g.Ticker, ""))
	}
	if g.Status != "" {
		w.wrap("", g.Status)
	}
	for _, line := range g.Lines {
		w.wrap("", line)
	}
	for _, l := range g.Lists {
		if l.Name != "" {
			w.heading(l.Name)
		} else {
			w.line("")
		}
		for _, i := range l.Items {
			w.item(i)
		}
		if l.More != "" {
			w.wrap("", l.More)
		}
	}
}

func (w *textWriter) item(i itemView) {
	w.first("* ", "  ", i.Text)
	w.link(i.URL)
	var facts []string
	for _, t := range i.Tags {
		facts = append(facts, t.Text)
	}
	if i.Meta != "" {
		facts = append(facts, i.Meta)
	}
	if len(facts) > 0 {
		w.wrap("  ", strings.Join(facts, " · "))
	}
	for _, note := range i.Notes {
		w.wrap("  ", note)
	}
	for _, q := range i.Quotes {
		w.wrap("    ", "“"+q.Text+"”")
		w.wrap("    ", sourceLine(q.Source))
		w.sourceLinks(q.Source)
	}
	w.line("")
}

func (w *textWriter) company(c companyView) {
	w.line("")
	w.line(strings.Repeat("-", lineWidth))
	w.wrap("", c.Name+" ("+c.Ticker+")")
	if c.Status != "" {
		w.wrap("", c.Status)
	}
	w.price(c.Price)
	w.line("")
	w.wrap("", c.BottomLine)
	for _, s := range c.Sections {
		w.heading(s.Name)
		for _, b := range s.Bullets {
			w.bullet(b)
		}
	}
	if c.More != "" {
		w.wrap("", c.More)
	}
	if len(c.Repeats) > 0 {
		w.heading("Told before, nothing new")
		for _, line := range c.Repeats {
			w.wrap("  ", line)
		}
	}
	if len(c.Filings) > 0 {
		w.heading("SEC filings")
		for _, f := range c.Filings {
			w.wrap("  ", f.Text)
			w.link(f.URL)
		}
	}
	for _, s := range c.Sources {
		w.heading("Sources: " + s.Role)
		for _, l := range s.Links {
			w.wrap("  ", l.Text)
			w.link(l.URL)
		}
		if s.More != "" {
			w.wrap("  ", s.More)
		}
	}
	w.line("")
	w.wrap("", c.Coverage+".")
	switch {
	case c.LeftOut != "" && c.WhyNot != "":
		w.wrap("", c.LeftOut+", and why:")
		w.link(c.WhyNot)
	case c.LeftOut != "":
		w.wrap("", c.LeftOut+".")
	}
}

func (w *textWriter) price(p *priceView) {
	if p == nil {
		return
	}
	line := p.Amount
	if p.Change != nil {
		line += " · " + p.Change.Text
	}
	w.wrap("", line+" · "+p.AsOf)
	if p.Chart != "" {
		w.wrap("", p.Alt+". "+p.Closes+".")
	}
}

func (w *textWriter) bullet(b bulletView) {
	if b.Late != "" {
		w.wrap("  ", b.Late)
	}
	if b.Update != "" {
		w.wrap("  ", "Update: "+b.Update)
	}
	w.first("* ", "  ", b.Text)
	var tags []string
	for _, t := range b.Tags {
		tags = append(tags, t.Text)
	}
	tags = append(tags, sourceLine(b.Source))
	if b.Carriers != "" {
		tags = append(tags, b.Carriers)
	}
	w.wrap("  ", strings.Join(tags, " · "))
	w.sourceLinks(b.Source)
	if b.Context != nil {
		w.wrap("    ", "From the filings: "+b.Context.Text)
		w.wrap("    ", sourceLine(b.Context.Source))
		w.sourceLinks(b.Context.Source)
	}
	w.line("")
}

func (w *textWriter) sourceLinks(s sourceView) {
	w.link(s.Sentence)
	w.link(s.Original)
}

func sourceLine(s sourceView) string {
	line := s.Publisher
	if s.When != "" {
		line += ", " + s.When
	}
	return line + inBrackets(s.Label, "")
}

func inBrackets(s, suffix string) string {
	if s == "" {
		return ""
	}
	return " (" + s + suffix + ")"
}

func (w *textWriter) heading(name string) {
	w.line("")
	w.line(strings.ToUpper(name))
	w.line("")
}

// link writes an address on a line of its own, never broken.
func (w *textWriter) link(url string) {
	if url != "" {
		w.line("  <" + url + ">")
	}
}

func (w *textWriter) line(s string) { w.out.WriteString(s + "\n") }

func (w *textWriter) wrap(indent, s string) { w.first(indent, indent, s) }

// first wraps s with its own prefix on the first line.
func (w *textWriter) first(prefix, indent, s string) {
	line, empty := prefix, true
	for word := range strings.FieldsSeq(s) {
		if !empty && utf8.RuneCountInString(line)+1+utf8.RuneCountInString(word) > lineWidth {
			w.line(line)
			line, empty = indent, true
		}
		if !empty {
			line += " "
		}
		line += word
		empty = false
	}
	w.line(line)
}
