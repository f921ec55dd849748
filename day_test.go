package stockdigest_test

import (
	"testing"
	"time"

	"stockdigest.app/stockdigest"
)

func TestAtFindsTheMomentThatClocksShow(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name, zone string
		day        stockdigest.Day
		clock      string
		want       string // UTC
	}{
		{"plain winter day", "America/New_York", "2026-11-23", "08:30", "2026-11-23T13:30:00Z"},
		{"plain summer day", "America/New_York", "2026-07-01", "02:00", "2026-07-01T06:00:00Z"},
		{"skipped 02:00 is the jump", "America/New_York", "2027-03-14", "02:00", "2027-03-14T07:00:00Z"},
		{"skipped 02:30 is the jump", "America/New_York", "2027-03-14", "02:30", "2027-03-14T07:00:00Z"},
		{"the first after the jump", "America/New_York", "2027-03-14", "03:00", "2027-03-14T07:00:00Z"},
		{"the last before the jump", "America/New_York", "2027-03-14", "01:59", "2027-03-14T06:59:00Z"},
		{"of two 01:30 the first", "America/New_York", "2026-11-01", "01:30", "2026-11-01T05:30:00Z"},
		{"02:00 after a double hour", "America/New_York", "2026-11-01", "02:00", "2026-11-01T07:00:00Z"},
		{"jump of half an hour", "Australia/Lord_Howe", "2026-10-04", "02:15", "2026-10-03T15:30:00Z"},
		{"double half hour", "Australia/Lord_Howe", "2026-04-05", "01:45", "2026-04-04T14:45:00Z"},
		{"jump at midnight", "America/Sao_Paulo", "2018-11-04", "00:00", "2018-11-04T03:00:00Z"},
		{"a date that never was", "Pacific/Apia", "2011-12-30", "08:30", "2011-12-30T10:00:00Z"},
		{"the day after it", "Pacific/Apia", "2011-12-31", "00:00", "2011-12-30T10:00:00Z"},
		{"the day before it", "Pacific/Apia", "2011-12-29", "23:59", "2011-12-30T09:59:00Z"},
		{"far east", "Pacific/Kiritimati", "2026-01-01", "00:00", "2025-12-31T10:00:00Z"},
		{"far west", "Etc/GMT+12", "2026-01-01", "23:59", "2026-01-02T11:59:00Z"},
		{"UTC", "UTC", "2026-02-28", "02:00", "2026-02-28T02:00:00Z"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			clock, err := stockdigest.ParseClock(c.clock)
			if err != nil {
				t.Fatal(err)
			}
			got := c.day.At(clock, zone(t, c.zone))
			if got.UTC().Format(time.RFC3339) != c.want {
				t.Errorf("got %s, want %s", got.UTC().Format(time.RFC3339), c.want)
			}
		})
	}
}

// TestAtIsTheFirstMinuteThatClocksShow compares At with clocks that are looked
// at every minute, through every change of the clocks of two years.
func TestAtIsTheFirstMinuteThatClocksShow(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"America/New_York", "Australia/Lord_Howe", "Pacific/Apia", "Africa/Casablanca", "Asia/Kolkata"} {
		loc := zone(t, name)
		for _, at := range changes(loc, 2011, 2012) {
			begin := at.Add(-3 * time.Hour)
			seen := stockdigest.DayOf(begin, loc)
			clock := stockdigest.ClockOf(begin, loc)
			for minute := begin; minute.Before(at.Add(3 * time.Hour)); minute = minute.Add(time.Minute) {
				day, now := stockdigest.DayOf(minute, loc), stockdigest.ClockOf(minute, loc)
				for seen < day || seen == day && clock <= now {
					if got := seen.At(clock, loc); !got.Equal(minute) {
						t.Fatalf("%s: %s %s is at %s, want %s", name, seen, clock, got, minute)
					}
					if clock++; clock == 24*60 {
						seen, clock = seen.Add(1), 0
					}
				}
			}
		}
	}
}

// changes are the moments of the years at which clocks in loc jump, and two
// plain ones.
func changes(loc *time.Location, from, to int) []time.Time {
	begin := time.Date(from, 1, 1, 12, 0, 0, 0, time.UTC)
	last := time.Date(to, 12, 31, 12, 0, 0, 0, time.UTC)
	all := []time.Time{begin, last}
	for t := begin; t.Before(last); {
		_, end := t.In(loc).ZoneBounds()
		if end.IsZero() || end.After(last) {
			return all
		}
		all, t = append(all, end.UTC()), end
	}
	return all
}

func TestDaysCountAcrossMonthsAndLeapDays(t *testing.T) {
	t.Parallel()
	d := stockdigest.Day("2028-02-28")
	if got := d.Add(1); got != "2028-02-29" {
		t.Errorf("the day after %s is %s", d, got)
	}
	if got := d.Add(2).First(); got != "2028-03-01" {
		t.Errorf("the first of its month is %s", got)
	}
	if got := d.Weekday(); got != time.Monday {
		t.Errorf("%s is a %s, want Monday", d, got)
	}
}

func TestBadDaysAndTimesAreRefused(t *testing.T) {
	t.Parallel()
	for _, s := range []string{"", "2026-02-30", "23.11.2026", "2026-11-23T00:00:00Z", "26-11-23"} {
		if d, err := stockdigest.ParseDay(s); err == nil {
			t.Errorf("%q was read as the day %s", s, d)
		}
	}
	for _, s := range []string{"", "24:00", "8h", "08:60", "-01:00"} {
		if c, err := stockdigest.ParseClock(s); err == nil {
			t.Errorf("%q was read as the time %s", s, c)
		}
	}
}

func zone(t *testing.T, name string) *time.Location {
	t.Helper()
	loc, err := time.LoadLocation(name)
	if err != nil {
		t.Fatal(err)
	}
	return loc
}
