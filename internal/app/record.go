package app

import (
	"context"
	"errors"
	"os"
	"slices"

	"stockdigest.app/stockdigest"
	"stockdigest.app/stockdigest/internal/night"
)

// Record makes reports of symbols in world and keeps everything that came from
// outside as a recorded night in dir, which must not exist yet or be empty. It
// works on a database that is thrown away, so that nothing known before is left
// out of the recording. What models answered is kept, too, and so are the
// answers of a recorded night that is recorded from.
func Record(ctx context.Context, opts Options, world World, symbols []string, kind stockdigest.ReportKind, dir string, console *Console) (answer Answer, err error) {
	if entries, err := os.ReadDir(dir); err == nil && len(entries) > 0 {
		return answer, stockdigest.Invalid("folder " + dir + " is not empty: record into a new one")
	}
	recorder, err := night.NewRecorder(dir)
	if err != nil {
		return answer, err
	}
	world.Wrap = recorder.Wrap
	opts.Canary = "" // a recording has one version of each prompt
	opts, drop, err := throwaway(opts)
	if err != nil {
		return answer, err
	}
	defer func() { err = errors.Join(err, drop()) }()
	a, err := New(ctx, opts, world, console)
	if err != nil {
		return answer, err
	}
	defer func() { err = errors.Join(err, a.Close()) }()
	list, err := a.Tickers(symbols)
	if err != nil {
		return answer, err
	}
	if answer, err = a.Report(ctx, list, kind); err != nil {
		return answer, err
	}
	if err := a.finishRecording(ctx, recorder, list); err != nil {
		return answer, err
	}
	return answer, writeReports(dir, []Morning{{Answer: answer}})
}

func (a *App) finishRecording(ctx context.Context, recorder *night.Recorder, list []stockdigest.Ticker) error {
	models, err := a.models(ctx)
	if err != nil {
		return err
	}
	meta := night.Meta{
		Name:     "recorded night, " + a.world.AsOf.UTC().Format("2006-01-02 15:04 UTC"),
		AsOf:     a.world.AsOf,
		TimeZone: a.world.TimeZone,
		Models:   models,
		Others:   a.othersThan(list),
	}
	for _, t := range list {
		meta.Tickers = append(meta.Tickers, night.Ticker{Ticker: t, Feeds: a.world.Feeds(t)})
	}
	return recorder.Finish(meta)
}

// othersThan are the companies that the feeds of list stand for, and those of a
// world of its own: a replay must know them to tell whom a text speaks of.
func (a *App) othersThan(list []stockdigest.Ticker) []stockdigest.Ticker {
	known := map[stockdigest.Symbol]bool{}
	for _, t := range list {
		known[t.Symbol] = true
	}
	var others []stockdigest.Ticker
	add := func(t stockdigest.Ticker) {
		if !known[t.Symbol] {
			known[t.Symbol] = true
			others = append(others, t)
		}
	}
	for _, t := range slices.Concat(a.world.Tickers(), a.world.others()) {
		add(t)
	}
	for _, t := range list {
		for _, f := range a.world.Feeds(t) {
			if peer, err := a.dir.Lookup(f.Subject); err == nil {
				add(peer)
			}
		}
	}
	return others
}
