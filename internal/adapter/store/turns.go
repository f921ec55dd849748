package store

import (
	"context"
	"time"

	"stockdigest.app/stockdigest"
	"stockdigest.app/stockdigest/internal/adapter/store/db"
)

// waits is how much longer than it was told to wait somebody counts as waiting:
// a process that died gives up its share after it.
const waits = 5 * time.Second

// TakeTurn takes a turn and returns true with the time to let pass before it is
// used, or false with the time after which to ask again. Who asks in vain counts
// as waiting until some seconds later: a worker has no more turns than its share
// while others wait. A taken turn ends with LeaveTurn or its lease. The same
// turn again, after a commit that nobody heard of, is taken again.
func (d *DB) TakeTurn(ctx context.Context, turn stockdigest.Turn) (taken bool, wait time.Duration, err error) {
	err = d.update(ctx, "take a turn of "+turn.Of, func(q *db.Queries) error {
		taken, wait, err = d.takeTurn(ctx, q, turn)
		return err
	})
	return taken, wait, err
}

func (d *DB) takeTurn(ctx context.Context, q *db.Queries, turn stockdigest.Turn) (taken bool, wait time.Duration, err error) {
	full, err := q.HoldThing(ctx, turn.Of)
	if err != nil {
		return false, 0, err
	}
	var clock db.Time
	if err := q.Raw().QueryRowContext(ctx, d.clockSQL()).Scan(&clock); err != nil {
		return false, 0, err
	}
	now := clock.Time
	if err := q.ForgetTurns(ctx, db.ForgetTurnsParams{Thing: turn.Of, Until: db.At(now)}); err != nil {
		return false, 0, err
	}
	rows, err := q.Turns(ctx, turn.Of)
	if err != nil {
		return false, 0, err
	}
	pace := interval(turn.PerSecond)
	next, wait := take(full.Time, now, pace, pace)
	taken = wait <= ahead && roomFor(turn, rows)
	until := now.Add(wait + turn.Lease)
	if !taken {
		wait = max(wait-ahead, pollEvery)
		until = now.Add(wait + waits)
	}
	err = q.SaveTurn(ctx, db.SaveTurnParams{ID: turn.ID, Thing: turn.Of, Worker: turn.Worker, Taken: taken, Until: db.At(until)})
	if err == nil && taken && pace > 0 {
		err = q.SaveThing(ctx, db.SaveThingParams{Name: turn.Of, FullAt: db.At(next)})
	}
	return taken, wait, err
}

// roomFor reports whether one more turn can be taken beside the rows that are
// there. While other workers wait, each has its share at most.
func roomFor(turn stockdigest.Turn, rows []db.TurnsRow) bool {
	all, own, wanted := 0, 0, false
	workers := map[string]bool{turn.Worker: true}
	for _, r := range rows {
		if r.ID == turn.ID {
			continue
		}
		workers[r.Worker] = true
		switch {
		case r.Taken && r.Worker == turn.Worker:
			all, own = all+1, own+1
		case r.Taken:
			all++
		case r.Worker != turn.Worker:
			wanted = true
		}
	}
	share := (turn.Parallel + len(workers) - 1) / len(workers)
	return turn.Parallel <= 0 || all < turn.Parallel && (own < share || !wanted)
}

// LeaveTurn ends a turn, taken or waited for. One that is over is no error.
func (d *DB) LeaveTurn(ctx context.Context, turn stockdigest.Turn) error {
	return d.update(ctx, "leave a turn of "+turn.Of, func(q *db.Queries) error {
		if _, err := q.HoldThing(ctx, turn.Of); err != nil {
			return err
		}
		if err := q.LeaveTurn(ctx, turn.ID); err != nil {
			return err
		}
		var now db.Time
		if err := q.Raw().QueryRowContext(ctx, d.clockSQL()).Scan(&now); err != nil {
			return err
		}
		return q.ForgetThing(ctx, db.ForgetThingParams{Name: turn.Of, FullAt: now})
	})
}
