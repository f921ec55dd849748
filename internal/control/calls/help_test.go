package calls_test

import (
	"context"
	"errors"
	"log/slog"
	"sync"
	"testing"
	"time"

	"stockdigest.app/stockdigest"
	"stockdigest.app/stockdigest/internal/control/budget"
	"stockdigest.app/stockdigest/internal/control/calls"
)

func must(tb testing.TB, err error) {
	tb.Helper()
	if err != nil {
		tb.Fatal(err)
	}
}

func clock() time.Time { return time.Date(2026, 3, 3, 7, 0, 0, 0, time.UTC) }

func half() float64 { return 0.5 }

// prices has a model m of provider p that costs $1 and $10 per million tokens.
func prices(tb testing.TB) *budget.Prices {
	tb.Helper()
	table, err := budget.New()
	must(tb, err)
	must(tb, table.Add("p m 2020-01-01 1 0.1 10"))
	return table
}

func ask(run stockdigest.RunID, input string) stockdigest.Ask {
	return stockdigest.Ask{
		Run: run, Step: stockdigest.StepSummarize, Provider: "p", Model: "m",
		Prompt: stockdigest.Prompt{Name: "choose", Version: "1", Input: input, MaxOutput: 100},
	}
}

// plenty is a budget that does not bind.
func plenty() stockdigest.Budget {
	b := 1_000_000 * stockdigest.Dollar
	return stockdigest.Budget{Run: b, Reader: b, Day: b, Month: b}
}

func caller(tb testing.TB, s calls.Store, p calls.Provider) *calls.Caller {
	tb.Helper()
	began := time.Now()
	return calls.New(calls.Config{Budget: plenty()}, calls.Deps{
		Store: s, Providers: map[string]calls.Provider{"p": p}, Prices: prices(tb), Jitter: half,
		Now: func() time.Time { return clock().Add(time.Since(began)) },
		Log: slog.New(slog.DiscardHandler),
	})
}

// A provider answers with what its function says.
type provider func(ctx context.Context, p stockdigest.Prompt) (stockdigest.Completion, error)

func (p provider) Complete(ctx context.Context, _ string, prompt stockdigest.Prompt) (stockdigest.Completion, error) {
	return p(ctx, prompt)
}

// echo answers with the prompt after a while, and counts.
func echo(d time.Duration, count *int) provider {
	var mu sync.Mutex
	return func(context.Context, stockdigest.Prompt) (stockdigest.Completion, error) {
		time.Sleep(d)
		mu.Lock()
		defer mu.Unlock()
		*count++
		return stockdigest.Completion{Text: "answer", Usage: stockdigest.Usage{In: 10, Out: 10}}, nil
	}
}

// A ledger is a store in memory. Its functions, when set, speak first.
type ledger struct {
	mu      sync.Mutex
	answers map[string]stockdigest.Completion
	bids    map[string]stockdigest.Bid // open
	begun   int
	ended   []stockdigest.Outcome
	renewed int

	begin  func(stockdigest.Bid) (stockdigest.Permit, error)
	settle func(stockdigest.Outcome) error

	renewErr error
	used     []stockdigest.RunID // of answers that were there
}

func newLedger() *ledger {
	return &ledger{answers: map[string]stockdigest.Completion{}, bids: map[string]stockdigest.Bid{}}
}

func (l *ledger) Answer(_ context.Context, key string) (stockdigest.Completion, bool, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	answer, found := l.answers[key]
	answer.Cached = found
	return answer, found, nil
}

func (l *ledger) BeginCall(_ context.Context, b stockdigest.Bid) (stockdigest.Permit, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.begun++
	if l.begin != nil {
		if permit, err := l.begin(b); err != nil || permit.Held != "" {
			return permit, err
		}
	}
	l.bids[b.ID] = b
	return stockdigest.Permit{}, nil
}

func (l *ledger) RenewCall(context.Context, string, time.Duration) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.renewed++
	return l.renewErr
}

func (l *ledger) UseAnswer(_ context.Context, _ string, run stockdigest.RunID, _ stockdigest.StepName) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.used = append(l.used, run)
	return nil
}

func (l *ledger) SettleCall(_ context.Context, o stockdigest.Outcome) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.settle != nil {
		if err := l.settle(o); err != nil {
			return err
		}
	}
	l.ended = append(l.ended, o)
	if o.State == stockdigest.CallDone {
		l.answers[l.bids[o.ID].Key] = o.Completion
	}
	delete(l.bids, o.ID)
	return nil
}

var errAway = &stockdigest.Error{Kind: stockdigest.ErrUnavailable, Message: "away", Err: errors.New("away")}
