package app

import (
	"context"
	"errors"
	"fmt"
	"time"

	"golang.org/x/sync/errgroup"

	"stockdigest.app/stockdigest"
	"stockdigest.app/stockdigest/internal/night"
)

// atOnce is how many tickers one command works on in parallel. Most of a live
// run is waiting for other people's servers.
const atOnce = 4

// Answer is the output contract of the report command.
type Answer struct {
	AsOf    time.Time `json:"as_of"`
	Writer  string    `json:"writer"`
	Reports []Made    `json:"reports"`
}

// Report makes the reports of tickers in the order given, each from where an
// earlier try left it. A ticker that fails does not stop the others: what was
// made is returned together with the joined errors.
func (a *App) Report(ctx context.Context, list []stockdigest.Ticker, kind stockdigest.ReportKind) (Answer, error) {
	answer := Answer{AsOf: a.world.AsOf, Reports: []Made{}}
	made := make([]*Made, len(list))
	faults := make([]error, len(list))
	a.console.Begin(len(list), len(a.steps))
	defer a.console.End()
	var group errgroup.Group
	group.SetLimit(a.parallel())
	for i, t := range list {
		group.Go(func() error {
			r, err := a.reportOne(ctx, t, kind)
			made[i], faults[i] = r, err
			return nil // the others go on
		})
	}
	if err := group.Wait(); err != nil {
		return answer, err
	}
	for _, r := range made {
		if r != nil {
			answer.Reports = append(answer.Reports, *r)
			answer.Writer = r.Writer
		}
	}
	return answer, errors.Join(faults...)
}

// parallel keeps a night sequential that is recorded or being recorded: what one
// ticker's feeds say of an article that they share is seen by the next, so that
// only the same order asks models the same.
func (a *App) parallel() int {
	if !a.world.asks() {
		return 1
	}
	return atOnce
}

func (a *App) reportOne(ctx context.Context, t stockdigest.Ticker, kind stockdigest.ReportKind) (*Made, error) {
	if err := a.setFeeds(ctx, t); err != nil {
		return nil, fmt.Errorf("set feeds of %s: %w", t.Symbol, err)
	}
	run, err := a.store.OpenRun(ctx, stockdigest.Run{
		Ticker: t.Symbol, Kind: kind, AsOf: a.world.AsOf, TimeZone: a.world.TimeZone,
		Class: stockdigest.ClassResearch, CreatedBy: "terminal",
	})
	if err != nil {
		return nil, fmt.Errorf("open the run of %s: %w", t.Symbol, err)
	}
	stood := run.State == stockdigest.RunDone
	if err := a.runner.Do(ctx, run.ID); err != nil {
		return nil, err
	}
	r, err := a.store.Report(ctx, run.ID)
	if err != nil {
		return nil, fmt.Errorf("read the report of %s: %w", t.Symbol, err)
	}
	m, err := a.made(ctx, run.ID, r, stood)
	return &m, err
}

// OpenWorld returns the world of the settings, or the recorded night in dir with its clock
// at asOf (zero: the night's own). The live world has no other moment than now.
func OpenWorld(ctx context.Context, opts Options, dir string, asOf time.Time) (World, error) {
	if dir == "" {
		if !asOf.IsZero() {
			return World{}, stockdigest.Invalid("--as-of needs --night: the live world has no other moment than now")
		}
		return Here(ctx, opts)
	}
	n, err := night.Open(dir)
	if err != nil {
		return World{}, err
	}
	return OfNight(n, asOf.UTC()), nil
}

// ReportFiles makes the reports of symbols and writes their digest to out.
// Whatever could be made is returned and written, with the errors of the rest.
func ReportFiles(ctx context.Context, opts Options, world World, symbols []string, kind stockdigest.ReportKind, out string, console *Console) (answer Answer, files []Files, err error) {
	a, err := New(ctx, opts, world, console)
	if err != nil {
		return answer, files, err
	}
	defer func() { err = errors.Join(err, a.Close()) }()
	list, err := a.Tickers(symbols)
	if err = errors.Join(err, world.holds(list)); err != nil {
		return answer, files, err
	}
	answer, err = a.Report(ctx, list, kind)
	if len(answer.Reports) == 0 {
		return answer, files, err
	}
	files, fileErr := a.WriteDigest(ctx, out, answer.Digest(world.TimeZone))
	return answer, files, errors.Join(err, fileErr)
}
