package extract

import (
	"context"
	"errors"
	"fmt"

	"stockdigest.app/stockdigest"
	"stockdigest.app/stockdigest/internal/page"
)

// otherwise opens a page the second way. What does not come of it leaves the
// fault of the first, with the reason beside it: whether a later try is worth it
// was said by the page itself.
func (s *Step) otherwise(ctx context.Context, run stockdigest.Run, link string, walled bool, fault error) (stockdigest.Body, page.Article, error) {
	body, err := s.SecondWay.Page(ctx, run, link, walled)
	if err == nil {
		var a page.Article
		if body, a, err = s.readable(ctx, body); err == nil {
			return body, a, nil
		}
	}
	return body, page.Article{}, &twice{first: fault, second: err}
}

// shut says whether a browser would be shown a page that we were not, and
// whether it must pass a wall first. A page that asks for money, that a
// robots.txt keeps from us, that is gone or slow, stays as it is.
func shut(fault error) (walled, helps bool) {
	wall, told := errors.AsType[interface {
		error
		Blocked() bool
	}](fault)
	switch {
	case told && wall.Blocked(), errors.Is(fault, page.ErrConsent):
		return true, true
	}
	return false, errors.Is(fault, page.ErrEmpty)
}

// twice is a page that could not be had in either way. It is what the first
// fault is.
type twice struct{ first, second error }

// Error tells both, for the line that people read.
func (t *twice) Error() string {
	return fmt.Sprintf("%s; nor through a browser: %s", cause(t.first), cause(t.second))
}

// Unwrap gives the first fault.
func (t *twice) Unwrap() error { return t.first }
