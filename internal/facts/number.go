package facts

import (
	"math/big"
	"strings"
)

// maxDigits bounds the numerals that are read as values; longer ones are
// labels.
const maxDigits = 24

// numeral reads digits with separators. A dot is a decimal point and commas
// group, unless the numeral can only be European: "1.850,50", "3,5". It also
// returns the worth of one in the last digit.
func numeral(s string) (value, step *big.Rat, ok bool) {
	s = strings.NewReplacer("\u00a0", "", "\u202f", "", "\u2009", "").Replace(s)
	if len(s) == 0 || len(s) > maxDigits {
		return nil, nil, false
	}
	whole, part := s, ""
	comma, dot := strings.LastIndexByte(s, ','), strings.LastIndexByte(s, '.')
	switch {
	case comma > dot && dot >= 0: // 1.850,50
		whole, part = strings.ReplaceAll(s[:comma], ".", ""), s[comma+1:]
	case dot > comma:
		whole, part = s[:dot], s[dot+1:]
		if strings.Contains(whole, ".") { // 1.850.000, and not a version
			if !grouped(s, '.') {
				return nil, nil, false
			}
			whole, part = strings.ReplaceAll(s, ".", ""), ""
		}
	case comma >= 0 && len(s)-comma-1 != 3 && strings.Count(s, ",") == 1: // 3,5
		whole, part = s[:comma], s[comma+1:]
	}
	whole = strings.ReplaceAll(whole, ",", "")
	value, ok = new(big.Rat).SetString(whole + part)
	if !ok {
		return nil, nil, false
	}
	step = new(big.Rat).SetInt64(1)
	for range part {
		step.Quo(step, big.NewRat(10, 1))
	}
	return value.Mul(value, step), step, true
}

// grouped reports whether every group after the first has three digits.
func grouped(s string, sep byte) bool {
	groups := strings.Split(s, string(sep))
	for _, g := range groups[1:] {
		if len(g) != 3 {
			return false
		}
	}
	return len(groups[0]) <= 3
}

// A quantity is a numeral with its scale.
type quantity struct {
	value, step *big.Rat
	next        int  // the token after it
	scaled      bool // a scale word was read
	words       bool // written in words
}

// quantity reads a numeral or number words at token i, with the scale that
// follows: "1.85 billion", "1.85B", "twenty-five", "a dozen".
func (f *finder) quantity(i int) (quantity, bool) {
	if d := f.digits(i); d != "" {
		value, step, ok := numeral(d)
		if !ok {
			return quantity{}, false
		}
		q := quantity{value: value, step: step, next: i + 1}
		f.mixed(&q)
		f.scale(&q)
		return q, true
	}
	return f.numberWords(i)
}

// mixed reads the fraction of "2 1/2" and the half of "½".
func (f *finder) mixed(q *quantity) {
	if f.is(q.next, "½") {
		q.value.Add(q.value, big.NewRat(1, 2))
		q.next++
	}
}

// scale reads scale words after a quantity: million, bn, crore; "hundred
// thousand" is two.
func (f *finder) scale(q *quantity) {
	for range 2 {
		at := q.next
		if f.dash(at) && f.glued(at) && f.glued(at+1) {
			at++
		}
		w := f.word(at)
		factor, abbreviated := scaleOf(w)
		if factor == 0 || abbreviated && !f.scaleLetter(at, w) {
			return
		}
		by := new(big.Rat).SetInt64(factor)
		q.value.Mul(q.value, by)
		q.step.Mul(q.step, by)
		q.next, q.scaled = at+1, true
		if abbreviated && f.is(q.next, ".") && f.glued(q.next) && at+2 < len(f.toks) && !f.toks[at+2].upper {
			q.next++ // "$3 mln. of"
		}
	}
}

// scaleLetter reports whether an abbreviation at token i is a scale. One
// letter must stand glued to its digits; "4K" and "8K" are pictures.
func (f *finder) scaleLetter(i int, w string) bool {
	if len(w) > 1 {
		return true
	}
	if !f.glued(i) {
		return w == "b" && f.toks[i].upper || w == "m" && f.toks[i].upper
	}
	if w == "k" && i >= 1 && (f.digits(i-1) == "4" || f.digits(i-1) == "8") {
		return i >= 2 && f.toks[i-2].kind == signToken && currencyOf(f.toks[i-2].low) != ""
	}
	return true
}

// numberWords reads a number written in words. "one" and "a" alone are not
// numbers: they mostly stand for something else.
func (f *finder) numberWords(i int) (quantity, bool) {
	total, part, next, words := int64(0), int64(0), i, 0
	scaled := false
	for at := i; words < 8; at++ {
		w := f.word(at)
		if f.dash(at) && words > 0 && f.glued(at) && f.glued(at+1) && smallNumber(f.word(at+1)) > 0 {
			continue
		}
		if w == "and" && words > 0 && smallNumber(f.word(at+1)) > 0 && part%100 == 0 && part > 0 {
			continue
		}
		if stem, ok := strings.CutSuffix(w, "fold"); ok && words == 0 && smallNumber(stem) > 0 {
			return quantity{value: big.NewRat(smallNumber(stem), 1), step: big.NewRat(1, 1), next: at + 1, words: true}, true
		}
		if n := smallNumber(w); n > 0 {
			if part%100 != 0 && (n >= 10 || part%10 != 0) { // "two three" are two numbers
				break
			}
			part += n
			next, words = at+1, words+1
			continue
		}
		if words == 0 && (w == "a" || w == "an") && wordScale(f.word(at+1)) > 0 {
			part = 1
			words++
			continue
		}
		by := wordScale(w)
		if by == 0 || words == 0 {
			break
		}
		if by == 100 || by == 12 {
			part *= by
		} else {
			total, part = total+part*by, 0
		}
		scaled = scaled || by >= 1000
		next, words = at+1, words+1
	}
	if next == i || words == 1 && f.word(i) == "one" && !f.countable(next) {
		return quantity{}, false
	}
	value := new(big.Rat).SetInt64(total + part)
	return quantity{value: value, step: big.NewRat(1, 1), next: next, scaled: scaled, words: true}, true
}

// countable reports whether what follows makes a lone "one" a number.
func (f *finder) countable(i int) bool {
	switch f.word(i) {
	case "percent", "per", "cent", "percentage", "basis":
		return true
	}
	return f.is(i, "%")
}
