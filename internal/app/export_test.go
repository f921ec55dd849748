package app

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"time"

	"stockdigest.app/stockdigest"
	"stockdigest.app/stockdigest/internal/adapter/fetch"
	"stockdigest.app/stockdigest/internal/adapter/store"
	"stockdigest.app/stockdigest/internal/deliver"
	"stockdigest.app/stockdigest/internal/pipeline/extract"
	"stockdigest.app/stockdigest/internal/pipeline/ingest"
)

// CheckModels is what doctor does about models.
var CheckModels = checkModels

// CheckMail is what doctor does about the mail server.
var CheckMail = checkMail

// Post is the mail server or the outbox of the settings.
func Post(o Options) (deliver.Post, error) { return o.post() }

// CheckNetwork is what doctor does about sources.
var CheckNetwork = checkNetwork

// Transcripts is what doctor says of FMP's transcripts.
var Transcripts = transcripts

// CheckCutOff is what doctor says of the optional sources, by name, on a
// machine that may connect to nobody.
func CheckCutOff(ctx context.Context, opts Options) map[string]Check {
	world := World{Now: time.Now, Transport: cutOff{}}
	all := map[string]Check{}
	for _, c := range checkSources(ctx, opts, world, fetch.New(world.fetching(opts, slog.New(slog.DiscardHandler), nil))) {
		all[c.Name] = c
	}
	return all
}

type cutOff struct{}

func (cutOff) RoundTrip(*http.Request) (*http.Response, error) {
	return nil, errors.New("connect: network is unreachable")
}

// Asking is a recorded night that is asked for what no recording holds, as the live
// network is.
func Asking(w World) World {
	w.night = nil
	return w
}

// IngestOver has the first step of a write through what wrap makes of the store.
func IngestOver(a *App, wrap func(ingest.Store) ingest.Store) {
	a.steps[0] = a.ingest(wrap(a.store))
	a.runner = a.newRunner()
}

// LinksOf are the links as the steps of a open them.
func LinksOf(a *App) extract.Links { return a.links() }

// Voters are the models of each voter, as settings write them.
func Voters(o Options) ([][]string, error) {
	c, err := o.chains()
	named := [][]string{}
	for _, voter := range c.voters() {
		var list []string
		for _, m := range voter {
			list = append(list, m.String())
		}
		named = append(named, list)
	}
	return named, err
}

// DiffReports compares reports claim by claim.
var DiffReports = diffReports

// Place is where a ticker stands among a hundred.
var Place = place

// Groundings is what a canary is judged by.
type Groundings = groundings

// Tries reports who of tickers tries an edition for a percentage of them in
// place of base, each asked in turn, a day after the one before.
func Tries(store Groundings, edition, base stockdigest.Edition, percent int, tickers []stockdigest.Symbol, log *slog.Logger) []stockdigest.Symbol {
	at := time.Date(2026, 3, 3, 7, 0, 0, 0, time.UTC)
	c := &canary{edition: edition, percent: percent, store: store, log: log, now: func() time.Time { return at }}
	var all []stockdigest.Symbol
	for _, t := range tickers {
		if c.tries(context.Background(), t, base) {
			all = append(all, t)
		}
		at = at.Add(24 * time.Hour)
	}
	return all
}

// WorkAll brings every open run to its end.
func WorkAll(ctx context.Context, a *App) error {
	runs, err := a.store.Runs(ctx, stockdigest.RunFilter{Limit: 1000})
	for _, run := range runs {
		if !run.State.Final() {
			err = errors.Join(err, a.runner.Do(ctx, run.ID))
		}
	}
	return err
}

// StoreOf is the store that a works on.
func StoreOf(a *App) *store.DB { return a.store }

// Keep has the store of a keep a filing as if an earlier run of its company had
// read it.
func Keep(ctx context.Context, a *App, ticker stockdigest.Symbol, f stockdigest.Filing) error {
	run, err := a.store.OpenRun(ctx, stockdigest.Run{Ticker: ticker, Kind: stockdigest.Daily, AsOf: f.FiledAt, TimeZone: "UTC", CreatedBy: "test"})
	if err != nil {
		return err
	}
	if run, err = a.store.ClaimRun(ctx, run.ID, stockdigest.Claim{Worker: "test", Lease: time.Minute, Caps: stockdigest.DefaultCaps()}); err != nil {
		return err
	}
	if err := a.store.SaveFilings(ctx, run, []stockdigest.Filing{f}); err != nil {
		return err
	}
	return a.store.CancelRun(ctx, run.ID, "test")
}

// TellOperator is what a minute's work tells the operator.
func TellOperator(ctx context.Context, a *App) error {
	nights, err := a.newNights()
	if err != nil {
		return err
	}
	digester, err := a.newDigester()
	if err != nil {
		return err
	}
	return a.tellOperator(ctx, nights, digester)
}

// Letter writes a planned mail.
func Letter(ctx context.Context, a *App, d stockdigest.Delivery) (stockdigest.Mail, error) {
	letters, err := a.newLetters()
	if err != nil {
		return stockdigest.Mail{}, err
	}
	return letters.Compose(ctx, stockdigest.Departure{Delivery: d, Reader: stockdigest.Reader{ID: d.Recipient.Reader(), TimeZone: "UTC"}}, nil)
}
