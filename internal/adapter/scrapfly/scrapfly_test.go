package scrapfly_test

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
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"

	"stockdigest.app/stockdigest"
	"stockdigest.app/stockdigest/internal/adapter/fetch"
	"stockdigest.app/stockdigest/internal/adapter/scrapfly"
)

const (
	key  = scrapfly.Key("scp-live/0123+456")
	page = "https://www.example.com/news/a?id=7"
)

// service answers like the API's documentation says.
type service struct {
	status int
	header http.Header
	body   string
	err    error
	asked  []*http.Request
}

func (s *service) RoundTrip(req *http.Request) (*http.Response, error) {
	s.asked = append(s.asked, req)
	if s.err != nil {
		return nil, fmt.Errorf("%w: %s", s.err, req.URL)
	}
	h := s.header.Clone()
	if h == nil {
		h = http.Header{}
	}
	if h.Get("Content-Type") == "" {
		h.Set("Content-Type", "application/json")
	}
	status := s.status
	if status == 0 {
		status = http.StatusOK
	}
	return &http.Response{StatusCode: status, Header: h, Body: io.NopCloser(strings.NewReader(s.body)), ContentLength: int64(len(s.body)), Request: req}, nil
}

func now() time.Time { return time.Date(2026, 11, 23, 8, 0, 0, 0, time.UTC) }

func setup(s *service) *scrapfly.Client {
	get := fetch.New(fetch.Config{UserAgent: "test", Now: now, Transport: s, Wrap: func(next http.RoundTripper) http.RoundTripper {
		return scrapfly.Wrap(key, next)
	}})
	return scrapfly.New(scrapfly.Config{Key: key, Get: get, Now: now})
}

const good = `{"config":{"url":"https://www.example.com/news/a?id=7","key":"x"},"context":{"cost":{"total":6,"details":[{"amount":1},{"amount":5}]}},
	"result":{"status":"DONE","success":true,"status_code":200,"reason":"OK","format":"text","url":"https://www.example.com/news/moved","content_type":"text/html; charset=utf-8","content":"<html><p>Grüße</p></html>","error":null,"log_url":"https://scrapfly.io/x"}}`

func TestPageAndPrice(t *testing.T) {
	t.Parallel()
	s := &service{body: good}
	got, err := setup(s).Page(t.Context(), page, scrapfly.Options{Render: true, AntiBot: true, MaxCredits: 30})
	want := scrapfly.Page{Credits: 6, Body: stockdigest.Body{
		URL: page, FinalURL: "https://www.example.com/news/moved", Status: 200, ContentType: "text/html", Bytes: []byte("<html><p>Grüße</p></html>"), FetchedAt: now(),
	}}
	if err != nil || cmp.Diff(want, got) != "" {
		t.Fatalf("got %v, %s", err, cmp.Diff(want, got))
	}
	asked := s.asked[0].URL
	wantQuery := url.Values{
		"url": {page}, "key": {string(key)}, "render_js": {"true"}, "asp": {"true"}, "cost_budget": {"30"}, "retry": {"false"}, "timeout": {"60000"},
	}
	if asked.Host != "api.scrapfly.io" || asked.Path != "/scrape" || cmp.Diff(wantQuery, asked.Query()) != "" {
		t.Errorf("asked %s: %s", asked, cmp.Diff(wantQuery, asked.Query()))
	}
}

func TestNothingIsPaidForUnasked(t *testing.T) {
	t.Parallel()
	s := &service{body: good}
	if _, err := setup(s).Page(t.Context(), page, scrapfly.Options{}); err != nil {
		t.Fatal(err)
	}
	query := s.asked[0].URL.Query()
	for _, dear := range []string{"render_js", "asp", "proxy_pool", "country", "screenshots"} {
		if query.Has(dear) {
			t.Errorf("asked with %s=%s, want it left out", dear, query.Get(dear))
		}
	}
}

func TestStatusOfThePageIsHanded(t *testing.T) {
	t.Parallel()
	got, err := setup(&service{body: strings.Replace(good, `"status_code":200`, `"status_code":404`, 1)}).Page(t.Context(), page, scrapfly.Options{})
	if err != nil || got.Body.Status != http.StatusNotFound || got.Credits != 6 {
		t.Errorf("got %+v, %v, want the 404 of the page and its price", got, err)
	}
}

func TestRefusals(t *testing.T) {
	t.Parallel()
	scrape := func(code string, retryable bool, status int) string {
		return fmt.Sprintf(`{"context":{"cost":{"total":3}},"result":{"success":false,"status_code":%d,"content":"","error":{"code":%q,"retryable":%t,"message":"see http://evil.example"}}}`, status, code, retryable)
	}
	reject := func(code string, more ...string) http.Header {
		h := http.Header{"X-Scrapfly-Reject-Code": {code}}
		for i := 0; i < len(more); i += 2 {
			h.Set(more[i], more[i+1])
		}
		return h
	}
	for name, c := range map[string]struct {
		service service
		want    scrapfly.Error
	}{
		"wrong key":          {service{status: 401, body: `{"status":"error","message":"Invalid API key"}`}, scrapfly.Error{Kind: stockdigest.ErrDenied}},
		"no right":           {service{status: 403}, scrapfly.Error{Kind: stockdigest.ErrDenied}},
		"not paid":           {service{status: 402}, scrapfly.Error{Kind: stockdigest.ErrDenied}},
		"no credits":         {service{status: 429, header: reject("ERR::SCRAPE::QUOTA_LIMIT_REACHED")}, scrapfly.Error{Kind: stockdigest.ErrDenied, Code: "ERR::SCRAPE::QUOTA_LIMIT_REACHED"}},
		"too fast":           {service{status: 429, header: reject("ERR::THROTTLE::MAX_REQUEST_RATE_EXCEEDED", "Retry-After", "30")}, scrapfly.Error{Kind: stockdigest.ErrUnavailable, Code: "ERR::THROTTLE::MAX_REQUEST_RATE_EXCEEDED", RetryAfter: 30 * time.Second}},
		"too fast, absurd":   {service{status: 429, header: reject("", "Retry-After", "315360000")}, scrapfly.Error{Kind: stockdigest.ErrUnavailable, RetryAfter: 24 * time.Hour}},
		"too fast, silent":   {service{status: 429}, scrapfly.Error{Kind: stockdigest.ErrUnavailable, RetryAfter: time.Minute}},
		"bad request":        {service{status: 400}, scrapfly.Error{Kind: stockdigest.ErrInvalid}},
		"its trouble":        {service{status: 503, header: reject("", "X-Scrapfly-Api-Cost", "2")}, scrapfly.Error{Kind: stockdigest.ErrUnavailable, Credits: 2, RetryAfter: 5 * time.Minute}},
		"redirect":           {service{status: 302, header: http.Header{"Location": {"https://evil.example/"}}}, scrapfly.Error{Kind: stockdigest.ErrInvalid}},
		"page is gone":       {service{status: 422, body: scrape("ERR::SCRAPE::BAD_UPSTREAM_RESPONSE", false, 410)}, scrapfly.Error{Kind: stockdigest.ErrNotFound, Code: "ERR::SCRAPE::BAD_UPSTREAM_RESPONSE", Status: 410, Credits: 3}},
		"page is walled":     {service{status: 422, body: scrape("ERR::SCRAPE::BAD_UPSTREAM_RESPONSE", false, 403)}, scrapfly.Error{Kind: stockdigest.ErrDenied, Code: "ERR::SCRAPE::BAD_UPSTREAM_RESPONSE", Status: 403, Credits: 3}},
		"page's trouble":     {service{status: 422, body: scrape("ERR::SCRAPE::BAD_UPSTREAM_RESPONSE", false, 502)}, scrapfly.Error{Kind: stockdigest.ErrUnavailable, Code: "ERR::SCRAPE::BAD_UPSTREAM_RESPONSE", Status: 502, Credits: 3, RetryAfter: 15 * time.Minute}},
		"wall stood":         {service{status: 422, body: scrape("ERR::ASP::SHIELD_PROTECTION_FAILED", false, 0)}, scrapfly.Error{Kind: stockdigest.ErrDenied, Code: "ERR::ASP::SHIELD_PROTECTION_FAILED", Credits: 3}},
		"wall took too long": {service{status: 422, body: scrape("ERR::ASP::TIMEOUT", true, 0)}, scrapfly.Error{Kind: stockdigest.ErrUnavailable, Code: "ERR::ASP::TIMEOUT", Credits: 3, RetryAfter: 15 * time.Minute}},
		"no code at all":     {service{body: scrape("<script>", true, 0)}, scrapfly.Error{Kind: stockdigest.ErrUnavailable, Credits: 3, RetryAfter: 15 * time.Minute}},
		"no JSON":            {service{body: "<html>"}, scrapfly.Error{Kind: stockdigest.ErrUnavailable, RetryAfter: time.Hour}},
		"wrong form":         {service{body: `["not", {"what": "was"}, null, "asked for"]`}, scrapfly.Error{Kind: stockdigest.ErrUnavailable, RetryAfter: time.Hour}},
		"empty":              {service{body: `{}`}, scrapfly.Error{Kind: stockdigest.ErrUnavailable}},
		"picture":            {service{body: strings.Replace(good, `"text"`, `"binary"`, 1)}, scrapfly.Error{Kind: stockdigest.ErrInvalid, Status: 200, Credits: 6}},
		"large object":       {service{body: strings.Replace(good, `"text"`, `"clob"`, 1)}, scrapfly.Error{Kind: stockdigest.ErrInvalid, Status: 200, Credits: 6}},
		"too large":          {service{body: strings.Replace(good, "Grüße", strings.Repeat("x", 2<<20), 1)}, scrapfly.Error{Kind: stockdigest.ErrInvalid, Status: 200, Credits: 6}},
		"absurd price":       {service{body: strings.Replace(strings.Replace(good, `"total":6`, `"total":-9000000000`, 1), `"text"`, `"binary"`, 1)}, scrapfly.Error{Kind: stockdigest.ErrInvalid, Status: 200}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := setup(&c.service).Page(t.Context(), page, scrapfly.Options{})
			got, ok := errors.AsType[*scrapfly.Error](err)
			if !ok {
				t.Fatalf("got %v, want a *scrapfly.Error", err)
			}
			told := *got
			told.Message, told.Reason = "", "" // reasons are for the ledger; see TestTroubleOfTheServiceIsACallError
			if diff := cmp.Diff(c.want, told, cmp.Comparer(errors.Is)); diff != "" || !errors.Is(err, c.want.Kind) {
				t.Errorf("got %v: %s", err, diff)
			}
			known, ok := errors.AsType[*stockdigest.Error](err)
			if !ok || known.RetryAfter != c.want.RetryAfter || strings.Contains(err.Error(), "evil.example") {
				t.Errorf("got %v (%+v), want the kind's retry and no words of strangers", err, known)
			}
		})
	}
}

func TestWithoutKeyNothingIsAsked(t *testing.T) {
	t.Parallel()
	s := &service{body: good}
	client := scrapfly.New(scrapfly.Config{Get: fetch.New(fetch.Config{UserAgent: "test", Now: now, Transport: s}), Now: now})
	_, err := client.Page(t.Context(), page, scrapfly.Options{})
	if !errors.Is(err, scrapfly.ErrNotConfigured) || !errors.Is(err, stockdigest.ErrUnavailable) || len(s.asked) != 0 {
		t.Errorf("got %v after %d requests, want ErrNotConfigured after none", err, len(s.asked))
	}
}

func TestCreditsLeft(t *testing.T) {
	t.Parallel()
	for body, want := range map[string]struct {
		left int
		told bool
		kind error
	}{
		`{"account":{"currency":"USD"},"subscription":{"usage":{"scrape":{"current":7,"limit":1000,"remaining":993}}}}`: {left: 993, told: true},
		`{"subscription":{"usage":{"scrape":{"remaining":0}}}}`:                                                         {told: true},
		`{"subscription":{"usage":{"scrape":{"remaining":-1}}}}`:                                                        {},
		`{}`:     {},
		`["no"]`: {kind: stockdigest.ErrUnavailable},
	} {
		s := &service{body: body}
		left, told, err := setup(s).CreditsLeft(t.Context())
		if left != want.left || told != want.told || !errors.Is(err, want.kind) || s.asked[0].URL.Path != "/account" {
			t.Errorf("%s: got %d, %t, %v, want %+v", body, left, told, err, want)
		}
	}
	if _, _, err := setup(&service{status: 401}).CreditsLeft(t.Context()); !errors.Is(err, stockdigest.ErrDenied) {
		t.Errorf("wrong key: got %v, want ErrDenied", err)
	}
}

func TestHostileAddressesAreNotSent(t *testing.T) {
	t.Parallel()
	s := &service{body: good}
	for _, address := range []string{"", "file:///etc/passwd", "https://user:pw@example.com/", "javascript:x", "//example.com"} {
		if _, err := setup(s).Page(t.Context(), address, scrapfly.Options{}); !errors.Is(err, stockdigest.ErrInvalid) {
			t.Errorf("%q: got %v, want ErrInvalid", address, err)
		}
	}
	if len(s.asked) != 0 {
		t.Errorf("got %d requests, want none", len(s.asked))
	}
}

// The key must not be in errors, logs, traces or what a recorder keeps. The
// transport of this test is as careless as one can be: its error names the
// whole address.
func TestKeyIsSeenByNobody(t *testing.T) {
	t.Parallel()
	var log, recorded bytes.Buffer
	logger := slog.New(slog.NewJSONHandler(&log, &slog.HandlerOptions{Level: slog.LevelDebug}))
	for _, s := range []*service{
		{err: errors.New("dial refused")}, {status: 401, body: "wrong key " + string(key)}, {status: 302, header: http.Header{"Location": {"https://evil.example/?key=" + url.QueryEscape(string(key))}}}, {body: "no JSON " + string(key)}, {body: good},
	} {
		get := fetch.New(fetch.Config{UserAgent: "test", Now: now, Transport: s, Logger: logger, Wrap: func(next http.RoundTripper) http.RoundTripper {
			next = scrapfly.Wrap(key, next)
			return tripper(func(req *http.Request) (*http.Response, error) {
				resp, err := next.RoundTrip(req)
				fmt.Fprintln(&recorded, req.URL, err)
				if resp != nil {
					fmt.Fprintln(&recorded, resp.Request.URL)
				}
				return resp, err
			})
		}})
		cfg := scrapfly.Config{Key: key, Get: get, Now: now}
		_, err := scrapfly.New(cfg).Page(t.Context(), page, scrapfly.Options{})
		for e := err; e != nil; e = errors.Unwrap(e) {
			fmt.Fprintf(&log, "%v %+v\n", e, e)
		}
		logger.Error("failed", "err", err, "key", cfg.Key)
		fmt.Fprintf(&log, "%v %+v %#v %s %q\n", cfg.Key, cfg.Key, cfg.Key, cfg.Key, cfg.Key)
		told, err := json.Marshal(map[string]any{"key": cfg.Key})
		if err != nil {
			t.Fatal(err)
		}
		log.Write(told)
		if got := s.asked[0].URL.Query().Get("key"); got != string(key) {
			t.Errorf("sent with key %q, want %q", got, string(key))
		}
	}
	for _, secret := range []string{string(key), url.QueryEscape(string(key)), "0123"} {
		if strings.Contains(log.String(), secret) || strings.Contains(recorded.String(), secret) {
			t.Errorf("found %q in log %s or recording %s", secret, log.String(), recorded.String())
		}
	}
}

func TestKeyGoesToScrapFlyOnly(t *testing.T) {
	t.Parallel()
	s := &service{}
	trip := scrapfly.Wrap(key, s)
	for _, raw := range []string{"https://www.example.com/scrape", "http://api.scrapfly.io/scrape", "https://api.scrapfly.io.evil.example/scrape", "https://evil.example/?url=https://api.scrapfly.io/scrape", "https://api.scrapfly.io:444/scrape"} {
		req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, raw, http.NoBody)
		if err != nil {
			t.Fatal(err)
		}
		resp, err := trip.RoundTrip(req)
		if err != nil {
			t.Fatal(err)
		}
		resp.Body.Close()
		if got := s.asked[len(s.asked)-1].URL; got.Query().Has("key") {
			t.Errorf("%s was sent as %s", raw, got)
		}
	}
}

type tripper func(*http.Request) (*http.Response, error)

func (f tripper) RoundTrip(req *http.Request) (*http.Response, error) { return f(req) }

func FuzzParse(f *testing.F) {
	f.Add([]byte(good))
	f.Add([]byte(`{"result":{"status_code":1e9,"url":"javascript:x","content_type":"a/b\u0000","content":"\ud800","format":"TEXT","error":{}}}`))
	f.Add([]byte(`{"context":{"cost":{"total":-1}},"result":{"error":{"code":"ERR::X","retryable":true}}}`))
	f.Fuzz(func(t *testing.T, raw []byte) {
		got, err := scrapfly.Parse(raw, page)
		if err != nil {
			if e, ok := errors.AsType[*scrapfly.Error](err); !ok || e.Credits < 0 || !utf8.ValidString(e.Error()) || len(e.Error()) > 300 {
				t.Errorf("answer %q: got %v, want a bounded *scrapfly.Error", raw, err)
			}
			return
		}
		if _, err := stockdigest.CanonicalURL(got.Body.FinalURL); err != nil || got.Credits < 0 || got.Body.Status < 100 || !utf8.Valid(got.Body.Bytes) || len(got.Body.Bytes) > 2<<20 {
			t.Errorf("answer %q: got %+v, want bounds kept", raw, got)
		}
	})
}
