package calls_test

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"stockdigest.app/stockdigest"
	"stockdigest.app/stockdigest/internal/control/calls"
)

func TestAKeyNamesAllThatDecidesTheAnswer(t *testing.T) {
	t.Parallel()
	base := ask("a", "x")
	seen := map[string]int{calls.Key(base): 0}
	for i, change := range []func(*stockdigest.Ask){
		func(a *stockdigest.Ask) { a.Provider = "q" },
		func(a *stockdigest.Ask) { a.Model = "n" },
		func(a *stockdigest.Ask) { a.Prompt.Name = "c" },
		func(a *stockdigest.Ask) { a.Prompt.Version = "2" },
		func(a *stockdigest.Ask) { a.Prompt.System = "s" },
		func(a *stockdigest.Ask) { a.Prompt.Input, a.Prompt.System = "", "x" },
		func(a *stockdigest.Ask) { a.Prompt.Schema = []byte("{}") },
		func(a *stockdigest.Ask) { a.Prompt.MaxOutput = 99 },
	} {
		other := base
		change(&other)
		key := calls.Key(other)
		if before, found := seen[key]; found {
			t.Errorf("change %d has the key of %d", i+1, before)
		}
		seen[key] = i + 1
	}
	other := base
	other.Run, other.Reader, other.Step = "b", "ada", stockdigest.StepVerify
	if calls.Key(other) != calls.Key(base) {
		t.Error("who asks must not change the key")
	}
}

func TestAskStopsWithItsContextAndTheCallIsKept(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		made := 0
		l := newLedger()
		c := caller(t, l, echo(10*time.Second, &made))
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		start := time.Now()
		if _, err := c.Ask(ctx, ask("a", "x")); !errors.Is(err, context.DeadlineExceeded) {
			t.Fatalf("got %v, want the end of the context", err)
		}
		if took := time.Since(start); took != time.Second {
			t.Errorf("it took %s to stop", took)
		}
		must(t, c.Drain(t.Context()))
		if took := time.Since(start); took != 10*time.Second || len(l.ended) != 1 || l.ended[0].State != stockdigest.CallDone {
			t.Fatalf("after %s the ledger has %+v, want the answer of 10s", took, l.ended)
		}
		answer, err := c.Ask(t.Context(), ask("b", "x"))
		must(t, err)
		if made != 1 || answer.Text != "answer" {
			t.Errorf("%d calls, answer %+v", made, answer)
		}
	})
}

func TestWhatOthersPaidForIsNoted(t *testing.T) {
	t.Parallel()
	made := 0
	l := newLedger()
	c := caller(t, l, echo(0, &made))
	for _, run := range []stockdigest.RunID{"a", "b", "c"} {
		answer, err := c.Ask(t.Context(), ask(run, "x"))
		must(t, err)
		if answer.Cached != (run != "a") {
			t.Errorf("%s: cached %v", run, answer.Cached)
		}
	}
	if diff := cmp.Diff([]stockdigest.RunID{"b", "c"}, l.used); diff != "" || made != 1 {
		t.Errorf("%d calls; runs that used an answer (-want +got):\n%s", made, diff)
	}
}

func TestDrainEndsWithItsContext(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		made := 0
		c := caller(t, newLedger(), echo(time.Minute, &made))
		go func() { _, _ = c.Ask(t.Context(), ask("a", "x")) }()
		synctest.Wait()
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		if err := c.Drain(ctx); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("got %v, want the end of the context", err)
		}
		must(t, c.Drain(t.Context()))
	})
}

func TestAStopBeginsNothingAndLosesNothing(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		l := newLedger()
		full := false
		l.begin = func(stockdigest.Bid) (stockdigest.Permit, error) {
			if full {
				return stockdigest.Permit{Held: stockdigest.HeldLimits, Wait: time.Hour}, nil
			}
			full = true
			return stockdigest.Permit{}, nil
		}
		made := 0
		c := caller(t, l, echo(8*time.Second, &made))
		outcomes := make([]error, 3)
		var all sync.WaitGroup
		for i := range outcomes[:2] { // one under way, one that waits for leave
			all.Go(func() { _, outcomes[i] = c.Ask(t.Context(), ask("a", strconv.Itoa(i))) })
			synctest.Wait()
		}
		began := time.Now()
		c.Stop()
		_, outcomes[2] = c.Ask(t.Context(), ask("a", "new"))
		if outcomes[2] == nil || time.Since(began) > 0 {
			t.Errorf("a new ask after the stop: %v after %s, want an error at once", outcomes[2], time.Since(began))
		}
		all.Wait()
		if outcomes[0] != nil || outcomes[1] == nil || made != 1 || len(l.ended) != 1 {
			t.Errorf("got %v; %d calls, ledger %+v; want the first answered and stored, and no other", outcomes, made, l.ended)
		}
	})
}

func TestNobodyWaitingMeansNothingIsSent(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		made := 0
		l := newLedger()
		l.begin = func(stockdigest.Bid) (stockdigest.Permit, error) {
			return stockdigest.Permit{Held: stockdigest.HeldLimits, Wait: time.Second}, nil
		}
		c := caller(t, l, echo(time.Second, &made))
		ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
		defer cancel()
		if _, err := c.Ask(ctx, ask("a", "x")); !errors.Is(err, context.DeadlineExceeded) {
			t.Fatalf("got %v, want the end of the context", err)
		}
		must(t, c.Drain(t.Context()))
		if made != 0 || len(l.bids) != 0 {
			t.Errorf("%d calls, %d open rows", made, len(l.bids))
		}
	})
}

func TestEqualAsksMeet(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		made := 0
		l := newLedger()
		c := caller(t, l, echo(time.Second, &made))
		var all sync.WaitGroup
		for i := range 50 {
			all.Go(func() {
				answer, err := c.Ask(t.Context(), ask(stockdigest.RunID(strconv.Itoa(i)), "x"))
				if err != nil || answer.Text != "answer" {
					t.Errorf("got %+v, %v", answer, err)
				}
			})
		}
		all.Wait()
		if made != 1 || l.begun != 1 {
			t.Errorf("%d calls, %d bids for one key", made, l.begun)
		}
	})
}

func TestWhoJoinsIsNotRefusedForTheMoneyOfAnother(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		made := 0
		l := newLedger()
		l.begin = func(b stockdigest.Bid) (stockdigest.Permit, error) {
			if b.Ask.Run == "poor" {
				return stockdigest.Permit{}, &stockdigest.OverBudget{Scope: "run"}
			}
			return stockdigest.Permit{}, nil
		}
		c := caller(t, l, echo(time.Second, &made))
		var all sync.WaitGroup
		for _, run := range []stockdigest.RunID{"poor", "rich"} {
			all.Go(func() {
				_, err := c.Ask(t.Context(), ask(run, "x"))
				var over *stockdigest.OverBudget
				// The poor one may be served by the rich one's call.
				if err != nil && (run == "rich" || !errors.As(err, &over)) {
					t.Errorf("%s: got %v", run, err)
				}
			})
		}
		all.Wait()
		if made != 1 {
			t.Errorf("%d calls", made)
		}
	})
}

func TestFailuresAreTriedAgainOnlyWhenThatMayHelp(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		fail  stockdigest.CallError
		tries int
		took  time.Duration
		state stockdigest.CallState
	}{
		"overloaded":       {stockdigest.CallError{Reason: stockdigest.CallOverloaded, Status: 529}, 3, 3 * time.Second, stockdigest.CallFailed},
		"asks for a pause": {stockdigest.CallError{Reason: stockdigest.CallBusy, Status: 429, RetryAfter: 20 * time.Second}, 3, 40 * time.Second, stockdigest.CallFailed},
		"asks for an hour": {stockdigest.CallError{Reason: stockdigest.CallBusy, Status: 429, RetryAfter: time.Hour}, 1, 0, stockdigest.CallFailed},
		"bad key":          {stockdigest.CallError{Reason: stockdigest.CallBadKey, Status: 401}, 1, 0, stockdigest.CallFailed},
		"bad request":      {stockdigest.CallError{Reason: stockdigest.CallBadRequest, Status: 400}, 1, 0, stockdigest.CallFailed},
		"broken off":       {stockdigest.CallError{Reason: stockdigest.CallBroken, Status: 200, MaybeBilled: true}, 3, 3 * time.Second, stockdigest.CallLost},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				l := newLedger()
				made := 0
				caller := caller(t, l, provider(func(context.Context, stockdigest.Prompt) (stockdigest.Completion, error) {
					made++
					return stockdigest.Completion{}, fmt.Errorf("call: %w", &c.fail)
				}))
				start := time.Now()
				_, err := caller.Ask(t.Context(), ask("a", "x"))
				var got *stockdigest.CallError
				if !errors.As(err, &got) || got.Reason != c.fail.Reason {
					t.Fatalf("got %v", err)
				}
				if took := time.Since(start); made != c.tries || took != c.took || l.ended[0].State != c.state {
					t.Errorf("%d tries in %s, %s; want %d in %s, %s", made, took, l.ended[0].State, c.tries, c.took, c.state)
				}
			})
		})
	}
}

func TestAPanicOrAHangOfTheProviderIsALostCall(t *testing.T) {
	t.Parallel()
	for name, p := range map[string]provider{
		"panic": func(context.Context, stockdigest.Prompt) (stockdigest.Completion, error) { panic("boom") },
		"hang": func(ctx context.Context, _ stockdigest.Prompt) (stockdigest.Completion, error) {
			<-ctx.Done()
			return stockdigest.Completion{}, ctx.Err()
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				l := newLedger()
				_, err := caller(t, l, p).Ask(t.Context(), ask("a", "x"))
				var got *stockdigest.CallError
				if !errors.As(err, &got) || l.ended[0].State != stockdigest.CallLost {
					t.Errorf("got %v, ledger %+v", err, l.ended)
				}
			})
		})
	}
}

func TestAnAnswerOutlivesAStoreThatIsAway(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		made, away := 0, 0
		l := newLedger()
		l.begin = func(stockdigest.Bid) (stockdigest.Permit, error) {
			if away++; away < 4 {
				return stockdigest.Permit{}, errAway
			}
			away = 0
			return stockdigest.Permit{}, nil
		}
		l.settle = func(stockdigest.Outcome) error {
			if away++; away < 20 {
				return errAway
			}
			return nil
		}
		_, err := caller(t, l, echo(time.Second, &made)).Ask(t.Context(), ask("a", "x"))
		must(t, err)
		if made != 1 || len(l.ended) != 1 {
			t.Errorf("%d calls, ledger %+v", made, l.ended)
		}
	})
}

func TestTheOldestRunAsksFirst(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		l := newLedger()
		busy := true
		var order []string
		l.begin = func(bid stockdigest.Bid) (stockdigest.Permit, error) {
			if busy {
				return stockdigest.Permit{Held: stockdigest.HeldLimits, Wait: time.Second}, nil
			}
			order = append(order, string(bid.Ask.Run))
			return stockdigest.Permit{}, nil
		}
		made := 0
		c := caller(t, l, echo(time.Second, &made))
		var all sync.WaitGroup
		for _, run := range []string{"1", "4", "2", "3"} { // the first is at the head before the others come
			all.Go(func() {
				_, err := c.Ask(t.Context(), ask(stockdigest.RunID(run), run))
				must(t, err)
			})
			synctest.Wait()
		}
		l.mu.Lock()
		busy = false
		l.mu.Unlock()
		all.Wait()
		if diff := cmp.Diff([]string{"1", "2", "3", "4"}, order); diff != "" {
			t.Errorf("order (-want +got):\n%s", diff)
		}
	})
}

func TestALongCallIsKeptAlive(t *testing.T) {
	t.Parallel()
	for name, fault := range map[string]error{"store there": nil, "store away": errAway} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				made := 0
				l := newLedger()
				l.renewErr = fault
				_, err := caller(t, l, echo(65*time.Second, &made)).Ask(t.Context(), ask("a", "x"))
				must(t, err)
				if made != 1 || l.renewed != 6 {
					t.Errorf("%d calls, renewed %d times; want 1, and 6 times in 65 s with a lease of 30 s", made, l.renewed)
				}
				time.Sleep(time.Minute)
				if l.renewed != 6 {
					t.Error("a call is renewed after its end")
				}
			})
		})
	}
}

func TestAHiccupIsWaitedOutAndAnOutageIsNot(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		made := 0
		l := newLedger()
		down := time.Now()
		l.begin = func(stockdigest.Bid) (stockdigest.Permit, error) {
			since := time.Since(down)
			return stockdigest.Permit{Held: stockdigest.HeldDown, Wait: 30 * time.Second, Down: since}, nil
		}
		c := caller(t, l, echo(time.Second, &made))
		_, err := c.Ask(t.Context(), ask("a", "x"))
		var got *stockdigest.CallError
		if !errors.As(err, &got) || got.Reason != stockdigest.CallUnavailable || time.Since(down) != time.Minute {
			t.Errorf("got %v after %s, want to give up after a minute", err, time.Since(down))
		}
		begun := l.begun
		for i := range 100 { // later ones do not wait
			_, err = c.Ask(t.Context(), ask("a", strconv.Itoa(i)))
			if !errors.As(err, &got) {
				t.Fatal(err)
			}
		}
		if time.Since(down) != time.Minute || l.begun != begun+100 {
			t.Errorf("after %s and %d bids", time.Since(down), l.begun-begun)
		}
	})
}

func TestWithoutARetryLeftTheFailureIsTheAnswer(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		l := newLedger()
		l.begin = func(b stockdigest.Bid) (stockdigest.Permit, error) {
			if b.Try > 1 {
				return stockdigest.Permit{Held: stockdigest.HeldRetry, Wait: time.Second}, nil
			}
			return stockdigest.Permit{}, nil
		}
		_, err := caller(t, l, provider(func(context.Context, stockdigest.Prompt) (stockdigest.Completion, error) {
			return stockdigest.Completion{}, &stockdigest.CallError{Reason: stockdigest.CallOverloaded, Status: 503}
		})).Ask(t.Context(), ask("a", "x"))
		var got *stockdigest.CallError
		if !errors.As(err, &got) || got.Status != 503 || len(l.ended) != 1 {
			t.Errorf("got %v, %d calls", err, len(l.ended))
		}
	})
}

// One waiter asks the store; the others queue in memory. 4,000 asks at 20
// permits must not ask the store much more often than there are calls.
func TestManyWaitersDoNotHammerTheStore(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		const asks, permits = 400, 20 // more, and golang.org/issue/78156 ends the race detector now and then
		made := 0
		l := newLedger()
		l.begin = func(stockdigest.Bid) (stockdigest.Permit, error) {
			if len(l.bids) >= permits {
				return stockdigest.Permit{Held: stockdigest.HeldLimits, Wait: 250 * time.Millisecond}, nil
			}
			return stockdigest.Permit{}, nil
		}
		c := caller(t, l, echo(5*time.Second, &made))
		start := time.Now()
		var all sync.WaitGroup
		for i := range asks {
			all.Go(func() {
				_, err := c.Ask(t.Context(), ask("a", strconv.Itoa(i)))
				if err != nil {
					t.Error(err)
				}
			})
		}
		all.Wait()
		took, bound := time.Since(start), asks/permits*5*time.Second
		t.Logf("%d asks: %d bids, %s beside a bound of %s", asks, l.begun, took, bound)
		if l.begun > 3*asks || took > bound*102/100 {
			t.Errorf("%d bids for %d calls in %s", l.begun, asks, took)
		}
	})
}

func TestAQuarterOfEveryCapIsForCallsAheadOfNeed(t *testing.T) {
	t.Parallel()
	made := 0
	l := newLedger()
	var caps []stockdigest.Budget
	l.begin = func(b stockdigest.Bid) (stockdigest.Permit, error) {
		caps = append(caps, b.Budget)
		return stockdigest.Permit{}, nil
	}
	c := caller(t, l, echo(0, &made))
	early := ask("a", "x")
	early.Ahead = true
	for _, a := range []stockdigest.Ask{early, ask("a", "y"), ask("b", "x")} {
		_, err := c.Ask(t.Context(), a)
		must(t, err)
	}
	full := plenty()
	want := []stockdigest.Budget{{Run: full.Run / 4, Reader: full.Reader / 4, Day: full.Day / 4, Month: full.Month / 4}, full}
	if diff := cmp.Diff(want, caps); diff != "" || made != 2 {
		t.Errorf("%d calls, caps (-want +got):\n%s", made, diff)
	}
}
