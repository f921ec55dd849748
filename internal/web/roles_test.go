package web_test

import (
	"fmt"
	"maps"
	"net/http"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"stockdigest.app/stockdigest/internal/web/site"
)

// bodyOf is a body that the route takes.
func bodyOf(r route) string {
	switch {
	case r.method == http.MethodGet || strings.Contains(r.path, "/admin/"):
		return ""
	case strings.HasPrefix(r.path, "/u/"):
		return "List-Unsubscribe=One-Click"
	case strings.HasPrefix(r.path, "/c/"):
		return "agree=yes"
	case strings.HasSuffix(r.path, "submit"):
		return `{"tickers":["ACME"]}`
	}
	return `{"ticker":"ACME"}`
}

// TestRoleMatrix asks for every route of the router as everybody. A new route
// fails it until somebody says here who may use it.
func TestRoleMatrix(t *testing.T) {
	t.Parallel()
	people := []struct {
		name   string
		header map[string]string
	}{
		{"nobody", nil},
		{"stranger", bearer("sd_WRONGWRONGWRONGWRONGWRONG")},
		{"ada", bearer(adaToken)},
		{"bob", bearer(bobToken)},
		{"operator", bearer(operatorToken)},
	}
	const open, door, members, adaOnly, operators, console, order = "200", "door", "members", "ada", "operators", "console", "order"
	want := map[string]string{
		"GET /livez": open, "GET /readyz": open, "GET /health": open, "GET /openapi.json": open, "GET /": door,
		"GET /admin/style.css": open, "GET /admin/sign-in": open, "POST /admin/sign-in": "signin", "POST /admin/sign-out": door,
		"POST /api/user/run-adhoc-report": order, "GET /jobs/{id}": adaOnly, "POST /jobs/submit": operators,
		"GET /jobs/batch/{id}": operators, "POST /jobs/{id}/cancel": operators, "POST /jobs/{id}/retry": operators,
		"GET /admin": console, "GET /admin/batches/{id}": console, "GET /admin/runs/{id}": console,
		"POST /admin/runs/{id}/cancel": console, "POST /admin/runs/{id}/retry": console, "POST /admin/providers/{name}/reset": console,
		"GET /site.css": open, "GET /u/{token}": open, "POST /u/{token}": open, "GET /c/{token}": open, "POST /c/{token}": open,
		"POST /webhooks/mail/generic": "signed", "POST /webhooks/mail/postmark": "signed", "POST /webhooks/mail/ses": "signed",
		"GET /admin/tasks": console, "POST /admin/tasks": console, "GET /admin/tasks/*": console, "POST /admin/tasks/*": console,
	}
	// What nobody, a stranger, Ada, Bob and the operator get.
	answers := map[string][]int{
		open:      {200, 200, 200, 200, 200},
		door:      {303, 303, 303, 303, 303},
		"signin":  {401, 401, 401, 401, 401}, // no token in the form
		"signed":  {401, 401, 401, 401, 401}, // by a mail service, and by nobody here
		order:     {401, 401, 202, 202, 403},
		adaOnly:   {401, 401, 200, 404, 200},
		operators: {401, 401, 403, 403, 200},
		console:   {303, 303, 403, 403, 200},
	}
	for _, r := range newFace(t).routes(t) {
		kind, known := want[r.method+" "+r.pattern]
		if !known {
			t.Errorf("%s %s: nobody said who may use it", r.method, r.pattern)
			continue
		}
		f := newFace(t)
		var got []int
		for _, p := range people {
			header := map[string]string{"Idempotency-Key": "k"}
			maps.Copy(header, p.header)
			got = append(got, f.send(t, r.method, r.path, bodyOf(r), header).Code)
		}
		expect := append([]int(nil), answers[kind]...)
		switch {
		case kind == console && r.method == http.MethodPost:
			expect[0], expect[1] = 401, 401 // the sign-in page, as an answer
			if !strings.Contains(r.pattern, "tasks") {
				expect[4] = 303
			}
		case strings.HasSuffix(r.pattern, "submit"):
			expect[4] = 202
		}
		if diff := cmp.Diff(expect, got); diff != "" {
			t.Errorf("%s %s (-want +got):\n%s", r.method, r.pattern, diff)
		}
		delete(want, r.method+" "+r.pattern)
	}
	for r := range want {
		t.Errorf("%s: is not routed", r)
	}
}

// TestNobodyActsForAnotherReader tries in 100 ways to reach Ada with Bob's
// token.
func TestNobodyActsForAnotherReader(t *testing.T) {
	t.Parallel()
	f := newFace(t)
	names := []string{"user_email", "email", "reader", "reader_id", "user", "as", "id", "Reader", "who", "account"}
	succeeded, tried := 0, 0
	check := func(ok bool) {
		tried++
		if ok {
			succeeded++
		}
	}
	for i, name := range names {
		key := func(n int) map[string]string {
			h := bearer(bobToken)
			h["Idempotency-Key"] = fmt.Sprint(i, n)
			return h
		}
		before := len(f.service.orders)
		f.send(t, http.MethodPost, "/api/user/run-adhoc-report", fmt.Sprintf(`{"ticker":"ACME",%q:"ada"}`, name), key(0))
		f.send(t, http.MethodPost, "/api/user/run-adhoc-report?"+name+"=ada", `{"ticker":"ACME"}`, key(1))
		for n, header := range []string{"X-User", "X-Reader", "X-Forwarded-User", "Cookie"} {
			h := key(2 + n)
			h[header] = name + "=ada"
			f.send(t, http.MethodPost, "/api/user/run-adhoc-report", `{"ticker":"ACME"}`, h)
		}
		for _, o := range f.service.orders[before:] {
			check(o.Reader != "bob")
		}
		check(len(f.service.orders)-before != 5) // the body with a foreign field is no order
		h := bearer(bobToken)
		h["X-Reader"] = "ada"
		for _, path := range []string{"/jobs/" + adasRun, "/jobs/" + strings.ToUpper(adasRun), "/jobs/" + adasRun + "?" + name + "=ada", "/jobs/{" + adasRun + "}"} {
			w := f.send(t, http.MethodGet, path, "", h)
			check(w.Code != http.StatusNotFound || strings.Contains(w.Body.String(), "ACME"))
		}
	}
	if tried != 100 || succeeded != 0 {
		t.Errorf("got %d of %d attempts that succeeded, want 0 of 100", succeeded, tried)
	}
}

func TestEveryChangeRefusesOtherSites(t *testing.T) {
	t.Parallel()
	f := newFace(t)
	who := bearer(operatorToken)
	for _, r := range f.routes(t) {
		for _, from := range []map[string]string{
			{"Sec-Fetch-Site": "cross-site"}, {"Sec-Fetch-Site": "same-site"}, {"Origin": "https://evil.example"}, {"Origin": "null"},
		} {
			maps.Copy(from, who)
			code := f.send(t, r.method, r.path, bodyOf(r), from).Code
			if refused := code == http.StatusForbidden; refused != (r.method != http.MethodGet && !abroad(r)) {
				t.Errorf("%s %s with %v: got %d", r.method, r.path, from, code)
			}
		}
	}
	if n := f.service.changed(); n != 4 {
		t.Errorf("got %d changes, want those of the way out of mails alone: %v", n, f.service.changes)
	}
}

func TestTokenInTheAddressIsRefusedAndNeverLogged(t *testing.T) {
	t.Parallel()
	f := newFace(t)
	all := append(f.routes(t), route{http.MethodGet, "", "/nowhere"}, route{http.MethodPut, "", "/jobs/submit"})
	for _, r := range all {
		for _, query := range []string{"?token=", "?TOKEN=", "?access_token=", "?x=1&api_key=", "?anything="} {
			w := f.send(t, r.method, r.path+query+operatorToken, bodyOf(r), bearer(operatorToken))
			if w.Code != http.StatusUnauthorized || strings.Contains(w.Body.String()+fmt.Sprint(w.Header()), operatorToken) {
				t.Errorf("%s %s%s: got %d %s", r.method, r.path, query, w.Code, w.Body)
			}
		}
		f.send(t, r.method, r.path, "token="+operatorToken, bearer(operatorToken))
		f.send(t, r.method, r.path+"/"+operatorToken, "", bearer(adaToken))
	}
	log := f.log.String()
	for _, secret := range []string{operatorToken, adaToken, "Session", "Bearer"} {
		if strings.Contains(log, secret) {
			t.Errorf("the log has %q", secret)
		}
	}
	if strings.Count(log, `"msg":"request"`) < len(all) {
		t.Errorf("got a log of %d bytes without a line for each request", len(log))
	}
}

func TestEveryAnswerCarriesItsHeaders(t *testing.T) {
	t.Parallel()
	f := newFace(t)
	for _, r := range append(f.routes(t), route{http.MethodGet, "", "/nowhere"}, route{http.MethodGet, "", "/admin/nowhere"}) {
		h := f.send(t, r.method, r.path, bodyOf(r), bearer(operatorToken)).Header()
		for name, want := range map[string]string{
			"Content-Security-Policy": "default-src 'none'", "Referrer-Policy": referrerOf(r), "X-Content-Type-Options": "nosniff",
			"X-Frame-Options": "DENY", "Strict-Transport-Security": "max-age=", "X-Request-Id": "",
		} {
			if got := h.Get(name); got == "" || !strings.HasPrefix(got, want) {
				t.Errorf("%s %s: got %s %q, want %q", r.method, r.path, name, got, want)
			}
		}
		if p := h.Get("Content-Security-Policy"); strings.Contains(p, "script-src") != strings.Contains(r.path, "/admin/tasks") || strings.Contains(p, "unsafe-eval") {
			t.Errorf("%s %s: got the policy %q", r.method, r.path, p)
		}
	}
}

// referrerOf is the Referrer-Policy of a route: the pages of mails have their own,
// under which browsers of any age can send their forms.
func referrerOf(r route) string {
	if strings.HasPrefix(r.pattern, site.LeavePath) || strings.HasPrefix(r.pattern, site.ConfirmPath) {
		return "strict-origin"
	}
	return "no-referrer"
}
