// Package summarize drafts the bullets of a run behind one seam, the Writer.
// The extractive writer chooses sentences of the sources by rules; the model
// writer asks a model which to choose. Neither writes a word: every bullet is a
// sentence of a source, so it is grounded by construction.
//
// A draft is made in three phases that are data, not prose: phase 1 chooses
// bullets from articles and filings, phase 2 finds what filings, also those of
// before the window, say on the stories, phase 3 places, ranks and labels. Phase
// 2 does not wait for phase 1. No phase rewrites the text of another.
//
// # The contract with a model
//
// Every prompt is rendered to the same bytes from the same rows. The system
// text is the file in prompts/ named by the prompt's name and version.
//
// "choose" is asked once for each article and role. Nothing in it depends on the
// ticker, the run or the reader, so that all who read the article share one paid
// answer. Its input is
//
//	role: company
//	<article>
//	title: Brightwell raises its forecast
//	[1] Brightwell raised its full-year forecast to $4.2 billion on Monday.
//	[2] Net profit rose 9% to $210 million, Brightwell said.
//	</article>
//
// and the answer {"sentences":[2,1],"event":"guidance","material":true}: at most
// five of the numbers in brackets, best first; the kind of event, or "none"; and
// whether a holder of the shares would want to know it the same morning.
//
// "profile" is the same for a filing. "write" is asked once a run, over the
// sentences chosen from all its stories, for the bullets and the numbers that
// each rests on:
//
//	company: Brightwell Inc.
//	<sentences>
//	story
//	[1] Brightwell raised its full-year forecast to $4.2 billion on Monday.
//	story
//	[2] Brightwell named Ada Quill chief executive.
//	</sentences>
//
// "context" is phase 2, over lines of filings under the headlines that they may
// speak on, with the answer {"sentences":[2,1]}. "industry" asks how the articles
// of an industry concern the company. Both are asked once a run, beside the
// others, and where nobody answers the rules stand in.
//
// An answer is hostile input. Numbers that are not in the prompt are dropped and
// counted, and an answer of which nothing is left sends its article to the rules.
package summarize

import (
	"context"
	"fmt"

	"stockdigest.app/stockdigest"
)

// Store is what the step needs of the store.
type Store interface {
	Material(ctx context.Context, run stockdigest.Run) (stockdigest.Material, error)
	Filed(ctx context.Context, cik, form string, w stockdigest.Window, most int) ([]stockdigest.Filing, error)
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
	if m.Earlier, err = s.earlier(ctx, run, m); err != nil {
		return err
	}
	d, err := s.writer.Write(ctx, run, m)
	if err != nil {
		return fmt.Errorf("write bullets: %w", err)
	}
	d = headlines(run, m, d)
	if err := s.store.SaveDraft(ctx, run, stockdigest.StepSummarize, d, note(d)); err != nil {
		return fmt.Errorf("save draft: %w", err)
	}
	return nil
}

// note tells how the draft was written, for people who watch the run.
func note(d stockdigest.Draft) string {
	line := fmt.Sprintf("%d bullets by the %s writer", len(d.Bullets()), d.Writer)
	if d.Written.Of > 0 {
		line += fmt.Sprintf(", %d of %d articles read", d.Written.Read, d.Written.Of)
	}
	if d.Written.Unknown > 0 {
		line += fmt.Sprintf(", %d numbers dropped", d.Written.Unknown)
	}
	if d.Written.Why != "" {
		line += ": " + d.Written.Why
	}
	return line
}
