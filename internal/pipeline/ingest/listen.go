package ingest

import (
	"context"
	"fmt"
	"time"

	"stockdigest.app/stockdigest"
)

// Listen reads feeds outside any run, for what was published in the day before
// a moment, and returns what each lists with the word of the filters. It keeps
// nothing. A feed that fails says so in its poll and stops no other.
func (s *Step) Listen(ctx context.Context, feeds []stockdigest.TickerFeed, at time.Time) ([]stockdigest.Listing, error) {
	run := stockdigest.Run{Kind: stockdigest.Daily, AsOf: at}
	readings, _, err := s.read(ctx, run, stockdigest.Material{}, feeds, func() {})
	if err != nil {
		return nil, err
	}
	seen, told := newIdentities(nil), publishersTold(nil, readings)
	var all []stockdigest.Listing
	for i, feed := range feeds {
		w := run.Window()
		earlier, err := s.store.Sighted(ctx, feed.Feed.URL, stockdigest.Window{From: w.From.Add(-memory), To: w.To})
		if err != nil {
			return nil, fmt.Errorf("read earlier items of %s: %w", feed.Feed.URL, err)
		}
		l := stockdigest.Listing{
			Poll: pollOf(feed.Feed, readings[i]), Found: s.articles(run, feed, readings[i], earlier, told),
			Seen: make(map[stockdigest.ArticleID]struct{}, len(earlier)),
		}
		for _, a := range earlier {
			l.Seen[a.ID] = struct{}{}
		}
		for j := range l.Found {
			l.Found[j].Verdict = s.judge(w, l.Found[j], seen)
		}
		all = append(all, l)
	}
	return all, nil
}
