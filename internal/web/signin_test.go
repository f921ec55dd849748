package web_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"stockdigest.app/stockdigest"
	"stockdigest.app/stockdigest/internal/web"
)

func (f *face) signIn(t *testing.T, token string, header map[string]string) *httptest.ResponseRecorder {
	t.Helper()
	return f.send(t, http.MethodPost, "/admin/sign-in", url.Values{"token": {token}}.Encode(), header)
}

func cookieOf(t *testing.T, w *httptest.ResponseRecorder) *http.Cookie {
	t.Helper()
	all := w.Result().Cookies()
	if len(all) != 1 {
		t.Fatalf("got %d cookies and status %d, want one", len(all), w.Code)
	}
	return all[0]
}

func TestSignInGivesASessionThatSignOutEnds(t *testing.T) {
	t.Parallel()
	f := newFace(t)
	w := f.signIn(t, " "+operatorToken+"\n", nil)
	c := cookieOf(t, w)
	if w.Code != http.StatusSeeOther || w.Header().Get("Location") != "/admin" {
		t.Errorf("got %d to %q, want 303 to /admin", w.Code, w.Header().Get("Location"))
	}
	got := fmt.Sprint(c.Name, c.HttpOnly, c.Secure, c.SameSite == http.SameSiteLaxMode, c.Path, c.Domain == "")
	if want := fmt.Sprint("__Host-session", true, true, true, "/", true); got != want {
		t.Errorf("got the cookie %s, want %s", got, want)
	}
	with := map[string]string{"Cookie": c.Name + "=" + c.Value}
	if code := f.send(t, http.MethodGet, "/admin", "", with).Code; code != http.StatusOK {
		t.Errorf("signed in: got %d, want 200", code)
	}
	if out := cookieOf(t, f.send(t, http.MethodPost, "/admin/sign-out", "", with)); out.MaxAge >= 0 || out.Value != "" {
		t.Errorf("got %v, want the cookie taken away", out)
	}
	if code := f.send(t, http.MethodGet, "/admin", "", with).Code; code != http.StatusSeeOther {
		t.Errorf("signed out: got %d, want 303", code)
	}
}

func TestSignInEndsTheSessionThatWasThere(t *testing.T) {
	t.Parallel()
	f := newFace(t)
	old := cookieOf(t, f.signIn(t, operatorToken, nil))
	fresh := cookieOf(t, f.signIn(t, operatorToken, map[string]string{"Cookie": old.Name + "=" + old.Value}))
	if diff := cmp.Diff(map[string]stockdigest.Access{fresh.Value: {Name: "grace"}}, f.accounts.open()); diff != "" {
		t.Errorf("sessions (-want +got):\n%s", diff)
	}
}

func TestCookieOfAnotherHostIsNoSession(t *testing.T) {
	t.Parallel()
	f := newFace(t)
	c := cookieOf(t, f.signIn(t, operatorToken, nil))
	// What a neighbouring host may set is the plain name; ours is bound to the host.
	if code := f.send(t, http.MethodGet, "/admin", "", map[string]string{"Cookie": "session=" + c.Value}).Code; code != http.StatusSeeOther {
		t.Errorf("got %d, want 303", code)
	}
}

func TestLoopbackNeedsNoTLS(t *testing.T) {
	t.Parallel()
	f := newFace(t)
	for _, host := range []string{"127.0.0.1:8080", "localhost:8080", "[::1]:8080"} {
		r := request(t, http.MethodPost, "/admin/sign-in", "token="+operatorToken, nil)
		r.Host = host
		w := httptest.NewRecorder()
		f.handler.ServeHTTP(w, r)
		if c := cookieOf(t, w); c.Name != "session" || c.Secure || !c.HttpOnly {
			t.Errorf("%s: got %v", host, c)
		}
	}
}

func TestTokenOfAReaderOpensNoConsole(t *testing.T) {
	t.Parallel()
	f := newFace(t)
	unknown, readers := f.signIn(t, "sd_WRONG", nil), f.signIn(t, adaToken, nil)
	if readers.Code != http.StatusUnauthorized || readers.Body.String() != unknown.Body.String() {
		t.Errorf("got %d, and another page than for an unknown token: %s", readers.Code, readers.Body)
	}
}

func TestTenWrongTokensCloseTheDoor(t *testing.T) {
	t.Parallel()
	f := newFace(t)
	signedIn := cookieOf(t, f.signIn(t, operatorToken, nil))
	var mu sync.Mutex
	codes := map[int]int{}
	var all sync.WaitGroup
	for i := range 100 { // at once, so that none slips through between look and count
		all.Go(func() {
			code := f.signIn(t, fmt.Sprintf("sd_WRONG%d", i), nil).Code
			mu.Lock()
			defer mu.Unlock()
			codes[code]++
		})
	}
	all.Wait()
	if diff := cmp.Diff(map[int]int{401: 10, 429: 90}, codes); diff != "" {
		t.Errorf("answers (-want +got):\n%s", diff)
	}
	if w := f.signIn(t, operatorToken, nil); w.Code != http.StatusTooManyRequests || w.Header().Get("Retry-After") != "900" {
		t.Errorf("the right token: got %d and Retry-After %q", w.Code, w.Header().Get("Retry-After"))
	}
	with := map[string]string{"Cookie": signedIn.Name + "=" + signedIn.Value}
	if code := f.send(t, http.MethodGet, "/admin", "", with).Code; code != http.StatusOK {
		t.Errorf("who is signed in: got %d, want 200", code)
	}
	f.clock.pass(15 * time.Minute)
	if code := f.signIn(t, operatorToken, nil).Code; code != http.StatusSeeOther {
		t.Errorf("a quarter of an hour later: got %d, want 303", code)
	}
}

func TestOneTokenIsNotTriedFromManyAddresses(t *testing.T) {
	t.Parallel()
	f := newFace(t)
	last := 0
	for i := range 11 {
		r := request(t, http.MethodPost, "/admin/sign-in", "token=sd_REVOKED", nil)
		r.RemoteAddr = fmt.Sprintf("198.51.100.%d:4000", i)
		w := httptest.NewRecorder()
		f.handler.ServeHTTP(w, r)
		last = w.Code
	}
	if last != http.StatusTooManyRequests {
		t.Errorf("got %d, want 429", last)
	}
}

// TestForwardedAddressIsOursOnly lets a client choose its X-Forwarded-For.
func TestForwardedAddressIsOursOnly(t *testing.T) {
	t.Parallel()
	for _, proxies := range []int{0, 1} {
		f := newFace(t)
		door := web.NewSignIn(f.accounts, proxies, f.clock.now)
		closed := 0
		for i := range 30 {
			r := request(t, http.MethodPost, "/", "", nil)
			r.RemoteAddr = "192.0.2.1:4000"
			r.Header.Set("X-Forwarded-For", fmt.Sprintf("10.0.0.%d, 203.0.113.7", i)) // the proxy added the last
			err := door.Start(httptest.NewRecorder(), r, fmt.Sprintf("sd_WRONG%d", i))
			if strings.Contains(err.Error(), "too many") {
				closed++
			}
		}
		if closed != 20 {
			t.Errorf("%d proxies: got %d of 30 tries refused, want 20", proxies, closed)
		}
	}
}

func TestOneNetworkOfIPv6IsOneAddress(t *testing.T) {
	t.Parallel()
	f := newFace(t)
	door := web.NewSignIn(f.accounts, 0, f.clock.now)
	var err error
	for i := range 11 {
		r := request(t, http.MethodPost, "/", "", nil)
		r.RemoteAddr = fmt.Sprintf("[2001:db8::%x]:4000", i+1)
		err = door.Start(httptest.NewRecorder(), r, fmt.Sprintf("sd_WRONG%d", i))
	}
	if !strings.Contains(err.Error(), "too many") {
		t.Errorf("got %v, want too many tries", err)
	}
}
