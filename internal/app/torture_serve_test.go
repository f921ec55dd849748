package app_test

import (
	"fmt"
	"net/http/httptest"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"stockdigest.app/stockdigest"
	"stockdigest.app/stockdigest/internal/adapter/store"
	"stockdigest.app/stockdigest/internal/adapter/store/storetest"
	"stockdigest.app/stockdigest/internal/app"
	"stockdigest.app/stockdigest/internal/sim"
)

// A service is the whole program, as it is shipped, in the pretend world: its
// workers are processes of the real command.
type service struct {
	fleet
	binary string
	env    []string
}

// A servicePlan is what differs between services.
type servicePlan struct {
	binary  string
	tickers int
	scale   float64 // of the pretend world's latencies
	lease   time.Duration
	open    int // runs at once
	url     string
	asOf    time.Time // of the night, and in its addresses; zero means now
}

func newService(t *testing.T, plan servicePlan) *service {
	t.Helper()
	asOf := plan.asOf
	if asOf.IsZero() {
		asOf = time.Now().UTC().Truncate(time.Minute)
	}
	world, err := sim.New(sim.Config{Seed: 1, Tickers: plan.tickers, Shared: 0.5, AsOf: asOf, Scale: plan.scale, Now: time.Now})
	if err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(world)
	t.Cleanup(func() {
		server.CloseClientConnections()
		server.Close()
	})
	dir := t.TempDir()
	s := &service{binary: plan.binary}
	s.env = []string{
		"STOCKDIGEST_DIR=" + dir, "DATABASE_URL=" + plan.url, "STOCKDIGEST_LISTEN=127.0.0.1:0", "STOCKDIGEST_SCHEDULE=off",
		"STOCKDIGEST_LEASE=" + plan.lease.String(),
		fmt.Sprintf("MAX_CONCURRENT_SCHEDULED=%d", plan.open), fmt.Sprintf("MAX_CONCURRENT_TOTAL=%d", plan.open),
	}
	for _, setting := range world.Settings(server.URL) {
		s.env = append(s.env, setting.Name+"="+setting.Value)
	}
	opts, err := app.ReadOptions(s.env)
	if err != nil {
		t.Fatal(err)
	}
	here, err := app.Pretend(t.Context(), opts)
	if err != nil {
		t.Fatal(err)
	}
	c := store.Config{URL: plan.url, Schema: here.Schema(), Path: filepath.Join(dir, here.File()), Now: time.Now}
	if c.URL != "" {
		c.Path = ""
	}
	db := storetest.Open(t, c)
	s.fleet = fleet{t: t, db: db, world: world}
	s.openNight(here, asOf)
	if c.URL != "" {
		c.URL += "&search_path=" + here.Schema()
	}
	s.raw = rawDB(t, c)
	return s
}

// openNight makes the batch of all companies.
func (s *service) openNight(here app.World, asOf time.Time) {
	s.t.Helper()
	var batch []stockdigest.Run
	for _, t := range here.Tickers() {
		batch = append(batch, stockdigest.Run{Ticker: t.Symbol, AsOf: asOf, TimeZone: here.TimeZone, Class: stockdigest.ClassScheduled})
	}
	if err := s.db.SaveTickers(s.t.Context(), here.Tickers()); err != nil {
		s.t.Fatal(err)
	}
	if _, err := s.db.OpenBatch(s.t.Context(), stockdigest.Batch{Kind: stockdigest.Daily, CreatedBy: "rig"}, batch); err != nil {
		s.t.Fatal(err)
	}
	s.opened = len(batch)
}

// serve starts a worker.
func (s *service) serve() *proc {
	s.t.Helper()
	p := startProc(s.t, exec.Command(s.binary, "serve", "--role", "worker"), s.env...)
	s.workers = append(s.workers, p)
	return p
}

// busy waits until somebody works on a run.
func (s *service) busy() {
	s.t.Helper()
	until(s.t, time.Minute, "a run is worked on", func() bool { return s.count("state = 'running'") > 0 || s.done() })
}

func (s *service) done() bool { return s.count("state IN ('queued', 'running')") == 0 }

// asking counts the calls of the model that are under way.
func (s *service) asking() (n int) {
	for _, e := range s.world.Log().Entries {
		if e.Provider == sim.Model && e.End.IsZero() {
			n++
		}
	}
	return n
}

// stopped waits for the end of a process that was told to stop, however it ends.
func stopped(t *testing.T, p *proc) time.Duration {
	t.Helper()
	began := time.Now()
	select {
	case <-p.ended:
	case <-time.After(time.Minute):
		t.Fatal("a process did not end within a minute of its signal")
	}
	return time.Since(began)
}

// TestService tortures the whole program, as it is shipped.
func TestService(t *testing.T) {
	t.Parallel()
	binary := filepath.Join(t.TempDir(), "stockdigest")
	if out, err := exec.Command("go", "build", "-o", binary, "../../cmd/stockdigest").CombinedOutput(); err != nil {
		t.Fatalf("build the program: %v: %s", err, out)
	}
	for name, test := range map[string]func(*testing.T, string){
		"outlives kills on sqlite":                func(t *testing.T, binary string) { t.Helper(); outliveKills(t, binary, "") },
		"outlives kills on postgres":              func(t *testing.T, binary string) { t.Helper(); outliveKills(t, binary, storetest.EmptyPostgresURL(t)) },
		"stops within ten seconds":                stopInTime,
		"ends at once at the second signal":       endAtOnce,
		"many at once find what one by one finds": manyAtOnce,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			test(t, binary)
		})
	}
}

// outliveKills kills the real program in the middle of a night:
// every report comes out once, and only calls that were under way are paid
// again.
func outliveKills(t *testing.T, binary, url string) {
	t.Helper()
	kills, random := torture(30, 3), seeded(t)
	s := newService(t, servicePlan{binary: binary, url: url, tickers: torture(60, 6), scale: 0.05, lease: 5 * time.Second, open: 3})
	underWay, killed := 0, 0
	for ; killed < kills && !s.done(); killed++ {
		s.serve()
		s.serve()
		s.busy()
		if killed%2 == 0 {
			until(t, 5*time.Minute, "the model is asked", func() bool { return s.asking() > 0 || s.done() })
		}
		wait(t.Context(), time.Duration(random.IntN(600))*time.Millisecond)
		for _, p := range slices.Clone(s.running()) {
			p.Kill()
		}
		// An answer that came and was not stored is as lost as one that did not come.
		underWay += len(column(t, s.raw, "SELECT id FROM calls WHERE state = 'open'"))
	}
	s.serve()
	s.finish(5 * time.Minute)
	reports := len(column(t, s.raw, "SELECT run_id FROM reports"))
	bill := s.world.Bill()
	measured(t, "%s, the real program: %d runs, %d times all processes killed: %d done, %d reports, %d paid calls, %d repeated, %d under way at the kills",
		engineOf(url), s.opened, killed, s.count("state = 'done'"), reports, bill.Calls, bill.Repeated, underWay)
	if worn := s.count("ending = 'quarantined'"); s.count("state = 'done'")+worn != s.opened || reports+worn != s.opened {
		t.Errorf("%d of %d runs done, %d in quarantine, %d reports", s.count("state = 'done'"), s.opened, worn, reports)
	}
	if bill.Repeated > underWay {
		t.Errorf("%d calls paid again, and only %d were under way", bill.Repeated, underWay)
	}
}

func engineOf(url string) string {
	if url == "" {
		return "sqlite"
	}
	return "postgres"
}

// stopInTime sends SIGTERM to the real program in the
// middle of a night whose model takes as long as models do.
func stopInTime(t *testing.T, binary string) {
	t.Helper()
	stops, random, scale := torture(50, 1), seeded(t), 0.1
	if tight() {
		scale = 1
	}
	plan := servicePlan{binary: binary, tickers: torture(60, 2), scale: scale, lease: 30 * time.Second, open: 3}
	s := newService(t, plan)
	var exits []time.Duration
	left := 0
	for len(exits) < stops && !s.done() {
		p := s.serve()
		s.busy()
		wait(t.Context(), time.Duration(1000+random.IntN(4000))*time.Millisecond)
		p.Signal(syscall.SIGTERM)
		exits = append(exits, stopped(t, p))
		left += s.count("state = 'running'")
	}
	s.serve()
	s.finish(10 * time.Minute)
	slices.Sort(exits)
	bill := s.world.Bill()
	attempts := s.count("attempts > 1")
	measured(t, "sqlite, the real program: %d times SIGTERM in mid-batch: exit p50 %s, most %s; %d runs left running, %d with a second attempt, %d paid calls, %d repeated",
		len(exits), percentile(exits, 50), percentile(exits, 100), left, attempts, bill.Calls, bill.Repeated)
	if most := percentile(exits, 100); tight() && most > 10*time.Second {
		t.Errorf("took %s to stop, want 10 s at most", most)
	}
	if left > 0 || attempts > 0 || bill.Repeated > 0 {
		t.Errorf("%d runs left running, %d with a second attempt, %d calls paid again; want none", left, attempts, bill.Repeated)
	}
}

// endAtOnce is for the person who cannot wait.
func endAtOnce(t *testing.T, binary string) {
	t.Helper()
	s := newService(t, servicePlan{binary: binary, tickers: 3, scale: 20, lease: 30 * time.Second, open: 3}) // everything takes minutes
	p := s.serve()
	until(t, time.Minute, "a step has begun", func() bool { return s.count("step <> ''") > 0 })
	p.Signal(syscall.SIGTERM)
	wait(t.Context(), 500*time.Millisecond)
	if !p.Running() {
		t.Fatalf("the first signal ended it in mid-step: %s", p.stderr.String())
	}
	began := time.Now()
	until(t, time.Minute, "the next signal ends it", func() bool { // the first one may just be on its way
		p.Signal(syscall.SIGTERM)
		return !p.Running()
	})
	took := time.Since(began)
	measured(t, "the second signal ends the real program within %s", took)
	if status, ok := p.cmd.ProcessState.Sys().(syscall.WaitStatus); !ok || status.Signal() != syscall.SIGTERM {
		t.Errorf("it ended with %s, want by the signal", p.cmd.ProcessState)
	}
}

// manyAtOnce works on 60 companies, 20 at a time in
// two processes, and again one after the other: the same articles and the same
// candidates must be there.
func manyAtOnce(t *testing.T, binary string) {
	t.Helper()
	tickers, asOf := torture(60, 9), time.Now().UTC().Truncate(time.Minute) // midnight may come in between
	rows := func(open, processes int) (articles, candidates []string, seen string) {
		plan := servicePlan{binary: binary, tickers: tickers, scale: 0, lease: 30 * time.Second, open: open, url: storetest.EmptyPostgresURL(t), asOf: asOf}
		s := newService(t, plan)
		s.env = append(s.env, "STOCKDIGEST_WRITER=extractive")
		watch := watchPostgres(t, store.Config{URL: plan.url})
		for range processes {
			s.serve()
		}
		s.finish(10 * time.Minute)
		longest, connections, dead := watch()
		if connections > 12*processes || tight() && longest > time.Second || dead > 0 {
			t.Errorf("%d processes, %d runs at once: %d connections, longest transaction %s, %d deadlocks", processes, open, connections, longest, dead)
		}
		seen = fmt.Sprintf("%d connections of %d processes, longest transaction %s, %d deadlocks", connections, processes, longest.Round(time.Millisecond), dead)
		return column(t, s.raw, "SELECT id FROM articles ORDER BY id"),
			column(t, s.raw, "SELECT r.ticker || ' ' || c.article_id FROM candidates c JOIN runs r ON r.id = c.run_id ORDER BY 1"), seen
	}
	wantArticles, wantCandidates, _ := rows(1, 1)
	articles, candidates, seen := rows(20, 2)
	measured(t, "postgres, the real program: %d companies, 20 at once: %d articles and %d candidates as one by one (%d, %d); %s",
		tickers, len(articles), len(candidates), len(wantArticles), len(wantCandidates), seen)
	if diff := cmp.Diff(wantArticles, articles); diff != "" {
		t.Errorf("articles (-one by one +at once):\n%s", firstLines(diff))
	}
	if diff := cmp.Diff(wantCandidates, candidates); diff != "" {
		t.Errorf("candidates (-one by one +at once):\n%s", firstLines(diff))
	}
}

func firstLines(s string) string {
	lines := strings.SplitAfterN(s, "\n", 21)
	return strings.Join(lines[:min(len(lines), 20)], "")
}
