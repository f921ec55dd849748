package main

import (
	"cmp"
	"os/user"

	"stockdigest.app/stockdigest/internal/app"
)

type budgetCmd struct {
	Show      budgetShowCmd      `cmd:"" help:"Show what paid calls cost on a day and in its month, beside the caps."`
	Calls     budgetCallsCmd     `cmd:"" help:"List paid calls, newest first."`
	Prices    budgetPricesCmd    `cmd:"" help:"Show what models cost."`
	Providers budgetProvidersCmd `cmd:"" help:"Show how the model providers do."`
	Reset     budgetResetCmd     `cmd:"" help:"Let a provider be called again that was stopped or is down."`
}

type budgetShowCmd struct {
	Day string `help:"The day in the schedule's zone, such as 2026-11-23 (default: today)."`
}

func (c *budgetShowCmd) Run(s *session) error {
	return withApp(s, func(a *app.App) error {
		spending, err := a.Spending(s.ctx, c.Day)
		if err != nil {
			return err
		}
		return app.ShowSpending(s.console, spending)
	})
}

type budgetCallsCmd struct {
	Of    string `name:"run" help:"Only those of this run." placeholder:"ID"`
	Limit int    `help:"How many." default:"100"`
}

func (c *budgetCallsCmd) Run(s *session) error {
	return withApp(s, func(a *app.App) error {
		list, err := a.Calls(s.ctx, c.Of, c.Limit)
		if err != nil {
			return err
		}
		return app.ShowCalls(s.console, list)
	})
}

type budgetPricesCmd struct{}

func (*budgetPricesCmd) Run(s *session) error {
	prices, err := s.opts.Prices()
	if err != nil {
		return err
	}
	return app.ShowPrices(s.console, prices.List())
}

type budgetProvidersCmd struct{}

func (*budgetProvidersCmd) Run(s *session) error {
	return withApp(s, func(a *app.App) error {
		list, err := a.Providers(s.ctx)
		if err != nil {
			return err
		}
		return app.ShowProviders(s.console, list)
	})
}

type budgetResetCmd struct {
	Provider string `arg:"" help:"Its name, such as openai."`
	By       string `help:"Who does it, for the log (default: your name on this machine)." placeholder:"NAME"`
}

func (c *budgetResetCmd) Run(s *session) error {
	return withApp(s, func(a *app.App) error {
		if err := a.ResetProvider(s.ctx, c.Provider, cmp.Or(c.By, person())); err != nil {
			return err
		}
		list, err := a.Providers(s.ctx)
		if err != nil {
			return err
		}
		return app.ShowProviders(s.console, list)
	})
}

// person is the name of who runs the program, as the machine knows it.
func person() string {
	u, err := user.Current()
	if err != nil {
		return "terminal"
	}
	return u.Username
}
