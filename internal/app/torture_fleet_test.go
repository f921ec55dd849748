package app_test

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"net/http/httptest"
	"os"
	"os/signal"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sync/errgroup"

	"stockdigest.app/stockdigest"
	"stockdigest.app/stockdigest/internal/adapter/llm"
	"stockdigest.app/stockdigest/internal/adapter/store"
	"stockdigest.app/stockdigest/internal/adapter/store/storetest"
	"stockdigest.app/stockdigest/internal/control/budget"
	"stockdigest.app/stockdigest/internal/control/calls"
	"stockdigest.app/stockdigest/internal/control/runs"
	"stockdigest.app/stockdigest/internal/pipeline"
	"stockdigest.app/stockdigest/internal/sim"
)

// A fleet worker is a process that works on runs with the product's own store,
// runner, pipeline and paid calls. Only the steps are the rig's: they wait a
// little, pay for some calls, and write rows that carry their token.
const (
	childModel    = "APP_TEST_MODEL" // address of the model server
	childLease    = "APP_TEST_LEASE"
	childParallel = "APP_TEST_PARALLEL" // runs at once in this process
	childBudget   = "APP_TEST_BUDGET"   // cap of a day in dollars
	childPace     = "APP_TEST_PACE"     // how long a step takes at most
)

// The broken versions of a fleet worker, each with one fault.
const (
	brokenRenew  = "does not renew its lease"
	brokenToken  = "writes without its token"
	brokenDrain  = "cuts paid calls when it stops"
	brokenBudget = "reserves nothing"
)

// callsPerRun is how many paid calls a run makes, all at once.
const callsPerRun = 4

type worker struct {
	db     *store.DB
	caller *calls.Caller
	runner *runs.Runner
	notes  journal
	broken string
	pace   time.Duration
}

func fleetWorker(ctx context.Context) error {
	ctx, stop := signal.NotifyContext(ctx, syscall.SIGTERM)
	defer stop()
	context.AfterFunc(ctx, stop) // a second one ends the process at once
	w, err := newWorker(ctx)
	if err != nil {
		return err
	}
	err = errors.Join(w.notes.add(entry{What: "up"}), w.runner.Serve(ctx))
	rest, cancel := context.WithTimeout(context.WithoutCancel(ctx), 30*time.Second)
	defer cancel()
	_ = w.caller.Drain(rest) // what is left is judged by the bill, and how long it took by the clock
	return errors.Join(err, w.db.Close())
}

func newWorker(ctx context.Context) (*worker, error) {
	w := &worker{notes: journal{os.Getenv(childJournal)}, broken: os.Getenv(childBroken)}
	lease, err1 := time.ParseDuration(os.Getenv(childLease))
	pace, err2 := time.ParseDuration(os.Getenv(childPace))
	parallel, err3 := strconv.Atoi(os.Getenv(childParallel))
	day, err4 := stockdigest.ParseDollars(os.Getenv(childBudget))
	db, err5 := store.Open(ctx, childConfig())
	if err := errors.Join(err1, err2, err3, err4, err5); err != nil {
		return nil, err
	}
	w.db, w.pace = db, pace
	if err := db.Migrate(ctx); err != nil {
		return nil, err
	}
	log := slog.New(slog.NewTextHandler(os.Stderr, &slog.HandlerOptions{Level: slog.LevelWarn}))
	if w.caller, err1 = w.newCaller(ctx, lease, day, log); err1 != nil {
		return nil, err1
	}
	var claims runs.Store = db
	if w.broken == brokenRenew {
		claims = deaf{db}
	}
	var flow *pipeline.Pipeline
	w.runner = runs.New(runs.Config{
		Worker: workerOf(os.Getpid()), Lease: lease, Parallel: parallel,
		Caps: stockdigest.Caps{Scheduled: 400, AdHoc: 400, Total: 400}, // of the dead, too: their leases run on
	}, runs.Deps{
		Store: claims, Log: log,
		Work: func(ctx context.Context, run stockdigest.Run) error { return flow.Run(ctx, run) },
	})
	var steps []pipeline.Step
	for _, name := range stockdigest.StepNames() {
		steps = append(steps, rigStep{w, name})
	}
	flow = pipeline.New(db, steps, pipeline.Config{Now: time.Now, Stopping: w.runner.Stopping})
	return w, nil
}

func (w *worker) newCaller(ctx context.Context, lease time.Duration, day stockdigest.Micros, log *slog.Logger) (*calls.Caller, error) {
	client, err := llm.New(llm.Config{BaseURL: os.Getenv(childModel), Key: sim.Key, Now: time.Now})
	if err != nil {
		return nil, err
	}
	table, err := budget.New()
	if err != nil {
		return nil, err
	}
	var provider calls.Provider = client
	var prices calls.Prices = table
	switch w.broken {
	case brokenDrain:
		provider = cutShort{ctx, client}
	case brokenBudget:
		prices = cheap{table}
	}
	return calls.New(calls.Config{
		Limits: stockdigest.Limits{Parallel: 200},
		Budget: stockdigest.Budget{Run: day, Reader: day, Day: day, Month: day},
		Lease:  max(lease, 5*time.Second), // a process that the machine forgets for a moment is not dead
	}, calls.Deps{
		Store: notedCalls{w.db, w.notes}, Providers: map[string]calls.Provider{"openai": provider}, Prices: prices,
		Now: time.Now, Jitter: rand.Float64, Log: log,
	}), nil
}

func workerOf(pid int) string { return fmt.Sprintf("rig %d", pid) }

// A rigStep waits, pays in the one step that does, and writes.
type rigStep struct {
	w    *worker
	name stockdigest.StepName
}

func (s rigStep) Name() stockdigest.StepName { return s.name }

func (s rigStep) Run(ctx context.Context, run stockdigest.Run) error {
	if err := s.w.notes.add(entry{What: "begin", Run: string(run.ID), Token: run.Token, Note: string(s.name)}); err != nil {
		return err
	}
	wait(ctx, time.Duration(rand.Int64N(int64(s.w.pace))))
	if s.name == stockdigest.StepSummarize {
		if err := s.w.pay(ctx, run); err != nil {
			return err
		}
	}
	// The token alone has to keep a zombie out, not a context that has ended.
	return s.w.write(context.WithoutCancel(ctx), run, s.name)
}

// pay makes the calls of a run. One that the budget refuses is done without.
func (w *worker) pay(ctx context.Context, run stockdigest.Run) error {
	var group errgroup.Group
	for i := range callsPerRun {
		group.Go(func() error {
			_, err := w.caller.Ask(ctx, stockdigest.Ask{
				Run: run.ID, Step: stockdigest.StepSummarize, Provider: "openai", Model: "gpt-5-mini",
				Prompt: stockdigest.Prompt{
					Name: "rig", Version: "1", MaxOutput: 100,
					Input: fmt.Sprintf("[1] Call %d of run %s. %s", i, run.ID, strings.Repeat("Words that cost. ", 120)),
				},
			})
			if _, over := errors.AsType[*stockdigest.OverBudget](err); over {
				return w.notes.add(entry{What: "over budget", Run: string(run.ID)})
			}
			return err
		})
	}
	return group.Wait()
}

// write keeps a row that says whose it is, and the mark of the step.
func (w *worker) write(ctx context.Context, run stockdigest.Run, step stockdigest.StepName) error {
	feed := "https://feeds.example/" + string(run.ID)
	if w.broken == brokenToken {
		if err := unguarded(ctx, "UPDATE run_polls SET items = $1 WHERE run_id = $2", run.Token, string(run.ID)); err != nil {
			return err
		}
	}
	if err := w.db.SavePoll(ctx, run, stockdigest.Poll{FeedURL: feed, At: time.Now(), Items: int(run.Token)}, nil); err != nil {
		return w.refused(run, step, err)
	}
	if step != stockdigest.StepCompose {
		return w.db.FinishStep(ctx, run, step, "")
	}
	report := stockdigest.Report{ID: stockdigest.ReportID(run.ID), Ticker: run.Ticker, Kind: run.Kind, AsOf: run.AsOf, Status: stockdigest.ReportQuiet}
	if err := w.db.SaveReport(ctx, run, report, ""); err != nil {
		return err
	}
	return w.notes.add(entry{What: "done", Run: string(run.ID), Token: run.Token})
}

// unguarded writes past the store.
func unguarded(ctx context.Context, statement string, args ...any) error {
	c := childConfig()
	c.Path += "?_pragma=busy_timeout(5000)"
	db, err := openRaw(c)
	if err != nil {
		return err
	}
	defer db.Close()
	_, err = db.ExecContext(ctx, statement, args...)
	return err
}

// refused hands the store's answer on. The broken version that does not renew
// does not listen either, as the predecessor's threads did not.
func (w *worker) refused(run stockdigest.Run, step stockdigest.StepName, err error) error {
	if w.broken == brokenRenew && step == stockdigest.StepCompose {
		return errors.Join(err, w.notes.add(entry{What: "done", Run: string(run.ID), Token: run.Token}))
	}
	if w.broken == brokenRenew {
		return nil
	}
	return err
}

// notedCalls notes each call that may be paid for from now on, and each whose
// answer is stored.
type notedCalls struct {
	calls.Store
	notes journal
}

func (n notedCalls) BeginCall(ctx context.Context, bid stockdigest.Bid) (stockdigest.Permit, error) {
	permit, err := n.Store.BeginCall(ctx, bid)
	if err == nil && permit.Answer == nil && permit.Held == "" {
		err = n.notes.add(entry{What: "call", Note: bid.ID, Run: string(bid.Ask.Run)})
	}
	return permit, err
}

func (n notedCalls) SettleCall(ctx context.Context, o stockdigest.Outcome) error {
	err := n.Store.SettleCall(ctx, o)
	if err == nil {
		err = n.notes.add(entry{What: "settled", Note: o.ID})
	}
	return err
}

// deaf never renews a lease.
type deaf struct{ runs.Store }

func (deaf) BeatRun(context.Context, stockdigest.Run, time.Duration, stockdigest.Doing) error {
	return nil
}

// cutShort ends its calls with the process.
type cutShort struct {
	process context.Context //nolint:containedctx // the fault
	next    calls.Provider
}

func (c cutShort) Complete(ctx context.Context, model string, p stockdigest.Prompt) (stockdigest.Completion, error) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	defer context.AfterFunc(c.process, cancel)()
	return c.next.Complete(ctx, model, p)
}

// cheap believes that calls cost next to nothing until they have.
type cheap struct{ *budget.Prices }

func (cheap) Worst(string, string, stockdigest.Prompt, stockdigest.Day) (stockdigest.Micros, error) {
	return 1, nil
}

// A fleet is a database with runs, a model server with its bill, and workers.
type fleet struct {
	t       *testing.T
	db      *store.DB
	raw     *sql.DB
	notes   journal
	world   *sim.Sim
	env     []string
	workers []*proc
	opened  int
}

// A fleetPlan is what differs between fleets.
type fleetPlan struct {
	lease    time.Duration
	pace     time.Duration // of a step, at most
	parallel int           // runs at once in a process
	scale    float64       // of the model's latency: at 1 it takes 3 to 9 s
	budget   string        // dollars
	faults   []sim.Fault
	broken   string
}

func newFleet(t *testing.T, c store.Config, plan fleetPlan) *fleet {
	t.Helper()
	world, err := sim.New(sim.Config{
		Seed: 1, AsOf: storetest.Now(), Scale: plan.scale, Now: time.Now, Faults: plan.faults,
		Limits: map[sim.Provider]sim.Limit{sim.Model: {Parallel: 1000}},
	})
	if err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(world)
	t.Cleanup(func() {
		server.CloseClientConnections()
		server.Close()
	})
	f := &fleet{t: t, db: storetest.Open(t, c), raw: rawDB(t, c), notes: newJournal(t), world: world}
	name := c.URL
	if name == "" {
		name = c.Path
	}
	if plan.budget == "" {
		plan.budget = "1000"
	}
	f.env = []string{
		childDatabase + "=" + name, childJournal + "=" + f.notes.path, childModel + "=" + server.URL + "/v1",
		childLease + "=" + plan.lease.String(), childParallel + "=" + strconv.Itoa(plan.parallel),
		childBudget + "=" + plan.budget, childPace + "=" + plan.pace.String(), childBroken + "=" + plan.broken,
	}
	return f
}

// open adds a batch of n runs.
func (f *fleet) open(n int) {
	f.t.Helper()
	var tickers []stockdigest.Ticker
	var batch []stockdigest.Run
	for range n {
		symbol := stockdigest.Symbol(fmt.Sprintf("R%05d", f.opened))
		f.opened++
		tickers = append(tickers, stockdigest.Ticker{Symbol: symbol, Name: "Rig"})
		batch = append(batch, stockdigest.Run{Ticker: symbol, AsOf: storetest.Now(), TimeZone: "UTC", Class: stockdigest.ClassScheduled})
	}
	if err := f.db.SaveTickers(f.t.Context(), tickers); err != nil {
		f.t.Fatal(err)
	}
	_, err := f.db.OpenBatch(f.t.Context(), stockdigest.Batch{Kind: stockdigest.Daily, CreatedBy: "rig"}, batch)
	if err != nil {
		f.t.Fatal(err)
	}
}

// start adds a worker.
func (f *fleet) start() *proc {
	f.t.Helper()
	p := startChild(f.t, "fleet worker", f.env...)
	f.workers = append(f.workers, p)
	return p
}

// running are the workers that have not ended.
func (f *fleet) running() []*proc {
	f.workers = slices.DeleteFunc(f.workers, func(p *proc) bool { return !p.Running() })
	return f.workers
}

// count counts the runs in a state as the table has it.
func (f *fleet) count(where string) int {
	f.t.Helper()
	var n int
	if err := f.raw.QueryRowContext(f.t.Context(), "SELECT count(*) FROM runs WHERE "+where).Scan(&n); err != nil {
		f.t.Fatal(err)
	}
	return n
}

// held returns the runs that a process has claimed, with their tokens.
func (f *fleet) held(p *proc) map[string]int64 {
	f.t.Helper()
	held := map[string]int64{}
	for _, line := range column(f.t, f.raw, "SELECT id || ' ' || CAST(token AS text) FROM runs WHERE state = 'running' AND worker = $1", workerOf(p.pid())) {
		id, token, _ := strings.Cut(line, " ")
		n, err := strconv.ParseInt(token, 10, 64)
		if err != nil {
			f.t.Fatal(err)
		}
		held[id] = n
	}
	return held
}

// working waits until a worker has runs in hand, and opens n whenever fewer
// wait: others may be faster than it.
func (f *fleet) working(p *proc, n int) {
	f.t.Helper()
	until(f.t, time.Minute, "a worker has work", func() bool {
		if !p.Running() {
			f.t.Fatalf("a worker ended by itself: %s", p.stderr.String())
		}
		if len(f.held(p)) > 0 {
			return true
		}
		if f.count("state = 'queued'") < n {
			f.open(n)
		}
		return false
	})
}

// finish waits until every run has ended.
func (f *fleet) finish(guard time.Duration) {
	f.t.Helper()
	until(f.t, guard, "every run has ended", func() bool { return f.count("state IN ('queued', 'running')") == 0 })
}

// stop ends all workers in peace.
func (f *fleet) stop() {
	f.t.Helper()
	for _, p := range f.running() {
		p.Signal(syscall.SIGTERM)
		p.Wait(f.t, time.Minute)
	}
}

// A judgement is what the rows, the bill and the journal say in the end.
type judgement struct {
	runs, done  int
	worn        int // quarantined because three workers died under them
	lost        int // neither done nor worn
	twice       int // finished by two claims, or claimed after the end
	stale       int // with a row of a claim that was not the last
	paid        int // calls on the bill
	repeated    int // of them, for the second time
	unfinished  int // calls begun whose answer was never stored
	maxAttempts int
}

func (j judgement) String() string {
	return fmt.Sprintf("%d runs, %d done, %d worn, %d lost, %d finished twice, %d stale rows, %d paid calls, %d repeated, %d never stored",
		j.runs, j.done, j.worn, j.lost, j.twice, j.stale, j.paid, j.repeated, j.unfinished)
}

func (f *fleet) judge() judgement {
	f.t.Helper()
	j := judgement{runs: f.opened, done: f.count("state = 'done'"), worn: f.count("ending = 'quarantined' AND cause LIKE 'the worker died%'")}
	j.lost = j.runs - j.done - j.worn
	ended := map[string]int64{}
	begun, settled := map[string]bool{}, map[string]bool{}
	twice := map[string]bool{}
	for _, e := range f.notes.entries(f.t) {
		switch e.What {
		case "done", "begin":
			last, over := ended[e.Run]
			// A claim that was overtaken may begin a step: what it writes does not count.
			if over && (e.What == "done" && e.Token != last || e.Token > last) {
				twice[e.Run] = true
			}
			if e.What == "done" {
				ended[e.Run] = e.Token
			}
		case "call":
			begun[e.Note] = true
		case "settled":
			settled[e.Note] = true
		}
	}
	for id := range begun {
		if !settled[id] {
			j.unfinished++
		}
	}
	j.twice = len(twice)
	j.stale = len(column(f.t, f.raw, `SELECT r.id FROM runs r JOIN run_polls p ON p.run_id = r.id WHERE r.state = 'done' AND p.items <> r.token`))
	bill := f.world.Bill()
	j.paid, j.repeated = bill.Calls, bill.Repeated
	for _, n := range column(f.t, f.raw, "SELECT CAST(coalesce(max(attempts), 0) AS text) FROM runs") {
		j.maxAttempts, _ = strconv.Atoi(n)
	}
	return j
}
