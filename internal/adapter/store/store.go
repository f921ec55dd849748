package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
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

	// SendLease is how long a begun mail is left alone before it is called
	// unknown, because whoever sent it must be dead; zero means 5 minutes.
	SendLease time.Duration
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
	own           map[string]*sql.Stmt // those of writes that differ by engine, by their text

	claiming sync.Mutex // the workers of one process wait here, not in the database
	mailing  sync.Mutex // and its senders here

	sendLease time.Duration // of begun mails
	crowd     crowd         // of small transactions that are committed together

	hashKey atomic.Pointer[[]byte] // of addresses; nil until it is asked for
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

// tries bounds how often a transaction that lost against another is repeated,
// and patientTries how often one is whose connection broke: with the pauses
// between them that waits about 5 s, longer than a server needs to restart.
const (
	tries        = 5
	patientTries = 14
	longestPause = 500 * time.Millisecond
)

// update runs fn in one writing transaction, again when the database undid it
// for the sake of another one, or lost it in a restart. When the connection
// breaks while it commits, nobody knows the outcome: that is an ErrUnavailable,
// and what was written may be there.
func (d *DB) update(ctx context.Context, what string, fn func(q *db.Queries) error) error {
	return d.transact(ctx, what, job{on: d.write, prepared: d.writes, fn: fn})
}

// view runs fn in one reading transaction: all it reads is of one moment.
func (d *DB) view(ctx context.Context, what string, fn func(q *db.Queries) error) error {
	return d.transact(ctx, what, job{on: d.read, opts: d.dialect.viewOptions(), prepared: d.reads, fn: fn, harmless: true})
}

// A job is a transaction that may have to be tried more than once.
type job struct {
	on       *sql.DB
	opts     *sql.TxOptions
	prepared *db.Queries
	fn       func(q *db.Queries) error
	harmless bool // to do twice
}

func (d *DB) transact(ctx context.Context, what string, j job) error {
	for try := 1; ; try++ {
		err := j.once(ctx)
		if err == nil {
			return nil
		}
		if ctx.Err() != nil || !d.repeats(err, j, try) {
			return fmt.Errorf("%s: %w", what, d.kind(err))
		}
		if err := pause(ctx, min(10*time.Millisecond<<(try-1), longestPause)); err != nil {
			return fmt.Errorf("%s: %w", what, err)
		}
	}
}

// repeats reports whether a transaction that ended with err is tried again.
func (d *DB) repeats(err error, j job, try int) bool {
	var unsure *unsureError
	switch {
	case d.dialect.again(err):
		return try < tries
	case d.dialect.severed(err):
		return try < patientTries && (j.harmless || !errors.As(err, &unsure))
	}
	return false
}

func (j job) once(ctx context.Context) error {
	tx, err := j.on.BeginTx(ctx, j.opts)
	if err != nil {
		return err
	}
	defer func() { _ = tx.Rollback() }() // does nothing after a commit
	q := db.New(tx)
	if j.prepared != nil {
		q = j.prepared.WithTx(tx)
	}
	if err := j.fn(q); err != nil {
		return err
	}
	if err := tx.Commit(); err != nil {
		return &unsureError{err}
	}
	return nil
}

// An unsureError came in answer to a commit.
type unsureError struct{ err error }

func (e *unsureError) Error() string { return "commit: " + e.err.Error() }
func (e *unsureError) Unwrap() error { return e.err }

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
	case d.dialect.full(err):
		return &stockdigest.Error{Kind: stockdigest.ErrUnavailable, Message: "the disk of the database is full", Err: err}
	case d.dialect.again(err) || d.dialect.down(err):
		return &stockdigest.Error{Kind: stockdigest.ErrUnavailable, Message: "the database does not answer", Err: err}
	}
	return err
}

// forRun runs fn in one transaction that holds the run: nobody can take it
// over before the end. It may run fn twice: what a step writes is the same each
// time.
func (d *DB) forRun(ctx context.Context, what string, run stockdigest.Run, fn func(q *db.Queries) error) error {
	held := func(q *db.Queries) error {
		n, err := q.HoldRun(ctx, db.HoldRunParams{ID: string(run.ID), Token: int(run.Token)})
		if err != nil {
			return err
		}
		if n == 0 {
			return lost(run)
		}
		return fn(q)
	}
	return d.transact(ctx, what, job{on: d.write, prepared: d.writes, fn: held, harmless: true})
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
