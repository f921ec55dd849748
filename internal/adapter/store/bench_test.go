package store_test

import (
	"fmt"
	"testing"

	"stockdigest.app/stockdigest"
	"stockdigest.app/stockdigest/internal/adapter/store"
	"stockdigest.app/stockdigest/internal/adapter/store/storetest"
)

// BenchmarkSavePoll saves polls of 100 new articles each.
func BenchmarkSavePoll(b *testing.B) {
	for engine, open := range storetest.Engines() {
		b.Run(engine, func(b *testing.B) {
			db := open(b)
			run := benchRun(b, db)
			n := 0
			for b.Loop() {
				var found []stockdigest.Found
				for range 100 {
					n++
					found = append(found, foundIn(stockdigest.RoleCompany, stockdigest.Pending, articleAt(n)))
				}
				if err := db.SavePoll(b.Context(), run, pollOf("https://feeds.example/one", 100), found); err != nil {
					b.Fatal(err)
				}
			}
			b.ReportMetric(float64(100*b.N)/b.Elapsed().Seconds(), "articles/s")
		})
	}
}

// BenchmarkSaveTickers saves a list as long as the SEC's.
func BenchmarkSaveTickers(b *testing.B) {
	for engine, open := range storetest.Engines() {
		b.Run(engine, func(b *testing.B) {
			db := open(b)
			var tickers []stockdigest.Ticker
			for i := range 10_000 {
				tickers = append(tickers, stockdigest.Ticker{Symbol: stockdigest.Symbol(fmt.Sprintf("T%05d", i)), Name: "A Company Inc.", Source: "sec"})
			}
			for b.Loop() {
				if err := db.SaveTickers(b.Context(), tickers); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

// BenchmarkMaterial reads a run of 200 candidates with texts of 5 KB.
func BenchmarkMaterial(b *testing.B) {
	for engine, open := range storetest.Engines() {
		b.Run(engine, func(b *testing.B) {
			db := open(b)
			run := benchRun(b, db)
			var found []stockdigest.Found
			for i := range 200 {
				found = append(found, foundIn(stockdigest.RoleCompany, stockdigest.Pending, articleAt(i)))
			}
			if err := db.SavePoll(b.Context(), run, pollOf("https://feeds.example/one", 200), found); err != nil {
				b.Fatal(err)
			}
			body := fmt.Sprintf("%5000d", 0)
			for _, f := range found {
				if err := db.SaveText(b.Context(), run, textOf(f.Article, body), verdictOn(f.Article, stockdigest.Selected, "text")); err != nil {
					b.Fatal(err)
				}
			}
			for b.Loop() {
				if _, err := db.Material(b.Context(), run); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

func benchRun(b *testing.B, db *store.DB) stockdigest.Run {
	b.Helper()
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
	return run
}
