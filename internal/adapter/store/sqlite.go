package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"time"

	"modernc.org/sqlite"
	lib "modernc.org/sqlite/lib"

	"stockdigest.app/stockdigest"
	"stockdigest.app/stockdigest/internal/adapter/store/db"
)

// readers is the size of the pool that reads: measured, one writer beside four
// readers beats every other split on two cores.
const readers = 4

// openSQLite opens the file of c, which is made when missing, with its folder.
func openSQLite(ctx context.Context, c Config) (*DB, error) {
	if c.Path == "" {
		return nil, stockdigest.Invalid("no database: name a SQLite file or a PostgreSQL URL")
	}
	path, err := filepath.Abs(c.Path)
	if err != nil {
		return nil, fmt.Errorf("open the store %s: %w", c.Path, err)
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return nil, unwritable(path, err)
	}
	// FULL: a commit is on the disk before it is acknowledged, as money must be.
	// NORMAL would lose the last ones when the machine loses its power.
	write, err := sql.Open("sqlite", sqliteURL(path,
		"_txlock=immediate", "_pragma=journal_mode(WAL)", "_pragma=synchronous(FULL)"))
	if err != nil {
		return nil, fmt.Errorf("open the store %s: %w", path, err)
	}
	write.SetMaxOpenConns(1)
	read, err := sql.Open("sqlite", sqliteURL(path, "_pragma=query_only(1)"))
	if err != nil {
		return nil, errors.Join(fmt.Errorf("open the store %s: %w", path, err), write.Close())
	}
	read.SetMaxOpenConns(readers)
	read.SetMaxIdleConns(readers)
	d := &DB{now: c.Now, write: write, read: read, dialect: sqliteDialect{path: path}, sendLease: c.sendLease()}
	d.close = func() error { return errors.Join(d.closeStatements(), read.Close(), write.Close()) }
	if err := tryWriter(ctx, write); err != nil {
		return nil, errors.Join(unusable(path, err), d.close())
	}
	return d, nil
}

// sqliteURL names the file with the settings every connection needs.
func sqliteURL(path string, settings ...string) string {
	u := url.URL{Scheme: "file", Opaque: (&url.URL{Path: path}).EscapedPath()}
	u.RawQuery = "_pragma=busy_timeout(5000)&_pragma=foreign_keys(1)"
	for _, s := range settings {
		u.RawQuery += "&" + s
	}
	return u.String()
}

// tryWriter takes the writer once. Several processes that make the file at the
// same moment may see it busy in spite of busy_timeout: the change to WAL does
// not wait.
func tryWriter(ctx context.Context, write *sql.DB) error {
	for {
		tx, err := write.BeginTx(ctx, nil)
		if err == nil {
			return tx.Rollback()
		}
		if !sqliteCode(err, lib.SQLITE_BUSY) {
			return err
		}
		if err := pause(ctx, 20*time.Millisecond); err != nil {
			return err
		}
	}
}

// prepare compiles every statement once per handle.
func (d *DB) prepare(ctx context.Context) error {
	if _, lite := d.dialect.(sqliteDialect); !lite || d.writes != nil {
		return nil
	}
	writes, err := db.Prepare(ctx, d.write)
	if err != nil {
		return fmt.Errorf("prepare the store: %w", err)
	}
	reads, err := db.Prepare(ctx, d.read)
	if err != nil {
		return errors.Join(fmt.Errorf("prepare the store: %w", err), writes.Close())
	}
	own := map[string]*sql.Stmt{}
	for _, text := range []string{d.takeSQL(), d.beginSQL(), d.endSQL()} {
		if own[text], err = d.write.PrepareContext(ctx, text); err != nil { //nolint:sqlclosecheck // closeStatements does
			return errors.Join(fmt.Errorf("prepare the store: %w", err), writes.Close(), reads.Close())
		}
	}
	d.writes, d.reads, d.own = writes, reads, own
	return nil
}

func (d *DB) closeStatements() error {
	if d.writes == nil {
		return nil
	}
	faults := []error{d.writes.Close(), d.reads.Close()}
	for _, statement := range d.own {
		faults = append(faults, statement.Close())
	}
	return errors.Join(faults...)
}

// raw is where statements run that differ by engine: those that every mail
// needs are compiled already.
func (d *DB) raw(q *db.Queries) db.DBTX {
	if tx, ok := q.Raw().(*sql.Tx); ok && d.own != nil {
		return compiled{tx, d.own}
	}
	return q.Raw()
}

type compiled struct {
	*sql.Tx
	own map[string]*sql.Stmt
}

func (c compiled) ExecContext(ctx context.Context, text string, args ...any) (sql.Result, error) {
	if s := c.own[text]; s != nil {
		return c.StmtContext(ctx, s).ExecContext(ctx, args...) //nolint:sqlclosecheck // it ends with the transaction
	}
	return c.Tx.ExecContext(ctx, text, args...)
}

func (c compiled) QueryContext(ctx context.Context, text string, args ...any) (*sql.Rows, error) {
	if s := c.own[text]; s != nil {
		return c.StmtContext(ctx, s).QueryContext(ctx, args...) //nolint:sqlclosecheck // it ends with the transaction
	}
	return c.Tx.QueryContext(ctx, text, args...)
}

func (c compiled) QueryRowContext(ctx context.Context, text string, args ...any) *sql.Row {
	if s := c.own[text]; s != nil {
		return c.StmtContext(ctx, s).QueryRowContext(ctx, args...) //nolint:sqlclosecheck // it ends with the transaction
	}
	return c.Tx.QueryRowContext(ctx, text, args...)
}

// unusable turns what SQLite says about a file into a line for people.
func unusable(path string, err error) error {
	switch {
	case sqliteCode(err, lib.SQLITE_NOTADB, lib.SQLITE_CORRUPT):
		return &stockdigest.Error{
			Kind:    stockdigest.ErrInvalid,
			Message: path + " is not a SQLite database: name another file or move this one away",
		}
	case sqliteCode(err, lib.SQLITE_CANTOPEN, lib.SQLITE_READONLY, lib.SQLITE_PERM, lib.SQLITE_IOERR):
		return unwritable(path, err)
	case sqliteCode(err, lib.SQLITE_FULL):
		return &stockdigest.Error{
			Kind:    stockdigest.ErrUnavailable,
			Message: "no space left for " + path + ": free some or name another folder",
		}
	case sqliteCode(err, lib.SQLITE_BUSY) || errors.Is(err, errSilent):
		return &stockdigest.Error{
			Kind:    stockdigest.ErrUnavailable,
			Message: path + " is held by another process: try again when that is done",
		}
	}
	return fmt.Errorf("open the store %s: %w", path, err)
}

func unwritable(path string, err error) error {
	reason := err.Error()
	if file, ok := errors.AsType[*os.PathError](err); ok {
		reason = file.Err.Error()
	}
	return &stockdigest.Error{
		Kind:    stockdigest.ErrUnavailable,
		Message: "cannot write in folder " + filepath.Dir(path) + ": make it writable or name another (" + reason + ")",
	}
}

// sqliteCode reports whether err carries one of SQLite's primary result codes.
func sqliteCode(err error, codes ...int) bool {
	var e *sqlite.Error
	if !errors.As(err, &e) {
		return false
	}
	return slices.Contains(codes, e.Code()&0xff)
}
