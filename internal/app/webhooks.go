package app

import (
	"context"
	"fmt"
	"regexp"
	"strings"
	"time"

	"stockdigest.app/stockdigest"
	"stockdigest.app/stockdigest/internal/adapter/store"
	"stockdigest.app/stockdigest/internal/deliver"
	"stockdigest.app/stockdigest/internal/web"
	"stockdigest.app/stockdigest/internal/web/site"
	"stockdigest.app/stockdigest/internal/web/webhooks"
)

// minSecret is the shortest key of a signature that is taken, in characters.
const minSecret = 16

// snsTopic is an ARN as SNS gives it to a topic.
var snsTopic = regexp.MustCompile(`^arn:aws:sns:[a-z]{2}(-[a-z]+)+-[0-9]:[0-9]{12}:[A-Za-z0-9_.-]{1,256}$`)

// webhookFaults finds what would keep a door of the mail services shut, or
// leave it open to others.
func (o Options) webhookFaults() []string {
	var faults []string
	if n := len(o.WebhookSecret); n > 0 && n < minSecret {
		faults = append(faults, fmt.Sprintf("STOCKDIGEST_WEBHOOK_SECRET is too short: give at least %d characters", minSecret))
	}
	if user, password, _ := strings.Cut(string(o.Postmark), ":"); o.Postmark != "" && (user == "" || password == "") {
		faults = append(faults, "STOCKDIGEST_POSTMARK_CREDENTIALS is not user:password")
	}
	for _, topic := range o.SESTopics {
		if !snsTopic.MatchString(topic) {
			faults = append(faults, fmt.Sprintf("STOCKDIGEST_SES_TOPIC=%q is not the ARN of a topic, such as arn:aws:sns:us-east-1:123456789012:bounces", topic))
		}
	}
	return faults
}

// desk takes what readers and mail services say about mails.
func (a *App) desk() *deliver.Desk { return deliver.NewDesk(a.store, a.log) }

// Returned takes a report of a mail that came back.
func (a *App) Returned(ctx context.Context, r stockdigest.MailReport) error {
	return a.desk().Returned(ctx, r)
}

// consents are the store's, with patience for a mail that is being handed over.
type consents struct {
	*store.DB
	desk *deliver.Desk
}

// AddConsent notes what a reader said.
func (c consents) AddConsent(ctx context.Context, e stockdigest.ConsentEvent) error {
	return c.desk.AddConsent(ctx, e)
}

// mailSites are the pages behind the links of mails, and the doors of the mail
// services.
func (a *App) mailSites() ([]web.Site, error) {
	pages, err := site.New(site.Deps{
		Tokens: a.store, Consents: consents{a.store, a.desk()}, Readers: a.store, Greeter: a, Tickers: a.dir,
		Guesses: web.NewGuesses(a.opts.Proxies, time.Now), Now: a.world.Now,
	})
	if err != nil {
		return nil, err
	}
	hooks := webhooks.New(webhooks.Config{
		Secret: string(a.opts.WebhookSecret), Postmark: string(a.opts.Postmark), Topics: a.opts.SESTopics,
	}, webhooks.Deps{Desk: a.desk(), Get: a.fetch, Now: time.Now})
	return append(pages.Sites(), hooks.Site()), nil
}
