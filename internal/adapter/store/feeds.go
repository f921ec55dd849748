package store

import (
	"cmp"
	"context"
	"fmt"
	"slices"

	"stockdigest.app/stockdigest"
	"stockdigest.app/stockdigest/internal/adapter/store/db"
)

// maxURL bounds the URL of a feed, which is a key: PostgreSQL cannot index
// more than about 2,700 bytes.
const maxURL = 2000

// SetFeeds makes the feeds of a ticker exactly these. The health of a feed
// stays, whoever else reads it.
func (d *DB) SetFeeds(ctx context.Context, symbol stockdigest.Symbol, feeds []stockdigest.TickerFeed) error {
	sorted := slices.Clone(feeds)
	slices.SortStableFunc(sorted, byFeedKey)
	for _, f := range sorted {
		if err := f.Role.Validate(); err != nil {
			return err
		}
		if f.Feed.URL == "" || len(f.Feed.URL) > maxURL {
			return stockdigest.Invalid(fmt.Sprintf("the URL of a feed of %s has %d bytes: use 1 to %d", symbol, len(f.Feed.URL), maxURL))
		}
	}
	for _, f := range sorted {
		if err := d.addFeed(ctx, f.Feed); err != nil {
			return err
		}
	}
	return d.update(ctx, "set the feeds of "+string(symbol), func(q *db.Queries) error {
		if _, err := tickerOf(ctx, q, symbol); err != nil {
			return err
		}
		if err := dropFeeds(ctx, q, symbol, sorted); err != nil {
			return err
		}
		var rows []db.UpsertTickerFeedParams
		for _, f := range sorted {
			rows = append(rows, db.UpsertTickerFeedParams{
				Symbol: string(symbol), Url: clean(f.Feed.URL), Role: string(f.Role), Subject: clean(f.Subject),
			})
		}
		return q.UpsertTickerFeeds(ctx, rows)
	})
}

// addFeed makes a feed known, in a transaction of its own: companies share
// feeds, and those that begin in the same moment would otherwise wait for each
// other's whole lists. A feed that nobody reads does no harm.
func (d *DB) addFeed(ctx context.Context, f stockdigest.Feed) error {
	return d.update(ctx, "add the feed "+f.URL, func(q *db.Queries) error {
		url, source := clean(f.URL), clean(f.Source)
		err := q.AddFeed(ctx, db.AddFeedParams{Url: url, Source: source})
		if err != nil || source == "" {
			return err
		}
		return q.NameFeed(ctx, db.NameFeedParams{Url: url, Source: source})
	})
}

func byFeedKey(a, b stockdigest.TickerFeed) int {
	return cmp.Or(cmp.Compare(a.Feed.URL, b.Feed.URL), cmp.Compare(a.Role, b.Role))
}

// dropFeeds ends the relations that are not wanted any more.
func dropFeeds(ctx context.Context, q *db.Queries, symbol stockdigest.Symbol, wanted []stockdigest.TickerFeed) error {
	rows, err := q.TickerFeeds(ctx, string(symbol))
	if err != nil {
		return err
	}
	for _, r := range rows {
		keep := slices.ContainsFunc(wanted, func(f stockdigest.TickerFeed) bool {
			return clean(f.Feed.URL) == r.Url && string(f.Role) == r.Role
		})
		if keep {
			continue
		}
		if err := q.DeleteTickerFeed(ctx, db.DeleteTickerFeedParams{Symbol: string(symbol), Url: r.Url, Role: r.Role}); err != nil {
			return err
		}
	}
	return nil
}

// feedsOf returns the feeds of a ticker: by role, then subject, then URL.
func feedsOf(ctx context.Context, q *db.Queries, symbol stockdigest.Symbol) ([]stockdigest.TickerFeed, error) {
	rows, err := q.TickerFeeds(ctx, string(symbol))
	if err != nil {
		return nil, err
	}
	var feeds []stockdigest.TickerFeed
	for _, r := range rows {
		feeds = append(feeds, stockdigest.TickerFeed{
			Feed: stockdigest.Feed{URL: r.Url, Source: r.Source, Health: stockdigest.FeedHealth{
				ETag: r.Etag, LastModified: r.LastModified, PolledAt: r.PolledAt.Time, Error: r.Error,
				Failures: r.Failures, Items: r.Items, Empty: r.EmptyPolls,
			}},
			Role: stockdigest.Role(r.Role), Subject: r.Subject,
		})
	}
	slices.SortStableFunc(feeds, func(a, b stockdigest.TickerFeed) int {
		return cmp.Or(cmp.Compare(importance(a.Role), importance(b.Role)),
			cmp.Compare(a.Subject, b.Subject), cmp.Compare(a.Feed.URL, b.Feed.URL))
	})
	return feeds, nil
}

// importance is the place of a role in stockdigest.Roles.
func importance(r stockdigest.Role) int {
	if i := slices.Index(stockdigest.Roles(), r); i >= 0 {
		return i
	}
	return len(stockdigest.Roles())
}

// SavePoll keeps the outcome of reading one feed in a run: the feed's health,
// the articles it listed, that it listed them, and what the filters said. An
// article found before, by this run or another, is united with what is known;
// the result does not depend on the order of polls.
//
// On PostgreSQL the articles are saved first, some at a time in transactions
// of their own: runs that read the same feed share them and wait for each other
// only that long. Articles without the rest do no harm, and saving the poll
// again completes it. On SQLite all is one transaction.
func (d *DB) SavePoll(ctx context.Context, run stockdigest.Run, poll stockdigest.Poll, found []stockdigest.Found) error {
	if poll.FeedURL == "" || len(poll.FeedURL) > maxURL {
		return stockdigest.Invalid(fmt.Sprintf("the URL of a polled feed has %d bytes: use 1 to %d", len(poll.FeedURL), maxURL))
	}
	what := "save the poll of " + poll.FeedURL
	rest := found
	if _, pg := d.dialect.(postgresDialect); pg {
		if err := d.saveFirst(ctx, what, run, found); err != nil {
			return err
		}
		rest = nil
	}
	return d.forRun(ctx, what, run, func(q *db.Queries) error {
		if err := q.UpsertArticles(ctx, d.articleRows(rest)); err != nil {
			return err
		}
		if err := q.AddFeed(ctx, db.AddFeedParams{Url: clean(poll.FeedURL)}); err != nil {
			return err
		}
		if err := saveFound(ctx, q, run, poll.FeedURL, found); err != nil {
			return err
		}
		return d.savePoll(ctx, q, run, poll)
	})
}

// articlesAtOnce is how many articles one transaction of saveFirst saves.
const articlesAtOnce = 128

func (d *DB) saveFirst(ctx context.Context, what string, run stockdigest.Run, found []stockdigest.Found) error {
	for some := range slices.Chunk(found, articlesAtOnce) {
		err := d.forRun(ctx, what, run, func(q *db.Queries) error { return q.UpsertArticles(ctx, d.articleRows(some)) })
		if err != nil {
			return err
		}
	}
	return nil
}

// savePoll comes last in its transaction: other runs wait for the row of the
// feed.
func (d *DB) savePoll(ctx context.Context, q *db.Queries, run stockdigest.Run, poll stockdigest.Poll) error {
	if err := q.SaveHealth(ctx, health(poll)); err != nil {
		return err
	}
	h := poll.Health
	h.PolledAt = db.At(h.PolledAt).Time
	body, err := packOne(h)
	if err != nil {
		return err
	}
	return q.SavePoll(ctx, db.SavePollParams{
		RunID: string(run.ID), FeedUrl: clean(poll.FeedURL), PolledAt: at(poll.At, d.now()), NotModified: poll.NotModified,
		Items: poll.Items, Error: clean(poll.Error), Health: body,
	})
}

// health is the row of the feed that was polled.
func health(poll stockdigest.Poll) db.SaveHealthParams {
	h := poll.Health
	return db.SaveHealthParams{
		Url: clean(poll.FeedURL), Etag: clean(h.ETag), LastModified: clean(h.LastModified), PolledAt: at(h.PolledAt, poll.At),
		Error: clean(h.Error), Failures: h.Failures, Items: h.Items, EmptyPolls: h.Empty,
	}
}

func (d *DB) articleRows(found []stockdigest.Found) []db.UpsertArticleParams {
	rows := make([]db.UpsertArticleParams, 0, len(found))
	for _, f := range found {
		rows = append(rows, d.articleRow(f.Article))
	}
	return rows
}

func saveFound(ctx context.Context, q *db.Queries, run stockdigest.Run, feed string, found []stockdigest.Found) error {
	var sightings []db.AddSightingParams
	var candidates []db.MergeCandidateParams
	for _, f := range found {
		sightings = append(sightings, db.AddSightingParams{FeedUrl: clean(feed), ArticleID: string(f.Article.ID), Link: clean(f.Link)})
		candidates = append(candidates, candidateRow(run, f))
	}
	if err := q.AddSightings(ctx, sightings); err != nil {
		return err
	}
	return q.MergeCandidates(ctx, candidates)
}

func (d *DB) articleRow(a stockdigest.Article) db.UpsertArticleParams {
	seen := at(a.FirstSeenAt, d.now())
	return db.UpsertArticleParams{
		ID: string(a.ID), Url: clean(a.URL), Title: clean(a.Title), Publisher: clean(a.Publisher),
		Description: clean(a.Description), Author: clean(a.Author),
		PublishedAt: at(a.PublishedAt, seen.Time), Dated: a.Dated, FirstSeenAt: seen,
	}
}

func candidateRow(run stockdigest.Run, f stockdigest.Found) db.MergeCandidateParams {
	v := f.Verdict
	return db.MergeCandidateParams{
		RunID: string(run.ID), ArticleID: string(f.Article.ID), Role: string(f.Role), Subject: clean(f.Subject),
		Decision: string(v.Decision), Gate: clean(v.Gate), Reason: clean(v.Reason), Score: v.Score,
		DuplicateOf: string(v.Of), Standing: standing(f),
	}
}

// standing ranks what polls say of one article: pending beats everything else,
// then the more important role. Less is better; zero is kept for the decisions
// of later steps.
func standing(f stockdigest.Found) int {
	s := 1 + importance(f.Role)
	if f.Verdict.Decision != stockdigest.Pending {
		s += 10
	}
	return s
}

// Sighted returns the articles that polls of a feed listed and that were
// published in w, newest first, then by ID. A feed that answers "not modified"
// still lists them.
func (d *DB) Sighted(ctx context.Context, feedURL string, w stockdigest.Window) ([]stockdigest.Article, error) {
	var articles []stockdigest.Article
	err := d.view(ctx, "read what "+feedURL+" listed", func(q *db.Queries) error {
		rows, err := q.Sighted(ctx, db.SightedParams{FeedUrl: clean(feedURL), After: db.At(w.From), Until: db.At(w.To)})
		if err != nil {
			return err
		}
		articles = nil
		for _, r := range rows {
			articles = append(articles, article(r))
		}
		return nil
	})
	return articles, err
}

func article(r db.Article) stockdigest.Article {
	return stockdigest.Article{
		ID: stockdigest.ArticleID(r.ID), URL: r.Url, Title: r.Title, Publisher: r.Publisher, Description: r.Description,
		Author: r.Author, PublishedAt: r.PublishedAt.Time, Dated: r.Dated, FirstSeenAt: r.FirstSeenAt.Time,
	}
}
