package eval_test

import (
	"errors"
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"

	"stockdigest.app/stockdigest/internal/eval"
)

func TestFilingItemsScoresItemsAndTexts(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	for name, body := range map[string]string{
		"raw_8-K/8-K/a.htm":        "a",
		"raw_8-K/8-K/b.txt":        "b",
		"extracted_8-K/8-K/a.json": `{"cik":"1","item_1.01":"one two","item_9.01":"three four","item_8.01":""}`,
		"extracted_8-K/8-K/b.json": `{"item_7":"seven"}`,
	} {
		p := filepath.Join(dir, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(p), 0o750); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(p, []byte(body), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	split := func(_ string, raw []byte) (map[string]string, error) {
		if string(raw) == "b" {
			return nil, errors.New("broken")
		}
		return map[string]string{"1.01": "One, two", "9.01": "three 4", "5.02": "wrong"}, nil
	}

	got, err := eval.FilingItems(dir, split, nil)
	if err != nil {
		t.Fatal(err)
	}
	want := eval.Result{
		Name: "filing-items",
		Figures: map[string]float64{
			"items/precision": 2.0 / 3, "items/recall": 2.0 / 3, "items/f1": 2.0 / 3,
			"items/text_f1": 0.75, "items/text_f1_all": 0.5,
			"items/files": 2, "items/errors": 1,
		},
		Predictions: map[string]any{
			"a.htm": map[string]string{"item_1.01": "One, two", "item_9.01": "three 4", "item_5.02": "wrong"},
			"b.txt": map[string]string{},
		},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("result (-want +got):\n%s", diff)
	}
}

func TestFilingItemsNamesTheMissingSet(t *testing.T) {
	t.Parallel()
	_, err := eval.FilingItems(t.TempDir(), nil, nil)
	if err == nil {
		t.Error("got no error for an empty folder, want one that names raw_8-K")
	}
}
