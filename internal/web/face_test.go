package web_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"log/slog"
	"maps"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/go-chi/chi/v5"

	"stockdigest.app/stockdigest"
	"stockdigest.app/stockdigest/internal/web"
	"stockdigest.app/stockdigest/internal/web/admin"
	"stockdigest.app/stockdigest/internal/web/api"
)

// The people of the tests, and a run that Ada asked for.
const (
	operatorToken = "sd_OPERATOROPERATOROPERATOR"
	adaToken      = "sd_ADAADAADAADAADAADAADAADA"
	bobToken      = "sd_BOBBOBBOBBOBBOBBOBBOBBOB"

	adasRun  = "0199d2a0-0000-7000-8000-000000000001"
	theBatch = "0199d2a0-0000-7000-8000-0000000000b1"
)

// now is the morning of the tests.
func now() time.Time { return time.Date(2026, 11, 24, 7, 30, 0, 0, time.UTC) }

// face is the whole service on fakes.
type face struct {
	accounts *fakeAccounts
	service  *fakeService
	log      *safeBuffer
	handler  chi.Router
	clock    *fakeClock
}

type fakeClock struct {
	mu sync.Mutex
	t  time.Time
}

func (c *fakeClock) now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.t
}

func (c *fakeClock) pass(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.t = c.t.Add(d)
}

func newFace(t *testing.T) *face {
	t.Helper()
	f := &face{
		accounts: &fakeAccounts{
			tokens: map[string]stockdigest.Access{
				operatorToken: {Name: "grace"},
				adaToken:      {Name: "phone", Reader: "ada"},
				bobToken:      {Name: "phone", Reader: "bob"},
			},
			sessions: map[string]stockdigest.Access{},
		},
		service: newService(), log: &safeBuffer{}, clock: &fakeClock{t: now()},
	}
	console, err := admin.New(
		admin.Config{Environment: "staging", Version: "test", Zone: time.UTC, Caps: stockdigest.DefaultCaps()},
		admin.Deps{
			Runs: f.service, Batches: f.service, Money: f.service, Reports: f.service, Slots: f.service,
			SignIn: web.NewSignIn(f.accounts, 0, f.clock.now), Now: f.clock.now,
			Tasks: http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, "tasks") }),
		})
	if err != nil {
		t.Fatalf("make the console: %v", err)
	}
	programs := api.New(api.Deps{
		Runs: f.service, Batches: f.service, Orders: f.service, Reports: f.service,
		Tickers: stockdigest.NewDirectory([]stockdigest.Ticker{{Symbol: "ACME", Name: "Acme Inc."}, {Symbol: "ZULU", Name: "Zulu Corp."}}),
		Now:     f.clock.now, TimeZone: "UTC",
	})
	server := web.New(web.Config{}, web.Deps{
		Accounts: f.accounts, Sites: append([]web.Site{programs.Site(), console.Site()}, mailSites(t, f.service, f.clock.now)...),
		Health: web.NewHealth(nil, f.clock.now, func(string, error) {}),
		Now:    f.clock.now, Log: newLog(f.log),
	})
	f.handler = server.Routes()
	return f
}

// safeBuffer is a log that many write.
type safeBuffer struct {
	mu  sync.Mutex
	buf bytes.Buffer
}

func (b *safeBuffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.buf.Write(p)
}

func (b *safeBuffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.buf.String()
}

// request makes a request from a browser on the same site, unless header says
// otherwise.
func request(t *testing.T, method, path, body string, header map[string]string) *http.Request {
	t.Helper()
	r := httptest.NewRequestWithContext(t.Context(), method, path, strings.NewReader(body))
	r.Host = "digest.example"
	if strings.HasPrefix(body, "{") {
		r.Header.Set("Content-Type", "application/json")
	} else if body != "" {
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	for name, value := range header {
		r.Header.Set(name, value)
	}
	return r
}

func (f *face) send(t *testing.T, method, path, body string, header map[string]string) *httptest.ResponseRecorder {
	t.Helper()
	w := httptest.NewRecorder()
	f.handler.ServeHTTP(w, request(t, method, path, body, header))
	return w
}

func bearer(token string) map[string]string {
	return map[string]string{"Authorization": "Bearer " + token}
}

// route is a way in as the router lists it, with names filled in.
type route struct{ method, pattern, path string }

// routes lists all of the router, one method for those that take any.
func (f *face) routes(t *testing.T) []route {
	t.Helper()
	var all []route
	anyMethod := map[string]bool{}
	err := chi.Walk(f.handler, func(method, pattern string, _ http.Handler, _ ...func(http.Handler) http.Handler) error {
		if strings.HasPrefix(pattern, admin.TasksPrefix) {
			if method != http.MethodGet && method != http.MethodPost || anyMethod[method+pattern] {
				return nil
			}
			anyMethod[method+pattern] = true
		}
		id := adasRun
		if strings.Contains(pattern, "batch") {
			id = theBatch
		}
		path := strings.NewReplacer("{id}", id, "{name}", "openai", "{token}", secretOf(pattern), "*", "api/jobs").Replace(pattern)
		all = append(all, route{method, pattern, path})
		return nil
	})
	if err != nil || len(all) < 20 {
		t.Fatalf("walk the router: got %d routes and %v", len(all), err)
	}
	return all
}

// fakeAccounts knows tokens and sessions by their plain text.
type fakeAccounts struct {
	mu       sync.Mutex
	tokens   map[string]stockdigest.Access
	sessions map[string]stockdigest.Access
	made     int
}

func (a *fakeAccounts) find(m map[string]stockdigest.Access, key string) (stockdigest.Access, error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if access, ok := m[key]; ok {
		return access, nil
	}
	return stockdigest.Access{}, &stockdigest.Error{Kind: stockdigest.ErrDenied, Message: "unknown or expired"}
}

func (a *fakeAccounts) TokenAccess(_ context.Context, token string) (stockdigest.Access, error) {
	return a.find(a.tokens, token)
}

func (a *fakeAccounts) SessionAccess(_ context.Context, id string) (stockdigest.Access, error) {
	return a.find(a.sessions, id)
}

func (a *fakeAccounts) NewSession(_ context.Context, who stockdigest.Access, _ time.Duration) (string, error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.made++
	id := strings.Repeat("S", a.made) + "ession"
	a.sessions[id] = who
	return id, nil
}

func (a *fakeAccounts) EndSession(_ context.Context, id string) error {
	a.mu.Lock()
	defer a.mu.Unlock()
	delete(a.sessions, id)
	return nil
}

func (a *fakeAccounts) open() map[string]stockdigest.Access {
	a.mu.Lock()
	defer a.mu.Unlock()
	return maps.Clone(a.sessions)
}

// fakeService is everything behind the face.
type fakeService struct {
	mu      sync.Mutex
	run     stockdigest.Run
	report  stockdigest.Report
	orders  []stockdigest.Order
	changes []string // what was cancelled, retried and reset, by whom
	fails   error    // what every look answers
}

func newService() *fakeService {
	return &fakeService{run: stockdigest.Run{
		ID: adasRun, Ticker: "ACME", Kind: stockdigest.AdHoc, Class: stockdigest.ClassAdHoc, State: stockdigest.RunRunning,
		AsOf: now(), CreatedBy: "reader ada", CreatedAt: now().Add(-5 * time.Minute), StartedAt: now().Add(-4 * time.Minute), Attempts: 1,
		Worker: "worker-7", Doing: stockdigest.Doing{Step: stockdigest.StepExtract, Done: 12, Total: 40},
		Steps: []stockdigest.StepDone{{Step: stockdigest.StepIngest, At: now().Add(-3 * time.Minute), Note: "18 items from 2 of 2 feeds"}},
	}}
}

func (s *fakeService) RunByID(_ context.Context, id stockdigest.RunID) (stockdigest.Run, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if id != s.run.ID {
		return stockdigest.Run{}, errors.Join(s.fails, stockdigest.NotFound("no run "+string(id)))
	}
	return s.run, s.fails
}

func (s *fakeService) Runs(context.Context, stockdigest.RunFilter) ([]stockdigest.Run, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return []stockdigest.Run{s.run}, s.fails
}

func (s *fakeService) change(what, by string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.changes = append(s.changes, what+" by "+by)
	return s.fails
}

func (s *fakeService) CancelRun(_ context.Context, _ stockdigest.RunID, by string) error {
	return s.change("cancel", by)
}

func (s *fakeService) RetryRun(_ context.Context, _ stockdigest.RunID, by string) error {
	return s.change("retry", by)
}

func (s *fakeService) ResetProvider(_ context.Context, name, _ string) error {
	return s.change("reset "+name, "nobody")
}

func (s *fakeService) Waiting(context.Context) (map[stockdigest.Class]stockdigest.Counts, error) {
	return map[stockdigest.Class]stockdigest.Counts{stockdigest.ClassAdHoc: {Running: 1}}, s.fails
}

func (s *fakeService) batch() stockdigest.Batch {
	return stockdigest.Batch{ID: theBatch, Kind: stockdigest.Daily, CreatedBy: "operator grace", CreatedAt: now(), Counts: stockdigest.Counts{Running: 1}}
}

func (s *fakeService) Batch(context.Context, stockdigest.BatchID) (stockdigest.Batch, error) {
	return s.batch(), s.fails
}

func (s *fakeService) Batches(context.Context, int) ([]stockdigest.Batch, error) {
	return []stockdigest.Batch{s.batch()}, s.fails
}

func (s *fakeService) OpenBatch(_ context.Context, b stockdigest.Batch, runs []stockdigest.Run) (stockdigest.Batch, error) {
	b.ID, b.Counts.Queued = theBatch, len(runs)
	return b, s.change("open", b.CreatedBy)
}

func (s *fakeService) Spending(context.Context, stockdigest.Day, stockdigest.Budget) (stockdigest.Spending, error) {
	return stockdigest.Spending{Day: stockdigest.Spent{Scope: "day", Name: "2026-11-24", Settled: 1_300_000, Cap: 50 * stockdigest.Dollar}}, s.fails
}

func (s *fakeService) Calls(context.Context, stockdigest.CallFilter) ([]stockdigest.Call, error) {
	return []stockdigest.Call{{Provider: "openai", Model: "small", State: stockdigest.CallDone, Cost: 1234, Took: 3 * time.Second}}, s.fails
}

func (s *fakeService) Providers(context.Context) ([]stockdigest.ProviderState, error) {
	return []stockdigest.ProviderState{{Name: "openai", Open: 2, Tripped: "it billed more than was reserved"}}, s.fails
}

func (s *fakeService) Next(context.Context, int) ([]stockdigest.Slot, error) {
	return []stockdigest.Slot{{Kind: stockdigest.SlotSend, Day: "2026-11-24", At: 510, Due: now().Add(time.Hour)}}, s.fails
}

func (s *fakeService) Report(context.Context, stockdigest.RunID) (stockdigest.Report, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.report, s.fails
}

func (s *fakeService) Asked(_ context.Context, reader stockdigest.ReaderID, run stockdigest.RunID) (bool, error) {
	return reader == "ada" && run == adasRun, s.fails
}

func (s *fakeService) OrderReport(_ context.Context, o stockdigest.Order) (stockdigest.Ordered, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.orders = append(s.orders, o)
	return stockdigest.Ordered{Run: adasRun, Ticker: o.Ticker, State: stockdigest.RunQueued, Charged: 1}, s.fails
}

func (s *fakeService) changed() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.changes) + len(s.orders)
}

func newLog(w io.Writer) *slog.Logger {
	return slog.New(slog.NewJSONHandler(w, &slog.HandlerOptions{Level: slog.LevelDebug}))
}
