package app_test

import (
	"bytes"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"stockdigest.app/stockdigest"
	"stockdigest.app/stockdigest/internal/app"
	"stockdigest.app/stockdigest/internal/night"
	"stockdigest.app/stockdigest/internal/sim"
)

// recordedNight records a night of the pretend world with models, and returns
// its folder, what was recorded, and how many calls were billed.
func recordedNight(t *testing.T, cfg sim.Config, more ...string) (dir string, made app.Answer, world *sim.Sim) {
	t.Helper()
	world, opts := pretend(t, cfg, more...)
	here, err := app.Pretend(t.Context(), opts)
	if err != nil {
		t.Fatal(err)
	}
	dir = filepath.Join(t.TempDir(), "night")
	made, err = app.Record(t.Context(), opts, here, []string{"ZQAAA", "ZQAAC"}, stockdigest.Daily, dir, silent())
	if err != nil {
		t.Fatal(err)
	}
	return dir, made, world
}

// replayed plays a night with the settings of a machine that knows no model.
func replayed(t *testing.T, dir string, prompts ...string) (app.Answer, string, string) {
	t.Helper()
	opts, err := options(t).WithPrompts(prompts)
	if err != nil {
		t.Fatal(err)
	}
	var said bytes.Buffer
	out := t.TempDir()
	mornings, err := app.Replay(t.Context(), opts, dir, stockdigest.Daily, out, &app.Console{Out: io.Discard, Err: &said})
	if err != nil {
		t.Fatal(err)
	}
	return mornings[0].Answer, out, said.String()
}

func TestANightWithModelsReplaysAlikeForNothing(t *testing.T) {
	t.Parallel()
	dir, made, world := recordedNight(t, sim.Config{Seed: 4, Tickers: 5, Articles: 14, Shared: 0.35}, "STOCKDIGEST_WRITER=claude", "GEMINI_API_KEY=sk-very-secret",
		"STOCKDIGEST_MODELS_VOTE=claude:claude-haiku-4-5,openai:gpt-5-nano")
	billed := world.Bill().Calls
	again, out, said := replayed(t, dir)
	if billed == 0 || world.Bill().Calls != billed || strings.Contains(said, "not in the recording") {
		t.Errorf("%d calls were billed, then %d more; the replay said %q", billed, world.Bill().Calls-billed, said)
	}
	if diff := cmp.Diff(made.Digest("").Reports, again.Digest("").Reports); diff != "" {
		t.Errorf("the replay differs from what was recorded:\n%s", diff)
	}
	for i, m := range again.Reports {
		if m.Writer != "claude-sonnet-4-6" || m.BillUSD != 0 || m.SavedUSD == 0 || len(m.Calls) != answered(made.Reports[i]) {
			t.Errorf("%s: by %s, $%g, saved $%g, %d calls of %d", m.Ticker, m.Writer, m.BillUSD, m.SavedUSD, len(m.Calls), answered(made.Reports[i]))
		}
		for _, c := range m.Calls {
			if !c.Cached || c.USD != 0 || c.TokensIn == 0 {
				t.Errorf("%s: got %+v, want it cached", m.Ticker, c)
			}
		}
	}
	all, err := app.Diff(t.Context(), options(t), dir, out, silent())
	if err != nil {
		t.Fatal(err)
	}
	for _, d := range all {
		if d.Kept == 0 || d.Reworded+d.Dropped+d.New > 0 {
			t.Errorf("%s: %d kept, %d reworded, %d dropped, %d new", d.Ticker, d.Kept, d.Reworded, d.Dropped, d.New)
		}
	}
	holdsNoSecret(t, dir, "sk-very-secret")
}

// answered is how many of a report's calls gave an answer; one that was asked
// ahead may have been given up.
func answered(m app.Made) int {
	n := 0
	for _, c := range m.Calls {
		if c.State == stockdigest.CallDone {
			n++
		}
	}
	return n
}

// holdsNoSecret looks for a text in all files of a folder.
func holdsNoSecret(t *testing.T, dir, secret string) {
	t.Helper()
	err := filepath.WalkDir(dir, func(path string, d os.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		raw, err := os.ReadFile(path)
		if bytes.Contains(raw, []byte(secret)) {
			t.Errorf("%s holds %q", path, secret)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}

func TestWhatNoModelAnsweredIsSaidAndWrittenByRules(t *testing.T) {
	t.Parallel()
	dir, made, _ := recordedNight(t, sim.Config{Seed: 4, Tickers: 5, Articles: 14, Shared: 0.35})
	again, _, said := replayed(t, dir, "write=2")
	if !strings.Contains(said, "not in the recording: 2 answers of openai:gpt-5-mini to write 2; the next model or the rules wrote") {
		t.Errorf("got %q, want the missing answers told", said)
	}
	for i, m := range again.Reports {
		if len(m.Sections) == 0 || m.Written.Read != made.Reports[i].Written.Read || !strings.Contains(m.Written.Why, "unrecorded") {
			t.Errorf("%s: %d sections, %+v; want a report that says why", m.Ticker, len(m.Sections), m.Written)
		}
	}
}

// TestANewVersionIsPaidForAlone records out of a recorded night with another
// version of a prompt: only its answers are new, and both versions replay.
func TestANewVersionIsPaidForAlone(t *testing.T) {
	t.Parallel()
	dir, made, world := recordedNight(t, sim.Config{Seed: 4, Tickers: 5, Articles: 14, Shared: 0.35})
	before := world.Bill().Calls
	_, opts := pretend(t, sim.Config{Seed: 4, Tickers: 5}) // models to ask
	opts, err := opts.WithPrompts([]string{"write=2"})
	if err != nil {
		t.Fatal(err)
	}
	here, err := app.OpenWorld(t.Context(), opts, dir, time.Time{})
	if err != nil {
		t.Fatal(err)
	}
	both := filepath.Join(t.TempDir(), "both")
	second, err := app.Record(t.Context(), opts, here, []string{"ZQAAA", "ZQAAC"}, stockdigest.Daily, both, silent())
	if err != nil {
		t.Fatal(err)
	}
	paid := map[string]int{}
	for _, m := range second.Reports {
		for _, c := range m.Calls {
			if !c.Cached {
				paid[c.Prompt]++
			}
		}
	}
	if diff := cmp.Diff(map[string]int{"write 2": 2}, paid); diff != "" || before != world.Bill().Calls {
		t.Errorf("paid calls (-want +got):\n%s", diff)
	}
	for prompt, want := range map[string]app.Answer{"write=1": made, "write=2": second} {
		again, _, said := replayed(t, both, prompt)
		if diff := cmp.Diff(want.Digest("").Reports, again.Digest("").Reports); diff != "" || strings.Contains(said, "answers of") {
			t.Errorf("%s said %q and differs:\n%s", prompt, said, diff)
		}
	}
}

// TestAReplayThatForgetsAnAnswerIsSeen breaks the recording: the harness above
// must notice.
func TestAReplayThatForgetsAnAnswerIsSeen(t *testing.T) {
	t.Parallel()
	dir, _, _ := recordedNight(t, sim.Config{Seed: 4, Tickers: 5, Articles: 14, Shared: 0.35})
	n, err := night.Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, a := range n.Models().Answers {
		if a.Call.Prompt == "write 1" {
			renameKey(t, dir, a.Call.Key)
		}
	}
	_, _, said := replayed(t, dir)
	if !strings.Contains(said, "to write 1") {
		t.Errorf("got %q, want the forgotten answers told", said)
	}
}

func renameKey(t *testing.T, dir, key string) {
	t.Helper()
	file := filepath.Join(dir, "answers.json")
	raw, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(file, bytes.Replace(raw, []byte(key), []byte("x"+key[1:]), 1), 0o600); err != nil {
		t.Fatal(err)
	}
}

func TestASecondReportListsItsAnswersAsCached(t *testing.T) {
	t.Parallel()
	_, opts := pretend(t, sim.Config{Seed: 4, Tickers: 2, Articles: 10, Shared: 0.4})
	here, err := app.Pretend(t.Context(), opts)
	if err != nil {
		t.Fatal(err)
	}
	made := func(kind stockdigest.ReportKind) app.Answer {
		a, err := app.New(t.Context(), opts, here, silent())
		if err != nil {
			t.Fatal(err)
		}
		defer a.Close()
		answer, err := a.Report(t.Context(), here.Tickers(), kind)
		if err != nil {
			t.Fatal(err)
		}
		return answer
	}
	first := made(stockdigest.Daily)
	for name, again := range map[string]app.Answer{"the same": made(stockdigest.Daily), "another kind": made(stockdigest.Weekly)} {
		for i, m := range again.Reports {
			worth := first.Reports[i].BillUSD + first.Reports[i].SavedUSD
			if m.BillUSD != 0 || fmt.Sprintf("%.6f", m.SavedUSD) != fmt.Sprintf("%.6f", worth) || len(m.Calls) != answered(first.Reports[i]) {
				t.Errorf("%s: %s cost $%g and saved $%g of $%g with %d calls of %d",
					name, m.Ticker, m.BillUSD, m.SavedUSD, worth, len(m.Calls), answered(first.Reports[i]))
			}
			for _, c := range m.Calls {
				if !c.Cached || c.MS != 0 || c.USD != 0 {
					t.Errorf("%s: got %+v, want it cached", name, c)
				}
			}
		}
	}
}

func TestAReplayNeedsNoKeyAndAsksNobody(t *testing.T) {
	t.Parallel()
	world, opts := pretend(t, sim.Config{Seed: 4, Tickers: 2, Articles: 10})
	dir := newFixture(t).save(t) // has no answers
	mornings, err := app.Replay(t.Context(), opts, dir, stockdigest.Daily, t.TempDir(), silent())
	if err != nil {
		t.Fatal(err)
	}
	if mornings[0].Writer != "extractive" || world.Bill().Calls != 0 {
		t.Errorf("by %s with %d calls, want rules and none", mornings[0].Writer, world.Bill().Calls)
	}
}
