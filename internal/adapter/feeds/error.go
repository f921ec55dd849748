package feeds

import (
	"fmt"

	"stockdigest.app/stockdigest"
)

// A Kind says why a body is not a feed.
type Kind string

// The kinds of errors.
const (
	Empty    Kind = "empty"       // no bytes, or only blanks and comments
	HTML     Kind = "html"        // a web page; Error.Feed may name the feed it advertises
	NotAFeed Kind = "not a feed"  // another format
	TooLarge Kind = "too large"   // more than MaxBytes
	TooDeep  Kind = "too complex" // nested too deep or too many elements
)

// An Error says why a body could not be read as a feed. It is ErrInvalid: the
// same bytes will fail again.
type Error struct {
	Kind   Kind
	Detail string
	Feed   string // for HTML: the absolute address of the feed that the page advertises, if any
}

func (e *Error) Error() string {
	if e.Feed != "" {
		return fmt.Sprintf("%s: %s; the page names %s", e.Kind, e.Detail, e.Feed)
	}
	return fmt.Sprintf("%s: %s", e.Kind, e.Detail)
}

// Unwrap makes every Error an ErrInvalid.
func (e *Error) Unwrap() error { return stockdigest.ErrInvalid }
