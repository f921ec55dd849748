package eval

import (
	"fmt"
	"io/fs"
	"path/filepath"
	"strconv"
	"strings"

	"golang.org/x/text/encoding/charmap"

	"stockdigest.app/stockdigest"
)

// Direction measures how well judge tells whether a sentence is good news, bad
// news or neither: "positive", "negative" or "neutral"; any other answer counts
// as neutral. Below dir it finds the PhraseBank set on which all annotators
// agree, Sentences_AllAgree.txt: one sentence a line, its label behind an @.
//
// Figures are accuracy over all sentences and the F1 of each label.
// Predictions are {line number: label}.
func Direction(dir string, judge func(text string) string, progress Progress) (Result, error) {
	rows, err := findPhrases(dir)
	if err != nil {
		return Result{}, err
	}
	r := Result{Name: "direction", Figures: map[string]float64{}, Predictions: map[string]any{}}
	counts := map[string]*tally{"positive": {}, "negative": {}, "neutral": {}}
	right := 0
	for i, row := range rows {
		got := judge(row.text)
		if counts[got] == nil {
			got = "neutral"
		}
		r.Predictions[strconv.Itoa(i+1)] = got
		counts[got].add(got == row.label, true)
		if got == row.label {
			right++
		} else {
			counts[row.label].add(false, false)
		}
		if progress != nil {
			progress(i+1, len(rows))
		}
	}
	r.Figures["texts"] = float64(len(rows))
	r.Figures["accuracy"] = float64(right) / float64(len(rows))
	for label, c := range counts {
		r.Figures["f1_"+label] = c.f1()
	}
	return r, nil
}

// A tally counts one label: hits, false alarms and misses.
type tally struct{ hits, alarms, misses int }

// add counts an answer that named the label, right or not, or a text of the
// label that the answer did not name.
func (t *tally) add(right, named bool) {
	switch {
	case right:
		t.hits++
	case named:
		t.alarms++
	default:
		t.misses++
	}
}

func (t *tally) f1() float64 { return f1(t.hits, t.hits+t.misses, t.hits+t.alarms) }

type phrase struct{ text, label string }

// findPhrases reads the set below dir.
func findPhrases(dir string) ([]phrase, error) {
	var rows []phrase
	err := filepath.WalkDir(dir, func(p string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || d.Name() != "Sentences_AllAgree.txt" {
			return err
		}
		raw, err := readBounded(p)
		if err != nil {
			return fmt.Errorf("read %s: %w", p, err)
		}
		body, err := charmap.ISO8859_1.NewDecoder().Bytes(raw)
		if err != nil {
			return fmt.Errorf("decode %s: %w", p, err)
		}
		for line := range strings.Lines(string(body)) {
			at := strings.LastIndexByte(line, '@')
			if at < 0 {
				continue
			}
			switch label := strings.TrimSpace(line[at+1:]); label {
			case "positive", "negative", "neutral":
				rows = append(rows, phrase{text: strings.TrimSpace(line[:at]), label: label})
			}
		}
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("find sentences: %w", err)
	}
	if len(rows) == 0 {
		return nil, stockdigest.NotFound("no Sentences_AllAgree.txt below " + dir)
	}
	return rows, nil
}
