package store

import (
	"cmp"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/google/uuid"

	"stockdigest.app/stockdigest"
	"stockdigest.app/stockdigest/internal/adapter/store/db"
)

// OpenRun finds the run of a ticker, kind and as-of time, or makes it. Other
// fields of run are used for a new one only. To work on it takes ClaimRun: the
// token of a run that somebody works on is not given away.
func (d *DB) OpenRun(ctx context.Context, run stockdigest.Run) (opened stockdigest.Run, err error) {
	if err := run.Kind.Validate(); err != nil {
		return stockdigest.Run{}, err
	}
	id, err := uuid.NewV7()
	if err != nil {
		return stockdigest.Run{}, fmt.Errorf("name a run: %w", err)
	}
	err = d.update(ctx, "open the run of "+string(run.Ticker), func(q *db.Queries) error {
		if _, err := tickerOf(ctx, q, run.Ticker); err != nil {
			return err
		}
		err := q.AddRun(ctx, db.AddRunParams{
			ID: id.String(), Ticker: string(run.Ticker), Kind: string(run.Kind), AsOf: db.At(run.AsOf),
			TimeZone: clean(run.TimeZone), CreatedAt: db.At(d.now()),
		})
		if err != nil {
			return err
		}
		row, err := q.RunByKey(ctx, db.RunByKeyParams{Ticker: string(run.Ticker), Kind: string(run.Kind), AsOf: db.At(run.AsOf)})
		if err != nil {
			return err
		}
		opened, err = withSteps(ctx, q, db.RunRow(row))
		if opened.State == stockdigest.RunRunning {
			opened.Token = 0 // it belongs to the worker that claimed the run
		}
		return err
	})
	return opened, err
}

func withSteps(ctx context.Context, q *db.Queries, r db.RunRow) (stockdigest.Run, error) {
	run := stockdigest.Run{
		ID: stockdigest.RunID(r.ID), Ticker: stockdigest.Symbol(r.Ticker), Kind: stockdigest.ReportKind(r.Kind),
		AsOf: r.AsOf.Time, TimeZone: r.TimeZone, State: stockdigest.RunState(r.State), Token: int64(r.Token),
	}
	rows, err := q.Steps(ctx, r.ID)
	if err != nil {
		return stockdigest.Run{}, err
	}
	for _, s := range rows {
		run.Steps = append(run.Steps, stockdigest.StepDone{Step: stockdigest.StepName(s.Step), At: s.DoneAt.Time, Note: s.Note})
	}
	order := stockdigest.StepNames()
	slices.SortFunc(run.Steps, func(a, b stockdigest.StepDone) int {
		return cmp.Compare(slices.Index(order, a.Step), slices.Index(order, b.Step))
	})
	return run, nil
}

// ClaimRun takes a run that is queued, has failed, or whose worker let its
// lease run out, and returns it with a new token. A run that is done comes
// back as it is. One that another worker holds is an ErrUnavailable that says
// when to come back.
func (d *DB) ClaimRun(
	ctx context.Context, id stockdigest.RunID, worker string, lease time.Duration,
) (claimed stockdigest.Run, err error) {
	err = d.update(ctx, "claim run "+string(id), func(q *db.Queries) error {
		taken, err := d.claim(ctx, q, id, clean(worker), lease)
		if err != nil {
			return err
		}
		row, err := q.Run(ctx, string(id))
		switch {
		case errors.Is(err, sql.ErrNoRows):
			return stockdigest.NotFound("no run " + string(id))
		case err != nil:
			return err
		case !taken && stockdigest.RunState(row.State) != stockdigest.RunDone:
			return d.held(ctx, q, row)
		}
		claimed, err = withSteps(ctx, q, row)
		return err
	})
	return claimed, err
}

// held says that another worker has the run, and for how long at least.
func (d *DB) held(ctx context.Context, q *db.Queries, r db.RunRow) error {
	left, err := d.leaseLeft(ctx, q, stockdigest.RunID(r.ID))
	if err != nil {
		return err
	}
	return &stockdigest.Error{
		Kind:       stockdigest.ErrUnavailable,
		Message:    fmt.Sprintf("the %s run of %s is being worked on by another process", r.Kind, r.Ticker),
		RetryAfter: max(left, time.Millisecond),
	}
}

// BeatRun prolongs the lease of a run in hand. ErrConflict means it is lost
// and the work must stop.
func (d *DB) BeatRun(ctx context.Context, run stockdigest.Run, lease time.Duration) error {
	return d.change(ctx, "keep run "+string(run.ID), run, func(q *db.Queries) (int64, error) {
		return d.beat(ctx, q, run, lease)
	})
}

// ReleaseRun hands a run back unfinished, for anybody to take at once.
func (d *DB) ReleaseRun(ctx context.Context, run stockdigest.Run) error {
	return d.change(ctx, "release run "+string(run.ID), run, func(q *db.Queries) (int64, error) {
		return q.ReleaseRun(ctx, db.ReleaseRunParams{ID: string(run.ID), Token: int(run.Token)})
	})
}

// FailRun ends a run that cannot go on, with the cause for people. It can be
// claimed again.
func (d *DB) FailRun(ctx context.Context, run stockdigest.Run, cause string) error {
	return d.change(ctx, "fail run "+string(run.ID), run, func(q *db.Queries) (int64, error) {
		return q.FailRun(ctx, db.FailRunParams{ID: string(run.ID), Token: int(run.Token), Cause: clean(cause)})
	})
}

// change runs one statement that is guarded by the token of run.
func (d *DB) change(ctx context.Context, what string, run stockdigest.Run, fn func(q *db.Queries) (int64, error)) error {
	return d.update(ctx, what, func(q *db.Queries) error {
		n, err := fn(q)
		if err == nil && n == 0 {
			return lost(run)
		}
		return err
	})
}

// FinishStep sets the done mark of a step.
func (d *DB) FinishStep(ctx context.Context, run stockdigest.Run, step stockdigest.StepName, note string) error {
	return d.forRun(ctx, "finish "+string(step), run, func(q *db.Queries) error {
		return d.finish(ctx, q, run, step, note)
	})
}
