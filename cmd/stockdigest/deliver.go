package main

import (
	"stockdigest.app/stockdigest"
	"stockdigest.app/stockdigest/internal/app"
)

// A whoFlag says in whose name a person acts.
type whoFlag struct {
	By string `help:"Who does it." default:"terminal"`
}

type sendCmd struct {
	Readers []string `arg:"" optional:"" help:"Addresses or IDs of readers (default: everybody who has no digest of today)."`
	DryRun  bool     `name:"dry-run" help:"Leave nothing that a real run reads; mails go to allow-listed addresses only."`
}

func (c *sendCmd) Run(s *session) error {
	if c.DryRun {
		s.opts.DryRun = true
	}
	return withApp(s, func(a *app.App) error {
		sent, err := a.Send(s.ctx, c.Readers)
		if err != nil {
			return err
		}
		return app.ShowSent(s.console, sent)
	})
}

type digestsCmd struct {
	List    digestsListCmd    `cmd:"" help:"List digests, newest day first."`
	Hold    digestsHoldCmd    `cmd:"" help:"Keep digests back until somebody approves or cancels them."`
	Approve digestsApproveCmd `cmd:"" help:"Let digests go at their time, or at once when that is over."`
	Cancel  digestsCancelCmd  `cmd:"" help:"End digests that have not gone."`
	Again   digestsAgainCmd   `cmd:"" help:"Make a new version of digests that were cancelled or failed, and let it go."`
}

type digestsListCmd struct {
	Day    string `help:"Only of this day: 2026-11-23." placeholder:"DAY"`
	State  string `help:"Only in this state: draft, ready, held, cancelled, sending, sent or failed." placeholder:"STATE"`
	Reader string `help:"Only of this reader: address or ID." placeholder:"READER"`
	Limit  int    `help:"At most so many." default:"100"`
}

func (c *digestsListCmd) Run(s *session) error {
	return withApp(s, func(a *app.App) error {
		list, err := a.FindDigests(s.ctx, app.DigestChoice{Day: c.Day, State: c.State, Reader: c.Reader, Limit: c.Limit})
		if err != nil {
			return err
		}
		return app.ShowDigests(s.console, list)
	})
}

// A digestArg chooses digests to act on.
type digestArg struct {
	Digest  string `arg:"" help:"ID of a digest, address or ID of a reader, or all."`
	Day     string `help:"The day (default: today in the schedule's zone)." placeholder:"DAY"`
	whoFlag `embed:""`
}

func (c digestArg) act(s *session, act app.DigestAct) error {
	return withApp(s, func(a *app.App) error {
		list, err := a.ActOnDigests(s.ctx, c.Digest, c.Day, act, c.By)
		if err != nil {
			return err
		}
		return app.ShowDigests(s.console, list)
	})
}

type (
	digestsHoldCmd struct {
		digestArg `embed:""`
	}
	digestsApproveCmd struct {
		digestArg `embed:""`
	}
	digestsCancelCmd struct {
		digestArg `embed:""`
	}
	digestsAgainCmd struct {
		digestArg `embed:""`
	}
)

func (c *digestsHoldCmd) Run(s *session) error    { return c.act(s, app.HoldDigest) }
func (c *digestsApproveCmd) Run(s *session) error { return c.act(s, app.ApproveDigest) }
func (c *digestsCancelCmd) Run(s *session) error  { return c.act(s, app.CancelDigest) }
func (c *digestsAgainCmd) Run(s *session) error   { return c.act(s, app.MakeDigestAgain) }

type deliveriesCmd struct {
	List    deliveriesListCmd   `cmd:"" help:"List mails in the order of planning."`
	Settle  deliveriesSettleCmd `cmd:"" help:"Say what became of a mail in doubt."`
	Resend  deliveriesResendCmd `cmd:"" help:"Send a mail again that is in doubt, or did not go."`
	Hold    holdCmd             `cmd:"" help:"Hold every mail until release."`
	Release releaseCmd          `cmd:"" help:"Let held mails go, as of a restored backup."`
}

type deliveriesListCmd struct {
	Day   string `help:"Planned on this day of the schedule's zone: 2026-11-23." placeholder:"DAY"`
	State string `help:"Only in this state: pending, sending, accepted, refused, unknown or suppressed." placeholder:"STATE"`
	Kind  string `help:"Only of this kind, such as digest." placeholder:"KIND"`
	To    string `help:"Only to this reader (address or ID), or operator." placeholder:"READER"`
	Limit int    `help:"At most so many." default:"1000"`
}

func (c *deliveriesListCmd) Run(s *session) error {
	return withApp(s, func(a *app.App) error {
		list, err := a.FindDeliveries(s.ctx, app.DeliveryChoice{Day: c.Day, State: c.State, Kind: c.Kind, To: c.To, Limit: c.Limit})
		if err != nil {
			return err
		}
		return app.ShowDeliveries(s.console, list)
	})
}

type deliveriesSettleCmd struct {
	ID      string `arg:"" help:"ID of the delivery."`
	As      string `help:"accepted or refused." enum:"accepted,refused" required:""`
	whoFlag `embed:""`
}

func (c *deliveriesSettleCmd) Run(s *session) error {
	return withApp(s, func(a *app.App) error {
		d, err := a.SettleDelivery(s.ctx, c.ID, stockdigest.DeliveryState(c.As), c.By)
		if err != nil {
			return err
		}
		return app.ShowDeliveries(s.console, []app.DeliveryView{d})
	})
}

type deliveriesResendCmd struct {
	ID      string `arg:"" help:"ID of the delivery."`
	whoFlag `embed:""`
}

func (c *deliveriesResendCmd) Run(s *session) error {
	return withApp(s, func(a *app.App) error {
		d, err := a.ResendDelivery(s.ctx, c.ID, c.By)
		if err != nil {
			return err
		}
		return app.ShowDeliveries(s.console, []app.DeliveryView{d})
	})
}

type proveCmd struct {
	Day string `arg:"" optional:"" help:"The day (default: today in the schedule's zone): 2026-11-23."`
}

func (c *proveCmd) Run(s *session) error {
	return withApp(s, func(a *app.App) error {
		day, err := a.Day(c.Day)
		if err != nil {
			return err
		}
		proof, err := a.Prove(s.ctx, day)
		if err != nil {
			return err
		}
		return app.ShowProof(s.console, proof)
	})
}

type stampCmd struct {
	Environment string `arg:"" help:"production, staging or development."`
}

func (c *stampCmd) Run(s *session) error {
	stamp, err := app.ChangeStamp(s.ctx, s.opts, c.Environment)
	if err != nil {
		return err
	}
	return app.ShowStamp(s.console, stamp)
}

type releaseCmd struct{}

func (*releaseCmd) Run(s *session) error {
	return withApp(s, func(a *app.App) error {
		stamp, err := a.Release(s.ctx)
		if err != nil {
			return err
		}
		return app.ShowStamp(s.console, stamp)
	})
}

type holdCmd struct {
	Why string `help:"Why, for whoever lets them go." default:"a person said so"`
}

func (c *holdCmd) Run(s *session) error {
	return withApp(s, func(a *app.App) error {
		stamp, err := a.HoldMails(s.ctx, c.Why)
		if err != nil {
			return err
		}
		return app.ShowStamp(s.console, stamp)
	})
}

type backupCmd struct {
	File string `arg:"" help:"A new file."`
}

func (c *backupCmd) Run(s *session) error {
	return withApp(s, func(a *app.App) error {
		if err := a.Backup(s.ctx, c.File); err != nil {
			return err
		}
		if s.console.JSON {
			return s.console.Data(map[string]string{"backup": c.File})
		}
		s.console.Print("%s is a whole copy; no mail leaves it until stockdigest deliveries release", c.File)
		return nil
	})
}
