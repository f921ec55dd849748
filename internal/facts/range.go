package facts

import "math/big"

// bound sets how the words before a fact limit it: "about", "more than".
func (f *finder) bound(p *placed) {
	if !p.Kind.Amount() && p.Kind != Label {
		return
	}
	i := p.first - 1
	if f.is(i, "~") || f.is(i, "≈") {
		p.Bound = About
		return
	}
	switch one, two := f.word(i), f.word(i-1); {
	case two == "more" && one == "than", two == "greater" && one == "than", two == "at" && one == "least", two == "higher" && one == "than":
		p.Bound = Over
	case two == "less" && one == "than", two == "fewer" && one == "than", two == "up" && one == "to", two == "at" && one == "most",
		two == "much" && one == "as", two == "many" && one == "as", two == "lower" && one == "than", two == "no" && one == "more":
		p.Bound = Under
	case one == "about", one == "around", one == "approximately", one == "roughly", one == "nearly", one == "almost",
		one == "some", two == "close" && one == "to", one == "approx", one == "estimated", one == "circa":
		p.Bound = About
	case one == "over" && two != "year" && two != "quarter", one == "exceeding":
		p.Bound = Over
	case one == "under":
		p.Bound = Under
	case f.word(p.next) == "or" && (f.word(p.next+1) == "so" || f.word(p.next+1) == "thereabouts"):
		p.Bound = About
	case f.word(p.next) == "or" && f.word(p.next+1) == "more":
		p.Bound = Over
	}
}

// join gives the ends of a range what only one of them tells: "$3-4 billion",
// "3 to 5 percent".
func (f *finder) join() {
	for i := 1; i < len(f.facts); i++ {
		a, b := &f.facts[i-1], &f.facts[i]
		if a.Value == nil || b.Value == nil || !f.ranged(a, b) {
			continue
		}
		switch {
		case a.Kind == Money && b.Kind == Number && b.bare && (b.Unit == "" || f.dash(a.next) || b.scaled):
			b.Kind, b.Currency, b.PerShare, b.bare, b.Unit = Money, a.Currency, a.PerShare, false, a.Unit
			f.rescale(a, b)
		case a.Kind == Money && b.Kind == Money && a.Currency == b.Currency:
			f.rescale(a, b)
		case a.Kind == Number && a.bare && a.Unit == "" && b.Kind == Money:
			a.Kind, a.Currency, a.bare = Money, b.Currency, false
			f.rescale(a, b)
		case a.Kind == Number && a.bare && a.Unit == "" && (b.Kind == Percent || b.Kind == Points || b.Kind == Multiple):
			a.Kind, a.bare = b.Kind, false
			if b.Kind == Points && f.basis(b.next-1) || b.Kind == Points && f.basis(b.next-2) {
				a.Value.Quo(a.Value, big.NewRat(100, 1))
				a.Step.Quo(a.Step, big.NewRat(100, 1))
			}
		case a.Kind == Number && a.bare && b.Kind == Number:
			if a.Unit == "" {
				a.Unit = b.Unit
			}
			f.rescale(a, b)
		}
		if b.PerShare || b.Kind == Money && b.Unit != "" {
			a.PerShare, a.Unit = b.PerShare, b.Unit
		}
		if a.Kind == b.Kind && b.Bound == Exact {
			b.Bound = a.Bound
		}
	}
}

// rescale lends the scale of b to a when a has none and is the smaller figure
// as written, as the first end of a range is.
func (f *finder) rescale(a, b *placed) {
	if a.scaled || !b.scaled {
		return
	}
	by := f.factor(b)
	if new(big.Rat).Mul(a.Value, by).Cmp(b.Value) >= 0 {
		return
	}
	a.Value.Mul(a.Value, by)
	a.Step.Mul(a.Step, by)
	a.scaled = true
}

// factor returns the scale that was read into p.
func (f *finder) factor(p *placed) *big.Rat {
	by := big.NewRat(1, 1)
	for i := p.first; i < p.next; i++ {
		if n, _ := scaleOf(f.word(i)); n > 0 {
			by.Mul(by, new(big.Rat).SetInt64(n))
		}
	}
	return by
}

// ranged reports whether a and b are the ends of one range: a dash or "to"
// between them, "and" only behind "between", and "to" not behind "from" with
// a falling first end.
func (f *finder) ranged(a, b *placed) bool {
	if b.first-a.next != 1 {
		return false
	}
	switch {
	case f.dash(a.next), f.word(a.next) == "to":
		return true
	case f.word(a.next) == "and":
		return f.word(a.first-1) == "between"
	}
	return false
}
