package schedule_test

import (
	"context"
	"errors"
	"log/slog"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"stockdigest.app/stockdigest"
	"stockdigest.app/stockdigest/internal/control/schedule"
)

// A board is a store in memory.
type board struct {
	taken    map[string]stockdigest.SlotRecord
	batches  []stockdigest.Batch
	runs     []stockdigest.Run
	said     []stockdigest.MarketDay
	followed []stockdigest.Symbol
	left     []int // rows that each cleanup still finds
	broken   stockdigest.SlotKind
	stuck    error // of the cleanup
	before   stockdigest.Cutoffs
	stale    time.Time
	holds    int // that were forgotten

	told          []stockdigest.Run // with a report
	refreshedFrom time.Time
}

func key(s stockdigest.Slot) string { return string(s.Kind) + " " + string(s.Day) + " " + s.Key() }

func (b *board) OpenSlots(_ context.Context, slots []stockdigest.Slot) (open []stockdigest.Slot, err error) {
	for _, s := range slots {
		if _, ok := b.taken[key(s)]; !ok {
			open = append(open, s)
		}
	}
	return open, nil
}

func (b *board) TakeSlot(
	_ context.Context, slot stockdigest.Slot, worker string, batch *stockdigest.Batch, runs []stockdigest.Run,
) (stockdigest.SlotRecord, bool, error) {
	if slot.Kind == b.broken {
		return stockdigest.SlotRecord{}, false, errors.New("no such table")
	}
	if _, ok := b.taken[key(slot)]; ok {
		return stockdigest.SlotRecord{}, false, nil
	}
	r := stockdigest.SlotRecord{Slot: slot, Worker: worker, Attempts: 1}
	if batch != nil {
		b.batches, b.runs = append(b.batches, *batch), append(b.runs, runs...)
		r.Outcome = "a batch"
	}
	b.taken[key(slot)] = r
	return r, true, nil
}

func (b *board) FinishSlot(_ context.Context, taken stockdigest.SlotRecord, outcome string) error {
	taken.Outcome = outcome
	b.taken[key(taken.Slot)] = taken
	return nil
}

func (b *board) MarketDays(context.Context, string, stockdigest.Day, stockdigest.Day) ([]stockdigest.MarketDay, error) {
	return b.said, nil
}

func (b *board) FollowedTickers(context.Context) ([]stockdigest.Symbol, error) {
	return b.followed, nil
}

func (b *board) Refreshable(_ context.Context, since, _ time.Time) ([]stockdigest.Run, error) {
	b.refreshedFrom = since
	return b.told, nil
}

func (b *board) PastDeadline(context.Context, time.Time) (int, error) { return 3, nil }

func (b *board) Cleanup(_ context.Context, before stockdigest.Cutoffs, _ int) (int, error) {
	b.before = before
	if b.stuck != nil {
		return 0, b.stuck
	}
	if len(b.left) == 0 {
		return 0, nil
	}
	n := b.left[0]
	b.left = b.left[1:]
	return n, nil
}

func (b *board) SettleStale(_ context.Context, before time.Time) (int, error) {
	b.stale = before
	return b.holds, nil
}

func (b *board) GrantAll(context.Context, time.Time) (int, error) { return 7, nil }

// scheduler is one of New York on the board at a local time, which may be
// moved on.
func scheduler(t *testing.T, b *board, on bool, now *time.Time) *schedule.Scheduler {
	t.Helper()
	if b.taken == nil {
		b.taken = map[string]stockdigest.SlotRecord{}
	}
	return schedule.New(
		schedule.Config{Plan: plan(t, "filings=off"), Exchange: schedule.NYSE, On: on, Worker: "w"},
		schedule.Deps{Slots: b, Rows: b, Now: func() time.Time { return *now }, Log: slog.New(slog.DiscardHandler)})
}

func TestTheNightOpensOneBatchWithARunForEachCompany(t *testing.T) {
	t.Parallel()
	b := &board{followed: []stockdigest.Symbol{"AAA", "BBB"}}
	now := at(t, "2026-11-24 02:03")
	s := scheduler(t, b, true, &now)
	for range 3 {
		if err := s.Tick(t.Context()); err != nil {
			t.Fatal(err)
		}
		now = now.Add(time.Minute)
	}
	if len(b.batches) != 1 || len(b.runs) != 2 {
		t.Fatalf("got %d batches with %d runs, want 1 with 2", len(b.batches), len(b.runs))
	}
	want := stockdigest.Run{
		Ticker: "AAA", Kind: stockdigest.Daily, AsOf: at(t, "2026-11-24 02:00"), TimeZone: "America/New_York",
		Class: stockdigest.ClassScheduled, CreatedBy: "schedule", Deadline: at(t, "2026-11-24 08:00"),
	}
	if diff := cmp.Diff(want, b.runs[0]); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
}

func TestMondaysNightIsWeekly(t *testing.T) {
	t.Parallel()
	b := &board{followed: []stockdigest.Symbol{"AAA"}}
	now := at(t, "2026-11-23 02:00")
	if err := scheduler(t, b, true, &now).Tick(t.Context()); err != nil {
		t.Fatal(err)
	}
	if len(b.runs) != 1 || b.runs[0].Kind != stockdigest.Weekly {
		t.Errorf("got runs %+v, want one weekly", b.runs)
	}
}

func TestAnOperatorCanCloseADay(t *testing.T) {
	t.Parallel()
	b := &board{followed: []stockdigest.Symbol{"AAA"}, said: []stockdigest.MarketDay{{Exchange: "NYSE", Day: "2026-11-24"}}}
	now := at(t, "2026-11-24 02:00")
	if err := scheduler(t, b, true, &now).Tick(t.Context()); err != nil || len(b.batches) != 0 {
		t.Errorf("got batches %+v on a day that was closed by hand: %v", b.batches, err)
	}
}

func TestWithTheScheduleOffNothingStartsButByHand(t *testing.T) {
	t.Parallel()
	b := &board{followed: []stockdigest.Symbol{"AAA"}}
	now := at(t, "2026-11-28 11:00") // a Saturday
	s := scheduler(t, b, false, &now)
	if err := s.Tick(t.Context()); err != nil || len(b.taken) != 0 {
		t.Fatalf("the tick took %v: %v", b.taken, err)
	}
	for _, name := range []string{"first", "second"} {
		r, err := s.Run(t.Context(), stockdigest.SlotProcess, name, "operator ada")
		if err != nil || r.Outcome == "" {
			t.Fatalf("by hand: %+v, %v", r, err)
		}
	}
	if len(b.batches) != 2 || b.batches[0].CreatedBy != "operator ada" || !b.runs[0].Deadline.IsZero() || !b.runs[0].AsOf.Equal(now) {
		t.Errorf("got batches %+v with runs %+v, want two of ada's as of now without a deadline", b.batches, b.runs)
	}
	if _, err := s.Run(t.Context(), stockdigest.SlotProcess, "second", "operator ada"); !errors.Is(err, stockdigest.ErrConflict) {
		t.Errorf("the same name twice: %v", err)
	}
}

func TestAnUnknownKindIsRefused(t *testing.T) {
	t.Parallel()
	now := at(t, "2026-11-24 09:00")
	if _, err := scheduler(t, &board{}, true, &now).Run(t.Context(), "lunch", "x", "ada"); !errors.Is(err, stockdigest.ErrInvalid) {
		t.Errorf("got %v, want an ErrInvalid", err)
	}
}

func TestTheRefreshHasARunForEachFollowedCompanyWithAReport(t *testing.T) {
	t.Parallel()
	b := &board{
		followed: []stockdigest.Symbol{"AAA", "BBB"},
		told:     []stockdigest.Run{{ID: "r1", Ticker: "AAA", Kind: stockdigest.Weekly}, {ID: "r2", Ticker: "GONE", Kind: stockdigest.Weekly}},
	}
	now := at(t, "2026-11-23 07:01")
	s := scheduler(t, b, false, &now)
	if _, err := s.Run(t.Context(), stockdigest.SlotRefresh, "x", "ada"); err != nil {
		t.Fatal(err)
	}
	want := []stockdigest.Run{{
		Ticker: "AAA", Kind: stockdigest.Weekly, AsOf: now, TimeZone: "America/New_York", Class: stockdigest.ClassScheduled,
		CreatedBy: "ada", Deadline: at(t, "2026-11-23 08:00"), Refreshes: "r1",
	}}
	if diff := cmp.Diff(want, b.runs); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
	if midnight := at(t, "2026-11-23 00:00"); !b.refreshedFrom.Equal(midnight) {
		t.Errorf("looked for reports from %s on, want %s", b.refreshedFrom, midnight)
	}
	b.told = nil
	r, err := s.Run(t.Context(), stockdigest.SlotRefresh, "y", "ada")
	if err != nil || len(b.batches) != 1 || r.Outcome != "no report of this night to add to" {
		t.Errorf("without a report: %q, %v, %d batches", r.Outcome, err, len(b.batches))
	}
}

func TestOneKindThatFailsDoesNotKeepTheOthersBack(t *testing.T) {
	t.Parallel()
	b := &board{followed: []stockdigest.Symbol{"AAA"}, broken: stockdigest.SlotProcess, left: []int{500, 500, 20}}
	now := at(t, "2026-12-01 06:00") // the first
	err := scheduler(t, b, true, &now).Tick(t.Context())
	if err == nil || !strings.Contains(err.Error(), "start process of 2026-12-01") {
		t.Errorf("got %v, want an error that names the kind", err)
	}
	if got := b.taken["cleanup 2026-12-01 once"].Outcome; got != "1020 rows had their time" {
		t.Errorf("the cleanup says %q", got)
	}
}

func TestEachKindSaysWhatCameOfIt(t *testing.T) {
	t.Parallel()
	b := &board{}
	now := at(t, "2026-12-01 08:00")
	if err := scheduler(t, b, true, &now).Tick(t.Context()); err != nil {
		t.Fatal(err)
	}
	got := map[string]string{}
	for k, r := range b.taken {
		got[k] = r.Outcome
	}
	want := map[string]string{
		"cleanup 2026-12-01 once":  "0 rows had their time",
		"deadline 2026-12-01 once": "3 runs were not finished",
		"credits 2026-12-01 once":  "7 readers got their month",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
}

func TestTheCleanupKeepsRowsForTheirTimeAndSettlesForgottenHolds(t *testing.T) {
	t.Parallel()
	b := &board{left: []int{2}, holds: 3}
	now := at(t, "2026-11-24 06:00")
	day := func(n int) time.Time { return now.Add(time.Duration(-24*n) * time.Hour) }
	r, err := scheduler(t, b, false, &now).Run(t.Context(), stockdigest.SlotCleanup, "x", "ada")
	if want := "2 rows had their time, 3 forgotten credit holds were settled"; err != nil || r.Outcome != want {
		t.Errorf("got %q, %v; want %q", r.Outcome, err, want)
	}
	want := stockdigest.Cutoffs{Access: now, Texts: day(90), Answers: day(1), Calls: day(400)}
	if diff := cmp.Diff(want, b.before); diff != "" || !b.stale.Equal(day(1)) {
		t.Errorf("holds before %s, want %s; rows -want +got:\n%s", b.stale, day(1), diff)
	}

	b.stuck, b.stale = errors.New("database is busy"), time.Time{}
	if _, err := scheduler(t, b, false, &now).Run(t.Context(), stockdigest.SlotCleanup, "y", "ada"); !errors.Is(err, b.stuck) || b.stale.IsZero() {
		t.Errorf("got %v and holds before %s, want the fault told and the holds settled though rows stay", err, b.stale)
	}
}

func TestNextCountsSlots(t *testing.T) {
	t.Parallel()
	now := at(t, "2026-11-27 23:00") // Friday night: the next night is Monday's
	s := scheduler(t, &board{}, true, &now)
	for _, n := range []int{0, 1, 40, 300} {
		got, err := s.Next(t.Context(), n)
		if err != nil || len(got) != n {
			t.Errorf("asked for %d, got %d: %v", n, len(got), err)
		}
	}
	got, err := s.Next(t.Context(), 1)
	if err != nil || names(got)[0] != "cleanup 2026-11-28 06:00" {
		t.Errorf("got %q, want Saturday's cleanup: %v", names(got), err)
	}
}
