package feeds

import (
	"strconv"
	"strings"
	"time"
)

// maxDate bounds what can be a date, in bytes.
const maxDate = 80

// parseDate reads the dates that feeds write: RFC 822 and its many misspellings,
// ISO 8601 in all its forms, ctime, and American long dates. Times without a
// zone are UTC. What cannot be read, or lies outside 1970 to 2100, is zero.
func parseDate(s string) time.Time {
	s = strings.TrimSpace(s)
	if s == "" || len(s) > maxDate {
		return time.Time{}
	}
	if t, err := time.Parse(usualLayout(s), s); err == nil {
		return sane(t)
	}
	d := dateParts{month: -1, day: -1, year: -1}
	if !d.read(s) {
		return time.Time{}
	}
	return sane(d.time())
}

// usualLayout is the layout that most dates of this shape have; it saves most
// of them the long way.
func usualLayout(s string) string {
	switch {
	case len(s) > 4 && s[4] == '-':
		return time.RFC3339
	case strings.HasSuffix(s, " GMT"):
		return "Mon, 02 Jan 2006 15:04:05 GMT"
	}
	return time.RFC1123Z
}

func sane(t time.Time) time.Time {
	if t.Year() < 1970 || t.Year() > 2100 {
		return time.Time{}
	}
	return t.UTC()
}

// dateParts collects what the words of a date say.
type dateParts struct {
	year, month, day  int
	hour, minute, sec int
	nano              int
	offset            int // seconds east of UTC
	pm, am            bool
	seenTime, zone    bool
}

func (d *dateParts) time() time.Time {
	hour := d.hour
	switch {
	case d.pm && hour < 12:
		hour += 12
	case d.am && hour == 12:
		hour = 0
	}
	t := time.Date(d.year, time.Month(d.month), d.day, hour, d.minute, d.sec, d.nano, time.UTC)
	return t.Add(-time.Duration(d.offset) * time.Second)
}

// read takes the date apart word by word and reports whether it made sense.
func (d *dateParts) read(s string) bool {
	if rest, ok := d.isoDate(s); ok {
		s = rest
	}
	for word := range strings.FieldsFuncSeq(s, func(r rune) bool { return strings.ContainsRune(" ,\t\r\n()[]", r) }) {
		if !d.word(word) {
			return false
		}
	}
	if d.year >= 0 && d.year < 100 { // RFC 2822, section 4.3
		if d.year < 50 {
			d.year += 2000
		} else {
			d.year += 1900
		}
	}
	if d.month < 1 && d.day < 1 && d.year > 0 { // a year alone
		d.month, d.day = 1, 1
	}
	if d.day < 1 && d.month >= 1 {
		d.day = 1
	}
	return d.year > 0 && d.month >= 1 && d.month <= 12 && d.day >= 1 && d.day <= 31 &&
		d.hour <= 24 && d.minute < 60 && d.sec <= 60
}

// isoDate reads 2006-01-02, 2006/01/02, 20060102, 2006-01 and 2006 at the
// start and returns the rest, a leading T removed.
func (d *dateParts) isoDate(s string) (rest string, ok bool) {
	digits := func(from, n int) int {
		if len(s) < from+n {
			return -1
		}
		v, err := strconv.ParseUint(s[from:from+n], 10, 16)
		if err != nil {
			return -1
		}
		return int(v)
	}
	d0 := *d
	d.year = digits(0, 4)
	if d.year < 0 {
		*d = d0
		return s, false
	}
	end := 4
	sep := func(at int) bool { return len(s) > at && strings.IndexByte("-/.", s[at]) >= 0 }
	switch {
	case sep(4) && digits(5, 2) > 0:
		d.month, end = digits(5, 2), 7
		if sep(7) && digits(8, 2) > 0 {
			d.day, end = digits(8, 2), 10
		}
	case digits(4, 4) > 0:
		d.month, d.day, end = digits(4, 2), digits(6, 2), 8
	}
	rest = s[end:]
	if rest != "" && strings.IndexByte("Tt ,:", rest[0]) < 0 {
		*d = d0
		return s, false
	}
	return strings.TrimLeft(rest, "Tt:"), true
}

func (d *dateParts) word(w string) bool {
	low := strings.ToLower(strings.Trim(w, "."))
	switch {
	case low == "":
		return true
	case low == "pm" || low == "p.m":
		d.pm = true
		return true
	case low == "am" || low == "a.m":
		d.am = true
		return true
	case strings.Contains(w, ":") && isDigit(w[0]):
		return d.clock(w)
	case (w[0] == '+' || w[0] == '-') && len(w) > 1 && isDigit(w[1]):
		return d.numericZone(w)
	case isDigit(w[0]):
		return d.number(low)
	}
	if m := monthNumber(low); m > 0 {
		d.month = m
		return true
	}
	if off, ok := zoneOffset(low); ok {
		if !d.zone {
			d.offset, d.zone = off, true
		}
		return true
	}
	if rest, ok := strings.CutPrefix(low, "gmt"); ok && len(rest) > 1 {
		return d.numericZone(rest)
	}
	if rest, ok := strings.CutPrefix(low, "utc"); ok && len(rest) > 1 {
		return d.numericZone(rest)
	}
	if a, b, ok := strings.Cut(low, "-"); ok && a != "" && b != "" { // tue-nov
		return d.word(a) && d.word(b)
	}
	return true // weekdays in any language, "at", "ET" written out
}

func isDigit(c byte) bool { return '0' <= c && c <= '9' }

// number reads day, year, 02-Jan-2006 and 01/02/2006.
func (d *dateParts) number(w string) bool {
	if i := strings.IndexAny(w, "-/."); i > 0 && i < len(w)-1 {
		return d.dashed(strings.FieldsFunc(w, func(r rune) bool { return r == '-' || r == '/' || r == '.' }))
	}
	w = strings.TrimRight(w, "stndrhea.º") // 1st, 2nd, 3rd, 4th, 1er, 1a
	v, err := strconv.Atoi(w)
	switch {
	case err != nil:
		return true
	case len(w) >= 4:
		if d.year >= 0 && d.year != v || v < 1000 { // two years are none
			return false
		}
		d.year = v
	case d.day < 0 && v <= 31:
		d.day = v
	case d.year < 0:
		d.year = v
	case d.seenTime:
		return true
	case len(w) <= 2: // 10 pm
		d.hour = v
	}
	return true
}

// dashed reads 02-Jan-06, 2/1/2006 (month first, as the feeds that write it
// are American, unless that cannot be).
func (d *dateParts) dashed(parts []string) bool {
	if len(parts) != 3 {
		return true
	}
	if m := monthNumber(parts[1]); m > 0 {
		d.month = m
		return d.number(parts[0]) && d.number(parts[2])
	}
	a, errA := strconv.Atoi(parts[0])
	b, errB := strconv.Atoi(parts[1])
	y, errY := strconv.Atoi(parts[2])
	if errA != nil || errB != nil || errY != nil {
		return false
	}
	if a > 12 {
		a, b = b, a
	}
	d.month, d.day, d.year = a, b, y
	return true
}

// clock reads 15:04, 15:04:05.000, with am, pm, Z or an offset attached.
func (d *dateParts) clock(w string) bool {
	end := 0
	for end < len(w) && (isDigit(w[end]) || w[end] == ':' || w[end] == '.') {
		end++
	}
	zone := w[end:]
	if d.seenTime {
		return true
	}
	d.seenTime = true
	whole, fraction, _ := strings.Cut(w[:end], ".")
	for i, part := range strings.Split(whole, ":") {
		if part == "" {
			continue
		}
		v, err := strconv.Atoi(part)
		if err != nil || v > 99 {
			return false
		}
		switch i {
		case 0:
			d.hour = v
		case 1:
			d.minute = v
		case 2:
			d.sec = v
		}
	}
	if fraction != "" {
		if v, err := strconv.Atoi((fraction + "000000000")[:9]); err == nil {
			d.nano = v
		}
	}
	if zone == "" {
		return true
	}
	return d.word(zone)
}

// numericZone reads +0100, +01:00, +1 and -05.
func (d *dateParts) numericZone(w string) bool {
	sign := 1
	switch w[0] {
	case '-':
		sign = -1
		w = w[1:]
	case '+':
		w = w[1:]
	}
	digits := strings.ReplaceAll(w, ":", "")
	if len(digits) > 4 || len(digits) == 0 {
		return true
	}
	v, err := strconv.Atoi(digits)
	if err != nil {
		return true
	}
	hours, minutes := v, 0
	if len(digits) > 2 {
		hours, minutes = v/100, v%100
	}
	d.offset, d.zone = sign*(hours*3600+minutes*60), true
	return true
}

func zoneOffset(name string) (seconds int, ok bool) {
	const hour = 3600
	switch name {
	case "z", "gmt", "utc", "ut", "wet":
		return 0, true
	case "est":
		return -5 * hour, true
	case "edt":
		return -4 * hour, true
	case "cst":
		return -6 * hour, true
	case "cdt":
		return -5 * hour, true
	case "mst":
		return -7 * hour, true
	case "mdt":
		return -6 * hour, true
	case "pst":
		return -8 * hour, true
	case "pdt":
		return -7 * hour, true
	case "bst", "cet", "met", "mez":
		return hour, true
	case "cest", "mest", "mesz", "eet", "sast":
		return 2 * hour, true
	case "eest", "msk":
		return 3 * hour, true
	case "ist":
		return 5*hour + hour/2, true
	case "hkt", "sgt", "awst":
		return 8 * hour, true
	case "jst", "kst":
		return 9 * hour, true
	case "aest":
		return 10 * hour, true
	case "aedt":
		return 11 * hour, true
	}
	return 0, false
}

// monthNumber reads a month's name by its first letters, in English and the
// languages whose feeds write them; 0 when it is none.
func monthNumber(w string) int {
	if len(w) < 3 {
		return 0
	}
	switch w[:3] {
	case "jan", "ene", "gen":
		return 1
	case "feb", "fev", "fé":
		return 2
	case "mar", "mä", "mrt", "maa":
		return 3
	case "apr", "avr", "abr":
		return 4
	case "may", "mai", "mag", "maj", "mei":
		return 5
	case "jui": // juin, juillet
		if strings.HasPrefix(w, "juil") {
			return 7
		}
		return 6
	case "jun", "giu":
		return 6
	case "jul", "lug":
		return 7
	case "aug", "ago", "aou", "ao\xc3":
		return 8
	case "sep", "set":
		return 9
	case "oct", "okt", "ott", "out":
		return 10
	case "nov":
		return 11
	case "dec", "dez", "dic", "dé":
		return 12
	}
	return 0
}
