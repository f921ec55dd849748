package summarize

import (
	"context"
	_ "embed" // for the prompt
	"encoding/json"
	"fmt"
	"strings"

	"stockdigest.app/stockdigest"
	"stockdigest.app/stockdigest/internal/desk"
)

// What a model is shown of filings: the lines nearest to each of the first
// stories.
const (
	maxTopics    = 10
	maxPerTopic  = 4
	topicLines   = 2 // of a story's first article, beside its headline
	maxConsulted = maxTopics * maxPerTopic
)

// A topic is a story of the window with the lines of filings that may speak on
// it.
type topic struct {
	story stockdigest.Story
	lines []sentence
}

// topicsOf are the stories in the news on which filings may say something, each
// line at the first story that it is near to.
func topicsOf(m stockdigest.Material, s shelf) []topic {
	var all []topic
	shown := map[string]bool{}
	for _, story := range m.Stories {
		if story.State == stockdigest.StoryRepeat || len(story.Articles) == 0 || len(all) == maxTopics {
			continue
		}
		t := topic{story: story}
		for _, line := range s.candidates(topicWords(m, story), maxPerTopic) {
			if !shown[line.text] {
				shown[line.text] = true
				t.lines = append(t.lines, line)
			}
		}
		if len(t.lines) > 0 {
			all = append(all, t)
		}
	}
	return all
}

// topicWords are what a story is about: the words of its headline and of the
// first sentences of its first source.
func topicWords(m stockdigest.Material, story stockdigest.Story) []string {
	words := contentWords(story.Headline)
	sources := sourcesOf(m, story)
	if len(sources) == 0 {
		return words
	}
	lines := sources[0].sentences()
	for _, line := range lines[:min(len(lines), topicLines)] {
		words = append(words, line.words...)
	}
	return words
}

// A filed is what a model found that filings say on the stories of a run, the
// best first; nil when none was asked or answered.
type filed map[stockdigest.StoryID][]sentence

// consult is phase 2 with a model: of the lines of filings that may speak on a
// story it names those that do. It needs nothing of phase 1 and is asked at the
// same time.
func (au *author) consult(ctx context.Context, m stockdigest.Material, s shelf) (said filed, err error) {
	topics := topicsOf(m, s)
	if len(topics) == 0 {
		return nil, nil //nolint:nilnil // nothing to ask
	}
	var at []stockdigest.StoryID
	var lines []sentence
	for _, t := range topics {
		for _, line := range t.lines {
			at, lines = append(at, t.story.ID), append(lines, line)
		}
	}
	err = au.aside.Ask(ctx, desk.Question{
		Prompt: contextPrompt(m.Ticker.Name, topics), Chain: au.cfg.Read,
		Take: func(answer json.RawMessage, _ stockdigest.Model, _ bool) error {
			told, err := parseAnswer(answer, len(lines), maxConsulted)
			au.count(told.unknown)
			if err != nil {
				return err
			}
			said = filed{}
			for _, n := range told.numbers {
				said[at[n-1]] = append(said[at[n-1]], lines[n-1])
			}
			return nil
		},
	})
	if err != nil {
		return nil, fmt.Errorf("ask what filings say on the stories of %s: %w", au.run.Ticker, err)
	}
	return said, nil
}

//go:embed prompts/context.1.txt
var contextSystem string

const contextSchema = `{"type":"object","properties":{"sentences":{"type":"array","items":{"type":"integer"}}},"required":["sentences"],"additionalProperties":false}`

// contextPrompt shows topics with the lines of filings that may speak on them.
func contextPrompt(company string, topics []topic) stockdigest.Prompt {
	var b strings.Builder
	fmt.Fprintf(&b, "company: %s\n<filings>\n", desk.Harmless(company))
	n := 0
	for _, t := range topics {
		fmt.Fprintf(&b, "topic: %s\n", desk.Harmless(t.story.Headline))
		for _, line := range t.lines {
			n++
			fmt.Fprintf(&b, "[%d] %s: %s\n", n, desk.Harmless(standsAt(line)), desk.Harmless(line.text))
		}
	}
	b.WriteString("</filings>\n")
	return stockdigest.Prompt{
		Name: "context", Version: "1", System: contextSystem, Input: b.String(),
		Schema: json.RawMessage(contextSchema), MaxOutput: 2000, // as for an article
	}
}

// standsAt is where a line of a filing stands, for people: 10-K of 2025-11-03, item 1A.
func standsAt(line sentence) string {
	c := contextOf(line)
	at := fmt.Sprintf("%s of %s", c.Form, line.source.filing.FiledAt.Format("2006-01-02"))
	if c.Item != "" {
		at += ", item " + c.Item
	}
	return at
}

// attach sets beside each bullet from the news the first line that was found for
// its story, speaks of something that the bullet does, and is not told already.
func (f filed) attach(bullets []placed, s shelf) {
	used := map[string]bool{}
	for _, p := range bullets {
		used[p.bullet.Text] = true
	}
	for i := range bullets {
		p := &bullets[i]
		if p.fromFiling {
			continue
		}
		for _, line := range f[p.bullet.Story] {
			near := common(s.telling(p.words), s.telling(line.words)) > 0
			if near && !used[line.text] && overlap(p.words, line.words) < verySame {
				used[line.text] = true
				p.bullet.Context = contextOf(line)
				break
			}
		}
	}
}
