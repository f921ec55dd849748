package store

import (
	"context"
	"database/sql"
	"errors"
	"slices"

	"stockdigest.app/stockdigest/internal/adapter/store/db"
)

// PrepareAll prepares every statement that the store can send.
func PrepareAll(ctx context.Context, d *DB) error {
	q, err := db.Prepare(ctx, d.write)
	if err != nil {
		return err
	}
	for _, statement := range []string{d.claimSQL(), d.beatSQL(), d.leftSQL()} {
		s, err := d.write.PrepareContext(ctx, statement)
		if err != nil {
			return err
		}
		defer s.Close()
	}
	return q.Close()
}

// Exec runs a statement behind the store's back.
func Exec(ctx context.Context, d *DB, statement string) error {
	_, err := d.write.ExecContext(ctx, statement)
	return err
}

// Count returns the one number that a query gives.
func Count(ctx context.Context, d *DB, query string) (n int, err error) {
	err = d.write.QueryRowContext(ctx, query).Scan(&n)
	return n, err
}

// Columns lists table.column of everything the migrations made.
func Columns(ctx context.Context, d *DB) ([]string, error) {
	query := `SELECT m.name || '.' || c.name FROM sqlite_master m JOIN pragma_table_info(m.name) c
		WHERE m.type = 'table' AND m.name NOT LIKE 'sqlite%' AND m.name NOT LIKE 'goose%'`
	if _, pg := d.dialect.(postgresDialect); pg {
		query = `SELECT table_name || '.' || column_name FROM information_schema.columns
			WHERE table_schema = current_schema() AND table_name NOT LIKE 'goose%'`
	}
	return texts(ctx, d, query)
}

// Indexes lists the indexes that the migrations made by name.
func Indexes(ctx context.Context, d *DB) ([]string, error) {
	query := `SELECT name FROM sqlite_master WHERE type = 'index' AND sql IS NOT NULL`
	if _, pg := d.dialect.(postgresDialect); pg {
		query = `SELECT indexname FROM pg_indexes WHERE schemaname = current_schema() AND indexdef NOT LIKE 'CREATE UNIQUE%'`
	}
	return texts(ctx, d, query)
}

func texts(ctx context.Context, d *DB, query string) ([]string, error) {
	rows, err := d.write.QueryContext(ctx, query)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var all []string
	for rows.Next() {
		var one string
		if err := rows.Scan(&one); err != nil {
			return nil, err
		}
		all = append(all, one)
	}
	slices.Sort(all)
	return all, rows.Err()
}

// Down takes the last migration back.
func Down(ctx context.Context, d *DB) error {
	p, done, err := d.provider()
	if err != nil {
		return err
	}
	_, err = p.DownTo(ctx, 0)
	return errors.Join(err, done())
}

// TakeWriter begins a writing transaction that has not written yet.
func TakeWriter(ctx context.Context, d *DB) (*sql.Tx, error) { return d.write.BeginTx(ctx, nil) }
