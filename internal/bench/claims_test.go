package bench_test

import (
	"context"
	"slices"
	"strconv"
	"sync"
	"testing"
	"time"

	"stockdigest.app/stockdigest"
	"stockdigest.app/stockdigest/internal/bench"
)

// A table is a table of runs whose every statement is atomic, as those of a
// database are. How runs are claimed from it is what the tests differ in.
type table struct {
	mu      sync.Mutex
	waiting []stockdigest.Run
	running map[stockdigest.RunID]stockdigest.Run
	claim   func(*table) (stockdigest.Run, bool)
}

func (s *table) SaveTickers(context.Context, []stockdigest.Ticker) error { return nil }

func (s *table) OpenBatch(_ context.Context, b stockdigest.Batch, runs []stockdigest.Run) (stockdigest.Batch, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, run := range runs {
		run.ID = stockdigest.RunID(run.AsOf.String())
		s.waiting = append(s.waiting, run)
	}
	return b, nil
}

func (s *table) ClaimNext(ctx context.Context, _ stockdigest.Claim) (stockdigest.Run, bool, error) {
	run, ok := s.claim(s)
	return run, ok, ctx.Err()
}

func (s *table) QuarantineRun(_ context.Context, run stockdigest.Run, _ string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.running, run.ID)
	return nil
}

// count is SELECT count(*) … WHERE state = 'running' AND class = ….
func (s *table) count(class stockdigest.Class) int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.counted(class)
}

func (s *table) counted(class stockdigest.Class) (n int) {
	for _, run := range s.running {
		if run.Class == class {
			n++
		}
	}
	return n
}

// take is one statement that claims the first run in the order of less among
// those that may be had.
func (s *table) take(may func(stockdigest.Class) bool, less func(a, b stockdigest.Run) int) (stockdigest.Run, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	best := -1
	for i, run := range s.waiting {
		if may(run.Class) && (best < 0 || less(run, s.waiting[best]) < 0) {
			best = i
		}
	}
	if best < 0 {
		return stockdigest.Run{}, false
	}
	run := s.waiting[best]
	s.waiting = slices.Delete(s.waiting, best, best+1)
	s.running[run.ID] = run
	return run, true
}

func byClass(a, b stockdigest.Run) int { return a.Class.Rank() - b.Class.Rank() }
func byAge(a, b stockdigest.Run) int   { return a.AsOf.Compare(b.AsOf) }
func byYouth(a, b stockdigest.Run) int { return b.AsOf.Compare(a.AsOf) }

// room is the rule of the caps, told inside a statement.
func (s *table) room(class stockdigest.Class) bool {
	caps := stockdigest.DefaultCaps()
	return len(s.running) < caps.Total && s.counted(class) < caps.Of(class)
}

// goodClaim counts and claims in one statement, best class first.
func goodClaim(s *table) (stockdigest.Run, bool) { return s.take(s.room, byClass) }

// paperClaim is the sample of the design this product follows: it counts, and
// then it claims. It asks for no total, and gives up when the scheduled runs are
// at their cap.
func paperClaim(s *table) (stockdigest.Run, bool) {
	caps := stockdigest.DefaultCaps()
	scheduledRunning := s.count(stockdigest.ClassScheduled)
	adHocRunning := s.count(stockdigest.ClassAdHoc)
	time.Sleep(200 * time.Microsecond) // the way to the database and back
	switch {
	case scheduledRunning >= caps.Scheduled:
		return stockdigest.Run{}, false
	case adHocRunning >= caps.AdHoc:
		return s.take(func(c stockdigest.Class) bool { return c == stockdigest.ClassScheduled }, byClass)
	}
	return s.take(func(stockdigest.Class) bool { return true }, byClass)
}

// oneByOne makes a claim a single critical section, as a lock around it would.
func oneByOne(claim func(*table) (stockdigest.Run, bool)) func(*table) (stockdigest.Run, bool) {
	var one sync.Mutex
	return func(s *table) (stockdigest.Run, bool) {
		one.Lock()
		defer one.Unlock()
		return claim(s)
	}
}

func race(t *testing.T, claims int, claim func(*table) (stockdigest.Run, bool)) bench.Claims {
	t.Helper()
	s := &table{running: map[stockdigest.RunID]stockdigest.Run{}, claim: claim}
	cfg := bench.ClaimConfig{Claims: claims, Caps: stockdigest.DefaultCaps(), Seed: 1, Now: time.Now}
	got, err := bench.RaceClaims(t.Context(), cfg, s, func(ctx context.Context, ready func(), note func(bench.Held)) error {
		ready()
		return bench.Workers{Name: "p", Count: 48, Caps: cfg.Caps, Now: time.Now}.Run(ctx, s, note)
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Logf("%+v", got)
	return got
}

func TestGoodClaimsPassTheHarness(t *testing.T) {
	t.Parallel()
	got := race(t, 1000, goodClaim)
	if got.Claims != 1000 || got.OverCap+got.Priority+got.FIFO+got.Duplicates != 0 {
		t.Errorf("got %+v, want no violation", got)
	}
}

func TestPapersSampleFailsTheHarness(t *testing.T) {
	t.Parallel()
	if got := race(t, 1000, paperClaim); got.OverCap == 0 || got.MostAtOnce <= stockdigest.DefaultCaps().Total {
		t.Errorf("got %+v, want claims over the cap", got)
	}
}

// TestPapersSampleNeverUsesTheFifthPlace holds even when its claims come one by
// one: with four scheduled runs it gives nobody else a turn.
func TestPapersSampleNeverUsesTheFifthPlace(t *testing.T) {
	t.Parallel()
	s := &table{running: map[stockdigest.RunID]stockdigest.Run{}}
	for i, class := range []stockdigest.Class{scheduled, scheduled, scheduled, scheduled, adHoc} {
		s.waiting = append(s.waiting, stockdigest.Run{ID: stockdigest.RunID(strconv.Itoa(i)), Class: class})
	}
	claim := oneByOne(paperClaim)
	for range 100 {
		claim(s)
	}
	if len(s.running) != 4 || len(s.waiting) != 1 {
		t.Errorf("got %d running and %d waiting, want 4 and 1", len(s.running), len(s.waiting))
	}
	goodClaim(s)
	if len(s.running) != 5 {
		t.Errorf("got %d running, want 5", len(s.running))
	}
}

const (
	scheduled = stockdigest.ClassScheduled
	adHoc     = stockdigest.ClassAdHoc
)

func TestClaimsThatIgnoreTheClassFailTheHarness(t *testing.T) {
	t.Parallel()
	got := race(t, 1000, func(s *table) (stockdigest.Run, bool) { return s.take(s.room, byAge) })
	if got.Priority == 0 || got.FIFO != 0 || got.OverCap != 0 {
		t.Errorf("got %+v, want violations of priority only", got)
	}
}

func TestClaimsOfTheYoungestFailTheHarness(t *testing.T) {
	t.Parallel()
	got := race(t, 1000, func(s *table) (stockdigest.Run, bool) {
		return s.take(s.room, func(a, b stockdigest.Run) int {
			if byClass(a, b) != 0 {
				return byClass(a, b)
			}
			return byYouth(a, b)
		})
	})
	if got.FIFO == 0 || got.Priority != 0 || got.OverCap != 0 {
		t.Errorf("got %+v, want violations of order only", got)
	}
}

func TestRunsClaimedTwiceFailTheHarness(t *testing.T) {
	t.Parallel()
	n := 0
	var mu sync.Mutex
	got := race(t, 300, func(s *table) (stockdigest.Run, bool) {
		run, ok := goodClaim(s)
		mu.Lock()
		defer mu.Unlock()
		if n++; ok && n%50 == 0 {
			s.mu.Lock()
			s.waiting = slices.Insert(s.waiting, 0, run)
			s.mu.Unlock()
		}
		return run, ok
	})
	if got.Duplicates == 0 {
		t.Errorf("got %+v, want runs claimed twice", got)
	}
}
