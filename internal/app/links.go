package app

import (
	"context"

	"stockdigest.app/stockdigest/internal/adapter/gnews"
	"stockdigest.app/stockdigest/internal/adapter/store"
	"stockdigest.app/stockdigest/internal/pipeline/extract"
)

var _ gnews.Cache = (*store.DB)(nil)

// links opens the links of Google News. Any other link is its own target.
type links struct{ google *gnews.Client }

// Target is where link leads.
func (l links) Target(ctx context.Context, link string) (string, error) {
	if !gnews.Wraps(link) {
		return link, nil
	}
	return l.google.Resolve(ctx, link)
}

// links are opened by asking Google, except in a night that is recorded or being
// recorded: its replay could not ask.
func (a *App) links() extract.Links {
	if !a.world.asks() {
		return nil
	}
	return links{gnews.New(gnews.Config{Get: a.fetch, Cache: a.store, Now: a.world.Now})}
}

// asks reports whether the world answers what no recording holds.
func (w World) asks() bool { return w.night == nil && w.Wrap == nil }
