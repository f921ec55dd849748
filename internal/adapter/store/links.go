package store

import (
	"context"
	"database/sql"
	"errors"
	"time"

	"stockdigest.app/stockdigest/internal/adapter/store/db"
)

// linkLife is how long a target is believed: links may be pointed elsewhere.
const linkLife = 24 * time.Hour

// Resolved returns where a wrapper link led at most 24 hours ago, and whether
// that is known.
func (d *DB) Resolved(ctx context.Context, link string) (target string, ok bool, err error) {
	err = d.view(ctx, "look up a link", func(q *db.Queries) error {
		target, err = q.ResolvedLink(ctx, db.ResolvedLinkParams{Link: link, ResolvedAt: db.At(d.now().Add(-linkLife))})
		if errors.Is(err, sql.ErrNoRows) {
			return nil
		}
		ok = err == nil
		return err
	})
	return target, ok, err
}

// SaveResolved remembers where a link led at a moment, and forgets what is too
// old to be believed.
func (d *DB) SaveResolved(ctx context.Context, link, target string, at time.Time) error {
	return d.update(ctx, "save a link", func(q *db.Queries) error {
		if err := q.ForgetLinks(ctx, db.At(at.Add(-linkLife))); err != nil {
			return err
		}
		return q.SaveLink(ctx, db.SaveLinkParams{Link: link, Target: clean(target), ResolvedAt: db.At(at)})
	})
}
