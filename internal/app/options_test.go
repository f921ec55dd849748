package app_test

import (
	"bytes"
	"errors"
	"flag"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"stockdigest.app/stockdigest"
	"stockdigest.app/stockdigest/internal/app"
)

var update = flag.Bool("update", false, "write generated docs instead of comparing them")

// TestSettingsDocIsMadeFromTheOptions keeps docs/settings.md equal to the
// struct; `make generate` writes it.
func TestSettingsDocIsMadeFromTheOptions(t *testing.T) {
	t.Parallel()
	path := filepath.Join("..", "..", "docs", "settings.md")
	if *update {
		if err := os.WriteFile(path, []byte(app.SettingsMarkdown()), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	got, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if string(got) != app.SettingsMarkdown() {
		t.Error("docs/settings.md is not what the options say: run make generate")
	}
}

func TestAllFaultsOfTheSettingsAreToldAtOnce(t *testing.T) {
	t.Parallel()
	_, err := app.ReadOptions([]string{
		"STOCKDIGEST_TIME_ZONE=Mars/Base", "STOCKDIGEST_LOG_LEVEL=loud", "STOCKDIGEST_LEASE=soon", "STOCKDIGEST_COLOUR=red", "DATABASE_URL=mysql://u:hunter2@h/x",
	})
	if !errors.Is(err, stockdigest.ErrInvalid) {
		t.Fatalf("got %v, want an invalid input", err)
	}
	for _, want := range []string{"Mars/Base", "loud", "soon", "STOCKDIGEST_COLOUR", "DATABASE_URL"} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("%q does not name %s", err, want)
		}
	}
	if strings.Contains(err.Error(), "hunter2") {
		t.Errorf("%q tells the password", err)
	}
}

func TestFaultsOfControlNameTheSetting(t *testing.T) {
	t.Parallel()
	for want, line := range map[string]string{
		"MAX_CONCURRENT_TOTAL":     "MAX_CONCURRENT_JOBS=0",
		"MAX_CONCURRENT_ADHOC":     "MAX_CONCURRENT_ADHOC=-1",
		"STOCKDIGEST_MODEL_RATE":   "STOCKDIGEST_MODEL_RATE=0",
		"STOCKDIGEST_SCHEDULE":     "STOCKDIGEST_SCHEDULE=maybe",
		"STOCKDIGEST_BATCH":        "STOCKDIGEST_BATCH=maybe",
		"STOCKDIGEST_BATCH_WAIT":   "STOCKDIGEST_BATCH_WAIT=5s",
		"STOCKDIGEST_EXCHANGE":     "STOCKDIGEST_EXCHANGE=LSE",
		"STOCKDIGEST_WRITER":       "STOCKDIGEST_WRITER=poet",
		"OPENAI_API_KEY":           "STOCKDIGEST_WRITER=openai",
		"CLAUDE_API_KEY":           "STOCKDIGEST_WRITER=claude",
		"GEMINI_API_KEY":           "STOCKDIGEST_MODELS_READ=gemini:gemini-2.5-flash",
		"STOCKDIGEST_MODELS_WRITE": "STOCKDIGEST_MODELS_WRITE=gpt-5-mini",
		"STOCKDIGEST_MODELS_CHEAP": "STOCKDIGEST_MODELS_CHEAP=acme:poet-1",
		"OPENAI_BASE_URL":          "OPENAI_BASE_URL=https://sk-hunter2@api.openai.com/v1",
		"STOCKDIGEST_BUDGET_DAY":   "STOCKDIGEST_BUDGET_DAY=-4",
		"STOCKDIGEST_MODEL_TOKENS": "STOCKDIGEST_MODEL_TOKENS=0",
	} {
		_, err := app.ReadOptions([]string{line})
		if !errors.Is(err, stockdigest.ErrInvalid) || !strings.Contains(err.Error(), want) || strings.Contains(err.Error(), "hunter2") {
			t.Errorf("%s: got %v, want an invalid input that names %s and no key", line, err, want)
		}
	}
	_, err := app.ReadOptions([]string{"ENVIRONMENT=production", "STOCKDIGEST_PRETEND=http://127.0.0.1:1"})
	if !errors.Is(err, stockdigest.ErrInvalid) {
		t.Errorf("a pretend world in production: got %v, want an invalid input", err)
	}
}

func TestTheScheduleIsOffUnlessItIsProduction(t *testing.T) {
	t.Parallel()
	for line, want := range map[string]bool{"": false, "ENVIRONMENT=staging": false, "ENVIRONMENT=prodution": false, "ENVIRONMENT=production": true, "STOCKDIGEST_SCHEDULE=on": true} {
		o, err := app.ReadOptions([]string{line})
		if err != nil || o.Scheduled() != want {
			t.Errorf("%q: got %v, %v, want %v", line, o.Scheduled(), err, want)
		}
	}
}

func TestNoSettingIsNeeded(t *testing.T) {
	t.Parallel()
	o, err := app.ReadOptions(nil)
	if err != nil || o.Dir == "" || o.TimeZone == "" || o.Lease == 0 {
		t.Errorf("got %+v, %v; want usable defaults", o, err)
	}
}

func TestSecretsAreNeverShown(t *testing.T) {
	t.Parallel()
	o, err := app.ReadOptions([]string{"DATABASE_URL=postgres://u:hunter2@h/x"})
	if err != nil {
		t.Fatal(err)
	}
	var log bytes.Buffer
	slog.New(slog.NewJSONHandler(&log, nil)).Info("settings", "database", o.DatabaseURL)
	shown := fmt.Sprintf("%v %+v %s", o, o, log.String())
	if strings.Contains(shown, "hunter2") {
		t.Errorf("the password is shown in %q", shown)
	}
}
