package store_test

import (
	"errors"
	"testing"
	"time"

	"stockdigest.app/stockdigest"
	"stockdigest.app/stockdigest/internal/adapter/store/storetest"
)

func TestTheFirstPriceOfARunStays(t *testing.T) {
	t.Parallel()
	for engine, open := range storetest.Engines() {
		t.Run(engine, func(t *testing.T) {
			t.Parallel()
			db := open(t)
			run := seeded(t, db, articleAt(1))
			if m := materialOf(t, db, run); m.Price != nil {
				t.Errorf("got %+v, want no card", m.Price)
			}
			card := stockdigest.NewPriceCard(
				stockdigest.Quote{Symbol: "ACME", Price: 0.1 + 0.2, Currency: "USD", AsOf: morning.Add(-time.Hour), Source: "FMP"},
				stockdigest.PriceHistory{Symbol: "ACME", Source: "FMP", Closes: []stockdigest.Close{{Day: "2026-03-01", Price: 1}, {Day: "2026-03-02", Price: 2}}},
			)
			must(t, db.SavePrice(t.Context(), run, card))
			other := card
			other.Quote.Price = 9
			must(t, db.SavePrice(t.Context(), run, other))
			same(t, materialOf(t, db, run).Price, &card)

			stale := run
			stale.Token--
			if err := db.SavePrice(t.Context(), stale, other); !errors.Is(err, stockdigest.ErrConflict) {
				t.Errorf("a stale worker: got %v, want ErrConflict", err)
			}
		})
	}
}
