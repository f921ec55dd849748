package app_test

import (
	"strings"
	"testing"

	"stockdigest.app/stockdigest"
	"stockdigest.app/stockdigest/internal/sim"
)

// TestACallOfYesterdayIsToldByItsSpeakers has a world in which the third company
// spoke with analysts yesterday, the others a month ago.
func TestACallOfYesterdayIsToldByItsSpeakers(t *testing.T) {
	t.Parallel()
	world := sim.Config{Seed: 3, Tickers: 3, Articles: 4}
	for name, c := range map[string]struct {
		more []string
		told bool
	}{
		"with a key":    {[]string{"FMP_API_KEY=" + sim.Key}, true},
		"without a key": {nil, false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, opts := pretend(t, world, append(c.more, "STOCKDIGEST_WRITER=extractive")...)
			for i, r := range pretendReports(t, opts, stockdigest.Daily) {
				said := saidInCalls(t, r)
				if want := c.told && i == 2; (len(said) > 0) != want {
					t.Errorf("%s: in calls was said %q, want something: %t", r.Ticker, said, want)
				}
				if r.Coverage.Filings != 0 {
					t.Errorf("%s: got %d filings, want a call counted for none", r.Ticker, r.Coverage.Filings)
				}
			}
		})
	}
}

// saidInCalls are a report's bullets from calls. Each must have the name of who
// said it, beside it and with its source, and none may be an analyst's.
func saidInCalls(t *testing.T, r stockdigest.Report) (all []string) {
	t.Helper()
	for _, b := range r.Told() {
		e := b.Evidence[0]
		if !strings.HasPrefix(e.Source, "FMP-"+string(r.Ticker)+"-") {
			continue
		}
		all = append(all, b.Speaker+": "+b.Text)
		if b.Speaker == "" || e.Publisher != b.Speaker+", "+stockdigest.FormCall || e.URL != "" || strings.Contains(b.Text, "hoped for") {
			t.Errorf("%s: %q is said by %q, its source %q at %q", r.Ticker, b.Text, b.Speaker, e.Publisher, e.URL)
		}
	}
	return all
}
