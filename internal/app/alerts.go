package app

import (
	"context"
	"errors"
	"time"

	"stockdigest.app/stockdigest"
	"stockdigest.app/stockdigest/internal/adapter/feeds"
	"stockdigest.app/stockdigest/internal/adapter/store"
	"stockdigest.app/stockdigest/internal/deliver"
	"stockdigest.app/stockdigest/internal/pipeline/alert"
	"stockdigest.app/stockdigest/internal/pipeline/cluster"
	"stockdigest.app/stockdigest/internal/pipeline/ingest"
	"stockdigest.app/stockdigest/internal/pipeline/triage"
)

var (
	_ alert.Store       = (*store.DB)(nil)
	_ deliver.NightRows = (*store.DB)(nil)
	_ deliver.AlertRows = (*store.DB)(nil)
)

// lookForAlerts is the work of an alerts slot: feeds and rules, and nobody who is
// paid.
func (a *App) lookForAlerts(ctx context.Context) (string, error) {
	reader := ingest.New(a.store, feedReader{feeds.New(a.fetch), a.fmp()}, nil, ingest.Config{Now: a.world.Now, Log: a.log})
	return alert.New(alert.Deps{
		Store: a.store, Listen: reader.Listen, Judge: triage.Rules(a.linker), Stories: cluster.Stories, Now: a.world.Now, Log: a.log,
	}, a.opts.DryRun).Look(ctx)
}

// reviewFaults finds what is wrong with the reviews that the settings ask for.
func (o Options) reviewFaults() []string {
	if err := deliver.Reviews(o.Reviews).Validate(); err != nil {
		return []string{"STOCKDIGEST_REVIEWS: " + stockdigest.Message(err)}
	}
	return nil
}

// newNights makes who tells the operator of nights.
func (a *App) newNights() (*deliver.Nights, error) {
	plan, err := a.opts.plan(a.world.TimeZone)
	if err != nil {
		return nil, err
	}
	zone, err := a.zone()
	if err != nil {
		return nil, err
	}
	due := func(now time.Time) time.Time {
		at, ok := plan.SendAt()
		if next := stockdigest.DayOf(now, zone).At(at, zone); ok && next.After(now) && a.opts.Approval != "hand" {
			return next
		}
		return time.Time{}
	}
	return deliver.NewNights(a.store, deliver.Reviews(a.opts.Reviews), due, a.opts.DryRun, a.world.Now), nil
}

// tellOperator is what a minute's work tells the operator beside digests, and
// drops what readers need no more.
func (a *App) tellOperator(ctx context.Context, nights *deliver.Nights, digester *deliver.Digester) error {
	_, err := nights.Tick(ctx)
	_, e := deliver.DropTold(ctx, a.store, a.world.Now())
	err = errors.Join(err, e)
	if digester != nil {
		_, e = digester.Watch(ctx, a.store)
	}
	return errors.Join(err, e)
}
