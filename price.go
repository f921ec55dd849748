package stockdigest

import (
	"fmt"
	"time"
)

// A Quote is what a share cost, and when. A source that did not tell a field
// leaves it out; nothing in a Quote is a zero that was told.
type Quote struct {
	Symbol        Symbol    `json:"symbol"`
	Price         float64   `json:"price"`                    // above zero, in Currency
	PreviousClose float64   `json:"previous_close,omitempty"` // close of the session before, split-adjusted; zero: not told
	Currency      string    `json:"currency"`                 // as exchanges write it: USD, CAD, EUR, GBp for pence
	AsOf          time.Time `json:"as_of"`                    // of the price, never of the question
	Source        string    `json:"source"`                   // for people: FMP, Yahoo Finance
}

// Validate refuses a quote that must not be shown: without a price above zero,
// its currency, its time or its source.
func (q Quote) Validate() error {
	if !(q.Price > 0) || q.Currency == "" || q.AsOf.IsZero() || q.Source == "" {
		return Invalid(fmt.Sprintf("no price of %s with its currency, time and source", q.Symbol))
	}
	return nil
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
	Day   Day     `json:"day"` // at the exchange
	Price float64 `json:"price"`
}

// A PriceHistory is what a share cost at the end of its last sessions. Sessions
// that a source has no price for are not in it.
type PriceHistory struct {
	Symbol   Symbol  `json:"symbol"`
	Currency string  `json:"currency,omitempty"` // empty: not told
	Closes   []Close `json:"closes"`             // oldest first, one a day
	Source   string  `json:"source"`             // for people
}

// Drawable reports whether there is a line to draw: two closes or more.
func (h PriceHistory) Drawable() bool { return len(h.Closes) >= 2 }

// A PriceCard is what a report says about the price of a share.
type PriceCard struct {
	Quote   Quote        `json:"quote"`
	History PriceHistory `json:"history,omitzero"` // zero: no source told it
}

// NewPriceCard puts a quote beside its history. A history in another currency
// than the quote's would draw another share, and is left out.
func NewPriceCard(q Quote, h PriceHistory) PriceCard {
	if !h.Drawable() || h.Symbol != q.Symbol || h.Currency != "" && h.Currency != q.Currency {
		h = PriceHistory{}
	}
	return PriceCard{Quote: q, History: h}
}
