package main

import (
	"context"
	"errors"
	"path/filepath"
	"strings"
	"time"

	"stockdigest.app/stockdigest"
	"stockdigest.app/stockdigest/internal/app"
)

// cli is the command line. A new command is a field and its Run method.
type cli struct {
	JSON bool `help:"Print one JSON document on standard output and nothing else." short:"j"`

	Demo         demoCmd           `cmd:"" help:"Run the shipped recorded night: three mornings of five invented companies. No key, no network."`
	Report       reportCmd         `cmd:"" help:"Make the digest of companies, live or from a recorded night."`
	Record       recordCmd         `cmd:"" help:"Make reports and keep everything that came from outside, models' answers too, as a recorded night."`
	Replay       replayCmd         `cmd:"" help:"Run a recorded night from nothing and offline, in a database that is thrown away."`
	Diff         diffCmd           `cmd:"" help:"Compare two nights, replays or runs claim by claim."`
	Canary       canaryCmd         `cmd:"" help:"Look after a version of a prompt that some tickers try."`
	Serve        serveCmd          `cmd:"" help:"Run the service: web, worker or both. SIGTERM ends it within 10 seconds and loses nothing."`
	Readers      readersCmd        `cmd:"" help:"Look after readers and the companies they follow."`
	Tokens       tokensCmd         `cmd:"" help:"Make and revoke tokens of operators."`
	Credits      creditsCmd        `cmd:"" help:"Show and change the credits of readers."`
	Budget       budgetCmd         `cmd:"" help:"Show what paid calls cost, and how their providers do."`
	Schedule     scheduleCmd       `cmd:"" help:"Show what is due, start it by hand, and set trading days."`
	Send         sendCmd           `cmd:"" help:"Make and send today's digests now, whatever the time and with the schedule off."`
	Digests      digestsCmd        `cmd:"" help:"Look at digests; hold, approve or cancel them."`
	Deliveries   deliveriesCmd     `cmd:"" help:"Look at mails and settle those in doubt."`
	Suppressions suppressionsCmd   `cmd:"" help:"Look after addresses to which nothing goes."`
	Bounces      bouncesCmd        `cmd:"" help:"Take mails that came back: nothing goes to an address that refuses for good."`
	Prove        proveCmd          `cmd:"" help:"Show who got what of a day, when, with the mail server's answer."`
	Hold         digestsHoldCmd    `cmd:"" help:"Keep digests back until somebody approves or cancels them."`
	Approve      digestsApproveCmd `cmd:"" help:"Let digests go at their time, or at once when that is over."`
	Stamp        stampCmd          `cmd:"" help:"Say that the database is for another environment. Its mails are held."`
	Backup       backupCmd         `cmd:"" help:"Copy the SQLite database into a new file while others work."`
	Sim          simCmd            `cmd:"" help:"Play a pretend world on this machine: feeds, pages, a model and its bill."`
	Bench        benchCmd          `cmd:"" help:"Measure the program against a bound or a rule, with processes of its own."`
	Eval         evalCmd           `cmd:"" help:"Measure one step on labelled sets."`
	Tickers      tickersCmd        `cmd:"" help:"Look after the ticker table."`
	Doctor       doctorCmd         `cmd:"" help:"Check settings, data folder, database, credits and network, with the way out of each fault."`
	Version      versionCmd        `cmd:"" help:"Print the version."`
}

// A session is what every command gets.
type session struct {
	ctx     context.Context //nolint:containedctx // kong binds one value; it lives as long as the process
	opts    app.Options
	console *app.Console
}

func evalList() string { return strings.Join(app.EvalNames(), ", ") }

type demoCmd struct {
	Out string `help:"Folder for the digests (default: demo in the data folder)." placeholder:"DIR"`
}

func (c *demoCmd) Run(s *session) error {
	mornings, err := app.Demo(s.ctx, s.opts, c.Out, s.console)
	return errors.Join(err, app.ShowMornings(s.console, mornings))
}

type reportCmd struct {
	Tickers []string  `arg:"" help:"Symbols as you write them: AAPL, brk.b, TSX:RY."`
	Night   string    `help:"Read this recorded night instead of the network." placeholder:"DIR"`
	AsOf    time.Time `name:"as-of" help:"Pretend it is this moment (RFC 3339); recorded nights only." placeholder:"T"`
	Kind    string    `help:"daily (24 hours) or weekly (7 days)." enum:"daily,weekly" default:"daily"`
	Out     string    `help:"Folder for the digest (default: digests in the data folder)." placeholder:"DIR"`
	Writer  string    `help:"Who writes: extractive, or the family of models that is asked first: claude, openai or gemini (default: STOCKDIGEST_WRITER)." placeholder:"NAME"`
}

func (c *reportCmd) Run(s *session) error {
	opts, err := s.opts.WithWriter(c.Writer)
	if err != nil {
		return err
	}
	s.opts = opts
	world, err := app.OpenWorld(s.ctx, s.opts, c.Night, c.AsOf)
	if err != nil {
		return err
	}
	out := c.Out
	if out == "" {
		out = filepath.Join(s.opts.Dir, "digests")
	}
	answer, files, err := app.ReportFiles(s.ctx, s.opts, world, c.Tickers, stockdigest.ReportKind(c.Kind), out, s.console)
	if err != nil && len(answer.Reports) == 0 {
		return err
	}
	return errors.Join(err, app.ShowAnswer(s.console, answer, files))
}

type evalCmd struct {
	Name string `arg:"" help:"What to measure: ${evals}."`
	Data string `help:"Folder of the labelled sets (default: STOCKDIGEST_DATA)." placeholder:"DIR"`
	Out  string `help:"Write every prediction to this file as JSON." placeholder:"FILE"`
}

func (c *evalCmd) Run(s *session) error {
	dir := c.Data
	if dir == "" {
		dir = s.opts.Data
	}
	result, err := app.Eval(c.Name, dir, c.Out, s.console)
	if err != nil {
		return err
	}
	return s.console.Data(result)
}

type tickersCmd struct {
	Sync   syncCmd   `cmd:"" help:"Read SEC's public list into the table."`
	Import importCmd `cmd:"" help:"Read a list from a file: SEC's JSON, NASDAQ/NYSE screener, FinanceDatabase or S&P 500 CSV."`
	Find   findCmd   `cmd:"" help:"Show what a symbol stands for."`
}

type syncCmd struct{}

func (*syncCmd) Run(s *session) error {
	return withApp(s, func(a *app.App) error {
		n, err := a.SyncTickers(s.ctx)
		return showCount(s, n, err)
	})
}

type importCmd struct {
	File string `arg:"" help:"The list."`
}

func (c *importCmd) Run(s *session) error {
	return withApp(s, func(a *app.App) error {
		n, err := a.ImportTickers(s.ctx, c.File)
		return showCount(s, n, err)
	})
}

func showCount(s *session, n int, err error) error {
	if err != nil {
		return err
	}
	if s.console.JSON {
		return s.console.Data(map[string]int{"tickers": n})
	}
	s.console.Print("%d tickers read", n)
	return nil
}

type findCmd struct {
	Symbols []string `arg:"" help:"Symbols as you write them."`
}

func (c *findCmd) Run(s *session) error {
	return withApp(s, func(a *app.App) error {
		found, err := a.Tickers(c.Symbols)
		if err != nil {
			return err
		}
		if s.console.JSON {
			return s.console.Data(found)
		}
		for _, t := range found {
			s.console.Print("%-8s %-14s %s", t.Symbol, t.Exchange, t.Name)
		}
		return nil
	})
}

func withApp(s *session, do func(*app.App) error) (err error) {
	world, err := app.Here(s.ctx, s.opts)
	if err != nil {
		return err
	}
	a, err := app.New(s.ctx, s.opts, world, s.console)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, a.Close()) }()
	return do(a)
}

type doctorCmd struct {
	Offline bool `help:"Leave the network out."`
}

func (c *doctorCmd) Run(s *session) error {
	return app.ShowChecks(s.console, app.Doctor(s.ctx, s.opts, c.Offline, s.console))
}

type versionCmd struct{}

func (*versionCmd) Run(s *session) error {
	b := app.Build()
	if s.console.JSON {
		return s.console.Data(b)
	}
	s.console.Print("stockdigest %s (%s)", b.Version, b.Go)
	return nil
}
