package main

import (
	"time"

	"stockdigest.app/stockdigest/internal/app"
)

type simCmd struct {
	Listen   string    `help:"Loopback address to serve at; port 0 takes a free one." default:"127.0.0.1:0" placeholder:"ADDR"`
	Seed     uint64    `help:"Another seed is another world." default:"1"`
	Tickers  int       `help:"How many companies to invent." default:"12"`
	Articles int       `help:"How many articles the feeds of a company list." default:"36"`
	Shared   float64   `help:"Part of them that the companies of an industry share." default:"0.35"`
	Scale    float64   `help:"How slow the world is: 1 as the real one, 0 answers at once." default:"1"`
	Faults   string    `help:"What goes wrong and how often, such as 429=0.02,pages:hang=0.01,model:tokens=1." placeholder:"LIST"`
	AsOf     time.Time `name:"as-of" help:"The moment before which the news is (RFC 3339; default: now)." placeholder:"T"`
	Journal  string    `help:"Keep the bill in this file, and go on with it." placeholder:"FILE"`

	MailListen string `help:"Loopback address of the mail server." default:"127.0.0.1:0" placeholder:"ADDR"`
	MailFaults string `help:"What goes wrong with mails, as in bench mail." placeholder:"LIST"`
	MailLog    string `help:"Write a line for each mail to this file: time of the dot, Message-ID, recipient, answer." placeholder:"FILE"`
}

func (c *simCmd) Run(s *session) error {
	return app.Sim(s.ctx, s.opts, app.SimConfig{
		Listen: c.Listen, Seed: c.Seed, Tickers: c.Tickers, Articles: c.Articles, Shared: c.Shared,
		Scale: c.Scale, Faults: c.Faults, AsOf: c.AsOf, Journal: c.Journal,
		MailListen: c.MailListen, MailFaults: c.MailFaults, MailLog: c.MailLog,
	}, s.console)
}
