package app_test

import (
	"context"
	"net/http"
	"strings"
	"testing"
	"time"

	"stockdigest.app/stockdigest"
	"stockdigest.app/stockdigest/internal/adapter/fetch"
	"stockdigest.app/stockdigest/internal/adapter/fmp"
	"stockdigest.app/stockdigest/internal/app"
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

// A plan refuses with a status, or answers when it is zero.
type plan int

func (p plan) Data(context.Context, string, int64) (stockdigest.Body, error) {
	if p != 0 {
		return stockdigest.Body{}, &fetch.Error{Status: int(p)}
	}
	return stockdigest.Body{Status: http.StatusOK, Bytes: []byte("[]")}, nil
}

func TestDoctorSaysWhetherThePlanHasTranscripts(t *testing.T) {
	t.Parallel()
	for status, want := range map[plan]string{
		0:                              "its transcripts of calls answer",
		http.StatusPaymentRequired:     "its plan has no transcripts of calls, and none are told",
		http.StatusInternalServerError: "",
	} {
		client := fmp.New(fmp.Config{Key: "k", Get: status, Now: time.Now})
		if got, err := app.Transcripts(t.Context(), client, "ACME"); got != want || (err != nil) != (want == "") {
			t.Errorf("status %d: got %q, %v, want %q", status, got, err, want)
		}
	}
}

// TestACallCostsAModelNoMoreThanAnArticle has the same morning reported without
// and with the call. Nobody is asked to read it; that one more question is asked,
// what filings say on the news, is so of any filing.
func TestACallCostsAModelNoMoreThanAnArticle(t *testing.T) {
	t.Parallel()
	world, opts := pretend(t, sim.Config{Seed: 3, Tickers: 3, Articles: 4}, "STOCKDIGEST_FMP_NEWS=false")
	var told, paid []int
	for _, key := range []app.Secret{"", app.Secret(sim.Key)} {
		opts.Dir, opts.FMPKey = t.TempDir(), key
		before, n := world.Bill().Calls, 0
		for _, r := range pretendReports(t, opts, stockdigest.Daily) {
			n += len(saidInCalls(t, r))
		}
		told, paid = append(told, n), append(paid, world.Bill().Calls-before)
	}
	if told[0] != 0 || told[1] == 0 || paid[1]-paid[0] > 1 {
		t.Errorf("without and with a call: %d bullets of it, %d questions to models; want some at the price of one question at most", told, paid)
	}
}
