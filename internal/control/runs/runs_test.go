package runs_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"stockdigest.app/stockdigest"
	"stockdigest.app/stockdigest/internal/control/runs"
)

const lease = 30 * time.Second

// A table is a table of runs in memory, with what the runner did to it.
type table struct {
	mu     sync.Mutex
	queued []stockdigest.Run
	busy   int   // claims of one run that find it held by another
	down   error // answer of everything while it is set
	mute   bool  // answer nothing until the caller gives up
	taken  map[stockdigest.RunID]bool
	beats  []stockdigest.Doing
	claims int
	log    []string
}

func (s *table) answer(ctx context.Context) error {
	s.mu.Lock()
	down, mute := s.down, s.mute
	s.mu.Unlock()
	if mute {
		<-ctx.Done()
		return context.Cause(ctx)
	}
	return errors.Join(down, ctx.Err())
}

func (s *table) ClaimNext(ctx context.Context, _ stockdigest.Claim) (stockdigest.Run, bool, error) {
	err := s.answer(ctx)
	s.mu.Lock()
	defer s.mu.Unlock()
	s.claims++
	if err != nil || len(s.queued) == 0 {
		return stockdigest.Run{}, false, err
	}
	run := s.queued[0]
	s.queued = s.queued[1:]
	run.Token++
	run.State = stockdigest.RunRunning
	return run, true, nil
}

func (s *table) ClaimRun(ctx context.Context, id stockdigest.RunID, _ stockdigest.Claim) (stockdigest.Run, error) {
	err := s.answer(ctx)
	s.mu.Lock()
	defer s.mu.Unlock()
	s.claims++
	if s.busy > 0 {
		s.busy--
		return stockdigest.Run{}, &stockdigest.Error{Kind: stockdigest.ErrUnavailable, Message: "held", RetryAfter: 4 * time.Second}
	}
	delete(s.taken, id)
	return stockdigest.Run{ID: id, Token: int64(s.claims), State: stockdigest.RunRunning}, err
}

func (s *table) BeatRun(ctx context.Context, run stockdigest.Run, _ time.Duration, doing stockdigest.Doing) error {
	if err := s.answer(ctx); err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.beats = append(s.beats, doing)
	if s.taken[run.ID] {
		return stockdigest.ErrConflict
	}
	return nil
}

func (s *table) note(ctx context.Context, run stockdigest.Run, what string) error {
	if err := s.answer(ctx); err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.log = append(s.log, what+" "+string(run.ID))
	return nil
}

func (s *table) ReleaseRun(ctx context.Context, run stockdigest.Run) error {
	return s.note(ctx, run, "release")
}

func (s *table) FailRun(ctx context.Context, run stockdigest.Run, cause string) error {
	return s.note(ctx, run, "fail("+cause+")")
}

func (s *table) QuarantineRun(ctx context.Context, run stockdigest.Run, cause string) error {
	return s.note(ctx, run, "quarantine("+cause+")")
}

func (s *table) set(change func()) {
	s.mu.Lock()
	defer s.mu.Unlock()
	change()
}

func queued(ids ...stockdigest.RunID) *table {
	s := &table{taken: map[stockdigest.RunID]bool{}}
	for _, id := range ids {
		s.queued = append(s.queued, stockdigest.Run{ID: id})
	}
	return s
}

func runner(s *table, work runs.Work) *runs.Runner {
	return runs.New(runs.Config{Worker: "w", Lease: lease}, runs.Deps{Store: s, Work: work, Log: slog.New(slog.DiscardHandler)})
}

// serving starts Serve and returns what stops it and tells how long that took.
func serving(t *testing.T, r *runs.Runner) (stop func() time.Duration) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- r.Serve(ctx) }()
	return func() time.Duration {
		t.Helper()
		began := time.Now()
		cancel()
		if err := <-ended; err != nil {
			t.Error(err)
		}
		return time.Since(began)
	}
}

func wantLog(t *testing.T, s *table, want ...string) {
	t.Helper()
	s.mu.Lock()
	defer s.mu.Unlock()
	if !slices.Equal(s.log, want) {
		t.Errorf("the runs were told %q, want %q", s.log, want)
	}
}

// untilTold is work that ends when it is told to.
func untilTold(ctx context.Context, _ stockdigest.Run) error {
	<-ctx.Done()
	return context.Cause(ctx)
}

func TestServeWorksOnAllRunsThenWaitsForMore(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := queued("a", "b", "c")
		var done []stockdigest.RunID
		r := runs.New(runs.Config{Worker: "w", Lease: lease, Parallel: 1}, runs.Deps{
			Store: s, Log: slog.New(slog.DiscardHandler),
			Work: func(_ context.Context, run stockdigest.Run) error { done = append(done, run.ID); return nil },
		})
		stop := serving(t, r)
		time.Sleep(time.Second)
		s.set(func() { s.queued = append(s.queued, stockdigest.Run{ID: "d"}) })
		time.Sleep(time.Second)
		if took := stop(); took != 0 {
			t.Errorf("an idle runner took %s to stop, want no time", took)
		}
		if want := []stockdigest.RunID{"a", "b", "c", "d"}; !slices.Equal(done, want) {
			t.Errorf("worked on %v, want %v", done, want)
		}
		wantLog(t, s)
	})
}

func TestServeWorksOnSeveralRunsAtOnce(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := queued("a", "b", "c", "d")
		var mu sync.Mutex
		now, most := 0, 0
		r := runs.New(runs.Config{Worker: "w", Lease: lease, Parallel: 3}, runs.Deps{
			Store: s, Log: slog.New(slog.DiscardHandler),
			Work: func(context.Context, stockdigest.Run) error {
				mu.Lock()
				now++
				most = max(most, now)
				mu.Unlock()
				time.Sleep(time.Minute)
				mu.Lock()
				now--
				mu.Unlock()
				return nil
			},
		})
		stop := serving(t, r)
		time.Sleep(3 * time.Minute)
		stop()
		if most != 3 {
			t.Errorf("worked on %d runs at once, want 3", most)
		}
	})
}

func TestHeartbeatCarriesTheStep(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := queued("a")
		var r *runs.Runner
		r = runner(s, func(_ context.Context, run stockdigest.Run) error {
			r.Progress(run, stockdigest.StepIngest, 0, 0)
			time.Sleep(time.Second)
			r.Progress(run, stockdigest.StepExtract, 1, 9)
			r.Progress(run, stockdigest.StepExtract, 2, 9)
			time.Sleep(4 * time.Second) // a tenth of the lease and a bit
			return nil
		})
		stop := serving(t, r)
		time.Sleep(time.Minute)
		stop()
		want := []stockdigest.Doing{
			{Step: stockdigest.StepIngest},
			{Step: stockdigest.StepExtract, Done: 2, Total: 9},
			{Step: stockdigest.StepExtract, Done: 2, Total: 9},
		}
		if !slices.Equal(s.beats, want) {
			t.Errorf("the beats told %v, want %v", s.beats, want)
		}
	})
}

func TestCancelledRunEndsWithinFiveSeconds(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := queued("a")
		var ended time.Time
		r := runner(s, func(ctx context.Context, run stockdigest.Run) error {
			err := untilTold(ctx, run)
			ended = time.Now()
			return err
		})
		stop := serving(t, r)
		time.Sleep(10 * time.Second)
		cancelled := time.Now()
		s.set(func() { s.taken["a"] = true })
		time.Sleep(time.Minute)
		stop()
		if took := ended.Sub(cancelled); took < 0 || took > 5*time.Second {
			t.Errorf("the work ended %s after the cancel, want at most 5 s", took)
		}
		wantLog(t, s) // the run is somebody else's: nothing is written
	})
}

func TestWorkEndsOneLeaseAfterTheLastGoodHeartbeat(t *testing.T) {
	t.Parallel()
	for name, breaks := range map[string]func(*table){
		"a store that says no":         func(s *table) { s.down = stockdigest.ErrUnavailable },
		"a store that does not answer": func(s *table) { s.mute = true },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				s := queued("a")
				var ended time.Time
				r := runner(s, func(ctx context.Context, run stockdigest.Run) error {
					err := untilTold(ctx, run)
					ended = time.Now()
					return err
				})
				stop := serving(t, r)
				time.Sleep(10 * time.Second)
				broke := time.Now()
				s.set(func() { breaks(s) })
				time.Sleep(2 * time.Minute)
				s.set(func() { s.mute = false })
				if took := ended.Sub(broke); took < lease-4*time.Second || took > lease {
					t.Errorf("the work ended %s after the store broke, want the lease of %s after the beat before", took, lease)
				}
				if took := stop(); took > 8*time.Second {
					t.Errorf("took %s to stop", took)
				}
			})
		})
	}
}

func TestPanicFailsTheRunAndNothingElse(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := queued("a", "b")
		var out bytes.Buffer
		worked := false
		r := runs.New(runs.Config{Worker: "w", Parallel: 1}, runs.Deps{
			Store: s, Log: slog.New(slog.NewTextHandler(&out, nil)),
			Work: func(_ context.Context, run stockdigest.Run) error {
				if run.ID == "a" {
					panic("index out of range")
				}
				worked = true
				return nil
			},
		})
		stop := serving(t, r)
		time.Sleep(time.Second)
		stop()
		wantLog(t, s, "fail(the program broke: index out of range) a")
		if !worked || !strings.Contains(out.String(), "runs_test.go") {
			t.Errorf("worked on the next %v, log %s; want both the next run and the stack", worked, out.String())
		}
	})
}

func TestErrorDecidesWhatBecomesOfARun(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		err  error
		want []string
	}{
		"trouble":                {errors.New("no rows"), []string{"fail(no rows) a"}},
		"trouble of others":      {stockdigest.ErrUnavailable, []string{"fail(unavailable) a"}},
		"can never work":         {stockdigest.Invalid("no such zone"), []string{"quarantine(no such zone) a"}},
		"somebody else's by now": {fmt.Errorf("save: %w", stockdigest.ErrConflict), nil},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				s := queued("a")
				stop := serving(t, runner(s, func(context.Context, stockdigest.Run) error { return test.err }))
				time.Sleep(time.Second)
				stop()
				wantLog(t, s, test.want...)
			})
		})
	}
}

func TestWhoHasLessToDoClaimsFirst(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := queued("a", "b", "c", "d", "e", "f")
		var mu sync.Mutex
		had := map[string]int{}
		start := func(name string) func() time.Duration {
			return serving(t, runner(s, func(ctx context.Context, _ stockdigest.Run) error {
				mu.Lock()
				had[name]++
				mu.Unlock()
				time.Sleep(3 * time.Second)
				return nil
			}))
		}
		first := start("first")
		time.Sleep(10 * time.Millisecond) // it has a run before the other one looks
		second := start("second")
		time.Sleep(time.Second)
		first()
		second()
		if had["first"] != 3 || had["second"] != 3 {
			t.Errorf("got %v, want the six runs shared", had)
		}
	})
}

func TestStopLetsAStepFinish(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := queued("a", "b")
		var r *runs.Runner
		r = runner(s, func(ctx context.Context, run stockdigest.Run) error {
			time.Sleep(4 * time.Second) // the step that runs at the stop
			if ctx.Err() != nil {
				t.Error("the step was cut")
			}
			if run.ID == "a" {
				return nil // it was the last
			}
			if !r.Stopping() {
				t.Error("the work was not told of the stop")
			}
			return errors.New("no new step")
		})
		stop := serving(t, r)
		time.Sleep(time.Second)
		s.set(func() { s.queued = append(s.queued, stockdigest.Run{ID: "c"}) })
		if took := stop(); took != 3*time.Second+20*time.Millisecond { // the second run was claimed so much later
			t.Errorf("the stop took %s, want the rest of the step, 3.02 s", took)
		}
		wantLog(t, s, "release b")
		if len(s.queued) != 1 {
			t.Error("a run was claimed after the stop")
		}
	})
}

func TestStopCutsALongStepAndHandsBack(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := queued("a")
		var cause error
		stop := serving(t, runner(s, func(ctx context.Context, run stockdigest.Run) error {
			cause = untilTold(ctx, run)
			return cause
		}))
		time.Sleep(time.Second)
		if took := stop(); took != 5*time.Second {
			t.Errorf("the stop took %s, want the grace of 5 s", took)
		}
		wantLog(t, s, "release a")
		if cause == nil || !strings.Contains(cause.Error(), "the process stops") {
			t.Errorf("the step was cut for %v, want the stop named", cause)
		}
	})
}

func TestStopEndsInEightSecondsWhateverHangs(t *testing.T) {
	t.Parallel()
	for name, mute := range map[string]bool{"work that does not listen": false, "and a store that does not answer": true} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				s := queued("a")
				stop := serving(t, runner(s, func(context.Context, stockdigest.Run) error {
					time.Sleep(time.Hour)
					return nil
				}))
				time.Sleep(time.Second)
				s.set(func() { s.mute = mute })
				if took := stop(); took > 8*time.Second {
					t.Errorf("the stop took %s, want at most 8 s", took)
				}
				if !mute {
					wantLog(t, s, "release a") // its writes count no more once it is taken
				}
				time.Sleep(2 * time.Hour) // the work ends some day
			})
		})
	}
}

func TestStoreThatFailsIsAskedLessOften(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := queued("a")
		s.down = stockdigest.ErrUnavailable
		worked := false
		stop := serving(t, runner(s, func(context.Context, stockdigest.Run) error { worked = true; return nil }))
		time.Sleep(time.Hour)
		s.set(func() {
			if s.claims > 1000 {
				t.Errorf("a store that is down was asked %d times in an hour", s.claims)
			}
			s.down = nil
		})
		time.Sleep(5 * time.Second)
		stop()
		if !worked {
			t.Error("the runner did not go on when the store was back")
		}
	})
}

func TestClaimIsNotCutByTheStop(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := queued("a")
		slow := &slowClaim{table: s}
		stop := serving(t, runs.New(runs.Config{Worker: "w"}, runs.Deps{
			Store: slow, Log: slog.New(slog.DiscardHandler),
			Work: func(context.Context, stockdigest.Run) error { t.Error("work began after the stop"); return nil },
		}))
		time.Sleep(time.Second)
		stop()
		wantLog(t, s, "release a")
	})
}

// A slowClaim answers a claim late.
type slowClaim struct{ *table }

func (s *slowClaim) ClaimNext(ctx context.Context, c stockdigest.Claim) (stockdigest.Run, bool, error) {
	time.Sleep(3 * time.Second)
	return s.table.ClaimNext(ctx, c)
}
