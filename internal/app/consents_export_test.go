package app

import (
	"context"
	"net/http"
	"time"

	"stockdigest.app/stockdigest"
	"stockdigest.app/stockdigest/internal/web"
)

// DeliveriesOf are all mails that a has planned.
func DeliveriesOf(ctx context.Context, a *App) ([]stockdigest.Delivery, error) {
	return a.store.Deliveries(ctx, stockdigest.DeliveryFilter{})
}

// Say notes what a reader said.
func Say(ctx context.Context, a *App, e stockdigest.ConsentEvent) error {
	return a.store.AddConsent(ctx, e)
}

// MailPages answers requests to the pages of mails.
func MailPages(a *App) (http.Handler, error) {
	sites, err := a.mailSites()
	return web.New(web.Config{}, web.Deps{
		Accounts: a.store, Sites: sites, Health: web.NewHealth(nil, time.Now, func(string, error) {}), Now: time.Now, Log: a.log,
	}).Routes(), err
}

// MailRoutes are the ways into the pages of mails.
func MailRoutes(a *App) ([]string, error) {
	sites, err := a.mailSites()
	var routes []string
	for _, s := range sites {
		for _, r := range s.Routes {
			routes = append(routes, r.Method+" "+r.Path)
		}
	}
	return routes, err
}
