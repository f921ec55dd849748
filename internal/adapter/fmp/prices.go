package fmp

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"net/url"
	"slices"
	"strings"
	"time"

	"stockdigest.app/stockdigest"
)

const (
	maxPrice = 1e9              // of one share; the dearest costs less than a million
	ahead    = 10 * time.Minute // that the service's clock may be ahead of ours
)

// Quote returns the latest price of a share. The service tells no currency: it
// is known for exchanges of the United States and Canada, and shares of others
// are ErrNotFound.
func (c *Client) Quote(ctx context.Context, symbol stockdigest.Symbol) (stockdigest.Quote, error) {
	rows, err := c.rows(ctx, "quote", url.Values{"symbol": {string(symbol)}})
	if err != nil {
		return stockdigest.Quote{}, err
	}
	for _, row := range rows {
		var told struct {
			Symbol        string  `json:"symbol"`
			Price         float64 `json:"price"`
			PreviousClose float64 `json:"previousClose"`
			Exchange      string  `json:"exchange"`
			Timestamp     int64   `json:"timestamp"` // seconds since 1970
		}
		if json.Unmarshal(row, &told) != nil || !same(told.Symbol, symbol) {
			continue
		}
		q := stockdigest.Quote{
			Symbol: symbol, Price: told.Price, Currency: currency(told.Exchange), AsOf: time.Unix(told.Timestamp, 0).UTC(), Source: source,
		}
		if isPrice(told.PreviousClose) {
			q.PreviousClose = told.PreviousClose
		}
		if isPrice(q.Price) && q.Currency != "" && sane(q.AsOf) && !q.AsOf.After(c.Now().Add(ahead)) {
			return q, nil
		}
	}
	return stockdigest.Quote{}, stockdigest.NotFound(fmt.Sprintf("FMP has no price of %s with its time and currency", symbol))
}

// History returns the closes of the last days, split-adjusted.
func (c *Client) History(ctx context.Context, symbol stockdigest.Symbol, days int) (stockdigest.PriceHistory, error) {
	today := stockdigest.DayOf(c.Now(), c.zone)
	// The full list is adjusted for splits; there is a non-split-adjusted one beside it.
	rows, err := c.rows(ctx, "historical-price-eod/full", url.Values{
		"symbol": {string(symbol)}, "from": {string(today.Add(-days))}, "to": {string(today)},
	})
	if err != nil {
		return stockdigest.PriceHistory{}, err
	}
	h := stockdigest.PriceHistory{Symbol: symbol, Source: source}
	for _, row := range rows {
		var told struct {
			Symbol string  `json:"symbol"`
			Date   string  `json:"date"`
			Close  float64 `json:"close"`
		}
		if json.Unmarshal(row, &told) != nil || !same(told.Symbol, symbol) || !isPrice(told.Close) {
			continue
		}
		if day, ok := dayOf(told.Date); ok && day >= today.Add(-days) && day <= today {
			h.Closes = append(h.Closes, stockdigest.Close{Day: day, Price: told.Close})
		}
	}
	slices.SortStableFunc(h.Closes, func(a, b stockdigest.Close) int { return cmp.Compare(a.Day, b.Day) })
	h.Closes = slices.CompactFunc(h.Closes, func(a, b stockdigest.Close) bool { return a.Day == b.Day })
	if len(h.Closes) == 0 {
		return h, stockdigest.NotFound(fmt.Sprintf("FMP has no closes of %s", symbol))
	}
	return h, nil
}

// isPrice tells a price from what stands where there is none.
func isPrice(p float64) bool { return p > 0 && p < maxPrice }

// currency is what shares at an exchange are paid in.
func currency(exchange string) string {
	switch strings.ToUpper(exchange) {
	case "NASDAQ", "NYSE", "AMEX", "CBOE", "BATS", "OTC", "PNK":
		return "USD"
	case "TSX", "TSXV", "NEO", "CNQ":
		return "CAD"
	}
	return ""
}
