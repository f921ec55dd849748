package store

import (
	"context"
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"time"

	"github.com/pressly/goose/v3"
	"github.com/pressly/goose/v3/lock"

	"stockdigest.app/stockdigest"
)

//go:embed migrations
var migrations embed.FS

// Migrate brings the schema to what this program needs. Several processes may
// call it at the same moment. A schema one migration newer is fine, so that a
// rollback works; a newer one is refused.
func (d *DB) Migrate(ctx context.Context) error {
	p, done, err := d.provider()
	if err != nil {
		return fmt.Errorf("migrate the store: %w", err)
	}
	err = d.up(ctx, p)
	if err := errors.Join(err, done()); err != nil {
		return err
	}
	if err := d.migrateRiver(ctx); err != nil {
		return fmt.Errorf("migrate the tasks: %w", d.kind(err))
	}
	return d.prepare(ctx)
}

// migrateTries bounds how often Migrate starts again: on SQLite there is no
// lock around the whole, so one of two processes that start together finds a
// step done by the other and fails on it.
const migrateTries = 10

func (d *DB) up(ctx context.Context, p *goose.Provider) error {
	for try := 1; ; try++ {
		err := d.upOnce(ctx, p)
		var known *stockdigest.Error
		if err == nil || errors.As(err, &known) {
			return err
		}
		if try == migrateTries {
			return fmt.Errorf("migrate the store: %w", d.kind(err))
		}
		if err := pause(ctx, time.Duration(try)*20*time.Millisecond); err != nil {
			return fmt.Errorf("migrate the store: %w", err)
		}
	}
}

func (d *DB) upOnce(ctx context.Context, p *goose.Provider) error {
	has, err := p.GetDBVersion(ctx)
	if err != nil {
		return err
	}
	known := p.ListSources()
	want := known[len(known)-1].Version
	switch {
	case has == want || has == want+1:
		return nil
	case has > want:
		return stockdigest.Invalid(fmt.Sprintf(
			"the database has schema %d and this program knows %d: use a newer stockdigest", has, want))
	}
	_, err = p.Up(ctx)
	return err
}

// provider gives the migrations of the engine, and a function that ends the
// handle they run on.
func (d *DB) provider() (*goose.Provider, func() error, error) {
	folder, name, on := "migrations/sqlite", goose.DialectSQLite3, d.write
	done := func() error { return nil }
	var options []goose.ProviderOption
	if pg, ok := d.dialect.(postgresDialect); ok {
		folder, name, on = "migrations/postgres", goose.DialectPostgres, openPlain(pg.plain)
		done = on.Close
		locker, err := lock.NewPostgresSessionLocker(lock.WithLockTimeout(1, 60))
		if err != nil {
			return nil, nil, errors.Join(err, done())
		}
		options = append(options, goose.WithSessionLocker(locker))
	}
	files, err := fs.Sub(migrations, folder)
	if err != nil {
		return nil, nil, errors.Join(err, done())
	}
	p, err := goose.NewProvider(name, on, files, options...)
	if err != nil {
		return nil, nil, errors.Join(err, done())
	}
	return p, done, nil
}
