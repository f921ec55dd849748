package web_test

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/net/html"

	"stockdigest.app/stockdigest"
	"stockdigest.app/stockdigest/internal/web"
)

// answer makes a face whose one route answers with serve.
func answer(t *testing.T, serve func() error) *httptest.ResponseRecorder {
	t.Helper()
	f := newFace(t)
	w := httptest.NewRecorder()
	s := web.New(web.Config{}, web.Deps{
		Health: web.NewHealth(nil, now, func(string, error) {}), Now: now, Log: newLog(f.log),
		Sites: []web.Site{{Routes: []web.Route{{
			Method: http.MethodGet, Path: "/x", Who: web.Anyone,
			Serve: func(http.ResponseWriter, *http.Request, stockdigest.Access) error { return serve() },
		}}}},
	})
	s.Routes().ServeHTTP(w, request(t, http.MethodGet, "/x", "", nil))
	return w
}

func TestErrorsBecomeStatuses(t *testing.T) {
	t.Parallel()
	account := stockdigest.CreditAccount{Held: 1, Resets: "2026-12-01"}
	for _, test := range []struct {
		err    error
		status int
		body   string
		retry  string
	}{
		{stockdigest.Invalid("write it so"), 400, `{"error":"write it so"}`, ""},
		{fmt.Errorf("do: %w", stockdigest.NotFound("not here")), 404, `{"error":"not here"}`, ""},
		{&stockdigest.Error{Kind: stockdigest.ErrConflict, Message: "twice"}, 409, `{"error":"twice"}`, ""},
		{&stockdigest.Error{Kind: stockdigest.ErrDenied, Message: "no"}, 403, `{"error":"no"}`, ""},
		{&stockdigest.Error{Kind: stockdigest.ErrUnavailable, Message: "busy", RetryAfter: 1500 * time.Millisecond}, 503, `{"error":"busy"}`, "2"},
		{&stockdigest.CallError{Provider: "openai", Reason: stockdigest.CallBusy, Err: errors.New("key sk-1")}, 503, `{"error":"this takes too long right now: try again soon"}`, "5"},
		{context.DeadlineExceeded, 503, `{"error":"this takes too long right now: try again soon"}`, "5"},
		{&stockdigest.NoCredits{Account: account}, 429, `{"account":{"balance":0,"held":1,"resets":"2026-12-01"},"error":"no credits left: the next are granted on 2026-12-01"}`, "621000"},
		{web.WithStatus(422, stockdigest.Invalid("other")), 422, `{"error":"other"}`, ""},
		{errors.New(`open /var/lib/x: SELECT 1`), 500, `{"error":"something went wrong on our side"}`, ""},
	} {
		w := answer(t, func() error { return test.err })
		got := []any{w.Code, strings.TrimSpace(w.Body.String()), w.Header().Get("Retry-After")}
		if diff := cmp.Diff([]any{test.status, test.body, test.retry}, got); diff != "" {
			t.Errorf("%v (-want +got):\n%s", test.err, diff)
		}
	}
}

func TestPanicTellsNothing(t *testing.T) {
	t.Parallel()
	w := answer(t, func() error { panic("secret of the house") })
	if w.Code != http.StatusInternalServerError || strings.TrimSpace(w.Body.String()) != `{"error":"something went wrong on our side"}` {
		t.Errorf("got %d %s", w.Code, w.Body)
	}
}

// inner is what no answer may show.
func inner(body string) bool {
	for _, s := range []string{"goroutine", ".go:", "SELECT", "INSERT", "sql:", "/home/", "/var/", "/tmp/", "runtime error", "panic"} {
		if strings.Contains(body, s) {
			return true
		}
	}
	return false
}

// TestFuzzedRequestsShowNothingInner sends 1,000 requests made of broken parts
// to a service that is broken, too.
func TestFuzzedRequestsShowNothingInner(t *testing.T) {
	t.Parallel()
	f := newFace(t)
	f.service.run.State = stockdigest.RunQuarantined
	f.service.run.Cause = "goroutine 12 [running]: main.go:33 in /home/app"
	f.service.run.Steps[0].Note = "SELECT id FROM runs: no such table"
	dice := rand.New(rand.NewPCG(4, 2026))
	pick := func(all ...string) string { return all[dice.IntN(len(all))] }
	routes := f.routes(t)
	statuses := map[int]int{}
	for i := range 1000 {
		f.service.fails = nil
		if dice.IntN(3) == 0 {
			f.service.fails = errors.New("pq: SELECT token FROM access_tokens at /home/app/store.go:12")
		}
		target := routes[dice.IntN(len(routes))]
		if dice.IntN(2) == 0 { // most routes take no body
			target = route{method: http.MethodPost, path: pick("/jobs/submit", "/api/user/run-adhoc-report")}
		}
		path := target.path + pick("", "", "", "", "", "", "", "", "", "/", "/..", "/%00", "/%2e%2e/etc/passwd", "?a=%zz", "?q='--", "//", "/\u202e", "?"+strings.Repeat("a=1&", 900))
		body := pick("", "{}", "{", "null", `{"ticker":1}`, `{"ticker":"'; DROP TABLE runs;--"}`, `{"ticker":"ACME"}{}`, `{"tickers":[]}`, `{"tickers":["ACME"],"kind":"<b>"}`,
			`{"tickers":["`+strings.Repeat("A", 70_000)+`"]}`, "[[[[[[", "\x00\xff", "token=%zz", "token="+strings.Repeat("x", 99_000))
		r := request(t, pick(target.method, target.method, target.method, target.method, "GET", "POST", "PUT", "HEAD", "OPTIONS", "BREW"), "/", body, map[string]string{
			"Authorization": "Bearer " + pick(operatorToken, operatorToken, adaToken, "x"), "Idempotency-Key": pick("", "k", "k", "k", strings.Repeat("k", 201), "k\x7f"),
			"Content-Type": pick("application/json", "application/json", "application/json", "text/plain", "multipart/form-data", "application/json;;"), "Accept": pick("*/*", "text/html"),
		})
		if u, err := r.URL.Parse(path); err == nil {
			r.URL = u
		} else {
			r.URL.Path = path
		}
		w := httptest.NewRecorder()
		f.handler.ServeHTTP(w, r)
		statuses[w.Code]++
		if strings.HasPrefix(r.URL.Path, "/openapi.json") {
			continue
		}
		if all := w.Body.String() + fmt.Sprint(w.Header()); inner(all) {
			t.Fatalf("request %d, %s %q: got %d %s", i, r.Method, path, w.Code, all)
		}
	}
	if statuses[200] == 0 || statuses[400] == 0 || statuses[500] == 0 || statuses[413] == 0 {
		t.Errorf("got the statuses %v, want the requests to reach the handlers", statuses)
	}
}

// TestInnerIsSeen makes sure that the fuzz would notice.
func TestInnerIsSeen(t *testing.T) {
	t.Parallel()
	naive := func(err error) string { return fmt.Sprintf(`{"error":%q}`, err) }
	if !inner(naive(errors.New("pq: SELECT token FROM access_tokens at /home/app/store.go:12"))) {
		t.Error("an answer that quotes the error passes")
	}
}

func TestCauseKeepsTheHouseToItself(t *testing.T) {
	t.Parallel()
	const hidden = "something went wrong on our side; the log has the details"
	for cause, want := range map[string]string{
		"": "",
		"the worker died 3 times; last step extract":         "the worker died 3 times; last step extract",
		"read feed https://feeds.example/a/b: 503":           "read feed https://feeds.example/a/b: 503",
		"openai: bad key (401)":                              "openai: bad key (401)",
		"12 of 40 articles and/or filings could not be read": "12 of 40 articles and/or filings could not be read",
		"two\nlines":                                      "two lines",
		"summarize: panic: index out of range":            hidden,
		"goroutine 7 [running]":                           hidden,
		"open /var/lib/stockdigest/x.db: no space":        hidden,
		`open C:\data\x.db`:                               hidden,
		"select id from runs where id = $1: syntax error": hidden,
		"ERROR: deadlock detected (SQLSTATE 40P01)":       hidden,
		"update runs set state = 'done'":                  hidden,
		"store.go:12: broken":                             hidden,
		strings.Repeat("é", 400):                          strings.Repeat("é", 300) + "…",
	} {
		if got := web.Cause(cause); got != want {
			t.Errorf("%q: got %q, want %q", cause, got, want)
		}
	}
}

// TestHostileTextIsInert puts markup wherever text of others is shown, and
// looks at the pages as a browser does.
func TestHostileTextIsInert(t *testing.T) {
	t.Parallel()
	for i, bad := range []string{
		`<script>alert(1)</script>`, `"><img src=x onerror=alert(1)>`, `'-alert(1)-'`, `javascript:alert(1)`, `</title><svg onload=alert(1)>`,
		`{{.}}<iframe srcdoc=x>`, "<a href=javascript:alert(1)>x</a>", "\u2028<style>@import url(//evil)</style>", `" autofocus onfocus=alert(1) x="`,
	} {
		f := newFace(t)
		run := &f.service.run
		run.Cause, run.CreatedBy, run.Worker = bad, bad, bad
		run.Ticker, run.Kind, run.Class, run.Doing.Step = stockdigest.Symbol(bad), stockdigest.ReportKind(bad), stockdigest.Class(bad), stockdigest.StepName(bad)
		run.Steps = []stockdigest.StepDone{{Step: stockdigest.StepName(bad), Note: bad}}
		f.service.report = stockdigest.Report{BottomLine: bad, Reason: bad, Status: stockdigest.ReportStatus(bad), Writer: bad}
		for _, state := range []stockdigest.RunState{stockdigest.RunRunning, stockdigest.RunDone, stockdigest.RunQuarantined, stockdigest.RunState(bad)} {
			run.State = state
			for _, path := range []string{"/admin", "/admin/runs/" + adasRun, "/admin/batches/" + theBatch} {
				w := f.send(t, http.MethodGet, path, "", bearer(operatorToken))
				if w.Code != http.StatusOK {
					t.Fatalf("%s: got %d %s", path, w.Code, w.Body)
				}
				if found := active(t, w.Body.String()); found != "" {
					t.Errorf("text %d on %s: %s lives", i, path, found)
				}
			}
		}
		w := f.send(t, http.MethodGet, "/jobs/"+adasRun, "", bearer(operatorToken))
		if !strings.HasPrefix(w.Header().Get("Content-Type"), "application/json") || strings.ContainsAny(w.Body.String(), "<>") {
			t.Errorf("text %d as JSON: got %s", i, w.Body)
		}
	}
}

// active names the first thing on a page that a browser would run or fetch from
// elsewhere. The pages themselves have none.
func active(t *testing.T, page string) string {
	t.Helper()
	root, err := html.Parse(strings.NewReader(page))
	if err != nil {
		t.Fatal(err)
	}
	for n := range root.Descendants() {
		if n.Type != html.ElementNode {
			continue
		}
		switch n.Data {
		case "script", "img", "svg", "iframe", "style", "object", "embed", "base":
			return "<" + n.Data + ">"
		}
		for _, a := range n.Attr {
			local := strings.HasPrefix(a.Val, "/") && !strings.HasPrefix(a.Val, "//") || strings.HasPrefix(a.Val, "#")
			switch {
			case strings.HasPrefix(a.Key, "on"), a.Key == "style", a.Key == "srcdoc":
				return a.Key
			case (a.Key == "href" || a.Key == "action" || a.Key == "src") && !local:
				return a.Key + "=" + a.Val
			}
		}
	}
	return ""
}

func TestActiveIsSeen(t *testing.T) {
	t.Parallel()
	for _, page := range []string{`<p><script>1</script>`, `<a href="javascript:1">`, `<a href="//evil.example">`, `<p onclick=1>`, `<p style="x">`} {
		if active(t, page) == "" {
			t.Errorf("%s passes", page)
		}
	}
}
