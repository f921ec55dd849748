package extract_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"stockdigest.app/stockdigest"
	"stockdigest.app/stockdigest/internal/pipeline/extract"
)

var asOf = time.Date(2019, 11, 20, 7, 0, 0, 0, time.UTC)

func testRun() stockdigest.Run {
	return stockdigest.Run{ID: "r1", Ticker: "ACME", Kind: stockdigest.Daily, AsOf: asOf, Token: 1}
}

// A fakeStore keeps the material of one run and the order of writes.
type fakeStore struct {
	mu       sync.Mutex // pages are looked up while others are saved
	material stockdigest.Material
	writes   []string
	failAt   int // the write that fails; 0: none
	done     string
}

var errKilled = errors.New("killed")

func (s *fakeStore) write(what string) error {
	if s.failAt > 0 && len(s.writes)+1 >= s.failAt {
		return errKilled
	}
	s.writes = append(s.writes, what)
	return nil
}

func (s *fakeStore) Material(context.Context, stockdigest.Run) (stockdigest.Material, error) {
	m := s.material
	m.Candidates = slices.Clone(m.Candidates)
	return m, nil
}

func (s *fakeStore) PageKnown(_ context.Context, id stockdigest.ArticleID, _ time.Time) (bool, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.at(id).Text != nil, nil
}

func (s *fakeStore) at(id stockdigest.ArticleID) *stockdigest.Candidate {
	for i := range s.material.Candidates {
		if s.material.Candidates[i].Article.ID == id {
			return &s.material.Candidates[i]
		}
	}
	return &stockdigest.Candidate{}
}

func (s *fakeStore) Resolve(_ context.Context, _ stockdigest.Run, from stockdigest.ArticleID, to stockdigest.Article) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	c := s.at(from)
	if other := s.at(to.ID); other.Article.ID != "" {
		c.Verdict.Decision, c.Verdict.Of = stockdigest.Duplicate, to.ID
		return s.write("resolve onto " + to.URL)
	}
	c.Article, c.Verdict.ArticleID = to, to.ID
	return s.write("resolve to " + to.URL)
}

func (s *fakeStore) SaveText(_ context.Context, _ stockdigest.Run, text stockdigest.Text, verdict stockdigest.Verdict) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if err := s.write("text " + string(text.Label) + " " + s.at(text.ArticleID).Article.URL); err != nil {
		return err
	}
	c := s.at(text.ArticleID)
	c.Text, c.Verdict = &text, verdict
	return nil
}

func (s *fakeStore) SaveMiss(_ context.Context, _ stockdigest.Run, miss stockdigest.Miss, _ stockdigest.Verdict) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.at(miss.ArticleID).Miss = &miss
	return s.write("miss " + s.at(miss.ArticleID).Article.URL)
}

func (s *fakeStore) SaveVerdicts(_ context.Context, _ stockdigest.Run, step stockdigest.StepName, verdicts []stockdigest.Verdict, note string) error {
	if err := s.write("done " + string(step)); err != nil {
		return err
	}
	for _, v := range verdicts {
		s.at(v.ArticleID).Verdict = v
	}
	s.done = note
	return nil
}

// fakePages answers from a map and counts.
type fakePages struct {
	mu      sync.Mutex
	bodies  map[string]string
	errs    map[string]error
	final   map[string]string
	fetched map[string]int
}

func (p *fakePages) Page(_ context.Context, url string) (stockdigest.Body, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.fetched == nil {
		p.fetched = map[string]int{}
	}
	p.fetched[url]++
	if err := p.errs[url]; err != nil {
		return stockdigest.Body{}, err
	}
	final := url
	if to, ok := p.final[url]; ok {
		final = to
	}
	body, ok := p.bodies[url]
	if !ok {
		return stockdigest.Body{URL: url, FinalURL: final, Status: 404}, nil
	}
	return stockdigest.Body{URL: url, FinalURL: final, Status: 200, Bytes: []byte(body), FetchedAt: asOf}, nil
}

func pageOf(text, head string) string {
	return "<html><head><title>News</title>" + head + "</head><body><article><h1>News of the day</h1>" + text + "</article></body></html>"
}

func prose(seed string) string {
	var b strings.Builder
	for i := range 6 {
		fmt.Fprintf(&b, "<p>%s said on Tuesday that sales rose %d percent to $%d.5 billion, and that its chief executive expects more of the same in the coming year, according to a statement.</p>\n", seed, i+3, i+10)
	}
	return b.String()
}

func candidate(url string, hoursAgo int) stockdigest.Candidate {
	id := stockdigest.NewArticleID(url)
	return stockdigest.Candidate{
		Article: stockdigest.Article{
			ID: id, URL: url, Title: "Headline of " + url, Description: "What the feed said.", Publisher: "Example Times",
			PublishedAt: asOf.Add(-time.Duration(hoursAgo) * time.Hour), Dated: true,
		},
		Role:    stockdigest.RoleCompany,
		Verdict: stockdigest.Verdict{ArticleID: id, Decision: stockdigest.Selected, Gate: "rules", Score: 3},
	}
}

func setup(candidates ...stockdigest.Candidate) (*fakeStore, *fakePages, *extract.Step) {
	store := &fakeStore{material: stockdigest.Material{Ticker: stockdigest.Ticker{Symbol: "ACME", Name: "Acme Corp."}, Candidates: candidates}}
	pages := &fakePages{bodies: map[string]string{}, errs: map[string]error{}, final: map[string]string{}}
	step := extract.New(extract.Deps{Store: store, Pages: pages, Now: func() time.Time { return asOf }})
	return store, pages, step
}

const (
	one = "https://news.example.com/one"
	two = "https://news.example.com/two"
)

func TestRunSavesTextsInTheOrderOfCandidates(t *testing.T) {
	t.Parallel()
	var candidates []stockdigest.Candidate
	var want []string
	for i := range 12 {
		url := fmt.Sprintf("https://news.example.com/%02d", i)
		candidates = append(candidates, candidate(url, i+1))
		want = append(want, "text  "+url)
	}
	store, pages, step := setup(candidates...)
	for i, c := range candidates {
		pages.bodies[c.Article.URL] = pageOf(prose(fmt.Sprintf("Company number %d", i)), "")
	}
	if err := step.Run(t.Context(), testRun()); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(append(want, "done extract"), store.writes); diff != "" {
		t.Errorf("writes (-want +got):\n%s", diff)
	}
}

func TestRunFetchesNoStoredPageAgain(t *testing.T) {
	t.Parallel()
	for kill := 1; kill <= 4; kill++ {
		t.Run(fmt.Sprintf("killed at write %d", kill), func(t *testing.T) {
			t.Parallel()
			store, pages, step := setup(candidate(one, 1), candidate(two, 2))
			pages.bodies[one], pages.bodies[two] = pageOf(prose("Acme"), ""), pageOf(prose("Beta"), "")
			store.failAt = kill
			_ = step.Run(t.Context(), testRun())
			stored := store.at(stockdigest.NewArticleID(one)).Text != nil
			store.failAt = 0
			if err := step.Run(t.Context(), testRun()); err != nil {
				t.Fatal(err)
			}
			if stored && pages.fetched[one] != 1 {
				t.Errorf("a stored page was fetched %d times, want 1", pages.fetched[one])
			}
			if store.done == "" {
				t.Error("the step is not done")
			}
		})
	}
}

func TestRunKeepsFailuresApart(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name    string
		prepare func(*fakePages)
		label   stockdigest.TextLabel
		stored  bool
		retry   time.Duration
	}{
		{"gone for good", func(*fakePages) {}, stockdigest.TextHeadline, true, 0},
		{"out of order for now", func(p *fakePages) {
			p.errs[one] = &stockdigest.Error{Kind: stockdigest.ErrUnavailable, Message: "slow down", RetryAfter: time.Hour}
		}, "", false, time.Hour},
		{"unknown trouble", func(p *fakePages) { p.errs[one] = errors.New("connection reset") }, "", false, 15 * time.Minute},
		{"refused by robots", func(p *fakePages) { p.errs[one] = &stockdigest.Error{Kind: stockdigest.ErrDenied, Message: "robots"} }, stockdigest.TextHeadline, true, 0},
		{"binary", func(p *fakePages) { p.bodies[one] = "\x00\x01\x02\x03" }, stockdigest.TextHeadline, true, 0},
		{"front page", func(p *fakePages) {
			p.final[one] = "https://news.example.com/"
			p.bodies[one] = pageOf(prose("Acme"), "")
		}, stockdigest.TextHeadline, true, 0},
		{"consent wall", func(p *fakePages) {
			p.bodies[one] = "<html><title>Before you continue</title><body><p>We value your privacy. Accept all cookies?</p></body></html>"
		}, "", false, 15 * time.Minute},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			store, pages, step := setup(candidate(one, 1))
			test.prepare(pages)
			if err := step.Run(t.Context(), testRun()); err != nil {
				t.Fatal(err)
			}
			c := store.at(stockdigest.NewArticleID(one))
			if c.Miss == nil || c.Miss.Cause == "" {
				t.Fatalf("got miss %v, want one with its cause", c.Miss)
			}
			var retry time.Duration
			if !c.Miss.NextTry.IsZero() {
				retry = c.Miss.NextTry.Sub(asOf)
			}
			if retry != test.retry || (c.Text != nil) != test.stored {
				t.Fatalf("got next try in %v and text %v, want %v and stored %t", retry, c.Text, test.retry, test.stored)
			}
			if c.Text != nil && (c.Text.Label != test.label || c.Text.Body != "Headline of "+one+"\n\nWhat the feed said.") {
				t.Errorf("got text %q %q", c.Text.Label, c.Text.Body)
			}
			if c.Verdict.Decision != stockdigest.Selected {
				t.Errorf("got %s, want the candidate to stay selected", c.Verdict.Decision)
			}
		})
	}
}

func TestRunDoesNotRetryBeforeItsTime(t *testing.T) {
	t.Parallel()
	c := candidate(one, 1)
	c.Miss = &stockdigest.Miss{ArticleID: c.Article.ID, At: asOf.Add(-time.Minute), NextTry: asOf.Add(time.Minute)}
	_, pages, step := setup(c)
	if err := step.Run(t.Context(), testRun()); err != nil {
		t.Fatal(err)
	}
	if len(pages.fetched) != 0 {
		t.Errorf("got fetches %v, want none", pages.fetched)
	}
}

func TestRunLabelsPaywalledPages(t *testing.T) {
	t.Parallel()
	store, pages, step := setup(candidate(one, 1))
	teaser := "Acme used to be a simple business that sold anvils to coyotes, but its new chief executive has other plans for the year ahead."
	pages.bodies[one] = pageOf("<p>"+teaser+"</p><p>All of the plans that people who know him told us about...</p>", `<script type="application/ld+json">{"@type":"NewsArticle","headline":"News of the day","isAccessibleForFree":false}</script>`)
	if err := step.Run(t.Context(), testRun()); err != nil {
		t.Fatal(err)
	}
	text := store.at(stockdigest.NewArticleID(one)).Text
	if want := "Headline of " + one + "\n\nWhat the feed said.\n\n" + teaser; text == nil || text.Label != stockdigest.TextPaywall || text.Body != want {
		t.Errorf("got %+v, want a paywalled text %q", text, want)
	}
}

func TestRunJudgesTexts(t *testing.T) {
	t.Parallel()
	dated := func(day string) string { return `<meta property="article:published_time" content="` + day + `">` }
	unsure := candidate(one, 1)
	unsure.Verdict.Gate = "unsure"
	tests := []struct {
		name       string
		candidates []stockdigest.Candidate
		bodies     map[string]string
		about      bool
		want       stockdigest.Decision
		gate       string
	}{
		{"second look finds another company", []stockdigest.Candidate{unsure}, map[string]string{one: pageOf(prose("Apex"), "")}, false, stockdigest.Rejected, "entity"},
		{"second look agrees", []stockdigest.Candidate{unsure}, map[string]string{one: pageOf(prose("Acme"), "")}, true, stockdigest.Selected, "entity"},
		{"the page is two years old", []stockdigest.Candidate{candidate(one, 1)}, map[string]string{one: pageOf(prose("Acme"), dated("2017-11-19T10:00:00Z"))}, true, stockdigest.Rejected, "stale"},
		{"the page is a few days old", []stockdigest.Candidate{candidate(one, 1)}, map[string]string{one: pageOf(prose("Acme"), dated("2019-11-15T10:00:00Z"))}, true, stockdigest.Selected, "rules"},
		{"the page was rewritten since", []stockdigest.Candidate{candidate(one, 1)}, map[string]string{one: pageOf(prose("Acme"), dated("2017-11-19T10:00:00Z")+`<meta property="article:modified_time" content="2019-11-19T10:00:00Z">`)}, true, stockdigest.Selected, "rules"},
		{"the same text came earlier", []stockdigest.Candidate{candidate(one, 1), candidate(two, 2)}, map[string]string{one: pageOf(prose("Acme"), ""), two: pageOf(prose("Acme"), "")}, true, stockdigest.Duplicate, "text"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			store, pages, step := setup(test.candidates...)
			pages.bodies = test.bodies
			step.SecondLook = func(stockdigest.Ticker, stockdigest.Candidate, string) (bool, string) { return test.about, "a reason" }
			if err := step.Run(t.Context(), testRun()); err != nil {
				t.Fatal(err)
			}
			got := store.at(stockdigest.NewArticleID(one)).Verdict
			if got.Decision != test.want || got.Gate != test.gate {
				t.Errorf("got %s at %s (%s), want %s at %s", got.Decision, got.Gate, got.Reason, test.want, test.gate)
			}
			if got.Decision == stockdigest.Duplicate && got.Of != stockdigest.NewArticleID(two) {
				t.Errorf("got duplicate of %s, want the earlier one", got.Of)
			}
		})
	}
}

func TestRunMovesRedirectedCandidates(t *testing.T) {
	t.Parallel()
	wrapper := "https://links.example.net/r/123"
	store, pages, step := setup(candidate(wrapper, 1))
	pages.bodies[wrapper], pages.final[wrapper] = pageOf(prose("Acme"), ""), one
	if err := step.Run(t.Context(), testRun()); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{"resolve to " + one, "text  " + one, "done extract"}, store.writes); diff != "" {
		t.Errorf("writes (-want +got):\n%s", diff)
	}
}

func TestRunLeavesKnownArticlesAsTheyAre(t *testing.T) {
	t.Parallel()
	wrapper := "https://links.example.net/r/123"
	rejected := candidate(one, 2)
	rejected.Verdict.Decision, rejected.Verdict.Gate = stockdigest.Rejected, "shopping"
	store, pages, step := setup(candidate(wrapper, 1), rejected)
	pages.bodies[wrapper], pages.final[wrapper] = pageOf(prose("Acme"), ""), one
	if err := step.Run(t.Context(), testRun()); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{"resolve onto " + one, "done extract"}, store.writes); diff != "" {
		t.Errorf("writes (-want +got):\n%s", diff)
	}
	if got := store.at(stockdigest.NewArticleID(one)).Verdict; got != rejected.Verdict {
		t.Errorf("got %+v, want the verdict of triage to stand", got)
	}
}

func TestRunFollowsStubsToTheirPublisher(t *testing.T) {
	t.Parallel()
	stub := "https://portal.example.org/news/stub"
	store, pages, step := setup(candidate(stub, 1))
	pages.bodies[stub] = pageOf("<p>Acme said on Tuesday that sales rose, and that it would say more about the year ahead soon.</p>", `<script>{"providerContentUrl":"https:\/\/news.example.com\/one"}</script>`)
	pages.bodies[one] = pageOf(prose("Acme"), "")
	if err := step.Run(t.Context(), testRun()); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{"resolve to " + one, "text  " + one, "done extract"}, store.writes); diff != "" {
		t.Errorf("writes (-want +got):\n%s", diff)
	}
}

func TestRunOpensWrapperLinksOffline(t *testing.T) {
	t.Parallel()
	wrapper := "https://www.google.com/url?sa=t&url=https%3A%2F%2Fnews.example.com%2Fone"
	store, pages, step := setup(candidate(wrapper, 1))
	pages.bodies[one] = pageOf(prose("Acme"), "")
	if err := step.Run(t.Context(), testRun()); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{"resolve to " + one, "text  " + one, "done extract"}, store.writes); diff != "" {
		t.Errorf("writes (-want +got):\n%s", diff)
	}
	if pages.fetched[wrapper] != 0 {
		t.Error("the wrapper was fetched")
	}
}

// fakeLinks open what they know.
type fakeLinks map[string]string

func (l fakeLinks) Target(_ context.Context, link string) (string, error) {
	switch target, ok := l[link]; {
	case !ok:
		return link, nil
	case target == "":
		return "", &stockdigest.Error{Kind: stockdigest.ErrUnavailable, Message: "Google asks to be left alone", RetryAfter: 40 * time.Minute}
	default:
		return target, nil
	}
}

func TestRunReadsWhereAWrapperLinkLeads(t *testing.T) {
	t.Parallel()
	const wrapper, busy = "https://news.google.com/rss/articles/new-1", "https://news.google.com/rss/articles/new-2"
	store, pages, _ := setup(candidate(wrapper, 1), candidate(busy, 2), candidate(two, 3))
	step := extract.New(extract.Deps{
		Store: store, Pages: pages, Links: fakeLinks{wrapper: one, busy: ""}, Now: func() time.Time { return asOf },
	})
	pages.bodies[one], pages.bodies[two] = pageOf(prose("Acme"), ""), pageOf(prose("Bowl"), "")
	if err := step.Run(t.Context(), testRun()); err != nil {
		t.Fatal(err)
	}
	want := []string{"resolve to " + one, "text  " + one, "miss " + busy, "text  " + two, "done extract"}
	if diff := cmp.Diff(want, store.writes); diff != "" {
		t.Errorf("writes (-want +got):\n%s", diff)
	}
	if at := store.at(stockdigest.NewArticleID(busy)).Miss.NextTry; !at.Equal(asOf.Add(40 * time.Minute)) {
		t.Errorf("next try at %s, want when Google allows it", at)
	}
}

func TestRunStopsWhenTheContextEnds(t *testing.T) {
	t.Parallel()
	store, pages, step := setup(candidate(one, 1))
	pages.errs[one] = context.Canceled
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := step.Run(ctx, testRun()); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v, want %v", err, context.Canceled)
	}
	if len(store.writes) != 0 {
		t.Errorf("got writes %v, want none", store.writes)
	}
}
