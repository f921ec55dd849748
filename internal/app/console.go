package app

import (
	"encoding/json"
	"fmt"
	"io"
	"os"
	"sync"
	"time"

	"github.com/schollz/progressbar/v3"
	"golang.org/x/term"

	"stockdigest.app/stockdigest"
)

// A Console is where a command speaks: data on Out, everything else on Err. On
// a terminal long work shows a bar; elsewhere it prints plain lines. It is safe
// for concurrent use.
type Console struct {
	Out, Err io.Writer
	JSON     bool // Out carries one JSON document and nothing else
	Quiet    bool // a service: how far a run is stands in the database

	mu  sync.Mutex
	bar *progressbar.ProgressBar
}

// Say prints one line for people on Err.
func (c *Console) Say(format string, args ...any) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.clear()
	fmt.Fprintf(c.Err, format+"\n", args...)
}

// Print writes one line for people on Out, unless Out carries JSON.
func (c *Console) Print(format string, args ...any) {
	if c.JSON {
		return
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.clear()
	fmt.Fprintf(c.Out, format+"\n", args...)
}

// Data writes v on Out as indented JSON.
func (c *Console) Data(v any) error {
	enc := json.NewEncoder(c.Out)
	enc.SetIndent("", "  ")
	enc.SetEscapeHTML(false)
	if err := enc.Encode(v); err != nil {
		return fmt.Errorf("write JSON: %w", err)
	}
	return nil
}

// Begin starts the progress of runs × steps.
func (c *Console) Begin(runs, steps int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.start(runs*steps, "starting")
}

// Count starts the progress of n things.
func (c *Console) Count(what string) func(done, total int) {
	last := -1
	return func(done, total int) {
		c.mu.Lock()
		defer c.mu.Unlock()
		if last < 0 {
			c.start(total, what)
		}
		if c.bar != nil {
			ignore(c.bar.Set(done))
		} else if percent := 100 * done / max(total, 1); percent/10 != last/10 {
			fmt.Fprintf(c.Err, "%s: %d of %d\n", what, done, total)
			last = percent
			return
		}
		last = max(last, 0)
	}
}

// start needs the lock.
func (c *Console) start(total int, what string) {
	if !isTerminal(c.Err) {
		return
	}
	c.bar = progressbar.NewOptions(total,
		progressbar.OptionSetWriter(c.Err), progressbar.OptionSetDescription(what),
		progressbar.OptionSetWidth(24), progressbar.OptionThrottle(50*time.Millisecond),
		progressbar.OptionClearOnFinish(), progressbar.OptionSetPredictTime(false), progressbar.OptionShowCount())
}

// End takes the bar away.
func (c *Console) End() {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.bar != nil {
		ignore(c.bar.Finish())
		c.bar = nil
	}
}

// Step is a stockdigest.Progress: it shows how far a step of a run is.
func (c *Console) Step(run stockdigest.Run, step stockdigest.StepName, done, total int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.bar != nil {
		c.bar.Describe(fmt.Sprintf("%-6s %-9s %2d/%-2d", run.Ticker, step, done, total))
	}
}

// StepFinished counts a finished step.
func (c *Console) StepFinished(run stockdigest.Run, step stockdigest.StepName) {
	c.mu.Lock()
	defer c.mu.Unlock()
	switch {
	case c.Quiet:
	case c.bar != nil:
		c.bar.Describe(fmt.Sprintf("%-6s %-15s", run.Ticker, step))
		ignore(c.bar.Add(1))
	default:
		fmt.Fprintf(c.Err, "%s %s %s\n", run.Ticker, run.AsOf.UTC().Format(time.DateOnly), step)
	}
}

// logs is where log lines go: Err, one line at a time, never into a bar.
func (c *Console) logs() io.Writer { return logLines{c} }

type logLines struct{ console *Console }

func (l logLines) Write(line []byte) (int, error) {
	l.console.mu.Lock()
	defer l.console.mu.Unlock()
	l.console.clear()
	return l.console.Err.Write(line) //nolint:wrapcheck // a writer gives its writer's errors
}

func (c *Console) clear() {
	if c.bar != nil {
		ignore(c.bar.Clear())
	}
}

// ignore drops the error of drawing a bar: the work matters, the picture does not.
func ignore(error) {}

func isTerminal(w io.Writer) bool {
	f, ok := w.(*os.File)
	return ok && term.IsTerminal(int(f.Fd()))
}
