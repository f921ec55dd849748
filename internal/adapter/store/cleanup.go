package store

import (
	"context"

	"stockdigest.app/stockdigest"
	"stockdigest.app/stockdigest/internal/adapter/store/db"
)

// Cleanup takes away up to limit rows of each kind that is older than its
// cutoff, in one transaction, and returns how many it changed; zero means that
// nothing is left. Of texts the row stays, so that counts, marks and reports
// do; everything else goes whole. A call that is under way stays whatever its
// age, and the sums of what calls cost stay in any case.
func (d *DB) Cleanup(ctx context.Context, before stockdigest.Cutoffs, limit int) (gone int, err error) {
	n := int32(min(max(limit, 1), 10_000))
	err = d.update(ctx, "clean up", func(q *db.Queries) error {
		gone = 0
		for _, step := range []func() (int64, error){
			func() (int64, error) {
				return q.DropOldTexts(ctx, db.DropOldTextsParams{FirstSeenAt: db.At(before.Texts), Limit: n})
			},
			func() (int64, error) {
				return q.DropOldDrafts(ctx, db.DropOldDraftsParams{CreatedAt: db.At(before.Texts), Limit: n})
			},
			func() (int64, error) {
				return q.DropOldTokens(ctx, db.DropOldTokensParams{ExpiresAt: db.At(before.Access), Limit: n})
			},
			func() (int64, error) {
				return q.DropOldSessions(ctx, db.DropOldSessionsParams{ExpiresAt: db.At(before.Access), Limit: n})
			},
			func() (int64, error) {
				return q.DropOldMailTokens(ctx, db.DropOldMailTokensParams{ExpiresAt: db.At(before.Access), Limit: n})
			},
			func() (int64, error) {
				return q.DropOldAnswers(ctx, db.DropOldAnswersParams{CreatedAt: db.At(before.Answers), Limit: n})
			},
			func() (int64, error) {
				return q.DropOldCalls(ctx, db.DropOldCallsParams{StartedAt: db.At(before.Calls), Limit: n})
			},
			func() (int64, error) {
				return q.DropOldBatchJobs(ctx, db.DropOldBatchJobsParams{EndedAt: db.At(before.Calls), Limit: n})
			},
			func() (int64, error) {
				return q.DropOldTurns(ctx, db.DropOldTurnsParams{Until: db.At(before.Answers), Limit: n})
			},
			func() (int64, error) {
				return q.DropOldThings(ctx, db.DropOldThingsParams{FullAt: db.At(before.Answers), Limit: n})
			},
		} {
			changed, err := step()
			if err != nil {
				return err
			}
			gone += int(changed)
		}
		return nil
	})
	return gone, err
}
