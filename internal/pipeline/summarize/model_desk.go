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
	inARow   map[string]int          // of these, since the last answer of each provider
	broken   int                     // answers that could not be used
	unknown  int                     // numbers in answers that name nothing
	late     bool                    // the deadline came first
	byRule   bool                    // what was read is told in the order of the rules
	through  int                     // articles asked for, answered or not
	readBy   stockdigest.Model       // who answered last of an article
	wroteBy  stockdigest.Model       // who worded the bullets
}

func newDesk(w model, run stockdigest.Run) *desk {
	return &desk{asker: w.asker, cfg: w.cfg, run: run, rung: stockdigest.RungFull, failures: map[string]int{}, inARow: map[string]int{}}
}

const (
	atOnce  = 64 // calls of one run; what a provider allows is the asker's business
	maxFail = 5  // calls in a row without an answer after which a run leaves a provider alone
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
	err := d.ask(ctx, question{
		prompt: choosePrompt(a), chain: d.cfg.Read, important: a.important,
		take: func(answer string, by stockdigest.Model, cheap bool) error { return d.take(a, answer, by, cheap) },
	})
	if err != nil {
		return fmt.Errorf("ask about %s: %w", a.source.evidence.URL, err)
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	d.through++
	d.cfg.Progress(d.run, stockdigest.StepSummarize, d.through, total)
	return nil
}

// take fills in what the model said about an article.
func (d *desk) take(a *article, text string, by stockdigest.Model, cheap bool) error {
	said, err := parseAnswer(text, len(a.lines), maxPicks)
	d.mu.Lock()
	defer d.mu.Unlock()
	d.unknown += said.unknown
	if err != nil {
		return err
	}
	d.readBy = by
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

// A question is what a desk asks of the models of a chain, best first.
type question struct {
	prompt    stockdigest.Prompt
	chain     []stockdigest.Model // on the first two rungs
	important bool                // still asked on the lower ones
	// take uses the answer, or says why it cannot; nothing is kept then.
	take func(answer string, by stockdigest.Model, cheap bool) error
}

// ask puts the question to one model after the other until an answer can be
// used, on the rung where the run stands, and steps down as long as the budget
// refuses. When nobody answers the rules go on: that is no error.
func (d *desk) ask(ctx context.Context, q question) error {
	for {
		rung, chain := d.chain(q)
		over, err := d.askChain(ctx, q, chain, rung == stockdigest.RungCheaper)
		if over == nil || err != nil {
			return err
		}
		d.stepDown(rung, over)
	}
}

func (d *desk) askChain(ctx context.Context, q question, chain []stockdigest.Model, cheap bool) (*stockdigest.OverBudget, error) {
	for _, m := range chain {
		if d.gaveUp(m.Provider) {
			continue
		}
		used, err := d.askModel(ctx, q, m, cheap)
		if over, ok := errors.AsType[*stockdigest.OverBudget](err); ok {
			return over, nil
		}
		if used || err != nil {
			return nil, err
		}
	}
	return nil, nil //nolint:nilnil // nobody answered, and nothing is in the way
}

// askModel asks one model, and once more when its answer cannot be used.
func (d *desk) askModel(ctx context.Context, q question, m stockdigest.Model, cheap bool) (used bool, err error) {
	prompt := q.prompt
	for range 2 {
		completion, err := d.call(ctx, m, prompt)
		if _, over := errors.AsType[*stockdigest.OverBudget](err); over {
			return false, err
		}
		if err != nil {
			return false, d.forgive(ctx, m.Provider, err)
		}
		d.answered(m.Provider)
		answer, err := prompt.Read(completion)
		if err == nil {
			err = q.take(string(answer), m, cheap)
		}
		if err == nil {
			return true, nil
		}
		d.unusable()
		if bad, ok := errors.AsType[*stockdigest.AnswerError](err); ok && bad.Fault == stockdigest.AnswerRefused {
			return false, nil // it would refuse again
		}
		prompt = again(q.prompt, err)
	}
	return false, nil
}

// again is the prompt with what was wrong with the answer to it. Our own words
// only: the answer itself may hold anything.
func again(p stockdigest.Prompt, why error) stockdigest.Prompt {
	p.Input += "\nYour last answer could not be used: " + why.Error() + ". Answer with the one JSON object that was asked for, and nothing else.\n"
	return p
}

// call asks until the run's deadline. The asker finishes a call in flight by
// itself, so that its answer is not paid for twice.
func (d *desk) call(ctx context.Context, m stockdigest.Model, prompt stockdigest.Prompt) (stockdigest.Completion, error) {
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
		Provider: m.Provider, Model: m.Name, Prompt: prompt,
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

// chain is the rung where the run stands, and the models that may be asked on it.
func (d *desk) chain(q question) (stockdigest.Rung, []stockdigest.Model) {
	d.mu.Lock()
	defer d.mu.Unlock()
	switch {
	case d.late:
		return d.rung, nil
	case d.rung == stockdigest.RungFull, d.rung == stockdigest.RungFewer && q.important:
		return d.rung, q.chain
	case d.rung == stockdigest.RungCheaper && q.important:
		return d.rung, d.cfg.Cheap
	}
	return d.rung, nil
}

// gaveUp reports a provider that failed too often in a row, and everybody once
// the deadline came.
func (d *desk) gaveUp(provider string) bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.late || d.inARow[provider] >= maxFail
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
	if d.rung == stockdigest.RungCheaper && len(d.cfg.Cheap) == 0 {
		d.rung = d.rung.Below()
	}
}

func (d *desk) answered(provider string) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.inARow[provider] = 0
}

func (d *desk) unusable() {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.broken++
}

// forgive notes a call without an answer, which is the provider's trouble or the
// deadline's. It returns what is neither: a stop, or a fault of the asker.
func (d *desk) forgive(ctx context.Context, provider string, err error) error {
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
		d.inARow[provider]++
		if !call.Temporary() && call.Reason != stockdigest.CallBadRequest {
			d.inARow[provider] = maxFail // the key or the funds: the next call would fail alike
		}
	case isKnown && !errors.Is(err, stockdigest.ErrConflict):
		d.failures[known.Message]++
		d.inARow[provider]++
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
	draft := stockdigest.Draft{Writer: d.writer(), Rung: stockdigest.RungFull}
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

// writer is who wrote the draft: the model that worded its bullets, or else the
// one that read for it.
func (d *desk) writer() string {
	switch {
	case d.wroteBy.Name != "":
		return d.wroteBy.Name
	case d.readBy.Name != "":
		return d.readBy.Name
	case len(d.cfg.Read) > 0:
		return d.cfg.Read[0].Name
	}
	return writerName
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
