package calls

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/google/uuid"

	"stockdigest.app/stockdigest"
)

const (
	// How often one prompt is sent when the provider fails.
	maxTries = 3
	// One attempt to reach the store may take storeTime. While it is away,
	// beginTries and settleTries are made, storePause apart.
	storeTime   = 15 * time.Second
	storePause  = time.Second
	beginTries  = 10
	settleTries = 30
)

var (
	errSlow = errors.New("the provider took too long")
	errMute = errors.New("the store took too long")
)

// fly gets the answer of one key, trying again where that may help.
func (c *Caller) fly(ctx context.Context, f *flight, key string, ask stockdigest.Ask) (stockdigest.Completion, error) {
	if answer, found, err := c.deps.Store.Answer(ctx, key); err == nil && found {
		return answer, nil
	}
	if answer, found, err := c.batched(ctx, key, ask); found || err != nil {
		return answer, err
	}
	f.began = c.deps.Now()
	var failed *stockdigest.CallError
	left, tries := c.trust.left(ask.Run)
	for try := 1; ; try++ {
		bid, err := c.bid(key, ask, try)
		if err != nil {
			return stockdigest.Completion{}, err
		}
		permit, err := c.permit(ctx, bid, &left)
		switch {
		case errors.Is(err, errNoRetry):
			return stockdigest.Completion{}, failed
		case err != nil:
			return stockdigest.Completion{}, err
		case permit.Answer != nil:
			return *permit.Answer, nil
		}
		var answer stockdigest.Completion
		sent := c.deps.Now()
		answer, failed, err = c.pay(ctx, bid, permit.Wait)
		left -= c.deps.Now().Sub(sent)
		if failed == nil || err != nil {
			return answer, err
		}
		wait := max(failed.RetryAfter, c.backOff(try))
		if !failed.Temporary() || wait > left || try == tries {
			return stockdigest.Completion{}, failed
		}
		left -= wait
		if err := pause(ctx, wait); err != nil {
			return stockdigest.Completion{}, err
		}
	}
}

// backOff is 1 s, then 2 s, each half as much up or down by chance.
func (c *Caller) backOff(try int) time.Duration {
	base := time.Second << (try - 1)
	return base/2 + time.Duration(c.deps.Jitter()*float64(base))
}

func (c *Caller) bid(key string, ask stockdigest.Ask, try int) (stockdigest.Bid, error) {
	day := stockdigest.DayOf(c.deps.Now(), c.cfg.Zone)
	worst, err := c.deps.Prices.Worst(ask.Provider, ask.Model, ask.Prompt, day)
	if err != nil {
		return stockdigest.Bid{}, err
	}
	id, err := uuid.NewV7()
	if err != nil {
		return stockdigest.Bid{}, fmt.Errorf("name a call: %w", err)
	}
	limit := c.cfg.Budget
	if ask.Ahead {
		limit = limit.Ahead()
	}
	return stockdigest.Bid{
		ID: id.String(), Key: key, Ask: ask, Day: day, Reserve: worst, Tokens: tokens(ask.Prompt),
		Lease: c.cfg.Lease, Try: try, Limits: c.cfg.Limits, Budget: limit, Patient: !ask.Late.IsZero(),
	}, nil
}

// tokens is what a call may take of the provider's tokens a minute: English
// has more than four bytes to a token, figures and names fewer.
func tokens(p stockdigest.Prompt) int {
	return (len(p.System)+len(p.Input)+len(p.Schema))/3 + p.MaxOutput
}

// errNoRetry says that too many of the last minute's calls were retries.
var errNoRetry = errors.New("no retry left")

// permit waits for leave to make the call. What holds the whole provider is
// waited for at the head of its queue; what holds this ask only, beside it. Left
// is the patience with a provider in trouble that the ask still has.
func (c *Caller) permit(ctx context.Context, bid stockdigest.Bid, left *time.Duration) (stockdigest.Permit, error) {
	for {
		permit, err := c.atHead(ctx, bid, left)
		if err != nil || permit.Held == "" {
			return permit, err
		}
		if permit.Held == stockdigest.HeldRetry {
			if *left -= permit.Wait; *left < 0 {
				return permit, errNoRetry
			}
		}
		if err := c.standBy(ctx, permit); err != nil {
			return permit, err
		}
		if permit.Held != stockdigest.HeldSame {
			continue
		}
		if answer, found, err := c.deps.Store.Answer(ctx, bid.Key); err == nil && found {
			return stockdigest.Permit{Answer: &answer}, nil
		}
	}
}

// atHead asks the store when it is this ask's turn, until the answer is one
// that does not hold the asks behind it.
func (c *Caller) atHead(ctx context.Context, bid stockdigest.Bid, left *time.Duration) (stockdigest.Permit, error) {
	g := c.gates[bid.Ask.Provider]
	if err := g.head.Enter(ctx, bid.Ask.Run); err != nil {
		return stockdigest.Permit{}, err
	}
	defer g.head.Leave()
	for {
		permit, err := c.begin(ctx, bid)
		if err != nil {
			return permit, err
		}
		switch permit.Held {
		case stockdigest.HeldDown:
			if permit.Down >= c.cfg.Patience || permit.Wait > *left {
				return permit, &stockdigest.CallError{
					Provider: bid.Ask.Provider, Reason: stockdigest.CallUnavailable, RetryAfter: permit.Wait,
					Err: errors.New("it failed too often and is given a rest"),
				}
			}
		case stockdigest.HeldLimits, stockdigest.HeldHouse:
		default:
			return permit, nil
		}
		start := c.deps.Now()
		if err := g.wait(ctx, permit.Wait); err != nil {
			return permit, err
		}
		if permit.Held == stockdigest.HeldDown {
			*left -= c.deps.Now().Sub(start)
		}
	}
}

// wait lets d pass, or less when a call of this process ends.
func (g *gate) wait(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-g.freed:
	case <-ctx.Done():
		return context.Cause(ctx)
	}
	return nil
}

// poke has the head of the queue look again.
func (g *gate) poke() {
	select {
	case g.freed <- struct{}{}:
	default:
	}
}

// begin asks the store for leave.
func (c *Caller) begin(ctx context.Context, bid stockdigest.Bid) (permit stockdigest.Permit, err error) {
	err = patiently(ctx, func(ctx context.Context) (err error) {
		permit, err = c.deps.Store.BeginCall(ctx, bid)
		return err
	})
	return permit, err
}

// use notes that the ask's run lives on an answer that was paid for before.
func (c *Caller) use(ctx context.Context, key string, ask stockdigest.Ask) error {
	err := patiently(ctx, func(ctx context.Context) error {
		return c.deps.Store.UseAnswer(ctx, key, ask.Run, ask.Step)
	})
	if err != nil {
		return fmt.Errorf("note a used answer: %w", err)
	}
	return nil
}

// patiently asks the store once, and again while it is away. One attempt is not
// cut by ctx: a commit that nobody hears of leaves a permit that nobody uses.
func patiently(ctx context.Context, ask func(context.Context) error) error {
	once := func() error {
		ctx, cancel := context.WithTimeoutCause(context.WithoutCancel(ctx), storeTime, errMute)
		defer cancel()
		return ask(ctx)
	}
	for try := 1; ; try++ {
		if err := context.Cause(ctx); err != nil {
			return err
		}
		err := once()
		if !away(err) || try == beginTries {
			return err
		}
		if err := pause(ctx, storePause); err != nil {
			return err
		}
	}
}

// away reports an error of a store that may be back soon.
func away(err error) bool {
	_, provider := errors.AsType[*stockdigest.CallError](err)
	return errors.Is(err, stockdigest.ErrUnavailable) && !provider
}

// pay makes the call that was granted, after wait, and has it stored how it
// ended. Only before it is sent does the end of ctx stop it.
func (c *Caller) pay(
	ctx context.Context, bid stockdigest.Bid, wait time.Duration,
) (stockdigest.Completion, *stockdigest.CallError, error) {
	defer c.keep(ctx, bid)()
	o := stockdigest.Outcome{ID: bid.ID, Provider: bid.Ask.Provider, State: stockdigest.CallFailed}
	unwanted := pause(ctx, wait)
	if unwanted == nil {
		o = c.send(ctx, bid)
	}
	err := errors.Join(unwanted, c.settle(ctx, bid, o))
	c.gates[o.Provider].poke()
	if err != nil {
		return stockdigest.Completion{}, o.Err, err
	}
	return o.Completion, o.Err, nil
}

// keep renews the lease of a call, three times in it, until it is told to stop:
// a call whose lease ran out is made again by others.
func (c *Caller) keep(ctx context.Context, bid stockdigest.Bid) (stop func()) {
	ctx, cancel := context.WithCancel(context.WithoutCancel(ctx))
	var kept sync.WaitGroup
	kept.Go(func() {
		for pause(ctx, bid.Lease/3) == nil {
			if err := c.renew(ctx, bid); err != nil && ctx.Err() == nil {
				c.deps.Log.WarnContext(ctx, "cannot renew the lease of a paid call", "call", bid.ID, "error", err)
			}
		}
	})
	return func() {
		cancel()
		kept.Wait()
	}
}

func (c *Caller) renew(ctx context.Context, bid stockdigest.Bid) error {
	ctx, cancel := context.WithTimeoutCause(ctx, bid.Lease/3, errMute)
	defer cancel()
	return c.deps.Store.RenewCall(ctx, bid.ID, bid.Lease)
}

// send makes the call and says how it ended.
func (c *Caller) send(ctx context.Context, bid stockdigest.Bid) stockdigest.Outcome {
	ctx, cancel := context.WithTimeoutCause(context.WithoutCancel(ctx), c.cfg.Timeout, errSlow)
	defer cancel()
	o := stockdigest.Outcome{ID: bid.ID, Provider: bid.Ask.Provider, State: stockdigest.CallDone}
	start := c.deps.Now()
	answer, err := c.complete(ctx, bid.Ask)
	o.Took = c.deps.Now().Sub(start)
	if err == nil {
		o.Completion, o.Cost = answer, c.cost(bid, answer.Usage)
		return o
	}
	o.Err = failure(ctx, bid.Ask.Provider, err)
	o.State = stockdigest.CallFailed
	if o.Err.MaybeBilled {
		o.State = stockdigest.CallLost
	}
	return o
}

// complete turns a panic on what the provider sent into an error: it must not
// end the process.
func (c *Caller) complete(ctx context.Context, ask stockdigest.Ask) (answer stockdigest.Completion, err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("read the answer: panic: %v", p)
		}
	}()
	return c.deps.Providers[ask.Provider].Complete(ctx, ask.Model, ask.Prompt)
}

// cost is the price of a call. A provider that counts no tokens is taken to
// bill the worst.
func (c *Caller) cost(bid stockdigest.Bid, u stockdigest.Usage) stockdigest.Micros {
	if u.In <= 0 && u.Out <= 0 {
		return bid.Reserve
	}
	cost, err := c.deps.Prices.Cost(bid.Ask.Provider, bid.Ask.Model, u, bid.Day)
	if err != nil {
		return bid.Reserve
	}
	return cost
}

// failure is err as a CallError. Of one that is none nobody knows whether the
// call was billed.
func failure(ctx context.Context, provider string, err error) *stockdigest.CallError {
	if known, ok := errors.AsType[*stockdigest.CallError](err); ok {
		return known
	}
	reason := stockdigest.CallBroken
	if ctx.Err() != nil {
		reason, err = stockdigest.CallTimeout, context.Cause(ctx)
	}
	return &stockdigest.CallError{Provider: provider, Reason: reason, MaybeBilled: true, Err: err}
}

// settle stores how the call ended, again while the store is away.
func (c *Caller) settle(ctx context.Context, bid stockdigest.Bid, o stockdigest.Outcome) error {
	ctx = context.WithoutCancel(ctx)
	if o.Cost > bid.Reserve {
		c.deps.Log.ErrorContext(ctx, "a call cost more than it can; its provider is stopped until budget reset",
			"provider", o.Provider, "model", bid.Ask.Model, "cost", o.Cost.String(), "most", bid.Reserve.String())
	}
	for try := 1; ; try++ {
		err := c.settleOnce(ctx, o)
		if err == nil {
			return nil
		}
		if !away(err) || try == settleTries {
			return fmt.Errorf("store a paid call: %w", err)
		}
		if err := pause(ctx, storePause); err != nil {
			return err
		}
	}
}

func (c *Caller) settleOnce(ctx context.Context, o stockdigest.Outcome) error {
	ctx, cancel := context.WithTimeoutCause(ctx, storeTime, errMute)
	defer cancel()
	return c.deps.Store.SettleCall(ctx, o)
}

// pause waits for d or until ctx ends.
func pause(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return context.Cause(ctx)
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}
