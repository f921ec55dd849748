package verify

import (
	"context"
	_ "embed" // for the prompt
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"stockdigest.app/stockdigest"
	"stockdigest.app/stockdigest/internal/desk"
	"stockdigest.app/stockdigest/internal/text"
)

// What a bottom line may be: a clause on each of the stories that matter most.
const (
	maxSummed = 3
	maxClause = 160 // bytes; the prompt asks for 15 words
)

//go:embed prompts/bottom.1.txt
var bottomSystem string

func bottomPrompt(items []*item) stockdigest.Prompt {
	return stockdigest.Prompt{
		Name: "bottom", Version: "1", System: bottomSystem, Input: shown(items),
		Schema: json.RawMessage(mendSchema), MaxOutput: 2000,
	}
}

// conclude has the bottom line worded from what may be told. Code says which
// bullets it is made of and in which order; a model only takes words out of them.
// It stands as far as its clauses hold from the first on; with none code says it.
// Nothing is asked when the budget did not allow all of the writing, or when there
// is one story alone.
func (s *Step) conclude(ctx context.Context, d *desk.Desk, lib *library, stories []stockdigest.Story, kept *stockdigest.Draft) error {
	if len(s.cfg.Sum) == 0 || kept.Rung != stockdigest.RungFull {
		return nil
	}
	order := make([]stockdigest.StoryID, 0, len(stories))
	for _, story := range stories {
		order = append(order, story.ID)
	}
	leads := stockdigest.Leads(kept.Bullets(), order)
	leads = leads[:min(len(leads), maxSummed)]
	if len(leads) < 2 {
		return nil
	}
	items := make([]*item, 0, len(leads))
	for _, b := range leads {
		items = append(items, &item{bullet: b})
	}
	err := d.Ask(ctx, desk.Question{
		Prompt: bottomPrompt(items), Chain: s.cfg.Sum,
		Take: func(answer json.RawMessage, _ stockdigest.Model, _ bool) error {
			kept.BottomLine = lib.clauses(leads, parseMended(answer, len(leads)))
			return nil // what does not hold is not asked for again
		},
	})
	if err != nil {
		return fmt.Errorf("ask for the bottom line: %w", err)
	}
	return nil
}

// clauses are what is said of bullets, in their order, up to the first that says
// more than its bullet.
func (l *library) clauses(leads []stockdigest.Bullet, said map[int]string) string {
	var line []string
	for i, b := range leads {
		clause := said[i]
		if clause == "" || len(clause) > maxClause || !strings.HasSuffix(clause, ".") || !within(clause, b) {
			break
		}
		b.Text, b.Update = clause, ""
		if len(l.check(b)) > 0 {
			break
		}
		line = append(line, clause)
	}
	return strings.Join(line, " ")
}

// within reports a clause that has no word which neither its bullet nor the
// bullet's quotes have: it may say less, not more.
func within(clause string, b stockdigest.Bullet) bool {
	known := stems(b.Text + "\n" + evidence(b.Evidence))
	return !slices.ContainsFunc(stems(clause), func(w string) bool { return !slices.Contains(known, w) })
}

func stems(s string) []string {
	var all []string
	for _, w := range text.Words(s) {
		if !text.Stop(w) {
			all = append(all, text.Stem(w))
		}
	}
	return all
}
