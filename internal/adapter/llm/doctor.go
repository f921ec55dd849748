package llm

import (
	"context"
	"crypto/x509"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"time"

	"github.com/anthropics/anthropic-sdk-go"
	"google.golang.org/genai"

	"stockdigest.app/stockdigest"
)

// maxSkew is how far our clock may be off before keys and certificates fail for it.
const maxSkew = 5 * time.Minute

var (
	errNoSuchModel = errors.New("it has no such model")
	errStranger    = errors.New("what answers there is no model provider: a proxy, or a page to log in")
)

// probe makes a request that costs nothing and returns nil, or a CallError whose
// reason is bad key, no model, no funds, clock, or unavailable for a network that
// lets nothing through; else what the provider has. Not every provider tells
// about funds before it is asked to work.
func (l *line) probe(ctx context.Context, send func(context.Context) error, read func(body []byte) error) error {
	x, err := l.exchange(ctx, send)
	if skew := l.skew(x); skew != 0 {
		return l.fail(stockdigest.CallClock, fmt.Errorf("the clock of this machine is off by %s", skew.Round(time.Second)))
	}
	if err == nil {
		return read(x.body)
	}
	return l.diagnosis(x, err)
}

// skew is how far our clock is off by the provider's, when it is too far.
func (l *line) skew(x *exchange) time.Duration {
	at, err := http.ParseTime(x.header.Get("Date"))
	if err != nil {
		return 0
	}
	if skew := l.now().Sub(at); skew.Abs() > maxSkew {
		return skew
	}
	return 0
}

// diagnosis looks at a failed probe more closely than a call would.
func (l *line) diagnosis(x *exchange, err error) error {
	e, ok := errors.AsType[*stockdigest.CallError](err)
	if !ok {
		return err
	}
	switch {
	case expired(x.err):
		e.Reason = stockdigest.CallClock
	case x.status == 0 && !e.MaybeBilled, x.status/100 == 3, x.status/100 == 2:
		e.Reason = stockdigest.CallUnavailable
	}
	e.MaybeBilled = false // it costs nothing
	return e
}

// expired reports that the provider's certificate is not of our time, and so is
// most likely our clock.
func expired(err error) bool {
	bad, ok := errors.AsType[x509.CertificateInvalidError](err)
	return ok && bad.Reason == x509.Expired
}

// isObject takes any answer that is a JSON object.
func (l *line) isObject(body []byte) error {
	var said map[string]json.RawMessage
	if json.Unmarshal(body, &said) != nil || said == nil {
		return l.fail(stockdigest.CallUnavailable, errStranger)
	}
	return nil
}

// Probe asks whether the key and the model can be used, by the list of models,
// which costs nothing. Its error is a *stockdigest.CallError.
func (c *Client) Probe(ctx context.Context, model string) error {
	return c.probe(ctx, func(ctx context.Context) error {
		return c.send(ctx, http.MethodGet, "/models", http.NoBody)
	}, func(body []byte) error {
		var list struct {
			Data []struct {
				ID string `json:"id"`
			} `json:"data"`
		}
		if json.Unmarshal(body, &list) != nil || list.Data == nil {
			return c.fail(stockdigest.CallUnavailable, errStranger)
		}
		for _, known := range list.Data {
			if slices.Contains([]string{model, model + ":latest"}, known.ID) {
				return nil
			}
		}
		return c.fail(stockdigest.CallNoModel, errNoSuchModel)
	})
}

// Probe asks whether the key and the model can be used, by having tokens counted,
// which costs nothing. Its error is a *stockdigest.CallError.
func (c *Claude) Probe(ctx context.Context, model string) error {
	return c.probe(ctx, func(ctx context.Context) error {
		_, err := c.api.Messages.CountTokens(ctx, anthropic.MessageCountTokensParams{
			Model: model, Messages: []anthropic.MessageParam{anthropic.NewUserMessage(anthropic.NewTextBlock("hello"))},
		})
		return err
	}, c.isObject)
}

// Probe asks whether the key and the model can be used, by having tokens counted,
// which costs nothing. Its error is a *stockdigest.CallError.
func (g *Gemini) Probe(ctx context.Context, model string) error {
	return g.probe(ctx, func(ctx context.Context) error {
		if !plainName(model) {
			return errModelName
		}
		_, err := g.api.Models.CountTokens(ctx, model, genai.Text("hello"), nil)
		return err
	}, g.isObject)
}
