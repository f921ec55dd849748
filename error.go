package stockdigest

import (
	"errors"
	"fmt"
	"time"
)

// A kindError says what a caller can do about an error. Kinds are errors themselves,
// so errors.Is(err, ErrNotFound) works through any amount of wrapping.
type kindError string

// The kinds somebody handles. Add one only with the code that handles it.
const (
	ErrInvalid     kindError = "invalid"     // the caller's input is wrong; do not retry
	ErrNotFound    kindError = "not found"   // no such thing, or not yours to see
	ErrConflict    kindError = "conflict"    // it exists already, or changed under you
	ErrDenied      kindError = "denied"      // not allowed, or out of credits
	ErrUnavailable kindError = "unavailable" // somebody else's trouble; retry later
)

func (k kindError) Error() string { return string(k) }

// Error is an error of a known Kind. Message is for people outside the
// operation: it reaches web pages and e-mail. What operators need goes into
// the wrapped Err and the log.
type Error struct {
	Kind       error // one of the constants above
	Message    string
	RetryAfter time.Duration // zero when unknown
	Err        error
}

func (e *Error) Error() string {
	if e.Err == nil {
		return e.Message
	}
	return fmt.Sprintf("%s: %v", e.Message, e.Err)
}

// Unwrap lets errors.Is find both the kind and the cause.
func (e *Error) Unwrap() []error { return []error{e.Kind, e.Err} }

// Message returns what may be shown to a person: the message of the outermost
// Error in err, or a fixed text for errors nobody classified.
func Message(err error) string {
	if e, ok := errors.AsType[*Error](err); ok {
		return e.Message
	}
	return "something went wrong on our side"
}

// Invalid returns an ErrInvalid with a message for people.
func Invalid(message string) error { return &Error{Kind: ErrInvalid, Message: message} }

// NotFound returns an ErrNotFound with a message for people.
func NotFound(message string) error { return &Error{Kind: ErrNotFound, Message: message} }

func quote(s string) string { return fmt.Sprintf("%q", s) }
