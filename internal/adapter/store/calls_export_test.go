package store

import (
	"context"
	"time"

	"stockdigest.app/stockdigest"
	"stockdigest.app/stockdigest/internal/adapter/store/db"
)

// Take, Interval and Worth are the arithmetic of token buckets.
var (
	Take     = take
	Interval = interval
	Worth    = worth
)

// TokenRoom is how much of its time a bucket of tokens holds.
const TokenRoom = tokenRoom

// A Desk is the row of a provider in memory, at a moment that the test chooses.
type Desk struct{ p provider }

// At sets the clock.
func (d *Desk) At(now time.Time) { d.p.now = now }

// Admit asks for a permit.
func (d *Desk) Admit(bid stockdigest.Bid, open int) (stockdigest.Permit, error) {
	return d.p.admit(bid, open)
}

// Learn tells how a call ended.
func (d *Desk) Learn(o stockdigest.Outcome, expected int) { d.p.learn(o, expected) }

// Down reports whether the breaker is open, or half open.
func (d *Desk) Down() bool { return d.p.down() }

// ExpireCalls lets the time of all open calls be over.
func ExpireCalls(ctx context.Context, d *DB) error {
	_, err := d.write.ExecContext(ctx, `UPDATE calls SET lease_until = $1 WHERE state = 'open'`, db.At(time.Unix(0, 0)))
	return err
}

// AgeCalls moves the begin of all calls back.
func AgeCalls(ctx context.Context, d *DB) error {
	_, err := d.write.ExecContext(ctx, `UPDATE calls SET started_at = $1`, db.At(time.Unix(0, 0)))
	return err
}

// CallPlans tells how SQLite goes about the questions of every bid.
func CallPlans(ctx context.Context, d *DB) ([]string, error) {
	var plans []string
	for _, query := range []string{
		`SELECT id FROM calls WHERE key = 'k' AND state IN ('open', 'done')`,
		`SELECT id FROM calls WHERE provider = 'p' AND state = 'open' AND batch_id = ''`,
		`SELECT count(*) FROM calls WHERE provider = 'p' AND started_at > '2026'`,
	} {
		var id, parent, unused int
		var plan string
		if err := d.write.QueryRowContext(ctx, `EXPLAIN QUERY PLAN `+query).Scan(&id, &parent, &unused, &plan); err != nil {
			return nil, err
		}
		plans = append(plans, plan)
	}
	return plans, nil
}

// HoldWriter takes the one writing connection of a SQLite database until it is
// released.
func HoldWriter(ctx context.Context, d *DB) (release func() error, err error) {
	conn, err := d.write.Conn(ctx)
	if err != nil {
		return nil, err
	}
	return conn.Close, nil
}
