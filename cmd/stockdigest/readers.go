package main

import (
	"time"

	"stockdigest.app/stockdigest"
	"stockdigest.app/stockdigest/internal/app"
)

type readersCmd struct {
	Add      readersAddCmd      `cmd:"" help:"Add a reader, who is served from now on."`
	List     readersListCmd     `cmd:"" help:"List readers."`
	Show     readersShowCmd     `cmd:"" help:"Show a reader."`
	Set      readersSetCmd      `cmd:"" help:"Change address, zone or plan of a reader."`
	Follow   readersFollowCmd   `cmd:"" help:"Let a reader follow companies."`
	Unfollow readersUnfollowCmd `cmd:"" help:"Let a reader follow companies no longer."`
	Approve  readersApproveCmd  `cmd:"" help:"Serve a reader who waits or was paused."`
	Pause    readersPauseCmd    `cmd:"" help:"Serve a reader no longer, until approved again."`
	Token    readersTokenCmd    `cmd:"" help:"Make a reader's access token. It is shown this once."`
	Revoke   readersRevokeCmd   `cmd:"" help:"End the tokens of this name."`

	Unsubscribe readersUnsubscribeCmd `cmd:"" help:"Note that a reader wants no more mails, about companies or at all."`
	Consents    readersConsentsCmd    `cmd:"" help:"Show what a reader agreed to and withdrew, and when."`
}

// A readerArg names a reader on the command line.
type readerArg struct {
	Reader string `arg:"" help:"Address or ID of the reader."`
}

// readerFlags are what add and set can say of a reader.
type readerFlags struct {
	Zone string           `help:"IANA zone of the reader's days (add: default STOCKDIGEST_TIME_ZONE)." placeholder:"ZONE"`
	Plan stockdigest.Plan `help:"beta, premium or professional (add: default beta)." placeholder:"PLAN"`
}

type readersAddCmd struct {
	Email       string   `arg:"" help:"The reader's address."`
	Tickers     []string `arg:"" optional:"" help:"Symbols to follow, as you write them."`
	Ask         bool     `help:"Ask the address by mail first: nothing else goes there until it says yes, and then you approve."`
	readerFlags `embed:""`
}

func (c *readersAddCmd) Run(s *session) error {
	return withApp(s, func(a *app.App) error {
		add := a.AddReader
		if c.Ask {
			add = a.AskReader
		}
		r, err := add(s.ctx, app.ReaderChange{Email: c.Email, TimeZone: c.Zone, Plan: c.Plan, Follow: c.Tickers})
		if err != nil {
			return err
		}
		return app.ShowReader(s.console, r)
	})
}

type readersListCmd struct {
	State string `help:"Only those who are waiting, active or paused." enum:"waiting,active,paused," default:""`
}

func (c *readersListCmd) Run(s *session) error {
	return withApp(s, func(a *app.App) error {
		readers, err := a.Readers(s.ctx, stockdigest.ReaderState(c.State))
		if err != nil {
			return err
		}
		return app.ShowReaders(s.console, readers)
	})
}

type readersShowCmd struct {
	readerArg `embed:""`
}

func (c *readersShowCmd) Run(s *session) error {
	return withApp(s, func(a *app.App) error {
		r, err := a.Reader(s.ctx, c.Reader)
		if err != nil {
			return err
		}
		return app.ShowReader(s.console, r)
	})
}

type readersSetCmd struct {
	readerArg   `embed:""`
	Email       string `help:"New address. It is asked by mail first: nothing else goes there until it says yes." placeholder:"ADDRESS"`
	PerTicker   *bool  `help:"One digest per company in place of one for all." negatable:""`
	Alerts      *bool  `help:"Alerts of material news through the day." negatable:""`
	Quiet       string `help:"No alerts in these hours, where the reader is: 21:00-07:00, or off." placeholder:"FROM-TO"`
	readerFlags `embed:""`
}

func (c *readersSetCmd) Run(s *session) error {
	return c.change(s, app.ReaderChange{
		Email: c.Email, TimeZone: c.Zone, Plan: c.Plan,
		Wishes: app.WishChange{PerTicker: c.PerTicker, Alerts: c.Alerts, Quiet: c.Quiet},
	})
}

type readersFollowCmd struct {
	readerArg `embed:""`
	Tickers   []string `arg:"" help:"Symbols as you write them."`
}

func (c *readersFollowCmd) Run(s *session) error {
	return c.change(s, app.ReaderChange{Follow: c.Tickers})
}

type readersUnfollowCmd struct {
	readerArg `embed:""`
	Tickers   []string `arg:"" help:"Symbols as you write them."`
}

func (c *readersUnfollowCmd) Run(s *session) error {
	return c.change(s, app.ReaderChange{Unfollow: c.Tickers})
}

type readersApproveCmd struct {
	readerArg `embed:""`
}

func (c *readersApproveCmd) Run(s *session) error {
	return withApp(s, func(a *app.App) error {
		r, err := a.ApproveReader(s.ctx, c.Reader)
		if err != nil {
			return err
		}
		return app.ShowReader(s.console, r)
	})
}

type readersPauseCmd struct {
	readerArg `embed:""`
}

func (c *readersPauseCmd) Run(s *session) error {
	return c.change(s, app.ReaderChange{State: stockdigest.ReaderPaused})
}

// change changes the reader and prints the reader as it is then.
func (c readerArg) change(s *session, change app.ReaderChange) error {
	return withApp(s, func(a *app.App) error {
		r, err := a.ChangeReader(s.ctx, c.Reader, change)
		if err != nil {
			return err
		}
		if change.Email != "" && !r.Mails.Agreed {
			s.console.Say("no digest goes to %s until it agrees by the link in a mail", r.Email)
		}
		return app.ShowReader(s.console, r)
	})
}

type readersTokenCmd struct {
	readerArg `embed:""`
	Name      string        `help:"What the token is for." default:"api"`
	Lifetime  time.Duration `help:"How long it is good, such as 720h (default: until it is revoked)." placeholder:"TIME"`
}

func (c *readersTokenCmd) Run(s *session) error {
	return newToken(s, c.Reader, c.Name, c.Lifetime)
}

type readersRevokeCmd struct {
	readerArg `embed:""`
	Name      string `help:"Name of the token." default:"api"`
}

func (c *readersRevokeCmd) Run(s *session) error { return revokeToken(s, c.Reader, c.Name) }

type tokensCmd struct {
	Operator tokensOperatorCmd `cmd:"" help:"Make an operator's access token. It is shown this once."`
	Revoke   tokensRevokeCmd   `cmd:"" help:"End the tokens of an operator."`
}

type tokensOperatorCmd struct {
	Name     string        `arg:"" help:"Name of the operator: what the token's holder does is done in this name."`
	Lifetime time.Duration `help:"How long it is good, such as 720h (default: until it is revoked)." placeholder:"TIME"`
}

func (c *tokensOperatorCmd) Run(s *session) error { return newToken(s, "", c.Name, c.Lifetime) }

type tokensRevokeCmd struct {
	Name string `arg:"" help:"Name of the operator."`
}

func (c *tokensRevokeCmd) Run(s *session) error { return revokeToken(s, "", c.Name) }

func newToken(s *session, reader, name string, lifetime time.Duration) error {
	return withApp(s, func(a *app.App) error {
		secret, err := a.NewToken(s.ctx, reader, name, lifetime)
		if err != nil {
			return err
		}
		return app.ShowSecret(s.console, secret)
	})
}

func revokeToken(s *session, reader, name string) error {
	return withApp(s, func(a *app.App) error {
		if err := a.RevokeToken(s.ctx, reader, name); err != nil {
			return err
		}
		if s.console.JSON {
			return s.console.Data(map[string]string{"revoked": name})
		}
		s.console.Print("no token %s opens anything any more", name)
		return nil
	})
}
