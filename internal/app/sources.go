package app

import (
	"context"
	"log/slog"
	"maps"
	"net/http"
	"slices"

	"stockdigest.app/stockdigest"
	"stockdigest.app/stockdigest/internal/adapter/feeds"
	"stockdigest.app/stockdigest/internal/adapter/fetch"
	"stockdigest.app/stockdigest/internal/adapter/fmp"
	"stockdigest.app/stockdigest/internal/adapter/gnews"
	"stockdigest.app/stockdigest/internal/adapter/prices"
	"stockdigest.app/stockdigest/internal/adapter/scrapfly"
	"stockdigest.app/stockdigest/internal/pipeline/extract"
	"stockdigest.app/stockdigest/internal/pipeline/ingest"
)

// The optional sources are asked only where a world answers what no recording
// holds: the replay of a night could not ask them.

// wrap goes around the network: a recorder, or what the sources need.
func (w World) wrap(opts Options) func(http.RoundTripper) http.RoundTripper {
	if !w.asks() {
		return w.Wrap
	}
	return func(next http.RoundTripper) http.RoundTripper {
		next = fmp.Wrap(fmp.Key(opts.FMPKey), next)
		return gnews.Wrap(scrapfly.Wrap(scrapfly.Key(opts.ScrapFlyKey), next))
	}
}

// hosts are the limits of hosts that may be asked harder than a publisher's:
// FMP's plans begin at 300 requests a minute, and ScrapFly's answers take their
// time, while the ledger keeps to the limits of paid calls.
func (w World) hosts() map[string]fetch.Limit {
	all := map[string]fetch.Limit{
		"financialmodelingprep.com": {Rate: 4, Parallel: 4},
		"api.scrapfly.io":           {Rate: 10, Parallel: 20},
	}
	if w.Transport != nil {
		all = map[string]fetch.Limit{}
	}
	maps.Copy(all, w.Hosts)
	return all
}

// fetching is how a world is fetched from.
func (w World) fetching(opts Options, log *slog.Logger, fleet *fetch.Fleet) fetch.Config {
	return fetch.Config{
		UserAgent: userAgent(opts.Contact), Now: w.Now, Fleet: fleet,
		Transport: w.Transport, Wrap: w.wrap(opts), Hosts: w.hosts(), Logger: log,
	}
}

// fmp is the client of FMP, which says by itself when it has no key.
func (a *App) fmp() *fmp.Client {
	return fmp.New(fmp.Config{Key: fmp.Key(a.opts.FMPKey), Get: a.fetch, Now: a.world.Now})
}

// prices are asked in this order: who is paid for, then who needs no key.
func (a *App) prices() ingest.Prices {
	if !a.world.asks() {
		return nil
	}
	keyless := prices.NewYahoo(a.fetch, a.world.Now)
	if a.opts.FMPKey == "" {
		return prices.First{keyless}
	}
	return prices.First{a.fmp(), keyless}
}

// calls are read where a key is; nil without one.
func (a *App) calls() ingest.Calls {
	if a.opts.FMPKey == "" || !a.world.asks() {
		return nil
	}
	return a.fmp()
}

// secondWay is to pages that do not open by themselves; nil without a key.
func (a *App) secondWay() extract.SecondWay {
	if !a.opts.browses(a.world) {
		return nil
	}
	return scrapfly.Reader{Asker: a.caller, Now: a.world.Now}
}

// browses reports whether pages may be read through ScrapFly.
func (o Options) browses(w World) bool { return o.ScrapFlyKey != "" && w.asks() }

// feedReader reads the lists of FMP through its client, and every other feed as
// what it is.
type feedReader struct {
	web *feeds.Reader
	fmp *fmp.Client
}

// Read reads one feed.
func (f feedReader) Read(ctx context.Context, feed stockdigest.Feed) (stockdigest.FeedAnswer, error) {
	if feed.Source == fmp.FeedSource {
		return f.fmp.Read(ctx, feed)
	}
	return f.web.Read(ctx, feed)
}

// feeds are those of a ticker in the world, and FMP's lists about it.
func (a *App) feeds(t stockdigest.Ticker) []stockdigest.TickerFeed {
	all := a.world.Feeds(t)
	if a.opts.FMPKey == "" || !a.opts.FMPNews || !a.world.asks() {
		return all
	}
	for _, feed := range fmp.Feeds(t.Symbol) {
		all = append(slices.Clip(all), stockdigest.TickerFeed{Feed: feed, Role: stockdigest.RoleCompany})
	}
	return all
}
