package app_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"net/http/httptest"
	"os"
	"strings"
	"sync"
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
	"stockdigest.app/stockdigest/internal/sim"
)

// A batch worker asks for answers that may come late, and is killed at one
// moment of the batch that they are in.
const (
	childDies   = "APP_TEST_DIES"
	childFamily = "APP_TEST_FAMILY"

	brokenFind = "does not look for a batch that it may have sent"
)

// The moments, in their order.
const (
	diesWritten  = "when the rows are written"
	diesSent     = "when the batch is sent"
	diesNoted    = "when the provider's name for it is stored"
	diesAnswered = "when the answers have come"
	diesSettled  = "when some answers are stored"
)

// batchCalls is how many answers a batch worker asks for.
const batchCalls = 12

// batchModels are models of providers that take batches.
func batchModels() map[string]string {
	return map[string]string{"openai": "gpt-5-mini", "claude": "claude-haiku-4-5", "gemini": "gemini-2.5-flash-lite"}
}

// batchClient speaks to a family of models of the pretend world at base.
func batchClient(family, base string) (calls.Batcher, error) {
	switch cfg := (llm.Config{BaseURL: base, Key: sim.Key, Now: time.Now}); family {
	case "claude":
		return llm.NewClaude(cfg)
	case "gemini":
		return llm.NewGemini(cfg)
	}
	return llm.New(llm.Config{BaseURL: base + "/v1", Key: sim.Key, Now: time.Now})
}

func batchWorker(ctx context.Context) error {
	db, err := store.Open(ctx, childConfig())
	if err != nil {
		return err
	}
	family := os.Getenv(childFamily)
	client, err := batchClient(family, os.Getenv(childModel))
	if err != nil {
		return err
	}
	m := &mortalBatch{Batcher: client, DB: db, dies: os.Getenv(childDies), broken: os.Getenv(childBroken)}
	caller, err := batchCaller(family, m, m, m, time.Minute)
	if err != nil {
		return err
	}
	ctx, stop := context.WithCancel(ctx)
	var group errgroup.Group
	group.Go(func() error { return caller.FollowBatches(ctx) })
	err = askLate(ctx, caller, family, time.Now().Add(time.Hour))
	stop()
	caller.Stop()
	return errors.Join(err, group.Wait(), caller.Drain(context.WithoutCancel(ctx)), db.Close())
}

func batchCaller(family string, s calls.Store, jobs calls.BatchStore, p calls.Provider, patience time.Duration) (*calls.Caller, error) {
	prices, err := budget.New()
	if err != nil {
		return nil, err
	}
	return calls.New(calls.Config{
		Budget:   stockdigest.Budget{Run: 1e9, Reader: 1e9, Day: 1e9, Month: 1e9},
		Lease:    2 * time.Second,
		Batching: calls.Batching{Wait: patience, Gather: 200 * time.Millisecond, Poll: 100 * time.Millisecond},
	}, calls.Deps{
		Store: s, Batches: jobs, Providers: map[string]calls.Provider{family: p}, Prices: prices,
		Now: time.Now, Jitter: rand.Float64, Log: slog.New(slog.NewTextHandler(os.Stderr, &slog.HandlerOptions{Level: slog.LevelError})),
	}), nil
}

// batchAsk is the n-th thing that is asked for. No late: somebody waits.
func batchAsk(family string, n int, late time.Time) stockdigest.Ask {
	return stockdigest.Ask{
		Run: stockdigest.RunID(fmt.Sprintf("run-%d", n%3)), Step: stockdigest.StepSummarize, Provider: family, Model: batchModels()[family], Late: late,
		Prompt: stockdigest.Prompt{
			Name: "rig", Version: "1", MaxOutput: 100, Input: fmt.Sprintf("[1] Article %d paid $5. %s", n, strings.Repeat("Words that cost. ", 40)),
		},
	}
}

// askLate asks for everything at once.
func askLate(ctx context.Context, caller *calls.Caller, family string, late time.Time) error {
	var group errgroup.Group
	for n := range batchCalls {
		group.Go(func() error {
			_, err := caller.Ask(ctx, batchAsk(family, n, late))
			return err
		})
	}
	return group.Wait()
}

// A mortalBatch is provider and store of a process that dies at a moment.
type mortalBatch struct {
	calls.Batcher
	*store.DB
	dies, broken string

	mu      sync.Mutex
	settled int
}

func (m *mortalBatch) at(moment string) {
	if m.dies == moment {
		_ = syscall.Kill(os.Getpid(), syscall.SIGKILL)
		select {}
	}
}

func (m *mortalBatch) BeginBatch(ctx context.Context, job stockdigest.BatchJob, lease time.Duration) ([]stockdigest.Permit, error) {
	permits, err := m.DB.BeginBatch(ctx, job, lease)
	m.at(diesWritten)
	return permits, err
}

func (m *mortalBatch) SendBatch(ctx context.Context, job stockdigest.BatchJob) (string, error) {
	remote, err := m.Batcher.SendBatch(ctx, job)
	m.at(diesSent)
	return remote, err
}

func (m *mortalBatch) HoldBatch(ctx context.Context, job stockdigest.BatchJob, lease time.Duration) error {
	err := m.DB.HoldBatch(ctx, job, lease)
	if job.Remote != "" {
		m.at(diesNoted)
	}
	return err
}

func (m *mortalBatch) BatchAnswers(ctx context.Context, job stockdigest.BatchJob) ([]stockdigest.BatchAnswer, bool, error) {
	answers, done, err := m.Batcher.BatchAnswers(ctx, job)
	if done {
		m.at(diesAnswered)
	}
	return answers, done, err
}

func (m *mortalBatch) SettleCall(ctx context.Context, o stockdigest.Outcome) error {
	err := m.DB.SettleCall(ctx, o)
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.settled++; m.settled == 3 {
		m.at(diesSettled)
	}
	return err
}

// FindBatch of the broken version takes what it has no name of for never sent.
func (m *mortalBatch) FindBatch(ctx context.Context, job stockdigest.BatchJob) (string, bool, error) {
	if m.broken == brokenFind {
		return "", true, nil
	}
	return m.Batcher.FindBatch(ctx, job)
}

// TestKillsPayForNoBatchTwice kills a process at every moment of a batch, and lets
// another go on: every answer is there, billed once, and the ledger tells what
// the bill does.
func TestKillsPayForNoBatchTwice(t *testing.T) {
	t.Parallel()
	for engine, config := range storetest.Configs() {
		for family := range batchModels() {
			for _, moment := range []string{diesWritten, diesSent, diesNoted, diesAnswered, diesSettled} {
				plain := engine == "sqlite" && family == "openai"
				if !tight() && !plain && moment != diesSent {
					continue // the moment where providers differ
				}
				t.Run(engine+" "+family+" "+moment, func(t *testing.T) {
					t.Parallel()
					bill, spent := killBatch(t, config(t), family, moment, "")
					batched := 0
					for _, line := range bill.Lines {
						if line.Batch {
							batched++
						}
					}
					if bill.Unique != batchCalls || bill.Repeated > 0 || moment != diesWritten && batched != batchCalls {
						t.Errorf("%d answers were billed, %d of them twice, %d in batches; want each of %d once", bill.Unique, bill.Repeated, batched, batchCalls)
					}
					if spent.Settled != bill.Cost || spent.Reserved != 0 {
						t.Errorf("the ledger tells %s, with %s reserved; the bill %s", spent.Settled, spent.Reserved, bill.Cost)
					}
				})
			}
		}
	}
}

// TestKillHarnessCatchesABatchThatIsNotLookedFor is a process that knows of a
// batch only what it was told after it sent it.
func TestKillHarnessCatchesABatchThatIsNotLookedFor(t *testing.T) {
	t.Parallel()
	bill, _ := killBatch(t, storetest.SQLiteConfig(t), "openai", diesSent, brokenFind)
	measured(t, "a batch that is not looked for: %d answers billed twice", bill.Repeated)
	if bill.Repeated == 0 {
		t.Error("the harness does not see what it is for")
	}
}

// killBatch kills a batch worker at a moment and has another one finish.
func killBatch(t *testing.T, c store.Config, family, moment, broken string) (sim.Bill, stockdigest.Spent) {
	t.Helper()
	world, url := batchWorld(t)
	db := storetest.Open(t, c)
	name := c.URL
	if name == "" {
		name = c.Path
	}
	env := []string{childDatabase + "=" + name, childModel + "=" + url, childFamily + "=" + family, childBroken + "=" + broken}
	first := startChild(t, "batch worker", append(env, childDies+"="+moment)...)
	select {
	case <-first.ended:
	case <-time.After(time.Minute):
		t.Fatal("the child did not come to its end")
	}
	if first.cmd.ProcessState.Exited() {
		t.Fatalf("the child was not killed: %s", first.stderr.String())
	}
	startChild(t, "batch worker", env...).Wait(t, time.Minute)
	return world.Bill(), spentToday(t, db)
}

// batchWorld serves a world that answers at once.
func batchWorld(t *testing.T) (*sim.Sim, string) {
	t.Helper()
	world, err := sim.New(sim.Config{Seed: 1, AsOf: storetest.Now(), Now: time.Now})
	if err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(world)
	t.Cleanup(func() {
		server.CloseClientConnections()
		server.Close()
	})
	return world, server.URL
}

func spentToday(t *testing.T, db *store.DB) stockdigest.Spent {
	t.Helper()
	s, err := db.Spending(t.Context(), stockdigest.DayOf(time.Now(), time.UTC), stockdigest.Budget{})
	if err != nil {
		t.Fatal(err)
	}
	return s.Day
}

// TestABatchThatIsLateIsCancelledAndTheRestAskedForByItself has a provider that
// answers half of a batch and no more.
func TestABatchThatIsLateIsCancelledAndTheRestAskedForByItself(t *testing.T) {
	t.Parallel()
	for family := range batchModels() {
		t.Run(family, func(t *testing.T) {
			t.Parallel()
			db := storetest.Open(t, storetest.SQLiteConfig(t))
			world, caller := lateWorld(t, db, family, 4*time.Second)
			if err := askLate(t.Context(), caller, family, time.Now().Add(time.Hour)); err != nil {
				t.Fatal(err)
			}
			caller.Stop()
			if err := caller.Drain(t.Context()); err != nil {
				t.Fatal(err)
			}
			batched := 0
			bill, spent := world.Bill(), spentToday(t, db)
			for _, line := range bill.Lines {
				if line.Batch {
					batched++
				}
			}
			if batched != batchCalls/2 || bill.Calls != batchCalls || bill.Repeated > 0 || spent.Settled != bill.Cost || spent.Reserved != 0 {
				t.Errorf("%d of %d calls in a batch, %d repeated; the ledger tells %+v, the bill %s", batched, bill.Calls, bill.Repeated, spent, bill.Cost)
			}
		})
	}
}

// lateWorld is a caller to a world whose batches do not end before they are
// cancelled.
func lateWorld(t *testing.T, db *store.DB, family string, patience time.Duration) (*sim.Sim, *calls.Caller) {
	t.Helper()
	world, url := batchWorld(t)
	world.SetFaults([]sim.Fault{{Kind: sim.FaultLate, Share: 1}})
	client, err := batchClient(family, url)
	if err != nil {
		t.Fatal(err)
	}
	caller, err := batchCaller(family, db, db, client, patience)
	if err != nil {
		t.Fatal(err)
	}
	return world, caller
}

// TestSomebodyWhoWaitsDoesNotWaitForABatch asks for what is in a batch that takes
// its time.
func TestSomebodyWhoWaitsDoesNotWaitForABatch(t *testing.T) {
	t.Parallel()
	db := storetest.Open(t, storetest.SQLiteConfig(t))
	world, caller := lateWorld(t, db, "openai", time.Hour)
	patient, gone := context.WithCancel(t.Context())
	waiting := make(chan error, 1)
	go func() { waiting <- askLate(patient, caller, "openai", time.Now().Add(2*time.Hour)) }()
	until(t, time.Minute, "the batch is sent", func() bool { return world.Bill().Calls > 0 })
	if _, err := caller.Ask(t.Context(), batchAsk("openai", 1, time.Time{})); err != nil {
		t.Errorf("somebody who waits got %v", err)
	}
	select {
	case err := <-waiting:
		t.Errorf("the batch ended with %v", err)
	default:
	}
	gone()
	if err := <-waiting; !errors.Is(err, context.Canceled) {
		t.Errorf("who went away got %v", err)
	}
	caller.Stop()
	if err := caller.Drain(t.Context()); err != nil {
		t.Fatal(err)
	}
}
