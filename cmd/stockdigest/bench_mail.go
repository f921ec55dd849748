package main

import (
	"os"

	"stockdigest.app/stockdigest/internal/app"
)

type benchMailCmd struct {
	Recipients  int        `help:"Readers, each with one mail." default:"1000"`
	Kills       int        `help:"Senders that are killed on the way." default:"0"`
	Senders     int        `help:"Processes that send." default:"1"`
	Sessions    int        `help:"Connections of each to the mail server." default:"10"`
	Faults      string     `help:"What goes wrong at the mail server: none, all, or some of drop-before, drop-after, 421, 451, 452, 550, 552, hang and slow, each with a share of the mails such as 451=0.1 (0.02)." default:"none" placeholder:"LIST"`
	Seed        uint64     `help:"Of kills and faults." default:"1"`
	DatabaseURL app.Secret `help:"PostgreSQL (default: a fresh SQLite file)." name:"database-url" placeholder:"URL"`
}

func (c *benchMailCmd) Run(s *session) error {
	result, err := app.BenchMail(s.ctx, app.BenchMailConfig{
		Recipients: c.Recipients, Kills: c.Kills, Senders: c.Senders, Sessions: c.Sessions, Faults: c.Faults, Plain: true,
		Seed: c.Seed, DatabaseURL: c.DatabaseURL,
	}, s.console)
	if err != nil {
		return err
	}
	return app.ShowBenchMail(s.console, result)
}

type benchMailChildCmd struct{}

func (*benchMailChildCmd) Run(s *session) error {
	return app.BenchMailChild(s.ctx, os.Stdin, nil)
}
