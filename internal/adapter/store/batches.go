package store

import (
	"cmp"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/google/uuid"

	"stockdigest.app/stockdigest"
	"stockdigest.app/stockdigest/internal/adapter/store/db"
)

// OpenBatch makes a batch and its runs at once, all or none. A run that says
// nothing else takes kind, creator and deadline from the batch. Runs queue in
// the order of ticker, kind and as-of time. One that exists already stays as
// it is, outside this batch. The batch comes back with its name and counts.
func (d *DB) OpenBatch(ctx context.Context, b stockdigest.Batch, runs []stockdigest.Run) (opened stockdigest.Batch, err error) {
	err = d.update(ctx, "open a batch", func(q *db.Queries) error {
		opened, err = d.openBatch(ctx, q, b, runs)
		return err
	})
	return opened, err
}

// openBatch is OpenBatch inside a transaction.
func (d *DB) openBatch(ctx context.Context, q *db.Queries, b stockdigest.Batch, runs []stockdigest.Run) (stockdigest.Batch, error) {
	if err := b.Kind.Validate(); err != nil {
		return stockdigest.Batch{}, err
	}
	id, err := uuid.NewV7()
	if err != nil {
		return stockdigest.Batch{}, fmt.Errorf("name a batch: %w", err)
	}
	b.ID = cmp.Or(b.ID, stockdigest.BatchID(id.String()))
	err = q.AddBatch(ctx, db.AddBatchParams{
		ID: string(b.ID), Kind: string(b.Kind), CreatedBy: clean(b.CreatedBy), CreatedAt: db.At(d.now()),
		Deadline: db.At(b.Deadline), Note: clean(b.Note),
	})
	if err != nil {
		return stockdigest.Batch{}, err
	}
	for _, run := range slices.SortedFunc(slices.Values(runs), byKey) {
		run.Batch, run.Kind = b.ID, cmp.Or(run.Kind, b.Kind)
		run.CreatedBy = cmp.Or(run.CreatedBy, b.CreatedBy)
		if run.Deadline.IsZero() {
			run.Deadline = b.Deadline
		}
		if err := d.addRun(ctx, q, run); err != nil {
			return stockdigest.Batch{}, fmt.Errorf("add the run of %s: %w", run.Ticker, err)
		}
	}
	return readBatch(ctx, q, b.ID)
}

func byKey(a, b stockdigest.Run) int {
	return cmp.Or(cmp.Compare(a.Ticker, b.Ticker), cmp.Compare(a.Kind, b.Kind), a.AsOf.Compare(b.AsOf))
}

// Batch returns a batch with its counts.
func (d *DB) Batch(ctx context.Context, id stockdigest.BatchID) (b stockdigest.Batch, err error) {
	err = d.view(ctx, "read batch "+string(id), func(q *db.Queries) error {
		b, err = readBatch(ctx, q, id)
		return err
	})
	return b, err
}

// Batches returns the newest batches, newest first, with their counts.
func (d *DB) Batches(ctx context.Context, limit int) (all []stockdigest.Batch, err error) {
	err = d.view(ctx, "read batches", func(q *db.Queries) error {
		rows, err := q.Batches(ctx, int32(min(max(limit, 0), maxList)))
		if err != nil {
			return err
		}
		all = nil
		for _, r := range rows {
			b, err := counted(ctx, q, r)
			if err != nil {
				return err
			}
			all = append(all, b)
		}
		return nil
	})
	return all, err
}

func readBatch(ctx context.Context, q *db.Queries, id stockdigest.BatchID) (stockdigest.Batch, error) {
	row, err := q.Batch(ctx, string(id))
	if errors.Is(err, sql.ErrNoRows) {
		return stockdigest.Batch{}, stockdigest.NotFound("no batch " + string(id))
	}
	if err != nil {
		return stockdigest.Batch{}, err
	}
	return counted(ctx, q, row)
}

func counted(ctx context.Context, q *db.Queries, r db.Batch) (stockdigest.Batch, error) {
	b := stockdigest.Batch{
		ID: stockdigest.BatchID(r.ID), Kind: stockdigest.ReportKind(r.Kind), CreatedBy: r.CreatedBy,
		CreatedAt: r.CreatedAt.Time, Deadline: r.Deadline.Time, Note: r.Note,
	}
	rows, err := q.CountBatch(ctx, r.ID)
	for _, c := range rows {
		add(&b.Counts, endingOr(c.State, c.Ending), int(c.N))
	}
	return b, err
}

func add(to *stockdigest.Counts, state stockdigest.RunState, n int) {
	switch state {
	case stockdigest.RunQueued:
		to.Queued += n
	case stockdigest.RunRunning:
		to.Running += n
	case stockdigest.RunDone:
		to.Done += n
	case stockdigest.RunQuarantined:
		to.Quarantined += n
	case stockdigest.RunCancelled:
		to.Cancelled += n
	}
}

// Waiting counts the runs that have not ended, by class.
func (d *DB) Waiting(ctx context.Context) (open map[stockdigest.Class]stockdigest.Counts, err error) {
	err = d.view(ctx, "count waiting runs", func(q *db.Queries) error {
		rows, err := q.CountOpen(ctx)
		open = map[stockdigest.Class]stockdigest.Counts{}
		for _, r := range rows {
			counts := open[stockdigest.Class(r.Class)]
			add(&counts, stockdigest.RunState(r.State), int(r.N))
			open[stockdigest.Class(r.Class)] = counts
		}
		return err
	})
	return open, err
}

// RunByID returns a run with its steps. The token of a run that somebody works
// on is not given away.
func (d *DB) RunByID(ctx context.Context, id stockdigest.RunID) (run stockdigest.Run, err error) {
	err = d.view(ctx, "read run "+string(id), func(q *db.Queries) error {
		run, err = readRun(ctx, q, id)
		return err
	})
	return run, err
}

// The length of a list of runs or batches: at most, and when nobody says.
const (
	maxList  = 1000
	someRuns = 100
)

// Runs returns the runs that f lets pass, newest first, without their steps.
func (d *DB) Runs(ctx context.Context, f stockdigest.RunFilter) (runs []stockdigest.Run, err error) {
	query, args := listSQL(f)
	err = d.view(ctx, "list runs", func(q *db.Queries) error {
		rows, err := q.Raw().QueryContext(ctx, query, args...)
		if err != nil {
			return err
		}
		defer rows.Close()
		runs = nil
		for rows.Next() {
			var r db.RunRow
			if err := rows.Scan(runFields(&r)...); err != nil {
				return err
			}
			runs = append(runs, hideToken(toRun(r)))
		}
		return rows.Err()
	})
	return runs, err
}

// listSQL names only the conditions that f has, and by value the states that
// have an index of their own: the databases then choose an index that fits.
func listSQL(f stockdigest.RunFilter) (query string, args []any) {
	where := []string{"true"}
	with := func(condition, value string) {
		args = append(args, value)
		where = append(where, condition+strconv.Itoa(len(args)))
	}
	if f.Batch != "" {
		with("batch_id = $", string(f.Batch))
	}
	if f.Class != "" {
		with("class = $", string(f.Class))
	}
	if f.Before != "" {
		with("seq < (SELECT seq FROM runs WHERE id = $", string(f.Before))
		where[len(where)-1] += ")"
	}
	switch f.State {
	case "":
	case stockdigest.RunQueued, stockdigest.RunRunning:
		where = append(where, "state IN ('queued', 'running')")
		with("state = $", string(f.State))
	case stockdigest.RunQuarantined, stockdigest.RunCancelled:
		where = append(where, "state = 'failed'")
		with("ending = $", string(f.State))
	default:
		with("state = $", string(f.State))
	}
	limit := min(max(cmp.Or(f.Limit, someRuns), 0), maxList)
	return `SELECT ` + runColumns + ` FROM runs WHERE ` + strings.Join(where, " AND ") +
		` ORDER BY seq DESC LIMIT ` + strconv.Itoa(limit), args
}
