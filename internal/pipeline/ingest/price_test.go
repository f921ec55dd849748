package ingest_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"stockdigest.app/stockdigest"
	"stockdigest.app/stockdigest/internal/pipeline/ingest"
)

// priceList answers with one quote and one history, or with errors.
type priceList struct {
	quote     stockdigest.Quote
	history   stockdigest.PriceHistory
	noQuote   error
	noHistory error
	asked     int
}

func (p *priceList) Quote(context.Context, stockdigest.Symbol) (stockdigest.Quote, error) {
	p.asked++
	return p.quote, p.noQuote
}

func (p *priceList) History(context.Context, stockdigest.Symbol, int) (stockdigest.PriceHistory, error) {
	return p.history, p.noHistory
}

func acmePrices() *priceList {
	return &priceList{
		quote: stockdigest.Quote{Symbol: "ACME", Price: 12.5, PreviousClose: 12, Currency: "USD", AsOf: asOf.Add(-time.Hour), Source: "Yahoo Finance"},
		history: stockdigest.PriceHistory{Symbol: "ACME", Currency: "USD", Source: "Yahoo Finance", Closes: []stockdigest.Close{
			{Day: "2019-11-18", Price: 11}, {Day: "2019-11-19", Price: 12},
		}},
	}
}

// priced ingests with a source of prices and returns what the store has then.
func priced(t *testing.T, store *memoryStore, prices ingest.Prices) *memoryStore {
	t.Helper()
	s := ingest.New(store, feedTable{}, filingList{}, ingest.Config{Now: func() time.Time { return asOf }, Prices: prices})
	if err := s.Run(t.Context(), weekly()); err != nil {
		t.Fatal(err)
	}
	return store
}

func ticker() stockdigest.Ticker { return stockdigest.Ticker{Symbol: "ACME", Name: "Acme Inc."} }

func TestThePriceIsFetchedOncePerRun(t *testing.T) {
	t.Parallel()
	prices := acmePrices()
	store := priced(t, newStore(ticker()), prices)
	first := prices.quote
	prices.quote.Price = 99
	priced(t, store, prices) // as after a kill
	want := &stockdigest.PriceCard{Quote: first, History: prices.history}
	if diff := cmp.Diff(want, store.material.Price); diff != "" || prices.asked != 1 {
		t.Errorf("asked %d times, want once: %s", prices.asked, diff)
	}
}

func TestNoCardWithoutAWholeQuote(t *testing.T) {
	t.Parallel()
	for name, spoil := range map[string]func(*priceList){
		"error":       func(p *priceList) { p.noQuote = errors.New("refused") },
		"no time":     func(p *priceList) { p.quote.AsOf = time.Time{} },
		"no source":   func(p *priceList) { p.quote.Source = "" },
		"no currency": func(p *priceList) { p.quote.Currency = "" },
		"zero":        func(p *priceList) { p.quote.Price = 0 },
		"negative":    func(p *priceList) { p.quote.Price = -1 },
	} {
		prices := acmePrices()
		spoil(prices)
		store := priced(t, newStore(ticker()), prices)
		if store.material.Price != nil || !strings.Contains(store.note, ", price: ") {
			t.Errorf("%s: got %+v, note %q, want no card and the reason", name, store.material.Price, store.note)
		}
	}
}

func TestAHistoryThatDoesNotFitIsLeftOut(t *testing.T) {
	t.Parallel()
	for name, spoil := range map[string]func(*priceList){
		"error":          func(p *priceList) { p.history, p.noHistory = stockdigest.PriceHistory{}, errors.New("refused") },
		"other currency": func(p *priceList) { p.history.Currency = "CAD" },
		"other share":    func(p *priceList) { p.history.Symbol = "ACMEW" },
		"one close":      func(p *priceList) { p.history.Closes = p.history.Closes[:1] },
	} {
		prices := acmePrices()
		spoil(prices)
		card := priced(t, newStore(ticker()), prices).material.Price
		if card == nil || card.Quote.Price != 12.5 || len(card.History.Closes) != 0 {
			t.Errorf("%s: got %+v, want the quote alone", name, card)
		}
	}
}

func TestWithoutSourcesOfPricesNothingIsSaid(t *testing.T) {
	t.Parallel()
	store := priced(t, newStore(ticker()), nil)
	if store.material.Price != nil || strings.Contains(store.note, "price") {
		t.Errorf("got %+v, note %q, want neither", store.material.Price, store.note)
	}
}
