package app

import (
	"context"
	"errors"
	"os"

	"stockdigest.app/stockdigest"
	"stockdigest.app/stockdigest/internal/night"
)

// Record makes reports of symbols in world and keeps everything that came from
// outside as a recorded night in dir, which must not exist yet or be empty. It
// works on a database that is thrown away, so that nothing known before is left
// out of the recording.
func Record(ctx context.Context, opts Options, world World, symbols []string, kind stockdigest.ReportKind, dir string, console *Console) (answer Answer, err error) {
	if entries, err := os.ReadDir(dir); err == nil && len(entries) > 0 {
		return answer, stockdigest.Invalid("folder " + dir + " is not empty: record into a new one")
	}
	recorder, err := night.NewRecorder(dir)
	if err != nil {
		return answer, err
	}
	world.Wrap = recorder.Wrap
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
	return answer, a.finishRecording(recorder, list)
}

func (a *App) finishRecording(recorder *night.Recorder, list []stockdigest.Ticker) error {
	meta := night.Meta{
		Name:     "recorded night, " + a.world.AsOf.UTC().Format("2006-01-02 15:04 UTC"),
		AsOf:     a.world.AsOf,
		TimeZone: a.world.TimeZone,
	}
	for _, t := range list {
		meta.Tickers = append(meta.Tickers, night.Ticker{Ticker: t, Feeds: a.world.Feeds(t)})
	}
	return recorder.Finish(meta)
}
