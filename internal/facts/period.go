package facts

import "strconv"

// period reads a fiscal or calendar period: "third quarter of 2019", "Q3",
// "3Q19", "fiscal 2025", "FY20", "first half", "first nine months".
func (f *finder) period(i int) (placed, int) {
	for _, read := range []func(int) (string, int){f.quarterCode, f.quarterWords, f.fiscalYear} {
		part, next := read(i)
		if next == i {
			continue
		}
		p := placed{Fact: Fact{Kind: Period, Part: part}}
		p.Year, next = f.periodYear(next)
		if part == "FY" && p.Year == 0 && next == i+1 && f.word(i) == "fiscal" {
			return placed{}, i
		}
		return p, next
	}
	return placed{}, i
}

// quarterCode reads Q3, 3Q, H1, 1H and FY, in capitals or not.
func (f *finder) quarterCode(i int) (string, int) {
	letter, digit := f.word(i), f.digits(i+1)
	if digit == "" && f.digits(i) != "" {
		letter, digit = f.word(i+1), f.digits(i)
	}
	if !f.glued(i+1) || len(digit) != 1 || i > 0 && f.glued(i) && (f.toks[i-1].kind != signToken || f.dash(i-1)) && f.word(i-1) != "" {
		return "", i
	}
	switch {
	case letter == "q" && digit >= "1" && digit <= "4":
		return "Q" + digit, i + 2
	case letter == "h" && digit >= "1" && digit <= "2":
		return "H" + digit, i + 2
	}
	return "", i
}

// quarterWords reads "third quarter", "third-quarter", "fiscal third quarter",
// "first half", "first nine months", "full year 2020".
func (f *finder) quarterWords(i int) (string, int) {
	at := i
	if f.word(at) == "fiscal" {
		at++
	}
	n := ordinal(f.word(at))
	if n == 0 && f.digits(at) != "" && len(f.digits(at)) == 1 && f.glued(at+1) {
		switch f.word(at + 1) {
		case "st", "nd", "rd", "th":
			n = f.small(at)
			at++
		}
	}
	if n == 0 {
		return "", i
	}
	at++
	if f.dash(at) {
		at++
	}
	if f.word(at) == "fiscal" {
		at++
	}
	switch w := f.word(at); {
	case (w == "quarter" || w == "qtr") && n <= 4:
		return "Q" + strconv.Itoa(n), at + 1
	case w == "half" && n <= 2:
		return "H" + strconv.Itoa(n), at + 1
	case (w == "nine" || w == "six" || f.digits(at) == "9" || f.digits(at) == "6") && f.word(at+1) == "months" && n == 1:
		if w == "six" || f.digits(at) == "6" {
			return "H1", at + 2
		}
		return "M9", at + 2
	}
	return "", i
}

// fiscalYear reads "fiscal 2025", "fiscal year 2025", "FY2025", "FY25",
// "full-year 2025".
func (f *finder) fiscalYear(i int) (string, int) {
	switch f.word(i) {
	case "fiscal", "full":
		at := i + 1
		if f.dash(at) {
			at++
		}
		if f.word(at) == "year" {
			at++
		} else if f.word(i) == "full" {
			return "", i
		}
		if f.year(at) > 0 || f.year(at+1) > 0 && f.word(at) == "of" {
			return "FY", at
		}
		if y, _ := f.shortYear(at); y > 0 {
			return "FY", at
		}
	case "fy":
		return "FY", i + 1
	}
	return "", i
}

// periodYear reads the year behind a period: "2019", "of 2019", "of fiscal
// 2019", "'19", "fiscal year 2019", "FY20".
func (f *finder) periodYear(i int) (year, next int) {
	at := i
	if f.word(at) == "of" || f.is(at, ",") || f.word(at) == "in" {
		at++
	}
	if f.word(at) == "the" {
		at++
	}
	for f.word(at) == "fiscal" || f.word(at) == "year" || f.word(at) == "fy" || f.word(at) == "calendar" {
		at++
	}
	if y := f.year(at); y > 0 {
		return y, at + 1
	}
	if y, next := f.shortYear(at); y > 0 {
		return y, next
	}
	if f.dash(at) && f.year(at+1) > 0 {
		return f.year(at + 1), at + 2
	}
	return 0, i
}
