package main

import "stockdigest.app/stockdigest/internal/app"

type readersUnsubscribeCmd struct {
	readerArg `embed:""`
	Tickers   []string `arg:"" optional:"" help:"Symbols as you write them (default: all mails)."`
}

func (c *readersUnsubscribeCmd) Run(s *session) error {
	return withApp(s, func(a *app.App) error {
		r, err := a.Unsubscribe(s.ctx, c.Reader, c.Tickers)
		if err != nil {
			return err
		}
		return app.ShowReader(s.console, r)
	})
}

type readersConsentsCmd struct {
	readerArg `embed:""`
}

func (c *readersConsentsCmd) Run(s *session) error {
	return withApp(s, func(a *app.App) error {
		events, err := a.Consents(s.ctx, c.Reader)
		if err != nil {
			return err
		}
		return app.ShowConsents(s.console, events)
	})
}

// suppressionsCmd lists no addresses: they are kept as hashes only.
type suppressionsCmd struct {
	Count suppressionsCountCmd `cmd:"" help:"Count the addresses by cause. Which they are is not kept."`
	Show  suppressionsShowCmd  `cmd:"" help:"Tell whether and why nothing goes to an address."`
	Add   suppressionsAddCmd   `cmd:"" help:"Let nothing go to an address any more."`
	Lift  suppressionsLiftCmd  `cmd:"" help:"Let mails go to an address again. It still needs its reader's consent."`
}

// An addressArg is an address on the command line.
type addressArg struct {
	Address string `arg:"" help:"The address."`
}

type suppressionsCountCmd struct{}

func (*suppressionsCountCmd) Run(s *session) error {
	return withApp(s, func(a *app.App) error {
		counts, err := a.CountSuppressions(s.ctx)
		if err != nil {
			return err
		}
		return app.ShowSuppressions(s.console, counts)
	})
}

type suppressionsShowCmd struct {
	addressArg `embed:""`
}

func (c *suppressionsShowCmd) Run(s *session) error {
	return withApp(s, func(a *app.App) error {
		found, err := a.Suppressed(s.ctx, c.Address)
		if err != nil {
			return err
		}
		return app.ShowSuppression(s.console, found)
	})
}

type suppressionsAddCmd struct {
	addressArg `embed:""`
	Why        string `help:"For whoever asks later." placeholder:"TEXT"`
}

func (c *suppressionsAddCmd) Run(s *session) error {
	return withApp(s, func(a *app.App) error {
		made, err := a.Suppress(s.ctx, c.Address, c.Why)
		if err != nil {
			return err
		}
		return app.ShowSuppression(s.console, made)
	})
}

type suppressionsLiftCmd struct {
	addressArg `embed:""`
}

func (c *suppressionsLiftCmd) Run(s *session) error {
	return withApp(s, func(a *app.App) error {
		if err := a.LiftSuppression(s.ctx, c.Address); err != nil {
			return err
		}
		if s.console.JSON {
			return s.console.Data(map[string]string{"lifted": c.Address})
		}
		s.console.Print("mails may go to %s again", c.Address)
		return nil
	})
}
