package app_test

import (
	"strings"
	"testing"
	"time"

	"stockdigest.app/stockdigest"
	"stockdigest.app/stockdigest/internal/adapter/store"
	"stockdigest.app/stockdigest/internal/adapter/store/storetest"
	"stockdigest.app/stockdigest/internal/sim"
)

// TestBillNeverPassesTheBudget lets twenty workers in four processes spend
// against one cap, with a provider that reports ten times the tokens, and kills
// some of them. What the provider bills must stay under the cap every time.
func TestBillNeverPassesTheBudget(t *testing.T) {
	t.Parallel()
	for engine, config := range storetest.Configs() {
		t.Run(engine, func(t *testing.T) {
			t.Parallel()
			rounds := torture(100, 1)
			got := spendFleet(t, rounds, fleetPlan{budget: "0.10", scale: 0.02}, config)
			measured(t, "%s: %d rounds of 20 workers, 2 kills each, ten times the tokens: %s", engine, rounds, got)
			if got.over > 0 || got.lost > 0 {
				t.Errorf("got %s; want no bill above the cap and no run lost", got)
			}
			if got.refused == 0 {
				t.Error("no call was refused: the cap was never reached")
			}
		})
	}
}

// TestBudgetHarnessCatchesNoReservation is a fleet that counts a call when it
// has ended. Its calls take seconds, so that many are under way before the
// first one shows that it cost more than it may.
func TestBudgetHarnessCatchesNoReservation(t *testing.T) {
	t.Parallel()
	caught(t, func() bool {
		got := spendFleet(t, 1, fleetPlan{budget: "0.01", scale: 0.5, broken: brokenBudget}, storetest.SQLiteConfig)
		measured(t, "nothing reserved: %s", got)
		return got.over > 0
	})
}

type spent struct {
	over, lost, refused int
	most, cap           stockdigest.Micros
}

func (s spent) String() string {
	return "bills above the cap " + itoa(s.over) + ", dearest " + s.most.String() + " of " + s.cap.String() +
		", " + itoa(s.refused) + " calls refused, " + itoa(s.lost) + " runs lost"
}

func spendFleet(t *testing.T, rounds int, plan fleetPlan, config func(testing.TB) store.Config) (got spent) {
	t.Helper()
	limit, err := stockdigest.ParseDollars(plan.budget)
	if err != nil {
		t.Fatal(err)
	}
	got.cap = limit
	plan.lease, plan.pace, plan.parallel = 2*time.Second, 10*time.Millisecond, 5
	plan.faults = []sim.Fault{{Provider: sim.Model, Kind: sim.FaultTokens, Share: 1}}
	random := seeded(t)
	for range rounds {
		f := newFleet(t, config(t), plan)
		f.open(40)
		for range 4 {
			f.start()
		}
		for range 2 {
			all := f.running()
			victim := all[random.IntN(len(all))]
			until(t, time.Minute, "a worker has work", func() bool { return len(f.held(victim)) > 0 || f.count("state = 'queued'") == 0 })
			wait(t.Context(), time.Duration(random.IntN(400))*time.Millisecond)
			victim.Kill()
			f.start()
		}
		open := "state IN ('queued', 'running')"
		if plan.broken != "" { // its runs fail, and would be tried again for minutes
			open = "state = 'running' OR state = 'queued' AND not_before IS NULL"
		}
		until(t, 5*time.Minute, "nobody works any more", func() bool { return f.count(open) == 0 })
		f.stop()
		bill := f.world.Bill()
		got.most = max(got.most, bill.Cost)
		if bill.Cost > limit {
			got.over++
		}
		got.lost += f.judge().lost
		for _, e := range f.notes.entries(t) {
			if strings.HasPrefix(e.What, "over") {
				got.refused++
			}
		}
	}
	return got
}
