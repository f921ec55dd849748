package bench

import (
	"context"
	"fmt"
	"math/rand/v2"
	"time"

	"golang.org/x/sync/errgroup"

	"stockdigest.app/stockdigest"
)

// A Claimer hands out runs and takes their ends.
type Claimer interface {
	ClaimNext(ctx context.Context, c stockdigest.Claim) (run stockdigest.Run, ok bool, err error)
	QuarantineRun(ctx context.Context, run stockdigest.Run, cause string) error
}

// A Feeder makes the runs to claim.
type Feeder interface {
	SaveTickers(ctx context.Context, tickers []stockdigest.Ticker) error
	OpenBatch(ctx context.Context, b stockdigest.Batch, runs []stockdigest.Run) (stockdigest.Batch, error)
}

// A Held is what a worker notes of one run that it had. Times are of a clock
// that all workers share, in nanoseconds.
type Held struct {
	Seq     int               `json:"seq"` // place of the run among all that were made
	Class   stockdigest.Class `json:"class"`
	Asked   int64             `json:"asked"`   // the claim began
	Claimed int64             `json:"claimed"` // the claim was answered: from here on it surely had the run
	Left    int64             `json:"left"`    // until here
	Ended   int64             `json:"ended"`   // the end was written: from here on it surely had it no more
}

// A Crew starts workers who claim runs and note each one they had, until ctx
// ends. It says once when all of them are there: no run is made before, or
// those who came first would race alone. Notes may be called from many
// goroutines.
type Crew func(ctx context.Context, ready func(), note func(Held)) error

// ClaimConfig says how many runs are claimed under which caps.
type ClaimConfig struct {
	Claims   int
	Caps     stockdigest.Caps
	Seed     uint64 // of the order in which classes come
	Now      func() time.Time
	Progress func(done, total int) // may be nil
}

// The runs of the bench: their ticker, and the as-of time of the first. Each
// has the second after the one before, which tells its place.
const benchTicker = stockdigest.Symbol("BENCH")

func firstRun() time.Time { return time.Date(2000, 1, 1, 0, 0, 0, 0, time.UTC) }

// RaceClaims makes runs of all classes, has the crew claim them, and judges
// what it notes.
func RaceClaims(ctx context.Context, c ClaimConfig, feed Feeder, crew Crew) (Claims, error) {
	if c.Claims < 1 {
		return Claims{}, stockdigest.Invalid("the bench of claims needs at least one")
	}
	if err := feed.SaveTickers(ctx, []stockdigest.Ticker{{Symbol: benchTicker, Name: "Bench"}}); err != nil {
		return Claims{}, fmt.Errorf("race for runs: %w", err)
	}
	notes := make(chan Held)
	group, ctx := errgroup.WithContext(ctx)
	working, stop := context.WithCancel(ctx)
	defer stop()
	ready := make(chan struct{})
	group.Go(func() error {
		return crew(working, func() { close(ready) }, func(h Held) {
			select {
			case notes <- h:
			case <-working.Done(): // enough was noted, or something broke
			}
		})
	})
	var held []Held
	var made []time.Time
	group.Go(func() (err error) {
		defer stop()
		select {
		case <-ready:
		case <-ctx.Done():
			return context.Cause(ctx)
		}
		held, made, err = c.feedAndCollect(ctx, feed, notes)
		return err
	})
	if err := group.Wait(); err != nil {
		return Claims{}, fmt.Errorf("race for runs: %w", err)
	}
	return judgeClaims(held, made, c.Caps), nil
}

// chunk is how many runs are made at once, and how few of them may be left
// before the next are: the workers now and then find nothing to do.
const (
	chunk   = 200
	fewLeft = 20
)

// feedAndCollect makes runs while there are too few, until all are noted. It
// returns the notes, and for each run from when on it was surely there.
func (c ClaimConfig) feedAndCollect(ctx context.Context, feed Feeder, notes <-chan Held) (held []Held, made []time.Time, err error) {
	classes := rand.New(rand.NewPCG(c.Seed, 1)) //nolint:gosec // a race that can be run again
	for len(held) < c.Claims {
		if len(made) < c.Claims && len(made)-len(held) < fewLeft {
			n := min(chunk, c.Claims-len(made))
			if err := makeRuns(ctx, feed, classes, len(made), n); err != nil {
				return held, made, err
			}
			now := c.Now()
			for range n {
				made = append(made, now)
			}
		}
		select {
		case h := <-notes:
			held = append(held, h)
		case <-ctx.Done():
			return held, made, context.Cause(ctx)
		}
		if c.Progress != nil {
			c.Progress(len(held), c.Claims)
		}
	}
	return held, made, nil
}

func makeRuns(ctx context.Context, feed Feeder, classes *rand.Rand, from, n int) error {
	runs := make([]stockdigest.Run, n)
	for i := range runs {
		runs[i] = stockdigest.Run{
			Ticker: benchTicker, AsOf: firstRun().Add(time.Duration(from+i) * time.Second),
			Class: stockdigest.Classes()[classes.IntN(len(stockdigest.Classes()))],
		}
	}
	_, err := feed.OpenBatch(ctx, stockdigest.Batch{Kind: stockdigest.Daily, CreatedBy: "bench"}, runs)
	return err
}

// Workers are the goroutines of one process that claim runs.
type Workers struct {
	Name  string // of the process
	Count int
	Caps  stockdigest.Caps
	Now   func() time.Time
}

// How the workers of the bench behave: as those of the product, but the work
// takes next to nothing.
const (
	benchTick  = 250 * time.Millisecond
	benchLease = 10 * time.Minute
	longestJob = 3 * time.Millisecond
)

// Run has the workers claim runs and note them until ctx ends.
func (w Workers) Run(ctx context.Context, claimer Claimer, note func(Held)) error {
	group, ctx := errgroup.WithContext(ctx)
	for i := range w.Count {
		claim := stockdigest.Claim{Worker: fmt.Sprintf("%s/%d", w.Name, i), Lease: benchLease, Caps: w.Caps}
		group.Go(func() error {
			for ctx.Err() == nil {
				if err := w.once(ctx, claimer, claim, note); err != nil && ctx.Err() == nil {
					return err
				}
			}
			return nil
		})
	}
	return group.Wait()
}

// once claims a run, has it for a moment, ends it and notes it.
func (w Workers) once(ctx context.Context, claimer Claimer, claim stockdigest.Claim, note func(Held)) error {
	asked := w.Now()
	run, ok, err := claimer.ClaimNext(ctx, claim)
	if err != nil {
		return err
	}
	if !ok {
		pause(ctx, benchTick)
		return nil
	}
	h := Held{
		Seq: int(run.AsOf.Sub(firstRun()) / time.Second), Class: run.Class,
		Asked: asked.UnixNano(), Claimed: w.Now().UnixNano(),
	}
	pause(ctx, rand.N(longestJob)) //nolint:gosec // any moment will do
	h.Left = w.Now().UnixNano()
	if err := claimer.QuarantineRun(ctx, run, "bench"); err != nil {
		return err
	}
	h.Ended = w.Now().UnixNano()
	note(h)
	return nil
}

func pause(ctx context.Context, d time.Duration) {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-ctx.Done():
	}
}
