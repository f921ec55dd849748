package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"stockdigest.app/stockdigest"
	"stockdigest.app/stockdigest/internal/adapter/store/db"
)

// Every transaction that changes an account takes its row first, and no other
// account's: a reader's ledger has one order, and no two wait for each other.

// Account returns what a reader has at now. The month's credits are granted
// first when that is due.
func (d *DB) Account(ctx context.Context, id stockdigest.ReaderID, now time.Time) (stockdigest.CreditAccount, error) {
	var a stockdigest.CreditAccount
	var due bool
	err := d.view(ctx, "read the credits of "+string(id), func(q *db.Queries) error {
		r, err := ownerOf(ctx, q, id)
		if err != nil {
			return err
		}
		row, err := q.Account(ctx, string(id))
		a, due = account(row.Balance, row.Held, row.Month), row.Month < string(r.Month(now))
		return err
	})
	if err == nil && due {
		return d.Grant(ctx, id, now)
	}
	return a, err
}

func account(balance, held int, month string) stockdigest.CreditAccount {
	return stockdigest.CreditAccount{Balance: balance, Held: held, Resets: stockdigest.Day(month).NextMonth()}
}

// Grant gives a reader the credits of the month that now is in where the reader
// is, in place of what is left of the month before, unless that is done.
func (d *DB) Grant(ctx context.Context, id stockdigest.ReaderID, now time.Time) (a stockdigest.CreditAccount, err error) {
	err = d.update(ctx, "grant credits to "+string(id), func(q *db.Queries) error {
		_, a, err = accountAt(ctx, q, id, now)
		return err
	})
	return a, err
}

// GrantAll grants the active readers what is due at now, each in a transaction
// of its own, and returns how many there were.
func (d *DB) GrantAll(ctx context.Context, now time.Time) (int, error) {
	var due []stockdigest.ReaderID
	err := d.view(ctx, "find due credits", func(q *db.Queries) error {
		rows, err := q.AccountMonths(ctx)
		due = nil
		for _, row := range rows {
			r := stockdigest.Reader{ID: stockdigest.ReaderID(row.ID), TimeZone: row.TimeZone}
			if row.Month < string(r.Month(now)) {
				due = append(due, r.ID)
			}
		}
		return err
	})
	if err != nil {
		return 0, err
	}
	for i, id := range due {
		if _, err := d.Grant(ctx, id, now); err != nil {
			return i, err
		}
	}
	return len(due), nil
}

// accountAt takes the account of a reader until the end of the transaction, and
// grants the month's credits when that is due at now.
func accountAt(
	ctx context.Context, q *db.Queries, id stockdigest.ReaderID, now time.Time,
) (r stockdigest.Reader, a stockdigest.CreditAccount, err error) {
	row, err := q.HoldAccount(ctx, string(id))
	if errors.Is(err, sql.ErrNoRows) {
		return r, a, noReader(string(id))
	}
	if err != nil {
		return r, a, err
	}
	if r, err = ownerOf(ctx, q, id); err != nil {
		return r, a, err
	}
	month := r.Month(now)
	if row.Month >= string(month) { // also after a move to a zone where it is still last month
		return r, account(row.Balance, row.Held, row.Month), nil
	}
	err = turnMonth(ctx, q, r, month, row.Balance, now)
	return r, account(r.Plan.Credits(), row.Held, string(month)), err
}

// ownerOf returns whose account it is, without the companies that the reader
// follows.
func ownerOf(ctx context.Context, q *db.Queries, id stockdigest.ReaderID) (stockdigest.Reader, error) {
	row, err := q.Reader(ctx, string(id))
	if errors.Is(err, sql.ErrNoRows) {
		return stockdigest.Reader{}, noReader(string(id))
	}
	return reader(row, nil), err
}

// turnMonth lets what is left expire and grants the credits of the plan.
func turnMonth(ctx context.Context, q *db.Queries, r stockdigest.Reader, month stockdigest.Day, left int, now time.Time) error {
	_, err := q.TurnMonth(ctx, db.TurnMonthParams{ReaderID: string(r.ID), Balance: r.Plan.Credits(), Month: string(month)})
	if err != nil {
		return err
	}
	if left > 0 {
		err := addEntry(ctx, q, stockdigest.CreditEntry{Reader: r.ID, Kind: stockdigest.CreditExpire, Amount: -left, At: now})
		if err != nil {
			return err
		}
	}
	return addEntry(ctx, q, stockdigest.CreditEntry{
		Reader: r.ID, Kind: stockdigest.CreditGrant, Amount: r.Plan.Credits(), Month: month, Note: string(r.Plan), At: now,
	})
}

func addEntry(ctx context.Context, q *db.Queries, e stockdigest.CreditEntry) error {
	return q.AddEntry(ctx, db.AddEntryParams{
		ReaderID: string(e.Reader), Kind: string(e.Kind), Amount: e.Amount, RunID: string(e.Run),
		Month: null(string(e.Month)), Note: clean(e.Note), At: db.At(e.At),
	})
}

// Adjust adds amount, which may be negative, to what a reader may spend. By and
// note say who did it and why. A balance below zero is refused as ErrConflict.
func (d *DB) Adjust(ctx context.Context, id stockdigest.ReaderID, amount int, by, note string) (a stockdigest.CreditAccount, err error) {
	if amount == 0 || by == "" || note == "" {
		return a, stockdigest.Invalid("an adjustment needs an amount, who makes it and a reason")
	}
	err = d.update(ctx, "adjust the credits of "+string(id), func(q *db.Queries) error {
		now := d.now()
		if _, a, err = accountAt(ctx, q, id, now); err != nil {
			return err
		}
		n, err := q.AdjustCredit(ctx, db.AdjustCreditParams{ReaderID: string(id), Amount: amount})
		if err != nil {
			return err
		}
		if n == 0 {
			return &stockdigest.Error{
				Kind:    stockdigest.ErrConflict,
				Message: fmt.Sprintf("%d of %d credits cannot be taken: no balance goes below zero", -amount, a.Balance),
			}
		}
		a.Balance += amount
		return addEntry(ctx, q, stockdigest.CreditEntry{
			Reader: id, Kind: stockdigest.CreditAdjust, Amount: amount, Note: by + ": " + note, At: now,
		})
	})
	return a, err
}

// Entries returns the latest lines of a reader's ledger, newest first.
func (d *DB) Entries(ctx context.Context, id stockdigest.ReaderID, limit int) ([]stockdigest.CreditEntry, error) {
	var entries []stockdigest.CreditEntry
	err := d.view(ctx, "read the ledger of "+string(id), func(q *db.Queries) error {
		rows, err := q.Entries(ctx, db.EntriesParams{ReaderID: string(id), Limit: int32(min(max(limit, 1), 100_000))})
		entries = make([]stockdigest.CreditEntry, 0, len(rows))
		for _, e := range rows {
			entries = append(entries, stockdigest.CreditEntry{
				Seq: int64(e.Seq), Reader: stockdigest.ReaderID(e.ReaderID), Kind: stockdigest.CreditKind(e.Kind), Amount: e.Amount,
				Run: stockdigest.RunID(e.RunID), Month: stockdigest.Day(e.Month.String), Note: e.Note, At: e.At.Time,
			})
		}
		return err
	})
	return entries, err
}

// settleHolds ends what is reserved for a run that ends: a delivered one has
// earned the credit, any other gives it back, and so does one whose report is
// held for a person to look at. It belongs in the transaction that ends the
// run; a second call finds nothing left to do.
func (d *DB) settleHolds(ctx context.Context, q *db.Queries, runID string, delivered bool) error {
	if delivered {
		held, err := q.ReportHeld(ctx, runID)
		if err != nil {
			return err
		}
		delivered = held == 0
	}
	state, kind, back := "void", stockdigest.CreditVoid, 1
	if delivered {
		state, kind, back = "posted", stockdigest.CreditPost, 0
	}
	owner, err := q.EndHold(ctx, db.EndHoldParams{RunID: runID, State: state, EndedAt: db.At(d.now())})
	if errors.Is(err, sql.ErrNoRows) {
		return nil
	}
	if err != nil {
		return err
	}
	if err := q.ReturnHeld(ctx, db.ReturnHeldParams{ReaderID: owner, Returned: back}); err != nil {
		return err
	}
	return addEntry(ctx, q, stockdigest.CreditEntry{
		Reader: stockdigest.ReaderID(owner), Kind: kind, Amount: back, Run: stockdigest.RunID(runID), At: d.now(),
	})
}

// SettleStale settles holds that were made before a moment and whose run has
// ended, or is gone, without settling them. There should be none: it returns
// how many it found.
func (d *DB) SettleStale(ctx context.Context, before time.Time) (int, error) {
	var stale []db.StaleHoldsRow
	err := d.view(ctx, "find stale holds", func(q *db.Queries) (err error) {
		stale, err = q.StaleHolds(ctx, db.At(before))
		return err
	})
	if err != nil {
		return 0, err
	}
	for i, hold := range stale {
		err := d.update(ctx, "settle run "+hold.RunID, func(q *db.Queries) error {
			return d.settleHolds(ctx, q, hold.RunID, hold.RunState == string(stockdigest.RunDone))
		})
		if err != nil {
			return i, err
		}
	}
	return len(stale), nil
}

// A LedgerFault is one number of a reader's account that the ledger does not
// bear out.
type LedgerFault struct {
	Reader stockdigest.ReaderID `json:"reader"`
	What   string               `json:"what"`
	Got    int                  `json:"got"`
	Want   int                  `json:"want"`
}

// CheckLedger compares accounts, holds and ledger of every reader at one
// moment, and returns what differs.
func (d *DB) CheckLedger(ctx context.Context) ([]LedgerFault, error) {
	var faults []LedgerFault
	err := d.view(ctx, "check the credit ledger", func(q *db.Queries) error {
		rows, err := q.Ledger(ctx)
		faults = nil
		for _, r := range rows {
			for _, c := range []LedgerFault{
				{What: "balance, against the sum of the ledger", Got: r.Balance, Want: r.Total},
				{What: "credits held, against open holds", Got: r.Held, Want: r.Open},
				{What: "open holds, against reserved and not settled", Got: r.Open, Want: r.Reserves - r.Posts - r.Voids},
				{What: "posted holds, against the ledger", Got: r.Posted, Want: r.Posts},
				{What: "voided holds, against the ledger", Got: r.Voided, Want: r.Voids},
			} {
				if c.Got != c.Want {
					c.Reader = stockdigest.ReaderID(r.ReaderID)
					faults = append(faults, c)
				}
			}
		}
		return err
	})
	return faults, err
}
