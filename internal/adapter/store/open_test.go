package store_test

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"golang.org/x/sync/errgroup"

	"stockdigest.app/stockdigest"
	"stockdigest.app/stockdigest/internal/adapter/store"
	"stockdigest.app/stockdigest/internal/adapter/store/storetest"
)

// wantLine checks that an error is one line for people with these words in it.
func wantLine(t *testing.T, err, kind error, words ...string) {
	t.Helper()
	wantKind(t, err, kind)
	for _, word := range words {
		if !strings.Contains(err.Error(), word) || !strings.Contains(stockdigest.Message(err), word) {
			t.Errorf("got %q, want %q in it", err, word)
		}
	}
	if strings.ContainsAny(err.Error(), "\n\r") {
		t.Errorf("got %q, want one line", err)
	}
}

func TestEveryStatementPrepares(t *testing.T) {
	t.Parallel()
	for engine, open := range storetest.Engines() {
		t.Run(engine, func(t *testing.T) {
			t.Parallel()
			db := open(t)
			must(t, store.PrepareAll(t.Context(), db))
		})
	}
}

func TestOpenNamesWhatIsWrongWithTheFile(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	text := filepath.Join(dir, "notes.txt")
	must(t, os.WriteFile(text, []byte(strings.Repeat("no database ", 100)), 0o600))
	_, err := store.Open(t.Context(), store.Config{Path: text, Now: storetest.Now})
	wantLine(t, err, stockdigest.ErrInvalid, text, "move")
	_, err = store.Open(t.Context(), store.Config{Path: filepath.Join(text, "deeper", "x.db"), Now: storetest.Now})
	wantLine(t, err, stockdigest.ErrUnavailable, filepath.Join(text, "deeper"), "writable")
	_, err = store.Open(t.Context(), store.Config{Path: dir, Now: storetest.Now})
	wantKind(t, err, stockdigest.ErrUnavailable)
	_, err = store.Open(t.Context(), store.Config{Now: storetest.Now})
	wantKind(t, err, stockdigest.ErrInvalid)
}

func TestOpenNamesAFolderThatCannotBeWritten(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	must(t, os.Chmod(dir, 0o500))
	if os.Geteuid() == 0 {
		dir = "/sys/kernel" // where even root makes no file
	}
	_, err := store.Open(t.Context(), store.Config{Path: filepath.Join(dir, "x.db"), Now: storetest.Now})
	wantLine(t, err, stockdigest.ErrUnavailable, dir, "writable")
}

func TestFilesWithStrangeNamesOpen(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"a b", "100%25", "what?mode=ro", "a#b", "ü"} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			path := filepath.Join(t.TempDir(), name, "stock.db")
			storetest.Open(t, store.Config{Path: path, Now: storetest.Now})
			if _, err := os.Stat(path); err != nil {
				t.Fatal(err)
			}
		})
	}
}

func TestOpenNamesTheServerAndNeverThePassword(t *testing.T) {
	t.Parallel()
	l, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	must(t, err)
	addr := l.Addr().String()
	must(t, l.Close())
	for _, test := range []struct {
		name, url string
		kind      error
		words     []string
	}{
		{"refused", "postgres://me:s3cret@" + addr + "/stock", stockdigest.ErrUnavailable, []string{"127.0.0.1", "DATABASE_URL", "refused"}},
		{"no such host", "postgres://me:s3cret@database.invalid/stock", stockdigest.ErrUnavailable, []string{"database.invalid", "DATABASE_URL"}},
		{"unreadable", "postgres://me:s3cret@host:port/stock", stockdigest.ErrInvalid, []string{"DATABASE_URL"}},
		{"another kind of URL", "mysql://me:s3cret@host/stock", stockdigest.ErrInvalid, []string{"DATABASE_URL"}},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			_, err := store.Open(t.Context(), store.Config{URL: test.url, Now: storetest.Now})
			wantLine(t, err, test.kind, test.words...)
			if strings.Contains(fmt.Sprintf("%+v", err), "s3cret") {
				t.Errorf("got %q, want no password", err)
			}
		})
	}
}

func TestWrongDatabaseAndSchemaAreNamed(t *testing.T) {
	t.Parallel()
	url := storetest.EmptyPostgresURL(t)
	_, err := store.Open(t.Context(), store.Config{URL: strings.Replace(url, "/sd_test", "/absent", 1), Now: storetest.Now})
	wantLine(t, err, stockdigest.ErrUnavailable, "absent", "does not exist")
	_, err = store.Open(t.Context(), store.Config{URL: url, Schema: `a"; DROP`, Now: storetest.Now})
	wantLine(t, err, stockdigest.ErrInvalid, "schema")
}

func TestSilentServerIsGivenUp(t *testing.T) {
	t.Parallel()
	l, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0") // accepts and never answers
	must(t, err)
	defer func() { must(t, l.Close()) }()
	ctx, cancel := context.WithTimeout(t.Context(), 200*time.Millisecond)
	defer cancel()
	start := time.Now()
	_, err = store.Open(ctx, store.Config{URL: "postgres://me:s3cret@" + l.Addr().String() + "/stock", Now: storetest.Now})
	wantLine(t, err, stockdigest.ErrUnavailable, "127.0.0.1", "no answer")
	if took := time.Since(start); took > 30*time.Second {
		t.Fatalf("took %s", took)
	}
}

func TestSchemasOfOneDatabaseAreApart(t *testing.T) {
	t.Parallel()
	url := storetest.EmptyPostgresURL(t)
	night := storetest.Open(t, store.Config{URL: url, Schema: "night_one", Now: storetest.Now})
	plain := storetest.Open(t, store.Config{URL: url, Now: storetest.Now})
	must(t, night.SaveTickers(t.Context(), []stockdigest.Ticker{acme()}))
	_, err := plain.Ticker(t.Context(), "ACME")
	wantKind(t, err, stockdigest.ErrNotFound)
}

func TestNewerSchemaIsRefusedButForOneStep(t *testing.T) {
	t.Parallel()
	for engine, open := range storetest.Engines() {
		t.Run(engine, func(t *testing.T) {
			t.Parallel()
			db := open(t)
			ctx := t.Context()
			newest, err := store.Count(ctx, db, "SELECT max(version_id) FROM goose_db_version")
			must(t, err)
			insert := "INSERT INTO goose_db_version (version_id, is_applied) VALUES (%d, %s)"
			applied := "true"
			must(t, store.Exec(ctx, db, fmt.Sprintf(insert, newest+1, applied)))
			must(t, db.Migrate(ctx))
			must(t, store.Exec(ctx, db, fmt.Sprintf(insert, newest+2, applied)))
			wantLine(t, db.Migrate(ctx), stockdigest.ErrInvalid, "schema", "newer")
		})
	}
}

func TestFourBootsAtOnceMigrate(t *testing.T) {
	t.Parallel()
	for name, config := range map[string]func(t *testing.T) store.Config{
		"sqlite": func(t *testing.T) store.Config { t.Helper(); return storetest.SQLiteConfig(t) },
		"postgres": func(t *testing.T) store.Config {
			t.Helper()
			return store.Config{URL: storetest.EmptyPostgresURL(t), Schema: "night", Now: storetest.Now}
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c := config(t)
			var boots errgroup.Group
			for range 4 {
				child := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^$")
				child.Env = append(os.Environ(), "STORE_CHILD_PATH="+c.Path, "STORE_CHILD_URL="+c.URL, "STORE_CHILD_SCHEMA="+c.Schema)
				boots.Go(func() error {
					if out, err := child.CombinedOutput(); err != nil {
						return fmt.Errorf("%w: %s", err, out)
					}
					return nil
				})
			}
			must(t, boots.Wait())
			got, err := storetest.Open(t, c).Tickers(t.Context())
			must(t, err)
			same(t, got, []stockdigest.Ticker{acme()})
		})
	}
}

// childBoots is the process that TestFourBootsAtOnceMigrate starts.
func childBoots(c store.Config) error {
	db, err := store.Open(context.Background(), c)
	if err != nil {
		return err
	}
	if err := db.Migrate(context.Background()); err != nil {
		return err
	}
	return errors.Join(db.SaveTickers(context.Background(), []stockdigest.Ticker{acme()}), db.Close())
}

func TestMain(m *testing.M) {
	c := store.Config{Path: os.Getenv("STORE_CHILD_PATH"), URL: os.Getenv("STORE_CHILD_URL"), Schema: os.Getenv("STORE_CHILD_SCHEMA"), Now: storetest.Now}
	if c.Path == "" && c.URL == "" {
		os.Exit(m.Run())
	}
	if err := childBoots(c); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	os.Exit(0)
}
