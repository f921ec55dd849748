// Package pipeline is the flow of a run: its steps in order, resumed at the
// first one not done, each in bounded time. Who works on a run and for how long
// is decided elsewhere; what a step does is the step's own business.
package pipeline

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"stockdigest.app/stockdigest"
)

// A Step is one stage of a run. Run reads rows and writes its rows and its
// "done" mark in one transaction; a second Run after a crash gives the same end.
type Step interface {
	Name() stockdigest.StepName
	Run(ctx context.Context, run stockdigest.Run) error
}

// A Store sets the done mark of a step that was cut short; the first mark of a
// step stays.
type Store interface {
	FinishStep(ctx context.Context, run stockdigest.Run, step stockdigest.StepName, note string) error
}

// Config holds what a Pipeline is told and tells. Only Now must be set.
type Config struct {
	// Now is the clock that deadlines are compared with.
	Now func() time.Time
	// Stopping reports whether the process is about to end, so that no new
	// step may begin.
	Stopping func() bool
	// Batches says that models may answer in batches, for which a scheduled run
	// may wait for hours.
	Batches bool
	// Started is told when a step begins.
	Started func(run stockdigest.Run, step stockdigest.StepName)
	// Finished is told when a step has its mark.
	Finished func(run stockdigest.Run, step stockdigest.StepName)
}

// A Pipeline runs the steps of runs. It is safe for concurrent use on
// different runs.
type Pipeline struct {
	store Store
	steps []Step
	cfg   Config
}

// New returns a pipeline of steps in the order they run.
func New(store Store, steps []Step, cfg Config) *Pipeline {
	if cfg.Stopping == nil {
		cfg.Stopping = func() bool { return false }
	}
	if cfg.Started == nil {
		cfg.Started = func(stockdigest.Run, stockdigest.StepName) {}
	}
	if cfg.Finished == nil {
		cfg.Finished = func(stockdigest.Run, stockdigest.StepName) {}
	}
	return &Pipeline{store: store, steps: steps, cfg: cfg}
}

// errStopping ends a run between two steps.
var errStopping = errors.New("the process is stopping")

// Run brings a claimed run to its end: it runs every step that has no mark. The
// error of a step names the step. A step that waits for the outside is cut at
// the run's deadline, and the steps after it work with what is there.
func (p *Pipeline) Run(ctx context.Context, run stockdigest.Run) error {
	for _, step := range p.steps {
		name := step.Name()
		if run.Done(name) {
			continue
		}
		if err := context.Cause(ctx); err != nil {
			return err
		}
		if p.cfg.Stopping() {
			return errStopping
		}
		p.cfg.Started(run, name)
		cut, err := p.runStep(ctx, step, run)
		if err != nil {
			return fmt.Errorf("%s %s: %w", name, run.Ticker, err)
		}
		if cut != "" { // the steps after it must know
			run.Steps = append(slices.Clone(run.Steps), stockdigest.StepDone{Step: name, At: p.cfg.Now(), Note: cut})
		}
		p.cfg.Finished(run, name)
	}
	return nil
}

// stepTime is the most that a step may take: several times what the slowest
// one needs while everything outside answers slowly. A step that takes longer
// hangs, and would keep its run from ever failing.
const stepTime = 30 * time.Minute

// errDeadline is the cause of a context that ends at the run's deadline.
var errDeadline = errors.New("the run's deadline has passed")

// runStep runs one step in bounded time. It returns the note of a step that
// was cut at the run's deadline.
func (p *Pipeline) runStep(ctx context.Context, step Step, run stockdigest.Run) (cut string, err error) {
	limit := p.stepTime(step.Name(), run)
	limited, cancel := context.WithTimeoutCause(ctx, limit, fmt.Errorf("took more than %s", limit))
	defer cancel()
	if !run.Deadline.IsZero() && waits(step.Name()) {
		limited, cancel = context.WithTimeoutCause(limited, run.Deadline.Sub(p.cfg.Now()), errDeadline)
		defer cancel()
	}
	err = step.Run(limited, run)
	cause := context.Cause(limited)
	switch {
	case err == nil:
		return "", nil
	case ctx.Err() != nil || cause == nil || errors.Is(err, stockdigest.ErrConflict):
		return "", err
	case errors.Is(cause, errDeadline):
		cut = stockdigest.CutNote + " " + run.Deadline.UTC().Format("15:04 UTC")
		return cut, p.store.FinishStep(ctx, run, step.Name(), cut)
	}
	return "", fmt.Errorf("%w (%w)", cause, err)
}

// stepTime is the most that a step of the run may take. One that asks models may
// wait for their batches as long as their answers may come.
func (p *Pipeline) stepTime(step stockdigest.StepName, run stockdigest.Run) time.Duration {
	if late := run.Late(); p.cfg.Batches && asks(step) && !late.IsZero() {
		return stepTime + max(0, late.Sub(p.cfg.Now()))
	}
	return stepTime
}

// asks reports whether a step waits for models.
func asks(step stockdigest.StepName) bool {
	return step == stockdigest.StepTriage || step == stockdigest.StepSummarize || step == stockdigest.StepVerify
}

// waits reports whether a step waits for other people's servers and keeps what
// it has got so far. The others work on what is there, and what they make is
// needed.
func waits(step stockdigest.StepName) bool {
	return step == stockdigest.StepIngest || step == stockdigest.StepExtract
}
