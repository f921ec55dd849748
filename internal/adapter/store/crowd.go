package store

import (
	"context"
	"sync"

	"stockdigest.app/stockdigest/internal/adapter/store/db"
)

// A crowd holds small transactions that wait for the writer. SQLite has one,
// and each commit of it waits for the disk: those that came meanwhile go with
// one commit.
type crowd struct {
	mu      sync.Mutex
	waiting []*member
	led     bool // somebody commits for all
}

type member struct {
	ctx  context.Context //nolint:containedctx // the call that waits for it
	what string
	fn   func(q *db.Queries) error
	done chan error
}

// together is update for small transactions of which many come at once. Each
// is committed when it returns, with others or alone. It may run fn more than
// once.
func (d *DB) together(ctx context.Context, what string, fn func(q *db.Queries) error) error {
	if _, lite := d.dialect.(sqliteDialect); !lite {
		return d.update(ctx, what, fn)
	}
	me := &member{ctx: ctx, what: what, fn: fn, done: make(chan error, 1)}
	d.crowd.mu.Lock()
	d.crowd.waiting = append(d.crowd.waiting, me)
	leads := !d.crowd.led
	d.crowd.led = true
	d.crowd.mu.Unlock()
	if leads {
		go d.lead(context.WithoutCancel(ctx))
	}
	return <-me.done
}

// lead commits what waits until nothing does.
func (d *DB) lead(ctx context.Context) {
	for all := d.crowd.next(true); len(all) > 0; all = d.crowd.next(true) {
		d.commitAll(ctx, all)
	}
}

// next takes what waits. A leader who leaves with nothing leads no more.
func (c *crowd) next(leaves bool) []*member {
	c.mu.Lock()
	defer c.mu.Unlock()
	all := c.waiting
	c.waiting = nil
	c.led = len(all) > 0 || !leaves
	return all
}

// mostTogether bounds a transaction, so that nobody waits for long.
const mostTogether = 64

// commitAll commits all in one transaction, with those that come while it runs.
// When that fails for one of them, each gets its own, so that nobody pays for
// another's fault.
func (d *DB) commitAll(ctx context.Context, all []*member) {
	err := d.update(ctx, "commit together", func(q *db.Queries) error {
		for i := 0; i < len(all); i++ {
			if err := all[i].fn(q); err != nil {
				return err
			}
			if i == len(all)-1 && len(all) < mostTogether {
				all = append(all, d.crowd.next(false)...)
			}
		}
		return nil
	})
	for _, m := range all {
		if err != nil {
			m.done <- d.update(m.ctx, m.what, m.fn) //nolint:contextcheck // each has its own
		} else {
			m.done <- nil
		}
	}
}
