package summarize

import (
	"embed"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"strings"

	"stockdigest.app/stockdigest"
	"stockdigest.app/stockdigest/internal/events"
)

//go:embed prompts/*.txt
var prompts embed.FS

// A template is one version of a prompt. A changed text is a new version, with
// a new file: answers of the old one stay what they were paid for.
type template struct {
	name, version string
	schema        string
	maxOutput     int // tokens; the answer needs a hundred, a model that reasons briefly ten times that
}

func (t template) prompt(input string) stockdigest.Prompt {
	system, err := prompts.ReadFile("prompts/" + t.name + "." + t.version + ".txt")
	if err != nil {
		panic(fmt.Sprintf("the prompt %s.%s is not embedded", t.name, t.version)) // a test renders every one
	}
	return stockdigest.Prompt{
		Name: t.name, Version: t.version, System: string(system), Input: input,
		Schema: json.RawMessage(t.schema), MaxOutput: t.maxOutput,
	}
}

// maxPicks is how many sentences of an article a model may name.
const maxPicks = 5

// choosePrompt shows an article. Equal articles in equal roles give equal
// bytes, whoever asks.
func choosePrompt(a *article) stockdigest.Prompt {
	var b strings.Builder
	fmt.Fprintf(&b, "role: %s\n<article>\ntitle: %s\n", a.source.role, harmless(a.source.evidence.Title))
	numbered(&b, a.lines)
	b.WriteString("</article>\n")
	return template{name: "choose", version: "1", schema: chooseSchema, maxOutput: 2000}.prompt(b.String())
}

func numbered(b *strings.Builder, lines []sentence) {
	for i, s := range lines {
		fmt.Fprintf(b, "[%d] %s\n", i+1, harmless(s.text))
	}
}

// maxLine bounds a title in a prompt; sentences are shorter by themselves.
const maxLine = 1000

// harmless is s on one line, without the marks that end the data.
func harmless(s string) string {
	s = strings.NewReplacer("<", "‹", ">", "›").Replace(strings.Join(strings.Fields(strings.ToValidUTF8(s, "")), " "))
	if len(s) > maxLine {
		s = strings.ToValidUTF8(s[:maxLine], "")
	}
	return s
}

const chooseSchema = `{"type":"object","properties":{"sentences":{"type":"array","items":{"type":"integer"}},"event":{"type":"string","enum":["none","earnings","guidance","deal","legal","regulation","management","jobs","accident","financing","payout","analyst","contract","product","plans"]},"material":{"type":"boolean"}},"required":["sentences","event","material"],"additionalProperties":false}`

// An answer is what is left of a model's answer when everything that was not
// asked for is taken away.
type answer struct {
	numbers  []int // from 1, each at most once, in the model's order
	unknown  int   // entries that name no line, or one twice
	event    events.Kind
	material bool
}

// maxAnswer is far above any answer of numbers.
const maxAnswer = 64 << 10

var (
	errTooLong = errors.New("it is too long")
	errNoList  = errors.New("it has no list of sentences")
	errNoLine  = errors.New("it names no line that was shown")
)

// parseAnswer reads an answer about n lines, and at most most of them. It never
// fails for one bad entry, only when there is nothing that can be used.
func parseAnswer(text string, n, most int) (answer, error) {
	var a answer
	if len(text) > maxAnswer {
		return a, errTooLong
	}
	var raw struct {
		Sentences []json.RawMessage `json:"sentences"`
		Event     json.RawMessage   `json:"event"`
		Material  json.RawMessage   `json:"material"`
	}
	if err := json.Unmarshal([]byte(text), &raw); err != nil {
		return a, fmt.Errorf("read the answer: %w", err)
	}
	if raw.Sentences == nil {
		return a, errNoList
	}
	seen := map[int]bool{}
	for _, entry := range raw.Sentences {
		i, err := strconv.Atoi(string(entry))
		if err != nil || i < 1 || i > n || seen[i] || len(a.numbers) == most {
			a.unknown++
			continue
		}
		seen[i] = true
		a.numbers = append(a.numbers, i)
	}
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
