// Package triage decides which of a run's candidates are worth reading. It
// takes the articles that ingest found and gives each a verdict with gate,
// reason and score: first whether it is about the company at all, then what
// kind of page it is, then the caps. Every "no" keeps its reason. It fetches
// nothing; what only the body can tell is selected as unsure and decided by
// SecondLook once the text is there.
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

// A Voter gives candidates that passed the rules a vote of 1 to 3. Votes are
// by article; one that is missing counts as not cast.
type Voter interface {
	Vote(ctx context.Context, t stockdigest.Ticker, candidates []stockdigest.Candidate) (map[stockdigest.ArticleID]int, error)
}

// A Triage is the triage step. It is safe for concurrent use.
type Triage struct {
	store  Store
	linker *names.Linker
	voters []Voter
}

// New returns the step. Without voters the rules decide alone.
func New(store Store, linker *names.Linker, voters ...Voter) *Triage {
	return &Triage{store: store, linker: linker, voters: voters}
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
	s.vote(ctx, m.Ticker, judged)
	limit(judged)
	verdicts, note := settle(judged)
	if err := s.store.SaveVerdicts(ctx, run, stockdigest.StepTriage, verdicts, note); err != nil {
		return fmt.Errorf("save verdicts of %s: %w", run.Ticker, err)
	}
	return nil
}

// vote adds the models' votes to the scores. A voter that fails is left out,
// and the reason says how many were heard.
func (s *Triage) vote(ctx context.Context, t stockdigest.Ticker, judged []judgement) {
	var open []stockdigest.Candidate
	for _, j := range judged {
		if j.verdict.Decision == stockdigest.Selected {
			open = append(open, j.candidate)
		}
	}
	if len(s.voters) == 0 || len(open) == 0 {
		return
	}
	heard := 0
	sums := map[stockdigest.ArticleID]int{}
	for _, v := range s.voters {
		votes, err := v.Vote(ctx, t, open)
		if err != nil {
			continue
		}
		heard++
		for id, n := range votes {
			sums[id] += min(max(n, 1), 3)
		}
	}
	for i := range judged {
		v := &judged[i].verdict
		if v.Decision == stockdigest.Selected {
			v.Score += sums[v.ArticleID]
			v.Reason += "; " + heardNote(heard)
		}
	}
}

func heardNote(heard int) string {
	switch heard {
	case 0:
		return "rules only"
	case 1:
		return "single vote"
	}
	return "double vote"
}

func settle(judged []judgement) ([]stockdigest.Verdict, string) {
	verdicts := make([]stockdigest.Verdict, 0, len(judged))
	selected, unsure := 0, 0
	for _, j := range judged {
		verdicts = append(verdicts, j.verdict)
		if j.verdict.Decision == stockdigest.Selected {
			selected++
			if j.verdict.Gate == GateUnsure {
				unsure++
			}
		}
	}
	var note strings.Builder
	fmt.Fprintf(&note, "%d of %d candidates selected", selected, len(judged))
	if unsure > 0 {
		fmt.Fprintf(&note, ", %d of them on the word of their text", unsure)
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
