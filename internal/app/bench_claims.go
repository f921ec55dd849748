package app

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"golang.org/x/sync/errgroup"

	"stockdigest.app/stockdigest"
	"stockdigest.app/stockdigest/internal/adapter/store"
	"stockdigest.app/stockdigest/internal/bench"
)

var (
	_ bench.Claimer = (*store.DB)(nil)
	_ bench.Feeder  = (*store.DB)(nil)
)

// BenchClaimsConfig says who claims how many runs, and where.
type BenchClaimsConfig struct {
	Processes   int
	Workers     int // of each process
	Claims      int
	DatabaseURL Secret // PostgreSQL; empty: a SQLite file that is thrown away
	Seed        uint64 // of the order in which classes come

	// Child are the arguments that start this program as one of the processes:
	// it must call BenchClaimsChild. Empty: the hidden command for it.
	Child []string
}

// crewOrder is what a process of the bench is told on its standard input. It
// holds a database URL, which is no argument for everybody to see.
type crewOrder struct {
	Name              string
	URL, Path, Schema string
	Workers           int
	Caps              stockdigest.Caps
}

// BenchClaims has several processes with several workers each claim runs under
// the default caps, and judges from what the workers noted.
func BenchClaims(ctx context.Context, cfg BenchClaimsConfig, console *Console) (result bench.Claims, err error) {
	if cfg.Processes < 1 || cfg.Workers < 1 {
		return result, stockdigest.Invalid("the bench of claims needs at least one process with one worker")
	}
	where, remove, err := scratchConfig(ctx, string(cfg.DatabaseURL))
	if err != nil {
		return result, err
	}
	defer func() { err = errors.Join(err, remove()) }()
	db, err := openMigrated(ctx, where)
	if err != nil {
		return result, err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	defer console.End()
	race := bench.ClaimConfig{
		Claims: cfg.Claims, Caps: stockdigest.DefaultCaps(), Seed: cfg.Seed, Now: time.Now, Progress: console.Count("claims"),
	}
	return bench.RaceClaims(ctx, race, db, func(ctx context.Context, ready func(), note func(bench.Held)) error {
		return startCrew(ctx, cfg, where, ready, note)
	})
}

// noRun is the place in the first note of each process, which says that its
// workers are ready.
const noRun = -1

// startCrew runs the processes until ctx ends and passes on what they note.
func startCrew(ctx context.Context, cfg BenchClaimsConfig, where store.Config, ready func(), note func(bench.Held)) error {
	var missing atomic.Int32
	missing.Store(int32(cfg.Processes)) //nolint:gosec // a handful
	hear := func(h bench.Held) {
		switch {
		case h.Seq != noRun:
			note(h)
		case missing.Add(-1) == 0:
			ready()
		}
	}
	group, ctx := errgroup.WithContext(ctx)
	for i := range cfg.Processes {
		order := crewOrder{
			Name: fmt.Sprintf("process %d", i+1), URL: where.URL, Path: where.Path, Schema: where.Schema,
			Workers: cfg.Workers, Caps: stockdigest.DefaultCaps(),
		}
		group.Go(func() error {
			if err := runChild(ctx, cfg.Child, order, hear); err != nil {
				return fmt.Errorf("%s: %w", order.Name, err)
			}
			return nil
		})
	}
	return group.Wait()
}

// endTime is how long a process of the bench may take to end.
const endTime = 10 * time.Second

// runChild runs one process until ctx ends, which closes its standard input:
// a process whose parent died sees the same and ends too.
func runChild(ctx context.Context, args []string, order crewOrder, note func(bench.Held)) error {
	if len(args) == 0 {
		args = []string{"bench", "claims-child"}
	}
	exe, err := os.Executable()
	if err != nil {
		return fmt.Errorf("find this program: %w", err)
	}
	cmd := exec.CommandContext(context.WithoutCancel(ctx), exe, args...) //nolint:gosec // this program itself
	var faults strings.Builder
	cmd.Stderr, cmd.WaitDelay = &faults, endTime
	in, err := cmd.StdinPipe()
	if err != nil {
		return err
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		return err
	}
	if err := cmd.Start(); err != nil {
		return fmt.Errorf("start: %w", err)
	}
	defer context.AfterFunc(ctx, func() { _ = in.Close() })()
	talk := errors.Join(json.NewEncoder(in).Encode(order), readNotes(out, note))
	if err := cmd.Wait(); err != nil {
		return fmt.Errorf("%w: %s", err, strings.TrimSpace(faults.String()))
	}
	return talk
}

func readNotes(from io.Reader, note func(bench.Held)) error {
	for notes := json.NewDecoder(from); ; {
		var h bench.Held
		switch err := notes.Decode(&h); {
		case errors.Is(err, io.EOF):
			return nil
		case err != nil:
			return fmt.Errorf("read the notes: %w", err)
		}
		note(h)
	}
}

// BenchClaimsChild is a process of BenchClaims: it reads its order from in and
// writes a line on out for each run that it had, until in ends.
func BenchClaimsChild(ctx context.Context, in io.Reader, out io.Writer) (err error) {
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	lines := bufio.NewReader(in)
	line, err := lines.ReadBytes('\n')
	if err != nil {
		return fmt.Errorf("read the order: %w", err)
	}
	var order crewOrder
	if err := json.Unmarshal(line, &order); err != nil {
		return fmt.Errorf("read the order: %w", err)
	}
	go func() {
		defer stop()
		_, _ = io.Copy(io.Discard, lines) // ends with the parent
	}()
	db, err := openMigrated(ctx, store.Config{URL: order.URL, Path: order.Path, Schema: order.Schema, Now: time.Now})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	var mu sync.Mutex
	notes := json.NewEncoder(out)
	if err := notes.Encode(bench.Held{Seq: noRun}); err != nil {
		return fmt.Errorf("say that the workers are ready: %w", err)
	}
	crew := bench.Workers{Name: order.Name, Count: order.Workers, Caps: order.Caps, Now: time.Now}
	return crew.Run(ctx, db, func(h bench.Held) {
		mu.Lock()
		defer mu.Unlock()
		_ = notes.Encode(h) // a parent that reads no more is about to end this process
	})
}

// ShowBenchClaims prints the result. A violation is an ErrConflict.
func ShowBenchClaims(c *Console, r bench.Claims) error {
	if c.JSON {
		if err := c.Data(r); err != nil {
			return err
		}
	}
	c.Print("%d claims: %d over a cap, %d out of priority, %d out of order, %d twice; at most %d at once; %.1f ms each, p99 %.1f ms",
		r.Claims, r.OverCap, r.Priority, r.FIFO, r.Duplicates, r.MostAtOnce, r.P50, r.P99)
	if bad := r.OverCap + r.Priority + r.FIFO + r.Duplicates; bad > 0 {
		return &stockdigest.Error{Kind: stockdigest.ErrConflict, Message: fmt.Sprintf("%d claims broke the rules", bad)}
	}
	return nil
}
