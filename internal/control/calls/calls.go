// Package calls makes paid calls: it asks the store for leave, which keeps
// budget and limits, makes the call where nothing can cut it, and has the
// answer stored before anybody reads it. An answer that was paid for is never
// paid for again.
package calls

import (
	"context"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"hash"
	"io"
	"log/slog"
	"strconv"
	"sync"
	"time"

	"stockdigest.app/stockdigest"
	"stockdigest.app/stockdigest/internal/turn"
)

// A Store keeps the ledger of calls.
type Store interface {
	Answer(ctx context.Context, key string) (stockdigest.Completion, bool, error)
	BeginCall(ctx context.Context, bid stockdigest.Bid) (stockdigest.Permit, error)
	RenewCall(ctx context.Context, id string, lease time.Duration) error
	SettleCall(ctx context.Context, o stockdigest.Outcome) error
	UseAnswer(ctx context.Context, key string, run stockdigest.RunID, step stockdigest.StepName) error
}

// A Provider answers prompts, for money. Its errors are *stockdigest.CallError.
type Provider interface {
	Complete(ctx context.Context, model string, p stockdigest.Prompt) (stockdigest.Completion, error)
}

// Prices tells what a call may cost at worst, and what it did cost.
type Prices interface {
	Worst(provider, model string, p stockdigest.Prompt, on stockdigest.Day) (stockdigest.Micros, error)
	Cost(provider, model string, u stockdigest.Usage, on stockdigest.Day) (stockdigest.Micros, error)
	// Batched is what a call costs in a batch that costs full by itself; false
	// for a model that takes no batches.
	Batched(provider, model string, full stockdigest.Micros, on stockdigest.Day) (stockdigest.Micros, bool)
}

// Config holds the values of a Caller.
type Config struct {
	Limits  stockdigest.Limits // of each provider
	Budget  stockdigest.Budget
	Zone    *time.Location // of the budget's days; nil means UTC
	Timeout time.Duration  // of one call; zero means 90 s

	// Patience is how long an ask goes on waiting, beside its place in the queue:
	// for a provider that is down, for its turn to try again, and for answers that
	// do not come. Zero means a minute: it covers one probe, so that a hiccup
	// degrades nothing, and an outage does not hold the runs up.
	Patience time.Duration

	// Lease is how long a call counts as under way without a sign of life from
	// the process that makes it; zero means 30 s. After a kill its place and its
	// key are free that much later.
	Lease time.Duration

	Batching Batching
}

// Deps holds the things a Caller works with.
type Deps struct {
	Store     Store
	Providers map[string]Provider // by name
	Prices    Prices
	Batches   BatchStore // nil: nothing is batched

	// Edition is the prompt that an ask is put in, which may be another version
	// of the one it brings; nil leaves every prompt as it is.
	Edition func(ctx context.Context, ask stockdigest.Ask) stockdigest.Prompt

	Now    func() time.Time
	Jitter func() float64 // from 0 to 1, spreads retries
	Log    *slog.Logger
}

// A Caller makes paid calls. It is safe for concurrent use; there is one per
// process, so that equal calls meet.
type Caller struct {
	cfg  Config
	deps Deps

	gates map[string]*gate // one per provider
	trust *trust

	mu      sync.Mutex
	stopped bool
	flights map[string]*flight // by key
	left    sync.WaitGroup     // flights and batches that have not ended

	stopping   chan struct{} // closed with stopped
	gatherings map[stockdigest.Model]*gathering
	followed   map[string]*following // batches, by job
	resting    map[string]time.Time  // providers that take no batches, until when
}

// New returns a Caller.
func New(cfg Config, deps Deps) *Caller {
	if cfg.Timeout == 0 {
		cfg.Timeout = 90 * time.Second
	}
	if cfg.Patience == 0 {
		cfg.Patience = time.Minute
	}
	if cfg.Lease == 0 {
		cfg.Lease = 30 * time.Second
	}
	if cfg.Batching.Gather == 0 {
		cfg.Batching.Gather = 20 * time.Second
	}
	if cfg.Batching.Poll == 0 {
		cfg.Batching.Poll = 30 * time.Second
	}
	if cfg.Zone == nil {
		cfg.Zone = time.UTC
	}
	c := &Caller{
		cfg: cfg, deps: deps, gates: map[string]*gate{}, flights: map[string]*flight{}, stopping: make(chan struct{}),
		gatherings: map[stockdigest.Model]*gathering{}, followed: map[string]*following{}, resting: map[string]time.Time{},
	}
	c.trust = &trust{now: deps.Now, patience: cfg.Patience, lost: map[stockdigest.RunID]loss{}}
	for name := range deps.Providers {
		c.gates[name] = &gate{head: turn.NewGate(1), freed: make(chan struct{}, 1)}
	}
	return c
}

// A gate lets the asks of one provider through, those of the oldest run first.
// Who is at its head asks the store; the others wait in memory, however many
// they are.
type gate struct {
	head  *turn.Gate    // room for one
	freed chan struct{} // a call of this process has ended
}

// A flight is one call that several may wait for. An ask that may come late flies
// apart from those that somebody waits for.
type flight struct {
	name   string
	done   chan struct{}
	answer stockdigest.Completion
	err    error
	began  time.Time // when it was first asked by itself; zero: never, or in a batch only

	waiting int                     // guarded by the caller's lock
	cancel  context.CancelCauseFunc // ends the wait for leave; the call itself goes on
}

// errStopped is why no call is begun any more.
var errStopped = errors.New("the process stops, and begins no paid call")

// Stop lets no call be begun any more: who waits for leave, or asks from now on,
// gets an error. Calls under way go on, and who waits for them gets their
// answers; a batch is left to others.
func (c *Caller) Stop() {
	c.mu.Lock()
	defer c.mu.Unlock()
	if !c.stopped {
		close(c.stopping)
	}
	c.stopped = true
	for _, f := range c.flights {
		f.cancel(errStopped)
	}
}

// Ask returns the answer to the ask's prompt, from the ledger when it was paid
// for before; what a run uses that others paid for is noted in its bill. It
// waits for limits and for money that calls under way will give back, and as long
// as its patience for providers in trouble; a run that did so for nothing waits
// for a small part of it from then on. When ctx ends it returns at once; a call under way is finished
// and its answer kept. It fails with *stockdigest.OverBudget when a cap leaves no room,
// with *stockdigest.CallError when the provider gives no answer.
func (c *Caller) Ask(ctx context.Context, ask stockdigest.Ask) (stockdigest.Completion, error) {
	if c.gates[ask.Provider] == nil {
		return stockdigest.Completion{}, stockdigest.Invalid("unknown model provider " + ask.Provider)
	}
	if c.deps.Edition != nil {
		ask.Prompt = c.deps.Edition(ctx, ask)
	}
	key := Key(ask)
	for {
		f, mine := c.join(ctx, key, ask)
		answer, err := c.wait(ctx, f)
		var over *stockdigest.OverBudget
		if !mine && errors.As(err, &over) {
			continue // somebody else's money is gone
		}
		if _, failed := errors.AsType[*stockdigest.CallError](err); failed {
			c.trust.lose(ask.Run, f.began)
		}
		if err != nil {
			return answer, err
		}
		if answer.Cached = answer.Cached || !mine; answer.Cached {
			err = c.use(ctx, key, ask)
		}
		return answer, err
	}
}

// join finds the flight of the key, or starts it.
func (c *Caller) join(ctx context.Context, key string, ask stockdigest.Ask) (f *flight, mine bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	name := key
	if c.cfg.Batching.Wait > 0 && !ask.Late.IsZero() {
		name += " late"
	}
	if f := c.flights[name]; f != nil {
		f.waiting++
		return f, false
	}
	flying, cancel := context.WithCancelCause(context.WithoutCancel(ctx))
	f = &flight{name: name, done: make(chan struct{}), waiting: 1, cancel: cancel}
	if c.stopped {
		cancel(errStopped) // an answer that is stored already may still be had
	}
	c.flights[name] = f
	c.left.Go(func() {
		defer cancel(nil)
		f.answer, f.err = c.fly(flying, f, key, ask)
		if heard := c.land(f); !heard && f.err != nil && !errors.Is(f.err, context.Canceled) && !errors.Is(f.err, errStopped) {
			c.deps.Log.WarnContext(flying, "a paid call that nobody waits for has failed", "key", key, "error", f.err)
		}
		close(f.done)
	})
	return f, true
}

func (c *Caller) wait(ctx context.Context, f *flight) (stockdigest.Completion, error) {
	select {
	case <-f.done:
		return f.answer, f.err
	case <-ctx.Done():
		c.goAway(f)
		return stockdigest.Completion{}, context.Cause(ctx)
	}
}

// goAway takes one off who waits for f. When nobody does, it need not begin
// any more, and nobody can join it.
func (c *Caller) goAway(f *flight) {
	c.mu.Lock()
	defer c.mu.Unlock()
	f.waiting--
	if f.waiting > 0 {
		return
	}
	f.cancel(context.Canceled)
	if c.flights[f.name] == f {
		delete(c.flights, f.name)
	}
}

// land lets nobody join f any more, and reports whether somebody waits for it.
func (c *Caller) land(f *flight) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.flights[f.name] == f {
		delete(c.flights, f.name)
	}
	return f.waiting > 0
}

// Drain waits until the calls under way have ended and are stored, or ctx
// ends. Nobody may ask any more.
func (c *Caller) Drain(ctx context.Context) error {
	done := make(chan struct{})
	go func() {
		c.left.Wait()
		close(done)
	}()
	select {
	case <-done:
		return nil
	case <-ctx.Done():
		return fmt.Errorf("wait for paid calls: %w", context.Cause(ctx))
	}
}

// Key names all that decides the answer to an ask: provider, model, prompt
// version, text, schema and length. Equal keys have one answer.
func Key(ask stockdigest.Ask) string {
	h := sha256.New()
	p := ask.Prompt
	for _, part := range []string{ask.Provider, ask.Model, p.Name, p.Version, p.System, p.Input, string(p.Schema)} {
		write(h, part)
	}
	write(h, strconv.Itoa(p.MaxOutput))
	return hex.EncodeToString(h.Sum(nil))
}

// write puts the length before the part, so that no two lists of parts are the
// same bytes.
func write(h hash.Hash, part string) {
	var size [8]byte
	binary.BigEndian.PutUint64(size[:], uint64(len(part)))
	_, _ = h.Write(size[:])
	_, _ = io.WriteString(h, part)
}
