package extract

import (
	"cmp"
	"context"
	"slices"
	"sync"

	"stockdigest.app/stockdigest"
)

// A gate lets a few pages in at a time, those of the oldest run first. Runs that
// took turns would all end late; this way each ends as early as it can, and the
// slow calls that follow begin sooner. It is safe for concurrent use.
type gate struct {
	mu      sync.Mutex
	free    int
	waiting []*waiter // in the order in which they go in
}

type waiter struct {
	run stockdigest.RunID // IDs of runs are in the order of time
	in  chan struct{}     // closed when it may go in
}

func newGate(size int) *gate { return &gate{free: size} }

// enter waits for room. Who got in must leave.
func (g *gate) enter(ctx context.Context, run stockdigest.RunID) error {
	g.mu.Lock()
	if g.free > 0 {
		g.free--
		g.mu.Unlock()
		return nil
	}
	w := &waiter{run: run, in: make(chan struct{})}
	at, _ := slices.BinarySearchFunc(g.waiting, w, func(a, b *waiter) int {
		return cmp.Or(cmp.Compare(a.run, b.run), -1) // behind those of its own run
	})
	g.waiting = slices.Insert(g.waiting, at, w)
	g.mu.Unlock()
	select {
	case <-w.in:
		return nil
	case <-ctx.Done():
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	if i := slices.Index(g.waiting, w); i >= 0 {
		g.waiting = slices.Delete(g.waiting, i, i+1)
	} else {
		g.next() // it was let in at the same moment
	}
	return context.Cause(ctx)
}

func (g *gate) leave() {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.next()
}

// next gives a free place to who is first.
func (g *gate) next() {
	if len(g.waiting) == 0 {
		g.free++
		return
	}
	close(g.waiting[0].in)
	g.waiting = slices.Delete(g.waiting, 0, 1)
}
