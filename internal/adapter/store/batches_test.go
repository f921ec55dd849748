package store_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"stockdigest.app/stockdigest"
	"stockdigest.app/stockdigest/internal/adapter/store"
	"stockdigest.app/stockdigest/internal/adapter/store/storetest"
)

func TestBatchIsAllOrNothing(t *testing.T) {
	t.Parallel()
	for engine, open := range storetest.Engines() {
		t.Run(engine, func(t *testing.T) {
			t.Parallel()
			db := open(t)
			ctx := t.Context()
			must(t, db.SaveTickers(ctx, []stockdigest.Ticker{acme()}))
			_, err := db.OpenBatch(ctx, stockdigest.Batch{Kind: stockdigest.Daily},
				[]stockdigest.Run{{Ticker: "ACME", AsOf: morning}, {Ticker: "NONE", AsOf: morning}})
			wantKind(t, err, stockdigest.ErrInvalid)
			_, err = db.OpenBatch(ctx, stockdigest.Batch{Kind: "hourly"}, nil)
			wantKind(t, err, stockdigest.ErrInvalid)
			runs, err := db.Runs(ctx, stockdigest.RunFilter{})
			must(t, err)
			batches, err := db.Batches(ctx, 10)
			must(t, err)
			if len(runs)+len(batches) > 0 {
				t.Errorf("got %d runs and %d batches, want none", len(runs), len(batches))
			}
		})
	}
}

func TestRunsTakeFromTheBatchWhatTheyDoNotSay(t *testing.T) {
	t.Parallel()
	for engine, open := range storetest.Engines() {
		t.Run(engine, func(t *testing.T) {
			t.Parallel()
			db := open(t)
			ctx := t.Context()
			must(t, db.SaveTickers(ctx, []stockdigest.Ticker{acme()}))
			deadline := morning.Add(6 * time.Hour)
			opened, err := db.OpenBatch(ctx,
				stockdigest.Batch{Kind: stockdigest.Weekly, CreatedBy: "schedule", Deadline: deadline, Note: "Monday"},
				[]stockdigest.Run{{Ticker: "ACME", AsOf: morning, Class: stockdigest.ClassScheduled, TimeZone: "UTC"}})
			must(t, err)
			same(t, opened, stockdigest.Batch{
				ID: opened.ID, Kind: stockdigest.Weekly, CreatedBy: "schedule", CreatedAt: storetest.Now(), Deadline: deadline,
				Note: "Monday", Counts: stockdigest.Counts{Queued: 1},
			})
			runs, err := db.Runs(ctx, stockdigest.RunFilter{Batch: opened.ID})
			must(t, err)
			same(t, runs, []stockdigest.Run{{
				ID: runs[0].ID, Ticker: "ACME", Kind: stockdigest.Weekly, AsOf: morning, TimeZone: "UTC",
				Class: stockdigest.ClassScheduled, Batch: opened.ID, CreatedBy: "schedule", CreatedAt: storetest.Now(),
				Deadline: deadline, State: stockdigest.RunQueued,
			}})
		})
	}
}

func TestBatchCountsItsRuns(t *testing.T) {
	t.Parallel()
	for engine, open := range storetest.Engines() {
		t.Run(engine, func(t *testing.T) {
			t.Parallel()
			db := open(t)
			ctx := t.Context()
			runs := queue(t, db, scheduled, scheduled, scheduled, scheduled, research, research)
			must(t, db.SaveReport(ctx, next(t, db, "w"), stockdigest.Report{ID: "r1"}, ""))
			must(t, db.QuarantineRun(ctx, next(t, db, "w"), "no"))
			must(t, db.CancelRun(ctx, next(t, db, "w").ID, "ada"))
			next(t, db, "w")
			got, err := db.Batch(ctx, runs[0].Batch)
			must(t, err)
			same(t, got.Counts, stockdigest.Counts{Queued: 2, Running: 1, Done: 1, Quarantined: 1, Cancelled: 1})
			all, err := db.Batches(ctx, 5)
			must(t, err)
			same(t, all, []stockdigest.Batch{got})
			_, err = db.Batch(ctx, "none")
			wantKind(t, err, stockdigest.ErrNotFound)
		})
	}
}

func TestRunsAreListedNewestFirstByPage(t *testing.T) {
	t.Parallel()
	for engine, open := range storetest.Engines() {
		t.Run(engine, func(t *testing.T) {
			t.Parallel()
			db := open(t)
			ctx := t.Context()
			made := queue(t, db, scheduled, adHoc, scheduled, adHoc, scheduled)
			must(t, db.QuarantineRun(ctx, next(t, db, "w"), "no"))
			for name, test := range map[string]struct {
				filter stockdigest.RunFilter
				want   []int
			}{
				"all":         {stockdigest.RunFilter{}, []int{4, 3, 2, 1, 0}},
				"first page":  {stockdigest.RunFilter{Limit: 2}, []int{4, 3}},
				"second page": {stockdigest.RunFilter{Limit: 2, Before: made[3].ID}, []int{2, 1}},
				"class":       {stockdigest.RunFilter{Class: adHoc}, []int{3, 1}},
				"queued":      {stockdigest.RunFilter{State: stockdigest.RunQueued}, []int{4, 3, 2, 1}},
				"quarantined": {stockdigest.RunFilter{State: stockdigest.RunQuarantined}, []int{0}},
				"cancelled":   {stockdigest.RunFilter{State: stockdigest.RunCancelled}, nil},
				"no batch":    {stockdigest.RunFilter{Batch: "none"}, nil},
			} {
				runs, err := db.Runs(ctx, test.filter)
				must(t, err)
				var got, want []string
				for _, r := range runs {
					got = append(got, string(r.ID))
				}
				for _, i := range test.want {
					want = append(want, string(made[i].ID))
				}
				if fmt.Sprint(got) != fmt.Sprint(want) {
					t.Errorf("%s: got %v, want %v", name, got, want)
				}
			}
		})
	}
}

// TestListsOfAFewRunsReadNoFinishedOnes looks at the plans of what the
// operator's page lists, which would get slower every night otherwise.
func TestListsOfAFewRunsReadNoFinishedOnes(t *testing.T) {
	t.Parallel()
	for engine, open := range storetest.Engines() {
		t.Run(engine, func(t *testing.T) {
			t.Parallel()
			db := open(t)
			queue(t, db, scheduled, research, adHoc)
			must(t, store.AddFinished(t.Context(), db, 10_000))
			for state, index := range map[stockdigest.RunState]string{
				stockdigest.RunQuarantined: "runs_failed", stockdigest.RunCancelled: "runs_failed",
				stockdigest.RunQueued: "runs_waiting", stockdigest.RunRunning: "runs_w", // waiting or working
			} {
				plan, err := store.ListPlan(t.Context(), db, stockdigest.RunFilter{State: state})
				must(t, err)
				if !strings.Contains(plan, index) {
					t.Errorf("the list of %s runs goes past %s:\n%s", state, index, plan)
				}
			}
		})
	}
}
