package schedule_test

import (
	"fmt"
	"math/rand/v2"
	"os"
	"testing"
	"time"

	"github.com/robfig/cron/v3"

	"stockdigest.app/stockdigest"
	"stockdigest.app/stockdigest/internal/control/schedule"
)

// The harness lets a scheduler live through twenty years of local days, told
// the time every half hour: every minute with TORTURE=1. Its clock jumps a
// day ahead and back, and the process is down for hours. It counts the starts
// of each kind on each local date.
const (
	firstDay, lastDay = stockdigest.Day("2020-01-01"), stockdigest.Day("2039-12-31")
	days              = 7305
)

func zones() []string {
	return []string{"America/New_York", "Europe/Berlin", "Australia/Lord_Howe", "America/St_Johns", "Asia/Kolkata"}
}

func times() map[stockdigest.SlotKind]stockdigest.ClockTime {
	return map[stockdigest.SlotKind]stockdigest.ClockTime{
		stockdigest.SlotProcess: 90, stockdigest.SlotCleanup: 120, stockdigest.SlotRefresh: 150, stockdigest.SlotSend: 510,
	}
}

// step is how much later the clock is each time.
func step() time.Duration {
	if os.Getenv("TORTURE") != "" {
		return time.Minute
	}
	return 30 * time.Minute
}

// stormy is the step of years with jumps and outages.
const stormy = 30 * time.Minute

// A start is one kind that was started for one local date.
type start struct {
	kind stockdigest.SlotKind
	day  stockdigest.Day
}

// A told scheduler is told the time and says what it starts.
type told func(now time.Time) []start

// troubles is what a count of starts found: dates with none, dates with more
// than one, and starts that came more than a step late though nothing was in
// their way.
type troubles struct{ missing, doubled, late int }

// live tells the scheduler the time for twenty years. With storms there are
// jumps and outages.
func live(loc *time.Location, scheduler told, step time.Duration, storms bool) troubles {
	random := rand.New(rand.NewPCG(7, 1))
	counts := map[start]int{}
	var t troubles
	now, end := firstDay.At(0, loc), lastDay.Add(1).At(12*60, loc)
	for now.Before(end) {
		at, pause := now, step
		if storms {
			switch random.IntN(700) {
			case 0: // the clock is wrong for one look
				at = now.Add(24 * time.Hour)
			case 1:
				at = now.Add(-24 * time.Hour)
			case 2: // nobody looks
				pause = time.Duration(random.Int64N(int64(5 * time.Hour)))
			}
		}
		for _, s := range scheduler(at) {
			counts[s]++
			if due := s.day.At(times()[s.kind], loc); at.Sub(due) >= step || at.Before(due) {
				t.late++
			}
		}
		now = now.Add(pause)
	}
	for kind := range times() {
		for day := firstDay; day <= lastDay; day = day.Add(1) {
			switch n := counts[start{kind, day}]; {
			case n == 0:
				t.missing++
			case n > 1:
				t.doubled++
			}
		}
	}
	return t
}

// ours is the plan with the rows that remember what was taken, in a process
// that itself remembers nothing.
func ours(loc *time.Location) told {
	plan, cal := schedule.Daily(loc, times()), schedule.NewCalendar(schedule.NYSE, nil)
	rows := map[string]bool{}
	return func(now time.Time) (started []start) {
		for _, slot := range plan.Due(now, cal) {
			if k := key(slot); !rows[k] {
				rows[k] = true
				started = append(started, start{slot.Kind, slot.Day})
			}
		}
		return started
	}
}

func TestEveryLocalDayComesExactlyOnce(t *testing.T) {
	t.Parallel()
	if n := int(lastDay.At(0, time.UTC).Sub(firstDay.At(0, time.UTC))/(24*time.Hour)) + 1; n != days {
		t.Fatalf("the harness spans %d days, want %d", n, days)
	}
	for _, name := range zones() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			loc := zone(t, name)
			if got := live(loc, ours(loc), step(), false); got != (troubles{}) {
				t.Errorf("calm years: got %+v, want %d of %d days once and on time", got, days, days)
			}
			got := live(loc, ours(loc), stormy, true)
			if got.missing+got.doubled > 0 {
				t.Errorf("years with jumps and outages: got %+v, want %d of %d days once", got, days, days)
			}
			t.Logf("measured: %s, every %s: %d of %d days exactly once for each of %d times, with %d starts made up after a jump or outage",
				name, step(), days, days, len(times()), got.late)
		})
	}
}

// TestTheHarnessCatchesBrokenSchedulers lets the common ways of doing it live
// through the same years.
func TestTheHarnessCatchesBrokenSchedulers(t *testing.T) {
	t.Parallel()
	loc := zone(t, "America/New_York")
	for name, c := range map[string]struct {
		scheduler told
		step      time.Duration
		storms    bool
		want      func(troubles) bool
	}{
		"cron expression":    {crons(t, loc), 30 * time.Minute, false, func(got troubles) bool { return got.missing >= 20 && got.doubled >= 20 }},
		"fifteen minutes":    {window(loc), 15 * time.Minute, false, func(got troubles) bool { return got.doubled > 0 }},
		"no memory but mine": {forgetful(loc), 30 * time.Minute, true, func(got troubles) bool { return got.doubled > 0 }},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if got := live(loc, c.scheduler, c.step, c.storms); !c.want(got) {
				t.Errorf("got %+v: the harness does not see what is wrong", got)
			} else {
				t.Logf("%+v", got)
			}
		})
	}
}

// crons fires when a cron expression says so, as most programs do.
func crons(t *testing.T, loc *time.Location) told {
	t.Helper()
	schedules, next := map[stockdigest.SlotKind]cron.Schedule{}, map[stockdigest.SlotKind]time.Time{}
	for kind, at := range times() {
		s, err := cron.ParseStandard(fmt.Sprintf("CRON_TZ=%s %d %d * * *", loc, at%60, at/60))
		if err != nil {
			t.Fatal(err)
		}
		schedules[kind], next[kind] = s, s.Next(firstDay.At(0, loc).Add(-time.Second))
	}
	return func(now time.Time) (started []start) {
		for kind, s := range schedules {
			for !next[kind].After(now) {
				started = append(started, start{kind, stockdigest.DayOf(next[kind], loc)})
				next[kind] = s.Next(next[kind])
			}
		}
		return started
	}
}

// window fires whenever it looks within a quarter of an hour of the time.
func window(loc *time.Location) told {
	return func(now time.Time) (started []start) {
		for kind, at := range times() {
			day := stockdigest.DayOf(now, loc)
			if d := now.Sub(day.At(at, loc)); d >= -15*time.Minute && d <= 15*time.Minute {
				started = append(started, start{kind, day})
			}
		}
		return started
	}
}

// forgetful keeps the date it started last, in place of a row for each.
func forgetful(loc *time.Location) told {
	plan, cal := schedule.Daily(loc, times()), schedule.NewCalendar(schedule.NYSE, nil)
	last := map[stockdigest.SlotKind]stockdigest.Day{}
	return func(now time.Time) (started []start) {
		for _, slot := range plan.Due(now, cal) {
			if last[slot.Kind] != slot.Day {
				last[slot.Kind] = slot.Day
				started = append(started, start{slot.Kind, slot.Day})
			}
		}
		return started
	}
}
