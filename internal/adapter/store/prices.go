package store

import (
	"context"
	"database/sql"
	"errors"

	"stockdigest.app/stockdigest"
	"stockdigest.app/stockdigest/internal/adapter/store/db"
)

// SavePrice keeps the price card of a run. The first one stays: a run that is
// taken up again tells the price that it was begun with.
func (d *DB) SavePrice(ctx context.Context, run stockdigest.Run, card stockdigest.PriceCard) error {
	body, err := packOne(card)
	if err != nil {
		return err
	}
	return d.forRun(ctx, "save the price of "+string(run.Ticker), run, func(q *db.Queries) error {
		return q.AddRunPrice(ctx, db.AddRunPriceParams{RunID: string(run.ID), Body: body})
	})
}

// priceOf returns the price card of a run, nil when it has none.
func priceOf(ctx context.Context, q *db.Queries, run stockdigest.Run) (*stockdigest.PriceCard, error) {
	body, err := q.RunPrice(ctx, string(run.ID))
	if errors.Is(err, sql.ErrNoRows) {
		return nil, nil //nolint:nilnil // no card is no error
	}
	if err != nil {
		return nil, err
	}
	card := &stockdigest.PriceCard{}
	return card, unpackOne(body, card)
}
