package extract

import (
	"context"

	"stockdigest.app/stockdigest"
)

// Gate is the gate, for tests.
type Gate struct{ g *gate }

// NewGate returns a gate for so many.
func NewGate(size int) Gate { return Gate{newGate(size)} }

// Enter waits for room.
func (g Gate) Enter(ctx context.Context, run stockdigest.RunID) error { return g.g.enter(ctx, run) }

// Leave makes room.
func (g Gate) Leave() { g.g.leave() }

// Waiting is how many wait.
func (g Gate) Waiting() int {
	g.g.mu.Lock()
	defer g.g.mu.Unlock()
	return len(g.g.waiting)
}
