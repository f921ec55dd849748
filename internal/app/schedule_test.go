package app_test

import (
	"bytes"
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"stockdigest.app/stockdigest"
	"stockdigest.app/stockdigest/internal/app"
)

// settings are options as main reads them, with a data folder of their own.
func settings(t *testing.T, lines ...string) app.Options {
	t.Helper()
	opts, err := app.ReadOptions(append([]string{"STOCKDIGEST_DIR=" + t.TempDir()}, lines...))
	if err != nil {
		t.Fatal(err)
	}
	return opts
}

// openApp opens the live world of the options.
func openApp(t *testing.T, opts app.Options, console *app.Console) *app.App {
	t.Helper()
	a, err := app.New(t.Context(), opts, app.Live(opts), console)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := a.Close(); err != nil {
			t.Error(err)
		}
	})
	return a
}

func TestBadTimesOfSlotsNameTheSetting(t *testing.T) {
	t.Parallel()
	for _, bad := range []string{"lunch=12:30", "process=1", "process=09:00"} {
		_, err := app.ReadOptions([]string{"STOCKDIGEST_SCHEDULE_TIMES=" + bad})
		if !errors.Is(err, stockdigest.ErrInvalid) || !strings.Contains(err.Error(), "STOCKDIGEST_SCHEDULE_TIMES") {
			t.Errorf("%s: got %v, want an ErrInvalid that names the setting", bad, err)
		}
	}
}

func TestScheduleIsShownAndStartedByHand(t *testing.T) {
	t.Parallel()
	var out bytes.Buffer
	console := &app.Console{Out: &out, Err: &out}
	a := openApp(t, settings(t, "STOCKDIGEST_SCHEDULE_TIMES=alerts=off,cleanup=05:45"), console)
	slots, err := a.ScheduleNext(t.Context(), 7)
	if err != nil {
		t.Fatal(err)
	}
	if err := app.ShowSlots(console, slots); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"The schedule is off here", "05:45  cleanup", "08:30  send", "02:00  process"} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("got\n%s\nwant %q in it", out.String(), want)
		}
	}
	for kind, want := range map[stockdigest.SlotKind]string{
		stockdigest.SlotProcess:  "nobody follows a company",
		stockdigest.SlotCleanup:  "0 rows had their time",
		stockdigest.SlotFilings:  "0 companies checked, 0 new filings",
		stockdigest.SlotDeadline: "0 runs were not finished",
		stockdigest.SlotCredits:  "0 readers got their month",
		stockdigest.SlotRefresh:  "no report of this night to add to",
	} {
		r, err := a.ScheduleRun(t.Context(), kind, "terminal")
		if err != nil || r.Outcome != want {
			t.Errorf("%s: got %q, %v; want %q", kind, r.Outcome, err, want)
		}
	}
}

func TestAnOperatorsWordOnADayIsShownUntilItIsTakenBack(t *testing.T) {
	t.Parallel()
	var out bytes.Buffer
	console := &app.Console{Out: &out, Err: &out}
	a := openApp(t, settings(t), console)
	days, err := a.ScheduleDays(t.Context(), "")
	if err != nil || len(days) < 10 {
		t.Fatalf("got %d unusual days in a year: %v", len(days), err)
	}
	shut := stockdigest.MarketDay{Day: days[0].Day.Add(1), Note: "mourning"}
	if err := a.SetMarketDay(t.Context(), shut); err != nil {
		t.Fatal(err)
	}
	after, err := a.ScheduleDays(t.Context(), "NYSE")
	if err != nil {
		t.Fatal(err)
	}
	if err := app.ShowDays(console, after); err != nil {
		t.Fatal(err)
	}
	if want := string(shut.Day) + "  closed       mourning (set by hand)"; !strings.Contains(out.String(), want) {
		t.Errorf("got\n%s\nwant %q in it", out.String(), want)
	}
	if err := a.SetMarketDay(t.Context(), stockdigest.MarketDay{Exchange: "LSE", Day: shut.Day}); !errors.Is(err, stockdigest.ErrInvalid) {
		t.Errorf("an unknown exchange: %v", err)
	}

	if err := a.UnsetMarketDay(t.Context(), "", shut.Day); err != nil {
		t.Fatal(err)
	}
	again, err := a.ScheduleDays(t.Context(), "")
	if diff := cmp.Diff(days, again); err != nil || diff != "" {
		t.Errorf("after the word was taken back: %v, -want +got:\n%s", err, diff)
	}
	if err := a.UnsetMarketDay(t.Context(), "", shut.Day); !errors.Is(err, stockdigest.ErrNotFound) {
		t.Errorf("taken back twice: %v", err)
	}
	if err := a.UnsetMarketDay(t.Context(), "LSE", shut.Day); !errors.Is(err, stockdigest.ErrInvalid) {
		t.Errorf("an unknown exchange: %v", err)
	}
}
