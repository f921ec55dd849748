// Package gnews opens the links of Google News. Old ones hold their target and
// are opened offline; new ones hold a token that only Google can read, in two
// steps: the page of the link has a signature, and a second call trades token
// and signature for the address.
//
// It takes a link and gives the address of the article, which is http or https,
// without credentials and not Google's own. It fetches nothing there: whoever
// does goes through the same polite client, which refuses private networks.
// Shapes and names of the two steps are not documented by Google; they are
// what its own page does, as public programs have recorded it.
package gnews

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"time"

	"stockdigest.app/stockdigest"
	"stockdigest.app/stockdigest/internal/adapter/fetch"
)

const (
	maxPage   = 2 << 20  // bytes of the page with the signature; it has about 600 kB
	maxAnswer = 64 << 10 // bytes of the second call's answer; it has about 300
	maxID     = 2 << 10  // bytes of a token; the longest known have 800
	maxRest   = time.Hour

	host      = "news.google.com"
	batchPath = "/_/DotsSplashUi/data/batchexecute"
	question  = "f.req" // the form field of the second call
)

// A Getter fetches a document within a size cap, politely and within a deadline.
type Getter interface {
	Data(ctx context.Context, url string, maxBytes int64) (stockdigest.Body, error)
}

// A Cache remembers targets by link, so that a link is opened once a day for
// all tickers and processes. What it forgets is asked again.
type Cache interface {
	// Resolved returns the target that was saved for a link at most 24 hours
	// ago, and false when there is none.
	Resolved(ctx context.Context, link string) (target string, ok bool, err error)
	SaveResolved(ctx context.Context, link, target string, at time.Time) error
}

// Config sets up a Client. Cache may be nil: then every link is asked for.
type Config struct {
	Get   Getter // its transport wrapped with Wrap
	Cache Cache
	Now   func() time.Time
}

// A Client opens links. It is safe for concurrent use when its Getter and Cache
// are.
type Client struct {
	Config

	mu    sync.Mutex
	until time.Time // Google asked to be left alone until then
}

// New returns a client.
func New(cfg Config) *Client { return &Client{Config: cfg} }

// Wraps reports whether link is one of Google News, for Resolve to open.
func Wraps(link string) bool {
	_, err := token(link)
	return err == nil
}

// Resolve returns the article that a link leads to. A link that is no wrapper
// is ErrInvalid, one that Google does not open ErrNotFound; ErrUnavailable is
// worth another try. After a 429 Google is left alone for as long as it asked,
// an hour at most, and Resolve answers ErrUnavailable without asking.
func (c *Client) Resolve(ctx context.Context, link string) (string, error) {
	if target, ok := stockdigest.Unwrap(link); ok {
		return target, nil
	}
	id, err := token(link)
	if err != nil {
		return "", err
	}
	key := "https://" + host + "/rss/articles/" + id
	if c.Cache != nil {
		target, ok, err := c.Cache.Resolved(ctx, key)
		if err != nil {
			return "", fmt.Errorf("look up %s: %w", key, err)
		}
		if ok {
			return target, nil
		}
	}
	if err := c.resting(); err != nil {
		return "", err
	}
	target, err := c.ask(ctx, id)
	if err != nil {
		c.rest(err)
		return "", fmt.Errorf("open Google News link: %w", err)
	}
	if c.Cache != nil {
		if err := c.Cache.SaveResolved(ctx, key, target, c.Now()); err != nil {
			return "", fmt.Errorf("save target of %s: %w", key, err)
		}
	}
	return target, nil
}

// ask makes the two calls.
func (c *Client) ask(ctx context.Context, id string) (string, error) {
	page, err := c.Get.Data(ctx, "https://"+host+"/rss/articles/"+id+"?hl=en-US&gl=US&ceid=US:en", maxPage)
	if err != nil {
		return "", err // names the page
	}
	signed, err := readPage(page.Bytes, id)
	if err != nil {
		if strings.HasPrefix(page.FinalURL, "https://consent.") {
			err = &stockdigest.Error{Kind: stockdigest.ErrUnavailable, Message: "Google shows its consent page instead of the link", RetryAfter: maxRest}
		}
		return "", err
	}
	form, err := signed.question()
	if err != nil {
		return "", err
	}
	query := url.Values{"rpcids": {rpc}, question: {form}}
	answer, err := c.Get.Data(ctx, "https://"+host+batchPath+"?"+query.Encode(), maxAnswer)
	if err != nil {
		return "", err
	}
	target, err := readAnswer(answer.Bytes)
	if err != nil {
		return "", err
	}
	return checked(target)
}

// checked returns target when it may be an article: an absolute web address
// that is not one of Google News again.
func checked(target string) (string, error) {
	if inner, ok := stockdigest.Unwrap(target); ok {
		target = inner
	}
	canonical, err := stockdigest.CanonicalURL(target)
	if err != nil {
		return "", fmt.Errorf("check target: %w", err)
	}
	u, err := url.Parse(canonical)
	if err != nil || u.Hostname() == host || strings.HasPrefix(u.Hostname(), "consent.google.") {
		return "", stockdigest.NotFound("Google News led from its link to itself")
	}
	return target, nil
}

// token returns what names the article in a link of Google News.
func token(link string) (string, error) {
	u, err := url.Parse(strings.TrimSpace(link))
	if err != nil || u.Hostname() != host {
		return "", stockdigest.Invalid("not a link of Google News")
	}
	for _, before := range []string{"/rss/articles/", "/articles/", "/read/"} {
		if id, ok := strings.CutPrefix(u.EscapedPath(), before); ok {
			id, _, _ = strings.Cut(id, "/")
			if id != "" && len(id) <= maxID && strings.Trim(id, tokenLetters) == "" {
				return id, nil
			}
		}
	}
	return "", stockdigest.Invalid("the link of Google News names no article")
}

const tokenLetters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_="

// resting reports that Google wants to be left alone.
func (c *Client) resting() error {
	c.mu.Lock()
	defer c.mu.Unlock()
	left := c.until.Sub(c.Now())
	if left <= 0 {
		return nil
	}
	return &stockdigest.Error{Kind: stockdigest.ErrUnavailable, Message: "Google News asked for fewer requests", RetryAfter: left}
}

func (c *Client) rest(err error) {
	busy, ok := errors.AsType[*fetch.Error](err)
	if !ok || busy.Status != http.StatusTooManyRequests {
		return
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.until = c.Now().Add(min(busy.RetryAfter, maxRest))
}

// Wrap makes the second call the POST that Google expects: it moves the form
// field from the query, where recordings see and find it, into the body. It
// belongs between a recorder and the network, and leaves every other request as
// it is.
func Wrap(next http.RoundTripper) http.RoundTripper { return poster{next} }

type poster struct{ next http.RoundTripper }

// RoundTrip sends the request.
func (p poster) RoundTrip(req *http.Request) (*http.Response, error) {
	query := req.URL.Query()
	if req.URL.Hostname() != host || req.URL.Path != batchPath || !query.Has(question) {
		return p.next.RoundTrip(req)
	}
	form := url.Values{question: {query.Get(question)}}.Encode()
	query.Del(question)
	post := req.Clone(req.Context())
	post.Method, post.URL.RawQuery = http.MethodPost, query.Encode()
	post.GetBody = func() (io.ReadCloser, error) { return io.NopCloser(strings.NewReader(form)), nil }
	post.Body, post.ContentLength = io.NopCloser(strings.NewReader(form)), int64(len(form))
	post.Header.Set("Content-Type", "application/x-www-form-urlencoded;charset=UTF-8")
	return p.next.RoundTrip(post)
}
