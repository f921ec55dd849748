package ingest_test

import (
	"context"
	"errors"
	"net/url"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"stockdigest.app/stockdigest"
	"stockdigest.app/stockdigest/internal/pipeline/ingest"
)

var asOf = time.Date(2019, 11, 20, 7, 0, 0, 0, time.UTC)

const (
	google = "https://feeds.example/google"
	yahoo  = "https://feeds.example/yahoo"
)

func feed(url string, role stockdigest.Role) stockdigest.TickerFeed {
	return stockdigest.TickerFeed{Feed: stockdigest.Feed{URL: url}, Role: role}
}

func companyFeeds() []stockdigest.TickerFeed {
	return []stockdigest.TickerFeed{feed(google, stockdigest.RoleCompany), feed(yahoo, stockdigest.RoleCompany)}
}

func item(link, title, publisher string) stockdigest.FeedItem {
	return stockdigest.FeedItem{Link: link, Title: title, Publisher: publisher, Published: asOf.Add(-3 * time.Hour)}
}

func list(items ...stockdigest.FeedItem) stockdigest.FeedAnswer {
	return stockdigest.FeedAnswer{Items: items}
}

func weekly() stockdigest.Run {
	return stockdigest.Run{ID: "r1", Ticker: "ACME", Kind: stockdigest.Weekly, AsOf: asOf}
}

// run ingests over the store and fails the test on an error.
func run(t *testing.T, store *memoryStore, answers feedTable) {
	t.Helper()
	if err := step(store, answers, filingList{}).Run(t.Context(), weekly()); err != nil {
		t.Fatal(err)
	}
}

// ingestStep is the step of a company that no feed is about.
func ingestStep(store *memoryStore, filings ingest.Filings) *ingest.Step {
	return step(store, feedTable{}, filings)
}

func step(store *memoryStore, answers feedTable, filings ingest.Filings) *ingest.Step {
	return ingest.New(store, answers, filings, ingest.Config{Now: func() time.Time { return asOf.Add(time.Minute) }})
}

// verdicts maps the candidates' URLs to decision and gate.
func verdicts(store *memoryStore) map[string]string {
	got := map[string]string{}
	for _, c := range store.material.Candidates {
		got[c.Article.URL] = strings.TrimSpace(string(c.Verdict.Decision) + " " + c.Verdict.Gate)
	}
	return got
}

func TestOnePageThroughTwoFeedsIsOneArticle(t *testing.T) {
	t.Parallel()
	store := newStore(stockdigest.Ticker{Symbol: "ACME"}, companyFeeds()...)
	described := item("https://www.wsj.com/articles/acme-1?.tsrc=rss", "Acme to merge with Bolt", "")
	described.Description = "The deal is worth $1.5 billion."
	run(t, store, feedTable{
		google: list(item("https://www.google.com/url?q=https%3A%2F%2Fwww.wsj.com%2Farticles%2Facme-1%3Futm_source%3Drss", "Acme to merge with Bolt - WSJ", "WSJ")),
		yahoo:  list(described),
	})
	want := stockdigest.Article{
		ID: stockdigest.NewArticleID("https://www.wsj.com/articles/acme-1"), URL: "https://www.wsj.com/articles/acme-1",
		Title: "Acme to merge with Bolt", Publisher: "The Wall Street Journal", Description: described.Description,
		PublishedAt: asOf.Add(-3 * time.Hour), Dated: true, FirstSeenAt: asOf,
	}
	if diff := cmp.Diff(map[stockdigest.ArticleID]stockdigest.Article{want.ID: want}, store.articles); diff != "" {
		t.Error(diff)
	}
	if store.note != "2 items from 2 of 2 feeds: 1 articles, 0 rejected, 0 duplicates" {
		t.Errorf("got note %q", store.note)
	}
}

func TestAFeedThatNamesNoPublisherLearnsItFromOneThatDoes(t *testing.T) {
	t.Parallel()
	store := newStore(stockdigest.Ticker{Symbol: "ACME"}, companyFeeds()...)
	run(t, store, feedTable{
		google: list(item("https://www.daily.example/a", "Acme to merge with Bolt - The Daily", "The Daily")),
		yahoo:  list(item("https://www.daily.example/b?.tsrc=rss", "Bolt cuts its outlook | The Daily", "")),
	})
	got := store.articles[stockdigest.NewArticleID("https://www.daily.example/b")]
	if got.Title != "Bolt cuts its outlook" || got.Publisher != "The Daily" {
		t.Errorf("got title %q of %q", got.Title, got.Publisher)
	}
}

func TestSamePublisherTitleAndDayIsADuplicate(t *testing.T) {
	t.Parallel()
	store := newStore(stockdigest.Ticker{Symbol: "ACME"}, companyFeeds()...)
	old := item("https://www.theverge.com/c", "Acme to merge with Bolt", "The Verge")
	old.Published = asOf.Add(-100 * time.Hour)
	run(t, store, feedTable{
		google: list(item("https://news.google.com/rss/articles/CBMiWEFVX3lxTFB4", "Acme to merge with Bolt - The Verge", "The Verge"), old),
		yahoo: list(
			item("https://www.theverge.com/amp/a", "Acme to Merge With Bolt", ""),
			item("https://www.other.example/a", "Acme to merge with Bolt", "Other"),
			item("https://www.theverge.com/b", "Morning brief", "The Verge"), item("https://www.theverge.com/d", "Morning brief", "The Verge"),
		),
	})
	want := map[string]string{
		"https://news.google.com/rss/articles/CBMiWEFVX3lxTFB4": "pending",
		"https://www.theverge.com/amp/a":                        "duplicate duplicate",
		"https://www.theverge.com/c":                            "pending", // another day
		"https://www.other.example/a":                           "pending", // another publisher
		"https://www.theverge.com/b":                            "pending", // the title is no identity
		"https://www.theverge.com/d":                            "pending",
	}
	if diff := cmp.Diff(want, verdicts(store)); diff != "" {
		t.Error(diff)
	}
	i := slices.IndexFunc(store.material.Candidates, func(c stockdigest.Candidate) bool { return c.Verdict.Decision == stockdigest.Duplicate })
	if of := store.material.Candidates[i].Verdict.Of; of != stockdigest.NewArticleID("https://news.google.com/rss/articles/CBMiWEFVX3lxTFB4") {
		t.Errorf("duplicate of %s", of)
	}
}

func TestWindowAndUndatedItems(t *testing.T) {
	t.Parallel()
	store := newStore(stockdigest.Ticker{Symbol: "ACME"}, feed(google, stockdigest.RoleCompany))
	at := func(path string, published time.Time) stockdigest.FeedItem {
		return stockdigest.FeedItem{Link: "https://site.example/" + path, Title: "Headline " + path, Published: published}
	}
	known := func(path string, seen time.Time) {
		a := stockdigest.Article{URL: "https://site.example/" + path, Title: "Headline " + path, PublishedAt: seen, FirstSeenAt: seen}
		a.ID = stockdigest.NewArticleID(a.URL)
		store.articles[a.ID] = a
		store.sighted[google] = append(store.sighted[google], a.ID)
	}
	known("undated-seen-long-ago", asOf.Add(-20*24*time.Hour))
	known("fell-off-the-feed", asOf.Add(-24*time.Hour))
	run(t, store, feedTable{google: list(
		at("just-in", asOf), at("first", asOf.Add(-7*24*time.Hour)), at("last", asOf.Add(-7*24*time.Hour+time.Second)), at("future", asOf.Add(time.Second)),
		at("undated", time.Time{}), at("undated-seen-long-ago", time.Time{}),
	)})
	want := map[string]string{
		"https://site.example/just-in":               "pending",
		"https://site.example/first":                 "rejected window",
		"https://site.example/last":                  "pending",
		"https://site.example/future":                "rejected window",
		"https://site.example/undated":               "pending",
		"https://site.example/undated-seen-long-ago": "rejected window",
		"https://site.example/fell-off-the-feed":     "pending",
	}
	if diff := cmp.Diff(want, verdicts(store)); diff != "" {
		t.Error(diff)
	}
	for _, c := range store.material.Candidates {
		if strings.HasSuffix(c.Article.URL, "future") && !strings.Contains(c.Verdict.Reason, "after this report's as-of time") {
			t.Errorf("got reason %q", c.Verdict.Reason)
		}
	}
}

func TestNotModifiedKeepsEarlierItems(t *testing.T) {
	t.Parallel()
	store := newStore(stockdigest.Ticker{Symbol: "ACME"}, feed(google, stockdigest.RoleCompany))
	run(t, store, feedTable{google: list(item("https://site.example/a", "A headline of length", "Site"))})
	again := newStore(stockdigest.Ticker{Symbol: "ACME"}, feed(google, stockdigest.RoleCompany))
	again.articles, again.sighted = store.articles, store.sighted
	again.material.Feeds[0].Feed.Health = store.material.Polls[0].Health
	run(t, again, feedTable{google: {NotModified: true, ETag: "x"}})
	if diff := cmp.Diff(map[string]string{"https://site.example/a": "pending"}, verdicts(again)); diff != "" {
		t.Error(diff)
	}
	want := stockdigest.Poll{
		FeedURL: google, At: asOf.Add(time.Minute), NotModified: true, Items: 1,
		Health: stockdigest.FeedHealth{ETag: "x", PolledAt: asOf.Add(time.Minute), Items: 1},
	}
	if diff := cmp.Diff([]stockdigest.Poll{want}, again.material.Polls); diff != "" {
		t.Error(diff)
	}
}

func TestFailingSourcesStopNobody(t *testing.T) {
	t.Parallel()
	feeds := companyFeeds()
	feeds[1].Feed.Health = stockdigest.FeedHealth{Failures: 2, Items: 7, ETag: "e"}
	store := newStore(stockdigest.Ticker{Symbol: "ACME", CIK: "0000000001"}, feeds...)
	answers := feedTable{google: list(item("https://site.example/a", "A headline of length", "Site"))}
	if err := step(store, answers, filingList{err: errors.New("edgar is\nclosed")}).Run(t.Context(), weekly()); err != nil {
		t.Fatal(err)
	}
	now := asOf.Add(time.Minute)
	const edgar = "https://data.sec.gov/submissions/CIK0000000001.json"
	want := []stockdigest.Poll{
		{FeedURL: google, At: now, Items: 1, Health: stockdigest.FeedHealth{PolledAt: now, Items: 1}},
		{FeedURL: yahoo, At: now, Error: "unavailable", Health: stockdigest.FeedHealth{PolledAt: now, Error: "unavailable", Failures: 3, Items: 7, ETag: "e"}},
		{FeedURL: edgar, At: now, Error: "edgar is closed", Health: stockdigest.FeedHealth{PolledAt: now, Error: "edgar is closed", Failures: 1}},
	}
	if diff := cmp.Diff(want, store.material.Polls); diff != "" {
		t.Error(diff)
	}
	if want := "1 items from 1 of 2 feeds: 1 articles, 0 rejected, 0 duplicates, 0 filings, failed: " + yahoo + ": unavailable; " + edgar + ": edgar is closed"; store.note != want {
		t.Errorf("got note %q, want %q", store.note, want)
	}
}

func TestFilingsAreSavedForCompaniesThatFile(t *testing.T) {
	t.Parallel()
	filings := filingList{list: []stockdigest.Filing{{Accession: "1"}, {Accession: "2"}}}
	for name, tc := range map[string]struct {
		cik          string
		saved, polls int
	}{"with CIK": {"0000000001", 2, 1}, "without": {"", 0, 0}} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			store := newStore(stockdigest.Ticker{Symbol: "ACME", CIK: tc.cik})
			if err := step(store, nil, filings).Run(t.Context(), weekly()); err != nil {
				t.Fatal(err)
			}
			if len(store.material.Filings) != tc.saved || len(store.material.Polls) != tc.polls {
				t.Errorf("got %d filings, %d polls, want %d, %d", len(store.material.Filings), len(store.material.Polls), tc.saved, tc.polls)
			}
		})
	}
}

func TestSilentFeedsAreCounted(t *testing.T) {
	t.Parallel()
	silent := feed(google, stockdigest.RoleCompany)
	silent.Feed.Health.Empty = 2
	store := newStore(stockdigest.Ticker{Symbol: "ACME"}, silent)
	run(t, store, feedTable{google: {}})
	if got := store.material.Polls[0].Health.Empty; got != 3 {
		t.Errorf("got %d empty polls in a row, want 3", got)
	}
	if !strings.Contains(store.note, "1 feeds have listed nothing 3 times or more") {
		t.Errorf("got note %q", store.note)
	}
}

func TestFeedsThatStoppedMovingAreTold(t *testing.T) {
	t.Parallel()
	for title, tc := range map[string]struct {
		age   time.Duration
		stale bool
	}{
		"three weeks old": {21 * 24 * time.Hour, true},
		"of this week":    {3 * time.Hour, false},
	} {
		t.Run(title, func(t *testing.T) {
			t.Parallel()
			store := newStore(stockdigest.Ticker{Symbol: "ACME"}, feed(google, stockdigest.RoleCompany))
			it := item("https://site.example/a", "Acme to merge with Bolt", "Site")
			it.Published = asOf.Add(-tc.age)
			run(t, store, feedTable{google: list(it)})
			if got := strings.Contains(store.note, "stale: nothing newer than "); got != tc.stale {
				t.Errorf("got note %q, want stale %v", store.note, tc.stale)
			}
		})
	}
}

func TestAddressesInPlaceOfNamesAreNamed(t *testing.T) {
	t.Parallel()
	for link, want := range map[string]string{
		"https://detroit.cbslocal.com/a":   "CBS Local",
		"https://www.cbsnews.com/a":        "CBS News",
		"https://notcbsnews.com/a":         "notcbsnews.com",
		"https://www.investors.example/ab": "investors.example",
	} {
		t.Run(link, func(t *testing.T) {
			t.Parallel()
			u, err := url.Parse(link)
			if err != nil {
				t.Fatal(err)
			}
			store := newStore(stockdigest.Ticker{Symbol: "ACME"}, feed(google, stockdigest.RoleCompany))
			run(t, store, feedTable{google: list(item(link, "Acme to merge with Bolt - "+u.Hostname(), u.Hostname()))})
			got := store.material.Candidates[0].Article
			if got.Publisher != want || got.Title != "Acme to merge with Bolt" {
				t.Errorf("got %q of %q, want the title alone, of %q", got.Title, got.Publisher, want)
			}
		})
	}
}

func TestKilledRunEndsTheSame(t *testing.T) {
	t.Parallel()
	answers := feedTable{
		google: list(item("https://news.google.com/rss/articles/CBMiWEFVX3lxTFB4", "Acme to merge with Bolt", "The Verge")),
		yahoo:  list(item("https://www.theverge.com/a", "Acme to Merge With Bolt", ""), item("https://site.example/b", "Another long headline", "Site")),
	}
	whole := newStore(stockdigest.Ticker{Symbol: "ACME"}, companyFeeds()...)
	run(t, whole, answers)
	killed := newStore(stockdigest.Ticker{Symbol: "ACME"}, companyFeeds()...)
	killed.failAfter = 2
	if err := step(killed, answers, filingList{}).Run(t.Context(), weekly()); !errors.Is(err, stockdigest.ErrConflict) {
		t.Fatalf("got %v, want the store's error", err)
	}
	run(t, killed, answers)
	if diff := cmp.Diff(whole.material, killed.material); diff != "" {
		t.Error(diff)
	}
	if whole.note != killed.note {
		t.Errorf("got note %q, want %q", killed.note, whole.note)
	}
}

func TestBetterRoleIsReadFirst(t *testing.T) {
	t.Parallel()
	both := []stockdigest.TickerFeed{feed("https://feeds.example/a", stockdigest.RoleIndustry), feed("https://feeds.example/b", stockdigest.RoleCompany), feed("https://feeds.example/b", stockdigest.RoleUpstream)}
	store := newStore(stockdigest.Ticker{Symbol: "ACME"}, both...)
	same := list(item("https://site.example/a", "A headline of length", "Site"))
	run(t, store, feedTable{"https://feeds.example/a": same, "https://feeds.example/b": same})
	if len(store.material.Polls) != 2 || store.material.Candidates[0].Role != stockdigest.RoleCompany {
		t.Errorf("got %d polls and role %s, want 2 and company", len(store.material.Polls), store.material.Candidates[0].Role)
	}
}

func TestCancelledRunWritesNothing(t *testing.T) {
	t.Parallel()
	store := newStore(stockdigest.Ticker{Symbol: "ACME"}, companyFeeds()...)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := step(store, feedTable{}, filingList{}).Run(ctx, weekly()); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v, want context.Canceled", err)
	}
	if len(store.material.Polls) != 0 || store.note != "" {
		t.Errorf("got %d polls, note %q, want nothing written", len(store.material.Polls), store.note)
	}
}

func TestProgressCountsEverySource(t *testing.T) {
	t.Parallel()
	var mu sync.Mutex
	var told [][2]int
	progress := func(_ stockdigest.Run, _ stockdigest.StepName, done, total int) {
		mu.Lock()
		defer mu.Unlock()
		told = append(told, [2]int{done, total})
	}
	store := newStore(stockdigest.Ticker{Symbol: "ACME", CIK: "0000000001"}, companyFeeds()...)
	s := ingest.New(store, feedTable{}, filingList{}, ingest.Config{Now: func() time.Time { return asOf }, Progress: progress})
	if err := s.Run(t.Context(), weekly()); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([][2]int{{0, 3}, {1, 3}, {2, 3}, {3, 3}}, told); diff != "" {
		t.Error(diff)
	}
}
