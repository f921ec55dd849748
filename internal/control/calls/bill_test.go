package calls_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"os"
	"sync"
	"testing"
	"time"

	"stockdigest.app/stockdigest"
	"stockdigest.app/stockdigest/internal/adapter/store"
	"stockdigest.app/stockdigest/internal/adapter/store/storetest"
	"stockdigest.app/stockdigest/internal/control/budget"
	"stockdigest.app/stockdigest/internal/control/calls"
)

// A biller is a provider that keeps the bill. It reports, and bills, ten times
// the tokens that went through, breaks off after it has billed, and refuses.
type biller struct {
	name   string
	prices *budget.Prices

	mu   sync.Mutex
	rand *rand.Rand
	bill stockdigest.Micros
	made map[string]int // by prompt
}

func (b *biller) Complete(_ context.Context, model string, p stockdigest.Prompt) (stockdigest.Completion, error) {
	b.mu.Lock()
	luck, d := b.rand.Float64(), time.Duration(b.rand.IntN(10))*time.Millisecond
	b.mu.Unlock()
	time.Sleep(d)
	if luck < 0.05 {
		return stockdigest.Completion{}, &stockdigest.CallError{Provider: b.name, Reason: stockdigest.CallBusy, Status: 429}
	}
	answer := stockdigest.Completion{Text: "{}", Usage: stockdigest.Usage{In: 10 * len(p.Input), Out: 10 * p.MaxOutput}}
	cost, err := b.prices.Cost(b.name, model, answer.Usage, "2026-03-03")
	if err != nil {
		return answer, err
	}
	b.mu.Lock()
	b.bill += cost
	b.made[p.Input]++
	b.mu.Unlock()
	if luck < 0.15 {
		return stockdigest.Completion{}, &stockdigest.CallError{Provider: b.name, Reason: stockdigest.CallBroken, Status: 200, MaybeBilled: true}
	}
	return answer, nil
}

// A mortal is a store whose worker dies before some answers are stored. The
// permits of the dead run out soon, those of slow workers too.
type mortal struct {
	calls.Store
	mu   sync.Mutex
	rand *rand.Rand
}

func (m *mortal) BeginCall(ctx context.Context, b stockdigest.Bid) (stockdigest.Permit, error) {
	b.Lease = 40 * time.Millisecond
	return m.Store.BeginCall(ctx, b)
}

// RenewCall leaves the permit to run out.
func (m *mortal) RenewCall(context.Context, string, time.Duration) error { return nil }

func (m *mortal) SettleCall(ctx context.Context, o stockdigest.Outcome) error {
	m.mu.Lock()
	dies, late := m.rand.Float64() < 0.1, m.rand.Float64() < 0.1
	m.mu.Unlock()
	if dies {
		return errors.New("killed")
	}
	if late {
		time.Sleep(60 * time.Millisecond)
	}
	return m.Store.SettleCall(ctx, o)
}

// spree lets 20 workers with a store each of two ask as much as they can under
// a cap of the day that leaves room for few of the calls, and returns the bill.
func spree(t *testing.T, seed uint64, limit stockdigest.Micros, handles []calls.Store) *biller {
	t.Helper()
	table, err := budget.New()
	must(t, err)
	name := fmt.Sprintf("p%d", seed)
	must(t, table.Add(name+" m 2020-01-01 1 0.1 10"))
	p := &biller{name: name, prices: table, rand: rand.New(rand.NewPCG(seed, 1)), made: map[string]int{}}
	b := plenty()
	b.Day = limit
	var all sync.WaitGroup
	for i, s := range handles {
		c := calls.New(calls.Config{Budget: b}, calls.Deps{
			Store:     &mortal{Store: s, rand: rand.New(rand.NewPCG(seed, uint64(2+i)))},
			Providers: map[string]calls.Provider{name: p}, Prices: table, Log: slog.New(slog.DiscardHandler),
			Jitter: func() float64 { return 0 },
			Now:    func() time.Time { return clock().AddDate(0, 0, int(seed)) },
		})
		for w := range 20 / len(handles) {
			all.Go(func() { work(t, c, name, seed, w) })
		}
		t.Cleanup(func() { must(t, c.Drain(context.Background())) })
	}
	all.Wait()
	return p
}

// work asks 12 things, some of which others ask too, until the money is gone.
func work(t *testing.T, c *calls.Caller, name string, seed uint64, worker int) {
	t.Helper()
	for n := range 12 {
		a := ask(stockdigest.RunID(fmt.Sprintf("run-%d", seed)), fmt.Sprintf("%200d", (worker*7+n*13)%60))
		a.Provider = name
		_, err := c.Ask(t.Context(), a)
		if _, over := errors.AsType[*stockdigest.OverBudget](err); over {
			return
		}
	}
}

// limitOf is the cap of a day: 60 cents, of which one call may take 5.
const limitOf stockdigest.Micros = 600_000

func TestTheBillNeverPassesTheCap(t *testing.T) {
	t.Parallel()
	rounds := 6
	if os.Getenv("TORTURE") != "" {
		rounds = 100
	}
	for engine, config := range storetest.Configs() {
		t.Run(engine, func(t *testing.T) {
			t.Parallel()
			c := config(t)
			handles := []calls.Store{storetest.Open(t, c), storetest.Open(t, c)}
			var total, repeated int
			var largest stockdigest.Micros
			for from := 0; from < rounds; from += 10 {
				var all sync.WaitGroup
				for seed := from; seed < min(from+10, rounds); seed++ {
					all.Go(func() {
						p := spree(t, uint64(seed), limitOf, handles)
						p.mu.Lock()
						defer p.mu.Unlock()
						if p.bill > limitOf || p.bill == 0 {
							t.Errorf("round %d: a bill of %s under a cap of %s", seed, p.bill, limitOf)
						}
					})
				}
				all.Wait()
			}
			db, _ := handles[0].(*store.DB)
			for seed := range rounds {
				s, err := db.Spending(t.Context(), stockdigest.DayOf(clock().AddDate(0, 0, seed), time.UTC), stockdigest.Budget{Day: limitOf})
				must(t, err)
				if s.Day.Settled+s.Day.Reserved > limitOf {
					t.Errorf("round %d: the ledger says %+v", seed, s.Day)
				}
				largest = max(largest, s.Day.Settled)
				for _, m := range s.Models {
					total, repeated = total+m.Calls, repeated+m.Lost
				}
			}
			t.Logf("measured: %d rounds, %d calls, %d lost, most counted in a round %s of %s, bill never above", rounds, total, repeated, largest, limitOf)
		})
	}
}

// A naive store looks what was spent and then spends.
type naive struct {
	mu     sync.Mutex
	spent  stockdigest.Micros
	answer map[string]stockdigest.Completion
	keys   map[string]string
}

func (n *naive) Answer(_ context.Context, key string) (stockdigest.Completion, bool, error) {
	n.mu.Lock()
	defer n.mu.Unlock()
	a, found := n.answer[key]
	return a, found, nil
}

func (n *naive) BeginCall(_ context.Context, b stockdigest.Bid) (stockdigest.Permit, error) {
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.spent+b.Reserve/10 > b.Budget.Day {
		return stockdigest.Permit{}, &stockdigest.OverBudget{Scope: "day"}
	}
	n.keys[b.ID] = b.Key
	return stockdigest.Permit{}, nil
}

func (n *naive) RenewCall(context.Context, string, time.Duration) error { return nil }

func (n *naive) UseAnswer(context.Context, string, stockdigest.RunID, stockdigest.StepName) error {
	return nil
}

func (n *naive) SettleCall(_ context.Context, o stockdigest.Outcome) error {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.spent += o.Cost
	if o.State == stockdigest.CallDone {
		n.answer[n.keys[o.ID]] = o.Completion
	}
	return nil
}

func TestCheckThenSpendPassesTheCap(t *testing.T) {
	t.Parallel()
	broken := 0
	for seed := range 5 {
		n := &naive{answer: map[string]stockdigest.Completion{}, keys: map[string]string{}}
		if p := spree(t, uint64(seed), limitOf, []calls.Store{n, n}); p.bill > limitOf {
			broken++
		}
	}
	if broken == 0 {
		t.Error("the harness does not see what check-then-spend overspends")
	}
}
