package app_test

import (
	"context"
	"fmt"
	"hash/fnv"
	"math/rand/v2"
	"slices"
	"strconv"
	"testing"
	"time"

	"stockdigest.app/stockdigest"
	"stockdigest.app/stockdigest/internal/adapter/store"
	"stockdigest.app/stockdigest/internal/adapter/store/storetest"
)

func itoa(n int) string { return strconv.Itoa(n) }

// A claimer decides which run is next; the product's is the store's ClaimNext.
type claimer func(ctx context.Context, db *store.DB) (stockdigest.Run, bool, error)

func nextRun(ctx context.Context, db *store.DB) (stockdigest.Run, bool, error) {
	return db.ClaimNext(ctx, stockdigest.Claim{Worker: "rig", Lease: 24 * time.Hour, Caps: stockdigest.DefaultCaps()})
}

// bestClassOnly is the predecessor's order: nobody else is looked at as long as
// the best class has work.
func bestClassOnly(ctx context.Context, db *store.DB) (stockdigest.Run, bool, error) {
	caps := stockdigest.DefaultCaps()
	open, err := db.Waiting(ctx)
	if err != nil {
		return stockdigest.Run{}, false, err
	}
	if open[stockdigest.ClassScheduled].Open() > 0 {
		caps.AdHoc = 0
	}
	return db.ClaimNext(ctx, stockdigest.Claim{Worker: "rig", Lease: 24 * time.Hour, Caps: caps})
}

// TestAdHocDoesNotWaitBehindTheBatch plays the night at the default caps: 600
// scheduled runs of one to five minutes, and a reader's order of half a minute
// to a minute and a half every five minutes on average. The clock is played;
// every claim and every end is the store's own. Nothing but places is scarce.
func TestAdHocDoesNotWaitBehindTheBatch(t *testing.T) {
	t.Parallel()
	for engine, open := range storetest.Engines() {
		t.Run(engine, func(t *testing.T) {
			t.Parallel()
			tickers := torture(600, 120)
			alone := playNight(t, open(t), nextRun, tickers, nil)
			orders := playNight(t, open(t), nextRun, tickers, everyFiveMinutes(alone.took))
			full := playNight(t, open(t), nextRun, tickers, make([]time.Duration, 300))
			slower := float64(full.took)/float64(alone.took) - 1
			measured(t, "%s: batch of %d in %s; ad-hoc of %d orders waits p50 %s, p95 %s, most %s; a full ad-hoc queue slows the batch by %.1f %%", engine, tickers,
				alone.took.Round(time.Second), len(orders.waits), percentile(orders.waits, 50), percentile(orders.waits, 95), percentile(orders.waits, 100), 100*slower)
			if p95 := percentile(orders.waits, 95); p95 > time.Minute {
				t.Errorf("an ad-hoc run waits %s p95, want 60 s", p95)
			}
			if slower > 0.05 {
				t.Errorf("the batch is slowed by %.1f %%, want 5 %%", 100*slower)
			}
		})
	}
}

// TestWaitHarnessCatchesStarvation plays the predecessor's order.
func TestWaitHarnessCatchesStarvation(t *testing.T) {
	t.Parallel()
	orders := playNight(t, storetest.SQLite(t), bestClassOnly, 60, everyFiveMinutes(time.Hour))
	measured(t, "best class only: ad-hoc waits p95 %s", percentile(orders.waits, 95))
	if percentile(orders.waits, 95) <= time.Minute {
		t.Error("nobody waited: the harness does not see what it is for")
	}
}

func everyFiveMinutes(night time.Duration) []time.Duration {
	random := rand.New(rand.NewPCG(5, 0))
	var arrivals []time.Duration
	for at := time.Duration(0); at < night; {
		at += time.Duration(random.ExpFloat64() * float64(5*time.Minute))
		arrivals = append(arrivals, at)
	}
	return arrivals
}

type played struct {
	took  time.Duration   // of the batch
	waits []time.Duration // of ad-hoc runs, sorted
}

// looking is how long a free place may stay unseen: the tick of a process.
const looking = 250 * time.Millisecond

type working struct {
	run stockdigest.Run
	end time.Duration
}

// playNight plays a batch and the ad-hoc orders that arrive beside it.
func playNight(t *testing.T, db *store.DB, next claimer, tickers int, arrivals []time.Duration) (got played) {
	t.Helper()
	queueRuns(t, db, "S", tickers, stockdigest.ClassScheduled, stockdigest.Daily)
	ordered := map[stockdigest.RunID]time.Duration{}
	var at []working
	left := tickers
	for now := time.Duration(0); left > 0; {
		for len(arrivals) > 0 && arrivals[0] <= now {
			ordered[queueRuns(t, db, fmt.Sprintf("A%d.", len(arrivals)), 1, stockdigest.ClassAdHoc, stockdigest.AdHoc)] = arrivals[0]
			arrivals = arrivals[1:]
		}
		for {
			run, ok, err := next(t.Context(), db)
			if err != nil {
				t.Fatal(err)
			}
			if !ok {
				break
			}
			if run.Class == stockdigest.ClassAdHoc {
				got.waits = append(got.waits, now-ordered[run.ID])
				delete(ordered, run.ID)
			}
			at = append(at, working{run, now + lasts(run)})
		}
		slices.SortFunc(at, func(a, b working) int { return int(a.end - b.end) })
		if len(arrivals) > 0 && arrivals[0] < at[0].end {
			now = arrivals[0] + looking
			continue
		}
		ended := at[0]
		at = at[1:]
		now = max(now, ended.end+looking)
		report := stockdigest.Report{ID: stockdigest.ReportID(ended.run.ID), Ticker: ended.run.Ticker, Kind: ended.run.Kind, Status: stockdigest.ReportQuiet}
		if err := db.SaveReport(t.Context(), ended.run, report, ""); err != nil {
			t.Fatal(err)
		}
		if ended.run.Class == stockdigest.ClassScheduled {
			left--
			got.took = ended.end
		}
	}
	for _, since := range ordered { // they still wait when the batch has ended
		got.waits = append(got.waits, got.took-since)
	}
	slices.Sort(got.waits)
	return got
}

// lasts is how long the work on a run takes, the same whenever it is done.
func lasts(run stockdigest.Run) time.Duration {
	h := fnv.New64a()
	_, _ = h.Write([]byte(run.Ticker))
	random := rand.New(rand.NewPCG(h.Sum64(), 0))
	if run.Class == stockdigest.ClassAdHoc {
		return 30*time.Second + time.Duration(random.Int64N(int64(time.Minute)))
	}
	return time.Minute + time.Duration(random.Int64N(int64(4*time.Minute)))
}

// queueRuns makes n runs of tickers of their own and returns the last.
func queueRuns(t *testing.T, db *store.DB, prefix string, n int, class stockdigest.Class, kind stockdigest.ReportKind) (last stockdigest.RunID) {
	t.Helper()
	var tickers []stockdigest.Ticker
	for i := range n {
		tickers = append(tickers, stockdigest.Ticker{Symbol: stockdigest.Symbol(prefix + itoa(i)), Name: "Rig"})
	}
	if err := db.SaveTickers(t.Context(), tickers); err != nil {
		t.Fatal(err)
	}
	for _, ticker := range tickers {
		run, err := db.OpenRun(t.Context(), stockdigest.Run{Ticker: ticker.Symbol, Kind: kind, AsOf: storetest.Now(), TimeZone: "UTC", Class: class})
		if err != nil {
			t.Fatal(err)
		}
		last = run.ID
	}
	return last
}
