package store_test

import (
	"testing"
	"time"

	"pgregory.net/rapid"

	"stockdigest.app/stockdigest"
	"stockdigest.app/stockdigest/internal/adapter/store"
)

// noon is the moment at which these tests begin.
var noon = time.Date(2026, 3, 3, 12, 0, 0, 0, time.UTC)

func limited(perSecond float64, perMinute, tokens int) stockdigest.Bid {
	b := bid("k")
	b.Limits = stockdigest.Limits{PerSecond: perSecond, PerMinute: perMinute}
	b.Tokens = tokens
	return b
}

// A start is a call that a provider sees arrive.
type start struct {
	at     time.Time
	tokens int
}

// flood asks as fast as it may for a while and returns what was let through.
func flood(t *testing.T, b stockdigest.Bid, during time.Duration) []start {
	t.Helper()
	var desk store.Desk
	var starts []start
	for now := noon; now.Before(noon.Add(during)); {
		desk.At(now)
		permit, err := desk.Admit(b, 0)
		must(t, err)
		if permit.Held == "" {
			starts = append(starts, start{now.Add(permit.Wait), b.Tokens})
			continue
		}
		now = now.Add(permit.Wait)
	}
	return starts
}

// most is the most calls and tokens in any window of that length.
func most(starts []start, window time.Duration) (calls, tokens int) {
	for i := range starts {
		n, sum := 0, 0
		for _, s := range starts[i:] {
			if s.at.Sub(starts[i].at) < window {
				n, sum = n+1, sum+s.tokens
			}
		}
		calls, tokens = max(calls, n), max(tokens, sum)
	}
	return calls, tokens
}

func TestNoSecondSeesMoreCallsThanTheLimit(t *testing.T) {
	t.Parallel()
	for _, rate := range []float64{1, 7, 20, 50} {
		starts := flood(t, limited(rate, 0, 0), 20*time.Second)
		if calls, _ := most(starts, time.Second); float64(calls) > rate {
			t.Errorf("limit %g: %d calls in one second", rate, calls)
		}
		if want := rate * 20 * 0.95; float64(len(starts)) < want {
			t.Errorf("limit %g: %d calls in 20 s, want at least %g", rate, len(starts), want)
		}
	}
}

func TestNoMinuteSeesMoreTokensThanTheLimit(t *testing.T) {
	t.Parallel()
	for _, tokens := range []int{100, 3000, 24_000} {
		starts := flood(t, limited(0, 100_000, tokens), 5*time.Minute)
		if _, sum := most(starts, time.Minute); sum > 100_000 {
			t.Errorf("calls of %d tokens: %d tokens in one minute", tokens, sum)
		}
		if got := len(starts) * tokens; got < 350_000 {
			t.Errorf("calls of %d tokens: only %d tokens in five minutes", tokens, got)
		}
	}
}

func TestACallLargerThanTheBucketGoesThroughAloneAndLeavesADebt(t *testing.T) {
	t.Parallel()
	starts := flood(t, limited(0, 100_000, 90_000), 10*time.Minute)
	if len(starts) < 6 {
		t.Errorf("got %d large calls in ten minutes, want at least 6", len(starts))
	}
}

func TestABucketNeverGivesMoreThanItHolds(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		room := time.Duration(rapid.Int64Range(1, int64(time.Minute)).Draw(t, "room"))
		now, full, taken := noon, time.Time{}, time.Duration(0)
		for range rapid.IntRange(1, 50).Draw(t, "steps") {
			now = now.Add(time.Duration(rapid.Int64Range(0, int64(room)).Draw(t, "pause")))
			cost := time.Duration(rapid.Int64Range(0, int64(room)).Draw(t, "cost"))
			next, wait := store.Take(full, now, cost, room)
			if wait == 0 {
				full, taken = next, taken+cost
			} else if _, again := store.Take(full, now.Add(wait), cost, room); again != 0 {
				t.Fatalf("after the wait of %s there is another of %s", wait, again)
			}
			if taken > room+now.Sub(noon) {
				t.Fatalf("%s taken out of a bucket of %s after %s", taken, room, now.Sub(noon))
			}
		}
	})
}

func TestTokensThatWereNotUsedComeBack(t *testing.T) {
	t.Parallel()
	var desk store.Desk
	desk.At(noon)
	b := limited(0, 100_000, 25_000)
	_, err := desk.Admit(b, 0)
	must(t, err)
	permit, err := desk.Admit(b, 0)
	must(t, err)
	same(t, permit.Held, stockdigest.HeldLimits)
	o := done(b, "text", 1) // of 10 tokens
	desk.Learn(o, b.Tokens)
	b.Tokens = 24_000
	permit, err = desk.Admit(b, 0)
	must(t, err)
	same(t, permit.Held, stockdigest.Hold(""))
}

// outage asks without pause while the provider fails, for a while of a clock
// that the test moves, and returns how many calls it let through.
func outage(t *testing.T, desk *store.Desk, from time.Time, during, each time.Duration) int {
	t.Helper()
	calls := 0
	for now := from; now.Before(from.Add(during)); {
		desk.At(now)
		permit, err := desk.Admit(bid("k"), 0)
		must(t, err)
		if permit.Held != "" {
			now = now.Add(permit.Wait)
			continue
		}
		calls++
		now = now.Add(each)
		desk.At(now)
		desk.Learn(failed(bid("k"), stockdigest.CallFailed, stockdigest.CallOverloaded), 0)
	}
	return calls
}

func TestADeadProviderIsProbedTwiceAMinuteAndComesBackByItself(t *testing.T) {
	t.Parallel()
	for _, each := range []time.Duration{10 * time.Millisecond, 5 * time.Second, 90 * time.Second} {
		var desk store.Desk
		if calls := outage(t, &desk, noon, 30*time.Minute, each); calls > 5+60 {
			t.Errorf("%d calls in an outage of 30 minutes", calls)
		}
		after := noon.Add(32 * time.Minute)
		desk.At(after)
		permit, err := desk.Admit(bid("k"), 0)
		must(t, err)
		same(t, permit.Held, stockdigest.Hold(""))
		permit, err = desk.Admit(bid("k"), 0) // one probe at a time
		must(t, err)
		same(t, permit.Held, stockdigest.HeldDown)
		desk.Learn(done(bid("k"), "well", 1), 0)
		permit, err = desk.Admit(bid("k"), 0)
		must(t, err)
		same(t, permit.Held, stockdigest.Hold(""))
		same(t, desk.Down(), false)
	}
}

// TestWhoAsksForOnePauseAfterAnotherIsDown has one call after the other refused
// with a pause. One that comes long after is the first of its own trouble.
func TestWhoAsksForOnePauseAfterAnotherIsDown(t *testing.T) {
	t.Parallel()
	for apart, want := range map[time.Duration]time.Duration{50 * time.Second: 100 * time.Second, time.Hour: 0} {
		var desk store.Desk
		for at := range 3 {
			desk.At(noon.Add(time.Duration(at) * apart))
			o := failed(bid("k"), stockdigest.CallFailed, stockdigest.CallBusy)
			o.Err.RetryAfter = 50 * time.Second
			desk.Learn(o, 0)
		}
		permit, err := desk.Admit(bid("k"), 0)
		must(t, err)
		same(t, permit.Held, stockdigest.HeldDown)
		same(t, permit.Down, want)
	}
}

func TestRetryAfterIsHonouredUpToAQuarterOfAnHour(t *testing.T) {
	t.Parallel()
	for asked, want := range map[time.Duration]time.Duration{
		3 * time.Second: 3 * time.Second, 10 * time.Minute: 10 * time.Minute, 1000 * time.Hour: 15 * time.Minute,
	} {
		var desk store.Desk
		desk.At(noon)
		o := failed(bid("k"), stockdigest.CallFailed, stockdigest.CallBusy)
		o.Err.RetryAfter = asked
		desk.Learn(o, 0)
		desk.Learn(failed(bid("k"), stockdigest.CallFailed, stockdigest.CallBusy), 0) // asks for nothing
		permit, err := desk.Admit(bid("k"), 0)
		must(t, err)
		same(t, permit.Wait, want)
	}
}
