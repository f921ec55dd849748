package calls

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/google/uuid"

	"stockdigest.app/stockdigest"
)

// A Batcher is a Provider that answers many prompts together, later and for less.
// Its errors are *stockdigest.CallError.
type Batcher interface {
	Provider
	// SendBatch sends the calls of a job, with the job's ID, and returns what the
	// provider calls it.
	SendBatch(ctx context.Context, job stockdigest.BatchJob) (remote string, err error)
	// FindBatch looks for a job that may have been sent. It is sure when nothing
	// that the provider has can turn out to be this job.
	FindBatch(ctx context.Context, job stockdigest.BatchJob) (remote string, sure bool, err error)
	// BatchAnswers returns how the calls of a job ended, in any order, once done.
	BatchAnswers(ctx context.Context, job stockdigest.BatchJob) (answers []stockdigest.BatchAnswer, done bool, err error)
	// CancelBatch has the provider answer no more of a job than it has.
	CancelBatch(ctx context.Context, job stockdigest.BatchJob) error
}

// A BatchStore keeps the jobs. HoldBatch answers ErrConflict when a job is in
// other hands.
type BatchStore interface {
	BeginBatch(ctx context.Context, job stockdigest.BatchJob, lease time.Duration) ([]stockdigest.Permit, error)
	HoldBatch(ctx context.Context, job stockdigest.BatchJob, lease time.Duration) error
	AdoptBatch(ctx context.Context, lease time.Duration) (job stockdigest.BatchJob, ok bool, err error)
	EndBatch(ctx context.Context, job stockdigest.BatchJob) error
	ScheduledRunWaits(ctx context.Context, caps stockdigest.Caps) (bool, error)
}

// Batching holds the values of calls in batches.
type Batching struct {
	Wait   time.Duration // how long an ask may wait for its batch; zero: nothing is batched
	Gather time.Duration // how long asks are gathered; zero means 20 s
	Poll   time.Duration // how often a provider is asked; zero means 30 s

	// Caps are those of the runs: a run does not wait for a batch while another
	// waits for its place.
	Caps stockdigest.Caps
}

const (
	// So many calls go into one batch: few enough for one transaction and for one
	// answer in memory.
	mostBatched = 300
	// A provider that took no batch is left alone for restTime.
	restTime = 10 * time.Minute
)

// A gathering is asks of one model that go off together.
type gathering struct {
	asks []*lateAsk
	full chan struct{}
}

// A lateAsk is an ask that waits for its batch.
type lateAsk struct {
	bid    stockdigest.Bid
	wanted func() bool
	done   chan struct{}
	answer *stockdigest.Completion // nil: no batch answers it, and it is asked by itself
}

func (l *lateAsk) end(answer *stockdigest.Completion) {
	l.answer = answer
	close(l.done)
}

// batched has an ask that nobody waits for answered in a batch. What was not found
// that way is to be asked by itself.
func (c *Caller) batched(ctx context.Context, key string, ask stockdigest.Ask) (answer stockdigest.Completion, found bool, err error) {
	if !c.mayBatch(ctx, ask) {
		return answer, false, nil
	}
	bid, err := c.bid(key, ask, 1)
	if err != nil {
		return answer, false, err
	}
	reserve, takes := c.deps.Prices.Batched(ask.Provider, ask.Model, bid.Reserve, bid.Day)
	if !takes {
		return answer, false, nil
	}
	bid.Reserve, bid.Tokens = reserve, 0
	if !ask.Ahead {
		bid.Budget = c.cfg.Budget.Batched()
	}
	l := &lateAsk{bid: bid, wanted: func() bool { return ctx.Err() == nil }, done: make(chan struct{})}
	c.gather(ctx, l)
	select {
	case <-ctx.Done():
		return answer, false, context.Cause(ctx)
	case <-l.done:
	}
	if l.answer == nil {
		return answer, false, nil
	}
	return *l.answer, true, nil
}

// mayBatch reports whether the ask can wait for a batch, and nobody waits for
// the place that its run holds meanwhile.
func (c *Caller) mayBatch(ctx context.Context, ask stockdigest.Ask) bool {
	now := c.deps.Now()
	if c.cfg.Batching.Wait <= 0 || c.deps.Batches == nil || now.Add(c.cfg.Batching.Wait).After(ask.Late) {
		return false
	}
	if _, ok := c.deps.Providers[ask.Provider].(Batcher); !ok || c.rests(ask.Provider, now) {
		return false
	}
	waits, err := c.deps.Batches.ScheduledRunWaits(ctx, c.cfg.Batching.Caps)
	return err == nil && !waits
}

func (c *Caller) rests(provider string, now time.Time) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return now.Before(c.resting[provider])
}

// gather puts an ask to the others of its model. The first begins the gathering,
// and whoever fills it sends it off.
func (c *Caller) gather(ctx context.Context, l *lateAsk) {
	of := stockdigest.Model{Provider: l.bid.Ask.Provider, Name: l.bid.Ask.Model}
	c.mu.Lock()
	defer c.mu.Unlock()
	g := c.gatherings[of]
	if g == nil {
		g = &gathering{full: make(chan struct{})}
		c.gatherings[of] = g
		ctx := context.WithoutCancel(ctx)
		c.left.Go(func() { c.sendOff(ctx, of, g) })
	}
	g.asks = append(g.asks, l)
	if len(g.asks) == mostBatched {
		delete(c.gatherings, of)
		close(g.full)
	}
}

// sendOff waits until the asks are gathered, and sees to their batch until it has
// ended or the process stops.
func (c *Caller) sendOff(ctx context.Context, of stockdigest.Model, g *gathering) {
	timer := time.NewTimer(c.cfg.Batching.Gather)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-g.full:
	case <-c.stopping:
	}
	c.mu.Lock()
	if c.gatherings[of] == g {
		delete(c.gatherings, of)
	}
	asks := g.asks
	c.mu.Unlock()
	f, err := c.beginBatch(ctx, of, asks)
	if err != nil {
		c.deps.Log.WarnContext(ctx, "cannot begin a batch of calls", "model", of.String(), "error", err)
	}
	if f == nil {
		return
	}
	defer f.release()
	defer c.announce(f)()
	if c.sendBatch(ctx, f) {
		c.follow(ctx, f)
	}
}

// beginBatch has the asks that are still wanted granted as one job. The others,
// and those that nothing was granted for, end here.
func (c *Caller) beginBatch(ctx context.Context, of stockdigest.Model, asks []*lateAsk) (*following, error) {
	now := c.deps.Now().UTC().Truncate(time.Microsecond)
	job := stockdigest.BatchJob{Provider: of.Provider, Model: of.Name, Token: 1, Created: now, Until: now.Add(c.cfg.Batching.Wait)}
	f := &following{asks: map[string]*lateAsk{}, released: make(chan struct{})}
	for _, l := range asks {
		if l.wanted() && !c.isStopping() {
			job.Calls, f.asks[l.bid.ID] = append(job.Calls, l.bid), l
		} else {
			l.end(nil)
		}
	}
	if len(job.Calls) == 0 {
		return nil, nil //nolint:nilnil // nothing is left to do
	}
	slices.SortFunc(job.Calls, func(a, b stockdigest.Bid) int { return cmp.Compare(a.ID, b.ID) })
	id, err := uuid.NewV7()
	if err != nil {
		f.release()
		return nil, fmt.Errorf("name a batch: %w", err)
	}
	job.ID = id.String()
	var permits []stockdigest.Permit
	err = patiently(ctx, func(ctx context.Context) (err error) {
		permits, err = c.deps.Batches.BeginBatch(ctx, job, c.batchLease())
		return err
	})
	if err != nil {
		f.release()
		return nil, err
	}
	for i, bid := range slices.Clone(job.Calls) {
		if p := permits[i]; p.Held != "" || p.Answer != nil {
			f.end(bid.ID, p.Answer)
		}
	}
	job.Calls = slices.DeleteFunc(job.Calls, func(b stockdigest.Bid) bool { return f.asks[b.ID] == nil })
	if f.job = job; len(job.Calls) == 0 {
		return nil, nil //nolint:nilnil // nothing is left to do
	}
	return f, nil
}

// sendBatch sends a job whose row is written, and reports whether there is
// something to follow. What it is called is stored at once; a process that dies
// before finds it by its ID.
func (c *Caller) sendBatch(ctx context.Context, f *following) (sent bool) {
	defer c.keepBatch(ctx, f.job)()
	if c.hold(ctx, f.job) != nil {
		return false // it took too long, and somebody else looks after it
	}
	remote, err := call(ctx, c, f.job, func(ctx context.Context, b Batcher) (string, error) { return b.SendBatch(ctx, f.job) })
	if err == nil {
		f.job.Remote = remote
		if isConflict(c.hold(ctx, f.job)) {
			c.cancelBatch(ctx, f)
			return false
		}
		return true
	}
	c.deps.Log.WarnContext(ctx, "a batch of calls was not taken", "model", f.job.Model, "calls", len(f.job.Calls), "error", err)
	c.rest(f.job.Provider)
	if err.MaybeBilled {
		return true
	}
	c.endAll(ctx, f, err)
	return false
}

func (c *Caller) rest(provider string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.resting[provider] = c.deps.Now().Add(restTime)
}

// call asks the job's provider within the time of one call. A panic on what it
// sent is an error.
func call[T any](ctx context.Context, c *Caller, job stockdigest.BatchJob, ask func(context.Context, Batcher) (T, error)) (got T, failed *stockdigest.CallError) {
	ctx, cancel := context.WithTimeoutCause(ctx, c.cfg.Timeout, errSlow)
	defer cancel()
	err := func() (err error) {
		defer func() {
			if p := recover(); p != nil {
				err = fmt.Errorf("read what was told of a batch: panic: %v", p)
			}
		}()
		b, _ := c.deps.Providers[job.Provider].(Batcher)
		got, err = ask(ctx, b)
		return err
	}()
	if err != nil {
		failed = failure(ctx, job.Provider, err)
	}
	return got, failed
}
