// Package app wires everything: settings, the world (the live one or a
// recorded night), the store, the adapters and the steps. It is the one place
// that knows everybody.
package app

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"
	_ "time/tzdata" // a bare machine has no zones, and a night names one

	"github.com/google/uuid"
	"github.com/lmittmann/tint"

	"stockdigest.app/stockdigest"
	"stockdigest.app/stockdigest/internal/adapter/edgar"
	"stockdigest.app/stockdigest/internal/adapter/feeds"
	"stockdigest.app/stockdigest/internal/adapter/fetch"
	"stockdigest.app/stockdigest/internal/adapter/store"
	"stockdigest.app/stockdigest/internal/adapter/tickers"
	"stockdigest.app/stockdigest/internal/control/calls"
	"stockdigest.app/stockdigest/internal/control/runs"
	"stockdigest.app/stockdigest/internal/names"
	"stockdigest.app/stockdigest/internal/pipeline"
	"stockdigest.app/stockdigest/internal/pipeline/cluster"
	"stockdigest.app/stockdigest/internal/pipeline/compose"
	"stockdigest.app/stockdigest/internal/pipeline/extract"
	"stockdigest.app/stockdigest/internal/pipeline/ingest"
	"stockdigest.app/stockdigest/internal/pipeline/summarize"
	"stockdigest.app/stockdigest/internal/pipeline/triage"
)

// An App is the program without its flags: one database of one world, and
// everything that works on it. Close it when done.
type App struct {
	opts    Options
	world   World
	store   *store.DB
	fetch   *fetch.Client
	steps   []pipeline.Step
	late    []pipeline.Step                                // of a refresh
	forget  func(ctx context.Context, run stockdigest.Run) // what a run that is over has in hand
	runner  *runs.Runner
	caller  *calls.Caller // nil: no step pays for anything
	chains  chains        // of the models that the caller asks; empty: the rules write
	dir     *stockdigest.Directory
	linker  *names.Linker
	log     *slog.Logger
	console *Console
	told    chan time.Time // when the order to stop came
}

// New opens the world's database, brings its schema and ticker table up to
// date, and wires the steps. The end of ctx is the order to stop.
func New(ctx context.Context, opts Options, world World, console *Console) (*App, error) {
	world = world.by(opts.writer())
	a := &App{
		opts: opts, world: world, console: console, log: newLogger(opts, console), told: make(chan time.Time, 1),
	}
	db, err := openStore(ctx, opts, world)
	if err != nil {
		return nil, err
	}
	a.store = db
	if err := a.loadTickers(ctx); err != nil {
		return nil, fmt.Errorf("load tickers: %w", joinClose(err, db))
	}
	all, err := db.Tickers(ctx)
	if err != nil {
		return nil, fmt.Errorf("read tickers: %w", joinClose(err, db))
	}
	a.dir = stockdigest.NewDirectory(all)
	a.fetch = fetch.New(world.fetching(opts, a.log, a.fleet()))
	a.linker = names.NewLinker(all)
	if err := a.openModels(); err != nil { //nolint:contextcheck // a client outlives the call that makes it
		return nil, joinClose(err, db)
	}
	if err := a.keepRecorded(ctx); err != nil {
		return nil, joinClose(err, db)
	}
	a.steps = a.wire(a.linker)
	a.late = a.wireRefresh(a.linker)
	a.runner = a.newRunner()
	context.AfterFunc(ctx, func() {
		a.told <- time.Now()
		if a.caller != nil {
			a.caller.Stop()
		}
	})
	return a, nil
}

// wire is the pipeline as code.
func (a *App) wire(linker *names.Linker) []pipeline.Step {
	progress := a.progress
	read := extract.Deps{Store: a.store, Pages: a.fetch, Links: a.links(), SecondWay: a.secondWay(), SecondLook: triage.SecondLook(linker), Now: a.world.Now, Progress: progress}
	if a.opts.DatabaseURL != "" {
		read.Turns = a.store
	}
	if a.asks() {
		read.Ready = summarize.NewAhead(a.caller, a.chains.read).Read
	}
	pages := extract.New(read)
	jury := a.jury()
	jury.Meanwhile = pages.Ahead
	a.forget = pages.Forget
	return []pipeline.Step{
		a.ingest(a.store),
		triage.New(a.store, linker, jury),
		pages,
		cluster.New(a.store),
		summarize.New(a.store, a.writer(linker)),
		a.gate(),
		compose.New(a.store),
	}
}

// ingest is the first step, over a store.
func (a *App) ingest(over ingest.Store) pipeline.Step {
	sources := feedReader{feeds.New(a.fetch), a.fmp()}
	filings := a.world.filings(edgar.New(a.fetch).Logging(a.log))
	return ingest.New(over, sources, filings, ingest.Config{Now: a.world.Now, Progress: a.progress, Prices: a.prices(), Calls: a.calls(), Log: a.log})
}

// fleet are the processes on one PostgreSQL, which keep to the limits of hosts
// together. On SQLite there is one.
func (a *App) fleet() *fetch.Fleet {
	if a.opts.DatabaseURL == "" {
		return nil
	}
	return &fetch.Fleet{Turns: a.store, Worker: workerName()}
}

// Close waits for paid calls under way and gives the database back.
func (a *App) Close() error {
	if a.caller == nil {
		return a.store.Close()
	}
	limit := a.patience()
	ctx, cancel := context.WithTimeoutCause(context.Background(), limit, errors.New("they took too long, and may be paid again"))
	defer cancel()
	hint := time.AfterFunc(time.Second/2, func() {
		a.console.Say("waiting up to %s for paid calls under way", limit.Round(time.Second))
	})
	defer hint.Stop()
	return errors.Join(a.caller.Drain(ctx), a.store.Close())
}

// lastCall is how long after the order to stop paid calls are waited for, so
// that no answer that was paid for is thrown away. With what follows a stop
// stays within ten seconds.
const lastCall = 9 * time.Second

// patience is what is left of it.
func (a *App) patience() time.Duration {
	select {
	case at := <-a.told:
		return lastCall - time.Since(at)
	default:
		return lastCall
	}
}

// Tickers looks symbols up as people write them. The first one that is not in
// the table is refused with a suggestion.
func (a *App) Tickers(symbols []string) ([]stockdigest.Ticker, error) {
	var found []stockdigest.Ticker
	seen := map[stockdigest.Symbol]bool{}
	for _, s := range symbols {
		t, err := a.dir.Lookup(s)
		if err != nil {
			return nil, err
		}
		if !seen[t.Symbol] {
			seen[t.Symbol] = true
			found = append(found, t)
		}
	}
	return found, nil
}

func (a *App) loadTickers(ctx context.Context) error {
	if err := a.store.SaveTickers(ctx, tickers.Starter()); err != nil {
		return err
	}
	return a.store.SaveTickers(ctx, slices.Concat(a.world.others(), a.world.Tickers()))
}

// newRunner is who works on runs in this process, with the steps as the work.
func (a *App) newRunner() *runs.Runner {
	var flow, refresh *pipeline.Pipeline
	runner := runs.New(runs.Config{Worker: workerName(), Lease: a.opts.Lease, Caps: a.opts.Caps()}, runs.Deps{
		Store: a.store, Log: a.log,
		Work: func(ctx context.Context, run stockdigest.Run) error {
			if err := a.prepare(ctx, run); err != nil {
				return err
			}
			defer a.forget(ctx, run)
			if run.Refreshes != "" {
				return refresh.Run(ctx, run)
			}
			return flow.Run(ctx, run)
		},
		Notice: func(line string) { a.console.Say("%s", line) },
	})
	config := pipeline.Config{
		Now: a.world.Now, Stopping: runner.Stopping, Finished: a.console.StepFinished, Batches: a.opts.batching(a.world).Wait > 0,
		Started: func(run stockdigest.Run, step stockdigest.StepName) { runner.Progress(run, step, 0, 0) },
	}
	flow, refresh = pipeline.New(a.store, a.steps, config), pipeline.New(a.store, a.late, config)
	return runner
}

// progress shows how far a step of a run is, here and to who looks from
// elsewhere.
func (a *App) progress(run stockdigest.Run, step stockdigest.StepName, done, total int) {
	a.console.Step(run, step, done, total)
	a.runner.Progress(run, step, done, total)
}

// openStore opens the world's database. The live one must be of the settings'
// environment; others mail nobody.
func openStore(ctx context.Context, opts Options, world World) (*store.DB, error) {
	cfg, err := storeConfig(opts, world)
	if err != nil {
		return nil, err
	}
	if world.own == nil {
		return openStamped(ctx, opts, cfg)
	}
	return openMigrated(ctx, cfg)
}

func storeConfig(opts Options, world World) (store.Config, error) {
	cfg := store.Config{URL: string(opts.DatabaseURL), Schema: world.Schema(), Now: world.Now}
	if cfg.URL == "" {
		cfg.Path = filepath.Join(opts.Dir, world.File())
		return cfg, makeFolder(filepath.Dir(cfg.Path))
	}
	return cfg, nil
}

func openMigrated(ctx context.Context, c store.Config) (*store.DB, error) {
	db, err := store.Open(ctx, c)
	if err != nil {
		return nil, err
	}
	if err := db.Migrate(ctx); err != nil {
		return nil, joinClose(err, db)
	}
	return db, nil
}

func makeFolder(dir string) error {
	if err := os.MkdirAll(dir, 0o755); err != nil { //nolint:gosec // digests are for reading
		return &stockdigest.Error{
			Kind:    stockdigest.ErrInvalid,
			Message: fmt.Sprintf("the data folder %s cannot be written: set STOCKDIGEST_DIR to a folder that can", dir), Err: err,
		}
	}
	return nil
}

func joinClose(err error, c io.Closer) error {
	if closeErr := c.Close(); closeErr != nil {
		return fmt.Errorf("%w (and close: %w)", err, closeErr)
	}
	return err
}

func userAgent(contact string) string {
	if contact == "" {
		contact = "no contact set"
	}
	return "StockDigest/" + Version() + " (" + contact + ")"
}

// workerName is unique per process start: a restarted process must not be
// taken for the one that died.
func workerName() string {
	host, err := os.Hostname()
	if err != nil {
		host = "unknown"
	}
	return strings.Join([]string{host, uuid.NewString()[:8]}, "/")
}

// newLogger returns the logger of the settings, which writes to Err.
func newLogger(opts Options, c *Console) *slog.Logger {
	level, err := opts.level()
	if err != nil {
		level = slog.LevelWarn
	}
	return slog.New(tint.NewTextHandler(c.logs(), &tint.Options{Level: level, TimeFormat: time.TimeOnly, NoColor: !isTerminal(c.Err)}))
}
