package calls_test

import (
	"context"
	"errors"
	"log/slog"
	"strconv"
	"testing"
	"testing/synctest"
	"time"

	"stockdigest.app/stockdigest"
	"stockdigest.app/stockdigest/internal/control/calls"
)

// TestARunWaitsForProvidersAMinuteInAll has one ask after the other refused: the
// provider wants each to come back in 25 seconds, or is given as long a rest. A
// run that waited for nothing goes on quickly, another one has its own patience.
func TestARunWaitsForProvidersAMinuteInAll(t *testing.T) {
	t.Parallel()
	for name, resting := range map[string]bool{"it asks for a pause": false, "it is given a rest": true} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				l, made := newLedger(), 0
				l.begin = func(stockdigest.Bid) (stockdigest.Permit, error) {
					if resting {
						return stockdigest.Permit{Held: stockdigest.HeldDown, Wait: 25 * time.Second}, nil
					}
					return stockdigest.Permit{}, nil
				}
				c := caller(t, l, provider(func(context.Context, stockdigest.Prompt) (stockdigest.Completion, error) {
					made++
					return stockdigest.Completion{}, &stockdigest.CallError{Reason: stockdigest.CallBusy, Status: 429, RetryAfter: 25 * time.Second}
				}))
				start := time.Now()
				for i := range 20 {
					_, err := c.Ask(t.Context(), ask("a", strconv.Itoa(i)))
					if _, failed := errors.AsType[*stockdigest.CallError](err); !failed {
						t.Fatal(err)
					}
				}
				if took := time.Since(start); took < 50*time.Second || took > time.Minute {
					t.Errorf("20 asks of a run waited %s for nothing, want about a minute in all", took)
				}
				start = time.Now()
				_, _ = c.Ask(t.Context(), ask("b", "x"))
				if took := time.Since(start); took != 50*time.Second {
					t.Errorf("another run waited %s, want 50s of its own", took)
				}
				if !resting && made != 3+19+3 {
					t.Errorf("%d calls, want three tries of who is patient, and one of the others", made)
				}
			})
		})
	}
}

// TestPatienceAndTimeoutAreTheCallersOwn has a provider of which nothing comes.
func TestPatienceAndTimeoutAreTheCallersOwn(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		start, made := time.Now(), 0
		silent := provider(func(ctx context.Context, _ stockdigest.Prompt) (stockdigest.Completion, error) {
			made++
			<-ctx.Done()
			return stockdigest.Completion{}, context.Cause(ctx)
		})
		c := calls.New(calls.Config{Budget: plenty(), Timeout: 100 * time.Millisecond, Patience: 2 * time.Second}, calls.Deps{
			Store: newLedger(), Providers: map[string]calls.Provider{"p": silent}, Prices: prices(t), Jitter: half,
			Now: func() time.Time { return clock().Add(time.Since(start)) }, Log: slog.New(slog.DiscardHandler),
		})
		_, err := c.Ask(t.Context(), ask("a", "first"))
		if call, failed := errors.AsType[*stockdigest.CallError](err); !failed || call.Reason != stockdigest.CallTimeout {
			t.Errorf("got %v, want a call that took too long", err)
		}
		if took := time.Since(start); made != 2 || took != 1200*time.Millisecond {
			t.Errorf("%d calls in %s, want two of 100ms with a second between them: a third would be past the patience", made, took)
		}
		for i := range 10 {
			_, _ = c.Ask(t.Context(), ask("a", strconv.Itoa(i)))
		}
		if took := time.Since(start); made != 2+10 || took > 4*time.Second {
			t.Errorf("%d calls in %s, want single ones once there is no time for a second try", made, took)
		}
	})
}
