package store_test

import (
	"testing"

	"stockdigest.app/stockdigest"
	"stockdigest.app/stockdigest/internal/adapter/store"
	"stockdigest.app/stockdigest/internal/adapter/store/storetest"
)

// BenchmarkRunsOfAState lists the few runs of a state among 100,000 that ended
// well, as the operator's page does.
func BenchmarkRunsOfAState(b *testing.B) {
	for engine, open := range storetest.Engines() {
		b.Run(engine, func(b *testing.B) {
			db := open(b)
			if err := db.SaveTickers(b.Context(), []stockdigest.Ticker{acme()}); err != nil {
				b.Fatal(err)
			}
			run, err := db.OpenRun(b.Context(), stockdigest.Run{Ticker: "ACME", Kind: stockdigest.Weekly, AsOf: morning})
			if err != nil {
				b.Fatal(err)
			}
			if run, err = db.ClaimRun(b.Context(), run.ID, by("bench")); err != nil {
				b.Fatal(err)
			}
			if err := store.AddFinished(b.Context(), db, 100_000); err != nil {
				b.Fatal(err)
			}
			b.Run("running", func(b *testing.B) { benchList(b, db, stockdigest.RunRunning) })
			if err := db.QuarantineRun(b.Context(), run, "worn"); err != nil {
				b.Fatal(err)
			}
			b.Run("quarantined", func(b *testing.B) { benchList(b, db, stockdigest.RunQuarantined) })
		})
	}
}

func benchList(b *testing.B, db *store.DB, state stockdigest.RunState) {
	b.Helper()
	for b.Loop() {
		runs, err := db.Runs(b.Context(), stockdigest.RunFilter{State: state, Limit: 50})
		if err != nil || len(runs) != 1 {
			b.Fatalf("got %d runs, %v", len(runs), err)
		}
	}
}
