// Package api is the service for programs: JSON in and out, under the paths of
// the paper. Readers order reports with their own token and see their own
// orders; operators submit, watch, cancel and retry. Every answer comes at
// once: work is a job, and a job is a run.
package api

import (
	"context"
	_ "embed"
	"net/http"
	"time"

	"github.com/go-chi/chi/v5"
	"github.com/google/uuid"

	"stockdigest.app/stockdigest"
	"stockdigest.app/stockdigest/internal/web"
)

// Runs are the jobs.
type Runs interface {
	RunByID(ctx context.Context, id stockdigest.RunID) (stockdigest.Run, error)
	Runs(ctx context.Context, f stockdigest.RunFilter) ([]stockdigest.Run, error)
	CancelRun(ctx context.Context, id stockdigest.RunID, by string) error
	RetryRun(ctx context.Context, id stockdigest.RunID, by string) error
}

// Batches are sets of jobs.
type Batches interface {
	OpenBatch(ctx context.Context, b stockdigest.Batch, runs []stockdigest.Run) (stockdigest.Batch, error)
	Batch(ctx context.Context, id stockdigest.BatchID) (stockdigest.Batch, error)
}

// Orders are what readers ask for.
type Orders interface {
	OrderReport(ctx context.Context, o stockdigest.Order) (stockdigest.Ordered, error)
	Asked(ctx context.Context, reader stockdigest.ReaderID, run stockdigest.RunID) (bool, error)
}

// Reports are what jobs make. None yet is an ErrNotFound.
type Reports interface {
	Report(ctx context.Context, id stockdigest.RunID) (stockdigest.Report, error)
}

// Tickers knows companies by every way to write their symbol.
type Tickers interface {
	Lookup(symbol string) (stockdigest.Ticker, error)
}

// Deps is what the API needs.
type Deps struct {
	Runs     Runs
	Batches  Batches
	Orders   Orders
	Reports  Reports
	Tickers  Tickers
	Now      func() time.Time
	TimeZone string // of submitted jobs, for days in text
}

// API answers programs.
type API struct{ Deps }

// New returns an API.
func New(d Deps) *API { return &API{d} }

//go:embed openapi.json
var openAPI []byte

// Site returns the API's routes. Each of them is described in openapi.json.
func (a *API) Site() web.Site {
	return web.Site{Routes: []web.Route{
		{Method: http.MethodGet, Path: "/openapi.json", Who: web.Anyone, Serve: describe},
		{Method: http.MethodPost, Path: "/api/user/run-adhoc-report", Who: web.Members, Serve: a.order},
		{Method: http.MethodPost, Path: "/jobs/submit", Who: web.Operators, Serve: a.submit},
		{Method: http.MethodGet, Path: "/jobs/{id}", Who: web.Members, Serve: a.job},
		{Method: http.MethodPost, Path: "/jobs/{id}/cancel", Who: web.Operators, Serve: a.cancel},
		{Method: http.MethodPost, Path: "/jobs/{id}/retry", Who: web.Operators, Serve: a.retry},
		{Method: http.MethodGet, Path: "/jobs/batch/{id}", Who: web.Operators, Serve: a.batch},
	}}
}

func describe(w http.ResponseWriter, _ *http.Request, _ stockdigest.Access) error {
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	_, _ = w.Write(openAPI) // the client may be gone
	return nil
}

// runID returns the run that the path names.
func runID(r *http.Request) (stockdigest.RunID, error) {
	id, err := uuid.Parse(chi.URLParam(r, "id"))
	if err != nil {
		return "", noJob()
	}
	return stockdigest.RunID(id.String()), nil
}

// noJob is the one answer for a job that is not there and for somebody else's.
func noJob() error { return stockdigest.NotFound("there is no such job") }
