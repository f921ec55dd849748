package store

import (
	"context"
	"time"

	"stockdigest.app/stockdigest"
	"stockdigest.app/stockdigest/internal/adapter/store/db"
)

// Leases are measured by the database's clock: workers on several machines
// need not agree on the time. The guard stands in the last WHERE, so that a
// worker that waited for the row sees it as the other one left it.

func (d *DB) claimSQL() string {
	return `UPDATE runs SET state = 'running', token = token + 1, attempts = attempts + 1, worker = $2, cause = '',
    lease_until = ` + d.dialect.until("$3") + `
WHERE id = $1 AND (state IN ('queued', 'failed') OR (state = 'running' AND lease_until < ` + d.dialect.now() + `))`
}

func (d *DB) beatSQL() string {
	return `UPDATE runs SET lease_until = ` + d.dialect.until("$3") + `
WHERE id = $1 AND token = $2 AND state = 'running' AND lease_until >= ` + d.dialect.now()
}

func (d *DB) leftSQL() string { return `SELECT ` + d.dialect.left() + ` FROM runs WHERE id = $1` }

// claim reports whether the run was free and is now the worker's.
func (d *DB) claim(ctx context.Context, q *db.Queries, id stockdigest.RunID, worker string, lease time.Duration) (bool, error) {
	n, err := changed(ctx, q, d.claimSQL(), string(id), worker, lease.Milliseconds())
	return n > 0, err
}

func (d *DB) beat(ctx context.Context, q *db.Queries, run stockdigest.Run, lease time.Duration) (int64, error) {
	return changed(ctx, q, d.beatSQL(), string(run.ID), run.Token, lease.Milliseconds())
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
