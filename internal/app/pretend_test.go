package app_test

import (
	"bytes"
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"stockdigest.app/stockdigest"
	"stockdigest.app/stockdigest/internal/adapter/store/storetest"
	"stockdigest.app/stockdigest/internal/app"
	"stockdigest.app/stockdigest/internal/control/budget"
	"stockdigest.app/stockdigest/internal/sim"
)

// pretend starts a pretend world and returns it with settings that point there.
func pretend(t *testing.T, cfg sim.Config, more ...string) (*sim.Sim, app.Options) {
	t.Helper()
	return pretendBehind(t, cfg, func(world http.Handler) http.Handler { return world }, more...)
}

// pretendBehind is pretend with somebody between the world and who asks it.
func pretendBehind(t *testing.T, cfg sim.Config, between func(world http.Handler) http.Handler, more ...string) (*sim.Sim, app.Options) {
	t.Helper()
	cfg.AsOf, cfg.Now = time.Now().UTC().Truncate(time.Minute), time.Now
	world, err := sim.New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = world.Close() })
	server := httptest.NewServer(between(world))
	t.Cleanup(server.Close)
	environ := []string{"STOCKDIGEST_DIR=" + t.TempDir(), "STOCKDIGEST_MODEL_RATE=10000", "STOCKDIGEST_MODEL_TOKENS=1000000000"}
	for _, s := range world.Settings(server.URL) {
		environ = append(environ, s.Name+"="+s.Value)
	}
	opts, err := app.ReadOptions(append(environ, more...))
	if err != nil {
		t.Fatal(err)
	}
	if opts.DatabaseURL == "" {
		here, err := app.Pretend(t.Context(), opts)
		if err != nil {
			t.Fatal(err)
		}
		storetest.SQLiteFile(t, filepath.Join(opts.Dir, here.File()))
	}
	return world, opts
}

func pretendReports(t *testing.T, opts app.Options, kind stockdigest.ReportKind) []stockdigest.Report {
	t.Helper()
	world, err := app.Pretend(t.Context(), opts)
	if err != nil {
		t.Fatal(err)
	}
	var errs bytes.Buffer
	a, err := app.New(t.Context(), opts, world, &app.Console{Out: &errs, Err: &errs, JSON: true})
	if err != nil {
		t.Fatal(err)
	}
	defer a.Close()
	answer, err := a.Report(context.WithoutCancel(t.Context()), world.Tickers(), kind)
	if err != nil {
		t.Fatalf("%v\n%s", err, errs.String())
	}
	return answer.Digest("").Reports
}

func TestPretendNewsBecomesReports(t *testing.T) {
	t.Parallel()
	world, opts := pretend(t, sim.Config{Seed: 7, Tickers: 5, Articles: 20, Shared: 0.35}, "STOCKDIGEST_WRITER=extractive")
	reports := pretendReports(t, opts, stockdigest.Daily)
	if len(reports) != 5 {
		t.Fatalf("got %d reports, want 5", len(reports))
	}
	for _, r := range reports {
		bullets := 0
		for _, s := range r.Sections {
			bullets += len(s.Bullets)
		}
		if r.Status != stockdigest.ReportReady || bullets < 5 || r.Coverage.Selected < 20 || r.Coverage.Dropped > 0 {
			t.Errorf("%s: %s (%s), %d bullets, %+v", r.Ticker, r.Status, r.Reason, bullets, r.Coverage)
		}
		for _, a := range r.Articles {
			if a.Decision == stockdigest.Selected && a.Label != stockdigest.TextFull {
				t.Errorf("%s: %s was not read in full: %s", r.Ticker, a.URL, a.Label)
			}
		}
	}
	for _, e := range world.Log().Entries {
		if e.Over || e.Status != 200 && e.Status != 304 {
			t.Errorf("%s got %d", e.Key, e.Status)
		}
	}
}

func TestModelOfThePretendWorldIsAskedOnceForEqualWork(t *testing.T) {
	t.Parallel()
	world, opts := pretend(t, sim.Config{Seed: 7, Tickers: 3, Articles: 12, Shared: 0.5})
	for _, r := range pretendReports(t, opts, stockdigest.Daily) {
		if r.Status != stockdigest.ReportReady || r.Written.Read == 0 || r.Written.Read != r.Written.Of {
			t.Errorf("%s: %s, %+v", r.Ticker, r.Status, r.Written)
		}
	}
	if b := world.Bill(); b.Calls == 0 || b.Repeated != 0 {
		t.Errorf("got %d calls, %d of them repeated", b.Calls, b.Repeated)
	}
}

func TestPricesOfThePretendWorldAreTheProducts(t *testing.T) {
	t.Parallel()
	known, err := budget.New()
	if err != nil {
		t.Fatal(err)
	}
	usage := stockdigest.Usage{In: 1_234_567, InCached: 345_678, Out: 98_765}
	for provider, at := range map[string]sim.Provider{"openai": sim.Model, "claude": sim.Claude, "gemini": sim.Gemini} {
		for model, price := range sim.PricesOf(at) {
			want, err := known.Cost(provider, model, usage, stockdigest.DayOf(time.Now(), time.UTC))
			if got := price.Cost(usage); err != nil || got != want {
				t.Errorf("%s: the pretend world bills %s, the product reckons with %s (%v)", model, got, want, err)
			}
		}
	}
}

func TestOnlyThisMachineMayPlayTheWorld(t *testing.T) {
	t.Parallel()
	for _, address := range []string{"https://127.0.0.1:1", "http://10.0.0.1:1", "http://news.example:80", "http://127.0.0.1", "nonsense"} {
		_, err := app.Pretend(t.Context(), app.Options{Pretend: address})
		if !errors.Is(err, stockdigest.ErrInvalid) || !strings.Contains(err.Error(), "STOCKDIGEST_PRETEND") {
			t.Errorf("%s: got %v", address, err)
		}
	}
	if _, err := app.Pretend(t.Context(), app.Options{Pretend: "http://127.0.0.1:1", Environment: "production"}); !errors.Is(err, stockdigest.ErrInvalid) {
		t.Errorf("in production: got %v", err)
	}
}

func TestPretendWorldHasADatabaseOfItsOwn(t *testing.T) {
	t.Parallel()
	_, opts := pretend(t, sim.Config{Seed: 1, Tickers: 2})
	_, other := pretend(t, sim.Config{Seed: 2, Tickers: 2})
	named := opts
	named.Pretend += "?name=fresh"
	var files, schemas []string
	for _, o := range []app.Options{opts, other, named} {
		w, err := app.Pretend(t.Context(), o)
		if err != nil {
			t.Fatal(err)
		}
		files, schemas = append(files, w.File()), append(schemas, w.Schema())
		if w.Hosts["pages.example"].Parallel == 0 {
			t.Error("the world's limits are not kept")
		}
	}
	slices.Sort(files)
	if len(slices.Compact(files)) != 3 || slices.Contains(files, app.Live(opts).File()) || !strings.HasSuffix(schemas[2], "_fresh") {
		t.Errorf("got %v and %v", files, schemas)
	}
}
