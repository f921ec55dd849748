// Package tasks carries the small work of the service on River: the minute
// tick of the schedule, the work of slots that may take long, and the checks of
// filings. It takes functions that may be called twice, late, at the same time
// or not at all: nothing of the product depends on a task being delivered once.
// Runs are not tasks; see control/runs.
package tasks

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"sync"
	"time"

	"github.com/riverqueue/river"
	"github.com/riverqueue/river/riverdriver"
	"github.com/riverqueue/river/rivertype"
	"riverqueue.com/riverui"

	"stockdigest.app/stockdigest"
)

// Work is what the tasks do. Without Tick no tick is started; without anything
// this process works on no task.
type Work struct {
	Tick  func(context.Context) error
	Slot  func(context.Context, stockdigest.SlotRecord) error
	Check func(context.Context, stockdigest.Symbol) error
}

// Config says how the tasks are kept.
type Config struct {
	Schema string // of PostgreSQL, which holds River's tables
	Log    *slog.Logger
}

// Tasks starts and works on tasks. It is safe for concurrent use.
type Tasks struct {
	client  client
	console func() (*riverui.Handler, error)
	log     *slog.Logger
	tick    func(context.Context) error // nil: this process starts no ticks
	working bool
}

// A client is what River offers on both engines alike.
type client interface {
	Start(ctx context.Context) error
	Stop(ctx context.Context) error
	StopAndCancel(ctx context.Context) error
	Insert(ctx context.Context, args river.JobArgs, opts *river.InsertOpts) (*rivertype.JobInsertResult, error)
	InsertMany(ctx context.Context, params []river.InsertManyParams) ([]*rivertype.JobInsertResult, error)
}

const (
	// How often each process looks for tasks: they come by the minute, and a
	// look costs more than it finds.
	poll = 5 * time.Second
	// Bounds the tasks of a process, beside the runs it works on.
	parallel = 4
	// What a task gets to come to its end when the process stops.
	grace = 4 * time.Second
	// Bounds one task; one whose process died is tried again later.
	longest = 10 * time.Minute
	rescue  = 15 * time.Minute
)

// New makes the tasks on a driver of River, which says the engine. A process
// that only starts tasks, or shows them, gives no work.
func New[T any](driver riverdriver.Driver[T], c Config, work Work) (*Tasks, error) {
	working := work.Tick != nil || work.Slot != nil || work.Check != nil
	conf := &river.Config{
		Schema: c.Schema, Logger: c.Log, MaxAttempts: 3,
		// No LISTEN: it would take a connection for ever, and on SQLite poll a
		// table twenty times a second.
		PollOnly: true, FetchPollInterval: poll,
		JobTimeout: longest, RescueStuckJobsAfter: rescue, SoftStopTimeout: grace,
	}
	if working {
		conf.Workers = workersFor(work)
		conf.Queues = map[string]river.QueueConfig{river.QueueDefault: {MaxWorkers: parallel}}
	}
	if work.Tick != nil {
		conf.PeriodicJobs = []*river.PeriodicJob{river.NewPeriodicJob(everyMinute{}, func() (river.JobArgs, *river.InsertOpts) {
			return tickArgs{}, once()
		}, nil)}
	}
	made, err := river.NewClient(driver, conf)
	if err != nil {
		return nil, fmt.Errorf("make the task client: %w", err)
	}
	t := &Tasks{client: made, log: c.Log, tick: work.Tick, working: working}
	t.console = func() (*riverui.Handler, error) {
		return riverui.NewHandler(&riverui.HandlerOpts{
			Endpoints: riverui.NewEndpoints(made, nil), Logger: c.Log, Prefix: ConsolePath, JobListHideArgsByDefault: true,
		})
	}
	return t, nil
}

// everyMinute is due on the minute, as slots are.
type everyMinute struct{}

func (everyMinute) Next(t time.Time) time.Time { return t.Truncate(time.Minute).Add(time.Minute) }

// once is for a task that another one like it makes up for.
func once() *river.InsertOpts { return &river.InsertOpts{MaxAttempts: 1} }

// Run works on tasks until ctx ends, then lets those in hand finish for a few
// seconds and hands the others back. The first tick comes at once. Every five
// minutes one comes that needs no River.
func (t *Tasks) Run(ctx context.Context) error {
	if !t.working {
		<-ctx.Done()
		return nil
	}
	// River would drop its leadership and its jobs at once with ctx.
	live := context.WithoutCancel(ctx)
	if err := t.client.Start(live); err != nil {
		return fmt.Errorf("start the tasks: %w", err)
	}
	if t.tick != nil {
		if _, err := t.client.Insert(ctx, tickArgs{}, once()); err != nil && ctx.Err() == nil {
			t.log.WarnContext(ctx, "start the first tick", "error", err)
		}
		var guard sync.WaitGroup
		guard.Go(func() { guardTicks(ctx, t.tick, t.log) })
		defer guard.Wait()
	}
	<-ctx.Done()
	stop, cancel := context.WithTimeoutCause(live, grace+time.Second, errors.New("tasks took too long to stop"))
	defer cancel()
	if err := t.client.Stop(stop); err != nil {
		return errors.Join(fmt.Errorf("stop the tasks: %w", err), context.Cause(stop))
	}
	return nil
}

// Slot hands the work of a slot over.
func (t *Tasks) Slot(ctx context.Context, taken stockdigest.SlotRecord) error {
	var args river.JobArgs
	switch taken.Kind {
	case stockdigest.SlotCleanup:
		args = cleanupArgs{taken}
	case stockdigest.SlotCredits:
		args = grantsArgs{taken}
	default:
		return stockdigest.Invalid("the work of " + string(taken.Kind) + " is no task")
	}
	if _, err := t.client.Insert(ctx, args, once()); err != nil { // a slot that is not finished is taken again
		return fmt.Errorf("start the task %s: %w", args.Kind(), err)
	}
	return nil
}

// Check hands the check of each company's filings over.
func (t *Tasks) Check(ctx context.Context, symbols []stockdigest.Symbol) error {
	params := make([]river.InsertManyParams, 0, len(symbols))
	for _, symbol := range symbols {
		params = append(params, river.InsertManyParams{Args: filingsArgs{symbol}})
	}
	if len(params) == 0 {
		return nil
	}
	if _, err := t.client.InsertMany(ctx, params); err != nil {
		return fmt.Errorf("start %d checks of filings: %w", len(symbols), err)
	}
	return nil
}

// ConsolePath is where the console must be mounted.
const ConsolePath = "/admin/tasks"

// Console returns River's own pages, to be mounted at ConsolePath behind a
// sign-in and a check of the request's origin: they have neither. They live
// until ctx ends.
func (t *Tasks) Console(ctx context.Context) (http.Handler, error) {
	handler, err := t.console()
	if err != nil {
		return nil, fmt.Errorf("make the task console: %w", err)
	}
	if err := handler.Start(ctx); err != nil {
		return nil, fmt.Errorf("start the task console: %w", err)
	}
	return handler, nil
}
