// Package scrapfly reads pages through ScrapFly, a paid service that opens them
// in a browser or passes walls against robots, where the caller asks for that.
//
// It takes an address and gives the page with the status that its own server
// answered and the price in ScrapFly's credits; failures have a price too. A
// Reader has them counted in the ledger of paid calls; nothing here decides for
// a page that it is worth its price. The key is never in an address that others see: Wrap adds it as a
// request leaves.
//
// There are no recordings of the service. Names of parameters, headers, codes
// of errors and the form of answers follow its public documentation of the
// scrape API, its errors, its billing and its timeouts.
package scrapfly

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"stockdigest.app/stockdigest"
)

const (
	maxPage   = 2 << 20 // bytes of a page, as for pages that are read directly
	maxAnswer = 8 << 20 // bytes of its answer: the page as JSON, where a letter has up to six bytes, and the protocol

	grace       = 5 * time.Second // for the answer to come when ScrapFly's own time is over
	accountTime = 15 * time.Second

	host = "api.scrapfly.io"
	path = "/scrape"
)

// ErrNotConfigured is in the error of a client without a key.
var ErrNotConfigured = errors.New("not configured")

// A Key is the account's key. It shows itself to nobody.
type Key string

// String hides the key.
func (k Key) String() string { return "[hidden]" }

// GoString hides the key.
func (k Key) GoString() string { return "[hidden]" }

// LogValue hides the key.
func (k Key) LogValue() slog.Value { return slog.StringValue("[hidden]") }

// MarshalText hides the key.
func (k Key) MarshalText() ([]byte, error) { return []byte("[hidden]"), nil }

// A Getter fetches a document within a size cap and a deadline, politely.
type Getter interface {
	DataWithin(ctx context.Context, url string, maxBytes int64, within time.Duration) (stockdigest.Body, error)
}

// Config sets up a Client. Without a Key it answers ErrNotConfigured.
type Config struct {
	Key Key
	Get Getter // its transport wrapped with Wrap
	Now func() time.Time
}

// A Client reads pages. It is safe for concurrent use when its Getter is.
type Client struct{ Config }

// New returns a client.
func New(cfg Config) *Client { return &Client{cfg} }

// Options say how a page is read. The zero value is the cheapest.
type Options struct {
	Render  bool // in a browser that runs the page's scripts
	AntiBot bool // past a wall against robots; the service chooses how, and the price with it
	// MaxCredits is the most that the page may cost. Zero leaves it to the
	// service, where a page past a wall has no limit known beforehand.
	MaxCredits int
}

// A Page is what an address led to. Body.Status is what the page's own server
// answered, which may be no; Body.FinalURL is where its redirects ended.
type Page struct {
	Body    stockdigest.Body
	Credits int // what it cost
}

// Page reads the page at an address. Errors are *Error: ErrUnavailable is worth
// another try after RetryAfter, ErrDenied means the key, the credits or a wall
// that stood. What a failure cost is in it.
func (c *Client) Page(ctx context.Context, address string, o Options) (Page, error) {
	target, err := stockdigest.CanonicalURL(address)
	if err != nil {
		return Page{}, fmt.Errorf("read page through ScrapFly: %w", err)
	}
	body, err := c.ask(ctx, path+"?"+o.query(target).Encode(), maxAnswer, o.timeout()+grace)
	if err != nil {
		return Page{}, fmt.Errorf("read page %s through ScrapFly: %w", target, err)
	}
	page, err := parse(body.Bytes, target)
	if err != nil {
		return Page{}, fmt.Errorf("read page %s through ScrapFly: %w", target, err)
	}
	page.Body.URL, page.Body.FetchedAt = address, c.Now()
	return page, nil
}

// CreditsLeft asks what the account has left, which costs nothing and shows
// that the key is right. It answers false when the service does not say.
func (c *Client) CreditsLeft(ctx context.Context) (left int, told bool, err error) {
	body, err := c.ask(ctx, "/account", 1<<20, accountTime)
	if err != nil {
		return 0, false, fmt.Errorf("ask ScrapFly for the account: %w", err)
	}
	left, told, err = parseAccount(body.Bytes)
	if err != nil {
		return 0, false, fmt.Errorf("ask ScrapFly for the account: %w", err)
	}
	return left, told, nil
}

// ask sends one request when there is a key.
func (c *Client) ask(ctx context.Context, what string, maxBytes int64, within time.Duration) (stockdigest.Body, error) {
	if c.Key == "" {
		return stockdigest.Body{}, &stockdigest.Error{
			Kind: stockdigest.ErrUnavailable, Message: "ScrapFly is not configured: set SCRAPFLY_API_KEY to use it", Err: ErrNotConfigured,
		}
	}
	body, err := c.Get.DataWithin(ctx, "https://"+host+what, maxBytes, within)
	if refused, ok := errors.AsType[*Error](err); ok {
		return body, refused // the getter knows less of what ScrapFly meant
	}
	return body, err
}

// query writes the options as the API's parameters. Its own repetitions are
// off: a timeout needs that, and trying again is the caller's decision.
func (o Options) query(target string) url.Values {
	q := url.Values{"url": {target}, "retry": {"false"}, "timeout": {strconv.FormatInt(o.timeout().Milliseconds(), 10)}}
	if o.Render {
		q.Set("render_js", "true")
	}
	if o.AntiBot {
		q.Set("asp", "true")
	}
	if o.MaxCredits > 0 {
		q.Set("cost_budget", strconv.Itoa(o.MaxCredits))
	}
	return q
}

// timeout is how long ScrapFly may work on a page. What a shorter deadline of
// ours cuts off is paid all the same, so that the answer gets grace on top.
func (o Options) timeout() time.Duration {
	switch {
	case o.AntiBot:
		return time.Minute
	case o.Render:
		return 30 * time.Second
	}
	return 15 * time.Second
}

// Wrap adds the key to requests for ScrapFly, below everything that knows their
// addresses, and turns its refusals into *Error. It belongs between a recorder
// and the network, and leaves every other request as it is.
func Wrap(key Key, next http.RoundTripper) http.RoundTripper { return account{key, next} }

type account struct {
	key  Key
	next http.RoundTripper
}

// RoundTrip sends the request.
func (a account) RoundTrip(req *http.Request) (*http.Response, error) {
	if a.key == "" || req.URL.Scheme != "https" || req.URL.Host != host {
		return a.next.RoundTrip(req)
	}
	out := req.Clone(req.Context())
	query := out.URL.Query()
	query.Set("key", string(a.key))
	out.URL.RawQuery = query.Encode()
	resp, err := a.next.RoundTrip(out)
	if err != nil {
		return nil, a.silent(err)
	}
	switch {
	case resp.StatusCode == http.StatusOK:
	case resp.StatusCode == http.StatusUnprocessableEntity && isJSON(resp.Header):
		resp.StatusCode, resp.Status = http.StatusOK, "200 OK" // its body tells what the page's own server said
	default:
		defer resp.Body.Close()
		return nil, refusal(resp.StatusCode, resp.Header)
	}
	resp.Request = req
	return resp, nil
}

func isJSON(h http.Header) bool { return strings.HasPrefix(h.Get("Content-Type"), "application/json") }

// silent returns err without the key, should a transport below tell addresses.
func (a account) silent(err error) error {
	told := err.Error()
	quiet := strings.NewReplacer(string(a.key), "[hidden]", url.QueryEscape(string(a.key)), "[hidden]").Replace(told)
	if quiet == told {
		return err
	}
	return errors.New(quiet)
}
