package eval_test

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"stockdigest.app/stockdigest"
	"stockdigest.app/stockdigest/internal/eval"
)

func write(t *testing.T, dir, name, body string) {
	t.Helper()
	p := filepath.Join(dir, name)
	if err := os.MkdirAll(filepath.Dir(p), 0o750); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(p, []byte(body), 0o600); err != nil {
		t.Fatal(err)
	}
}

func near(a, b float64) bool { return a-b < 1e-9 && b-a < 1e-9 }

func TestDirectionCountsLabels(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	write(t, dir, "Sentences_AllAgree.txt", "Profit rose at caf\xe9 chain .@positive\nProfit fell .@negative\nThe firm has a plant .@neutral\nProfit a@b rose .@positive\nno label here\n")
	judge := func(s string) string {
		switch {
		case strings.Contains(s, "café"):
			return "positive"
		case strings.Contains(s, "fell"):
			return "mixed"
		}
		return "neutral"
	}
	r, err := eval.Direction(dir, judge, nil)
	if err != nil {
		t.Fatal(err)
	}
	want := map[string]float64{"texts": 4, "accuracy": 0.5, "f1_positive": 2.0 / 3, "f1_negative": 0, "f1_neutral": 0.5}
	for name, v := range want {
		if !near(r.Figures[name], v) {
			t.Errorf("%s = %v, want %v", name, r.Figures[name], v)
		}
	}
}

func TestDirectionNeedsTheSet(t *testing.T) {
	t.Parallel()
	if _, err := eval.Direction(t.TempDir(), func(string) string { return "" }, nil); !errors.Is(err, stockdigest.ErrNotFound) {
		t.Errorf("got %v, want ErrNotFound", err)
	}
}

func TestEventTypesAverageOverTypes(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	write(t, dir, "experiment_data.json", `{"holdin_instances": ["a", "b", "c"], "holdin_labels": [["Profit", "Debt"], -1, ["Profit"]]}`)
	judge := func(s string) []string {
		if s == "c" {
			return nil
		}
		return []string{"Profit", "Unknown"}
	}
	r, err := eval.EventTypes(dir, judge, nil)
	if err != nil {
		t.Fatal(err)
	}
	want := map[string]float64{"texts": 3, "f1_Profit": 0.5, "f1_Debt": 0, "macro_f1": 0.25}
	for name, v := range want {
		if !near(r.Figures[name], v) {
			t.Errorf("%s = %v, want %v", name, r.Figures[name], v)
		}
	}
}

func TestSummaryScoresSentencesAgainstBullets(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	write(t, dir, "ects/X.txt", "sales rose by 5 % .\nwe thank you .\nprofit fell .\n")
	write(t, dir, "gt_summaries/X.txt", "profit fell\nsales rose 5%\n")
	pick := func(s []string) []string { return []string{s[0], s[2]} }
	r, err := eval.Summary(dir, pick, nil)
	if err != nil {
		t.Fatal(err)
	}
	// Five words of six chosen, all five wanted; each bullet in order in its sentence.
	want := map[string]float64{"texts": 1, "rouge1": 10.0 / 11, "rougeL": 10.0 / 11, "rouge2": 4.0 / 9}
	for name, v := range want {
		if !near(r.Figures[name], v) {
			t.Errorf("%s = %v, want %v", name, r.Figures[name], v)
		}
	}
}
