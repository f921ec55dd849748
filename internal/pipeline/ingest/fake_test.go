package ingest_test

import (
	"cmp"
	"context"
	"slices"

	"stockdigest.app/stockdigest"
)

// memoryStore keeps one run in memory, the way the store promises to: articles
// by ID, the better standing of a candidate wins.
type memoryStore struct {
	material stockdigest.Material
	sighted  map[string][]stockdigest.ArticleID
	articles map[stockdigest.ArticleID]stockdigest.Article
	found    []stockdigest.Found
	kept     []stockdigest.Filing // of no run
	note     string
	// failAfter makes the save with this number fail, counted from 1.
	failAfter int
	saves     int
}

func newStore(t stockdigest.Ticker, feeds ...stockdigest.TickerFeed) *memoryStore {
	return &memoryStore{
		material: stockdigest.Material{Ticker: t, Feeds: feeds},
		sighted:  map[string][]stockdigest.ArticleID{},
		articles: map[stockdigest.ArticleID]stockdigest.Article{},
	}
}

func (m *memoryStore) Material(context.Context, stockdigest.Run) (stockdigest.Material, error) {
	copied := m.material
	copied.Candidates = slices.Clone(m.material.Candidates)
	slices.SortFunc(copied.Candidates, func(a, b stockdigest.Candidate) int {
		return cmp.Or(b.Article.PublishedAt.Compare(a.Article.PublishedAt), cmp.Compare(a.Article.ID, b.Article.ID))
	})
	return copied, nil
}

func (m *memoryStore) Sighted(_ context.Context, feedURL string, w stockdigest.Window) ([]stockdigest.Article, error) {
	var list []stockdigest.Article
	for _, id := range m.sighted[feedURL] {
		if a := m.articles[id]; w.Holds(a.PublishedAt) {
			list = append(list, a)
		}
	}
	return list, nil
}

func (m *memoryStore) SavePoll(_ context.Context, _ stockdigest.Run, p stockdigest.Poll, found []stockdigest.Found) error {
	if m.saves++; m.saves == m.failAfter {
		return stockdigest.ErrConflict
	}
	m.material.Polls = append(m.material.Polls, p)
	for _, f := range found {
		m.articles[f.Article.ID] = f.Article
		if !slices.Contains(m.sighted[p.FeedURL], f.Article.ID) {
			m.sighted[p.FeedURL] = append(m.sighted[p.FeedURL], f.Article.ID)
		}
		m.candidate(f)
		m.found = append(m.found, f)
	}
	return nil
}

func (m *memoryStore) candidate(f stockdigest.Found) {
	c := stockdigest.Candidate{Article: f.Article, Role: f.Role, Subject: f.Subject, Verdict: f.Verdict}
	for i, old := range m.material.Candidates {
		if old.Article.ID == f.Article.ID {
			if old.Verdict.Decision != stockdigest.Pending {
				m.material.Candidates[i] = c
			}
			return
		}
	}
	m.material.Candidates = append(m.material.Candidates, c)
}

// SaveFilings keeps filings by accession, with the documents of all saves.
func (m *memoryStore) SaveFilings(_ context.Context, _ stockdigest.Run, list []stockdigest.Filing) error {
	for _, f := range list {
		at := slices.IndexFunc(m.material.Filings, func(o stockdigest.Filing) bool { return o.Accession == f.Accession })
		if at < 0 {
			m.material.Filings = append(m.material.Filings, f)
			continue
		}
		kept := &m.material.Filings[at] // what it has stands for ever
		for _, d := range f.Documents {
			if !slices.ContainsFunc(kept.Documents, func(o stockdigest.Document) bool { return o.Seq == d.Seq }) {
				kept.Documents = append(kept.Documents, d)
			}
		}
	}
	return nil
}

func (m *memoryStore) SavePrice(_ context.Context, _ stockdigest.Run, card stockdigest.PriceCard) error {
	if m.material.Price == nil {
		m.material.Price = &card
	}
	return nil
}

func (m *memoryStore) Filing(_ context.Context, a stockdigest.Accession) (stockdigest.Filing, error) {
	for _, f := range m.kept {
		if f.Accession == a {
			return f, nil
		}
	}
	return stockdigest.Filing{}, stockdigest.NotFound("no such filing")
}

func (m *memoryStore) SaveFresh(_ context.Context, _ stockdigest.Run, report, before stockdigest.Filing) error {
	m.kept = append(m.kept, before)
	for i := range m.material.Filings {
		if m.material.Filings[i].Accession == report.Accession {
			m.material.Filings[i] = report
		}
	}
	return nil
}

func (m *memoryStore) Dealt(_ context.Context, _ string, w stockdigest.Window) ([]stockdigest.Filing, error) {
	var forms []stockdigest.Filing
	for _, f := range append(slices.Clone(m.kept), m.material.Filings...) {
		if len(f.Dealings.Trades) > 0 && w.Holds(f.FiledAt) {
			forms = append(forms, f)
		}
	}
	return forms, nil
}

func (m *memoryStore) FinishStep(_ context.Context, _ stockdigest.Run, _ stockdigest.StepName, note string) error {
	m.note = note
	return nil
}

// feedTable answers by URL; what is not in it fails.
type feedTable map[string]stockdigest.FeedAnswer

func (f feedTable) Read(_ context.Context, feed stockdigest.Feed) (stockdigest.FeedAnswer, error) {
	answer, ok := f[feed.URL]
	if !ok {
		return stockdigest.FeedAnswer{}, stockdigest.ErrUnavailable
	}
	return answer, nil
}

// filingList answers with the same filings, or with an error, and knows the
// report before, when there is one.
type filingList struct {
	list   []stockdigest.Filing
	err    error
	before *stockdigest.Filing
}

func (f filingList) Previous(context.Context, stockdigest.Ticker, stockdigest.Filing) (stockdigest.Filing, error) {
	if f.before == nil {
		return stockdigest.Filing{}, stockdigest.NotFound("no report before")
	}
	entry := *f.before
	entry.Documents = nil
	return entry, nil
}

func (f filingList) Read(context.Context, stockdigest.Filing) (stockdigest.Filing, error) {
	return *f.before, nil
}

func (f filingList) Filings(context.Context, stockdigest.Ticker, stockdigest.Window) ([]stockdigest.Filing, error) {
	return f.list, f.err
}
