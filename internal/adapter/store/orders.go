package store

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/google/uuid"

	"stockdigest.app/stockdigest"
	"stockdigest.app/stockdigest/internal/adapter/store/db"
)

// answerLife is how long the same idempotency key gets the same answer.
const answerLife = 24 * time.Hour

// maxKey is the length of the longest idempotency key.
const maxKey = 255

// OrderReport orders an ad-hoc report for a reader. A fresh report of the
// ticker, or an ad-hoc run of it that has not ended, is shared at no charge;
// else a new run is made and a credit reserved for it. A reader without one
// gets a *stockdigest.NoCredits.
//
// The same key with the same ticker gets the same answer, a refusal too, for 24
// hours; with another ticker it is an ErrConflict. An order without a key is
// always a new one.
func (d *DB) OrderReport(ctx context.Context, o stockdigest.Order) (stockdigest.Ordered, error) {
	if len(o.Key) > maxKey || clean(o.Key) != o.Key {
		return stockdigest.Ordered{}, stockdigest.Invalid(fmt.Sprintf("unusable idempotency key: use up to %d plain characters", maxKey))
	}
	var given answer
	err := d.update(ctx, "order a report on "+string(o.Ticker), func(q *db.Queries) error {
		r, have, err := accountAt(ctx, q, o.Reader, o.At)
		if err != nil {
			return err
		}
		var known bool
		if given, known, err = answered(ctx, q, o); err != nil || known {
			return err
		}
		if given, err = answerTo(d.order(ctx, q, o, r, have)); err != nil {
			return err
		}
		return saveAnswer(ctx, q, o, given)
	})
	if err != nil {
		return stockdigest.Ordered{}, err
	}
	return given.open()
}

// order decides on an order that was not answered yet. What it refuses has
// changed nothing.
func (d *DB) order(
	ctx context.Context, q *db.Queries, o stockdigest.Order, r stockdigest.Reader, have stockdigest.CreditAccount,
) (stockdigest.Ordered, error) {
	ordered := stockdigest.Ordered{Ticker: o.Ticker, Account: have}
	if r.State != stockdigest.ReaderActive {
		return ordered, &stockdigest.Error{Kind: stockdigest.ErrDenied, Message: fmt.Sprintf("the account is %s: no reports can be ordered", r.State)}
	}
	n, err := q.HoldTicker(ctx, clean(string(o.Ticker)))
	if err != nil {
		return ordered, err
	}
	if n == 0 {
		return ordered, stockdigest.NotFound("no ticker " + string(o.Ticker))
	}
	shared, err := sharedRun(ctx, q, o)
	switch {
	case errors.Is(err, sql.ErrNoRows):
		err = d.charge(ctx, q, o, r, &ordered)
	case err == nil:
		ordered.Run, ordered.State, ordered.Shared = stockdigest.RunID(shared.ID), stockdigest.RunState(shared.State), true
	}
	if err != nil {
		return ordered, err
	}
	return ordered, q.AddAsk(ctx, db.AddAskParams{RunID: string(ordered.Run), ReaderID: string(r.ID), AskedAt: db.At(o.At)})
}

// sharedRun returns a run on the ticker that is done and fresh, or under way.
func sharedRun(ctx context.Context, q *db.Queries, o stockdigest.Order) (db.FreshRunRow, error) {
	fresh, err := q.FreshRun(ctx, db.FreshRunParams{Ticker: string(o.Ticker), Since: db.At(o.At.Add(-stockdigest.FreshFor))})
	if !errors.Is(err, sql.ErrNoRows) {
		return fresh, err
	}
	open, err := q.OpenAdHocRun(ctx, string(o.Ticker))
	return db.FreshRunRow(open), err
}

// charge reserves a credit and makes the run that it pays for.
func (d *DB) charge(ctx context.Context, q *db.Queries, o stockdigest.Order, r stockdigest.Reader, ordered *stockdigest.Ordered) error {
	n, err := q.ReserveCredit(ctx, string(r.ID))
	if err != nil {
		return err
	}
	if n == 0 {
		return &stockdigest.NoCredits{Account: ordered.Account}
	}
	run, err := d.addAdHoc(ctx, q, o, r)
	if err != nil {
		return err
	}
	ordered.Run, ordered.State, ordered.Charged = run, stockdigest.RunQueued, 1
	ordered.Account.Balance--
	ordered.Account.Held++
	err = q.AddHold(ctx, db.AddHoldParams{RunID: string(run), ReaderID: string(r.ID), CreatedAt: db.At(o.At)})
	if err != nil {
		return err
	}
	return addEntry(ctx, q, stockdigest.CreditEntry{
		Reader: r.ID, Kind: stockdigest.CreditReserve, Amount: -1, Run: run, Note: string(o.Ticker), At: o.At,
	})
}

// addAdHoc makes the run of an order. There may be one of the very same moment
// that has failed; then the new one looks a microsecond later.
func (d *DB) addAdHoc(ctx context.Context, q *db.Queries, o stockdigest.Order, r stockdigest.Reader) (stockdigest.RunID, error) {
	id, err := uuid.NewV7()
	if err != nil {
		return "", fmt.Errorf("name a run: %w", err)
	}
	for asOf := o.At; ; asOf = asOf.Add(time.Microsecond) {
		n, err := q.AddRun(ctx, db.AddRunParams{
			ID: id.String(), Ticker: string(o.Ticker), Kind: string(stockdigest.AdHoc), AsOf: db.At(asOf), TimeZone: r.TimeZone,
			CreatedAt: db.At(d.now()), Class: string(stockdigest.ClassAdHoc), CreatedBy: orderedBy(r.ID),
		})
		if err != nil || n > 0 {
			return stockdigest.RunID(id.String()), err
		}
	}
}

// orderedBy is how a run names the reader who ordered it.
func orderedBy(id stockdigest.ReaderID) string { return "reader " + string(id) }

// RunsOrdered counts the runs that were made for a reader. Runs that the reader
// shares are not among them.
func (d *DB) RunsOrdered(ctx context.Context, id stockdigest.ReaderID) (int, error) {
	var n int64
	err := d.view(ctx, "count the runs of "+string(id), func(q *db.Queries) (err error) {
		n, err = q.RunsOrdered(ctx, orderedBy(id))
		return err
	})
	return int(n), err
}

// Asked reports whether a reader asked for a run, and so may see it.
func (d *DB) Asked(ctx context.Context, reader stockdigest.ReaderID, run stockdigest.RunID) (asked bool, err error) {
	err = d.view(ctx, "read who asked for run "+string(run), func(q *db.Queries) error {
		n, err := q.Asked(ctx, db.AskedParams{RunID: string(run), ReaderID: string(reader)})
		asked = n > 0
		return err
	})
	return asked, err
}

// Askers returns the readers who asked for a run, who paid for it and who
// shares it alike, sorted.
func (d *DB) Askers(ctx context.Context, run stockdigest.RunID) ([]stockdigest.ReaderID, error) {
	var readers []stockdigest.ReaderID
	err := d.view(ctx, "read who asked for run "+string(run), func(q *db.Queries) error {
		rows, err := q.Askers(ctx, string(run))
		readers = make([]stockdigest.ReaderID, 0, len(rows))
		for _, id := range rows {
			readers = append(readers, stockdigest.ReaderID(id))
		}
		return err
	})
	return readers, err
}

// An answer is what is kept under an idempotency key: the order as it was taken
// or why it was refused.
type answer struct {
	Ordered *stockdigest.Ordered       `json:"ordered,omitempty"`
	None    *stockdigest.CreditAccount `json:"none,omitempty"` // no credits left
	Kind    string                     `json:"kind,omitempty"` // of another refusal
	Message string                     `json:"message,omitempty"`
}

// answerTo makes an answer of what order returned. An error that is no refusal
// stays one.
func answerTo(ordered stockdigest.Ordered, err error) (answer, error) {
	var none *stockdigest.NoCredits
	var refused *stockdigest.Error
	switch {
	case err == nil:
		return answer{Ordered: &ordered}, nil
	case errors.As(err, &none):
		return answer{None: &none.Account}, nil
	case errors.As(err, &refused) && (errors.Is(err, stockdigest.ErrDenied) || errors.Is(err, stockdigest.ErrNotFound)):
		return answer{Kind: refused.Kind.Error(), Message: refused.Message}, nil
	}
	return answer{}, err
}

// open is the reverse of answerTo.
func (a answer) open() (stockdigest.Ordered, error) {
	switch {
	case a.Ordered != nil:
		return *a.Ordered, nil
	case a.None != nil:
		return stockdigest.Ordered{}, &stockdigest.NoCredits{Account: *a.None}
	case a.Kind == stockdigest.ErrNotFound.Error():
		return stockdigest.Ordered{}, stockdigest.NotFound(a.Message)
	}
	return stockdigest.Ordered{}, &stockdigest.Error{Kind: stockdigest.ErrDenied, Message: a.Message}
}

// answered returns what the key of an order was answered before.
func answered(ctx context.Context, q *db.Queries, o stockdigest.Order) (a answer, known bool, err error) {
	if o.Key == "" {
		return a, false, nil
	}
	row, err := q.Answer(ctx, db.AnswerParams{Owner: string(o.Reader), Key: o.Key})
	switch {
	case errors.Is(err, sql.ErrNoRows):
		return a, false, nil
	case err != nil:
		return a, false, err
	case o.At.Sub(row.CreatedAt.Time) >= answerLife:
		return a, false, nil
	case row.RequestHash != requestHash(o):
		return a, false, &stockdigest.Error{
			Kind:    stockdigest.ErrConflict,
			Message: "this idempotency key was used for another request: use a new one",
		}
	}
	return a, true, unpackOne(row.Body, &a)
}

func saveAnswer(ctx context.Context, q *db.Queries, o stockdigest.Order, a answer) error {
	if o.Key == "" {
		return nil
	}
	body, err := json.Marshal(a)
	if err != nil {
		return fmt.Errorf("write an answer: %w", err)
	}
	return q.SaveAnswer(ctx, db.SaveAnswerParams{
		Owner: string(o.Reader), Key: o.Key, RequestHash: requestHash(o), Body: string(body), CreatedAt: db.At(o.At),
	})
}

// requestHash tells one request from another under the same key.
func requestHash(o stockdigest.Order) string { return stockdigest.Hash("ad-hoc " + string(o.Ticker)) }
