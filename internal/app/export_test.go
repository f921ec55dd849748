package app

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"time"

	"stockdigest.app/stockdigest/internal/adapter/fetch"
	"stockdigest.app/stockdigest/internal/pipeline/extract"
)

// CheckModels is what doctor does about models.
var CheckModels = checkModels

// CheckNetwork is what doctor does about sources.
var CheckNetwork = checkNetwork

// CheckCutOff is what doctor says of the optional sources, by name, on a
// machine that may connect to nobody.
func CheckCutOff(ctx context.Context, opts Options) map[string]Check {
	world := World{Now: time.Now, Transport: cutOff{}}
	all := map[string]Check{}
	for _, c := range checkSources(ctx, opts, world, fetch.New(world.fetching(opts, slog.New(slog.DiscardHandler), nil))) {
		all[c.Name] = c
	}
	return all
}

type cutOff struct{}

func (cutOff) RoundTrip(*http.Request) (*http.Response, error) {
	return nil, errors.New("connect: network is unreachable")
}

// LinksOf are the links as the steps of a open them.
func LinksOf(a *App) extract.Links { return a.links() }

// Voters are the models of each voter, as settings write them.
func Voters(o Options) ([][]string, error) {
	c, err := o.chains()
	named := [][]string{}
	for _, voter := range c.voters() {
		var list []string
		for _, m := range voter {
			list = append(list, m.String())
		}
		named = append(named, list)
	}
	return named, err
}
