package app

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"stockdigest.app/stockdigest"
	"stockdigest.app/stockdigest/internal/night"
)

// A Morning is one digest of a night.
type Morning struct {
	Answer
	Files []Files `json:"files"`
}

// Demo runs the shipped night: every morning of it, one digest each, written
// to out (empty: demo in the data folder). It needs no key and no network.
func Demo(ctx context.Context, opts Options, out string, console *Console) ([]Morning, error) {
	if out == "" {
		out = filepath.Join(opts.Dir, "demo")
	}
	n, err := night.Small()
	if err != nil {
		return nil, fmt.Errorf("load the shipped night: %w", err)
	}
	return runNight(ctx, opts, n, stockdigest.Daily, out, console)
}

// Replay runs a recorded night from nothing, in a database that is thrown away,
// and writes its digests to out. It tells of every address that the recording
// does not hold.
func Replay(ctx context.Context, opts Options, dir string, kind stockdigest.ReportKind, out string, console *Console) (mornings []Morning, err error) {
	n, err := night.Open(dir)
	if err != nil {
		return nil, err
	}
	opts, drop, err := throwaway(opts)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, drop()) }()
	mornings, err = runNight(ctx, opts, n, kind, out, console)
	for _, url := range n.Misses() {
		console.Say("not in the recording: %s", url)
	}
	return mornings, err
}

// throwaway returns opts with a database that lives as long as the caller needs.
func throwaway(opts Options) (Options, func() error, error) {
	temp, err := os.MkdirTemp("", "stockdigest-")
	if err != nil {
		return opts, nil, fmt.Errorf("make a temporary folder: %w", err)
	}
	opts.Dir, opts.DatabaseURL = temp, ""
	return opts, func() error { return os.RemoveAll(temp) }, nil
}

// runNight makes one digest per morning of a night, in the order of time: what
// one morning told is memory for the next.
func runNight(ctx context.Context, opts Options, n *night.Night, kind stockdigest.ReportKind, out string, console *Console) ([]Morning, error) {
	var mornings []Morning
	for _, asOf := range n.Mornings {
		m, err := runMorning(ctx, opts, OfNight(n, asOf), kind, out, console)
		if err != nil {
			return mornings, fmt.Errorf("morning of %s: %w", asOf.Format(time.DateOnly), err)
		}
		mornings = append(mornings, m)
	}
	return mornings, nil
}

func runMorning(ctx context.Context, opts Options, world World, kind stockdigest.ReportKind, out string, console *Console) (m Morning, err error) {
	a, err := New(ctx, opts, world, console)
	if err != nil {
		return m, err
	}
	defer func() { err = errors.Join(err, a.Close()) }()
	if m.Answer, err = a.Report(ctx, world.Tickers(), kind); err != nil {
		return m, err
	}
	m.Files, err = a.WriteDigest(ctx, out, m.Digest(world.TimeZone))
	return m, err
}

// Digest puts the reports of an answer into one mail.
func (a Answer) Digest(zone string) stockdigest.Digest {
	d := stockdigest.Digest{AsOf: a.AsOf, TimeZone: zone}
	for _, m := range a.Reports {
		d.Reports = append(d.Reports, m.Report)
	}
	return d
}
