package summarize_test

import (
	"context"
	"encoding/json"
	"errors"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"stockdigest.app/stockdigest"
	"stockdigest.app/stockdigest/internal/datatest"
	"stockdigest.app/stockdigest/internal/names"
	"stockdigest.app/stockdigest/internal/pipeline/summarize"
	"stockdigest.app/stockdigest/internal/text"
)

const annual = `Item 1A. Risk Factors.

Our results depend on economic conditions, and lower spending by customers may harm our business and the price of our shares.

Orders for Lumina scanners come from four hospital groups, and the loss of one of them would reduce our sales.

Item 7. Management’s Discussion and Analysis.

Our forecast for fiscal 2026 is sales of $4.0 billion, led by orders for Lumina scanners in Europe.

We expect to appoint further officers as the company grows and to compensate them with shares.`

// report is last year's annual report of the company.
func report() stockdigest.Filing {
	at := strings.Index(annual, "Item 7.")
	f := stockdigest.Filing{Accession: "0000000042-25-000007", CIK: "0000000042", Form: "10-K", FiledAt: asOf.AddDate(0, -4, 0), URL: "https://sec.example/10k"}
	f.Documents = []stockdigest.Document{{
		Accession: f.Accession, Seq: 1, Type: "10-K", URL: f.URL, Text: annual, Hash: stockdigest.Hash(annual),
		Items: []stockdigest.Item{{Number: "1A", End: at}, {Number: "7", Start: at, End: len(annual)}},
	}}
	return f
}

// drafted is the draft of the step over a store that keeps filings.
func drafted(t *testing.T, w summarize.Writer, m stockdigest.Material, kept ...stockdigest.Filing) stockdigest.Draft {
	t.Helper()
	m.Ticker.CIK = "0000000042"
	s := &shelf{material: m, filed: kept}
	if err := summarize.New(s, w).Run(t.Context(), run()); err != nil {
		t.Fatal(err)
	}
	return s.draft
}

func rules() summarize.Writer {
	return summarize.Extractive(names.NewLinker([]stockdigest.Ticker{brightwell()}))
}

// contexts are what stands beside bullets, by the first words of the bullet.
func contexts(d stockdigest.Draft) map[string]string {
	all := map[string]string{}
	for _, b := range d.Bullets() {
		if b.Context != nil {
			all[strings.Join(strings.Fields(b.Text)[:3], " ")] = b.Context.Form + " " + b.Context.Item + ": " + b.Context.Text
		}
	}
	return all
}

func TestNewsStandsBesideWhatTheLastReportSays(t *testing.T) {
	t.Parallel()
	want := map[string]string{
		"Brightwell raised its": "10-K 7: Our forecast for fiscal 2026 is sales of $4.0 billion, led by orders for Lumina scanners in Europe.",
	}
	got := drafted(t, rules(), morning(), report())
	if diff := cmp.Diff(want, contexts(got)); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	alone := drafted(t, rules(), morning())
	if diff := cmp.Diff(texts(alone.Bullets()), texts(got.Bullets())); diff != "" {
		t.Errorf("a filing changes the bullets (-without +with):\n%s", diff)
	}
	for _, b := range got.Bullets() {
		if b.Context != nil && b.Context.Evidence.Check(annual) != nil {
			t.Errorf("evidence %+v does not hold", b.Context.Evidence)
		}
	}
}

func TestOnlyTheLastReportsStandBesideNews(t *testing.T) {
	t.Parallel()
	old, later, others := report(), report(), report()
	old.FiledAt = asOf.AddDate(-2, 0, 0)
	later.FiledAt = asOf.Add(time.Hour)
	others.CIK = "0000000043"
	for name, f := range map[string]stockdigest.Filing{"of two years ago": old, "of after the run": later, "of another company": others} {
		if got := contexts(drafted(t, rules(), morning(), f)); len(got) > 0 {
			t.Errorf("%s: got %v, want nothing", name, got)
		}
	}
}

// consulted is a model that reads articles as everything does and of filings
// names the lines that hold some words.
func consulted(words ...string) *oracle {
	return &oracle{answer: func(ask stockdigest.Ask) (string, error) {
		if ask.Prompt.Name == "context" {
			return naming(ask, words...), nil
		}
		return everything(ask)
	}}
}

func TestAModelNamesLinesOfFilingsByNumber(t *testing.T) {
	t.Parallel()
	o := consulted("four hospital groups")
	got := drafted(t, modelWriter(o), morning(), report())
	want := map[string]string{
		"Brightwell raised its": "10-K 1A: Orders for Lumina scanners come from four hospital groups, and the loss of one of them would reduce our sales.",
	}
	if diff := cmp.Diff(want, contexts(got)); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	alone := drafted(t, modelWriter(consulted()), morning())
	if diff := cmp.Diff(texts(alone.Bullets()), texts(got.Bullets())); diff != "" {
		t.Errorf("phase 2 changes the bullets of phase 1 (-without +with):\n%s", diff)
	}
	asks := o.of("context")
	if len(asks) != 1 {
		t.Fatalf("%d questions, want one", len(asks))
	}
	if p := asks[0].Prompt; len(p.System) > 6<<10 || !json.Valid(p.Schema) || strings.Contains(p.Input, "0000000042") {
		t.Errorf("%d bytes, schema %s, input %s: want at most 6 KB, JSON and no accession", len(p.System), p.Schema, p.Input)
	}
	golden(t, asks[0].Prompt)
}

func TestAModelMayFindNothingInFilings(t *testing.T) {
	t.Parallel()
	if got := contexts(drafted(t, modelWriter(consulted("no such words")), morning(), report())); len(got) > 0 {
		t.Errorf("got %v, want nothing where the model finds nothing", got)
	}
}

func TestWithoutAnAnswerOnFilingsTheRulesFindThem(t *testing.T) {
	t.Parallel()
	want := contexts(drafted(t, rules(), morning(), report()))
	for name, answer := range map[string]func() (string, error){
		"no answer": func() (string, error) {
			return "", &stockdigest.CallError{Provider: "openai", Reason: stockdigest.CallTimeout}
		},
		"another form":  func() (string, error) { return `{"facts":"many"}`, nil },
		"wrong numbers": func() (string, error) { return `{"sentences":[0,-3,99,"1"]}`, nil },
		"no money":      func() (string, error) { return "", &stockdigest.OverBudget{Scope: "run"} },
	} {
		o := &oracle{answer: func(ask stockdigest.Ask) (string, error) {
			if ask.Prompt.Name == "context" {
				return answer()
			}
			return everything(ask)
		}}
		got := drafted(t, modelWriter(o), morning(), report())
		if diff := cmp.Diff(want, contexts(got)); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
		if got.Rung != stockdigest.RungFull || got.Writer != dear || !strings.Contains(got.Written.Why, "beside the articles") {
			t.Errorf("%s: got rung %s by %s, %q; want the articles written in full, and why filings were not read", name, got.Rung, got.Writer, got.Written.Why)
		}
	}
}

// A trace is when questions were under way.
type trace struct {
	oracle *oracle
	single chan struct{} // nil: as many at once as are asked

	mu    sync.Mutex
	calls []flown
}

type flown struct {
	prompt     string
	start, end time.Time
}

func (t *trace) Ask(ctx context.Context, ask stockdigest.Ask) (stockdigest.Completion, error) {
	if t.single != nil {
		t.single <- struct{}{}
		defer func() { <-t.single }()
	}
	start := time.Now()
	time.Sleep(5 * time.Second)
	t.mu.Lock()
	t.calls = append(t.calls, flown{ask.Prompt.Name, start, time.Now()})
	t.mu.Unlock()
	return t.oracle.Ask(ctx, ask)
}

// overlaps reports whether phase 2 was asked while phase 1 was.
func (t *trace) overlaps() bool {
	for _, a := range t.calls {
		for _, b := range t.calls {
			if a.prompt == "context" && b.prompt != "context" && a.start.Before(b.end) && b.start.Before(a.end) {
				return true
			}
		}
	}
	return false
}

func TestPhasesOneAndTwoOverlap(t *testing.T) {
	t.Parallel()
	for name, single := range map[string]bool{"at once": false, "one after the other": true} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				tr := &trace{oracle: consulted("four hospital groups")}
				if single {
					tr.single = make(chan struct{}, 1)
				}
				drafted(t, modelWriter(tr), morning(), report())
				if got, want := tr.overlaps(), !single; got != want || len(tr.calls) != 4 {
					t.Errorf("phases overlap: %v of %d calls, want %v of 4", got, len(tr.calls), want)
				}
			})
		})
	}
}

func TestAStopEndsBothPhases(t *testing.T) {
	t.Parallel()
	stop := errors.New("the process stops")
	ctx, cancel := context.WithCancelCause(t.Context())
	o := &oracle{answer: func(ask stockdigest.Ask) (string, error) {
		if ask.Prompt.Name == "context" {
			cancel(stop)
			return "", context.Canceled
		}
		return everything(ask)
	}}
	m := morning()
	m.Earlier = []stockdigest.Filing{report()}
	if _, err := modelWriter(o).Write(ctx, run(), m); !errors.Is(err, stop) {
		t.Errorf("got %v, want the stop", err)
	}
}

// openings are the first sentences of real articles about many companies.
func openings(t *testing.T, most int) []string {
	t.Helper()
	data, err := os.ReadFile(filepath.Join(datatest.Dir(t, "clustering"), "fin_same_story_pairs", "representative_520_with_bodies.json"))
	if err != nil {
		t.Fatal(err)
	}
	var pairs []struct {
		A struct{ Body string } `json:"article_a"`
	}
	if err := json.Unmarshal(data, &pairs); err != nil {
		t.Fatal(err)
	}
	var all []string
	for _, p := range pairs {
		flat := strings.Join(strings.Fields(p.A.Body), " ")
		if spans := text.Sentences(flat); len(spans) > 0 && len(all) < most {
			all = append(all, spans[0].Of(flat))
		}
	}
	return all
}

// News of all sorts says nothing that the report of some other company speaks of.
func TestReportsOfOthersStandBesideHardlyAnyNews(t *testing.T) {
	t.Parallel()
	lines, reports := openings(t, 300), annuals(t)
	companies := slices.Sorted(maps.Keys(reports))
	asked, near, loose := 0, 0, 0
	for _, company := range companies[:min(6, len(companies))] {
		nearest := summarize.Nearest(reports[company][0])
		for _, line := range lines {
			best, shares := nearest(line)
			asked++
			if shares {
				loose++
			}
			if best != "" {
				near++
				t.Logf("%s\n\t%s", line, best)
			}
		}
	}
	t.Logf("%d of %d; by two words alone %d", near, asked, loose)
	if asked < 1000 || float64(near) > 0.005*float64(asked) || float64(loose) < 0.1*float64(asked) {
		t.Errorf("%d of %d get a context, by two words alone %d; want at most one of 200, and many by words alone", near, asked, loose)
	}
}
