package store_test

import (
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"stockdigest.app/stockdigest"
	"stockdigest.app/stockdigest/internal/adapter/store"
	"stockdigest.app/stockdigest/internal/adapter/store/storetest"
)

// nightSlot is the slot of 02:00 in New York on the day of storetest.Now.
func nightSlot() stockdigest.Slot {
	return stockdigest.Slot{
		Kind: stockdigest.SlotProcess, Day: "2026-03-03", At: 120, Due: time.Date(2026, 3, 3, 7, 0, 0, 0, time.UTC),
	}
}

// nightOf is a batch of one run for each symbol, which the store must know.
func nightOf(t *testing.T, db *store.DB, symbols ...stockdigest.Symbol) (*stockdigest.Batch, []stockdigest.Run) {
	t.Helper()
	var tickers []stockdigest.Ticker
	var runs []stockdigest.Run
	for _, s := range symbols {
		tickers = append(tickers, stockdigest.Ticker{Symbol: s, Name: string(s) + " Inc.", CIK: "0000000001", Source: "file"})
		runs = append(runs, stockdigest.Run{
			Ticker: s, Kind: stockdigest.Daily, AsOf: nightSlot().Due, TimeZone: "America/New_York", Class: stockdigest.ClassScheduled,
		})
	}
	must(t, db.SaveTickers(t.Context(), tickers))
	return &stockdigest.Batch{Kind: stockdigest.Daily, CreatedBy: "schedule", Deadline: nightSlot().Due.Add(6 * time.Hour)}, runs
}

func TestASlotIsTakenOnceWithItsBatch(t *testing.T) {
	t.Parallel()
	for engine, config := range storetest.Configs() {
		t.Run(engine, func(t *testing.T) {
			t.Parallel()
			c := config(t)
			first := storetest.Open(t, c)
			batch, runs := nightOf(t, first, "AAA", "BBB")
			var won atomic.Int64
			var all sync.WaitGroup
			for i := range 8 {
				db := first
				if i%2 == 1 {
					db = storetest.Open(t, c)
				}
				all.Go(func() {
					_, ok, err := db.TakeSlot(t.Context(), nightSlot(), fmt.Sprintf("worker %d", i), batch, runs)
					if err != nil {
						t.Error(err)
					}
					if ok {
						won.Add(1)
					}
				})
			}
			all.Wait()
			batches, err := first.Batches(t.Context(), 10)
			must(t, err)
			if won.Load() != 1 || len(batches) != 1 || batches[0].Counts.Queued != 2 {
				t.Errorf("%d took the slot, batches %+v; want one of two runs", won.Load(), batches)
			}
			records, err := first.SlotsTaken(t.Context(), 10)
			must(t, err)
			if len(records) != 1 || records[0].Batch != batches[0].ID || records[0].DoneAt.IsZero() || records[0].Slot != nightSlot() {
				t.Errorf("got records %+v, want one that is done, with the batch", records)
			}
		})
	}
}

func TestASlotWhoseBatchFailsStaysOpen(t *testing.T) {
	t.Parallel()
	for engine, open := range storetest.Engines() {
		t.Run(engine, func(t *testing.T) {
			t.Parallel()
			db := open(t)
			batch, runs := nightOf(t, db, "AAA", "BBB")
			runs = append(runs, runs[0])
			runs[2].Ticker = "NOSUCH"
			_, ok, err := db.TakeSlot(t.Context(), nightSlot(), "w", batch, runs)
			if err == nil || ok {
				t.Fatalf("a run of an unknown ticker was opened: %v", err)
			}
			left, err := db.OpenSlots(t.Context(), []stockdigest.Slot{nightSlot()})
			must(t, err)
			batches, err := db.Batches(t.Context(), 10)
			must(t, err)
			if len(left) != 1 || len(batches) != 0 {
				t.Errorf("got open %v and batches %v, want the slot open and no batch", left, batches)
			}
		})
	}
}

func TestASlotWhoseWorkerDiedIsTakenAgainButNotForEver(t *testing.T) {
	t.Parallel()
	for engine, open := range storetest.Engines() {
		t.Run(engine, func(t *testing.T) {
			t.Parallel()
			db := open(t)
			slot := stockdigest.Slot{Kind: stockdigest.SlotCleanup, Day: "2026-03-03", At: 360, Due: storetest.Now()}
			stale, ok, err := db.TakeSlot(t.Context(), slot, "first", nil, nil)
			if err != nil || !ok {
				t.Fatalf("the first worker did not get the slot: %v", err)
			}
			for attempt := 2; attempt <= stockdigest.MaxAttempts+1; attempt++ {
				if _, ok, err := db.TakeSlot(t.Context(), slot, "too early", nil, nil); ok || err != nil {
					t.Fatalf("the slot was taken from a worker in its time: %v", err)
				}
				must(t, store.Exec(t.Context(), db, "UPDATE slots SET lease_until = '2020-01-01T00:00:00.000000Z'"))
				taken, ok, err := db.TakeSlot(t.Context(), slot, "next", nil, nil)
				must(t, err)
				if want := attempt <= stockdigest.MaxAttempts; ok != want || ok && taken.Attempts != attempt {
					t.Fatalf("attempt %d: taken %t with %+v, want %t", attempt, ok, taken, want)
				}
			}
			if err := db.FinishSlot(t.Context(), stale, "late"); !errors.Is(err, stockdigest.ErrConflict) {
				t.Errorf("the first worker finished a slot that it had lost: %v", err)
			}
		})
	}
}

func TestAChangedTimeOfDayDoesNotBringASlotTwice(t *testing.T) {
	t.Parallel()
	for engine, open := range storetest.Engines() {
		t.Run(engine, func(t *testing.T) {
			t.Parallel()
			db := open(t)
			batch, runs := nightOf(t, db, "AAA")
			earlier, hand := nightSlot(), nightSlot()
			earlier.At, earlier.Due = 90, earlier.Due.Add(-30*time.Minute)
			hand.ByHand = "0190"
			for _, c := range []struct {
				slot stockdigest.Slot
				want bool
			}{{nightSlot(), true}, {earlier, false}, {hand, true}, {hand, false}} {
				if _, ok, err := db.TakeSlot(t.Context(), c.slot, "w", batch, runs); err != nil || ok != c.want {
					t.Errorf("slot %s at %s: taken %t, want %t: %v", c.slot.Key(), c.slot.At, ok, c.want, err)
				}
			}
		})
	}
}

func TestTheFirstCheckOfFilingsFindsNothingNew(t *testing.T) {
	t.Parallel()
	for engine, open := range storetest.Engines() {
		t.Run(engine, func(t *testing.T) {
			t.Parallel()
			db := open(t)
			nightOf(t, db, "AAA", "BBB")
			filing := func(n int) stockdigest.Filing {
				return stockdigest.Filing{
					Accession: stockdigest.Accession(fmt.Sprintf("0000000001-26-%06d", n)), CIK: "0000000001", Form: "8-K", FiledAt: storetest.Now(),
				}
			}
			check := func(symbol stockdigest.Symbol, want []stockdigest.Accession, filings ...stockdigest.Filing) {
				t.Helper()
				got, err := db.SaveFiled(t.Context(), symbol, filings)
				must(t, err)
				same(t, got, want)
			}
			check("AAA", nil, filing(2), filing(1))
			check("AAA", []stockdigest.Accession{filing(3).Accession}, filing(3), filing(2))
			check("AAA", nil, filing(3), filing(2))
			check("BBB", nil) // a company that filed nothing is known from now on
			check("BBB", []stockdigest.Accession{filing(1).Accession}, filing(1))
			at, err := db.FilingsChecked(t.Context(), "AAA")
			must(t, err)
			if !at.Equal(storetest.Now()) {
				t.Errorf("checked at %s, want %s", at, storetest.Now())
			}
		})
	}
}

func TestMarketDaysAreKeptPerExchange(t *testing.T) {
	t.Parallel()
	for engine, open := range storetest.Engines() {
		t.Run(engine, func(t *testing.T) {
			t.Parallel()
			db := open(t)
			shut := stockdigest.MarketDay{Exchange: "NYSE", Day: "2026-12-01", Note: "mourning"}
			early := stockdigest.MarketDay{Exchange: "NYSE", Day: "2026-12-01", Open: true, Closes: 13 * 60, Note: "storm"}
			for _, m := range []stockdigest.MarketDay{shut, early, {Exchange: "TSX", Day: "2026-12-02", Open: true}} {
				must(t, db.SetMarketDay(t.Context(), m))
			}
			got, err := db.MarketDays(t.Context(), "NYSE", "2026-12-01", "2026-12-31")
			must(t, err)
			same(t, got, []stockdigest.MarketDay{early})
			if err := db.SetMarketDay(t.Context(), stockdigest.MarketDay{Exchange: "LSE", Day: "2026-12-01"}); !errors.Is(err, stockdigest.ErrInvalid) {
				t.Errorf("an unknown exchange was kept: %v", err)
			}

			must(t, db.UnsetMarketDay(t.Context(), "NYSE", "2026-12-01"))
			got, err = db.MarketDays(t.Context(), "NYSE", "2026-12-01", "2026-12-31")
			must(t, err)
			same(t, got, []stockdigest.MarketDay{})
			for _, never := range []stockdigest.Day{"2026-12-01", "2026-12-02"} { // the second is of the other exchange
				if err := db.UnsetMarketDay(t.Context(), "NYSE", never); !errors.Is(err, stockdigest.ErrNotFound) {
					t.Errorf("took back what nobody said of %s: %v", never, err)
				}
			}
			got, err = db.MarketDays(t.Context(), "TSX", "2026-12-01", "2026-12-31")
			must(t, err)
			same(t, got, []stockdigest.MarketDay{{Exchange: "TSX", Day: "2026-12-02", Open: true}})
		})
	}
}

func TestRiverTablesComeWithTheMigrationAndOnlyOnce(t *testing.T) {
	t.Parallel()
	for engine, config := range storetest.Configs() {
		t.Run(engine, func(t *testing.T) {
			t.Parallel()
			c := config(t)
			if engine == "postgres" {
				c.URL = storetest.EmptyPostgresURL(t)
			}
			var all sync.WaitGroup
			for range 4 {
				all.Go(func() {
					db, err := store.Open(t.Context(), c)
					if err != nil {
						t.Error(err)
						return
					}
					if err := errors.Join(db.Migrate(t.Context()), db.Close()); err != nil {
						t.Error(err)
					}
				})
			}
			all.Wait()
			n, err := store.Count(t.Context(), storetest.Open(t, c), "SELECT count(*) FROM river_job")
			if err != nil || n != 0 {
				t.Errorf("got %d tasks in a new database: %v", n, err)
			}
		})
	}
}
