package web_test

import (
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"stockdigest.app/stockdigest/internal/web"
)

// health asks a server that has nothing but health pages.
func health(t *testing.T, checks ...web.Check) (ask func(path string) (int, string), warned *[]string) {
	t.Helper()
	warned = &[]string{}
	s := web.New(web.Config{}, web.Deps{
		Health: web.NewHealth(checks, time.Now, func(check string, err error) { *warned = append(*warned, check+": "+err.Error()) }),
		Now:    time.Now, Log: newLog(io.Discard),
	})
	return func(path string) (int, string) {
		w := httptest.NewRecorder()
		s.Routes().ServeHTTP(w, httptest.NewRequestWithContext(t.Context(), http.MethodGet, path, nil))
		return w.Code, strings.TrimSpace(w.Body.String())
	}, warned
}

func well(context.Context) error { return nil }

func TestReadinessTellsPlainReasonsAndLogsTheRest(t *testing.T) {
	t.Parallel()
	ask, warned := health(
		t, web.Check{Name: "settings", Bad: "the settings are wrong", Run: well},
		web.Check{Name: "database", Bad: "the database does not answer", Run: func(context.Context) error { return errors.New("dial db.internal:5432") }},
	)
	code, body := ask("/readyz")
	if want := `{"status":"not ready","reasons":["the database does not answer"]}`; code != http.StatusServiceUnavailable || body != want {
		t.Errorf("got %d %s, want 503 %s", code, body, want)
	}
	code, body = ask("/health")
	want := `{"status":"not ready","reasons":["the database does not answer"],"checks":{"database":false,"settings":true}}`
	if code != http.StatusServiceUnavailable || body != want {
		t.Errorf("got %d %s, want 503 %s", code, body, want)
	}
	if diff := cmp.Diff([]string{"database: dial db.internal:5432"}, *warned); diff != "" {
		t.Errorf("log (-want +got):\n%s", diff)
	}
}

// TestHangingCheckIsUnreadyInTime hangs without listening to its context, as a
// disk does.
func TestHangingCheckIsUnreadyInTime(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		hang := make(chan struct{})
		var begun atomic.Int32
		ask, _ := health(t, web.Check{Name: "disk", Bad: "the disk is silent", Run: func(context.Context) error {
			begun.Add(1)
			<-hang
			return nil
		}})
		for range 3 {
			start := time.Now()
			if code, body := ask("/livez"); code != http.StatusOK || time.Since(start) > 0 {
				t.Errorf("livez: got %d %s after %s", code, body, time.Since(start))
			}
			code, _ := ask("/readyz")
			if took := time.Since(start); code != http.StatusServiceUnavailable || took > 5*time.Second {
				t.Errorf("got %d after %s, want 503 within 5 s", code, took)
			}
			time.Sleep(time.Second)
		}
		if n := begun.Load(); n != 1 {
			t.Errorf("got %d checks under way, want 1", n)
		}
		close(hang)
		time.Sleep(time.Second)
		if code, body := ask("/readyz"); code != http.StatusOK {
			t.Errorf("after the disk woke: got %d %s", code, body)
		}
	})
}

func TestHealthIsLookedAtOnceASecond(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		looks := 0
		ask, _ := health(t, web.Check{Name: "database", Run: func(context.Context) error { looks++; return nil }})
		for range 50 {
			ask("/readyz")
			ask("/health")
			ask("/livez")
		}
		time.Sleep(time.Second)
		ask("/readyz")
		if looks != 2 {
			t.Errorf("got %d looks, want 2", looks)
		}
	})
}
