package main

import (
	"stockdigest.app/stockdigest"
	"stockdigest.app/stockdigest/internal/app"
)

type scheduleCmd struct {
	Next  scheduleNextCmd  `cmd:"" help:"Show what is due next."`
	Run   scheduleRunCmd   `cmd:"" help:"Start a kind by hand, whatever day it is and also with the schedule off."`
	Days  scheduleDaysCmd  `cmd:"" help:"Show holidays and short days of the next year, and what was set by hand."`
	Close scheduleCloseCmd `cmd:"" help:"Say that the exchange stays shut on a day."`
	Open  scheduleOpenCmd  `cmd:"" help:"Say that the exchange trades on a day."`
	Early scheduleEarlyCmd `cmd:"" help:"Say that the exchange closes early on a day."`
	Unset scheduleUnsetCmd `cmd:"" help:"Take back what was said of a day: the rules of the exchange hold again."`
}

type scheduleNextCmd struct {
	Days int `help:"How many days ahead." default:"2"`
}

func (c *scheduleNextCmd) Run(s *session) error {
	if c.Days < 1 || c.Days > 366 {
		return stockdigest.Invalid("--days: give 1 to 366")
	}
	return withApp(s, func(a *app.App) error {
		slots, err := a.ScheduleNext(s.ctx, c.Days)
		if err != nil {
			return err
		}
		return app.ShowSlots(s.console, slots)
	})
}

type scheduleRunCmd struct {
	Kind string `arg:"" help:"process, cleanup, filings, deadline or credits."`
}

func (c *scheduleRunCmd) Run(s *session) error {
	return withApp(s, func(a *app.App) error {
		record, err := a.ScheduleRun(s.ctx, stockdigest.SlotKind(c.Kind), "terminal")
		if err != nil {
			return err
		}
		return app.ShowSlot(s.console, record)
	})
}

type scheduleDaysCmd struct {
	Exchange string `help:"NYSE or TSX (default: STOCKDIGEST_EXCHANGE)."`
}

func (c *scheduleDaysCmd) Run(s *session) error {
	return withApp(s, func(a *app.App) error { return showDays(s, a, c.Exchange) })
}

func showDays(s *session, a *app.App, exchange string) error {
	days, err := a.ScheduleDays(s.ctx, exchange)
	if err != nil {
		return err
	}
	return app.ShowDays(s.console, days)
}

// A marketDay is what the commands about one day share.
type marketDay struct {
	Day      string `arg:"" help:"The day: 2026-11-23."`
	Exchange string `help:"NYSE or TSX (default: STOCKDIGEST_EXCHANGE)."`
	Note     string `help:"Why, for people."`
}

// set keeps the word on the day and shows the days that are unusual now.
func (m marketDay) set(s *session, open bool, closes stockdigest.ClockTime) error {
	day, err := stockdigest.ParseDay(m.Day)
	if err != nil {
		return err
	}
	return withApp(s, func(a *app.App) error {
		err := a.SetMarketDay(s.ctx, stockdigest.MarketDay{
			Exchange: m.Exchange, Day: day, Open: open, Closes: closes, Note: m.Note,
		})
		if err != nil {
			return err
		}
		return showDays(s, a, m.Exchange)
	})
}

type scheduleCloseCmd struct {
	marketDay `embed:""`
}

func (c *scheduleCloseCmd) Run(s *session) error { return c.set(s, false, 0) }

type scheduleOpenCmd struct {
	marketDay `embed:""`
}

func (c *scheduleOpenCmd) Run(s *session) error { return c.set(s, true, 0) }

type scheduleEarlyCmd struct {
	marketDay `embed:""`
	Closes    string `arg:"" help:"When it closes, in its own zone: 13:00."`
}

func (c *scheduleEarlyCmd) Run(s *session) error {
	closes, err := stockdigest.ParseClock(c.Closes)
	if err != nil {
		return err
	}
	return c.set(s, true, closes)
}

type scheduleUnsetCmd struct {
	Day      string `arg:"" help:"The day: 2026-11-23."`
	Exchange string `help:"NYSE or TSX (default: STOCKDIGEST_EXCHANGE)."`
}

func (c *scheduleUnsetCmd) Run(s *session) error {
	day, err := stockdigest.ParseDay(c.Day)
	if err != nil {
		return err
	}
	return withApp(s, func(a *app.App) error {
		if err := a.UnsetMarketDay(s.ctx, c.Exchange, day); err != nil {
			return err
		}
		return showDays(s, a, c.Exchange)
	})
}
