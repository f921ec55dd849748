// Package compose makes the report of a run and renders digests. Building and
// rendering are pure functions of what is stored: the same report gives the
// same bytes, and a missing value is absent, never zero.
package compose

import (
	"context"
	"fmt"

	"stockdigest.app/stockdigest"
)

// Store is what the step needs of the store.
type Store interface {
	Material(ctx context.Context, run stockdigest.Run) (stockdigest.Material, error)
	Draft(ctx context.Context, run stockdigest.Run) (stockdigest.Draft, error)
	SaveReport(ctx context.Context, run stockdigest.Run, r stockdigest.Report, note string) error
}

// A Step is the last step of the pipeline.
type Step struct{ store Store }

// New returns the compose step.
func New(store Store) *Step { return &Step{store: store} }

// Name returns StepCompose.
func (*Step) Name() stockdigest.StepName { return stockdigest.StepCompose }

// Run builds the report and stores it; the run is done with it.
func (s *Step) Run(ctx context.Context, run stockdigest.Run) error {
	m, err := s.store.Material(ctx, run)
	if err != nil {
		return fmt.Errorf("read material: %w", err)
	}
	d, err := s.store.Draft(ctx, run)
	if err != nil {
		return fmt.Errorf("read draft: %w", err)
	}
	r := Build(run, m, d)
	if err := s.store.SaveReport(ctx, run, r, string(r.Status)); err != nil {
		return fmt.Errorf("save report: %w", err)
	}
	return nil
}
