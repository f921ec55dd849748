package fetch

import (
	"cmp"
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"net/http"
	"strconv"
	"strings"
	"time"
	"unicode"

	"stockdigest.app/stockdigest"
)

// A Reason says why a fetch gave nothing.
type Reason string

// The reasons.
const (
	ReasonURL       Reason = "url"        // not an http(s) URL on port 80 or 443, or with a user name
	ReasonAddress   Reason = "address"    // leads to a private or special network
	ReasonTimeout   Reason = "timeout"    // no whole answer within the deadline
	ReasonNetwork   Reason = "network"    // no such host, refused, reset, cut off, bad certificate
	ReasonStatus    Reason = "status"     // the server answered and it was no
	ReasonRedirects Reason = "redirects"  // sent around more than five times
	ReasonRobots    Reason = "robots"     // robots.txt does not want us there
	ReasonTooLarge  Reason = "too large"  // more decoded bytes than its kind may have
	ReasonBomb      Reason = "bomb"       // unfolds more than 100 to 1
	ReasonType      Reason = "wrong type" // not what was asked for: an image, a PDF, bytes
	ReasonBroken    Reason = "broken"     // its content encoding cannot be read
)

// An Error is a fetch that gave nothing. The kind in it is for errors.Is:
// ErrUnavailable is worth another try after RetryAfter, the others rarely are.
type Error struct {
	What       string // feed, page, document, robots.txt
	URL        string // as asked, without secrets
	Reason     Reason
	Status     int           // of the answer, zero when there was none
	RetryAfter time.Duration // zero: never
	Limit      string        // the limit that was met, for people; may be empty
	Err        error         // the cause; may be nil
}

// Error is one line that names the URL, what happened and the way out.
func (e *Error) Error() string {
	return fmt.Sprintf("read %s %s: %s", cmp.Or(e.What, "document"), e.URL, e.tell())
}

// Unwrap lets errors.Is find the kind and errors.As a stockdigest.Error.
func (e *Error) Unwrap() []error {
	known := &stockdigest.Error{Kind: e.kind(), Message: e.Error(), RetryAfter: e.RetryAfter}
	if e.Err == nil {
		return []error{known}
	}
	return []error{known, e.Err}
}

// Blocked reports whether a wall against robots answered: the server knows the
// page and does not give it to us. Who asks for money or a name, or for fewer
// requests, and a robots.txt that does not want us are no walls: they are
// respected.
func (e *Error) Blocked() bool {
	return e.Reason == ReasonStatus && (e.Status == http.StatusForbidden || e.Status > http.StatusOK && e.Status < http.StatusMultipleChoices)
}

func (e *Error) tell() string {
	switch e.Reason {
	case ReasonURL:
		return detail("not a web address this program may open", e.Err) + "; give an http or https URL with a public host and no user name or port"
	case ReasonAddress:
		return detail("leads into a private or special network", e.Err) + "; only public addresses are read"
	case ReasonTimeout:
		return "no full answer within " + cmp.Or(e.Limit, "its time") + e.again()
	case ReasonNetwork:
		return detail("no connection or a broken one", e.Err) + e.again()
	case ReasonStatus:
		if e.Status == statusMissing {
			return "the recorded night does not hold it; record it again to have it"
		}
		return "the server answered " + strings.TrimSpace(strconv.Itoa(e.Status)+" "+http.StatusText(e.Status)) + e.again()
	case ReasonRedirects:
		return fmt.Sprintf("sent on more than %d times; open it in a browser and use the address it ends at", maxRedirects)
	case ReasonRobots:
		return detail("its robots.txt does not allow it", e.Err) + e.again()
	case ReasonTooLarge:
		return "too large, more than " + cmp.Or(e.Limit, "its limit") + "; it is left out"
	case ReasonBomb:
		return fmt.Sprintf("too large, its %s unfold more than %d to 1; it is left out", "compressed bytes", maxRatio)
	case ReasonType:
		return detail("wrong type", e.Err) + "; it is left out"
	case ReasonBroken:
		return detail("its content encoding cannot be read", e.Err) + e.again()
	}
	return detail("not read", e.Err)
}

func detail(what string, err error) string {
	if err == nil {
		return what
	}
	line := printable(strings.Join(strings.Fields(err.Error()), " "))
	if len(line) > 200 {
		line = strings.ToValidUTF8(line[:200], "") + "…"
	}
	return what + " (" + line + ")"
}

// printable drops what a terminal could take as an order.
func printable(s string) string {
	return strings.Map(func(r rune) rune {
		if !unicode.IsPrint(r) {
			return -1
		}
		return r
	}, s)
}

func (e *Error) again() string {
	if e.RetryAfter <= 0 {
		return "; it is not tried again"
	}
	return "; try again in " + short(e.RetryAfter)
}

// short is 24h for 24h0m0s.
func short(d time.Duration) string {
	s := d.Round(time.Second).String()
	if strings.HasSuffix(s, "m0s") {
		s = strings.TrimSuffix(s, "0s")
	}
	if strings.HasSuffix(s, "h0m") {
		s = strings.TrimSuffix(s, "0m")
	}
	return s
}

func (e *Error) kind() error {
	switch e.Reason {
	case ReasonURL, ReasonTooLarge, ReasonBomb, ReasonType, ReasonRedirects:
		return stockdigest.ErrInvalid
	case ReasonAddress, ReasonRobots:
		return stockdigest.ErrDenied
	case ReasonStatus:
		_, kind := statusMeans(e.Status)
		return kind
	case ReasonTimeout, ReasonNetwork, ReasonBroken:
	}
	return stockdigest.ErrUnavailable
}

// retryDefault is when a reason is worth another try; zero is never.
func retryDefault(r Reason) time.Duration {
	switch r {
	case ReasonTimeout, ReasonNetwork:
		return 5 * time.Minute
	case ReasonBroken:
		return time.Hour
	case ReasonRobots:
		return 24 * time.Hour
	default:
		return 0
	}
}

// statusMissing is what recorded nights answer for what they do not hold. No
// server is assigned it.
const statusMissing = 599

// statusMeans gives the kind of a status and its default wait, zero for never.
func statusMeans(status int) (wait time.Duration, kind error) {
	switch status {
	case http.StatusNotFound:
		return 24 * time.Hour, stockdigest.ErrNotFound // new pages reach some edge servers late
	case http.StatusGone:
		return 0, stockdigest.ErrNotFound
	case http.StatusUnauthorized, http.StatusPaymentRequired, http.StatusUnavailableForLegalReasons:
		return 0, stockdigest.ErrDenied
	case http.StatusForbidden:
		return time.Hour, stockdigest.ErrDenied // how SEC and others answer a client that was too fast
	case http.StatusTooManyRequests:
		return 15 * time.Minute, stockdigest.ErrUnavailable
	case http.StatusRequestTimeout, http.StatusTooEarly:
		return 5 * time.Minute, stockdigest.ErrUnavailable
	case statusMissing:
		return 0, stockdigest.ErrNotFound
	}
	switch {
	case status >= 500 && status < statusMissing:
		return 5 * time.Minute, stockdigest.ErrUnavailable
	case status >= 200 && status < 300:
		return time.Hour, stockdigest.ErrUnavailable // 202 and 204 are how some bot walls stall
	}
	return 0, stockdigest.ErrInvalid
}

func statusError(status int, header string, now time.Time) error {
	wait, kind := statusMeans(status)
	if wait > 0 && !errors.Is(kind, stockdigest.ErrNotFound) {
		wait = retryAfter(header, now, wait)
	}
	return &Error{Reason: ReasonStatus, Status: status, RetryAfter: wait}
}

// maxWait caps what a server may ask us to wait: the next morning tries again.
const maxWait = 24 * time.Hour

// retryAfter reads a Retry-After of seconds or a date. What cannot be read or
// lies in the past gives otherwise.
func retryAfter(header string, now time.Time, otherwise time.Duration) time.Duration {
	header = strings.TrimSpace(header)
	if header == "" {
		return otherwise
	}
	if digits := strings.TrimLeft(header, "0"); strings.Trim(header, "0123456789") == "" {
		if digits == "" {
			return otherwise
		}
		if len(digits) > 6 {
			return maxWait
		}
		seconds, err := strconv.Atoi(digits)
		if err != nil {
			return otherwise
		}
		return min(time.Duration(seconds)*time.Second, maxWait)
	}
	at, err := http.ParseTime(header)
	if err != nil || !at.After(now) {
		return otherwise
	}
	return min(max(at.Sub(now), time.Second), maxWait)
}

// classify turns what the network said into an Error.
func classify(err error) error {
	if known, ok := errors.AsType[*Error](err); ok {
		return known
	}
	if refused(err) {
		return &Error{Reason: ReasonAddress, Err: err}
	}
	var timeout net.Error
	if errors.Is(err, context.DeadlineExceeded) || (errors.As(err, &timeout) && timeout.Timeout()) {
		return &Error{Reason: ReasonTimeout, RetryAfter: retryDefault(ReasonTimeout), Err: err}
	}
	wait := retryDefault(ReasonNetwork)
	var verify *tls.CertificateVerificationError
	var host x509.HostnameError
	if errors.As(err, &verify) || errors.As(err, &host) {
		wait = maxWait
	}
	return &Error{Reason: ReasonNetwork, RetryAfter: wait, Err: err}
}
