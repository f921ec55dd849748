package app

import (
	"stockdigest.app/stockdigest/internal/adapter/feeds"
	"stockdigest.app/stockdigest/internal/names"
	"stockdigest.app/stockdigest/internal/pipeline"
	"stockdigest.app/stockdigest/internal/pipeline/cluster"
	"stockdigest.app/stockdigest/internal/pipeline/compose"
	"stockdigest.app/stockdigest/internal/pipeline/extract"
	"stockdigest.app/stockdigest/internal/pipeline/ingest"
	"stockdigest.app/stockdigest/internal/pipeline/summarize"
	"stockdigest.app/stockdigest/internal/pipeline/triage"
	"stockdigest.app/stockdigest/internal/pipeline/verify"
)

// wireRefresh is the pipeline of a refresh: feeds only, and nobody who is paid.
func (a *App) wireRefresh(linker *names.Linker) []pipeline.Step {
	read := extract.Deps{
		Store: a.store, Pages: a.fetch, Links: a.links(), SecondLook: triage.SecondLook(linker), Now: a.world.Now, Progress: a.progress,
	}
	if a.opts.DatabaseURL != "" {
		read.Turns = a.store
	}
	sources := feedReader{feeds.New(a.fetch), a.fmp()}
	return []pipeline.Step{
		ingest.NewRefresh(a.store, sources, a.store, ingest.Config{Now: a.world.Now, Progress: a.progress, Log: a.log}),
		triage.New(a.store, linker, triage.Jury{}),
		extract.New(read),
		cluster.New(a.store),
		summarize.New(a.store, summarize.Extractive(linker)),
		verify.New(a.store),
		compose.NewRefresh(a.store),
	}
}
