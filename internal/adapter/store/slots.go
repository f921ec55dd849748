package store

import (
	"cmp"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"slices"
	"time"

	"stockdigest.app/stockdigest"
	"stockdigest.app/stockdigest/internal/adapter/store/db"
)

// slotLease is how long the work of a slot may take. One that is not finished
// then had a worker that died, and is taken again.
const slotLease = 10 * time.Minute

// takeSlotSQL inserts a slot, or takes over one whose worker died. Whoever
// changes a row has the slot; a worker that waits for another one's insert
// sees the row as that one left it.
func (d *DB) takeSlotSQL() string {
	return `INSERT INTO slots (kind, day, key, clock, due, worker, attempts, taken_at, lease_until, outcome)
VALUES ($1, $2, $3, $4, $5, $6, 1, $7, ` + d.dialect.until("$8") + `, '')
ON CONFLICT (kind, day, key) DO UPDATE SET
    worker = excluded.worker, taken_at = excluded.taken_at, lease_until = excluded.lease_until, attempts = slots.attempts + 1
WHERE slots.done_at IS NULL AND slots.attempts < $9 AND slots.lease_until < ` + d.dialect.now()
}

func (d *DB) openSlotSQL() string {
	return `SELECT count(*) FROM slots
WHERE kind = $1 AND day = $2 AND key = $3 AND NOT (done_at IS NULL AND attempts < $4 AND lease_until < ` + d.dialect.now() + `)`
}

// TakeSlot makes the slot the worker's, which only one of all who try achieves:
// the others get false. With a batch its runs are opened and the slot finished
// in the same transaction; without one the worker does what is due and calls
// FinishSlot, else the slot is taken again later.
func (d *DB) TakeSlot(
	ctx context.Context, slot stockdigest.Slot, worker string, batch *stockdigest.Batch, runs []stockdigest.Run,
) (taken stockdigest.SlotRecord, ok bool, err error) {
	if err := slot.Kind.Validate(); err != nil {
		return taken, false, err
	}
	err = d.update(ctx, "take slot "+slotName(slot), func(q *db.Queries) error {
		n, err := changed(ctx, q, d.takeSlotSQL(), string(slot.Kind), string(slot.Day), clean(slot.Key()), slot.At.String(),
			db.At(slot.Due), clean(worker), db.At(d.now()), slotLease.Milliseconds(), stockdigest.MaxAttempts)
		if ok = n > 0; err != nil || !ok {
			return err
		}
		if batch != nil {
			if err := d.openSlotBatch(ctx, q, slot, *batch, runs); err != nil {
				return err
			}
		}
		taken, err = slotByKey(ctx, q, slot)
		return err
	})
	return taken, ok && err == nil, err
}

// openSlotBatch opens the batch of a slot that was just taken, and finishes it.
func (d *DB) openSlotBatch(
	ctx context.Context, q *db.Queries, slot stockdigest.Slot, batch stockdigest.Batch, runs []stockdigest.Run,
) error {
	opened, err := d.openBatch(ctx, q, batch, runs)
	if err != nil {
		return err
	}
	err = q.SetSlotBatch(ctx, db.SetSlotBatchParams{
		Kind: string(slot.Kind), Day: string(slot.Day), Key: clean(slot.Key()),
		BatchID: sql.NullString{String: string(opened.ID), Valid: true},
	})
	if err != nil {
		return err
	}
	record, err := slotByKey(ctx, q, slot)
	if err != nil {
		return err
	}
	return d.finishSlot(ctx, q, record, fmt.Sprintf("%d runs in batch %s", len(runs), opened.ID))
}

// FinishSlot notes that the work of a slot is done, with one line for people.
// An ErrConflict means that another worker took it over in between.
func (d *DB) FinishSlot(ctx context.Context, taken stockdigest.SlotRecord, outcome string) error {
	return d.update(ctx, "finish slot "+slotName(taken.Slot), func(q *db.Queries) error {
		return d.finishSlot(ctx, q, taken, outcome)
	})
}

func (d *DB) finishSlot(ctx context.Context, q *db.Queries, taken stockdigest.SlotRecord, outcome string) error {
	n, err := q.FinishSlot(ctx, db.FinishSlotParams{
		Kind: string(taken.Kind), Day: string(taken.Day), Key: clean(taken.Key()), Attempts: taken.Attempts,
		DoneAt: db.At(d.now()), Outcome: clean(outcome),
	})
	if err == nil && n == 0 {
		return &stockdigest.Error{Kind: stockdigest.ErrConflict, Message: "slot " + slotName(taken.Slot) + " is in other hands"}
	}
	return err
}

// OpenSlots returns those of the slots that nobody has taken, in their order.
func (d *DB) OpenSlots(ctx context.Context, slots []stockdigest.Slot) (open []stockdigest.Slot, err error) {
	err = d.view(ctx, "read slots", func(q *db.Queries) error {
		open = nil
		for _, s := range slots {
			var n int
			err := q.Raw().QueryRowContext(ctx, d.openSlotSQL(),
				string(s.Kind), string(s.Day), clean(s.Key()), stockdigest.MaxAttempts).Scan(&n)
			if err != nil {
				return err
			}
			if n == 0 {
				open = append(open, s)
			}
		}
		return nil
	})
	return open, err
}

// SlotsTaken returns what became of the slots taken last, newest first.
func (d *DB) SlotsTaken(ctx context.Context, limit int) (records []stockdigest.SlotRecord, err error) {
	err = d.view(ctx, "read slots", func(q *db.Queries) error {
		rows, err := q.SlotsTaken(ctx, int32(min(max(limit, 0), 1000)))
		if err != nil {
			return err
		}
		records = make([]stockdigest.SlotRecord, 0, len(rows))
		for _, r := range rows {
			record, err := slotRecord(db.SlotByKeyRow(r))
			if err != nil {
				return err
			}
			records = append(records, record)
		}
		return nil
	})
	return records, err
}

func slotByKey(ctx context.Context, q *db.Queries, slot stockdigest.Slot) (stockdigest.SlotRecord, error) {
	row, err := q.SlotByKey(ctx, db.SlotByKeyParams{Kind: string(slot.Kind), Day: string(slot.Day), Key: clean(slot.Key())})
	if err != nil {
		return stockdigest.SlotRecord{}, err
	}
	return slotRecord(row)
}

func slotRecord(r db.SlotByKeyRow) (stockdigest.SlotRecord, error) {
	clock, err := stockdigest.ParseClock(r.Clock)
	if err != nil {
		return stockdigest.SlotRecord{}, err
	}
	slot := stockdigest.Slot{Kind: stockdigest.SlotKind(r.Kind), Day: stockdigest.Day(r.Day), At: clock, Due: r.Due.Time}
	slot.ByHand = stockdigest.ByHandName(r.Key)
	return stockdigest.SlotRecord{
		Slot: slot, Worker: r.Worker, Attempts: r.Attempts, TakenAt: r.TakenAt.Time, DoneAt: r.DoneAt.Time,
		Outcome: r.Outcome, Batch: stockdigest.BatchID(r.BatchID.String),
	}, nil
}

func slotName(s stockdigest.Slot) string {
	return string(s.Kind) + " of " + string(s.Day) + ", " + s.Key()
}

// PastDeadline counts the runs that have not ended though their deadline is at
// or before the moment.
func (d *DB) PastDeadline(ctx context.Context, at time.Time) (open int, err error) {
	err = d.view(ctx, "count late runs", func(q *db.Queries) error {
		n, err := q.CountPastDeadline(ctx, db.At(at))
		open = int(n)
		return err
	})
	return open, err
}

// SetMarketDay keeps a person's word on a day of an exchange, in place of an
// earlier one.
func (d *DB) SetMarketDay(ctx context.Context, m stockdigest.MarketDay) error {
	closes := ""
	if m.Closes > 0 {
		closes = m.Closes.String()
	}
	return d.update(ctx, "save the market day "+string(m.Day), func(q *db.Queries) error {
		return q.SetMarketDay(ctx, db.SetMarketDayParams{
			Exchange: m.Exchange, Day: string(m.Day), Open: m.Open, Closes: closes, Note: clean(m.Note),
		})
	})
}

// UnsetMarketDay takes back what a person said of a day of an exchange. An
// ErrNotFound means that nobody said anything.
func (d *DB) UnsetMarketDay(ctx context.Context, exchange string, day stockdigest.Day) error {
	return d.update(ctx, "take back the market day "+string(day), func(q *db.Queries) error {
		n, err := q.UnsetMarketDay(ctx, db.UnsetMarketDayParams{Exchange: exchange, Day: string(day)})
		if err == nil && n == 0 {
			return stockdigest.NotFound("nothing was set by hand for " + string(day) + " of " + exchange)
		}
		return err
	})
}

// MarketDays returns what people said of the exchange's days from one to
// another, both included, by day.
func (d *DB) MarketDays(
	ctx context.Context, exchange string, from, to stockdigest.Day,
) (days []stockdigest.MarketDay, err error) {
	err = d.view(ctx, "read market days", func(q *db.Queries) error {
		rows, err := q.MarketDays(ctx, db.MarketDaysParams{Exchange: exchange, Day: string(from), Day_2: string(to)})
		if err != nil {
			return err
		}
		days = make([]stockdigest.MarketDay, 0, len(rows))
		for _, r := range rows {
			m := stockdigest.MarketDay{Exchange: r.Exchange, Day: stockdigest.Day(r.Day), Open: r.Open, Note: r.Note}
			if r.Closes != "" {
				if m.Closes, err = stockdigest.ParseClock(r.Closes); err != nil {
					return err
				}
			}
			days = append(days, m)
		}
		return nil
	})
	return days, err
}

// FilingsChecked returns when the filings of a ticker were checked last; zero
// is never.
func (d *DB) FilingsChecked(ctx context.Context, symbol stockdigest.Symbol) (at time.Time, err error) {
	err = d.view(ctx, "read the last check of "+string(symbol), func(q *db.Queries) error {
		row, err := q.FilingsChecked(ctx, string(symbol))
		if errors.Is(err, sql.ErrNoRows) {
			return nil
		}
		at = row.Time
		return err
	})
	return at, err
}

// SaveFiled keeps what a check of a ticker found, and returns the accessions
// that no check had found before, sorted. The first check of a ticker finds
// nothing new: it only says what there was.
func (d *DB) SaveFiled(
	ctx context.Context, symbol stockdigest.Symbol, filings []stockdigest.Filing,
) (fresh []stockdigest.Accession, err error) {
	sorted := slices.Clone(filings)
	slices.SortStableFunc(sorted, func(a, b stockdigest.Filing) int { return cmp.Compare(a.Accession, b.Accession) })
	err = d.update(ctx, "save what "+string(symbol)+" filed", func(q *db.Queries) error {
		fresh = nil
		_, err := q.FilingsChecked(ctx, string(symbol))
		first := errors.Is(err, sql.ErrNoRows)
		if err != nil && !first {
			return err
		}
		now := db.At(d.now())
		if err := q.SetFilingsChecked(ctx, db.SetFilingsCheckedParams{Symbol: string(symbol), FirstAt: now}); err != nil {
			return err
		}
		for _, f := range sorted {
			if err := d.saveFiling(ctx, q, f); err != nil {
				return err
			}
			added, err := q.AddFilingSeen(ctx, db.AddFilingSeenParams{
				Symbol: string(symbol), Accession: clean(string(f.Accession)), SeenAt: now, Fresh: !first,
			})
			if err != nil {
				return err
			}
			if added > 0 && !first {
				fresh = append(fresh, f.Accession)
			}
		}
		return nil
	})
	return fresh, err
}
