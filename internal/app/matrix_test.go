package app_test

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"stockdigest.app/stockdigest"
	"stockdigest.app/stockdigest/internal/app"
	"stockdigest.app/stockdigest/internal/sim"
)

// unusableKinds are the ways in which no answer of a model can be used.
func unusableKinds() []sim.FaultKind {
	return []sim.FaultKind{
		sim.FaultBusy, sim.FaultBusyAfter, sim.FaultBusyAbsurd, sim.FaultError, sim.FaultGateway, sim.FaultOverload,
		sim.FaultHang, sim.FaultHangBody, sim.FaultHalf, sim.FaultType, sim.FaultHuge,
		sim.FaultRefusal, sim.FaultCut, sim.FaultBlanks, sim.FaultLoop, sim.FaultForm, sim.FaultIDs,
	}
}

// usableKinds are the ways in which answers are bad and good enough.
func usableKinds() []sim.FaultKind { return []sim.FaultKind{sim.FaultFences, sim.FaultTokens} }

// A siege has every answer of some families go wrong in one way.
type siege struct {
	name string
	kind sim.FaultKind
	of   []sim.Provider

	asked  string // the writer of the settings
	writes string // who has written the report in the end
	quiet  bool   // nothing is to be said about it
}

// sieges are every kind of fault at every family, and at all of them at once. In
// the small count each of these four has a part of the kinds.
func sieges() []siege {
	const claude, openai, gemini = "claude-sonnet-4-6", "gpt-5-mini", "gemini-2.5-flash"
	targets := []struct {
		name, asked string
		of          []sim.Provider
		model, next string
	}{
		{"all", "claude", []sim.Provider{sim.Claude, sim.Model, sim.Gemini}, claude, "extractive"},
		{"claude", "claude", []sim.Provider{sim.Claude}, claude, openai},
		{"openai", "openai", []sim.Provider{sim.Model}, openai, claude},
		{"gemini", "gemini", []sim.Provider{sim.Gemini}, gemini, claude},
	}
	var all []siege
	for i, kind := range slices.Concat(unusableKinds(), usableKinds()) {
		for j, t := range targets {
			if !tight() && i%len(targets) != j {
				continue
			}
			s := siege{name: t.name + " " + string(kind), kind: kind, of: t.of, asked: t.asked, writes: t.next}
			if slices.Contains(usableKinds(), kind) {
				s.writes, s.quiet = t.model, true
			}
			all = append(all, s)
		}
	}
	return all
}

// settings make a run impatient with providers in trouble, and let it spend: a call
// that hangs counts in full. Where an honest provider is left, a call has long
// enough to be answered on a busy machine.
func (s siege) settings() []string {
	timeout := "90s"
	if hangs := s.kind == sim.FaultHang || s.kind == sim.FaultHangBody; hangs && s.writes == "extractive" {
		timeout = "200ms"
	} else if hangs {
		timeout = "5s"
	}
	return []string{
		"STOCKDIGEST_WRITER=" + s.asked, "STOCKDIGEST_MODEL_PATIENCE=2s", "STOCKDIGEST_MODEL_TIMEOUT=" + timeout,
		"STOCKDIGEST_BUDGET_RUN=100", "STOCKDIGEST_BUDGET_DAY=100", "STOCKDIGEST_BUDGET_MONTH=100",
	}
}

// A held siege is what came of it.
type held struct {
	reports []stockdigest.Report
	bad     int // answers
	repairs int // most that one model was asked for of one prompt
	panics  int
}

// hold makes the report of one company.
func (s siege) hold(t *testing.T) (got held) {
	t.Helper()
	var faults []sim.Fault
	for _, provider := range s.of {
		faults = append(faults, sim.Fault{Provider: provider, Kind: s.kind, Share: 1})
	}
	count := &repairs{of: map[string]map[string]bool{}}
	world, opts := pretendBehind(t, sim.Config{Seed: 1, Tickers: 1, Articles: torture(36, 8), Faults: faults}, count.between, s.settings()...)
	var ledger []stockdigest.Call
	got.reports, ledger = reportsAndCalls(t, opts)
	for _, e := range world.Log().Entries {
		if e.Fault != "" {
			got.bad++
		}
	}
	for _, c := range ledger {
		if strings.Contains(c.Error, "panic") {
			got.panics++
		}
	}
	got.repairs = count.most()
	return got
}

// complaints are what is wrong with the outcome of a siege.
func (s siege) complaints(got held) []string {
	var all []string
	if len(got.reports) != 1 {
		all = append(all, fmt.Sprintf("%d reports, want one", len(got.reports)))
	}
	rung := stockdigest.RungFull
	if s.writes == "extractive" {
		rung = stockdigest.RungExtractive
	}
	for _, r := range got.reports {
		if r.Writer != s.writes || r.Rung != rung || len(r.Sections) == 0 || (r.Written.Why == "") != s.quiet {
			all = append(all, fmt.Sprintf("writer %q, rung %q, %d sections, %+v; want them by %s, and why", r.Writer, r.Rung, len(r.Sections), r.Written, s.writes))
		}
	}
	if got.bad == 0 {
		all = append(all, "no bad answer was given")
	}
	if got.repairs > 1 {
		all = append(all, fmt.Sprintf("%d repairs of one answer, want one at most", got.repairs))
	}
	if got.panics > 0 {
		all = append(all, fmt.Sprintf("%d panics", got.panics))
	}
	return all
}

// TestWhateverModelsAnswerTheReportComesOut has every answer of one family go wrong
// in one way, and of all of them: the next family writes then, or the rules do,
// and the report says so.
func TestWhateverModelsAnswerTheReportComesOut(t *testing.T) {
	t.Parallel()
	var mu sync.Mutex
	var sum held
	cases := sieges()
	start := time.Now()
	t.Run("cases", func(t *testing.T) {
		for _, s := range cases {
			t.Run(s.name, func(t *testing.T) {
				t.Parallel()
				got := s.hold(t)
				for _, c := range s.complaints(got) {
					t.Error(c)
				}
				mu.Lock()
				defer mu.Unlock()
				sum.reports = append(sum.reports, got.reports...)
				sum.bad, sum.repairs, sum.panics = sum.bad+got.bad, max(sum.repairs, got.repairs), sum.panics+got.panics
			})
		}
	})
	measured(t, "%d runs under %d kinds of faults at one family or all: %d bad answers, %d panics, at most %d repair of an answer, %d reports out, in %s",
		len(cases), len(unusableKinds())+len(usableKinds()), sum.bad, sum.panics, sum.repairs, len(sum.reports), time.Since(start).Round(time.Second))
	if want := torture(1000, 100); sum.bad < want {
		t.Errorf("%d bad answers were given, want %d", sum.bad, want)
	}
}

// TestTheMatrixSeesWhatIsBroken shows it outcomes that must not be.
func TestTheMatrixSeesWhatIsBroken(t *testing.T) {
	t.Parallel()
	s := siege{kind: sim.FaultForm, writes: "extractive"}
	good := stockdigest.Report{
		Writer: "extractive", Rung: stockdigest.RungExtractive, Sections: []stockdigest.Section{{}},
		Written: stockdigest.Written{Why: "30 of its answers could not be used"},
	}
	spoilt := func(how func(*stockdigest.Report)) []stockdigest.Report {
		r := good
		how(&r)
		return []stockdigest.Report{r}
	}
	if all := s.complaints(held{reports: spoilt(func(*stockdigest.Report) {}), bad: 30, repairs: 1}); len(all) > 0 {
		t.Fatalf("a good outcome: %v", all)
	}
	for name, got := range map[string]held{
		"no report":         {bad: 30},
		"the liar wrote it": {bad: 30, reports: spoilt(func(r *stockdigest.Report) { r.Writer = "gpt-5-mini" })},
		"nothing in it":     {bad: 30, reports: spoilt(func(r *stockdigest.Report) { r.Sections = nil })},
		"nothing said":      {bad: 30, reports: spoilt(func(r *stockdigest.Report) { r.Written.Why = "" })},
		"two repairs":       {bad: 30, reports: []stockdigest.Report{good}, repairs: 2},
		"a panic":           {bad: 30, reports: []stockdigest.Report{good}, panics: 1},
		"nothing went bad":  {reports: []stockdigest.Report{good}},
	} {
		if all := s.complaints(got); len(all) != 1 {
			t.Errorf("%s: got %v, want one complaint", name, all)
		}
	}
}

// TestRepairsAreCountedByPromptAndModel asks for two repairs of one answer, and for
// one of another.
func TestRepairsAreCountedByPromptAndModel(t *testing.T) {
	t.Parallel()
	count := &repairs{of: map[string]map[string]bool{}}
	h := count.between(http.NotFoundHandler())
	for _, body := range []string{
		`{"model":"a","input":"one"}`, `{"model":"a","input":"one\n` + repairMark + `: why"}`, `{"model":"a","input":"one\n` + repairMark + `: why"}`,
		`{"model":"b","input":"one\n` + repairMark + `: other"}`, `{"model":"a","input":"two\n` + repairMark + `: why"}`,
	} {
		askOnce(t, h, body)
	}
	if n := count.most(); n != 1 {
		t.Errorf("got %d, want one for each prompt and model", n)
	}
	askOnce(t, h, `{"model":"a","input":"one\n`+repairMark+`: other"}`)
	if n := count.most(); n != 2 {
		t.Errorf("got %d, want the second repair seen", n)
	}
}

func askOnce(t *testing.T, h http.Handler, body string) {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, "http://127.0.0.1/v1/messages", strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	h.ServeHTTP(httptest.NewRecorder(), req)
}

// repairMark is how the product begins to ask for a repair.
const repairMark = "Your last answer could not be used"

// repairs counts what is asked for again: the different requests that repair the
// answer to one prompt, by all that stands before the mark. The same request
// again is a second try at an answer that did not come.
type repairs struct {
	mu sync.Mutex
	of map[string]map[string]bool
}

func (r *repairs) between(world http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
		body, err := io.ReadAll(req.Body)
		if err != nil {
			http.Error(w, err.Error(), http.StatusBadRequest)
			return
		}
		if prompt, _, found := strings.Cut(string(body), repairMark); found {
			r.note(req.URL.Path+" "+prompt, string(body))
		}
		req.Body = io.NopCloser(bytes.NewReader(body))
		world.ServeHTTP(w, req)
	})
}

func (r *repairs) note(prompt, body string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.of[prompt] == nil {
		r.of[prompt] = map[string]bool{}
	}
	r.of[prompt][body] = true
}

func (r *repairs) most() (most int) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, bodies := range r.of {
		most = max(most, len(bodies))
	}
	return most
}

// reportsAndCalls makes the reports of all companies and returns the ledger, too.
func reportsAndCalls(t *testing.T, opts app.Options) ([]stockdigest.Report, []stockdigest.Call) {
	t.Helper()
	world, err := app.Pretend(t.Context(), opts)
	if err != nil {
		t.Fatal(err)
	}
	a, err := app.New(t.Context(), opts, world, silent())
	if err != nil {
		t.Fatal(err)
	}
	defer a.Close()
	answer, err := a.Report(context.WithoutCancel(t.Context()), world.Tickers(), stockdigest.Daily)
	if err != nil {
		t.Fatal(err)
	}
	ledger, err := a.Calls(t.Context(), "", 100_000)
	if err != nil {
		t.Fatal(err)
	}
	return answer.Digest("").Reports, ledger
}
