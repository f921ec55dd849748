package ingest

import (
	"fmt"
	"strings"
	"time"

	"stockdigest.app/stockdigest"
)

// silentAfter is how many polls in a row may list nothing before the note
// mentions it.
const silentAfter = 3

// note sums the step up in one line for people.
func note(w stockdigest.Window, m stockdigest.Material) string {
	isFeed := map[string]bool{}
	for _, f := range m.Feeds {
		isFeed[f.Feed.URL] = true
	}
	items, ok, silent := 0, 0, 0
	var failed []string
	for _, p := range m.Polls {
		switch {
		case p.Error != "":
			failed = append(failed, p.FeedURL+": "+p.Error)
			continue
		case !isFeed[p.FeedURL]:
			continue
		}
		ok++
		items += p.Items
		if p.Health.Empty >= silentAfter {
			silent++
		}
	}
	rejected, duplicates := 0, 0
	for _, c := range m.Candidates {
		switch c.Verdict.Decision {
		case stockdigest.Rejected:
			rejected++
		case stockdigest.Duplicate:
			duplicates++
		case stockdigest.Pending, stockdigest.Selected:
		}
	}
	parts := []string{fmt.Sprintf("%d items from %d of %d feeds: %d articles, %d rejected, %d duplicates",
		items, ok, len(isFeed), len(m.Candidates), rejected, duplicates)}
	if m.Ticker.CIK != "" {
		parts = append(parts, fmt.Sprintf("%d filings", len(m.Filings)))
		parts = append(parts, compared(m.Filings)...)
	}
	if silent > 0 {
		parts = append(parts, fmt.Sprintf("%d feeds have listed nothing %d times or more", silent, silentAfter))
	}
	if at := newest(m); !at.IsZero() && !at.After(w.From) {
		parts = append(parts, "stale: nothing newer than "+at.UTC().Format("2 January 2006"))
	}
	if len(failed) > 0 {
		parts = append(parts, "failed: "+strings.Join(failed, "; "))
	}
	return strings.Join(parts, ", ")
}

// newest is the time of the newest article that the feeds listed, whatever
// became of it: feeds that work and have stopped to move are told by it.
func newest(m stockdigest.Material) time.Time {
	var at time.Time
	for _, c := range m.Candidates {
		if c.Article.Dated && c.Article.PublishedAt.After(at) {
			at = c.Article.PublishedAt
		}
	}
	return at
}
