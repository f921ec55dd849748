package app_test

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

// A proc is this test binary started again to do one job. It is killed with the
// test, and ends by itself when the test process is gone.
type proc struct {
	cmd    *exec.Cmd
	stdin  io.Closer
	stderr bytes.Buffer
	ended  chan struct{} // closed when the process is no more
	Began  time.Time
}

const childJob = "APP_TEST_CHILD"

// tight reports whether limits of time decide: only in the full torture, which
// has the machine to itself. Elsewhere they are printed.
func tight() bool { return os.Getenv("TORTURE") != "" }

// childJobs is what a child can do, by name. A job ends with its context, which
// a first SIGTERM ends when the job asks for it.
var childJobs = map[string]func(ctx context.Context) error{
	"acknowledge":  acknowledge,
	"batch worker": batchWorker,
	"disk worker":  diskWorker,
	"fleet worker": fleetWorker,
}

// TestChild is not a test: it is where a child begins.
func TestChild(t *testing.T) {
	job := childJobs[os.Getenv(childJob)]
	if job == nil {
		return
	}
	ctx, cancel := context.WithCancel(context.Background())
	go func() {
		_, _ = io.Copy(io.Discard, os.Stdin) // ends with the parent
		cancel()
		<-time.After(5 * time.Second)
		os.Exit(4)
	}()
	if err := job(ctx); err != nil && ctx.Err() == nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	os.Exit(0)
}

// startChild starts a child with more lines for its environment.
func startChild(t *testing.T, job string, env ...string) *proc {
	t.Helper()
	exe, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	return startProc(t, exec.Command(exe, "-test.run=^TestChild$"), append(env, childJob+"="+job)...)
}

func startProc(t *testing.T, cmd *exec.Cmd, env ...string) *proc {
	t.Helper()
	p := &proc{cmd: cmd, ended: make(chan struct{}), Began: time.Now()}
	cmd.Env = append(os.Environ(), env...)
	cmd.Stderr = &p.stderr
	stdin, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	p.stdin = stdin
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	go func() {
		defer close(p.ended)
		_ = cmd.Wait() // how it ended is in its state
	}()
	t.Cleanup(func() { p.Kill() })
	return p
}

// Signal sends sig to the process, which may be gone already.
func (p *proc) Signal(sig syscall.Signal) { _ = p.cmd.Process.Signal(sig) }

// Kill ends the process with the signal that cannot be caught, and waits.
func (p *proc) Kill() {
	p.Signal(syscall.SIGKILL)
	<-p.ended
}

// Running reports whether the process has not ended.
func (p *proc) Running() bool {
	select {
	case <-p.ended:
		return false
	default:
		return true
	}
}

// Wait waits for the end and returns what the process said when it ended badly
// by itself. A guard against hanging ends it after a while.
func (p *proc) Wait(t *testing.T, guard time.Duration) {
	t.Helper()
	select {
	case <-p.ended:
	case <-time.After(guard):
		p.Signal(syscall.SIGQUIT) // prints where it hangs
		<-p.ended
		t.Errorf("a child did not end within %s", guard)
	}
	if !p.cmd.ProcessState.Success() {
		t.Errorf("a child ended with %s: %s", p.cmd.ProcessState, p.stderr.String())
	}
}

// A journal is a file outside the database that children append lines to: what
// they saw and did, written before they go on.
type journal struct{ path string }

func newJournal(t *testing.T) journal {
	t.Helper()
	return journal{filepath.Join(t.TempDir(), "journal")}
}

// An entry is one line of a journal.
type entry struct {
	At    int64  `json:"at"` // nanoseconds of the machine's clock
	PID   int    `json:"pid"`
	What  string `json:"what"`
	Run   string `json:"run,omitempty"`
	Token int64  `json:"token,omitempty"`
	Note  string `json:"note,omitempty"`
}

// add appends an entry with one write: it is whole or absent, whatever kills us.
func (j journal) add(e entry) error {
	e.At, e.PID = time.Now().UnixNano(), os.Getpid()
	line, err := json.Marshal(e)
	if err != nil {
		return err
	}
	return appendLine(j.path, string(line))
}

// entries reads the journal.
func (j journal) entries(t *testing.T) []entry {
	t.Helper()
	data, err := os.ReadFile(j.path)
	if err != nil && !os.IsNotExist(err) {
		t.Fatal(err)
	}
	var all []entry
	for scan := bufio.NewScanner(bytes.NewReader(data)); scan.Scan(); {
		var e entry
		if err := json.Unmarshal(scan.Bytes(), &e); err != nil {
			t.Fatalf("journal: %v in %q", err, scan.Text())
		}
		all = append(all, e)
	}
	return all
}

// torture reports whether the full counts are asked for (make torture), and
// else gives the small ones.
func torture(full, small int) int {
	if tight() {
		return full
	}
	return small
}

// seeded gives the random numbers of a rig; the seed is printed with a failure.
func seeded(t *testing.T) *rand.Rand {
	t.Helper()
	seed := uint64(1)
	if tight() {
		seed = uint64(time.Now().UnixNano())
	}
	t.Cleanup(func() {
		if t.Failed() {
			t.Logf("seed %d", seed)
		}
	})
	return rand.New(rand.NewPCG(seed, 0))
}

// measured prints the one line of figures of a rig.
func measured(t *testing.T, format string, args ...any) {
	t.Helper()
	t.Logf("measured: "+format, args...)
}

// percentile returns the p-th percentile of the sorted durations.
func percentile(sorted []time.Duration, p float64) time.Duration {
	if len(sorted) == 0 {
		return 0
	}
	return sorted[min(int(p/100*float64(len(sorted))), len(sorted)-1)]
}

// A tally collects what goes wrong from several goroutines.
type tally struct {
	mu   sync.Mutex
	errs []string
}

func (c *tally) add(err error) {
	if err == nil {
		return
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.errs = append(c.errs, err.Error())
}

func (c *tally) String() string {
	c.mu.Lock()
	defer c.mu.Unlock()
	return strings.Join(c.errs[:min(len(c.errs), 5)], "\n")
}

// wait waits for d, or less when the context ends.
func wait(ctx context.Context, d time.Duration) {
	select {
	case <-ctx.Done():
	case <-time.After(d):
	}
}

// until waits for a claim to become true, looking every few milliseconds. The
// guard is against hanging only.
func until(t *testing.T, guard time.Duration, what string, claim func() bool) {
	t.Helper()
	for end := time.Now().Add(guard); !claim(); wait(t.Context(), 5*time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("not within %s: %s", guard, what)
		}
	}
}

// size is how long the journal is, in bytes.
func (j journal) size() int64 {
	info, err := os.Stat(j.path)
	if err != nil {
		return 0
	}
	return info.Size()
}

func (p *proc) pid() int { return p.cmd.Process.Pid }

// caught lets a broken version run under a harness until the harness sees what
// is broken. When it shows is a matter of luck and of the machine's load, so a
// few tries are given; a harness that sees nothing in all of them is no good.
func caught(t *testing.T, try func() bool) {
	t.Helper()
	for range 8 {
		if try() {
			return
		}
	}
	t.Error("the harness does not see what it is for")
}
