package facts

import (
	"math/big"
	"strings"
)

// amount reads money, a percentage, points, a multiple or a count at token i.
func (f *finder) amount(i int) (placed, int) {
	at, minus := i, false
	if f.negative(i) {
		minus = true
		at++
	}
	code, at := f.currencyBefore(at)
	open := code != "" && f.is(at, "(") // $(0.12)
	if open {
		minus = true
		at++
	}
	q, ok := f.quantity(at)
	if !ok {
		return placed{}, i
	}
	if !open && f.is(i, "(") && !minus {
		return placed{}, i
	}
	p := placed{Fact: Fact{Value: q.value, Step: q.step}, scaled: q.scaled}
	next := q.next
	if (open || f.is(i, "(") && minus) && f.is(next, ")") {
		next++
	}
	next = f.classify(&p, code, next)
	if minus {
		p.Value.Neg(p.Value)
	}
	return p, next
}

// classify decides what the quantity that ends before token next measures.
func (f *finder) classify(p *placed, code string, next int) int {
	if code != "" {
		p.Kind, p.Currency = Money, code
		next = f.sameCurrency(code, next)
		return f.per(p, next)
	}
	if after, unit := f.percent(next); after > next {
		p.Kind = unit
		if f.basis(next) {
			p.Value.Quo(p.Value, big.NewRat(100, 1))
			p.Step.Quo(p.Step, big.NewRat(100, 1))
		}
		return after
	}
	if after, name, cents := f.currencyAfter(next); after > next {
		p.Kind, p.Currency = Money, name
		if cents {
			p.Value.Quo(p.Value, big.NewRat(100, 1))
			p.Step.Quo(p.Step, big.NewRat(100, 1))
		}
		return f.per(p, after)
	}
	if strings.HasSuffix(f.word(next-1), "fold") {
		p.Kind = Multiple
		return next
	}
	if after := f.times(next); after > next {
		p.Kind = Multiple
		return after
	}
	p.Kind, p.bare = Number, true
	p.Unit = f.unit(next)
	if f.yearLike(p, next) {
		p.Kind, p.Unit, p.bare = Year, "", false
		p.Year = int(p.Value.Num().Int64())
	}
	return next
}

// yearLike reports whether a bare number is a year: four digits from 1900 to
// 2099 that count nothing people would count.
func (f *finder) yearLike(p *placed, next int) bool {
	d := f.digits(next - 1)
	if len(d) != 4 || strings.ContainsAny(d, ".,") || p.scaled || d < "1900" || d > "2099" {
		return false
	}
	return !countNoun(p.Unit)
}

// negative reports whether token i turns the amount after it negative: a
// minus sign with no figure or word before it, the word, or a bracket around
// nothing but digits.
func (f *finder) negative(i int) bool {
	switch {
	case f.is(i, "−"), f.is(i, "-"), f.is(i, "–"):
		if f.glued(i) && i > 0 && (f.toks[i-1].kind != signToken || f.is(i-1, ")")) {
			return false
		}
		if i > 0 && f.toks[i-1].kind != wordToken && !f.is(i-1, "(") && !f.is(i-1, ",") && !f.is(i-1, ":") {
			return false // "$4.25 - $4.75"
		}
		return f.glued(i+1) && (f.digits(i+1) != "" || f.currencyAt(i+1) != "")
	case f.word(i) == "minus" || f.word(i) == "negative":
		return f.digits(i+1) != "" || f.currencyAt(i+1) != ""
	case f.is(i, "("):
		return f.bracketed(i)
	}
	return false
}

// bracketed reports whether token i opens an accountant's negative: "(0.12)"
// or "($0.12)" in place of an amount. After an amount or a word that is no
// link, a bracket only explains: "£2.4 million ($3.1 million)".
func (f *finder) bracketed(i int) bool {
	at := i + 1
	if f.currencyAt(at) != "" {
		at++
	}
	if d := f.digits(at); d == "" || !strings.Contains(d, ".") && !strings.Contains(d, ",") {
		return false
	}
	if !f.is(at+1, ")") || i == 0 {
		return false
	}
	switch f.word(i - 1) {
	case "of", "was", "were", "is", "to", "at", "loss", "share", "and", "from", "versus", "vs":
		return true
	}
	return false
}

// currencyBefore reads a currency in front of digits and returns the token
// after it.
func (f *finder) currencyBefore(i int) (code string, next int) {
	if w := f.word(i); w != "" && !f.dollarWord(i) {
		code = currencyCode(w, f.toks[i].upper)
		if code == "" {
			return "", i
		}
		next = i + 1
		if f.is(next, ".") && f.glued(next) {
			next++ // "Rs. 500"
		}
		if f.is(next, "$") || f.is(next, "€") || f.is(next, "£") {
			next++ // "USD $5"
		}
		if f.digits(next) == "" {
			return "", i
		}
		return code, next
	}
	if f.dollarWord(i) {
		return dollarOf(f.word(i)), i + 2
	}
	if code = f.currencyAt(i); code != "" && (f.digits(i+1) != "" || f.is(i+1, "(") && f.digits(i+2) != "") {
		return code, i + 1
	}
	return "", i
}

// dollarWord reports whether tokens i and i+1 are "US$", "C$" and the like.
func (f *finder) dollarWord(i int) bool {
	return f.word(i) != "" && f.is(i+1, "$") && f.glued(i+1) && dollarOf(f.word(i)) != ""
}

// currencyAt returns the code of the currency sign at token i, or "".
func (f *finder) currencyAt(i int) string {
	if i < 0 || i >= len(f.toks) || f.toks[i].kind != signToken {
		return ""
	}
	return currencyOf(f.toks[i].low)
}

// currencyAfter reads a currency behind digits: dollars, US dollars, EUR,
// cents, €.
func (f *finder) currencyAfter(i int) (next int, code string, cents bool) {
	at := i
	if f.dash(at) && f.glued(at) && f.glued(at+1) { // "5-cent"
		at++
	}
	country := ""
	if c := dollarOf(f.word(at)); c != "" && (currencyWord(f.word(at+1)) == "USD" || f.word(at+1) == "cents") {
		country = c
		at++
	}
	w := f.word(at)
	switch {
	case centWord(w) != "":
		code, cents = centWord(w), true
	case currencyWord(w) != "":
		code = currencyWord(w)
	case w != "" && f.toks[at].end-f.toks[at].start == 3 && f.allCaps(at) && currencyCode(w, true) != "":
		code = currencyCode(w, true)
	case f.is(at, "¢"):
		code, cents = "USD", true
	case f.is(at, "€"), f.is(at, "£"):
		code = currencyOf(f.toks[at].low)
	default:
		return i, "", false
	}
	if country != "" {
		code = country
	}
	return at + 1, code, cents
}

func (f *finder) allCaps(i int) bool {
	w := f.s[f.toks[i].start:f.toks[i].end]
	return w == strings.ToUpper(w)
}

// sameCurrency skips a currency word that repeats the sign: "$5 million US
// dollars", "€5 EUR".
func (f *finder) sameCurrency(code string, i int) int {
	if next, again, cents := f.currencyAfter(i); next > i && again == code && !cents {
		return next
	}
	return i
}

// per reads what a price is for: per share, a barrel, /tonne. The words stay
// outside the span.
func (f *finder) per(p *placed, next int) int {
	at := next
	switch w := f.word(at); {
	case w == "per", w == "an", w == "a", w == "each", f.is(at, "/"):
		at++
	default:
		return next
	}
	for range 3 {
		w := f.word(at)
		if w == "diluted" || w == "basic" || w == "common" || w == "ordinary" || w == "adjusted" || w == "u.s" {
			at++
			continue
		}
		if after := f.word(at + 1); after == "ago" || after == "earlier" || after == "later" || after == "before" {
			return next
		}
		p.Unit = singular(w)
		p.PerShare = p.Unit == "share"
		break
	}
	return next
}

// percent reads %, percent, per cent, pct, percentage points, basis points.
func (f *finder) percent(i int) (next int, kind Kind) {
	at := i
	if f.dash(at) && f.glued(at) && f.glued(at+1) { // "50-basis-point"
		at++
	}
	switch w := f.word(at); w {
	case "percent", "pct", "pc":
		next = at + 1
	case "per":
		if f.word(at+1) != "cent" {
			return i, ""
		}
		next = at + 2
	case "percentage", "basis":
		next = at + 1
		if f.dash(next) {
			next++
		}
		if p := f.word(next); p != "point" && p != "points" {
			return i, ""
		}
		return next + 1, Points
	case "bps", "bp", "pp", "ppt", "ppts", "pps":
		return at + 1, Points
	default:
		if !f.is(at, "%") {
			return i, ""
		}
		next = at + 1
	}
	after := next
	if f.dash(after) {
		after++
	}
	if w := f.word(after); w == "point" || w == "points" || w == "pts" {
		return after + 1, Points
	}
	return next, Percent
}

// basis reports whether the points at token i are basis points.
func (f *finder) basis(i int) bool {
	if f.dash(i) {
		i++
	}
	switch f.word(i) {
	case "basis", "bps", "bp":
		return true
	}
	return false
}

// times reads "x", "times", "fold" behind a number.
func (f *finder) times(i int) int {
	at := i
	if f.dash(at) && f.glued(at) {
		at++
	}
	switch f.word(at) {
	case "x":
		if f.digits(at+1) == "" {
			return at + 1
		}
	case "times", "fold":
		return at + 1
	}
	return i
}

// unit returns the noun that the number before token i counts: the last of up
// to three words that can belong to one noun phrase. "12,000 new full-time
// employees" counts employees; the verb after a number is not its unit.
func (f *finder) unit(i int) string {
	if f.dash(i) && f.glued(i) && f.glued(i+1) {
		return singular(f.word(i + 1))
	}
	at, last, before := i, "", ""
	for n := range 4 {
		w := f.word(at)
		if w == "" || stopword(w) {
			break
		}
		if strings.HasSuffix(w, "ly") && n > 0 {
			break
		}
		last = w
		if countNoun(singular(w)) {
			break
		}
		if n > 0 && !adjective(before) {
			last = f.word(i)
			break
		}
		before = w
		at++
		if f.dash(at) && f.glued(at) && f.glued(at+1) {
			at++
		}
	}
	return singular(last)
}
