package main

import (
	"cmp"
	"errors"
	"path/filepath"
	"time"

	"stockdigest.app/stockdigest"
	"stockdigest.app/stockdigest/internal/app"
)

type recordCmd struct {
	Tickers []string  `arg:"" help:"Symbols to record."`
	To      string    `required:"" help:"New folder for the recording." placeholder:"DIR"`
	Night   string    `help:"Record out of another recorded night instead of the network; what its models answered is not paid again." placeholder:"DIR"`
	AsOf    time.Time `name:"as-of" help:"Pretend it is this moment (RFC 3339); recorded nights only." placeholder:"T"`
	Kind    string    `help:"daily (24 hours) or weekly (7 days)." enum:"daily,weekly" default:"daily"`
	Writer  string    `help:"Who writes, as report has it (default: STOCKDIGEST_WRITER)." placeholder:"NAME"`
	Prompt  []string  `help:"Use this version of a prompt, such as write=2 (default: STOCKDIGEST_PROMPTS)." placeholder:"NAME=VERSION"`
}

func (c *recordCmd) Run(s *session) error {
	opts, err := s.opts.WithWriter(c.Writer)
	if err != nil {
		return err
	}
	if opts, err = opts.WithPrompts(c.Prompt); err != nil {
		return err
	}
	world, err := app.OpenWorld(s.ctx, opts, c.Night, c.AsOf)
	if err != nil {
		return err
	}
	answer, err := app.Record(s.ctx, opts, world, c.Tickers, stockdigest.ReportKind(c.Kind), c.To, s.console)
	if err != nil {
		return err
	}
	s.console.Print("recorded %d companies in %s", len(answer.Reports), c.To)
	return app.ShowAnswer(s.console, answer, nil)
}

type replayCmd struct {
	Night  string   `arg:"" help:"Folder of the recorded night."`
	Kind   string   `help:"daily (24 hours) or weekly (7 days)." enum:"daily,weekly" default:"daily"`
	Out    string   `help:"Folder for the digests and reports.json (default: replay in the data folder)." placeholder:"DIR"`
	Prompt []string `help:"Use this version of a prompt, such as write=2 (default: the recorded one)." placeholder:"NAME=VERSION"`
}

func (c *replayCmd) Run(s *session) error {
	opts, err := s.opts.WithPrompts(c.Prompt)
	if err != nil {
		return err
	}
	out := cmp.Or(c.Out, filepath.Join(opts.Dir, "replay"))
	mornings, err := app.Replay(s.ctx, opts, c.Night, stockdigest.ReportKind(c.Kind), out, s.console)
	return errors.Join(err, app.ShowMornings(s.console, mornings))
}

type diffCmd struct {
	Before string `arg:"" help:"A recorded night or a replay (its folder), what report --json printed (a file), or a run (its ID)."`
	After  string `arg:"" help:"What it is compared with, likewise."`
}

func (c *diffCmd) Run(s *session) error {
	all, err := app.Diff(s.ctx, s.opts, c.Before, c.After, s.console)
	if err != nil {
		return err
	}
	return app.ShowDiff(s.console, all)
}

type canaryCmd struct {
	Show  canaryShowCmd  `cmd:"" default:"1" help:"Show how often its wordings hold, beside the rest."`
	Again canaryAgainCmd `cmd:"" help:"Try a version again that was rolled back."`
}

type canaryShowCmd struct{}

func (*canaryShowCmd) Run(s *session) error {
	return withApp(s, func(a *app.App) error {
		state, err := a.Canary(s.ctx)
		if err != nil {
			return err
		}
		return app.ShowCanary(s.console, state)
	})
}

type canaryAgainCmd struct {
	Prompt string `arg:"" help:"The version, such as write=2."`
	By     string `help:"Who does it, for the log (default: your name on this machine)." placeholder:"NAME"`
}

func (c *canaryAgainCmd) Run(s *session) error {
	return withApp(s, func(a *app.App) error {
		return a.TryAgain(s.ctx, c.Prompt, cmp.Or(c.By, person()))
	})
}
