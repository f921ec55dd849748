package extract_test

import (
	"context"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"stockdigest.app/stockdigest"
	"stockdigest.app/stockdigest/internal/pipeline/extract"
)

// A book of turns, as two processes see it.
type book struct {
	mu    sync.Mutex
	taken map[string]string // by thing
}

func (b *book) TakeTurn(_ context.Context, turn stockdigest.Turn) (bool, time.Duration, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if by := b.taken[turn.Of]; by != "" && by != turn.ID {
		return false, 250 * time.Millisecond, nil
	}
	b.taken[turn.Of] = turn.ID
	return true, 0, nil
}

func (b *book) LeaveTurn(_ context.Context, turn stockdigest.Turn) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.taken[turn.Of] == turn.ID {
		delete(b.taken, turn.Of)
	}
	return nil
}

// open keeps processes apart, as before there were turns.
type open struct{}

func (open) TakeTurn(context.Context, stockdigest.Turn) (bool, time.Duration, error) {
	return true, 0, nil
}
func (open) LeaveTurn(context.Context, stockdigest.Turn) error { return nil }

func TestProcessesFetchASharedPageOnce(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		turns   extract.Turns
		fetched int
	}{
		"with turns":              {&book{taken: map[string]string{}}, 2},
		"broken: everybody at it": {open{}, 6},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				ids := []stockdigest.RunID{"r1", "r2", "r3"}
				s, pages, _ := fleet(ids...)
				var all sync.WaitGroup
				for _, id := range ids {
					process := extract.New(extract.Deps{Store: s, Pages: slowPages{pages}, Turns: c.turns, Now: func() time.Time { return asOf }})
					all.Go(func() {
						if err := process.Run(t.Context(), runOf(id)); err != nil {
							t.Error(err)
						}
					})
				}
				all.Wait()
				if got := pages.fetched[one] + pages.fetched[two]; got != c.fetched {
					t.Errorf("two pages were fetched %d times, want %d", got, c.fetched)
				}
				if b, ok := c.turns.(*book); ok && len(b.taken) > 0 {
					t.Errorf("turns are left over: %v", b.taken)
				}
			})
		})
	}
}

func TestWhoTakesARunOverDoesNotWaitForThePagesOfTheDead(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		turns := &book{taken: map[string]string{}}
		store, pages, _ := setup(candidate(one, 1))
		pages.bodies[one] = pageOf(prose("Acme"), "")
		deps := extract.Deps{Store: store, Pages: slowPages{pages}, Turns: turns, Now: func() time.Time { return asOf }}
		dead := extract.New(deps)
		dead.Ahead(t.Context(), testRun(), store.material.Candidates)() // and dies with the page in hand
		again := testRun()
		again.Token++
		start := time.Now()
		if err := extract.New(deps).Run(t.Context(), again); err != nil {
			t.Fatal(err)
		}
		if took := time.Since(start); took > 1100*time.Millisecond || len(turns.taken) > 0 {
			t.Errorf("%s pass, turns left over: %v; want the second that a page takes, and none", took, turns.taken)
		}
	})
}
