package app_test

import (
	"io"
	"strings"
	"testing"

	"stockdigest.app/stockdigest/internal/app"
	"stockdigest.app/stockdigest/internal/sim"
)

func checked(t *testing.T, opts app.Options, name string) app.Check {
	t.Helper()
	for _, c := range app.CheckNetwork(t.Context(), opts, &app.Console{Out: io.Discard, Err: io.Discard}) {
		if c.Name == name {
			return c
		}
	}
	t.Fatalf("doctor says nothing about %s", name)
	return app.Check{}
}

func TestDoctorTellsWhyASourceWouldNotAnswer(t *testing.T) {
	t.Parallel()
	keys := []string{"FMP_API_KEY=" + sim.Key, "SCRAPFLY_API_KEY=" + sim.Key}
	for name, c := range map[string]struct {
		more   []string
		fault  sim.Fault
		check  string
		state  string
		says   string
		hidden string
	}{
		"no key":             {check: "FMP", state: "ok", says: "not configured: set FMP_API_KEY"},
		"no key, ScrapFly":   {check: "ScrapFly", state: "ok", says: "not configured: set SCRAPFLY_API_KEY"},
		"well":               {more: keys, check: "FMP", state: "ok", says: "news and press releases answer"},
		"well, ScrapFly":     {more: keys, check: "ScrapFly", state: "ok", says: "1000 credits left"},
		"well, keyless":      {check: "prices", state: "ok", says: "from Yahoo Finance"},
		"wrong key":          {more: []string{"FMP_API_KEY=s3cret"}, check: "FMP", state: "fail", says: "FMP refuses the key: check FMP_API_KEY", hidden: "s3cret"},
		"wrong key, Scrap":   {more: []string{"SCRAPFLY_API_KEY=s3cret"}, check: "ScrapFly", state: "fail", says: "ScrapFly refuses the key", hidden: "s3cret"},
		"not in the plan":    {more: keys, fault: sim.Fault{Provider: sim.FMP, Kind: sim.FaultWall, Share: 1}, check: "FMP", state: "fail", says: "plan of this key does not include"},
		"too many questions": {more: keys, fault: sim.Fault{Provider: sim.FMP, Kind: sim.FaultBusy, Share: 1}, check: "FMP", state: "fail", says: "fewer requests"},
		"keyless is down":    {fault: sim.Fault{Provider: sim.Quotes, Kind: sim.FaultGateway, Share: 1}, check: "prices", state: "warn", says: "502"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			cfg := sim.Config{Seed: 1, Tickers: 1, Articles: 1}
			if c.fault.Kind != "" {
				cfg.Faults = []sim.Fault{c.fault}
			}
			_, opts := pretend(t, cfg, c.more...)
			got := checked(t, opts, c.check)
			if got.State != c.state || !strings.Contains(got.Detail, c.says) || c.hidden != "" && strings.Contains(got.Detail, c.hidden) {
				t.Errorf("got %+v, want %s: %s", got, c.state, c.says)
			}
		})
	}
}

func TestDoctorTellsABlockedNetworkFromABadKey(t *testing.T) {
	t.Parallel()
	for name, host := range map[string]string{"FMP": "financialmodelingprep.com", "ScrapFly": "api.scrapfly.io", "prices": "query1.finance.yahoo.com"} {
		got := app.CheckCutOff(t.Context(), app.Options{FMPKey: "k", ScrapFlyKey: "k"})[name]
		if got.State == "ok" || !strings.Contains(got.Detail, "see that this machine may connect to "+host) {
			t.Errorf("got %+v, want the way out for %s", got, host)
		}
	}
}
