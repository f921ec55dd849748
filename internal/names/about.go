package names

import (
	"cmp"
	"fmt"
	"strings"

	"stockdigest.app/stockdigest"
)

// A Verdict says whether an article is about a company, and on what evidence.
type Verdict struct {
	About  bool
	Sure   bool   // false when only the body can tell
	Reason string // one line for people
	Score  int    // 0 to 3: how plainly the company is the subject
}

// About judges whether an article is about t. Title and description decide
// when they can; an empty body leaves the rest unsure.
func (l *Linker) About(t stockdigest.Ticker, title, description, body string) Verdict {
	l = l.With(t)
	target, known := l.at[t.Symbol]
	if !known {
		return Verdict{Reason: fmt.Sprintf("%s is not in the table", t.Symbol)}
	}
	v := l.aboutTitle(target, title, description)
	if v.Sure || strings.TrimSpace(body) == "" {
		return v
	}
	return l.aboutBody(target, body)
}

func (l *Linker) aboutTitle(target int, title, description string) Verdict {
	name := l.display(target)
	head := l.tally(target, title, false)
	lead := l.tally(target, description, false)
	if (head.best >= Certain || lead.best >= Certain) && !l.vouched(target, head, lead, title+"\n"+description) {
		return Verdict{Score: 1, Reason: fmt.Sprintf("nothing beside %s speaks of a company", quote(cmp.Or(head.text, lead.text)))}
	}
	switch {
	case head.best >= Certain && head.kind == stockdigest.NamePerson && !head.weak && lead.best < Certain && l.context(target, title+" "+description) == "":
		return Verdict{Score: 1, Reason: "the title only names " + head.named(name)}
	case head.best >= Certain:
		return Verdict{About: true, Sure: true, Score: head.score(), Reason: "the title names " + head.named(name)}
	case head.weak && lead.best >= Certain:
		return Verdict{About: true, Sure: true, Score: 2, Reason: "the title says " + quote(head.weakText) + " and the description names " + lead.named(name)}
	case head.weak && l.context(target, title+" "+description) != "":
		return Verdict{About: true, Sure: true, Score: 2, Reason: fmt.Sprintf("the title says %s beside %s", quote(head.weakText), quote(l.context(target, title+" "+description)))}
	case head.mistaken != "":
		return Verdict{Sure: true, Reason: fmt.Sprintf("the title says %s, which is not %s", quote(head.mistaken), name)}
	case lead.best >= Certain && lead.rank == 0 && head.others == 0 && lead.at < 120:
		return Verdict{About: true, Sure: true, Score: 2, Reason: "the description opens with " + lead.named(name)}
	case head.weak:
		return Verdict{Score: 1, Reason: fmt.Sprintf("the title says %s, which may be a plain word", quote(head.weakText))}
	case lead.best >= Certain:
		return Verdict{Score: 1, Reason: "only the description names " + lead.named(name)}
	}
	return Verdict{Reason: "neither title nor description names " + name}
}

// aboutBody asks for prominence: in the lead and again, or often and with a
// fair share of all companies named.
func (l *Linker) aboutBody(target int, body string) Verdict {
	const longest = 200 << 10
	if len(body) > longest {
		body = body[:longest]
	}
	name := l.display(target)
	c := l.tally(target, body, true)
	switch {
	case c.best < Certain:
		return Verdict{Sure: true, Reason: "the text never names " + name}
	case !c.firm && l.context(target, body) == "" && l.words.corporate(c.near) < 2:
		return Verdict{Sure: true, Reason: fmt.Sprintf("the text says %s, and nothing in it speaks of a company", quote(c.text))}
	case c.at < leadBytes && (c.count >= 3 || c.count == 2 && c.others <= 6):
		return Verdict{About: true, Sure: true, Score: 2, Reason: fmt.Sprintf("the text names %s in its first lines and %d times in all", c.named(name), c.count)}
	case c.count >= 4 && c.count*4 >= c.count+c.others && c.at < len(body)/2:
		return Verdict{About: true, Sure: true, Score: 1, Reason: fmt.Sprintf("the text names %s %d times", c.named(name), c.count)}
	}
	return Verdict{Sure: true, Reason: fmt.Sprintf("the text only mentions %s in passing (%d times)", c.named(name), c.count)}
}

// leadBytes is how far the first lines of an article reach.
const leadBytes = 600

// How much of a text around bare names is looked at for words of companies.
const (
	nearBytes = 120
	maxNear   = 8 << 10
)

// A count is what a text says about one company.
type count struct {
	best     float64 // confidence of the surest mention
	kind     stockdigest.NameKind
	text     string
	at       int // byte of the first sure mention
	rank     int // sure mentions of other companies before it
	count    int
	others   int
	firm     bool   // a sure mention that nobody but a company has
	near     string // what stands around sure mentions that are not firm
	weak     bool   // the word stands there without evidence
	weakText string
	mistaken string // the word stands there as part of something else
}

func (c count) score() int {
	if c.kind == stockdigest.NameCompany || c.kind == stockdigest.NameBrand {
		return 3
	}
	return 2
}

func (c count) named(name string) string {
	if strings.EqualFold(c.text, name) || c.kind == stockdigest.NameCompany {
		return c.text
	}
	return fmt.Sprintf("%s (%s of %s)", c.text, c.kind, name)
}

func (l *Linker) tally(target int, text string, body bool) count {
	c := count{}
	hits := l.scan(text, target)
	if body {
		l.oneSense(hits, target)
	}
	for _, h := range hits {
		mine := l.means(h.form, target)
		if body && h.form.kind == stockdigest.NamePerson {
			continue // people stand for many things, and the text names the company when it is meant
		}
		switch {
		case h.confidence >= Certain && mine:
			c.take(text, h)
		case h.confidence >= Certain:
			c.others++
			if c.count == 0 {
				c.rank++
			}
		case mine && h.confidence >= doubtful:
			c.weak, c.weakText = true, text[h.start:h.end]
		case mine && h.why == "part of another name" || mine && h.why == aPerson:
			c.mistaken = text[h.start:h.end] + "” in “" + around(text, h)
		}
	}
	return c
}

// oneSense settles doubtful hits of the target by the rest of a long text: a
// word that is surely the company once is it everywhere, and one that begins
// as a person's surname stays that unless another name of the company stands
// there too.
func (l *Linker) oneSense(hits []hit, target int) {
	sure, people := map[*form]bool{}, map[*form]bool{}
	named, seen := map[*form]bool{}, map[*form]bool{}
	for _, h := range hits {
		if !l.means(h.form, target) {
			continue
		}
		if !seen[h.form] && h.why == aPerson {
			people[h.form] = true
		}
		seen[h.form] = true
		if h.confidence >= Certain && h.form.kind != stockdigest.NamePerson {
			sure[h.form] = true
		}
		if h.confidence >= 0.9 && h.form.kind != stockdigest.NamePerson {
			named[h.form] = true
		}
	}
	for k := range hits {
		h := &hits[k]
		switch {
		case people[h.form] && len(named) == 0:
			h.confidence, h.why = min(h.confidence, 0.2), aPerson
		case sure[h.form] && h.confidence == doubtful && (h.form.told || h.form.full):
			h.confidence, h.why = 0.6, "the same word as a sure one"
		}
	}
}

func (c *count) take(text string, h hit) {
	if c.count == 0 {
		c.at = h.start
	}
	c.count++
	c.firm = c.firm || h.firm
	if !c.firm && len(c.near) < maxNear {
		c.near += " " + text[max(0, h.start-nearBytes):min(len(text), h.end+nearBytes)]
	}
	person := h.form.kind == stockdigest.NamePerson
	if c.best == 0 || person == (c.kind == stockdigest.NamePerson) && h.confidence > c.best || !person && c.kind == stockdigest.NamePerson {
		c.best, c.kind, c.text = h.confidence, h.form.kind, text[h.start:h.end]
	}
}

func around(text string, h hit) string {
	from, to := max(0, h.start-20), min(len(text), h.end+20)
	if i := strings.IndexByte(text[from:h.start], ' '); i >= 0 && from > 0 {
		from += i + 1
	}
	if i := strings.LastIndexByte(text[h.end:to], ' '); i > 0 && to < len(text) {
		to = h.end + i
	}
	return strings.ToValidUTF8(text[from:to], "")
}

// means reports whether a form stands for the company of target.
func (l *Linker) means(f *form, target int) bool {
	for _, o := range f.owners {
		if l.sameCompany(o, target) {
			return true
		}
	}
	return false
}

// context returns the first context word of a company that text holds.
func (l *Linker) context(target int, text string) string {
	low := " " + strings.ToLower(text) + " "
	for _, n := range l.tickers[target].Names {
		if n.Kind == stockdigest.NameContext && strings.Contains(low, strings.ToLower(n.Text)) {
			return n.Text
		}
	}
	return ""
}

// display returns the name people use.
func (l *Linker) display(target int) string { return legalCore(l.tickers[target].Name) }

func quote(s string) string { return "“" + s + "”" }
