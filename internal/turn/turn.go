// Package turn decides who comes first where there is room for a few only: the
// pages that a process reads at a time, the asks of a model.
package turn

import (
	"cmp"
	"context"
	"slices"
	"sync"

	"stockdigest.app/stockdigest"
)

// A Gate lets a few in at a time, those of the oldest run first. Runs that took
// turns would all end late; this way each ends as early as it can, and the slow
// calls that follow begin sooner. It is safe for concurrent use.
type Gate struct {
	mu      sync.Mutex
	free    int
	waiting []*waiter // in the order in which they go in
}

type waiter struct {
	run stockdigest.RunID // IDs of runs are in the order of time
	in  chan struct{}     // closed when it may go in
}

// NewGate makes a gate with room for size.
func NewGate(size int) *Gate { return &Gate{free: size} }

// Enter waits for room, or until ctx ends. Who got in must Leave.
func (g *Gate) Enter(ctx context.Context, run stockdigest.RunID) error {
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

// Leave makes room for the next.
func (g *Gate) Leave() {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.next()
}

// next gives a free place to who is first.
func (g *Gate) next() {
	if len(g.waiting) == 0 {
		g.free++
		return
	}
	close(g.waiting[0].in)
	g.waiting = slices.Delete(g.waiting, 0, 1)
}
