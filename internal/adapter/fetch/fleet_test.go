package fetch_test

import (
	"context"
	"errors"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"stockdigest.app/stockdigest"
	"stockdigest.app/stockdigest/internal/adapter/fetch"
)

// A book of turns that two clients share.
type book struct {
	mu    sync.Mutex
	taken map[string]bool
	left  int
	err   error
}

func (b *book) TakeTurn(_ context.Context, turn stockdigest.Turn) (bool, time.Duration, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.err != nil || len(b.taken) >= turn.Parallel {
		return false, 250 * time.Millisecond, b.err
	}
	b.taken[turn.ID] = true
	return true, 50 * time.Millisecond, nil
}

func (b *book) LeaveTurn(_ context.Context, turn stockdigest.Turn) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	delete(b.taken, turn.ID)
	b.left++
	return nil
}

// clients are two processes that ask the same hosts, as a fleet or each by itself.
func clients(b *busy, turns fetch.Turns) (all [2]*fetch.Client) {
	for i, worker := range []string{"a", "b"} {
		cfg := fetch.Config{UserAgent: agent, Now: time.Now, Transport: b, PerHost: fetch.Limit{Rate: 100, Parallel: 2}}
		if turns != nil {
			cfg.Fleet = &fetch.Fleet{Turns: turns, Worker: worker}
		}
		all[i] = fetch.New(cfg)
	}
	return all
}

func TestProcessesKeepALimitTogether(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		turns fetch.Turns
		most  int
	}{
		"as a fleet":            {&book{taken: map[string]bool{}}, 2},
		"broken: by themselves": {nil, 4},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				b := &busy{}
				two := clients(b, c.turns)
				var all sync.WaitGroup
				for n := range 12 {
					all.Go(func() {
						_, err := two[n%2].Data(t.Context(), "https://a.example/data", 100)
						if err != nil {
							t.Error(err)
						}
					})
				}
				all.Wait()
				if b.most != c.most {
					t.Errorf("%d requests at once, want %d", b.most, c.most)
				}
				if turns, ok := c.turns.(*book); ok && (len(turns.taken) > 0 || turns.left != 12) {
					t.Errorf("%d turns are left over, %d were left; want 0 and 12", len(turns.taken), turns.left)
				}
			})
		})
	}
}

func TestAStoreWithoutTurnsIsAnErrorAndBlocksNobody(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		turns := &book{taken: map[string]bool{}, err: errors.New("no database")}
		c := clients(&busy{}, turns)[0]
		for range 5 {
			if _, err := c.Data(t.Context(), "https://a.example/data", 100); !errors.Is(err, turns.err) {
				t.Fatalf("got %v, want the store's error", err)
			}
		}
		turns.err = nil
		if _, err := c.Data(t.Context(), "https://a.example/data", 100); err != nil {
			t.Errorf("when the store is back: %v", err)
		}
	})
}
