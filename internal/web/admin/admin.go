// Package admin is the operators' console: pages made on the server, without
// scripts, that show what runs, what waits, what went wrong and what it costs,
// and let a person cancel and retry.
package admin

import (
	"context"
	"net/http"
	"net/url"
	"strings"
	"time"
	"unicode"

	"github.com/go-chi/chi/v5"
	"github.com/google/uuid"

	"stockdigest.app/stockdigest"
	"stockdigest.app/stockdigest/internal/web"
)

// Runs are the work.
type Runs interface {
	RunByID(ctx context.Context, id stockdigest.RunID) (stockdigest.Run, error)
	Runs(ctx context.Context, f stockdigest.RunFilter) ([]stockdigest.Run, error)
	CancelRun(ctx context.Context, id stockdigest.RunID, by string) error
	RetryRun(ctx context.Context, id stockdigest.RunID, by string) error
	Waiting(ctx context.Context) (map[stockdigest.Class]stockdigest.Counts, error)
}

// Batches are sets of runs, newest first.
type Batches interface {
	Batch(ctx context.Context, id stockdigest.BatchID) (stockdigest.Batch, error)
	Batches(ctx context.Context, limit int) ([]stockdigest.Batch, error)
}

// Money is what paid calls cost, and how the providers do.
type Money interface {
	Spending(ctx context.Context, day stockdigest.Day, b stockdigest.Budget) (stockdigest.Spending, error)
	Calls(ctx context.Context, f stockdigest.CallFilter) ([]stockdigest.Call, error)
	Providers(ctx context.Context) ([]stockdigest.ProviderState, error)
	ResetProvider(ctx context.Context, name, by string) error
}

// Reports are what runs make. None yet is an ErrNotFound.
type Reports interface {
	Report(ctx context.Context, id stockdigest.RunID) (stockdigest.Report, error)
}

// Slots tells what is due next, soonest first.
type Slots interface {
	Next(ctx context.Context, n int) ([]stockdigest.Slot, error)
}

// SignIn lets operators in and out.
type SignIn interface {
	Start(w http.ResponseWriter, r *http.Request, token string) error
	End(w http.ResponseWriter, r *http.Request) error
}

// Deps is what the console needs.
type Deps struct {
	Runs    Runs
	Batches Batches
	Money   Money
	Reports Reports
	SignIn  SignIn
	Slots   Slots
	Tasks   http.Handler // River's console, made for the prefix TasksPrefix; nil: none
	Now     func() time.Time
}

// Config is what the pages say about the service.
type Config struct {
	Environment string
	Version     string
	Zone        *time.Location // of all times shown
	Caps        stockdigest.Caps
	Budget      stockdigest.Budget
	Scheduled   bool // whether the schedule starts work by itself
}

// TasksPrefix is where the console of the small tasks is.
const TasksPrefix = prefix + "/tasks"

const (
	prefix = "/admin"
	signIn = prefix + "/sign-in"

	// What lets River's console run: its own script, and the styles that
	// the script sets.
	tasksPolicy = "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; font-src 'self'; " +
		"connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)

// Admin is the console.
type Admin struct {
	Deps
	config Config
	pages  pages
}

// New returns a console. An error means that a page cannot be parsed.
func New(c Config, d Deps) (*Admin, error) {
	pages, err := parsePages()
	if err != nil {
		return nil, err
	}
	return &Admin{Deps: d, config: c, pages: pages}, nil
}

// Site returns the console's routes.
func (a *Admin) Site() web.Site {
	routes := []web.Route{
		{Method: http.MethodGet, Path: "/", Who: web.Anyone, Serve: home},
		{Method: http.MethodGet, Path: prefix + "/style.css", Who: web.Anyone, Serve: style},
		{Method: http.MethodGet, Path: signIn, Who: web.Anyone, Serve: a.signInPage},
		{Method: http.MethodPost, Path: signIn, Who: web.Anyone, Serve: a.signIn},
		{Method: http.MethodPost, Path: prefix + "/sign-out", Who: web.Anyone, Serve: a.signOut},
		{Method: http.MethodGet, Path: prefix, Who: web.Operators, Serve: a.overview},
		{Method: http.MethodGet, Path: prefix + "/batches/{id}", Who: web.Operators, Serve: a.batch},
		{Method: http.MethodGet, Path: prefix + "/runs/{id}", Who: web.Operators, Serve: a.run},
		{Method: http.MethodPost, Path: prefix + "/runs/{id}/cancel", Who: web.Operators, Serve: a.change(a.Runs.CancelRun)},
		{Method: http.MethodPost, Path: prefix + "/runs/{id}/retry", Who: web.Operators, Serve: a.change(a.Runs.RetryRun)},
		{Method: http.MethodPost, Path: prefix + "/providers/{name}/reset", Who: web.Operators, Serve: a.reset},
	}
	if a.Tasks != nil {
		routes = append(routes,
			web.Route{Path: TasksPrefix, Who: web.Operators, Serve: a.tasks},
			web.Route{Path: TasksPrefix + "/*", Who: web.Operators, Serve: a.tasks})
	}
	return web.Site{Prefix: prefix, Routes: routes, Fail: a.fail}
}

func home(w http.ResponseWriter, r *http.Request, _ stockdigest.Access) error {
	http.Redirect(w, r, prefix, http.StatusSeeOther)
	return nil
}

func (a *Admin) tasks(w http.ResponseWriter, r *http.Request, _ stockdigest.Access) error {
	w.Header().Set("Content-Security-Policy", tasksPolicy)
	a.Tasks.ServeHTTP(w, r)
	return nil
}

// change is a button on a run: it does one thing and shows the run.
func (a *Admin) change(do func(context.Context, stockdigest.RunID, string) error) web.Handler {
	return func(w http.ResponseWriter, r *http.Request, who stockdigest.Access) error {
		id, err := pathID(r)
		if err != nil {
			return err
		}
		if err := do(r.Context(), stockdigest.RunID(id), "operator "+who.Name); err != nil {
			return err
		}
		http.Redirect(w, r, prefix+"/runs/"+id, http.StatusSeeOther) //nolint:gosec // id is a UUID
		return nil
	}
}

// reset lets a provider be called again that was stopped.
func (a *Admin) reset(w http.ResponseWriter, r *http.Request, who stockdigest.Access) error {
	name, err := url.PathUnescape(chi.URLParam(r, "name"))
	if err != nil || len(name) > maxName || strings.ContainsFunc(name, unicode.IsControl) {
		return stockdigest.NotFound("there is no provider of that name")
	}
	if err := a.Money.ResetProvider(r.Context(), name, "operator "+who.Name); err != nil {
		return err
	}
	http.Redirect(w, r, prefix, http.StatusSeeOther)
	return nil
}

// maxName is more than any provider's name.
const maxName = 100

func pathID(r *http.Request) (string, error) {
	id, err := uuid.Parse(chi.URLParam(r, "id"))
	if err != nil {
		return "", stockdigest.NotFound("there is nothing of that name")
	}
	return id.String(), nil
}
