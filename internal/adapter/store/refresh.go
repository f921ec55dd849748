package store

import (
	"context"
	"time"

	"stockdigest.app/stockdigest"
	"stockdigest.app/stockdigest/internal/adapter/store/db"
)

// Refreshable returns, by company, the run of each company's newest daily or
// weekly report as of after since and before until that no person must look at:
// its name, ticker and kind.
func (d *DB) Refreshable(ctx context.Context, since, until time.Time) (runs []stockdigest.Run, err error) {
	err = d.view(ctx, "read what can be refreshed", func(q *db.Queries) error {
		rows, err := q.RefreshableReports(ctx, db.RefreshableReportsParams{Since: db.At(since), Until: db.At(until)})
		runs = nil
		for _, r := range rows { // the newest of a company comes last
			run := stockdigest.Run{ID: stockdigest.RunID(r.RunID), Ticker: stockdigest.Symbol(r.Ticker), Kind: stockdigest.ReportKind(r.Kind)}
			if n := len(runs); n > 0 && runs[n-1].Ticker == run.Ticker {
				runs[n-1] = run
				continue
			}
			runs = append(runs, run)
		}
		return err
	})
	return runs, err
}
