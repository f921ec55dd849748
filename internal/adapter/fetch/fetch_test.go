package fetch_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"stockdigest.app/stockdigest"
	"stockdigest.app/stockdigest/internal/adapter/fetch"
)

const agent = "StockDigest/1.0 (+mailto:ops@stockdigest.example)"

func noon() time.Time { return time.Date(2026, 3, 3, 12, 0, 0, 0, time.UTC) }

// via is a transport of one function.
type via func(*http.Request) (*http.Response, error)

func (f via) RoundTrip(req *http.Request) (*http.Response, error) { return f(req) }

// server answers every host with h, over loopback; robots.txt is not there.
func server(tb testing.TB, h http.HandlerFunc) http.RoundTripper {
	tb.Helper()
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/robots.txt" {
			http.NotFound(w, r)
			return
		}
		h(w, r)
	}))
	tb.Cleanup(s.Close)
	base, err := url.Parse(s.URL)
	if err != nil {
		tb.Fatal(err)
	}
	inner := &http.Transport{DisableCompression: true}
	tb.Cleanup(inner.CloseIdleConnections)
	return via(func(req *http.Request) (*http.Response, error) {
		there := req.Clone(req.Context())
		there.Host, there.URL.Scheme, there.URL.Host = req.URL.Host, base.Scheme, base.Host
		return inner.RoundTrip(there)
	})
}

func client(rt http.RoundTripper) *fetch.Client {
	return fetch.New(fetch.Config{UserAgent: agent, Now: noon, Transport: rt})
}

// say is an answer made by hand.
func say(req *http.Request, status int, header http.Header, body io.Reader) *http.Response {
	if header == nil {
		header = http.Header{"Content-Type": {"text/html"}}
	}
	return &http.Response{StatusCode: status, Header: header, Body: io.NopCloser(body), ContentLength: -1, Request: req}
}

func reason(tb testing.TB, err error) fetch.Reason {
	tb.Helper()
	var e *fetch.Error
	if !errors.As(err, &e) {
		tb.Fatalf("got %v, want a fetch.Error", err)
	}
	if strings.Contains(e.Error(), "\n") || !strings.Contains(stockdigest.Message(err), e.URL) {
		tb.Errorf("message %q, want one line with the URL", stockdigest.Message(err))
	}
	return e.Reason
}

func TestPageIsReadWhole(t *testing.T) {
	t.Parallel()
	var asked http.Header
	c := client(server(t, func(w http.ResponseWriter, r *http.Request) {
		asked = r.Header
		w.Header().Set("Content-Type", "Text/HTML; Charset=ISO-8859-1")
		w.Header().Set("ETag", `"1"`)
		w.Header().Set("Set-Cookie", "a=b")
		_, _ = w.Write([]byte("<p>caf\xe9"))
	}))
	got, err := c.Page(t.Context(), "https://news.example/a#part")
	if err != nil {
		t.Fatal(err)
	}
	want := stockdigest.Body{
		URL: "https://news.example/a#part", FinalURL: "https://news.example/a", Status: 200, ContentType: "text/html",
		Bytes: []byte("<p>café"), ETag: `"1"`, FetchedAt: noon(),
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("body (-want +got):\n%s", diff)
	}
	if asked.Get("User-Agent") != agent || asked.Get("Cookie") != "" || asked.Get("Authorization") != "" {
		t.Errorf("asked with %v", asked)
	}
}

func TestFeedIsConditional(t *testing.T) {
	t.Parallel()
	c := client(server(t, func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("If-None-Match") == `"1"` || r.Header.Get("If-Modified-Since") == "then" {
			w.WriteHeader(http.StatusNotModified)
			return
		}
		w.Header().Set("Content-Type", "application/rss+xml")
		_, _ = io.WriteString(w, "<rss/>")
	}))
	for name, tt := range map[string]struct {
		etag, modified string
		want           bool
	}{"tag": {`"1"`, "", true}, "time": {"", "then", true}, "neither": {"", "", false}, "stale": {`"0"`, "", false}} {
		got, err := c.Feed(t.Context(), "https://feeds.example/a", tt.etag, tt.modified)
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		if got.NotModified != tt.want || (len(got.Bytes) == 0) != tt.want {
			t.Errorf("%s: got NotModified %t and %q", name, got.NotModified, got.Bytes)
		}
		if tt.want && (got.ETag != tt.etag || got.LastModified != tt.modified) {
			t.Errorf("%s: the validators are lost: %q, %q", name, got.ETag, got.LastModified)
		}
	}
}

func TestEveryStatusHasAKindAndAWait(t *testing.T) {
	t.Parallel()
	const minute, hour, day = time.Minute, time.Hour, 24 * time.Hour
	type row struct {
		kind error
		wait time.Duration
	}
	inv, not, den, una := error(stockdigest.ErrInvalid), error(stockdigest.ErrNotFound), error(stockdigest.ErrDenied), error(stockdigest.ErrUnavailable)
	special := map[int]row{
		401: {den, 0}, 402: {den, 0}, 403: {den, hour}, 404: {not, day}, 408: {una, 5 * minute}, 410: {not, 0},
		425: {una, 5 * minute}, 429: {una, 15 * minute}, 451: {den, 0}, 599: {not, 0},
	}
	for status := 200; status <= 599; status++ {
		if status == 200 || status == 203 {
			continue
		}
		want, ok := special[status]
		switch {
		case ok:
		case status < 300:
			want = row{una, hour}
		case status < 500:
			want = row{inv, 0}
		default:
			want = row{una, 5 * minute}
		}
		c := client(via(func(req *http.Request) (*http.Response, error) {
			return say(req, status, nil, strings.NewReader("no")), nil
		}))
		_, err := c.Data(t.Context(), "https://a.example/", 1000)
		var e *fetch.Error
		if !errors.As(err, &e) {
			t.Errorf("%d: got %v", status, err)
			continue
		}
		if e.Status != status || e.Reason != fetch.ReasonStatus || !errors.Is(err, want.kind) || e.RetryAfter != want.wait {
			t.Errorf("%d: got %v again in %s, want %v in %s", status, err, e.RetryAfter, want.kind, want.wait)
		}
	}
}

func TestRetryAfterIsTakenWithCare(t *testing.T) {
	t.Parallel()
	tests := []struct {
		header string
		want   time.Duration
	}{
		{"", time.Minute},
		{"120", 2 * time.Minute},
		{" 007 ", 7 * time.Second},
		{"0", time.Minute},
		{"-5", time.Minute},
		{"1.5", time.Minute},
		{"soon", time.Minute},
		{"86401", 24 * time.Hour},
		{"99999999999999999999999999", 24 * time.Hour},
		{"Tue, 03 Mar 2026 12:30:00 GMT", 30 * time.Minute},
		{"Tuesday, 03-Mar-26 12:30:00 GMT", 30 * time.Minute},
		{"Tue, 03 Mar 2026 11:30:00 GMT", time.Minute},
		{"Tue, 03 Mar 2099 12:30:00 GMT", 24 * time.Hour},
	}
	for _, tt := range tests {
		if got := fetch.RetryAfter(tt.header, noon(), time.Minute); got != tt.want {
			t.Errorf("Retry-After %q: got %s, want %s", tt.header, got, tt.want)
		}
	}
	c := client(server(t, func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Retry-After", "90")
		w.WriteHeader(http.StatusTooManyRequests)
	}))
	_, err := c.Page(t.Context(), "https://a.example/")
	var e *stockdigest.Error
	if !errors.As(err, &e) || e.RetryAfter != 90*time.Second {
		t.Errorf("got %#v, want 90s", err)
	}
}

func TestRedirects(t *testing.T) {
	t.Parallel()
	c := client(server(t, func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "text/html")
		var n int
		switch _, err := fmt.Sscanf(r.URL.Path, "/hops/%d", &n); {
		case err == nil && n > 0:
			http.Redirect(w, r, fmt.Sprintf("/hops/%d", n-1), http.StatusFound)
		case r.URL.Path == "/loop":
			http.Redirect(w, r, "/loop", http.StatusMovedPermanently)
		case r.URL.Path == "/to":
			w.Header().Set("Location", r.URL.Query().Get("u"))
			w.WriteHeader(http.StatusTemporaryRedirect)
		case r.URL.Path == "/nowhere":
			w.WriteHeader(http.StatusFound)
		default:
			_, _ = io.WriteString(w, "<p>"+r.Host+r.URL.Path)
		}
	}))
	t.Run("five are followed", func(t *testing.T) {
		t.Parallel()
		got, err := c.Page(t.Context(), "https://a.example/hops/5")
		if err != nil || got.FinalURL != "https://a.example/hops/0" || got.URL != "https://a.example/hops/5" {
			t.Errorf("got %s, %v", got.FinalURL, err)
		}
	})
	t.Run("to another host", func(t *testing.T) {
		t.Parallel()
		got, err := c.Page(t.Context(), "https://a.example/to?u=//b.example/x%23y")
		if err != nil || got.FinalURL != "https://b.example/x" {
			t.Errorf("got %s, %v", got.FinalURL, err)
		}
	})
	for u, want := range map[string]fetch.Reason{
		"https://a.example/hops/6":                                   fetch.ReasonRedirects,
		"https://a.example/loop":                                     fetch.ReasonRedirects,
		"https://a.example/nowhere":                                  fetch.ReasonStatus,
		"https://a.example/to?u=http://127.0.0.1/":                   fetch.ReasonAddress,
		"https://a.example/to?u=http://169.254.169.254/latest":       fetch.ReasonAddress,
		"https://a.example/to?u=http://[::ffff:10.0.0.1]/":           fetch.ReasonAddress,
		"https://a.example/to?u=http://localhost/":                   fetch.ReasonAddress,
		"https://a.example/to?u=http://0x7f.1/":                      fetch.ReasonAddress,
		"https://a.example/to?u=https://b.example:8443/":             fetch.ReasonURL,
		"https://a.example/to?u=https://user:pw@b.example/":          fetch.ReasonURL,
		"https://a.example/to?u=file:///etc/passwd":                  fetch.ReasonURL,
		"https://a.example/to?u=javascript:alert(1)":                 fetch.ReasonURL,
		"https://a.example/to?u=http://%5B::1":                       fetch.ReasonURL,
		"https://a.example/to?u=/" + strings.Repeat("long", 5<<10/2): fetch.ReasonURL,
	} {
		t.Run("refused: "+u[:min(len(u), 60)], func(t *testing.T) {
			t.Parallel()
			_, err := c.Page(t.Context(), u)
			if got := reason(t, err); got != want {
				t.Errorf("got %s (%v), want %s", got, err, want)
			}
		})
	}
}

// stuck is a body that gives a few bytes and then nothing until ctx ends.
type stuck struct {
	ctx  context.Context //nolint:containedctx // a body of net/http knows its request the same way
	text io.Reader
}

func (s stuck) Read(p []byte) (int, error) {
	if n, err := s.text.Read(p); err == nil {
		return n, nil
	}
	<-s.ctx.Done()
	return 0, s.ctx.Err()
}

func TestSlowServersMeetTheDeadline(t *testing.T) {
	t.Parallel()
	tests := map[string]via{
		"hangs before the headers": func(req *http.Request) (*http.Response, error) {
			if req.URL.Path == "/robots.txt" {
				return say(req, 404, nil, http.NoBody), nil
			}
			<-req.Context().Done()
			return nil, req.Context().Err()
		},
		"stops in the body": func(req *http.Request) (*http.Response, error) {
			if req.URL.Path == "/robots.txt" {
				return say(req, 404, nil, http.NoBody), nil
			}
			return say(req, 200, nil, stuck{req.Context(), strings.NewReader("<p>half")}), nil
		},
		"redirects slowly": func(req *http.Request) (*http.Response, error) {
			if req.URL.Path == "/robots.txt" {
				return say(req, 404, nil, http.NoBody), nil
			}
			select {
			case <-time.After(4 * time.Second):
			case <-req.Context().Done():
				return nil, req.Context().Err()
			}
			return say(req, 302, http.Header{"Location": {"/on"}}, http.NoBody), nil
		},
	}
	for name, rt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				start := time.Now()
				c := fetch.New(fetch.Config{UserAgent: agent, Now: time.Now, Transport: rt})
				_, err := c.Page(t.Context(), "https://slow.example/")
				if got := reason(t, err); got != fetch.ReasonTimeout || !errors.Is(err, stockdigest.ErrUnavailable) {
					t.Errorf("got %s (%v)", got, err)
				}
				if took := time.Since(start); took > 11*time.Second {
					t.Errorf("took %s, want about 10s", took)
				}
			})
		})
	}
}

func TestTheCallersEndIsNotAFetchError(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancelCause(t.Context())
	stop := errors.New("stopping")
	c := client(via(func(req *http.Request) (*http.Response, error) {
		cancel(stop)
		<-req.Context().Done()
		return nil, req.Context().Err()
	}))
	_, err := c.Data(ctx, "https://a.example/", 100)
	var e *fetch.Error
	if !errors.Is(err, stop) || errors.As(err, &e) {
		t.Errorf("got %v, want the caller's cause alone", err)
	}
}

func TestBrokenConnections(t *testing.T) {
	t.Parallel()
	c := client(server(t, func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "text/html")
		switch r.URL.Path {
		case "/half":
			w.Header().Set("Content-Length", "100")
			_, _ = io.WriteString(w, "<p>half")
		case "/reset":
			panic(http.ErrAbortHandler)
		case "/notgzip":
			w.Header().Set("Content-Encoding", "gzip")
			_, _ = io.WriteString(w, "<p>plain")
		case "/zstd":
			w.Header().Set("Content-Encoding", "zstd")
			_, _ = io.WriteString(w, "<p>plain")
		}
	}))
	for path, want := range map[string]fetch.Reason{
		"/half": fetch.ReasonNetwork, "/reset": fetch.ReasonNetwork, "/notgzip": fetch.ReasonBroken, "/zstd": fetch.ReasonBroken,
	} {
		_, err := c.Page(t.Context(), "https://a.example"+path)
		var e *fetch.Error
		if got := reason(t, err); got != want || !errors.Is(err, stockdigest.ErrUnavailable) || !errors.As(err, &e) || e.RetryAfter == 0 {
			t.Errorf("%s: got %s (%v), want %s", path, got, err, want)
		}
	}
}

func TestSecretsStayOutOfErrors(t *testing.T) {
	t.Parallel()
	c := client(via(func(req *http.Request) (*http.Response, error) { return say(req, 500, nil, http.NoBody), nil }))
	for _, u := range []string{
		"https://a.example/x?apikey=s3cr3t&n=1", "https://a.example/x?n=1&X-Amz-Signature=s3cr3t", "https://a.example/x?access_token=s3cr3t#s3cr3t",
		"https://user:s3cr3t@a.example/x", "https://user:s3cr3t@a.example/%zz", "https://a.example/%zz?key=s3cr3t", "https://a.example/x?%6bey=s3cr3t",
	} {
		_, err := c.Data(t.Context(), u, 100)
		if err == nil || strings.Contains(err.Error(), "s3cr3t") || strings.Contains(stockdigest.Message(err), "s3cr3t") {
			t.Errorf("%s: got %v", u, err)
		}
	}
}

func TestMessagesReadWell(t *testing.T) {
	t.Parallel()
	status := func(status int, after string) via {
		return func(req *http.Request) (*http.Response, error) {
			return say(req, status, http.Header{"Retry-After": {after}}, http.NoBody), nil
		}
	}
	tests := []struct {
		rt        via
		url, want string
	}{
		{status(503, "600"), "https://a.example/x", "read document https://a.example/x: the server answered 503 Service Unavailable; try again in 10m"},
		{status(503, "20"), "https://a.example/x", "read document https://a.example/x: the server answered 503 Service Unavailable; try again in 20s"},
		{status(404, ""), "https://a.example/x", "read document https://a.example/x: the server answered 404 Not Found; try again in 24h"},
		{status(410, ""), "https://a.example/x", "read document https://a.example/x: the server answered 410 Gone; it is not tried again"},
		{status(599, ""), "https://a.example/x", "read document https://a.example/x: the recorded night does not hold it; record it again to have it"},
		{status(200, ""), "ftp://a.example/x", `read document ftp://a.example/x: not a web address this program may open (scheme "ftp"); give an http or https URL with a public host and no user name or port`},
		{func(*http.Request) (*http.Response, error) {
			return nil, errors.New("bad\n\x1b[2J answer")
		}, "https://a.example/x", "read document https://a.example/x: no connection or a broken one (bad [2J answer); try again in 5m"},
	}
	for _, tt := range tests {
		_, err := client(tt.rt).Data(t.Context(), tt.url, 100)
		if got := stockdigest.Message(err); got != tt.want {
			t.Errorf("got  %s\nwant %s", got, tt.want)
		}
	}
}
