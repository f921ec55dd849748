package bench_test

import (
	"context"
	"database/sql"
	"os"
	"sync"
	"testing"
	"time"

	"stockdigest.app/stockdigest"
	"stockdigest.app/stockdigest/internal/adapter/store"
	"stockdigest.app/stockdigest/internal/adapter/store/storetest"
	"stockdigest.app/stockdigest/internal/bench"
)

// inFull is how often a test does something: some, or all with TORTURE set.
func inFull(some, all int) int {
	if os.Getenv("TORTURE") != "" {
		return all
	}
	return some
}

func creditRace(rounds int) bench.CreditConfig {
	return bench.CreditConfig{Rounds: rounds, Parallel: 30, Now: storetest.Now}
}

func TestNobodyOverspends(t *testing.T) {
	t.Parallel()
	for engine, open := range storetest.Engines() {
		t.Run(engine, func(t *testing.T) {
			t.Parallel()
			rounds := inFull(5, 1000)
			db, start := open(t), time.Now()
			got, err := bench.RaceCredits(t.Context(), creditRace(rounds), db, db)
			if want := (bench.Credits{Rounds: rounds, Charged: 5 * rounds, Refused: 25 * rounds}); err != nil || got != want {
				t.Errorf("got %+v, %v, want %+v", got, err, want)
			}
			t.Logf("measured: %s: %+v in %s", engine, got, time.Since(start).Round(time.Millisecond))
		})
	}
}

// TestRaceCatchesReadThenDecrement runs the sample of the paper: it reads the
// balance, and when there is some it writes the balance less one. A barrier lets
// all orders read before the first one writes.
func TestRaceCatchesReadThenDecrement(t *testing.T) {
	t.Parallel()
	for engine, config := range storetest.Configs() {
		t.Run(engine, func(t *testing.T) {
			t.Parallel()
			c := config(t)
			rows, race := storetest.Open(t, c), creditRace(2)
			broken := &sample{store: rows, db: openTables(t, c), barrier: newBarrier(race.Parallel)}
			got, err := bench.RaceCredits(t.Context(), race, rows, broken)
			if err != nil || got.Overspent != got.Rounds || got.Charged != 60 || got.Refused != 0 {
				t.Errorf("got %+v, %v, want every round overspent", got, err)
			}
		})
	}
}

// A sample orders as the paper's does.
type sample struct {
	store   *store.DB
	db      *sql.DB
	barrier *barrier
}

func (s *sample) OrderReport(ctx context.Context, o stockdigest.Order) (stockdigest.Ordered, error) {
	var balance int
	err := s.db.QueryRowContext(ctx, "SELECT balance FROM credit_accounts WHERE reader_id = $1", string(o.Reader)).Scan(&balance)
	if err != nil {
		return stockdigest.Ordered{}, err
	}
	s.barrier.wait()
	if balance < 1 {
		return stockdigest.Ordered{}, &stockdigest.NoCredits{}
	}
	run, err := s.store.OpenRun(ctx, stockdigest.Run{
		Ticker: o.Ticker, Kind: stockdigest.AdHoc, AsOf: o.At, Class: stockdigest.ClassAdHoc, CreatedBy: "reader " + string(o.Reader),
	})
	if err != nil {
		return stockdigest.Ordered{}, err
	}
	_, err = s.db.ExecContext(ctx, "UPDATE credit_accounts SET balance = $2 WHERE reader_id = $1", string(o.Reader), balance-1)
	if err != nil {
		return stockdigest.Ordered{}, err
	}
	_, err = s.db.ExecContext(ctx, `INSERT INTO credit_entries (reader_id, kind, amount, run_id, note, at)
		VALUES ($1, 'reserve', -1, $2, '', '2026-03-03T07:00:00.000000Z')`, string(o.Reader), string(run.ID))
	return stockdigest.Ordered{Run: run.ID, Charged: 1}, err
}

// openTables opens the tables without the store.
func openTables(t *testing.T, c store.Config) *sql.DB {
	t.Helper()
	driver, source := "pgx", c.URL
	if c.URL == "" {
		driver, source = "sqlite", "file:"+c.Path+"?_pragma=busy_timeout(5000)"
	}
	db, err := sql.Open(driver, source)
	if err != nil {
		t.Fatal(err)
	}
	db.SetMaxOpenConns(4)
	t.Cleanup(func() {
		if err := db.Close(); err != nil {
			t.Error(err)
		}
	})
	return db
}

// A barrier lets nobody on before all n have come, again and again.
type barrier struct {
	mu      sync.Mutex
	n, come int
	open    chan struct{}
}

func newBarrier(n int) *barrier { return &barrier{n: n, open: make(chan struct{})} }

func (b *barrier) wait() {
	b.mu.Lock()
	open := b.open
	if b.come++; b.come == b.n {
		close(b.open)
		b.come, b.open = 0, make(chan struct{})
	}
	b.mu.Unlock()
	<-open
}
