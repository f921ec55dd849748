package schedule_test

import (
	"context"
	"errors"
	"log/slog"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"stockdigest.app/stockdigest"
	"stockdigest.app/stockdigest/internal/control/schedule"
)

// A desk is the SEC and the place where its filings are kept.
type desk struct {
	cik   string
	last  time.Time
	found []stockdigest.Filing
	err   error
	asked []stockdigest.Window
	saved int
}

func (d *desk) Ticker(_ context.Context, s stockdigest.Symbol) (stockdigest.Ticker, error) {
	return stockdigest.Ticker{Symbol: s, Name: "A", CIK: d.cik}, nil
}

func (d *desk) FilingsChecked(context.Context, stockdigest.Symbol) (time.Time, error) {
	return d.last, nil
}

func (d *desk) SaveFiled(_ context.Context, _ stockdigest.Symbol, f []stockdigest.Filing) ([]stockdigest.Accession, error) {
	d.saved++
	fresh := make([]stockdigest.Accession, len(f))
	return fresh, nil
}

func (d *desk) Filings(_ context.Context, _ stockdigest.Ticker, w stockdigest.Window) ([]stockdigest.Filing, error) {
	d.asked = append(d.asked, w)
	return d.found, d.err
}

func TestACheckLooksBackADayAndAtMostAWeek(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 11, 24, 14, 30, 0, 0, time.UTC)
	one := []stockdigest.Filing{{Accession: "1"}}
	for name, c := range map[string]struct {
		desk  desk
		asked []stockdigest.Window
		fresh int
		saved int
		fails bool
	}{
		"first check":      {desk{cik: "1", found: one}, []stockdigest.Window{{From: now.AddDate(0, 0, -7), To: now}}, 1, 1, false},
		"an hour later":    {desk{cik: "1", last: now.Add(-time.Hour)}, []stockdigest.Window{{From: now.Add(-25 * time.Hour), To: now}}, 0, 1, false},
		"after a month":    {desk{cik: "1", last: now.AddDate(0, -1, 0)}, []stockdigest.Window{{From: now.AddDate(0, 0, -7), To: now}}, 0, 1, false},
		"does not file":    {desk{}, nil, 0, 0, false},
		"no answer":        {desk{cik: "1", err: errors.New("503")}, []stockdigest.Window{{From: now.AddDate(0, 0, -7), To: now}}, 0, 0, true},
		"answered in part": {desk{cik: "1", found: one, err: errors.New("one document")}, []stockdigest.Window{{From: now.AddDate(0, 0, -7), To: now}}, 1, 1, false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			d := c.desk
			fresh, err := schedule.NewWatch(&d, &d, func() time.Time { return now }, slog.New(slog.DiscardHandler)).Check(t.Context(), "AAA")
			if fresh != c.fresh || d.saved != c.saved || (err != nil) != c.fails {
				t.Errorf("got %d new, %d saves, %v; want %d, %d, fails %t", fresh, d.saved, err, c.fresh, c.saved, c.fails)
			}
			if diff := cmp.Diff(c.asked, d.asked); diff != "" {
				t.Errorf("asked for (-want +got):\n%s", diff)
			}
		})
	}
}
