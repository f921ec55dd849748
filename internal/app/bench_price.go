package app

import (
	"context"
	"errors"
	"fmt"
	"math"
	"time"

	"stockdigest.app/stockdigest"
	"stockdigest.app/stockdigest/internal/control/budget"
	"stockdigest.app/stockdigest/internal/sim"
)

// paperPerReport is what a report cost before this program, as the paper that
// it is made after tells: dollars.
const paperPerReport = 1.30

// BenchPriceConfig says what night to price.
type BenchPriceConfig struct {
	Tickers int
	Shared  float64 // part of a company's articles that its industry shares
	Seed    uint64
}

// A BenchPriceResult is what a night cost beside the naive plan, in which every
// report pays for every prompt that it uses, at list price.
type BenchPriceResult struct {
	Tickers        int     `json:"tickers"`
	Reports        int     `json:"reports"`
	BillUSD        float64 `json:"bill_usd"`        // by the models' own bill
	NaiveUSD       float64 `json:"naive_usd"`       // by the ledger's rows
	Ratio          float64 `json:"ratio"`           // of the bill to the naive plan
	RatioUnbatched float64 `json:"ratio_unbatched"` // the same, had no call been in a batch
	Batched        int     `json:"batched_calls"`
	Calls          int     `json:"calls"`        // that were billed
	UniqueCalls    int     `json:"unique_calls"` // of these, different
	Answers        int     `json:"answers"`      // that reports are made of: calls of the naive plan
	PerReportUSD   float64 `json:"per_report_usd"`
	PaperReportUSD float64 `json:"paper_per_report_usd"`
}

// BenchPrice makes the reports of a scheduled night of the pretend world, with
// time enough for batches, and prices them: what the models of that world billed,
// and what the same answers cost when every report pays for its own. The ledger
// must tell the same bill.
func BenchPrice(ctx context.Context, cfg BenchPriceConfig, console *Console) (result BenchPriceResult, err error) {
	if cfg.Tickers < 1 || cfg.Shared < 0 || cfg.Shared > 1 {
		return result, stockdigest.Invalid("a night has at least one ticker, and shares from none to all of its articles")
	}
	world, err := sim.New(sim.Config{
		Seed: cfg.Seed, Tickers: cfg.Tickers, Shared: cfg.Shared, Zone: "America/New_York",
		AsOf: time.Now().UTC().Truncate(time.Minute), Now: time.Now,
	})
	if err != nil {
		return result, err
	}
	defer func() { err = errors.Join(err, world.Close()) }()
	listener, err := listenHere(ctx, "127.0.0.1:0")
	if err != nil {
		return result, err
	}
	serving, stop := context.WithCancel(ctx)
	served := make(chan error, 1)
	go func() { served <- serveWorld(serving, world, listener) }()
	defer func() { stop(); err = errors.Join(err, <-served) }()
	reports, err := priceNight(ctx, world.Settings("http://"+listener.Addr().String()), console)
	if err != nil {
		return result, err
	}
	return priceOf(cfg, reports, world.Bill())
}

// priceNight makes the reports of all tickers in a database that is thrown away,
// with a budget that does not bind and a place for every run.
func priceNight(ctx context.Context, settings []sim.Setting, console *Console) (reports []Made, err error) {
	opts, drop, err := priceOptions(settings)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, drop()) }()
	world, err := Pretend(ctx, opts)
	if err != nil {
		return nil, err
	}
	opts.MaxScheduled, opts.MaxTotal = len(world.Tickers()), len(world.Tickers())
	working, stop := context.WithCancel(ctx)
	a, err := New(working, opts, world, &Console{Out: console.Err, Err: console.Err, JSON: true, Quiet: true})
	if err != nil {
		stop()
		return nil, err
	}
	defer func() { err = errors.Join(err, a.Close()) }()
	served := make(chan error, 1)
	go func() { served <- a.runner.Serve(working) }()
	defer func() { stop(); err = errors.Join(err, <-served) }()
	return a.scheduledNight(ctx, console)
}

// priceOptions are settings for a night in a folder that drop takes away.
func priceOptions(settings []sim.Setting) (opts Options, drop func() error, err error) {
	var environ []string
	for _, s := range settings {
		environ = append(environ, s.Name+"="+s.Value)
	}
	for _, name := range []string{"STOCKDIGEST_BUDGET_RUN", "STOCKDIGEST_BUDGET_DAY", "STOCKDIGEST_BUDGET_MONTH", "STOCKDIGEST_MODEL_RATE"} {
		environ = append(environ, name+"=100000")
	}
	if opts, err = ReadOptions(append(environ, "STOCKDIGEST_MODEL_TOKENS=2000000000")); err != nil {
		return opts, nil, err
	}
	return throwaway(opts)
}

// scheduledNight opens a run for every ticker, with a deadline far away, and
// returns their reports when no run is open any more.
func (a *App) scheduledNight(ctx context.Context, console *Console) (reports []Made, err error) {
	night := stockdigest.Batch{Kind: stockdigest.Daily, CreatedBy: "bench", CreatedAt: time.Now(), Deadline: time.Now().Add(24 * time.Hour)}
	var runs []stockdigest.Run
	for _, t := range a.world.Tickers() {
		runs = append(runs, stockdigest.Run{
			Ticker: t.Symbol, Kind: night.Kind, AsOf: a.world.AsOf, TimeZone: a.world.TimeZone, Class: stockdigest.ClassScheduled,
		})
	}
	if night, err = a.store.OpenBatch(ctx, night, runs); err != nil {
		return nil, err
	}
	progress := console.Count("night")
	defer console.End()
	tick := time.NewTicker(look)
	defer tick.Stop()
	for night.Counts.Open() > 0 {
		select {
		case <-tick.C:
		case <-ctx.Done():
			return nil, context.Cause(ctx)
		}
		if night, err = a.store.Batch(ctx, night.ID); err != nil {
			return nil, err
		}
		progress(night.Counts.Total()-night.Counts.Open(), night.Counts.Total())
	}
	return a.reportsOf(ctx, night)
}

// reportsOf are the reports of a batch's runs that were done, with their bills.
func (a *App) reportsOf(ctx context.Context, b stockdigest.Batch) (reports []Made, err error) {
	runs, err := a.store.Runs(ctx, stockdigest.RunFilter{Batch: b.ID, State: stockdigest.RunDone, Limit: b.Counts.Total()})
	for _, run := range runs {
		if err != nil {
			return nil, err
		}
		var r stockdigest.Report
		if r, err = a.store.Report(ctx, run.ID); err != nil {
			return nil, err
		}
		var m Made
		m, err = a.made(ctx, run.ID, r, false)
		reports = append(reports, m)
	}
	return reports, err
}

// priceOf compares the bill with the naive plan: each report's answers, paid by
// itself and without the discount of the provider's cache or of batches.
func priceOf(cfg BenchPriceConfig, reports []Made, bill sim.Bill) (BenchPriceResult, error) {
	r := BenchPriceResult{
		Tickers: cfg.Tickers, Reports: len(reports), PaperReportUSD: paperPerReport,
		BillUSD: bill.Dollars, Calls: bill.Calls, UniqueCalls: bill.Unique,
	}
	prices, err := budget.New()
	if err != nil {
		return r, err
	}
	today := stockdigest.DayOf(time.Now(), time.UTC)
	var ledger, naive, unbatched stockdigest.Micros
	for _, m := range reports {
		for _, c := range m.Calls {
			if c.State != stockdigest.CallDone {
				continue
			}
			alone, err := prices.Cost(c.Provider, c.Model, stockdigest.Usage{In: c.TokensIn, Out: c.TokensOut}, today)
			if err != nil {
				return r, err
			}
			naive += alone
			ledger += micros(c.USD)
			r.Answers++
			full, err := prices.Cost(c.Provider, c.Model, stockdigest.Usage{In: c.TokensIn, InCached: c.TokensInCached, Out: c.TokensOut}, today)
			if err != nil {
				return r, err
			}
			switch {
			case c.Cached: // somebody else paid
			case c.Batch:
				unbatched += full
				r.Batched++
			default:
				unbatched += micros(c.USD)
			}
		}
	}
	r.NaiveUSD = dollars(naive)
	if naive > 0 {
		r.Ratio, r.RatioUnbatched = r.BillUSD/r.NaiveUSD, dollars(unbatched)/r.NaiveUSD
	}
	if r.Reports > 0 {
		r.PerReportUSD = r.BillUSD / float64(r.Reports)
	}
	if ledger != bill.Cost {
		return r, &stockdigest.Error{Kind: stockdigest.ErrConflict, Message: fmt.Sprintf("the ledger tells %s, the models billed %s", ledger, bill.Cost)}
	}
	return r, nil
}

func micros(usd float64) stockdigest.Micros {
	return stockdigest.Micros(math.Round(usd * float64(stockdigest.Dollar)))
}

// ShowBenchPrice prints the result. A ticker without a report is an ErrConflict.
func ShowBenchPrice(c *Console, r BenchPriceResult) error {
	if c.JSON {
		if err := c.Data(r); err != nil {
			return err
		}
	}
	c.Print("%d reports: $%.6f for %d calls (%d different), naively $%.6f for %d: ratio %.3f; without batches, of which %d calls were part, %.3f",
		r.Reports, r.BillUSD, r.Calls, r.UniqueCalls, r.NaiveUSD, r.Answers, r.Ratio, r.Batched, r.RatioUnbatched)
	c.Print("$%.6f a report; in the paper $%.2f", r.PerReportUSD, r.PaperReportUSD)
	if r.Reports < r.Tickers {
		return &stockdigest.Error{Kind: stockdigest.ErrConflict, Message: fmt.Sprintf("%d of %d reports", r.Reports, r.Tickers)}
	}
	return nil
}
