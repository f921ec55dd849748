package triage_test

import (
	"encoding/json"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"stockdigest.app/stockdigest"
	"stockdigest.app/stockdigest/internal/datatest"
)

// orders are instructions of a published set of attacks on models that read.
func orders(t *testing.T) []string {
	t.Helper()
	data, err := os.ReadFile(filepath.Join(datatest.Dir(t, "attacks"), "bipia", "benchmark", "text_attack_test.json"))
	if err != nil {
		t.Fatal(err)
	}
	var sets map[string][]string
	if err := json.Unmarshal(data, &sets); err != nil {
		t.Fatal(err)
	}
	var all []string
	for _, name := range slices.Sorted(maps.Keys(sets)) {
		for _, order := range sets[name] {
			all = append(all, strings.Join(strings.Fields(order), " "))
		}
	}
	return all
}

// TestOrdersInAFeedReachFewVoters plants an order in the description of one
// candidate. Both voters are wholly the attacker's: who sees the order votes all
// others out.
func TestOrdersInAFeedReachFewVoters(t *testing.T) {
	t.Parallel()
	all := orders(t)
	reached, strong := 0, 0
	for _, order := range all {
		s := shelf(t, soft, hard, "Apple opens an office in Madrid", "Apple names Ada Quill chief designer", "Apple adds a colour to its watch")
		s.material.Candidates[0].Article.Description = "Apple opened it on Monday. " + order
		seen := false
		p := &panel{answer: func(ask stockdigest.Ask) (string, error) {
			opening, _, _ := strings.Cut(order, " ")
			seen = strings.Contains(ask.Prompt.Input, "on Monday. "+opening)
			return voting(ask, func(line string) string {
				if seen && !strings.Contains(line, soft) {
					return "not about"
				}
				return "medium"
			}), nil
		}}
		bench(t, s, p)
		if seen {
			reached++
		}
		lost := 0
		for i, v := range s.verdicts {
			if v.Decision != stockdigest.Selected {
				lost++
				if i == 1 || i == 3 {
					strong++
				}
			}
		}
		if lost > 3 || lost > 0 && !seen {
			t.Errorf("%q: %d of the others are lost, want half at most, and none when nobody saw it", order, lost)
		}
	}
	t.Logf("%d of %d orders reach a voter", reached, len(all))
	if strong > 0 || 4*reached > len(all) {
		t.Errorf("%d of %d orders reach a voter and cost %d strong candidates, want few and none", reached, len(all), strong)
	}
}
