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
// fields of run are used for a new one only; without a class it is research. To
// work on it takes a claim: the token of a run that somebody works on is not
// given away.
func (d *DB) OpenRun(ctx context.Context, run stockdigest.Run) (opened stockdigest.Run, err error) {
	err = d.update(ctx, "open the run of "+string(run.Ticker), func(q *db.Queries) error {
		opened, err = d.openRun(ctx, q, run)
		return err
	})
	return opened, err
}

// openRun is OpenRun inside a transaction.
func (d *DB) openRun(ctx context.Context, q *db.Queries, run stockdigest.Run) (stockdigest.Run, error) {
	if _, err := tickerOf(ctx, q, run.Ticker); err != nil {
		return stockdigest.Run{}, err
	}
	if err := d.addRun(ctx, q, run); err != nil {
		return stockdigest.Run{}, err
	}
	id, err := q.RunByKey(ctx, db.RunByKeyParams{Ticker: string(run.Ticker), Kind: string(run.Kind), AsOf: db.At(run.AsOf)})
	if err != nil {
		return stockdigest.Run{}, err
	}
	return readRun(ctx, q, stockdigest.RunID(id))
}

// addRun makes a run unless there is one of that ticker, kind and as-of time.
func (d *DB) addRun(ctx context.Context, q *db.Queries, run stockdigest.Run) error {
	run.Class = cmp.Or(run.Class, stockdigest.ClassResearch)
	if err := errors.Join(run.Kind.Validate(), run.Class.Validate()); err != nil {
		return err
	}
	id, err := uuid.NewV7()
	if err != nil {
		return fmt.Errorf("name a run: %w", err)
	}
	_, err = q.AddRun(ctx, db.AddRunParams{
		ID: id.String(), Ticker: string(run.Ticker), Kind: string(run.Kind), AsOf: db.At(run.AsOf),
		TimeZone: clean(run.TimeZone), CreatedAt: db.At(d.now()), Class: string(run.Class),
		BatchID:   sql.NullString{String: string(run.Batch), Valid: run.Batch != ""},
		CreatedBy: clean(run.CreatedBy), Deadline: db.At(run.Deadline), Refreshes: string(run.Refreshes),
	})
	return err
}

// readRun returns a run for people: with the token of a worker nobody could
// tell from the worker.
func readRun(ctx context.Context, q *db.Queries, id stockdigest.RunID) (stockdigest.Run, error) {
	row, err := q.Run(ctx, string(id))
	if errors.Is(err, sql.ErrNoRows) {
		return stockdigest.Run{}, stockdigest.NotFound("no run " + string(id))
	}
	if err != nil {
		return stockdigest.Run{}, err
	}
	run, err := withSteps(ctx, q, row)
	return hideToken(run), err
}

func hideToken(run stockdigest.Run) stockdigest.Run {
	if run.State == stockdigest.RunRunning {
		run.Token = 0
	}
	return run
}

func withSteps(ctx context.Context, q *db.Queries, r db.RunRow) (stockdigest.Run, error) {
	run := toRun(r)
	steps, err := stepsOf(ctx, q, r.ID)
	run.Steps = steps
	return run, err
}

func toRun(r db.RunRow) stockdigest.Run {
	return stockdigest.Run{
		ID: stockdigest.RunID(r.ID), Ticker: stockdigest.Symbol(r.Ticker), Kind: stockdigest.ReportKind(r.Kind),
		AsOf: r.AsOf.Time, TimeZone: r.TimeZone,
		Class: stockdigest.Class(r.Class), Batch: stockdigest.BatchID(r.Batch), CreatedBy: r.CreatedBy,
		CreatedAt: r.CreatedAt.Time, Deadline: r.Deadline.Time, Refreshes: stockdigest.RunID(r.Refreshes),
		State: stateOf(r), Token: int64(r.Token), Attempts: r.Attempts, Cause: r.Cause, NotBefore: r.NotBefore.Time,
		Worker: r.Worker, Doing: stockdigest.Doing{Step: stockdigest.StepName(r.Step), Done: r.ProgressDone, Total: r.ProgressTotal},
		StartedAt: r.StartedAt.Time, EndedAt: r.EndedAt.Time,
	}
}

func stateOf(r db.RunRow) stockdigest.RunState { return endingOr(r.State, r.Ending) }

// endingOr joins the two columns of a state. In the table a run that ended
// badly is failed, with the ending beside it.
func endingOr(state, ending string) stockdigest.RunState {
	return stockdigest.RunState(cmp.Or(ending, state))
}

// stepsOf returns the marks of a run in the order of the steps.
func stepsOf(ctx context.Context, q *db.Queries, id string) ([]stockdigest.StepDone, error) {
	rows, err := q.Steps(ctx, id)
	if err != nil {
		return nil, err
	}
	var steps []stockdigest.StepDone
	for _, s := range rows {
		steps = append(steps, stockdigest.StepDone{Step: stockdigest.StepName(s.Step), At: s.DoneAt.Time, Note: s.Note})
	}
	order := stockdigest.StepNames()
	slices.SortFunc(steps, func(a, b stockdigest.StepDone) int {
		return cmp.Compare(slices.Index(order, a.Step), slices.Index(order, b.Step))
	})
	return steps, nil
}

// BeatRun prolongs the lease of a run in hand and tells where the work stands.
// ErrConflict means the run is lost and the work must stop.
func (d *DB) BeatRun(ctx context.Context, run stockdigest.Run, lease time.Duration, doing stockdigest.Doing) error {
	return d.change(ctx, "keep run "+string(run.ID), run, func(q *db.Queries) (int64, error) {
		return changed(ctx, q, d.beatSQL(),
			string(run.ID), run.Token, lease.Milliseconds(), clean(string(doing.Step)), doing.Done, doing.Total)
	})
}

// ReleaseRun hands a run back unfinished, for anybody to take at once. The
// attempt does not count.
func (d *DB) ReleaseRun(ctx context.Context, run stockdigest.Run) error {
	return d.change(ctx, "release run "+string(run.ID), run, func(q *db.Queries) (int64, error) {
		return q.ReleaseRun(ctx, db.ReleaseRunParams{ID: string(run.ID), Token: int(run.Token)})
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

// backOff is how long a run waits that has failed n times.
func backOff(n int) time.Duration {
	if n <= 1 {
		return 10 * time.Second
	}
	return time.Minute
}

// FailRun hands back a run whose work went wrong, with the cause for people. It
// is tried again after a while, and put in quarantine when that was the last
// attempt.
func (d *DB) FailRun(ctx context.Context, run stockdigest.Run, cause string) error {
	return d.forRun(ctx, "fail run "+string(run.ID), run, func(q *db.Queries) error {
		row, err := q.Run(ctx, string(run.ID))
		if err != nil {
			return err
		}
		if row.Attempts >= stockdigest.MaxAttempts {
			return d.end(ctx, q, row.ID, stockdigest.RunQuarantined, cause)
		}
		_, err = changed(ctx, q, d.laterSQL(), row.ID, clean(cause), backOff(row.Attempts).Milliseconds())
		return err
	})
}

// QuarantineRun ends a run that can never work, with the cause for people.
func (d *DB) QuarantineRun(ctx context.Context, run stockdigest.Run, cause string) error {
	return d.forRun(ctx, "quarantine run "+string(run.ID), run, func(q *db.Queries) error {
		return d.end(ctx, q, string(run.ID), stockdigest.RunQuarantined, cause)
	})
}

// CancelRun ends a run for good, whoever works on it: from here on no write of
// that worker counts. A run that has ended in another way is an ErrConflict;
// cancelling twice is the same as once, and the cause names who was first.
func (d *DB) CancelRun(ctx context.Context, id stockdigest.RunID, by string) error {
	return d.update(ctx, "cancel run "+string(id), func(q *db.Queries) error {
		n, err := q.StopRun(ctx, string(id))
		if err != nil {
			return err
		}
		if n > 0 {
			return d.end(ctx, q, string(id), stockdigest.RunCancelled, "cancelled by "+by)
		}
		run, err := readRun(ctx, q, id)
		if err != nil || run.State == stockdigest.RunCancelled {
			return err
		}
		return ended(run)
	})
}

// RetryRun queues a quarantined run again, at its old place and with all its
// attempts. Any other run is an ErrConflict.
func (d *DB) RetryRun(ctx context.Context, id stockdigest.RunID, by string) error {
	return d.update(ctx, "retry run "+string(id), func(q *db.Queries) error {
		n, err := q.RetryRun(ctx, db.RetryRunParams{ID: string(id), Cause: clean("tried again by " + by)})
		if err != nil || n > 0 {
			return err
		}
		run, err := readRun(ctx, q, id)
		if err != nil {
			return err
		}
		return ended(run)
	})
}

func ended(run stockdigest.Run) error {
	return &stockdigest.Error{
		Kind: stockdigest.ErrConflict, Message: fmt.Sprintf("the %s run of %s is %s", run.Kind, run.Ticker, run.State),
	}
}

// end puts a run to its end: done, quarantined or cancelled. Whatever ends a
// run comes through here, inside the transaction that holds its row, so that
// the credits which wait for it are settled in the same moment.
func (d *DB) end(ctx context.Context, q *db.Queries, id string, state stockdigest.RunState, cause string) error {
	column, ending := string(stockdigest.RunDone), ""
	if state != stockdigest.RunDone {
		column, ending = "failed", string(state)
	}
	err := q.EndRun(ctx, db.EndRunParams{ID: id, State: column, Ending: ending, Cause: clean(cause), EndedAt: db.At(d.now())})
	if err != nil {
		return err
	}
	return d.settleHolds(ctx, q, id, state == stockdigest.RunDone)
}

// FinishStep sets the done mark of a step.
func (d *DB) FinishStep(ctx context.Context, run stockdigest.Run, step stockdigest.StepName, note string) error {
	return d.forRun(ctx, "finish "+string(step), run, func(q *db.Queries) error {
		return d.finish(ctx, q, run, step, note)
	})
}
