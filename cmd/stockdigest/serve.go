package main

import (
	"os"

	"stockdigest.app/stockdigest/internal/app"
)

type serveCmd struct {
	Role string `help:"all, web (pages and API) or worker (work, and health pages)." enum:"all,web,worker" default:"all"`
}

func (c *serveCmd) Run(s *session) error {
	return app.Serve(s.ctx, s.opts, app.Role(c.Role), s.console)
}

type benchCmd struct {
	Night       benchNightCmd       `cmd:"" help:"A night in the pretend world beside the shortest time it could take."`
	Claims      benchClaimsCmd      `cmd:"" help:"Runs claimed by many processes: caps, priority, first in first out."`
	Credits     benchCreditsCmd     `cmd:"" help:"Parallel orders on few credits."`
	Price       benchPriceCmd       `cmd:"" help:"A night with models beside the same answers, each paid for by every report."`
	Mail        benchMailCmd        `cmd:"" help:"Mails to many readers while senders are killed and the mail server fails: none lost, none twice."`
	ClaimsChild benchClaimsChildCmd `cmd:"" hidden:""`
	MailChild   benchMailChildCmd   `cmd:"" hidden:""`
}

type benchNightCmd struct {
	Tickers     int        `help:"Companies of the night." default:"12"`
	Processes   int        `help:"Worker processes; more than one needs --database-url." default:"1"`
	Open        int        `help:"Companies worked on at once (default: 100)." placeholder:"N"`
	FixedSlots  int        `help:"Also measure with so many companies at once; 0 leaves that out." default:"4"`
	Scale       float64    `help:"Of time in the pretend world: 1 is real time (default: by the number of companies)." placeholder:"F"`
	Seed        uint64     `help:"Of everything random." default:"1"`
	DatabaseURL app.Secret `help:"PostgreSQL (default: fresh SQLite files)." name:"database-url" placeholder:"URL"`
}

func (c *benchNightCmd) Run(s *session) error {
	result, err := app.BenchNight(s.ctx, s.opts, app.BenchNightConfig{
		Tickers: c.Tickers, Processes: c.Processes, OpenTickers: c.Open, FixedSlots: c.FixedSlots, Scale: c.Scale,
		Seed: c.Seed, DatabaseURL: c.DatabaseURL,
	}, s.console)
	if err != nil {
		return err
	}
	return app.ShowBenchNight(s.console, result)
}

type benchPriceCmd struct {
	Tickers int     `help:"Companies of the night." default:"60"`
	Shared  float64 `help:"Part of a company's articles that its industry shares." default:"0.35"`
	Seed    uint64  `help:"Of everything random." default:"1"`
}

func (c *benchPriceCmd) Run(s *session) error {
	result, err := app.BenchPrice(s.ctx, app.BenchPriceConfig{Tickers: c.Tickers, Shared: c.Shared, Seed: c.Seed}, s.console)
	if err != nil {
		return err
	}
	return app.ShowBenchPrice(s.console, result)
}

type benchClaimsCmd struct {
	Processes   int        `help:"Processes that claim." default:"3"`
	Workers     int        `help:"Workers of each." default:"16"`
	Claims      int        `help:"Claims in all." default:"10000"`
	Seed        uint64     `help:"Of the order of classes." default:"1"`
	DatabaseURL app.Secret `help:"PostgreSQL (default: a fresh SQLite file)." name:"database-url" placeholder:"URL"`
}

func (c *benchClaimsCmd) Run(s *session) error {
	result, err := app.BenchClaims(s.ctx, app.BenchClaimsConfig{
		Processes: c.Processes, Workers: c.Workers, Claims: c.Claims, Seed: c.Seed, DatabaseURL: c.DatabaseURL,
	}, s.console)
	if err != nil {
		return err
	}
	return app.ShowBenchClaims(s.console, result)
}

type benchClaimsChildCmd struct{}

func (*benchClaimsChildCmd) Run(s *session) error {
	return app.BenchClaimsChild(s.ctx, os.Stdin, s.console.Out)
}

type benchCreditsCmd struct {
	Rounds      int        `help:"Rounds, each with a reader of its own." default:"100"`
	Parallel    int        `help:"Orders at once in a round." default:"30"`
	DatabaseURL app.Secret `help:"PostgreSQL (default: a fresh SQLite file)." name:"database-url" placeholder:"URL"`
}

func (c *benchCreditsCmd) Run(s *session) error {
	result, err := app.BenchCredits(s.ctx, app.BenchCreditsConfig{Rounds: c.Rounds, Parallel: c.Parallel, DatabaseURL: c.DatabaseURL}, s.console)
	if err != nil {
		return err
	}
	return app.ShowBenchCredits(s.console, result)
}
