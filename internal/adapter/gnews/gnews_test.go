package gnews_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"stockdigest.app/stockdigest"
	"stockdigest.app/stockdigest/internal/adapter/fetch"
	"stockdigest.app/stockdigest/internal/adapter/gnews"
)

// google plays Google News: it answers the second call only when it is the
// POST, and the page's signature comes back in it.
type google struct {
	target string
	page   string // instead of the signed page
	answer string // instead of the answer
	status int
	calls  int
}

const id = "CBMiV0FVX3lxTFAzZ3Z4aGJCc0o5T2xNUWVRV1Yzb0ZpbnJMejJDZVlJLURsMDFub0hXZUtENTdHR3Uzd29oTXhCU0h0MWZvVzVRbzFFTUlkSEsyMHRKQ0dVaw"

const link = "https://news.google.com/rss/articles/" + id + "?oc=5"

func (g *google) RoundTrip(req *http.Request) (*http.Response, error) {
	g.calls++
	body := g.page
	status, kind := http.StatusOK, "text/html; charset=utf-8"
	switch {
	case g.status != 0:
		status = g.status
	case strings.Contains(req.URL.Path, "batchexecute"):
		kind, body = "application/json; charset=utf-8", g.answer
		if asked, err := form(req); body == "" && err == nil && asked {
			body = answerWith(g.target)
		}
	case body == "":
		body = `<html><c-wiz><div jscontroller="aLI87" data-n-a-id="` + id + `" data-n-a-ts="1784915408" data-n-a-sg="A&amp;B"></div></c-wiz>`
	}
	return &http.Response{
		StatusCode: status, Header: http.Header{"Content-Type": {kind}, "Retry-After": {"120"}},
		Body: io.NopCloser(strings.NewReader(body)), ContentLength: int64(len(body)), Request: req,
	}, nil
}

// answerWith is Google's answer with a target.
func answerWith(target string) string {
	text := func(s string) string {
		raw, err := json.Marshal(s)
		if err != nil {
			return `""`
		}
		return string(raw)
	}
	return ")]}'\n\n[[\"wrb.fr\",\"Fbv4je\"," + text(`["garturlres",`+text(target)+`,1]`) + `,null,null,null,"generic"],["di",23]]`
}

// form tells whether the request is the second call as Google's page makes it.
func form(req *http.Request) (bool, error) {
	if req.Method != http.MethodPost || req.URL.Query().Has("f.req") {
		return false, nil
	}
	raw, err := io.ReadAll(req.Body)
	if err != nil {
		return false, err
	}
	fields, err := url.ParseQuery(string(raw))
	if err != nil {
		return false, err
	}
	var outer [][][]any
	if err := json.Unmarshal([]byte(fields.Get("f.req")), &outer); err != nil {
		return false, err
	}
	var inner []any
	text, _ := outer[0][0][1].(string)
	if err := json.Unmarshal([]byte(text), &inner); err != nil {
		return false, err
	}
	return inner[0] == "garturlreq" && inner[2] == id && inner[3] == float64(1784915408) && inner[4] == "A&B", nil
}

func setup(g *google, wrap func(http.RoundTripper) http.RoundTripper) (*gnews.Client, *clock, *memory) {
	now := &clock{at: time.Date(2026, 11, 23, 8, 0, 0, 0, time.UTC)}
	kept := &memory{targets: map[string]string{}}
	get := fetch.New(fetch.Config{UserAgent: "test", Now: now.now, Transport: g, Wrap: wrap})
	return gnews.New(gnews.Config{Get: get, Cache: kept, Now: now.now}), now, kept
}

type clock struct{ at time.Time }

func (c *clock) now() time.Time { return c.at }

type memory struct {
	mu      sync.Mutex
	targets map[string]string
}

func (m *memory) Resolved(_ context.Context, link string) (string, bool, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	target, ok := m.targets[link]
	return target, ok, nil
}

func (m *memory) SaveResolved(_ context.Context, link, target string, _ time.Time) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.targets[link] = target
	return nil
}

func TestTwoCallsOpenANewLinkOnce(t *testing.T) {
	t.Parallel()
	want := "https://www.example.com/story?id=62306633&page=2"
	g := &google{target: want}
	client, _, kept := setup(g, gnews.Wrap)
	for range 2 {
		got, err := client.Resolve(t.Context(), link)
		if err != nil || got != want {
			t.Fatalf("got %q, %v, want %q", got, err, want)
		}
	}
	if g.calls != 2 || len(kept.targets) != 1 {
		t.Errorf("got %d calls and %d kept targets for two questions, want 2 and 1", g.calls, len(kept.targets))
	}
}

// Without Wrap the second call is a GET, which Google does not answer: this
// test would pass with any client if google did not look.
func TestWithoutWrapGoogleDoesNotOpen(t *testing.T) {
	t.Parallel()
	client, _, _ := setup(&google{target: "https://www.example.com/"}, nil)
	if got, err := client.Resolve(t.Context(), link); !errors.Is(err, stockdigest.ErrUnavailable) {
		t.Errorf("got %q, %v, want ErrUnavailable", got, err)
	}
}

func TestOldLinkIsOpenedOffline(t *testing.T) {
	t.Parallel()
	g := &google{}
	client, _, _ := setup(g, gnews.Wrap)
	got, err := client.Resolve(t.Context(), "https://news.google.com/rss/articles/CBMiLmh0dHBzOi8vd3d3LmJiYy5jb20vbmV3cy9hcnRpY2xlcy9jampqbnhkdjE4OG_SATJodHRwczovL3d3dy5iYmMuY29tL25ld3MvYXJ0aWNsZXMvY2pqam54ZHYxODhvLmFtcA?oc=5")
	if err != nil || got != "https://www.bbc.com/news/articles/cjjjnxdv188o" || g.calls != 0 {
		t.Errorf("got %q, %v with %d calls, want the address without a call", got, err, g.calls)
	}
}

func TestHostileTargetsAreRefused(t *testing.T) {
	t.Parallel()
	for _, target := range []string{
		"javascript:alert(1)", "file:///etc/passwd", "ftp://example.com/a", "//example.com/a", "/a", "http://user:pass@example.com/",
		"data:text/html,x", "https://", "gopher://127.0.0.1:6379/_FLUSHALL", "https://news.google.com/rss/articles/CBMiother", "https://consent.google.com/m", strings.Repeat("https://a.example/", 900),
	} {
		client, _, kept := setup(&google{target: target}, gnews.Wrap)
		got, err := client.Resolve(t.Context(), link)
		if err == nil || len(kept.targets) != 0 {
			t.Errorf("target %.60q: got %q and %d kept, want an error", target, got, len(kept.targets))
		}
	}
}

func TestPrivateTargetIsNotFetched(t *testing.T) {
	t.Parallel()
	for _, target := range []string{"http://127.0.0.1/admin", "http://169.254.169.254/latest/meta-data/", "http://[::1]/", "http://2130706433/", "http://db.internal/"} {
		g := &google{target: target}
		now := time.Now
		get := fetch.New(fetch.Config{UserAgent: "test", Now: now, Transport: g, Wrap: gnews.Wrap})
		got, err := gnews.New(gnews.Config{Get: get, Now: now}).Resolve(t.Context(), link)
		if err != nil {
			continue // refused at once is as good
		}
		before := g.calls
		if _, err := get.Page(t.Context(), got); !errors.Is(err, stockdigest.ErrDenied) || g.calls != before {
			t.Errorf("page of %s: got %v after %d requests, want ErrDenied after none", target, err, g.calls-before)
		}
	}
}

func TestAfterA429GoogleIsLeftAlone(t *testing.T) {
	t.Parallel()
	g := &google{target: "https://www.example.com/a", status: http.StatusTooManyRequests}
	client, now, _ := setup(g, gnews.Wrap)
	for range 5 {
		_, err := client.Resolve(t.Context(), link)
		known, ok := errors.AsType[*stockdigest.Error](err)
		if !ok || !errors.Is(err, stockdigest.ErrUnavailable) || known.RetryAfter != 2*time.Minute {
			t.Fatalf("got %v, want ErrUnavailable for two minutes", err)
		}
	}
	if g.calls != 1 {
		t.Errorf("got %d requests while Google wants none, want the first only", g.calls)
	}
	g.status, now.at = 0, now.at.Add(2*time.Minute)
	if _, err := client.Resolve(t.Context(), link); err != nil {
		t.Errorf("after the wait: got %v, want the target", err)
	}
}

func TestOneLostLinkDoesNotStopTheOthers(t *testing.T) {
	t.Parallel()
	g := &google{target: "https://www.example.com/a", status: http.StatusBadGateway}
	client, _, _ := setup(g, gnews.Wrap)
	if _, err := client.Resolve(t.Context(), link); !errors.Is(err, stockdigest.ErrUnavailable) {
		t.Fatalf("got %v, want ErrUnavailable", err)
	}
	g.status = 0
	if _, err := client.Resolve(t.Context(), link); err != nil {
		t.Errorf("next try: got %v, want the target", err)
	}
}

func TestAnswersThatOpenNothing(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		google google
		want   error
	}{
		"refused":             {google{answer: ")]}'\n\n[[\"wrb.fr\",\"Fbv4je\",null,null,null,[3],\"generic\"]]"}, stockdigest.ErrNotFound},
		"another result":      {google{answer: `[["wrb.fr","Fbv4je","[\"other\",\"https://a.example/\"]"]]`}, stockdigest.ErrNotFound},
		"number for address":  {google{answer: `[["wrb.fr","Fbv4je","[\"garturlres\",7]"]]`}, stockdigest.ErrNotFound},
		"page for robots":     {google{page: "<html><title>Before you continue</title>"}, stockdigest.ErrUnavailable},
		"another's signature": {google{page: `<div data-n-a-id="CBMiX" data-n-a-ts="1" data-n-a-sg="x">`}, stockdigest.ErrUnavailable},
		"no JSON":             {google{answer: "<html>sorry</html>"}, stockdigest.ErrUnavailable},
	} {
		client, _, _ := setup(&c.google, gnews.Wrap)
		if got, err := client.Resolve(t.Context(), link); !errors.Is(err, c.want) {
			t.Errorf("%s: got %q, %v, want %v", name, got, err, c.want)
		}
	}
}

func TestWhatIsNoLinkOfGoogleNews(t *testing.T) {
	t.Parallel()
	g := &google{}
	client, _, _ := setup(g, gnews.Wrap)
	for _, raw := range []string{
		"", "https://www.example.com/a", "https://news.google.com/", "https://news.google.com/rss/articles/", "https://news.google.com/rss/articles/a%2f..%2fb",
		"https://news.google.com.evil.example/rss/articles/CBMi", "https://news.google.com/articles/" + strings.Repeat("A", 4000), "https://news.google.com/rss/articles/a\"b",
	} {
		if got, err := client.Resolve(t.Context(), raw); !errors.Is(err, stockdigest.ErrInvalid) {
			t.Errorf("%.60q: got %q, %v, want ErrInvalid", raw, got, err)
		}
	}
	if g.calls != 0 {
		t.Errorf("got %d requests, want none", g.calls)
	}
}

func TestWrapLeavesOtherRequestsAlone(t *testing.T) {
	t.Parallel()
	seen := ""
	trip := gnews.Wrap(tripper(func(req *http.Request) (*http.Response, error) {
		seen = fmt.Sprint(req.Method, " ", req.URL)
		return nil, io.EOF
	}))
	for _, raw := range []string{"https://news.google.com/rss/search?q=f.req", "https://other.example/_/DotsSplashUi/data/batchexecute?f.req=x"} {
		req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, raw, http.NoBody)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := trip.RoundTrip(req); !errors.Is(err, io.EOF) || seen != "GET "+raw { //nolint:bodyclose // there is none
			t.Errorf("got %q, want GET %s", seen, raw)
		}
	}
}

type tripper func(*http.Request) (*http.Response, error)

func (f tripper) RoundTrip(req *http.Request) (*http.Response, error) { return f(req) }
