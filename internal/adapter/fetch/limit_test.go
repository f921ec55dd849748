package fetch_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"stockdigest.app/stockdigest/internal/adapter/fetch"
)

// busy takes a second for each answer and notes how many were under way.
type busy struct {
	mu        sync.Mutex
	now, most int
}

func (b *busy) RoundTrip(req *http.Request) (*http.Response, error) {
	b.mu.Lock()
	b.now++
	b.most = max(b.most, b.now)
	b.mu.Unlock()
	<-time.After(time.Second)
	b.mu.Lock()
	b.now--
	b.mu.Unlock()
	return say(req, 200, nil, strings.NewReader("x")), nil
}

func TestHostsAreAskedInTurn(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name      string
		cfg       fetch.Config
		hosts     []string
		asks      int
		most      int
		took, tol time.Duration
	}{
		{"two at once", fetch.Config{PerHost: fetch.Limit{Rate: 100, Parallel: 2}}, []string{"a.example"}, 10, 2, 5 * time.Second, time.Second / 2},
		{"one a second", fetch.Config{PerHost: fetch.Limit{Rate: 0.5, Parallel: 1}}, []string{"a.example"}, 4, 1, 7 * time.Second, time.Second / 2},
		{"www counts as the same", fetch.Config{PerHost: fetch.Limit{Rate: 100, Parallel: 1}}, []string{"a.example", "www.a.example"}, 4, 1, 4 * time.Second, time.Second / 2},
		{"other hosts do not wait", fetch.Config{PerHost: fetch.Limit{Rate: 100, Parallel: 1}}, []string{"a.example", "b.example"}, 4, 2, 2 * time.Second, time.Second / 2},
		{"a domain shares its limit", fetch.Config{Hosts: map[string]fetch.Limit{"sec.gov": {Rate: 100, Parallel: 1}}}, []string{"www.sec.gov", "data.sec.gov", "efts.sec.gov"}, 3, 1, 3 * time.Second, time.Second / 2},
		{"no limit on a transport", fetch.Config{}, []string{"a.example"}, 20, 20, time.Second, time.Second / 2},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				b := &busy{}
				tt.cfg.UserAgent, tt.cfg.Now, tt.cfg.Transport = agent, time.Now, b
				c := fetch.New(tt.cfg)
				start := time.Now()
				var wg sync.WaitGroup
				for i := range tt.asks {
					wg.Go(func() {
						if _, err := c.Data(t.Context(), fmt.Sprintf("https://%s/%d", tt.hosts[i%len(tt.hosts)], i), 100); err != nil {
							t.Error(err)
						}
					})
				}
				wg.Wait()
				if took := time.Since(start); took < tt.took-tt.tol || took > tt.took+tt.tol || b.most != tt.most {
					t.Errorf("took %s with %d at once, want %s with %d", took, b.most, tt.took, tt.most)
				}
			})
		})
	}
}

func TestWaitingForATurnEndsWithTheCaller(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		c := fetch.New(fetch.Config{UserAgent: agent, Now: time.Now, Transport: &busy{}, PerHost: fetch.Limit{Rate: 0.01, Parallel: 1}})
		if _, err := c.Data(t.Context(), "https://a.example/", 100); err != nil {
			t.Fatal(err)
		}
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		if _, err := c.Data(ctx, "https://a.example/", 100); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("got %v", err)
		}
	})
}
