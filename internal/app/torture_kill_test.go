package app_test

import (
	"slices"
	"syscall"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"stockdigest.app/stockdigest/internal/adapter/store"
	"stockdigest.app/stockdigest/internal/adapter/store/storetest"
)

// fullLease is the lease that the product has when nobody says otherwise; CI
// does not wait for it.
func fullLease() time.Duration {
	if tight() {
		return 30 * time.Second
	}
	return 3 * time.Second
}

// TestKillsLoseNoRun kills workers in mid-batch: every run comes to its end
// once, others go on with it soon, and only the paid calls that were under way
// are paid again.
func TestKillsLoseNoRun(t *testing.T) {
	t.Parallel()
	for engine, config := range storetest.Configs() {
		t.Run(engine, func(t *testing.T) {
			t.Parallel()
			kills := torture(100, 4)
			plan := fleetPlan{lease: fullLease(), pace: 80 * time.Millisecond, parallel: 3, scale: 0.05}
			got, again := killFleet(t, config(t), plan, kills)
			p99 := percentile(again, 99)
			measured(t, "%s: %d kills -9, lease %s: %s; %d runs running again, p50 %s, p99 %s, most %s", engine, kills, plan.lease, got,
				len(again), percentile(again, 50), p99, percentile(again, 100))
			if got.lost > 0 || got.twice > 0 || got.stale > 0 || got.repeated > got.unfinished {
				t.Errorf("got %s; want none lost, none finished twice, no stale row, and no more calls repeated than were never stored", got)
			}
			if tight() && p99 > 45*time.Second {
				t.Errorf("running again within %s p99, want 45 s", p99)
			}
		})
	}
}

// TestKillsHarnessCatchesARunnerThatDoesNotRenew is the predecessor: its
// watchdog gave runs away whose threads went on.
func TestKillsHarnessCatchesARunnerThatDoesNotRenew(t *testing.T) {
	t.Parallel()
	plan := fleetPlan{lease: 300 * time.Millisecond, pace: 200 * time.Millisecond, parallel: 3, scale: 0.02, broken: brokenRenew}
	caught(t, func() bool {
		got, _ := killFleet(t, storetest.SQLiteConfig(t), plan, 2)
		measured(t, "a runner that does not renew: %s", got)
		return got.twice > 0
	})
}

// killFleet kills one of one to five workers again and again, and lets the rest
// finish. It returns the judgement and how long each run of a killed worker
// waited until somebody went on with it, sorted.
func killFleet(t *testing.T, c store.Config, plan fleetPlan, kills int) (got judgement, again []time.Duration) {
	t.Helper()
	random := seeded(t)
	f := newFleet(t, c, plan)
	type orphan struct {
		token int64
		at    time.Time
	}
	orphans := map[string][]orphan{}
	for range kills {
		for want := 1 + random.IntN(5); len(f.running()) < want; {
			f.start()
		}
		all := f.running()
		victim := all[random.IntN(len(all))]
		f.working(victim, 5*plan.parallel)
		wait(t.Context(), time.Duration(random.IntN(500))*time.Millisecond)
		victim.Kill()
		at := time.Now()
		for id, token := range f.held(victim) {
			orphans[id] = append(orphans[id], orphan{token, at})
		}
	}
	f.start()
	f.finish(10 * time.Minute)
	f.stop()
	for _, e := range f.notes.entries(t) {
		if e.What != "begin" {
			continue
		}
		orphans[e.Run] = slices.DeleteFunc(orphans[e.Run], func(o orphan) bool {
			if e.Token <= o.token {
				return false
			}
			again = append(again, time.Unix(0, e.At).Sub(o.at))
			return true
		})
	}
	slices.Sort(again)
	return f.judge(), again
}

// TestStopHandsBack stops workers in mid-batch as a deploy does: each is gone
// within ten seconds, its runs are others' at once and no attempt counts, and
// what was being paid for is not paid for again.
func TestStopHandsBack(t *testing.T) {
	t.Parallel()
	for engine, config := range storetest.Configs() {
		t.Run(engine, func(t *testing.T) {
			t.Parallel()
			stops := torture(50, 2)
			plan := fleetPlan{lease: 30 * time.Second, pace: 150 * time.Millisecond, parallel: 3, scale: 0.15}
			got, exits, left := stopFleet(t, config(t), plan, stops)
			measured(t, "%s: %d times SIGTERM: exit p50 %s, most %s; %d runs left in the hands of the dead; attempts of a run %d at most; %s",
				engine, stops, percentile(exits, 50), percentile(exits, 100), left, got.maxAttempts, got)
			if got.lost > 0 || got.worn > 0 || got.twice > 0 || got.repeated > 0 || got.maxAttempts > 1 || left > 0 {
				t.Errorf("got %s, %d attempts at most and %d runs left behind; want none lost, repeated or left, and one attempt", got, got.maxAttempts, left)
			}
			if most := percentile(exits, 100); tight() && most > 10*time.Second {
				t.Errorf("a worker took %s to stop, want 10 s at most", most)
			}
		})
	}
}

// TestStopHarnessCatchesCutCalls is a worker whose paid calls end with it.
func TestStopHarnessCatchesCutCalls(t *testing.T) {
	t.Parallel()
	plan := fleetPlan{lease: 30 * time.Second, pace: 50 * time.Millisecond, parallel: 3, scale: 0.2, broken: brokenDrain}
	caught(t, func() bool {
		got, _, _ := stopFleet(t, storetest.SQLiteConfig(t), plan, 1)
		measured(t, "a stop that cuts paid calls: %s", got)
		return got.repeated > 0
	})
}

// stopFleet sends SIGTERM to one of two workers, again and again.
func stopFleet(t *testing.T, c store.Config, plan fleetPlan, stops int) (got judgement, exits []time.Duration, left int) {
	t.Helper()
	random := seeded(t)
	f := newFleet(t, c, plan)
	for range stops {
		for len(f.running()) < 2 {
			f.start()
		}
		victim := f.running()[0]
		f.working(victim, 5*plan.parallel)
		wait(t.Context(), time.Duration(random.IntN(1500))*time.Millisecond)
		began := time.Now()
		victim.Signal(syscall.SIGTERM)
		victim.Wait(t, time.Minute)
		exits = append(exits, time.Since(began))
		left += len(f.held(victim))
	}
	f.finish(5 * time.Minute)
	f.stop()
	slices.Sort(exits)
	return f.judge(), exits, left
}

// TestFrozenWorkerChangesNothing freezes a worker until others have its runs,
// and lets it go on: from then on it must not change a row of them.
func TestFrozenWorkerChangesNothing(t *testing.T) {
	t.Parallel()
	for engine, config := range storetest.Configs() {
		t.Run(engine, func(t *testing.T) {
			t.Parallel()
			rounds := torture(100, 2)
			changed, frozen := freezeFleet(t, config(t), rounds, "")
			measured(t, "%s: %d times SIGSTOP past the lease and SIGCONT, %d runs: %d changed by the zombie", engine, rounds, frozen, len(changed))
			for _, diff := range changed {
				t.Errorf("a zombie changed rows:\n%s", diff)
			}
		})
	}
}

// TestFrozenWorkerHarnessCatchesWritesWithoutToken is a worker that trusts its
// own memory.
func TestFrozenWorkerHarnessCatchesWritesWithoutToken(t *testing.T) {
	t.Parallel()
	caught(t, func() bool {
		changed, _ := freezeFleet(t, storetest.SQLiteConfig(t), 2, brokenToken)
		measured(t, "writes without a token: %d runs changed by the zombie", len(changed))
		return len(changed) > 0
	})
}

// freezeFleet returns the differences that zombies made, and how many runs
// were taken from them.
func freezeFleet(t *testing.T, c store.Config, rounds int, broken string) (changed []string, frozen int) {
	t.Helper()
	random := seeded(t)
	plan := fleetPlan{lease: 700 * time.Millisecond, pace: 150 * time.Millisecond, parallel: 3, scale: 0.02, broken: broken}
	f := newFleet(t, c, plan)
	for range rounds {
		zombie := f.start()
		f.freeze(zombie, plan.parallel, time.Duration(random.IntN(300))*time.Millisecond)
		held := f.held(zombie)
		frozen += len(held)
		heir := f.start()
		f.finish(2 * time.Minute)
		before := f.rowsOf(held)
		zombie.Signal(syscall.SIGCONT)
		// It comes to its senses when it claims: then its old work is over. New
		// work is made for it, and the heir is out of the way.
		heir.Signal(syscall.SIGTERM)
		heir.Wait(t, time.Minute)
		f.working(zombie, plan.parallel)
		f.finish(2 * time.Minute)
		if diff := cmp.Diff(before, f.rowsOf(held)); diff != "" {
			changed = append(changed, diff)
		}
		zombie.Signal(syscall.SIGTERM)
		zombie.Wait(t, time.Minute)
	}
	return changed, frozen
}

// freeze stops a worker after a while, at a moment when it has some of n runs
// in hand and does not hold the one writer of a SQLite file: with that nobody
// could go on, and nothing would be taken from it.
func (f *fleet) freeze(p *proc, n int, after time.Duration) {
	f.t.Helper()
	for free := false; !free; after = 5 * time.Millisecond {
		f.working(p, n)
		wait(f.t.Context(), after)
		p.Signal(syscall.SIGSTOP)
		wait(f.t.Context(), 5*time.Millisecond) // a signal takes a moment
		_, err := f.raw.ExecContext(f.t.Context(), "UPDATE runs SET token = token WHERE id = ''")
		if free = err == nil && len(f.held(p)) > 0; !free {
			p.Signal(syscall.SIGCONT)
		}
	}
}

// rowsOf prints every row that belongs to the runs.
func (f *fleet) rowsOf(held map[string]int64) []string {
	f.t.Helper()
	var rows []string
	for id := range held {
		for _, query := range []string{
			`SELECT 'run ' || id || ' ' || state || ' ' || CAST(token AS text) || ' ' || CAST(attempts AS text) || ' ' || worker || ' ' || cause || ' ' || step FROM runs WHERE id = $1`,
			`SELECT 'step ' || run_id || ' ' || step || ' ' || CAST(done_at AS text) || ' ' || note FROM run_steps WHERE run_id = $1`,
			`SELECT 'poll ' || run_id || ' ' || feed_url || ' ' || CAST(polled_at AS text) || ' ' || CAST(items AS text) FROM run_polls WHERE run_id = $1`,
			`SELECT 'report ' || run_id || ' ' || id || ' ' || CAST(version AS text) || ' ' || body FROM reports WHERE run_id = $1`,
		} {
			rows = append(rows, column(f.t, f.raw, query, id)...)
		}
	}
	slices.Sort(rows)
	if len(rows) < len(held) {
		f.t.Fatalf("%d rows of %d runs", len(rows), len(held))
	}
	return rows
}
