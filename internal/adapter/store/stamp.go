package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"

	"stockdigest.app/stockdigest"
	"stockdigest.app/stockdigest/internal/adapter/store/db"
)

// Stamp returns what the database is for, or an ErrNotFound while nobody has
// said so.
func (d *DB) Stamp(ctx context.Context) (s stockdigest.Stamp, err error) {
	err = d.view(ctx, "read the stamp of the database", func(q *db.Queries) error {
		row, err := q.Stamp(ctx)
		s = stockdigest.Stamp{Environment: row.Environment, Place: row.Place, HeldAt: row.HeldAt.Time, HeldWhy: row.HeldWhy}
		if errors.Is(err, sql.ErrNoRows) {
			return stockdigest.NotFound("the database has no stamp")
		}
		return err
	})
	return s, err
}

// Claim stamps a database that has no stamp with an environment, and refuses
// one of another: that is an ErrDenied, and nothing was written. A database
// that stands in another place than when it was stamped is a copy: it is held
// from then on.
func (d *DB) Claim(ctx context.Context, environment string) error {
	place, err := d.place(ctx)
	if err != nil {
		return err
	}
	s, err := d.Stamp(ctx)
	switch {
	case errors.Is(err, stockdigest.ErrNotFound):
		return d.update(ctx, "stamp the database", func(q *db.Queries) error {
			_, err := q.AddStamp(ctx, db.AddStampParams{Environment: environment, Place: place, StampedAt: db.At(d.now())})
			return err
		})
	case err != nil:
		return err
	case s.Environment != environment:
		return &stockdigest.Error{Kind: stockdigest.ErrDenied, Message: fmt.Sprintf(
			"this database is one of %s and ENVIRONMENT says %s: nothing was changed; set ENVIRONMENT=%s or name another database",
			s.Environment, environment, s.Environment)}
	case s.Place != place && s.HeldAt.IsZero():
		return d.Hold(ctx, "the database stands in another place than before, as a restored backup does")
	}
	return nil
}

// Hold keeps every mail from being begun until Unhold.
func (d *DB) Hold(ctx context.Context, why string) error {
	return d.update(ctx, "hold mails", func(q *db.Queries) error {
		return q.HoldStamp(ctx, db.HoldStampParams{HeldAt: db.At(d.now()), HeldWhy: clean(why)})
	})
}

// Unhold lets mails go, from the place where the database stands now.
func (d *DB) Unhold(ctx context.Context) error {
	place, err := d.place(ctx)
	if err != nil {
		return err
	}
	return d.update(ctx, "release mails", func(q *db.Queries) error { return q.MoveStamp(ctx, place) })
}

// Held says why mails are held; empty when they are not.
func (d *DB) Held(ctx context.Context) (why string, err error) {
	err = d.view(ctx, "see whether mails are held", func(q *db.Queries) error {
		why, err = heldSince(ctx, q)
		return err
	})
	return why, err
}

func heldSince(ctx context.Context, q *db.Queries) (string, error) {
	row, err := q.Stamp(ctx)
	if errors.Is(err, sql.ErrNoRows) || err == nil && row.HeldAt.IsZero() {
		return "", nil
	}
	return row.HeldWhy, err
}

// place names where the database stands: a copy of it stands elsewhere.
func (d *DB) place(ctx context.Context) (string, error) {
	place, err := d.dialect.place(ctx, d.read)
	if err != nil {
		return "", fmt.Errorf("find out where the database stands: %w", d.kind(err))
	}
	return place, nil
}
