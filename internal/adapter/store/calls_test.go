package store_test

import (
	"errors"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/uuid"

	"stockdigest.app/stockdigest"
	"stockdigest.app/stockdigest/internal/adapter/store"
	"stockdigest.app/stockdigest/internal/adapter/store/storetest"
)

const callDay = stockdigest.Day("2026-03-03")

// plenty is a budget that does not bind.
func plenty() stockdigest.Budget {
	return stockdigest.Budget{Run: 1e9, Reader: 1e9, Day: 1e9, Month: 1e9}
}

// bid asks for a call that costs 100 at most.
func bid(key string) stockdigest.Bid {
	return stockdigest.Bid{
		ID: uuid.NewString(), Key: key, Day: callDay, Reserve: 100, Tokens: 10, Lease: time.Hour, Try: 1, Budget: plenty(),
		Ask: stockdigest.Ask{Run: "run", Step: stockdigest.StepSummarize, Reader: "ada", Provider: "p", Model: "m"},
	}
}

func granted(t *testing.T, db *store.DB, b stockdigest.Bid) {
	t.Helper()
	permit, err := db.BeginCall(t.Context(), b)
	must(t, err)
	if permit.Held != "" || permit.Answer != nil {
		t.Fatalf("got %+v, want leave to call", permit)
	}
}

func held(t *testing.T, db *store.DB, b stockdigest.Bid, want stockdigest.Hold) {
	t.Helper()
	permit, err := db.BeginCall(t.Context(), b)
	must(t, err)
	if permit.Held != want || permit.Wait <= 0 {
		t.Fatalf("got %+v, want it held by %q for a while", permit, want)
	}
}

func done(b stockdigest.Bid, text string, cost stockdigest.Micros) stockdigest.Outcome {
	return stockdigest.Outcome{
		ID: b.ID, Provider: b.Ask.Provider, State: stockdigest.CallDone, Cost: cost, Took: time.Second,
		Completion: stockdigest.Completion{Text: text, Stop: "stop", Model: "m-1", Usage: stockdigest.Usage{In: 7, InCached: 2, Out: 3}},
	}
}

func failed(b stockdigest.Bid, state stockdigest.CallState, reason stockdigest.CallReason) stockdigest.Outcome {
	return stockdigest.Outcome{
		ID: b.ID, Provider: b.Ask.Provider, State: state,
		Err: &stockdigest.CallError{Provider: b.Ask.Provider, Reason: reason, Err: errors.New("boom")},
	}
}

// spent returns what the day's calls took, settled and reserved, after
// checking that every scope says the same.
func spent(t *testing.T, db *store.DB) [2]stockdigest.Micros {
	t.Helper()
	s, err := db.Spending(t.Context(), callDay, plenty())
	must(t, err)
	for _, other := range append([]stockdigest.Spent{s.Month}, s.Runs...) {
		if other.Settled != s.Day.Settled || other.Reserved != s.Day.Reserved {
			t.Fatalf("%s says %+v, the day %+v", other.Scope, other, s.Day)
		}
	}
	n, err := store.Count(t.Context(), db, `SELECT coalesce(sum(settled * 1000000 + reserved), 0) FROM spending WHERE scope = 'reader'`)
	must(t, err)
	if n != int(s.Day.Settled*1000000+s.Day.Reserved) {
		t.Fatalf("the reader's sum is %d, the day says %+v", n, s.Day)
	}
	return [2]stockdigest.Micros{s.Day.Settled, s.Day.Reserved}
}

func TestAnAnswerIsPaidForOnce(t *testing.T) {
	t.Parallel()
	for engine, open := range storetest.Engines() {
		t.Run(engine, func(t *testing.T) {
			t.Parallel()
			db := open(t)
			b := bid("k")
			granted(t, db, b)
			held(t, db, bid("k"), stockdigest.HeldSame)
			granted(t, db, b) // the commit was not heard of: it is the same call
			same(t, spent(t, db), [2]stockdigest.Micros{0, 100})

			must(t, db.SettleCall(t.Context(), done(b, "{\"a\": 1}\x00", 7)))
			must(t, db.SettleCall(t.Context(), done(b, "other", 70)))
			same(t, spent(t, db), [2]stockdigest.Micros{7, 0})
			want := stockdigest.Completion{
				Text: `{"a": 1}`, Stop: "stop", Model: "m-1", Cached: true, Usage: stockdigest.Usage{In: 7, InCached: 2, Out: 3},
			}
			permit, err := db.BeginCall(t.Context(), bid("k"))
			must(t, err)
			same(t, permit, stockdigest.Permit{Answer: &want})
			answer, found, err := db.Answer(t.Context(), "k")
			must(t, err)
			same(t, answer, want)
			same(t, found, true)
		})
	}
}

func TestAFailedCallCostsNothingAndALostOneInFull(t *testing.T) {
	t.Parallel()
	for engine, open := range storetest.Engines() {
		t.Run(engine, func(t *testing.T) {
			t.Parallel()
			db := open(t)
			a, b := bid("a"), bid("b")
			granted(t, db, a)
			granted(t, db, b)
			must(t, db.SettleCall(t.Context(), failed(a, stockdigest.CallFailed, stockdigest.CallBusy)))
			must(t, db.SettleCall(t.Context(), failed(b, stockdigest.CallLost, stockdigest.CallTimeout)))
			same(t, spent(t, db), [2]stockdigest.Micros{100, 0})
			granted(t, db, bid("a")) // both may be made again
			granted(t, db, bid("b"))
		})
	}
}

func TestACallWhoseWorkerDiedIsLostAndMadeAgain(t *testing.T) {
	t.Parallel()
	for engine, open := range storetest.Engines() {
		t.Run(engine, func(t *testing.T) {
			t.Parallel()
			db := open(t)
			dead, again := bid("k"), bid("k")
			granted(t, db, dead)
			must(t, store.ExpireCalls(t.Context(), db))
			granted(t, db, again)
			same(t, spent(t, db), [2]stockdigest.Micros{100, 100})
			// The dead one comes back while the other is under way: the ledger has one
			// answer per key, but the price is known now.
			must(t, db.SettleCall(t.Context(), done(dead, "late", 9)))
			same(t, spent(t, db), [2]stockdigest.Micros{9, 100})
			must(t, db.SettleCall(t.Context(), done(again, "right", 8)))
			same(t, spent(t, db), [2]stockdigest.Micros{17, 0})
			answer, _, err := db.Answer(t.Context(), "k")
			must(t, err)
			same(t, answer.Text, "right")
		})
	}
}

func TestALateAnswerIsKept(t *testing.T) {
	t.Parallel()
	for engine, open := range storetest.Engines() {
		t.Run(engine, func(t *testing.T) {
			t.Parallel()
			db := open(t)
			late := bid("k")
			granted(t, db, late)
			must(t, store.ExpireCalls(t.Context(), db))
			granted(t, db, bid("other")) // gives up what expired
			same(t, spent(t, db), [2]stockdigest.Micros{100, 100})
			must(t, db.SettleCall(t.Context(), done(late, "late", 9)))
			must(t, db.SettleCall(t.Context(), done(late, "late", 9)))
			same(t, spent(t, db), [2]stockdigest.Micros{9, 100})
			_, found, err := db.Answer(t.Context(), "k")
			must(t, err)
			same(t, found, true)
		})
	}
}

// The cap of the pages is theirs alone, and counts beside the others.
func TestPagesHaveACapOfTheirOwn(t *testing.T) {
	t.Parallel()
	for engine, open := range storetest.Engines() {
		t.Run(engine, func(t *testing.T) {
			t.Parallel()
			db := open(t)
			of := func(provider, key string) stockdigest.Bid {
				b := bid(key)
				b.Ask.Provider, b.Budget.Pages = provider, 250
				return b
			}
			ended := func(b stockdigest.Bid, cost stockdigest.Micros) stockdigest.Outcome {
				o := done(b, "page", cost)
				o.Provider = b.Ask.Provider
				return o
			}
			a, b := of(stockdigest.PageReader, "a"), of(stockdigest.PageReader, "b")
			granted(t, db, a)
			granted(t, db, b)
			held(t, db, of(stockdigest.PageReader, "c"), stockdigest.HeldHouse)
			must(t, db.SettleCall(t.Context(), ended(a, 60)))
			must(t, db.SettleCall(t.Context(), ended(b, 100)))
			_, err := db.BeginCall(t.Context(), of(stockdigest.PageReader, "c"))
			over, ok := errors.AsType[*stockdigest.OverBudget](err)
			if !ok {
				t.Fatalf("got %v, want over budget", err)
			}
			same(t, *over, stockdigest.OverBudget{Scope: "pages", Cap: 250, Spent: 160, Want: 100})
			granted(t, db, of("model", "d"))
			same(t, spent(t, db), [2]stockdigest.Micros{160, 100})
			tomorrow := of(stockdigest.PageReader, "e")
			tomorrow.Day = tomorrow.Day.Add(1)
			granted(t, db, tomorrow)
		})
	}
}

func TestEveryCapHolds(t *testing.T) {
	t.Parallel()
	for _, scope := range []string{"run", "reader", "day", "month"} {
		t.Run(scope, func(t *testing.T) {
			t.Parallel()
			hold := map[string]stockdigest.Hold{
				"run": stockdigest.HeldOwn, "reader": stockdigest.HeldOwn, "day": stockdigest.HeldHouse, "month": stockdigest.HeldHouse,
			}[scope]
			for engine, open := range storetest.Engines() {
				t.Run(engine, func(t *testing.T) {
					t.Parallel()
					db := open(t)
					ask := func(key string) stockdigest.Bid {
						b := bid(key)
						limit := map[string]*stockdigest.Micros{
							"run": &b.Budget.Run, "reader": &b.Budget.Reader, "day": &b.Budget.Day, "month": &b.Budget.Month,
						}[scope]
						*limit = 250
						return b
					}
					a, b := ask("a"), ask("b")
					granted(t, db, a)
					granted(t, db, b)
					held(t, db, ask("c"), hold)
					must(t, db.SettleCall(t.Context(), done(a, "a", 60)))
					must(t, db.SettleCall(t.Context(), done(b, "b", 100)))
					_, err := db.BeginCall(t.Context(), ask("c"))
					var over *stockdigest.OverBudget
					if !errors.As(err, &over) {
						t.Fatalf("got %v, want over budget", err)
					}
					same(t, *over, stockdigest.OverBudget{Scope: scope, Cap: 250, Spent: 160, Want: 100})
					same(t, spent(t, db), [2]stockdigest.Micros{160, 0})
					free := ask("free")
					free.Reserve = 0
					granted(t, db, free)
				})
			}
		})
	}
}

func TestAProviderThatBillsMoreThanItCanIsStopped(t *testing.T) {
	t.Parallel()
	for engine, open := range storetest.Engines() {
		t.Run(engine, func(t *testing.T) {
			t.Parallel()
			db := open(t)
			b := bid("k")
			granted(t, db, b)
			must(t, db.SettleCall(t.Context(), done(b, "a", 101)))
			_, err := db.BeginCall(t.Context(), bid("l"))
			if _, stopped := errors.AsType[*stockdigest.CallError](err); !stopped {
				t.Fatalf("got %v, want a call error", err)
			}
			states, err := db.Providers(t.Context())
			must(t, err)
			if states[0].Tripped == "" {
				t.Errorf("got %+v, want it tripped", states)
			}
			must(t, db.ResetProvider(t.Context(), "p"))
			granted(t, db, bid("l"))
			wantKind(t, db.ResetProvider(t.Context(), "q"), stockdigest.ErrNotFound)
		})
	}
}

func TestOpenCallsAreTheProvidersPermits(t *testing.T) {
	t.Parallel()
	for engine, open := range storetest.Engines() {
		t.Run(engine, func(t *testing.T) {
			t.Parallel()
			db := open(t)
			var got atomic.Int32
			var all sync.WaitGroup
			for i := range 30 {
				all.Go(func() {
					b := bid(strconv.Itoa(i))
					b.Limits = stockdigest.Limits{Parallel: 4}
					permit, err := db.BeginCall(t.Context(), b)
					if err != nil {
						t.Error(err)
					} else if permit.Held == "" {
						got.Add(1)
					}
				})
			}
			all.Wait()
			same(t, got.Load(), int32(4))
		})
	}
}

func TestRetriesAreATenthOfTheCalls(t *testing.T) {
	t.Parallel()
	for engine, open := range storetest.Engines() {
		t.Run(engine, func(t *testing.T) {
			t.Parallel()
			db := open(t)
			retry := func(key string) stockdigest.Bid {
				b := bid(key)
				b.Try = 2
				return b
			}
			granted(t, db, retry("first")) // one in half a minute is always allowed
			for i := range 18 {
				held(t, db, retry("second"), stockdigest.HeldRetry)
				granted(t, db, bid(strconv.Itoa(i)))
			}
			held(t, db, retry("second"), stockdigest.HeldRetry)
			granted(t, db, bid("last"))
			granted(t, db, retry("second"))
			must(t, store.AgeCalls(t.Context(), db))
			granted(t, db, retry("much later"))
		})
	}
}

func TestTheLedgerListsCallsNewestFirst(t *testing.T) {
	t.Parallel()
	for engine, open := range storetest.Engines() {
		t.Run(engine, func(t *testing.T) {
			t.Parallel()
			db := open(t)
			a, b := bid("a"), bid("b")
			b.Ask.Run = "other"
			granted(t, db, a)
			must(t, db.SettleCall(t.Context(), done(a, "text", 5)))
			granted(t, db, b)
			calls, err := db.Calls(t.Context(), stockdigest.CallFilter{})
			must(t, err)
			same(t, len(calls), 2)
			calls, err = db.Calls(t.Context(), stockdigest.CallFilter{Run: "run"})
			must(t, err)
			same(t, len(calls), 1)
			calls[0].Started = time.Time{}
			same(t, calls[0], stockdigest.Call{
				ID: a.ID, Key: "a", Provider: "p", Model: "m", Prompt: " ", Run: "run", Step: stockdigest.StepSummarize,
				State: stockdigest.CallDone, Reserved: 100, Cost: 5, Usage: stockdigest.Usage{In: 7, InCached: 2, Out: 3}, Took: time.Second,
			})
			s, err := db.Spending(t.Context(), callDay, plenty())
			must(t, err)
			same(t, s.Models, []stockdigest.ModelSpending{{Provider: "p", Model: "m", Calls: 2, Done: 1, TokensIn: 7, TokensOut: 3, Cost: 5}})
			same(t, len(s.Runs), 2)
		})
	}
}

// A ledger of years must not make a bid slow.
func TestABidReadsNoOldCalls(t *testing.T) {
	t.Parallel()
	plans, err := store.CallPlans(t.Context(), storetest.SQLite(t))
	must(t, err)
	for i, index := range []string{"calls_once (key=?)", "calls_open (provider=?)", "calls_by_start (started_at>?)"} {
		if !strings.Contains(plans[i], index) {
			t.Errorf("got %q, want the index %s", plans[i], index)
		}
	}
}

func TestARenewedCallOutlivesItsLeaseAndAGivenUpOneDoesNotComeBack(t *testing.T) {
	t.Parallel()
	for engine, config := range storetest.Configs() {
		t.Run(engine, func(t *testing.T) {
			t.Parallel()
			db := storetest.Open(t, config(t))
			first := bid("key")
			granted(t, db, first)
			must(t, store.ExpireCalls(t.Context(), db))
			must(t, db.RenewCall(t.Context(), first.ID, time.Hour))
			held(t, db, bid("key"), stockdigest.HeldSame)

			must(t, store.ExpireCalls(t.Context(), db))
			second := bid("key")
			granted(t, db, second)
			must(t, db.RenewCall(t.Context(), first.ID, time.Hour))
			must(t, db.SettleCall(t.Context(), done(second, "answer", 1)))
			calls, err := db.Calls(t.Context(), stockdigest.CallFilter{})
			must(t, err)
			for _, c := range calls {
				if c.ID == first.ID && c.State != stockdigest.CallLost {
					t.Errorf("the first call is %s, want it lost", c.State)
				}
			}
		})
	}
}
