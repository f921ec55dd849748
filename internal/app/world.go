package app

import (
	"context"
	"fmt"
	"net/http"
	"path/filepath"
	"strings"
	"time"

	"stockdigest.app/stockdigest"
	"stockdigest.app/stockdigest/internal/adapter/fetch"
	"stockdigest.app/stockdigest/internal/night"
	"stockdigest.app/stockdigest/internal/pipeline/ingest"
)

// A World is where news comes from: the live network, a recorded night that
// looks like it, or a pretend world. Everything that differs between them is
// here.
type World struct {
	Now       func() time.Time
	AsOf      time.Time // of a run when nobody says otherwise
	TimeZone  string
	Transport http.RoundTripper                         // nil: the guarded network
	Wrap      func(http.RoundTripper) http.RoundTripper // a recorder, or nil
	Hosts     map[string]fetch.Limit                    // limits by domain, beside those of the client

	own     *holdings    // nil when live
	night   *night.Night // nil unless it is recorded
	unasked *unasked     // not nil in a replay: models answer from the recording alone
}

// holdings are what a world has of its own: companies that may exist nowhere
// else, and a database, so that invented or old news never meets the live one.
type holdings struct {
	name    string // of its database
	what    string // for people: this night
	tickers []night.Ticker
	others  []stockdigest.Ticker // known by name only
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
	return World{
		Now: now, AsOf: asOf, TimeZone: n.TimeZone, Transport: n.Transport(now), night: n,
		own: &holdings{name: "night_" + n.Fingerprint(), what: "this night", tickers: n.Tickers, others: n.Others},
	}
}

// by is the world for a writer. What a model made of a recorded night lies in a
// database of its own: the same moment of the same night has one report.
func (w World) by(writer string) World {
	if w.night == nil || writer == writerExtractive {
		return w
	}
	own := *w.own
	own.name += "_" + writer
	w.own = &own
	return w
}

// File is the name of the world's SQLite file in the data folder.
func (w World) File() string {
	if w.own == nil {
		return "stockdigest.db"
	}
	return filepath.Join("nights", strings.TrimPrefix(w.own.name, "night_")+".db")
}

// Schema is the world's schema on PostgreSQL.
func (w World) Schema() string {
	if w.own == nil {
		return ""
	}
	return w.own.name
}

// Tickers are what the world brings to the ticker table.
func (w World) Tickers() []stockdigest.Ticker {
	if w.own == nil {
		return nil
	}
	all := make([]stockdigest.Ticker, 0, len(w.own.tickers))
	for _, t := range w.own.tickers {
		all = append(all, t.Ticker)
	}
	return all
}

// others are the companies that the world knows by name only.
func (w World) others() []stockdigest.Ticker {
	if w.own == nil {
		return nil
	}
	return w.own.others
}

// Feeds are the feeds of a ticker in this world.
func (w World) Feeds(t stockdigest.Ticker) []stockdigest.TickerFeed {
	if w.own == nil {
		return ingest.Plan(t)
	}
	for _, n := range w.own.tickers {
		if n.Symbol == t.Symbol {
			return n.Feeds
		}
	}
	return nil
}

// shown is how many symbols a message names.
const shown = 12

// holds refuses companies that a world of its own knows nothing of: their
// reports would say that no feed is set up.
func (w World) holds(list []stockdigest.Ticker) error {
	if w.own == nil {
		return nil
	}
	known := map[stockdigest.Symbol]bool{}
	var symbols []string
	for _, n := range w.own.tickers {
		known[n.Symbol] = true
		symbols = append(symbols, string(n.Symbol))
	}
	for _, t := range list {
		if !known[t.Symbol] {
			has := strings.Join(symbols[:min(len(symbols), shown)], ", ")
			if more := len(symbols) - shown; more > 0 {
				has += fmt.Sprintf(" and %d more", more)
			}
			return stockdigest.Invalid(fmt.Sprintf("%s is not in %s: it has %s", t.Symbol, w.own.what, has))
		}
	}
	return nil
}

// filings limits a source of filings to the companies that file in this world,
// which says so by the CIK it gives, whatever the ticker table knows.
func (w World) filings(next ingest.Filings) ingest.Filings {
	if w.own == nil {
		return next
	}
	return ownFilings{w.own, next}
}

type ownFilings struct {
	own  *holdings
	next ingest.Filings
}

func (f ownFilings) Filings(ctx context.Context, t stockdigest.Ticker, w stockdigest.Window) ([]stockdigest.Filing, error) {
	for _, n := range f.own.tickers {
		if n.Symbol == t.Symbol && n.CIK != "" {
			return f.next.Filings(ctx, t, w)
		}
	}
	return nil, nil
}

func (f ownFilings) Previous(ctx context.Context, t stockdigest.Ticker, filing stockdigest.Filing) (stockdigest.Filing, error) {
	return f.next.Previous(ctx, t, filing)
}

func (f ownFilings) Read(ctx context.Context, filing stockdigest.Filing) (stockdigest.Filing, error) {
	return f.next.Read(ctx, filing)
}

// setFeeds brings the ticker's feeds in the store up to date with the world.
func (a *App) setFeeds(ctx context.Context, t stockdigest.Ticker) error {
	return a.store.SetFeeds(ctx, t.Symbol, a.feeds(t))
}
