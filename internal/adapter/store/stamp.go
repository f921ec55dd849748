package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"os"
	"time"

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

// CheckStamp refuses a database of another environment: that is an ErrDenied.
// It writes nothing, and may be asked before Migrate.
func (d *DB) CheckStamp(ctx context.Context, environment string) error {
	s, err := d.Stamp(ctx)
	switch {
	case errors.Is(err, stockdigest.ErrNotFound), d.dialect.noTable(err):
		return nil
	case err != nil:
		return err
	case s.Environment != environment:
		return &stockdigest.Error{Kind: stockdigest.ErrDenied, Message: fmt.Sprintf(
			"this database is one of %s and ENVIRONMENT is %s: nothing was changed; set ENVIRONMENT=%s, name another database, or change what this one is for with stockdigest stamp %s",
			s.Environment, environment, s.Environment, environment)}
	}
	return nil
}

// SetStamp says what a migrated database is for when nobody has said so, and
// holds one that stands in another place than when it was stamped: it is a copy.
func (d *DB) SetStamp(ctx context.Context, environment string) error {
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
	case err == nil && s.Place != place && s.HeldAt.IsZero():
		return d.Hold(ctx, "the database stands in another place than before, as a restored backup does")
	}
	return err
}

// ChangeStamp says that a database is for another environment from now on. Its
// mails are held, so that a person looks before the first one goes.
func (d *DB) ChangeStamp(ctx context.Context, environment string) error {
	return d.update(ctx, "change the stamp of the database", func(q *db.Queries) error {
		if err := q.ChangeStamp(ctx, db.ChangeStampParams{Environment: environment, StampedAt: db.At(d.now())}); err != nil {
			return err
		}
		return q.HoldStamp(ctx, db.HoldStampParams{HeldAt: db.At(d.now()), HeldWhy: "the database became one of " + environment})
	})
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

// Backup writes a whole copy of a SQLite database to a new file while others
// go on working. The copy is held: no mail leaves it until a person says so. A
// PostgreSQL has tools of its own for that, and what they restore is held
// because it stands in another place.
func (d *DB) Backup(ctx context.Context, path string) error {
	on, ok := d.dialect.(sqliteDialect)
	if !ok {
		return stockdigest.Invalid("a PostgreSQL is backed up with pg_dump: what is restored from it is held until stockdigest deliveries release")
	}
	if _, err := os.Stat(path); err == nil {
		return &stockdigest.Error{Kind: stockdigest.ErrConflict, Message: path + " is there already: name a new file"}
	}
	part := path + ".part"
	if err := os.Remove(part); err != nil && !errors.Is(err, os.ErrNotExist) {
		return fmt.Errorf("back up: %w", err)
	}
	if err := vacuumInto(ctx, on.path, part); err != nil {
		return fmt.Errorf("back up: %w", d.kind(err))
	}
	if err := holdCopy(ctx, part, d.now); err != nil {
		return errors.Join(fmt.Errorf("back up: %w", err), os.Remove(part))
	}
	if err := os.Rename(part, path); err != nil {
		return fmt.Errorf("back up: %w", err)
	}
	return nil
}

// vacuumInto copies on a connection of its own: those of the store either may
// not write, or are the one that all writers wait for.
func vacuumInto(ctx context.Context, from, to string) (err error) {
	file, err := sql.Open("sqlite", sqliteURL(from))
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, file.Close()) }()
	_, err = file.ExecContext(ctx, "VACUUM INTO ?", to)
	return err
}

// holdCopy opens a copy, which shows that it is whole, and holds its mails.
func holdCopy(ctx context.Context, path string, now func() time.Time) (err error) {
	copied, err := Open(ctx, Config{Path: path, Now: now})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, copied.Close()) }()
	return copied.Hold(ctx, "it is a backup")
}
