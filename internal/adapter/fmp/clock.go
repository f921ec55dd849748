package fmp

import (
	"strings"
	"time"
	_ "time/tzdata" // New York must be known on every machine
)

func newYork() *time.Location {
	zone, err := time.LoadLocation("America/New_York")
	if err != nil { // cannot happen with the embedded zone data
		return time.FixedZone("EST", -5*60*60)
	}
	return zone
}

// moment reads a time of the service: New York's unless it names a zone. An
// hour that the clocks show twice is the first of them, so that news is never
// dated later than it was; one that they skip is no time.
func moment(told string, zone *time.Location) (time.Time, bool) {
	told = strings.TrimSpace(told)
	if t, err := time.Parse(time.RFC3339, told); err == nil {
		return t.UTC(), sane(t)
	}
	for _, layout := range []string{time.DateTime, "2006-01-02T15:04:05"} {
		wall, err := time.Parse(layout, told)
		if err != nil {
			continue
		}
		return local(wall, zone)
	}
	return time.Time{}, false
}

// local finds the first moment at which clocks in zone show the wall time.
func local(wall time.Time, zone *time.Location) (time.Time, bool) {
	_, before := wall.AddDate(0, 0, -1).In(zone).Zone()
	_, after := wall.AddDate(0, 0, 1).In(zone).Zone()
	for _, offset := range []int{max(before, after), min(before, after)} { // the larger offset is the earlier moment
		at := wall.Add(-time.Duration(offset) * time.Second)
		if at.In(zone).Format(time.DateTime) == wall.Format(time.DateTime) {
			return at, sane(at)
		}
	}
	return time.Time{}, false
}

// sane refuses times before there was such a service and far ahead.
func sane(t time.Time) bool { return t.Year() >= 1990 && t.Year() < 2100 }
