package web

import (
	"context"
	"net/http"
	"sync"
	"sync/atomic"
	"time"

	"stockdigest.app/stockdigest"
)

const (
	// How long a check may take: readiness must tell within 5 s.
	checkTime = 3 * time.Second
	// How long an answer about health is given again.
	freshTime = time.Second
)

// A Check is one thing without which the service cannot work.
type Check struct {
	Name string // one word: database
	Bad  string // for people outside, without detail: "the database does not answer"
	Run  func(ctx context.Context) error
}

// A Health answers whether the process lives and can work. It is safe for
// concurrent use.
type Health struct {
	checks []*watched
	now    func() time.Time
	warn   func(check string, err error)

	stopped atomic.Bool

	mu    sync.Mutex
	at    time.Time // when the state was found
	state state
}

// state is what the checks found.
type state struct {
	Status  string          `json:"status"` // ready or not ready
	Reasons []string        `json:"reasons,omitempty"`
	Checks  map[string]bool `json:"checks,omitempty"`
}

// NewHealth returns a health of the checks. What a check finds is told to warn,
// for the log: the outside is told that it is bad, never why.
func NewHealth(checks []Check, now func() time.Time, warn func(check string, err error)) *Health {
	h := &Health{now: now, warn: warn}
	for _, c := range checks {
		h.checks = append(h.checks, &watched{Check: c})
	}
	return h
}

// site is the health pages. None asks who is there, and /livez touches nothing:
// a process whose database is down must not be restarted for it.
func (h *Health) site() Site {
	return Site{Routes: []Route{
		{Method: http.MethodGet, Path: "/livez", Who: Anyone, Serve: h.live},
		{Method: http.MethodGet, Path: "/readyz", Who: Anyone, Serve: h.ready},
		{Method: http.MethodGet, Path: "/health", Who: Anyone, Serve: h.summary},
	}}
}

func (h *Health) live(w http.ResponseWriter, _ *http.Request, _ stockdigest.Access) error {
	return WriteJSON(w, http.StatusOK, state{Status: "alive"})
}

func (h *Health) ready(w http.ResponseWriter, r *http.Request, _ stockdigest.Access) error {
	s := h.look(r.Context())
	s.Checks = nil
	return WriteJSON(w, status(s), s)
}

func (h *Health) summary(w http.ResponseWriter, r *http.Request, _ stockdigest.Access) error {
	s := h.look(r.Context())
	return WriteJSON(w, status(s), s)
}

func status(s state) int {
	if len(s.Reasons) > 0 {
		return http.StatusServiceUnavailable
	}
	return http.StatusOK
}

// stop makes the process not ready, so that no new requests are sent to it.
func (h *Health) stop() { h.stopped.Store(true) }

// look runs the checks, unless somebody did a moment ago. Who comes while they
// run waits for their answer.
func (h *Health) look(ctx context.Context) state {
	if h.stopped.Load() {
		return state{Status: "not ready", Reasons: []string{"the service is stopping"}}
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	if age := h.now().Sub(h.at); age < 0 || age >= freshTime {
		h.state, h.at = h.run(context.WithoutCancel(ctx)), h.now()
	}
	return h.state
}

func (h *Health) run(ctx context.Context) state {
	ctx, cancel := context.WithTimeout(ctx, checkTime)
	defer cancel()
	found := make([]error, len(h.checks))
	var all sync.WaitGroup
	for i, c := range h.checks {
		all.Go(func() { found[i] = c.look(ctx) })
	}
	all.Wait()
	s := state{Status: "ready", Checks: map[string]bool{}}
	for i, c := range h.checks {
		s.Checks[c.Name] = found[i] == nil
		if found[i] != nil {
			s.Status = "not ready"
			s.Reasons = append(s.Reasons, c.Bad)
			h.warn(c.Name, found[i])
		}
	}
	return s
}

// watched is a check of which one runs at a time, also when it hangs and does
// not listen to its context.
type watched struct {
	Check
	running chan error
}

// look gives up on the check when ctx ends; the next look waits for the same
// one.
func (c *watched) look(ctx context.Context) error {
	if c.running == nil {
		done := make(chan error, 1)
		c.running = done
		go func() { done <- c.Run(ctx) }()
	}
	select {
	case err := <-c.running:
		c.running = nil
		return err
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}
