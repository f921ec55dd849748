package app

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"time"
)

// A child is a process of a bench.
type child struct {
	cmd    *exec.Cmd
	name   string
	out    *io.PipeReader
	stderr tail
	ended  chan struct{}
	err    error // how it ended; read after ended
}

// stopTime is how long a child may take to stop before it is killed.
const stopTime = 15 * time.Second

// startChild starts a process that is stopped at the latest with ctx.
func startChild(ctx context.Context, program string, args, environ []string) (*child, error) {
	out, in := io.Pipe()
	c := &child{name: filepath.Base(program) + " " + args[0], out: out, ended: make(chan struct{})}
	c.cmd = exec.CommandContext(ctx, program, args...) //nolint:gosec // it is this program
	c.cmd.Env, c.cmd.Stdout, c.cmd.Stderr = environ, in, &c.stderr
	c.cmd.Cancel = func() error { return c.cmd.Process.Signal(syscall.SIGTERM) }
	c.cmd.WaitDelay = stopTime
	if err := c.cmd.Start(); err != nil {
		return nil, fmt.Errorf("start %s: %w", c.name, err)
	}
	go func() {
		defer close(c.ended)
		c.err = c.cmd.Wait()
		_ = in.Close() // of a pipe in memory: never fails
	}()
	return c, nil
}

// ignoreOutput lets the child print what nobody reads.
func (c *child) ignoreOutput() {
	go func() { _, _ = io.Copy(io.Discard, c.out) }()
}

// answer reads the one JSON document that the child prints first.
func (c *child) answer(into any) error {
	defer c.ignoreOutput()
	if err := json.NewDecoder(c.out).Decode(into); err != nil {
		return fmt.Errorf("%w (%s)", err, c.stderr.String())
	}
	return nil
}

// died tells why the child is no more, nil while it lives.
func (c *child) died() error {
	select {
	case <-c.ended:
		return fmt.Errorf("%s ended by itself: %w (%s)", c.name, errors.Join(c.err), c.stderr.String())
	default:
		return nil
	}
}

// stop ends the child, kindly at first.
func (c *child) stop() error {
	_ = c.cmd.Process.Signal(syscall.SIGTERM) // it may have ended already
	select {
	case <-c.ended:
		return nil
	case <-time.After(stopTime):
		return errors.Join(fmt.Errorf("%s did not stop within %s", c.name, stopTime), c.cmd.Process.Kill())
	}
}

// A tail keeps the end of what is written to it.
type tail struct {
	mu   sync.Mutex
	text string
}

// Write keeps the last 2 KB.
func (t *tail) Write(p []byte) (int, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.text += string(p)
	if over := len(t.text) - 2<<10; over > 0 {
		t.text = t.text[over:]
	}
	return len(p), nil
}

func (t *tail) String() string {
	t.mu.Lock()
	defer t.mu.Unlock()
	return strings.TrimSpace(t.text)
}

// A usage is what a process has taken of the machine.
type usage struct {
	cpu  time.Duration
	peak int64 // bytes of memory at most
}

// clockTick is the unit of processor time in /proc: Linux has had no other for
// programs since there are programs for it.
const clockTick = 10 * time.Millisecond

// usedBy asks the kernel. Where there is no /proc nothing is known, and it
// returns zeros.
func usedBy(pid int) (usage, error) {
	dir := filepath.Join("/proc", strconv.Itoa(pid))
	status, err := os.ReadFile(filepath.Join(dir, "status")) //nolint:gosec // of the kernel
	if errors.Is(err, os.ErrNotExist) {
		return usage{}, nil
	}
	if err != nil {
		return usage{}, fmt.Errorf("read the memory of a process: %w", err)
	}
	stat, err := os.ReadFile(filepath.Join(dir, "stat")) //nolint:gosec // of the kernel
	if err != nil {
		return usage{}, fmt.Errorf("read the processor time of a process: %w", err)
	}
	return parseUsage(string(status), string(stat)), nil
}

func parseUsage(status, stat string) usage {
	var u usage
	for line := range strings.Lines(status) {
		if rest, ok := strings.CutPrefix(line, "VmHWM:"); ok {
			kb, err := strconv.ParseInt(strings.TrimSpace(strings.TrimSuffix(strings.TrimSpace(rest), "kB")), 10, 64)
			if err == nil {
				u.peak = kb << 10
			}
		}
	}
	// The name in brackets may hold blanks; user and system time are the 12th
	// and 13th field after it.
	_, rest, _ := strings.Cut(stat, ") ")
	fields := strings.Fields(rest)
	for i := 11; i <= 12 && i < len(fields); i++ {
		ticks, err := strconv.ParseInt(fields[i], 10, 64)
		if err == nil {
			u.cpu += time.Duration(ticks) * clockTick
		}
	}
	return u
}

// cores is how many processors this program may use.
func cores() int { return runtime.GOMAXPROCS(0) }
