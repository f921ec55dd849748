package stockdigest

import "time"

// A Quote is what a share cost, and when. A source that did not tell a field
// leaves it out; nothing in a Quote is a zero that was told.
type Quote struct {
	Symbol        Symbol
	Price         float64   // above zero, in Currency
	PreviousClose float64   // close of the session before, split-adjusted; zero: not told
	Currency      string    // as exchanges write it: USD, CAD, EUR, GBp for pence
	AsOf          time.Time // of the price, never of the question
	Source        string    // for people: FMP, Yahoo Finance
}

// Change returns how far the price moved since the previous close in percent.
// It answers false when the previous close was not told.
func (q Quote) Change() (percent float64, ok bool) {
	if q.PreviousClose <= 0 {
		return 0, false
	}
	return (q.Price/q.PreviousClose - 1) * 100, true
}

// A Close is the last price of a session, adjusted for splits.
type Close struct {
	Day   Day // at the exchange
	Price float64
}

// A PriceHistory is what a share cost at the end of its last sessions. Sessions
// that a source has no price for are not in it.
type PriceHistory struct {
	Symbol   Symbol
	Currency string  // empty: not told
	Closes   []Close // oldest first, one a day
	Source   string  // for people
}
