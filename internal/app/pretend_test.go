package app_test

import (
	"bytes"
	"context"
	"net/http/httptest"
	"testing"
	"time"

	"stockdigest.app/stockdigest"
	"stockdigest.app/stockdigest/internal/app"
	"stockdigest.app/stockdigest/internal/sim"
)

// pretend starts a pretend world and returns it with settings that point there.
func pretend(t *testing.T, cfg sim.Config) (*sim.Sim, app.Options) {
	t.Helper()
	cfg.AsOf, cfg.Now = time.Now().UTC().Truncate(time.Minute), time.Now
	world, err := sim.New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(world)
	t.Cleanup(server.Close)
	opts, err := app.ReadOptions([]string{"STOCKDIGEST_DIR=" + t.TempDir(), "STOCKDIGEST_PRETEND=" + server.URL})
	if err != nil {
		t.Fatal(err)
	}
	return world, opts
}

func reportAll(t *testing.T, opts app.Options, world app.World, kind stockdigest.ReportKind) app.Answer {
	t.Helper()
	var errs bytes.Buffer
	a, err := app.New(t.Context(), opts, world, &app.Console{Out: &errs, Err: &errs, JSON: true})
	if err != nil {
		t.Fatal(err)
	}
	defer a.Close()
	answer, err := a.Report(context.WithoutCancel(t.Context()), world.Tickers(), kind)
	if err != nil {
		t.Fatalf("%v\n%s", err, errs.String())
	}
	return answer
}

func TestPretendNewsBecomesReports(t *testing.T) {
	t.Parallel()
	_, opts := pretend(t, sim.Config{Seed: 7, Tickers: 5, Articles: 20, Shared: 0.35})
	world, err := app.Pretend(t.Context(), opts)
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range reportAll(t, opts, world, stockdigest.Daily).Reports {
		t.Log(r.Ticker, r.Status, r.Reason, r.Coverage, len(r.Stories))
		gates := map[string]int{}
		for _, a := range r.Articles {
			gates[string(a.Role)+" "+string(a.Decision)+" "+a.Gate+" "+string(a.Label)]++
			if a.Decision == "rejected" && a.Gate != "cap" {
				t.Log("  ", a.Title, "|", a.Gate, a.Reason)
			}
		}
		t.Log(gates)
		for _, s := range r.Sections {
			for _, b := range s.Bullets {
				t.Log("    ", b.Text)
			}
		}
	}
}
