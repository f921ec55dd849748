package llm

import (
	"bytes"
	"context"
	"errors"
	"math"
	"net/http"
	"net/url"
	"os"
	"strconv"
	"strings"
	"time"

	"stockdigest.app/stockdigest"
)

// fail is a call that never reached the provider.
func (l *line) fail(reason stockdigest.CallReason, err error) error {
	return &stockdigest.CallError{Provider: l.name, Reason: reason, Err: l.hide(err)}
}

// maybeBilled is a call that the provider may have worked on.
func (l *line) maybeBilled(reason stockdigest.CallReason, status int, err error) error {
	return &stockdigest.CallError{Provider: l.name, Reason: reason, Status: status, MaybeBilled: true, Err: l.hide(err)}
}

// refused is an answer with another status than 200. Providers bill answers, not
// refusals.
func (l *line) refused(x *exchange) error {
	said := errorOf(l.redact(x.body))
	e := &stockdigest.CallError{
		Provider: l.name, Reason: reasonOf(x.status, said), Status: x.status,
		RetryAfter: said.wait(retryAfter(x.header, l.now())),
	}
	switch text := oneLine(said.Message, 300); {
	case text != "":
		e.Err = errors.New(text)
	case x.status/100 == 3:
		e.Err = errors.New("it sends elsewhere: set the address that answers itself")
	}
	// A success without the one body that was asked for may be a paid answer.
	e.MaybeBilled = x.status/100 == 2
	return e
}

func reasonOf(status int, said providerError) stockdigest.CallReason {
	switch {
	case status/100 == 2:
		return stockdigest.CallBroken
	case status == http.StatusPaymentRequired, status/100 == 4 && said.noFunds():
		return stockdigest.CallNoFunds
	case status == http.StatusUnauthorized, status == http.StatusForbidden, status == http.StatusBadRequest && said.badKey():
		return stockdigest.CallBadKey
	case status == http.StatusTooManyRequests, status == http.StatusTooEarly, status == http.StatusConflict:
		return stockdigest.CallBusy
	case status == http.StatusNotFound && said.Message != "": // else it is no address of a model at all
		return stockdigest.CallNoModel
	case status == http.StatusRequestTimeout:
		return stockdigest.CallTimeout
	case status >= 500:
		return stockdigest.CallOverloaded
	}
	return stockdigest.CallBadRequest
}

// maxRetryAfter bounds what a provider may ask for; some ask for years.
const maxRetryAfter = 24 * time.Hour

// retryAfter is the wait that the provider asks for: seconds, milliseconds in a
// header of OpenAI's own, or a date.
func retryAfter(h http.Header, now time.Time) time.Duration {
	if wait, ok := seconds(h.Get("Retry-After-Ms"), time.Millisecond); ok {
		return wait
	}
	told := h.Get("Retry-After")
	if wait, ok := seconds(told, time.Second); ok {
		return wait
	}
	if at, err := http.ParseTime(told); err == nil {
		return min(max(at.Sub(now), 0), maxRetryAfter)
	}
	return 0
}

func seconds(told string, unit time.Duration) (time.Duration, bool) {
	n, err := strconv.ParseFloat(strings.TrimSpace(told), 64)
	if err != nil && !errors.Is(err, strconv.ErrRange) || math.IsNaN(n) {
		return 0, false
	}
	most := float64(maxRetryAfter / unit)
	return time.Duration(min(max(n, 0), most) * float64(unit)), true
}

// cutOff is a call that broke off. When the request never left, nothing can have
// been billed.
func (l *line) cutOff(ctx context.Context, err error, unsent bool) error {
	e := &stockdigest.CallError{Provider: l.name, Reason: stockdigest.CallBroken, MaybeBilled: !unsent, Err: l.hide(inner(err))}
	switch {
	case timedOut(ctx, err):
		e.Reason = stockdigest.CallTimeout
	case unsent:
		e.Reason = stockdigest.CallUnavailable
	}
	return e
}

func timedOut(ctx context.Context, err error) bool {
	var slow interface{ Timeout() bool }
	return errors.Is(ctx.Err(), context.DeadlineExceeded) || errors.Is(err, os.ErrDeadlineExceeded) || errors.As(err, &slow) && slow.Timeout()
}

// inner takes the address off an error: it says nothing that the provider's name
// does not.
func inner(err error) error {
	if outer, ok := errors.AsType[*url.Error](err); ok {
		return outer.Err
	}
	return err
}

// redact takes the key out of a body before any of it is shown: cut first, half a
// key could be left.
func (l *line) redact(body []byte) []byte {
	if l.key == "" {
		return body
	}
	return bytes.ReplaceAll(body, []byte(l.key), []byte("[key]"))
}

// hide takes the key out of what an error says. A server may repeat it.
func (l *line) hide(err error) error {
	if err == nil || l.key == "" || !strings.Contains(err.Error(), l.key) {
		return err
	}
	return &hidden{err: err, key: l.key}
}

type hidden struct {
	err error
	key string
}

func (h *hidden) Error() string { return strings.ReplaceAll(h.err.Error(), h.key, "[key]") }

// Is lets errors.Is see the cause, without a way to its text.
func (h *hidden) Is(target error) bool { return errors.Is(h.err, target) }
