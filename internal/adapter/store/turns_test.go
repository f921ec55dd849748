package store_test

import (
	"fmt"
	"math/rand/v2"
	"strconv"
	"sync"
	"testing"
	"time"

	"stockdigest.app/stockdigest"
	"stockdigest.app/stockdigest/internal/adapter/store"
	"stockdigest.app/stockdigest/internal/adapter/store/storetest"
)

func turnOf(worker string, n int) stockdigest.Turn {
	return stockdigest.Turn{ID: fmt.Sprint(worker, " ", n), Of: "host wire.example", Worker: worker, Parallel: 4, Lease: time.Minute}
}

// takes asks for a turn once.
func takes(t *testing.T, db *store.DB, turn stockdigest.Turn) bool {
	t.Helper()
	taken, wait, err := db.TakeTurn(t.Context(), turn)
	must(t, err)
	if !taken && wait <= 0 {
		t.Errorf("%s: told to ask again at once", turn.ID)
	}
	return taken
}

func TestTurnsAreWithinTheLimitAndShared(t *testing.T) {
	t.Parallel()
	for engine, config := range storetest.Configs() {
		t.Run(engine, func(t *testing.T) {
			t.Parallel()
			db := storetest.Open(t, config(t))
			for n := range 4 {
				if !takes(t, db, turnOf("a", n)) {
					t.Fatalf("turn %d of 4 was not given to who is alone", n)
				}
			}
			if !takes(t, db, turnOf("a", 0)) {
				t.Error("a turn that was taken already was refused")
			}
			if takes(t, db, turnOf("b", 0)) {
				t.Fatal("a fifth turn of 4")
			}
			must(t, db.LeaveTurn(t.Context(), turnOf("a", 0)))
			if takes(t, db, turnOf("a", 4)) {
				t.Error("a took a turn that was left while b, which has none, waits")
			}
			if !takes(t, db, turnOf("b", 0)) {
				t.Error("b waits, and got no turn")
			}
			must(t, db.LeaveTurn(t.Context(), turnOf("b", 0)))
			must(t, db.LeaveTurn(t.Context(), turnOf("a", 4)))
			if !takes(t, db, turnOf("a", 5)) {
				t.Error("nobody else waits, and a got no turn")
			}
			other := turnOf("b", 9)
			other.Of = "host post.example"
			if !takes(t, db, other) {
				t.Error("another host is full, too")
			}
		})
	}
}

func TestATurnEndsWithItsLease(t *testing.T) {
	t.Parallel()
	for engine, config := range storetest.Configs() {
		t.Run(engine, func(t *testing.T) {
			t.Parallel()
			db := storetest.Open(t, config(t))
			page := stockdigest.Turn{ID: "a", Of: "page 1", Worker: "a", Parallel: 1, Lease: 50 * time.Millisecond}
			if !takes(t, db, page) {
				t.Fatal("the first turn was not given")
			}
			page.ID, page.Worker = "b", "b"
			for guard := time.Now().Add(time.Minute); !takes(t, db, page); {
				if time.Now().After(guard) {
					t.Fatal("a dead worker's turn is not given back")
				}
				time.Sleep(10 * time.Millisecond)
			}
			must(t, db.LeaveTurn(t.Context(), page))
			must(t, db.LeaveTurn(t.Context(), page))
		})
	}
}

func TestTurnsKeepThePaceOfTheFleet(t *testing.T) {
	t.Parallel()
	for engine, config := range storetest.Configs() {
		t.Run(engine, func(t *testing.T) {
			t.Parallel()
			db := storetest.Open(t, config(t))
			turn := stockdigest.Turn{Of: "host slow.example", Parallel: 100, PerSecond: 0.01, Lease: time.Minute}
			given := 0
			for n := range 5 {
				turn.ID, turn.Worker = strconv.Itoa(n), strconv.Itoa(n%2)
				if takes(t, db, turn) {
					given++
				}
			}
			if given != 1 {
				t.Errorf("%d turns at once, want one in 100 s", given)
			}
		})
	}
}

// TestManyWorkersTakeTurns holds the limit while many ask at once, and proves
// that the check sees it when it is not held.
func TestManyWorkersTakeTurns(t *testing.T) {
	t.Parallel()
	for engine, config := range storetest.Configs() {
		t.Run(engine, func(t *testing.T) {
			t.Parallel()
			c := config(t)
			handles := []*store.DB{storetest.Open(t, c), storetest.Open(t, c)}
			if most := crowd(t, handles, 3); most > 3 {
				t.Errorf("%d turns at once under a limit of 3", most)
			}
			if most := crowd(t, handles, 0); most != 8 {
				t.Errorf("without a limit %d turns at once: the check sees nothing", most)
			}
		})
	}
}

// crowd has eight workers take ten turns each, and returns how many were taken
// at once at most. Without a limit each keeps its first until all have one.
func crowd(t *testing.T, handles []*store.DB, parallel int) (most int) {
	t.Helper()
	var mu sync.Mutex
	now := 0
	var all, together sync.WaitGroup
	together.Add(8)
	for w := range 8 {
		all.Go(func() {
			db, worker := handles[w%2], strconv.Itoa(w%4)
			for n := range 10 {
				turn := stockdigest.Turn{ID: fmt.Sprint(parallel, w, n), Of: "host", Worker: worker, Parallel: parallel, Lease: time.Minute}
				for {
					taken, _, err := db.TakeTurn(t.Context(), turn)
					if err != nil {
						t.Error(err)
						return
					}
					if taken {
						break
					}
					time.Sleep(time.Duration(rand.IntN(5)) * time.Millisecond)
				}
				mu.Lock()
				now++
				most = max(most, now)
				mu.Unlock()
				if parallel == 0 && n == 0 {
					together.Done()
					together.Wait()
				}
				time.Sleep(2 * time.Millisecond)
				mu.Lock()
				now--
				mu.Unlock()
				if err := db.LeaveTurn(t.Context(), turn); err != nil {
					t.Error(err)
				}
			}
		})
	}
	all.Wait()
	return most
}

func TestCleanupTakesTheTurnsOfTheDead(t *testing.T) {
	t.Parallel()
	for engine, config := range storetest.Configs() {
		t.Run(engine, func(t *testing.T) {
			t.Parallel()
			db := storetest.Open(t, config(t))
			dead, alive := turnOf("a", 0), turnOf("b", 0)
			dead.Of, dead.Lease = "page 1", time.Millisecond
			if !takes(t, db, dead) || !takes(t, db, alive) {
				t.Fatal("a turn was not given")
			}
			must(t, store.Exec(t.Context(), db, `UPDATE turns SET until = '2020-01-01T00:00:00.000000Z' WHERE id = 'a 0'`))
			for n := 1; n > 0; {
				var err error
				n, err = db.Cleanup(t.Context(), stockdigest.Cutoffs{Answers: time.Now().Add(-24 * time.Hour)}, 10)
				must(t, err)
			}
			for query, want := range map[string]int{
				"SELECT count(*) FROM turns":         1,
				"SELECT count(*) FROM shared_things": 1,
			} {
				n, err := store.Count(t.Context(), db, query)
				must(t, err)
				if n != want {
					t.Errorf("%s: got %d, want %d", query, n, want)
				}
			}
		})
	}
}
