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

// connectTime bounds every attempt to reach a database.
const connectTime = 10 * time.Second

// Config says where the rows live.
type Config struct {
	URL      string           // postgres://…; empty means SQLite
	Path     string           // the SQLite file, made when missing; read only when URL is empty
	Schema   string           // the PostgreSQL schema, made when missing; empty means public
	Now      func() time.Time // stamps marks and rows; leases use the database's clock
	PoolSize int              // PostgreSQL connections; zero means 8
}

// DB is the store. Its methods are safe for concurrent use.
type DB struct {
	now     func() time.Time
	write   *sql.DB
	read    *sql.DB
	dialect dialect
	close   func() error

	// Statements prepared once: SQLite would compile the text at each call.
	// They are nil on PostgreSQL, whose driver keeps a cache of its own.
	writes, reads *db.Queries
}

// Open connects to the database of c. The caller calls Migrate before anything
// else and Close in the end.
func Open(ctx context.Context, c Config) (*DB, error) {
	ctx, cancel := context.WithTimeoutCause(ctx, connectTime, errSilent)
	defer cancel()
	if c.Now == nil {
		return nil, errors.New("open the store: no clock given")
	}
	if c.URL != "" {
		return openPostgres(ctx, c)
	}
	return openSQLite(ctx, c)
}

// Close ends the work with the database.
func (d *DB) Close() error { return d.close() }

// errSilent is the cause of a connection attempt that ran out of time.
var errSilent = fmt.Errorf("no answer within %s", connectTime)

// tries bounds how often a transaction that lost against another is repeated.
const tries = 5

// update runs fn in one writing transaction, again when the database undid it
// for the sake of another one.
func (d *DB) update(ctx context.Context, what string, fn func(q *db.Queries) error) error {
	return d.transact(ctx, what, d.write, nil, d.writes, fn)
}

// view runs fn in one reading transaction: all it reads is of one moment.
func (d *DB) view(ctx context.Context, what string, fn func(q *db.Queries) error) error {
	return d.transact(ctx, what, d.read, d.dialect.viewOptions(), d.reads, fn)
}

func (d *DB) transact(
	ctx context.Context, what string, on *sql.DB, opts *sql.TxOptions, prepared *db.Queries, fn func(*db.Queries) error,
) error {
	for try := 1; ; try++ {
		err := once(ctx, on, opts, prepared, fn)
		if err == nil {
			return nil
		}
		if try == tries || !d.dialect.again(err) {
			return fmt.Errorf("%s: %w", what, d.kind(err))
		}
		if err := pause(ctx, time.Duration(try)*10*time.Millisecond); err != nil {
			return fmt.Errorf("%s: %w", what, err)
		}
	}
}

func once(
	ctx context.Context, on *sql.DB, opts *sql.TxOptions, prepared *db.Queries, fn func(*db.Queries) error,
) error {
	tx, err := on.BeginTx(ctx, opts)
	if err != nil {
		return err
	}
	defer func() { _ = tx.Rollback() }() // does nothing after a commit
	q := db.New(tx)
	if prepared != nil {
		q = prepared.WithTx(tx)
	}
	if err := fn(q); err != nil {
		return err
	}
	return tx.Commit()
}

// kind gives an error of the database the kind that callers handle.
func (d *DB) kind(err error) error {
	var known *stockdigest.Error
	switch {
	case errors.As(err, &known):
		return err
	case errors.Is(err, sql.ErrNoRows):
		return &stockdigest.Error{Kind: stockdigest.ErrNotFound, Message: "no such row", Err: err}
	case d.dialect.misfit(err):
		return &stockdigest.Error{Kind: stockdigest.ErrInvalid, Message: "rows that do not fit together", Err: err}
	case d.dialect.again(err) || d.dialect.down(err):
		return &stockdigest.Error{Kind: stockdigest.ErrUnavailable, Message: "the database does not answer", Err: err}
	}
	return err
}

// forRun runs fn in one transaction that holds the run: nobody can take it
// over before the end.
func (d *DB) forRun(ctx context.Context, what string, run stockdigest.Run, fn func(q *db.Queries) error) error {
	return d.update(ctx, what, func(q *db.Queries) error {
		n, err := q.HoldRun(ctx, db.HoldRunParams{ID: string(run.ID), Token: int(run.Token)})
		if err != nil {
			return err
		}
		if n == 0 {
			return lost(run)
		}
		return fn(q)
	})
}

// lost is the answer to a worker whose claim is not the current one.
func lost(run stockdigest.Run) error {
	return &stockdigest.Error{
		Kind:    stockdigest.ErrConflict,
		Message: fmt.Sprintf("run %s of %s is in other hands", run.ID, run.Ticker),
	}
}

// finish sets the mark of a step; the first mark stays.
func (d *DB) finish(ctx context.Context, q *db.Queries, run stockdigest.Run, step stockdigest.StepName, note string) error {
	return q.AddStep(ctx, db.AddStepParams{
		RunID: string(run.ID), Step: string(step), DoneAt: db.At(d.now()), Note: clean(note),
	})
}

// pause waits for d or until ctx ends.
func pause(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}
