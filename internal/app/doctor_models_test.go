package app_test

import (
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

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

// refusing is a server that answers everything alike, by a clock of its own.
func refusing(t *testing.T, status int, body string, ahead time.Duration) string {
	t.Helper()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		w.Header().Set("Date", time.Now().Add(ahead).UTC().Format(http.TimeFormat))
		w.WriteHeader(status)
		_, _ = io.WriteString(w, body)
	}))
	t.Cleanup(server.Close)
	return server.URL
}

// TestDoctorTellsWhyAModelWouldNotAnswer breaks one family at a time in each way,
// and looks for the way out.
func TestDoctorTellsWhyAModelWouldNotAnswer(t *testing.T) {
	t.Parallel()
	_, opts := pretend(t, sim.Config{Seed: 1, Tickers: 1})
	line := "NAME absent 2020-01-01 1 1 1\n"
	prices := strings.ReplaceAll(line, "NAME", "claude") + strings.ReplaceAll(line, "NAME", "openai") + strings.ReplaceAll(line, "NAME", "gemini")
	if err := os.WriteFile(filepath.Join(opts.Dir, app.PriceFile), []byte(prices), 0o600); err != nil {
		t.Fatal(err)
	}
	for family, c := range map[string]struct {
		key, at         func(o *app.Options, value string)
		keyName, atName string
		broke           string // says that nothing is paid in, with status 400
	}{
		"claude": {
			func(o *app.Options, v string) { o.ClaudeKey = app.Secret(v) }, func(o *app.Options, v string) { o.ClaudeURL = v },
			"CLAUDE_API_KEY", "STOCKDIGEST_CLAUDE_URL",
			`{"type":"error","error":{"type":"invalid_request_error","message":"Your credit balance is too low to use the API."}}`,
		},
		"openai": {
			func(o *app.Options, v string) { o.OpenAIKey = app.Secret(v) }, func(o *app.Options, v string) { o.OpenAIURL = v },
			"OPENAI_API_KEY", "OPENAI_BASE_URL",
			`{"error":{"message":"No quota is left.","type":"insufficient_quota","code":"insufficient_quota"}}`,
		},
		"gemini": {
			func(o *app.Options, v string) { o.GeminiKey = app.Secret(v) }, func(o *app.Options, v string) { o.GeminiURL = v },
			"GEMINI_API_KEY", "STOCKDIGEST_GEMINI_URL",
			`{"error":{"code":400,"message":"Please enable billing on the project.","status":"FAILED_PRECONDITION"}}`,
		},
	} {
		for fault, want := range map[string]struct {
			change func(*app.Options)
			says   string
		}{
			"all well":          {func(*app.Options) {}, "would answer"},
			"a wrong key":       {func(o *app.Options) { c.key(o, "wrong") }, "give another " + c.keyName},
			"a wrong model":     {func(o *app.Options) { o.ModelsWrite = family + ":absent" }, "name another model than absent"},
			"no credit":         {func(o *app.Options) { c.at(o, refusing(t, 400, c.broke, 0)) }, "pay in at the provider"},
			"a clock behind":    {func(o *app.Options) { c.at(o, refusing(t, 401, `{}`, time.Hour)) }, "set this machine's clock"},
			"a clock ahead":     {func(o *app.Options) { c.at(o, refusing(t, 401, `{}`, -time.Hour)) }, "set this machine's clock"},
			"a blocked network": {func(o *app.Options) { c.at(o, "http://127.0.0.1:1") }, "may connect to " + family + ", or set " + c.atName},
			"a page to log in":  {func(o *app.Options) { c.at(o, refusing(t, 200, `<html>sign in</html>`, 0)) }, "may connect to " + family + ", or set " + c.atName},
		} {
			t.Run(family+": "+fault, func(t *testing.T) {
				t.Parallel()
				changed := opts
				want.change(&changed)
				for name, got := range models(t, changed) {
					switch {
					case name == "models of "+family && (!strings.Contains(got.Detail, want.says) || (got.State == "ok") != (fault == "all well")):
						t.Errorf("got %+v, want %q", got, want.says)
					case name != "models of "+family && got.State != "ok":
						t.Errorf("got %+v, want the others well", got)
					}
				}
			})
		}
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
