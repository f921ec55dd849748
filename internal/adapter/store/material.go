package store

import (
	"cmp"
	"context"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"stockdigest.app/stockdigest"
	"stockdigest.app/stockdigest/internal/adapter/store/db"
)

// Material returns all that a run holds, as of one moment. A text that was
// stored for another ticker is there at once. Feeds come by role, subject and
// URL; everything else in the order that stockdigest.Material promises.
func (d *DB) Material(ctx context.Context, run stockdigest.Run) (stockdigest.Material, error) {
	var m stockdigest.Material
	err := d.view(ctx, "read the material of "+string(run.Ticker), func(q *db.Queries) error {
		row, err := current(ctx, q, run)
		if err != nil {
			return err
		}
		run.Ticker, run.AsOf = stockdigest.Symbol(row.Ticker), row.AsOf.Time
		m, err = material(ctx, q, run)
		return err
	})
	return m, err
}

func material(ctx context.Context, q *db.Queries, run stockdigest.Run) (m stockdigest.Material, err error) {
	if m.Ticker, err = tickerOf(ctx, q, run.Ticker); err != nil {
		return m, err
	}
	if m.Feeds, err = feedsOf(ctx, q, run.Ticker); err != nil {
		return m, err
	}
	if m.Polls, err = pollsOf(ctx, q, run); err != nil {
		return m, err
	}
	if m.Stories, err = storiesOf(ctx, q, run); err != nil {
		return m, err
	}
	if m.Candidates, err = candidatesOf(ctx, q, run, m.Stories); err != nil {
		return m, err
	}
	if m.Filings, err = filingsOf(ctx, q, run); err != nil {
		return m, err
	}
	if m.Price, err = priceOf(ctx, q, run); err != nil {
		return m, err
	}
	m.Told, err = toldOf(ctx, q, run)
	return m, err
}

func pollsOf(ctx context.Context, q *db.Queries, run stockdigest.Run) ([]stockdigest.Poll, error) {
	rows, err := q.Polls(ctx, string(run.ID))
	if err != nil {
		return nil, err
	}
	var polls []stockdigest.Poll
	for _, r := range rows {
		p := stockdigest.Poll{
			FeedURL: r.FeedUrl, At: r.PolledAt.Time, NotModified: r.NotModified, Items: r.Items, Error: r.Error,
		}
		if err := unpackOne(r.Health, &p.Health); err != nil {
			return nil, err
		}
		polls = append(polls, p)
	}
	return polls, nil
}

// candidatesOf returns the candidates of a run, newest first, then by ID.
func candidatesOf(
	ctx context.Context, q *db.Queries, run stockdigest.Run, stories []stockdigest.Story,
) ([]stockdigest.Candidate, error) {
	rows, err := q.Candidates(ctx, string(run.ID))
	if err != nil {
		return nil, err
	}
	texts, err := textsOf(ctx, q, run)
	if err != nil {
		return nil, err
	}
	misses, err := missesOf(ctx, q, run)
	if err != nil {
		return nil, err
	}
	inStory := map[stockdigest.ArticleID]stockdigest.StoryID{}
	for _, s := range stories {
		for _, a := range s.Articles {
			inStory[a] = s.ID
		}
	}
	var candidates []stockdigest.Candidate
	for _, r := range rows {
		a := article(db.Article{
			ID: r.ID, Url: r.Url, Title: r.Title, Publisher: r.Publisher, Description: r.Description, Author: r.Author,
			PublishedAt: r.PublishedAt, Dated: r.Dated, FirstSeenAt: r.FirstSeenAt,
		})
		candidates = append(candidates, stockdigest.Candidate{
			Article: a, Role: stockdigest.Role(r.Role), Subject: r.Subject,
			Verdict: stockdigest.Verdict{
				ArticleID: a.ID, Decision: stockdigest.Decision(r.Decision), Gate: r.Gate, Reason: r.Reason,
				Score: r.Score, Of: stockdigest.ArticleID(r.DuplicateOf),
			},
			Text: texts[a.ID], Miss: misses[a.ID], Story: inStory[a.ID],
		})
	}
	return candidates, nil
}

func textsOf(ctx context.Context, q *db.Queries, run stockdigest.Run) (map[stockdigest.ArticleID]*stockdigest.Text, error) {
	rows, err := q.CandidateTexts(ctx, string(run.ID))
	if err != nil {
		return nil, err
	}
	texts := make(map[stockdigest.ArticleID]*stockdigest.Text, len(rows))
	for _, r := range rows {
		id := stockdigest.ArticleID(r.ArticleID)
		texts[id] = &stockdigest.Text{
			ArticleID: id, Body: r.Body, Hash: r.Hash, Title: r.Title, Author: r.Author, PublishedAt: r.PublishedAt.Time,
			Language: r.Language, Label: stockdigest.TextLabel(r.Label), FetchedAt: r.FetchedAt.Time, FinalURL: r.FinalUrl,
		}
	}
	return texts, nil
}

func missesOf(ctx context.Context, q *db.Queries, run stockdigest.Run) (map[stockdigest.ArticleID]*stockdigest.Miss, error) {
	rows, err := q.CandidateMisses(ctx, string(run.ID))
	if err != nil {
		return nil, err
	}
	misses := make(map[stockdigest.ArticleID]*stockdigest.Miss, len(rows))
	for _, r := range rows {
		id := stockdigest.ArticleID(r.ArticleID)
		misses[id] = &stockdigest.Miss{ArticleID: id, At: r.MissedAt.Time, Cause: r.Cause, NextTry: r.NextTry.Time}
	}
	return misses, nil
}

// What the memory of told stories holds at most.
const (
	toldDays  = 30
	toldMax   = 200
	toldBytes = 16 << 10 // of each body: its facts are known, too, and stand beyond the first lines
)

// toldOf returns the stories that reports of the ticker told before the run's
// as-of time, whatever their kind, by ToldAt, then by ID.
func toldOf(ctx context.Context, q *db.Queries, run stockdigest.Run) ([]stockdigest.ToldStory, error) {
	rows, err := q.Tellings(ctx, db.TellingsParams{
		Ticker: string(run.Ticker), Since: db.At(run.AsOf.Add(-toldDays * 24 * time.Hour)), Before: db.At(run.AsOf),
	})
	if err != nil {
		return nil, err
	}
	told, err := foldTellings(rows)
	if err != nil {
		return nil, err
	}
	slices.SortFunc(told, func(a, b stockdigest.ToldStory) int {
		return cmp.Or(a.ToldAt.Compare(b.ToldAt), cmp.Compare(a.Story.ID, b.Story.ID))
	})
	told = told[max(0, len(told)-toldMax):]
	return told, fillHeads(ctx, q, told)
}

// foldTellings makes one story of its tellings, which come oldest first: the
// newest gives its state, all give their bullets and sources.
func foldTellings(rows []db.TellingsRow) ([]stockdigest.ToldStory, error) {
	var told []stockdigest.ToldStory
	place := map[string]int{}
	for _, r := range rows {
		bullets, err := unpack[string](r.Bullets)
		if err != nil {
			return nil, err
		}
		articles, err := unpack[stockdigest.ArticleID](r.Articles)
		if err != nil {
			return nil, err
		}
		filings, err := unpack[stockdigest.Accession](r.Filings)
		if err != nil {
			return nil, err
		}
		i, ok := place[r.StoryID]
		if !ok {
			i = len(told)
			place[r.StoryID] = i
			told = append(told, stockdigest.ToldStory{})
		}
		t := &told[i]
		t.Texts = append(t.Texts, bullets...)
		t.ToldAt = r.AsOf.Time
		t.Story = stockdigest.Story{
			ID: stockdigest.StoryID(r.StoryID), Ticker: stockdigest.Symbol(r.Ticker), Headline: r.Headline,
			State: stockdigest.StoryState(r.State), Change: r.Change, FirstSeen: r.FirstSeen.Time, LastTold: r.AsOf.Time,
			Articles: union(articles, t.Story.Articles), Filings: union(filings, t.Story.Filings),
		}
	}
	return told, nil
}

// union returns a followed by what only b has.
func union[T comparable](a, b []T) []T {
	for _, v := range b {
		if !slices.Contains(a, v) {
			a = append(a, v)
		}
	}
	return a
}

// A head is what likeness needs of a source.
type head struct{ title, body string }

// fillHeads gives stories the titles and bodies of their sources, articles
// before filings. A source that is not there any more has none.
func fillHeads(ctx context.Context, q *db.Queries, told []stockdigest.ToldStory) error {
	var ids, accessions []string
	for _, t := range told {
		ids = append(ids, plain(t.Story.Articles)...)
		accessions = append(accessions, plain(t.Story.Filings)...)
	}
	articles, err := q.ArticleHeads(ctx, ids)
	if err != nil {
		return err
	}
	filings, err := q.FilingHeads(ctx, accessions)
	if err != nil {
		return err
	}
	known := map[string]head{}
	for _, r := range articles {
		known["a/"+r.ID] = head{r.Title, shorten(r.Body)}
	}
	for _, r := range filings {
		known["f/"+r.Accession] = head{r.Form, shorten(r.Body)}
	}
	for i := range told {
		for _, id := range told[i].Story.Articles {
			addHead(&told[i], known, "a/"+string(id))
		}
		for _, accession := range told[i].Story.Filings {
			addHead(&told[i], known, "f/"+string(accession))
		}
	}
	return nil
}

func addHead(t *stockdigest.ToldStory, known map[string]head, source string) {
	h, ok := known[source]
	if !ok {
		return
	}
	t.Titles = append(t.Titles, h.title)
	if h.body != "" {
		t.Bodies = append(t.Bodies, h.body)
	}
}

func plain[T ~string](named []T) []string {
	all := make([]string, len(named))
	for i, n := range named {
		all[i] = string(n)
	}
	return all
}

// shorten cuts a text to toldBytes, between two characters. It copies what is
// left, so that the whole can be forgotten.
func shorten(s string) string {
	if len(s) <= toldBytes {
		return s
	}
	cut := toldBytes
	for cut > 0 && !utf8.RuneStart(s[cut]) {
		cut--
	}
	return strings.Clone(s[:cut])
}
