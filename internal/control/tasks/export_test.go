package tasks

import (
	"context"
	"log/slog"

	"github.com/riverqueue/river"
	"github.com/riverqueue/river/rivertype"
)

// OnStuckRiver makes tasks on a River that takes everything and does nothing.
func OnStuckRiver(tick func(context.Context) error) *Tasks {
	return &Tasks{client: stuckRiver{}, log: slog.New(slog.DiscardHandler), tick: tick, working: true}
}

type stuckRiver struct{}

func (stuckRiver) Start(context.Context) error         { return nil }
func (stuckRiver) Stop(context.Context) error          { return nil }
func (stuckRiver) StopAndCancel(context.Context) error { return nil }

func (stuckRiver) Insert(context.Context, river.JobArgs, *river.InsertOpts) (*rivertype.JobInsertResult, error) {
	return &rivertype.JobInsertResult{}, nil
}

func (stuckRiver) InsertMany(context.Context, []river.InsertManyParams) ([]*rivertype.JobInsertResult, error) {
	return nil, nil
}
