package pipeline_test

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"stockdigest.app/stockdigest"
	"stockdigest.app/stockdigest/internal/pipeline"
)

// marks keeps the marks that the pipeline itself sets.
type marks map[stockdigest.StepName]string

func (m marks) FinishStep(_ context.Context, _ stockdigest.Run, step stockdigest.StepName, note string) error {
	m[step] = note
	return nil
}

type step struct {
	name stockdigest.StepName
	do   func(ctx context.Context) error
}

func (s step) Name() stockdigest.StepName { return s.name }

func (s step) Run(ctx context.Context, _ stockdigest.Run) error { return s.do(ctx) }

// hangs is a step that goes on until it is told to end.
func hangs(name stockdigest.StepName) step {
	return step{name, func(ctx context.Context) error {
		<-ctx.Done()
		return ctx.Err()
	}}
}

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

func config() pipeline.Config { return pipeline.Config{Now: time.Now} }

func TestRunResumesAtTheFirstStepNotDone(t *testing.T) {
	t.Parallel()
	var ran, started, finished []stockdigest.StepName
	run := stockdigest.Run{Steps: []stockdigest.StepDone{{Step: stockdigest.StepIngest}}}
	cfg := config()
	cfg.Started = func(_ stockdigest.Run, step stockdigest.StepName) { started = append(started, step) }
	cfg.Finished = func(_ stockdigest.Run, step stockdigest.StepName) { finished = append(finished, step) }
	p := pipeline.New(marks{}, trace(&ran, stockdigest.StepIngest, stockdigest.StepTriage, stockdigest.StepExtract), cfg)
	if err := p.Run(t.Context(), run); err != nil {
		t.Fatal(err)
	}
	want := []stockdigest.StepName{stockdigest.StepTriage, stockdigest.StepExtract}
	if !slices.Equal(ran, want) || !slices.Equal(started, want) || !slices.Equal(finished, want) {
		t.Errorf("ran %v, started %v, finished %v, want %v", ran, started, finished, want)
	}
}

func TestNoStepBeginsWhileTheProcessStops(t *testing.T) {
	t.Parallel()
	var ran []stockdigest.StepName
	cfg := config()
	cfg.Stopping = func() bool { return len(ran) == 1 }
	err := pipeline.New(marks{}, trace(&ran, stockdigest.StepIngest, stockdigest.StepTriage), cfg).Run(t.Context(), stockdigest.Run{})
	if err == nil || len(ran) != 1 {
		t.Errorf("got %v after steps %v, want an end after the first", err, ran)
	}
}

func TestNoStepBeginsOnceTheRunIsTakenAway(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancelCause(t.Context())
	taken := errors.New("taken away")
	var ran []stockdigest.StepName
	steps := append([]pipeline.Step{step{stockdigest.StepIngest, func(context.Context) error { cancel(taken); return nil }}},
		trace(&ran, stockdigest.StepTriage)...)
	if err := pipeline.New(marks{}, steps, config()).Run(ctx, stockdigest.Run{}); !errors.Is(err, taken) || len(ran) > 0 {
		t.Errorf("got %v and steps %v, want the cause and none", err, ran)
	}
}

func TestFailedStepIsNamed(t *testing.T) {
	t.Parallel()
	broken := step{stockdigest.StepCluster, func(context.Context) error { return errors.New("no rows") }}
	err := pipeline.New(marks{}, []pipeline.Step{broken}, config()).Run(t.Context(), stockdigest.Run{Ticker: "BWL"})
	if err == nil || err.Error() != "cluster BWL: no rows" {
		t.Errorf("got %v, want step and ticker", err)
	}
}

func TestStepThatHangsIsNamed(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		p := pipeline.New(marks{}, []pipeline.Step{hangs(stockdigest.StepSummarize)}, config())
		err := p.Run(t.Context(), stockdigest.Run{Ticker: "BWL"})
		if err == nil || !strings.HasPrefix(err.Error(), "summarize BWL: took more than 30m0s") {
			t.Errorf("got %v, want the step and its time", err)
		}
	})
}

func TestAStepThatAsksModelsMayWaitForBatchesUntilTheDeadline(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		step    stockdigest.StepName
		class   stockdigest.Class
		batches bool
		want    time.Duration
	}{
		{stockdigest.StepSummarize, stockdigest.ClassScheduled, true, 6*time.Hour + 30*time.Minute},
		{stockdigest.StepSummarize, stockdigest.ClassScheduled, false, 30 * time.Minute},
		{stockdigest.StepSummarize, stockdigest.ClassAdHoc, true, 30 * time.Minute},
		{stockdigest.StepCluster, stockdigest.ClassScheduled, true, 30 * time.Minute},
	} {
		synctest.Test(t, func(t *testing.T) {
			cfg := config()
			cfg.Batches = c.batches
			began := time.Now()
			run := stockdigest.Run{Class: c.class, Deadline: began.Add(6 * time.Hour)}
			err := pipeline.New(marks{}, []pipeline.Step{hangs(c.step)}, cfg).Run(t.Context(), run)
			if took := time.Since(began); err == nil || took != c.want {
				t.Errorf("%s of a %s run: %v after %s, want %s", c.step, c.class, err, took, c.want)
			}
		})
	}
}

func TestDeadlineCutsWhatWaitsForTheOutside(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		set := marks{}
		var ran []stockdigest.StepName
		steps := []pipeline.Step{hangs(stockdigest.StepIngest)}
		steps = append(steps, trace(&ran, stockdigest.StepTriage)...)
		steps = append(steps, hangs(stockdigest.StepExtract))
		steps = append(steps, trace(&ran, stockdigest.StepCluster, stockdigest.StepCompose)...)
		began := time.Now()
		run := stockdigest.Run{Deadline: began.Add(20 * time.Minute)}
		if err := pipeline.New(set, steps, config()).Run(t.Context(), run); err != nil {
			t.Fatal(err)
		}
		if took := time.Since(began); took != 20*time.Minute {
			t.Errorf("took %s, want an end at the deadline", took)
		}
		if want := []stockdigest.StepName{stockdigest.StepTriage, stockdigest.StepCluster, stockdigest.StepCompose}; !slices.Equal(ran, want) {
			t.Errorf("ran %v, want %v", ran, want)
		}
		for _, cut := range []stockdigest.StepName{stockdigest.StepIngest, stockdigest.StepExtract} {
			if !strings.HasPrefix(set[cut], stockdigest.CutNote) {
				t.Errorf("the mark of %s says %q, want it cut", cut, set[cut])
			}
		}
		if len(set) != 2 {
			t.Errorf("got marks %v, want two", set)
		}
	})
}

func TestDeadlineLeavesAFinishedStepAlone(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		set := marks{}
		slow := step{stockdigest.StepIngest, func(context.Context) error { time.Sleep(time.Hour); return nil }}
		run := stockdigest.Run{Deadline: time.Now().Add(time.Minute)}
		if err := pipeline.New(set, []pipeline.Step{slow}, config()).Run(t.Context(), run); err != nil || len(set) > 0 {
			t.Errorf("got %v and marks %v, want neither", err, set)
		}
	})
}

func TestLostRunIsNotMarkedAsCut(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		set := marks{}
		fenced := step{stockdigest.StepIngest, func(ctx context.Context) error {
			<-ctx.Done()
			return stockdigest.ErrConflict
		}}
		run := stockdigest.Run{Deadline: time.Now().Add(time.Minute)}
		err := pipeline.New(set, []pipeline.Step{fenced}, config()).Run(t.Context(), run)
		if !errors.Is(err, stockdigest.ErrConflict) || len(set) > 0 {
			t.Errorf("got %v and marks %v, want the conflict", err, set)
		}
	})
}
