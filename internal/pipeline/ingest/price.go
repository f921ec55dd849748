package ingest

import (
	"context"
	"errors"
	"fmt"
	"time"

	"stockdigest.app/stockdigest"
)

// Prices tells what a share costs and what it cost before.
type Prices interface {
	Quote(ctx context.Context, symbol stockdigest.Symbol) (stockdigest.Quote, error)
	History(ctx context.Context, symbol stockdigest.Symbol, days int) (stockdigest.PriceHistory, error)
}

const (
	// How far the chart of a price card goes back, in days: a quarter.
	priceDays = 92
	// All that a price may take. A report is whole without one.
	priceTime = 20 * time.Second
)

// errSlowPrice is the cause of a context that ends with priceTime.
var errSlowPrice = errors.New("the sources of prices took too long")

// A pricing is what asking for a price gave. No card and no error: nobody asked.
type pricing struct {
	card *stockdigest.PriceCard
	err  error
}

// price asks for the price card of a run that has none. What is no whole quote
// is an error, so that no card ever shows a number without its time and source;
// a history that cannot be had leaves a card without a chart.
func (s *Step) price(ctx context.Context, m stockdigest.Material) pricing {
	if s.cfg.Prices == nil || m.Price != nil {
		return pricing{}
	}
	ctx, cancel := context.WithTimeoutCause(ctx, priceTime, errSlowPrice)
	defer cancel()
	quote, err := s.cfg.Prices.Quote(ctx, m.Ticker.Symbol)
	if err == nil {
		err = quote.Validate()
	}
	if err != nil {
		return pricing{err: err}
	}
	history, err := s.cfg.Prices.History(ctx, m.Ticker.Symbol, priceDays)
	card := stockdigest.NewPriceCard(quote, history)
	return pricing{&card, err}
}

// savePrice keeps the price card, if there is one.
func (s *Step) savePrice(ctx context.Context, run stockdigest.Run, p pricing) error {
	if p.card == nil {
		return nil
	}
	if err := s.store.SavePrice(ctx, run, *p.card); err != nil {
		return fmt.Errorf("save price of %s: %w", run.Ticker, err)
	}
	return nil
}
