package tasks_test

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/riverqueue/river/riverdriver/riverpgxv5"
	"github.com/riverqueue/river/riverdriver/riversqlite"

	"stockdigest.app/stockdigest"
	"stockdigest.app/stockdigest/internal/adapter/store"
	"stockdigest.app/stockdigest/internal/adapter/store/storetest"
	"stockdigest.app/stockdigest/internal/control/tasks"
)

// hang is how long a test waits for what must come.
const hang = time.Minute

func newTasks(t *testing.T, db *store.DB, work tasks.Work) *tasks.Tasks {
	t.Helper()
	on := db.River()
	c := tasks.Config{Schema: on.Schema, Log: slog.New(slog.DiscardHandler)}
	var made *tasks.Tasks
	var err error
	if on.Postgres != nil {
		made, err = tasks.New(riverpgxv5.New(on.Postgres), c, work)
	} else {
		made, err = tasks.New(riversqlite.New(on.SQLite), c, work)
	}
	if err != nil {
		t.Fatal(err)
	}
	return made
}

// running lets the tasks run until the returned function has stopped them.
func running(t *testing.T, made *tasks.Tasks) (stop func() error) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- made.Run(ctx) }()
	stop = sync.OnceValue(func() error {
		cancel()
		select {
		case err := <-ended:
			return err
		case <-time.After(hang):
			return errors.New("the tasks did not stop")
		}
	})
	t.Cleanup(func() {
		if err := stop(); err != nil {
			t.Error(err)
		}
	})
	return stop
}

// come waits for n values.
func come[T any](t *testing.T, from <-chan T, n int) []T {
	t.Helper()
	var all []T
	for len(all) < n {
		select {
		case v := <-from:
			all = append(all, v)
		case <-time.After(hang):
			t.Fatalf("got %v, want %d", all, n)
		}
	}
	return all
}

func TestTasksReachWhoeverWorks(t *testing.T) {
	t.Parallel()
	for engine, open := range storetest.Engines() {
		t.Run(engine, func(t *testing.T) {
			t.Parallel()
			db := open(t)
			ticks, slots, checks := make(chan int, 100), make(chan stockdigest.SlotRecord, 100), make(chan stockdigest.Symbol, 100)
			running(t, newTasks(t, db, tasks.Work{
				Tick:  func(context.Context) error { ticks <- 1; return nil },
				Slot:  func(_ context.Context, r stockdigest.SlotRecord) error { slots <- r; return nil },
				Check: func(_ context.Context, s stockdigest.Symbol) error { checks <- s; return nil },
			}))
			come(t, ticks, 1) // the one at the start

			web := newTasks(t, db, tasks.Work{}) // another process, which works on nothing
			slot := stockdigest.Slot{Kind: stockdigest.SlotCleanup, Day: "2026-11-24", At: 360, Due: storetest.Now()}
			taken := stockdigest.SlotRecord{Slot: slot, Worker: "w", Attempts: 2, TakenAt: storetest.Now()}
			if err := errors.Join(web.Slot(t.Context(), taken), web.Check(t.Context(), []stockdigest.Symbol{"AAA", "BBB"}), web.Check(t.Context(), nil)); err != nil {
				t.Fatal(err)
			}
			if got := come(t, slots, 1)[0]; got != taken {
				t.Errorf("the work of a slot came as %+v, want %+v", got, taken)
			}
			if got := come(t, checks, 2); got[0] == got[1] {
				t.Errorf("checks came as %v", got)
			}
			if err := web.Slot(t.Context(), stockdigest.SlotRecord{Slot: stockdigest.Slot{Kind: stockdigest.SlotProcess}}); !errors.Is(err, stockdigest.ErrInvalid) {
				t.Errorf("a night became a task: %v", err)
			}
		})
	}
}

func TestACheckThatFailsIsTriedAgainThoughATickPanics(t *testing.T) {
	t.Parallel()
	for engine, open := range storetest.Engines() {
		t.Run(engine, func(t *testing.T) {
			t.Parallel()
			db := open(t)
			checks, ticks := make(chan int, 100), make(chan int, 100)
			made := newTasks(t, db, tasks.Work{
				Tick:  func(context.Context) error { ticks <- 1; panic("a bug") },
				Check: func(context.Context, stockdigest.Symbol) error { checks <- 1; return errors.New("503") },
			})
			running(t, made)
			if err := made.Check(t.Context(), []stockdigest.Symbol{"AAA"}); err != nil {
				t.Fatal(err)
			}
			come(t, ticks, 1)
			come(t, checks, 2)
		})
	}
}

// TestStoppingCutsWhatTakesTooLong has one task that ends when
// it is told to stop, and never before.
func TestStoppingCutsWhatTakesTooLong(t *testing.T) {
	t.Parallel()
	for engine, open := range storetest.Engines() {
		t.Run(engine, func(t *testing.T) {
			t.Parallel()
			db := open(t)
			begun, cut := make(chan int, 10), make(chan error, 10)
			made := newTasks(t, db, tasks.Work{Check: func(ctx context.Context, _ stockdigest.Symbol) error {
				begun <- 1
				<-ctx.Done()
				cut <- context.Cause(ctx)
				return ctx.Err()
			}})
			stop := running(t, made)
			if err := made.Check(t.Context(), []stockdigest.Symbol{"AAA"}); err != nil {
				t.Fatal(err)
			}
			come(t, begun, 1)
			began := time.Now()
			if err := stop(); err != nil {
				t.Fatal(err)
			}
			come(t, cut, 1)
			t.Logf("%s: stopped after %s", engine, time.Since(began).Round(10*time.Millisecond))
			running(t, newTasks(t, db, tasks.Work{Check: func(context.Context, stockdigest.Symbol) error { begun <- 2; return nil }}))
			come(t, begun, 1) // the task was handed back, not lost
		})
	}
}

func TestTheConsoleHidesArgumentsAndLivesUnderItsPath(t *testing.T) {
	t.Parallel()
	for engine, open := range storetest.Engines() {
		t.Run(engine, func(t *testing.T) {
			t.Parallel()
			made := newTasks(t, open(t), tasks.Work{})
			if err := made.Check(t.Context(), []stockdigest.Symbol{"SECRETCO"}); err != nil {
				t.Fatal(err)
			}
			handler, err := made.Console(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			server := httptest.NewServer(handler)
			t.Cleanup(server.Close)
			for path, want := range map[string]string{
				"/":                           "<html",
				"/api/features":               `"job_list_hide_args_by_default":true`,
				"/api/jobs?state=available":   `"kind":"filings"`,
				"/api/states":                 `"available":{"accuracy":"exact","count":1`,
				"/api/health-checks/complete": `"status":"ok"`,
			} {
				got := body(t, server.URL+tasks.ConsolePath+path)
				if !strings.Contains(strings.ReplaceAll(got, ": ", ":"), want) {
					t.Errorf("%s: got %.300q, want %q in it", path, got, want)
				}
			}
		})
	}
}

func body(t *testing.T, url string) string {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, url, nil)
	if err != nil {
		t.Fatal(err)
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	data, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}

// TestIdleTasksCostLittle measures one process that has nothing to do but a
// tick a minute. Only the full torture, which has the machine for itself,
// judges it.
func TestIdleTasksCostLittle(t *testing.T) {
	full, length := os.Getenv("TORTURE") != "", time.Second
	if full {
		length = time.Minute
	}
	for engine, open := range storetest.Engines() {
		t.Run(engine, func(t *testing.T) {
			db := open(t)
			ticks := make(chan int, 100)
			running(t, newTasks(t, db, tasks.Work{Tick: func(context.Context) error { ticks <- 1; return nil }}))
			come(t, ticks, 1)
			before, began := spent(t), time.Now()
			time.Sleep(length)
			share := 100 * (spent(t) - before).Seconds() / time.Since(began).Seconds()
			t.Logf("measured: %s: idle tasks take %.2f %% of a core", engine, share)
			if full && share > 0.5 {
				t.Errorf("%s: got %.2f %%, want at most 0.5 %%", engine, share)
			}
		})
	}
}

// spent is the time that this process has been on a processor.
func spent(t *testing.T) time.Duration {
	t.Helper()
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		t.Fatal(err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}
