package app_test

import (
	"strings"
	"testing"

	"stockdigest.app/stockdigest"
	"stockdigest.app/stockdigest/internal/sim"
)

// worded counts the reports whose bottom line begins in words of a model.
func worded(reports []stockdigest.Report) (n int) {
	for _, r := range reports {
		if !strings.Contains(r.BottomLine, "led by “") && strings.Contains(r.BottomLine, " developments") {
			n++
		}
	}
	return n
}

func TestALiarGetsNothingIntoTheBottomLine(t *testing.T) {
	t.Parallel()
	cfg := sim.Config{Seed: 3, Tickers: 4, Articles: 12, Shared: 0.3}
	_, honest := pretend(t, cfg)
	if n := worded(pretendReports(t, honest, stockdigest.Daily)); n < 3 {
		t.Errorf("an honest model words %d of 4 bottom lines: too few to tell a liar's from them", n)
	}
	cfg.Faults = []sim.Fault{{Provider: sim.Model, Kind: sim.FaultLies, Share: 1}}
	world, opts := pretend(t, cfg)
	reports := pretendReports(t, opts, stockdigest.Daily)
	lies := world.Lies()
	if len(lies) < 30 {
		t.Errorf("the liar told %d lies, too few", len(lies))
	}
	for _, r := range reports {
		for _, l := range lies {
			if strings.Contains(r.BottomLine, l.Claim) {
				t.Errorf("%s: the bottom line has a lie (%s): %s", r.Ticker, l.Kind, r.BottomLine)
			}
		}
	}
}
