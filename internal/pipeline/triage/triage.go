// Package triage decides which of a run's candidates are worth reading. It
// takes the articles that ingest found and gives each a verdict with gate,
// reason and score: first whether it is about the company at all, then what
// kind of page it is, then what a jury of models says of it, then the caps.
// Every "no" keeps its reason. It fetches nothing; what only the body can tell
// is selected as unsure and decided by SecondLook once the text is there.
package triage

import (
	"context"
	"fmt"
	"strings"

	"stockdigest.app/stockdigest"
	"stockdigest.app/stockdigest/internal/names"
)

// A Store is what triage needs of the database.
type Store interface {
	Material(ctx context.Context, run stockdigest.Run) (stockdigest.Material, error)
	SaveVerdicts(ctx context.Context, run stockdigest.Run, step stockdigest.StepName, verdicts []stockdigest.Verdict, note string) error
}

// A Triage is the triage step. It is safe for concurrent use.
type Triage struct {
	store  Store
	linker *names.Linker
	jury   Jury
}

// New returns the step.
func New(store Store, linker *names.Linker, jury Jury) *Triage {
	return &Triage{store: store, linker: linker, jury: jury}
}

// Name returns the name of the step.
func (s *Triage) Name() stockdigest.StepName { return stockdigest.StepTriage }

// Run gives every pending candidate of the run its verdict.
func (s *Triage) Run(ctx context.Context, run stockdigest.Run) error {
	m, err := s.store.Material(ctx, run)
	if err != nil {
		return fmt.Errorf("read material of %s: %w", run.Ticker, err)
	}
	j := judge{ticker: m.Ticker, linker: s.linker.With(m.Ticker)}
	var judged []judgement
	for _, c := range m.Candidates {
		if c.Verdict.Decision == stockdigest.Pending {
			judged = append(judged, j.judge(c))
		}
	}
	heard, err := s.vote(ctx, run, j, judged)
	if err != nil {
		return err
	}
	limit(judged)
	verdicts, note := settle(judged)
	if heard != "" {
		note += "; " + heard
	}
	if err := s.store.SaveVerdicts(ctx, run, stockdigest.StepTriage, verdicts, note); err != nil {
		return fmt.Errorf("save verdicts of %s: %w", run.Ticker, err)
	}
	return nil
}

func settle(judged []judgement) ([]stockdigest.Verdict, string) {
	verdicts := make([]stockdigest.Verdict, 0, len(judged))
	selected, unsure, voted := 0, 0, 0
	for _, j := range judged {
		verdicts = append(verdicts, j.verdict)
		switch {
		case j.verdict.Decision == stockdigest.Selected && j.verdict.Gate == GateUnsure:
			unsure++
			selected++
		case j.verdict.Decision == stockdigest.Selected:
			selected++
		case j.verdict.Gate == GateVote:
			voted++
		}
	}
	var note strings.Builder
	fmt.Fprintf(&note, "%d of %d candidates selected", selected, len(judged))
	if unsure > 0 {
		fmt.Fprintf(&note, ", %d of them on the word of their text", unsure)
	}
	if voted > 0 {
		fmt.Fprintf(&note, ", %d voted out", voted)
	}
	return verdicts, note.String()
}

// SecondLook returns the judge of unsure candidates: whether a text is about
// the company, with the evidence.
func SecondLook(linker *names.Linker) func(t stockdigest.Ticker, c stockdigest.Candidate, text string) (about bool, reason string) {
	return func(t stockdigest.Ticker, c stockdigest.Candidate, text string) (bool, string) {
		v := linker.About(t, c.Article.Title, c.Article.Description, text)
		return v.About, v.Reason
	}
}
