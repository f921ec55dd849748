package app_test

import (
	"context"
	"database/sql"
	"fmt"
	"os"
	"testing"
	"time"

	"stockdigest.app/stockdigest"
	"stockdigest.app/stockdigest/internal/adapter/store"
	"stockdigest.app/stockdigest/internal/adapter/store/storetest"
)

const (
	childDatabase = "APP_TEST_DATABASE" // SQLite file, or postgres://…
	childJournal  = "APP_TEST_JOURNAL"
	childBroken   = "APP_TEST_BROKEN" // not empty: the version that the harness must catch
)

func childConfig() store.Config {
	c := store.Config{Path: os.Getenv(childDatabase), Now: time.Now}
	if len(c.Path) > 11 && c.Path[:11] == "postgres://" {
		c.Path, c.URL = "", c.Path
	}
	return c
}

// acknowledge writes rows one by one and notes each one that the store said it
// had kept.
func acknowledge(ctx context.Context) error {
	db, err := store.Open(ctx, childConfig())
	if err != nil {
		return err
	}
	keep := func(symbol stockdigest.Symbol, said func() error) error {
		if err := db.SaveTickers(ctx, []stockdigest.Ticker{{Symbol: symbol, Name: "Kept " + string(symbol)}}); err != nil {
			return err
		}
		return said()
	}
	if os.Getenv(childBroken) != "" {
		keep = tooEarly(ctx, db)
	}
	notes := journal{os.Getenv(childJournal)}
	for n := 0; ctx.Err() == nil; n++ {
		symbol := stockdigest.Symbol(fmt.Sprintf("P%d.%d", os.Getpid(), n))
		if err := keep(symbol, func() error { return notes.add(entry{What: "kept", Note: string(symbol)}) }); err != nil {
			return err
		}
	}
	return nil
}

// tooEarly acknowledges what is written and not committed.
func tooEarly(ctx context.Context, _ *store.DB) func(stockdigest.Symbol, func() error) error {
	return func(symbol stockdigest.Symbol, said func() error) error {
		db, err := openRaw(childConfig())
		if err != nil {
			return err
		}
		defer db.Close()
		tx, err := db.BeginTx(ctx, nil)
		if err != nil {
			return err
		}
		_, err = tx.ExecContext(ctx, "INSERT INTO tickers (symbol, name, exchange, cik, source, strength) VALUES ($1, '', '', '', '', 0)", string(symbol))
		if err != nil {
			return err
		}
		if err := said(); err != nil {
			return err
		}
		wait(ctx, time.Minute) // as a disk that hangs; the kill comes first
		return tx.Commit()
	}
}

// TestKillsLoseNoAcknowledgedWrite kills a process that writes to a SQLite file
// again and again: whatever the store acknowledged must be there, and the file
// in order.
func TestKillsLoseNoAcknowledgedWrite(t *testing.T) {
	t.Parallel()
	kills := torture(500, 25)
	kept, lost := killWriters(t, kills)
	measured(t, "sqlite: %d kills, %d acknowledged writes, %d lost, integrity ok", kills, kept, lost)
	if lost > 0 {
		t.Errorf("%d of %d acknowledged writes are lost", lost, kept)
	}
}

// TestAcknowledgedWritesHarnessCatchesHaste puts a writer under the harness that
// acknowledges before it commits.
func TestAcknowledgedWritesHarnessCatchesHaste(t *testing.T) {
	t.Parallel()
	kept, lost := killWriters(t, 10, childBroken+"=1")
	measured(t, "acknowledged before the commit: %d writes, %d lost", kept, lost)
	if kept < 10 || lost < kept {
		t.Errorf("got %d of %d acknowledged writes lost, want all", lost, kept)
	}
}

func killWriters(t *testing.T, kills int, env ...string) (kept, lost int) {
	t.Helper()
	random := seeded(t)
	c := storetest.SQLiteConfig(t)
	storetest.Open(t, c)
	notes := newJournal(t)
	env = append(env, childDatabase+"="+c.Path, childJournal+"="+notes.path)
	for range kills {
		have := notes.size()
		p := startChild(t, "acknowledge", env...)
		until(t, time.Minute, "a child writes", func() bool { return notes.size() > have || !p.Running() })
		wait(t.Context(), time.Duration(random.IntN(30_000))*time.Microsecond)
		if !p.Running() {
			t.Fatalf("a child ended: %s", p.stderr.String())
		}
		p.Kill()
	}
	raw := rawDB(t, c)
	if got := column(t, raw, "PRAGMA integrity_check"); len(got) != 1 || got[0] != "ok" {
		t.Errorf("integrity check: %v", got)
	}
	there := map[string]bool{}
	for _, symbol := range column(t, raw, "SELECT symbol FROM tickers") {
		there[symbol] = true
	}
	for _, e := range notes.entries(t) {
		kept++
		if !there[e.Note] {
			lost++
		}
	}
	return kept, lost
}

// BenchmarkCommit is what one small transaction costs at each setting of
// synchronous: NORMAL outlives a killed process, only FULL a machine that loses
// its power.
func BenchmarkCommit(b *testing.B) {
	for _, setting := range []string{"NORMAL", "FULL"} {
		b.Run(setting, func(b *testing.B) {
			db, err := sql.Open("sqlite", "file:"+b.TempDir()+"/commit.db?_txlock=immediate&_pragma=journal_mode(WAL)&_pragma=synchronous("+setting+")")
			if err != nil {
				b.Fatal(err)
			}
			defer db.Close()
			db.SetMaxOpenConns(1)
			if _, err := db.ExecContext(b.Context(), "CREATE TABLE money (id INTEGER PRIMARY KEY, amount INTEGER) STRICT"); err != nil {
				b.Fatal(err)
			}
			for b.Loop() {
				if _, err := db.ExecContext(b.Context(), "INSERT INTO money (amount) VALUES (1)"); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
