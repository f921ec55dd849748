package store

import (
	"context"
	"database/sql"
	"errors"
	"log/slog"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/riverqueue/river/riverdriver"
	"github.com/riverqueue/river/riverdriver/riverpgxv5"
	"github.com/riverqueue/river/riverdriver/riversqlite"
	"github.com/riverqueue/river/rivermigrate"
)

// River is what the River library works on: the store's own pool, or the one
// handle that writes to the file. One of the two is nil. They end with the
// store.
type River struct {
	Postgres *pgxpool.Pool
	SQLite   *sql.DB
	Schema   string // of PostgreSQL
}

// River returns the handles for River, whose tables Migrate makes.
func (d *DB) River() River {
	if pg, ok := d.dialect.(postgresDialect); ok {
		return River{Postgres: pg.pool, Schema: pg.schema}
	}
	return River{SQLite: d.write}
}

// migrateRiver brings River's own tables up to what its library needs.
func (d *DB) migrateRiver(ctx context.Context) error {
	r := d.River()
	if r.SQLite != nil {
		return riverUp(ctx, riversqlite.New(r.SQLite), "")
	}
	return d.locked(ctx, func() error { return riverUp(ctx, riverpgxv5.New(r.Postgres), r.Schema) })
}

// riverLock is the number of the lock under which one process migrates River.
const riverLock = 0x5d_71_6e_72

// locked runs fn under a lock of the database, on a connection of its own that
// may wait for as long as another process takes.
func (d *DB) locked(ctx context.Context, fn func() error) error {
	pg, ok := d.dialect.(postgresDialect)
	if !ok {
		return fn()
	}
	plain := openPlain(pg.plain)
	conn, err := plain.Conn(ctx)
	if err != nil {
		return errors.Join(err, plain.Close())
	}
	if _, err = conn.ExecContext(ctx, "SELECT pg_advisory_lock($1)", riverLock); err == nil {
		err = fn()
	}
	return errors.Join(err, conn.Close(), plain.Close()) // the lock ends with the connection
}

// riverUp migrates, and again where no lock keeps two processes apart: one
// finds a table that the other has just made.
func riverUp[T any](ctx context.Context, driver riverdriver.Driver[T], schema string) error {
	m, err := rivermigrate.New(driver, &rivermigrate.Config{Schema: schema, Logger: slog.New(slog.DiscardHandler)})
	if err != nil {
		return err
	}
	for try := 1; ; try++ {
		done, err := riverDone(ctx, m)
		if done {
			return nil
		}
		if err == nil {
			_, err = m.Migrate(ctx, rivermigrate.DirectionUp, nil)
		}
		if err == nil || try == migrateTries {
			return err
		}
		if err := pause(ctx, time.Duration(try)*20*time.Millisecond); err != nil {
			return err
		}
	}
}

// riverDone reports whether nothing is left to migrate. A newer River's tables
// are fine, so that a rollback works.
func riverDone[T any](ctx context.Context, m *rivermigrate.Migrator[T]) (bool, error) {
	result, err := m.Validate(ctx, nil)
	if err != nil {
		return false, err
	}
	return result.OK, nil
}
