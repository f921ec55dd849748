package facts

import (
	"math/big"
	"strings"
)

// label reads numbers that name something: phone numbers, versions, 10-K, 5G,
// COVID-19, ID.3, Destiny 2. They stay checkable but count as no amount.
func (f *finder) label(i int) (placed, int) {
	if f.digits(i) == "" {
		return placed{}, i
	}
	if next := f.code(i); next > i {
		return f.labelled(i, next), next
	}
	if f.gluedToName(i) || f.afterName(i) {
		next := i + 1
		if f.glued(next) && f.word(next) != "" {
			next++
		}
		return f.labelled(i, next), next
	}
	return placed{}, i
}

// labelled makes the label of tokens i to next; a plain numeral keeps its value.
func (f *finder) labelled(i, next int) placed {
	p := placed{Fact: Fact{Kind: Label}}
	if value, step, ok := numeral(f.digits(i)); ok && next == i+1 {
		p.Value, p.Step = value, step
	} else {
		p.Step = new(big.Rat)
	}
	return p
}

// code reads chains that no amount has: 1-800-555-0199, 1.2.3.4, 10-K, 13D,
// 5G, 401(k).
func (f *finder) code(i int) int {
	d := f.digits(i)
	if _, _, ok := numeral(d); !ok {
		return i + 1
	}
	next := i + 1
	if d == "401" && f.is(next, "(") && f.word(next+1) == "k" && f.is(next+2, ")") {
		return next + 3
	}
	if f.is(next, "-") && f.glued(next) && f.glued(next+1) {
		if f.digits(next+1) != "" && f.is(next+2, "-") && f.glued(next+2) && f.digits(next+3) != "" && f.glued(next+3) {
			for f.is(next, "-") && f.glued(next) && f.glued(next+1) && f.digits(next+1) != "" {
				next += 2
			}
			return next
		}
		if f.formLetter(next + 1) {
			return next + 2
		}
	}
	if f.glued(next) && f.word(next) != "" {
		switch w := f.s[f.toks[next].start:f.toks[next].end]; w {
		case "G", "D", "C", "A", "F", "g", "GE", "p":
			if len(d) <= 3 && !strings.ContainsAny(d, ".,") && (w != "p" || !f.pence(i)) {
				return next + 1
			}
		case "K":
			if (d == "4" || d == "8") && !f.afterCurrency(i) {
				return next + 1
			}
		}
	}
	return i
}

// pence reports whether "850p" at token i can be a British price: two digits
// or more, and no picture height.
func (f *finder) pence(i int) bool {
	d := f.digits(i)
	return d != "480" && d != "720"
}

func (f *finder) afterCurrency(i int) bool { return f.currencyAt(i-1) != "" }

// formLetter reports whether token i is the letter of an SEC form: K, Q, F, A.
func (f *finder) formLetter(i int) bool {
	if i >= len(f.toks) || f.toks[i].kind != wordToken {
		return false
	}
	switch f.s[f.toks[i].start:f.toks[i].end] {
	case "K", "Q", "F", "D", "G":
		return true
	}
	return false
}

// gluedToName reports whether letters stand directly before the digits, alone
// or with a hyphen or dot: A380, COVID-19, ID.3. Currency codes and "Q3" were
// read before.
func (f *finder) gluedToName(i int) bool {
	if !f.glued(i) || i == 0 {
		return false
	}
	if f.word(i-1) != "" {
		return true
	}
	joined := f.dash(i-1) || f.is(i-1, ".") || f.is(i-1, "/")
	return joined && f.glued(i-1) && i >= 2 && f.toks[i-2].kind == wordToken &&
		(f.toks[i-2].upper || f.is(i-1, "/")) && !amountWord(f.word(i-2))
}

// afterName reports whether a short whole number follows a capitalised word
// that is neither a month nor a word sentences begin with, and nothing that
// makes it an amount comes after: Destiny 2, S&P 500, Item 5, Phase 3.
func (f *finder) afterName(i int) bool {
	d := f.digits(i)
	if i == 0 || len(d) > 4 || strings.ContainsAny(d, ",") || f.toks[i-1].kind != wordToken {
		return false
	}
	if numberedNoun(f.word(i - 1)) {
		return true
	}
	if !f.toks[i-1].upper || opener(f.word(i-1)) || monthOf(f.word(i-1)) > 0 {
		return false
	}
	if len(d) == 4 && d >= "1900" && d <= "2099" || strings.Contains(d, ".") {
		return false
	}
	next := i + 1
	if factor, _ := scaleOf(f.word(next)); factor > 0 {
		return false
	}
	if after, _ := f.percent(next); after > next {
		return false
	}
	if after, _, _ := f.currencyAfter(next); after > next {
		return false
	}
	return f.times(next) == next && !countNoun(f.unit(next))
}

// ratio reads "10-for-1" and "3:2".
func (f *finder) ratio(i int) (placed, int) {
	left, ok := f.quantity(i)
	if !ok || left.scaled {
		return placed{}, i
	}
	at := left.next
	if f.dash(at) {
		at++
	}
	switch {
	case f.word(at) == "for" && (at > left.next || f.word(at+2) == "split" || f.word(at+2) == "stock"):
		at++
		if f.dash(at) {
			at++
		}
	default:
		return placed{}, i
	}
	right, ok := f.quantity(at)
	if !ok && (f.word(at) == "one") {
		right, ok = quantity{value: big.NewRat(1, 1), next: at + 1}, true
	}
	if !ok || right.scaled {
		return placed{}, i
	}
	p := placed{Fact: Fact{Kind: Ratio, Value: left.value, Step: left.step}}
	p.Part = plain(left.value) + ":" + plain(right.value)
	return p, right.next
}
