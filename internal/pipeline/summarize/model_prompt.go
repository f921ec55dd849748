package summarize

import (
	_ "embed" // for the prompt
	"encoding/json"
	"errors"
	"fmt"
	"strings"

	"stockdigest.app/stockdigest"
	"stockdigest.app/stockdigest/internal/desk"
	"stockdigest.app/stockdigest/internal/events"
)

// maxPicks is how many sentences of an article a model may name.
const maxPicks = 5

// choosePrompt shows an article. Equal articles in equal roles give equal
// bytes, whoever asks.
func choosePrompt(a *article) stockdigest.Prompt {
	var b strings.Builder
	fmt.Fprintf(&b, "role: %s\n<article>\ntitle: %s\n", a.source.role, desk.Harmless(a.source.evidence.Title))
	numbered(&b, a.lines)
	b.WriteString("</article>\n")
	return stockdigest.Prompt{
		Name: "choose", Version: "1", System: chooseSystem, Input: b.String(),
		Schema: json.RawMessage(chooseSchema), MaxOutput: 2000, // a hundred are enough, but some models reason first
	}
}

// profilePrompt shows a filing: nothing but what it says, so that its one answer
// serves every ticker, run and reader.
func profilePrompt(a *article) stockdigest.Prompt {
	var b strings.Builder
	fmt.Fprintf(&b, "form: %s\n<filing>\n", desk.Harmless(a.source.filing.Form))
	numbered(&b, a.lines)
	b.WriteString("</filing>\n")
	return stockdigest.Prompt{
		Name: "profile", Version: "1", System: profileSystem, Input: b.String(),
		Schema: json.RawMessage(chooseSchema), MaxOutput: 2000, // as for an article
	}
}

func numbered(b *strings.Builder, lines []sentence) {
	for i, s := range lines {
		fmt.Fprintf(b, "[%d] %s\n", i+1, desk.Harmless(s.text))
	}
}

//go:embed prompts/choose.1.txt
var chooseSystem string

//go:embed prompts/profile.1.txt
var profileSystem string

const chooseSchema = `{"type":"object","properties":{"sentences":{"type":"array","items":{"type":"integer"}},"event":{"type":"string","enum":["none","earnings","guidance","deal","legal","regulation","management","jobs","accident","financing","payout","analyst","contract","product","plans"]},"material":{"type":"boolean"}},"required":["sentences","event","material"],"additionalProperties":false}`

// An answer is what is left of a model's answer when everything that was not
// asked for is taken away.
type answer struct {
	numbers  []int // from 1, each at most once, in the model's order
	unknown  int   // entries that name no line, or one twice
	event    events.Kind
	material bool
}

var (
	errNoList = errors.New("it has no list of sentences")
	errNoLine = errors.New("it names no line that was shown")
)

// parseAnswer reads an answer about n lines, and at most most of them. It never
// fails for one bad entry, only when there is nothing that can be used.
func parseAnswer(body []byte, n, most int) (answer, error) {
	var a answer
	var raw struct {
		Sentences []json.RawMessage `json:"sentences"`
		Event     json.RawMessage   `json:"event"`
		Material  json.RawMessage   `json:"material"`
	}
	if err := json.Unmarshal(body, &raw); err != nil {
		return a, fmt.Errorf("read the answer: %w", err)
	}
	if raw.Sentences == nil {
		return a, errNoList
	}
	a.numbers, a.unknown = desk.Numbers(raw.Sentences, n, most)
	if len(a.numbers) == 0 && a.unknown > 0 {
		return a, errNoLine
	}
	a.material = string(raw.Material) != "false" // silence is no verdict
	a.event = eventOf(raw.Event)
	return a, nil
}

// eventOf is the kind that the answer names, when it is one we know.
func eventOf(raw json.RawMessage) events.Kind {
	var name string
	if json.Unmarshal(raw, &name) != nil || events.Kind(name).Points() == 0 {
		return events.None
	}
	return events.Kind(name)
}
