package ingest

import (
	"context"
	"fmt"

	"stockdigest.app/stockdigest"
)

// A Night gives the report that a refresh adds to.
type Night interface {
	Report(ctx context.Context, id stockdigest.RunID) (stockdigest.Report, error)
}

// NewRefresh returns the step of a refresh: it reads feeds and no filings, and
// leaves out what the night looked at, whatever came of it then. What came after
// the night's as-of time the night only listed.
func NewRefresh(store Store, feeds Feeds, night Night, cfg Config) *Step {
	s := New(store, feeds, nil, cfg)
	s.night = night
	return s
}

// know makes what the night looked at known, by address and by title.
func (s *Step) know(ctx context.Context, run stockdigest.Run, seen *identities) error {
	if s.night == nil {
		return nil
	}
	report, err := s.night.Report(ctx, run.Refreshes)
	if err != nil {
		return fmt.Errorf("read the report of the night: %w", err)
	}
	seen.atNight = make(map[stockdigest.ArticleID]bool, len(report.Articles))
	for _, a := range report.Articles {
		if a.Gate == gateWindow {
			continue
		}
		id := stockdigest.NewArticleID(a.URL)
		seen.atNight[id] = true
		seen.keep(stockdigest.Article{ID: id, URL: a.URL, Title: a.Title, Publisher: a.Publisher, PublishedAt: a.PublishedAt})
	}
	return nil
}

// listed says that the night looked at an article, or nothing.
func (ids *identities) listed(a stockdigest.Article) string {
	if ids.atNight[a.ID] {
		return "the night's report lists it"
	}
	return ""
}
