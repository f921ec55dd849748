package eval

import (
	"encoding/json"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"stockdigest.app/stockdigest"
)

// A mentionRow is one row of FinEntity: a text and what its annotators marked.
type mentionRow struct {
	ID          any    `json:"id"`
	Content     string `json:"content"`
	Annotations []struct {
		Value string `json:"value"`
		Start int    `json:"start"`
	} `json:"annotations"`
}

// Entities measures the linking of companies on FinEntity: link names the
// companies of a text, and known tells which of the annotators' names are
// companies of the table, and which. Only those count: a name outside the table
// is neither asked for nor held against an answer. Predictions are the symbols
// by row: its own id, or its index from 0.
func Entities(dir string, link func(text string) []stockdigest.Symbol, known func(name string) (stockdigest.Symbol, bool), progress Progress) (Result, error) {
	result := Result{Name: "entities", Figures: map[string]float64{}, Predictions: map[string]any{}}
	path, err := findFile(dir, "FinEntity.json")
	if err != nil {
		return result, err
	}
	rows, err := mentionRows(path)
	if err != nil {
		return result, err
	}
	var right, told, asked int
	for i, row := range rows {
		gold := map[stockdigest.Symbol]bool{}
		for _, a := range row.Annotations {
			if s, ok := known(strings.TrimSuffix(strings.TrimSpace(a.Value), "'s")); ok {
				gold[s] = true
			}
		}
		answer := slices.Clone(link(row.Content))
		slices.Sort(answer)
		answer = slices.Compact(answer)
		for _, s := range answer {
			if gold[s] {
				right++
			}
		}
		told += len(answer)
		asked += len(gold)
		if answer == nil {
			answer = []stockdigest.Symbol{}
		}
		result.Predictions[rowID(row.ID, i)] = answer
		if progress != nil {
			progress(i+1, len(rows))
		}
	}
	p, r := ratio(float64(right), told), ratio(float64(right), asked)
	result.Figures["finentity/precision"] = p
	result.Figures["finentity/recall"] = r
	result.Figures["finentity/f1"] = harmonic(p, r)
	result.Figures["finentity/companies"] = float64(asked)
	result.Figures["finentity/rows"] = float64(len(rows))
	return result, nil
}

// findFile returns the first file of that name in or below dir.
func findFile(dir, name string) (string, error) {
	found := ""
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if !d.IsDir() && strings.EqualFold(d.Name(), name) {
			found = path
			return fs.SkipAll
		}
		return nil
	})
	if err != nil {
		return "", fmt.Errorf("look for %s: %w", name, err)
	}
	if found == "" {
		return "", stockdigest.NotFound("no " + name + " in or below " + dir)
	}
	return found, nil
}

func mentionRows(path string) ([]mentionRow, error) {
	data, err := os.ReadFile(path) //nolint:gosec // found below the folder the caller named
	if err != nil {
		return nil, &stockdigest.Error{Kind: stockdigest.ErrNotFound, Message: "cannot read " + path, Err: err}
	}
	var rows []mentionRow
	if err := json.Unmarshal(data, &rows); err != nil {
		return nil, &stockdigest.Error{Kind: stockdigest.ErrInvalid, Message: path + " is not the set FinEntity", Err: err}
	}
	return rows, nil
}

func rowID(id any, index int) string {
	switch v := id.(type) {
	case string:
		if v != "" {
			return v
		}
	case float64:
		return fmt.Sprintf("%.0f", v)
	}
	return strconv.Itoa(index)
}

func harmonic(p, r float64) float64 {
	if p+r == 0 {
		return 0
	}
	return 2 * p * r / (p + r)
}
