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
	BillUSD        float64 `json:"bill_usd"`     // by the models' own bill
	NaiveUSD       float64 `json:"naive_usd"`    // by the ledger's rows
	Ratio          float64 `json:"ratio"`        // of the bill to the naive plan
	Calls          int     `json:"calls"`        // that were billed
	UniqueCalls    int     `json:"unique_calls"` // of these, different
	Answers        int     `json:"answers"`      // that reports are made of: calls of the naive plan
	PerReportUSD   float64 `json:"per_report_usd"`
	PaperReportUSD float64 `json:"paper_per_report_usd"`
}

// BenchPrice makes the reports of a night of the pretend world and prices them:
// what the models of that world billed, and what the same answers cost when
// every report pays for its own. The ledger must tell the same bill.
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
	answer, err := priceNight(ctx, world.Settings("http://"+listener.Addr().String()), console)
	if err != nil {
		return result, err
	}
	return priceOf(cfg, answer, world.Bill())
}

// priceNight makes the reports of all tickers in a database that is thrown away,
// with a budget that does not bind.
func priceNight(ctx context.Context, settings []sim.Setting, console *Console) (answer Answer, err error) {
	var environ []string
	for _, s := range settings {
		environ = append(environ, s.Name+"="+s.Value)
	}
	for _, name := range []string{"STOCKDIGEST_BUDGET_RUN", "STOCKDIGEST_BUDGET_DAY", "STOCKDIGEST_BUDGET_MONTH", "STOCKDIGEST_MODEL_RATE"} {
		environ = append(environ, name+"=100000")
	}
	opts, err := ReadOptions(append(environ, "STOCKDIGEST_MODEL_TOKENS=2000000000"))
	if err != nil {
		return answer, err
	}
	opts, drop, err := throwaway(opts)
	if err != nil {
		return answer, err
	}
	defer func() { err = errors.Join(err, drop()) }()
	world, err := Pretend(ctx, opts)
	if err != nil {
		return answer, err
	}
	a, err := New(ctx, opts, world, console)
	if err != nil {
		return answer, err
	}
	defer func() { err = errors.Join(err, a.Close()) }()
	return a.Report(ctx, world.Tickers(), stockdigest.Daily)
}

// priceOf compares the bill with the naive plan: each report's answers, paid by
// itself and without the discount of the provider's cache.
func priceOf(cfg BenchPriceConfig, answer Answer, bill sim.Bill) (BenchPriceResult, error) {
	r := BenchPriceResult{
		Tickers: cfg.Tickers, Reports: len(answer.Reports), PaperReportUSD: paperPerReport,
		BillUSD: bill.Dollars, Calls: bill.Calls, UniqueCalls: bill.Unique,
	}
	prices, err := budget.New()
	if err != nil {
		return r, err
	}
	today := stockdigest.DayOf(time.Now(), time.UTC)
	var ledger, naive stockdigest.Micros
	for _, m := range answer.Reports {
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
		}
	}
	r.NaiveUSD = dollars(naive)
	if naive > 0 {
		r.Ratio = r.BillUSD / r.NaiveUSD
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
	c.Print("%d reports: $%.6f for %d calls (%d different), naively $%.6f for %d: ratio %.3f",
		r.Reports, r.BillUSD, r.Calls, r.UniqueCalls, r.NaiveUSD, r.Answers, r.Ratio)
	c.Print("$%.6f a report; in the paper $%.2f", r.PerReportUSD, r.PaperReportUSD)
	if r.Reports < r.Tickers {
		return &stockdigest.Error{Kind: stockdigest.ErrConflict, Message: fmt.Sprintf("%d of %d reports", r.Reports, r.Tickers)}
	}
	return nil
}
