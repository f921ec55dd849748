package app_test

import (
	"bytes"
	"database/sql"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"stockdigest.app/stockdigest"
	"stockdigest.app/stockdigest/internal/app"
)

func TestBudgetOfAnEmptyLedgerShowsTheCaps(t *testing.T) {
	t.Parallel()
	a := deskOf(t)
	spending, err := a.Spending(t.Context(), "2026-11-23")
	if err != nil || spending.Day.Left() != spending.Day.Cap || spending.Month.Name != "2026-11" {
		t.Fatalf("got %+v, %v", spending, err)
	}
	var out bytes.Buffer
	console := &app.Console{Out: &out, Err: io.Discard}
	if err := app.ShowSpending(console, spending); err != nil || !strings.Contains(out.String(), spending.Day.Cap.String()) {
		t.Errorf("got %q, %v", out.String(), err)
	}
	if _, err := a.Spending(t.Context(), "yesterday"); !errors.Is(err, stockdigest.ErrInvalid) {
		t.Errorf("got %v, want the day refused", err)
	}
	if err := a.ResetProvider(t.Context(), "nobody", "ada"); !errors.Is(err, stockdigest.ErrNotFound) {
		t.Errorf("got %v, want the provider not found", err)
	}
	list, err := a.Calls(t.Context(), "", 10)
	if err != nil || app.ShowCalls(console, list) != nil || !strings.Contains(out.String(), "no paid calls") {
		t.Errorf("got %q, %v", out.String(), err)
	}
}

// TestResetOfAProviderIsLoggedWithItsOperator lets a provider be known first.
func TestResetOfAProviderIsLoggedWithItsOperator(t *testing.T) {
	t.Parallel()
	opts, errs := options(t), &bytes.Buffer{}
	a := openApp(t, opts, &app.Console{Out: io.Discard, Err: errs})
	if err := a.ResetProvider(t.Context(), "openai", "ada"); !errors.Is(err, stockdigest.ErrNotFound) || strings.Contains(errs.String(), "reset") {
		t.Fatalf("got %v and the log %q of a provider that nobody called", err, errs)
	}
	file, err := sql.Open("sqlite", filepath.Join(opts.Dir, app.Live(opts).File()))
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	if _, err := file.ExecContext(t.Context(), "INSERT INTO providers (name, tripped) VALUES ('openai', 'billed too much')"); err != nil {
		t.Fatal(err)
	}
	if err := a.ResetProvider(t.Context(), "openai", "ada"); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"provider=openai", "by=ada"} {
		if !strings.Contains(errs.String(), want) {
			t.Errorf("the log has %q, want %s in it", errs, want)
		}
	}
}

func TestListsOfTheBudgetAreNeverNullInJSON(t *testing.T) {
	t.Parallel()
	var out bytes.Buffer
	console := &app.Console{Out: &out, Err: io.Discard, JSON: true}
	if err := errors.Join(app.ShowSpending(console, stockdigest.Spending{}), app.ShowCalls(console, nil), app.ShowProviders(console, nil)); err != nil {
		t.Fatal(err)
	}
	if strings.Contains(out.String(), "null") {
		t.Errorf("got %s", out.String())
	}
}

func TestProviderThatWasStoppedNamesTheWayOut(t *testing.T) {
	t.Parallel()
	var out bytes.Buffer
	console := &app.Console{Out: &out, Err: io.Discard}
	err := app.ShowProviders(console, []stockdigest.ProviderState{{Name: "openai", Tripped: "billed too much"}})
	if err != nil || !strings.Contains(out.String(), "budget reset openai") {
		t.Errorf("got %q, %v", out.String(), err)
	}
}

func TestPricesOfTheDataFolderJoinTheList(t *testing.T) {
	t.Parallel()
	opts := options(t)
	if err := os.MkdirAll(opts.Dir, 0o700); err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(opts.Dir, app.PriceFile)
	write := func(text string) {
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	write("openai house-model 2026-01-01 0 0 0\n")
	prices, err := opts.Prices()
	if err != nil {
		t.Fatal(err)
	}
	for _, model := range []string{"house-model", "gpt-5-mini", "gpt-5-nano"} {
		if _, err := prices.Of("openai", model, "2026-11-23"); err != nil {
			t.Error(err)
		}
	}
	write("openai house-model\n")
	if _, err := opts.Prices(); !errors.Is(err, stockdigest.ErrInvalid) || !strings.Contains(err.Error(), path) {
		t.Errorf("got %v, want the line refused by name", err)
	}
}
