package summarize

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"sync"

	"golang.org/x/sync/errgroup"

	"stockdigest.app/stockdigest"
	"stockdigest.app/stockdigest/internal/desk"
)

// An author writes one draft: it has models read and word, and leaves to the
// rules what may not or cannot be asked.
type author struct {
	desk  *desk.Desk
	aside *desk.Desk // for what rules do as well: it takes nothing from the writing but its room in the budget
	cfg   ModelConfig
	run   stockdigest.Run

	mu      sync.Mutex
	unknown int               // numbers in answers that name nothing
	byRule  bool              // what was read is told in the order of the rules
	through int               // articles asked for, answered or not
	readBy  stockdigest.Model // who answered last of an article
	wroteBy stockdigest.Model // who worded the bullets

	wroteCheap bool // that was a cheaper model
}

func newAuthor(w model, run stockdigest.Run) *author {
	return &author{
		desk:  desk.New(w.asker, desk.Config{Cheap: w.cfg.Cheap, Now: w.cfg.Now}, run, stockdigest.StepSummarize),
		aside: desk.New(w.asker, desk.Config{Now: w.cfg.Now}, run, stockdigest.StepSummarize),
		cfg:   w.cfg, run: run,
	}
}

// count adds numbers in an answer that name nothing.
func (au *author) count(unknown int) {
	au.mu.Lock()
	defer au.mu.Unlock()
	au.unknown += unknown
}

// atOnce is how many calls of one run may be under way; what a provider allows
// is the asker's business.
const atOnce = 64

// read has every article of the list read, as far as the rung allows. It fails
// only when the run is stopped or the asker fails by itself.
func (au *author) read(ctx context.Context, list []*article) error {
	var group errgroup.Group
	group.SetLimit(atOnce)
	for _, a := range list {
		group.Go(func() error { return au.readOne(ctx, a, len(list)) })
	}
	return group.Wait()
}

func (au *author) readOne(ctx context.Context, a *article, total int) error {
	err := au.desk.Ask(ctx, desk.Question{
		Prompt: a.prompt(), Chain: au.cfg.Read, Important: a.important,
		Take: func(answer json.RawMessage, by stockdigest.Model, cheap bool) error {
			return au.take(a, answer, by, cheap)
		},
	})
	if err != nil {
		return fmt.Errorf("ask about %s: %w", a.source.evidence.URL, err)
	}
	au.mu.Lock()
	defer au.mu.Unlock()
	au.through++
	au.cfg.Progress(au.run, stockdigest.StepSummarize, au.through, total)
	return nil
}

// take fills in what the model said about an article.
func (au *author) take(a *article, answer json.RawMessage, by stockdigest.Model, cheap bool) error {
	said, err := parseAnswer(answer, len(a.lines), maxPicks)
	au.mu.Lock()
	defer au.mu.Unlock()
	au.unknown += said.unknown
	if err != nil {
		return err
	}
	au.readBy = by
	a.read, a.cheap, a.material, a.event = true, cheap, said.material, said.event
	for _, n := range said.numbers {
		a.picks = append(a.picks, a.lines[n-1])
	}
	return nil
}

func tellsStory(chosen []choice, story stockdigest.Story) bool {
	return slices.ContainsFunc(chosen, func(c choice) bool { return c.story.ID == story.ID })
}

// byStory keeps the sentences of a story together, where the first of them
// stands, in the order in which they are read.
func byStory(chosen []choice) []choice {
	out := make([]choice, 0, len(chosen))
	for i, c := range chosen {
		if tellsStory(chosen[:i], c.story) {
			continue
		}
		var of []choice
		for _, other := range chosen[i:] {
			if other.story.ID == c.story.ID {
				other.first = false
				of = append(of, other)
			}
		}
		inReadingOrder(of)
		out = append(out, of...)
	}
	return out
}

// draft says how it was written; the sections come later.
func (au *author) draft(list []*article) stockdigest.Draft {
	draft := stockdigest.Draft{Writer: au.writer(), Rung: stockdigest.RungFull}
	cheap := au.wroteCheap
	for _, a := range list {
		draft.Written.Of++
		if a.read {
			draft.Written.Read++
			cheap = cheap || a.cheap
		}
	}
	switch read, of := draft.Written.Read, draft.Written.Of; {
	case read == 0 && of > 0:
		draft.Writer, draft.Rung = writerName, stockdigest.RungExtractive
	case cheap:
		draft.Rung = stockdigest.RungCheaper
	case read < of:
		draft.Rung = stockdigest.RungFewer
	}
	draft.Written.Why, draft.Written.Unknown = au.desk.Why(), au.unknown
	if au.byRule && draft.Rung == stockdigest.RungFull && draft.Written.Of > 0 {
		draft.Written.Why += ", so the order is by rule"
	}
	if why := au.aside.Why(); why != "" && why != draft.Written.Why {
		draft.Written.Why = strings.TrimPrefix(draft.Written.Why+"; beside the articles: "+why, "; ")
	}
	return draft
}

// writer is who wrote the draft: the model that worded its bullets, or else the
// one that read for it.
func (au *author) writer() string {
	switch {
	case au.wroteBy.Name != "":
		return au.wroteBy.Name
	case au.readBy.Name != "":
		return au.readBy.Name
	case len(au.cfg.Read) > 0:
		return au.cfg.Read[0].Name
	}
	return writerName
}
