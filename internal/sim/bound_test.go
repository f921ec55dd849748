package sim_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"stockdigest.app/stockdigest/internal/sim"
)

// did is an answered request.
func did(p sim.Provider, route, key string, took time.Duration, tickers ...string) sim.Entry {
	return sim.Entry{Provider: p, Route: route, Key: key, Took: took, Tickers: tickers, Status: 200, End: asOf}
}

func TestBoundIsTheLongestTickerWhenNothingElseBinds(t *testing.T) {
	t.Parallel()
	log := sim.Log{Entries: []sim.Entry{
		did(sim.Feeds, "feed", "f1", 2*time.Second, "A"), did(sim.Feeds, "feed", "f2", time.Second, "A", "B"),
		did(sim.Pages, "page", "p1", 5*time.Second, "A"), did(sim.Pages, "page", "p2", 6*time.Second, "B"),
		did(sim.Model, "read", "r1", 9*time.Second, "A"), did(sim.Model, "write", "o1", 4*time.Second, "A"),
	}}
	got := sim.LowerBound(log, time.Second, 2)
	want := sim.Bound{
		Total: 20 * time.Second, Binds: "longest ticker", Critical: 20 * time.Second, CPU: time.Second / 2,
		Providers: map[sim.Provider]time.Duration{sim.Feeds: 0, sim.Pages: 0, sim.EDGAR: 0, sim.Model: 0, sim.Claude: 0, sim.Gemini: 0},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

func TestBoundIsWhatTheTightestLimitNeeds(t *testing.T) {
	t.Parallel()
	var work []sim.Entry
	for i := range 100 {
		e := did(sim.Model, "read", string(rune('a'+i)), 2*time.Second)
		e.Tokens = 1000
		work = append(work, e)
	}
	for name, c := range map[string]struct {
		limit sim.Limit
		want  time.Duration
	}{
		"parallel": {sim.Limit{Parallel: 10, Rate: 100}, 20 * time.Second},
		"rate":     {sim.Limit{Parallel: 100, Rate: 4}, 24 * time.Second},        // the first four come at once
		"tokens":   {sim.Limit{Parallel: 100, Tokens: 60_000}, 40 * time.Second}, // 60,000 of 100,000 come at once
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got := sim.LowerBound(sim.Log{Limits: map[sim.Provider]sim.Limit{sim.Model: c.limit}, Entries: work}, 0, 2)
			if got.Total != c.want || got.Binds != "model" {
				t.Errorf("got %s by %s, want %s", got.Total, got.Binds, c.want)
			}
		})
	}
}

func TestBoundCountsNecessaryWorkOnly(t *testing.T) {
	t.Parallel()
	over, failed, open := did(sim.Pages, "page", "p2", 0), did(sim.Pages, "page", "p3", time.Hour), did(sim.Pages, "page", "p4", time.Hour)
	over.Over, over.Status, failed.Status, open.End = true, 429, 500, time.Time{}
	log := sim.Log{Limits: map[sim.Provider]sim.Limit{sim.Pages: {Parallel: 1}}, Entries: []sim.Entry{
		did(sim.Pages, "page", "p1", 3*time.Second), did(sim.Pages, "page", "p1", 2*time.Second), over, failed, open,
	}}
	if got := sim.LowerBound(log, 0, 1).Total; got != 2*time.Second {
		t.Errorf("got %s, want the page read once, at its fastest", got)
	}
}

func TestBoundIsTheProcessorWhenItBinds(t *testing.T) {
	t.Parallel()
	if got := sim.LowerBound(sim.Log{}, 10*time.Second, 2); got.Total != 5*time.Second || got.Binds != "cpu" {
		t.Errorf("got %+v", got)
	}
}
