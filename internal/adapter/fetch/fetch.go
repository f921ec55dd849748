package fetch

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"stockdigest.app/stockdigest"
)

// Caps of decoded bytes and deadlines per kind of request. A feed or a page
// above its cap is junk or an attack; real ones are a tenth of it.
const (
	maxFeed   = 5 << 20
	maxPage   = 2 << 20
	maxRobots = 500 << 10 // what RFC 9309 asks a robot to read at least

	feedTimeout   = 15 * time.Second
	pageTimeout   = 10 * time.Second
	dataTimeout   = 30 * time.Second // EDGAR documents are up to tens of megabytes
	robotsTimeout = 5 * time.Second

	maxRedirects = 5
)

// Config sets up a Client. Only UserAgent and Now are needed.
type Config struct {
	// UserAgent names the program, its version and a contact: what SEC and
	// publishers ask of robots. Its part before the first slash or space is
	// the name looked up in robots.txt.
	UserAgent string
	Now       func() time.Time
	// Transport replaces the network, for recorded nights and tests. Nil is
	// the guarded network. URLs are checked either way.
	Transport http.RoundTripper
	// Wrap goes around the network or Transport, for recording.
	Wrap func(http.RoundTripper) http.RoundTripper
	// PerHost is the limit of each host that Hosts does not name. Its zero
	// fields mean 2 in parallel and 2 a second on the network, and no limit
	// on a Transport, which has nobody to be polite to.
	PerHost Limit
	// Hosts overrides PerHost by domain; all subdomains share the limit of
	// their domain. The network has one for sec.gov of 8 a second.
	Hosts map[string]Limit
	// Fleet keeps the limits over all processes. Nil: each process by itself.
	Fleet  *Fleet
	Logger *slog.Logger // nil: silent
}

// A Client fetches. It is safe for parallel use.
type Client struct {
	agent  string
	now    func() time.Time
	via    http.RoundTripper
	guard  *guard
	limits *limits
	robots *robots
	log    *slog.Logger
}

// New returns a client.
func New(cfg Config) *Client {
	return newClient(cfg, newGuard(80, 443))
}

func newClient(cfg Config, g *guard) *Client {
	via, perHost, hosts := cfg.Transport, cfg.PerHost, cfg.Hosts
	if via == nil {
		via = g.network(nil)
		perHost = perHost.or(politeLimit())
		if _, ok := hosts["sec.gov"]; !ok {
			hosts = withSEC(hosts)
		}
	}
	if cfg.Wrap != nil {
		via = cfg.Wrap(via)
	}
	log := cfg.Logger
	if log == nil {
		log = slog.New(slog.DiscardHandler)
	}
	c := &Client{agent: cfg.UserAgent, now: cfg.Now, via: via, guard: g, limits: newLimits(perHost, hosts, cfg.Fleet), log: log}
	c.robots = newRobots(robotName(cfg.UserAgent), cfg.Now)
	return c
}

// Feed reads a feed of at most 5 MB. With etag or lastModified of an earlier
// answer the server may say that nothing changed: NotModified is set then.
func (c *Client) Feed(ctx context.Context, rawURL, etag, lastModified string) (stockdigest.Body, error) {
	return c.get(ctx, rawURL, ask{
		what: "feed", max: maxFeed, timeout: feedTimeout, types: feedTypes(),
		accept: "application/rss+xml, application/atom+xml, application/feed+json, application/xml;q=0.9, text/xml;q=0.9, */*;q=0.5",
		etag:   etag, lastModified: lastModified,
	})
}

// Page reads an article page of at most 2 MB where robots.txt allows it.
func (c *Client) Page(ctx context.Context, rawURL string) (stockdigest.Body, error) {
	return c.get(ctx, rawURL, ask{
		what: "page", max: maxPage, timeout: pageTimeout, types: pageTypes(), obeyRobots: true,
		accept: "text/html, application/xhtml+xml, text/plain;q=0.8, */*;q=0.1",
	})
}

// Data reads a document of an interface made for programs, such as EDGAR's:
// JSON, XML, HTML or plain text of at most maxBytes decoded.
func (c *Client) Data(ctx context.Context, rawURL string, maxBytes int64) (stockdigest.Body, error) {
	return c.get(ctx, rawURL, ask{
		what: "document", max: maxBytes, timeout: dataTimeout, types: dataTypes(), accept: "*/*",
	})
}

// DataWithin is Data with a deadline of its own, for services that work on an
// answer.
func (c *Client) DataWithin(ctx context.Context, rawURL string, maxBytes int64, within time.Duration) (stockdigest.Body, error) {
	return c.get(ctx, rawURL, ask{what: "document", max: maxBytes, timeout: within, types: dataTypes(), accept: "*/*"})
}

// An ask is one request with its limits.
type ask struct {
	what               string // for people: feed, page, document
	max                int64
	timeout            time.Duration
	accept             string
	types              []string // media types taken; nil takes any bytes as they are
	obeyRobots         bool
	truncate           bool // cut at max instead of refusing
	etag, lastModified string
}

// get asks, follows redirects and reads the answer.
func (c *Client) get(ctx context.Context, rawURL string, a ask) (stockdigest.Body, error) {
	body, err := c.follow(ctx, rawURL, a)
	if err == nil {
		return body, nil
	}
	var failed *Error
	if !errors.As(err, &failed) {
		return stockdigest.Body{}, err // the caller's own context ended
	}
	failed.What, failed.URL = a.what, Redact(rawURL)
	c.log.DebugContext(ctx, "fetch failed", "url", failed.URL, "reason", string(failed.Reason), "status", failed.Status)
	return stockdigest.Body{}, failed
}

// follow goes from hop to hop. Time spent waiting for a turn does not count
// against the deadline; the hops share what is left of it.
func (c *Client) follow(ctx context.Context, rawURL string, a ask) (stockdigest.Body, error) {
	at, err := c.guard.parse(rawURL)
	if err != nil {
		return stockdigest.Body{}, err
	}
	left := a.timeout
	for range maxRedirects + 1 {
		if a.obeyRobots {
			if err := c.robots.allowed(ctx, at, c.readRobots); err != nil {
				return stockdigest.Body{}, err
			}
		}
		body, next, used, err := c.hop(ctx, at, a, left)
		if err != nil {
			return stockdigest.Body{}, err
		}
		if next == nil {
			body.URL = rawURL
			return body, nil
		}
		at, left = next, max(left-used, time.Second)
	}
	return stockdigest.Body{}, &Error{Reason: ReasonRedirects}
}

// hop makes one request in its turn: it returns the answer, or where the
// server sends us next.
func (c *Client) hop(ctx context.Context, at *url.URL, a ask, left time.Duration) (stockdigest.Body, *url.URL, time.Duration, error) {
	release, err := c.limits.wait(ctx, at.Hostname(), left)
	if err != nil {
		return stockdigest.Body{}, nil, 0, fmt.Errorf("wait for a turn at %s: %w", at.Hostname(), err)
	}
	defer release()
	start := c.now()
	late := &Error{Reason: ReasonTimeout, Limit: a.timeout.String(), RetryAfter: retryDefault(ReasonTimeout)}
	reqCtx, cancel := context.WithTimeoutCause(ctx, left, late)
	defer cancel()
	body, next, err := c.ask(reqCtx, at, a)
	switch {
	case err == nil:
		return body, next, c.now().Sub(start), nil
	case ctx.Err() != nil:
		return body, nil, 0, fmt.Errorf("fetch %s: %w", Redact(at.String()), context.Cause(ctx))
	case reqCtx.Err() != nil:
		return body, nil, 0, late
	}
	return body, nil, 0, classify(err)
}

// ask sends one request and reads the answer to its end.
func (c *Client) ask(ctx context.Context, at *url.URL, a ask) (stockdigest.Body, *url.URL, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, at.String(), http.NoBody)
	if err != nil {
		return stockdigest.Body{}, nil, &Error{Reason: ReasonURL, Err: err}
	}
	c.headers(req, a)
	resp, err := c.via.RoundTrip(req)
	if err != nil {
		return stockdigest.Body{}, nil, err
	}
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusOK && resp.StatusCode != http.StatusNonAuthoritativeInfo {
		return c.other(at, resp, a)
	}
	raw, err := read(resp, a)
	if err != nil {
		return stockdigest.Body{}, nil, err
	}
	body := c.answer(at, resp)
	body.ContentType, body.Bytes, err = decodeText(resp.Header.Get("Content-Type"), raw, a.types)
	return body, nil, err
}

func (c *Client) headers(req *http.Request, a ask) {
	req.Header.Set("User-Agent", c.agent)
	req.Header.Set("Accept", a.accept)
	req.Header.Set("Accept-Encoding", "gzip, br, deflate")
	req.Header.Set("Accept-Language", "en;q=1.0, *;q=0.5")
	if a.etag != "" {
		req.Header.Set("If-None-Match", a.etag)
	}
	if a.lastModified != "" {
		req.Header.Set("If-Modified-Since", a.lastModified)
	}
}

// other deals with the answers that are not 200: unchanged, elsewhere, no.
func (c *Client) other(at *url.URL, resp *http.Response, a ask) (stockdigest.Body, *url.URL, error) {
	switch resp.StatusCode {
	case http.StatusNotModified:
		if a.etag != "" || a.lastModified != "" {
			body := c.answer(at, resp)
			body.NotModified = true
			body.ETag = cmp.Or(body.ETag, a.etag)
			body.LastModified = cmp.Or(body.LastModified, a.lastModified)
			return body, nil, nil
		}
	case http.StatusMovedPermanently, http.StatusFound, http.StatusSeeOther,
		http.StatusTemporaryRedirect, http.StatusPermanentRedirect:
		if location := resp.Header.Get("Location"); location != "" {
			next, err := c.guard.join(at, location)
			return stockdigest.Body{}, next, err
		}
	}
	_, _ = io.CopyN(io.Discard, resp.Body, 4<<10) // lets the connection be used again
	return stockdigest.Body{}, nil, statusError(resp.StatusCode, resp.Header.Get("Retry-After"), c.now())
}

func (c *Client) answer(at *url.URL, resp *http.Response) stockdigest.Body {
	return stockdigest.Body{
		FinalURL:     at.String(),
		Status:       resp.StatusCode,
		ETag:         oneLine(resp.Header.Get("ETag"), 1024),
		LastModified: oneLine(resp.Header.Get("Last-Modified"), 64),
		FetchedAt:    c.now(),
	}
}

// oneLine drops a validator that is too long to be stored and sent back.
func oneLine(s string, most int) string {
	if len(s) > most || strings.ContainsAny(s, "\r\n\x00") {
		return ""
	}
	return s
}

// read takes the body through its content encodings, within the caps of a.
func read(resp *http.Response, a ask) ([]byte, error) {
	encodings, err := encodingsOf(resp.Header)
	if err != nil {
		return nil, err
	}
	if len(encodings) == 0 && resp.ContentLength > a.max && !a.truncate {
		return nil, tooLarge(a.max)
	}
	got, err := decode(resp.Body, encodings, a.max)
	if a.truncate && errors.Is(err, errTooLarge) {
		return got, nil
	}
	if errors.Is(err, errTooLarge) {
		return nil, tooLarge(a.max)
	}
	return got, err
}

func tooLarge(limit int64) error {
	size := strconv.FormatInt(limit>>20, 10) + " MB"
	if limit < 1<<20 {
		size = strconv.FormatInt(limit, 10) + " bytes"
	}
	return &Error{Reason: ReasonTooLarge, Limit: size}
}
