package summarize

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"

	"golang.org/x/sync/errgroup"

	"stockdigest.app/stockdigest"
)

// A desk asks the model on behalf of one run. It knows on which rung the run
// stands and why, and leaves to the rules what may not or cannot be asked.
type desk struct {
	asker Asker
	cfg   ModelConfig
	run   stockdigest.Run

	mu       sync.Mutex
	rung     stockdigest.Rung
	over     *stockdigest.OverBudget // the first cap that was met
	failures map[string]int          // calls without an answer, by cause
	inARow   int                     // of these, since the last answer
	broken   int                     // answers that could not be used
	unknown  int                     // numbers in answers that name nothing
	late     bool                    // the deadline came first
	byRule   bool                    // what was read is told in the order of the rules
	through  int                     // articles asked for, answered or not
	answers  int                     // articles of which an answer was used
}

func newDesk(w model, run stockdigest.Run) *desk {
	return &desk{asker: w.asker, cfg: w.cfg, run: run, rung: stockdigest.RungFull, failures: map[string]int{}}
}

const (
	atOnce  = 64 // calls of one run; what a provider allows is the asker's business
	maxFail = 5  // calls in a row without an answer after which a run asks no more
)

// read has every article of the list read, as far as the rung allows. It fails
// only when the run is stopped or the asker fails by itself.
func (d *desk) read(ctx context.Context, list []*article) error {
	var group errgroup.Group
	group.SetLimit(atOnce)
	for _, a := range list {
		group.Go(func() error { return d.readOne(ctx, a, len(list)) })
	}
	return group.Wait()
}

func (d *desk) readOne(ctx context.Context, a *article, total int) error {
	text, cheap, err := d.ask(ctx, choosePrompt(a), a.important)
	if err != nil {
		return fmt.Errorf("ask about %s: %w", a.source.evidence.URL, err)
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	if text != "" {
		d.take(a, text, cheap)
	}
	d.through++
	d.cfg.Progress(d.run, stockdigest.StepSummarize, d.through, total)
	return nil
}

// take fills in what the model said about an article; the caller holds the lock.
func (d *desk) take(a *article, text string, cheap bool) {
	said, err := parseAnswer(text, len(a.lines), maxPicks)
	d.unknown += said.unknown
	if err != nil {
		d.broken++
		return
	}
	d.answers++
	a.read, a.cheap, a.material, a.event = true, cheap, said.material, said.event
	for _, n := range said.numbers {
		a.picks = append(a.picks, a.lines[n-1])
	}
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

// ask makes one call on the rung where the run stands, and steps down as long as
// the budget refuses. An empty text means that there is no answer and the rules
// go on.
func (d *desk) ask(ctx context.Context, prompt stockdigest.Prompt, important bool) (text string, cheap bool, err error) {
	for {
		rung, name := d.model(important)
		if name == "" {
			return "", false, nil
		}
		completion, err := d.call(ctx, name, prompt)
		if err == nil {
			d.answered(completion.Text)
			return completion.Text, name != d.cfg.Model, nil
		}
		if over, ok := errors.AsType[*stockdigest.OverBudget](err); ok {
			d.stepDown(rung, over)
			continue
		}
		return "", false, d.forgive(ctx, err)
	}
}

// call asks until the run's deadline. The asker finishes a call in flight by
// itself, so that its answer is not paid for twice.
func (d *desk) call(ctx context.Context, model string, prompt stockdigest.Prompt) (stockdigest.Completion, error) {
	if !d.run.Deadline.IsZero() {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeoutCause(ctx, d.run.Deadline.Sub(d.cfg.Now()), errLate)
		defer cancel()
		if ctx.Err() != nil {
			return stockdigest.Completion{}, context.Cause(ctx)
		}
	}
	return d.asker.Ask(ctx, stockdigest.Ask{
		Run: d.run.ID, Step: stockdigest.StepSummarize, Reader: payer(d.run),
		Provider: d.cfg.Provider, Model: model, Prompt: prompt,
	})
}

var errLate = errors.New("the run's deadline came")

// payer is the reader whose budget a run is paid from; empty: the house.
func payer(run stockdigest.Run) stockdigest.ReaderID {
	if id, ok := strings.CutPrefix(run.CreatedBy, "reader "); ok {
		return stockdigest.ReaderID(id)
	}
	return ""
}

// model is the rung where the run stands and the model that may be asked on it,
// if any.
func (d *desk) model(important bool) (stockdigest.Rung, string) {
	d.mu.Lock()
	defer d.mu.Unlock()
	switch {
	case d.late || d.inARow >= maxFail:
		return d.rung, ""
	case d.rung == stockdigest.RungFull, d.rung == stockdigest.RungFewer && important:
		return d.rung, d.cfg.Model
	case d.rung == stockdigest.RungCheaper && important:
		return d.rung, d.cfg.Cheaper
	}
	return d.rung, ""
}

// stepDown goes one rung down, unless another call of the run went first.
func (d *desk) stepDown(from stockdigest.Rung, over *stockdigest.OverBudget) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.over == nil {
		d.over = over
	}
	if d.rung != from {
		return
	}
	d.rung = from.Below()
	if d.rung == stockdigest.RungCheaper && (d.cfg.Cheaper == "" || d.cfg.Cheaper == d.cfg.Model) {
		d.rung = d.rung.Below()
	}
}

// answered notes an answer; an empty one is a refusal, which cannot be used.
func (d *desk) answered(text string) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.inARow = 0
	if text == "" {
		d.broken++
	}
}

// forgive notes a call without an answer, which is the provider's trouble or the
// deadline's. It returns what is neither: a stop, or a fault of the asker.
func (d *desk) forgive(ctx context.Context, err error) error {
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	call, isCall := errors.AsType[*stockdigest.CallError](err)
	known, isKnown := errors.AsType[*stockdigest.Error](err)
	switch {
	case errors.Is(err, errLate) || errors.Is(err, context.DeadlineExceeded) && d.overdue():
		d.late = true
	case isCall:
		d.failures[call.Provider+" gave no answer ("+string(call.Reason)+")"]++
		d.inARow++
		if !call.Temporary() && call.Reason != stockdigest.CallBadRequest {
			d.inARow = maxFail // the key or the funds: the next call would fail alike
		}
	case isKnown && !errors.Is(err, stockdigest.ErrConflict):
		d.failures[known.Message]++
		d.inARow++
	default:
		return err
	}
	return nil
}

func (d *desk) overdue() bool {
	return !d.run.Deadline.IsZero() && !d.cfg.Now().Before(d.run.Deadline)
}

// draft says how it was written; the sections come later.
func (d *desk) draft(list []*article) stockdigest.Draft {
	draft := stockdigest.Draft{Writer: d.cfg.Model, Rung: stockdigest.RungFull}
	cheap := false
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
	draft.Written.Why, draft.Written.Unknown = d.why(), d.unknown
	if d.byRule && draft.Rung == stockdigest.RungFull && draft.Written.Of > 0 {
		draft.Written.Why += ", so the order is by rule"
	}
	return draft
}

// why tells in a line for people what kept the model from reading all.
func (d *desk) why() string {
	var parts []string
	if d.over != nil {
		parts = append(parts, "the budget of the "+d.over.Scope+" is spent")
	}
	if d.late {
		parts = append(parts, "the deadline came first")
	}
	parts = append(parts, slices.Sorted(maps.Keys(d.failures))...)
	if d.broken > 0 {
		parts = append(parts, fmt.Sprintf("%d of its answers could not be used", d.broken))
	}
	return strings.Join(parts, "; ")
}
