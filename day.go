package stockdigest

import (
	"fmt"
	"time"
)

// A Day is a date of the calendar, in no zone: 2026-11-23. Days compare as text.
type Day string

// DayOf returns the day that t is in loc.
func DayOf(t time.Time, loc *time.Location) Day { return Day(t.In(loc).Format(time.DateOnly)) }

// ParseDay reads a day as people write it, 2026-11-23.
func ParseDay(s string) (Day, error) {
	t, err := time.Parse(time.DateOnly, s)
	if err != nil {
		return "", Invalid("unknown day " + quote(s) + ": write it as 2026-11-23")
	}
	return Day(t.Format(time.DateOnly)), nil
}

// noon is the middle of the day in UTC, from which whole days can be counted.
// A Day that was not made by DayOf or ParseDay counts as the first of year 1.
func (d Day) noon() time.Time {
	t, err := time.Parse(time.DateOnly, string(d))
	if err != nil {
		return time.Date(1, 1, 1, 12, 0, 0, 0, time.UTC)
	}
	return t.Add(12 * time.Hour)
}

// Add returns the day n days later, or earlier when n is negative.
func (d Day) Add(n int) Day { return Day(d.noon().AddDate(0, 0, n).Format(time.DateOnly)) }

// Weekday returns the day of the week.
func (d Day) Weekday() time.Weekday { return d.noon().Weekday() }

// Date returns the parts of the day.
func (d Day) Date() (year int, month time.Month, day int) { return d.noon().Date() }

// First returns the first day of d's month.
func (d Day) First() Day {
	y, m, _ := d.Date()
	return Day(fmt.Sprintf("%04d-%02d-01", y, m))
}

// At returns the moment at which clocks in loc show c on the day. A time that
// the clocks skip is the moment they jump; of a time that they show twice it is
// the first.
func (d Day) At(c ClockTime, loc *time.Location) time.Time {
	y, m, n := d.Date()
	wall := time.Date(y, m, n, 0, int(c), 0, 0, time.UTC)
	// Clocks are never 36 hours ahead of UTC, so they have not shown the time
	// yet at the start; from there on look at each span of one offset.
	start := wall.Add(-36 * time.Hour).In(loc)
	for {
		_, offset := start.Zone()
		at := wall.Add(-time.Duration(offset) * time.Second)
		_, end := start.ZoneBounds()
		switch {
		case at.Before(start): // skipped by the jump at which the span begins
			return start
		case end.IsZero() || at.Before(end):
			return at.In(loc)
		}
		start = end
	}
}

// A ClockTime is a time of day in whole minutes after midnight.
type ClockTime int

// ClockOf returns what clocks in loc show at t.
func ClockOf(t time.Time, loc *time.Location) ClockTime {
	t = t.In(loc)
	return ClockTime(t.Hour()*60 + t.Minute())
}

// ParseClock reads a time of day as people write it, 08:30.
func ParseClock(s string) (ClockTime, error) {
	t, err := time.Parse("15:04", s)
	if err != nil {
		return 0, Invalid("unknown time " + quote(s) + ": write it as 08:30")
	}
	return ClockTime(t.Hour()*60 + t.Minute()), nil
}

// String returns the time as 08:30.
func (c ClockTime) String() string { return fmt.Sprintf("%02d:%02d", int(c)/60, int(c)%60) }

// MarshalText writes the time as 08:30.
func (c ClockTime) MarshalText() ([]byte, error) { return []byte(c.String()), nil }

// UnmarshalText reads a time such as 08:30.
func (c *ClockTime) UnmarshalText(text []byte) (err error) {
	*c, err = ParseClock(string(text))
	return err
}
