package app

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"math/rand/v2"
	"os"
	"path/filepath"
	"time"

	"stockdigest.app/stockdigest"
	"stockdigest.app/stockdigest/internal/adapter/store"
	"stockdigest.app/stockdigest/internal/control/budget"
	"stockdigest.app/stockdigest/internal/control/calls"
)

var (
	_ calls.Store      = (*store.DB)(nil)
	_ calls.BatchStore = (*store.DB)(nil)
)

// PriceFile is the file in the data folder with prices beside those that the
// program brings.
const PriceFile = "prices.txt"

// Budget is the caps of the settings.
func (o Options) Budget() stockdigest.Budget {
	return stockdigest.Budget{Run: o.BudgetRun, Reader: o.BudgetUser, Day: o.BudgetDay, Month: o.BudgetMonth, Pages: o.BudgetPages}
}

// limits are what the settings allow of one model provider.
func (o Options) limits() stockdigest.Limits {
	return stockdigest.Limits{Parallel: o.ModelParallel, PerSecond: o.ModelRate, PerMinute: o.ModelTokens}
}

// batching is how calls go into batches, if the settings let them.
func (o Options) batching(w World) calls.Batching {
	if o.Batch != "auto" || w.unasked != nil {
		return calls.Batching{}
	}
	b := calls.Batching{Wait: o.BatchWait, Caps: o.Caps()}
	if o.Pretend != "" { // its providers are near, and nobody's limits are strained
		b.Gather, b.Poll = 2*time.Second, time.Second
	}
	return b
}

// Prices is the price list of the program with that of the data folder.
func (o Options) Prices() (*budget.Prices, error) {
	prices, err := budget.New()
	if err != nil {
		return nil, err
	}
	path := filepath.Join(o.Dir, PriceFile)
	text, err := os.ReadFile(path) //nolint:gosec // the operator's own file
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return prices, nil
	case err != nil:
		return nil, &stockdigest.Error{Kind: stockdigest.ErrInvalid, Message: "cannot read " + path, Err: err}
	}
	if err := prices.Add(string(text)); err != nil {
		return nil, stockdigest.Invalid(path + ": " + stockdigest.Message(err))
	}
	return prices, nil
}

// newCaller makes what pays for calls, when anybody may be paid. There is one
// per process.
func (a *App) newCaller() error {
	providers, err := a.providers()
	if err != nil || len(providers) == 0 {
		return err
	}
	cfg := calls.Config{
		Limits: a.opts.limits(), Budget: a.opts.Budget(), Timeout: a.opts.ModelTimeout, Patience: a.opts.ModelPatience,
		Lease: a.opts.Lease, Batching: a.opts.batching(a.world),
	}
	deps := calls.Deps{Store: a.store, Batches: a.store, Providers: providers, Now: time.Now, Log: a.log, Jitter: rand.Float64}
	if deps.Prices, err = a.opts.Prices(); err != nil {
		return err
	}
	if a.world.unasked != nil {
		cfg.Limits, deps.Prices = stockdigest.Limits{}, free{}
	}
	if cfg.Zone, err = a.zone(); err != nil {
		return err
	}
	if deps.Edition, err = a.edition(); err != nil {
		return err
	}
	a.caller = calls.New(cfg, deps)
	return nil
}

func (a *App) zone() (*time.Location, error) {
	zone, err := time.LoadLocation(a.world.TimeZone)
	if err != nil {
		return nil, stockdigest.Invalid(fmt.Sprintf("unknown time zone %q", a.world.TimeZone))
	}
	return zone, nil
}

// Spending is what paid calls cost on a day; an empty day is today in the
// schedule's zone.
func (a *App) Spending(ctx context.Context, day string) (stockdigest.Spending, error) {
	zone, err := a.zone()
	if err != nil {
		return stockdigest.Spending{}, err
	}
	on := stockdigest.DayOf(a.world.Now(), zone)
	if day != "" {
		if on, err = stockdigest.ParseDay(day); err != nil {
			return stockdigest.Spending{}, err
		}
	}
	return a.store.Spending(ctx, on, a.opts.Budget())
}

// Calls lists the newest lines of the call ledger, of one run or of all.
func (a *App) Calls(ctx context.Context, run string, limit int) ([]stockdigest.Call, error) {
	return a.store.Calls(ctx, stockdigest.CallFilter{Run: stockdigest.RunID(run), Limit: limit})
}

// Providers lists the model providers that were ever called.
func (a *App) Providers(ctx context.Context) ([]stockdigest.ProviderState, error) {
	return a.store.Providers(ctx)
}

// ResetProvider lets a provider be called again that was stopped or is down.
// By names the person, for the log: a stop is there because money was at stake.
func (a *App) ResetProvider(ctx context.Context, name, by string) error {
	if err := a.store.ResetProvider(ctx, name); err != nil {
		return err
	}
	a.log.WarnContext(ctx, "a provider was reset by hand", "provider", name, "by", by)
	return nil
}

// ShowSpending prints what paid calls cost beside their caps.
func ShowSpending(c *Console, s stockdigest.Spending) error {
	if c.JSON {
		s.Models, s.Runs = listed(s.Models), listed(s.Runs)
		return c.Data(s)
	}
	for _, at := range []stockdigest.Spent{s.Day, s.Month} {
		c.Print("%-5s %-10s  %s spent, %s reserved, %s left of %s", at.Scope, at.Name, at.Settled, at.Reserved, at.Left(), at.Cap)
	}
	for _, m := range s.Models {
		c.Print("  %s %s: %s for %d calls (%d answered, %d failed, %d lost), %d tokens in, %d out",
			m.Provider, m.Model, m.Cost, m.Calls, m.Done, m.Failed, m.Lost, m.TokensIn, m.TokensOut)
	}
	for _, r := range s.Runs {
		c.Print("  run %s: %s spent, %s reserved of %s", r.Name, r.Settled, r.Reserved, r.Cap)
	}
	return nil
}

// ShowCalls prints lines of the call ledger.
func ShowCalls(c *Console, list []stockdigest.Call) error {
	if c.JSON {
		return c.Data(listed(list))
	}
	if len(list) == 0 {
		c.Print("no paid calls")
	}
	for _, call := range list {
		c.Print("%s  %-6s  %-10s %s %s  %s of %s at most  %s  %s", call.Started.UTC().Format(time.DateTime), call.State, call.Step,
			call.Provider, call.Model, call.Cost, call.Reserved, call.Took, call.Error)
	}
	return nil
}

// ShowPrices prints a price list.
func ShowPrices(c *Console, list []budget.Price) error {
	if c.JSON {
		return c.Data(listed(list))
	}
	c.Print("dollars per million tokens: read, read from the provider's cache, written")
	for _, p := range list {
		c.Print("%-10s %-20s from %s  %10s %10s %10s", p.Provider, p.Model, p.From, p.In, p.InCached, p.Out)
	}
	return nil
}

// ShowProviders prints how providers do.
func ShowProviders(c *Console, list []stockdigest.ProviderState) error {
	if c.JSON {
		return c.Data(listed(list))
	}
	if len(list) == 0 {
		c.Print("no provider was called yet")
	}
	for _, p := range list {
		c.Print("%s: %s, %d calls under way", p.Name, health(p), p.Open)
		if p.Error != "" {
			c.Print("  last error %s: %s", p.ErrorAt.UTC().Format(time.DateTime), p.Error)
		}
	}
	return nil
}

func health(p stockdigest.ProviderState) string {
	switch {
	case p.Tripped != "":
		return "stopped: " + p.Tripped + " (look into it, then stockdigest budget reset " + p.Name + ")"
	case !p.DownSince.IsZero():
		return fmt.Sprintf("down since %s after %d failures in a row, tried again from %s on",
			p.DownSince.UTC().Format(time.DateTime), p.Failures, p.NextTry.UTC().Format(time.TimeOnly))
	case p.Failures > 0:
		return fmt.Sprintf("up, %d failures in a row", p.Failures)
	}
	return "up"
}

// listed is an empty list instead of none, so that JSON has [] and not null.
func listed[T any](list []T) []T {
	if list == nil {
		return []T{}
	}
	return list
}
