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

// AlertGround returns what is known of a company at a moment, with the filings
// of the window that ends then.
func (d *DB) AlertGround(
	ctx context.Context, symbol stockdigest.Symbol, w stockdigest.Window,
) (ground stockdigest.AlertGround, err error) {
	err = d.view(ctx, "read what is known of "+string(symbol), func(q *db.Queries) error {
		ground = stockdigest.AlertGround{}
		var err error
		if ground.Ticker, err = tickerOf(ctx, q, symbol); err != nil {
			return err
		}
		if ground.Feeds, err = feedsOf(ctx, q, symbol); err != nil {
			return err
		}
		looked, err := q.AlertLook(ctx, string(symbol))
		if err != nil && !errors.Is(err, sql.ErrNoRows) {
			return err
		}
		ground.Looked = looked.Time
		if ground.Filings, err = filingsSeen(ctx, q, symbol, w.From); err != nil {
			return err
		}
		if ground.Told, err = toldOf(ctx, q, stockdigest.Run{Ticker: symbol, AsOf: w.To}); err != nil {
			return err
		}
		ground.Report, err = lastReport(ctx, q, symbol, w.To)
		return err
	})
	return ground, err
}

func filingsSeen(ctx context.Context, q *db.Queries, symbol stockdigest.Symbol, since time.Time) ([]stockdigest.SeenFiling, error) {
	rows, err := q.FilingsSeen(ctx, db.FilingsSeenParams{Symbol: string(symbol), Since: db.At(since)})
	if err != nil {
		return nil, err
	}
	var seen []stockdigest.SeenFiling
	for _, r := range rows {
		row, err := q.StoredFiling(ctx, r.Accession)
		if err != nil {
			return nil, fmt.Errorf("read filing %s: %w", r.Accession, err)
		}
		f, err := withDocuments(ctx, q, row)
		if err != nil {
			return nil, err
		}
		seen = append(seen, stockdigest.SeenFiling{Filing: f, SeenAt: r.SeenAt.Time, Fresh: r.Fresh})
	}
	return seen, nil
}

// lastReportAge is how far back a report still says what readers know.
const lastReportAge = 7 * 24 * time.Hour

func lastReport(ctx context.Context, q *db.Queries, symbol stockdigest.Symbol, at time.Time) (*stockdigest.Report, error) {
	body, err := q.LastReport(ctx, db.LastReportParams{Ticker: string(symbol), Since: db.At(at.Add(-lastReportAge)), Until: db.At(at)})
	if errors.Is(err, sql.ErrNoRows) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	var r stockdigest.Report
	return &r, unpackOne(body, &r)
}

// SaveLook keeps a look at a company outside any run, all of it or nothing: what
// its feeds list, their health, the mails that came of it, and when it was. It
// returns how many mails were not planned before. A look that somebody else made
// in between is an ErrConflict.
func (d *DB) SaveLook(ctx context.Context, look stockdigest.AlertLook) (added int, err error) {
	err = d.update(ctx, "save the look at "+string(look.Ticker), func(q *db.Queries) error {
		added = 0
		if err := moveLook(ctx, q, look); err != nil {
			return err
		}
		for _, l := range look.Listings {
			if err := d.saveListing(ctx, q, l); err != nil {
				return err
			}
		}
		for _, mail := range look.Mails {
			n, err := d.addDelivery(ctx, q, mail)
			if err != nil {
				return err
			}
			added += int(n)
		}
		return nil
	})
	return added, err
}

func moveLook(ctx context.Context, q *db.Queries, look stockdigest.AlertLook) (err error) {
	var n int64
	if look.Before.IsZero() {
		n, err = q.AddAlertLook(ctx, db.AddAlertLookParams{Symbol: string(look.Ticker), LookedAt: db.At(look.At)})
	} else {
		n, err = q.MoveAlertLook(ctx, db.MoveAlertLookParams{
			Symbol: string(look.Ticker), LookedAt: db.At(look.At), Before: db.At(look.Before),
		})
	}
	if err == nil && n == 0 {
		return &stockdigest.Error{Kind: stockdigest.ErrConflict, Message: "somebody else looked at " + string(look.Ticker)}
	}
	return err
}

func (d *DB) saveListing(ctx context.Context, q *db.Queries, l stockdigest.Listing) error {
	url := l.Poll.FeedURL
	if err := q.UpsertArticles(ctx, d.articleRows(l.Found)); err != nil {
		return err
	}
	var sightings []db.AddSightingParams
	for _, f := range l.Found {
		sightings = append(sightings, db.AddSightingParams{FeedUrl: clean(url), ArticleID: string(f.Article.ID), Link: clean(f.Link)})
	}
	if err := q.AddSightings(ctx, sightings); err != nil {
		return err
	}
	return q.SaveHealth(ctx, health(l.Poll))
}

// DropAlert ends an alert that nobody has begun to send, with the cause for
// people. Any other mail stays as it is.
func (d *DB) DropAlert(ctx context.Context, id stockdigest.DeliveryID, cause string) (dropped bool, err error) {
	err = d.update(ctx, "drop alert "+string(id), func(q *db.Queries) error {
		n, err := q.DropAlert(ctx, db.DropAlertParams{ID: string(id), Cause: clean(cause), EndedAt: db.At(d.now())})
		dropped = n > 0
		return err
	})
	return dropped, err
}
