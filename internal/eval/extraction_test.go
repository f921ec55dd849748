package eval_test

import (
	"compress/gzip"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"stockdigest.app/stockdigest/internal/eval"
)

func TestShinglesCountRepeats(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		truth, got        string
		precision, recall float64
	}{
		"equal":           {"a b c d e", "a b, c d - e", 1, 1},
		"half is missing": {"a b c d e", "a b c d", 1, 0.5},
		"half is extra":   {"a b c d", "a b c d e", 0.5, 1},
		"said twice":      {"a b c d", "a b c d. a b c d.", 0.2, 1},
		"both empty":      {"", "", 1, 1},
		"nothing got":     {"a b c d", "", 0, 0},
		"short":           {"a b", "a b", 1, 1},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			precision, recall := eval.Shingles(test.truth, test.got)
			if precision != test.precision || recall != test.recall {
				t.Errorf("got %.3f and %.3f, want %.3f and %.3f", precision, recall, test.precision, test.recall)
			}
		})
	}
}

func TestExtractionFindsSetsAtAnyDepth(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	writePages(t, filepath.Join(dir, "deep", "one"), "html", `{"p1":{"articleBody":"a b c d","url":"https://example.com/1"},"gone":{"articleBody":"x"}}`, "p1")
	writePages(t, filepath.Join(dir, "two", "dev"), "", `{"p2":{"articleBody":"a b c d","title":"A Title!","author":"B, A","date":"2019-11-20"}}`, "p2")
	writePages(t, filepath.Join(dir, "filings"), "", `["of another shape"]`)
	seen := 0
	result, err := eval.Extraction(dir, func(html []byte, _ string) eval.Page {
		return eval.Page{Text: string(html), Title: "a title", Author: "A, B", PublishedAt: time.Date(2019, 11, 20, 23, 0, 0, 0, time.FixedZone("", -5*3600))}
	}, func(int, int) { seen++ })
	if err != nil {
		t.Fatal(err)
	}
	want := map[string]float64{
		"one/pages": 1, "one/precision": 1, "one/recall": 1, "one/f1": 1,
		"two/pages": 1, "two/precision": 1, "two/recall": 1, "two/f1": 1, "two/titles": 1, "two/authors": 1, "two/dates": 1,
	}
	if diff := cmp.Diff(want, result.Figures); diff != "" {
		t.Errorf("figures (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff(map[string]any{"p1": "a b c d", "p2": "a b c d"}, result.Predictions); diff != "" {
		t.Errorf("predictions (-want +got):\n%s", diff)
	}
	if seen != 2 {
		t.Errorf("progress was called %d times, want 2", seen)
	}
}

func TestExtractionNamesAFolderWithoutPages(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	_, err := eval.Extraction(dir, func([]byte, string) eval.Page { return eval.Page{} }, nil)
	if err == nil || !strings.Contains(err.Error(), dir) {
		t.Errorf("got %v, want an error that names %s", err, dir)
	}
}

func writePages(t *testing.T, dir, sub, truth string, ids ...string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Join(dir, sub), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, "ground-truth.json"), []byte(truth), 0o644); err != nil {
		t.Fatal(err)
	}
	for _, id := range ids {
		file, err := os.Create(filepath.Join(dir, sub, id+".html.gz"))
		if err != nil {
			t.Fatal(err)
		}
		packed := gzip.NewWriter(file)
		if _, err := packed.Write([]byte("a b c d")); err != nil {
			t.Fatal(err)
		}
		if err := packed.Close(); err != nil {
			t.Fatal(err)
		}
		if err := file.Close(); err != nil {
			t.Fatal(err)
		}
	}
}
