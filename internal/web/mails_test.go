package web_test

import (
	"context"
	"strings"
	"testing"
	"time"

	"stockdigest.app/stockdigest"
	"stockdigest.app/stockdigest/internal/web"
	"stockdigest.app/stockdigest/internal/web/site"
	"stockdigest.app/stockdigest/internal/web/webhooks"
)

// The secrets of Ada's mails.
const (
	wayOut   = "AdaAdaAdaAdaAdaAdaAdaAdaAdaAdaAdaAdaAdaAda0"
	question = "AdaAdaAdaAdaAdaAdaAdaAdaAdaAdaAdaAdaAdaAda1"
)

// fakeMails is a reader who gets mails and what came of them.
type fakeMails struct{ service *fakeService }

func (m fakeMails) MailedToken(_ context.Context, secret string) (stockdigest.MailedToken, error) {
	switch secret {
	case wayOut:
		return stockdigest.MailedToken{Purpose: stockdigest.MayUnsubscribe, Reader: "ada"}, m.service.fails
	case question:
		return stockdigest.MailedToken{Purpose: stockdigest.MayConfirm, Reader: "ada"}, m.service.fails
	}
	return stockdigest.MailedToken{}, stockdigest.NotFound("unknown or expired")
}

func (m fakeMails) UseMailedToken(context.Context, string) error { return m.service.fails }

func (m fakeMails) Agree(context.Context, string, string) error {
	return m.service.change(string(stockdigest.ConsentGiven), "ada")
}

func (m fakeMails) AddConsent(_ context.Context, e stockdigest.ConsentEvent) error {
	return m.service.change(string(e.Act), string(e.Reader))
}

func (m fakeMails) Consents(context.Context, stockdigest.ReaderID) ([]stockdigest.ConsentEvent, error) {
	return nil, m.service.fails
}

func (m fakeMails) Reader(context.Context, string) (stockdigest.Reader, error) {
	return stockdigest.Reader{
		ID: "ada", State: stockdigest.ReaderActive, Tickers: []stockdigest.Symbol{"ACME"}, Mails: stockdigest.MailWishes{Agreed: true},
	}, m.service.fails
}

func (m fakeMails) Greet(context.Context, stockdigest.Reader) error { return m.service.fails }

func (m fakeMails) Returned(context.Context, stockdigest.MailReport) error {
	return m.service.change("returned", "a mail service")
}

func (m fakeMails) Data(context.Context, string, int64) (stockdigest.Body, error) {
	return stockdigest.Body{}, m.service.fails
}

func mailSites(t *testing.T, s *fakeService, now func() time.Time) []web.Site {
	t.Helper()
	m := fakeMails{s}
	pages, err := site.New(site.Deps{
		Tokens: m, Consents: m, Readers: m, Greeter: m, Tickers: stockdigest.NewDirectory(nil), Guesses: web.NewGuesses(0, now), Now: now,
	})
	if err != nil {
		t.Fatalf("make the pages of readers: %v", err)
	}
	hooks := webhooks.New(
		webhooks.Config{Secret: "webhook-secret-of-the-test", Postmark: "u:p", Topics: []string{"arn:aws:sns:us-east-1:123456789012:t"}},
		webhooks.Deps{Desk: m, Get: m, Now: now})
	return append(pages.Sites(), hooks.Site())
}

// secretOf is a good secret for a route of the mails' links.
func secretOf(pattern string) string {
	if strings.HasPrefix(pattern, site.LeavePath) {
		return wayOut
	}
	return question
}

// abroad reports whether a route is the one that other sites may send a POST.
func abroad(r route) bool { return r.pattern == site.LeavePath+"{token}" }
