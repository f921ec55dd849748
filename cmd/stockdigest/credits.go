package main

import "stockdigest.app/stockdigest/internal/app"

type creditsCmd struct {
	Show   creditsShowCmd   `cmd:"" help:"Show a reader's credits and ledger."`
	Grant  creditsGrantCmd  `cmd:"" help:"Grant what is due this month."`
	Adjust creditsAdjustCmd `cmd:"" help:"Add to a reader's credits, or take some, with a reason."`
	Check  creditsCheckCmd  `cmd:"" help:"Compare accounts, holds and ledger."`
}

type creditsShowCmd struct {
	readerArg `embed:""`
	Lines     int `help:"How many lines of the ledger." default:"20"`
}

func (c *creditsShowCmd) Run(s *session) error {
	return withApp(s, func(a *app.App) error {
		view, err := a.Credits(s.ctx, c.Reader, c.Lines)
		if err != nil {
			return err
		}
		return app.ShowCredits(s.console, view)
	})
}

type creditsGrantCmd struct {
	Reader string `arg:"" optional:"" help:"Address or ID of the reader (default: all active ones)."`
}

func (c *creditsGrantCmd) Run(s *session) error {
	return withApp(s, func(a *app.App) error {
		if c.Reader != "" { // whoever looks first in a month grants
			view, err := a.Credits(s.ctx, c.Reader, 1)
			if err != nil {
				return err
			}
			return app.ShowCredits(s.console, view)
		}
		n, err := a.GrantCredits(s.ctx)
		if err != nil {
			return err
		}
		if s.console.JSON {
			return s.console.Data(map[string]int{"granted": n})
		}
		s.console.Print("readers granted this month's credits: %d", n)
		return nil
	})
}

type creditsAdjustCmd struct {
	readerArg `embed:""`
	Amount    int    `required:"" help:"How many credits; negative ones are taken (--amount=-3)." placeholder:"N"`
	Note      string `required:"" help:"Why, for the ledger."`
	By        string `help:"Who does it." default:"terminal"`
}

func (c *creditsAdjustCmd) Run(s *session) error {
	return withApp(s, func(a *app.App) error {
		view, err := a.AdjustCredits(s.ctx, c.Reader, c.Amount, c.By, c.Note)
		if err != nil {
			return err
		}
		return app.ShowCredits(s.console, view)
	})
}

type creditsCheckCmd struct {
	Reader string `arg:"" optional:"" help:"Address or ID of the reader (default: all)."`
}

func (c *creditsCheckCmd) Run(s *session) error {
	return withApp(s, func(a *app.App) error {
		check, err := a.CheckCredits(s.ctx, c.Reader)
		if err != nil {
			return err
		}
		return app.ShowCreditCheck(s.console, check)
	})
}
