package app_test

import (
	"slices"
	"testing"
	"time"

	"stockdigest.app/stockdigest/internal/adapter/store"
	"stockdigest.app/stockdigest/internal/adapter/store/storetest"
)

// TestRestartedServerLosesNothing stops PostgreSQL as a crash does and starts
// it again, in mid-batch, under two processes and with no more than twenty
// connections. Nobody starts the processes again.
func TestRestartedServerLosesNothing(t *testing.T) {
	t.Parallel()
	restarts := torture(20, 2)
	got := restartServer(t, restarts)
	measured(t, "postgres restarted %d times, max_connections=20, 2 processes: %s; working again p50 %s, most %s; %d connections at once, longest transaction %s",
		restarts, got.judgement, percentile(got.again, 50), percentile(got.again, 100), got.connections, got.longest.Round(time.Millisecond))
	if got.lost > 0 || got.worn > 0 || got.twice > 0 || got.stale > 0 {
		t.Errorf("got %s; want none lost, none finished twice, no stale row", got.judgement)
	}
	if got.connections > 24 || tight() && got.longest > time.Second {
		t.Errorf("got %d connections of two processes and a transaction of %s, want 24 and 1 s at most", got.connections, got.longest)
	}
	if most := percentile(got.again, 100); tight() && most > 10*time.Second {
		t.Errorf("working again within %s, want 10 s", most)
	}
}

// TestRestartHarnessCatchesAServerThatForgets has a server that acknowledges
// what it does not keep: at its second crash it loses all since the first.
func TestRestartHarnessCatchesAServerThatForgets(t *testing.T) {
	t.Parallel()
	got := restartServer(t, 2, (*storetest.Server).Keep, (*storetest.Server).Forget)
	measured(t, "a server that forgets: %s", got.judgement)
	if got.lost == 0 { // the runs that were opened between the two crashes
		t.Error("the harness does not see what it is for")
	}
}

type restarted struct {
	judgement
	again       []time.Duration // from a server that takes connections to the next step
	connections int
	longest     time.Duration
}

// restartServer crashes and restarts the server that a fleet works on. What is
// done to the data while it is down comes after the restarts, one for each.
func restartServer(t *testing.T, restarts int, down ...func(*storetest.Server, testing.TB)) (got restarted) {
	t.Helper()
	random := seeded(t)
	server := storetest.NewServer(t, "max_connections=20")
	c := store.Config{URL: server.URL, Now: storetest.Now, PoolSize: 2}
	plan := fleetPlan{lease: time.Duration(torture(10, 3)) * time.Second, pace: 60 * time.Millisecond, parallel: 6, scale: 0.03}
	f := newFleet(t, c, plan)
	f.raw.SetMaxOpenConns(1)
	watch := watchPostgres(t, c)
	f.open(8 * plan.parallel)
	f.start()
	f.start()
	for i := range restarts {
		before := f.finished()
		until(t, time.Minute, "a run is finished", func() bool { return f.finished() > before })
		wait(t.Context(), time.Duration(random.IntN(1500))*time.Millisecond)
		server.Stop(t)
		if i < len(down) {
			down[i](server, t)
		}
		wait(t.Context(), time.Duration(random.IntN(1000))*time.Millisecond)
		server.Start(t)
		until(t, time.Minute, "the server is up", func() bool { return f.raw.PingContext(t.Context()) == nil })
		up := time.Now().UnixNano()
		f.open(3 * plan.parallel)
		var next int64
		until(t, 2*time.Minute, "somebody works again", func() bool {
			next = f.firstStep(up)
			return next > 0
		})
		got.again = append(got.again, time.Duration(next-up))
	}
	f.finish(5 * time.Minute)
	got.longest, got.connections, _ = watch()
	f.stop()
	slices.Sort(got.again)
	got.judgement = f.judge()
	return got
}

// finished counts the ends that workers noted.
func (f *fleet) finished() (n int) {
	for _, e := range f.notes.entries(f.t) {
		if e.What == "done" {
			n++
		}
	}
	return n
}

// firstStep is when the first step after a moment began, or 0.
func (f *fleet) firstStep(after int64) int64 {
	for _, e := range f.notes.entries(f.t) {
		if e.What == "begin" && e.At > after {
			return e.At
		}
	}
	return 0
}
