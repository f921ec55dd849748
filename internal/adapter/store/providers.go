package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"stockdigest.app/stockdigest"
	"stockdigest.app/stockdigest/internal/adapter/store/db"
)

const (
	// So many failures in a row open the breaker.
	breakAfter = 5
	// From then on one call in that time probes the provider.
	breakFor = 30 * time.Second
	// A provider may ask for a pause of that much.
	longestRetryAfter = 15 * time.Minute
	// A provider whose permits are all out is looked at again after that.
	pollEvery = 250 * time.Millisecond
	// A call in a batch is looked at again after that.
	batchEvery = 10 * time.Second
	// Permits are given out that early, so that the next call leaves on its
	// moment and not when somebody looks again.
	ahead = 100 * time.Millisecond
	// Of the calls in a window one in so many may be a retry, but one is
	// allowed in every breakFor.
	retryWindow = time.Minute
	retryShare  = 10
)

// Providers lists the providers that were ever called, by name.
func (d *DB) Providers(ctx context.Context) (states []stockdigest.ProviderState, err error) {
	err = d.view(ctx, "read the providers", func(q *db.Queries) error {
		rows, err := q.Providers(ctx)
		states = states[:0]
		for _, r := range rows {
			states = append(states, stockdigest.ProviderState{
				Name: r.Name, Open: r.Open, Failures: r.Failures, DownSince: r.DownSince.Time, NextTry: r.NextTry.Time,
				Tripped: r.Tripped, Error: r.Error, ErrorAt: r.ErrorAt.Time,
			})
		}
		return err
	})
	return states, err
}

// ResetProvider lets a provider be called again that was tripped or is down.
func (d *DB) ResetProvider(ctx context.Context, name string) error {
	return d.update(ctx, "reset provider "+name, func(q *db.Queries) error {
		n, err := q.ResetProvider(ctx, name)
		if err == nil && n == 0 {
			return stockdigest.NotFound("no provider " + name + " was ever called")
		}
		return err
	})
}

// A provider is the row of one provider, held by the transaction.
type provider struct {
	db.Provider
	now time.Time // by the database's clock, after the row was held
}

func (d *DB) holdProvider(ctx context.Context, q *db.Queries, name string) (*provider, error) {
	row, err := q.HoldProvider(ctx, name)
	if errors.Is(err, sql.ErrNoRows) {
		if err := q.AddProvider(ctx, name); err != nil {
			return nil, err
		}
		row, err = q.HoldProvider(ctx, name)
	}
	if err != nil {
		return nil, err
	}
	var now db.Time
	err = q.Raw().QueryRowContext(ctx, d.clockSQL()).Scan(&now)
	return &provider{Provider: row, now: now.Time}, err
}

func (d *DB) clockSQL() string { return `SELECT ` + d.dialect.now() }

func (p *provider) save(ctx context.Context, q *db.Queries) error {
	return q.SaveProvider(ctx, db.SaveProviderParams(p.Provider))
}

// admit takes what the call needs of the provider's limits, or says why it has
// to wait. There are open calls under way.
func (p *provider) admit(bid stockdigest.Bid, open int) (stockdigest.Permit, error) {
	if p.Tripped != "" {
		return stockdigest.Permit{}, &stockdigest.CallError{
			Provider: p.Name, Reason: stockdigest.CallUnavailable,
			Err: errors.New("stopped until an operator resets it: " + p.Tripped),
		}
	}
	if wait := p.NextTry.Sub(p.now); wait > 0 {
		return stockdigest.Permit{Held: stockdigest.HeldDown, Wait: wait, Down: p.downFor()}, nil
	}
	if bid.Limits.Parallel > 0 && open >= bid.Limits.Parallel {
		return stockdigest.Permit{Held: stockdigest.HeldLimits, Wait: pollEvery}, nil
	}
	pace := interval(bid.Limits.PerSecond)
	calls, wait := take(p.CallsFullAt.Time, p.now, pace, pace)
	if wait > ahead {
		return stockdigest.Permit{Held: stockdigest.HeldLimits, Wait: wait - ahead + time.Millisecond}, nil
	}
	tokens, dry := take(p.TokensFullAt.Time, p.now, worth(bid.Tokens, bid.Limits.PerMinute), tokenRoom)
	if dry > 0 {
		return stockdigest.Permit{Held: stockdigest.HeldLimits, Wait: dry}, nil
	}
	p.CallsFullAt, p.TokensFullAt, p.TokensPerMinute = db.At(calls), db.At(tokens), bid.Limits.PerMinute
	if p.down() {
		p.NextTry = db.At(p.now.Add(breakFor)) // this call is the probe; the others wait for it
	}
	return stockdigest.Permit{Wait: wait}, nil
}

// learn takes note of how a call ended that was expected to use some tokens.
func (p *provider) learn(o stockdigest.Outcome, expected int) {
	used := 0
	switch o.State {
	case stockdigest.CallDone:
		used = o.Completion.Usage.In + o.Completion.Usage.Out
	case stockdigest.CallLost:
		used = expected
	default: // nothing was used
	}
	if p.TokensPerMinute > 0 && !p.TokensFullAt.IsZero() {
		p.TokensFullAt = db.At(p.TokensFullAt.Add(worth(used, p.TokensPerMinute) - worth(expected, p.TokensPerMinute)))
	}
	switch {
	case o.State == stockdigest.CallDone, o.Err != nil && answers(o.Err.Reason):
		p.Failures, p.DownSince, p.NextTry = 0, db.Time{}, db.Time{}
	case o.Err != nil:
		p.fail(o.Err)
	}
}

// answers reports a reason that says nothing against the provider.
func answers(r stockdigest.CallReason) bool {
	return r == stockdigest.CallBadRequest || r == stockdigest.CallUnrecorded
}

// fail counts a failure in a row: it pauses the provider for as long as it
// asked, and from the fifth on for as long as the breaker stays open. It is down
// from the first pause on.
func (p *provider) fail(err *stockdigest.CallError) {
	forgotten := !p.down() && p.now.Sub(p.NextTry.Time) > breakFor // nobody has tried for long
	p.Failures++
	p.Error, p.ErrorAt = note(err), db.At(p.now)
	pause := min(err.RetryAfter, longestRetryAfter)
	if p.down() {
		pause = max(pause, breakFor)
	}
	if pause > 0 && (forgotten || p.DownSince.IsZero()) {
		p.DownSince = db.At(p.now)
	}
	if next := p.now.Add(pause); pause > 0 && next.After(p.NextTry.Time) {
		p.NextTry = db.At(next)
	}
}

// trip stops a provider that bills more than it can have earned.
func (p *provider) trip(billed, most stockdigest.Micros) {
	p.Tripped = fmt.Sprintf("a call was billed at %s that may cost %s at most", billed, most)
	p.ErrorAt = db.At(p.now)
}

func (p *provider) down() bool { return p.Failures >= breakAfter }

func (p *provider) downFor() time.Duration {
	if p.DownSince.IsZero() {
		return 0
	}
	return p.now.Sub(p.DownSince.Time)
}

// mayRetry reports whether one more call of the last minute may be a retry.
func (p *provider) mayRetry(ctx context.Context, q *db.Queries) (bool, error) {
	n, err := q.CountCalls(ctx, db.CountCallsParams{Provider: p.Name, StartedAt: db.At(p.now.Add(-retryWindow))})
	if err != nil || (n.Retries+1)*retryShare <= n.Calls {
		return err == nil, err
	}
	n, err = q.CountCalls(ctx, db.CountCallsParams{Provider: p.Name, StartedAt: db.At(p.now.Add(-breakFor))})
	return err == nil && n.Retries == 0, err
}

// Token buckets. One is kept as the moment at which it is full again; what it
// lacks is the time from now until then.

// take removes cost from the bucket, or says how long to wait first. A cost
// that the bucket has no room for needs a full one and leaves a debt.
func take(full, now time.Time, cost, room time.Duration) (next time.Time, wait time.Duration) {
	if full.Before(now) {
		full = now
	}
	wait = full.Add(min(cost, room)).Sub(now) - room
	return full.Add(cost), max(wait, 0)
}

// interval is the time between two calls. It leaves two in a hundred unused:
// calls that leave evenly arrive unevenly, and the provider counts arrivals.
func interval(perSecond float64) time.Duration {
	if perSecond <= 0 {
		return 0
	}
	return time.Duration(min(1.02/perSecond, 3600) * float64(time.Second))
}

// tokenRoom is the time in which an empty bucket of tokens fills. It holds a
// quarter of a minute's tokens and gets three quarters a minute, so that no
// minute sees more than all of them.
const tokenRoom = 20 * time.Second

// worth is the time in which the bucket gains n tokens.
func worth(n, perMinute int) time.Duration {
	if perMinute <= 0 {
		return 0
	}
	return time.Duration(min(float64(n)/float64(perMinute)*4*float64(tokenRoom), float64(time.Hour)))
}
