package compose

import (
	"strings"
	"unicode/utf8"

	"stockdigest.app/stockdigest"
)

// lineWidth is where plain text wraps; mail programs and people expect 72.
const lineWidth = 72

// Text renders a digest as plain text with the same content as HTML.
func Text(d stockdigest.Digest, links Links) ([]byte, error) {
	v, err := newView(d, links, maxBullets)
	if err != nil {
		return nil, err
	}
	var w textWriter
	w.line("StockDigest")
	w.line(v.Date + ". Times in " + v.Zone + ".")
	for _, c := range v.Companies {
		w.company(c)
	}
	w.line("")
	w.line(strings.Repeat("-", lineWidth))
	w.wrap("", "Chosen and checked by software"+inBrackets(v.Writer, " writer")+": every quote was found word for word in the stored text of its source. Counts are computed, never written.")
	w.line("For information only. Not investment advice.")
	return []byte(w.out.String()), nil
}

// A textWriter lays out plain text.
type textWriter struct{ out strings.Builder }

func (w *textWriter) company(c companyView) {
	w.line("")
	w.line(strings.Repeat("=", lineWidth))
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
	if c.More > 0 {
		w.wrap("", digits(c.More, "bullet")+" more on the web page of this digest.")
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
	}
	w.line("")
	w.wrap("", c.Coverage+".")
	if c.LeftOut != "" {
		w.wrap("", c.LeftOut+".")
	}
	if c.WhyNot != "" {
		w.wrap("", "Why: "+c.WhyNot)
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
}

func (w *textWriter) bullet(b bulletView) {
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
