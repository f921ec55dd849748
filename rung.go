package stockdigest

// A Rung says how much of the work on a report its budget allowed. Below the
// first, a report costs less and says so; there is a report on every rung.
type Rung string

// The rungs of the ladder, from the best.
const (
	RungFull       Rung = "full"           // every selected article, the configured model
	RungFewer      Rung = "fewer articles" // only the most important articles go to the model
	RungCheaper    Rung = "cheaper model"  // as before, and the cheapest model with a price
	RungExtractive Rung = "extractive"     // no model: sentences of the sources themselves
	RungHeadlines  Rung = "headlines"      // titles and links only
)

// Rungs lists the rungs, best first.
func Rungs() []Rung {
	return []Rung{RungFull, RungFewer, RungCheaper, RungExtractive, RungHeadlines}
}

// String returns the rung as people read it.
func (r Rung) String() string { return string(r) }

// Paid reports whether work on the rung calls a model.
func (r Rung) Paid() bool { return r.rank() < RungExtractive.rank() }

// Degraded reports whether the rung is below the first.
func (r Rung) Degraded() bool { return r.rank() > 0 }

// Below returns the next rung down; under the last there is only the last.
func (r Rung) Below() Rung {
	all := Rungs()
	return all[min(r.rank()+1, len(all)-1)]
}

// Worse returns the lower of two rungs: what a report is called whose parts
// stand on both.
func (r Rung) Worse(other Rung) Rung {
	if other.rank() > r.rank() {
		return other
	}
	return r
}

// rank counts from the best. An empty rung is the best, as nothing degraded
// it; an unknown one is the lowest.
func (r Rung) rank() int {
	switch r {
	case RungFull, "":
		return 0
	case RungFewer:
		return 1
	case RungCheaper:
		return 2
	case RungExtractive:
		return 3
	default:
		return 4
	}
}
