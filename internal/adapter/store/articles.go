package store

import (
	"cmp"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"strconv"
	"strings"

	"stockdigest.app/stockdigest"
	"stockdigest.app/stockdigest/internal/adapter/store/db"
)

// SaveVerdicts keeps what a step decided and sets its done mark.
func (d *DB) SaveVerdicts(
	ctx context.Context, run stockdigest.Run, step stockdigest.StepName, verdicts []stockdigest.Verdict, note string,
) error {
	return d.forRun(ctx, "save the verdicts of "+string(step), run, func(q *db.Queries) error {
		if err := decideAll(ctx, q, run, verdicts); err != nil {
			return err
		}
		return d.finish(ctx, q, run, step, note)
	})
}

// decideAll writes what decide writes, about many articles.
func decideAll(ctx context.Context, q *db.Queries, run stockdigest.Run, verdicts []stockdigest.Verdict) error {
	known, err := q.CandidateRoles(ctx, string(run.ID))
	if err != nil {
		return err
	}
	of := make(map[stockdigest.ArticleID]db.CandidateRolesRow, len(known))
	for _, c := range known {
		of[stockdigest.ArticleID(c.ArticleID)] = c
	}
	var rows []db.PutCandidateParams
	for _, v := range verdicts {
		c, ok := of[v.ArticleID]
		if !ok {
			return stranger(run, v.ArticleID)
		}
		rows = append(rows, db.PutCandidateParams{
			RunID: string(run.ID), ArticleID: c.ArticleID, Role: c.Role, Subject: c.Subject, Decision: string(v.Decision),
			Gate: clean(v.Gate), Reason: clean(v.Reason), Score: v.Score, DuplicateOf: string(v.Of),
		})
	}
	return q.PutCandidates(ctx, rows)
}

func stranger(run stockdigest.Run, id stockdigest.ArticleID) error {
	return stockdigest.Invalid(fmt.Sprintf("article %s is no candidate of run %s", id, run.ID))
}

// decide writes one verdict; one about an article that is no candidate of the
// run is refused, not lost.
func decide(ctx context.Context, q *db.Queries, run stockdigest.Run, v stockdigest.Verdict) error {
	n, err := q.Decide(ctx, db.DecideParams{
		RunID: string(run.ID), ArticleID: string(v.ArticleID), Decision: string(v.Decision), Gate: clean(v.Gate),
		Reason: clean(v.Reason), Score: v.Score, DuplicateOf: string(v.Of),
	})
	if err == nil && n == 0 {
		return stranger(run, v.ArticleID)
	}
	return err
}

// SaveText keeps the text of an article and the verdict it led to. The first
// text of an article stands for ever: evidence counts its bytes.
func (d *DB) SaveText(ctx context.Context, run stockdigest.Run, t stockdigest.Text, v stockdigest.Verdict) error {
	return d.forRun(ctx, "save the text of "+string(t.ArticleID), run, func(q *db.Queries) error {
		body := clean(t.Body)
		err := q.AddText(ctx, db.AddTextParams{
			ArticleID: string(t.ArticleID), Body: body, Hash: stockdigest.Hash(body), Title: clean(t.Title),
			Author: clean(t.Author), PublishedAt: db.At(t.PublishedAt), Language: clean(t.Language),
			Label: string(t.Label), FetchedAt: db.At(t.FetchedAt), FinalUrl: clean(t.FinalURL),
		})
		if err != nil {
			return err
		}
		if err := q.FillPublisher(ctx, db.FillPublisherParams{ID: string(t.ArticleID), Publisher: clean(t.Publisher)}); err != nil {
			return err
		}
		if err := q.DeleteMiss(ctx, string(t.ArticleID)); err != nil {
			return err
		}
		return decide(ctx, q, run, v)
	})
}

// SaveMiss keeps that the page of an article could not be had, and the verdict
// it led to.
func (d *DB) SaveMiss(ctx context.Context, run stockdigest.Run, m stockdigest.Miss, v stockdigest.Verdict) error {
	return d.forRun(ctx, "save the miss of "+string(m.ArticleID), run, func(q *db.Queries) error {
		err := q.SaveMiss(ctx, db.SaveMissParams{
			ArticleID: string(m.ArticleID), MissedAt: at(m.At, d.now()), Cause: clean(m.Cause), NextTry: db.At(m.NextTry),
		})
		if err != nil {
			return err
		}
		return decide(ctx, q, run, v)
	})
}

// Resolve says that the wrapper link of one candidate leads to the article to.
// The candidate moves there. When to is a candidate already, the better of the
// two decisions stands for it and the wrapper becomes its duplicate.
func (d *DB) Resolve(ctx context.Context, run stockdigest.Run, from stockdigest.ArticleID, to stockdigest.Article) error {
	return d.forRun(ctx, "resolve "+string(from), run, func(q *db.Queries) error {
		if err := q.UpsertArticle(ctx, d.articleRow(to)); err != nil || from == to.ID {
			return err
		}
		wrapper, err := candidate(ctx, q, run, from)
		if err != nil || wrapper == nil || wrapper.DuplicateOf == string(to.ID) {
			return err // gone or done: a second call after a crash
		}
		known, err := candidate(ctx, q, run, to.ID)
		if err != nil {
			return err
		}
		if known == nil {
			return move(ctx, q, wrapper, to.ID)
		}
		if rank(wrapper.Decision) > rank(known.Decision) {
			better := *wrapper
			better.ArticleID = string(to.ID)
			if err := q.PutCandidate(ctx, better); err != nil {
				return err
			}
		}
		wrapper.Decision, wrapper.DuplicateOf = string(stockdigest.Duplicate), string(to.ID)
		wrapper.Gate, wrapper.Reason = "identity", "the link leads to an article that is a candidate already"
		return q.PutCandidate(ctx, *wrapper)
	})
}

// candidate returns the row of an article in a run, nil when it has none.
func candidate(
	ctx context.Context, q *db.Queries, run stockdigest.Run, id stockdigest.ArticleID,
) (*db.PutCandidateParams, error) {
	c, err := q.Candidate(ctx, db.CandidateParams{RunID: string(run.ID), ArticleID: string(id)})
	if errors.Is(err, sql.ErrNoRows) {
		return nil, nil //nolint:nilnil // no row is an answer here
	}
	if err != nil {
		return nil, err
	}
	return &db.PutCandidateParams{
		RunID: string(run.ID), ArticleID: string(id), Role: c.Role, Subject: c.Subject, Decision: c.Decision,
		Gate: c.Gate, Reason: c.Reason, Score: c.Score, DuplicateOf: c.DuplicateOf,
	}, nil
}

func move(ctx context.Context, q *db.Queries, c *db.PutCandidateParams, to stockdigest.ArticleID) error {
	from := c.ArticleID
	c.ArticleID = string(to)
	if err := q.PutCandidate(ctx, *c); err != nil {
		return err
	}
	if err := q.Repoint(ctx, db.RepointParams{RunID: c.RunID, Target: string(to), Origin: from}); err != nil {
		return err
	}
	return q.DeleteCandidate(ctx, db.DeleteCandidateParams{RunID: c.RunID, ArticleID: from})
}

// rank says how far a candidate has come.
func rank(decision string) int {
	switch stockdigest.Decision(decision) {
	case stockdigest.Selected:
		return 2
	case stockdigest.Pending:
		return 1
	default:
		return 0
	}
}

// SourceText returns the stored text that evidence quotes from, with its title
// and URL. The source is an ArticleID, or accession and document number:
// 0001193125-19-292676/1.
func (d *DB) SourceText(ctx context.Context, source string) (body, title, url string, err error) {
	err = d.view(ctx, "open source "+source, func(q *db.Queries) error {
		if accession, number, ok := strings.Cut(source, "/"); ok {
			body, title, url, err = documentText(ctx, q, accession, number)
		} else {
			body, title, url, err = articleText(ctx, q, source)
		}
		if errors.Is(err, sql.ErrNoRows) {
			return stockdigest.NotFound("no stored text for source " + source)
		}
		return err
	})
	return body, title, url, err
}

func documentText(ctx context.Context, q *db.Queries, accession, number string) (body, title, url string, err error) {
	seq, err := strconv.Atoi(number)
	if err != nil {
		return "", "", "", sql.ErrNoRows
	}
	r, err := q.Document(ctx, db.DocumentParams{Accession: accession, Seq: seq})
	return r.Body, strings.TrimSpace(cmp.Or(r.Type, r.Form) + " " + r.Description), r.Url, err
}

func articleText(ctx context.Context, q *db.Queries, id string) (body, title, url string, err error) {
	r, err := q.ArticleSource(ctx, id)
	return r.Body, cmp.Or(r.PageTitle, r.Title), r.Url, err
}
