// Package llm asks models. Client speaks the chat completions of OpenAI, which
// most servers of open models speak too; Claude and Gemini speak to theirs. Each
// makes one request for one prompt and does not try again: when to ask, at what
// price and how often is decided where the calls are kept. Whatever goes wrong is
// a *stockdigest.CallError that says whether the provider may bill the call all
// the same. Nothing in an answer is trusted, and the key appears in one header
// and nowhere else.
//
// The libraries of Anthropic and Google write the requests of Claude and Gemini.
// They are shown no answer, so that none of their habits can matter: asking
// again, reading settings of their own, trusting what comes back.
package llm

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"strings"
	"time"

	"stockdigest.app/stockdigest"
)

// Config holds the values of a client.
type Config struct {
	Name      string            // of the provider, as the ledger has it; empty: openai, claude or gemini
	BaseURL   string            // with the /v1 of OpenAI; empty: the provider's own. Plain http only to this machine
	Key       string            // of the API; OpenAI's may be empty, as local servers need none
	Transport http.RoundTripper // nil: a transport of its own
	Now       func() time.Time  // the clock that a Retry-After date is compared with
}

// A line is the way to one provider: what all clients have in common. It is safe
// for concurrent use.
type line struct {
	name, base, key string
	http            *http.Client
	now             func() time.Time
}

// newLine returns ErrInvalid for an address that would show the key to others and
// for a key that no header can carry.
func newLine(cfg Config) (line, error) {
	base, err := checkBase(cfg.BaseURL)
	if err != nil {
		return line{}, err
	}
	if strings.ContainsFunc(cfg.Key, func(r rune) bool { return r <= ' ' || r > '~' }) {
		return line{}, stockdigest.Invalid("the model provider's key holds a blank or a character that no key has")
	}
	transport := cfg.Transport
	if transport == nil {
		transport = newTransport()
	}
	return line{name: cfg.Name, base: base, key: cfg.Key, now: cfg.Now, http: &http.Client{Transport: tap{transport}}}, nil
}

// newTransport keeps as many connections warm as calls may be open at once.
func newTransport() http.RoundTripper {
	return &http.Transport{
		Proxy:        http.ProxyFromEnvironment,
		DialContext:  (&net.Dialer{Timeout: 10 * time.Second, KeepAlive: 30 * time.Second}).DialContext,
		MaxIdleConns: 64, MaxIdleConnsPerHost: 64, IdleConnTimeout: 90 * time.Second,
		TLSHandshakeTimeout: 10 * time.Second, ForceAttemptHTTP2: true,
	}
}

// checkBase refuses what is no plain https address; http goes to loopback only.
func checkBase(raw string) (string, error) {
	u, err := url.Parse(strings.TrimSpace(raw))
	switch {
	case err != nil || u.Host == "" || u.Opaque != "":
		return "", stockdigest.Invalid("the model provider's address is not a web address: write https://host/v1")
	case u.User != nil || u.RawQuery != "" || u.Fragment != "":
		return "", stockdigest.Invalid("the model provider's address must hold no name, password, query or fragment")
	case u.Scheme == "https", u.Scheme == "http" && loopback(u.Hostname()):
		return strings.TrimRight(u.String(), "/"), nil
	}
	return "", stockdigest.Invalid("the model provider at " + u.Host + " must be asked over https; plain http is for this machine only")
}

func loopback(host string) bool {
	ip := net.ParseIP(host)
	return strings.EqualFold(host, "localhost") || ip != nil && ip.IsLoopback()
}

// Name is the provider's name.
func (l *line) Name() string { return l.name }

// complete makes one call: send writes the request and read takes the answer.
// The context bounds both.
func (l *line) complete(ctx context.Context, send func(context.Context) error, read func(body []byte) (stockdigest.Completion, error)) (stockdigest.Completion, error) {
	x, err := l.exchange(ctx, send)
	if err != nil {
		return stockdigest.Completion{}, err
	}
	completion, err := read(x.body)
	if errors.Is(err, errNoChoice) {
		if said := oneLine(errorOf(l.redact(x.body)).Message, 300); said != "" {
			err = fmt.Errorf("%w: %s", err, said)
		}
	}
	if err != nil {
		return stockdigest.Completion{}, l.maybeBilled(stockdigest.CallBroken, x.status, err)
	}
	return completion, nil
}

// exchange has one request sent and returns what came back, whole and with
// status 200, or a CallError.
func (l *line) exchange(ctx context.Context, send func(context.Context) error) (*exchange, error) {
	return l.exchangeOf(ctx, maxBody, send)
}

// exchangeOf is exchange for an answer of so many bytes at most.
func (l *line) exchangeOf(ctx context.Context, most int, send func(context.Context) error) (*exchange, error) {
	x := &exchange{most: most}
	err := send(x.on(ctx))
	switch {
	case !x.begun && ctx.Err() != nil:
		return x, l.cutOff(ctx, context.Cause(ctx), true)
	case !x.begun:
		return x, l.fail(stockdigest.CallBadRequest, fmt.Errorf("write the request: %w", err))
	case x.status != 0 && x.status != http.StatusOK:
		return x, l.refused(x) // the status tells enough, whatever became of the body
	case x.err != nil:
		return x, l.cutOff(ctx, x.err, x.nothing())
	}
	return x, nil
}
