// Package llm asks models. Client speaks the chat completions of OpenAI, which
// most servers of open models speak too. It makes one request for one prompt and
// does not try again: when to ask, at what price and how often is decided where
// the calls are kept. Whatever goes wrong is a *stockdigest.CallError that says
// whether the provider may bill the call all the same. Nothing in an answer is
// trusted, and the key appears in one header and nowhere else.
package llm

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"strings"
	"time"

	"stockdigest.app/stockdigest"
)

// Config holds the values of a Client.
type Config struct {
	Name      string            // of the provider, as the ledger has it; empty: openai
	BaseURL   string            // up to and with /v1; empty: OpenAI's own. Plain http only to this machine
	Key       string            // of the API; empty: none is sent, as local servers need none
	Transport http.RoundTripper // nil: a transport of its own
	Now       func() time.Time  // the clock that a Retry-After date is compared with
}

// defaultBase is where OpenAI answers.
const defaultBase = "https://api.openai.com/v1"

// A Client asks one provider. It is safe for concurrent use.
type Client struct {
	name, endpoint, key string
	http                *http.Client
	now                 func() time.Time
}

// New returns a client, or ErrInvalid for an address that would show the key to
// others and for a key that no header can carry.
func New(cfg Config) (*Client, error) {
	base, err := checkBase(cmp.Or(cfg.BaseURL, defaultBase))
	if err != nil {
		return nil, err
	}
	if strings.ContainsFunc(cfg.Key, func(r rune) bool { return r <= ' ' || r > '~' }) {
		return nil, stockdigest.Invalid("the model provider's key holds a blank or a character that no key has")
	}
	transport := cfg.Transport
	if transport == nil {
		transport = newTransport()
	}
	return &Client{
		name: cmp.Or(cfg.Name, "openai"), endpoint: base + "/chat/completions", key: cfg.Key, now: cfg.Now,
		http: &http.Client{Transport: transport, CheckRedirect: func(*http.Request, []*http.Request) error {
			return http.ErrUseLastResponse // a prompt and a key go to the address that was set, and to no other
		}},
	}, nil
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
func (c *Client) Name() string { return c.name }

// Complete asks model for the answer to p. The context bounds the whole call.
// Every error is a *stockdigest.CallError.
func (c *Client) Complete(ctx context.Context, model string, p stockdigest.Prompt) (stockdigest.Completion, error) {
	body, err := json.Marshal(newRequest(model, p))
	if err != nil {
		return stockdigest.Completion{}, c.fail(stockdigest.CallBadRequest, fmt.Errorf("write the request: %w", err))
	}
	sent := &trace{}
	req, err := http.NewRequestWithContext(sent.on(ctx), http.MethodPost, c.endpoint, bytes.NewReader(body))
	if err != nil {
		return stockdigest.Completion{}, c.fail(stockdigest.CallBadRequest, fmt.Errorf("write the request: %w", err))
	}
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("Accept", "application/json")
	if c.key != "" {
		req.Header.Set("Authorization", "Bearer "+c.key)
	}
	res, err := c.http.Do(req)
	if err != nil {
		return stockdigest.Completion{}, c.cutOff(ctx, err, sent.nothing())
	}
	defer res.Body.Close()
	return c.read(ctx, res, p)
}

// read takes an answer: bytes are limited before anything is parsed.
func (c *Client) read(ctx context.Context, res *http.Response, p stockdigest.Prompt) (stockdigest.Completion, error) {
	text, err := readAll(res.Body)
	if res.StatusCode != http.StatusOK {
		return stockdigest.Completion{}, c.refused(res, text) // the status tells enough, whatever became of the body
	}
	if err != nil {
		return stockdigest.Completion{}, c.cutOff(ctx, err, false)
	}
	completion, err := parseAnswer(text, p)
	if errors.Is(err, errNoChoice) {
		if said := oneLine(errorOf(c.redact(text)).Message, 300); said != "" {
			err = fmt.Errorf("%w: %s", err, said)
		}
	}
	if err != nil {
		return stockdigest.Completion{}, c.maybeBilled(stockdigest.CallBroken, res.StatusCode, err)
	}
	return completion, nil
}

// A request is the body of a chat completion.
type request struct {
	Model     string    `json:"model"`
	Messages  []message `json:"messages"`
	MaxOutput int       `json:"max_completion_tokens,omitempty"`
	Effort    string    `json:"reasoning_effort,omitempty"`
	Format    *format   `json:"response_format,omitempty"`
}

type message struct {
	Role    string `json:"role"`
	Content string `json:"content"`
}

type format struct {
	Type   string `json:"type"`
	Schema schema `json:"json_schema"`
}

type schema struct {
	Name   string          `json:"name"`
	Strict bool            `json:"strict"`
	Schema json.RawMessage `json:"schema"`
}

func newRequest(model string, p stockdigest.Prompt) request {
	r := request{Model: model, MaxOutput: p.MaxOutput, Effort: effort(model)}
	if p.System != "" {
		r.Messages = append(r.Messages, message{Role: "system", Content: p.System})
	}
	r.Messages = append(r.Messages, message{Role: "user", Content: p.Input})
	if len(p.Schema) > 0 {
		r.Format = &format{Type: "json_schema", Schema: schema{Name: p.Name, Strict: true, Schema: p.Schema}}
	}
	return r
}

// effort asks a model that reasons before it answers to do so briefly. Left to
// themselves such models spend all that an answer may have on reasoning and then
// answer nothing. Other models refuse the field.
func effort(model string) string {
	name := strings.ToLower(model)
	if strings.Contains(name, "chat") {
		return ""
	}
	for _, family := range []string{"gpt-5", "o1", "o3", "o4"} {
		if rest, ok := strings.CutPrefix(name, family); ok && (rest == "" || rest[0] == '-' || rest[0] == '.') {
			return "low"
		}
	}
	return ""
}
