package fetch_test

import (
	"errors"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"stockdigest.app/stockdigest"
	"stockdigest.app/stockdigest/internal/adapter/fetch"
)

func TestRobotsRules(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name, text, path string
		want             bool // forbidden
	}{
		{"nothing", "", "/a", false},
		{"all for all", "User-agent: *\nDisallow: /", "/a", true},
		{"empty disallow", "User-agent: *\nDisallow:", "/a", false},
		{"empty disallow, then another's", "User-agent: *\nDisallow:\n\nUser-agent: BadBot\nDisallow: /", "/a", false},
		{"another's first", "User-agent: BadBot\nDisallow: /\n\nUser-agent: *\nDisallow: /x", "/a", false},
		{"our group instead of all", "User-agent: *\nDisallow: /\nUser-agent: stockdigest\nDisallow: /x", "/a", false},
		{"our group with version", "User-agent: StockDigest/2.0\nDisallow: /a", "/a", true},
		{"two names, one group", "User-agent: BadBot\nUser-agent: *\nDisallow: /a", "/a/b", true},
		{"our rules in two groups", "User-agent: stockdigest\nDisallow: /a\nUser-agent: x\nDisallow: /\nUser-agent: STOCKDIGEST\nDisallow: /b", "/b", true},
		{"longest wins", "User-agent: *\nDisallow: /a\nAllow: /a/news", "/a/news/1", false},
		{"longest wins in any order", "User-agent: *\nAllow: /a\nDisallow: /a/news", "/a/news/1", true},
		{"allow wins a tie", "User-agent: *\nDisallow: /a\nAllow: /a", "/a", false},
		{"star", "User-agent: *\nDisallow: /*/print", "/news/1/print", true},
		{"star does not move the start", "User-agent: *\nDisallow: /print*x", "/news/print/x", false},
		{"end", "User-agent: *\nDisallow: /*.pdf$", "/a.pdf?x", false},
		{"end met", "User-agent: *\nDisallow: /*.pdf$", "/a.pdf", true},
		{"exact end", "User-agent: *\nDisallow: /$", "/a", false},
		{"query", "User-agent: *\nDisallow: /*?amp=", "/a?amp=1", true},
		{"comments, case, spaces, old line ends", "# hi\rUSER-AGENT : *  # all\rDISALLOW : /a # no\r", "/a", true},
		{"byte mark", "\ufeffUser-agent: *\nDisallow: /", "/a", true},
		{"rules before any group", "Disallow: /\nUser-agent: x\nDisallow: /", "/a", false},
		{"sitemap between", "User-agent: *\nSitemap: https://a.example/s.xml\nCrawl-delay: x\nDisallow: /a", "/a", true},
		{"a page instead", "<!doctype html><html><p>User-agent: none", "/a", false},
		{"many stars", "User-agent: *\nDisallow: /" + strings.Repeat("*a", 900) + "b", "/" + strings.Repeat("a", 8000), false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			if got := fetch.Forbids(tt.text, "stockdigest", tt.path); got != tt.want {
				t.Errorf("got %t, want %t", got, tt.want)
			}
		})
	}
}

// site answers /robots.txt with a status and text and counts how often.
type site struct {
	status int
	text   string
	asked  atomic.Int32
	pages  atomic.Int32
}

func (s *site) RoundTrip(req *http.Request) (*http.Response, error) {
	if req.URL.Path != "/robots.txt" {
		s.pages.Add(1)
		return say(req, 200, nil, strings.NewReader("<p>x")), nil
	}
	s.asked.Add(1)
	if s.status == 0 {
		return nil, errors.New("connection refused")
	}
	return say(req, s.status, http.Header{"Content-Type": {"image/png"}}, strings.NewReader(s.text)), nil
}

func TestPagesObeyRobots(t *testing.T) {
	t.Parallel()
	no := "User-agent: *\nDisallow: /private"
	tests := []struct {
		name   string
		status int
		text   string
		path   string
		want   fetch.Reason // empty: read
	}{
		{"allowed", 200, no, "/a", ""},
		{"forbidden", 200, no, "/private/a", fetch.ReasonRobots},
		{"not there", 404, "User-agent: *\nDisallow: /", "/a", ""},
		{"denied itself", 403, "", "/a", ""},
		{"server in trouble", 503, "", "/a", fetch.ReasonRobots},
		{"no answer", 0, "", "/a", fetch.ReasonNetwork},
		{"beyond 500 KB is not read", 200, no + "\n" + strings.Repeat("# long\n", 80_000) + "Disallow: /a", "/a", ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			s := &site{status: tt.status, text: tt.text}
			_, err := client(s).Page(t.Context(), "https://a.example"+tt.path)
			if tt.want == "" {
				if err != nil {
					t.Errorf("got %v", err)
				}
				return
			}
			if got := reason(t, err); got != tt.want || s.pages.Load() != 0 {
				t.Errorf("got %s (%v) and %d pages asked", got, err, s.pages.Load())
			}
			if tt.want == fetch.ReasonRobots && !errors.Is(err, stockdigest.ErrDenied) {
				t.Errorf("got %v, want denied", err)
			}
		})
	}
}

func TestRobotsAreKeptForADay(t *testing.T) {
	t.Parallel()
	s := &site{status: 200, text: "User-agent: *\nDisallow: /x"}
	var mu sync.Mutex
	now := noon()
	clock := func() time.Time { mu.Lock(); defer mu.Unlock(); return now }
	c := fetch.New(fetch.Config{UserAgent: agent, Now: clock, Transport: s})
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() { _, _ = c.Page(t.Context(), "https://a.example/a") })
	}
	wg.Wait()
	if got := s.asked.Load(); got != 1 {
		t.Errorf("eight pages at once asked %d times, want once", got)
	}
	mu.Lock()
	now = now.Add(25 * time.Hour)
	mu.Unlock()
	_, _ = c.Page(t.Context(), "https://a.example/a")
	_, _ = c.Feed(t.Context(), "https://a.example/x", "", "")
	if got := s.asked.Load(); got != 2 {
		t.Errorf("a day later asked %d times, want twice", got)
	}
}

func FuzzRobots(f *testing.F) {
	f.Add("User-agent: *\nDisallow: /*a$", "/a")
	f.Fuzz(func(_ *testing.T, text, path string) { fetch.Forbids(text, "stockdigest", path) })
}
