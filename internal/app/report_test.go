package app_test

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"stockdigest.app/stockdigest"
	"stockdigest.app/stockdigest/internal/adapter/store"
	"stockdigest.app/stockdigest/internal/adapter/store/storetest"
	"stockdigest.app/stockdigest/internal/app"
	"stockdigest.app/stockdigest/internal/night"
)

func options(t *testing.T) app.Options {
	t.Helper()
	o, err := app.ReadOptions([]string{"STOCKDIGEST_DIR=" + t.TempDir()})
	if err != nil {
		t.Fatal(err)
	}
	return o
}

func silent() *app.Console { return &app.Console{Out: io.Discard, Err: io.Discard} }

// weekly makes the weekly reports of symbols from a night.
func weekly(t *testing.T, opts app.Options, dir string, asOf time.Time, symbols ...string) (app.Answer, app.Files) {
	t.Helper()
	world, err := app.OpenWorld(t.Context(), opts, dir, asOf)
	if err != nil {
		t.Fatal(err)
	}
	answer, files, err := app.ReportFiles(t.Context(), opts, world, symbols, stockdigest.Weekly, filepath.Join(opts.Dir, "out"), silent())
	if err != nil {
		t.Fatal(err)
	}
	if len(files) != 1 {
		t.Fatalf("got %d digests, want one", len(files))
	}
	return answer, files[0]
}

// TestReportKeepsItsContract checks the JSON that scripts outside read, field by
// field, and every quote against the stored text.
func TestReportKeepsItsContract(t *testing.T) {
	t.Parallel()
	opts, dir := options(t), newFixture(t).save(t)
	answer, files := weekly(t, opts, dir, time.Time{}, "zqla", "MRRW")
	data, err := json.Marshal(answer)
	if err != nil {
		t.Fatal(err)
	}
	var got struct {
		AsOf    time.Time `json:"as_of"`
		Writer  string    `json:"writer"`
		Reports []map[string]json.RawMessage
	}
	if err := json.Unmarshal(data, &got); err != nil {
		t.Fatal(err)
	}
	if got.Writer != "extractive" || got.AsOf.Format(time.RFC3339) != fixtureAsOf || len(got.Reports) != 2 {
		t.Errorf("got %s", data)
	}
	for _, field := range []string{"ticker", "kind", "status", "bottom_line", "sections", "articles", "filings", "coverage"} {
		if _, ok := got.Reports[0][field]; !ok {
			t.Errorf("a report has no %q", field)
		}
	}
	checkEvidence(t, opts, dir, answer)
	for _, path := range []string{files.HTML, files.Text} {
		if info, err := os.Stat(path); err != nil || info.Size() == 0 {
			t.Errorf("digest %s: %v", path, err)
		}
	}
	checkLinks(t, files.HTML)
}

func checkEvidence(t *testing.T, opts app.Options, dir string, answer app.Answer) {
	t.Helper()
	n, err := night.Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	world := app.OfNight(n, time.Time{})
	db := storetest.Open(t, store.Config{Path: filepath.Join(opts.Dir, world.File()), Now: world.Now})
	quotes := 0
	for _, r := range answer.Digest("").Reports {
		for _, s := range r.Sections {
			for _, b := range s.Bullets {
				for _, e := range b.Evidence {
					quotes++
					body, _, _, err := db.SourceText(t.Context(), e.Source)
					if err != nil {
						t.Fatal(err)
					}
					if err := e.Check(body); err != nil {
						t.Error(err)
					}
				}
			}
		}
	}
	if quotes < 3 {
		t.Errorf("only %d quotes in the reports", quotes)
	}
}

// checkLinks opens every local link of a digest.
func checkLinks(t *testing.T, path string) {
	t.Helper()
	page, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	opened := 0
	for part := range bytes.SplitSeq(page, []byte(`href="`)) {
		link, _, _ := strings.Cut(string(part), `"`)
		file, anchor, _ := strings.Cut(link, "#")
		if !strings.HasPrefix(file, "digest-") {
			continue
		}
		opened++
		target, err := os.ReadFile(filepath.Join(filepath.Dir(path), file))
		if err != nil {
			t.Error(err)
		} else if anchor != "" && !strings.Contains(string(target), `id="`+anchor+`"`) {
			t.Errorf("%s has no place %s", file, anchor)
		}
	}
	if opened < 3 {
		t.Errorf("only %d local links in the digest", opened)
	}
}

func TestSecondRunGivesTheSameAndFetchesNothing(t *testing.T) {
	t.Parallel()
	opts, dir := options(t), newFixture(t).save(t)
	first, _ := weekly(t, opts, dir, time.Time{}, "ZQLA", "MRRW")
	n, err := night.Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	world := app.OfNight(n, time.Time{})
	second, _, err := app.ReportFiles(t.Context(), opts, world, []string{"ZQLA", "MRRW"}, stockdigest.Weekly, t.TempDir(), silent())
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(first, second); diff != "" {
		t.Errorf("the second run differs:\n%s", diff)
	}
	if served := n.Served(); len(served) > 0 {
		t.Errorf("the second run fetched %v", served)
	}
}

func TestNextMorningTellsNothingTwice(t *testing.T) {
	t.Parallel()
	opts, dir := options(t), newFixture(t).save(t)
	first, _ := weekly(t, opts, dir, time.Time{}, "ZQLA")
	next, _ := weekly(t, opts, dir, first.AsOf.Add(24*time.Hour), "ZQLA")
	r := next.Digest("").Reports[0]
	if r.Status != stockdigest.ReportQuiet || len(r.Sections) > 0 {
		t.Errorf("got status %s with sections %+v, want nothing told again", r.Status, r.Sections)
	}
	for _, s := range r.Stories {
		if s.State != stockdigest.StoryRepeat || !s.LastTold.Equal(first.AsOf) {
			t.Errorf("story %+v is not marked as told on %s", s, first.AsOf)
		}
	}
}

func TestDailyHoldsOnlyItsWindow(t *testing.T) {
	t.Parallel()
	opts, dir := options(t), newFixture(t).save(t)
	world, err := app.OpenWorld(t.Context(), opts, dir, time.Date(2026, 3, 3, 11, 0, 0, 0, time.UTC)) // 24 h back: from 11:00 on 2 March
	if err != nil {
		t.Fatal(err)
	}
	answer, _, err := app.ReportFiles(t.Context(), opts, world, []string{"ZQLA"}, stockdigest.Daily, t.TempDir(), silent())
	if err != nil {
		t.Fatal(err)
	}
	for _, a := range answer.Digest("").Reports[0].Articles {
		inside := a.PublishedAt.Hour() >= 11
		if inside == (a.Decision == stockdigest.Rejected) {
			t.Errorf("%s of %s is %s (%s)", a.URL, a.PublishedAt, a.Decision, a.Reason)
		}
	}
}

// TestRecordedNightReplaysAlike records one night out of another: the copy must
// give the same reports, and hold every address that a replay asks for.
func TestRecordedNightReplaysAlike(t *testing.T) {
	t.Parallel()
	opts, dir := options(t), newFixture(t).save(t)
	world, err := app.OpenWorld(t.Context(), opts, dir, time.Time{})
	if err != nil {
		t.Fatal(err)
	}
	to := filepath.Join(t.TempDir(), "copy")
	recorded, err := app.Record(t.Context(), opts, world, []string{"ZQLA", "MRRW"}, stockdigest.Daily, to, silent())
	if err != nil {
		t.Fatal(err)
	}
	var said bytes.Buffer
	mornings, err := app.Replay(t.Context(), opts, to, stockdigest.Daily, t.TempDir(), &app.Console{Out: io.Discard, Err: &said})
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(recorded, mornings[0].Answer); diff != "" {
		t.Errorf("the replay differs from the recorded run:\n%s", diff)
	}
	if strings.Contains(said.String(), "not in the recording") {
		t.Errorf("the recording is not whole: %s", said.String())
	}
	if _, err := app.Record(context.Background(), opts, world, []string{"ZQLA"}, stockdigest.Daily, to, silent()); err == nil {
		t.Error("a second recording into the same folder was accepted")
	}
}

func TestEnginesGiveTheSameReport(t *testing.T) {
	t.Parallel()
	dir := newFixture(t).save(t)
	answer, _ := weekly(t, options(t), dir, time.Time{}, "ZQLA", "MRRW")
	opts := options(t)
	opts.DatabaseURL = app.Secret(storetest.EmptyPostgresURL(t))
	other, _ := weekly(t, opts, dir, time.Time{}, "ZQLA", "MRRW")
	if diff := cmp.Diff(answer, other); diff != "" {
		t.Errorf("PostgreSQL differs from SQLite:\n%s", diff)
	}
}

func TestUnknownTickerIsRefusedBeforeAnyWork(t *testing.T) {
	t.Parallel()
	opts, dir := options(t), newFixture(t).save(t)
	world, err := app.OpenWorld(t.Context(), opts, dir, time.Time{})
	if err != nil {
		t.Fatal(err)
	}
	out := t.TempDir()
	_, _, err = app.ReportFiles(t.Context(), opts, world, []string{"ZQLA", "ZQLAA"}, stockdigest.Daily, out, silent())
	if err == nil || !strings.Contains(err.Error(), "ZQLAA") || !strings.Contains(err.Error(), "ZQLA ") {
		t.Errorf("got %v, want the unknown symbol named and one suggested", err)
	}
	if entries, _ := os.ReadDir(out); !slices.Equal(entries, nil) {
		t.Errorf("wrote %v", entries)
	}
}
