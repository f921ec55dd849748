package app_test

import (
	"bytes"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"stockdigest.app/stockdigest"
	"stockdigest.app/stockdigest/internal/app"
	"stockdigest.app/stockdigest/internal/sim"
)

// A meeting holds the question on filings and the one for the bullets until both
// have come, so that speed decides nothing; who waits too long goes on alone.
type meeting struct {
	world http.Handler
	once  [2]sync.Once
	come  [2]chan struct{} // the question on filings, the one for the bullets
}

func meet(world http.Handler) http.Handler {
	return &meeting{world: world, come: [2]chan struct{}{make(chan struct{}), make(chan struct{})}}
}

func (m *meeting) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	r.Body = io.NopCloser(bytes.NewReader(body))
	for i, mark := range []string{`\n\u003cfilings\u003e`, `\n\u003csentences\u003e`} {
		if strings.Contains(string(body), mark) || strings.Contains(string(body), strings.NewReplacer(`\u003c`, "<", `\u003e`, ">").Replace(mark)) {
			m.once[i].Do(func() { close(m.come[i]) })
			select {
			case <-m.come[1-i]:
				<-time.After(500 * time.Millisecond) // the trace counts a call from its permit, which is written before it is sent
			case <-time.After(20 * time.Second):
			}
		}
	}
	m.world.ServeHTTP(w, r)
}

// phased makes the report of one company of a pretend world, with what it said of
// itself three months ago, and returns its calls.
func phased(t *testing.T, with func(http.Handler) http.Handler, more ...string) []app.Made {
	t.Helper()
	cfg := sim.Config{Seed: 11, Tickers: 1, Articles: 12, AsOf: time.Now().UTC().Truncate(time.Minute), Now: time.Now}
	world, err := sim.New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	defer world.Close()
	server := httptest.NewServer(with(world))
	defer server.Close()
	environ := []string{"STOCKDIGEST_DIR=" + t.TempDir(), "STOCKDIGEST_MODELS_JUDGE=none"}
	for _, s := range world.Settings(server.URL) {
		environ = append(environ, s.Name+"="+s.Value)
	}
	opts, err := app.ReadOptions(append(environ, more...))
	if err != nil {
		t.Fatal(err)
	}
	here, err := app.Pretend(t.Context(), opts)
	if err != nil {
		t.Fatal(err)
	}
	ticker := here.Tickers()[0]
	a, err := app.New(t.Context(), opts, here, silent())
	if err != nil {
		t.Fatal(err)
	}
	defer a.Close()
	if err := app.Keep(t.Context(), a, ticker.Symbol, lastYear(ticker, cfg.AsOf.AddDate(0, -3, 0))); err != nil {
		t.Fatal(err)
	}
	var all []app.Made
	for _, kind := range []stockdigest.ReportKind{stockdigest.Daily, stockdigest.Weekly} {
		answer, err := a.Report(t.Context(), here.Tickers(), kind)
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, answer.Reports...)
	}
	return all
}

// lastYear is an annual report that speaks of what companies of the pretend world
// are in the news for.
func lastYear(t stockdigest.Ticker, at time.Time) stockdigest.Filing {
	const body = "We depend on orders from few customers, and a cut of their orders would lower our revenue and our forecast. " +
		"The plant employs most of our workers, and a strike, a recall or a lawsuit could delay orders. " +
		"The board may raise the dividend or buy back stock when revenue and profit rise. " +
		"Analysts expect profit and revenue of the third quarter to rise on demand for our products."
	return stockdigest.Filing{
		Accession: "0000000001-25-000001", CIK: t.CIK, Form: "10-K", FiledAt: at,
		Documents: []stockdigest.Document{{
			Accession: "0000000001-25-000001", Seq: 1, Type: "10-K", Text: body, Hash: stockdigest.Hash(body),
			Items: []stockdigest.Item{{Number: "1A", End: len(body)}},
		}},
	}
}

// overlap reports whether the trace of a report has phase 2 under way while a
// call of phase 1 was; asked is how many calls phase 2 made.
func overlap(m app.Made) (overlaps bool, asked int) {
	end := func(c app.PaidCall) time.Time { return c.StartedAt.Add(time.Duration(c.MS) * time.Millisecond) }
	for _, two := range m.Calls {
		if two.Prompt != "context 1" {
			continue
		}
		asked++
		for _, one := range m.Calls {
			phase1 := one.Prompt == "write 1" || one.Prompt == "choose 1"
			overlaps = overlaps || phase1 && one.StartedAt.Before(end(two)) && two.StartedAt.Before(end(one))
		}
	}
	return overlaps, asked
}

func TestPhasesOneAndTwoOverlapInTheTrace(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name     string
		with     func(http.Handler) http.Handler
		parallel string
		want     bool
	}{
		{"at once", meet, "20", true},
		{"one after the other", func(world http.Handler) http.Handler { return world }, "1", false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			made := phased(t, tt.with, "STOCKDIGEST_MODEL_PARALLEL="+tt.parallel)
			if got, asked := overlap(made[0]); got != tt.want || asked != 1 {
				t.Errorf("phases overlap: %v, with %d calls of phase 2; want %v with one", got, asked, tt.want)
			}
			for _, c := range made[1].Calls {
				if !c.Cached || !c.StartedAt.IsZero() {
					t.Errorf("the same work again: %+v, want it cached", c)
				}
			}
		})
	}
}
