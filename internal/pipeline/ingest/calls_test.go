package ingest_test

import (
	"context"
	"strings"
	"testing"
	"time"

	"stockdigest.app/stockdigest"
	"stockdigest.app/stockdigest/internal/pipeline/ingest"
)

// A callDesk has one call, and counts how often its transcript is read.
type callDesk struct {
	days  int // before the run
	err   error
	reads int
}

func (d *callDesk) LastCall(context.Context, stockdigest.Ticker) (stockdigest.Filing, error) {
	return stockdigest.Filing{Accession: "FMP-ACME-2019Q3", Form: stockdigest.FormCall, FiledAt: d.at()}, d.err
}

// at is an hour behind the day before, which a window may open with.
func (d *callDesk) at() time.Time { return asOf.AddDate(0, 0, -d.days).Add(time.Hour) }

func (d *callDesk) ReadCall(_ context.Context, _ stockdigest.Ticker, f stockdigest.Filing) (stockdigest.Filing, error) {
	d.reads++
	f.Documents = []stockdigest.Document{{Accession: f.Accession, Seq: 1, Text: "Ada Quill: Sales rose."}}
	return f, nil
}

func TestACallIsReadOnceAndToldWhenItIsNews(t *testing.T) {
	t.Parallel()
	denied := &stockdigest.Error{Kind: stockdigest.ErrDenied, Message: "the plan has no transcripts"}
	none := stockdigest.NotFound("no call")
	for name, c := range map[string]struct {
		desk  callDesk
		kept  bool // by an earlier run
		has   int  // calls of the run
		reads int
		note  string
	}{
		"of yesterday":         {callDesk{days: 1}, false, 1, 1, ""},
		"kept, of yesterday":   {callDesk{days: 1}, true, 1, 0, ""},
		"had late":             {callDesk{days: 3}, false, 1, 1, ""},
		"kept, of before":      {callDesk{days: 3}, true, 0, 0, ""},
		"long ago":             {callDesk{days: 5}, false, 0, 0, ""},
		"after the run's hour": {callDesk{days: -1}, false, 0, 0, ""},
		"never":                {callDesk{err: none}, false, 0, 0, ""},
		"not in the plan":      {callDesk{err: denied}, false, 0, 0, "earnings call: the plan has no transcripts"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			store := newStore(acme())
			if c.kept {
				call, err := c.desk.ReadCall(t.Context(), acme(), stockdigest.Filing{Accession: "FMP-ACME-2019Q3", Form: stockdigest.FormCall, FiledAt: c.desk.at()})
				if err != nil {
					t.Fatal(err)
				}
				store.kept, c.desk.reads = []stockdigest.Filing{call}, 0
			}
			step := ingest.New(store, feedTable{}, filingList{}, ingest.Config{Now: func() time.Time { return asOf }, Calls: &c.desk})
			if err := step.Run(t.Context(), stockdigest.Run{ID: "r1", Ticker: "ACME", Kind: stockdigest.Daily, AsOf: asOf}); err != nil {
				t.Fatal(err)
			}
			if len(store.material.Filings) != c.has || c.desk.reads != c.reads {
				t.Errorf("got %d calls after %d reads, want %d after %d", len(store.material.Filings), c.desk.reads, c.has, c.reads)
			}
			if got := strings.Contains(store.note, "earnings call: "); !strings.Contains(store.note, c.note) || got != (c.note != "") {
				t.Errorf("got note %q, want %q in it", store.note, c.note)
			}
		})
	}
}
