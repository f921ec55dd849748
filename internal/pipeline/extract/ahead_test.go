package extract_test

import (
	"testing"
	"testing/synctest"
	"time"

	"stockdigest.app/stockdigest"
	"stockdigest.app/stockdigest/internal/pipeline/extract"
)

func TestWhatIsFetchedAheadIsFetchedOnce(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		turns := &book{taken: map[string]string{}}
		store, pages, _ := setup(candidate(one, 1), candidate(two, 2))
		pages.bodies[one], pages.bodies[two] = pageOf(prose("Acme"), ""), pageOf(prose("Beta"), "")
		step := extract.New(extract.Deps{Store: store, Pages: slowPages{pages}, Turns: turns, Now: func() time.Time { return asOf }})
		start := time.Now()
		enough := step.Ahead(t.Context(), testRun(), store.material.Candidates)
		time.Sleep(500 * time.Millisecond) // somebody decides
		enough()
		if err := step.Run(t.Context(), testRun()); err != nil {
			t.Fatal(err)
		}
		if pages.fetched[one] != 1 || pages.fetched[two] != 1 || len(store.writes) != 3 || len(turns.taken) > 0 {
			t.Errorf("fetched %v, wrote %v, turns left over: %v", pages.fetched, store.writes, turns.taken)
		}
		if took := time.Since(start); took > 1100*time.Millisecond {
			t.Errorf("%s pass, want the second that a page takes", took)
		}
	})
}

func TestWhatIsFetchedAheadForNobodyIsForgotten(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		turns := &book{taken: map[string]string{}}
		store, pages, _ := setup(candidate(one, 1))
		pages.bodies[one] = pageOf(prose("Acme"), "")
		step := extract.New(extract.Deps{Store: store, Pages: slowPages{pages}, Turns: turns, Now: func() time.Time { return asOf }})
		step.Ahead(t.Context(), testRun(), store.material.Candidates)()
		step.Forget(t.Context(), testRun())
		if len(turns.taken) > 0 {
			t.Errorf("turns left over: %v", turns.taken)
		}
		other := runOf("another")
		if err := step.Run(t.Context(), other); err != nil || store.at(stockdigest.NewArticleID(one)).Text == nil {
			t.Errorf("a run after it: %v, writes %v", err, store.writes)
		}
	})
}
