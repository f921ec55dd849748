package extract

import (
	"context"
	"fmt"

	"stockdigest.app/stockdigest"
)

// A saver stores what the pages of a run gave.
type saver struct {
	*Step
	run      stockdigest.Run
	material stockdigest.Material
	known    map[stockdigest.ArticleID]bool // candidates of the run
	texts    map[string]stockdigest.Article // by fingerprint
}

func (s *Step) newSaver(run stockdigest.Run, material stockdigest.Material) *saver {
	sv := &saver{Step: s, run: run, material: material, known: map[stockdigest.ArticleID]bool{}, texts: map[string]stockdigest.Article{}}
	for _, c := range material.Candidates {
		sv.known[c.Article.ID] = true
	}
	return sv
}

// all saves the results of todo in their order, as they come.
func (s *saver) all(ctx context.Context, todo []stockdigest.Candidate, results []chan result) error {
	for _, c := range s.material.Candidates { // some bring their text along
		s.ready(ctx, c)
	}
	for i, c := range todo {
		r := <-results[i]
		if err := ctx.Err(); err != nil {
			return fmt.Errorf("read page %s: %w", c.Article.URL, err)
		}
		if err := s.save(ctx, c, r); err != nil {
			return err
		}
		s.known[r.article.ID] = true
		if s.pages.saved(s.run.ID, c.Article.ID) {
			s.leavePage(ctx, s.run, c.Article.ID)
		}
		if s.Progress != nil {
			s.Progress(s.run, s.Name(), i+1, len(todo))
		}
	}
	return nil
}

// save stores what became of one page. A link that led to an article which is a
// candidate already makes its own candidate a duplicate of that one, whose text
// and verdict stand.
func (s *saver) save(ctx context.Context, c stockdigest.Candidate, r result) error {
	if r.moved {
		if err := s.Store.Resolve(ctx, s.run, c.Article.ID, r.article); err != nil {
			return fmt.Errorf("resolve %s: %w", c.Article.URL, err)
		}
		if s.known[r.article.ID] {
			return nil
		}
		c.Article, c.Verdict.ArticleID = r.article, r.article.ID
	}
	if r.miss != nil {
		r.miss.ArticleID = c.Article.ID
		if err := s.Store.SaveMiss(ctx, s.run, *r.miss, c.Verdict); err != nil {
			return fmt.Errorf("save miss of %s: %w", c.Article.URL, err)
		}
	}
	if r.text != nil {
		r.text.ArticleID = c.Article.ID
		if err := s.Store.SaveText(ctx, s.run, *r.text, c.Verdict); err != nil {
			return fmt.Errorf("save text of %s: %w", c.Article.URL, err)
		}
		c.Text = r.text
		s.ready(ctx, c)
	}
	return nil
}

// ready tells of a candidate that was read in full, unless its text speaks
// against it already.
func (s *saver) ready(ctx context.Context, c stockdigest.Candidate) {
	if s.Ready == nil || c.Verdict.Decision != stockdigest.Selected || c.Text == nil || c.Text.Label != stockdigest.TextFull {
		return
	}
	if s.verdict(s.run, s.material.Ticker, c, s.texts).Decision == stockdigest.Selected {
		s.Ready(ctx, s.run, c)
	}
}
