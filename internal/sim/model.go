package sim

import (
	"encoding/json"
	"errors"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"stockdigest.app/stockdigest"
)

// A chat is a request to the model server.
type chat struct {
	Model    string `json:"model"`
	Messages []struct {
		Role    string `json:"role"`
		Content string `json:"content"`
	} `json:"messages"`
	Format struct {
		Schema struct {
			Schema json.RawMessage `json:"schema"`
		} `json:"json_schema"`
	} `json:"response_format"`
	MaxTokens int `json:"max_completion_tokens"`
}

// text is all that the model reads.
func (c chat) text() string {
	var b strings.Builder
	for _, m := range c.Messages {
		b.WriteString(m.Role + "\n" + m.Content + "\n")
	}
	return b.String()
}

// key names the work: the same model, the same words.
func (c chat) key() string { return stockdigest.Hash(c.Model + "\n" + c.text())[:16] }

// usage is what a call is billed by. Four bytes of English are about a token.
func (c chat) usage(answer string) Usage {
	return Usage{In: len(c.text())/4 + 1, Out: len(answer)/4 + 1}
}

// input is the last message, where a prompt has its data.
func (c chat) input() string {
	if len(c.Messages) == 0 {
		return ""
	}
	return c.Messages[len(c.Messages)-1].Content
}

var numberedLine = regexp.MustCompile(`(?m)^\[(\d+)\] (.*)$`)

// about finds out which article or company a prompt shows, for the log.
func (s *Sim) about(input string) (route string, tickers []string) {
	for line := range strings.Lines(input) {
		line = strings.TrimSpace(line)
		if title, ok := strings.CutPrefix(line, "title: "); ok {
			if at, known := s.byTitle[title]; known {
				return "read", s.articles[at].tickers
			}
			return "read", nil
		}
		if name, ok := strings.CutPrefix(line, "company: "); ok {
			for _, c := range s.companies {
				if c.full == name {
					return "order", []string{c.symbol}
				}
			}
			return "order", nil
		}
	}
	return "read", nil
}

// think answers a prompt: whatever the schema asks for, and where it asks for
// numbers, those of lines the prompt shows. Equal prompts get equal answers.
func (s *Sim) think(c chat, route string) string {
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
	t := thought{dice: newDice(s.cfg.Seed, "thought", c.key()), numbers: choose(lines, most)}
	var schema shape
	if json.Unmarshal(c.Format.Schema.Schema, &schema) != nil {
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
	figures := func(l line) int {
		n := 0
		for _, r := range l.text {
			if r >= '0' && r <= '9' || r == '$' || r == '%' {
				n++
			}
		}
		return min(n, 8)
	}
	slices.SortStableFunc(lines, func(a, b line) int { return figures(b) - figures(a) })
	numbers := []int{}
	for _, l := range lines[:min(len(lines), most)] {
		numbers = append(numbers, l.n)
	}
	return numbers
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

var errNoChat = errors.New("no messages")

func readChat(raw []byte) (chat, error) {
	var c chat
	if err := json.Unmarshal(raw, &c); err != nil {
		return c, err
	}
	if len(c.Messages) == 0 {
		return c, errNoChat
	}
	return c, nil
}

// completion is the answer as the model server sends it.
func completion(c chat, text string, u Usage) []byte {
	raw, err := json.Marshal(map[string]any{
		"id": "chatcmpl-" + c.key(), "object": "chat.completion", "model": c.Model,
		"choices": []any{map[string]any{
			"index": 0, "finish_reason": "stop", "message": map[string]any{"role": "assistant", "content": text},
		}},
		"usage": map[string]any{
			"prompt_tokens": u.In, "completion_tokens": u.Out, "total_tokens": u.In + u.Out,
			"prompt_tokens_details": map[string]int{"cached_tokens": u.InCached},
		},
	})
	if err != nil {
		return []byte("{}") // cannot be: it holds plain values only
	}
	return raw
}
