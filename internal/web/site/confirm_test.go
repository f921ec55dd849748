package site_test

import (
	"net/http"
	"strings"
	"testing"

	"stockdigest.app/stockdigest"
)

func TestConfirmationAgreesOnceAndWelcomesWhoIsServed(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, p *place) {
		t.Helper()
		check(t, p.db.AddConsent(t.Context(), stockdigest.ConsentEvent{Reader: p.reader, Act: stockdigest.ConsentWithdrawn, How: "test"}))
		page := p.send(t, http.MethodGet, "/c/"+p.confirm, "", nil)
		if page.Code != http.StatusOK || !strings.Contains(page.Body.String(), "Yes, send me the digest") || p.is(t) != "active false [ACME MIKE ZULU]" {
			t.Errorf("got %d %s", page.Code, page.Body)
		}
		for range 2 {
			w := p.send(t, http.MethodPost, "/c/"+p.confirm, "agree=yes", nil)
			if w.Code != http.StatusOK || !strings.Contains(w.Body.String(), "You have confirmed your address.") || p.is(t) != "active true [ACME MIKE ZULU]" {
				t.Errorf("got %d %s and a reader who is %s", w.Code, w.Body, p.is(t))
			}
		}
		if d, err := p.db.Delivery(t.Context(), stockdigest.Welcome(stockdigest.Reader{ID: p.reader}, 0).DeliveryKey.ID()); err != nil || d.State != stockdigest.DeliveryPending {
			t.Errorf("got %+v and %v, want a welcome mail planned", d, err)
		}
		p.send(t, http.MethodPost, "/u/"+p.leave, one, nil)
		w := p.send(t, http.MethodPost, "/c/"+p.confirm, "agree=yes", nil)
		if w.Code != http.StatusOK || !strings.Contains(w.Body.String(), "you have left since") || p.is(t) != "active false [ACME MIKE ZULU]" {
			t.Errorf("an old confirmation after leaving: got %d %s and a reader who is %s", w.Code, w.Body, p.is(t))
		}
		cross := p.send(t, http.MethodPost, "/c/"+p.confirm, "agree=yes", map[string]string{"Sec-Fetch-Site": "cross-site"})
		if cross.Code != http.StatusForbidden {
			t.Errorf("from another site: got %d, want 403", cross.Code)
		}
	})
}

// originUnder is the Origin that a browser without Sec-Fetch-Site sends with a form
// of a page of its own site to the same site: Fetch, "append a request Origin
// header". No policy is taken that lets the address of a page out to others.
func originUnder(t *testing.T, policy string) string {
	t.Helper()
	switch policy {
	case "no-referrer":
		return "null"
	case "strict-origin":
		return "https://digest.example"
	}
	t.Fatalf("got Referrer-Policy %q, which lets the secret in the address out", policy)
	return ""
}

// TestBrowsersWithoutFetchMetadataConfirmAndLeave presses the buttons of the
// pages as such a browser does, and as another site makes it.
func TestBrowsersWithoutFetchMetadataConfirmAndLeave(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, p *place) {
		t.Helper()
		for _, c := range []struct{ path, body, want string }{
			{"/u/" + p.leave, "scope=all", "active false [ACME MIKE ZULU]"},
			{"/c/" + p.confirm, "agree=yes", "active true [ACME MIKE ZULU]"},
		} {
			page := p.send(t, http.MethodGet, c.path, "", nil)
			for _, foreign := range []string{"null", "https://evil.example", "http://digest.example.evil.example"} {
				if strings.HasPrefix(c.path, "/u/") {
					break // RFC 8058: from anywhere
				}
				if w := p.send(t, http.MethodPost, c.path, c.body, map[string]string{"Origin": foreign}); w.Code != http.StatusForbidden || p.is(t) == c.want {
					t.Errorf("%.3s from %s: got %d and a reader who is %s", c.path, foreign, w.Code, p.is(t))
				}
			}
			origin := originUnder(t, page.Header().Get("Referrer-Policy"))
			if w := p.send(t, http.MethodPost, c.path, c.body, map[string]string{"Origin": origin}); w.Code != http.StatusOK || p.is(t) != c.want {
				t.Errorf("%.3s with Origin %s: got %d and a reader who is %s, want %s", c.path, origin, w.Code, p.is(t), c.want)
			}
		}
	})
}

// TestLinkOfTheAddressBeforeAgreesToNothing has a reader who leaves, gets another
// address within the hour, and then the old mail's page takes the leaving back.
func TestLinkOfTheAddressBeforeAgreesToNothing(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, p *place) {
		t.Helper()
		p.send(t, http.MethodPost, "/u/"+p.leave, "scope=all", nil)
		r, err := p.db.Reader(t.Context(), string(p.reader))
		check(t, err)
		r.Email = "ada@new.example"
		_, err = p.db.SaveReader(t.Context(), r)
		check(t, err)
		for path, want := range map[string]struct {
			body string
			code int
		}{"/u/" + p.leave: {"undo=all", http.StatusConflict}, "/c/" + p.confirm: {"agree=yes", http.StatusNotFound}} {
			if w := p.send(t, http.MethodPost, path, want.body, nil); w.Code != want.code || p.is(t) != "active false [ACME MIKE ZULU]" {
				t.Errorf("%.3s: got %d and a reader who is %s, want %d and nothing agreed", path, w.Code, p.is(t), want.code)
			}
		}
	})
}
