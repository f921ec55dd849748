package site_test

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"testing"

	"github.com/google/go-cmp/cmp"

	"stockdigest.app/stockdigest"
	"stockdigest.app/stockdigest/internal/adapter/store/storetest"
	"stockdigest.app/stockdigest/internal/web"
	"stockdigest.app/stockdigest/internal/web/site"
)

// endless lets everybody guess.
type endless struct{}

func (endless) Look(r *http.Request, look func(context.Context) error) error {
	return look(r.Context())
}

// TestGuessingFindsNothingAndIsStopped guesses secrets of 100 mails, from one
// address and from many. Pages without a limit must be caught first.
func TestGuessingFindsNothingAndIsStopped(t *testing.T) {
	t.Parallel()
	p := newPlace(t, storetest.SQLiteConfig(t))
	for range 100 {
		p.mailed(t, stockdigest.MailWelcome, stockdigest.MayUnsubscribe, "")
	}
	p.serve(t, io.Discard, endless{})
	if faults := p.guess(t, 100); len(faults) == 0 {
		t.Fatal("pages that let everybody guess for ever passed")
	}
	guesses := 4000
	if os.Getenv("TORTURE") != "" {
		guesses = 1_000_000
	}
	p.serve(t, io.Discard, web.NewGuesses(0, p.clock.now))
	for _, fault := range p.guess(t, guesses) {
		t.Error(fault)
	}
}

// guess guesses so often, half of it from one address and half from as many as
// there are guesses, and returns what is wrong with the answers. A wrong guess
// costs a look into the database at most, and writes nothing.
func (p *place) guess(t *testing.T, guesses int) (faults []string) {
	t.Helper()
	wrong := func(format string, args ...any) { faults = append(faults, fmt.Sprintf(format, args...)) }
	before, codes := p.rows(t), map[int]int{}
	guess := func(from string) {
		r := httptest.NewRequestWithContext(t.Context(), http.MethodGet, site.LeavePath+newSecret(), http.NoBody)
		r.RemoteAddr = from
		w := httptest.NewRecorder()
		p.handler.ServeHTTP(w, r)
		codes[w.Code]++
	}
	for range guesses / 2 {
		guess("192.0.2.7:1234")
	}
	if codes[http.StatusNotFound] != 30 || codes[http.StatusTooManyRequests] != guesses/2-30 {
		wrong("from one address: got %v, want 30 looked up and the rest refused", codes)
	}
	for i := range guesses / 2 {
		guess(fmt.Sprintf("198.%d.%d.%d:1", i>>16&255, i>>8&255, i&255))
	}
	t.Logf("measured: %d guesses, answers %v", guesses, codes)
	if codes[http.StatusOK] != 0 || codes[http.StatusNotFound]+codes[http.StatusTooManyRequests] != guesses {
		wrong("got %v, want no hit", codes)
	}
	if diff := cmp.Diff(before, p.rows(t)); diff != "" {
		wrong("guessing wrote rows (-before +after):\n%s", diff)
	}
	// Right ones do not count: services act for many readers from one address.
	for range 100 {
		r := httptest.NewRequestWithContext(t.Context(), http.MethodGet, site.LeavePath+p.leave, http.NoBody)
		w := httptest.NewRecorder()
		if p.handler.ServeHTTP(w, r); w.Code != http.StatusOK {
			wrong("a good link: got %d", w.Code)
		}
	}
	return faults
}
