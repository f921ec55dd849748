package web_test

import (
	"context"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"stockdigest.app/stockdigest"
	"stockdigest.app/stockdigest/internal/web"
)

// running is a server on loopback whose route /work takes as long as the test
// wants.
type running struct {
	url     string
	entered chan struct{}
	leave   chan struct{}
	stop    context.CancelFunc
	done    chan error
}

func run(t *testing.T) running {
	t.Helper()
	r := running{entered: make(chan struct{}, 1), leave: make(chan struct{}), done: make(chan error, 1)}
	listens := make(chan net.Addr, 1)
	s := web.New(web.Config{Addr: "127.0.0.1:0"}, web.Deps{
		Health: web.NewHealth(nil, time.Now, func(string, error) {}), Now: time.Now, Log: newLog(io.Discard),
		Listens: func(a net.Addr) { listens <- a },
		Sites: []web.Site{{Routes: []web.Route{{Method: http.MethodGet, Path: "/work", Who: web.Anyone, Serve: func(w http.ResponseWriter, _ *http.Request, _ stockdigest.Access) error {
			r.entered <- struct{}{}
			<-r.leave
			return web.WriteJSON(w, http.StatusOK, "done")
		}}}}},
	})
	ctx, cancel := context.WithCancel(t.Context())
	r.stop = cancel
	go func() { r.done <- s.Run(ctx) }()
	r.url = "http://" + (<-listens).String()
	return r
}

func (r running) end(t *testing.T) {
	t.Helper()
	r.stop()
	check(t, <-r.done)
}

func get(t *testing.T, url string) (string, error) {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, url, nil)
	if err != nil {
		return "", err
	}
	client := &http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
	response, err := client.Do(request)
	if err != nil {
		return "", err
	}
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	return strings.TrimSpace(string(body)), err
}

func TestStopFinishesWhatIsBeingAnswered(t *testing.T) {
	t.Parallel()
	r := run(t)
	answers := make(chan string, 1)
	go func() {
		body, err := get(t, r.url+"/work")
		if err != nil {
			body = err.Error()
		}
		answers <- body
	}()
	<-r.entered
	r.stop()
	close(r.leave)
	if err, body := <-r.done, <-answers; err != nil || body != `"done"` {
		t.Errorf("got %v and the answer %s, want no error and done", err, body)
	}
	if _, err := get(t, r.url+"/livez"); err == nil {
		t.Error("the stopped server still answers")
	}
}

// TestStopDoesNotWaitForEver has a handler that never ends; the test would hang
// if the server waited for it.
func TestStopDoesNotWaitForEver(t *testing.T) {
	t.Parallel()
	r := run(t)
	defer close(r.leave)
	go func() { _, _ = get(t, r.url+"/work") }()
	<-r.entered
	r.stop()
	if err := <-r.done; err != nil {
		t.Errorf("got %v, want no error", err)
	}
}

func TestAddressInUseIsSaid(t *testing.T) {
	t.Parallel()
	r := run(t)
	defer r.end(t)
	s := web.New(web.Config{Addr: strings.TrimPrefix(r.url, "http://")}, web.Deps{
		Health: web.NewHealth(nil, time.Now, func(string, error) {}), Now: time.Now, Log: newLog(io.Discard),
	})
	if err := s.Run(t.Context()); err == nil || !strings.Contains(err.Error(), "listen on 127.0.0.1") {
		t.Errorf("got %v, want it to name the address", err)
	}
}

func TestHugeHeadersAreRefused(t *testing.T) {
	t.Parallel()
	r := run(t)
	defer r.end(t)
	request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, r.url+"/livez", nil)
	if err != nil {
		t.Fatal(err)
	}
	request.Header.Set("X-Long", strings.Repeat("x", 64<<10))
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	if response.StatusCode != http.StatusRequestHeaderFieldsTooLarge {
		t.Errorf("got %d, want 431", response.StatusCode)
	}
}
