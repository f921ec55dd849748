package store_test

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"golang.org/x/sync/errgroup"

	"stockdigest.app/stockdigest"
	"stockdigest.app/stockdigest/internal/adapter/store"
	"stockdigest.app/stockdigest/internal/adapter/store/storetest"
)

// worker returns the claim of a worker under the caps of the product.
func worker(name string) stockdigest.Claim {
	return stockdigest.Claim{Worker: name, Lease: lease, Caps: stockdigest.DefaultCaps()}
}

// queue makes one run per class given, in this order, and returns them.
func queue(t *testing.T, db *store.DB, classes ...stockdigest.Class) []stockdigest.Run {
	t.Helper()
	must(t, db.SaveTickers(t.Context(), []stockdigest.Ticker{acme()}))
	var runs []stockdigest.Run
	for i, class := range classes {
		runs = append(runs, stockdigest.Run{Ticker: "ACME", Class: class, AsOf: morning.Add(time.Duration(i) * time.Minute)})
	}
	b, err := db.OpenBatch(t.Context(), stockdigest.Batch{Kind: stockdigest.Daily, CreatedBy: "test"}, runs)
	must(t, err)
	made, err := db.Runs(t.Context(), stockdigest.RunFilter{Batch: b.ID, Limit: 1000})
	must(t, err)
	slices.Reverse(made)
	return made
}

// next claims the next run, which must be there.
func next(t *testing.T, db *store.DB, name string) stockdigest.Run {
	t.Helper()
	run, ok, err := db.ClaimNext(t.Context(), worker(name))
	must(t, err)
	if !ok {
		t.Fatal("got no run, want one")
	}
	return run
}

func wantNone(t *testing.T, db *store.DB) {
	t.Helper()
	run, ok, err := db.ClaimNext(t.Context(), worker("idle"))
	must(t, err)
	if ok {
		t.Fatalf("got the %s run %s, want none", run.Class, run.ID)
	}
}

// expire lets the lease of a run run out at once.
func expire(t *testing.T, db *store.DB, run stockdigest.Run) {
	t.Helper()
	must(t, db.BeatRun(t.Context(), run, 0, stockdigest.Doing{}))
	time.Sleep(5 * time.Millisecond)
}

// rewind lets the back-off of all runs pass.
func rewind(t *testing.T, db *store.DB) {
	t.Helper()
	must(t, store.Exec(t.Context(), db, "UPDATE runs SET not_before = NULL"))
}

const (
	scheduled = stockdigest.ClassScheduled
	research  = stockdigest.ClassResearch
	adHoc     = stockdigest.ClassAdHoc
)

func TestBestClassGoesFirstAndTheOldestInIt(t *testing.T) {
	t.Parallel()
	for engine, open := range storetest.Engines() {
		t.Run(engine, func(t *testing.T) {
			t.Parallel()
			db := open(t)
			runs := queue(t, db, adHoc, research, adHoc, scheduled, scheduled)
			for i, want := range []int{3, 4, 1, 0, 2} {
				got := next(t, db, "w")
				if got.ID != runs[want].ID || got.Token != 1 || got.Attempts != 1 || got.State != stockdigest.RunRunning || got.Worker != "w" {
					t.Fatalf("claim %d: got %+v, want run %d", i, got, want)
				}
			}
			wantNone(t, db)
		})
	}
}

func TestCapsLeaveRoomForTheOthers(t *testing.T) {
	t.Parallel()
	for engine, open := range storetest.Engines() {
		t.Run(engine, func(t *testing.T) {
			t.Parallel()
			db := open(t)
			queue(t, db, scheduled, scheduled, scheduled, scheduled, scheduled, scheduled, adHoc, adHoc, adHoc)
			var got []stockdigest.Class
			var held []stockdigest.Run
			for range 5 {
				held = append(held, next(t, db, "w"))
				got = append(got, held[len(held)-1].Class)
			}
			same(t, got, []stockdigest.Class{scheduled, scheduled, scheduled, scheduled, adHoc})
			wantNone(t, db)
			must(t, db.CancelRun(t.Context(), held[4].ID, "ada"))
			same(t, next(t, db, "w").Class, adHoc)
			must(t, db.CancelRun(t.Context(), held[0].ID, "ada"))
			same(t, next(t, db, "w").Class, scheduled)
			wantNone(t, db)
			open, err := db.Waiting(t.Context())
			must(t, err)
			same(t, open, map[stockdigest.Class]stockdigest.Counts{scheduled: {Queued: 1, Running: 4}, adHoc: {Queued: 1, Running: 1}})
		})
	}
}

// A claimer is a way to claim the next run.
type claimer func(context.Context, *store.DB, stockdigest.Claim) (stockdigest.Run, bool, error)

// race lets three handles, as three processes have them, with 16 workers each
// claim all of the queue. Each worker counts its run in once it has it and out
// before it gives it back, so what is counted are spans that surely overlap.
func race(t *testing.T, c store.Config, claim claimer) *judge {
	t.Helper()
	const total = 300
	var classes []stockdigest.Class
	for range total / 3 {
		classes = append(classes, scheduled, research, adHoc)
	}
	queue(t, storetest.Open(t, c), classes...)
	j := &judge{claim: claim, running: map[stockdigest.Class]int{}, seen: map[stockdigest.RunID]bool{}}
	group, ctx := errgroup.WithContext(t.Context())
	for range 3 {
		db := storetest.Open(t, c)
		for w := range 16 {
			group.Go(func() error { return j.work(ctx, db, fmt.Sprintf("w%d", w), total) })
		}
	}
	must(t, group.Wait())
	same(t, len(j.seen), total)
	return j
}

func TestCapsAreExact(t *testing.T) {
	t.Parallel()
	for engine, config := range storetest.Configs() {
		t.Run(engine, func(t *testing.T) {
			t.Parallel()
			claim := func(ctx context.Context, db *store.DB, c stockdigest.Claim) (stockdigest.Run, bool, error) {
				return db.ClaimNext(ctx, c)
			}
			if j := race(t, config(t), claim); len(j.faults) > 0 {
				t.Errorf("%d faults, the first: %s", len(j.faults), j.faults[0])
			}
		})
	}
}

// TestBareClaimFailsTheRace is the same statement without the lock before it
// and the condition at its end.
func TestBareClaimFailsTheRace(t *testing.T) {
	t.Parallel()
	j := race(t, storetest.PostgresConfig(t), store.ClaimBare)
	t.Logf("%d faults", len(j.faults))
	if len(j.faults) == 0 {
		t.Error("got no fault of a claim without lock and guard: the race is no test")
	}
}

type judge struct {
	claim   claimer
	mu      sync.Mutex
	running map[stockdigest.Class]int
	seen    map[stockdigest.RunID]bool
	faults  []string
}

func (j *judge) work(ctx context.Context, db *store.DB, name string, total int) error {
	for j.left(total) {
		run, ok, err := j.claim(ctx, db, worker(name))
		if err != nil {
			return err
		}
		if !ok {
			time.Sleep(time.Duration(rand.IntN(8)) * time.Millisecond)
			continue
		}
		j.begin(run)
		time.Sleep(time.Duration(rand.IntN(3)) * time.Millisecond)
		j.end(run)
		err = db.QuarantineRun(ctx, run, "done with")
		if err != nil && !errors.Is(err, stockdigest.ErrConflict) { // claimed twice, which is counted
			return err
		}
	}
	return nil
}

func (j *judge) left(total int) bool {
	j.mu.Lock()
	defer j.mu.Unlock()
	return len(j.seen) < total
}

func (j *judge) begin(run stockdigest.Run) {
	j.mu.Lock()
	defer j.mu.Unlock()
	if j.seen[run.ID] {
		j.faults = append(j.faults, "claimed twice")
	}
	j.seen[run.ID] = true
	j.running[run.Class]++
	all := j.running[scheduled] + j.running[research] + j.running[adHoc]
	caps := stockdigest.DefaultCaps()
	if all > caps.Total || j.running[run.Class] > caps.Of(run.Class) {
		j.faults = append(j.faults, fmt.Sprintf("over the cap: %v", j.running))
	}
}

func (j *judge) end(run stockdigest.Run) {
	j.mu.Lock()
	defer j.mu.Unlock()
	j.running[run.Class]--
}

func TestFailedRunWaitsAndIsQuarantinedAfterTheLastAttempt(t *testing.T) {
	t.Parallel()
	for engine, open := range storetest.Engines() {
		t.Run(engine, func(t *testing.T) {
			t.Parallel()
			db := open(t)
			ctx := t.Context()
			id := queue(t, db, scheduled)[0].ID
			for attempt := 1; attempt <= stockdigest.MaxAttempts; attempt++ {
				run := next(t, db, "w")
				same(t, run.Attempts, attempt)
				must(t, db.FailRun(ctx, run, fmt.Sprintf("cause %d", attempt)))
				wantKind(t, db.FinishStep(ctx, run, stockdigest.StepIngest, ""), stockdigest.ErrConflict)
				wantNone(t, db) // it waits, or is in quarantine
				rewind(t, db)
			}
			wantNone(t, db)
			got, err := db.RunByID(ctx, id)
			must(t, err)
			if got.State != stockdigest.RunQuarantined || got.Cause != "cause 3" || got.EndedAt.IsZero() {
				t.Fatalf("got %+v, want it quarantined with the last cause", got)
			}
			must(t, db.RetryRun(ctx, id, "operator ada"))
			wantKind(t, db.RetryRun(ctx, id, "operator ada"), stockdigest.ErrConflict)
			run := next(t, db, "w")
			if run.ID != id || run.Attempts != 1 || !run.EndedAt.IsZero() {
				t.Fatalf("got %+v, want it afresh", run)
			}
		})
	}
}

func TestBackOffGrows(t *testing.T) {
	t.Parallel()
	for engine, open := range storetest.Engines() {
		t.Run(engine, func(t *testing.T) {
			t.Parallel()
			db := open(t)
			id := queue(t, db, scheduled)[0].ID
			for i, want := range []time.Duration{10 * time.Second, time.Minute} {
				must(t, db.FailRun(t.Context(), next(t, db, "w"), "no luck"))
				got, err := db.RunByID(t.Context(), id)
				must(t, err)
				if wait := time.Until(got.NotBefore); wait > want || wait < want-5*time.Second {
					t.Errorf("after attempt %d it waits %s, want %s", i+1, wait, want)
				}
				rewind(t, db)
			}
		})
	}
}

func TestDeadWorkersCountAndTheThirdIsTheLast(t *testing.T) {
	t.Parallel()
	for engine, open := range storetest.Engines() {
		t.Run(engine, func(t *testing.T) {
			t.Parallel()
			db := open(t)
			ctx := t.Context()
			id := queue(t, db, scheduled)[0].ID
			var last stockdigest.Run
			for attempt := 1; attempt <= stockdigest.MaxAttempts; attempt++ {
				last = next(t, db, fmt.Sprintf("w%d", attempt))
				same(t, last.Attempts, attempt)
				same(t, last.Token, int64(attempt))
				must(t, db.FinishStep(ctx, last, stockdigest.StepIngest, "12 items"))
				expire(t, db, last)
			}
			wantNone(t, db)
			got, err := db.RunByID(ctx, id)
			must(t, err)
			if got.State != stockdigest.RunQuarantined || got.Cause != "the worker died 3 times; last step triage" {
				t.Fatalf("got %s, %q, want it quarantined with the step", got.State, got.Cause)
			}
			wantKind(t, db.FinishStep(ctx, last, stockdigest.StepTriage, ""), stockdigest.ErrConflict)
		})
	}
}

func TestReleasedAttemptIsNotCounted(t *testing.T) {
	t.Parallel()
	for engine, open := range storetest.Engines() {
		t.Run(engine, func(t *testing.T) {
			t.Parallel()
			db := open(t)
			queue(t, db, scheduled)
			for token := range int64(10) {
				run := next(t, db, "w")
				same(t, run.Attempts, 1)
				same(t, run.Token, token+1)
				must(t, db.ReleaseRun(t.Context(), run))
			}
		})
	}
}

func TestCancelledRunStaysCancelled(t *testing.T) {
	t.Parallel()
	for engine, open := range storetest.Engines() {
		t.Run(engine, func(t *testing.T) {
			t.Parallel()
			db := open(t)
			ctx := t.Context()
			runs := queue(t, db, scheduled, scheduled)
			run := next(t, db, "w")
			for _, r := range runs {
				must(t, db.CancelRun(ctx, r.ID, "operator ada"))
				must(t, db.CancelRun(ctx, r.ID, "operator bob"))
			}
			wantNone(t, db)
			wantKind(t, db.BeatRun(ctx, run, lease, stockdigest.Doing{}), stockdigest.ErrConflict)
			wantKind(t, db.FinishStep(ctx, run, stockdigest.StepIngest, ""), stockdigest.ErrConflict)
			wantKind(t, db.SaveReport(ctx, run, stockdigest.Report{ID: "r1"}, ""), stockdigest.ErrConflict)
			wantKind(t, db.ReleaseRun(ctx, run), stockdigest.ErrConflict)
			wantKind(t, db.FailRun(ctx, run, "late"), stockdigest.ErrConflict)
			wantKind(t, db.RetryRun(ctx, run.ID, "operator ada"), stockdigest.ErrConflict)
			_, err := db.ClaimRun(ctx, run.ID, worker("person"))
			wantKind(t, err, stockdigest.ErrConflict)
			got, err := db.RunByID(ctx, run.ID)
			must(t, err)
			if got.State != stockdigest.RunCancelled || got.Cause != "cancelled by operator ada" || len(got.Steps) > 0 {
				t.Errorf("got %+v, want it cancelled by the first", got)
			}
			wantKind(t, db.CancelRun(ctx, "nobody", "ada"), stockdigest.ErrNotFound)
		})
	}
}

func TestDoneRunCannotBeCancelled(t *testing.T) {
	t.Parallel()
	for engine, open := range storetest.Engines() {
		t.Run(engine, func(t *testing.T) {
			t.Parallel()
			db := open(t)
			queue(t, db, scheduled)
			run := next(t, db, "w")
			must(t, db.SaveReport(t.Context(), run, stockdigest.Report{ID: "r1"}, "quiet"))
			wantKind(t, db.CancelRun(t.Context(), run.ID, "ada"), stockdigest.ErrConflict)
			wantKind(t, db.RetryRun(t.Context(), run.ID, "ada"), stockdigest.ErrConflict)
		})
	}
}

func TestPersonKeepsTheCapsButNotTheOrder(t *testing.T) {
	t.Parallel()
	for engine, open := range storetest.Engines() {
		t.Run(engine, func(t *testing.T) {
			t.Parallel()
			db := open(t)
			ctx := t.Context()
			runs := queue(t, db, research, research, research, research, research, research)
			got, err := db.ClaimRun(ctx, runs[5].ID, worker("person"))
			must(t, err)
			same(t, got.ID, runs[5].ID)
			for range 4 {
				next(t, db, "w")
			}
			_, err = db.ClaimRun(ctx, runs[4].ID, worker("person"))
			wantKind(t, err, stockdigest.ErrUnavailable)
			var busy *stockdigest.Error
			if !errors.As(err, &busy) || busy.RetryAfter <= 0 || !strings.Contains(busy.Message, "waits for a place") {
				t.Errorf("got %#v, want it to say that there is no room", err)
			}
			must(t, db.ReleaseRun(ctx, got))
			got, err = db.ClaimRun(ctx, runs[4].ID, worker("person"))
			must(t, err)
			same(t, got.ID, runs[4].ID)
		})
	}
}

func TestPersonTakesAQuarantinedRunAfresh(t *testing.T) {
	t.Parallel()
	for engine, open := range storetest.Engines() {
		t.Run(engine, func(t *testing.T) {
			t.Parallel()
			db := open(t)
			id := queue(t, db, research)[0].ID
			must(t, db.QuarantineRun(t.Context(), next(t, db, "w"), "no such company"))
			got, err := db.ClaimRun(t.Context(), id, worker("person"))
			must(t, err)
			if got.State != stockdigest.RunRunning || got.Attempts != 1 || got.Token != 2 {
				t.Errorf("got %+v, want it running, afresh", got)
			}
		})
	}
}

func TestHeartbeatTellsWhereTheWorkStands(t *testing.T) {
	t.Parallel()
	for engine, open := range storetest.Engines() {
		t.Run(engine, func(t *testing.T) {
			t.Parallel()
			db := open(t)
			ctx := t.Context()
			queue(t, db, scheduled)
			run := next(t, db, "w")
			doing := stockdigest.Doing{Step: stockdigest.StepExtract, Done: 3, Total: 12}
			must(t, db.BeatRun(ctx, run, lease, doing))
			must(t, db.BeatRun(ctx, run, lease, stockdigest.Doing{Done: 3, Total: 12}))
			got, err := db.RunByID(ctx, run.ID)
			must(t, err)
			same(t, got.Doing, doing)
			same(t, got.Worker, "w")
			same(t, got.Token, int64(0)) // not given away
		})
	}
}

// TestClaimReadsNoFinishedRuns looks at the plans with 100,000 finished runs in
// the table: a claim that reads them would get slower every night.
func TestClaimReadsNoFinishedRuns(t *testing.T) {
	t.Parallel()
	for engine, open := range storetest.Engines() {
		t.Run(engine, func(t *testing.T) {
			t.Parallel()
			db := open(t)
			queue(t, db, scheduled, research, adHoc)
			must(t, store.AddFinished(t.Context(), db, 10_000))
			plans, err := store.ClaimPlans(t.Context(), db)
			must(t, err)
			for _, plan := range plans {
				if strings.Contains(plan, "Seq Scan on runs") || strings.Contains(plan, "SCAN runs") && !strings.Contains(plan, "USING") {
					t.Errorf("a claim reads the whole table:\n%s", plan)
				}
				if !strings.Contains(plan, "runs_waiting") || !strings.Contains(plan, "runs_working") {
					t.Errorf("a claim goes past its indexes:\n%s", plan)
				}
			}
		})
	}
}
