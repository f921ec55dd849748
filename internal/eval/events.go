package eval

import (
	"encoding/json"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strconv"

	"stockdigest.app/stockdigest"
)

// maxEventSet bounds the file of an event set.
const maxEventSet = 64 << 20

// EventTypes measures how well judge names the kinds of company events that a
// sentence tells. Below dir it finds experiment_data.json of the SentiFM set:
// holdin_instances are sentences, holdin_labels their lists of types, -1 for
// none. Judge answers in the set's names: BuyRating, Debt, Dividend,
// MergerAcquisition, Profit, QuarterlyResults, SalesVolume, ShareRepurchase,
// TargetPrice, Turnover.
//
// Figures are the F1 of each type and macro_f1, their mean. Predictions are
// {row number: [types]}.
func EventTypes(dir string, judge func(text string) []string, progress Progress) (Result, error) {
	texts, labels, err := findEvents(dir)
	if err != nil {
		return Result{}, err
	}
	r := Result{Name: "events", Figures: map[string]float64{}, Predictions: map[string]any{}}
	counts := map[string]*tally{}
	for _, list := range labels {
		for _, l := range list {
			counts[l] = &tally{}
		}
	}
	for i, text := range texts {
		got := judge(text)
		r.Predictions[strconv.Itoa(i)] = got
		for name, c := range counts {
			is, said := slices.Contains(labels[i], name), slices.Contains(got, name)
			if is || said {
				c.add(is && said, said)
			}
		}
		if progress != nil {
			progress(i+1, len(texts))
		}
	}
	sum := 0.0
	for _, name := range slices.Sorted(maps.Keys(counts)) {
		r.Figures["f1_"+name] = counts[name].f1()
		sum += counts[name].f1()
	}
	r.Figures["texts"] = float64(len(texts))
	r.Figures["macro_f1"] = sum / float64(max(len(counts), 1))
	return r, nil
}

// findEvents reads the set below dir: sentences and their types.
func findEvents(dir string) (texts []string, labels [][]string, err error) {
	err = filepath.WalkDir(dir, func(p string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || d.Name() != "experiment_data.json" {
			return err
		}
		if info, err := d.Info(); err != nil || info.Size() > maxEventSet {
			return stockdigest.Invalid(p + " is too large for an event set")
		}
		raw, err := os.ReadFile(p) //nolint:gosec // a folder the operator names
		if err != nil {
			return err
		}
		var set struct {
			Texts  []string          `json:"holdin_instances"`
			Labels []json.RawMessage `json:"holdin_labels"`
		}
		if err := json.Unmarshal(raw, &set); err != nil {
			return fmt.Errorf("read %s: %w", p, err)
		}
		for i, text := range set.Texts[:min(len(set.Texts), len(set.Labels))] {
			var list []string
			if json.Unmarshal(set.Labels[i], &list) != nil {
				list = nil // -1: none
			}
			texts, labels = append(texts, text), append(labels, list)
		}
		return nil
	})
	if err != nil {
		return nil, nil, fmt.Errorf("find events: %w", err)
	}
	if len(texts) == 0 {
		return nil, nil, stockdigest.NotFound("no experiment_data.json with events below " + dir)
	}
	return texts, labels, nil
}
