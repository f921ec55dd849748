// Package eval measures each step on labelled sets that lie outside the
// project. It loads a set, runs the step it was handed as a function, scores
// the answers, and keeps every prediction so that others can score them too.
package eval

// A Result is one evaluation: its figures by name, and what the step answered.
type Result struct {
	Name        string             `json:"name"`
	Figures     map[string]float64 `json:"figures"` // flat names: "aeb181/f1"
	Predictions map[string]any     `json:"-"`       // by the set's own ids
}

// A Progress is told how far an evaluation is. It may be nil.
type Progress func(done, total int)
