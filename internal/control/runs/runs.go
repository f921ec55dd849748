package runs

import (
	"context"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"stockdigest.app/stockdigest"
)

// A Store owns the runs. ClaimRun answers ErrUnavailable with RetryAfter while
// the run cannot be had, and a run that is done as it is; the others answer
// ErrConflict once the claim is lost.
type Store interface {
	ClaimNext(ctx context.Context, c stockdigest.Claim) (run stockdigest.Run, ok bool, err error)
	ClaimRun(ctx context.Context, id stockdigest.RunID, c stockdigest.Claim) (stockdigest.Run, error)
	BeatRun(ctx context.Context, run stockdigest.Run, lease time.Duration, doing stockdigest.Doing) error
	ReleaseRun(ctx context.Context, run stockdigest.Run) error
	FailRun(ctx context.Context, run stockdigest.Run, cause string) error
	QuarantineRun(ctx context.Context, run stockdigest.Run, cause string) error
}

// Work brings a claimed run to its end, which it also writes. Its context ends
// when the run is lost or the process stops.
type Work func(ctx context.Context, run stockdigest.Run) error

// Config holds the values of a Runner.
type Config struct {
	// Worker names this process in the store; unique per process start.
	Worker string
	// Lease is how long a claim lives without a heartbeat, of which there are
	// ten in it; zero means 30 s. After a kill another process takes over this
	// much later.
	Lease time.Duration
	// Caps are those of the fleet: every process must be given the same. The
	// zero Caps mean the default.
	Caps stockdigest.Caps
	// Parallel is how many runs this process works on at once; zero means as
	// many as the caps allow.
	Parallel int
	// Tick is how often an idle process looks for work; zero means 250 ms.
	Tick time.Duration
	// Grace is how long a stop waits for steps to finish before it cuts them;
	// zero means 5 s. Everything is handed back 3 s after that.
	Grace time.Duration
}

// Deps are the things a Runner needs. Store, Work and Log must be set.
type Deps struct {
	Store Store
	Work  Work
	Log   *slog.Logger
	// Notice is told in one line what a person who waits in Do should know; may
	// be nil.
	Notice func(line string)
}

// A Runner works on runs. Its methods are safe for concurrent use.
type Runner struct {
	cfg      Config
	deps     Deps
	stopping atomic.Bool

	mu   sync.Mutex
	held map[stockdigest.RunID]*hold
}

// New returns a runner.
func New(cfg Config, deps Deps) *Runner {
	if cfg.Caps == (stockdigest.Caps{}) {
		cfg.Caps = stockdigest.DefaultCaps()
	}
	if cfg.Lease <= 0 {
		cfg.Lease = 30 * time.Second
	}
	if cfg.Parallel <= 0 {
		cfg.Parallel = max(cfg.Caps.Total, 1)
	}
	if cfg.Tick <= 0 {
		cfg.Tick = 250 * time.Millisecond
	}
	if cfg.Grace <= 0 {
		cfg.Grace = 5 * time.Second
	}
	if deps.Notice == nil {
		deps.Notice = func(string) {}
	}
	return &Runner{cfg: cfg, deps: deps, held: map[stockdigest.RunID]*hold{}}
}

// Stopping reports whether Serve was told to end: no new step may begin.
func (r *Runner) Stopping() bool { return r.stopping.Load() }

// Progress is a stockdigest.Progress: the next heartbeat of the run carries it,
// and a new step makes one at once.
func (r *Runner) Progress(run stockdigest.Run, step stockdigest.StepName, done, total int) {
	r.mu.Lock()
	h := r.held[run.ID]
	r.mu.Unlock()
	if h != nil {
		h.tell(stockdigest.Doing{Step: step, Done: done, Total: total})
	}
}

// list puts a claimed run on the list of those that Progress is told about.
func (r *Runner) list(h *hold) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.held[h.run.ID] = h
}

func (r *Runner) unlist(h *hold) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.held[h.run.ID] == h {
		delete(r.held, h.run.ID)
	}
}

func (r *Runner) claim() stockdigest.Claim {
	return stockdigest.Claim{Worker: r.cfg.Worker, Lease: r.cfg.Lease, Caps: r.cfg.Caps}
}

// pause waits for d, or until ctx ends or somebody pokes.
func pause(ctx context.Context, d time.Duration, poke <-chan struct{}) {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-poke:
	case <-ctx.Done():
	}
}
