package summarize

import (
	"context"
	_ "embed" // for the prompt
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"stockdigest.app/stockdigest"
	"stockdigest.app/stockdigest/internal/desk"
	"stockdigest.app/stockdigest/internal/events"
)

// A wording is a bullet as a model words it: the lines it rests on, by number
// from 1, and what it says of them. Nothing of it is trusted; the gate decides.
type wording struct {
	from      []int
	text      string
	impact    stockdigest.Impact
	sentiment stockdigest.Sentiment
	relevance stockdigest.Relevance
}

// What a wording may be: the prompt asks for 45 words.
const (
	maxFrom    = 3
	maxWording = 500 // bytes
)

//go:embed prompts/write.1.txt
var writeSystem string

const writeSchema = `{"type":"object","properties":{"bullets":{"type":"array","items":{"type":"object","properties":{"from":{"type":"array","items":{"type":"integer"}},"text":{"type":"string"},"impact":{"type":"string","enum":["high","medium","low"]},"sentiment":{"type":"string","enum":["positive","negative","mixed","neutral"]},"relevance":{"type":"string","enum":["direct","indirect","none"]}},"required":["from","text","impact","sentiment","relevance"],"additionalProperties":false}}},"required":["bullets"],"additionalProperties":false}`

// writePrompt shows what was chosen from all stories of a run, story by story.
func writePrompt(company string, chosen []choice) stockdigest.Prompt {
	var b strings.Builder
	fmt.Fprintf(&b, "company: %s\n<sentences>\n", desk.Harmless(company))
	for i, c := range chosen {
		if i == 0 || c.story.ID != chosen[i-1].story.ID {
			b.WriteString("story\n")
		}
		fmt.Fprintf(&b, "[%d] %s\n", i+1, desk.Harmless(c.sentence.text))
	}
	b.WriteString("</sentences>\n")
	return stockdigest.Prompt{
		Name: "write", Version: "1", System: writeSystem, Input: b.String(),
		Schema: json.RawMessage(writeSchema), MaxOutput: 6000,
	}
}

// parseWriting reads the bullets about n lines. It never fails for one bad
// bullet, only when there is none that can be used; unknown counts what was
// dropped.
func parseWriting(body []byte, n int) (all []wording, unknown int, err error) {
	var raw struct {
		Bullets []json.RawMessage `json:"bullets"`
	}
	if err := json.Unmarshal(body, &raw); err != nil {
		return nil, 0, fmt.Errorf("read the answer: %w", err)
	}
	if raw.Bullets == nil {
		return nil, 0, errNoList
	}
	for _, entry := range raw.Bullets {
		w, strange := parseWording(entry, n)
		unknown += strange
		if len(w.from) == 0 || len(all) == maxBullets {
			unknown++
			continue
		}
		all = append(all, w)
	}
	if len(all) == 0 && unknown > 0 {
		return nil, unknown, errNoLine
	}
	return all, unknown, nil
}

// parseWording reads one bullet; one that rests on nothing is no bullet. A text
// that cannot be printed is left out, and the bullet is told in its source's
// words.
func parseWording(entry json.RawMessage, n int) (w wording, unknown int) {
	var raw struct {
		From      []json.RawMessage `json:"from"`
		Text      string            `json:"text"`
		Impact    string            `json:"impact"`
		Sentiment string            `json:"sentiment"`
		Relevance string            `json:"relevance"`
	}
	if json.Unmarshal(entry, &raw) != nil {
		return w, 0
	}
	w.from, unknown = desk.Numbers(raw.From, n, maxFrom)
	if text := strings.Join(strings.Fields(raw.Text), " "); len(text) <= maxWording {
		w.text = text
	}
	w.impact = known(stockdigest.Impact(raw.Impact), stockdigest.ImpactHigh, stockdigest.ImpactMedium, stockdigest.ImpactLow)
	w.sentiment = known(stockdigest.Sentiment(raw.Sentiment), stockdigest.Positive, stockdigest.Negative, stockdigest.Mixed, stockdigest.Neutral)
	w.relevance = known(stockdigest.Relevance(raw.Relevance), stockdigest.Direct, stockdigest.Indirect, stockdigest.None)
	return w, unknown
}

// known is word when it is one of the list, else nothing.
func known[T ~string](word T, list ...T) T {
	if slices.Contains(list, word) {
		return word
	}
	return ""
}

// write has the choices of a run worded and ordered. Without an answer the
// sentences are told as they stand, in the order of the stories. What no model
// has read none words.
func (au *author) write(ctx context.Context, company string, chosen []choice) ([]choice, error) {
	plain := fitting(chosen)
	if len(chosen) == 0 || au.readBy.Name == "" {
		return plain, nil
	}
	var wordings []wording
	err := au.desk.Ask(ctx, desk.Question{
		Prompt: writePrompt(company, chosen), Chain: au.cfg.Write, Important: true,
		Take: func(answer json.RawMessage, by stockdigest.Model, cheap bool) error {
			all, unknown, err := parseWriting(answer, len(chosen))
			au.count(unknown)
			if err == nil && len(all) == 0 {
				err = errNoLine
			}
			if err == nil {
				wordings, au.wroteBy, au.wroteCheap = all, by, cheap
			}
			return err
		},
	})
	if err != nil {
		return nil, fmt.Errorf("ask for the bullets of %s: %w", au.run.Ticker, err)
	}
	if au.byRule = len(wordings) == 0; au.byRule {
		return plain, nil
	}
	return byStory(worded(chosen, wordings)), nil
}

// worded are the choices as the model words them, in its order, at most as many
// as a report tells. A model may leave out what does not matter; the first
// sentence of a story with a hard event that nothing else tells comes back at
// the end.
func worded(chosen []choice, wordings []wording) []choice {
	kept := make([]choice, 0, len(chosen))
	used := map[int]bool{}
	for _, w := range wordings {
		if w.relevance == stockdigest.None {
			continue
		}
		if c, ok := w.of(chosen, used); ok {
			kept = append(kept, c)
		}
	}
	var back []choice
	for i, c := range chosen {
		hard := c.first && events.First(c.sentence.text, c.story.Headline).Hard()
		if !used[i] && hard && !repeats(c.sentence, kept) && !tellsStory(kept, c.story) {
			back = append(back, c)
		}
	}
	back = back[:min(len(back), maxBullets)]
	return append(kept[:min(len(kept), maxBullets-len(back))], back...)
}

// of is the choice of the first line that the wording rests on, with its words
// and its other lines. Lines of another story, and lines that carry another
// bullet already, prove nothing of this one: what is left of a wording that
// loses one of its lines is told in its source's words. What a line rested on
// before stays behind it.
func (w wording) of(chosen []choice, used map[int]bool) (c choice, ok bool) {
	whole := w.text != ""
	var own []sentence
	for _, n := range w.from {
		line := chosen[n-1]
		switch {
		case used[n-1] || ok && line.story.ID != c.story.ID:
			whole = false
			continue
		case !ok:
			c, ok, own = line, true, line.also
		default:
			c.also = append(slices.Clone(c.also), line.sentence)
		}
		used[n-1] = true
	}
	if !ok || !whole {
		c.also = own
		return c, ok
	}
	c.told, c.impact, c.sentiment, c.relevance = w.text, w.impact, w.sentiment, w.relevance
	return c, true
}
