package app

import (
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"slices"
	"strings"

	"stockdigest.app/stockdigest"
	"stockdigest.app/stockdigest/internal/eval"
)

// evaluations are the steps that can be measured, by name.
func evaluations() map[string]func(dir string, progress eval.Progress) (eval.Result, error) {
	return map[string]func(string, eval.Progress) (eval.Result, error){
		"extraction":   evalExtraction,
		"stories":      evalStories,
		"summary":      evalSummary,
		"direction":    evalDirection,
		"events":       evalEvents,
		"entities":     evalEntities,
		"filing-items": evalFilingItems,
		"feeds":        evalFeeds,
		"gate":         evalGate,
	}
}

// EvalNames lists what Eval can measure.
func EvalNames() []string { return slices.Sorted(maps.Keys(evaluations())) }

// Eval measures one step on the labelled sets below dir. With out it also
// writes every prediction there as one JSON object.
func Eval(name, dir, out string, console *Console) (eval.Result, error) {
	run, ok := evaluations()[name]
	if !ok {
		return eval.Result{}, stockdigest.Invalid(fmt.Sprintf("no evaluation %q: there are %s", name, strings.Join(EvalNames(), ", ")))
	}
	if info, err := os.Stat(dir); err != nil || !info.IsDir() {
		return eval.Result{}, stockdigest.Invalid(fmt.Sprintf("no folder %s: point --data or STOCKDIGEST_DATA at the labelled sets", dir))
	}
	defer console.End()
	result, err := run(dir, console.Count(name))
	if err != nil {
		return result, fmt.Errorf("evaluate %s: %w", name, err)
	}
	if out == "" {
		return result, nil
	}
	data, err := json.Marshal(result.Predictions)
	if err != nil {
		return result, fmt.Errorf("encode predictions: %w", err)
	}
	return result, writeFile(out, data)
}
