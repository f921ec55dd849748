package store_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"testing"
	"time"

	"golang.org/x/sync/errgroup"

	"stockdigest.app/stockdigest"
	"stockdigest.app/stockdigest/internal/adapter/store"
	"stockdigest.app/stockdigest/internal/adapter/store/storetest"
)

func orderOf(r stockdigest.Reader, symbol stockdigest.Symbol, key string) stockdigest.Order {
	return stockdigest.Order{Reader: r.ID, Ticker: symbol, Key: key, At: storetest.Now()}
}

// market saves so many tickers, named T0, T1 and so on.
func market(t *testing.T, db *store.DB, n int) {
	t.Helper()
	var list []stockdigest.Ticker
	for i := range n {
		list = append(list, stockdigest.Ticker{Symbol: symbolOf(i), Name: fmt.Sprintf("Company %d", i)})
	}
	must(t, db.SaveTickers(t.Context(), list))
}

func symbolOf(i int) stockdigest.Symbol { return stockdigest.Symbol(fmt.Sprintf("T%d", i)) }

// placed returns a new reader, and the first order, on ACME.
func placed(t *testing.T, db *store.DB) (stockdigest.Reader, stockdigest.Ordered) {
	t.Helper()
	must(t, db.SaveTickers(t.Context(), []stockdigest.Ticker{acme()}))
	r := savedReader(t, db, ada())
	ordered, err := db.OrderReport(t.Context(), orderOf(r, "ACME", "first"))
	must(t, err)
	return r, ordered
}

// workOn claims the run of an order.
func workOn(t *testing.T, db *store.DB, id stockdigest.RunID) stockdigest.Run {
	t.Helper()
	run, err := db.ClaimRun(t.Context(), id, by("worker"))
	must(t, err)
	return run
}

func TestOrderReservesACreditForANewRun(t *testing.T) {
	t.Parallel()
	for engine, open := range storetest.Engines() {
		t.Run(engine, func(t *testing.T) {
			t.Parallel()
			db := open(t)
			r, ordered := placed(t, db)
			same(t, ordered, stockdigest.Ordered{
				Run: ordered.Run, Ticker: "ACME", State: stockdigest.RunQueued, Charged: 1,
				Account: stockdigest.CreditAccount{Balance: 4, Held: 1, Resets: "2026-04-01"},
			})
			run := workOn(t, db, ordered.Run)
			same(t, []any{run.Class, run.Kind, run.CreatedBy, run.TimeZone, run.AsOf},
				[]any{stockdigest.ClassAdHoc, stockdigest.AdHoc, "reader " + string(r.ID), r.TimeZone, storetest.Now()})
			asked, err := db.Asked(t.Context(), r.ID, run.ID)
			must(t, err)
			same(t, asked, true)
			wantLedger(t, db)
		})
	}
}

func TestEndOfTheRunSettlesTheCredit(t *testing.T) {
	t.Parallel()
	for engine, open := range storetest.Engines() {
		for name, c := range map[string]struct {
			end     func(t *testing.T, db *store.DB, run stockdigest.Run)
			balance int
			kind    stockdigest.CreditKind
		}{
			"delivered": {func(t *testing.T, db *store.DB, run stockdigest.Run) {
				t.Helper()
				must(t, db.SaveReport(t.Context(), run, reportOf(run), ""))
			}, 4, stockdigest.CreditPost},
			"held": {func(t *testing.T, db *store.DB, run stockdigest.Run) {
				t.Helper()
				report := reportOf(run)
				report.Status = stockdigest.ReportHeld
				must(t, db.SaveReport(t.Context(), run, report, ""))
			}, 5, stockdigest.CreditVoid},
			"quarantined": {func(t *testing.T, db *store.DB, run stockdigest.Run) {
				t.Helper()
				must(t, db.QuarantineRun(t.Context(), run, "broken"))
			}, 5, stockdigest.CreditVoid},
			"cancelled": {func(t *testing.T, db *store.DB, run stockdigest.Run) {
				t.Helper()
				must(t, db.CancelRun(t.Context(), run.ID, "operator ada"))
				must(t, db.CancelRun(t.Context(), run.ID, "operator ada"))
			}, 5, stockdigest.CreditVoid},
		} {
			t.Run(engine+"/"+name, func(t *testing.T) {
				t.Parallel()
				db := open(t)
				r, ordered := placed(t, db)
				c.end(t, db, workOn(t, db, ordered.Run))
				same(t, accountAt(t, db, r, storetest.Now()), stockdigest.CreditAccount{Balance: c.balance, Resets: "2026-04-01"})
				entries, err := db.Entries(t.Context(), r.ID, 1)
				must(t, err)
				same(t, entries[0].Kind, c.kind)
				same(t, entries[0].Run, ordered.Run)
				stale, err := db.SettleStale(t.Context(), storetest.Now().Add(time.Hour))
				must(t, err)
				same(t, stale, 0)
				wantLedger(t, db)
			})
		}
	}
}

func TestFailedAttemptKeepsTheCreditHeld(t *testing.T) {
	t.Parallel()
	for engine, open := range storetest.Engines() {
		t.Run(engine, func(t *testing.T) {
			t.Parallel()
			db := open(t)
			r, ordered := placed(t, db)
			must(t, db.FailRun(t.Context(), workOn(t, db, ordered.Run), "feed down"))
			same(t, accountAt(t, db, r, storetest.Now()).Held, 1)
			stale, err := db.SettleStale(t.Context(), storetest.Now().Add(time.Hour))
			must(t, err)
			same(t, stale, 0)
			wantLedger(t, db)
		})
	}
}

func TestHoldOfAVanishedRunIsGivenBack(t *testing.T) {
	t.Parallel()
	for engine, open := range storetest.Engines() {
		t.Run(engine, func(t *testing.T) {
			t.Parallel()
			db := open(t)
			r, _ := placed(t, db)
			must(t, store.Exec(t.Context(), db, "DELETE FROM runs"))
			early, err := db.SettleStale(t.Context(), storetest.Now())
			must(t, err)
			late, err := db.SettleStale(t.Context(), storetest.Now().Add(time.Second))
			must(t, err)
			same(t, []int{early, late}, []int{0, 1})
			same(t, accountAt(t, db, r, storetest.Now()), stockdigest.CreditAccount{Balance: 5, Resets: "2026-04-01"})
			wantLedger(t, db)
		})
	}
}

func TestWorkIsSharedAndPaidOnce(t *testing.T) {
	t.Parallel()
	for engine, open := range storetest.Engines() {
		t.Run(engine, func(t *testing.T) {
			t.Parallel()
			db := open(t)
			ctx := t.Context()
			first, ordered := placed(t, db)
			second := ada()
			second.Email = "bob@example.com"
			second = savedReader(t, db, second)
			ask := func(at time.Time, state stockdigest.RunState) {
				t.Helper()
				got, err := db.OrderReport(ctx, stockdigest.Order{Reader: second.ID, Ticker: "ACME", At: at})
				must(t, err)
				same(t, got, stockdigest.Ordered{
					Run: ordered.Run, Ticker: "ACME", State: state, Shared: true,
					Account: stockdigest.CreditAccount{Balance: 5, Resets: "2026-04-01"},
				})
			}
			ask(storetest.Now(), stockdigest.RunQueued)
			run := workOn(t, db, ordered.Run)
			ask(storetest.Now().Add(2*time.Hour), stockdigest.RunRunning)
			must(t, db.SaveReport(ctx, run, reportOf(run), ""))
			ask(storetest.Now().Add(stockdigest.FreshFor), stockdigest.RunDone)
			askers, err := db.Askers(ctx, run.ID)
			must(t, err)
			same(t, askers, []stockdigest.ReaderID{first.ID, second.ID})

			again, err := db.OrderReport(ctx, stockdigest.Order{Reader: second.ID, Ticker: "ACME", At: storetest.Now().Add(stockdigest.FreshFor + time.Second)})
			must(t, err)
			if again.Run == ordered.Run || again.Charged != 1 {
				t.Errorf("got %+v for a report older than an hour, want a new run that costs a credit", again)
			}
			wantLedger(t, db)
		})
	}
}

func TestOrderIsRefused(t *testing.T) {
	t.Parallel()
	for engine, open := range storetest.Engines() {
		t.Run(engine, func(t *testing.T) {
			t.Parallel()
			db := open(t)
			ctx := t.Context()
			market(t, db, 7)
			r := savedReader(t, db, ada())
			for i := range 5 {
				_, err := db.OrderReport(ctx, orderOf(r, symbolOf(i), ""))
				must(t, err)
			}
			for range 2 { // the refusal is kept under its key, too
				_, err := db.OrderReport(ctx, orderOf(r, "T5", "sixth"))
				wantKind(t, err, stockdigest.ErrDenied)
				none, ok := errors.AsType[*stockdigest.NoCredits](err)
				if !ok || none.Account != (stockdigest.CreditAccount{Held: 5, Resets: "2026-04-01"}) {
					t.Fatalf("got %v, want to be told when there are credits again", err)
				}
				_, err = db.Adjust(ctx, r.ID, 1, "operator ada", "goodwill")
				must(t, err)
			}
			_, err := db.OrderReport(ctx, orderOf(r, "T6", "sixth"))
			wantKind(t, err, stockdigest.ErrConflict)
			_, err = db.OrderReport(ctx, orderOf(r, "NONE", "none"))
			wantKind(t, err, stockdigest.ErrNotFound)
			market(t, db, 8)
			r.State = stockdigest.ReaderPaused
			savedReader(t, db, r)
			_, err = db.OrderReport(ctx, orderOf(r, "T7", "paused"))
			wantKind(t, err, stockdigest.ErrDenied)
			_, err = db.OrderReport(ctx, stockdigest.Order{Reader: "nobody", Ticker: "T6", At: storetest.Now()})
			wantKind(t, err, stockdigest.ErrNotFound)
			runs, err := store.Count(ctx, db, "SELECT count(*) FROM runs")
			must(t, err)
			same(t, runs, 5)
			wantLedger(t, db)
		})
	}
}

// TestSameKeyHasOneAnswer sends one order a hundred times at once over two
// handles, as two processes have them, after a restart, and a day later.
func TestSameKeyHasOneAnswer(t *testing.T) {
	t.Parallel()
	const times = 100
	for engine, config := range storetest.Configs() {
		t.Run(engine, func(t *testing.T) {
			t.Parallel()
			c := config(t)
			handles := []*store.DB{storetest.Open(t, c), storetest.Open(t, c)}
			ctx := t.Context()
			market(t, handles[0], 2)
			r := savedReader(t, handles[0], ada())
			answers := make([]string, times)
			var group errgroup.Group
			for i := range times {
				group.Go(func() error {
					ordered, err := handles[i%2].OrderReport(ctx, orderOf(r, "T0", "key"))
					if err != nil {
						return err
					}
					body, err := json.Marshal(ordered)
					answers[i] = string(body)
					return err
				})
			}
			must(t, group.Wait())
			for _, a := range answers {
				same(t, a, answers[0])
			}
			db := storetest.Open(t, c) // as after a restart
			again, err := db.OrderReport(ctx, orderOf(r, "T0", "key"))
			must(t, err)
			body, err := json.Marshal(again)
			must(t, err)
			same(t, string(body), answers[0])
			_, err = db.OrderReport(ctx, orderOf(r, "T1", "key"))
			wantKind(t, err, stockdigest.ErrConflict)
			for table, want := range map[string]int{"runs": 1, "credit_holds": 1, "run_asks": 1, "answers": 1, "credit_entries": 2} {
				n, err := store.Count(ctx, db, "SELECT count(*) FROM "+table)
				must(t, err)
				if n != want {
					t.Errorf("%s: got %d rows, want %d", table, n, want)
				}
			}
			wantLedger(t, db)

			late := orderOf(r, "T1", "key")
			late.At = late.At.Add(24 * time.Hour)
			_, err = db.OrderReport(ctx, late)
			must(t, err)
		})
	}
}

// TestOneRunForManyAskers lets thirty readers ask for one ticker at once.
func TestOneRunForManyAskers(t *testing.T) {
	t.Parallel()
	const askers = 30
	for engine, open := range storetest.Engines() {
		t.Run(engine, func(t *testing.T) {
			t.Parallel()
			db := open(t)
			ctx := t.Context()
			market(t, db, 1)
			var group errgroup.Group
			charged := make([]int, askers)
			for i := range askers {
				r := ada()
				r.Email = fmt.Sprintf("r%d@example.com", i)
				r = savedReader(t, db, r)
				group.Go(func() error {
					ordered, err := db.OrderReport(ctx, orderOf(r, "T0", "key"))
					charged[i] = ordered.Charged
					return err
				})
			}
			must(t, group.Wait())
			sum := 0
			for _, c := range charged {
				sum += c
			}
			runs, err := store.Count(ctx, db, "SELECT count(*) FROM runs")
			must(t, err)
			same(t, []int{runs, sum}, []int{1, 1})
			wantLedger(t, db)
		})
	}
}

// TestBalanceCoversEveryRun lets a reader with five credits order thirty
// tickers at once.
func TestBalanceCoversEveryRun(t *testing.T) {
	t.Parallel()
	const orders = 30
	for engine, open := range storetest.Engines() {
		t.Run(engine, func(t *testing.T) {
			t.Parallel()
			db := open(t)
			market(t, db, orders)
			r := savedReader(t, db, ada())
			var group errgroup.Group
			for i := range orders {
				group.Go(func() error {
					_, err := db.OrderReport(t.Context(), orderOf(r, symbolOf(i), ""))
					if _, none := errors.AsType[*stockdigest.NoCredits](err); none {
						return nil
					}
					return err
				})
			}
			must(t, group.Wait())
			runs, err := store.Count(t.Context(), db, "SELECT count(*) FROM runs")
			must(t, err)
			same(t, runs, 5)
			same(t, accountAt(t, db, r, storetest.Now()), stockdigest.CreditAccount{Held: 5, Resets: "2026-04-01"})
			wantLedger(t, db)
		})
	}
}

// TestOrderAfterAFailureInTheSameMoment has two runs of one ticker at one time.
func TestOrderAfterAFailureInTheSameMoment(t *testing.T) {
	t.Parallel()
	for engine, open := range storetest.Engines() {
		t.Run(engine, func(t *testing.T) {
			t.Parallel()
			db := open(t)
			r, first := placed(t, db)
			must(t, db.CancelRun(t.Context(), first.Run, "operator ada"))
			second, err := db.OrderReport(t.Context(), orderOf(r, "ACME", "second"))
			must(t, err)
			if second.Run == first.Run || second.Charged != 1 {
				t.Errorf("got %+v after %+v was cancelled, want a new run", second, first)
			}
			wantLedger(t, db)
		})
	}
}
