package night_test

import (
	"bytes"
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"testing/fstest"
	"time"

	"github.com/google/go-cmp/cmp"

	"stockdigest.app/stockdigest"
	"stockdigest.app/stockdigest/internal/datatest"
	"stockdigest.app/stockdigest/internal/night"
)

const good = `{
 "name": "two mornings", "as_of": "2026-03-03T07:00:00Z", "time_zone": "America/New_York",
 "mornings": ["2026-03-02T07:00:00Z", "2026-03-03T07:00:00Z"],
 "tickers": [{"symbol": "ACME", "name": "Acme Corp.", "exchange": "NYSE", "cik": "0000000001",
  "names": [{"text": "Roadrunner", "kind": "product"}, {"text": "Acme", "kind": "company"}],
  "feeds": [{"url": "https://feeds.example/acme.xml", "source": "google", "role": "company"},
            {"url": "https://feeds.example/peer.xml", "role": "competitor", "subject": "PEER"}]}],
 "exchanges": [
  {"url": "https://feeds.example/acme.xml", "status": 200, "content_type": "application/xml", "file": "bodies/one.xml"},
  {"url": "https://feeds.example/acme.xml", "from": "2026-03-03T06:00:00Z", "status": 200, "content_type": "application/xml", "file": "bodies/two.xml.gz"},
  {"url": "https://late.example/a", "from": "2026-03-03T06:00:00Z", "status": 200, "content_type": "text/html", "file": "bodies/one.xml"},
  {"url": "https://moved.example/a?q=1", "status": 301, "headers": {"Location": "https://late.example/a"}},
  {"url": "https://tagged.example/a", "status": 200, "content_type": "text/html", "headers": {"ETag": "W/\"v1\"", "Last-Modified": "Mon, 02 Mar 2026 05:00:00 GMT"}, "file": "bodies/one.xml"}
 ]}`

func morning(day int) time.Time { return time.Date(2026, 3, day, 7, 0, 0, 0, time.UTC) }

func gz(tb testing.TB, text string) []byte {
	tb.Helper()
	var b bytes.Buffer
	w := gzip.NewWriter(&b)
	_, err := w.Write([]byte(text))
	if err := errors.Join(err, w.Close()); err != nil {
		tb.Fatal(err)
	}
	return b.Bytes()
}

func folder(tb testing.TB, index string) fstest.MapFS {
	tb.Helper()
	return fstest.MapFS{
		"night.json":        {Data: []byte(index)},
		"bodies/one.xml":    {Data: []byte("<one/>")},
		"bodies/two.xml.gz": {Data: gz(tb, "<two/>")},
	}
}

func load(tb testing.TB) *night.Night {
	tb.Helper()
	n, err := night.Load(folder(tb, good))
	if err != nil {
		tb.Fatal(err)
	}
	return n
}

type answer struct {
	Status int
	Body   string
}

func get(tb testing.TB, via http.RoundTripper, url string, header ...string) (answer, http.Header) {
	tb.Helper()
	req, err := http.NewRequestWithContext(context.Background(), http.MethodGet, url, http.NoBody)
	if err != nil {
		tb.Fatal(err)
	}
	for i := 0; i+1 < len(header); i += 2 {
		req.Header.Set(header[i], header[i+1])
	}
	resp, err := via.RoundTrip(req)
	if err != nil {
		tb.Fatalf("get %s: %v", url, err)
	}
	body, err := io.ReadAll(resp.Body)
	if err := errors.Join(err, resp.Body.Close()); err != nil {
		tb.Fatalf("get %s: %v", url, err)
	}
	return answer{resp.StatusCode, string(body)}, resp.Header
}

func at(day int) func() time.Time { return func() time.Time { return morning(day) } }

func TestLoadReadsWhatANightSays(t *testing.T) {
	t.Parallel()
	n := load(t)
	want := []night.Ticker{{
		Ticker: stockdigest.Ticker{
			Symbol: "ACME", Name: "Acme Corp.", Exchange: "NYSE", CIK: "0000000001", Source: "night",
			Names: []stockdigest.Name{{Text: "Acme", Kind: stockdigest.NameCompany}, {Text: "Roadrunner", Kind: stockdigest.NameProduct}},
		},
		Feeds: []stockdigest.TickerFeed{
			{Feed: stockdigest.Feed{URL: "https://feeds.example/acme.xml", Source: "google"}, Role: stockdigest.RoleCompany},
			{Feed: stockdigest.Feed{URL: "https://feeds.example/peer.xml", Source: "feed"}, Role: stockdigest.RoleCompetitor, Subject: "PEER"},
		},
	}}
	if diff := cmp.Diff(want, n.Tickers); diff != "" {
		t.Errorf("tickers (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff([]time.Time{morning(2), morning(3)}, n.Mornings); diff != "" {
		t.Errorf("mornings (-want +got):\n%s", diff)
	}
	if n.Name != "two mornings" || !n.AsOf.Equal(morning(3)) || n.Location.String() != "America/New_York" {
		t.Errorf("got %q, %s, %s", n.Name, n.AsOf, n.Location)
	}
}

func TestANightWithoutMorningsHasItsOwn(t *testing.T) {
	t.Parallel()
	n, err := night.Load(folder(t, strings.Replace(good, `"mornings": ["2026-03-02T07:00:00Z", "2026-03-03T07:00:00Z"],`, "", 1)))
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]time.Time{morning(3)}, n.Mornings); diff != "" {
		t.Errorf("mornings (-want +got):\n%s", diff)
	}
}

func TestLoadNamesEachFault(t *testing.T) {
	t.Parallel()
	tests := []struct{ name, old, new, want string }{
		{"broken JSON", `"name": "two mornings",`, `"name": "two mornings"`, "line 2"},
		{"wrong kind", `"status": 301`, `"status": "301"`, "line 12"},
		{"no name", `"two mornings"`, `" "`, "no name"},
		{"as_of", `"as_of": "2026-03-03T07:00:00Z"`, `"as_of": "yesterday"`, `"yesterday"`},
		{"time zone", "America/New_York", "America/Nowhere", "America/Nowhere"},
		{"no time zone", "America/New_York", "", "time_zone is missing"},
		{"mornings out of order", `"mornings": ["2026-03-02`, `"mornings": ["2026-03-09`, "not in order"},
		{"ticker without symbol", `"symbol": "ACME"`, `"symbol": ""`, "ticker 1 has no symbol"},
		{"ticker without name", `"Acme Corp."`, `""`, "needs a company name"},
		{"CIK", "0000000001", "1", "not ten digits"},
		{"kind of name", `"kind": "product"`, `"kind": "bird"`, `"bird"`},
		{"role", `"competitor"`, `"enemy"`, `"enemy"`},
		{"feed URL", `"url": "https://feeds.example/peer.xml"`, `"url": "peer.xml"`, `"peer.xml"`},
		{"missing body", "bodies/two.xml.gz", "bodies/three.xml", "bodies/three.xml of https://feeds.example/acme.xml is missing"},
		{"escape", "bodies/two.xml.gz", "../two.xml", "leaves the folder"},
		{"absolute", "bodies/two.xml.gz", "/etc/passwd", "leaves the folder"},
		{"folder as body", "bodies/two.xml.gz", "bodies", "no plain file"},
		{"duplicate", `"from": "2026-03-03T06:00:00Z", "status": 200, "content_type": "application/xml"`, `"status": 200, "content_type": "application/xml"`, "stands twice"},
		{"from", `"from": "2026-03-03T06:00:00Z"`, `"from": "dawn"`, `"dawn"`},
		{"status", `"status": 301`, `"status": 7`, "status 7"},
		{"exchange URL", `"https://moved.example/a?q=1"`, `"ftp://moved.example/a"`, "ftp://moved.example/a"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			bad := strings.Replace(good, tt.old, tt.new, 1)
			if bad == good {
				t.Fatal("the case changes nothing")
			}
			_, err := night.Load(folder(t, bad))
			if !errors.Is(err, stockdigest.ErrInvalid) || !strings.Contains(err.Error(), tt.want) || strings.Contains(err.Error(), "\n") {
				t.Errorf("got %v, want one line of ErrInvalid with %s", err, tt.want)
			}
		})
	}
	t.Run("all at once, the first five told", func(t *testing.T) {
		t.Parallel()
		_, err := night.Load(folder(t, `{"exchanges":[{"url":"x"},{"url":"y"},{"url":"z"}]}`))
		if err == nil || !strings.Contains(err.Error(), "no name; as_of") || !strings.Contains(err.Error(), "and 2 more") {
			t.Errorf("got %v", err)
		}
	})
	t.Run("no night.json", func(t *testing.T) {
		t.Parallel()
		if _, err := night.Open(t.TempDir()); !errors.Is(err, stockdigest.ErrInvalid) || !strings.Contains(err.Error(), "no night.json") {
			t.Errorf("got %v", err)
		}
	})
	t.Run("no folder", func(t *testing.T) {
		t.Parallel()
		if _, err := night.Open(filepath.Join(t.TempDir(), "gone")); !errors.Is(err, stockdigest.ErrNotFound) || !strings.Contains(stockdigest.Message(err), "gone") {
			t.Errorf("got %v", err)
		}
	})
	t.Run("a link out of the folder", func(t *testing.T) {
		t.Parallel()
		dir := t.TempDir()
		secret := filepath.Join(t.TempDir(), "secret")
		body := filepath.Join(dir, "body")
		index := `{"name":"n","as_of":"2026-03-03T07:00:00Z","time_zone":"UTC","tickers":[{"symbol":"A","name":"A"}],"exchanges":[{"url":"http://a.example/","status":200,"file":"body"}]}`
		if err := errors.Join(os.WriteFile(secret, []byte("s"), 0o600), os.Symlink(secret, body), os.WriteFile(filepath.Join(dir, "night.json"), []byte(index), 0o600)); err != nil {
			t.Fatal(err)
		}
		if _, err := night.Open(dir); err == nil {
			t.Error("got a night that reads outside its folder")
		}
	})
}

func TestTransportServesTheAnswerOfItsMorning(t *testing.T) {
	t.Parallel()
	n := load(t)
	tests := []struct {
		name, url string
		day       int
		want      answer
	}{
		{"first morning", "https://feeds.example/acme.xml", 2, answer{200, "<one/>"}},
		{"second morning, unpacked", "https://feeds.example/acme.xml", 3, answer{200, "<two/>"}},
		{"not out yet", "https://late.example/a", 2, answer{404, ""}},
		{"out", "https://late.example/a", 3, answer{200, "<one/>"}},
		{"equal URL", "HTTPS://Late.Example:443/a#top", 3, answer{200, "<one/>"}},
		{"with a key that was not recorded", "https://moved.example/a?q=1&apikey=123", 3, answer{301, ""}},
		{"without what it was recorded with", "https://moved.example/a?q=1&utm_source=x", 3, answer{301, ""}},
		{"other query", "https://late.example/a?x=1", 3, answer{599, ""}},
		{"other path", "https://late.example/b", 3, answer{599, ""}},
		{"robots.txt nobody recorded", "https://late.example/robots.txt", 3, answer{404, ""}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if got, _ := get(t, n.Transport(at(tt.day)), tt.url); got != tt.want {
				t.Errorf("%s on day %d: got %v, want %v", tt.url, tt.day, got, tt.want)
			}
		})
	}
	if diff := cmp.Diff([]string{"https://late.example/a?x=1", "https://late.example/b"}, n.Misses()); diff != "" {
		t.Errorf("misses (-want +got):\n%s", diff)
	}
	if got := n.Served()["https://feeds.example/acme.xml"]; got != 2 {
		t.Errorf("served %d times, want 2", got)
	}
}

func TestTransportAnswersConditionalRequests(t *testing.T) {
	t.Parallel()
	n := load(t)
	_, first := get(t, n.Transport(at(2)), "https://feeds.example/acme.xml")
	tests := []struct {
		name, url, header, value string
		day, want                int
	}{
		{"made-up tag, same morning", "https://feeds.example/acme.xml", "If-None-Match", first.Get("ETag"), 2, 304},
		{"made-up tag, next morning", "https://feeds.example/acme.xml", "If-None-Match", first.Get("ETag"), 3, 200},
		{"recorded tag", "https://tagged.example/a", "If-None-Match", `"v0", "v1"`, 2, 304},
		{"other tag", "https://tagged.example/a", "If-None-Match", `"v2"`, 2, 200},
		{"recorded time", "https://tagged.example/a", "If-Modified-Since", "Mon, 02 Mar 2026 05:00:00 GMT", 2, 304},
		{"other time", "https://tagged.example/a", "If-Modified-Since", "Mon, 02 Mar 2026 04:00:00 GMT", 2, 200},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			if got, _ := get(t, n.Transport(at(tt.day)), tt.url, tt.header, tt.value); got.Status != tt.want {
				t.Errorf("got %d, want %d", got.Status, tt.want)
			}
		})
	}
}

func TestTransportIsSafeInParallel(t *testing.T) {
	t.Parallel()
	n := load(t)
	via := n.Transport(at(3))
	var wg sync.WaitGroup
	for i := range 16 {
		wg.Go(func() {
			get(t, via, "https://feeds.example/acme.xml")
			get(t, via, fmt.Sprintf("https://nowhere.example/%d", i))
			n.Misses()
		})
	}
	wg.Wait()
	if got := n.Served()["https://feeds.example/acme.xml"]; got != 16 || len(n.Misses()) != 16 {
		t.Errorf("served %d, missed %d; want 16 and 16", got, len(n.Misses()))
	}
}

func TestFingerprintFollowsTheContent(t *testing.T) {
	t.Parallel()
	first := load(t).Fingerprint()
	if again := load(t).Fingerprint(); again != first || len(first) != 12 {
		t.Errorf("got %s, then %s", first, again)
	}
	files := folder(t, good)
	files["bodies/one.xml"].Data = []byte("<uno/>") // same size, no time: as in an embedded folder
	changed, err := night.Load(files)
	if err != nil {
		t.Fatal(err)
	}
	if changed.Fingerprint() == first {
		t.Error("a changed body leaves the fingerprint as it was")
	}
	renamed, err := night.Load(folder(t, strings.Replace(good, "two mornings", "2 mornings", 1)))
	if err != nil {
		t.Fatal(err)
	}
	if renamed.Fingerprint() == first {
		t.Error("a changed night.json leaves the fingerprint as it was")
	}
}

// TestRealNight reads the whole recorded night outside the repository.
func TestRealNight(t *testing.T) {
	t.Parallel()
	n, err := night.Open(datatest.Dir(t, "night-2019-11-20"))
	if err != nil {
		t.Fatal(err)
	}
	via := n.Transport(func() time.Time { return n.AsOf })
	for _, ticker := range n.Tickers {
		for _, f := range ticker.Feeds {
			if got, _ := get(t, via, f.Feed.URL); got.Status != 200 || !strings.Contains(got.Body, "<item>") {
				t.Errorf("%s: got status %d and %d bytes, want a feed", f.Feed.URL, got.Status, len(got.Body))
			}
		}
	}
	if len(n.Tickers) != 4 || len(n.Misses()) != 0 {
		t.Errorf("got %d tickers, misses %v", len(n.Tickers), n.Misses())
	}
}

func FuzzLoad(f *testing.F) {
	f.Add([]byte(good))
	f.Add([]byte(`{"exchanges":[{"url":"http://[::1","file":"../x"}]}`))
	f.Fuzz(func(t *testing.T, index []byte) {
		n, err := night.Load(folder(t, string(index)))
		if err == nil && (n.Name == "" || len(n.Tickers) == 0 || n.Location == nil || len(n.Mornings) == 0) {
			t.Errorf("took %q", index)
		}
		if err != nil && strings.Contains(err.Error(), "\n") {
			t.Errorf("more than one line: %q", err)
		}
	})
}
