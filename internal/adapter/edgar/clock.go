package edgar

import (
	"time"
	_ "time/tzdata" // acceptance times are Eastern; the zone must be known on every machine
)

// eastern returns the time zone of the SEC.
func eastern() *time.Location {
	zone, err := time.LoadLocation("America/New_York")
	if err != nil { // cannot happen with the embedded zone data
		return time.FixedZone("EST", -5*60*60)
	}
	return zone
}

// A clock says how the acceptance times of one submissions answer are to be
// read. They all end in Z, but in some answers they are UTC and in others the
// Eastern time of the filing's header: 0001564590-20-004475 has 07:12:18 in
// its header and 12:12:18Z in the list, 0001193125-19-292676 has 06:02:24 in
// its header and 06:02:24Z in the list.
type clock struct {
	eastern bool
	sure    bool
}

// newClock judges by EDGAR's opening hours: it accepts filings from 06:00 to
// 22:00 Eastern, so the reading that puts fewer filings into the night is the
// right one. Without evidence the Z is believed, unsure.
func newClock(stamps []string) clock {
	zone := eastern()
	var asUTC, asEastern int
	for _, s := range stamps {
		t, err := time.Parse(time.RFC3339, s)
		if err != nil || t.Hour()+t.Minute()+t.Second() == 0 { // midnight stands for a bare date
			continue
		}
		if closed(t.In(zone).Hour()) {
			asUTC++
		}
		if closed(t.Hour()) {
			asEastern++
		}
	}
	return clock{eastern: asEastern < asUTC, sure: asEastern != asUTC}
}

func closed(hour int) bool { return hour < 6 || hour >= 22 }

// readings returns the instants that a stamp may mean, the likeliest first;
// one when the clock is sure, none when the stamp is not a time.
func (c clock) readings(stamp string) []time.Time {
	t, err := time.Parse(time.RFC3339, stamp)
	if err != nil || t.Hour()+t.Minute()+t.Second() == 0 {
		return nil
	}
	utc := t.UTC()
	local := time.Date(t.Year(), t.Month(), t.Day(), t.Hour(), t.Minute(), t.Second(), 0, eastern()).UTC()
	switch {
	case c.eastern:
		return []time.Time{local}
	case c.sure:
		return []time.Time{utc}
	default:
		return []time.Time{utc, local}
	}
}
