package tasks

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"runtime/debug"
	"time"
)

// guardEvery is how often each process ticks by itself. River ticks by the
// minute, but in one process only, its leader: a leader that is stuck while it
// renews its claim would silence the schedule of the whole fleet. All slots
// wait longer than this before they are given up.
const guardEvery = 5 * time.Minute

// guardTicks calls tick every five minutes until ctx ends, whatever River does.
// A tick beside another one is harmless, as slots are unique rows. Processes
// that start together spread over the five minutes.
func guardTicks(ctx context.Context, tick func(context.Context) error, log *slog.Logger) {
	wait := rand.N(guardEvery) //nolint:gosec // spreads work, keeps no secret
	for {
		timer := time.NewTimer(wait)
		select {
		case <-ctx.Done():
			timer.Stop()
			return
		case <-timer.C:
		}
		if err := guarded(ctx, tick); err != nil && ctx.Err() == nil {
			log.WarnContext(ctx, "tick beside the tasks", "error", err)
		}
		wait = guardEvery
	}
}

// guarded is one tick that neither a hang nor a bug turns into more than an
// error, as it would be in a task.
func guarded(ctx context.Context, tick func(context.Context) error) (err error) {
	ctx, cancel := context.WithTimeoutCause(ctx, longest, errors.New("the tick took too long"))
	defer cancel()
	defer func() {
		if bug := recover(); bug != nil {
			err = fmt.Errorf("tick panicked: %v\n%s", bug, debug.Stack())
		}
	}()
	return tick(ctx)
}
