// Package fmp reads news, press releases, transcripts and prices from Financial
// Modeling Prep, a paid service, over its "stable" interface.
//
// It takes a symbol and gives plain nouns. It believes nothing: rows about
// another symbol, without a readable time or with a price of zero are left out,
// for the service answers the newest of everything to a parameter it does not
// know. The key is never in an address: Wrap adds it as a header.
//
// Times of the service carry no zone and are New York's.
package fmp

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/url"
	"strings"
	"time"

	"stockdigest.app/stockdigest"
	"stockdigest.app/stockdigest/internal/adapter/fetch"
)

const (
	maxAnswer = 4 << 20 // bytes of any answer; a transcript has 100 kB, 250 news 400 kB
	maxRows   = 5_000   // of one answer; ten years of sessions are 2,500

	host   = "financialmodelingprep.com"
	prefix = "https://" + host + "/stable/"
	source = "FMP"
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

// A Getter fetches a document within a size cap, politely and within a deadline.
type Getter interface {
	Data(ctx context.Context, url string, maxBytes int64) (stockdigest.Body, error)
}

// Config sets up a Client. Without a Key every method answers ErrNotConfigured.
type Config struct {
	Key Key
	Get Getter // its transport wrapped with Wrap
	Now func() time.Time
}

// A Client reads from the service. It is safe for concurrent use when its
// Getter is. Errors of its methods are ErrDenied when the key or the plan does
// not allow the question, ErrUnavailable with RetryAfter when another try is
// worth it, and ErrNotFound when there is no such thing.
type Client struct {
	Config
	zone *time.Location
}

// New returns a client.
func New(cfg Config) *Client { return &Client{Config: cfg, zone: newYork()} }

// rows asks one question. An answer is a list; what it lists is read by the
// caller, row by row, so that one bad row does not cost the others.
func (c *Client) rows(ctx context.Context, what string, query url.Values) ([]json.RawMessage, error) {
	if c.Key == "" {
		return nil, &stockdigest.Error{
			Kind: stockdigest.ErrUnavailable, Message: "FMP is not configured: set FMP_API_KEY to use it", Err: ErrNotConfigured,
		}
	}
	body, err := c.Get.Data(ctx, prefix+what+"?"+query.Encode(), maxAnswer)
	if err != nil {
		return nil, fmt.Errorf("ask FMP for %s: %w", what, meaning(err))
	}
	rows, err := listed(body.Bytes)
	if err != nil {
		return nil, fmt.Errorf("ask FMP for %s: %w", what, err)
	}
	return rows, nil
}

// listed reads a list of rows, or the error that the service puts in its place.
func listed(raw []byte) ([]json.RawMessage, error) {
	var rows []json.RawMessage
	if json.Unmarshal(raw, &rows) == nil {
		return rows[:min(len(rows), maxRows)], nil
	}
	var told struct {
		Message string `json:"Error Message"`
	}
	if json.Unmarshal(raw, &told) != nil || told.Message == "" {
		return nil, &stockdigest.Error{Kind: stockdigest.ErrUnavailable, Message: "its answer cannot be read", RetryAfter: time.Hour}
	}
	switch message := strings.ToLower(told.Message); {
	case strings.Contains(message, "api key"):
		return nil, wrongKey(nil)
	case strings.Contains(message, "limit"):
		return nil, busy(time.Hour, nil)
	}
	return nil, noPlan(nil)
}

// meaning says in the service's terms what its status means.
func meaning(err error) error {
	failed, ok := errors.AsType[*fetch.Error](err)
	if !ok {
		return err
	}
	switch failed.Status {
	case http.StatusUnauthorized:
		return wrongKey(err)
	case http.StatusPaymentRequired, http.StatusForbidden:
		return noPlan(err)
	case http.StatusTooManyRequests:
		return busy(failed.RetryAfter, err)
	}
	return err
}

func wrongKey(err error) error {
	return &stockdigest.Error{Kind: stockdigest.ErrDenied, Message: "FMP refuses the key: check FMP_API_KEY", Err: err}
}

func noPlan(err error) error {
	return &stockdigest.Error{Kind: stockdigest.ErrDenied, Message: "the FMP plan of this key does not include the question", Err: err}
}

func busy(after time.Duration, err error) error {
	return &stockdigest.Error{Kind: stockdigest.ErrUnavailable, Message: "FMP asks for fewer requests", RetryAfter: after, Err: err}
}

// Wrap adds the key to requests for the service, below everything that keeps
// requests. It belongs between a recorder and the network, and leaves every
// other request as it is.
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
	out.Header.Set("apikey", string(a.key))
	resp, err := a.next.RoundTrip(out)
	if resp != nil {
		resp.Request = req // without the key
	}
	return resp, err
}
