package app

import (
	"context"
	"errors"
	"fmt"
	"net"
	"time"

	"golang.org/x/sync/errgroup"

	"stockdigest.app/stockdigest"
	"stockdigest.app/stockdigest/internal/adapter/store"
	"stockdigest.app/stockdigest/internal/control/schedule"
	"stockdigest.app/stockdigest/internal/control/tasks"
	"stockdigest.app/stockdigest/internal/ops"
	"stockdigest.app/stockdigest/internal/web"
	"stockdigest.app/stockdigest/internal/web/admin"
	"stockdigest.app/stockdigest/internal/web/api"
)

// A Role is what a process of the service does.
type Role string

// The roles.
const (
	RoleAll    Role = "all"
	RoleWeb    Role = "web"    // pages and API, no work
	RoleWorker Role = "worker" // work, and health pages only
)

// Here is the world of the settings: the live one, or a pretend one.
func Here(ctx context.Context, opts Options) (World, error) {
	if opts.Pretend != "" {
		return Pretend(ctx, opts)
	}
	return Live(opts), nil
}

// Serve runs the service in one role until ctx ends, and then stops within ten
// seconds: nothing new is begun, steps finish or are handed back, and paid
// calls under way are stored.
func Serve(ctx context.Context, opts Options, role Role, console *Console) (err error) {
	world, err := Here(ctx, opts)
	if err != nil {
		return err
	}
	console.Quiet = true // how far the work is stands in the rows
	a, err := New(ctx, opts, world, console)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, a.Close()) }()
	scheduler, carrier, err := a.newSchedule(role != RoleWeb)
	if err != nil {
		return err
	}
	group, running := errgroup.WithContext(ctx)
	if opts.Listen != "" {
		server, err := a.newServer(running, role, scheduler, carrier)
		if err != nil {
			return err
		}
		group.Go(func() error { return server.Run(running) })
	}
	group.Go(func() error { return carrier.Run(running) })
	if role != RoleWeb {
		sender, err := a.newSender()
		if err != nil {
			return err
		}
		group.Go(func() error { return a.runner.Serve(running) })
		group.Go(func() error { return sender.Run(running) })
		if a.caller != nil {
			group.Go(func() error { return a.caller.FollowBatches(running) })
		}
	}
	console.Say("%s: serving as %s, writer %s, schedule %s; stop with Ctrl-C", opts.Environment, role, opts.writer(), onOff(opts.Scheduled()))
	return group.Wait()
}

func onOff(on bool) string {
	if on {
		return "on"
	}
	return "off"
}

// newServer makes the web server of a role. A worker has the health pages only.
func (a *App) newServer(ctx context.Context, role Role, scheduler *schedule.Scheduler, carrier *tasks.Tasks) (*web.Server, error) {
	deps := web.Deps{
		Now: time.Now, Log: a.log,
		Health: web.NewHealth([]web.Check{
			{Name: "database", Bad: "the database does not answer", Run: a.store.Ready},
			{Name: "disk", Bad: "the disk takes no files", Run: ops.Writable(a.opts.Dir)},
		}, time.Now, func(check string, err error) {
			a.log.WarnContext(ctx, "not ready", "check", check, "error", err)
		}),
		Listens: func(at net.Addr) { a.console.Say("listening on http://%s", at) },
	}
	if role == RoleWorker {
		return web.New(web.Config{Addr: a.opts.Listen}, deps), nil
	}
	console, err := a.newAdmin(ctx, scheduler, carrier)
	if err != nil {
		return nil, err
	}
	programs := api.New(api.Deps{
		Runs: a.store, Batches: a.store, Orders: a.store, Reports: a.store,
		Tickers: a.dir, Now: a.world.Now, TimeZone: a.world.TimeZone,
	})
	mails, err := a.mailSites()
	if err != nil {
		return nil, err
	}
	deps.Accounts, deps.Sites = a.store, append([]web.Site{programs.Site(), console.Site()}, mails...)
	return web.New(web.Config{Addr: a.opts.Listen}, deps), nil
}

func (a *App) newAdmin(ctx context.Context, scheduler *schedule.Scheduler, carrier *tasks.Tasks) (*admin.Admin, error) {
	zone, err := a.zone()
	if err != nil {
		return nil, err
	}
	pages, err := carrier.Console(ctx)
	if err != nil {
		return nil, err
	}
	return admin.New(admin.Config{
		Environment: a.opts.Environment, Version: Version(), Zone: zone, Caps: a.opts.Caps(), Budget: a.opts.Budget(),
		Scheduled: a.opts.Scheduled(),
	}, admin.Deps{
		Runs: a.store, Batches: a.store, Money: money{a.store, a}, Reports: a.store, Slots: scheduler,
		SignIn: web.NewSignIn(a.store, a.opts.Proxies, time.Now), Tasks: pages, Now: a.world.Now,
	})
}

// money is the store's, with a note of who lets a stopped provider go on.
type money struct {
	*store.DB
	app *App
}

// ResetProvider lets a provider be called again.
func (m money) ResetProvider(ctx context.Context, name, by string) error {
	return m.app.ResetProvider(ctx, name, by)
}

// prepare gives a run that nobody has begun the feeds of its company.
func (a *App) prepare(ctx context.Context, run stockdigest.Run) error {
	if len(run.Steps) > 0 {
		return nil
	}
	t, err := a.store.Ticker(ctx, run.Ticker)
	if err != nil {
		return fmt.Errorf("look up %s: %w", run.Ticker, err)
	}
	if err := a.setFeeds(ctx, t); err != nil {
		return fmt.Errorf("set feeds of %s: %w", t.Symbol, err)
	}
	return nil
}
