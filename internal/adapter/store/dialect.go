package store

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"io"
	"net"
	"os"
	"strings"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgxpool"
	lib "modernc.org/sqlite/lib"
)

// A dialect is what the two engines do not share.
type dialect interface {
	// viewOptions gives a transaction that reads one moment.
	viewOptions() *sql.TxOptions
	// again reports whether the database undid a transaction that may simply
	// be repeated.
	again(err error) bool
	// severed reports whether the connection is gone or none is to be had now,
	// as while the server restarts.
	severed(err error) bool
	// down reports whether the database cannot work at present.
	down(err error) bool
	// full reports whether the disk has no room.
	full(err error) bool
	// misfit reports whether rows name something that is not there, or hold a
	// value outside its list.
	misfit(err error) bool
	// noTable reports whether a table that a statement names is not there.
	noTable(err error) bool
	// touch is a statement that changes nothing and is still written to disk.
	touch() string
	// until is the SQL for the database's clock plus $n milliseconds, now for
	// the clock alone, and left for the milliseconds from the clock to
	// lease_until.
	until(n string) string
	now() string
	left() string
	// place names where the database stands, differently for a copy of it.
	place(ctx context.Context, on *sql.DB) (string, error)
}

type postgresDialect struct {
	plain  *pgx.ConnConfig
	schema string
	pool   *pgxpool.Pool // that of the store's own handle
}

func (postgresDialect) viewOptions() *sql.TxOptions {
	return &sql.TxOptions{Isolation: sql.LevelRepeatableRead, ReadOnly: true}
}

// Serialization failure, deadlock, lock timeout.
func (postgresDialect) again(err error) bool { return sqlState(err, "40001", "40P01", "55P03") }

// Shutting down, starting up, too many connections, idle for too long; or no
// connection at all.
func (postgresDialect) severed(err error) bool {
	var network *net.OpError
	return sqlState(err, "57P01", "57P02", "57P03", "53300", "25P03", "08000", "08003", "08006") ||
		errors.As(err, &network) || errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, io.EOF) ||
		errors.Is(err, pgconn.ErrConnClosed) || errors.Is(err, driver.ErrBadConn)
}

// Disk full, cancelled, read-only; or severed.
func (p postgresDialect) down(err error) bool {
	return sqlState(err, "53100", "57014", "25006") || p.severed(err)
}

func (postgresDialect) full(err error) bool { return sqlState(err, "53100") }

func (postgresDialect) noTable(err error) bool { return sqlState(err, "42P01") }

// A message in the log that nobody listens to.
func (postgresDialect) touch() string {
	return "SELECT pg_logical_emit_message(true, 'stockdigest', 'ready')"
}

// Not null, foreign key, unique, check.
func (postgresDialect) misfit(err error) bool {
	return sqlState(err, "23502", "23503", "23505", "23514")
}

func (postgresDialect) until(n string) string {
	return "clock_timestamp() + CAST(" + n + " AS bigint) * interval '1 millisecond'"
}

func (postgresDialect) now() string { return "clock_timestamp()" }

func (postgresDialect) left() string {
	return "coalesce(CAST(extract(epoch FROM lease_until - clock_timestamp()) * 1000 AS bigint), 0)"
}

// The server and the database in it: one that is restored has another number.
func (postgresDialect) place(ctx context.Context, on *sql.DB) (place string, err error) {
	err = on.QueryRowContext(ctx, `SELECT current_database() || ' ' || (SELECT oid FROM pg_database WHERE datname = current_database())
    || ' ' || current_schema() || ' of ' || (SELECT system_identifier FROM pg_control_system())`).Scan(&place)
	return place, err
}

type sqliteDialect struct{ path string }

func (sqliteDialect) viewOptions() *sql.TxOptions { return &sql.TxOptions{ReadOnly: true} }

func (sqliteDialect) again(err error) bool {
	return sqliteCode(err, lib.SQLITE_BUSY, lib.SQLITE_LOCKED)
}

// severed is false: a file needs no connection.
func (sqliteDialect) severed(error) bool { return false }

func (sqliteDialect) down(err error) bool {
	return sqliteCode(err, lib.SQLITE_FULL, lib.SQLITE_IOERR, lib.SQLITE_READONLY, lib.SQLITE_CANTOPEN)
}

func (sqliteDialect) full(err error) bool { return sqliteCode(err, lib.SQLITE_FULL) }

func (sqliteDialect) noTable(err error) bool {
	return sqliteCode(err, lib.SQLITE_ERROR) && strings.Contains(err.Error(), "no such table")
}

// A number in the header that nobody reads: setting it writes the first page.
func (sqliteDialect) touch() string { return "PRAGMA user_version = 0" }

func (sqliteDialect) misfit(err error) bool { return sqliteCode(err, lib.SQLITE_CONSTRAINT) }

func (sqliteDialect) until(n string) string {
	return "strftime('%Y-%m-%dT%H:%M:%f', 'now', '+' || (" + n + " / 1000.0) || ' seconds') || '000Z'"
}

func (sqliteDialect) now() string { return "strftime('%Y-%m-%dT%H:%M:%f', 'now') || '000Z'" }

// The file, by its number on the disk: a file that was copied has another one.
func (s sqliteDialect) place(context.Context, *sql.DB) (string, error) {
	info, err := os.Stat(s.path)
	if err != nil {
		return "", err
	}
	return fileNumber(info), nil
}

func (sqliteDialect) left() string {
	return "coalesce(CAST((julianday(lease_until) - julianday('now')) * 86400000 AS INTEGER), 0)"
}
