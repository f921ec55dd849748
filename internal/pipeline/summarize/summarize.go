// Package summarize drafts the bullets of a run behind one seam, the Writer.
// The extractive writer chooses sentences of the sources themselves, so that
// every bullet is grounded by construction; writers with a model come behind the
// same seam.
//
// A draft is made in three phases that are data, not prose: phase 1 chooses
// bullets from articles and filings, phase 2 finds what the filings say on each
// bullet's topic, phase 3 places, ranks and labels. No phase rewrites the text
// of another.
package summarize

import (
	"context"
	"fmt"

	"stockdigest.app/stockdigest"
)

// Store is what the step needs of the store.
type Store interface {
	Material(ctx context.Context, run stockdigest.Run) (stockdigest.Material, error)
	SaveDraft(ctx context.Context, run stockdigest.Run, step stockdigest.StepName, d stockdigest.Draft, note string) error
}

// A Writer drafts bullets from material. Every bullet carries evidence from
// that material; whether it holds is for verify to say.
type Writer interface {
	Write(ctx context.Context, run stockdigest.Run, m stockdigest.Material) (stockdigest.Draft, error)
}

// A Step is the summarize step of the pipeline.
type Step struct {
	store  Store
	writer Writer
}

// New returns the step with the writer that drafts.
func New(store Store, writer Writer) *Step { return &Step{store: store, writer: writer} }

// Name returns StepSummarize.
func (*Step) Name() stockdigest.StepName { return stockdigest.StepSummarize }

// Run drafts the run's bullets and stores them.
func (s *Step) Run(ctx context.Context, run stockdigest.Run) error {
	m, err := s.store.Material(ctx, run)
	if err != nil {
		return fmt.Errorf("read material: %w", err)
	}
	d, err := s.writer.Write(ctx, run, m)
	if err != nil {
		return fmt.Errorf("write bullets: %w", err)
	}
	note := fmt.Sprintf("%d bullets by the %s writer", len(d.Bullets()), d.Writer)
	if err := s.store.SaveDraft(ctx, run, stockdigest.StepSummarize, d, note); err != nil {
		return fmt.Errorf("save draft: %w", err)
	}
	return nil
}
