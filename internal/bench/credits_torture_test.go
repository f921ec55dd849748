package bench_test

import (
	"bufio"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sync/errgroup"

	"stockdigest.app/stockdigest"
	"stockdigest.app/stockdigest/internal/adapter/store"
	"stockdigest.app/stockdigest/internal/adapter/store/storetest"
)

// The child is this test binary started again with these variables. It does
// random operations on readers' credits until it is killed, and tells of each
// on standard output once it is done: the journal that must not lie.
const (
	childSeed = "APP_TEST_CREDITS_SEED"
	childPath = "APP_TEST_CREDITS_PATH"
	childURL  = "APP_TEST_CREDITS_URL"
	childAt   = "APP_TEST_CREDITS_AT" // the child's clock starts there, in minutes since the epoch
)

const (
	tortureReaders = 12
	tortureTickers = 1000
	tortureWorkers = 4
	tortureStep    = 10 // minutes that pass from one operation to the next, about
)

// TestLedgerIsExactAfterKills has two processes order, work, fail, cancel,
// adjust and grant at random, and kills them, with the signal that cannot be
// caught, at random moments. What was told as done must be there afterwards,
// and accounts, holds, runs and ledger must agree to the credit. The server of
// the tests runs without fsync and with synchronous_commit off: it is not
// killed here, only its clients are, and to them every commit is there.
func TestLedgerIsExactAfterKills(t *testing.T) {
	t.Parallel()
	operations, kills := inFull(2_000, 1_000_000), inFull(12, 500)
	for engine, config := range storetest.Configs() {
		t.Run(engine, func(t *testing.T) {
			t.Parallel()
			r := newRig(t, config(t))
			for r.done.Load() < int64(operations) || r.kills.Load() < int64(kills) {
				var group errgroup.Group
				for child := range 2 {
					seed := uint64(r.kills.Load()) + uint64(child)
					group.Go(func() error { return r.live(t.Context(), seed, 2*operations/kills) })
				}
				if err := group.Wait(); err != nil {
					t.Fatal(err)
				}
				if r.kills.Load()%50 == 0 {
					r.check(t)
					r.tidy(t)
				}
			}
			r.check(t)
			r.report(t, engine)
		})
	}
}

// A rig is one database that children are let loose on.
type rig struct {
	conf   store.Config
	db     *store.DB
	tables *sql.DB
	begun  time.Time
	done   atomic.Int64 // operations told as done
	kills  atomic.Int64
}

func newRig(t *testing.T, c store.Config) *rig {
	t.Helper()
	r := &rig{conf: c, db: storetest.Open(t, c), tables: openTables(t, c), begun: time.Now()}
	var list []stockdigest.Ticker
	for i := range tortureTickers {
		list = append(list, stockdigest.Ticker{Symbol: tickerAt(i), Name: "Torture"})
	}
	if err := r.db.SaveTickers(t.Context(), list); err != nil {
		t.Fatal(err)
	}
	plans := []stockdigest.Plan{stockdigest.PlanBeta, stockdigest.PlanPremium, stockdigest.PlanProfessional}
	zones := []string{"Pacific/Auckland", "America/New_York", "Pacific/Honolulu"}
	for i := range tortureReaders {
		_, err := r.db.SaveReader(t.Context(), stockdigest.Reader{
			Email: fmt.Sprintf("r%d@example.com", i), TimeZone: zones[i%3], Plan: plans[i/3%3], State: stockdigest.ReaderActive,
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	return r
}

func tickerAt(i int) stockdigest.Symbol { return stockdigest.Symbol(fmt.Sprintf("K%d", i)) }

// live starts a child and kills it after up to so many operations. Then the
// last orders that it told of must get the answers that they got.
func (r *rig) live(ctx context.Context, seed uint64, most int) error {
	random := rand.New(rand.NewPCG(seed, 7))
	exe, err := os.Executable()
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, 20*time.Minute) // a hang guard
	defer cancel()
	cmd := exec.CommandContext(ctx, exe, "-test.run=^TestCreditChild$")
	cmd.Env = append(os.Environ(), childSeed+"="+strconv.FormatUint(seed, 10), childPath+"="+r.conf.Path, childURL+"="+r.conf.URL,
		childAt+"="+strconv.FormatInt(storetest.Now().Unix()/60+tortureStep*r.done.Load(), 10))
	cmd.Stderr = os.Stderr
	out, err := cmd.StdoutPipe()
	if err != nil {
		return err
	}
	if err := cmd.Start(); err != nil {
		return err
	}
	last, read := r.read(bufio.NewScanner(out), 1+random.IntN(most), cmd.Process)
	err = cmd.Wait()
	status, ok := cmd.ProcessState.Sys().(syscall.WaitStatus)
	if read != nil || ctx.Err() != nil || !ok || status.Signal() != syscall.SIGKILL {
		return fmt.Errorf("child of seed %d: %w", seed, errors.Join(read, ctx.Err(), err))
	}
	r.kills.Add(1)
	return r.askAgain(ctx, last)
}

// read counts the operations of a child and kills it after the n-th. It returns
// the last orders that were told, those after the kill too.
func (r *rig) read(lines *bufio.Scanner, n int, child *os.Process) (last []string, err error) {
	for seen := 1; lines.Scan(); seen++ {
		kind, told, _ := strings.Cut(lines.Text(), " ")
		switch kind {
		case "order":
			last = append(last, told)
			last = last[max(0, len(last)-20):]
		case "other":
		default:
			return last, errors.Join(fmt.Errorf("the child said %q", lines.Text()), child.Kill())
		}
		r.done.Add(1)
		if seen == n {
			if err := child.Kill(); err != nil {
				return last, err
			}
		}
	}
	return last, lines.Err()
}

// askAgain sends orders once more: each must get the answer that was told.
func (r *rig) askAgain(ctx context.Context, told []string) error {
	for _, line := range told {
		o, want, err := parseOrder(line)
		if err != nil {
			return err
		}
		if got, err := r.db.OrderReport(ctx, o); answerLine(got, err) != want {
			return fmt.Errorf("order %+v was told %q and gets %q now", o, want, answerLine(got, err))
		}
	}
	return nil
}

// check ends the test when the tables do not agree.
func (r *rig) check(t *testing.T) {
	t.Helper()
	if faults := r.faults(t); len(faults) > 0 {
		t.Fatalf("after %d operations and %d kills:\n%s", r.done.Load(), r.kills.Load(), strings.Join(faults, "\n"))
	}
}

// tidy does what a server does by itself; that of the tests is told not to, and
// what it has to look through would grow with every run that ended.
func (r *rig) tidy(t *testing.T) {
	t.Helper()
	r.report(t, "so far")
	if r.conf.URL == "" {
		return
	}
	if _, err := r.tables.ExecContext(t.Context(), "VACUUM (ANALYZE)"); err != nil {
		t.Fatal(err)
	}
}

// report prints the figures.
func (r *rig) report(t *testing.T, what string) {
	t.Helper()
	took := time.Since(r.begun)
	t.Logf("measured: %s: %d operations and %d kills in %s, %.0f a second; %d runs, %d paid, %d ledger lines: exact",
		what, r.done.Load(), r.kills.Load(), took.Round(time.Second), float64(r.done.Load())/took.Seconds(), r.count(t, "SELECT count(*) FROM runs"),
		r.count(t, "SELECT count(*) FROM credit_holds WHERE state = 'posted'"), r.count(t, "SELECT count(*) FROM credit_entries"))
}

// faults compares what the tables say, without the program's own check and with
// it.
func (r *rig) faults(t *testing.T) (faults []string) {
	t.Helper()
	own, err := r.db.CheckLedger(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range own {
		faults = append(faults, fmt.Sprintf("%+v", f))
	}
	for what, query := range ledgerClaims {
		if n := r.count(t, query); n != 0 {
			faults = append(faults, fmt.Sprintf("%d %s", n, what))
		}
	}
	if r.conf.URL != "" {
		if n := r.count(t, "SELECT deadlocks FROM pg_stat_database WHERE datname = current_database()"); n != 0 {
			faults = append(faults, fmt.Sprintf("%d deadlocks", n))
		}
	}
	return faults
}

func (r *rig) count(t *testing.T, query string) (n int) {
	t.Helper()
	if err := r.tables.QueryRowContext(t.Context(), query).Scan(&n); err != nil {
		t.Fatalf("%s: %v", query, err)
	}
	return n
}

// ledgerClaims count what must not be.
var ledgerClaims = map[string]string{
	"balances that are not the sum of the ledger": `SELECT count(*) FROM credit_accounts a WHERE balance <> coalesce(
		(SELECT sum(amount) FROM credit_entries e WHERE e.reader_id = a.reader_id), 0)`,
	"accounts whose held credits are not open holds": `SELECT count(*) FROM credit_accounts a WHERE held <>
		(SELECT count(*) FROM credit_holds h WHERE h.reader_id = a.reader_id AND h.state = 'open')`,
	"runs that nobody paid for": `SELECT count(*) FROM runs r WHERE NOT EXISTS
		(SELECT 1 FROM credit_holds h WHERE h.run_id = r.id)`,
	"credits held for a run that has ended, or the reverse": `SELECT count(*) FROM credit_holds h JOIN runs r ON r.id = h.run_id
		WHERE (h.state = 'open') <> (r.state IN ('queued', 'running'))`,
	"runs that were delivered and not paid, or the reverse": `SELECT count(*) FROM credit_holds h JOIN runs r ON r.id = h.run_id
		LEFT JOIN reports p ON p.run_id = r.id
		WHERE (h.state = 'posted') <> (r.state = 'done' AND coalesce(p.status, 'held') <> 'held')`,
	"tickers with two open runs": `SELECT count(*) FROM (SELECT ticker FROM runs
		WHERE state IN ('queued', 'running') GROUP BY ticker HAVING count(*) > 1) twice`,
	"months that were granted twice": `SELECT count(*) FROM (SELECT reader_id FROM credit_entries
		WHERE kind = 'grant' GROUP BY reader_id, month HAVING count(*) > 1) twice`,
}

// TestRigCatchesBrokenOrders does to the tables what a program does that is
// killed between its transactions, or takes none.
func TestRigCatchesBrokenOrders(t *testing.T) {
	t.Parallel()
	for engine, config := range storetest.Configs() {
		t.Run(engine, func(t *testing.T) {
			t.Parallel()
			for _, broken := range []string{
				"UPDATE runs SET state = 'done'",                                  // ended, and killed before it was settled
				"UPDATE credit_accounts SET balance = balance - 1 WHERE held = 1", // charged, and killed before the ledger was written
				"UPDATE credit_accounts SET held = 0",                             // a write that another one undid
				"DELETE FROM credit_holds",                                        // a run made, and killed before it was paid
				"UPDATE credit_holds SET state = 'posted'",                        // paid before the work was done
			} {
				r := newRig(t, config(t))
				readers, err := r.db.Readers(t.Context(), "")
				if err != nil {
					t.Fatal(err)
				}
				_, err = r.db.OrderReport(t.Context(), stockdigest.Order{Reader: readers[0].ID, Ticker: tickerAt(0), Key: "k", At: storetest.Now()})
				if err != nil || len(r.faults(t)) > 0 {
					t.Fatalf("got %v and faults %v of an order, want none", err, r.faults(t))
				}
				if _, err := r.tables.ExecContext(t.Context(), broken); err != nil {
					t.Fatal(err)
				}
				if len(r.faults(t)) == 0 {
					t.Errorf("%s: got no fault", broken)
				}
			}
		})
	}
}

// TestCreditChild is the child; without its variables there is nothing to do.
func TestCreditChild(t *testing.T) {
	seed, err := strconv.ParseUint(os.Getenv(childSeed), 10, 64)
	if err != nil {
		return
	}
	minutes, err := strconv.ParseInt(os.Getenv(childAt), 10, 64)
	if err != nil {
		t.Fatal(err)
	}
	c := &child{clock: &atomic.Int64{}}
	c.clock.Store(minutes)
	c.db, err = store.Open(t.Context(), store.Config{Path: os.Getenv(childPath), URL: os.Getenv(childURL), Now: c.now, PoolSize: tortureWorkers})
	if err != nil {
		t.Fatal(err)
	}
	if os.Getenv(childURL) == "" { // prepares statements; on PostgreSQL it would only wait for the other child
		if err := c.db.Migrate(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	if c.readers, err = c.db.Readers(t.Context(), ""); err != nil {
		t.Fatal(err)
	}
	var group errgroup.Group
	for worker := range tortureWorkers {
		group.Go(func() error {
			w := &childWorker{child: c, random: rand.New(rand.NewPCG(seed, uint64(worker))), name: fmt.Sprintf("%d-%d", seed, worker)}
			for {
				w.work(t.Context())
			}
		})
	}
	if err := group.Wait(); err != nil {
		t.Fatal(err)
	}
}
