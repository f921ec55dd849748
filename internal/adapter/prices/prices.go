// Package prices tells what a share costs and draws how it moved.
//
// It asks its sources in order, the paid one first and one that needs no key
// after it, and gives the first whole answer: a price above zero with its time
// and currency. What no source knows is absent; there is no price of zero and
// no price of an unknown time.
package prices

import (
	"context"
	"errors"
	"fmt"

	"stockdigest.app/stockdigest"
)

// A Source knows prices. Its errors are ErrNotFound for a share it does not
// know, and ErrUnavailable or ErrDenied when it cannot be asked.
type Source interface {
	Quote(ctx context.Context, symbol stockdigest.Symbol) (stockdigest.Quote, error)
	// History returns the closes of the last days of the calendar.
	History(ctx context.Context, symbol stockdigest.Symbol, days int) (stockdigest.PriceHistory, error)
}

// maxDays bounds a history; charts in mails show a quarter.
const maxDays = 3 * 366

// First is the first of several sources that has an answer. It is a Source
// itself, and safe for concurrent use when they are.
type First []Source

// Quote returns the first whole quote. Its error holds those of all sources.
func (f First) Quote(ctx context.Context, symbol stockdigest.Symbol) (stockdigest.Quote, error) {
	return first(ctx, f, fmt.Sprintf("ask for the price of %s", symbol), func(s Source) (stockdigest.Quote, error) {
		return s.Quote(ctx, symbol)
	})
}

// History returns the first history with a close. Days are at least one and at
// most three years.
func (f First) History(ctx context.Context, symbol stockdigest.Symbol, days int) (stockdigest.PriceHistory, error) {
	if days < 1 || days > maxDays {
		return stockdigest.PriceHistory{}, stockdigest.Invalid(fmt.Sprintf("a history has 1 to %d days, not %d", maxDays, days))
	}
	return first(ctx, f, fmt.Sprintf("ask for the closes of %s", symbol), func(s Source) (stockdigest.PriceHistory, error) {
		return s.History(ctx, symbol, days)
	})
}

func first[T any](ctx context.Context, sources []Source, doing string, ask func(Source) (T, error)) (T, error) {
	var none T
	errs := make([]error, 0, len(sources)+1)
	for _, s := range sources {
		got, err := ask(s)
		if err == nil {
			return got, nil
		}
		errs = append(errs, err)
		if ctx.Err() != nil {
			break
		}
	}
	if len(errs) == 0 {
		errs = append(errs, &stockdigest.Error{Kind: stockdigest.ErrUnavailable, Message: "no source of prices is configured"})
	}
	return none, fmt.Errorf("%s: %w", doing, errors.Join(errs...))
}
