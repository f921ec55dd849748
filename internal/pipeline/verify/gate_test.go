package verify_test

import (
	"fmt"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"stockdigest.app/stockdigest/internal/datatest"
	"stockdigest.app/stockdigest/internal/eval"
	"stockdigest.app/stockdigest/internal/pipeline/verify"
)

// floors are the least the gate must reach on the generated set.
const (
	leastCaught = 0.99
	mostFlagged = 0.02
)

func TestGateCatchesPlantedFaults(t *testing.T) {
	t.Parallel()
	res, err := eval.Gate(datatest.Dir(t), func(bullet, evidence string) []string {
		var why []string
		for _, f := range verify.Claims(bullet, evidence, "") {
			why = append(why, f.Why)
		}
		return why
	}, nil)
	if err != nil {
		t.Fatal(err)
	}
	report(t, res)
	if got := res.Figures["caught/all"]; got < leastCaught || res.Figures["n/caught"] < 500 {
		t.Errorf("caught %.4f of %.0f planted faults, want %.2f of 500", got, res.Figures["n/caught"], leastCaught)
	}
	if got := res.Figures["flagged/true"]; got > mostFlagged || res.Figures["n/true"] < 1000 {
		t.Errorf("flagged %.4f of %.0f true bullets, want at most %.2f of 1,000", got, res.Figures["n/true"], mostFlagged)
	}
}

// TestGateSetRefusesNaiveGates shows that the set can fail: a gate that only
// compares digits misses most kinds of faults and refuses every rewritten
// figure.
func TestGateSetRefusesNaiveGates(t *testing.T) {
	t.Parallel()
	digits := regexp.MustCompile(`\d[\d.,]*`)
	res, err := eval.Gate(datatest.Dir(t), func(bullet, evidence string) []string {
		var why []string
		for _, n := range digits.FindAllString(bullet, -1) {
			if !strings.Contains(evidence, n) {
				why = append(why, n)
			}
		}
		return why
	}, nil)
	if err != nil {
		t.Fatal(err)
	}
	if got := res.Figures["caught/all"]; got >= 0.5 {
		t.Errorf("a gate of digits caught %.3f, so the set tests little else", got)
	}
	if got := res.Figures["caught/digit"]; got < 0.9 {
		t.Errorf("a gate of digits caught %.3f of changed digits, so the set is broken", got)
	}
}

func report(t *testing.T, res eval.Result) {
	t.Helper()
	names := make([]string, 0, len(res.Figures))
	for name := range res.Figures {
		names = append(names, name)
	}
	slices.Sort(names)
	for _, name := range names {
		t.Logf("%-20s %.4f", name, res.Figures[name])
	}
	if file := os.Getenv("GATE_OUT"); file != "" {
		var b strings.Builder
		for _, id := range slices.Sorted(keys(res.Predictions)) {
			fmt.Fprintf(&b, "%v\n", res.Predictions[id])
		}
		if err := os.WriteFile(file, []byte(b.String()), 0o600); err != nil {
			t.Fatal(err)
		}
	}
}

func keys(m map[string]any) func(func(string) bool) {
	return func(yield func(string) bool) {
		for k := range m {
			if !yield(k) {
				return
			}
		}
	}
}
