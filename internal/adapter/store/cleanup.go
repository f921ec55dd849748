package store

import (
	"context"
	"time"

	"stockdigest.app/stockdigest/internal/adapter/store/db"
)

// Cleanup takes away up to limit rows of each kind that has had its time, in
// one transaction, and returns how many it changed; zero means that nothing is
// left. Texts and drafts from before texts go, while their counts, marks and
// reports stay; tokens and sessions that ended before now go, and answers
// from before answers.
func (d *DB) Cleanup(ctx context.Context, now, texts, answers time.Time, limit int) (gone int, err error) {
	n := int32(min(max(limit, 1), 10_000))
	err = d.update(ctx, "clean up", func(q *db.Queries) error {
		gone = 0
		for _, step := range []func() (int64, error){
			func() (int64, error) {
				return q.DropOldTexts(ctx, db.DropOldTextsParams{FirstSeenAt: db.At(texts), Limit: n})
			},
			func() (int64, error) {
				return q.DropOldDrafts(ctx, db.DropOldDraftsParams{CreatedAt: db.At(texts), Limit: n})
			},
			func() (int64, error) {
				return q.DropOldTokens(ctx, db.DropOldTokensParams{ExpiresAt: db.At(now), Limit: n})
			},
			func() (int64, error) {
				return q.DropOldSessions(ctx, db.DropOldSessionsParams{ExpiresAt: db.At(now), Limit: n})
			},
			func() (int64, error) {
				return q.DropOldAnswers(ctx, db.DropOldAnswersParams{CreatedAt: db.At(answers), Limit: n})
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
