// Package pipeline is the flow of a run: its steps in order, resumed at the
// first one not done. It holds the run's lease while it works and gives it back
// when it stops; what a step does is the step's own business.
package pipeline

import (
	"context"
	"errors"
	"fmt"
	"time"

	"stockdigest.app/stockdigest"
)

// A Step is one stage of a run. Run reads rows and writes its rows and its
// "done" mark in one transaction; a second Run after a crash gives the same end.
type Step interface {
	Name() stockdigest.StepName
	Run(ctx context.Context, run stockdigest.Run) error
}

// Runs is the part of the store that owns leases. ClaimRun answers
// ErrUnavailable with RetryAfter while another process holds the run, and a run
// that is done as it is; BeatRun answers ErrConflict once the lease is lost.
type Runs interface {
	ClaimRun(ctx context.Context, id stockdigest.RunID, worker string, lease time.Duration) (stockdigest.Run, error)
	BeatRun(ctx context.Context, run stockdigest.Run, lease time.Duration) error
	ReleaseRun(ctx context.Context, run stockdigest.Run) error
	FailRun(ctx context.Context, run stockdigest.Run, cause string) error
}

// Config holds the values of a Pipeline.
type Config struct {
	// Worker names this process in the store; unique per process start.
	Worker string
	// Lease is how long a claim lives without a heartbeat: after a kill another
	// process takes over this much later. The heartbeat comes three times a
	// lease. Shorter than a second makes a busy machine lose its own runs.
	Lease time.Duration
	// Notice is told in one line what a person waiting should know; may be nil.
	Notice func(run stockdigest.Run, line string)
	// Finished is told when a step has its mark; may be nil.
	Finished func(run stockdigest.Run, step stockdigest.StepName)
}

// A Pipeline runs the steps of runs. It is safe for concurrent use on
// different runs.
type Pipeline struct {
	runs  Runs
	steps []Step
	cfg   Config
}

// New returns a pipeline of steps in the order they run.
func New(runs Runs, steps []Step, cfg Config) *Pipeline {
	if cfg.Notice == nil {
		cfg.Notice = func(stockdigest.Run, string) {}
	}
	if cfg.Finished == nil {
		cfg.Finished = func(stockdigest.Run, stockdigest.StepName) {}
	}
	return &Pipeline{runs: runs, steps: steps, cfg: cfg}
}

// maxLost is how often one call claims a run again after losing its lease. A
// machine that sleeps or is overloaded loses one now and then; losing three in
// a row means it cannot keep one.
const maxLost = 3

// Run brings a run to its end: it claims it, waiting while another process
// works on it, and runs every step that has no mark. A lost lease is claimed
// again. A stop from outside hands the run back so that the next claim goes on
// at once; a step's error marks it failed with the cause, and a later Run tries
// that step again.
func (p *Pipeline) Run(ctx context.Context, run stockdigest.Run) error {
	for lost := 0; ; lost++ {
		err := p.once(ctx, run)
		if !errors.Is(err, errLost) || lost == maxLost {
			return err
		}
	}
}

func (p *Pipeline) once(ctx context.Context, run stockdigest.Run) error {
	claimed, err := p.claim(ctx, run)
	if err != nil || claimed.State == stockdigest.RunDone {
		return err
	}
	held, stop := p.hold(ctx, claimed)
	err = p.runSteps(held, claimed)
	lost := errors.Is(context.Cause(held), errLost)
	stop()
	switch {
	case err == nil:
		return nil
	case lost || errors.Is(err, stockdigest.ErrConflict):
		return fmt.Errorf("run of %s: %w", run.Ticker, errLost)
	}
	return p.settle(ctx, claimed, err)
}

func (p *Pipeline) claim(ctx context.Context, run stockdigest.Run) (stockdigest.Run, error) {
	told := false
	for {
		claimed, err := p.runs.ClaimRun(ctx, run.ID, p.cfg.Worker, p.cfg.Lease)
		var busy *stockdigest.Error
		if !errors.As(err, &busy) || busy.RetryAfter <= 0 || !errors.Is(err, stockdigest.ErrUnavailable) {
			if err != nil {
				return run, fmt.Errorf("claim the run of %s: %w", run.Ticker, err)
			}
			return claimed, nil
		}
		if !told {
			p.cfg.Notice(run, "another process works on it; waiting")
			told = true
		}
		// The holder may finish long before its lease ends: look again soon.
		if err := wait(ctx, min(busy.RetryAfter, p.cfg.Lease/4)); err != nil {
			return run, err
		}
	}
}

func (p *Pipeline) runSteps(ctx context.Context, run stockdigest.Run) error {
	for _, step := range p.steps {
		if run.Done(step.Name()) {
			continue
		}
		if err := context.Cause(ctx); err != nil {
			return err
		}
		if err := step.Run(ctx, run); err != nil {
			return fmt.Errorf("%s %s: %w", step.Name(), run.Ticker, err)
		}
		p.cfg.Finished(run, step.Name())
	}
	return nil
}

// errLost ends a run whose lease went to another process.
var errLost = errors.New("the run went to another process")

// hold keeps the lease alive until stop is called. The context it returns ends
// when the lease is lost, so that a frozen process that wakes up does no more.
func (p *Pipeline) hold(ctx context.Context, run stockdigest.Run) (held context.Context, stop func()) {
	held, cancel := context.WithCancelCause(ctx)
	done := make(chan struct{})
	go func() {
		defer close(done)
		for wait(held, p.cfg.Lease/3) == nil {
			if err := p.runs.BeatRun(held, run, p.cfg.Lease); errors.Is(err, stockdigest.ErrConflict) {
				cancel(errLost)
			}
			// Any other error: the next beat tries again, and the token guards
			// every write if the lease runs out meanwhile.
		}
	}()
	return held, func() { cancel(nil); <-done }
}

// settle leaves the run so that somebody can go on with it.
func (p *Pipeline) settle(ctx context.Context, run stockdigest.Run, cause error) error {
	after, cancel := context.WithTimeoutCause(context.WithoutCancel(ctx), 5*time.Second, errors.New("handing the run back took more than 5 s"))
	defer cancel()
	if ctx.Err() != nil {
		return errors.Join(context.Cause(ctx), ignoreConflict(p.runs.ReleaseRun(after, run)))
	}
	return errors.Join(cause, ignoreConflict(p.runs.FailRun(after, run, cause.Error())))
}

// ignoreConflict drops the answer "not yours any more": somebody else already
// goes on with the run.
func ignoreConflict(err error) error {
	if errors.Is(err, stockdigest.ErrConflict) {
		return nil
	}
	return err
}

func wait(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}
