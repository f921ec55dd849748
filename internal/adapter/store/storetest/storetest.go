// Package storetest gives tests a real store: a SQLite file of their own, and
// a database of their own on PostgreSQL. The PostgreSQL server is the one that
// TEST_POSTGRES_URL names, else one that is started from the binaries of this
// machine, once per test process, and that ends with it. Without binaries the
// test is skipped, but with CI=true it fails.
package storetest

import (
	"context"
	"errors"
	"iter"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"stockdigest.app/stockdigest/internal/adapter/store"
)

// Now is the clock of the stores that this package opens: it stands still.
func Now() time.Time { return time.Date(2026, 3, 3, 7, 0, 0, 0, time.UTC) }

// Engines gives, by the name of the engine, what opens a fresh store:
//
//	for engine, open := range storetest.Engines() {
//		t.Run(engine, func(t *testing.T) {
//			t.Parallel()
//			db := open(t)
func Engines() iter.Seq2[string, func(testing.TB) *store.DB] {
	return func(yield func(string, func(testing.TB) *store.DB) bool) {
		_ = yield("sqlite", SQLite) && yield("postgres", Postgres)
	}
}

// Configs gives, by the name of the engine, what makes the settings of a fresh
// database, for tests that open it themselves, or more than once.
func Configs() iter.Seq2[string, func(testing.TB) store.Config] {
	return func(yield func(string, func(testing.TB) store.Config) bool) {
		_ = yield("sqlite", SQLiteConfig) && yield("postgres", PostgresConfig)
	}
}

// SQLite returns a fresh store in a file that goes with the test.
func SQLite(tb testing.TB) *store.DB {
	tb.Helper()
	return Open(tb, SQLiteConfig(tb))
}

// SQLiteConfig returns the settings of a fresh, migrated file that goes with the
// test.
func SQLiteConfig(tb testing.TB) store.Config {
	tb.Helper()
	path := filepath.Join(tb.TempDir(), "stockdigest.db")
	SQLiteFile(tb, path)
	return store.Config{Path: path, Now: Now}
}

// SQLiteFile makes a fresh, migrated file at path, and its folder.
func SQLiteFile(tb testing.TB, path string) {
	tb.Helper()
	body, err := migrated()
	if err == nil {
		err = os.MkdirAll(filepath.Dir(path), 0o750)
	}
	if err == nil {
		err = os.WriteFile(path, body, 0o600)
	}
	if err != nil {
		tb.Fatalf("make a test database: %v", err)
	}
}

// migrated is the one file of the test process that the tests' own ones are copied
// from: the migrations are most of what a small test does.
var migrated = sync.OnceValues(func() (body []byte, err error) {
	dir, err := os.MkdirTemp("", "stockdigest")
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	path := filepath.Join(dir, "template.db")
	db, err := store.Open(context.Background(), store.Config{Path: path, Now: Now})
	if err != nil {
		return nil, err
	}
	if err := errors.Join(db.Migrate(context.Background()), db.Close()); err != nil {
		return nil, err
	}
	return os.ReadFile(path)
})

// Postgres returns a fresh store on PostgreSQL.
func Postgres(tb testing.TB) *store.DB {
	tb.Helper()
	return Open(tb, PostgresConfig(tb))
}

// PostgresConfig returns the settings of a fresh database that is dropped with
// the test.
func PostgresConfig(tb testing.TB) store.Config {
	tb.Helper()
	return store.Config{URL: PostgresURL(tb), Now: Now}
}

// Open opens and migrates the store of c and closes it with the test.
func Open(tb testing.TB, c store.Config) *store.DB {
	tb.Helper()
	db, err := store.Open(tb.Context(), c)
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() {
		if err := db.Close(); err != nil {
			tb.Errorf("close the store: %v", err)
		}
	})
	if err := db.Migrate(tb.Context()); err != nil {
		tb.Fatal(err)
	}
	return db
}
