package schedule

import (
	"slices"
	"time"

	"stockdigest.app/stockdigest"
)

// An Exchange is a stock exchange whose trading days are known by its rules.
type Exchange string

// The exchanges.
const (
	NYSE Exchange = "NYSE" // New York Stock Exchange; NASDAQ keeps the same days
	TSX  Exchange = "TSX"  // Toronto Stock Exchange
)

// Validate refuses an unknown exchange.
func (e Exchange) Validate() error {
	if e == NYSE || e == TSX {
		return nil
	}
	return stockdigest.Invalid("unknown exchange " + string(e) + ": use NYSE or TSX")
}

// A Session is what an exchange does on a day.
type Session struct {
	Day    stockdigest.Day       `json:"day"`
	Open   bool                  `json:"open"`
	Closes stockdigest.ClockTime `json:"closes,omitzero"` // of an early close, in the exchange's zone; zero: the usual time
	Why    string                `json:"why,omitempty"`   // it does not trade, or closes early
	Said   bool                  `json:"said,omitempty"`  // a person said so, against or beside the rules
}

// A Calendar knows the trading days of an exchange: by its rules, and by what
// people said of single days.
type Calendar struct {
	exchange Exchange
	said     map[stockdigest.Day]stockdigest.MarketDay
}

// NewCalendar makes the calendar of an exchange. What people said goes over
// the rules.
func NewCalendar(exchange Exchange, said []stockdigest.MarketDay) Calendar {
	c := Calendar{exchange: exchange, said: make(map[stockdigest.Day]stockdigest.MarketDay, len(said))}
	for _, m := range said {
		c.said[m.Day] = m
	}
	return c
}

// Session says what the exchange does on the day.
func (c Calendar) Session(day stockdigest.Day) Session {
	if m, ok := c.said[day]; ok {
		return Session{Day: day, Open: m.Open, Closes: m.Closes, Why: m.Note, Said: true}
	}
	weekday := day.Weekday()
	if weekday == time.Saturday || weekday == time.Sunday {
		return Session{Day: day, Why: weekday.String()}
	}
	if why := closures(c.exchange)[day]; why != "" {
		return Session{Day: day, Why: why}
	}
	year, _, _ := day.Date()
	for _, h := range c.exchange.holidays(year) {
		if h.day == day {
			return Session{Day: day, Why: h.name}
		}
	}
	for _, h := range c.exchange.earlyCloses(year) {
		if h.day == day {
			return Session{Day: day, Open: true, Closes: earlyClose, Why: h.name}
		}
	}
	return Session{Day: day, Open: true}
}

// Unusual lists the days from one to another, both included, on which the
// exchange does not do as usual, by day. Weekends are usual.
func (c Calendar) Unusual(from, to stockdigest.Day) []Session {
	var days []Session
	for day := from; day <= to; day = day.Add(1) {
		s := c.Session(day)
		weekend := !s.Said && (day.Weekday() == time.Saturday || day.Weekday() == time.Sunday)
		if !weekend && (s.Said || !s.Open || s.Closes > 0) {
			days = append(days, s)
		}
	}
	return days
}

// earlyClose is when both exchanges close on a short day.
const earlyClose stockdigest.ClockTime = 13 * 60

// closures are the days on which an exchange stayed shut for a reason that no
// rule knows. A day to come is told by a person, in the database.
func closures(e Exchange) map[stockdigest.Day]string {
	if e == TSX {
		return map[stockdigest.Day]string{
			"2001-09-11": "attacks of September 11", "2001-09-12": "attacks of September 11",
		}
	}
	return map[stockdigest.Day]string{
		"2001-09-11": "attacks of September 11", "2001-09-12": "attacks of September 11",
		"2001-09-13": "attacks of September 11", "2001-09-14": "attacks of September 11",
		"2004-06-11": "mourning of Ronald Reagan",
		"2007-01-02": "mourning of Gerald Ford",
		"2012-10-29": "hurricane Sandy", "2012-10-30": "hurricane Sandy",
		"2018-12-05": "mourning of George H. W. Bush",
		"2025-01-09": "mourning of Jimmy Carter",
	}
}

// A named day is one on which an exchange does not do as usual.
type named struct {
	day  stockdigest.Day
	name string
}

// holidays are the days of a year on which the exchange does not trade, as
// they are kept.
func (e Exchange) holidays(year int) []named {
	if e == TSX {
		return tsxHolidays(year)
	}
	return nyseHolidays(year)
}

// nyseHolidays follows NYSE rule 7.2: a holiday on a Sunday is kept on Monday,
// one on a Saturday on Friday, unless that Friday ends a year.
func nyseHolidays(year int) []named {
	days := []named{
		{nth(year, time.January, time.Monday, 3), "Martin Luther King Jr. Day"},
		{nth(year, time.February, time.Monday, 3), "Washington's Birthday"},
		{easter(year).Add(-2), "Good Friday"},
		{lastMonday(year, time.May), "Memorial Day"},
		{nearest(date(year, time.July, 4)), "Independence Day"},
		{nth(year, time.September, time.Monday, 1), "Labor Day"},
		{nth(year, time.November, time.Thursday, 4), "Thanksgiving Day"},
		{nearest(date(year, time.December, 25)), "Christmas Day"},
	}
	if newYear := date(year, time.January, 1); newYear.Weekday() != time.Saturday {
		days = append(days, named{nearest(newYear), "New Year's Day"})
	}
	if year >= 2022 { // the first year in which the exchange kept it
		days = append(days, named{nearest(date(year, time.June, 19)), "Juneteenth"})
	}
	return days
}

// tsxHolidays follows the TSX: a holiday on a weekend is kept on the next
// weekday that is not one itself.
func tsxHolidays(year int) []named {
	christmas, boxing := date(year, time.December, 25), date(year, time.December, 26)
	switch christmas.Weekday() {
	case time.Friday: // Boxing Day is a Saturday
		boxing = boxing.Add(2)
	case time.Saturday:
		christmas, boxing = christmas.Add(2), boxing.Add(2)
	case time.Sunday: // Boxing Day keeps its Monday
		christmas = christmas.Add(2)
	default: // both are working days
	}
	return []named{
		{following(date(year, time.January, 1)), "New Year's Day"},
		{nth(year, time.February, time.Monday, 3), "Family Day"},
		{easter(year).Add(-2), "Good Friday"},
		{mondayBefore(date(year, time.May, 25)), "Victoria Day"},
		{following(date(year, time.July, 1)), "Canada Day"},
		{nth(year, time.August, time.Monday, 1), "Civic Holiday"},
		{nth(year, time.September, time.Monday, 1), "Labour Day"},
		{nth(year, time.October, time.Monday, 2), "Thanksgiving Day"},
		{christmas, "Christmas Day"},
		{boxing, "Boxing Day"},
	}
}

// earlyCloses are the short days of a year. A holiday goes before them.
func (e Exchange) earlyCloses(year int) []named {
	eve := named{date(year, time.December, 24), "Christmas Eve"}
	if e == TSX {
		return []named{eve}
	}
	days := []named{eve, {nth(year, time.November, time.Thursday, 4).Add(1), "day after Thanksgiving"}}
	// The third is short when the fourth is kept on its own day, beside it.
	if w := date(year, time.July, 4).Weekday(); w >= time.Tuesday && w <= time.Friday {
		days = append(days, named{date(year, time.July, 3), "eve of Independence Day"})
	}
	return days
}

func date(year int, month time.Month, day int) stockdigest.Day {
	return stockdigest.DayOf(time.Date(year, month, day, 12, 0, 0, 0, time.UTC), time.UTC)
}

// nth is the n-th such weekday of the month.
func nth(year int, month time.Month, weekday time.Weekday, n int) stockdigest.Day {
	first := date(year, month, 1)
	return first.Add((int(weekday-first.Weekday())+7)%7 + 7*(n-1))
}

func lastMonday(year int, month time.Month) stockdigest.Day {
	return mondayBefore(date(year, month, 31).Add(1)) // only asked of months with 31 days
}

// mondayBefore is the last Monday before the day.
func mondayBefore(day stockdigest.Day) stockdigest.Day {
	return day.Add(-((int(day.Weekday())+5)%7 + 1))
}

// nearest moves a Saturday to Friday and a Sunday to Monday.
func nearest(day stockdigest.Day) stockdigest.Day {
	if day.Weekday() == time.Saturday {
		return day.Add(-1)
	}
	return following(day)
}

// following moves a day of the weekend to the next Monday.
func following(day stockdigest.Day) stockdigest.Day {
	for slices.Contains([]time.Weekday{time.Saturday, time.Sunday}, day.Weekday()) {
		day = day.Add(1)
	}
	return day
}

// easter is Easter Sunday of the Gregorian calendar, by the algorithm that
// Nature printed in 1876 (Meeus, Astronomical Algorithms, chapter 8).
func easter(year int) stockdigest.Day {
	a, b, c := year%19, year/100, year%100
	h := (19*a + b - b/4 - (b-(b+8)/25+1)/3 + 15) % 30
	l := (32 + 2*(b%4) + 2*(c/4) - h - c%4) % 7
	m := (a + 11*h + 22*l) / 451
	n := h + l - 7*m + 114
	return date(year, time.Month(n/31), n%31+1)
}
