package sim

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"time"

	"stockdigest.app/stockdigest"
)

// Headers by which the product says where a request was meant to go.
const (
	HostHeader   = "X-Pretend-Host"
	SchemeHeader = "X-Pretend-Scheme"
)

// Key is the one key that the model server takes.
const Key = "pretend"

// Config says what world to pretend. Only Now and AsOf are needed; the zero of
// the rest is a world of twelve companies that answers at once and never fails.
type Config struct {
	Seed     uint64
	Tickers  int     // companies; 0 is 12
	Articles int     // that a company's own and industry feeds list; 0 is 36, of which a run selects nearly all
	Shared   float64 // share of them that its whole industry lists, 0 to 1
	AsOf     time.Time
	Zone     string             // of days in text; empty is America/New_York
	Scale    float64            // of time: 1 is as slow as the world, 0 answers at once. Rates scale along.
	Limits   map[Provider]Limit // at scale 1; nil is DefaultLimits
	Faults   []Fault
	Journal  string // file of the bill, so that it outlives the server; empty: none
	Now      func() time.Time
}

// A Sim is the pretend world as an http.Handler. Close it when done.
type Sim struct {
	cfg   Config
	texts *texts

	companies []company
	articles  []article
	byTitle   map[string]int
	byPath    map[string]int // host and path of a page
	feeds     map[string][]int
	world     World

	gates map[Provider]*gate
	bill  *billing
	diary diary

	batches batches

	mu     sync.Mutex
	faults []Fault
	lies   []Lie
}

// New invents a world.
func New(cfg Config) (*Sim, error) {
	if cfg.Tickers == 0 {
		cfg.Tickers = 12
	}
	if cfg.Articles == 0 {
		cfg.Articles = 36
	}
	if cfg.Zone == "" {
		cfg.Zone = "America/New_York"
	}
	if cfg.Limits == nil {
		cfg.Limits = DefaultLimits()
	}
	switch {
	case cfg.Now == nil || cfg.AsOf.IsZero():
		return nil, stockdigest.Invalid("a pretend world needs a clock and a day")
	case cfg.Tickers < 1 || cfg.Tickers > 17_000:
		return nil, stockdigest.Invalid("a pretend world has 1 to 17,000 companies")
	case cfg.Articles < 1 || cfg.Articles > 500:
		return nil, stockdigest.Invalid("a company of the pretend world has 1 to 500 articles")
	case !(cfg.Shared >= 0 && cfg.Shared <= 1) || !(cfg.Scale >= 0 && cfg.Scale <= 100):
		return nil, stockdigest.Invalid("the shared part is 0 to 1, and the scale of time 0 to 100")
	}
	limits := map[Provider]Limit{}
	for p, l := range cfg.Limits {
		limits[p] = l.scaled(cfg.Scale)
	}
	cfg.Limits = limits
	bill, err := openBilling(cfg.Journal)
	if err != nil {
		return nil, err
	}
	s := &Sim{
		cfg: cfg, texts: readTexts(), bill: bill, faults: cfg.Faults, gates: map[Provider]*gate{},
		byTitle: map[string]int{}, byPath: map[string]int{}, feeds: map[string][]int{}, diary: diary{times: map[string]int{}},
		batches: batches{files: map[string][]byte{}},
	}
	for _, p := range append(Providers(), Sources()...) {
		s.gates[p] = newGate(cfg.Limits[p], cfg.Now())
	}
	s.build()
	return s, nil
}

// Close closes the bill's journal.
func (s *Sim) Close() error { return s.bill.close() }

// World is what the product may know of the world.
func (s *Sim) World() World { return s.world }

// Bill is what the model server has charged so far.
func (s *Sim) Bill() Bill { return s.bill.sum() }

// Log is what was asked so far.
func (s *Sim) Log() Log { return Log{Limits: s.cfg.Limits, Entries: s.diary.all()} }

// SetFaults changes what goes wrong from now on.
func (s *Sim) SetFaults(faults []Fault) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.faults = faults
}

// A Setting points the product at the world.
type Setting struct{ Name, Value string }

// Settings are what the product needs to live in the world at url.
func (s *Sim) Settings(url string) []Setting {
	model := s.cfg.Limits[Model]
	all := []Setting{
		{"ENVIRONMENT", "development"},
		{"STOCKDIGEST_PRETEND", url},
		{"OPENAI_BASE_URL", url + "/v1"},
		{"OPENAI_API_KEY", Key},
		{"STOCKDIGEST_CLAUDE_URL", url},
		{"CLAUDE_API_KEY", Key},
		{"STOCKDIGEST_GEMINI_URL", url},
		{"GEMINI_API_KEY", Key},
		{"STOCKDIGEST_WRITER", "openai"},
	}
	if model.Parallel > 0 {
		all = append(all, Setting{"STOCKDIGEST_MODEL_PARALLEL", strconv.Itoa(model.Parallel)})
	}
	if model.Rate > 0 {
		all = append(all, Setting{"STOCKDIGEST_MODEL_RATE", fmt.Sprintf("%g", model.Rate)})
	}
	if model.Tokens > 0 {
		all = append(all, Setting{"STOCKDIGEST_MODEL_TOKENS", strconv.Itoa(model.Tokens)})
	}
	return all
}

// ServeHTTP answers as whoever the request was meant for.
func (s *Sim) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	host := strings.ToLower(r.Header.Get(HostHeader))
	switch {
	case host == "" && strings.HasPrefix(r.URL.Path, "/_pretend/"):
		s.console(w, r)
	case host == "" && (strings.HasPrefix(r.URL.Path, "/v1/") || strings.HasPrefix(r.URL.Path, "/v1beta/")):
		s.model(w, r)
	case host == "":
		http.Error(w, "the pretend world: ask with the header "+HostHeader+", or for /_pretend/world.json", http.StatusNotFound)
	case r.URL.Path == "/robots.txt":
		plain(w, "User-agent: *\nAllow: /\n")
	case within(host, feedsDomain):
		s.get(w, r, exchange{provider: Feeds, route: "feed", key: host + r.URL.Path, tickers: s.readers("https://" + host + r.URL.Path), kind: "application/rss+xml; charset=utf-8"}, func() ([]byte, bool) {
			return s.feed("https://" + host + r.URL.Path)
		})
	case within(host, pagesDomain):
		at, ok := s.byPath[host+r.URL.Path]
		x := exchange{provider: Pages, route: "page", key: host + r.URL.Path, kind: "text/html; charset=utf-8"}
		if ok {
			x.tickers = s.articles[at].tickers
		}
		s.get(w, r, x, func() ([]byte, bool) {
			if !ok {
				return nil, false
			}
			return s.page(s.articles[at]), true
		})
	case within(host, edgarDomain):
		s.edgar(w, r, host)
	default:
		s.source(w, r, host)
	}
}

func within(host, domain string) bool {
	return host == domain || strings.HasSuffix(host, "."+domain)
}

// readers are the tickers whose company or industry feed this is.
func (s *Sim) readers(feed string) []string {
	var symbols []string
	for _, t := range s.world.Tickers {
		for _, f := range t.Feeds {
			if f.URL == feed {
				symbols = append(symbols, t.Symbol)
			}
		}
	}
	return symbols
}

func plain(w http.ResponseWriter, text string) {
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	_, _ = io.WriteString(w, text)
}

// get answers a request for a document.
func (s *Sim) get(w http.ResponseWriter, r *http.Request, x exchange, body func() ([]byte, bool)) {
	x.make = func(FaultKind) (answer, error) {
		raw, ok := body()
		if !ok {
			return answer{status: http.StatusNotFound}, nil
		}
		tag := `"` + stockdigest.Hash(string(raw))[:16] + `"`
		w.Header().Set("ETag", tag)
		if r.Header.Get("If-None-Match") == tag {
			return answer{status: http.StatusNotModified}, nil
		}
		return answer{status: http.StatusOK, body: raw}, nil
	}
	s.answer(w, r, x)
}

// console answers what testers ask of the world itself.
func (s *Sim) console(w http.ResponseWriter, r *http.Request) {
	switch r.Method + " " + strings.TrimPrefix(r.URL.Path, "/_pretend/") {
	case "GET world.json":
		told := s.world
		told.Models = ModelSettings("http://" + r.Host)
		writeJSON(w, told)
	case "GET bill.json":
		writeJSON(w, s.Bill())
	case "GET log.json":
		writeJSON(w, s.Log())
	case "POST reset":
		s.diary.reset()
		if err := s.bill.reset(); err != nil {
			http.Error(w, err.Error(), http.StatusInternalServerError)
			return
		}
		w.WriteHeader(http.StatusNoContent)
	case "POST faults":
		s.changeFaults(w, r)
	default:
		http.Error(w, "the pretend world has world.json, bill.json and log.json, and takes POST to reset and to faults", http.StatusNotFound)
	}
}

func (s *Sim) changeFaults(w http.ResponseWriter, r *http.Request) {
	raw, err := io.ReadAll(http.MaxBytesReader(w, r.Body, 64<<10))
	if err != nil {
		http.Error(w, "the list of faults cannot be read", http.StatusBadRequest)
		return
	}
	faults, err := ParseFaults(string(raw))
	if err != nil {
		http.Error(w, stockdigest.Message(err), http.StatusBadRequest)
		return
	}
	s.SetFaults(faults)
	w.WriteHeader(http.StatusNoContent)
}

func writeJSON(w http.ResponseWriter, v any) {
	w.Header().Set("Content-Type", "application/json")
	if err := json.NewEncoder(w).Encode(v); err != nil {
		return // the client went away
	}
}
