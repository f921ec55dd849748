package app

import (
	"context"
	"fmt"
	"net/http"
	"path/filepath"
	"strings"
	"time"

	"stockdigest.app/stockdigest"
	"stockdigest.app/stockdigest/internal/night"
	"stockdigest.app/stockdigest/internal/pipeline/ingest"
)

// A World is where news comes from: the live network, or a recorded night that
// looks like it. Everything that differs between the two is here.
type World struct {
	Now       func() time.Time
	AsOf      time.Time // of a run when nobody says otherwise
	TimeZone  string
	Transport http.RoundTripper                         // nil: the guarded network
	Wrap      func(http.RoundTripper) http.RoundTripper // a recorder, or nil

	night *night.Night // nil when live
}

// Live is the network as it is now.
func Live(opts Options) World {
	return World{Now: time.Now, AsOf: time.Now().UTC().Truncate(time.Microsecond), TimeZone: opts.TimeZone}
}

// OfNight is a recorded night whose clock stands at asOf; zero is the night's
// own as-of time. Nothing in it touches the network.
func OfNight(n *night.Night, asOf time.Time) World {
	if asOf.IsZero() {
		asOf = n.AsOf
	}
	now := func() time.Time { return asOf }
	return World{Now: now, AsOf: asOf, TimeZone: n.TimeZone, Transport: n.Transport(now), night: n}
}

// File is the name of the world's SQLite file in the data folder. A night has
// one of its own, so that invented or old news never meets the live one.
func (w World) File() string {
	if w.night == nil {
		return "stockdigest.db"
	}
	return filepath.Join("nights", w.night.Fingerprint()+".db")
}

// Schema is the world's schema on PostgreSQL, for the same reason.
func (w World) Schema() string {
	if w.night == nil {
		return ""
	}
	return "night_" + w.night.Fingerprint()
}

// Tickers are what the world brings to the ticker table.
func (w World) Tickers() []stockdigest.Ticker {
	if w.night == nil {
		return nil
	}
	all := make([]stockdigest.Ticker, 0, len(w.night.Tickers))
	for _, t := range w.night.Tickers {
		all = append(all, t.Ticker)
	}
	return all
}

// Feeds are the feeds of a ticker in this world.
func (w World) Feeds(t stockdigest.Ticker) []stockdigest.TickerFeed {
	if w.night == nil {
		return ingest.Plan(t)
	}
	for _, n := range w.night.Tickers {
		if n.Symbol == t.Symbol {
			return n.Feeds
		}
	}
	return nil
}

// holds refuses companies that a recorded night knows nothing of: their reports
// would say that no feed is set up.
func (w World) holds(list []stockdigest.Ticker) error {
	if w.night == nil {
		return nil
	}
	known := map[stockdigest.Symbol]bool{}
	var symbols []string
	for _, n := range w.night.Tickers {
		known[n.Symbol] = true
		symbols = append(symbols, string(n.Symbol))
	}
	for _, t := range list {
		if !known[t.Symbol] {
			return stockdigest.Invalid(fmt.Sprintf("%s is not in this night: it has %s", t.Symbol, strings.Join(symbols, ", ")))
		}
	}
	return nil
}

// filings limits a source of filings to the companies that file in this world: a
// night says so by the CIK it gives, whatever the ticker table knows.
func (w World) filings(next ingest.Filings) ingest.Filings {
	if w.night == nil {
		return next
	}
	return nightFilings{w.night, next}
}

type nightFilings struct {
	night *night.Night
	next  ingest.Filings
}

func (f nightFilings) Filings(ctx context.Context, t stockdigest.Ticker, w stockdigest.Window) ([]stockdigest.Filing, error) {
	for _, n := range f.night.Tickers {
		if n.Symbol == t.Symbol && n.CIK != "" {
			return f.next.Filings(ctx, t, w)
		}
	}
	return nil, nil
}

// setFeeds brings the ticker's feeds in the store up to date with the world.
func (a *App) setFeeds(ctx context.Context, t stockdigest.Ticker) error {
	return a.store.SetFeeds(ctx, t.Symbol, a.world.Feeds(t))
}
