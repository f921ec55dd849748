package extract_test

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"stockdigest.app/stockdigest"
	"stockdigest.app/stockdigest/internal/pipeline/extract"
)

// refusal is what the polite client says of a page that it did not get.
type refusal struct {
	kind error
	wall bool
}

func (r refusal) Error() string { return "refused" }
func (r refusal) Blocked() bool { return r.wall }
func (r refusal) Unwrap() error { return &stockdigest.Error{Kind: r.kind, Message: "refused"} }

// browser is the second way; it keeps what was asked of it.
type browser struct {
	mu    sync.Mutex
	body  string
	err   error
	asked []string
}

func (b *browser) Page(_ context.Context, run stockdigest.Run, url string, walled bool) (stockdigest.Body, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.asked = append(b.asked, fmt.Sprintf("%s %s walled=%t", run.ID, url, walled))
	return stockdigest.Body{URL: url, FinalURL: url, Status: 200, Bytes: []byte(b.body), FetchedAt: asOf}, b.err
}

// opened runs the step on one page that fails with fault, or reads as body.
func opened(t *testing.T, body string, fault error, way *browser) stockdigest.Candidate {
	t.Helper()
	store := &fakeStore{material: stockdigest.Material{Ticker: stockdigest.Ticker{Symbol: "ACME", Name: "Acme Corp."}, Candidates: []stockdigest.Candidate{candidate(one, 1)}}}
	pages := &fakePages{bodies: map[string]string{one: body}, errs: map[string]error{one: fault}}
	deps := extract.Deps{Store: store, Pages: pages, Now: func() time.Time { return asOf }}
	if way != nil {
		deps.SecondWay = way
	}
	if err := extract.New(deps).Run(t.Context(), testRun()); err != nil {
		t.Fatal(err)
	}
	return store.material.Candidates[0]
}

const script = `<html><head><title>News</title></head><body><div id="root"></div><script>start()</script></body></html>`

func TestTheSecondWayIsForShutPagesOnly(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		body  string
		fault error
		want  []string
	}{
		"a wall":         {fault: refusal{stockdigest.ErrDenied, true}, want: []string{"r1 " + one + " walled=true"}},
		"only a script":  {body: script, want: []string{"r1 " + one + " walled=false"}},
		"it opens":       {body: pageOf(prose("Acme"), "")},
		"robots":         {fault: refusal{stockdigest.ErrDenied, false}},
		"gone":           {fault: refusal{stockdigest.ErrNotFound, false}},
		"slow":           {fault: refusal{stockdigest.ErrUnavailable, false}},
		"no page at all": {body: "%PDF-1.7 \x00\x01"},
		"unknown":        {fault: errors.New("odd")},
		"a paywall":      {body: pageOf("<p>Acme Corp. said on Tuesday that sales rose.</p><p>Subscribe to continue reading this article.</p>", `<script type="application/ld+json">{"@type":"NewsArticle","isAccessibleForFree":false}</script>`)},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			way := &browser{body: pageOf(prose("Acme"), "")}
			got := opened(t, c.body, c.fault, way)
			if diff := cmp.Diff(c.want, way.asked); diff != "" {
				t.Errorf("asked (-want +got):\n%s", diff)
			}
			if c.want != nil && (got.Text == nil || got.Text.Label != stockdigest.TextFull || got.Miss != nil) {
				t.Errorf("got %+v, want the whole text", got)
			}
		})
	}
}

func TestWithoutASecondWayAWallStands(t *testing.T) {
	t.Parallel()
	got := opened(t, "", refusal{stockdigest.ErrDenied, true}, nil)
	if got.Text == nil || got.Text.Label != stockdigest.TextHeadline || got.Miss.Cause != "refused" {
		t.Errorf("got %+v, %+v, want the headline and the cause", got.Text, got.Miss)
	}
}

func TestAFailedSecondWayLeavesTheFaultOfTheFirst(t *testing.T) {
	t.Parallel()
	for name, way := range map[string]*browser{
		"refused by the budget": {err: &stockdigest.OverBudget{Scope: "pages"}},
		"away":                  {err: &stockdigest.Error{Kind: stockdigest.ErrUnavailable, Message: "away"}},
		"a script again":        {body: script},
	} {
		got := opened(t, "", refusal{stockdigest.ErrDenied, true}, way)
		if got.Text == nil || got.Text.Label != stockdigest.TextHeadline || !strings.HasPrefix(got.Miss.Cause, "refused; nor through a browser: ") {
			t.Errorf("%s: got %+v, %+v, want the headline and both causes", name, got.Text, got.Miss)
		}
	}
}

// What is fetched ahead may be set aside, and money is spent on what is wanted.
func TestNothingIsPaidForBeforeItIsSelected(t *testing.T) {
	t.Parallel()
	undecided := candidate(one, 1)
	undecided.Verdict.Decision = stockdigest.Pending
	store := &fakeStore{material: stockdigest.Material{Ticker: stockdigest.Ticker{Symbol: "ACME", Name: "Acme Corp."}, Candidates: []stockdigest.Candidate{candidate(one, 1)}}}
	pages := &fakePages{errs: map[string]error{one: refusal{stockdigest.ErrDenied, true}}}
	way := &browser{body: pageOf(prose("Acme"), "")}
	turns := &book{taken: map[string]string{}}
	step := extract.New(extract.Deps{Store: store, Pages: pages, SecondWay: way, Turns: turns, Now: func() time.Time { return asOf }})
	enough := step.Ahead(t.Context(), testRun(), []stockdigest.Candidate{undecided})
	for { // until it was tried
		pages.mu.Lock()
		tried := pages.fetched[one]
		pages.mu.Unlock()
		if tried > 0 {
			break
		}
		runtime.Gosched()
	}
	enough()
	if len(way.asked) != 0 {
		t.Errorf("paid for %v before anybody decided", way.asked)
	}
	if err := step.Run(t.Context(), testRun()); err != nil {
		t.Fatal(err)
	}
	if got := store.material.Candidates[0]; len(way.asked) != 1 || got.Text == nil || got.Text.Label != stockdigest.TextFull || len(turns.taken) > 0 {
		t.Errorf("asked %v, text %+v, turns left %v, want the page once it is wanted", way.asked, got.Text, turns.taken)
	}
}
