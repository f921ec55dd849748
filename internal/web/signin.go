package web

import (
	"errors"
	"net/http"
	"strings"
	"time"

	"stockdigest.app/stockdigest"
)

// maxTries is how often in a quarter of an hour an address may try to sign in,
// and a token be tried.
const maxTries = 10

// A SignIn lets operators in by a form: a token is pasted once, and a session
// takes its place.
type SignIn struct {
	accounts Accounts
	tries    *tries
	proxies  int
}

// NewSignIn returns a way in. Behind so many proxies the address of a client is
// the one that the outermost of them saw.
func NewSignIn(accounts Accounts, proxies int, now func() time.Time) *SignIn {
	return &SignIn{accounts: accounts, tries: newTries(maxTries, now), proxies: proxies}
}

// Start begins a session of the operator whose token it is and sets its cookie;
// a session that the browser had before ends. Ten wrong tries of one address, or
// with one token, close the form to it for a quarter of an hour; those who are
// signed in stay so.
func (s *SignIn) Start(w http.ResponseWriter, r *http.Request, token string) error {
	token = strings.TrimSpace(token)
	address, account := "address "+clientOf(r, s.proxies), "account "+stockdigest.Hash(token)
	if wait := max(s.tries.take(address), s.tries.take(account)); wait > 0 {
		return tooMany("too many tries: wait a quarter of an hour", wait)
	}
	who, err := s.accounts.TokenAccess(r.Context(), token)
	switch {
	case errors.Is(err, stockdigest.ErrNotFound), errors.Is(err, stockdigest.ErrDenied), err == nil && !who.Operator():
		// The same answer for no token, a revoked one and a reader's.
		return refuse(http.StatusUnauthorized, "that is not the token of an operator")
	case err != nil:
		return err
	}
	s.tries.forgive(address)
	s.tries.forgive(account)
	if old := sessionOf(r); old != "" {
		if err := s.accounts.EndSession(r.Context(), old); err != nil && !errors.Is(err, stockdigest.ErrNotFound) {
			return err
		}
	}
	id, err := s.accounts.NewSession(r.Context(), who, sessionTime)
	if err != nil {
		return err
	}
	http.SetCookie(w, cookie(r, id, sessionTime))
	return nil
}

// End ends the browser's session on all machines and takes its cookie away.
func (s *SignIn) End(w http.ResponseWriter, r *http.Request) error {
	if id := sessionOf(r); id != "" {
		if err := s.accounts.EndSession(r.Context(), id); err != nil && !errors.Is(err, stockdigest.ErrNotFound) {
			return err
		}
	}
	http.SetCookie(w, cookie(r, "", 0))
	return nil
}
