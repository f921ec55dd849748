package app_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"stockdigest.app/stockdigest"
	"stockdigest.app/stockdigest/internal/app"
	"stockdigest.app/stockdigest/internal/sim"
)

// reportOf is a report with a bullet for each text, which rests on the places that
// its numbers name.
func reportOf(ticker stockdigest.Symbol, asOf time.Time, bullets ...stockdigest.Bullet) stockdigest.Report {
	return stockdigest.Report{
		Ticker: ticker, Kind: stockdigest.Daily, AsOf: asOf, Writer: "w", Status: stockdigest.ReportReady,
		Sections: []stockdigest.Section{{Name: stockdigest.SectionMajor, Bullets: bullets}},
	}
}

func bullet(text string, starts ...int) stockdigest.Bullet {
	b := stockdigest.Bullet{Text: text, Impact: stockdigest.ImpactLow}
	for _, at := range starts {
		b.Evidence = append(b.Evidence, stockdigest.Evidence{Source: "a", Start: at, End: at + 10, URL: "https://a.example/1", Quote: "quote"})
	}
	return b
}

// changes are a line for each claim of a comparison.
func changes(d app.ReportDiff) []string {
	var all []string
	for _, c := range d.Claims {
		line := string(c.Change) + ":"
		if c.Before != nil {
			line += " " + c.Before.Text
		}
		if c.After != nil {
			line += " > " + c.After.Text
		}
		all = append(all, strings.Join(append([]string{line}, c.Moved...), "; "))
	}
	return all
}

func TestDiffTellsWhatBecameOfEachClaim(t *testing.T) {
	t.Parallel()
	at := time.Date(2026, 3, 3, 7, 0, 0, 0, time.UTC)
	high := bullet("Moved up.", 30)
	high.Impact = stockdigest.ImpactHigh
	before := reportOf("ACME", at,
		bullet("Kept as it is.", 0), bullet("Profit rose.", 10, 20), bullet("Moved up.", 30), bullet("Gone.", 40), bullet("Twice.", 50), bullet("Twice.", 60))
	after := reportOf("ACME", at.Add(24*time.Hour),
		bullet("Twice.", 60), high, bullet("Profit rose 9%.", 20), bullet("Kept as it is.", 0), bullet("Twice.", 50), bullet("Fresh.", 70))
	got := app.DiffReports([]stockdigest.Report{before}, []stockdigest.Report{after})
	want := []string{
		"kept: Kept as it is. > Kept as it is.",
		"reworded: Profit rose. > Profit rose 9%.; rests on 1 quotes, 1 of them as before",
		"kept: Moved up. > Moved up.; impact high, was low",
		"dropped: Gone.",
		"kept: Twice. > Twice.",
		"kept: Twice. > Twice.",
		"new: > Fresh.",
	}
	if diff := cmp.Diff(want, changes(got[0])); diff != "" || len(got) != 1 {
		t.Errorf("%d comparisons; claims (-want +got):\n%s", len(got), diff)
	}
	if d := got[0]; d.Kept != 4 || d.Reworded != 1 || d.Dropped != 1 || d.New != 1 {
		t.Errorf("got %+v", d)
	}
}

func TestDiffPairsReportsByCompanyInTheOrderOfTime(t *testing.T) {
	t.Parallel()
	at := time.Date(2026, 3, 3, 7, 0, 0, 0, time.UTC)
	later := at.Add(24 * time.Hour)
	got := app.DiffReports(
		[]stockdigest.Report{reportOf("B", at, bullet("b", 0)), reportOf("A", later, bullet("a2", 1)), reportOf("A", at, bullet("a1", 0))},
		[]stockdigest.Report{reportOf("A", at, bullet("a1", 0)), reportOf("A", later, bullet("a2", 1)), reportOf("C", at, bullet("c", 0))},
	)
	var lines []string
	for _, d := range got {
		lines = append(lines, string(d.Ticker)+" "+strings.Join(changes(d), ", ")+" "+d.After)
	}
	want := []string{"A kept: a1 > a1 w, ready", "B dropped: b no report", "C new: > c w, ready", "A kept: a2 > a2 w, ready"}
	if diff := cmp.Diff(want, lines); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestDiffReadsFilesAndRefusesOthers(t *testing.T) {
	t.Parallel()
	dir, opts := t.TempDir(), options(t)
	report := reportOf("ACME", time.Date(2026, 3, 3, 7, 0, 0, 0, time.UTC), bullet("One.", 0))
	write := func(name string, v any) string {
		raw, err := json.Marshal(v)
		if err != nil {
			t.Fatal(err)
		}
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, raw, 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	answer := app.Answer{Reports: []app.Made{{Report: report}}}
	one, many := write("answer.json", answer), write(app.ReportsFile, []app.Morning{{Answer: answer}})
	for _, side := range []string{one, many, dir} {
		all, err := app.Diff(t.Context(), opts, one, side, silent())
		if err != nil || len(all) != 1 || all[0].Kept != 1 {
			t.Errorf("%s: got %+v, %v", side, all, err)
		}
		var out bytes.Buffer
		if err := app.ShowDiff(&app.Console{Out: &out}, all); err != nil || !strings.Contains(out.String(), "1 kept, 0 reworded") {
			t.Errorf("%s: got %q, %v", side, out.String(), err)
		}
	}
	for name, side := range map[string]string{
		"no JSON": write("text.json", "text"), "no reports": write("empty.json", app.Answer{}), "no such run": "0192-no-run", "empty folder": t.TempDir(),
	} {
		_, err := app.Diff(t.Context(), opts, one, side, silent())
		if !errors.Is(err, stockdigest.ErrInvalid) && !errors.Is(err, stockdigest.ErrNotFound) {
			t.Errorf("%s: got %v, want it refused", name, err)
		}
	}
}

func TestDiffFindsARunByItsID(t *testing.T) {
	t.Parallel()
	_, opts := pretend(t, sim.Config{Seed: 4, Tickers: 1, Articles: 8})
	pretendReports(t, opts, stockdigest.Daily)
	here, err := app.Pretend(t.Context(), opts)
	if err != nil {
		t.Fatal(err)
	}
	a, err := app.New(t.Context(), opts, here, silent())
	if err != nil {
		t.Fatal(err)
	}
	calls, err := a.Calls(t.Context(), "", 1)
	if err := errors.Join(err, a.Close()); err != nil || len(calls) == 0 {
		t.Fatalf("%d calls, %v", len(calls), err)
	}
	run := string(calls[0].Run)
	all, err := app.Diff(t.Context(), opts, run, run, silent())
	if err != nil || len(all) != 1 || all[0].Kept == 0 || all[0].Reworded+all[0].Dropped+all[0].New > 0 {
		t.Errorf("got %+v, %v; want all kept", all, err)
	}
}
