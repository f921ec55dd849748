package store_test

import (
	"context"
	"fmt"
	"strconv"
	"sync"
	"testing"
	"time"

	"golang.org/x/sync/errgroup"

	"stockdigest.app/stockdigest"
	"stockdigest.app/stockdigest/internal/adapter/store"
	"stockdigest.app/stockdigest/internal/adapter/store/storetest"
)

// TestConcurrentPollsLoseNothing lets eight runs save polls at once; each
// shares half of its articles with all the others, in another order.
func TestConcurrentPollsLoseNothing(t *testing.T) {
	t.Parallel()
	const workers, polls, shared, own = 8, 4, 10, 10
	for engine, open := range storetest.Engines() {
		t.Run(engine, func(t *testing.T) {
			t.Parallel()
			db := open(t)
			ctx := t.Context()
			var runs []stockdigest.Run
			for w := range workers {
				symbol := stockdigest.Symbol(fmt.Sprintf("T%d", w))
				must(t, db.SaveTickers(ctx, []stockdigest.Ticker{{Symbol: symbol, Name: "Ticker"}}))
				runs = append(runs, claimFor(t, db, symbol, morning))
			}
			var group errgroup.Group
			for w, run := range runs {
				group.Go(func() error {
					for p := range polls {
						var found []stockdigest.Found
						for i := range shared {
							found = append(found, foundIn(stockdigest.RoleCompany, stockdigest.Pending, articleAt(p*shared+(i+w)%shared)))
						}
						for i := range own {
							found = append(found, foundIn(stockdigest.RoleCompany, stockdigest.Pending, articleAt(1000*(w+1)+p*own+i)))
						}
						if err := db.SavePoll(ctx, run, pollOf(fmt.Sprintf("https://feeds.example/%d", p), len(found)), found); err != nil {
							return err
						}
					}
					return nil
				})
			}
			must(t, group.Wait())
			for table, want := range map[string]int{
				"articles":   polls*shared + workers*polls*own,
				"candidates": workers * polls * (shared + own),
				"sightings":  polls*shared + workers*polls*own,
				"run_polls":  workers * polls,
			} {
				got, err := store.Count(ctx, db, "SELECT count(*) FROM "+table)
				must(t, err)
				if got != want {
					t.Errorf("%s: got %d rows, want %d", table, got, want)
				}
			}
		})
	}
}

// TestOneRunManyClaims lets two handles, as two processes have them, fight for
// one run.
func TestOneRunManyClaims(t *testing.T) {
	t.Parallel()
	for engine, open := range storetest.Configs() {
		t.Run(engine, func(t *testing.T) {
			t.Parallel()
			c := open(t)
			handles := []*store.DB{storetest.Open(t, c), storetest.Open(t, c)}
			must(t, handles[0].SaveTickers(t.Context(), []stockdigest.Ticker{acme()}))
			run, err := handles[0].OpenRun(t.Context(), stockdigest.Run{Ticker: "ACME", Kind: stockdigest.Daily, AsOf: morning})
			must(t, err)
			var wg sync.WaitGroup
			won := make([]bool, 8)
			for i := range won {
				wg.Go(func() {
					_, err := handles[i%2].ClaimRun(t.Context(), run.ID, by(strconv.Itoa(i)))
					won[i] = err == nil
				})
			}
			wg.Wait()
			winners := 0
			for _, w := range won {
				if w {
					winners++
				}
			}
			if winners != 1 {
				t.Fatalf("got %d winners, want 1", winners)
			}
		})
	}
}

// TestSecondHandleSeesAndWrites is a second process on the same database.
func TestSecondHandleSeesAndWrites(t *testing.T) {
	t.Parallel()
	for engine, open := range storetest.Configs() {
		t.Run(engine, func(t *testing.T) {
			t.Parallel()
			c := open(t)
			first, second := storetest.Open(t, c), storetest.Open(t, c)
			run := claimed(t, first, morning)
			var group errgroup.Group
			for i, db := range []*store.DB{first, second} {
				group.Go(func() error {
					for n := range 25 {
						a := articleAt(100*i + n)
						if err := db.SavePoll(t.Context(), run, pollOf(a.URL, 1), []stockdigest.Found{foundIn(stockdigest.RoleCompany, stockdigest.Pending, a)}); err != nil {
							return err
						}
					}
					return nil
				})
			}
			must(t, group.Wait())
			for _, db := range []*store.DB{first, second} {
				if got := len(materialOf(t, db, run).Candidates); got != 50 {
					t.Errorf("got %d candidates, want 50", got)
				}
			}
		})
	}
}

// TestTakeoverAndWriteNeverBothWin runs the write of a worker against a
// takeover in the same moment: whoever comes second must see it.
func TestTakeoverAndWriteNeverBothWin(t *testing.T) {
	t.Parallel()
	for engine, open := range storetest.Engines() {
		t.Run(engine, func(t *testing.T) {
			t.Parallel()
			db := open(t)
			ctx := t.Context()
			for i := range 20 {
				old := claimed(t, db, morning.Add(time.Duration(i)*time.Hour))
				must(t, db.BeatRun(ctx, old, 0, stockdigest.Doing{}))
				var group errgroup.Group
				var fresh stockdigest.Run
				var wrote error
				group.Go(func() error { fresh = takeOver(t, db, old.ID); return nil })
				group.Go(func() error { wrote = db.FinishStep(ctx, old, stockdigest.StepIngest, "old"); return nil })
				must(t, group.Wait())
				if (wrote == nil) != fresh.Done(stockdigest.StepIngest) {
					t.Fatalf("round %d: the write said %v, the new owner sees steps %v", i, wrote, fresh.Steps)
				}
			}
		})
	}
}

// TestWriterIsTakenAtTheStart holds on SQLite: a transaction that reads first
// would fail at its first write if another one wrote in between.
func TestWriterIsTakenAtTheStart(t *testing.T) {
	t.Parallel()
	c := storetest.SQLiteConfig(t)
	first, second := storetest.Open(t, c), storetest.Open(t, c)
	tx, err := store.TakeWriter(t.Context(), first)
	must(t, err)
	ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
	defer cancel()
	if other, err := store.TakeWriter(ctx, second); err == nil {
		t.Errorf("got two writers at once, want one; undo: %v", other.Rollback())
	}
	must(t, tx.Rollback())
	must(t, second.SaveTickers(t.Context(), []stockdigest.Ticker{acme()}))
}

// TestReadingThenWritingNeverCollides has four processes' handles run
// transactions that read first.
func TestReadingThenWritingNeverCollides(t *testing.T) {
	t.Parallel()
	for engine, config := range storetest.Configs() {
		t.Run(engine, func(t *testing.T) {
			t.Parallel()
			c := config(t)
			var group errgroup.Group
			for h := range 4 {
				db := storetest.Open(t, c)
				must(t, db.SaveTickers(t.Context(), []stockdigest.Ticker{acme()}))
				group.Go(func() error {
					for n := range 25 {
						feed := stockdigest.TickerFeed{Feed: stockdigest.Feed{URL: fmt.Sprintf("https://feeds.example/%d", h)}, Role: stockdigest.RoleCompany}
						if err := db.SetFeeds(t.Context(), "ACME", []stockdigest.TickerFeed{feed}); err != nil {
							return err
						}
						_, err := db.OpenRun(t.Context(), stockdigest.Run{Ticker: "ACME", Kind: stockdigest.Daily, AsOf: morning.Add(time.Duration(n) * time.Hour)})
						if err != nil {
							return err
						}
					}
					return nil
				})
			}
			must(t, group.Wait())
			runs, err := store.Count(t.Context(), storetest.Open(t, c), "SELECT count(*) FROM runs")
			must(t, err)
			same(t, runs, 25)
		})
	}
}
