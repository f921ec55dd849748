package fmp_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"stockdigest.app/stockdigest"
	"stockdigest.app/stockdigest/internal/adapter/fetch"
	"stockdigest.app/stockdigest/internal/adapter/fmp"
)

const key = fmp.Key("0123abcdef")

// service answers with one body and keeps what it was asked.
type service struct {
	status int
	after  string
	body   string
	err    error
	asked  []*http.Request
}

func (s *service) RoundTrip(req *http.Request) (*http.Response, error) {
	s.asked = append(s.asked, req)
	if s.err != nil {
		return nil, s.err
	}
	status := s.status
	if status == 0 {
		status = http.StatusOK
	}
	return &http.Response{
		StatusCode: status, Header: http.Header{"Content-Type": {"application/json; charset=utf-8"}, "Retry-After": {s.after}},
		Body: io.NopCloser(strings.NewReader(s.body)), ContentLength: int64(len(s.body)), Request: req,
	}, nil
}

func now() time.Time { return time.Date(2025, 2, 4, 13, 30, 0, 0, time.UTC) }

func setup(s *service) *fmp.Client {
	get := fetch.New(fetch.Config{UserAgent: "test", Now: now, Transport: s, Wrap: func(next http.RoundTripper) http.RoundTripper {
		return fmp.Wrap(key, next)
	}})
	return fmp.New(fmp.Config{Key: key, Get: get, Now: now})
}

func window() stockdigest.Window {
	return stockdigest.Window{From: now().Add(-24 * time.Hour), To: now()}
}

const news = `[
	{"symbol":"LNW","publishedDate":"2025-02-03 23:32:00","publisher":"PRNewsWire","title":"Investors  asked to\ninquire","site":"prnewswire.com","text":"NEW YORK, Feb. 3","url":"https://www.prnewswire.com/a?utm_source=x"},
	{"symbol":"AAPL","publishedDate":"2025-02-03 23:32:00","title":"Another company's","url":"https://a.example/1"},
	{"symbol":null,"publishedDate":"2025-02-03 23:32:00","title":"Nobody's","url":"https://a.example/2"},
	{"symbol":"LNW","publishedDate":"","title":"Undated","url":"https://a.example/3"},
	{"symbol":"LNW","publishedDate":"2025-02-02 23:32:00","title":"Before the window","url":"https://a.example/4"},
	{"symbol":"LNW","publishedDate":"2025-02-04 07:00:00","title":"Script","url":"javascript:alert(1)"},
	{"symbol":"LNW","publishedDate":"2025-02-04 07:00:00","title":"No link"},
	{"symbol":"LNW","publishedDate":7,"title":"Wrong form","url":"https://a.example/5"},
	{"symbol":"lnw","publishedDate":"2025-02-04T07:00:00","title":"Newer","site":"a.example:80/x y","publisher":"A","url":"https://a.example/6"},
	"not a row", null, 7
]`

func TestNewsOfTheSymbolInTheWindow(t *testing.T) {
	t.Parallel()
	s := &service{body: news}
	got, err := setup(s).News(t.Context(), "LNW", window())
	want := []stockdigest.FeedItem{
		{GUID: "https://a.example/6", Link: "https://a.example/6", Title: "Newer", Publisher: "A", Published: time.Date(2025, 2, 4, 12, 0, 0, 0, time.UTC)},
		{
			GUID: "https://www.prnewswire.com/a?utm_source=x", Link: "https://www.prnewswire.com/a?utm_source=x", Title: "Investors asked to inquire", Description: "NEW YORK, Feb. 3",
			Publisher: "PRNewsWire", PublisherURL: "https://prnewswire.com/", Published: time.Date(2025, 2, 4, 4, 32, 0, 0, time.UTC),
		},
	}
	if err != nil || cmp.Diff(want, got) != "" {
		t.Fatalf("got %v: %s", err, cmp.Diff(want, got))
	}
	asked := s.asked[0].URL
	wantQuery := url.Values{"symbols": {"LNW"}, "from": {"2025-02-03"}, "to": {"2025-02-04"}, "limit": {"250"}}
	if asked.Path != "/stable/news/stock" || cmp.Diff(wantQuery, asked.Query()) != "" {
		t.Errorf("asked %s: %s", asked, cmp.Diff(wantQuery, asked.Query()))
	}
}

func TestPressReleasesHaveTheirOwnList(t *testing.T) {
	t.Parallel()
	s := &service{body: `[]`}
	if got, err := setup(s).PressReleases(t.Context(), "LNW", window()); err != nil || len(got) != 0 {
		t.Errorf("got %v, %v, want none", got, err)
	}
	if s.asked[0].URL.Path != "/stable/news/press-releases" || s.asked[0].URL.Query().Get("symbols") != "LNW" {
		t.Errorf("asked %s", s.asked[0].URL)
	}
}

func TestTimesAreNewYorks(t *testing.T) {
	t.Parallel()
	for told, want := range map[string]string{
		"2025-02-03 23:32:00":           "2025-02-04T04:32:00Z", // winter
		"2025-07-03 23:32:00":           "2025-07-04T03:32:00Z", // summer
		"2025-03-09 01:59:59":           "2025-03-09T06:59:59Z", // the last second before the jump
		"2025-03-09 02:30:00":           "",                     // never shown
		"2025-03-09 03:00:00":           "2025-03-09T07:00:00Z", // the first after it
		"2025-11-02 00:59:59":           "2025-11-02T04:59:59Z",
		"2025-11-02 01:30:00":           "2025-11-02T05:30:00Z", // shown twice: the first
		"2025-11-02 02:00:00":           "2025-11-02T07:00:00Z",
		"2024-01-15T10:00:00":           "2024-01-15T15:00:00Z",
		"2023-09-12T14:30:00Z":          "2023-09-12T14:30:00Z", // names its zone
		"2025-04-18T00:01:44.000Z":      "2025-04-18T00:01:44Z",
		"2025-01-01T00:00:00+01:00":     "2024-12-31T23:00:00Z",
		"":                              "",
		"yesterday":                     "",
		"2025-13-01 00:00:00":           "",
		"2025-02-30 00:00:00":           "",
		"0001-01-01 00:00:00":           "",
		"9999-12-31 23:59:59":           "",
		"2025-02-03 23:32:00; DROP":     "",
		"2025-02-03 23:32:00 \u202e\n ": "",
	} {
		got, ok := fmp.Moment(told)
		if written := got.Format(time.RFC3339); ok != (want != "") || ok && written != want {
			t.Errorf("%q: got %s, %t, want %q", told, written, ok, want)
		}
	}
}

// Reading the times as UTC, as a naive client does, would put a release of the
// evening four or five hours early: this is the difference that must be seen.
func TestReadingAsUTCWouldBeWrong(t *testing.T) {
	t.Parallel()
	naive, err := time.Parse(time.DateTime, "2025-07-03 23:32:00")
	if err != nil {
		t.Fatal(err)
	}
	if got, ok := fmp.Moment("2025-07-03 23:32:00"); !ok || got.Sub(naive) != 4*time.Hour {
		t.Errorf("got %s after the naive reading, want 4h", got.Sub(naive))
	}
}

func TestCallsAndTranscripts(t *testing.T) {
	t.Parallel()
	calls, err := setup(&service{body: `[{"quarter":4,"fiscalYear":2024,"date":"2024-10-31"},{"quarter":1,"fiscalYear":2025,"date":"2025-01-30"},{"quarter":7,"fiscalYear":2025,"date":"2025-01-30"},{"quarter":"Q2","year":2024,"date":"2024-05-02 17:00:00"},{"quarter":1},{}]`}).Calls(t.Context(), "AAPL")
	want := []fmp.Call{{Year: 2025, Quarter: 1, Day: "2025-01-30"}, {Year: 2024, Quarter: 4, Day: "2024-10-31"}, {Year: 2024, Quarter: 2, Day: "2024-05-02"}}
	if err != nil || cmp.Diff(want, calls) != "" {
		t.Errorf("calls: got %v: %s", err, cmp.Diff(want, calls))
	}
	s := &service{body: `[{"symbol":"AAPL","period":"Q3","year":2025,"date":"2025-07-31","content":" Suhasini: Good afternoon. "}]`}
	got, err := setup(s).Transcript(t.Context(), "AAPL", 2025, 3)
	wantText := fmp.Transcript{Call: fmp.Call{Year: 2025, Quarter: 3, Day: "2025-07-31"}, Symbol: "AAPL", Text: "Suhasini: Good afternoon."}
	if err != nil || cmp.Diff(wantText, got) != "" || s.asked[0].URL.RawQuery != "quarter=3&symbol=AAPL&year=2025" {
		t.Errorf("transcript: got %v, asked %s: %s", err, s.asked[0].URL, cmp.Diff(wantText, got))
	}
	for _, body := range []string{`[]`, `[{"symbol":"MSFT","period":"Q3","year":2025,"date":"2025-07-31","content":"x"}]`, `[{"symbol":"AAPL","period":"Q2","year":2025,"date":"2025-07-31","content":"x"}]`, `[{"symbol":"AAPL","period":"Q3","year":2025,"date":"2025-07-31","content":" "}]`} {
		if _, err := setup(&service{body: body}).Transcript(t.Context(), "AAPL", 2025, 3); !errors.Is(err, stockdigest.ErrNotFound) {
			t.Errorf("%s: got %v, want ErrNotFound", body, err)
		}
	}
}

func TestQuoteHasTimeAndCurrency(t *testing.T) {
	t.Parallel()
	got, err := setup(&service{body: `[{"symbol":"BRK.B","price":150.0,"previousClose":147.75,"exchange":"NYSE","timestamp":1706198400}]`}).Quote(t.Context(), "BRK-B")
	want := stockdigest.Quote{Symbol: "BRK-B", Price: 150, PreviousClose: 147.75, Currency: "USD", AsOf: time.Date(2024, 1, 25, 16, 0, 0, 0, time.UTC), Source: "FMP"}
	if err != nil || cmp.Diff(want, got) != "" {
		t.Errorf("got %v: %s", err, cmp.Diff(want, got))
	}
	if percent, ok := got.Change(); !ok || fmt.Sprintf("%.2f", percent) != "1.52" {
		t.Errorf("change: got %v, %t, want 1.52", percent, ok)
	}
}

func TestWhatIsNoQuote(t *testing.T) {
	t.Parallel()
	for name, row := range map[string]string{
		"price zero":       `{"symbol":"AAPL","price":0.0,"exchange":"OTC","timestamp":1706198400}`,
		"no time":          `{"symbol":"AAPL","price":190.5,"previousClose":188.0,"exchange":"NASDAQ"}`,
		"future":           `{"symbol":"AAPL","price":190.5,"exchange":"NASDAQ","timestamp":1738800000}`,
		"milliseconds":     `{"symbol":"AAPL","price":190.5,"exchange":"NASDAQ","timestamp":1706198400000}`,
		"unknown currency": `{"symbol":"AAPL","price":190.5,"exchange":"LSE","timestamp":1706198400}`,
		"another symbol":   `{"symbol":"MSFT","price":190.5,"exchange":"NASDAQ","timestamp":1706198400}`,
		"text":             `{"symbol":"AAPL","price":"190.5","exchange":"NASDAQ","timestamp":1706198400}`,
		"null":             `{"symbol":"AAPL","price":null,"exchange":"NASDAQ","timestamp":1706198400}`,
		"negative":         `{"symbol":"AAPL","price":-1,"exchange":"NASDAQ","timestamp":1706198400}`,
		"endless":          `{"symbol":"AAPL","price":1e400,"exchange":"NASDAQ","timestamp":1706198400}`,
	} {
		if got, err := setup(&service{body: "[" + row + "]"}).Quote(t.Context(), "AAPL"); !errors.Is(err, stockdigest.ErrNotFound) {
			t.Errorf("%s: got %+v, %v, want ErrNotFound", name, got, err)
		}
	}
}

func TestPreviousCloseOfZeroIsAbsent(t *testing.T) {
	t.Parallel()
	got, err := setup(&service{body: `[{"symbol":"AAPL","price":150.0,"previousClose":0,"exchange":"NASDAQ","timestamp":1706198400}]`}).Quote(t.Context(), "AAPL")
	if _, ok := got.Change(); err != nil || ok {
		t.Errorf("got %+v, %v, want a quote without change", got, err)
	}
}

func TestHistoryIsSortedAndWhole(t *testing.T) {
	t.Parallel()
	s := &service{body: `[{"symbol":"AAPL","date":"2025-02-03","close":228.01},{"symbol":"AAPL","date":"2025-01-31","close":236},{"symbol":"AAPL","date":"2025-01-31","close":237},
		{"symbol":"AAPL","date":"2025-01-30","close":0},{"symbol":"AAPL","date":"2024-01-30","close":9},{"symbol":"MSFT","date":"2025-01-29","close":1},{"symbol":"AAPL","date":"x","close":1},{"symbol":"AAPL","date":"2025-02-05","close":1},{}]`}
	got, err := setup(s).History(t.Context(), "AAPL", 30)
	want := stockdigest.PriceHistory{Symbol: "AAPL", Source: "FMP", Closes: []stockdigest.Close{{Day: "2025-01-31", Price: 236}, {Day: "2025-02-03", Price: 228.01}}}
	if err != nil || cmp.Diff(want, got) != "" || s.asked[0].URL.RawQuery != "from=2025-01-05&symbol=AAPL&to=2025-02-04" {
		t.Errorf("got %v, asked %s: %s", err, s.asked[0].URL, cmp.Diff(want, got))
	}
	if _, err := setup(&service{body: `[]`}).History(t.Context(), "AAPL", 30); !errors.Is(err, stockdigest.ErrNotFound) {
		t.Errorf("empty: got %v, want ErrNotFound", err)
	}
}

func TestRefusals(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		service service
		kind    error
		message string
		after   time.Duration
	}{
		"wrong key":           {service{status: 401, body: `{"Error Message":"Invalid API KEY."}`}, stockdigest.ErrDenied, "FMP refuses the key: check FMP_API_KEY", 0},
		"plan":                {service{status: 402}, stockdigest.ErrDenied, "the FMP plan of this key does not include the question", 0},
		"old interface":       {service{status: 403}, stockdigest.ErrDenied, "the FMP plan of this key does not include the question", 0},
		"too fast":            {service{status: 429, after: "90"}, stockdigest.ErrUnavailable, "FMP asks for fewer requests", 90 * time.Second},
		"too fast, absurd":    {service{status: 429, after: "315360000"}, stockdigest.ErrUnavailable, "FMP asks for fewer requests", 24 * time.Hour},
		"key, as an answer":   {service{body: `{"Error Message":"Invalid API KEY. Please retry"}`}, stockdigest.ErrDenied, "FMP refuses the key: check FMP_API_KEY", 0},
		"limit, as an answer": {service{body: `{"Error Message":"Limit Reach . Please upgrade your plan"}`}, stockdigest.ErrUnavailable, "FMP asks for fewer requests", time.Hour},
		"plan, as an answer":  {service{body: `{"Error Message":"Exclusive Endpoint"}`}, stockdigest.ErrDenied, "the FMP plan of this key does not include the question", 0},
		"no JSON":             {service{body: `<html>`}, stockdigest.ErrUnavailable, "its answer cannot be read", time.Hour},
		"an object":           {service{body: `{"symbol":"AAPL"}`}, stockdigest.ErrUnavailable, "its answer cannot be read", time.Hour},
	} {
		_, err := setup(&c.service).Quote(t.Context(), "AAPL")
		known, ok := errors.AsType[*stockdigest.Error](err)
		if !ok || !errors.Is(err, c.kind) || known.Message != c.message || known.RetryAfter != c.after {
			t.Errorf("%s: got %v (%+v), want %v, %q, %s", name, err, known, c.kind, c.message, c.after)
		}
	}
}

func TestWithoutKeyNothingIsAsked(t *testing.T) {
	t.Parallel()
	s := &service{}
	client := fmp.New(fmp.Config{Get: fetch.New(fetch.Config{UserAgent: "test", Now: now, Transport: s}), Now: now})
	_, err := client.News(t.Context(), "AAPL", window())
	if !errors.Is(err, fmp.ErrNotConfigured) || !errors.Is(err, stockdigest.ErrUnavailable) || len(s.asked) != 0 {
		t.Errorf("got %v after %d requests, want ErrNotConfigured after none", err, len(s.asked))
	}
}

func TestKeyIsSeenByNobody(t *testing.T) {
	t.Parallel()
	var told bytes.Buffer
	logger := slog.New(slog.NewJSONHandler(&told, &slog.HandlerOptions{Level: slog.LevelDebug}))
	for _, s := range []*service{{body: "no JSON " + string(key)}, {status: 401, body: string(key)}, {err: errors.New("reset")}, {body: `{"Error Message":"` + string(key) + `"}`}} {
		get := fetch.New(fetch.Config{UserAgent: "test", Now: now, Transport: s, Logger: logger, Wrap: func(next http.RoundTripper) http.RoundTripper {
			next = fmp.Wrap(key, next)
			return tripper(func(req *http.Request) (*http.Response, error) {
				resp, err := next.RoundTrip(req)
				fmt.Fprintln(&told, req.URL, req.Header, err)
				if resp != nil {
					fmt.Fprintln(&told, resp.Request.URL, resp.Request.Header)
				}
				return resp, err
			})
		}})
		cfg := fmp.Config{Key: key, Get: get, Now: now}
		_, err := fmp.New(cfg).Quote(t.Context(), "AAPL")
		logger.Error("failed", "err", err, "key", cfg.Key)
		fmt.Fprintf(&told, "%v %+v %#v %s %q\n", cfg.Key, cfg.Key, cfg.Key, cfg.Key, cfg.Key)
		raw, err := json.Marshal(cfg.Key)
		if err != nil {
			t.Fatal(err)
		}
		told.Write(raw)
		if s.asked[0].Header.Get("Apikey") != string(key) || strings.Contains(s.asked[0].URL.String(), string(key)) {
			t.Errorf("sent %s with %v, want the key as a header only", s.asked[0].URL, s.asked[0].Header)
		}
	}
	if strings.Contains(told.String(), string(key)) {
		t.Errorf("found the key in %s", told.String())
	}
}

func TestKeyGoesToFMPOnly(t *testing.T) {
	t.Parallel()
	s := &service{}
	for _, raw := range []string{"https://www.example.com/stable/quote", "http://financialmodelingprep.com/stable/quote", "https://financialmodelingprep.com.evil.example/", "https://images.financialmodelingprep.com/a.jpg"} {
		req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, raw, http.NoBody)
		if err != nil {
			t.Fatal(err)
		}
		resp, err := fmp.Wrap(key, s).RoundTrip(req)
		if err != nil {
			t.Fatal(err)
		}
		resp.Body.Close()
		if got := s.asked[len(s.asked)-1].Header.Get("Apikey"); got != "" {
			t.Errorf("%s was sent with the key", raw)
		}
	}
}

type tripper func(*http.Request) (*http.Response, error)

func (f tripper) RoundTrip(req *http.Request) (*http.Response, error) { return f(req) }
