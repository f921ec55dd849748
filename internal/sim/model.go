package sim

import (
	"encoding/json"
	"maps"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"stockdigest.app/stockdigest"
)

// A chat is a request to a model, in whatever language it came.
type chat struct {
	model    string
	messages []message
	schema   json.RawMessage
}

type message struct{ role, content string }

// text is all that the model reads.
func (c chat) text() string {
	var b strings.Builder
	for _, m := range c.messages {
		b.WriteString(m.role + "\n" + m.content + "\n")
	}
	return b.String()
}

// key names the work: the same model, the same words.
func (c chat) key() string { return stockdigest.Hash(c.model + "\n" + c.text())[:16] }

// usage is what a call is billed by. Four bytes of English are about a token.
func (c chat) usage(answer string) Usage {
	return Usage{In: len(c.text())/4 + 1, Out: len(answer)/4 + 1}
}

// input is the last message, where a prompt has its data.
func (c chat) input() string {
	if len(c.messages) == 0 {
		return ""
	}
	return c.messages[len(c.messages)-1].content
}

var numberedLine = regexp.MustCompile(`(?m)^\[(\d+)\] (.*)$`)

// about finds out which article or company a prompt shows, for the log.
func (s *Sim) about(input string) (route string, tickers []string) {
	ofCompany := "write"
	switch {
	case strings.Contains(input, "\n<candidates>\n"):
		ofCompany = "vote"
	case strings.Contains(input, "\n<filings>\n"), strings.Contains(input, "\n<articles>\n"):
		ofCompany = "read"
	}
	for line := range strings.Lines(input) {
		line = strings.TrimSpace(line)
		if line == "<bullets>" {
			return "gate", nil
		}
		if title, ok := strings.CutPrefix(line, "title: "); ok {
			if at, known := s.byTitle[title]; known {
				return "read", s.articles[at].tickers
			}
			return "read", nil
		}
		if name, ok := strings.CutPrefix(line, "company: "); ok {
			for _, c := range s.companies {
				if c.full == name {
					return ofCompany, []string{c.symbol}
				}
			}
			return ofCompany, nil
		}
	}
	return "read", nil
}

// think answers a prompt: whatever the schema asks for, and where it asks for
// numbers, those of lines the prompt shows. Equal prompts get equal answers.
func (s *Sim) think(c chat, route string, fault FaultKind) string {
	if route == "gate" {
		return s.gate(c, fault)
	}
	var lines []line
	for _, m := range numberedLine.FindAllStringSubmatch(c.input(), -1) {
		n, err := strconv.Atoi(m[1])
		if err == nil {
			lines = append(lines, line{n, m[2]})
		}
	}
	most := len(lines)
	if route == "read" {
		most = 5
	}
	t := thought{dice: newDice(s.cfg.Seed, "thought", c.key()), numbers: choose(lines, most), texts: map[int]string{}}
	for _, l := range lines {
		t.texts[l.n] = l.text
	}
	t.verdict = map[FaultKind]string{FaultPraise: praise, FaultScorn: scorn}[fault]
	switch fault {
	case FaultLies:
		t.tell = func(line string) string { return s.lie(t.dice, line) }
	case FaultWords:
		t.tell = reworded
	default: // in the line's own words
	}
	if fault == FaultIDs {
		for i := range t.numbers {
			t.numbers[i] += 1000
		}
	}
	var schema shape
	if json.Unmarshal(c.schema, &schema) != nil {
		schema = shape{Type: "object", Properties: map[string]shape{"sentences": {Type: "array", Items: &shape{Type: "integer"}}}}
	}
	raw, err := json.Marshal(t.fit(schema))
	if err != nil {
		return "{}" // cannot be: it holds plain values only
	}
	return string(raw)
}

type line struct {
	n    int
	text string
}

// choose takes the lines with the most figures in them, best first.
func choose(lines []line, most int) []int {
	slices.SortStableFunc(lines, func(a, b line) int { return figures(b.text) - figures(a.text) })
	numbers := []int{}
	for _, l := range lines[:min(len(lines), most)] {
		numbers = append(numbers, l.n)
	}
	return numbers
}

// figures counts the figures of a text, as far as they tell texts apart.
func figures(text string) int {
	n := 0
	for _, r := range text {
		if r >= '0' && r <= '9' || r == '$' || r == '%' {
			n++
		}
	}
	return min(n, 8)
}

// A shape is the part of JSON Schema that prompts use.
type shape struct {
	Type       string           `json:"type"`
	Properties map[string]shape `json:"properties"`
	Items      *shape           `json:"items"`
	Enum       []string         `json:"enum"`
	Minimum    int              `json:"minimum"`
	Maximum    int              `json:"maximum"`
}

// A thought is what an answer is made from.
type thought struct {
	dice    *dice
	numbers []int
	texts   map[int]string           // of the lines, by number
	tell    func(line string) string // makes another text of every other line
	verdict string                   // on every candidate; empty: each by its own line
}

func (t thought) fit(to shape) any {
	switch to.Type {
	case "object":
		out := map[string]any{}
		names := make([]string, 0, len(to.Properties))
		for name := range to.Properties {
			names = append(names, name)
		}
		slices.Sort(names) // the dice must fall in one order
		for _, name := range names {
			out[name] = t.fit(to.Properties[name])
		}
		return out
	case "array":
		if to.Items != nil && to.Items.Properties["from"].Type == "array" {
			return t.bullets(*to.Items)
		}
		if to.Items != nil && to.Items.Properties["vote"].Type == "string" {
			return t.votes()
		}
		if to.Items != nil && to.Items.Properties["channel"].Type == "string" {
			return t.effects()
		}
		if to.Items != nil && to.Items.Type != "integer" {
			return []any{t.fit(*to.Items)}
		}
		return t.numbers
	case "integer", "number":
		return t.dice.between(to.Minimum, max(to.Minimum, to.Maximum))
	case "boolean":
		return true
	}
	if len(to.Enum) > 0 {
		return pick(t.dice, to.Enum)
	}
	return "Nothing more to say."
}

// mostBullets is how many bullets a thought makes of the lines of a prompt.
const mostBullets = 14

// bullets tells a line each, in the line's own words.
func (t thought) bullets(to shape) []any {
	all := []any{}
	for i, n := range t.numbers[:min(len(t.numbers), mostBullets)] {
		one := thought{dice: t.dice, numbers: []int{n}, texts: t.texts}
		bullet, ok := one.fit(to).(map[string]any)
		if !ok {
			continue
		}
		text := t.texts[n]
		if t.tell != nil && i%2 == 0 {
			text = t.tell(text)
		}
		bullet["text"], bullet["impact"], bullet["sentiment"], bullet["relevance"] = text, "medium", "neutral", "direct"
		all = append(all, bullet)
	}
	return all
}

// What a voter says of every candidate whose judgement is gone.
const (
	praise = "high"
	scorn  = "not about"
)

// effects finds that every article concerns the company, or, of a model that
// scorns, that none does.
func (t thought) effects() []any {
	relevance, channel := "indirect", "demand"
	if t.verdict == scorn {
		relevance, channel = "none", "none"
	}
	all := []any{}
	for _, n := range slices.Sorted(maps.Keys(t.texts)) {
		all = append(all, map[string]any{"article": n, "relevance": relevance, "channel": channel})
	}
	return all
}

// votes judges every candidate by its line alone: one with figures in it is
// worth more.
func (t thought) votes() []any {
	all := []any{}
	for _, n := range t.numbers {
		vote := t.verdict
		switch {
		case vote != "":
		case figures(t.texts[n]) > 2:
			vote = "high"
		case figures(t.texts[n]) > 0:
			vote = "medium"
		default:
			vote = "low"
		}
		all = append(all, map[string]any{"line": n, "vote": vote})
	}
	return all
}
