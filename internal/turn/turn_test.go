package turn_test

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"

	"github.com/google/go-cmp/cmp"

	"stockdigest.app/stockdigest"
	"stockdigest.app/stockdigest/internal/turn"
)

func TestGateLetsTheOldestRunInFirst(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		g := turn.NewGate(1)
		if err := g.Enter(t.Context(), "9"); err != nil {
			t.Fatal(err)
		}
		var order []string
		for _, page := range []string{"3a", "1a", "2a", "1b", "3b"} {
			go func() {
				if err := g.Enter(t.Context(), stockdigest.RunID(page[:1])); err != nil {
					t.Error(err)
				}
				order = append(order, page)
			}()
			synctest.Wait()
		}
		for range 5 {
			g.Leave()
			synctest.Wait()
		}
		if diff := cmp.Diff([]string{"1a", "1b", "2a", "3a", "3b"}, order); diff != "" {
			t.Errorf("order (-want +got):\n%s", diff)
		}
	})
}

func TestWhoGivesUpLeavesNoHole(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		g := turn.NewGate(1)
		_ = g.Enter(t.Context(), "1") // there is room
		ctx, cancel := context.WithCancel(t.Context())
		gone := make(chan error, 1)
		go func() { gone <- g.Enter(ctx, "2") }()
		synctest.Wait()
		cancel()
		if err := <-gone; !errors.Is(err, context.Canceled) || turn.Waiting(g) != 0 {
			t.Fatalf("got %v and %d waiting, want a cancel and nobody", err, turn.Waiting(g))
		}
		g.Leave()
		if err := g.Enter(t.Context(), "3"); err != nil {
			t.Fatal(err)
		}
	})
}
