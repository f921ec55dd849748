package fetch

import (
	"context"
	"fmt"
	"maps"
	"strings"
	"sync"
	"time"

	"golang.org/x/time/rate"
)

// A Limit is how hard one host may be asked. Zero fields take the default.
type Limit struct {
	Rate     float64 // requests a second
	Parallel int     // requests at once
}

func (l Limit) or(d Limit) Limit {
	if l.Rate == 0 {
		l.Rate = d.Rate
	}
	if l.Parallel == 0 {
		l.Parallel = d.Parallel
	}
	return l
}

func politeLimit() Limit { return Limit{Rate: 2, Parallel: 2} }

// withSEC adds the limit for SEC, which allows 10 requests a second over all
// of its hosts together and blocks who sends more.
func withSEC(hosts map[string]Limit) map[string]Limit {
	all := map[string]Limit{"sec.gov": {Rate: 8, Parallel: 4}}
	maps.Copy(all, hosts)
	return all
}

// maxHosts bounds the memory of a process that meets new hosts every day.
const maxHosts = 1024

// limits gives each host its turn.
type limits struct {
	perHost Limit
	domains map[string]Limit
	fleet   *Fleet // nil: this process is alone

	mu    sync.Mutex
	hosts map[string]*hostLimit
}

type hostLimit struct {
	rate  *rate.Limiter
	slots chan struct{} // nil: no limit
	fleet *fleetHost    // nil: this process is alone
	users int           // guarded by limits.mu
}

func newLimits(perHost Limit, domains map[string]Limit, fleet *Fleet) *limits {
	return &limits{perHost: perHost, domains: domains, fleet: fleet, hosts: map[string]*hostLimit{}}
}

// wait blocks until host may be asked and returns what ends the turn. The
// request takes at most that long.
func (l *limits) wait(ctx context.Context, host string, atMost time.Duration) (release func(), err error) {
	h := l.enter(host)
	if h.slots != nil {
		select {
		case h.slots <- struct{}{}:
		case <-ctx.Done():
			l.leave(h)
			return nil, fmt.Errorf("waiting: %w", context.Cause(ctx))
		}
	}
	free := func() {
		if h.slots != nil {
			<-h.slots
		}
		l.leave(h)
	}
	if h.fleet != nil {
		leave, err := h.fleet.take(ctx, atMost)
		if err != nil {
			free()
			return nil, err
		}
		return func() { leave(); free() }, nil
	}
	if err := h.rate.Wait(ctx); err != nil {
		free()
		if ctx.Err() != nil {
			return nil, fmt.Errorf("waiting: %w", context.Cause(ctx))
		}
		return nil, fmt.Errorf("waiting: %w", context.DeadlineExceeded) // its turn comes after the deadline
	}
	return free, nil
}

func (l *limits) enter(host string) *hostLimit {
	key, limit := l.of(host)
	l.mu.Lock()
	defer l.mu.Unlock()
	h, ok := l.hosts[key]
	if !ok {
		if len(l.hosts) >= maxHosts {
			l.forget()
		}
		h = &hostLimit{rate: rate.NewLimiter(rate.Inf, 1), fleet: l.fleet.host(key, limit)}
		if limit.Rate > 0 {
			h.rate = rate.NewLimiter(rate.Limit(limit.Rate), max(limit.Parallel, 1))
		}
		if limit.Parallel > 0 {
			h.slots = make(chan struct{}, limit.Parallel)
		}
		l.hosts[key] = h
	}
	h.users++
	return h
}

func (l *limits) leave(h *hostLimit) {
	l.mu.Lock()
	defer l.mu.Unlock()
	h.users--
}

// forget drops the hosts nobody waits for and whose rate is rested.
func (l *limits) forget() {
	for key, h := range l.hosts {
		if h.users == 0 && (h.rate.Limit() == rate.Inf || h.rate.Tokens() >= float64(h.rate.Burst())) {
			delete(l.hosts, key)
		}
	}
}

// of finds the key that shares a limit, and the limit.
func (l *limits) of(host string) (string, Limit) {
	host = strings.ToLower(host)
	for domain, ok := host, true; ok; _, domain, ok = strings.Cut(domain, ".") {
		if limit, found := l.domains[domain]; found {
			return domain, limit.or(l.perHost)
		}
	}
	return strings.TrimPrefix(host, "www."), l.perHost
}
