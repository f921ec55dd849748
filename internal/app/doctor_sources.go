package app

import (
	"context"
	"errors"
	"fmt"
	"time"

	"stockdigest.app/stockdigest"
	"stockdigest.app/stockdigest/internal/adapter/fetch"
	"stockdigest.app/stockdigest/internal/adapter/fmp"
	"stockdigest.app/stockdigest/internal/adapter/prices"
	"stockdigest.app/stockdigest/internal/adapter/scrapfly"
	"stockdigest.app/stockdigest/internal/pipeline/ingest"
)

// checkSources asks every optional source whether it would answer. None is
// needed: without a key it says what is missed, and only one that has a key and
// does not work is a fault.
func checkSources(ctx context.Context, opts Options, world World, client *fetch.Client) []Check {
	symbol := stockdigest.Symbol("AAPL")
	if own := world.Tickers(); len(own) > 0 {
		symbol = own[0].Symbol
	}
	return []Check{
		checkKeyless(ctx, prices.NewYahoo(client, time.Now), symbol),
		checkFMP(ctx, opts, fmp.New(fmp.Config{Key: fmp.Key(opts.FMPKey), Get: client, Now: time.Now}), symbol),
		checkScrapFly(ctx, opts, scrapfly.New(scrapfly.Config{Key: scrapfly.Key(opts.ScrapFlyKey), Get: client, Now: time.Now})),
	}
}

// checkKeyless warns only: nobody promised the source, and reports are whole
// without prices.
func checkKeyless(ctx context.Context, source ingest.Prices, symbol stockdigest.Symbol) Check {
	const name = "prices"
	q, err := source.Quote(ctx, symbol)
	if err != nil {
		return Check{Name: name, State: "warn", Detail: OneLine(err) + connect(err, "query1.finance.yahoo.com") + "; without FMP, reports show no price"}
	}
	return passed(name, "without a key from "+q.Source+": "+told(q))
}

func told(q stockdigest.Quote) string {
	return fmt.Sprintf("%s at %.2f %s as of %s", q.Symbol, q.Price, q.Currency, q.AsOf.UTC().Format("2 Jan 15:04 UTC"))
}

func checkFMP(ctx context.Context, opts Options, client *fmp.Client, symbol stockdigest.Symbol) Check {
	const name, host = "FMP", "financialmodelingprep.com"
	q, err := client.Quote(ctx, symbol)
	if errors.Is(err, fmp.ErrNotConfigured) {
		return passed(name, "not configured: set FMP_API_KEY to have its prices, news, press releases and transcripts of calls")
	}
	if err != nil {
		return Check{Name: name, State: "fail", Detail: "prices: " + OneLine(err) + connect(err, host)}
	}
	calls, err := transcripts(ctx, client, symbol)
	if err != nil {
		return Check{Name: name, State: "fail", Detail: "transcripts: " + OneLine(err) + connect(err, host)}
	}
	if !opts.FMPNews {
		return passed(name, told(q)+"; "+calls+"; its news is off")
	}
	for _, feed := range fmp.Feeds(symbol) {
		if _, err := client.Read(ctx, feed); err != nil {
			return Check{Name: name, State: "fail", Detail: "news: " + OneLine(err) + connect(err, host) + noNews(err)}
		}
	}
	return passed(name, told(q)+"; "+calls+"; its news and press releases answer")
}

// transcripts says whether calls of companies are read. A plan without them is no
// fault: reports are whole without calls.
func transcripts(ctx context.Context, client *fmp.Client, symbol stockdigest.Symbol) (string, error) {
	switch _, err := client.Calls(ctx, symbol); {
	case errors.Is(err, stockdigest.ErrDenied):
		return "its plan has no transcripts of calls, and none are told", nil
	case err != nil:
		return "", err
	}
	return "its transcripts of calls answer", nil
}

// noNews is what to do about a plan without news.
func noNews(err error) string {
	if errors.Is(err, stockdigest.ErrDenied) {
		return "; set STOCKDIGEST_FMP_NEWS=false when the plan has no news, or every report is partial"
	}
	return ""
}

func checkScrapFly(ctx context.Context, opts Options, client *scrapfly.Client) Check {
	const name = "ScrapFly"
	left, known, err := client.CreditsLeft(ctx)
	switch {
	case errors.Is(err, scrapfly.ErrNotConfigured):
		return passed(name, "not configured: set SCRAPFLY_API_KEY to read pages that a wall against robots or a script keeps from us")
	case err != nil:
		return Check{Name: name, State: "fail", Detail: OneLine(err) + connect(err, "api.scrapfly.io")}
	case known && left == 0:
		return Check{Name: name, State: "fail", Detail: "the key is right, and no credits are left; buy some, or leave SCRAPFLY_API_KEY empty"}
	case !known:
		return passed(name, "the key is right; it does not tell the credits that are left")
	}
	return passed(name, fmt.Sprintf("the key is right, %d credits left; at most %s a day are spent", left, opts.BudgetPages))
}

// connect is what to do when there was no connection at all.
func connect(err error, host string) string {
	failed, ok := errors.AsType[*fetch.Error](err)
	if ok && (failed.Reason == fetch.ReasonNetwork || failed.Reason == fetch.ReasonTimeout) {
		return "; see that this machine may connect to " + host
	}
	return ""
}
