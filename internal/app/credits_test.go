package app_test

import (
	"bytes"
	"errors"
	"io"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"

	"stockdigest.app/stockdigest"
	"stockdigest.app/stockdigest/internal/adapter/store"
	"stockdigest.app/stockdigest/internal/adapter/store/storetest"
	"stockdigest.app/stockdigest/internal/app"
	"stockdigest.app/stockdigest/internal/bench"
)

func TestCreditsAreShownGrantedAndAdjusted(t *testing.T) {
	t.Parallel()
	a, ctx := deskOf(t), t.Context()
	if _, err := a.AddReader(ctx, app.ReaderChange{Email: "ada@example.com"}); err != nil {
		t.Fatal(err)
	}
	for _, want := range []int{1, 0} {
		if n, err := a.GrantCredits(ctx); err != nil || n != want {
			t.Errorf("got %d grants, %v, want %d", n, err, want)
		}
	}
	view, err := a.AdjustCredits(ctx, "ada@example.com", 2, "operator grace", "goodwill")
	if err != nil || view.Account.Balance != 7 || view.Entries[0].Note != "operator grace: goodwill" {
		t.Errorf("got %+v, %v, want 7 credits and who did it", view, err)
	}
	if _, err := a.AdjustCredits(ctx, "ada@example.com", -8, "operator grace", "mistake"); !errors.Is(err, stockdigest.ErrConflict) {
		t.Errorf("got %v, want a balance below zero refused", err)
	}
	view, err = a.Credits(ctx, "ada@example.com", 20)
	if err != nil || len(view.Entries) != 2 {
		t.Fatalf("got %+v, %v, want two lines", view, err)
	}
	var out bytes.Buffer
	if err := app.ShowCredits(&app.Console{Out: &out, Err: io.Discard}, view); err != nil || !strings.Contains(out.String(), "7 credits") {
		t.Errorf("got %q, %v", out.String(), err)
	}
}

func TestCreditCheckFailsOnDrift(t *testing.T) {
	t.Parallel()
	a := deskOf(t)
	check, err := a.CheckCredits(t.Context(), "")
	if err != nil || app.ShowCreditCheck(silent(), check) != nil {
		t.Errorf("got %+v, %v of an empty ledger, want no fault", check, err)
	}
	var out bytes.Buffer
	check.Faults = []store.LedgerFault{{Reader: "r1", What: "balance", Got: 4, Want: 5}}
	err = app.ShowCreditCheck(&app.Console{Out: &out, Err: io.Discard}, check)
	if !errors.Is(err, stockdigest.ErrConflict) || !strings.Contains(out.String(), "got 4, want 5") {
		t.Errorf("got %q, %v, want the fault told", out.String(), err)
	}
}

func TestBenchCreditsLeavesNothing(t *testing.T) {
	t.Parallel()
	want := bench.Credits{Rounds: 2, Charged: 10, Refused: 10}
	got, err := app.BenchCredits(t.Context(), app.BenchCreditsConfig{Rounds: 2, Parallel: 10}, silent())
	if err != nil || got != want {
		t.Errorf("SQLite: got %+v, %v, want %+v", got, err, want)
	}
	url := storetest.EmptyPostgresURL(t)
	got, err = app.BenchCredits(t.Context(), app.BenchCreditsConfig{Rounds: 2, Parallel: 10, DatabaseURL: app.Secret(url)}, silent())
	if err != nil || got != want {
		t.Errorf("PostgreSQL: got %+v, %v, want %+v", got, err, want)
	}
	conn, err := pgx.Connect(t.Context(), url)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close(t.Context())
	var left int
	err = conn.QueryRow(t.Context(), "SELECT count(*) FROM pg_namespace WHERE nspname LIKE 'bench%'").Scan(&left)
	if err != nil || left != 0 {
		t.Errorf("got %d schemas left behind, %v, want none", left, err)
	}
	var out bytes.Buffer
	if err := app.ShowBenchCredits(&app.Console{Out: &out, Err: io.Discard, JSON: true}, got); err != nil ||
		strings.Join(strings.Fields(out.String()), "") != `{"rounds":2,"overspent":0,"charged":10,"refused":10}` {
		t.Errorf("got %q, %v", out.String(), err)
	}
	if err := app.ShowBenchCredits(silent(), bench.Credits{Rounds: 1, Overspent: 1}); !errors.Is(err, stockdigest.ErrConflict) {
		t.Errorf("got %v of an overspent round, want an error", err)
	}
}
