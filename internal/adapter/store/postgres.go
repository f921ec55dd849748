package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/jackc/pgx/v5/stdlib"

	"stockdigest.app/stockdigest"
)

// poolSize is how many connections a process takes when nobody says.
const poolSize = 8

// schemaName is what may stand unquoted in any statement.
var schemaName = regexp.MustCompile(`^[a-z_][a-z0-9_]{0,62}$`)

// openPostgres connects to the server of c. No error names more of the URL
// than host, port, user and database: a URL holds a password.
func openPostgres(ctx context.Context, c Config) (*DB, error) {
	conf, err := pgxpool.ParseConfig(c.URL)
	if err != nil {
		return nil, stockdigest.Invalid("the PostgreSQL URL cannot be read: check DATABASE_URL (postgres://user:password@host:port/database)")
	}
	schema := c.Schema
	if schema == "" {
		schema = "public"
	}
	if !schemaName.MatchString(schema) {
		return nil, stockdigest.Invalid(fmt.Sprintf("schema %q: use lower-case letters, digits and _", schema))
	}
	conf.MaxConns = poolSize
	if c.PoolSize > 0 {
		conf.MaxConns = int32(min(c.PoolSize, 1000))
	}
	conf.ConnConfig.ConnectTimeout = connectTime
	params := conf.ConnConfig.RuntimeParams
	params["search_path"] = schema
	params["timezone"] = "UTC"
	params["application_name"] = "stockdigest"
	plain := conf.ConnConfig.Copy() // for migrations, which may take their time
	// A forgotten transaction or an endless statement must not hold rows.
	params["statement_timeout"] = "30s"
	params["lock_timeout"] = "10s"
	params["idle_in_transaction_session_timeout"] = "10s"

	pool, err := pgxpool.NewWithConfig(ctx, conf)
	if err != nil {
		return nil, unreachable(conf.ConnConfig, err)
	}
	if err := ensureSchema(ctx, pool, schema); err != nil {
		pool.Close()
		return nil, unreachable(conf.ConnConfig, err)
	}
	shared := stdlib.OpenDBFromPool(pool)
	return &DB{
		now: c.Now, write: shared, read: shared, sendLease: c.sendLease(),
		dialect: postgresDialect{plain: plain, schema: schema, pool: pool},
		close: func() error {
			err := shared.Close()
			pool.Close()
			return err
		},
	}, nil
}

// ensureSchema makes the schema when it is missing.
func ensureSchema(ctx context.Context, pool *pgxpool.Pool, schema string) error {
	var found bool
	err := pool.QueryRow(ctx, "SELECT EXISTS (SELECT 1 FROM pg_namespace WHERE nspname = $1)", schema).Scan(&found)
	if err != nil || found {
		return err
	}
	_, err = pool.Exec(ctx, "CREATE SCHEMA IF NOT EXISTS "+pgx.Identifier{schema}.Sanitize())
	if sqlState(err, "23505", "42P06") { // another process made it in the same moment
		return nil
	}
	return err
}

// unreachable turns a failed connection into a line for people, without a
// password.
func unreachable(conf *pgx.ConnConfig, err error) error {
	where := net.JoinHostPort(conf.Host, strconv.Itoa(int(conf.Port)))
	if strings.HasPrefix(conf.Host, "/") {
		where = conf.Host
	}
	return &stockdigest.Error{
		Kind:    stockdigest.ErrUnavailable,
		Message: fmt.Sprintf("cannot use PostgreSQL at %s, database %s: check DATABASE_URL (%s)", where, conf.Database, whyUnreachable(err)),
	}
}

func whyUnreachable(err error) string {
	var refused *pgconn.PgError
	var network *net.OpError
	var name *net.DNSError
	switch {
	case errors.As(err, &refused):
		return oneLine(refused.Message)
	case errors.As(err, &name):
		return "no such host"
	case errors.Is(err, context.DeadlineExceeded), errors.Is(err, errSilent):
		return errSilent.Error()
	case errors.As(err, &network):
		return oneLine(network.Err.Error())
	}
	return "no usable connection"
}

func oneLine(s string) string { return strings.Join(strings.Fields(s), " ") }

// sqlState reports whether err carries one of PostgreSQL's codes.
func sqlState(err error, codes ...string) bool {
	var e *pgconn.PgError
	if !errors.As(err, &e) {
		return false
	}
	return slices.Contains(codes, e.Code)
}

// openPlain opens a handle without time limits, for migrations.
func openPlain(conf *pgx.ConnConfig) *sql.DB { return stdlib.OpenDB(*conf) }
