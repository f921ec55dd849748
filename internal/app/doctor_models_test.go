package app_test

import (
	"io"
	"strings"
	"testing"

	"stockdigest.app/stockdigest/internal/app"
	"stockdigest.app/stockdigest/internal/sim"
)

// models are the checks of doctor that look at models, by name. The network is
// the pretend world's, so what else is looked at there does not matter.
func models(t *testing.T, opts app.Options) map[string]app.Check {
	t.Helper()
	found := map[string]app.Check{}
	for _, c := range app.CheckModels(t.Context(), opts, false) {
		found[c.Name] = c
	}
	return found
}

func TestDoctorTellsWhyAModelWouldNotAnswer(t *testing.T) {
	t.Parallel()
	_, opts := pretend(t, sim.Config{Seed: 1, Tickers: 1})
	for name, want := range map[string]struct {
		change func(*app.Options)
		says   string
	}{
		"all well":      {func(*app.Options) {}, "would answer"},
		"a wrong key":   {func(o *app.Options) { o.ClaudeKey = "wrong" }, "CLAUDE_API_KEY"},
		"a wrong model": {func(o *app.Options) { o.ModelsWrite = "claude:claude-sonnet-4-5" }, "name another model than claude-sonnet-4-5"},
		"no network":    {func(o *app.Options) { o.ClaudeURL = "http://127.0.0.1:1" }, "STOCKDIGEST_CLAUDE_URL"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			changed := opts
			want.change(&changed)
			all := models(t, changed)
			got := all["models of claude"]
			if !strings.Contains(got.Detail, want.says) || (got.State == "ok") != (name == "all well") || strings.Contains(got.Detail, "wrong\"") {
				t.Errorf("got %+v, want %q", got, want.says)
			}
			if all["models of openai"].State != "ok" || all["models of gemini"].State != "ok" {
				t.Errorf("got %+v, want the others well", all)
			}
		})
	}
}

func TestDoctorLooksAtModelsOfflineToo(t *testing.T) {
	t.Parallel()
	_, opts := pretend(t, sim.Config{Seed: 1, Tickers: 1})
	opts.ModelsRead = "openai:unpriced"
	for _, c := range app.Doctor(t.Context(), opts, true, &app.Console{Out: io.Discard, Err: io.Discard}) {
		if c.Name == "models" && c.State == "fail" && strings.Contains(c.Detail, "no price for openai:unpriced") {
			return
		}
	}
	t.Error("a model without a price passes")
}
