package eval_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"stockdigest.app/stockdigest"
	"stockdigest.app/stockdigest/internal/eval"
)

func TestEntitiesScoresCompaniesOfTheTable(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	folder := filepath.Join(dir, "triage", "finentity")
	if err := os.MkdirAll(folder, 0o755); err != nil {
		t.Fatal(err)
	}
	set := `[{"content":"Acme and Bolt rose","annotations":[{"value":"Acme's"},{"value":"Bolt"},{"value":"Elsewhere"}]},
		{"content":"Acme fell","annotations":[]},{"id":"x7","content":"nothing","annotations":[{"value":"Bolt"}]}]`
	if err := os.WriteFile(filepath.Join(folder, "FinEntity.json"), []byte(set), 0o600); err != nil {
		t.Fatal(err)
	}
	table := map[string]stockdigest.Symbol{"Acme": "AC", "Bolt": "BO"}
	known := func(name string) (stockdigest.Symbol, bool) { s, ok := table[name]; return s, ok }
	link := func(text string) []stockdigest.Symbol {
		var all []stockdigest.Symbol
		for name, s := range table {
			if strings.Contains(text, name) {
				all = append(all, s, s)
			}
		}
		return all
	}
	got, err := eval.Entities(dir, link, known, nil)
	if err != nil {
		t.Fatal(err)
	}
	want := map[string]any{"0": []stockdigest.Symbol{"AC", "BO"}, "1": []stockdigest.Symbol{"AC"}, "x7": []stockdigest.Symbol{}}
	if diff := cmp.Diff(want, got.Predictions); diff != "" {
		t.Errorf("predictions (-want +got):\n%s", diff)
	}
	if p, r := got.Figures["finentity/precision"], got.Figures["finentity/recall"]; p != 2.0/3 || r != 2.0/3 {
		t.Errorf("got precision %v and recall %v, want 2/3 and 2/3", p, r)
	}
	if _, err := eval.Entities(t.TempDir(), link, known, nil); err == nil {
		t.Error("a folder without the set: got no error")
	}
}
