// Package schedule says when work is due and sees to it that it is done once:
// the clock table of the product in the schedule's zone, the trading days of
// NYSE and TSX, and the slots that whoever comes first takes.
//
// A slot is a kind and a local date, never a moment: a time that the clocks
// skip is due when they jump, and one that they show twice is due once. Any
// number of processes may call Tick as often as they like. The package sends
// nothing and reads no news: it opens batches of runs, and it hands over or
// does the small work that has a fixed time.
package schedule

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"stockdigest.app/stockdigest"
)

// Slots is where slots are kept, and what people said of single days. A slot
// that is taken belongs to the one who got true.
type Slots interface {
	OpenSlots(ctx context.Context, slots []stockdigest.Slot) ([]stockdigest.Slot, error)
	TakeSlot(ctx context.Context, slot stockdigest.Slot, worker string, batch *stockdigest.Batch, runs []stockdigest.Run) (stockdigest.SlotRecord, bool, error)
	FinishSlot(ctx context.Context, taken stockdigest.SlotRecord, outcome string) error
	MarketDays(ctx context.Context, exchange string, from, to stockdigest.Day) ([]stockdigest.MarketDay, error)
}

// Rows is what the small work of the schedule reads and changes.
type Rows interface {
	FollowedTickers(ctx context.Context) ([]stockdigest.Symbol, error)
	Refreshable(ctx context.Context, since, until time.Time) ([]stockdigest.Run, error)
	PastDeadline(ctx context.Context, at time.Time) (int, error)
	Cleanup(ctx context.Context, before stockdigest.Cutoffs, limit int) (int, error)
	SettleStale(ctx context.Context, before time.Time) (int, error)
	GrantAll(ctx context.Context, now time.Time) (int, error)
}

// Config is what a Scheduler follows.
type Config struct {
	Plan     Plan
	Exchange Exchange
	On       bool   // Tick starts what is due; without it a person does, by Run
	Worker   string // unique per process start
}

// Deps is what a Scheduler works with. The functions may be nil.
type Deps struct {
	Slots Slots
	Rows  Rows
	Watch *Watch // checks filings
	Now   func() time.Time
	Log   *slog.Logger

	// Start hands the work of a slot over, to be done by Work soon; Spread
	// hands over the check of each ticker, to be done by Watch.Check. Without
	// them Tick and Run do the work themselves.
	Start  func(context.Context, stockdigest.SlotRecord) error
	Spread func(context.Context, []stockdigest.Symbol) error

	// Send makes and plans the digests that are due and says in one line what
	// it did. Without it nothing is sent.
	Send func(context.Context) (string, error)

	// Alerts looks for news that cannot wait for the next digest and says in
	// one line what it did. Without it nobody looks.
	Alerts func(context.Context) (string, error)
}

// A Scheduler starts what is due. It is safe for concurrent use.
type Scheduler struct {
	config Config
	deps   Deps
}

// New makes a Scheduler.
func New(c Config, d Deps) *Scheduler { return &Scheduler{config: c, deps: d} }

// Tick starts everything that is due and that nobody has started. It may be
// called at any time by any process; about once a minute is right. One kind
// that fails does not keep the others back.
func (s *Scheduler) Tick(ctx context.Context) error {
	if !s.config.On {
		return nil
	}
	now := s.deps.Now()
	cal, err := s.Calendar(ctx, now.Add(-horizon), now)
	if err != nil {
		return err
	}
	open, err := s.deps.Slots.OpenSlots(ctx, s.config.Plan.Due(now, cal))
	if err != nil {
		return err
	}
	for _, slot := range open {
		if _, _, e := s.take(ctx, slot, "schedule"); e != nil {
			err = errors.Join(err, fmt.Errorf("start %s of %s: %w", slot.Kind, slot.Day, e))
		}
	}
	return err
}

// horizon is further than any slot is made up.
const horizon = 32 * 24 * time.Hour

// Run starts a kind by hand, whatever the schedule says: on a holiday, with
// the schedule off, or a second time on a day. By names the person.
func (s *Scheduler) Run(ctx context.Context, kind stockdigest.SlotKind, name, by string) (stockdigest.SlotRecord, error) {
	if err := kind.Validate(); err != nil {
		return stockdigest.SlotRecord{}, err
	}
	now, zone := s.deps.Now(), s.config.Plan.zone
	slot := stockdigest.Slot{
		Kind: kind, Day: stockdigest.DayOf(now, zone), At: stockdigest.ClockOf(now, zone), Due: now, ByHand: name,
	}
	taken, ok, err := s.take(ctx, slot, by)
	if err == nil && !ok {
		err = &stockdigest.Error{Kind: stockdigest.ErrConflict, Message: string(kind) + " was started under this name already"}
	}
	return taken, err
}

// Next returns the next n slots from now on, by time, at most a year ahead.
func (s *Scheduler) Next(ctx context.Context, n int) ([]stockdigest.Slot, error) {
	now := s.deps.Now()
	for days := 1; ; days = min(4*days, 366) {
		slots, err := s.Between(ctx, now, now.AddDate(0, 0, days))
		if err != nil || len(slots) >= n || days == 366 {
			return slots[:min(n, len(slots))], err
		}
	}
}

// Between returns the slots that come due after from and up to to, by time.
func (s *Scheduler) Between(ctx context.Context, from, to time.Time) ([]stockdigest.Slot, error) {
	cal, err := s.Calendar(ctx, from, to)
	if err != nil {
		return nil, err
	}
	return s.config.Plan.Between(from, to, cal), nil
}

// Calendar returns the trading days around a span of time.
func (s *Scheduler) Calendar(ctx context.Context, from, to time.Time) (Calendar, error) {
	zone := s.config.Plan.zone
	said, err := s.deps.Slots.MarketDays(ctx, string(s.config.Exchange),
		stockdigest.DayOf(from, zone).Add(-1), stockdigest.DayOf(to, zone).Add(2))
	if err != nil {
		return Calendar{}, err
	}
	return NewCalendar(s.config.Exchange, said), nil
}
