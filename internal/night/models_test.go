package night_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"github.com/google/go-cmp/cmp"

	"stockdigest.app/stockdigest"
	"stockdigest.app/stockdigest/internal/night"
)

func paid(key, text string) stockdigest.Answered {
	usage := stockdigest.Usage{In: 900, InCached: 100, Out: 20}
	return stockdigest.Answered{
		Call: stockdigest.Call{
			ID: "recorded " + key, Key: key, Provider: "claude", Model: "claude-haiku-4-5", Prompt: "choose 1", Run: "recorded",
			Step: stockdigest.StepSummarize, State: stockdigest.CallDone, Cost: 1234, Usage: usage, Started: morning(2), Took: 2 * time.Second,
		},
		Completion: stockdigest.Completion{Text: text, Stop: stockdigest.StopEnd, Model: "claude-haiku-4-5-2026", Usage: usage, Cached: true},
	}
}

func TestARecordingKeepsWhatModelsAnswered(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "night")
	r, err := night.NewRecorder(dir)
	if err != nil {
		t.Fatal(err)
	}
	want := night.Models{
		Settings: map[string]string{"STOCKDIGEST_WRITER": "claude"}, Providers: []string{"claude"},
		Answers: []stockdigest.Answered{paid("a", `{"sentences":[1]}`), paid("b", "<not \"JSON\" at all>\n")},
	}
	meta := night.Meta{
		Name: "n", AsOf: morning(3), TimeZone: "America/New_York", Models: &want,
		Tickers: []night.Ticker{{Ticker: stockdigest.Ticker{Symbol: "ACME", Name: "Acme Corp."}}},
		Others:  []stockdigest.Ticker{{Symbol: "PEER", Name: "Peer Inc.", Source: "night"}},
	}
	if err := r.Finish(meta); err != nil {
		t.Fatal(err)
	}
	n, err := night.Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(&want, n.Models()); diff != "" {
		t.Errorf("models (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff(meta.Others, n.Others); diff != "" || len(n.Tickers) != 1 {
		t.Errorf("%d tickers; others (-want +got):\n%s", len(n.Tickers), diff)
	}
	before := n.Fingerprint()
	file := filepath.Join(dir, "answers.json")
	raw, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(file, []byte(strings.Replace(string(raw), "[1]", "[2]", 1)), 0o600); err != nil {
		t.Fatal(err)
	}
	if n, err = night.Open(dir); err != nil || n.Fingerprint() == before {
		t.Errorf("another answer leaves the night as it was (%v)", err)
	}
}

func TestANightWithoutAnswersHasNoModels(t *testing.T) {
	t.Parallel()
	if n := load(t); n.Models() != nil {
		t.Errorf("got %+v", n.Models())
	}
}

func TestBadAnswersAreNamed(t *testing.T) {
	t.Parallel()
	const good1 = `{"key":"a","provider":"p","model":"m","prompt":"write 1","step":"summarize","at":"2026-03-02T07:00:00Z"}`
	for name, c := range map[string]struct{ text, want string }{
		"no JSON":    {"{\n oops", "answers.json line 2"},
		"twice":      {`{"answers":[` + good1 + `,` + good1 + `]}`, "answer 2 of answers.json has the key of another"},
		"no key":     {`{"answers":[` + strings.Replace(good1, `"key":"a",`, "", 1) + `]}`, "answer 1 of answers.json"},
		"no time":    {`{"answers":[` + strings.Replace(good1, `2026-03-02`, "soon", 1) + `]}`, "answer 1 of answers.json"},
		"below zero": {`{"answers":[` + strings.Replace(good1, `"key"`, `"cost_micros":-1,"key"`, 1) + `]}`, "below zero"},
		"wrong type": {`{"answers":7}`, "answers.json"},
		"empty":      {"", "answers.json"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			files := folder(t, good)
			files["answers.json"] = &fstest.MapFile{Data: []byte(c.text)}
			_, err := night.Load(files)
			if err == nil || !strings.Contains(err.Error(), c.want) || strings.Contains(err.Error(), "\n") {
				t.Errorf("got %v, want a line with %q", err, c.want)
			}
		})
	}
	files := folder(t, good)
	files["answers.json"] = &fstest.MapFile{Data: []byte(`{"answers":[` + good1 + `]}`)}
	if n, err := night.Load(files); err != nil || len(n.Models().Answers) != 1 {
		t.Errorf("the good one is refused: %v", err)
	}
}
