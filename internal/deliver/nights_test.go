package deliver_test

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"stockdigest.app/stockdigest"
	"stockdigest.app/stockdigest/internal/deliver"
)

// An archive has one night of three companies.
type archive struct {
	slots   []stockdigest.SlotRecord
	batch   stockdigest.Batch
	runs    []stockdigest.Run
	reports map[stockdigest.RunID]stockdigest.Report
	mails   []stockdigest.Delivery
}

func (a *archive) SlotsTaken(context.Context, int) ([]stockdigest.SlotRecord, error) {
	return a.slots, nil
}

func (a *archive) Batch(_ context.Context, id stockdigest.BatchID) (stockdigest.Batch, error) {
	b := a.batch
	b.ID = id
	for _, r := range a.runs {
		switch r.State {
		case stockdigest.RunDone:
			b.Counts.Done++
		case stockdigest.RunQuarantined:
			b.Counts.Quarantined++
		default:
			b.Counts.Running++
		}
	}
	return b, nil
}

func (a *archive) Runs(context.Context, stockdigest.RunFilter) ([]stockdigest.Run, error) {
	return a.runs, nil
}

func (a *archive) Report(_ context.Context, id stockdigest.RunID) (stockdigest.Report, error) {
	return a.reports[id], nil
}

func (a *archive) Draft(context.Context, stockdigest.Run) (stockdigest.Draft, error) {
	return stockdigest.Draft{Dropped: []stockdigest.Drop{{Reasons: []string{"7% is in no quote"}}}}, nil
}

func (a *archive) Calls(context.Context, stockdigest.CallFilter) ([]stockdigest.Call, error) {
	return []stockdigest.Call{{Cost: 10}, {Cost: 5}}, nil
}

func (a *archive) Delivery(_ context.Context, id stockdigest.DeliveryID) (stockdigest.Delivery, error) {
	for _, m := range a.mails {
		if m.DeliveryKey.ID() == id {
			return m, nil
		}
	}
	return stockdigest.Delivery{}, stockdigest.NotFound("none")
}

func (a *archive) AddDeliveries(ctx context.Context, planned []stockdigest.Delivery) (added int, _ error) {
	for _, p := range planned {
		if _, err := a.Delivery(ctx, p.DeliveryKey.ID()); err != nil {
			a.mails = append(a.mails, p)
			added++
		}
	}
	return added, nil
}

// told are the mails so far: their kinds and periods.
func (a *archive) told() []string {
	var all []string
	for _, m := range a.mails {
		all = append(all, fmt.Sprintf("%s of %s", m.Kind, m.Period))
	}
	slices.Sort(all)
	return all
}

func aNight() *archive {
	return &archive{
		slots: []stockdigest.SlotRecord{
			{Slot: stockdigest.Slot{Kind: stockdigest.SlotRefresh}, TakenAt: at(7, 0), Batch: "refresh"},
			{Slot: stockdigest.Slot{Kind: stockdigest.SlotProcess}, TakenAt: at(2, 0), Batch: "night"},
			{Slot: stockdigest.Slot{Kind: stockdigest.SlotProcess}, TakenAt: at(-22, 0), Batch: "before"},
			{Slot: stockdigest.Slot{Kind: stockdigest.SlotProcess}, TakenAt: at(1, 0)},
		},
		batch: stockdigest.Batch{Kind: stockdigest.Daily, CreatedAt: at(2, 0), Deadline: at(8, 0), Note: "the night"},
		runs: []stockdigest.Run{
			{ID: "a", Ticker: "AAA", State: stockdigest.RunDone, EndedAt: at(2, 20)},
			{ID: "b", Ticker: "BBB", State: stockdigest.RunDone, EndedAt: at(2, 40)},
			{ID: "c", Ticker: "CCC", State: stockdigest.RunRunning},
		},
		reports: map[stockdigest.RunID]stockdigest.Report{
			"a": {Status: stockdigest.ReportReady}, "b": {Status: stockdigest.ReportHeld, Reason: "too much failed"},
		},
	}
}

func TestANightIsToldOnceItIsOver(t *testing.T) {
	t.Parallel()
	a, now := aNight(), at(3, 0)
	n := deliver.NewNights(a, deliver.ReviewsOff, func(time.Time) time.Time { return at(8, 30) }, false, func() time.Time { return now })
	tick := func(want ...string) {
		t.Helper()
		if _, err := n.Tick(t.Context()); err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(want, a.told()); diff != "" {
			t.Errorf("at %s, -want +got:\n%s", now.Format("15:04"), diff)
		}
	}
	tick()
	a.runs[2].State, a.runs[2].Cause, a.runs[2].EndedAt = stockdigest.RunQuarantined, "no feed answered", at(3, 10)
	now = at(3, 11)
	tick("batch-ready of night")
	tick("batch-ready of night")
	var got stockdigest.BatchMatter
	if err := json.Unmarshal(a.mails[0].Matter, &got); err != nil {
		t.Fatal(err)
	}
	want := stockdigest.BatchMatter{
		Batch: "night", Kind: stockdigest.Daily, Note: "the night", Began: at(2, 0), Ended: at(3, 10), Due: at(8, 30),
		Counts:  stockdigest.Counts{Done: 2, Quarantined: 1},
		Reports: map[stockdigest.ReportStatus]int{stockdigest.ReportReady: 1, stockdigest.ReportHeld: 1},
		Look: []stockdigest.Attention{
			{Ticker: "BBB", What: "held", Why: "too much failed"}, {Ticker: "CCC", What: "quarantined", Why: "no feed answered"},
		},
		Cost: 45,
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
}

func TestANightIsToldAtItsDeadline(t *testing.T) {
	t.Parallel()
	a := aNight()
	n := deliver.NewNights(a, deliver.ReviewsOff, nil, false, func() time.Time { return at(8, 0) })
	if planned, err := n.Tick(t.Context()); err != nil || planned != 1 {
		t.Fatalf("planned %d, %v", planned, err)
	}
	var got stockdigest.BatchMatter
	if err := json.Unmarshal(a.mails[0].Matter, &got); err != nil {
		t.Fatal(err)
	}
	if got.Counts.Open() != 1 || !got.Ended.Equal(at(8, 0)) || got.Look[1].What != "running" || !got.Due.IsZero() {
		t.Errorf("got %+v", got)
	}
}

func TestReviewsComePerRunOrPerNight(t *testing.T) {
	t.Parallel()
	for reviews, want := range map[deliver.Reviews][2][]string{
		deliver.ReviewsOff:   {nil, {"batch-ready of night"}},
		deliver.ReviewsBatch: {nil, {"batch-ready of night", "content of night", "selection of night"}},
		deliver.ReviewsRun: {
			{"content of a", "content of b", "selection of a", "selection of b"},
			{"batch-ready of night", "content of a", "content of b", "content of c", "selection of a", "selection of b", "selection of c"},
		},
	} {
		a := aNight()
		n := deliver.NewNights(a, reviews, nil, false, func() time.Time { return at(3, 0) })
		for i, want := range want {
			for range 2 {
				if _, err := n.Tick(t.Context()); err != nil {
					t.Fatal(err)
				}
			}
			if diff := cmp.Diff(want, a.told()); diff != "" {
				t.Errorf("%s, look %d, -want +got:\n%s", reviews, i+1, diff)
			}
			a.runs[2].State, a.runs[2].EndedAt = stockdigest.RunDone, at(3, 0)
		}
		for _, m := range a.mails {
			var matter stockdigest.ReviewMatter
			if m.Kind != stockdigest.MailContent {
				continue
			}
			if err := json.Unmarshal(m.Matter, &matter); err != nil || len(matter.Runs[0].Drops) != 1 || matter.Runs[0].Cost != 15 {
				t.Errorf("%s: %v, %+v", m.Period, err, matter)
			}
		}
	}
	if deliver.Reviews("often").Validate() == nil {
		t.Error("often is no way to review")
	}
}
