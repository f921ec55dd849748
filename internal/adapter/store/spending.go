package store

import (
	"context"
	"database/sql"
	"errors"
	"time"

	"stockdigest.app/stockdigest"
	"stockdigest.app/stockdigest/internal/adapter/store/db"
)

// Spending is what paid calls cost on a day and in its month, beside the caps
// of b.
func (d *DB) Spending(ctx context.Context, day stockdigest.Day, b stockdigest.Budget) (s stockdigest.Spending, err error) {
	err = d.view(ctx, "read the spending of "+string(day), func(q *db.Queries) error {
		s = stockdigest.Spending{}
		for _, at := range scopesOf("", "", "", string(day))[:2] {
			row, err := q.SpentOf(ctx, db.SpentOfParams{Scope: at.kind, Name: at.name})
			if err != nil && !errors.Is(err, sql.ErrNoRows) {
				return err
			}
			spent := spentOf(at, row.Settled, row.Reserved, b)
			if at.kind == "day" {
				s.Day = spent
			} else {
				s.Month = spent
			}
		}
		models, err := q.SpendingByModel(ctx, string(day))
		for _, r := range models {
			s.Models = append(s.Models, stockdigest.ModelSpending{
				Provider: r.Provider, Model: r.Model, Calls: r.Calls, Done: r.Done, Failed: r.Failed, Lost: r.Lost,
				TokensIn: r.TokensIn, TokensOut: r.TokensOut, Cost: stockdigest.Micros(r.Cost),
			})
		}
		if err != nil {
			return err
		}
		runs, err := q.SpendingByRun(ctx, string(day))
		for _, r := range runs {
			s.Runs = append(s.Runs, spentOf(scope{"run", r.Name}, r.Settled, r.Reserved, b))
		}
		return err
	})
	return s, err
}

func spentOf(at scope, settled, reserved int, b stockdigest.Budget) stockdigest.Spent {
	return stockdigest.Spent{
		Scope: at.kind, Name: at.name, Settled: stockdigest.Micros(settled), Reserved: stockdigest.Micros(reserved),
		Cap: capOf(b, at.kind),
	}
}

// fewCalls is how many lines of the ledger are listed when nobody says.
const fewCalls = 100

// Calls lists lines of the call ledger, newest first.
func (d *DB) Calls(ctx context.Context, f stockdigest.CallFilter) (calls []stockdigest.Call, err error) {
	limit := int32(fewCalls)
	if f.Limit > 0 {
		limit = int32(min(f.Limit, 1_000_000))
	}
	err = d.view(ctx, "read the call ledger", func(q *db.Queries) error {
		rows, err := listCalls(ctx, q, f.Run, limit)
		calls = calls[:0]
		for _, r := range rows {
			calls = append(calls, callOf(r))
		}
		return err
	})
	return calls, err
}

func listCalls(ctx context.Context, q *db.Queries, run stockdigest.RunID, limit int32) ([]db.LastCallsRow, error) {
	if run == "" {
		return q.LastCalls(ctx, limit)
	}
	rows, err := q.CallsOfRun(ctx, db.CallsOfRunParams{RunID: string(run), Limit: limit})
	last := make([]db.LastCallsRow, len(rows))
	for i, r := range rows {
		last[i] = db.LastCallsRow(r)
	}
	return last, err
}

func callOf(r db.LastCallsRow) stockdigest.Call {
	return stockdigest.Call{
		ID: r.ID, Key: r.Key, Provider: r.Provider, Model: r.Model, Prompt: r.Prompt,
		Run: stockdigest.RunID(r.RunID), Step: stockdigest.StepName(r.Step), State: stockdigest.CallState(r.State),
		Reserved: stockdigest.Micros(r.Reserved), Cost: stockdigest.Micros(r.Cost),
		Usage: stockdigest.Usage{In: r.TokensIn, InCached: r.TokensCached, Out: r.TokensOut},
		Error: r.Error, Started: r.StartedAt.Time, Took: time.Duration(r.TookMs) * time.Millisecond, Batch: r.BatchID,
	}
}
