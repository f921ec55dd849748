package schedule_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"math/rand/v2"
	"os"
	"os/exec"
	"strconv"
	"sync"
	"syscall"
	"testing"
	"time"

	"stockdigest.app/stockdigest"
	"stockdigest.app/stockdigest/internal/adapter/store"
	"stockdigest.app/stockdigest/internal/adapter/store/storetest"
	"stockdigest.app/stockdigest/internal/control/schedule"
)

// A child is this test binary started again. It ticks through all due times
// that nobody has taken, its clock at each of them in turn, beside others that
// do the same, and is killed after a while with the signal that cannot be
// caught.
const (
	childStore  = "SCHEDULE_TEST_STORE"  // URL or file
	childTimes  = "SCHEDULE_TEST_TIMES"  // how many due times there are
	childKill   = "SCHEDULE_TEST_KILL"   // milliseconds of life; 0 is for ever
	childBroken = "SCHEDULE_TEST_BROKEN" // take slots without their unique key
)

func TestMain(m *testing.M) {
	if os.Getenv(childStore) != "" {
		if err := child(context.Background()); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		os.Exit(0)
	}
	os.Exit(m.Run())
}

func configOf(at string) store.Config {
	if len(at) > 9 && at[:9] == "postgres:" {
		return store.Config{URL: at, Now: storetest.Now, PoolSize: 2}
	}
	return store.Config{Path: at, Now: storetest.Now}
}

// dueTimes are the nights, one a day.
func dueTimes(n int) []stockdigest.Slot {
	slots := make([]stockdigest.Slot, 0, n)
	for i := range n {
		day := firstDay.Add(i)
		slots = append(slots, stockdigest.Slot{Kind: stockdigest.SlotProcess, Day: day, At: 120, Due: day.At(120, time.UTC)})
	}
	return slots
}

func child(ctx context.Context) (err error) {
	n, err := strconv.Atoi(os.Getenv(childTimes))
	if err != nil {
		return err
	}
	life, err := strconv.Atoi(os.Getenv(childKill))
	if err != nil {
		return err
	}
	db, err := store.Open(ctx, configOf(os.Getenv(childStore)))
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	if err := db.Migrate(ctx); err != nil {
		return err
	}
	open, err := db.OpenSlots(ctx, dueTimes(n))
	if err != nil {
		return err
	}
	fmt.Println("ready")
	if _, err := io.Copy(io.Discard, os.Stdin); err != nil { // until the others are ready, too
		return err
	}
	if life > 0 {
		time.AfterFunc(time.Duration(life)*time.Millisecond, func() { _ = syscall.Kill(os.Getpid(), syscall.SIGKILL) })
	}
	var slots schedule.Slots = db
	if os.Getenv(childBroken) != "" {
		slots = keyless{db}
	}
	var now time.Time
	s := schedule.New(
		schedule.Config{
			Plan: schedule.Daily(time.UTC, map[stockdigest.SlotKind]stockdigest.ClockTime{stockdigest.SlotProcess: 120}),
			On:   true, Worker: strconv.Itoa(os.Getpid()),
		},
		schedule.Deps{Slots: slots, Rows: followed{}, Now: func() time.Time { return now }, Log: slog.New(slog.DiscardHandler)})
	for _, slot := range open {
		now = slot.Due
		if err := s.Tick(ctx); err != nil {
			return err
		}
	}
	return nil
}

// followed is a world in which readers follow two companies.
type followed struct{ schedule.Rows }

func (followed) FollowedTickers(context.Context) ([]stockdigest.Symbol, error) {
	return []stockdigest.Symbol{"AAA", "BBB"}, nil
}

// keyless is how it is done without a unique key: look, work, note.
type keyless struct{ *store.DB }

func (k keyless) TakeSlot(
	ctx context.Context, slot stockdigest.Slot, worker string, batch *stockdigest.Batch, runs []stockdigest.Run,
) (stockdigest.SlotRecord, bool, error) {
	if _, err := k.OpenBatch(ctx, *batch, runs); err != nil {
		return stockdigest.SlotRecord{}, false, err
	}
	return k.DB.TakeSlot(ctx, slot, worker, nil, nil)
}

// A fleet is some children on one database.
type fleet struct {
	store     string
	processes int
	times     int
	kills     int // of each process
	broken    bool
}

// run lets every process be killed as often as is asked for, and then come to
// its end.
func (f fleet) run(t *testing.T) (killed int) {
	t.Helper()
	var all, ready sync.WaitGroup
	var mu sync.Mutex
	ready.Add(f.processes)
	for p := range f.processes {
		random := rand.New(rand.NewPCG(uint64(p), 3))
		all.Go(func() {
			for i := 0; ; i++ {
				life := 0
				if i < f.kills {
					life = 1 + random.IntN(40)
				}
				dead, err := f.child(t.Context(), life, func() {
					if i == 0 { // all first ones begin together
						ready.Done()
						ready.Wait()
					}
				})
				if err != nil {
					t.Error(err)
					return
				}
				if !dead {
					return
				}
				mu.Lock()
				killed++
				mu.Unlock()
			}
		})
	}
	all.Wait()
	return killed
}

// child starts a child and lets it begin when ready returns.
func (f fleet) child(ctx context.Context, life int, ready func()) (killed bool, err error) {
	exe, err := os.Executable()
	if err != nil {
		return false, err
	}
	cmd := exec.CommandContext(ctx, exe, "-test.run=^$")
	cmd.Env = append(os.Environ(), childStore+"="+f.store, childTimes+"="+strconv.Itoa(f.times), childKill+"="+strconv.Itoa(life))
	if f.broken {
		cmd.Env = append(cmd.Env, childBroken+"=yes")
	}
	var said bytes.Buffer
	cmd.Stderr = &said
	in, err := cmd.StdinPipe()
	if err != nil {
		return false, err
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		return false, err
	}
	if err := cmd.Start(); err != nil {
		return false, err
	}
	_, readErr := io.ReadFull(out, make([]byte, len("ready\n")))
	ready()
	err = errors.Join(readErr, in.Close(), cmd.Wait())
	if status, ok := cmd.ProcessState.Sys().(syscall.WaitStatus); ok && status.Signal() == syscall.SIGKILL {
		return true, nil
	}
	if err != nil {
		return false, fmt.Errorf("child: %w: %s", err, said.String())
	}
	return false, nil
}

// judge counts, from the rows, the due times without a batch, the batches too
// many, and the batches that lack a run.
func (f fleet) judge(t *testing.T, db *store.DB) (missing, extra, torn int) {
	t.Helper()
	batches, err := db.Batches(t.Context(), 1000)
	if err != nil {
		t.Fatal(err)
	}
	nights := map[string]int{}
	for _, b := range batches {
		nights[b.Note]++
		if b.Counts.Total() != 2 {
			torn++
		}
	}
	for _, slot := range dueTimes(f.times) {
		switch n := nights["the night of "+string(slot.Day)]; {
		case n == 0:
			missing++
		case n > 1:
			extra += n - 1
		}
	}
	return missing, extra, torn
}

func newFleet(t *testing.T, config func(testing.TB) store.Config) (fleet, *store.DB) {
	t.Helper()
	f := fleet{processes: 3, times: 150, kills: 3}
	if os.Getenv("TORTURE") != "" {
		f = fleet{processes: 5, times: 1000, kills: 20}
	}
	c := config(t)
	if f.store = c.URL; f.store == "" {
		f.store = c.Path
	}
	db := storetest.Open(t, c)
	err := db.SaveTickers(t.Context(), []stockdigest.Ticker{{Symbol: "AAA", Name: "A", Source: "file"}, {Symbol: "BBB", Name: "B", Source: "file"}})
	if err != nil {
		t.Fatal(err)
	}
	return f, db
}

func TestKilledProcessesStartEachDueTimeExactlyOnce(t *testing.T) {
	t.Parallel()
	for engine, config := range storetest.Configs() {
		t.Run(engine, func(t *testing.T) {
			t.Parallel()
			f, db := newFleet(t, config)
			killed := f.run(t)
			if missing, extra, torn := f.judge(t, db); missing+extra+torn > 0 {
				t.Errorf("%d due times missing, %d batches too many, %d torn; want 0", missing, extra, torn)
			}
			t.Logf("measured: %s: %d processes, %d kills: %d of %d due times exactly once", engine, f.processes, killed, f.times, f.times)
		})
	}
}

func TestTheKillHarnessCatchesSlotsWithoutAKey(t *testing.T) {
	t.Parallel()
	for engine, config := range storetest.Configs() {
		t.Run(engine, func(t *testing.T) {
			t.Parallel()
			const tries = 5 // two processes must come at the same moment
			for range tries {
				f, db := newFleet(t, config)
				f.broken, f.kills, f.times = true, 0, 150
				f.run(t)
				if missing, extra, torn := f.judge(t, db); missing+extra+torn > 0 {
					t.Logf("%s: %d due times missing, %d batches too many, %d torn", engine, missing, extra, torn)
					return
				}
			}
			t.Error("the harness does not see what is wrong")
		})
	}
}
