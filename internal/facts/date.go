package facts

import (
	"strconv"
	"strings"
)

// date reads a day or a month: "Nov. 19, 2019", "19 November", "2019-11-19",
// "11/19/2019", "November 2019", or a weekday.
func (f *finder) date(i int) (placed, int) {
	if w := f.word(i); w != "" {
		if day := weekdayOf(w); day != "" && f.toks[i].upper {
			return placed{Fact: Fact{Kind: Weekday, Part: day}}, i + 1
		}
		return f.monthFirst(i)
	}
	if f.digits(i) == "" {
		return placed{}, i
	}
	if p, next := f.numericDate(i); next > i {
		return p, next
	}
	return f.dayFirst(i)
}

// monthFirst reads "November 19, 2019", "Nov 19", "November 2019", "November".
func (f *finder) monthFirst(i int) (placed, int) {
	month := monthOf(f.word(i))
	if month == 0 || !f.toks[i].upper {
		return placed{}, i
	}
	p := placed{Fact: Fact{Kind: Date, Month: month}}
	at := f.skipDot(i + 1)
	if day, next := f.day(at); day > 0 {
		p.Day = day
		p.Year, next = f.yearAfter(next)
		return p, next
	}
	if f.is(at, ",") || f.word(at) == "of" {
		if y := f.year(at + 1); y > 0 {
			p.Year = y
			return p, at + 2
		}
	}
	if y := f.year(at); y > 0 {
		p.Year = y
		return p, at + 1
	}
	if verbMonth(f.word(i)) && !f.monthContext(i) {
		return placed{}, i
	}
	if len(f.word(i)) <= 3 && f.word(i) != "may" || at == i+1 && shortMonth(f.word(i)) {
		return placed{}, i
	}
	return p, at
}

// dayFirst reads "19 November 2019", "19th of November".
func (f *finder) dayFirst(i int) (placed, int) {
	day, next := f.day(i)
	if day == 0 {
		return placed{}, i
	}
	if f.word(next) == "of" {
		next++
	}
	month := monthOf(f.word(next))
	if month == 0 || !f.toks[next].upper {
		return placed{}, i
	}
	p := placed{Fact: Fact{Kind: Date, Month: month, Day: day}}
	p.Year, next = f.yearAfter(f.skipDot(next + 1))
	return p, next
}

// numericDate reads "2019-11-19", "2019/11/19" and "11/19/2019".
func (f *finder) numericDate(i int) (placed, int) {
	sep := ""
	if i+1 < len(f.toks) {
		sep = f.toks[i+1].low
	}
	if sep != "-" && sep != "/" || !f.is(i+3, sep) || !f.glued(i+1) || !f.glued(i+2) || !f.glued(i+3) || !f.glued(i+4) {
		return placed{}, i
	}
	a, b, c := f.small(i), f.small(i+2), f.small(i+4)
	p := placed{Fact: Fact{Kind: Date}}
	switch {
	case len(f.digits(i)) == 4:
		p.Year, p.Month, p.Day = a, b, c
	case sep == "/" && (len(f.digits(i+4)) == 4 || len(f.digits(i+4)) == 2):
		p.Year, p.Month, p.Day = c, a, b
		if c < 100 {
			p.Year += 2000
		}
		if a > 12 {
			p.Month, p.Day = b, a
		}
	}
	if p.Year < 1900 || p.Year > 2099 || p.Month < 1 || p.Month > 12 || p.Day < 1 || p.Day > 31 {
		return placed{}, i
	}
	return p, i + 5
}

// day reads a day of the month, with or without an ordinal ending.
func (f *finder) day(i int) (day, next int) {
	d := f.digits(i)
	if d == "" || len(d) > 2 {
		return 0, i
	}
	n := f.small(i)
	if n < 1 || n > 31 {
		return 0, i
	}
	next = i + 1
	if f.glued(next) && f.word(next) != "" {
		switch f.word(next) {
		case "st", "nd", "rd", "th":
			return n, next + 1
		}
		return 0, i
	}
	if f.glued(next) && (f.is(next, "%") || f.is(next, ":")) {
		return 0, i
	}
	return n, next
}

// yearAfter reads ", 2019" or " 2019" at token i.
func (f *finder) yearAfter(i int) (year, next int) {
	at := i
	if f.is(at, ",") {
		at++
	}
	if y := f.year(at); y > 0 {
		return y, at + 1
	}
	return 0, i
}

// year reads a year of four digits that is not the head of a count.
func (f *finder) year(i int) int {
	d := f.digits(i)
	if len(d) != 4 || d < "1900" || d > "2099" || strings.ContainsAny(d, ".,") {
		return 0
	}
	if f.glued(i+1) && (f.word(i+1) != "" || f.is(i+1, "%")) {
		return 0
	}
	if countNoun(singular(f.word(i + 1))) {
		return 0
	}
	return f.small(i)
}

// shortYear reads "'19" or "19" glued behind a quarter.
func (f *finder) shortYear(i int) (year, next int) {
	at := i
	if f.is(at, "'") || f.is(at, "’") || f.is(at, "‘") {
		at++
	} else if !f.glued(at) {
		return 0, i
	}
	if d := f.digits(at); len(d) == 2 && f.glued(at) {
		return 2000 + f.small(at), at + 1
	}
	return 0, i
}

func (f *finder) small(i int) int {
	d := f.digits(i)
	if len(d) > 4 {
		return 0
	}
	n, err := strconv.Atoi(d)
	if err != nil {
		return 0
	}
	return n
}

func (f *finder) skipDot(i int) int {
	if f.is(i, ".") && f.glued(i) && i+1 < len(f.toks) && (f.digits(i+1) != "" || f.is(i+1, ",") || !f.toks[i+1].upper) {
		return i + 1
	}
	return i
}

// monthContext reports whether "May" or "March" at token i follows a word
// that makes it a month.
func (f *finder) monthContext(i int) bool {
	switch f.word(i - 1) {
	case "in", "since", "by", "of", "last", "next", "this", "early", "late", "mid", "until", "till", "through", "from", "during", "for", "and", "to", "before", "after":
		return true
	}
	return f.word(i) != "may" && i > 0 && !f.opens(i)
}

// clock reads a time of day: "4:30 p.m.", "16:30", "9 a.m.".
func (f *finder) clock(i int) (placed, int) {
	d := f.digits(i)
	if d == "" || len(d) > 2 {
		return placed{}, i
	}
	hour, minute, next := f.small(i), 0, i+1
	told := false
	if f.is(next, ":") && f.glued(next) && f.glued(next+1) && len(f.digits(next+1)) == 2 {
		minute, told = f.small(next+1), true
		next += 2
	}
	switch f.word(next) {
	case "p.m", "pm":
		if hour < 12 {
			hour += 12
		}
		told, next = true, next+1
	case "a.m", "am":
		if f.word(next) == "am" && !f.glued(next) && minute == 0 && !f.allCaps(next) {
			return placed{}, i
		}
		if hour == 12 {
			hour = 0
		}
		told, next = true, next+1
	}
	if !told || hour > 24 || minute > 59 {
		return placed{}, i
	}
	part := or(hour, "%02d") + ":" + or(minute, "%02d")
	return placed{Fact: Fact{Kind: Time, Part: strings.ReplaceAll(part, "?", "00")}}, next
}
