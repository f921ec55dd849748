package web

import (
	"context"
	"errors"
	"net/http"
	"time"

	"stockdigest.app/stockdigest"
)

// maxGuesses is how often in a quarter of an hour a client may name a secret
// that nobody has: far more than a person with an old mail does. Right ones do
// not count, since mail services act for many readers from few addresses.
const maxGuesses = 30

// Guesses limits how often a client may be wrong about secrets in addresses.
// Those have 256 bits and are not found by guessing; the limit keeps the
// guessing from the database.
type Guesses struct {
	tries   *tries
	proxies int
}

// NewGuesses returns a limit with nothing counted. Behind so many proxies the
// address of a client is the one that the outermost of them saw.
func NewGuesses(proxies int, now func() time.Time) *Guesses {
	return &Guesses{tries: newTries(maxGuesses, now), proxies: proxies}
}

// Look runs look, whose ErrNotFound is a wrong guess, unless the client made
// too many of them: that is answered with 429, and look is not run.
func (g *Guesses) Look(r *http.Request, look func(ctx context.Context) error) error {
	client := clientOf(r, g.proxies)
	if wait := g.tries.left(client); wait > 0 {
		return tooMany("too many links that do not work were opened from your network: try again in a quarter of an hour", wait)
	}
	err := look(r.Context())
	if errors.Is(err, stockdigest.ErrNotFound) {
		g.tries.take(client)
	}
	return err
}

func tooMany(message string, wait time.Duration) error {
	return WithStatus(http.StatusTooManyRequests, &stockdigest.Error{Kind: stockdigest.ErrDenied, Message: message, RetryAfter: wait})
}
