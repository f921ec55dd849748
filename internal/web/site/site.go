// Package site is the pages for readers who follow a link out of a mail: the
// way out of it, for one company or all, and the answer to the question whether
// an address wants mails at all. The secret in the address is the whole right:
// there is no session and no cookie. Looking at a page changes nothing, however
// it is looked at; only a POST that says what it wants does, and it may be
// repeated.
package site

import (
	"context"
	"errors"
	"net/http"
	"regexp"
	"time"

	"github.com/go-chi/chi/v5"

	"stockdigest.app/stockdigest"
	"stockdigest.app/stockdigest/internal/web"
)

// Tokens are the secrets that went out in mails. An unknown or old one is an
// ErrNotFound. Agree notes that its reader agrees, once: a secret that was used
// changes nothing.
type Tokens interface {
	Agree(ctx context.Context, secret, how string) error
	MailedToken(ctx context.Context, secret string) (stockdigest.MailedToken, error)
	UseMailedToken(ctx context.Context, secret string) error
}

// Consents are what readers said, oldest first. AddConsent waits for a mail
// that is being handed over; an ErrUnavailable means that it took too long and
// nothing changed.
type Consents interface {
	AddConsent(ctx context.Context, e stockdigest.ConsentEvent) error
	Consents(ctx context.Context, id stockdigest.ReaderID) ([]stockdigest.ConsentEvent, error)
}

// Readers are who gets mails.
type Readers interface {
	Reader(ctx context.Context, idOrEmail string) (stockdigest.Reader, error)
}

// A Greeter plans the one mail that greets a reader.
type Greeter interface {
	Greet(ctx context.Context, r stockdigest.Reader) error
}

// Tickers knows the names of companies.
type Tickers interface {
	Lookup(symbol string) (stockdigest.Ticker, error)
}

// Guesses keeps those out who try secrets that nobody has.
type Guesses interface {
	Look(r *http.Request, look func(ctx context.Context) error) error
}

// Deps is what the pages need.
type Deps struct {
	Tokens   Tokens
	Consents Consents
	Readers  Readers
	Greeter  Greeter
	Tickers  Tickers
	Guesses  Guesses
	Now      func() time.Time
}

// The addresses of the pages, to which a secret is added.
const (
	LeavePath   = "/u/"
	ConfirmPath = "/c/"

	stylePath = "/site.css"
)

// Site is the pages.
type Site struct {
	Deps
	pages pages
}

// New returns the pages. An error means that one cannot be parsed.
func New(d Deps) (*Site, error) {
	pages, err := parsePages()
	if err != nil {
		return nil, err
	}
	return &Site{Deps: d, pages: pages}, nil
}

// Sites returns the routes. The way out alone takes requests from anywhere, as
// RFC 8058 asks: mail services send its POST.
func (s *Site) Sites() []web.Site {
	const token = "{token}"
	return []web.Site{
		{Prefix: "/u", Fail: s.fail, Routes: []web.Route{
			{Method: http.MethodGet, Path: stylePath, Who: web.Anyone, Serve: style},
			{Method: http.MethodGet, Path: LeavePath + token, Who: web.Anyone, Serve: s.leavePage},
			{Method: http.MethodPost, Path: LeavePath + token, Who: web.Anyone, Serve: s.leave, Abroad: true},
		}},
		{Prefix: "/c", Fail: s.fail, Routes: []web.Route{
			{Method: http.MethodGet, Path: ConfirmPath + token, Who: web.Anyone, Serve: s.confirmPage},
			{Method: http.MethodPost, Path: ConfirmPath + token, Who: web.Anyone, Serve: s.confirm},
		}},
	}
}

// A holder is who came with a secret from a mail.
type holder struct {
	secret string
	token  stockdigest.MailedToken
	reader stockdigest.Reader
}

// secrets is how those of mails are written: 256 bits.
var secrets = regexp.MustCompile(`^[A-Za-z0-9_-]{43}$`)

// errOldLink is the one answer for a secret that was never given, is too old,
// is for something else, or whose reader is gone.
func errOldLink() error {
	return stockdigest.NotFound("it is too old, or was not copied whole: use the link in your newest mail from us")
}

// holder finds out who holds the secret in the address.
func (s *Site) holder(r *http.Request, purpose stockdigest.MailPurpose) (h holder, err error) {
	h.secret = chi.URLParam(r, "token")
	err = s.Guesses.Look(r, func(ctx context.Context) error {
		if !secrets.MatchString(h.secret) {
			return errOldLink()
		}
		h.token, err = s.Tokens.MailedToken(ctx, h.secret)
		switch {
		case err == nil && h.token.Purpose != purpose:
			return errOldLink()
		case err == nil:
			h.reader, err = s.Readers.Reader(ctx, string(h.token.Reader))
		}
		if errors.Is(err, stockdigest.ErrNotFound) {
			return errOldLink()
		}
		return err
	})
	return h, err
}

// form reads what a POST says: nothing of it may be in the address.
func form(r *http.Request) error {
	err := r.ParseMultipartForm(maxForm) //nolint:gosec // the kit bounds every body
	if errors.Is(err, http.ErrNotMultipart) {
		return nil // it was parsed as the other kind
	}
	if tooLarge, ok := errors.AsType[*http.MaxBytesError](err); ok {
		return tooLarge
	}
	if err != nil {
		return stockdigest.Invalid("the form did not arrive whole: try again")
	}
	return nil
}

// maxForm is what is kept in memory of a form: more than the largest body.
const maxForm = 1 << 20
