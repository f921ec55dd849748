package schedule_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"stockdigest.app/stockdigest"
	"stockdigest.app/stockdigest/internal/control/schedule"
)

func zone(t *testing.T, name string) *time.Location {
	t.Helper()
	loc, err := time.LoadLocation(name)
	if err != nil {
		t.Fatal(err)
	}
	return loc
}

// plan is the clock table in New York with changes.
func plan(t *testing.T, changes string) schedule.Plan {
	t.Helper()
	p, err := schedule.NewPlan(zone(t, "America/New_York"), changes)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// at reads a local time in New York.
func at(t *testing.T, local string) time.Time {
	t.Helper()
	moment, err := time.ParseInLocation("2006-01-02 15:04", local, zone(t, "America/New_York"))
	if err != nil {
		t.Fatal(err)
	}
	return moment
}

func names(slots []stockdigest.Slot) []string {
	all := make([]string, 0, len(slots))
	for _, s := range slots {
		all = append(all, fmt.Sprintf("%s %s %s", s.Kind, s.Day, s.At))
	}
	return all
}

func TestWhatIsDue(t *testing.T) {
	t.Parallel()
	rest := "cleanup=off,filings=off,refresh=off,send=off,alerts=off,credits=off"
	for _, c := range []struct {
		name, changes, now, want string
	}{
		{"before the night", rest + ",deadline=off", "2026-11-24 01:59", ""},
		{"at its time", rest, "2026-11-24 02:00", "process 2026-11-24 02:00"},
		{"made up at the end of the window", rest, "2026-11-24 07:59", "process 2026-11-24 02:00"},
		{"not made up after it", rest, "2026-11-24 08:00", "deadline 2026-11-24 08:00"},
		{"not on Saturday", rest, "2026-11-28 02:30", ""},
		{"not on Thanksgiving", rest, "2026-11-26 02:30", ""},
		{"the day after it", rest, "2026-11-27 02:30", "process 2026-11-27 02:00"},
		{"the skipped hour of March is a Sunday", rest, "2027-03-14 03:30", ""},
		{"another time", "process=01:30," + rest, "2026-11-24 01:30", "process 2026-11-24 01:30"},
		{"only the newest of hourly ones", "process=off,deadline=off,cleanup=off,refresh=off,send=off,alerts=off,credits=off", "2026-11-28 11:29", "filings 2026-11-28 10:30"},
		{"no filings at night", "process=off,deadline=off,cleanup=off,refresh=off,send=off,alerts=off,credits=off", "2026-11-28 22:30", ""},
		{"credits on the first", "process=off,deadline=off,cleanup=off,filings=off,refresh=off,send=off,alerts=off", "2026-11-01 08:00", "credits 2026-11-01 08:00"},
		{"credits after a month of silence", "process=off,deadline=off,cleanup=off,filings=off,refresh=off,send=off,alerts=off", "2026-11-30 23:00", "credits 2026-11-01 08:00"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			got := names(plan(t, c.changes).Due(at(t, c.now), schedule.NewCalendar(schedule.NYSE, nil)))
			if strings.Join(got, ", ") != c.want {
				t.Errorf("got %q, want %q", got, c.want)
			}
		})
	}
}

func TestTheClockTableIsThatOfTheProduct(t *testing.T) {
	t.Parallel()
	got := names(plan(t, "").Between(at(t, "2026-12-01 00:00"), at(t, "2026-12-01 09:59"), schedule.NewCalendar(schedule.NYSE, nil)))
	want := []string{
		"process 2026-12-01 02:00", "cleanup 2026-12-01 06:00", "filings 2026-12-01 06:30", "refresh 2026-12-01 07:00",
		"deadline 2026-12-01 08:00", "credits 2026-12-01 08:00", "filings 2026-12-01 08:30", "send 2026-12-01 08:30",
		"alerts 2026-12-01 09:00", "filings 2026-12-01 09:30",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
	whole := plan(t, "").Between(at(t, "2026-12-02 00:00"), at(t, "2026-12-02 23:59"), schedule.NewCalendar(schedule.NYSE, nil))
	if len(whole) != 5+15+14 {
		t.Errorf("a day has %d slots, want 34: %q", len(whole), names(whole))
	}
}

func TestBadTimesAreRefusedWithAReason(t *testing.T) {
	t.Parallel()
	for changes, want := range map[string]string{
		"prozess=01:30":               "prozess",
		"process":                     "process=",
		"process=2am":                 "2am",
		"process=01:30,process=02:00": "two times",
		"process=08:00":               "deadline at 08:00 is not after process at 08:00",
		"send=07:00":                  "send at 07:00 is not after deadline",
		"deadline=off,send=01:00":     "send at 01:00 is not after process",
	} {
		_, err := schedule.NewPlan(time.UTC, changes)
		if !errors.Is(err, stockdigest.ErrInvalid) || !strings.Contains(stockdigest.Message(err), want) {
			t.Errorf("%q: got %v, want an ErrInvalid that says %q", changes, err, want)
		}
	}
	for _, changes := range []string{"", " process = 01:30 , send=off ", "alerts=off"} {
		if _, err := schedule.NewPlan(time.UTC, changes); err != nil {
			t.Errorf("%q: %v", changes, err)
		}
	}
}
