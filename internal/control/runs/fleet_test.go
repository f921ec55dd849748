package runs_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"testing"
	"time"

	"stockdigest.app/stockdigest"
	"stockdigest.app/stockdigest/internal/adapter/store"
	"stockdigest.app/stockdigest/internal/adapter/store/storetest"
	"stockdigest.app/stockdigest/internal/control/runs"
)

// guard ends a test that hangs; nothing else depends on it.
const guard = time.Minute

// A fleet is runners on handles of their own, as processes have them, on one
// real database.
type fleet struct {
	db   *store.DB
	cfg  store.Config
	made []stockdigest.Run
}

func newFleet(t *testing.T, cfg store.Config, n int) *fleet {
	t.Helper()
	f := &fleet{db: storetest.Open(t, cfg), cfg: cfg}
	if err := f.db.SaveTickers(t.Context(), []stockdigest.Ticker{{Symbol: "BWL", Name: "Bowl"}}); err != nil {
		t.Fatal(err)
	}
	var list []stockdigest.Run
	for i := range n {
		list = append(list, stockdigest.Run{Ticker: "BWL", AsOf: storetest.Now().Add(time.Duration(i) * time.Hour), Class: stockdigest.Classes()[i%3]})
	}
	b, err := f.db.OpenBatch(t.Context(), stockdigest.Batch{Kind: stockdigest.Daily}, list)
	if err != nil {
		t.Fatal(err)
	}
	if f.made, err = f.db.Runs(t.Context(), stockdigest.RunFilter{Batch: b.ID}); err != nil {
		t.Fatal(err)
	}
	return f
}

// serve starts one more runner; stop waits for its end.
func (f *fleet) serve(t *testing.T, cfg runs.Config, work func(context.Context, *store.DB, stockdigest.Run) error) (stop func()) {
	t.Helper()
	db := storetest.Open(t, f.cfg)
	cfg.Worker = fmt.Sprintf("worker %d", time.Now().UnixNano())
	r := runs.New(cfg, runs.Deps{
		Store: db, Log: slog.New(slog.DiscardHandler),
		Work: func(ctx context.Context, run stockdigest.Run) error { return work(ctx, db, run) },
	})
	ctx, cancel := context.WithCancel(t.Context())
	var wg sync.WaitGroup
	wg.Go(func() { _ = r.Serve(ctx) })
	return func() { cancel(); wg.Wait() }
}

// until waits until the batch is as wanted.
func (f *fleet) until(t *testing.T, what string, holds func(stockdigest.Counts) bool) stockdigest.Counts {
	t.Helper()
	for began := time.Now(); ; time.Sleep(10 * time.Millisecond) {
		b, err := f.db.Batch(t.Context(), f.made[0].Batch)
		if err != nil {
			t.Fatal(err)
		}
		if holds(b.Counts) {
			return b.Counts
		}
		if time.Since(began) > guard {
			t.Fatalf("%s: still %+v", what, b.Counts)
		}
	}
}

func finish(ctx context.Context, db *store.DB, run stockdigest.Run) error {
	return db.SaveReport(ctx, run, stockdigest.Report{ID: stockdigest.ReportID(run.ID)}, "quiet")
}

func TestFleetBringsEveryRunToItsEndOnce(t *testing.T) {
	t.Parallel()
	for engine, config := range storetest.Configs() {
		t.Run(engine, func(t *testing.T) {
			t.Parallel()
			f := newFleet(t, config(t), 60)
			var mu sync.Mutex
			worked := map[stockdigest.RunID]int{}
			work := func(ctx context.Context, db *store.DB, run stockdigest.Run) error {
				mu.Lock()
				worked[run.ID]++
				mu.Unlock()
				return finish(ctx, db, run)
			}
			for range 3 {
				defer f.serve(t, runs.Config{Tick: 20 * time.Millisecond}, work)()
			}
			f.until(t, "all done", func(c stockdigest.Counts) bool { return c.Done == 60 })
			for id, n := range worked {
				if n != 1 {
					t.Errorf("run %s was worked on %d times", id, n)
				}
			}
		})
	}
}

func TestCancelReachesTheWorker(t *testing.T) {
	t.Parallel()
	for engine, config := range storetest.Configs() {
		t.Run(engine, func(t *testing.T) {
			t.Parallel()
			f := newFleet(t, config(t), 1)
			cut := make(chan struct{})
			stop := f.serve(t, runs.Config{Lease: 2 * time.Second}, func(ctx context.Context, _ *store.DB, run stockdigest.Run) error {
				defer close(cut)
				return untilTold(ctx, run)
			})
			defer stop()
			f.until(t, "claimed", func(c stockdigest.Counts) bool { return c.Running == 1 })
			if err := f.db.CancelRun(t.Context(), f.made[0].ID, "operator ada"); err != nil {
				t.Fatal(err)
			}
			select {
			case <-cut:
			case <-time.After(guard):
				t.Fatal("the work goes on")
			}
			f.until(t, "cancelled", func(c stockdigest.Counts) bool { return c.Cancelled == 1 })
		})
	}
}

// TestFrozenWorkerChangesNothing has a worker that sends no heartbeat, as one
// that was frozen, wake up after another has taken its run.
func TestFrozenWorkerChangesNothing(t *testing.T) {
	t.Parallel()
	for engine, config := range storetest.Configs() {
		t.Run(engine, func(t *testing.T) {
			t.Parallel()
			f := newFleet(t, config(t), 1)
			caps := stockdigest.DefaultCaps()
			frozen, ok, err := f.db.ClaimNext(t.Context(), stockdigest.Claim{Worker: "frozen", Lease: 50 * time.Millisecond, Caps: caps})
			if err != nil || !ok {
				t.Fatalf("got %v, %v, want the run", ok, err)
			}
			awake := make(chan struct{})
			stop := f.serve(t, runs.Config{Tick: 20 * time.Millisecond}, func(ctx context.Context, db *store.DB, run stockdigest.Run) error {
				<-awake
				return finish(ctx, db, run)
			})
			defer stop()
			for began := time.Now(); ; time.Sleep(10 * time.Millisecond) {
				run, err := f.db.RunByID(t.Context(), frozen.ID)
				if err != nil {
					t.Fatal(err)
				}
				if run.Worker != "frozen" {
					break
				}
				if time.Since(began) > guard {
					t.Fatal("nobody took the run over")
				}
			}
			for what, err := range map[string]error{
				"report":   finish(t.Context(), f.db, frozen),
				"step":     f.db.FinishStep(t.Context(), frozen, stockdigest.StepIngest, ""),
				"beat":     f.db.BeatRun(t.Context(), frozen, time.Hour, stockdigest.Doing{}),
				"release":  f.db.ReleaseRun(t.Context(), frozen),
				"failure":  f.db.FailRun(t.Context(), frozen, "late"),
				"poisoned": f.db.QuarantineRun(t.Context(), frozen, "late"),
			} {
				if !errors.Is(err, stockdigest.ErrConflict) {
					t.Errorf("%s of a frozen worker: got %v, want a conflict", what, err)
				}
			}
			close(awake)
			f.until(t, "done by the other", func(c stockdigest.Counts) bool { return c.Done == 1 })
		})
	}
}

func TestStopHandsBackWithoutAnAttempt(t *testing.T) {
	t.Parallel()
	for engine, config := range storetest.Configs() {
		t.Run(engine, func(t *testing.T) {
			t.Parallel()
			f := newFleet(t, config(t), 9)
			for range 3 {
				stop := f.serve(t, runs.Config{Grace: 50 * time.Millisecond}, func(ctx context.Context, _ *store.DB, run stockdigest.Run) error {
					return untilTold(ctx, run)
				})
				f.until(t, "five at once", func(c stockdigest.Counts) bool { return c.Running == 5 })
				stop()
				if c := f.until(t, "handed back", func(stockdigest.Counts) bool { return true }); c.Queued != 9 {
					t.Fatalf("got %+v after the stop, want all queued", c)
				}
			}
			list, err := f.db.Runs(t.Context(), stockdigest.RunFilter{})
			if err != nil {
				t.Fatal(err)
			}
			for _, run := range list {
				if run.Attempts != 0 {
					t.Errorf("run %s has %d attempts, want none counted", run.ID, run.Attempts)
				}
			}
		})
	}
}
