package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"stockdigest.app/stockdigest"
	"stockdigest.app/stockdigest/internal/adapter/store/db"
)

// UseAnswer notes that a run used the answer under key. What the run paid for
// itself is noted already, by its call: then nothing is written, and nobody
// waits for the writer. Noting again changes nothing.
func (d *DB) UseAnswer(ctx context.Context, key string, run stockdigest.RunID, step stockdigest.StepName) error {
	var call string
	err := d.view(ctx, "look who paid for an answer", func(q *db.Queries) error {
		row, err := q.StandingCall(ctx, key)
		if errors.Is(err, sql.ErrNoRows) || err == nil && row.RunID == string(run) {
			return nil
		}
		call = row.ID
		return err
	})
	if err != nil || call == "" {
		return err
	}
	return d.update(ctx, "note a used answer", func(q *db.Queries) error {
		return q.AddUse(ctx, db.AddUseParams{RunID: string(run), CallID: call, Step: string(step), UsedAt: db.At(d.now())})
	})
}

// UsedCalls lists the calls whose answers a run used and that other runs paid
// for, in the order of use. Run and Cost are of who paid, Step of who used.
func (d *DB) UsedCalls(ctx context.Context, run stockdigest.RunID) (calls []stockdigest.Call, err error) {
	err = d.view(ctx, "read the used answers", func(q *db.Queries) error {
		rows, err := q.UsedCalls(ctx, string(run))
		calls = calls[:0]
		for _, r := range rows {
			calls = append(calls, callOf(db.LastCallsRow(r)))
		}
		return err
	})
	return calls, err
}

// Answers lists every call that was answered, with its answer, by key.
func (d *DB) Answers(ctx context.Context) (answers []stockdigest.Answered, err error) {
	err = d.view(ctx, "read the paid answers", func(q *db.Queries) error {
		rows, err := q.AnsweredCalls(ctx)
		answers = answers[:0]
		for _, r := range rows {
			answers = append(answers, answeredOf(r))
		}
		return err
	})
	return answers, err
}

func answeredOf(r db.AnsweredCallsRow) stockdigest.Answered {
	call := callOf(db.LastCallsRow{
		ID: r.ID, Key: r.Key, Provider: r.Provider, Model: r.Model, Prompt: r.Prompt, RunID: r.RunID, Step: r.Step, State: r.State,
		Reserved: r.Reserved, Cost: r.Cost, TokensIn: r.TokensIn, TokensCached: r.TokensCached, TokensOut: r.TokensOut,
		Error: r.Error, StartedAt: r.StartedAt, TookMs: r.TookMs,
	})
	return stockdigest.Answered{Call: call, Completion: stockdigest.Completion{
		Text: r.Answer, Stop: r.Stop, Model: r.AnsweredBy, Cached: true, Usage: call.Usage,
	}}
}

// KeepAnswers puts answers into the ledger that were paid for elsewhere, so that
// nobody pays for them here. They count in no budget. One that is there already
// stays as it is.
func (d *DB) KeepAnswers(ctx context.Context, answers []stockdigest.Answered) error {
	return d.update(ctx, "keep paid answers", func(q *db.Queries) error {
		for _, a := range answers {
			if err := q.AddProvider(ctx, a.Call.Provider); err != nil {
				return err
			}
			if err := q.KeepAnswer(ctx, keepParams(a)); err != nil {
				return fmt.Errorf("keep the answer %s: %w", a.Call.Key, err)
			}
		}
		return nil
	})
}

func keepParams(a stockdigest.Answered) db.KeepAnswerParams {
	c := a.Call
	return db.KeepAnswerParams{
		ID: c.ID, Key: c.Key, Provider: c.Provider, Model: clean(c.Model), Prompt: clean(c.Prompt),
		RunID: string(c.Run), Step: string(c.Step), Day: string(stockdigest.DayOf(c.Started, time.UTC)), Cost: int(c.Cost),
		StartedAt: db.At(c.Started), TookMs: int(c.Took.Milliseconds()),
		TokensIn: c.Usage.In, TokensCached: c.Usage.InCached, TokensOut: c.Usage.Out,
		Answer: clean(a.Completion.Text), Stop: clean(a.Completion.Stop), AnsweredBy: clean(a.Completion.Model),
	}
}
