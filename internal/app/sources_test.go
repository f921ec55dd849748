package app_test

import (
	"context"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"stockdigest.app/stockdigest"
	"stockdigest.app/stockdigest/internal/app"
	"stockdigest.app/stockdigest/internal/sim"
)

func TestReportsShowThePriceOfAShare(t *testing.T) {
	t.Parallel()
	for source, c := range map[string]struct {
		more  []string
		feeds int // that a company has; each can be read
	}{
		"Yahoo Finance": {nil, 5},
		"FMP":           {[]string{"FMP_API_KEY=" + sim.Key}, 7},
	} {
		t.Run(source, func(t *testing.T) {
			t.Parallel()
			_, opts := pretend(t, sim.Config{Seed: 3, Tickers: 2, Articles: 4}, append(c.more, "STOCKDIGEST_WRITER=extractive")...)
			for _, r := range pretendReports(t, opts, stockdigest.Daily) {
				if r.Price == nil || r.Price.Quote.Source != source || r.Price.Quote.Validate() != nil || !r.Price.History.Drawable() || r.Price.History.Source != source {
					t.Errorf("%s: got %+v, want price and closes of %s", r.Ticker, r.Price, source)
				}
				if r.Coverage.FeedsOK != c.feeds || r.Coverage.FeedsTotal != c.feeds {
					t.Errorf("%s: got %+v, want %d feeds read", r.Ticker, r.Coverage, c.feeds)
				}
			}
		})
	}
}

func TestAPriceThatNobodyTellsIsAbsent(t *testing.T) {
	t.Parallel()
	_, opts := pretend(t, sim.Config{Seed: 3, Tickers: 1, Articles: 4, Faults: []sim.Fault{{Provider: sim.Quotes, Kind: sim.FaultError, Share: 1}}}, "STOCKDIGEST_WRITER=extractive")
	for _, r := range pretendReports(t, opts, stockdigest.Daily) {
		if r.Price != nil || len(r.Sections) == 0 || strings.Contains(r.Reason+strings.Join(r.Failures, ""), "price") {
			t.Errorf("got %+v, %s %s, want a report without a price, no worse for it", r.Price, r.Status, r.Reason)
		}
	}
}

func TestADigestOnDiskShowsTheChart(t *testing.T) {
	t.Parallel()
	_, opts := pretend(t, sim.Config{Seed: 3, Tickers: 1, Articles: 4}, "STOCKDIGEST_WRITER=extractive")
	world, err := app.Pretend(t.Context(), opts)
	must(t, err)
	dir := t.TempDir()
	quiet := &app.Console{Out: io.Discard, Err: io.Discard, JSON: true}
	_, files, err := app.ReportFiles(context.WithoutCancel(t.Context()), opts, world, []string{string(world.Tickers()[0].Symbol)}, stockdigest.Daily, dir, quiet)
	must(t, err)
	page, err := os.ReadFile(files[0].HTML)
	must(t, err)
	_, after, shown := strings.Cut(string(page), `<img `)
	_, after, _ = strings.Cut(after, ` src="`)
	src, _, _ := strings.Cut(after, `"`)
	if picture, err := os.ReadFile(filepath.Join(dir, src)); !shown || err != nil || !strings.HasPrefix(string(picture), "\x89PNG") {
		t.Errorf("the digest shows %q: %v", src, err)
	}
}

// walled are the settings of a world in which every page stands behind a wall.
func walled(t *testing.T, more ...string) (*sim.Sim, app.Options) {
	t.Helper()
	return pretend(t, sim.Config{Seed: 3, Tickers: 2, Articles: 6, Shared: 0.5, Faults: []sim.Fault{{Provider: sim.Pages, Kind: sim.FaultWall, Share: 1}}},
		append(more, "STOCKDIGEST_WRITER=extractive")...)
}

func labels(reports []stockdigest.Report) map[stockdigest.TextLabel]int {
	found := map[stockdigest.TextLabel]int{}
	for _, r := range reports {
		for _, a := range r.Articles {
			if a.Decision == stockdigest.Selected {
				found[a.Label]++
			}
		}
	}
	return found
}

func TestScrapFlyOpensWhatAWallKeepsShut(t *testing.T) {
	t.Parallel()
	_, without := walled(t)
	if got := labels(pretendReports(t, without, stockdigest.Daily)); got[stockdigest.TextFull] != 0 || got[stockdigest.TextHeadline] == 0 {
		t.Fatalf("without a key: got %v, want headlines only", got)
	}
	world, opts := walled(t, "SCRAPFLY_API_KEY="+sim.Key)
	if got := labels(pretendReports(t, opts, stockdigest.Daily)); got[stockdigest.TextHeadline] != 0 || got[stockdigest.TextFull] == 0 {
		t.Errorf("with a key: got %v, want whole texts", got)
	}
	bought := scraped(world)
	spent := spending(t, opts)
	if spent.Day.Settled == 0 || spent.Day.Reserved != 0 || len(spent.Models) != 1 || spent.Models[0].Provider != stockdigest.PageReader {
		t.Fatalf("got %+v, want the credits in the ledger", spent)
	}
	if m := spent.Models[0]; m.Calls != bought || m.TokensOut != 31*bought || m.Cost != spent.Day.Settled {
		t.Errorf("got %+v for %d pages of 31 credits", m, bought)
	}
}

// The cap leaves room for two pages at their worst price, six cents.
func TestScrapFlyKeepsItsDailyCap(t *testing.T) {
	t.Parallel()
	world, opts := walled(t, "SCRAPFLY_API_KEY="+sim.Key, "STOCKDIGEST_BUDGET_SCRAPFLY=0.07")
	got := labels(pretendReports(t, opts, stockdigest.Daily))
	if got[stockdigest.TextFull] == 0 || got[stockdigest.TextHeadline] == 0 {
		t.Errorf("got %v, want a few whole texts and the rest as headlines", got)
	}
	if s := spending(t, opts); s.Day.Settled > opts.BudgetPages || scraped(world) != s.Models[0].Calls {
		t.Errorf("got %+v for %d pages, want at most %s", s.Day, scraped(world), opts.BudgetPages)
	}
}

func TestPagesThatOpenAreNotPaidFor(t *testing.T) {
	t.Parallel()
	world, opts := pretend(t, sim.Config{Seed: 3, Tickers: 2, Articles: 6}, "STOCKDIGEST_WRITER=extractive", "SCRAPFLY_API_KEY="+sim.Key)
	pretendReports(t, opts, stockdigest.Daily)
	if n := scraped(world); n != 0 {
		t.Errorf("%d pages were paid for", n)
	}
}

func scraped(world *sim.Sim) int {
	n := 0
	for _, e := range world.Log().Entries {
		if e.Provider == sim.ScrapFly {
			n++
		}
	}
	return n
}

func spending(t *testing.T, opts app.Options) stockdigest.Spending {
	t.Helper()
	world, err := app.Pretend(t.Context(), opts)
	must(t, err)
	a, err := app.New(t.Context(), opts, world, &app.Console{Out: io.Discard, Err: io.Discard})
	must(t, err)
	defer a.Close()
	s, err := a.Spending(t.Context(), "")
	must(t, err)
	return s
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func TestAReportTellsThatInsidersBuyAtOnce(t *testing.T) {
	t.Parallel()
	world, opts := pretend(t, sim.Config{Seed: 1, Tickers: 4, Articles: 8}, "STOCKDIGEST_WRITER=extractive")
	buyers := world.World().Tickers[3].Symbol
	for _, r := range pretendReports(t, opts, stockdigest.Daily) {
		told := 0
		for _, s := range r.Sections {
			for _, b := range s.Bullets {
				if strings.Contains(b.Text, "3 insiders of ") {
					told++
				}
			}
		}
		if want := map[bool]int{true: 1, false: 0}[string(r.Ticker) == buyers]; told != want {
			t.Errorf("%s: %d bullets on insiders, want %d", r.Ticker, told, want)
		}
	}
}
