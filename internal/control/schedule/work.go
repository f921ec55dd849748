package schedule

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"stockdigest.app/stockdigest"
)

// take makes the slot ours and starts its work; false means that somebody else
// has it.
func (s *Scheduler) take(ctx context.Context, slot stockdigest.Slot, by string) (stockdigest.SlotRecord, bool, error) {
	var batch *stockdigest.Batch
	var runs []stockdigest.Run
	var err error
	switch slot.Kind { //nolint:exhaustive // the others have no runs
	case stockdigest.SlotProcess:
		batch, runs, err = s.night(ctx, slot, by)
	case stockdigest.SlotRefresh:
		batch, runs, err = s.refresh(ctx, slot, by)
	}
	if err != nil {
		return stockdigest.SlotRecord{}, false, err
	}
	taken, ok, err := s.deps.Slots.TakeSlot(ctx, slot, s.config.Worker, batch, runs)
	if err != nil || !ok {
		return taken, ok, err
	}
	s.deps.Log.InfoContext(ctx, "took a slot", "kind", slot.Kind, "day", slot.Day, "key", slot.Key(), "by", by, "outcome", taken.Outcome)
	switch {
	case batch != nil: // the store did it all
		return taken, true, nil
	case s.deps.Start != nil && handedOver(slot.Kind):
		return taken, true, s.deps.Start(ctx, taken)
	}
	if taken.Outcome, err = s.Work(ctx, taken); err == nil {
		taken.DoneAt = s.deps.Now()
	}
	return taken, true, err
}

// handedOver reports whether the work of a kind may take long.
func handedOver(kind stockdigest.SlotKind) bool {
	return kind == stockdigest.SlotCleanup || kind == stockdigest.SlotCredits || kind == stockdigest.SlotAlerts
}

// night is the batch of a process slot and its runs: one for each company that
// a reader follows. Without any there is no batch. The slot's own time is that
// of the reports, so that a second batch of one slot could only find the same
// runs.
func (s *Scheduler) night(
	ctx context.Context, slot stockdigest.Slot, by string,
) (*stockdigest.Batch, []stockdigest.Run, error) {
	symbols, err := s.deps.Rows.FollowedTickers(ctx)
	if err != nil || len(symbols) == 0 {
		return nil, nil, err
	}
	now := s.deps.Now()
	kind := stockdigest.Daily
	if slot.Day.Weekday() == time.Monday {
		kind = stockdigest.Weekly
	}
	batch := &stockdigest.Batch{
		Kind: kind, CreatedBy: by, CreatedAt: now, Deadline: s.config.Plan.deadline(now),
		Note: fmt.Sprintf("the night of %s", slot.Day),
	}
	runs := make([]stockdigest.Run, 0, len(symbols))
	for _, symbol := range symbols {
		runs = append(runs, stockdigest.Run{
			Ticker: symbol, Kind: kind, AsOf: slot.Due, TimeZone: s.config.Plan.zone.String(),
			Class: stockdigest.ClassScheduled, CreatedBy: by, Deadline: batch.Deadline,
		})
	}
	return batch, runs, nil
}

// refresh is the batch of a refresh slot: a run for each followed company that
// has a report of this night. Without any there is no batch.
func (s *Scheduler) refresh(
	ctx context.Context, slot stockdigest.Slot, by string,
) (*stockdigest.Batch, []stockdigest.Run, error) {
	told, err := s.deps.Rows.Refreshable(ctx, slot.Day.At(0, s.config.Plan.zone), slot.Due)
	if err != nil {
		return nil, nil, err
	}
	symbols, err := s.deps.Rows.FollowedTickers(ctx)
	if err != nil {
		return nil, nil, err
	}
	now := s.deps.Now()
	deadline := s.config.Plan.deadline(now)
	var runs []stockdigest.Run
	for _, night := range told {
		if !slices.Contains(symbols, night.Ticker) {
			continue
		}
		runs = append(runs, stockdigest.Run{
			Ticker: night.Ticker, Kind: night.Kind, AsOf: slot.Due, TimeZone: s.config.Plan.zone.String(),
			Class: stockdigest.ClassScheduled, CreatedBy: by, Deadline: deadline, Refreshes: night.ID,
		})
	}
	if len(runs) == 0 {
		return nil, nil, nil
	}
	return &stockdigest.Batch{
		Kind: runs[0].Kind, CreatedBy: by, CreatedAt: now, Deadline: deadline, Note: fmt.Sprintf("the refresh of %s", slot.Day),
	}, runs, nil
}

// Work does what a taken slot is for, notes the outcome in it and returns that.
// Everything it does may be done again.
func (s *Scheduler) Work(ctx context.Context, taken stockdigest.SlotRecord) (outcome string, err error) {
	switch taken.Kind {
	case stockdigest.SlotProcess:
		outcome = "nobody follows a company"
	case stockdigest.SlotFilings:
		outcome, err = s.checkFilings(ctx)
	case stockdigest.SlotCleanup:
		outcome, err = s.cleanup(ctx)
	case stockdigest.SlotDeadline:
		outcome, err = s.pastDeadline(ctx)
	case stockdigest.SlotCredits:
		outcome, err = s.grant(ctx)
	case stockdigest.SlotSend:
		outcome, err = s.send(ctx)
	case stockdigest.SlotRefresh:
		outcome = "no report of this night to add to"
	case stockdigest.SlotAlerts:
		outcome, err = s.alerts(ctx)
	}
	if err != nil {
		return "", fmt.Errorf("do %s of %s: %w", taken.Kind, taken.Day, err)
	}
	return outcome, s.deps.Slots.FinishSlot(ctx, taken, outcome)
}

func (s *Scheduler) send(ctx context.Context) (string, error) {
	if s.deps.Send == nil {
		return "no mails are sent here", nil
	}
	return s.deps.Send(ctx)
}

func (s *Scheduler) alerts(ctx context.Context) (string, error) {
	if s.deps.Alerts == nil {
		return "no alerts are made here", nil
	}
	return s.deps.Alerts(ctx)
}

func (s *Scheduler) checkFilings(ctx context.Context) (string, error) {
	symbols, err := s.deps.Rows.FollowedTickers(ctx)
	if err != nil {
		return "", err
	}
	if s.deps.Spread != nil {
		return fmt.Sprintf("%d companies to check", len(symbols)), s.deps.Spread(ctx, symbols)
	}
	fresh := 0
	for _, symbol := range symbols {
		n, e := s.deps.Watch.Check(ctx, symbol)
		if fresh += n; e != nil {
			err = errors.Join(err, e)
		}
	}
	return fmt.Sprintf("%d companies checked, %d new filings", len(symbols), fresh), err
}

// The times that rows are kept for.
const (
	keepTexts   = 90 * 24 * time.Hour
	keepAnswers = 24 * time.Hour       // as long as an idempotency key holds
	keepCalls   = 400 * 24 * time.Hour // a year can be compared with the one before
)

// cleanupRows bounds a transaction of the cleanup, so that nobody waits long.
const cleanupRows = 500

// staleHold is the age from which a credit that is held for a run that has
// ended is a fault.
const staleHold = 24 * time.Hour

// cleanup does both of its parts though one of them fails.
func (s *Scheduler) cleanup(ctx context.Context) (string, error) {
	gone, err := s.dropOld(ctx)
	settled, e := s.deps.Rows.SettleStale(ctx, s.deps.Now().Add(-staleHold))
	outcome := fmt.Sprintf("%d rows had their time", gone)
	if settled > 0 {
		outcome += fmt.Sprintf(", %d forgotten credit holds were settled", settled)
		s.deps.Log.WarnContext(ctx, "settled credit holds that the end of their runs had left open", "holds", settled)
	}
	return outcome, errors.Join(err, e)
}

func (s *Scheduler) dropOld(ctx context.Context) (gone int, err error) {
	now := s.deps.Now()
	before := stockdigest.Cutoffs{
		Access: now, Texts: now.Add(-keepTexts), Answers: now.Add(-keepAnswers), Calls: now.Add(-keepCalls),
	}
	for {
		n, err := s.deps.Rows.Cleanup(ctx, before, cleanupRows)
		if gone += n; n == 0 || err != nil {
			return gone, err
		}
	}
}

func (s *Scheduler) pastDeadline(ctx context.Context) (string, error) {
	open, err := s.deps.Rows.PastDeadline(ctx, s.deps.Now())
	return fmt.Sprintf("%d runs were not finished", open), err
}

func (s *Scheduler) grant(ctx context.Context) (string, error) {
	n, err := s.deps.Rows.GrantAll(ctx, s.deps.Now())
	return fmt.Sprintf("%d readers got their month", n), err
}
