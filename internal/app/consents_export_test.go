package app

import (
	"context"

	"stockdigest.app/stockdigest"
)

// DeliveriesOf are all mails that a has planned.
func DeliveriesOf(ctx context.Context, a *App) ([]stockdigest.Delivery, error) {
	return a.store.Deliveries(ctx, stockdigest.DeliveryFilter{})
}

// Say notes what a reader said.
func Say(ctx context.Context, a *App, e stockdigest.ConsentEvent) error {
	return a.store.AddConsent(ctx, e)
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
