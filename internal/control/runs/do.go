package runs

import (
	"context"
	"errors"
	"fmt"
	"time"

	"stockdigest.app/stockdigest"
)

// maxLost is how often one call claims a run again after losing it. A machine
// that sleeps or is overloaded loses one now and then; losing three in a row
// means it cannot keep one.
const maxLost = 3

// Do brings one run to its end for a person who waits: it claims the run,
// waiting while others have it, and works on it. An error of the work is
// written into the run and handed back. When ctx ends the run is handed back
// at once, for anybody to go on with.
func (r *Runner) Do(ctx context.Context, id stockdigest.RunID) error {
	for lost := 0; ; lost++ {
		run, err := r.claimOne(ctx, id)
		if err != nil || run.State == stockdigest.RunDone {
			return err
		}
		err = r.attempt(ctx, run)
		if !errors.Is(err, errLost) || lost == maxLost {
			return err
		}
	}
}

// claimOne claims a run, waiting as long as others have it or its class has no
// room.
func (r *Runner) claimOne(ctx context.Context, id stockdigest.RunID) (stockdigest.Run, error) {
	for told := false; ; told = true {
		run, err := r.tryOne(ctx, id)
		var busy *stockdigest.Error
		if !errors.As(err, &busy) || busy.RetryAfter <= 0 || !errors.Is(err, stockdigest.ErrUnavailable) {
			return run, err
		}
		if !told {
			r.deps.Notice(busy.Message + "; waiting")
		}
		// The holder may finish long before its lease ends: look again soon.
		pause(ctx, min(busy.RetryAfter, r.cfg.Lease/4, time.Second), nil)
		if ctx.Err() != nil {
			return run, context.Cause(ctx)
		}
	}
}

// tryOne claims a run once. The claim is not cut by the end of ctx.
func (r *Runner) tryOne(ctx context.Context, id stockdigest.RunID) (stockdigest.Run, error) {
	limited, cancel := context.WithTimeoutCause(context.WithoutCancel(ctx), claimTime, errClaimTime)
	defer cancel()
	run, err := r.deps.Store.ClaimRun(limited, id, r.claim())
	if err != nil {
		return run, fmt.Errorf("claim run %s: %w", id, err)
	}
	return run, nil
}
