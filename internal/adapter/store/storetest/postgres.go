package storetest

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/url"
	"os"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"stockdigest.app/stockdigest/internal/adapter/store"
)

// errNoServer says that this machine cannot start a PostgreSQL.
var errNoServer = errors.New("no PostgreSQL here")

// server is the one server of the test process, with a migrated database that
// the tests' own ones are cloned from.
var server = sync.OnceValues(func() (*cluster, error) {
	admin := os.Getenv("TEST_POSTGRES_URL")
	var alive io.Closer
	if admin == "" {
		kept, err := startServer("fsync=off", "synchronous_commit=off", "full_page_writes=off", "max_connections=300",
			"shared_buffers=32MB", "autovacuum=off")
		if err != nil {
			return nil, err
		}
		admin, alive = kept.url, kept
	}
	c := &cluster{admin: admin, alive: alive, template: fmt.Sprintf("sd_template_%d", os.Getpid())}
	return c, c.makeTemplate()
})

type cluster struct {
	admin    string // URL of a database to create others from
	template string
	alive    io.Closer  // held until the process ends, and with it the server
	mu       sync.Mutex // a template is cloned by one at a time
	last     atomic.Int64
}

// PostgresURL returns the URL of a fresh, migrated database that is dropped
// with the test. Child processes can be started on it.
func PostgresURL(tb testing.TB) string {
	tb.Helper()
	return postgresURL(tb, "")
}

// EmptyPostgresURL is PostgresURL without the migrations.
func EmptyPostgresURL(tb testing.TB) string {
	tb.Helper()
	return postgresURL(tb, "template0")
}

func postgresURL(tb testing.TB, template string) string {
	tb.Helper()
	c, err := server()
	if errors.Is(err, errNoServer) && os.Getenv("CI") != "true" {
		tb.Skip(err)
	}
	if err != nil {
		tb.Fatal(err)
	}
	if template == "" {
		template = c.template
	}
	name := fmt.Sprintf("sd_test_%d_%d", os.Getpid(), c.last.Add(1))
	c.mu.Lock()
	defer c.mu.Unlock()
	if err := c.exec("CREATE DATABASE " + name + " TEMPLATE " + template); err != nil {
		tb.Fatalf("make a test database: %v", err)
	}
	tb.Cleanup(func() {
		if err := c.exec("DROP DATABASE " + name + " WITH (FORCE)"); err != nil {
			tb.Errorf("drop a test database: %v", err)
		}
	})
	return c.url(name)
}

// makeTemplate migrates one database; a template must have no connection when
// it is cloned.
func (c *cluster) makeTemplate() error {
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	if err := c.exec("CREATE DATABASE " + c.template); err != nil {
		return fmt.Errorf("make the template database: %w", err)
	}
	db, err := store.Open(ctx, store.Config{URL: c.url(c.template), Now: Now})
	if err != nil {
		return err
	}
	return errors.Join(db.Migrate(ctx), db.Close())
}

func (c *cluster) exec(statement string) error {
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	conn, err := pgx.Connect(ctx, c.admin)
	if err != nil {
		return err
	}
	_, err = conn.Exec(ctx, statement)
	return errors.Join(err, conn.Close(ctx))
}

// url is the admin's URL with another database.
func (c *cluster) url(database string) string {
	u, err := url.Parse(c.admin)
	if err != nil {
		return c.admin // it was good enough to connect
	}
	u.Path = "/" + strings.TrimPrefix(database, "/")
	return u.String()
}
