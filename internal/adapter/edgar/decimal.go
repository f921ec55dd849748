package edgar

import (
	"math/big"
	"strings"
)

// A Decimal is a number as a filing gives it, exact: "243431", "116.89". It
// has no sign, no needless zeros and is empty when the filing gives none.
type Decimal string

// Digits of a figure: a trillion shares at a millionth of a cent fit well.
const (
	maxWhole = 18
	maxFrac  = 10
)

// decimal reads a figure, with or without commas and a dollar sign; nothing
// when s is not one.
func decimal(s string) Decimal {
	s = strings.ReplaceAll(strings.TrimPrefix(strings.TrimSpace(s), "$"), ",", "")
	whole, frac, _ := strings.Cut(s, ".")
	if whole+frac == "" || strings.Trim(whole+frac, "0123456789") != "" {
		return ""
	}
	whole, frac = strings.TrimLeft(whole, "0"), strings.TrimRight(frac, "0")
	if len(whole) > maxWhole || len(frac) > maxFrac {
		return ""
	}
	if whole == "" {
		whole = "0"
	}
	if frac == "" {
		return Decimal(whole)
	}
	return Decimal(whole + "." + frac)
}

// positive reports whether d is known and not zero.
func (d Decimal) positive() bool { return d != "" && d != "0" }

// unscaled returns d as a whole number of its last digit's unit.
func (d Decimal) unscaled() (n *big.Int, scale int) {
	whole, frac, _ := strings.Cut(string(d), ".")
	n, ok := new(big.Int).SetString(whole+frac, 10)
	if !ok {
		return new(big.Int), 0
	}
	return n, len(frac)
}

func scaled(n *big.Int, scale int) Decimal {
	s := n.String()
	if pad := scale + 1 - len(s); pad > 0 {
		s = strings.Repeat("0", pad) + s
	}
	whole, frac := s[:len(s)-scale], strings.TrimRight(s[len(s)-scale:], "0")
	if frac == "" {
		return Decimal(whole)
	}
	return Decimal(whole + "." + frac)
}

// times returns the product, exact; nothing when one of the two is unknown.
func (d Decimal) times(e Decimal) Decimal {
	if d == "" || e == "" {
		return ""
	}
	a, m := d.unscaled()
	b, n := e.unscaled()
	return scaled(a.Mul(a, b), m+n)
}

// plus returns the sum, exact; nothing when one of the two is unknown.
func (d Decimal) plus(e Decimal) Decimal {
	if d == "" || e == "" {
		return ""
	}
	a, b, scale := aligned(d, e)
	return scaled(a.Add(a, b), scale)
}

// compare orders two numbers; the unknown is the smallest.
func (d Decimal) compare(e Decimal) int {
	if d == "" || e == "" {
		return len(d) - len(e)
	}
	a, b, _ := aligned(d, e)
	return a.Cmp(b)
}

func aligned(d, e Decimal) (a, b *big.Int, scale int) {
	a, m := d.unscaled()
	b, n := e.unscaled()
	scale = max(m, n)
	return a.Mul(a, tens(scale-m)), b.Mul(b, tens(scale-n)), scale
}

func tens(n int) *big.Int { return new(big.Int).Exp(big.NewInt(10), big.NewInt(int64(n)), nil) }

// grouped writes d with commas: 1,234,567.5.
func (d Decimal) grouped() string {
	whole, frac, _ := strings.Cut(string(d), ".")
	for i := len(whole) - 3; i > 0; i -= 3 {
		whole = whole[:i] + "," + whole[i:]
	}
	if frac == "" {
		return whole
	}
	return whole + "." + frac
}

// dollars writes d as an amount, with cents when there are any: $41.20.
func (d Decimal) dollars() string {
	s := "$" + d.grouped()
	if i := strings.IndexByte(s, '.'); i >= 0 && len(s)-i == 2 {
		s += "0"
	}
	return s
}
