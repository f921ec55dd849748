package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/google/uuid"

	"stockdigest.app/stockdigest"
	"stockdigest.app/stockdigest/internal/adapter/store/db"
)

// SaveReader makes a reader, who gets an ID and an empty credit account, or
// changes the one with the same ID, and returns the reader as stored. Whether a
// reader agrees to mails is changed by AddConsent alone, once there is one, but
// for this: consent belongs to an address. Another one has not agreed, no link
// that was mailed to the one before can agree for it, and the mails that wait are
// suppressed. While a mail may be handed over to the address before at this very
// moment it stays, as in AddConsent. An address belongs to one reader however its
// letters are written; a second one is an ErrConflict.
func (d *DB) SaveReader(ctx context.Context, r stockdigest.Reader) (stockdigest.Reader, error) {
	r.Email = emailOf(r.Email)
	r.Tickers = slices.Compact(slices.Sorted(slices.Values(r.Tickers)))
	if r.State == "" {
		r.State = stockdigest.ReaderWaiting
	}
	if err := r.Validate(); err != nil {
		return stockdigest.Reader{}, err
	}
	if limit := r.Plan.MaxTickers(); len(r.Tickers) > limit {
		return stockdigest.Reader{}, stockdigest.Invalid(fmt.Sprintf("%d companies are too many: the plan %s follows up to %d", len(r.Tickers), r.Plan, limit))
	}
	id, err := uuid.NewV7()
	if err != nil {
		return stockdigest.Reader{}, fmt.Errorf("name a reader: %w", err)
	}
	saved := r
	err = d.together(ctx, "save reader "+r.Email, func(q *db.Queries) error {
		saved = r
		if saved.ID == "" {
			saved.ID, saved.CreatedAt = stockdigest.ReaderID(id.String()), db.At(d.now()).Time
		}
		return d.saveReader(ctx, q, r.ID == "", &saved)
	})
	return saved, err
}

func (d *DB) saveReader(ctx context.Context, q *db.Queries, fresh bool, r *stockdigest.Reader) error {
	other, err := q.ReaderByEmail(ctx, r.Email)
	switch {
	case err == nil && other.ID != string(r.ID):
		return &stockdigest.Error{Kind: stockdigest.ErrConflict, Message: "there is a reader " + r.Email + " already"}
	case err != nil && !errors.Is(err, sql.ErrNoRows):
		return err
	}
	if fresh {
		err = addReader(ctx, q, *r)
	} else {
		err = d.changeReader(ctx, q, r)
	}
	if err != nil {
		return err
	}
	for _, symbol := range r.Tickers {
		if _, err := tickerOf(ctx, q, symbol); err != nil {
			return err
		}
		if err := q.AddReaderTicker(ctx, db.AddReaderTickerParams{ReaderID: string(r.ID), Symbol: string(symbol)}); err != nil {
			return err
		}
	}
	return nil
}

func addReader(ctx context.Context, q *db.Queries, r stockdigest.Reader) error {
	err := q.AddReader(ctx, db.AddReaderParams{
		ID: string(r.ID), Email: r.Email, TimeZone: r.TimeZone, Plan: string(r.Plan), State: string(r.State),
		Agreed: r.Mails.Agreed, PerTicker: r.Mails.PerTicker, Alerts: r.Mails.Alerts,
		QuietFrom: int(r.Mails.QuietFrom), QuietTo: int(r.Mails.QuietTo), CreatedAt: db.At(r.CreatedAt),
	})
	if err != nil {
		return err
	}
	return q.AddAccount(ctx, string(r.ID))
}

func (d *DB) changeReader(ctx context.Context, q *db.Queries, r *stockdigest.Reader) error {
	if _, err := q.HoldReader(ctx, string(r.ID)); err != nil {
		return err
	}
	row, err := q.Reader(ctx, string(r.ID))
	if errors.Is(err, sql.ErrNoRows) {
		return noReader(string(r.ID))
	}
	if err != nil {
		return err
	}
	r.CreatedAt, r.Mails.Agreed = row.CreatedAt.Time, row.Agreed
	if r.Email != row.Email {
		r.Mails.Agreed = false
		if err := d.leaveAddress(ctx, q, row); err != nil {
			return err
		}
	}
	_, err = q.UpdateReader(ctx, db.UpdateReaderParams{
		ID: row.ID, Email: r.Email, TimeZone: r.TimeZone, Plan: string(r.Plan), State: string(r.State),
		PerTicker: r.Mails.PerTicker, Alerts: r.Mails.Alerts, QuietFrom: int(r.Mails.QuietFrom), QuietTo: int(r.Mails.QuietTo),
	})
	if err != nil {
		return err
	}
	return q.DeleteReaderTickers(ctx, row.ID)
}

// Reader returns the reader with this ID or mail address, or an ErrNotFound.
func (d *DB) Reader(ctx context.Context, idOrEmail string) (r stockdigest.Reader, err error) {
	err = d.view(ctx, "read reader "+idOrEmail, func(q *db.Queries) error {
		r, err = readerOf(ctx, q, idOrEmail)
		return err
	})
	return r, err
}

func readerOf(ctx context.Context, q *db.Queries, idOrEmail string) (stockdigest.Reader, error) {
	find, key := q.Reader, clean(idOrEmail)
	if strings.Contains(idOrEmail, "@") {
		find, key = q.ReaderByEmail, emailOf(clean(idOrEmail))
	}
	row, err := find(ctx, key)
	if errors.Is(err, sql.ErrNoRows) {
		return stockdigest.Reader{}, noReader(idOrEmail)
	}
	if err != nil {
		return stockdigest.Reader{}, err
	}
	symbols, err := q.ReaderTickers(ctx, row.ID)
	if err != nil {
		return stockdigest.Reader{}, err
	}
	return reader(row, symbols), nil
}

// Readers returns the readers in a state, or all when state is empty, by
// address.
func (d *DB) Readers(ctx context.Context, state stockdigest.ReaderState) ([]stockdigest.Reader, error) {
	var readers []stockdigest.Reader
	err := d.view(ctx, "read readers", func(q *db.Queries) error {
		rows, err := q.Readers(ctx, string(state))
		if err != nil {
			return err
		}
		follows, err := q.AllReaderTickers(ctx)
		if err != nil {
			return err
		}
		symbols := map[string][]string{}
		for _, f := range follows {
			symbols[f.ReaderID] = append(symbols[f.ReaderID], f.Symbol)
		}
		readers = make([]stockdigest.Reader, 0, len(rows))
		for _, row := range rows {
			readers = append(readers, reader(row, symbols[row.ID]))
		}
		return nil
	})
	return readers, err
}

// FollowedTickers returns what the active readers follow, each symbol once,
// sorted.
func (d *DB) FollowedTickers(ctx context.Context) ([]stockdigest.Symbol, error) {
	var symbols []stockdigest.Symbol
	err := d.view(ctx, "read the followed tickers", func(q *db.Queries) error {
		rows, err := q.FollowedTickers(ctx)
		symbols = symbolsOf(rows)
		return err
	})
	return symbols, err
}

func reader(row db.Reader, symbols []string) stockdigest.Reader {
	return stockdigest.Reader{
		ID: stockdigest.ReaderID(row.ID), Email: row.Email, TimeZone: row.TimeZone, Plan: stockdigest.Plan(row.Plan),
		State: stockdigest.ReaderState(row.State), Tickers: symbolsOf(symbols), CreatedAt: row.CreatedAt.Time,
		Mails: stockdigest.MailWishes{
			Agreed: row.Agreed, PerTicker: row.PerTicker, Alerts: row.Alerts,
			QuietFrom: stockdigest.ClockTime(row.QuietFrom), QuietTo: stockdigest.ClockTime(row.QuietTo),
		},
	}
}

func symbolsOf(rows []string) []stockdigest.Symbol {
	symbols := make([]stockdigest.Symbol, 0, len(rows))
	for _, s := range rows {
		symbols = append(symbols, stockdigest.Symbol(s))
	}
	return symbols
}

// emailOf writes an address in the one way it is kept.
func emailOf(s string) string { return strings.ToLower(strings.TrimSpace(s)) }

func noReader(who string) error { return stockdigest.NotFound("no reader " + who) }
