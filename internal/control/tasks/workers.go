package tasks

import (
	"context"

	"github.com/riverqueue/river"

	"stockdigest.app/stockdigest"
)

// The kinds of tasks. Their names are in the database and stay.
type (
	tickArgs    struct{}
	cleanupArgs struct {
		Slot stockdigest.SlotRecord `json:"slot"`
	}
	grantsArgs struct {
		Slot stockdigest.SlotRecord `json:"slot"`
	}
	filingsArgs struct {
		Symbol stockdigest.Symbol `json:"symbol"`
	}
)

func (tickArgs) Kind() string    { return "tick" }
func (cleanupArgs) Kind() string { return "cleanup" }
func (grantsArgs) Kind() string  { return "grants" }
func (filingsArgs) Kind() string { return "filings" }

// workersFor returns who does the work of every kind. What this process has no
// function for is done by doing nothing: all that tasks do is asked for again.
func workersFor(work Work) *river.Workers {
	workers := river.NewWorkers()
	river.AddWorker(workers, river.WorkFunc(func(ctx context.Context, _ *river.Job[tickArgs]) error {
		if work.Tick == nil {
			return nil
		}
		return work.Tick(ctx)
	}))
	slot := func(ctx context.Context, taken stockdigest.SlotRecord) error {
		if work.Slot == nil {
			return nil
		}
		return work.Slot(ctx, taken)
	}
	river.AddWorker(workers, river.WorkFunc(func(ctx context.Context, job *river.Job[cleanupArgs]) error {
		return slot(ctx, job.Args.Slot)
	}))
	river.AddWorker(workers, river.WorkFunc(func(ctx context.Context, job *river.Job[grantsArgs]) error {
		return slot(ctx, job.Args.Slot)
	}))
	river.AddWorker(workers, river.WorkFunc(func(ctx context.Context, job *river.Job[filingsArgs]) error {
		if work.Check == nil {
			return nil
		}
		return work.Check(ctx, job.Args.Symbol)
	}))
	return workers
}
