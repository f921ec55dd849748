package web

import (
	"context"
	"errors"
	"mime"
	"net/http"
	"net/url"
	"strings"
	"time"

	"stockdigest.app/stockdigest"
)

// sessionTime is how long a person stays signed in: a working day.
const sessionTime = 12 * time.Hour

// An Accounts knows who holds a token or a session. Neither is stored: they are
// found by their hash, so the time of a look-up tells nothing about them. An
// unknown, revoked or expired one is an ErrNotFound or an ErrDenied.
type Accounts interface {
	TokenAccess(ctx context.Context, token string) (stockdigest.Access, error)
	NewSession(ctx context.Context, who stockdigest.Access, life time.Duration) (id string, err error)
	SessionAccess(ctx context.Context, id string) (stockdigest.Access, error)
	EndSession(ctx context.Context, id string) error
}

// who finds out who asks: the holder of the token in the Authorization header
// or, without that header, of the session in the cookie. Nobody is no error.
func (s *Server) who(r *http.Request) (stockdigest.Access, error) {
	var access stockdigest.Access
	var err error
	if header := r.Header.Get("Authorization"); header != "" {
		scheme, token, _ := strings.Cut(header, " ")
		if !strings.EqualFold(scheme, "Bearer") || token == "" {
			return access, nil
		}
		access, err = s.accounts.TokenAccess(r.Context(), strings.TrimSpace(token))
	} else if id := sessionOf(r); id != "" {
		access, err = s.accounts.SessionAccess(r.Context(), id)
	}
	if errors.Is(err, stockdigest.ErrNotFound) || errors.Is(err, stockdigest.ErrDenied) {
		return stockdigest.Access{}, nil
	}
	return access, err
}

// admit refuses whoever may not use a route for role.
func admit(role Role, who stockdigest.Access) error {
	switch {
	case role == Anyone, who.Operator():
		return nil
	case who.Reader == "":
		return refuse(http.StatusUnauthorized, "sign in first, or send a token: Authorization: Bearer")
	case role == Members:
		return nil
	}
	return refuse(http.StatusForbidden, "this is for operators")
}

// cookie returns the session cookie. Its name binds it to this host and to TLS,
// except on loopback, where a browser would not send such a one without TLS.
func cookie(r *http.Request, id string, life time.Duration) *http.Cookie {
	c := &http.Cookie{ //nolint:gosec // secure but on loopback, where there is no TLS
		Name: cookieName(r), Value: id, Path: "/", MaxAge: int(life.Seconds()),
		HttpOnly: true, Secure: secure(r), SameSite: http.SameSiteLaxMode,
	}
	if life <= 0 {
		c.MaxAge = -1
	}
	return c
}

func cookieName(r *http.Request) string {
	if secure(r) {
		return "__Host-session"
	}
	return "session"
}

// secure reports whether the browser must be on TLS: always, except when it
// named this machine itself.
func secure(r *http.Request) bool {
	return r.TLS != nil || !loopback((&url.URL{Host: r.Host}).Hostname())
}

func loopback(host string) bool { return host == "localhost" || host == "127.0.0.1" || host == "::1" }

// maxSession is longer than any session id of ours.
const maxSession = 200

func sessionOf(r *http.Request) string {
	c, err := r.Cookie(cookieName(r))
	if err != nil || len(c.Value) > maxSession {
		return ""
	}
	return c.Value
}

func isJSON(contentType string) bool {
	kind, _, err := mime.ParseMediaType(contentType)
	return err == nil && kind == "application/json"
}
