package app

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/google/uuid"
	"github.com/riverqueue/river/riverdriver/riverpgxv5"
	"github.com/riverqueue/river/riverdriver/riversqlite"

	"stockdigest.app/stockdigest"
	"stockdigest.app/stockdigest/internal/adapter/edgar"
	"stockdigest.app/stockdigest/internal/adapter/store"
	"stockdigest.app/stockdigest/internal/control/schedule"
	"stockdigest.app/stockdigest/internal/control/tasks"
)

var (
	_ schedule.Slots = (*store.DB)(nil)
	_ schedule.Rows  = (*store.DB)(nil)
	_ schedule.Filed = (*store.DB)(nil)
)

// plan is the clock table of the settings in a zone.
func (o Options) plan(zone string) (schedule.Plan, error) {
	loc, err := time.LoadLocation(zone)
	if err != nil {
		return schedule.Plan{}, stockdigest.Invalid(fmt.Sprintf("%q is not an IANA zone such as America/New_York", zone))
	}
	return schedule.NewPlan(loc, o.ScheduleTimes)
}

// scheduleFaults finds what is wrong with the times of slots.
func (o Options) scheduleFaults() []string {
	if _, err := o.plan("UTC"); err != nil {
		return []string{fmt.Sprintf("STOCKDIGEST_SCHEDULE_TIMES=%q: %s", o.ScheduleTimes, stockdigest.Message(err))}
	}
	return nil
}

// newSchedule makes the scheduler and the tasks that carry its work. With work
// this process does that work; otherwise it starts tasks for others, and shows
// them.
func (a *App) newSchedule(work bool) (*schedule.Scheduler, *tasks.Tasks, error) {
	watch := a.watch()
	var carrier *tasks.Tasks
	scheduler, err := a.scheduler(watch, schedule.Deps{
		Start:  func(ctx context.Context, taken stockdigest.SlotRecord) error { return carrier.Slot(ctx, taken) },
		Spread: func(ctx context.Context, symbols []stockdigest.Symbol) error { return carrier.Check(ctx, symbols) },
	})
	if err != nil {
		return nil, nil, err
	}
	var does tasks.Work
	if work {
		does.Slot = func(ctx context.Context, taken stockdigest.SlotRecord) error {
			_, err := scheduler.Work(ctx, taken)
			return err
		}
		does.Check = func(ctx context.Context, symbol stockdigest.Symbol) error {
			_, err := watch.Check(ctx, symbol)
			return err
		}
		if a.opts.Scheduled() {
			if does.Tick, err = a.tick(scheduler); err != nil {
				return nil, nil, err
			}
		}
	}
	carrier, err = a.newTasks(does)
	return scheduler, carrier, err
}

// tick is the work of a minute: what the schedule says, the digests of readers
// whose morning it is, and what the operator is told of both.
func (a *App) tick(scheduler *schedule.Scheduler) (func(context.Context) error, error) {
	digester, err := a.newDigester()
	if err != nil {
		return nil, err
	}
	nights, err := a.newNights()
	if err != nil {
		return nil, err
	}
	return func(ctx context.Context) error {
		err := scheduler.Tick(ctx)
		if digester != nil {
			_, e := digester.Tick(ctx)
			err = errors.Join(err, e)
		}
		return errors.Join(err, a.tellOperator(ctx, nights, digester))
	}, nil
}

func (a *App) newTasks(work tasks.Work) (*tasks.Tasks, error) {
	on := a.store.River()
	conf := tasks.Config{Schema: on.Schema, Log: a.log}
	if on.Postgres != nil {
		return tasks.New(riverpgxv5.New(on.Postgres), conf, work)
	}
	return tasks.New(riversqlite.New(on.SQLite), conf, work)
}

func (a *App) watch() *schedule.Watch {
	return schedule.NewWatch(a.store, a.world.filings(edgar.New(a.fetch).Logging(a.log)), a.world.Now, a.log)
}

// scheduler makes the scheduler of this world. Without functions that hand
// work over it does everything itself.
func (a *App) scheduler(watch *schedule.Watch, deps schedule.Deps) (*schedule.Scheduler, error) {
	plan, err := a.opts.plan(a.world.TimeZone)
	if err != nil {
		return nil, err
	}
	digester, err := a.newDigester()
	if err != nil {
		return nil, err
	}
	if digester != nil {
		deps.Send = func(ctx context.Context) (string, error) {
			tally, err := digester.Tick(ctx)
			return tally.String(), err
		}
	}
	deps.Alerts = a.lookForAlerts
	deps.Slots, deps.Rows, deps.Watch, deps.Now, deps.Log = a.store, a.store, watch, a.world.Now, a.log
	return schedule.New(schedule.Config{
		Plan: plan, Exchange: schedule.Exchange(a.opts.Exchange), On: a.opts.Scheduled(), Worker: workerName(),
	}, deps), nil
}

// A Planned is what is to come, as it is shown.
type Planned struct {
	On       bool // whether it starts by itself here
	TimeZone string
	Slots    []stockdigest.Slot // by time
}

// ScheduleNext returns the slots of the next days.
func (a *App) ScheduleNext(ctx context.Context, days int) (Planned, error) {
	s, err := a.scheduler(a.watch(), schedule.Deps{})
	if err != nil {
		return Planned{}, err
	}
	now := a.world.Now()
	slots, err := s.Between(ctx, now, now.AddDate(0, 0, days))
	if err != nil {
		return Planned{}, err
	}
	return Planned{On: a.opts.Scheduled(), TimeZone: a.world.TimeZone, Slots: append([]stockdigest.Slot{}, slots...)}, nil
}

// ScheduleRun starts a kind by hand and does its work, but for runs, which
// whoever serves works on.
func (a *App) ScheduleRun(ctx context.Context, kind stockdigest.SlotKind, by string) (stockdigest.SlotRecord, error) {
	s, err := a.scheduler(a.watch(), schedule.Deps{})
	if err != nil {
		return stockdigest.SlotRecord{}, err
	}
	name, err := uuid.NewV7()
	if err != nil {
		return stockdigest.SlotRecord{}, fmt.Errorf("name a slot: %w", err)
	}
	return s.Run(ctx, kind, name.String(), by)
}

// ScheduleDays returns the days of the next year on which the exchange does
// not do as usual, by day; weekends are usual.
func (a *App) ScheduleDays(ctx context.Context, exchange string) ([]schedule.Session, error) {
	e, today, err := a.marketDay(exchange)
	if err != nil {
		return nil, err
	}
	last := today.Add(365)
	said, err := a.store.MarketDays(ctx, string(e), today, last)
	if err != nil {
		return nil, err
	}
	return schedule.NewCalendar(e, said).Unusual(today, last), nil
}

// SetMarketDay keeps what a person says of a day, over the rules of the
// exchange: it is shut, trades, or closes early.
func (a *App) SetMarketDay(ctx context.Context, m stockdigest.MarketDay) error {
	e, _, err := a.marketDay(m.Exchange)
	if err != nil {
		return err
	}
	m.Exchange = string(e)
	return a.store.SetMarketDay(ctx, m)
}

// UnsetMarketDay takes back what a person said of a day: the rules of the
// exchange hold again.
func (a *App) UnsetMarketDay(ctx context.Context, exchange string, day stockdigest.Day) error {
	e, _, err := a.marketDay(exchange)
	if err != nil {
		return err
	}
	return a.store.UnsetMarketDay(ctx, string(e), day)
}

// marketDay returns the exchange, that of the settings when none is named, and
// today.
func (a *App) marketDay(exchange string) (schedule.Exchange, stockdigest.Day, error) {
	if exchange == "" {
		exchange = a.opts.Exchange
	}
	loc, err := time.LoadLocation(a.world.TimeZone)
	if err != nil {
		return "", "", stockdigest.Invalid(fmt.Sprintf("unknown time zone %q", a.world.TimeZone))
	}
	e := schedule.Exchange(exchange)
	return e, stockdigest.DayOf(a.world.Now(), loc), e.Validate()
}

// ShowSlots prints slots to come, a day at a time.
func ShowSlots(c *Console, planned Planned) error {
	if c.JSON {
		return c.Data(planned.Slots)
	}
	if !planned.On {
		c.Print("The schedule is off here: nothing starts by itself, only by stockdigest schedule run KIND.")
	}
	c.Print("Times of %s.", planned.TimeZone)
	var day stockdigest.Day
	for _, s := range planned.Slots {
		if s.Day != day {
			day = s.Day
			c.Print("%s %s", s.Day.Weekday().String()[:3], s.Day)
		}
		c.Print("  %s  %s", s.At, s.Kind)
	}
	return nil
}

// ShowSlot prints what became of a slot.
func ShowSlot(c *Console, r stockdigest.SlotRecord) error {
	if c.JSON {
		return c.Data(r)
	}
	c.Print("%s: %s", r.Kind, r.Outcome)
	if r.Batch != "" {
		c.Print("stockdigest serve works on the runs")
	}
	return nil
}

// ShowDays prints unusual days of an exchange.
func ShowDays(c *Console, days []schedule.Session) error {
	if c.JSON {
		return c.Data(days)
	}
	for _, d := range days {
		what := "closed"
		switch {
		case d.Open && d.Closes > 0:
			what = "until " + d.Closes.String()
		case d.Open:
			what = "open"
		}
		why := d.Why
		if d.Said {
			why += " (set by hand)"
		}
		c.Print("%s %s  %-11s  %s", d.Day.Weekday().String()[:3], d.Day, what, why)
	}
	return nil
}
