package store

import (
	"context"
	"database/sql"
	"errors"
	"time"

	"stockdigest.app/stockdigest"
	"stockdigest.app/stockdigest/internal/adapter/store/db"
)

// BeginBatch gives leave to make the calls of a job together and writes their
// rows, each of which reserves what its call may cost, beside that of the job:
// when the job is sent, it can be found again. It returns a permit for every
// call, in their order. One that is held, or brings an answer, is no part of
// the job; without any that is granted nothing is written. The same job again,
// after a commit whose outcome nobody heard of, is granted again.
func (d *DB) BeginBatch(ctx context.Context, job stockdigest.BatchJob, lease time.Duration) (permits []stockdigest.Permit, err error) {
	err = d.update(ctx, "begin a batch of calls to "+job.Provider, func(q *db.Queries) error {
		permits, err = d.beginBatch(ctx, q, job, lease)
		if err == nil && !anyGranted(permits) {
			return errHeld
		}
		return err
	})
	if errors.Is(err, errHeld) {
		err = nil
	}
	return permits, err
}

func anyGranted(permits []stockdigest.Permit) bool {
	for _, p := range permits {
		if p.Held == "" && p.Answer == nil {
			return true
		}
	}
	return false
}

func (d *DB) beginBatch(ctx context.Context, q *db.Queries, job stockdigest.BatchJob, lease time.Duration) ([]stockdigest.Permit, error) {
	p, err := d.holdProvider(ctx, q, job.Provider)
	if err != nil {
		return nil, err
	}
	permits := make([]stockdigest.Permit, len(job.Calls))
	if p.Tripped != "" || p.down() || p.NextTry.After(p.now) {
		for i := range permits {
			permits[i].Held = stockdigest.HeldDown
		}
		return permits, nil
	}
	err = q.AddBatchJob(ctx, db.AddBatchJobParams{
		ID: job.ID, Provider: job.Provider, Model: clean(job.Model), CreatedAt: db.At(job.Created), LateAt: db.At(job.Until),
		LeaseUntil: db.At(p.now.Add(lease)),
	})
	for i, bid := range job.Calls {
		if err != nil {
			return nil, err
		}
		permits[i], err = addToBatch(ctx, q, p, job, bid)
	}
	return permits, err
}

// addToBatch makes one call a part of the job, unless something holds it.
func addToBatch(ctx context.Context, q *db.Queries, p *provider, job stockdigest.BatchJob, bid stockdigest.Bid) (stockdigest.Permit, error) {
	changes := spendings{}
	if permit, found, err := standingCall(ctx, q, bid, p.now, changes); found || err != nil {
		return permit, err
	}
	held, err := reserve(ctx, q, bid, changes)
	if _, over := errors.AsType[*stockdigest.OverBudget](err); over {
		held, err = stockdigest.HeldOwn, nil // the call by itself finds out what is left
	}
	if held != "" && err == nil {
		back := spendings{}
		back.add(scopesOf(bid.Ask.Provider, string(bid.Ask.Run), string(bid.Ask.Reader), string(bid.Day)), 0, -int(bid.Reserve))
		_, err = back.apply(ctx, q)
	}
	if held != "" || err != nil {
		return stockdigest.Permit{Held: held, Wait: pollEvery}, err
	}
	bid.Lease = job.Until.Sub(job.Created)
	return stockdigest.Permit{}, addCall(ctx, q, bid, job.ID, p.now, 0)
}

// overtake gives up a call in a batch, so that it can be made again for somebody
// who waits. It counts in full until the batch has ended.
func overtake(ctx context.Context, q *db.Queries, provider string, row db.StandingCallRow, changes spendings) error {
	err := q.LoseCall(ctx, db.LoseCallParams{ID: row.ID, Error: "somebody could not wait for its batch"})
	changes.add(scopesOf(provider, row.RunID, row.ReaderID, row.Day), row.Reserved, -row.Reserved)
	return err
}

// HoldBatch keeps a job in the hands of who follows it for lease from now on; no
// lease lets it go. What the provider calls the job is noted when it is known.
// It answers ErrConflict when somebody else follows the job, or it has ended.
func (d *DB) HoldBatch(ctx context.Context, job stockdigest.BatchJob, lease time.Duration) error {
	return d.update(ctx, "hold a batch of calls", func(q *db.Queries) error {
		now, err := d.clock(ctx, q)
		if err != nil {
			return err
		}
		n, err := q.HoldBatchJob(ctx, db.HoldBatchJobParams{
			ID: job.ID, Token: int(job.Token), LeaseUntil: db.At(now.Add(lease)), Remote: clean(job.Remote),
		})
		if err == nil && n == 0 {
			return &stockdigest.Error{Kind: stockdigest.ErrConflict, Message: "the batch of calls is in other hands"}
		}
		return err
	})
}

func (d *DB) clock(ctx context.Context, q *db.Queries) (time.Time, error) {
	var now db.Time
	err := q.Raw().QueryRowContext(ctx, d.clockSQL()).Scan(&now)
	return now.Time, err
}

// AdoptBatch takes a job that nobody follows any more, for lease. It brings the
// calls that have not ended; ok is false when there is no such job.
func (d *DB) AdoptBatch(ctx context.Context, lease time.Duration) (job stockdigest.BatchJob, ok bool, err error) {
	err = d.update(ctx, "adopt a batch of calls", func(q *db.Queries) error {
		job, ok, err = d.adoptBatch(ctx, q, lease)
		return err
	})
	return job, ok, err
}

func (d *DB) adoptBatch(ctx context.Context, q *db.Queries, lease time.Duration) (job stockdigest.BatchJob, ok bool, err error) {
	now, err := d.clock(ctx, q)
	if err != nil {
		return job, false, err
	}
	id, err := q.FreeBatchJob(ctx, db.At(now))
	if err != nil {
		return job, false, ignoreNone(err)
	}
	row, err := q.AdoptBatchJob(ctx, db.AdoptBatchJobParams{ID: id, LeaseUntil: db.At(now), LeaseUntil_2: db.At(now.Add(lease))})
	if err != nil {
		return job, false, ignoreNone(err)
	}
	calls, err := q.CallsOfBatchJob(ctx, id)
	job = stockdigest.BatchJob{
		ID: row.ID, Provider: row.Provider, Model: row.Model, Remote: row.Remote, Token: int64(row.Token),
		Created: row.CreatedAt.Time, Until: row.LateAt.Time,
	}
	for _, c := range calls {
		job.Calls = append(job.Calls, stockdigest.Bid{
			ID: c.ID, Key: c.Key, Day: stockdigest.Day(c.Day), Reserve: stockdigest.Micros(c.Reserved),
			Ask: stockdigest.Ask{Run: stockdigest.RunID(c.RunID), Step: stockdigest.StepName(c.Step), Provider: row.Provider, Model: row.Model},
		})
	}
	return job, err == nil, err
}

func ignoreNone(err error) error {
	if errors.Is(err, sql.ErrNoRows) {
		return nil
	}
	return err
}

// EndBatch notes that nothing of the job is left to do.
func (d *DB) EndBatch(ctx context.Context, job stockdigest.BatchJob) error {
	return d.update(ctx, "end a batch of calls", func(q *db.Queries) error {
		return q.EndBatchJob(ctx, db.EndBatchJobParams{ID: job.ID, Token: int(job.Token), EndedAt: db.At(d.now())})
	})
}

// ScheduledRunWaits reports whether a scheduled run is queued that has no place
// under caps until one of those under way ends.
func (d *DB) ScheduledRunWaits(ctx context.Context, caps stockdigest.Caps) (waits bool, err error) {
	err = d.view(ctx, "look for a run that waits", func(q *db.Queries) error {
		now, err := d.clock(ctx, q)
		if err != nil {
			return err
		}
		queued, err := q.ScheduledRunIsQueued(ctx, db.At(now))
		if err != nil || !queued {
			waits = false
			return err
		}
		rows, err := q.CountOpen(ctx)
		scheduled, all := 0, 0
		for _, r := range rows {
			if r.State == string(stockdigest.RunRunning) {
				all += int(r.N)
				if r.Class == string(stockdigest.ClassScheduled) {
					scheduled += int(r.N)
				}
			}
		}
		waits = scheduled >= caps.Of(stockdigest.ClassScheduled) || all >= caps.Total
		return err
	})
	return waits, err
}
