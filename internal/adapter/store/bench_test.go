package store_test

import (
	"fmt"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"golang.org/x/sync/errgroup"

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

// BenchmarkSaveBigPoll saves polls of 500 new articles of 3 KB each, and what a
// step decided on all of them. The longest transaction is what others wait for.
func BenchmarkSaveBigPoll(b *testing.B) {
	for engine, open := range storetest.Engines() {
		b.Run(engine, func(b *testing.B) {
			db := open(b)
			text := strings.Repeat("3 KB of text. ", 220)
			n := 0
			var poll, decide, longestPoll, longestDecide time.Duration
			for b.Loop() {
				run := benchRunOf(b, db, stockdigest.Symbol(fmt.Sprintf("T%d", n)))
				var found []stockdigest.Found
				var verdicts []stockdigest.Verdict
				for range 500 {
					n++
					a := articleAt(n)
					a.Description = text
					found = append(found, foundIn(stockdigest.RoleCompany, stockdigest.Pending, a))
					verdicts = append(verdicts, verdictOn(a, stockdigest.Selected, "cap"))
				}
				start := time.Now()
				if err := db.SavePoll(b.Context(), run, pollOf("https://feeds.example/one", 500), found); err != nil {
					b.Fatal(err)
				}
				polled := time.Now()
				if err := db.SaveVerdicts(b.Context(), run, stockdigest.StepTriage, verdicts, ""); err != nil {
					b.Fatal(err)
				}
				poll += polled.Sub(start)
				longestPoll = max(longestPoll, polled.Sub(start))
				decide += time.Since(polled)
				longestDecide = max(longestDecide, time.Since(polled))
			}
			b.ReportMetric(float64(500*b.N)/poll.Seconds(), "articles/s")
			b.ReportMetric(float64(500*b.N)/decide.Seconds(), "verdicts/s")
			b.ReportMetric(float64(longestPoll.Milliseconds()), "longest-poll-ms")
			b.ReportMetric(float64(longestDecide.Milliseconds()), "longest-decide-ms")
		})
	}
}

// BenchmarkSharedPolls lets 16 runs save polls of the same feed at once, which
// lists 200 articles of 3 KB, a quarter of them new.
func BenchmarkSharedPolls(b *testing.B) {
	for engine, open := range storetest.Engines() {
		b.Run(engine, func(b *testing.B) {
			db := open(b)
			var runs []stockdigest.Run
			for i := range 16 {
				runs = append(runs, benchRunOf(b, db, stockdigest.Symbol(fmt.Sprintf("T%d", i))))
			}
			var longest atomic.Int64
			n := 0
			for b.Loop() {
				n += 50
				var found []stockdigest.Found
				for i := range 200 {
					a := articleAt(n + i)
					a.Description = strings.Repeat("3 KB of text. ", 220)
					found = append(found, foundIn(stockdigest.RoleCompany, stockdigest.Pending, a))
				}
				var group errgroup.Group
				for _, run := range runs {
					group.Go(func() error {
						start := time.Now()
						err := db.SavePoll(b.Context(), run, pollOf("https://feeds.example/one", 200), found)
						for took := time.Since(start).Milliseconds(); took > longest.Load(); {
							longest.Store(took)
						}
						return err
					})
				}
				if err := group.Wait(); err != nil {
					b.Fatal(err)
				}
			}
			b.ReportMetric(float64(16*200*b.N)/b.Elapsed().Seconds(), "articles/s")
			b.ReportMetric(float64(longest.Load()), "longest-poll-ms")
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

// BenchmarkClaim opens, claims and ends runs, one after the other.
func BenchmarkClaim(b *testing.B) {
	for engine, open := range storetest.Engines() {
		b.Run(engine, func(b *testing.B) {
			db := open(b)
			if err := db.SaveTickers(b.Context(), []stockdigest.Ticker{acme()}); err != nil {
				b.Fatal(err)
			}
			asOf := morning
			for b.Loop() {
				asOf = asOf.Add(time.Second)
				if _, err := db.OpenRun(b.Context(), stockdigest.Run{Ticker: "ACME", Kind: stockdigest.Weekly, AsOf: asOf}); err != nil {
					b.Fatal(err)
				}
				run, ok, err := db.ClaimNext(b.Context(), by("bench"))
				if err != nil || !ok {
					b.Fatalf("got %v, %v, want a run", ok, err)
				}
				if err := db.QuarantineRun(b.Context(), run, "the bench is done with it"); err != nil {
					b.Fatal(err)
				}
			}
			b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "claims/s")
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
	return benchRunOf(b, db, "ACME")
}

func benchRunOf(b *testing.B, db *store.DB, symbol stockdigest.Symbol) stockdigest.Run {
	b.Helper()
	if err := db.SaveTickers(b.Context(), []stockdigest.Ticker{{Symbol: symbol, Name: "Acme Corp."}}); err != nil {
		b.Fatal(err)
	}
	run, err := db.OpenRun(b.Context(), stockdigest.Run{Ticker: symbol, Kind: stockdigest.Weekly, AsOf: morning})
	if err != nil {
		b.Fatal(err)
	}
	if run, err = db.ClaimRun(b.Context(), run.ID, by("bench")); err != nil {
		b.Fatal(err)
	}
	return run
}
