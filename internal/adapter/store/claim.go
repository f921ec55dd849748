package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"stockdigest.app/stockdigest"
	"stockdigest.app/stockdigest/internal/adapter/store/db"
)

// Leases are measured by the database's clock: workers on several machines
// need not agree on the time. What decides who gets a run stands in one
// statement, and claims of the whole fleet come one after the other: on
// PostgreSQL by a lock that is taken first, in a statement of its own, so that
// the claim sees what the one before it committed; on SQLite by its one writer.

// takeClaimLock waits for the claims before this one in the schema. The lock goes with the
// transaction, and a process that freezes while it has it loses it soon.
const takeClaimLock = `SELECT set_config('idle_in_transaction_session_timeout', '2s', true), pg_advisory_xact_lock(7364001, hashtext(current_schema()))`

// runColumns are the columns of the query Run, in its order.
const runColumns = `id, ticker, kind, as_of, time_zone, class, coalesce(batch_id, ''), created_by, created_at, deadline,
    state, ending, token, attempts, cause, not_before, worker, step, progress_done, progress_total, started_at, ended_at,
    refreshes`

func runFields(r *db.RunRow) []any {
	return []any{
		&r.ID, &r.Ticker, &r.Kind, &r.AsOf, &r.TimeZone, &r.Class, &r.Batch, &r.CreatedBy, &r.CreatedAt, &r.Deadline,
		&r.State, &r.Ending, &r.Token, &r.Attempts, &r.Cause, &r.NotBefore, &r.Worker, &r.Step, &r.ProgressDone,
		&r.ProgressTotal, &r.StartedAt, &r.EndedAt, &r.Refreshes,
	}
}

// roomSQL begins a statement that knows the time, the caps ($1 scheduled, $2
// ad-hoc, $3 total), what is worked on, and the classes that have room.
func (d *DB) roomSQL() string {
	number := map[stockdigest.Class]string{stockdigest.ClassScheduled: "$1", stockdigest.ClassAdHoc: "$2"}
	var rows []string
	for _, class := range stockdigest.Classes() {
		n, ok := number[class]
		if !ok {
			n = "$3"
		}
		rows = append(rows, fmt.Sprintf("('%s', %d, CAST(%s AS bigint))", class, class.Rank(), n))
	}
	return `WITH clock (now) AS MATERIALIZED (SELECT ` + d.dialect.now() + `),
caps (class, priority, cap) AS (VALUES ` + strings.Join(rows, ", ") + `),
live (class, n) AS MATERIALIZED (
    SELECT class, count(*) FROM runs WHERE state = 'running' AND lease_until >= (SELECT now FROM clock) GROUP BY class),
room (class, priority) AS (
    SELECT caps.class, caps.priority FROM caps LEFT JOIN live ON live.class = caps.class
    WHERE coalesce(live.n, 0) < caps.cap AND (SELECT coalesce(sum(n), 0) FROM live) < CAST($3 AS bigint))`
}

// The states stand as a list of words wherever they can: SQLite uses an index
// of some rows only when the condition of the index is there word by word.

// freeRun holds for a run that the next worker may take.
func freeRun() string {
	return fmt.Sprintf(`state IN ('queued', 'running')
    AND (state = 'queued' AND (not_before IS NULL OR not_before <= (SELECT now FROM clock))
      OR state = 'running' AND lease_until < (SELECT now FROM clock) AND attempts < %d)`, stockdigest.MaxAttempts)
}

// wornRun holds for a run whose last worker died too.
func wornRun() string {
	return fmt.Sprintf(`state = 'running' AND lease_until < (SELECT now FROM clock) AND attempts >= %d`, stockdigest.MaxAttempts)
}

// openRun holds for a run that a person may take.
const openRun = `(state = 'queued' OR state = 'failed' AND ending = 'quarantined'
    OR state = 'running' AND lease_until < (SELECT now FROM clock))`

// bestSQL goes on with the first free run of each class that has room.
func (d *DB) bestSQL() string {
	return d.roomSQL() + `,
best (id, priority) AS (
    SELECT (SELECT id FROM runs WHERE class = room.class AND ` + freeRun() + ` ORDER BY seq LIMIT 1), priority FROM room)`
}

// lookSQL tells without any lock whether there is a worn run, and a free one.
func (d *DB) lookSQL() string {
	return d.bestSQL() + `
SELECT (SELECT count(*) FROM (SELECT 1 FROM runs WHERE ` + wornRun() + ` LIMIT 1) AS worn),
    (SELECT count(*) FROM best WHERE id IS NOT NULL)`
}

// nextSQL claims the best free run. $4 is the worker, $5 the lease in
// milliseconds, $6 the program's time. The condition stands again at the end:
// the lock alone would do, and so would the condition.
func (d *DB) nextSQL() string {
	return d.bestSQL() + `
UPDATE runs SET state = 'running', token = token + 1, attempts = attempts + 1, worker = $4, not_before = NULL,
    lease_until = ` + d.dialect.until("$5") + `, started_at = coalesce(started_at, $6)
WHERE id = (SELECT id FROM best WHERE id IS NOT NULL ORDER BY priority LIMIT 1) AND ` + freeRun() + `
RETURNING ` + runColumns
}

// oneSQL claims the run $7 if its class has room. What was tried before does
// not count, unless the last worker died.
func (d *DB) oneSQL() string {
	return d.roomSQL() + `
UPDATE runs SET state = 'running', token = token + 1, ending = '', worker = $4, not_before = NULL, ended_at = NULL,
    attempts = CASE WHEN state = 'running' AND attempts < ` + strconv.Itoa(stockdigest.MaxAttempts) + ` THEN attempts + 1 ELSE 1 END,
    lease_until = ` + d.dialect.until("$5") + `, started_at = coalesce(started_at, $6)
WHERE id = $7 AND class IN (SELECT class FROM room) AND ` + openRun + `
RETURNING ` + runColumns
}

func (d *DB) wornSQL() string {
	return `WITH clock (now) AS MATERIALIZED (SELECT ` + d.dialect.now() + `)
UPDATE runs SET token = token + 1
WHERE id = (SELECT id FROM runs WHERE ` + wornRun() + ` LIMIT 1) AND ` + wornRun() + `
RETURNING id, attempts`
}

func (d *DB) beatSQL() string {
	return `UPDATE runs SET lease_until = ` + d.dialect.until("$3") + `,
    step = CASE WHEN $4 = '' THEN step ELSE $4 END, progress_done = $5, progress_total = $6
WHERE id = $1 AND token = $2 AND state = 'running' AND lease_until >= ` + d.dialect.now()
}

func (d *DB) laterSQL() string {
	return `UPDATE runs SET state = 'queued', lease_until = NULL, cause = $2, not_before = ` + d.dialect.until("$3") + ` WHERE id = $1`
}

func (d *DB) leftSQL() string { return `SELECT ` + d.dialect.left() + ` FROM runs WHERE id = $1` }

// ClaimNext takes the run that is next under the caps: of the best class that
// has room the one that waits longest, be it new, handed back, or left by a
// worker whose lease ran out. Without any, ok is false.
func (d *DB) ClaimNext(ctx context.Context, c stockdigest.Claim) (run stockdigest.Run, ok bool, err error) {
	d.claiming.Lock()
	defer d.claiming.Unlock()
	worn, free, err := d.look(ctx, c.Caps)
	if err != nil {
		return run, false, fmt.Errorf("look for a run: %w", d.kind(err))
	}
	if worn {
		if err := d.quarantineWorn(ctx); err != nil {
			return run, false, err
		}
	}
	if !free {
		return run, false, nil
	}
	err = d.update(ctx, "claim a run", func(q *db.Queries) error {
		run, ok, err = d.claim(ctx, q, d.nextSQL(), d.claimArgs(c)...)
		return err
	})
	return run, ok, err
}

// look spares the lock when there is nothing to claim, as nearly always.
func (d *DB) look(ctx context.Context, caps stockdigest.Caps) (worn, free bool, err error) {
	var nWorn, nFree int
	err = d.read.QueryRowContext(ctx, d.lookSQL(), capArgs(caps)...).Scan(&nWorn, &nFree)
	return nWorn > 0, nFree > 0, err
}

// claim runs a statement that claims a run, in line with all others.
func (d *DB) claim(ctx context.Context, q *db.Queries, statement string, args ...any) (run stockdigest.Run, ok bool, err error) {
	if _, pg := d.dialect.(postgresDialect); pg {
		if _, err := q.Raw().ExecContext(ctx, takeClaimLock); err != nil {
			return run, false, err
		}
	}
	var row db.RunRow
	err = q.Raw().QueryRowContext(ctx, statement, args...).Scan(runFields(&row)...)
	if errors.Is(err, sql.ErrNoRows) {
		return run, false, nil
	}
	if err != nil {
		return run, false, err
	}
	run, err = withSteps(ctx, q, row)
	return run, err == nil, err
}

func capArgs(c stockdigest.Caps) []any {
	return []any{c.Of(stockdigest.ClassScheduled), c.Of(stockdigest.ClassAdHoc), c.Total}
}

func (d *DB) claimArgs(c stockdigest.Claim) []any {
	return append(capArgs(c.Caps), clean(c.Worker), c.Lease.Milliseconds(), db.At(d.now()))
}

// quarantineWorn ends runs whose workers died MaxAttempts times. Each ends in
// a transaction of its own: ending one touches the account of who paid for it.
func (d *DB) quarantineWorn(ctx context.Context) error {
	for more := true; more; {
		err := d.update(ctx, "quarantine a run", func(q *db.Queries) error {
			var id string
			var attempts int
			err := q.Raw().QueryRowContext(ctx, d.wornSQL()).Scan(&id, &attempts)
			if more = !errors.Is(err, sql.ErrNoRows); !more {
				return nil
			}
			if err != nil {
				return err
			}
			steps, err := stepsOf(ctx, q, id)
			if err != nil {
				return err
			}
			return d.end(ctx, q, id, stockdigest.RunQuarantined,
				fmt.Sprintf("the worker died %d times; last step %s", attempts, nextStep(steps)))
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// nextStep is the first step that has no mark.
func nextStep(done []stockdigest.StepDone) stockdigest.StepName {
	run, last := stockdigest.Run{Steps: done}, stockdigest.StepCompose
	for _, step := range slices.Backward(stockdigest.StepNames()) {
		if !run.Done(step) {
			last = step
		}
	}
	return last
}

// noRoom is how soon a run that waits for a place may be tried again.
const noRoom = time.Second

// ClaimRun takes one given run, for a person who waits for it: under the caps
// but before others that wait longer, and afresh if it had failed. A run that
// is done comes back as it is, a cancelled one is an ErrConflict. A run that
// another worker holds, or whose class has no room, is an ErrUnavailable that
// says when to come back.
func (d *DB) ClaimRun(ctx context.Context, id stockdigest.RunID, c stockdigest.Claim) (run stockdigest.Run, err error) {
	err = d.update(ctx, "claim run "+string(id), func(q *db.Queries) error {
		taken, ok, err := d.claim(ctx, q, d.oneSQL(), append(d.claimArgs(c), string(id))...)
		if err != nil || ok {
			run = taken
			return err
		}
		run, err = d.refused(ctx, q, id)
		return err
	})
	return run, err
}

// refused says why a run could not be claimed, unless it is done.
func (d *DB) refused(ctx context.Context, q *db.Queries, id stockdigest.RunID) (stockdigest.Run, error) {
	row, err := q.Run(ctx, string(id))
	if errors.Is(err, sql.ErrNoRows) {
		return stockdigest.Run{}, stockdigest.NotFound("no run " + string(id))
	}
	if err != nil {
		return stockdigest.Run{}, err
	}
	what := fmt.Sprintf("the %s run of %s", row.Kind, row.Ticker)
	switch stateOf(row) {
	case stockdigest.RunDone:
		return withSteps(ctx, q, row)
	case stockdigest.RunCancelled:
		return stockdigest.Run{}, &stockdigest.Error{Kind: stockdigest.ErrConflict, Message: what + " was " + row.Cause}
	case stockdigest.RunRunning:
		left, err := d.leaseLeft(ctx, q, id)
		if err != nil {
			return stockdigest.Run{}, err
		}
		return stockdigest.Run{}, busy(what+" is being worked on by another process", max(left, time.Millisecond))
	default:
		return stockdigest.Run{}, busy(what+" waits for a place: as many runs as allowed are being worked on", noRoom)
	}
}

func busy(message string, retry time.Duration) error {
	return &stockdigest.Error{Kind: stockdigest.ErrUnavailable, Message: message, RetryAfter: retry}
}

// leaseLeft is how long the present worker may still keep the run.
func (d *DB) leaseLeft(ctx context.Context, q *db.Queries, id stockdigest.RunID) (time.Duration, error) {
	var left int64
	err := q.Raw().QueryRowContext(ctx, d.leftSQL(), string(id)).Scan(&left)
	return time.Duration(left) * time.Millisecond, err
}

func changed(ctx context.Context, q *db.Queries, statement string, args ...any) (int64, error) {
	done, err := q.Raw().ExecContext(ctx, statement, args...)
	if err != nil {
		return 0, err
	}
	return done.RowsAffected()
}
