package calls_test

import (
	"context"
	"log/slog"
	"strconv"
	"sync"
	"testing"
	"time"

	"stockdigest.app/stockdigest"
	"stockdigest.app/stockdigest/internal/adapter/store"
	"stockdigest.app/stockdigest/internal/adapter/store/storetest"
	"stockdigest.app/stockdigest/internal/control/calls"
)

// A watched provider counts who is in at the same time, and what was asked.
type watched struct {
	mu       sync.Mutex
	in, most int
	asked    map[string]int
}

func (w *watched) Complete(_ context.Context, _ string, p stockdigest.Prompt) (stockdigest.Completion, error) {
	w.mu.Lock()
	w.in++
	w.most = max(w.most, w.in)
	w.asked[p.Input]++
	w.mu.Unlock()
	time.Sleep(20 * time.Millisecond)
	w.mu.Lock()
	w.in--
	w.mu.Unlock()
	return stockdigest.Completion{Text: "answer", Usage: stockdigest.Usage{In: 10, Out: 10}}, nil
}

// fleet is two processes on one database, as far as a test can have them in one.
func fleet(t *testing.T, handles []*store.DB, p calls.Provider, limits stockdigest.Limits) [2]*calls.Caller {
	t.Helper()
	var all [2]*calls.Caller
	for i := range all {
		all[i] = calls.New(calls.Config{Budget: plenty(), Limits: limits}, calls.Deps{
			Store: handles[i], Providers: map[string]calls.Provider{"p": p}, Prices: prices(t), Now: clock, Jitter: half,
			Log: slog.New(slog.DiscardHandler),
		})
	}
	return all
}

func TestTheSameAskOfTwoProcessesIsPaidForOnce(t *testing.T) {
	t.Parallel()
	for engine, config := range storetest.Configs() {
		t.Run(engine, func(t *testing.T) {
			t.Parallel()
			conf := config(t)
			p := &watched{asked: map[string]int{}}
			callers := fleet(t, []*store.DB{storetest.Open(t, conf), storetest.Open(t, conf)}, p, stockdigest.Limits{})
			var all sync.WaitGroup
			for i := range 50 {
				all.Go(func() {
					answer, err := callers[i%2].Ask(t.Context(), ask(stockdigest.RunID(strconv.Itoa(i)), "same"))
					if err != nil || answer.Text != "answer" {
						t.Errorf("got %+v, %v", answer, err)
					}
				})
			}
			all.Wait()
			if p.asked["same"] != 1 {
				t.Errorf("%d paid calls for one key", p.asked["same"])
			}
		})
	}
}

func TestTheFleetStaysWithinTheProvidersLimits(t *testing.T) {
	t.Parallel()
	const perSecond = 50
	for engine, config := range storetest.Configs() {
		t.Run(engine, func(t *testing.T) {
			t.Parallel()
			conf := config(t)
			handles := []*store.DB{storetest.Open(t, conf), storetest.Open(t, conf)}
			p := &watched{asked: map[string]int{}}
			callers := fleet(t, handles, p, stockdigest.Limits{Parallel: 3, PerSecond: perSecond})
			start := time.Now()
			var all sync.WaitGroup
			for i := range 60 {
				all.Go(func() {
					_, err := callers[i%2].Ask(t.Context(), ask("run", strconv.Itoa(i)))
					if err != nil {
						t.Error(err)
					}
				})
			}
			all.Wait()
			if p.most > 3 || len(p.asked) != 60 {
				t.Errorf("%d calls at once, %d asked; want 3 and 60", p.most, len(p.asked))
			}
			ledger, err := handles[0].Calls(t.Context(), stockdigest.CallFilter{})
			must(t, err)
			for i := 1; i < len(ledger); i++ { // newest first
				if gap := ledger[i-1].Started.Sub(ledger[i].Started); gap < time.Second/perSecond {
					t.Errorf("calls %d and %d leave %s apart", i-1, i, gap)
				}
			}
			t.Logf("60 calls in %s", time.Since(start))
		})
	}
}
