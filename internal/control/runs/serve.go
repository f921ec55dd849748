package runs

import (
	"context"
	"errors"
	"sync"
	"time"

	"stockdigest.app/stockdigest"
)

// claimTime bounds one claim. It is not cut by a stop: a claim that the
// database made and nobody heard of would block the run for a lease.
const claimTime = 5 * time.Second

// Serve claims runs and works on them until ctx ends, and then stops in two
// phases: it claims nothing more and lets the steps that run finish, and after
// the grace it cuts them. Whatever has not ended by then is handed back for
// others to go on with, and no attempt is counted. It returns nil within 8 s
// of the stop at the default grace.
func (r *Runner) Serve(ctx context.Context) error {
	work, cut := context.WithCancelCause(context.WithoutCancel(ctx))
	defer cut(nil)
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		r.claimAll(ctx, work)
	}()
	<-ctx.Done()
	r.stopping.Store(true)
	pause(work, r.cfg.Grace, ended)
	cut(errCut)
	<-ended
	return nil
}

// claimAll fills the places of this process until ctx ends, and returns when
// they are empty again. What it starts runs under the context work.
func (r *Runner) claimAll(ctx, work context.Context) {
	var all sync.WaitGroup
	defer all.Wait()
	places := make(chan struct{}, r.cfg.Parallel)
	freed := make(chan struct{}, 1)
	for failures := 0; ctx.Err() == nil; {
		select {
		case places <- struct{}{}:
		case <-ctx.Done():
			return
		}
		run, ok, err := r.next(work)
		switch {
		case ok && ctx.Err() == nil:
			failures = 0
			all.Go(func() {
				r.serveOne(work, run)
				<-places
				select {
				case freed <- struct{}{}:
				default: // it was told already
				}
			})
			pause(ctx, courtesy(len(places)), nil)
			continue
		case ok:
			r.handBack(work, run)
			return
		case err != nil:
			failures++
			r.deps.Log.WarnContext(ctx, "cannot look for work", "error", err, "failures", failures)
		default:
			failures = 0
		}
		<-places
		pause(ctx, r.idle(failures), freed)
	}
}

// courtesy is how long a process with n runs in hand waits before it claims
// another one: those that have less to do look first, or one process would take
// a whole batch and its share of the providers' limits would bind.
func courtesy(n int) time.Duration {
	return min(time.Duration(n)*20*time.Millisecond, 100*time.Millisecond)
}

// idle is how long to wait before the next look.
func (r *Runner) idle(failures int) time.Duration {
	return min(r.cfg.Tick<<min(failures, 10), max(r.cfg.Tick, longestIdle))
}

// longestIdle bounds how late a database that is back is noticed.
const longestIdle = 4 * time.Second

var errClaimTime = errors.New("the database did not answer a claim in time")

func (r *Runner) next(ctx context.Context) (stockdigest.Run, bool, error) {
	limited, cancel := context.WithTimeoutCause(ctx, claimTime, errClaimTime)
	defer cancel()
	return r.deps.Store.ClaimNext(limited, r.claim())
}

// serveOne works on a run and tells the log how it ended. What went wrong is
// already written into the run.
func (r *Runner) serveOne(ctx context.Context, run stockdigest.Run) {
	log := r.deps.Log.With("run", run.ID, "ticker", run.Ticker, "class", run.Class, "attempt", run.Attempts)
	switch err := r.attempt(ctx, run); {
	case err == nil:
		log.InfoContext(ctx, "run done")
	case errors.Is(err, errLost):
		log.WarnContext(ctx, "run lost", "cause", err)
	case ctx.Err() != nil || r.Stopping():
		log.InfoContext(ctx, "run handed back", "cause", err)
	default:
		log.ErrorContext(ctx, "run failed", "cause", err)
	}
}
