package calls

import (
	"context"
	"errors"
	"sync"
	"time"

	"stockdigest.app/stockdigest"
)

const (
	// A batch is cancelled so long before nobody waits for it any more, but not
	// before three quarters of the wait are over: what it has answered is used.
	cancelAhead = 5 * time.Minute
	// After batchLife no provider answers a batch any more.
	batchLife = 25 * time.Hour
)

// A following is a batch job in this process's hands, with the asks that wait for
// it here.
type following struct {
	job       stockdigest.BatchJob
	cancelled bool

	mu       sync.Mutex
	asks     map[string]*lateAsk // by call
	released chan struct{}       // closed when nobody waits any more
}

// end tells who waits for a call.
func (f *following) end(call string, answer *stockdigest.Completion) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if l := f.asks[call]; l != nil {
		l.end(answer)
		delete(f.asks, call)
	}
}

// release lets everybody go who still waits.
func (f *following) release() {
	f.mu.Lock()
	defer f.mu.Unlock()
	for call, l := range f.asks {
		l.end(nil)
		delete(f.asks, call)
	}
	select {
	case <-f.released:
	default:
		close(f.released)
	}
}

// announce lets the asks of this process know that the job is in its hands, until
// forget.
func (c *Caller) announce(f *following) (forget func()) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.followed[f.job.ID] = f
	return func() {
		c.mu.Lock()
		defer c.mu.Unlock()
		delete(c.followed, f.job.ID)
	}
}

// standBy waits for the same call that somebody else has made: for its batch, when
// this process follows it.
func (c *Caller) standBy(ctx context.Context, permit stockdigest.Permit) error {
	c.mu.Lock()
	f := c.followed[permit.Batch]
	c.mu.Unlock()
	if f == nil && permit.Batch != "" {
		return pause(ctx, min(permit.Wait, c.cfg.Batching.Poll))
	}
	if f == nil {
		return pause(ctx, permit.Wait)
	}
	select {
	case <-f.released:
		return pause(ctx, storePause) // its clock and the store's may differ
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

// FollowBatches goes on with the batch jobs of processes that died or stopped,
// until ctx ends.
func (c *Caller) FollowBatches(ctx context.Context) error {
	for c.deps.Batches != nil {
		job, ok, err := c.deps.Batches.AdoptBatch(ctx, c.batchLease())
		switch {
		case err != nil && ctx.Err() == nil:
			c.deps.Log.WarnContext(ctx, "cannot look for batches of calls", "error", err)
		case ok && !c.isStopping():
			f := &following{job: job, asks: map[string]*lateAsk{}, released: make(chan struct{})}
			forget := c.announce(f)
			c.left.Go(func() {
				defer f.release()
				defer forget()
				c.follow(context.WithoutCancel(ctx), f)
			})
			continue
		}
		if pause(ctx, c.cfg.Batching.Poll) != nil {
			return nil //nolint:nilerr // that is how it is told to stop
		}
	}
	return nil
}

// follow asks for the answers of a job until it has ended, or the process stops:
// then somebody else goes on.
func (c *Caller) follow(ctx context.Context, f *following) {
	defer c.keepBatch(ctx, f.job)()
	for look := c.firstLook(f); ; look = c.cfg.Batching.Poll {
		if !c.waitToLook(look) {
			break
		}
		if isConflict(c.hold(ctx, f.job)) {
			return
		}
		now := c.deps.Now()
		if !now.Before(f.job.Until) {
			f.release()
		}
		if c.step(ctx, f, now) {
			return
		}
	}
	if err := c.deps.Batches.HoldBatch(ctx, f.job, 0); err != nil {
		c.deps.Log.WarnContext(ctx, "cannot let a batch of calls go", "batch", f.job.ID, "error", err)
	}
}

// firstLook is at once for a job that somebody else sent.
func (c *Caller) firstLook(f *following) time.Duration {
	if f.job.Token > 1 {
		return 0
	}
	return c.cfg.Batching.Poll
}

func (c *Caller) waitToLook(d time.Duration) bool {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return !c.isStopping()
	case <-c.stopping:
		return false
	}
}

// step asks once how the job stands, and reports whether nothing is left to do.
func (c *Caller) step(ctx context.Context, f *following, now time.Time) (ended bool) {
	if _, ok := c.deps.Providers[f.job.Provider].(Batcher); !ok || now.After(f.job.Created.Add(batchLife)) {
		return c.endAll(ctx, f, &stockdigest.CallError{
			Provider: f.job.Provider, Reason: stockdigest.CallTimeout, MaybeBilled: true, Err: errors.New("its batch has no answers any more"),
		})
	}
	if f.job.Remote == "" {
		return c.find(ctx, f)
	}
	if last := f.job.Until.Add(-min(cancelAhead, f.job.Until.Sub(f.job.Created)/4)); now.After(last) && !f.cancelled {
		f.cancelled = c.cancelBatch(ctx, f)
	}
	type told struct {
		answers []stockdigest.BatchAnswer
		done    bool
	}
	got, err := call(ctx, c, f.job, func(ctx context.Context, b Batcher) (told, error) {
		answers, done, err := b.BatchAnswers(ctx, f.job)
		return told{answers, done}, err
	})
	if err != nil {
		c.deps.Log.WarnContext(ctx, "cannot ask after a batch of calls", "batch", f.job.Remote, "error", err)
		return false
	}
	if !got.done || !f.whole(got.answers) && now.Before(f.job.Until) {
		return false // what is missing may have been lost on the way
	}
	return c.settleBatch(ctx, f, got.answers)
}

// whole reports whether every call of the job is spoken of.
func (f *following) whole(answers []stockdigest.BatchAnswer) bool {
	told := map[string]bool{}
	for _, a := range answers {
		told[a.Call] = true
	}
	for _, bid := range f.job.Calls {
		if !told[bid.ID] {
			return false
		}
	}
	return true
}

// find looks for a job of which nobody knows whether it was sent. One that was
// not costs nothing, and its calls may be made again.
func (c *Caller) find(ctx context.Context, f *following) (ended bool) {
	var sure bool
	remote, err := call(ctx, c, f.job, func(ctx context.Context, b Batcher) (remote string, err error) {
		remote, sure, err = b.FindBatch(ctx, f.job)
		return remote, err
	})
	switch {
	case err != nil:
		c.deps.Log.WarnContext(ctx, "cannot look for a batch of calls", "batch", f.job.ID, "error", err)
	case remote != "":
		f.job.Remote = remote
	case sure:
		return c.endAll(ctx, f, &stockdigest.CallError{
			Provider: f.job.Provider, Reason: stockdigest.CallUnavailable, Err: errors.New("its batch was never sent"),
		})
	}
	return false
}

func (c *Caller) cancelBatch(ctx context.Context, f *following) bool {
	_, err := call(ctx, c, f.job, func(ctx context.Context, b Batcher) (any, error) { return nil, b.CancelBatch(ctx, f.job) })
	if err != nil {
		c.deps.Log.WarnContext(ctx, "cannot cancel a batch of calls", "batch", f.job.Remote, "error", err)
		return false
	}
	return true
}

// endAll ends every call of the job alike.
func (c *Caller) endAll(ctx context.Context, f *following, why *stockdigest.CallError) (ended bool) {
	answers := make([]stockdigest.BatchAnswer, 0, len(f.job.Calls))
	for _, bid := range f.job.Calls {
		answers = append(answers, stockdigest.BatchAnswer{Call: bid.ID, Err: why})
	}
	return c.settleBatch(ctx, f, answers)
}

// settleBatch stores how each call of the job ended, and that the job has. What
// could not be stored is left to who adopts the job.
func (c *Caller) settleBatch(ctx context.Context, f *following, answers []stockdigest.BatchAnswer) (ended bool) {
	by := map[string]stockdigest.BatchAnswer{}
	for _, a := range answers {
		by[a.Call] = a
	}
	for _, bid := range f.job.Calls {
		o := c.outcomeOf(f.job, bid, by)
		if err := c.settle(ctx, bid, o); err != nil {
			c.deps.Log.ErrorContext(ctx, "cannot store the answers of a batch", "batch", f.job.Remote, "error", err)
			return true
		}
		if o.State == stockdigest.CallDone {
			f.end(bid.ID, &o.Completion)
		} else {
			f.end(bid.ID, nil)
		}
	}
	if err := c.deps.Batches.EndBatch(ctx, f.job); err != nil {
		c.deps.Log.WarnContext(ctx, "cannot end a batch of calls", "batch", f.job.Remote, "error", err)
	}
	return true
}

// outcomeOf is how a call of the job ended. Of one that the provider does not
// speak of nobody knows whether it was billed.
func (c *Caller) outcomeOf(job stockdigest.BatchJob, bid stockdigest.Bid, by map[string]stockdigest.BatchAnswer) stockdigest.Outcome {
	o := stockdigest.Outcome{ID: bid.ID, Provider: job.Provider, State: stockdigest.CallDone, Took: c.deps.Now().Sub(job.Created)}
	answer, found := by[bid.ID]
	switch {
	case !found:
		o.State = stockdigest.CallLost
		o.Err = &stockdigest.CallError{Provider: job.Provider, Reason: stockdigest.CallBroken, MaybeBilled: true, Err: errors.New("its batch has no answer to it")}
	case answer.Err != nil && answer.Err.MaybeBilled:
		o.State, o.Err = stockdigest.CallLost, answer.Err
	case answer.Err != nil:
		o.State, o.Err = stockdigest.CallFailed, answer.Err
	default:
		o.Completion, o.Cost = answer.Completion, c.batchCost(bid, answer.Completion.Usage)
	}
	return o
}

// batchCost is the price of a call in a batch. What is reserved for one whose
// tokens are not counted is such a price already.
func (c *Caller) batchCost(bid stockdigest.Bid, u stockdigest.Usage) stockdigest.Micros {
	if u.In <= 0 && u.Out <= 0 {
		return bid.Reserve
	}
	cost, _ := c.deps.Prices.Batched(bid.Ask.Provider, bid.Ask.Model, c.cost(bid, u), bid.Day)
	return cost
}

// batchLease is how long a job is in the hands of a process without a sign of
// life.
func (c *Caller) batchLease() time.Duration { return max(c.cfg.Lease, 4*c.cfg.Batching.Poll) }

func (c *Caller) hold(ctx context.Context, job stockdigest.BatchJob) error {
	return patiently(ctx, func(ctx context.Context) error { return c.deps.Batches.HoldBatch(ctx, job, c.batchLease()) })
}

// keepBatch holds the job until it is told to stop.
func (c *Caller) keepBatch(ctx context.Context, job stockdigest.BatchJob) (stop func()) {
	ctx, cancel := context.WithCancel(ctx)
	var kept sync.WaitGroup
	kept.Go(func() {
		for pause(ctx, c.batchLease()/3) == nil {
			if err := c.deps.Batches.HoldBatch(ctx, job, c.batchLease()); err != nil && ctx.Err() == nil {
				c.deps.Log.WarnContext(ctx, "cannot hold a batch of calls", "batch", job.ID, "error", err)
			}
		}
	})
	return func() {
		cancel()
		kept.Wait()
	}
}

func isConflict(err error) bool { return errors.Is(err, stockdigest.ErrConflict) }

func (c *Caller) isStopping() bool {
	select {
	case <-c.stopping:
		return true
	default:
		return false
	}
}
