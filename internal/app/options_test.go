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
