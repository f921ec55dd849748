package sim

import (
	_ "embed"
	"fmt"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"
)

//go:embed texts.txt
var textsFile string

// templates are the parts of an article of one kind.
type templates struct {
	name                string
	titles, leads, says []string
}

// texts is the file of templates and words.
type texts struct {
	events   []templates
	company  templates // what may be said of any company
	industry templates
	words    map[string][]string
	trades   []industry
}

// An industry is what a group of companies makes.
type industry struct {
	item, items string
	topics      []string // what its industry feeds are about
}

func readTexts() *texts {
	t := &texts{words: map[string][]string{}}
	section := ""
	for line := range strings.Lines(textsFile) {
		line = strings.TrimSpace(line)
		switch {
		case line == "" || line[0] == '#':
		case line[0] == '[':
			section = strings.Trim(line, "[]")
			if name, ok := strings.CutPrefix(section, "event "); ok {
				t.events = append(t.events, templates{name: name})
			}
		case section == "words":
			t.word(line)
		default:
			t.in(section).add(line)
		}
	}
	return t
}

func (t *texts) in(section string) *templates {
	switch section {
	case "company":
		return &t.company
	case "industry":
		return &t.industry
	}
	return &t.events[len(t.events)-1]
}

func (p *templates) add(line string) {
	kind, text, _ := strings.Cut(line, " ")
	switch kind {
	case "title":
		p.titles = append(p.titles, text)
	case "lead":
		p.leads = append(p.leads, text)
	case "say":
		p.says = append(p.says, text)
	}
}

func (t *texts) word(line string) {
	name, list, _ := strings.Cut(line, " ")
	switch {
	case name == "industry":
		parts := strings.Split(list, "|")
		t.trades = append(t.trades, industry{item: parts[0], items: parts[1], topics: strings.Split(parts[2], ";")})
	case strings.Contains(list, "|"):
		t.words[name] = strings.Split(list, "|")
	default:
		t.words[name] = strings.Fields(list)
	}
}

// A cast is what the blanks of one article stand for.
type cast struct {
	fixed map[string]string // co, stem, peer, items, …
	told  map[string]string // what headline and lead said, which must agree; nil: drawn anew
	dice  *dice
	texts *texts
}

// fill replaces the blanks and choices of a template.
func (c cast) fill(template string) string {
	var b strings.Builder
	for {
		before, rest, found := strings.Cut(template, "{")
		b.WriteString(before)
		if !found {
			return upperFirst(b.String())
		}
		blank, after, _ := strings.Cut(rest, "}")
		b.WriteString(c.blank(blank))
		template = after
	}
}

func (c cast) blank(name string) string {
	if strings.Contains(name, "|") {
		return pick(c.dice, strings.Split(name, "|"))
	}
	if fixed, ok := c.fixed[name]; ok {
		return fixed
	}
	if told, ok := c.told[name]; ok {
		return told
	}
	drawn := c.draw(name)
	if c.told != nil {
		c.told[name] = drawn
	}
	return drawn
}

func (c cast) draw(name string) string {
	if list, ok := c.texts.words[name]; ok {
		return pick(c.dice, list)
	}
	switch name {
	case "amt", "amt1":
		return amount(c.dice)
	case "pct", "pct1":
		return fmt.Sprintf("%d.%d", c.dice.between(2, 38), c.dice.between(1, 9))
	case "n", "n1":
		return grouped(c.dice.between(12, 99) * []int{1, 10, 100}[c.dice.below(3)])
	case "cents":
		return fmt.Sprintf("$%d.%02d", c.dice.between(1, 92), c.dice.between(1, 99))
	case "year":
		return strconv.Itoa(2027 + c.dice.below(6))
	case "day":
		return pick(c.dice, []string{"Monday", "Tuesday", "Wednesday", "Thursday", "Friday"})
	case "quarter":
		return pick(c.dice, []string{"first", "second", "third", "fourth"})
	case "analyst":
		return c.texts.person(c.dice)
	}
	return name
}

func (t *texts) person(d *dice) string {
	return pick(d, t.words["first"]) + " " + pick(d, t.words["last"])
}

func amount(d *dice) string {
	if d.below(3) == 0 {
		return fmt.Sprintf("$%d.%d billion", d.between(1, 9), d.between(1, 9))
	}
	return fmt.Sprintf("$%d million", d.between(11, 980))
}

func grouped(n int) string {
	if n < 1000 {
		return strconv.Itoa(n)
	}
	return fmt.Sprintf("%d,%03d", n/1000, n%1000)
}

func upperFirst(s string) string {
	r, size := utf8.DecodeRuneInString(s)
	return string(unicode.ToUpper(r)) + s[size:]
}
