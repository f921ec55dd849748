package app

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"time"

	"github.com/google/uuid"

	"stockdigest.app/stockdigest"
	"stockdigest.app/stockdigest/internal/sim"
)

// BenchNightConfig says what night to run, and on what.
type BenchNightConfig struct {
	Tickers     int
	Processes   int     // that work; they share one database
	OpenTickers int     // runs worked on at once; 0 is 100
	FixedSlots  int     // of the run beside it that opens so few; 0 leaves it out
	Scale       float64 // of time in the pretend world; 0 chooses one for so many tickers
	Seed        uint64
	DatabaseURL Secret // PostgreSQL; empty: SQLite files that are thrown away
	Program     string // of the processes; empty: this one
}

// A BenchNightResult is how long a night took beside the shortest time that it
// could take, and what it cost.
type BenchNightResult struct {
	Tickers         int     `json:"tickers"`
	Processes       int     `json:"processes"`
	WallS           float64 `json:"wall_s"`
	LowerBoundS     float64 `json:"lower_bound_s"`
	BoundBy         string  `json:"bound_by"` // feeds, pages, edgar, model, cpu or longest ticker
	Ratio           float64 `json:"ratio"`
	FixedSlotsRatio float64 `json:"fixed_slots_ratio,omitempty"`
	PeakRSSMB       float64 `json:"peak_rss_mb"` // of the largest process
	CPUS            float64 `json:"cpu_s"`       // of all processes together
	PaidCalls       int     `json:"paid_calls"`
	UniqueCalls     int     `json:"unique_calls"`
	BillUSD         float64 `json:"bill_usd"`
	Refused         int     `json:"refused"` // requests above a provider's limit
	Reports         int     `json:"reports"`
	RepeatPaidCalls int     `json:"repeat_paid_calls"` // of the same night once more
	RepeatWallS     float64 `json:"repeat_wall_s"`
}

// BenchNight runs a night of the pretend world with processes of this program:
// once, the same once more, which must cost nothing, and once with a few fixed
// slots from an empty database. Time and money are judged by the pretend
// world's log and bill and by the kernel, not by what the program counts.
func BenchNight(ctx context.Context, opts Options, cfg BenchNightConfig, console *Console) (result BenchNightResult, err error) {
	b, err := newNightBench(opts, cfg, console)
	if err != nil {
		return result, err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(b.dir)) }()
	if err := b.startWorld(ctx); err != nil {
		return result, err
	}
	defer func() { err = errors.Join(err, b.world.stop()) }()
	result, err = b.whole(ctx)
	if err != nil || cfg.FixedSlots <= 0 {
		return result, err
	}
	fixed, err := b.fixed(ctx)
	result.FixedSlotsRatio = fixed.ratio()
	return result, err
}

// A nightBench is what a bench has in hand.
type nightBench struct {
	opts     Options
	cfg      BenchNightConfig
	console  *Console
	dir      string
	world    *child
	at       string // address of the pretend world
	asOf     time.Time
	settings map[string]string
}

func newNightBench(opts Options, cfg BenchNightConfig, console *Console) (*nightBench, error) {
	if cfg.Tickers < 1 || cfg.Processes < 1 {
		return nil, stockdigest.Invalid("a night has at least one ticker and one process")
	}
	if cfg.Processes > 1 && cfg.DatabaseURL == "" {
		return nil, stockdigest.Invalid("more than one process needs PostgreSQL: give --database-url")
	}
	if cfg.OpenTickers == 0 {
		cfg.OpenTickers = 100
	}
	if cfg.Scale == 0 {
		cfg.Scale = nightScale(cfg.Tickers)
	}
	if cfg.Program == "" {
		self, err := os.Executable()
		if err != nil {
			return nil, fmt.Errorf("find this program: %w", err)
		}
		cfg.Program = self
	}
	dir, err := os.MkdirTemp("", "stockdigest-bench-")
	if err != nil {
		return nil, fmt.Errorf("make a folder for the bench: %w", err)
	}
	return &nightBench{opts: opts, cfg: cfg, console: console, dir: dir}, nil
}

// nightScale slows the world just so far that waiting, not this machine's
// processors, takes most of a night, and that a large one ends in minutes.
func nightScale(tickers int) float64 {
	switch {
	case tickers <= 20:
		return 0.4
	case tickers <= 100:
		return 0.3
	}
	return 0.15
}

// startWorld starts the pretend world as a process of its own, so that its work
// is not counted as the product's.
func (b *nightBench) startWorld(ctx context.Context) error {
	world, err := startChild(ctx, b.cfg.Program, []string{
		"sim", "--json", "--seed", strconv.FormatUint(b.cfg.Seed, 10), "--tickers", strconv.Itoa(b.cfg.Tickers), "--scale", fmt.Sprint(b.cfg.Scale),
	}, os.Environ())
	if err != nil {
		return err
	}
	b.world = world
	if err := world.answer(&b.settings); err != nil {
		return errors.Join(fmt.Errorf("start the pretend world: %w", err), world.stop())
	}
	b.at = b.settings["STOCKDIGEST_PRETEND"]
	var told sim.World
	if err := pretendJSON(ctx, b.at+"/_pretend/world.json", &told); err != nil {
		return errors.Join(fmt.Errorf("ask the pretend world: %w", err), world.stop())
	}
	b.asOf = told.AsOf
	return nil
}

// A played is one night that was run.
type played struct {
	wall    time.Duration
	bound   sim.Bound
	bill    sim.Bill
	refused int
	reports int
	use     usage
}

func (p played) ratio() float64 {
	if p.bound.Total <= 0 {
		return 0
	}
	return p.wall.Seconds() / p.bound.Total.Seconds()
}

// whole plays the night with all tickers open, and again in the same database.
func (b *nightBench) whole(ctx context.Context) (result BenchNightResult, err error) {
	s, err := b.openStage(ctx, b.cfg.OpenTickers)
	if err != nil {
		return result, err
	}
	defer func() { err = errors.Join(err, s.close()) }()
	first, err := s.play(ctx, "night", stockdigest.Daily)
	if err != nil {
		return result, err
	}
	// Another kind at the same moment: the same news, and none of it told yet.
	again, err := s.play(ctx, "again", stockdigest.Weekly)
	return b.result(first, again), err
}

// fixed plays the night with so few tickers open, from an empty database.
func (b *nightBench) fixed(ctx context.Context) (p played, err error) {
	s, err := b.openStage(ctx, b.cfg.FixedSlots)
	if err != nil {
		return p, err
	}
	defer func() { err = errors.Join(err, s.close()) }()
	return s.play(ctx, fmt.Sprintf("%d slots", b.cfg.FixedSlots), stockdigest.Daily)
}

func (b *nightBench) result(first, again played) BenchNightResult {
	return BenchNightResult{
		Tickers: b.cfg.Tickers, Processes: b.cfg.Processes,
		WallS: first.wall.Seconds(), LowerBoundS: first.bound.Total.Seconds(), BoundBy: first.bound.Binds, Ratio: first.ratio(),
		PeakRSSMB: float64(max(first.use.peak, again.use.peak)) / (1 << 20), CPUS: first.use.cpu.Seconds(),
		PaidCalls: first.bill.Calls, UniqueCalls: first.bill.Unique, BillUSD: first.bill.Dollars, Refused: first.refused,
		Reports: first.reports, RepeatPaidCalls: again.bill.Calls, RepeatWallS: again.wall.Seconds(),
	}
}

// A stage is a fresh database with the processes that work on it.
type stage struct {
	*nightBench
	app     *App
	workers []*child
	remove  func() error
}

// openStage starts the processes. They have the pretend world's settings, caps
// that open so many tickers, and a budget that does not bind.
func (b *nightBench) openStage(ctx context.Context, open int) (*stage, error) {
	name := uuid.NewString()[:8]
	environ := b.environ(name, open)
	opts, err := ReadOptions(environ)
	if err != nil {
		return nil, err
	}
	world, err := Pretend(ctx, opts)
	if err != nil {
		return nil, err
	}
	quiet := &Console{Out: b.console.Err, Err: b.console.Err, JSON: true}
	a, err := New(ctx, opts, world, quiet)
	if err != nil {
		return nil, err
	}
	s := &stage{nightBench: b, app: a, remove: func() error {
		if b.cfg.DatabaseURL == "" {
			return nil // it lies in the bench's folder
		}
		return dropSchema(context.WithoutCancel(ctx), string(b.cfg.DatabaseURL), world.Schema())
	}}
	for range b.cfg.Processes {
		worker, err := startChild(ctx, b.cfg.Program, []string{"serve", "--role", "worker"}, environ)
		if err != nil {
			return nil, errors.Join(err, s.close())
		}
		worker.ignoreOutput()
		s.workers = append(s.workers, worker)
	}
	return s, nil
}

func (b *nightBench) environ(name string, open int) []string {
	environ := os.Environ()
	set := func(name, value string) { environ = append(environ, name+"="+value) }
	for name, value := range b.settings {
		set(name, value)
	}
	set("STOCKDIGEST_PRETEND", b.at+"?name="+name)
	set("STOCKDIGEST_DIR", filepath.Join(b.dir, name))
	set("DATABASE_URL", string(b.cfg.DatabaseURL))
	set("STOCKDIGEST_LISTEN", "127.0.0.1:0")
	set("STOCKDIGEST_SCHEDULE", "off")
	for _, limit := range []string{"MAX_CONCURRENT_SCHEDULED", "MAX_CONCURRENT_TOTAL"} {
		set(limit, strconv.Itoa(open))
	}
	for _, limit := range []string{"STOCKDIGEST_BUDGET_RUN", "STOCKDIGEST_BUDGET_DAY", "STOCKDIGEST_BUDGET_MONTH"} {
		set(limit, "100000")
	}
	return environ
}

// close stops the processes and throws the database away.
func (s *stage) close() error {
	var errs []error
	for _, w := range s.workers {
		errs = append(errs, w.stop())
	}
	return errors.Join(append(errs, s.app.Close(), s.remove())...)
}

// play opens a batch over all tickers and waits for its end.
func (s *stage) play(ctx context.Context, what string, kind stockdigest.ReportKind) (p played, err error) {
	if err := s.reset(ctx); err != nil {
		return p, err
	}
	before, err := s.used()
	if err != nil {
		return p, err
	}
	start := time.Now()
	batch, err := s.openBatch(ctx, kind)
	if err != nil {
		return p, err
	}
	if batch, err = s.await(ctx, what, batch); err != nil {
		return p, err
	}
	p.wall, p.reports = time.Since(start), batch.Counts.Done
	if p.use, err = s.used(); err != nil {
		return p, err
	}
	p.use.cpu -= before.cpu
	var log sim.Log
	err = errors.Join(pretendJSON(ctx, s.at+"/_pretend/log.json", &log), pretendJSON(ctx, s.at+"/_pretend/bill.json", &p.bill))
	for _, e := range log.Entries {
		if e.Over {
			p.refused++
		}
	}
	p.bound = sim.LowerBound(log, p.use.cpu, cores())
	return p, err
}

func (s *stage) openBatch(ctx context.Context, kind stockdigest.ReportKind) (stockdigest.Batch, error) {
	var runs []stockdigest.Run
	for _, t := range s.app.world.Tickers() {
		runs = append(runs, stockdigest.Run{Ticker: t.Symbol, Kind: kind, AsOf: s.asOf, TimeZone: s.app.world.TimeZone, Class: stockdigest.ClassScheduled})
	}
	return s.app.store.OpenBatch(ctx, stockdigest.Batch{Kind: kind, CreatedBy: "bench", CreatedAt: time.Now()}, runs)
}

// look is how often the bench looks: well below what it measures.
const look = 100 * time.Millisecond

// await waits until no run of the batch is open, and fails when a worker died.
func (s *stage) await(ctx context.Context, what string, batch stockdigest.Batch) (stockdigest.Batch, error) {
	progress := s.console.Count(what)
	defer s.console.End()
	tick := time.NewTicker(look)
	defer tick.Stop()
	for {
		now, err := s.app.store.Batch(ctx, batch.ID)
		if err != nil {
			return now, fmt.Errorf("look at the batch: %w", err)
		}
		progress(now.Counts.Total()-now.Counts.Open(), now.Counts.Total())
		if now.Counts.Open() == 0 {
			return now, nil
		}
		for _, w := range s.workers {
			if err := w.died(); err != nil {
				return now, err
			}
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			return now, context.Cause(ctx)
		}
	}
}

// reset begins a new log and bill.
func (s *stage) reset(ctx context.Context) error {
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, s.at+"/_pretend/reset", http.NoBody)
	if err != nil {
		return err
	}
	resp, err := pretendNetwork().RoundTrip(req)
	if err != nil {
		return fmt.Errorf("reset the pretend world: %w", err)
	}
	return resp.Body.Close()
}

func (s *stage) used() (usage, error) {
	var all usage
	for _, w := range s.workers {
		u, err := usedBy(w.cmd.Process.Pid)
		if err != nil {
			return all, err
		}
		all.cpu += u.cpu
		all.peak = max(all.peak, u.peak)
	}
	return all, nil
}

// ShowBenchNight prints the result. A repeat that costs anything, and a ticker
// without a report, is an ErrConflict.
func ShowBenchNight(c *Console, r BenchNightResult) error {
	if c.JSON {
		if err := c.Data(r); err != nil {
			return err
		}
	}
	c.Print("%d tickers, %d processes: %.1f s, %.2f times the lower bound of %.1f s (%s)", r.Tickers, r.Processes, r.WallS, r.Ratio, r.LowerBoundS, r.BoundBy)
	if r.FixedSlotsRatio > 0 {
		c.Print("with fixed slots: %.2f times the lower bound", r.FixedSlotsRatio)
	}
	c.Print("%d reports, %d paid calls for %d pieces of work, $%.4f; %.0f MB at most, %.1f s of processor time", r.Reports, r.PaidCalls, r.UniqueCalls, r.BillUSD, r.PeakRSSMB, r.CPUS)
	c.Print("the same night again: %.1f s, %d paid calls", r.RepeatWallS, r.RepeatPaidCalls)
	if r.RepeatPaidCalls > 0 || r.Reports < r.Tickers {
		return &stockdigest.Error{Kind: stockdigest.ErrConflict, Message: fmt.Sprintf("%d of %d reports, and %d calls were paid twice", r.Reports, r.Tickers, r.RepeatPaidCalls)}
	}
	return nil
}
