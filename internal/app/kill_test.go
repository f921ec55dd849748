package app_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"stockdigest.app/stockdigest"
	"stockdigest.app/stockdigest/internal/adapter/store"
	"stockdigest.app/stockdigest/internal/adapter/store/storetest"
	"stockdigest.app/stockdigest/internal/app"
	"stockdigest.app/stockdigest/internal/night"
)

// The child is this test binary started again with these variables. It makes
// the fixture's reports and kills itself, with the signal that cannot be
// caught, at its n-th event: an event is an answer from outside or a step's end.
const (
	childNight  = "APP_TEST_NIGHT"
	childKillAt = "APP_TEST_KILL_AT"
	childLog    = "APP_TEST_FETCHED" // file that every fetched URL is appended to
	childLate   = "APP_TEST_LATE"    // not empty: the child makes the refresh after the night
	childPrices = "APP_TEST_PRICES"  // not empty: the child asks for prices, and its events are those of the step that does
)

func TestMain(m *testing.M) {
	if os.Getenv(childNight) != "" {
		os.Exit(child())
	}
	if os.Getenv(childClaims) != "" {
		os.Exit(claimsChild())
	}
	if os.Getenv(childMail) != "" {
		os.Exit(mailChild())
	}
	os.Exit(m.Run())
}

func child() int {
	killAt, err := strconv.Atoi(os.Getenv(childKillAt))
	if err != nil {
		return 3
	}
	bomb := &bomb{at: int64(killAt)}
	opts, err := app.ReadOptions(os.Environ())
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 3
	}
	wrap := func(next http.RoundTripper) http.RoundTripper { return logged{next, bomb} }
	console := &app.Console{Out: os.Stdout, Err: io.MultiWriter(os.Stderr, bomb), JSON: true}
	var answer any
	switch {
	case os.Getenv(childPrices) != "":
		answer, err = pricedReport(context.Background(), opts, os.Getenv(childNight), bomb, os.Getenv(childPrices) == forgetful)
	case os.Getenv(childLate) != "":
		answer, err = lateReports(context.Background(), opts, os.Getenv(childNight), wrap, console)
	default:
		answer, err = report(context.Background(), opts, os.Getenv(childNight), wrap, console)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	if err := console.Data(answer); err != nil {
		return 1
	}
	return 0
}

func report(
	ctx context.Context, opts app.Options, dir string, wrap func(http.RoundTripper) http.RoundTripper, console *app.Console,
) (answer app.Answer, err error) {
	world, err := app.OpenWorld(ctx, opts, dir, time.Time{})
	if err != nil {
		return answer, err
	}
	world.Wrap = wrap
	a, err := app.New(ctx, opts, world, console)
	if err != nil {
		return answer, err
	}
	defer func() { err = errors.Join(err, a.Close()) }()
	list, err := a.Tickers([]string{"ZQLA", "MRRW"})
	if err != nil {
		return answer, err
	}
	return a.Report(ctx, list, stockdigest.Daily)
}

// A bomb kills the process at its n-th event; 0 is never.
type bomb struct{ at, seen int64 }

func (b *bomb) event() {
	if atomic.AddInt64(&b.seen, 1) == b.at {
		_ = syscall.Kill(os.Getpid(), syscall.SIGKILL)
		select {} // not one instruction more
	}
}

// Write counts the lines that tell of a finished step.
func (b *bomb) Write(p []byte) (int, error) {
	b.event()
	return len(p), nil
}

// A logged transport notes what is fetched, and counts it once it has arrived.
type logged struct {
	next http.RoundTripper
	bomb *bomb
}

func (l logged) RoundTrip(r *http.Request) (*http.Response, error) {
	if strings.HasSuffix(r.URL.Path, "/robots.txt") {
		return l.next.RoundTrip(r)
	}
	if err := appendLine(os.Getenv(childLog), r.URL.String()); err != nil {
		return nil, err
	}
	resp, err := l.next.RoundTrip(r)
	l.bomb.event()
	return resp, err
}

func appendLine(path, line string) error {
	f, err := os.OpenFile(path, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	defer f.Close()
	_, err = f.WriteString(line + "\n")
	return err
}

// A killer starts children on one database until they have been killed often
// enough, each time checking what the next one fetches.
type killer struct {
	night string
	dir   string // data folder
	url   string // PostgreSQL, or empty
	log   string
	late  string // not empty: the refresh, too

	prices string // not empty: the step that asks for prices
}

// run starts a child that kills itself at its killAt-th event (0: never), or is
// killed from outside after a while (0: not).
func (k killer) run(t *testing.T, killAt int, after time.Duration) (out []byte, killed bool) {
	t.Helper()
	exe, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	ctx := t.Context()
	if after > 0 {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, after)
		defer cancel()
	}
	cmd := exec.CommandContext(ctx, exe, "-test.run=^$") // ends the child with SIGKILL
	cmd.Env = append(os.Environ(),
		childNight+"="+k.night, childKillAt+"="+strconv.Itoa(killAt), childLog+"="+k.log, childLate+"="+k.late, childPrices+"="+k.prices,
		"STOCKDIGEST_DIR="+k.dir, "DATABASE_URL="+k.url, "STOCKDIGEST_LEASE=400ms")
	var stdout, stderr bytes.Buffer
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	err = cmd.Run()
	if status, ok := cmd.ProcessState.Sys().(syscall.WaitStatus); ok && status.Signal() == syscall.SIGKILL {
		return nil, true
	}
	if err != nil && !cmd.ProcessState.Success() {
		t.Fatalf("child that was to be killed at event %d: %v\n%s", killAt, err, stderr.String())
	}
	return stdout.Bytes(), false
}

// stored returns the pages whose text is in the database.
func (k killer) stored(t *testing.T) map[string]bool {
	t.Helper()
	n, err := night.Open(k.night)
	if err != nil {
		t.Fatal(err)
	}
	world := app.OfNight(n, time.Time{})
	cfg := store.Config{URL: k.url, Schema: world.Schema(), Now: world.Now, Path: filepath.Join(k.dir, world.File())}
	if k.url == "" {
		if _, err := os.Stat(cfg.Path); err != nil {
			return nil
		}
	}
	db := storetest.Open(t, cfg)
	stored := map[string]bool{}
	for i := range 4 {
		for _, symbol := range []string{"zqla", "mrrw"} {
			url := fmt.Sprintf("https://news%d.example/%s/%d.html", i%3, symbol, i)
			if _, _, _, err := db.SourceText(t.Context(), string(stockdigest.NewArticleID(url))); err == nil {
				stored[url] = true
			}
		}
	}
	return stored
}

// TestKilledAnywhereGivesTheSameReport kills the program at every kind of
// moment, at step ends and in the middle of steps, fifty times over both
// engines. Each time it starts again it must end with the report of a run that
// was never killed, and fetch no page whose text is stored.
func TestKilledAnywhereGivesTheSameReport(t *testing.T) {
	t.Parallel()
	dir := newFixture(t).save(t)
	killedAnywhere(t, killer{night: dir}, 25, `"status": "ready"`)
}

// TestKilledRefreshGivesTheSameReports does so while the refresh is made, too.
func TestKilledRefreshGivesTheSameReports(t *testing.T) {
	t.Parallel()
	killedAnywhere(t, killer{night: withLateNews(t, "2026-03-03T09:30:00Z").save(t), late: "yes"}, 15, `"late": true`)
}

// killedAnywhere kills as often as it is told, on each engine.
func killedAnywhere(t *testing.T, work killer, enough int, within string) {
	t.Helper()
	fresh := func(t *testing.T) killer {
		t.Helper()
		k := work
		k.dir, k.log = t.TempDir(), filepath.Join(t.TempDir(), "log")
		return k
	}
	want, killed := fresh(t).run(t, 0, 0)
	if killed || !bytes.Contains(want, []byte(within)) {
		t.Fatalf("the run without a kill gave %s", want)
	}
	for _, engine := range []string{"sqlite", "postgres"} {
		t.Run(engine, func(t *testing.T) {
			t.Parallel()
			random := rand.New(rand.NewPCG(1, uint64(len(engine))))
			for kills := 0; kills < enough; {
				k := fresh(t)
				if engine == "postgres" {
					k.url = storetest.EmptyPostgresURL(t)
				}
				kills += killUntilDone(t, k, random, want)
			}
		})
	}
}

// killUntilDone lets children work on one database, each killed a few events
// after it started, until one comes to the end. It returns the kills.
func killUntilDone(t *testing.T, k killer, random *rand.Rand, want []byte) int {
	t.Helper()
	for kills := 0; ; kills++ {
		if kills > 60 {
			t.Fatalf("sixty kills and no end: a run does not go on from where it was; fetched %d pages", len(lines(t, k.log)))
		}
		before := k.stored(t)
		from := len(lines(t, k.log))
		var out []byte
		var killed bool
		if kills%2 == 0 {
			out, killed = k.run(t, 1+random.IntN(9), 0)
		} else {
			out, killed = k.run(t, 0, time.Duration(20+random.IntN(280))*time.Millisecond)
		}
		for _, url := range lines(t, k.log)[from:] {
			if before[url] {
				t.Errorf("after %d kills %s was fetched again, its text is stored", kills, url)
			}
		}
		if killed {
			continue
		}
		if !sameJSON(t, out, want) {
			t.Errorf("after %d kills got\n%s\nwant\n%s", kills, out, want)
		}
		return kills
	}
}

// TestTwoProcessesShareOneDatabase starts the same command twice at once on one
// SQLite file: both must end well with the same output.
func TestTwoProcessesShareOneDatabase(t *testing.T) {
	t.Parallel()
	k := killer{night: newFixture(t).save(t), dir: t.TempDir(), log: filepath.Join(t.TempDir(), "log")}
	answers := make(chan []byte, 2)
	for range 2 {
		go func() {
			out, _ := k.run(t, 0, 0)
			answers <- out
		}()
	}
	a, b := <-answers, <-answers
	if !sameJSON(t, a, b) {
		t.Errorf("two processes answered\n%s\nand\n%s", a, b)
	}
	seen := map[string]int{}
	for _, url := range lines(t, k.log) {
		if seen[url]++; seen[url] > 1 {
			t.Errorf("%s was fetched by both", url)
		}
	}
}

func lines(t *testing.T, path string) []string {
	t.Helper()
	data, err := os.ReadFile(path)
	if errors.Is(err, os.ErrNotExist) {
		return nil
	}
	if err != nil {
		t.Fatal(err)
	}
	return strings.Fields(string(data))
}

func sameJSON(t *testing.T, a, b []byte) bool {
	t.Helper()
	compact := func(data []byte) string {
		var out bytes.Buffer
		if err := json.Compact(&out, data); err != nil {
			t.Fatalf("%v in %q", err, data)
		}
		return out.String()
	}
	return compact(a) == compact(b)
}
