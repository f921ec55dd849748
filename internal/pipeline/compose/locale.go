package compose

import (
	"slices"
	"strings"
	"time"

	"stockdigest.app/stockdigest"
)

// A locale writes dates and hours as people in a zone do. It is the one place
// that knows how; the language is English.
type locale struct {
	loc      *time.Location
	american bool // March 4, 3:30 PM; else 4 March, 15:30
}

// localeIn returns the locale of a zone.
func localeIn(loc *time.Location) locale { return locale{loc: loc, american: american(loc.String())} }

// american reports whether people of a zone write the month first and count
// twelve hours, as in the United States and English-speaking Canada.
func american(zone string) bool {
	for _, prefix := range []string{"US/", "Canada/", "America/Indiana/", "America/Kentucky/", "America/North_Dakota/"} {
		if strings.HasPrefix(zone, prefix) {
			return true
		}
	}
	return slices.Contains(strings.Fields(`
		America/New_York America/Detroit America/Chicago America/Menominee America/Denver America/Boise America/Phoenix
		America/Los_Angeles America/Anchorage America/Juneau America/Sitka America/Metlakatla America/Yakutat America/Nome
		America/Adak Pacific/Honolulu America/Puerto_Rico
		America/St_Johns America/Halifax America/Glace_Bay America/Moncton America/Goose_Bay America/Toronto America/Iqaluit
		America/Winnipeg America/Rankin_Inlet America/Resolute America/Regina America/Swift_Current America/Edmonton
		America/Cambridge_Bay America/Inuvik America/Vancouver America/Dawson_Creek America/Fort_Nelson America/Whitehorse
		America/Dawson EST5EDT CST6CDT MST7MDT PST8PDT`), zone)
}

// day is "Wednesday, March 4, 2026" or "Wednesday 4 March 2026".
func (l locale) day(t time.Time) string {
	return l.write(t, "Monday, January 2, 2006", "Monday 2 January 2006")
}

// shortDay is "Wed, Mar 4" or "Wed 4 Mar".
func (l locale) shortDay(t time.Time) string { return l.write(t, "Mon, Jan 2", "Mon 2 Jan") }

// date is "Mar 4" or "4 Mar".
func (l locale) date(t time.Time) string { return l.write(t, "Jan 2", "2 Jan") }

// fullDate is a date with its year.
func (l locale) fullDate(t time.Time) string { return l.write(t, "Jan 2, 2006", "2 Jan 2006") }

// moment is "Mar 4, 3:30 PM" or "4 Mar, 15:30".
func (l locale) moment(t time.Time) string { return l.write(t, "Jan 2, 3:04 PM", "2 Jan, 15:04") }

// fullMoment is a moment with its year and zone.
func (l locale) fullMoment(t time.Time) string {
	return l.write(t, "Jan 2, 2006, 3:04 PM", "2 Jan 2006, 15:04") + " " + l.zone(t)
}

// hour is "3:30 PM" or "15:30".
func (l locale) hour(t time.Time) string { return l.write(t, "3:04 PM", "15:04") }

// calendar writes a day that belongs to no zone: "Mar 4, 2026" or "4 Mar 2026".
func (l locale) calendar(d stockdigest.Day) string {
	at, err := time.Parse(time.DateOnly, string(d))
	if err != nil {
		return string(d)
	}
	return locale{time.UTC, l.american}.fullDate(at)
}

// zone names the offset that clocks show at t.
func (l locale) zone(t time.Time) string {
	name, _ := t.In(l.loc).Zone()
	if strings.HasPrefix(name, "+") || strings.HasPrefix(name, "-") {
		return "UTC" + name
	}
	return name
}

func (l locale) write(t time.Time, american, elsewhere string) string {
	if l.american {
		return t.In(l.loc).Format(american)
	}
	return t.In(l.loc).Format(elsewhere)
}
