package night_test

import (
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"stockdigest.app/stockdigest"
	"stockdigest.app/stockdigest/internal/night"
)

// toServer sends every request to a loopback server, whatever its host.
type toServer struct{ base *url.URL }

func (s toServer) RoundTrip(req *http.Request) (*http.Response, error) {
	there := req.Clone(req.Context())
	there.URL.Scheme, there.URL.Host = s.base.Scheme, s.base.Host
	there.Header.Set("Accept-Encoding", "gzip") // asked for by hand: net/http leaves the body packed
	return http.DefaultTransport.RoundTrip(there)
}

func outside(t *testing.T) http.RoundTripper {
	t.Helper()
	mux := http.NewServeMux()
	mux.HandleFunc("/page", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/html; charset=iso-8859-1")
		w.Header().Set("Set-Cookie", "session=c00kie")
		w.Header().Set("ETag", `"p1"`)
		_, _ = w.Write([]byte("<p>caf\xe9"))
	})
	mux.HandleFunc("/packed", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/html")
		w.Header().Set("Content-Encoding", "gzip")
		_, _ = w.Write(gz(t, strings.Repeat("<p>packed", 1000)))
	})
	mux.HandleFunc("/moved", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Location", "/page?token=s3cr3tvalue&x=1")
		w.WriteHeader(http.StatusFound)
	})
	mux.HandleFunc("/half", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Length", "100")
		_, _ = w.Write([]byte("half"))
	})
	server := httptest.NewServer(mux)
	t.Cleanup(server.Close)
	base, err := url.Parse(server.URL)
	if err != nil {
		t.Fatal(err)
	}
	return toServer{base}
}

func TestARecordedNightReplaysTheSameBytes(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "night")
	r, err := night.NewRecorder(dir)
	if err != nil {
		t.Fatal(err)
	}
	live := r.Wrap(outside(t))
	urls := []string{
		"https://a.example/page", "https://a.example/packed", "https://b.example/moved",
		"https://c.example/page?id=7&api_key=s3cr3tvalue", "https://d.example/none",
	}
	type seen struct {
		Answer                    answer
		Type, Encoding, Tag, Next string
	}
	look := func(via http.RoundTripper, u string) seen {
		a, h := get(t, via, u)
		return seen{a, h.Get("Content-Type"), h.Get("Content-Encoding"), h.Get("ETag"), strings.Replace(h.Get("Location"), "token=s3cr3tvalue&", "", 1)}
	}
	want := map[string]seen{}
	for _, u := range urls {
		want[u] = look(live, u)
	}
	if _, err := night.Open(dir); err == nil {
		t.Error("an unfinished recording opens as a night")
	}
	meta := night.Meta{Name: "recorded", AsOf: morning(3), TimeZone: "America/New_York", Tickers: load(t).Tickers}
	if err := r.Finish(meta); err != nil {
		t.Fatal(err)
	}
	n, err := night.Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, u := range urls {
		got, wanted := look(n.Transport(at(3)), u), want[u]
		if wanted.Tag == "" {
			got.Tag = ""
		}
		if diff := cmp.Diff(wanted, got); diff != "" {
			t.Errorf("%s (-live +replay):\n%s", u, diff)
		}
	}
	if diff := cmp.Diff(meta.Tickers, n.Tickers); diff != "" {
		t.Errorf("tickers (-want +got):\n%s", diff)
	}
	index, err := os.ReadFile(filepath.Join(dir, "night.json"))
	if err != nil {
		t.Fatal(err)
	}
	for _, secret := range []string{"s3cr3t", "c00kie", "Set-Cookie"} {
		if strings.Contains(string(index), secret) {
			t.Errorf("night.json holds %s", secret)
		}
	}
	if _, err := night.NewRecorder(dir); err == nil || !strings.Contains(stockdigest.Message(err), "holds a night already") {
		t.Errorf("recording over a night: got %v", err)
	}
}

func TestOnlyWholeAnswersAreRecorded(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	r, err := night.NewRecorder(dir)
	if err != nil {
		t.Fatal(err)
	}
	via := r.Wrap(outside(t))
	for path, read := range map[string]int64{"/half": 100, "/page": 2} {
		req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, "https://a.example"+path, http.NoBody)
		if err != nil {
			t.Fatal(err)
		}
		resp, err := via.RoundTrip(req)
		if err != nil {
			t.Fatal(err)
		}
		_, _ = io.CopyN(io.Discard, resp.Body, read)
		if err := resp.Body.Close(); err != nil {
			t.Fatal(err)
		}
	}
	if err := r.Finish(night.Meta{Name: "n", AsOf: morning(3), TimeZone: "UTC", Tickers: load(t).Tickers}); err != nil {
		t.Fatal(err)
	}
	n, err := night.Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	if got, _ := get(t, n.Transport(at(3)), "https://a.example/half"); got.Status != night.StatusMissing {
		t.Errorf("half an answer: got status %d, want %d", got.Status, night.StatusMissing)
	}
	// A client that stops where the text ends, as a decoder may, read it all.
	if got, _ := get(t, n.Transport(at(3)), "https://a.example/page"); got.Body != "<p>caf\xe9" {
		t.Errorf("an answer closed before its end: got %q", got.Body)
	}
	left, err := filepath.Glob(filepath.Join(dir, "bodies", ".part-*"))
	if err != nil || len(left) > 0 {
		t.Errorf("left %v behind (%v)", left, err)
	}
}
