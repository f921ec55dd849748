package store

import (
	"context"
	"time"

	"stockdigest.app/stockdigest"
	"stockdigest.app/stockdigest/internal/adapter/store/db"
)

// mostRuns is of how many runs drafts are read to judge a prompt.
const mostRuns = 400

// Grounding is how the wordings held of the newest runs since a moment that were
// made with an edition of a prompt.
func (d *DB) Grounding(ctx context.Context, e stockdigest.Edition, since time.Time) (sum stockdigest.Grounding, err error) {
	err = d.view(ctx, "read the drafts made with "+e.String(), func(q *db.Queries) error {
		rows, err := q.DraftsWith(ctx, db.DraftsWithParams{CreatedAt: db.At(since), Prompt: e.String(), Limit: mostRuns})
		if err != nil {
			return err
		}
		sum = stockdigest.Grounding{}
		written := map[string]stockdigest.Draft{}
		verified := map[string]stockdigest.Draft{}
		for _, r := range rows {
			var draft stockdigest.Draft
			if err := unpackOne(r.Body, &draft); err != nil {
				return err
			}
			if r.Step == string(stockdigest.StepSummarize) {
				written[r.RunID] = draft
			} else {
				verified[r.RunID] = draft
			}
		}
		for run, draft := range written {
			if after, ok := verified[run]; ok {
				sum = sum.Plus(stockdigest.GroundingOf(draft, after))
			}
		}
		return nil
	})
	return sum, err
}

// RollBack lets an edition be used no more, until TryAgain. The first reason
// stays.
func (d *DB) RollBack(ctx context.Context, r stockdigest.Rollback) error {
	return d.update(ctx, "roll back "+r.Edition.String(), func(q *db.Queries) error {
		return q.AddRollback(ctx, db.AddRollbackParams{
			Prompt: r.Edition.Prompt, Version: r.Edition.Version, Reason: clean(r.Reason), RolledBackAt: db.At(d.now()),
		})
	})
}

// Rollbacks lists the editions that are used no more, by prompt and version.
func (d *DB) Rollbacks(ctx context.Context) (list []stockdigest.Rollback, err error) {
	err = d.view(ctx, "read the roll-backs", func(q *db.Queries) error {
		rows, err := q.Rollbacks(ctx)
		list = list[:0]
		for _, r := range rows {
			list = append(list, stockdigest.Rollback{Edition: stockdigest.Edition{Prompt: r.Prompt, Version: r.Version}, Reason: r.Reason})
		}
		return err
	})
	return list, err
}

// TryAgain lets an edition be used that was rolled back.
func (d *DB) TryAgain(ctx context.Context, e stockdigest.Edition) error {
	return d.update(ctx, "try "+e.String()+" again", func(q *db.Queries) error {
		n, err := q.DropRollback(ctx, db.DropRollbackParams{Prompt: e.Prompt, Version: e.Version})
		if err == nil && n == 0 {
			return stockdigest.NotFound(e.String() + " was not rolled back")
		}
		return err
	})
}
