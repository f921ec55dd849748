package runs

import (
	"context"
	"errors"
	"fmt"
	"runtime/debug"
	"sync"
	"time"

	"stockdigest.app/stockdigest"
)

// Why the work on a run ends from outside.
var (
	errLost    = errors.New("the run went to another process or was cancelled")
	errExpired = fmt.Errorf("%w: no heartbeat got through", errLost)
	errCut     = errors.New("the process stops, and the step did not finish in time")
	errDeaf    = errors.New("the work did not end when it was told to")
	errSettle  = errors.New("the database did not answer in time")
)

// How long work may take to end once its context has; and how long the
// database may take to hear how it ended, while the process goes on and when
// it stops.
const (
	obeyTime   = 2 * time.Second
	settleTime = 15 * time.Second
	hurryTime  = time.Second
)

// attempt works on a claimed run and writes what came of it. It returns the
// error of the work, errLost when the run is somebody else's by now, and nil
// when the run was brought to its end.
func (r *Runner) attempt(ctx context.Context, run stockdigest.Run) error {
	held, h := r.hold(ctx, run)
	result := make(chan error, 1)
	go func() { result <- r.safely(held, run) }()
	err := outcome(held, result)
	cause := context.Cause(held)
	r.release(h)
	if err == nil {
		return nil
	}
	return r.settle(ctx, run, err, cause)
}

// outcome waits for the work, but not for one that does not listen: it may go
// on, and none of its writes count once somebody else has the run.
func outcome(held context.Context, result <-chan error) error {
	select {
	case err := <-result:
		return err
	case <-held.Done():
	}
	timer := time.NewTimer(obeyTime)
	defer timer.Stop()
	select {
	case err := <-result:
		return err
	case <-timer.C:
		return errDeaf
	}
}

// safely turns a panic of the work into an error.
func (r *Runner) safely(ctx context.Context, run stockdigest.Run) (err error) {
	defer func() {
		if p := recover(); p != nil {
			r.deps.Log.ErrorContext(ctx, "panic", "run", run.ID, "ticker", run.Ticker, "panic", p, "stack", string(debug.Stack()))
			err = fmt.Errorf("the program broke: %v", p)
		}
	}()
	return r.deps.Work(ctx, run)
}

// settle writes into the run how an attempt ended that did not end it.
func (r *Runner) settle(ctx context.Context, run stockdigest.Run, err, cause error) error {
	stop := ctx.Err() != nil || r.Stopping()
	limit := settleTime
	if stop {
		limit = hurryTime
	}
	after, cancel := context.WithTimeoutCause(context.WithoutCancel(ctx), limit, errSettle)
	defer cancel()
	store := r.deps.Store
	switch {
	case errors.Is(cause, errExpired): // nobody may have taken it yet
		return errors.Join(cause, ignoreConflict(store.ReleaseRun(after, run)))
	case errors.Is(cause, errLost):
		return cause
	case errors.Is(err, stockdigest.ErrConflict):
		return fmt.Errorf("%w: %w", errLost, err)
	case stop:
		return errors.Join(err, ignoreConflict(store.ReleaseRun(after, run)))
	case errors.Is(err, stockdigest.ErrInvalid): // the same again would end the same
		return errors.Join(err, ignoreConflict(store.QuarantineRun(after, run, err.Error())))
	}
	return errors.Join(err, ignoreConflict(store.FailRun(after, run, err.Error())))
}

// handBack returns a run that was not worked on.
func (r *Runner) handBack(ctx context.Context, run stockdigest.Run) {
	after, cancel := context.WithTimeoutCause(context.WithoutCancel(ctx), hurryTime, errSettle)
	defer cancel()
	if err := r.deps.Store.ReleaseRun(after, run); err != nil {
		r.deps.Log.WarnContext(ctx, "cannot hand a run back", "run", run.ID, "error", err)
	}
}

// ignoreConflict drops the answer "not yours any more": somebody else already
// goes on with the run.
func ignoreConflict(err error) error {
	if errors.Is(err, stockdigest.ErrConflict) {
		return nil
	}
	return err
}

// A hold keeps the lease of one run alive.
type hold struct {
	run    stockdigest.Run
	cancel context.CancelCauseFunc
	news   chan struct{} // a new step began
	ended  chan struct{}

	mu    sync.Mutex
	doing stockdigest.Doing
}

// hold keeps the lease of a run alive until release. The context it returns
// ends when the run is lost, so that a frozen process that wakes up does no
// more.
func (r *Runner) hold(ctx context.Context, run stockdigest.Run) (context.Context, *hold) {
	held, cancel := context.WithCancelCause(ctx)
	h := &hold{run: run, cancel: cancel, news: make(chan struct{}, 1), ended: make(chan struct{})}
	r.list(h)
	go func() {
		defer close(h.ended)
		r.beats(held, h)
	}()
	return held, h
}

func (r *Runner) release(h *hold) {
	h.cancel(nil)
	<-h.ended
	r.unlist(h)
}

// beats sends heartbeats until ctx ends. Work that no heartbeat got through for
// ends one lease after the last good one began, by the clock of this process:
// the database may be out of reach, and others take the run over then.
func (r *Runner) beats(ctx context.Context, h *hold) {
	expire := func() { h.cancel(errExpired) }
	expiry := time.AfterFunc(r.cfg.Lease, expire)
	defer func() { expiry.Stop() }()
	tick := time.NewTicker(r.cfg.Lease / 10)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		case <-h.news:
		}
		next := time.AfterFunc(r.cfg.Lease, expire)
		switch err := r.beat(ctx, h); {
		case err == nil:
			expiry.Stop()
			expiry = next
			continue
		case errors.Is(err, stockdigest.ErrConflict):
			h.cancel(errLost)
		case ctx.Err() == nil: // the next beat tries again
			r.deps.Log.WarnContext(ctx, "heartbeat failed", "run", h.run.ID, "error", err)
		}
		next.Stop()
	}
}

func (r *Runner) beat(ctx context.Context, h *hold) error {
	limited, cancel := context.WithTimeoutCause(ctx, r.cfg.Lease/3, errSettle)
	defer cancel()
	return r.deps.Store.BeatRun(limited, h.run, r.cfg.Lease, h.now())
}

// tell keeps where the work stands, for the next heartbeat. A new step asks
// for one at once.
func (h *hold) tell(doing stockdigest.Doing) {
	h.mu.Lock()
	fresh := doing.Step != h.doing.Step
	h.doing = doing
	h.mu.Unlock()
	if !fresh {
		return
	}
	select {
	case h.news <- struct{}{}:
	default: // one is asked for already
	}
}

func (h *hold) now() stockdigest.Doing {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.doing
}
