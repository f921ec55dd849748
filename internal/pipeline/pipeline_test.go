package pipeline_test

import (
	"context"
	"errors"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"stockdigest.app/stockdigest"
	"stockdigest.app/stockdigest/internal/pipeline"
)

// runs is a lease table of one run.
type runs struct {
	mu       sync.Mutex
	run      stockdigest.Run
	busy     int // claims that find the run held by another
	lostFrom int // beats from this number on find the lease lost; 0 is never
	lostTo   int // up to this one
	beats    int
	released bool
	failed   string
}

func (r *runs) ClaimRun(context.Context, stockdigest.RunID, string, time.Duration) (stockdigest.Run, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.busy > 0 {
		r.busy--
		return r.run, &stockdigest.Error{Kind: stockdigest.ErrUnavailable, Message: "held", RetryAfter: 4 * time.Second}
	}
	r.run.Token++
	return r.run, nil
}

func (r *runs) BeatRun(context.Context, stockdigest.Run, time.Duration) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.beats++
	if r.lostFrom > 0 && r.beats >= r.lostFrom && r.beats <= r.lostTo {
		return stockdigest.ErrConflict
	}
	return nil
}

func (r *runs) ReleaseRun(ctx context.Context, _ stockdigest.Run) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.released = true
	return ctx.Err()
}

func (r *runs) FailRun(ctx context.Context, _ stockdigest.Run, cause string) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.failed = cause
	return ctx.Err()
}

type step struct {
	name stockdigest.StepName
	do   func(ctx context.Context) error
}

func (s step) Name() stockdigest.StepName { return s.name }

func (s step) Run(ctx context.Context, _ stockdigest.Run) error { return s.do(ctx) }

// trace returns steps that note their names.
func trace(into *[]stockdigest.StepName, names ...stockdigest.StepName) []pipeline.Step {
	var steps []pipeline.Step
	for _, n := range names {
		steps = append(steps, step{n, func(context.Context) error {
			*into = append(*into, n)
			return nil
		}})
	}
	return steps
}

func config() pipeline.Config { return pipeline.Config{Worker: "w", Lease: 3 * time.Second} }

func TestRunResumesAtTheFirstStepNotDone(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var ran []stockdigest.StepName
		r := &runs{run: stockdigest.Run{Steps: []stockdigest.StepDone{{Step: stockdigest.StepIngest}}}}
		p := pipeline.New(r, trace(&ran, stockdigest.StepIngest, stockdigest.StepTriage, stockdigest.StepExtract), config())
		if err := p.Run(t.Context(), r.run); err != nil {
			t.Fatal(err)
		}
		if want := []stockdigest.StepName{stockdigest.StepTriage, stockdigest.StepExtract}; !slices.Equal(ran, want) {
			t.Errorf("ran %v, want %v", ran, want)
		}
	})
}

func TestRunDoneIsLeftAlone(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var ran []stockdigest.StepName
		r := &runs{run: stockdigest.Run{State: stockdigest.RunDone}}
		if err := pipeline.New(r, trace(&ran, stockdigest.StepIngest), config()).Run(t.Context(), r.run); err != nil || len(ran) > 0 {
			t.Errorf("got %v and steps %v, want neither", err, ran)
		}
	})
}

func TestRunWaitsForTheHolder(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var ran []stockdigest.StepName
		r := &runs{busy: 3}
		notices := 0
		cfg := config()
		cfg.Notice = func(stockdigest.Run, string) { notices++ }
		if err := pipeline.New(r, trace(&ran, stockdigest.StepIngest), cfg).Run(t.Context(), r.run); err != nil {
			t.Fatal(err)
		}
		if len(ran) != 1 || notices != 1 {
			t.Errorf("ran %v with %d notices, want one of each", ran, notices)
		}
	})
}

func TestLostLeaseStopsTheStepAndClaimsAgain(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		r := &runs{lostFrom: 2, lostTo: 2}
		tries := 0
		stuckOnce := step{stockdigest.StepExtract, func(ctx context.Context) error {
			if tries++; tries > 1 {
				return nil
			}
			<-ctx.Done()
			return context.Cause(ctx)
		}}
		if err := pipeline.New(r, []pipeline.Step{stuckOnce}, config()).Run(t.Context(), r.run); err != nil {
			t.Fatal(err)
		}
		if tries != 2 || r.released || r.failed != "" {
			t.Errorf("tried %d times, released %v, failed %q; want two tries and a run left alone in between", tries, r.released, r.failed)
		}
	})
}

func TestLeaseLostAgainAndAgainEnds(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		r := &runs{lostFrom: 1, lostTo: 1 << 30}
		stuck := step{stockdigest.StepExtract, func(ctx context.Context) error {
			<-ctx.Done()
			return context.Cause(ctx)
		}}
		err := pipeline.New(r, []pipeline.Step{stuck}, config()).Run(t.Context(), r.run)
		if err == nil || !strings.Contains(err.Error(), "went to another process") {
			t.Errorf("got %v, want the loss of the run", err)
		}
	})
}

func TestStaleTokenIsALostRun(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		r, tries := &runs{}, 0
		fenced := step{stockdigest.StepExtract, func(context.Context) error {
			if tries++; tries > 1 {
				return nil
			}
			return stockdigest.ErrConflict
		}}
		if err := pipeline.New(r, []pipeline.Step{fenced}, config()).Run(t.Context(), r.run); err != nil || tries != 2 || r.failed != "" {
			t.Errorf("got %v after %d tries, failed %q; want a second claim", err, tries, r.failed)
		}
	})
}

func TestStopHandsTheRunBack(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		r := &runs{}
		ctx, cancel := context.WithCancel(t.Context())
		stuck := step{stockdigest.StepExtract, func(ctx context.Context) error {
			cancel()
			<-ctx.Done()
			return ctx.Err()
		}}
		err := pipeline.New(r, []pipeline.Step{stuck}, config()).Run(ctx, r.run)
		if !errors.Is(err, context.Canceled) || !r.released || r.failed != "" {
			t.Errorf("got %v, released %v, failed %q; want canceled, released and not failed", err, r.released, r.failed)
		}
	})
}

func TestFailedStepIsNamed(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		r := &runs{run: stockdigest.Run{Ticker: "BWL"}}
		broken := step{stockdigest.StepCluster, func(context.Context) error { return errors.New("no rows") }}
		err := pipeline.New(r, []pipeline.Step{broken}, config()).Run(t.Context(), r.run)
		if err == nil || err.Error() != "cluster BWL: no rows" || r.failed != "cluster BWL: no rows" {
			t.Errorf("got %v and cause %q, want both to name step and ticker", err, r.failed)
		}
	})
}
