package app_test

import (
	"bytes"
	"os/exec"
	"path/filepath"
	"testing"

	"stockdigest.app/stockdigest/internal/app"
)

// program builds the command.
func program(t *testing.T) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "stockdigest")
	build := exec.CommandContext(t.Context(), "go", "build", "-o", path, "../../cmd/stockdigest")
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	return path
}

func TestNightIsMeasuredAndItsRepeatCostsNothing(t *testing.T) {
	t.Parallel()
	var errs bytes.Buffer
	got, err := app.BenchNight(t.Context(), app.Options{}, app.BenchNightConfig{
		Tickers: 3, Processes: 1, FixedSlots: 1, Scale: 0.02, Seed: 1, Program: program(t),
	}, &app.Console{Out: &errs, Err: &errs})
	if err != nil {
		t.Fatalf("%v\n%s", err, errs.String())
	}
	if got.Reports != 3 || got.PaidCalls == 0 || got.PaidCalls != got.UniqueCalls || got.RepeatPaidCalls != 0 || got.Refused != 0 {
		t.Errorf("got %+v", got)
	}
	if got.Ratio < 1 || got.FixedSlotsRatio < 1 || got.LowerBoundS <= 0 || got.PeakRSSMB < 5 || got.CPUS <= 0 {
		t.Errorf("got %+v: nobody is faster than the bound, and work takes memory and time", got)
	}
}
