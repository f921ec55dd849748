package store

import (
	"context"
	"time"

	"stockdigest.app/stockdigest"
	"stockdigest.app/stockdigest/internal/adapter/store/db"
)

// PageKnown reports whether the page of an article need not be fetched at now:
// its text is there, or the next try after a miss is not due.
func (d *DB) PageKnown(ctx context.Context, id stockdigest.ArticleID, now time.Time) (known bool, err error) {
	err = d.view(ctx, "look for the text of "+string(id), func(q *db.Queries) error {
		n, err := q.CountKnown(ctx, db.CountKnownParams{ArticleID: string(id), NextTry: db.At(now)})
		known = n > 0
		return err
	})
	return known, err
}
