package scrapfly

import (
	"bytes"
	"compress/gzip"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	"stockdigest.app/stockdigest"
	"stockdigest.app/stockdigest/internal/adapter/fetch"
)

// Reading a page is a paid call like that of a model: the price list has a
// price for each way, in dollars per million credits, and the ledger keeps what
// was read. The ways are named as models are.
const (
	wayRender  = "render"   // in a browser
	wayAntiBot = "anti-bot" // in a browser, past a wall
)

// Most credits of a page, as ScrapFly bills them: one for the request and five
// for the browser; past a wall 25 more, and what its changes of price may add.
const (
	renderCredits  = 6
	antiBotCredits = 40
)

// An Asker makes a paid call, or hands back what one with the same key gave.
type Asker interface {
	Ask(ctx context.Context, ask stockdigest.Ask) (stockdigest.Completion, error)
}

// A Reader reads pages for runs and has every credit counted before it is
// spent. It is safe for concurrent use when its Asker is.
type Reader struct {
	Asker Asker
	Now   func() time.Time
}

// Page returns the page at an address as its own server shows it to people:
// after its scripts have run, and past a wall against robots where walled says
// that one stood. A page is read once a day in each way, for whoever asks.
// Errors are those of the Asker, or *Error when ScrapFly had no page to give.
func (r Reader) Page(ctx context.Context, run stockdigest.Run, address string, walled bool) (stockdigest.Body, error) {
	way, credits := wayRender, renderCredits
	if walled {
		way, credits = wayAntiBot, antiBotCredits
	}
	answer, err := r.Asker.Ask(ctx, stockdigest.Ask{
		Run: run.ID, Step: stockdigest.StepExtract, Provider: stockdigest.PageReader, Model: way,
		Prompt: stockdigest.Prompt{
			Name: "page", Version: string(stockdigest.DayOf(r.Now(), time.UTC)), Input: address, MaxOutput: credits,
		},
	})
	if err != nil {
		return stockdigest.Body{}, fmt.Errorf("read page %s through ScrapFly: %w", address, err)
	}
	body, err := unpack(answer.Text)
	if err != nil {
		return stockdigest.Body{}, fmt.Errorf("read page %s through ScrapFly: %w", address, err)
	}
	body.URL = address
	return body, nil
}

// Complete reads the page whose address is the prompt's input. That ScrapFly
// could not get it is an answer too: it has a price, and asking again would
// have it again. Usage.Out counts credits. Errors are *stockdigest.CallError.
func (c *Client) Complete(ctx context.Context, model string, p stockdigest.Prompt) (stockdigest.Completion, error) {
	page, err := c.Page(ctx, p.Input, Options{Render: true, AntiBot: model == wayAntiBot, MaxCredits: p.MaxOutput})
	told, _ := errors.AsType[*Error](err)
	if err != nil && (told == nil || told.Reason != "") {
		return stockdigest.Completion{}, callError(err, told)
	}
	credits := page.Credits
	if told != nil {
		credits = told.Credits
	}
	text, err := pack(page.Body, told)
	if err != nil {
		return stockdigest.Completion{}, callError(err, nil)
	}
	// A request that cost nothing was counted all the same: no usage at all
	// would be billed as the worst.
	return stockdigest.Completion{Text: text, Stop: stockdigest.StopEnd, Model: model, Usage: stockdigest.Usage{In: 1, Out: credits}}, nil
}

// callError says why ScrapFly gave no answer at all. What broke off when it may
// have begun to work counts as billed.
func callError(err error, told *Error) *stockdigest.CallError {
	e := &stockdigest.CallError{Provider: stockdigest.PageReader, Reason: stockdigest.CallBroken, MaybeBilled: true, Err: err}
	var failed *fetch.Error
	switch {
	case told != nil:
		e.Reason, e.RetryAfter, e.MaybeBilled = told.Reason, told.RetryAfter, told.Credits > 0 || told.Reason == stockdigest.CallBroken
	case errors.As(err, &failed) && failed.Reason == fetch.ReasonTimeout:
		e.Reason = stockdigest.CallTimeout
	case errors.Is(err, stockdigest.ErrInvalid) || errors.Is(err, ErrNotConfigured):
		e.Reason, e.MaybeBilled = stockdigest.CallBadRequest, false
	}
	return e
}

// A stored answer is what the ledger keeps of a call.
type stored struct {
	Status      int       `json:"status,omitempty"`
	FinalURL    string    `json:"final_url,omitempty"`
	ContentType string    `json:"content_type,omitempty"`
	FetchedAt   time.Time `json:"fetched_at,omitzero"`
	Page        []byte    `json:"page,omitempty"` // gzip
	Failed      *failed   `json:"failed,omitempty"`
}

// failed is why there is no page.
type failed struct {
	Kind    string `json:"kind"`
	Message string `json:"message"`
	Code    string `json:"code,omitempty"`
	Status  int    `json:"status,omitempty"`
}

func pack(b stockdigest.Body, told *Error) (string, error) {
	s := stored{Status: b.Status, FinalURL: b.FinalURL, ContentType: b.ContentType, FetchedAt: b.FetchedAt}
	if told != nil {
		s = stored{Failed: &failed{Kind: told.Kind.Error(), Message: told.Message, Code: told.Code, Status: told.Status}}
	} else {
		var small bytes.Buffer
		w := gzip.NewWriter(&small)
		if _, err := w.Write(b.Bytes); err != nil {
			return "", fmt.Errorf("pack a page: %w", err)
		}
		if err := w.Close(); err != nil {
			return "", fmt.Errorf("pack a page: %w", err)
		}
		s.Page = small.Bytes()
	}
	raw, err := json.Marshal(s)
	if err != nil {
		return "", fmt.Errorf("pack a page: %w", err)
	}
	return string(raw), nil
}

// unpack reads what pack wrote.
func unpack(text string) (stockdigest.Body, error) {
	var s stored
	if err := json.Unmarshal([]byte(text), &s); err != nil {
		return stockdigest.Body{}, fmt.Errorf("unpack a page: %w", err)
	}
	if s.Failed != nil {
		return stockdigest.Body{}, s.Failed.error()
	}
	r, err := gzip.NewReader(bytes.NewReader(s.Page))
	if err != nil {
		return stockdigest.Body{}, fmt.Errorf("unpack a page: %w", err)
	}
	page, err := io.ReadAll(io.LimitReader(r, maxPage))
	if err != nil {
		return stockdigest.Body{}, fmt.Errorf("unpack a page: %w", err)
	}
	return stockdigest.Body{Status: s.Status, FinalURL: s.FinalURL, ContentType: s.ContentType, FetchedAt: s.FetchedAt, Bytes: page}, nil
}

func (f failed) error() *Error {
	e := &Error{Kind: stockdigest.ErrUnavailable, Message: f.Message, Code: f.Code, Status: f.Status}
	for _, kind := range []error{stockdigest.ErrInvalid, stockdigest.ErrNotFound, stockdigest.ErrDenied} {
		if strings.EqualFold(kind.Error(), f.Kind) {
			e.Kind = kind
		}
	}
	return e
}
