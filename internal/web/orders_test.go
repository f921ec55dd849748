package web_test

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"
	"time"

	"github.com/go-chi/chi/v5"
	"github.com/google/go-cmp/cmp"

	"stockdigest.app/stockdigest"
	"stockdigest.app/stockdigest/internal/adapter/store"
	"stockdigest.app/stockdigest/internal/adapter/store/storetest"
	"stockdigest.app/stockdigest/internal/web"
	"stockdigest.app/stockdigest/internal/web/api"
)

// shop is the API on a real store, with a reader who has five credits and
// another one.
type shop struct {
	handler      chi.Router
	ada, bob, op string // tokens
	db           *store.DB
	reader       stockdigest.ReaderID
}

func openShop(t *testing.T, db *store.DB) shop {
	t.Helper()
	ctx := t.Context()
	tickers := []stockdigest.Ticker{{Symbol: "ACME", Name: "Acme Inc."}}
	for i := range 8 {
		tickers = append(tickers, stockdigest.Ticker{Symbol: stockdigest.Symbol(fmt.Sprintf("T%d", i)), Name: fmt.Sprintf("Company %d", i)})
	}
	check(t, db.SaveTickers(ctx, tickers))
	s := shop{db: db}
	for name, token := range map[string]*string{"ada": &s.ada, "bob": &s.bob} {
		r, err := db.SaveReader(ctx, stockdigest.Reader{Email: name + "@example.com", TimeZone: "America/New_York", Plan: stockdigest.PlanBeta, State: stockdigest.ReaderActive})
		check(t, err)
		*token, err = db.NewToken(ctx, stockdigest.Access{Name: "phone", Reader: r.ID}, time.Hour)
		check(t, err)
		if name == "ada" {
			s.reader = r.ID
		}
	}
	var err error
	s.op, err = db.NewToken(ctx, stockdigest.Access{Name: "grace"}, time.Hour)
	check(t, err)
	programs := api.New(api.Deps{
		Runs: db, Batches: db, Orders: db, Reports: db, Tickers: stockdigest.NewDirectory(tickers), Now: time.Now, TimeZone: "UTC",
	})
	s.handler = web.New(web.Config{}, web.Deps{
		Accounts: db, Sites: []web.Site{programs.Site()}, Health: web.NewHealth(nil, time.Now, func(string, error) {}),
		Now: time.Now, Log: newLog(io.Discard),
	}).Routes()
	return s
}

func check(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func (s shop) ask(t *testing.T, method, path, token, body, key string) *httptest.ResponseRecorder {
	t.Helper()
	w := httptest.NewRecorder()
	header := bearer(token)
	if key != "" {
		header["Idempotency-Key"] = key
	}
	s.handler.ServeHTTP(w, request(t, method, path, body, header))
	return w
}

func (s shop) order(t *testing.T, token, ticker, key string) *httptest.ResponseRecorder {
	t.Helper()
	return s.ask(t, http.MethodPost, "/api/user/run-adhoc-report", token, fmt.Sprintf(`{"ticker":%q}`, ticker), key)
}

func TestSameKeyGetsTheSameBytes(t *testing.T) {
	t.Parallel()
	for engine, open := range storetest.Engines() {
		t.Run(engine, func(t *testing.T) {
			t.Parallel()
			s := openShop(t, open(t))
			var mu sync.Mutex
			answers := map[string]int{}
			var all sync.WaitGroup
			for range 20 {
				all.Go(func() {
					w := s.order(t, s.ada, "$acme", "one")
					mu.Lock()
					defer mu.Unlock()
					answers[fmt.Sprint(w.Code, w.Header().Get("Location"), w.Body)]++
				})
			}
			all.Wait()
			if len(answers) != 1 {
				t.Fatalf("got %d different answers: %v", len(answers), answers)
			}
			w := s.order(t, s.ada, "ACME", "one")
			var got stockdigest.Ordered
			check(t, json.Unmarshal(w.Body.Bytes(), &got))
			if answers[fmt.Sprint(w.Code, w.Header().Get("Location"), w.Body)] != 20 || w.Code != http.StatusAccepted || w.Header().Get("Location") != "/jobs/"+string(got.Run) {
				t.Errorf("got %d %s", w.Code, w.Body)
			}
			got.Run, got.Account.Resets = "", ""
			want := stockdigest.Ordered{Ticker: "ACME", State: stockdigest.RunQueued, Charged: 1, Account: stockdigest.CreditAccount{Balance: 4, Held: 1}}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("order (-want +got):\n%s", diff)
			}
			if other := s.order(t, s.ada, "T1", "one"); other.Code != http.StatusUnprocessableEntity {
				t.Errorf("the same key for another company: got %d %s, want 422", other.Code, other.Body)
			}
		})
	}
}

func TestSixthOrderOfTheMonthIsRefused(t *testing.T) {
	t.Parallel()
	for engine, open := range storetest.Engines() {
		t.Run(engine, func(t *testing.T) {
			t.Parallel()
			s := openShop(t, open(t))
			for i := range 5 {
				if w := s.order(t, s.ada, fmt.Sprintf("T%d", i), fmt.Sprint("key ", i)); w.Code != http.StatusAccepted {
					t.Fatalf("order %d: got %d %s", i, w.Code, w.Body)
				}
			}
			w := s.order(t, s.ada, "T5", "sixth")
			var got struct {
				Error   string
				Account stockdigest.CreditAccount
			}
			check(t, json.Unmarshal(w.Body.Bytes(), &got))
			if w.Code != http.StatusTooManyRequests || w.Header().Get("Retry-After") == "" || got.Account.Resets == "" || got.Account.Held != 5 {
				t.Errorf("got %d, Retry-After %q, %s", w.Code, w.Header().Get("Retry-After"), w.Body)
			}
			if again := s.order(t, s.ada, "T5", "sixth"); again.Body.String() != w.Body.String() || again.Code != w.Code {
				t.Errorf("the same key: got %d %s, want %s", again.Code, again.Body, w.Body)
			}
		})
	}
}

func TestReadersSeeTheirOwnJobsOnly(t *testing.T) {
	t.Parallel()
	for engine, open := range storetest.Engines() {
		t.Run(engine, func(t *testing.T) {
			t.Parallel()
			s := openShop(t, open(t))
			job := s.order(t, s.ada, "ACME", "k").Header().Get("Location")
			see := func(token string) int { return s.ask(t, http.MethodGet, job, token, "", "").Code }
			if got := []int{see(s.ada), see(s.bob), see(s.op)}; !cmp.Equal(got, []int{200, 404, 200}) {
				t.Errorf("ada, bob, operator: got %v", got)
			}
			s.order(t, s.bob, "ACME", "k") // joins, and may look from then on
			w := s.ask(t, http.MethodGet, job, s.bob, "", "")
			var seen map[string]any
			check(t, json.Unmarshal(w.Body.Bytes(), &seen))
			if w.Code != http.StatusOK || seen["created_by"] != nil || seen["state"] != "queued" {
				t.Errorf("got %d %s, want the job without the name of who paid", w.Code, w.Body)
			}
		})
	}
}

func TestSubmittedBatchIsCancelledAndCounted(t *testing.T) {
	t.Parallel()
	for engine, open := range storetest.Engines() {
		t.Run(engine, func(t *testing.T) {
			t.Parallel()
			s := openShop(t, open(t))
			submit := func(body, key string) *httptest.ResponseRecorder {
				return s.ask(t, http.MethodPost, "/jobs/submit", s.op, body, key)
			}
			first := submit(`{"tickers":["ACME","acme","T1"],"kind":"weekly"}`, "night")
			again := submit(`{"tickers":["ACME","acme","T1"],"kind":"weekly"}`, "night")
			if first.Code != http.StatusAccepted || again.Body.String() != first.Body.String() {
				t.Errorf("got %d %s, then %s", first.Code, first.Body, again.Body)
			}
			type batch struct {
				Counts map[string]int
				Jobs   []struct {
					Run       string `json:"run_id"`
					State     string
					CreatedBy string `json:"created_by"`
				}
			}
			read := func() (b batch) {
				check(t, json.Unmarshal(s.ask(t, http.MethodGet, first.Header().Get("Location"), s.op, "", "").Body.Bytes(), &b))
				return b
			}
			b := read()
			if len(b.Jobs) != 2 || b.Jobs[0].CreatedBy != "operator grace" {
				t.Fatalf("got %+v, want two jobs", b)
			}
			job := "/jobs/" + b.Jobs[0].Run
			post := func(what string) int { return s.ask(t, http.MethodPost, job+what, s.op, "", "").Code }
			if got := []int{post("/retry"), post("/cancel"), post("/cancel"), post("/retry")}; !cmp.Equal(got, []int{409, 200, 200, 409}) {
				t.Errorf("retry, cancel, cancel, retry: got %v", got)
			}
			want := map[string]int{"total": 2, "queued": 1, "cancelled": 1, "running": 0, "done": 0, "quarantined": 0}
			if diff := cmp.Diff(want, read().Counts); diff != "" {
				t.Errorf("counts (-want +got):\n%s", diff)
			}
		})
	}
}
