package app

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"time"

	"stockdigest.app/stockdigest"
	"stockdigest.app/stockdigest/internal/night"
)

// A Morning is one digest of a night.
type Morning struct {
	Answer
	Files []Files `json:"files"`
	Mail  string  `json:"mail,omitempty"` // as a reader would get it, ready to be opened
}

// Demo runs the shipped night: every morning of it, one digest each, written
// to out (empty: demo in the data folder), and as the mail that a reader would
// get. It needs no key and no network.
func Demo(ctx context.Context, opts Options, out string, console *Console) ([]Morning, error) {
	if out == "" {
		out = filepath.Join(opts.Dir, "demo")
	}
	n, err := night.Small()
	if err != nil {
		return nil, fmt.Errorf("load the shipped night: %w", err)
	}
	at := func(asOf time.Time) World { return OfNight(n, asOf) }
	mornings, err := runNight(ctx, opts, n.Mornings, at, stockdigest.Daily, out, console)
	for i := range mornings {
		m := &mornings[i]
		var e error
		m.Mail, e = writeDemoMail(ctx, opts, out, m.Digest(n.TimeZone), newLogger(opts, console))
		err = errors.Join(err, e)
	}
	return mornings, err
}

// runNight makes one digest per morning of the night that at opens, in the order
// of time: what one morning told is memory for the next.
func runNight(
	ctx context.Context, opts Options, all []time.Time, at func(time.Time) World, kind stockdigest.ReportKind, out string, console *Console,
) ([]Morning, error) {
	var mornings []Morning
	for _, asOf := range all {
		m, err := runMorning(ctx, opts, at(asOf), kind, out, console)
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
