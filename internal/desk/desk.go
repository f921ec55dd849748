package desk

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"
	"time"

	"stockdigest.app/stockdigest"
)

// An Asker makes paid calls: it keeps the ledger, the budget and the limits of
// providers. The answer to a prompt that was paid for before is free. It answers
// *stockdigest.OverBudget when no cap leaves room, and *stockdigest.CallError
// when the provider gave no answer.
type Asker interface {
	Ask(ctx context.Context, ask stockdigest.Ask) (stockdigest.Completion, error)
}

// A Desk asks models for one run in one step. It is safe for concurrent use.
type Desk struct {
	asker Asker
	cfg   Config
	run   stockdigest.Run
	step  stockdigest.StepName

	mu       sync.Mutex
	rung     stockdigest.Rung
	over     *stockdigest.OverBudget // the first cap that was met
	failures map[string]int          // calls without an answer, by cause
	inARow   map[string]int          // of these, since the last answer of each provider
	broken   int                     // answers that could not be used
	late     bool                    // the deadline came first
}

// Config holds the values of a Desk.
type Config struct {
	Cheap []stockdigest.Model // who is asked on the third rung; none: the ladder has no such rung
	Now   func() time.Time    // the clock that the run's deadline is told by
}

// New returns the desk of a run in a step. It begins on the first rung.
func New(asker Asker, cfg Config, run stockdigest.Run, step stockdigest.StepName) *Desk {
	return &Desk{
		asker: asker, cfg: cfg, run: run, step: step,
		rung: stockdigest.RungFull, failures: map[string]int{}, inARow: map[string]int{},
	}
}

// A Question is what a desk asks of the models of a chain, best first.
type Question struct {
	Prompt    stockdigest.Prompt
	Chain     []stockdigest.Model // on the first two rungs
	Important bool                // still asked on the lower ones
	// Take uses the answer, or says why it cannot, in words of our own that the
	// model may read; nothing is kept then. The answer is whole JSON of the type
	// that the schema asks for, no more. cheap: it came on the third rung.
	Take func(answer json.RawMessage, by stockdigest.Model, cheap bool) error
}

// Ask puts the question to one model after the other until an answer can be
// used, on the rung where the run stands, and steps down as long as the budget
// refuses. It returns nil, without a call of Take that succeeded, when nobody
// answers. It fails only when ctx ends or the asker fails by itself.
func (d *Desk) Ask(ctx context.Context, q Question) error {
	for {
		rung, chain := d.chain(q)
		over, err := d.askChain(ctx, q, chain, rung == stockdigest.RungCheaper)
		if over == nil || err != nil {
			return err
		}
		d.stepDown(rung, over)
	}
}

// Why tells in a line for people what kept models from answering; empty: nothing.
func (d *Desk) Why() string {
	d.mu.Lock()
	defer d.mu.Unlock()
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

func (d *Desk) askChain(ctx context.Context, q Question, chain []stockdigest.Model, cheap bool) (*stockdigest.OverBudget, error) {
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
func (d *Desk) askModel(ctx context.Context, q Question, m stockdigest.Model, cheap bool) (used bool, err error) {
	prompt := q.Prompt
	for range 2 {
		completion, err := d.call(ctx, m, prompt)
		if _, over := errors.AsType[*stockdigest.OverBudget](err); over {
			return false, err
		}
		if err != nil {
			return false, d.forgive(ctx, m.Provider, err)
		}
		d.answered(m.Provider)
		answer, err := read(prompt, completion)
		if err == nil {
			err = q.Take(answer, m, cheap)
		}
		if err == nil {
			return true, nil
		}
		d.unusable()
		if bad, ok := errors.AsType[*stockdigest.AnswerError](err); ok && bad.Fault == stockdigest.AnswerRefused {
			return false, nil // it would refuse again
		}
		prompt = again(q.Prompt, err)
	}
	return false, nil
}

// maxAnswer is far above any answer of numbers and short texts.
const maxAnswer = 64 << 10

var errTooLong = errors.New("it is too long")

func read(p stockdigest.Prompt, c stockdigest.Completion) (json.RawMessage, error) {
	answer, err := p.Read(c)
	if err == nil && len(answer) > maxAnswer {
		err = errTooLong
	}
	return answer, err
}

// again is the prompt with what was wrong with the answer to it. Our own words
// only: the answer itself may hold anything.
func again(p stockdigest.Prompt, why error) stockdigest.Prompt {
	p.Input += "\nYour last answer could not be used: " + why.Error() + ". Answer with the one JSON object that was asked for, and nothing else.\n"
	return p
}

// call asks until the run's deadline. The asker finishes a call in flight by
// itself, so that its answer is not paid for twice.
func (d *Desk) call(ctx context.Context, m stockdigest.Model, prompt stockdigest.Prompt) (stockdigest.Completion, error) {
	if !d.run.Deadline.IsZero() {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeoutCause(ctx, d.run.Deadline.Sub(d.cfg.Now()), errLate)
		defer cancel()
		if ctx.Err() != nil {
			return stockdigest.Completion{}, context.Cause(ctx)
		}
	}
	return d.asker.Ask(ctx, stockdigest.Ask{
		Run: d.run.ID, Ticker: d.run.Ticker, Step: d.step, Reader: Payer(d.run), Late: d.run.Late(),
		Provider: m.Provider, Model: m.Name, Prompt: prompt,
	})
}

var errLate = errors.New("the run's deadline came")

// Payer is the reader whose budget a run is paid from; empty: the house.
func Payer(run stockdigest.Run) stockdigest.ReaderID {
	if id, ok := strings.CutPrefix(run.CreatedBy, "reader "); ok {
		return stockdigest.ReaderID(id)
	}
	return ""
}

// chain is the rung where the run stands, and the models that may be asked on it.
func (d *Desk) chain(q Question) (stockdigest.Rung, []stockdigest.Model) {
	d.mu.Lock()
	defer d.mu.Unlock()
	switch {
	case d.late:
		return d.rung, nil
	case d.rung == stockdigest.RungFull, d.rung == stockdigest.RungFewer && q.Important:
		return d.rung, q.Chain
	case d.rung == stockdigest.RungCheaper && q.Important:
		return d.rung, d.cfg.Cheap
	}
	return d.rung, nil
}

// maxFail is after how many calls in a row without an answer a run leaves a
// provider alone.
const maxFail = 5

// gaveUp reports a provider that failed too often in a row, and everybody once
// the deadline came.
func (d *Desk) gaveUp(provider string) bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.late || d.inARow[provider] >= maxFail
}

// stepDown goes one rung down, unless another call of the run went first.
func (d *Desk) stepDown(from stockdigest.Rung, over *stockdigest.OverBudget) {
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

func (d *Desk) answered(provider string) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.inARow[provider] = 0
}

func (d *Desk) unusable() {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.broken++
}

// forgive notes a call without an answer, which is the provider's trouble or the
// deadline's. It returns what is neither: a stop, or a fault of the asker.
func (d *Desk) forgive(ctx context.Context, provider string, err error) error {
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
		switch {
		case call.Reason == stockdigest.CallUnrecorded: // says nothing of the next one
		case call.Temporary(), call.Reason == stockdigest.CallBadRequest:
			d.inARow[provider]++
		default:
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

func (d *Desk) overdue() bool {
	return !d.run.Deadline.IsZero() && !d.cfg.Now().Before(d.run.Deadline)
}
