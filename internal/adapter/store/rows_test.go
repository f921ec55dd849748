package store_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"stockdigest.app/stockdigest"
	"stockdigest.app/stockdigest/internal/adapter/store/storetest"
)

// toldTwice returns what a feed listed that tells 150 articles, every third of
// them again, with a longer title and another verdict.
func toldTwice() []stockdigest.Found {
	var found []stockdigest.Found
	for i := range 150 {
		f := foundIn(stockdigest.RoleIndustry, stockdigest.Rejected, articleAt(i))
		found = append(found, f)
		if i%3 == 0 {
			f.Article.Title += ", told again"
			f.Article.PublishedAt = f.Article.PublishedAt.Add(-time.Hour)
			f.Verdict.Decision = stockdigest.Pending
			found = append(found, f)
		}
	}
	return found
}

func TestPollOfManyIsThatOfEach(t *testing.T) {
	t.Parallel()
	for engine, open := range storetest.Engines() {
		t.Run(engine, func(t *testing.T) {
			t.Parallel()
			each, all := open(t), open(t)
			found, poll := toldTwice(), pollOf("https://feeds.example/one", 200)
			eachRun, allRun := claimed(t, each, morning), claimed(t, all, morning)
			for _, f := range found {
				must(t, each.SavePoll(t.Context(), eachRun, poll, []stockdigest.Found{f}))
			}
			slices.Reverse(found)
			must(t, all.SavePoll(t.Context(), allRun, poll, found))
			want := materialOf(t, each, eachRun)
			same(t, materialOf(t, all, allRun), want)
			if len(want.Candidates) != 150 || !strings.Contains(fmt.Sprint(want.Candidates), "told again") {
				t.Fatalf("got %d candidates, want 150 with the longer titles", len(want.Candidates))
			}
		})
	}
}

func TestOfTwoVerdictsOnAnArticleTheLaterStands(t *testing.T) {
	t.Parallel()
	for engine, open := range storetest.Engines() {
		t.Run(engine, func(t *testing.T) {
			t.Parallel()
			db := open(t)
			run := seeded(t, db, articleAt(1), articleAt(2), articleAt(3))
			var verdicts []stockdigest.Verdict
			for _, gate := range []string{"first", "second"} {
				for n := 3; n > 0; n-- {
					verdicts = append(verdicts, verdictOn(articleAt(n), stockdigest.Selected, gate))
				}
			}
			must(t, db.SaveVerdicts(t.Context(), run, stockdigest.StepTriage, verdicts, ""))
			for _, c := range materialOf(t, db, run).Candidates {
				same(t, c.Verdict, verdictOn(c.Article, stockdigest.Selected, "second"))
				same(t, c.Role, stockdigest.RoleCompany)
			}
		})
	}
}

func TestLongListOfTickersIsThatOfEach(t *testing.T) {
	t.Parallel()
	for engine, open := range storetest.Engines() {
		t.Run(engine, func(t *testing.T) {
			t.Parallel()
			db := open(t)
			var tickers []stockdigest.Ticker
			for _, source := range []string{"night", "sec"} { // every symbol twice: the stronger says the name
				for i := range 700 {
					tickers = append(tickers, stockdigest.Ticker{
						Symbol: stockdigest.Symbol(fmt.Sprintf("T%03d", i)), Name: "Of " + source, Source: source,
						Names: []stockdigest.Name{{Text: "Shared", Kind: stockdigest.NameCompany}, {Text: source, Kind: stockdigest.NameBrand}},
					})
				}
			}
			must(t, db.SaveTickers(t.Context(), tickers))
			got, err := db.Tickers(t.Context())
			must(t, err)
			same(t, len(got), 700)
			for _, ticker := range got {
				same(t, ticker, stockdigest.Ticker{
					Symbol: ticker.Symbol, Name: "Of night", Source: "night",
					Names: []stockdigest.Name{{Text: "Shared", Kind: stockdigest.NameCompany}, {Text: "night", Kind: stockdigest.NameBrand}, {Text: "sec", Kind: stockdigest.NameBrand}},
				})
			}
		})
	}
}

func TestFilingToldTwiceIsOnce(t *testing.T) {
	t.Parallel()
	for engine, open := range storetest.Engines() {
		t.Run(engine, func(t *testing.T) {
			t.Parallel()
			db := open(t)
			run := claimed(t, db, morning)
			var filings []stockdigest.Filing
			for i := range 10 {
				f := stockdigest.Filing{Accession: stockdigest.Accession(fmt.Sprintf("0001-26-%d", i%5)), Form: "8-K", FiledAt: morning}
				if i >= 5 {
					f.Period = "2026-03-01"
				}
				filings = append(filings, f)
			}
			must(t, db.SaveFilings(t.Context(), run, filings))
			want := slices.Clone(filings[5:])
			same(t, materialOf(t, db, run).Filings, want)
		})
	}
}
