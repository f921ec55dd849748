package summarize

import (
	"context"

	"stockdigest.app/stockdigest"
	"stockdigest.app/stockdigest/internal/desk"
)

// An Ahead asks the model about articles while others of the run are still being
// fetched, so that nobody waits for the last page before the first is read. The
// answers lie in the ledger until the writer asks for them. It is safe for
// concurrent use.
type Ahead struct {
	asker desk.Asker
	model stockdigest.Model
	room  chan struct{}
}

// aheadAtOnce is how many calls a process makes ahead: as many as keep a
// provider busy. An article that finds no room waits for its writer.
const aheadAtOnce = 64

// NewAhead returns an Ahead that asks the first of the models that read.
func NewAhead(asker desk.Asker, read []stockdigest.Model) *Ahead {
	return &Ahead{asker: asker, model: read[0], room: make(chan struct{}, aheadAtOnce)}
}

// Read has the article of a candidate read, and returns at once. A call under
// way outlives ctx; one that waits for leave does not. What goes wrong is left
// to the writer, who asks again.
func (a *Ahead) Read(ctx context.Context, run stockdigest.Run, c stockdigest.Candidate) {
	prompt, ok := readPrompt(c)
	if !ok {
		return
	}
	select {
	case a.room <- struct{}{}:
	default:
		return
	}
	go func() {
		defer func() { <-a.room }()
		_, _ = a.asker.Ask(ctx, stockdigest.Ask{ // the ledger has the answer, or the fault
			Run: run.ID, Ticker: run.Ticker, Step: stockdigest.StepSummarize, Reader: desk.Payer(run), Ahead: true, Late: run.Late(),
			Provider: a.model.Provider, Model: a.model.Name, Prompt: prompt,
		})
	}()
}

// readPrompt is what the writer asks about a candidate that no rule drops.
func readPrompt(c stockdigest.Candidate) (stockdigest.Prompt, bool) {
	if !readable(c.Text) {
		return stockdigest.Prompt{}, false
	}
	src := articleSource(c)
	a := &article{source: &src, lines: shown(src.sentences())}
	if len(a.lines) < 2 {
		return stockdigest.Prompt{}, false
	}
	return choosePrompt(a), true
}
