package web

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"math"
	"net/http"
	"strconv"
	"time"

	"stockdigest.app/stockdigest"
)

// patience is when a client comes back that nobody told better.
const patience = 5 * time.Second

// statusError is an error with an HTTP status of its own.
type statusError struct {
	status int
	error
}

// Unwrap gives the error without the status.
func (e statusError) Unwrap() error { return e.error }

// WithStatus gives an error a status other than its kind's.
func WithStatus(status int, err error) error { return statusError{status, err} }

// refuse is a refusal by the kit itself.
func refuse(status int, message string) error {
	return statusError{status, &stockdigest.Error{Kind: stockdigest.ErrDenied, Message: message}}
}

// failureOf decides what the outside may know of err. Errors that nobody gave a
// kind tell nothing.
func failureOf(err error, now time.Time) Failure {
	f := Failure{Status: http.StatusInternalServerError, Message: stockdigest.Message(err)}
	known, _ := errors.AsType[*stockdigest.Error](err)
	if known != nil {
		f.RetryAfter = known.RetryAfter
	}
	broke, noCredits := errors.AsType[*stockdigest.NoCredits](err)
	switch {
	case noCredits:
		f.Status, f.Account = http.StatusTooManyRequests, &broke.Account
		f.RetryAfter = untilEverywhere(broke.Account.Resets, now)
	case isTooLarge(err):
		f.Status, f.Message = http.StatusRequestEntityTooLarge, "the request is too large"
	case errors.Is(err, stockdigest.ErrInvalid):
		f.Status = http.StatusBadRequest
	case errors.Is(err, stockdigest.ErrNotFound):
		f.Status = http.StatusNotFound
	case errors.Is(err, stockdigest.ErrConflict):
		f.Status = http.StatusConflict
	case errors.Is(err, stockdigest.ErrDenied):
		f.Status = http.StatusForbidden
	case errors.Is(err, stockdigest.ErrUnavailable), errors.Is(err, context.DeadlineExceeded), errors.Is(err, errSlow):
		f.Status = http.StatusServiceUnavailable
		if known == nil {
			f.Message = "this takes too long right now: try again soon"
		}
	}
	if own, ok := errors.AsType[statusError](err); ok {
		f.Status = own.status
	}
	if f.Status == http.StatusServiceUnavailable && f.RetryAfter <= 0 {
		f.RetryAfter = patience
	}
	return f
}

// untilEverywhere is how long it takes until the day has begun in every zone:
// the last one is twelve hours behind UTC.
func untilEverywhere(d stockdigest.Day, now time.Time) time.Duration {
	begin, err := time.Parse(time.DateOnly, string(d))
	if err != nil {
		return patience
	}
	return max(begin.Add(12*time.Hour).Sub(now), time.Second)
}

func isTooLarge(err error) bool {
	_, ok := errors.AsType[*http.MaxBytesError](err)
	return ok
}

// fail answers with what the outside may know of err, and logs what it may not.
func (s *Server) fail(w http.ResponseWriter, r *http.Request, site Site, err error) {
	f := failureOf(err, s.now())
	if f.Status >= http.StatusInternalServerError {
		s.log.LogAttrs(r.Context(), slog.LevelError, "request failed",
			slog.String("request_id", w.Header().Get(requestID)), slog.String("route", routeOf(r)), slog.Any("error", err))
	}
	if f.Status == http.StatusUnauthorized {
		w.Header().Set("WWW-Authenticate", `Bearer realm="stockdigest"`)
	}
	if f.RetryAfter > 0 {
		w.Header().Set("Retry-After", strconv.Itoa(int(math.Ceil(f.RetryAfter.Seconds()))))
	}
	if site.Fail != nil {
		site.Fail(w, r, f)
		return
	}
	body := map[string]any{"error": f.Message}
	if f.Account != nil {
		body["account"] = f.Account
	}
	_ = WriteJSON(w, f.Status, body) // a map of plain values always encodes
}

// WriteJSON answers with v. An error means that v cannot be encoded, and that
// nothing was written.
func WriteJSON(w http.ResponseWriter, status int, v any) error {
	var body bytes.Buffer
	if err := json.NewEncoder(&body).Encode(v); err != nil {
		return fmt.Errorf("encode the answer: %w", err)
	}
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	w.WriteHeader(status)
	_, _ = w.Write(body.Bytes()) // the client may be gone
	return nil
}

// ReadJSON reads the body of a request into v: one JSON value, no unknown
// fields, of the type application/json.
func ReadJSON(r *http.Request, v any) error {
	if !isJSON(r.Header.Get("Content-Type")) {
		return WithStatus(http.StatusUnsupportedMediaType, stockdigest.Invalid("send JSON: Content-Type: application/json"))
	}
	d := json.NewDecoder(r.Body)
	d.DisallowUnknownFields()
	err := d.Decode(v)
	switch {
	case isTooLarge(err):
		return err
	case err != nil || d.More():
		return stockdigest.Invalid("the body is not the JSON object that /openapi.json describes")
	}
	return nil
}
