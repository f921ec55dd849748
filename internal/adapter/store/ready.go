package store

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"strconv"
	"strings"

	"stockdigest.app/stockdigest"
	"stockdigest.app/stockdigest/internal/adapter/store/db"
)

// Ready reports whether the database can be worked with now: it answers, has
// the schema of this program, and takes a write that goes to the disk. It does
// not wait for a database that is away. What is wrong is an ErrUnavailable, and
// an ErrInvalid when only a person can mend it.
func (d *DB) Ready(ctx context.Context) error {
	err := job{on: d.write, fn: func(q *db.Queries) error {
		if err := d.schemaFits(ctx, q); err != nil {
			return err
		}
		return d.touchDisk(ctx, q)
	}}.once(ctx)
	switch {
	case err == nil:
		return nil
	case ctx.Err() != nil: // whatever the driver makes of a cut call
		return &stockdigest.Error{
			Kind: stockdigest.ErrUnavailable, Message: "the database does not answer", Err: errors.Join(context.Cause(ctx), err),
		}
	}
	return fmt.Errorf("check the store: %w", d.kind(err))
}

// schemaFits accepts what Migrate does.
func (d *DB) schemaFits(ctx context.Context, q *db.Queries) error {
	want, err := newestMigration()
	if err != nil {
		return err
	}
	var has int
	row := q.Raw().QueryRowContext(ctx, "SELECT coalesce(max(version_id), 0) FROM goose_db_version WHERE is_applied")
	if err := row.Scan(&has); err != nil {
		return err
	}
	if has == want || has == want+1 {
		return nil
	}
	return stockdigest.Invalid(fmt.Sprintf("the database has schema %d and this program needs %d: run migrations, or the program that made it", has, want))
}

func newestMigration() (int, error) {
	files, err := fs.Glob(migrations, "migrations/sqlite/*.sql")
	if err != nil || len(files) == 0 {
		return 0, errors.Join(errors.New("no migrations"), err)
	}
	last := files[len(files)-1] // sorted
	number, _, _ := strings.Cut(last[strings.LastIndex(last, "/")+1:], "_")
	return strconv.Atoi(number)
}

// touchDisk writes what changes nothing and yet has to be logged on the disk at
// the commit. A log that has been longer takes that on a full disk too, so that
// beside a SQLite file it asks for some room more.
func (d *DB) touchDisk(ctx context.Context, q *db.Queries) error {
	if _, err := q.Raw().ExecContext(ctx, d.dialect.touch()); err != nil {
		return err
	}
	lite, ok := d.dialect.(sqliteDialect)
	if !ok {
		return nil
	}
	if err := haveRoom(lite.path + "-room"); err != nil {
		return &stockdigest.Error{Kind: stockdigest.ErrUnavailable, Message: "the disk of the database is full or read-only", Err: err}
	}
	return nil
}

// room is what a disk must have free, in bytes: less than the work of a minute.
const room = 1 << 20

// haveRoom writes a file of that size and removes it.
func haveRoom(path string) error {
	err := os.WriteFile(path, make([]byte, room), 0o600)
	if gone := os.Remove(path); gone != nil && !errors.Is(gone, fs.ErrNotExist) {
		return errors.Join(err, gone)
	}
	return err
}
