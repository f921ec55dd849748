package sim_test

import (
	"errors"
	"net/http"
	"net/url"
	"slices"
	"testing"
	"time"

	"stockdigest.app/stockdigest"
	"stockdigest.app/stockdigest/internal/adapter/edgar"
	"stockdigest.app/stockdigest/internal/adapter/fetch"
	"stockdigest.app/stockdigest/internal/adapter/fmp"
	"stockdigest.app/stockdigest/internal/adapter/gnews"
	"stockdigest.app/stockdigest/internal/adapter/prices"
	"stockdigest.app/stockdigest/internal/adapter/scrapfly"
	"stockdigest.app/stockdigest/internal/disclosure"
	"stockdigest.app/stockdigest/internal/sim"
)

// client is the product's polite client in the pretend world, wrapped as the
// product wraps it.
func (p place) client(key string) *fetch.Client {
	p.t.Helper()
	base, err := url.Parse(p.url)
	if err != nil {
		p.t.Fatal(err)
	}
	network := &http.Transport{DisableCompression: true, DisableKeepAlives: true}
	pretend := tripper(func(req *http.Request) (*http.Response, error) {
		out := req.Clone(req.Context())
		out.Header.Set(sim.HostHeader, req.URL.Hostname())
		out.Header.Set(sim.SchemeHeader, req.URL.Scheme)
		out.URL.Scheme, out.URL.Host, out.Host = base.Scheme, base.Host, base.Host
		return network.RoundTrip(out)
	})
	return fetch.New(fetch.Config{UserAgent: "test", Now: time.Now, Transport: pretend, Wrap: func(next http.RoundTripper) http.RoundTripper {
		return fmp.Wrap(fmp.Key(key), scrapfly.Wrap(scrapfly.Key(key), gnews.Wrap(next)))
	}})
}

type tripper func(*http.Request) (*http.Response, error)

func (f tripper) RoundTrip(req *http.Request) (*http.Response, error) { return f(req) }

func now() time.Time { return asOf }

func TestGoogleLinksOpenInTwoSteps(t *testing.T) {
	t.Parallel()
	p := open(t, sim.Config{Seed: 1, Tickers: 2, Articles: 4})
	client := gnews.New(gnews.Config{Get: p.client(sim.Key), Now: time.Now})
	for _, address := range p.links(0) {
		wrapped := sim.GoogleLink(address)
		if _, ok := stockdigest.Unwrap(wrapped); ok {
			t.Fatalf("%s opens offline, want a link of the new style", wrapped)
		}
		if got, err := client.Resolve(t.Context(), wrapped); err != nil || got != address {
			t.Errorf("%s: got %q, %v, want %q", wrapped, got, err, address)
		}
	}
	if _, err := client.Resolve(t.Context(), "https://news.google.com/rss/articles/CBMiAAAA"); !errors.Is(err, stockdigest.ErrNotFound) {
		t.Errorf("unknown token: got %v, want ErrNotFound", err)
	}
}

func TestScrapFlyReadsPagesAndTellsTheirPrice(t *testing.T) {
	t.Parallel()
	p := open(t, sim.Config{Seed: 1, Tickers: 2, Articles: 4})
	client := scrapfly.New(scrapfly.Config{Key: sim.Key, Get: p.client(sim.Key), Now: time.Now})
	address := p.links(0)[0]
	_, want := p.ask(address)
	got, err := client.Page(t.Context(), address, scrapfly.Options{Render: true})
	if err != nil || string(got.Body.Bytes) != want || got.Credits != 6 || got.Body.Status != http.StatusOK {
		t.Errorf("got %d bytes, %d credits, %v, want the page for 6 credits", len(got.Body.Bytes), got.Credits, err)
	}
	if _, err := client.Page(t.Context(), "https://www.pages.example/no", scrapfly.Options{}); !errors.Is(err, stockdigest.ErrNotFound) {
		t.Errorf("no such page: got %v, want ErrNotFound", err)
	}
	if left, told, err := client.CreditsLeft(t.Context()); err != nil || !told || left != 1000 {
		t.Errorf("credits left: got %d, %t, %v, want 1000", left, told, err)
	}
	wrong := scrapfly.New(scrapfly.Config{Key: "x", Get: p.client("x"), Now: time.Now})
	if _, err := wrong.Page(t.Context(), address, scrapfly.Options{}); !errors.Is(err, stockdigest.ErrDenied) {
		t.Errorf("wrong key: got %v, want ErrDenied", err)
	}
}

func TestFMPKnowsTheCompanies(t *testing.T) {
	t.Parallel()
	p := open(t, sim.Config{Seed: 1, Tickers: 2, Articles: 12})
	client := fmp.New(fmp.Config{Key: sim.Key, Get: p.client(sim.Key), Now: now})
	symbol := stockdigest.Symbol(p.World().Tickers[0].Symbol)
	day := stockdigest.Window{From: asOf.Add(-24 * time.Hour), To: asOf}
	news, err := client.News(t.Context(), symbol, day)
	if err != nil || len(news) == 0 {
		t.Fatalf("news: got %d, %v", len(news), err)
	}
	if status, _ := p.ask(news[0].Link); status != http.StatusOK {
		t.Errorf("news leads to %s: got %d, want a page", news[0].Link, status)
	}
	if releases, err := client.PressReleases(t.Context(), symbol, day); err != nil || len(releases) == 0 {
		t.Errorf("press releases: got %d, %v", len(releases), err)
	}
	calls, err := client.Calls(t.Context(), symbol)
	if err != nil || len(calls) != 1 {
		t.Fatalf("calls: got %v, %v", calls, err)
	}
	if got, err := client.Transcript(t.Context(), symbol, calls[0].Year, calls[0].Quarter); err != nil || got.Text == "" {
		t.Errorf("transcript: got %+v, %v", got, err)
	}
	wrong := fmp.New(fmp.Config{Key: "x", Get: p.client("x"), Now: now})
	if _, err := wrong.Quote(t.Context(), symbol); !errors.Is(err, stockdigest.ErrDenied) {
		t.Errorf("wrong key: got %v, want ErrDenied", err)
	}
}

// TestInsidersOfSomeCompaniesBuyAtOnce reads the lists and forms as the product
// does.
func TestInsidersOfSomeCompaniesBuyAtOnce(t *testing.T) {
	t.Parallel()
	p := open(t, sim.Config{Seed: 1, Tickers: 12, Articles: 4})
	client := edgar.New(p.client(""))
	for i, told := range p.World().Tickers {
		ticker := stockdigest.Ticker{Symbol: stockdigest.Symbol(told.Symbol), Name: told.Name, Exchange: told.Exchange, CIK: told.CIK}
		forms, err := client.Filings(t.Context(), ticker, stockdigest.Window{From: asOf.Add(-24 * time.Hour), To: asOf})
		if err != nil {
			t.Fatal(err)
		}
		want := 0
		if i == 3 || i == 10 {
			want = 3
		}
		clusters := disclosure.Clusters(told.CIK, forms)
		if len(forms) != want || len(clusters) != want/3 {
			t.Errorf("company %d: got %d forms and %d clusters, want %d and %d", i, len(forms), len(clusters), want, want/3)
		}
		for _, c := range clusters {
			if c.Sale || len(c.Insiders) != 3 {
				t.Errorf("company %d: got %+v, want three who buy", i, c)
			}
		}
	}
}

func TestBothSourcesOfPricesAgree(t *testing.T) {
	t.Parallel()
	p := open(t, sim.Config{Seed: 1, Tickers: 2, Articles: 4})
	paid, free := fmp.New(fmp.Config{Key: sim.Key, Get: p.client(sim.Key), Now: now}), prices.NewYahoo(p.client(""), now)
	symbol := stockdigest.Symbol(p.World().Tickers[1].Symbol)
	a, errA := paid.Quote(t.Context(), symbol)
	b, errB := free.Quote(t.Context(), symbol)
	a.Source, b.Source = "", ""
	if errA != nil || errB != nil || a != b || a.PreviousClose == 0 || a.AsOf.After(asOf) {
		t.Errorf("got %+v, %v and %+v, %v, want them equal", a, errA, b, errB)
	}
	ha, errA := prices.First{paid, free}.History(t.Context(), symbol, 90)
	hb, errB := prices.First{fmp.New(fmp.Config{Now: now}), free}.History(t.Context(), symbol, 90)
	if errA != nil || errB != nil || len(ha.Closes) < 60 || !slices.Equal(ha.Closes[1:], hb.Closes[len(hb.Closes)-len(ha.Closes)+1:]) {
		t.Errorf("got %d closes, %v and %d, %v, want them equal", len(ha.Closes), errA, len(hb.Closes), errB)
	}
	if _, err := prices.PNG(ha); err != nil {
		t.Errorf("draw: %v", err)
	}
	if _, err := free.Quote(t.Context(), "NOSUCH"); !errors.Is(err, stockdigest.ErrNotFound) {
		t.Errorf("unknown symbol: got %v, want ErrNotFound", err)
	}
}

// Whatever a source does, the caller gets an error of a known kind, or an
// answer, and never a panic.
func TestFaultsOfSourcesAreErrorsOfKnownKinds(t *testing.T) {
	t.Parallel()
	for _, kind := range []sim.FaultKind{
		sim.FaultBusy, sim.FaultBusyAfter, sim.FaultBusyAbsurd, sim.FaultError, sim.FaultGateway, sim.FaultOverload, sim.FaultRedirects, sim.FaultHalf, sim.FaultType, sim.FaultBomb,
	} {
		p := open(t, sim.Config{Seed: 1, Tickers: 2, Articles: 4, Faults: []sim.Fault{{Kind: kind, Share: 1}}})
		get := p.client(sim.Key)
		symbol := stockdigest.Symbol(p.World().Tickers[0].Symbol)
		_, opened := gnews.New(gnews.Config{Get: get, Now: time.Now}).Resolve(t.Context(), sim.GoogleLink("https://www.pages.example/a"))
		_, scraped := scrapfly.New(scrapfly.Config{Key: sim.Key, Get: get, Now: time.Now}).Page(t.Context(), "https://www.pages.example/a", scrapfly.Options{})
		_, paid := fmp.New(fmp.Config{Key: sim.Key, Get: get, Now: now}).Quote(t.Context(), symbol)
		_, free := prices.NewYahoo(get, now).Quote(t.Context(), symbol)
		for source, err := range map[string]error{"gnews": opened, "scrapfly": scraped, "fmp": paid, "yahoo": free} {
			known, ok := errors.AsType[*stockdigest.Error](err)
			if !ok || known.RetryAfter > 24*time.Hour {
				t.Errorf("%s with %s: got %v, want an error of a known kind", source, kind, err)
			}
		}
	}
}
