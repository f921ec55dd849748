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
		go d.lead()
	}
	return <-me.done
}

// lead commits what waits until nothing does.
func (d *DB) lead() {
	for {
		d.crowd.mu.Lock()
		all := d.crowd.waiting
		d.crowd.waiting = nil
		d.crowd.led = len(all) > 0
		d.crowd.mu.Unlock()
		if len(all) == 0 {
			return
		}
		d.commitAll(all)
	}
}

// commitAll commits all in one transaction. When that fails for one of them,
// each gets its own, so that nobody pays for another's fault.
func (d *DB) commitAll(all []*member) {
	if len(all) > 1 {
		err := d.update(context.WithoutCancel(all[0].ctx), "commit together", func(q *db.Queries) error {
			for _, m := range all {
				if err := m.fn(q); err != nil {
					return err
				}
			}
			return nil
		})
		if err == nil {
			for _, m := range all {
				m.done <- nil
			}
			return
		}
	}
	for _, m := range all {
		m.done <- d.update(m.ctx, m.what, m.fn)
	}
}
