// Package webhooks takes what mail services tell of mails later: that one came
// back, or that its reader called it spam. There is a door for Postmark, one
// for Amazon SES through SNS, and one for everybody else, each open only when
// its secret is set. Whoever cannot prove to be the service is refused before a
// word is believed. Reports may come twice; fields that nobody knows are let be.
package webhooks

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"fmt"
	"io"
	"net/http"
	"net/mail"
	"regexp"
	"strings"
	"time"
	"unicode"

	"stockdigest.app/stockdigest"
	"stockdigest.app/stockdigest/internal/web"
)

// A Desk takes reports.
type Desk interface {
	Returned(ctx context.Context, r stockdigest.MailReport) error
}

// A Getter fetches documents of at most maxBytes: the certificates of SNS.
type Getter interface {
	Data(ctx context.Context, rawURL string, maxBytes int64) (stockdigest.Body, error)
}

// Config holds the secrets. What is empty keeps its door shut.
type Config struct {
	Secret   string   // of the signature of the generic door
	Postmark string   // user:password
	Topics   []string // ARNs of the SNS topics of SES
}

// Deps is what the doors need.
type Deps struct {
	Desk Desk
	Get  Getter
	Now  func() time.Time
}

// Hooks are the doors.
type Hooks struct {
	Deps
	config Config
	keys   *keys
}

// New returns the doors.
func New(c Config, d Deps) *Hooks { return &Hooks{Deps: d, config: c, keys: newKeys(d.Get, d.Now)} }

// Site returns the routes.
func (h *Hooks) Site() web.Site {
	return web.Site{Prefix: "/webhooks", Routes: []web.Route{
		{Method: http.MethodPost, Path: "/webhooks/mail/generic", Who: web.Anyone, Serve: h.door(h.config.Secret != "", h.generic)},
		{Method: http.MethodPost, Path: "/webhooks/mail/postmark", Who: web.Anyone, Serve: h.door(h.config.Postmark != "", h.postmark)},
		{Method: http.MethodPost, Path: "/webhooks/mail/ses", Who: web.Anyone, Serve: h.door(len(h.config.Topics) > 0, h.ses)},
	}}
}

// door reads a body, lets read find out what it says, and hands the reports on.
func (h *Hooks) door(open bool, read func(r *http.Request, body []byte) ([]stockdigest.MailReport, error)) web.Handler {
	return func(w http.ResponseWriter, r *http.Request, _ stockdigest.Access) error {
		if !open {
			return stockdigest.NotFound("there is nothing here")
		}
		body, err := io.ReadAll(r.Body)
		if err != nil {
			return err
		}
		reports, err := read(r, body)
		if err != nil {
			return err
		}
		for _, report := range reports {
			if err := h.Desk.Returned(r.Context(), report); err != nil {
				return fmt.Errorf("take a report of a mail: %w", err)
			}
		}
		w.WriteHeader(http.StatusNoContent)
		return nil
	}
}

// errStranger is the one answer to whoever cannot prove to be the service.
func errStranger() error {
	return web.WithStatus(http.StatusUnauthorized, &stockdigest.Error{Kind: stockdigest.ErrDenied, Message: "the signature is not good"})
}

// unreadable is the answer to a service that sends what it does not document.
func unreadable(what string) error { return stockdigest.Invalid(what + " cannot be read") }

// same compares secrets in a time that tells nothing of them, their length
// included.
func same(a, b string) bool {
	x, y := sha256.Sum256([]byte(a)), sha256.Sum256([]byte(b))
	return hmac.Equal(x[:], y[:])
}

// near reports whether two moments are not further apart than that.
func near(a, b time.Time, span time.Duration) bool { return a.Sub(b).Abs() <= span }

const (
	maxAddress = 254 // of an address, as the mail standards have it
	maxDetail  = 300
	maxReports = 100 // in one body; services send one to fifty
)

// addressOf returns the bare address of "Ada <ada@example.com>", or nothing.
func addressOf(s string) string {
	s = strings.TrimSpace(s)
	if a, err := mail.ParseAddress(s); err == nil {
		s = a.Address
	}
	if len(s) > maxAddress || strings.Count(s, "@") != 1 || strings.ContainsFunc(s, func(r rune) bool { return unicode.IsSpace(r) || unicode.IsControl(r) }) {
		return ""
	}
	return s
}

// detailOf is one short line of what a service says.
func detailOf(parts ...string) string {
	line := []rune(strings.Join(strings.Fields(strings.ToValidUTF8(strings.Join(parts, " "), "")), " "))
	return string(line[:min(len(line), maxDetail)])
}

// ours is a Message-ID of this program: a delivery's ID at a domain.
var ours = regexp.MustCompile(`^<?([0-9a-f]{32})@[^@\s<>]+>?$`)

func deliveryOf(messageID string) stockdigest.DeliveryID {
	if m := ours.FindStringSubmatch(strings.TrimSpace(messageID)); m != nil {
		return stockdigest.DeliveryID(m[1])
	}
	return ""
}

// momentOf is a time as services write it; zero when it is none.
func momentOf(s string) time.Time {
	at, _ := time.Parse(time.RFC3339, s) // a report without a time counts all the same
	return at.UTC()
}
