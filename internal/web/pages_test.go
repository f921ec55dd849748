package web_test

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"golang.org/x/net/html"

	"stockdigest.app/stockdigest"
)

// text is what a person reads on a page, in one line.
func text(t *testing.T, f *face, path string) string {
	t.Helper()
	w := f.send(t, http.MethodGet, path, "", bearer(operatorToken))
	if w.Code != http.StatusOK {
		t.Fatalf("%s: got %d %s", path, w.Code, w.Body)
	}
	root, err := html.Parse(w.Body)
	if err != nil {
		t.Fatal(err)
	}
	var words []string
	for n := range root.Descendants() {
		if n.Type == html.TextNode {
			words = append(words, strings.Fields(n.Data)...)
		}
	}
	return strings.Join(words, " ")
}

func wantWords(t *testing.T, page string, want ...string) {
	t.Helper()
	for _, w := range want {
		if !strings.Contains(page, w) {
			t.Errorf("got no %q in: %s", w, page)
		}
	}
}

func TestOverviewShowsWorkMoneyAndSchedule(t *testing.T) {
	t.Parallel()
	f := newFace(t)
	wantWords(
		t, text(t, f, "/admin"),
		"1 running", "ACME ad-hoc", "step 3 of 7, extract: 12 of 40 · running for 4 min", "ad-hoc 1 2 0", "Together at most 5",
		"$1.30 of $50.00, day 2026-11-24", "$48.70 left", "send 2026-11-24 08:30 1 h 00 min", "The schedule is off here",
		"openai stopped until an operator lets it go on: it billed more than was reserved", "Let it go on", "staging", "Updates itself every 15 seconds",
	)
	wantWords(t, text(t, f, "/admin?pause"), "This page stays as it is")
}

func TestQuarantinedRunShowsItsCauseAndAButton(t *testing.T) {
	t.Parallel()
	f := newFace(t)
	f.service.run.State, f.service.run.Cause, f.service.run.Attempts = stockdigest.RunQuarantined, "the worker died 3 times; last step extract", 3
	f.service.run.EndedAt = now().Add(-time.Minute)
	for _, path := range []string{"/admin", "/admin/runs/" + adasRun, "/admin/batches/" + theBatch} {
		wantWords(t, text(t, f, path), "quarantined", "the worker died 3 times; last step extract", "try 3 of 3", "ended 07:29:00", "Try again")
	}
	if page := text(t, f, "/admin/runs/"+adasRun); strings.Contains(page, "Cancel") {
		t.Errorf("a run that has ended can be cancelled: %s", page)
	}
}

func TestRunPageShowsStepsCallsAndReport(t *testing.T) {
	t.Parallel()
	f := newFace(t)
	f.service.run.State = stockdigest.RunDone
	f.service.report = stockdigest.Report{BottomLine: "Acme raised its guidance.", Status: stockdigest.ReportReady, Writer: "extractive"}
	wantWords(
		t, text(t, f, "/admin/runs/"+adasRun),
		"ACME ad-hoc done", "ingest 07:27:00, 1 min 18 items from 2 of 2 feeds", "Acme raised its guidance.", "ready · extractive writer",
		"Paid calls $0.001234", "openai small", "3 s", "Asked for by reader ada",
	)
}

func TestButtonsSayWhoPressedThem(t *testing.T) {
	t.Parallel()
	f := newFace(t)
	for path, to := range map[string]string{
		"/admin/runs/" + adasRun + "/cancel":    "/admin/runs/" + adasRun,
		"/admin/runs/" + adasRun + "/retry":     "/admin/runs/" + adasRun,
		"/admin/providers/openai%2Fx%20y/reset": "/admin",
	} {
		w := f.send(t, http.MethodPost, path, "", bearer(operatorToken))
		if w.Code != http.StatusSeeOther || w.Header().Get("Location") != to {
			t.Errorf("%s: got %d to %q", path, w.Code, w.Header().Get("Location"))
		}
	}
	wantWords(t, strings.Join(f.service.changes, "; "), "cancel by operator grace", "retry by operator grace", "reset openai/x y")
}

func TestReadersDoNotSeeWhoWorksOrWhatIsHeld(t *testing.T) {
	t.Parallel()
	f := newFace(t)
	f.service.run.State, f.service.run.Cause = stockdigest.RunDone, "tried again by operator grace"
	f.service.report = stockdigest.Report{Status: stockdigest.ReportHeld, BottomLine: "unchecked"}
	see := func(token string) string {
		return f.send(t, http.MethodGet, "/jobs/"+adasRun, "", bearer(token)).Body.String()
	}
	for _, secret := range []string{"grace", "worker-7", "created_by", "unchecked"} {
		if strings.Contains(see(adaToken), secret) {
			t.Errorf("the reader sees %q: %s", secret, see(adaToken))
		}
		if !strings.Contains(see(operatorToken), secret) {
			t.Errorf("the operator does not see %q", secret)
		}
	}
	wantWords(t, see(adaToken), "a person looks at this report first")
}
