package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"maps"
	"slices"

	"stockdigest.app/stockdigest"
	"stockdigest.app/stockdigest/internal/adapter/store/db"
)

// SaveStories makes the stories of a run exactly these, in this order, keeps
// the verdicts, and sets the done mark of cluster. A story keeps the earliest
// FirstSeen that any run gave it.
func (d *DB) SaveStories(
	ctx context.Context, run stockdigest.Run, stories []stockdigest.Story, verdicts []stockdigest.Verdict, note string,
) error {
	known, told, err := storyRows(run, stories)
	if err != nil {
		return fmt.Errorf("save stories: %w", err)
	}
	return d.forRun(ctx, "save stories", run, func(q *db.Queries) error {
		if err := q.UpsertStories(ctx, known); err != nil {
			return err
		}
		if err := q.DeleteRunStories(ctx, string(run.ID)); err != nil {
			return err
		}
		if err := q.AddRunStories(ctx, told); err != nil {
			return err
		}
		if err := decideAll(ctx, q, run, verdicts); err != nil {
			return err
		}
		return d.finish(ctx, q, run, stockdigest.StepCluster, note)
	})
}

// storyRows are the rows of stories: what is known of each, and what the run
// tells of it.
func storyRows(run stockdigest.Run, stories []stockdigest.Story) (known []db.UpsertStoryParams, told []db.AddRunStoryParams, err error) {
	for i, s := range stories {
		articles, err := pack(s.Articles)
		if err != nil {
			return nil, nil, err
		}
		filings, err := pack(s.Filings)
		if err != nil {
			return nil, nil, err
		}
		known = append(known, db.UpsertStoryParams{ID: string(s.ID), Ticker: string(run.Ticker), FirstSeen: at(s.FirstSeen, run.AsOf)})
		told = append(told, db.AddRunStoryParams{
			RunID: string(run.ID), StoryID: string(s.ID), Position: i, Headline: clean(s.Headline),
			State: string(s.State), Change: clean(s.Change), LastTold: db.At(s.LastTold), Articles: articles, Filings: filings,
		})
	}
	return known, told, nil
}

// storiesOf returns the stories of a run in the order they were saved.
func storiesOf(ctx context.Context, q *db.Queries, run stockdigest.Run) ([]stockdigest.Story, error) {
	rows, err := q.RunStories(ctx, string(run.ID))
	if err != nil {
		return nil, err
	}
	var stories []stockdigest.Story
	for _, r := range rows {
		articles, err := unpack[stockdigest.ArticleID](r.Articles)
		if err != nil {
			return nil, err
		}
		filings, err := unpack[stockdigest.Accession](r.Filings)
		if err != nil {
			return nil, err
		}
		stories = append(stories, stockdigest.Story{
			ID: stockdigest.StoryID(r.StoryID), Ticker: stockdigest.Symbol(r.Ticker), Headline: r.Headline,
			State: stockdigest.StoryState(r.State), Change: r.Change, FirstSeen: r.FirstSeen.Time, LastTold: r.LastTold.Time,
			Articles: articles, Filings: filings,
		})
	}
	return stories, nil
}

// SaveDraft keeps the draft of summarize or verify and sets the step's done
// mark.
func (d *DB) SaveDraft(
	ctx context.Context, run stockdigest.Run, step stockdigest.StepName, draft stockdigest.Draft, note string,
) error {
	body, err := packOne(draft)
	if err != nil {
		return err
	}
	return d.forRun(ctx, "save the draft of "+string(step), run, func(q *db.Queries) error {
		if err := q.SaveDraft(ctx, db.SaveDraftParams{RunID: string(run.ID), Step: string(step), Body: body}); err != nil {
			return err
		}
		if len(draft.LeftOut) > 0 {
			if err := decideAll(ctx, q, run, draft.LeftOut); err != nil {
				return err
			}
		}
		return d.finish(ctx, q, run, step, note)
	})
}

// Draft returns the latest draft of a run: the verified one, else the one that
// the writer made, else an ErrNotFound.
func (d *DB) Draft(ctx context.Context, run stockdigest.Run) (stockdigest.Draft, error) {
	var draft stockdigest.Draft
	err := d.view(ctx, "read the draft of "+string(run.Ticker), func(q *db.Queries) error {
		if _, err := current(ctx, q, run); err != nil {
			return err
		}
		rows, err := q.Drafts(ctx, string(run.ID))
		if err != nil {
			return err
		}
		drafts := map[stockdigest.StepName]string{}
		for _, r := range rows {
			drafts[stockdigest.StepName(r.Step)] = r.Body
		}
		draft = stockdigest.Draft{}
		for _, step := range []stockdigest.StepName{stockdigest.StepVerify, stockdigest.StepSummarize} {
			if body, ok := drafts[step]; ok {
				return unpackOne(body, &draft)
			}
		}
		return stockdigest.NotFound(fmt.Sprintf("run %s has no draft yet", run.ID))
	})
	return draft, err
}

// EndRun sets the done mark of a run's last step and ends it without a report
// of its own. A second call for an ended run changes nothing.
func (d *DB) EndRun(ctx context.Context, run stockdigest.Run, step stockdigest.StepName, note string) error {
	return d.lastStep(ctx, "end the run of "+string(run.Ticker), run, func(q *db.Queries) error {
		return d.finish(ctx, q, run, step, note)
	})
}

// SaveReport keeps the report of a run, for ever as it is, remembers the
// stories it tells, sets the done mark of compose, and ends the run. A second
// call for an ended run changes nothing.
func (d *DB) SaveReport(ctx context.Context, run stockdigest.Run, report stockdigest.Report, note string) error {
	body, err := packOne(report)
	if err != nil {
		return err
	}
	return d.lastStep(ctx, "save the report of "+string(run.Ticker), run, func(q *db.Queries) error {
		if err := d.addReport(ctx, q, run, report, body); err != nil {
			return err
		}
		return d.finish(ctx, q, run, stockdigest.StepCompose, note)
	})
}

// lastStep does the work of a run's last step and ends the run, unless it has
// ended well.
func (d *DB) lastStep(ctx context.Context, what string, run stockdigest.Run, work func(q *db.Queries) error) error {
	return d.update(ctx, what, func(q *db.Queries) error {
		row, err := current(ctx, q, run)
		if err != nil {
			return err
		}
		if stockdigest.RunState(row.State) == stockdigest.RunDone {
			return nil
		}
		n, err := q.HoldRun(ctx, db.HoldRunParams{ID: string(run.ID), Token: int(run.Token)})
		if err != nil {
			return err
		}
		if n == 0 {
			return lost(run)
		}
		if err := work(q); err != nil {
			return err
		}
		return d.end(ctx, q, string(run.ID), stockdigest.RunDone, "")
	})
}

func (d *DB) addReport(ctx context.Context, q *db.Queries, run stockdigest.Run, report stockdigest.Report, body string) error {
	err := q.AddReport(ctx, db.AddReportParams{
		RunID: string(run.ID), ID: string(report.ID), Ticker: string(run.Ticker), Kind: string(run.Kind),
		AsOf: db.At(run.AsOf), Version: report.Version, Status: string(report.Status), Body: body,
	})
	if err != nil {
		return err
	}
	told, err := d.newlyTold(ctx, q, run, report)
	if err != nil {
		return err
	}
	for _, story := range slices.Sorted(maps.Keys(told)) {
		bullets, err := pack(told[story])
		if err != nil {
			return err
		}
		err = q.AddTelling(ctx, db.AddTellingParams{
			RunID: string(run.ID), StoryID: string(story), Ticker: string(run.Ticker), AsOf: db.At(run.AsOf), Bullets: bullets,
		})
		if err != nil {
			return fmt.Errorf("remember story %s: %w", story, err)
		}
		if err := q.MarkTold(ctx, db.MarkToldParams{ID: string(story), ToldAt: db.At(run.AsOf)}); err != nil {
			return err
		}
	}
	return nil
}

// newlyTold are the bullets of a report by story, without those of the report
// that it adds to: they are remembered as they were told first.
func (d *DB) newlyTold(
	ctx context.Context, q *db.Queries, run stockdigest.Run, report stockdigest.Report,
) (map[stockdigest.StoryID][]string, error) {
	before := map[stockdigest.BulletID]bool{}
	if run.Refreshes != "" {
		body, err := q.Report(ctx, string(run.Refreshes))
		if err != nil {
			return nil, fmt.Errorf("read the report that is added to: %w", err)
		}
		var night stockdigest.Report
		if err := unpackOne(body, &night); err != nil {
			return nil, err
		}
		for _, b := range night.Told() {
			before[b.ID] = true
		}
	}
	return bulletsByStory(report, before), nil
}

func bulletsByStory(r stockdigest.Report, without map[stockdigest.BulletID]bool) map[stockdigest.StoryID][]string {
	told := map[stockdigest.StoryID][]string{}
	for _, b := range r.Told() {
		if b.Story != "" && !without[b.ID] {
			told[b.Story] = append(told[b.Story], clean(b.Text))
		}
	}
	return told
}

// Report returns the report of a run, or an ErrNotFound.
func (d *DB) Report(ctx context.Context, id stockdigest.RunID) (stockdigest.Report, error) {
	var report stockdigest.Report
	err := d.view(ctx, "read the report of run "+string(id), func(q *db.Queries) error {
		body, err := q.Report(ctx, string(id))
		if errors.Is(err, sql.ErrNoRows) {
			return stockdigest.NotFound(fmt.Sprintf("run %s has no report yet", id))
		}
		if err != nil {
			return err
		}
		report = stockdigest.Report{}
		return unpackOne(body, &report)
	})
	return report, err
}

// current returns the row of a run whose token is still the current one,
// whatever its state: a finished run can be read.
func current(ctx context.Context, q *db.Queries, run stockdigest.Run) (db.RunRow, error) {
	row, err := q.Run(ctx, string(run.ID))
	switch {
	case errors.Is(err, sql.ErrNoRows):
		return row, stockdigest.NotFound("no run " + string(run.ID))
	case err != nil:
		return row, err
	case int64(row.Token) != run.Token:
		return row, lost(run)
	}
	return row, nil
}
