package fetch

import (
	"context"
	"fmt"
	"time"

	"github.com/google/uuid"

	"stockdigest.app/stockdigest"
)

// Turns are kept where all processes see them. A turn is taken, or is to be
// asked for again after a while.
type Turns interface {
	TakeTurn(ctx context.Context, turn stockdigest.Turn) (taken bool, wait time.Duration, err error)
	LeaveTurn(ctx context.Context, turn stockdigest.Turn) error
}

// A Fleet is the processes that together keep to the limits of hosts.
type Fleet struct {
	Turns  Turns
	Worker string // this process
}

// A fleetHost is a host as the fleet shares it. One request of the process asks
// for a turn at a time; the others wait behind it.
type fleetHost struct {
	*Fleet
	of    string
	limit Limit
	head  chan struct{}
	freed chan struct{} // a turn of this process has ended
}

// host is nil where nothing is shared: there is no fleet, or no limit.
func (f *Fleet) host(key string, limit Limit) *fleetHost {
	if f == nil || limit == (Limit{}) {
		return nil
	}
	return &fleetHost{Fleet: f, of: "host " + key, limit: limit, head: make(chan struct{}, 1), freed: make(chan struct{}, 1)}
}

const (
	// A turn that is not left, because its process died, is over that long
	// after its request must have ended.
	afterwards = 5 * time.Second
	// Leaving a turn may take that long; then its lease ends it.
	leaveTime = 5 * time.Second
)

// take waits for a turn of the fleet and returns what leaves it.
func (h *fleetHost) take(ctx context.Context, atMost time.Duration) (leave func(), err error) {
	turn := stockdigest.Turn{
		ID: uuid.NewString(), Of: h.of, Worker: h.Worker,
		Parallel: h.limit.Parallel, PerSecond: h.limit.Rate, Lease: atMost + afterwards,
	}
	delay, err := h.atHead(ctx, turn)
	if err == nil {
		err = h.pause(ctx, delay, nil)
	}
	leave = func() {
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), leaveTime)
		defer cancel()
		_ = h.Turns.LeaveTurn(ctx, turn) // what cannot be left ends with its lease
		select {
		case h.freed <- struct{}{}:
		default:
		}
	}
	if err != nil {
		leave()
		return nil, fmt.Errorf("take a turn: %w", err)
	}
	return leave, nil
}

// atHead asks until a turn is taken, and returns what to let pass before it is
// used.
func (h *fleetHost) atHead(ctx context.Context, turn stockdigest.Turn) (time.Duration, error) {
	select {
	case h.head <- struct{}{}:
	case <-ctx.Done():
		return 0, context.Cause(ctx)
	}
	defer func() { <-h.head }()
	for {
		taken, wait, err := h.Turns.TakeTurn(ctx, turn)
		if err != nil || taken {
			return wait, err
		}
		if err := h.pause(ctx, wait, h.freed); err != nil {
			return 0, err
		}
	}
}

func (h *fleetHost) pause(ctx context.Context, d time.Duration, early <-chan struct{}) error {
	if d <= 0 {
		return nil
	}
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-early:
	case <-ctx.Done():
		return context.Cause(ctx)
	}
	return nil
}
