package llm_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"stockdigest.app/stockdigest"
	"stockdigest.app/stockdigest/internal/adapter/llm"
)

const key = "sk-canary-4711"

var now = time.Date(2026, 3, 3, 7, 0, 0, 0, time.UTC)

func prompt() stockdigest.Prompt {
	return stockdigest.Prompt{
		Name: "choose", Version: "1", System: "Choose.", Input: "[1] One.\n", MaxOutput: 800,
		Schema: json.RawMessage(`{"type":"object"}`),
	}
}

// An asker is a client of any family.
type asker interface {
	Name() string
	Complete(ctx context.Context, model string, p stockdigest.Prompt) (stockdigest.Completion, error)
	Probe(ctx context.Context, model string) error
}

// A family is one of the languages in which models are asked.
type family struct {
	name, model string
	path        string // of a question
	header      string // of the key
	refusal     string // its word for it
	length      string // its word for an answer that was cut
	end         string // its word for one that is whole
	open        func(llm.Config) (asker, error)
	answer      func(text, stop string, u stockdigest.Usage) string
}

func families() []family {
	return []family{
		{
			"openai", "gpt-5-mini", "/v1/chat/completions", "Authorization", "content_filter", "length", "stop",
			func(c llm.Config) (asker, error) { c.BaseURL += "/v1"; return llm.New(c) },
			func(text, stop string, u stockdigest.Usage) string {
				return fmt.Sprintf(`{"model":"m-2026","choices":[{"message":{"content":%s},"finish_reason":%q}],
"usage":{"prompt_tokens":%d,"completion_tokens":%d,"prompt_tokens_details":{"cached_tokens":%d}}}`, quoted(text), stop, u.In, u.Out, u.InCached)
			},
		},
		{
			"claude", "claude-sonnet-4-6", "/v1/messages", "X-Api-Key", "refusal", "max_tokens", "end_turn",
			func(c llm.Config) (asker, error) { return llm.NewClaude(c) },
			func(text, stop string, u stockdigest.Usage) string {
				return fmt.Sprintf(`{"model":"m-2026","type":"message","content":[{"type":"thinking","thinking":"hm"},{"type":"text","text":%s}],"stop_reason":%q,
"usage":{"input_tokens":%d,"output_tokens":%d,"cache_read_input_tokens":%d}}`, quoted(text), stop, u.In-u.InCached, u.Out, u.InCached)
			},
		},
		{
			"gemini", "gemini-2.5-flash", "/v1beta/models/gemini-2.5-flash:generateContent", "X-Goog-Api-Key", "SAFETY", "MAX_TOKENS", "STOP",
			func(c llm.Config) (asker, error) { return llm.NewGemini(c) },
			func(text, stop string, u stockdigest.Usage) string {
				return fmt.Sprintf(`{"modelVersion":"m-2026","candidates":[{"content":{"parts":[{"text":"hm","thought":true},{"text":%s}],"role":"model"},"finishReason":%q}],
"usageMetadata":{"promptTokenCount":%d,"candidatesTokenCount":%d,"thoughtsTokenCount":1,"cachedContentTokenCount":%d}}`, quoted(text), stop, u.In, u.Out-1, u.InCached)
			},
		},
	}
}

func quoted(text string) string {
	raw, err := json.Marshal(text)
	if err != nil {
		panic(err)
	}
	return string(raw)
}

// good is an answer without fault.
func (f family) good() string {
	return f.answer(`{"sentences":[1]}`, f.end, stockdigest.Usage{In: 120, InCached: 100, Out: 9})
}

// client is a client of a loopback server that answers every request alike.
func (f family) client(t *testing.T, answer http.HandlerFunc) asker {
	t.Helper()
	server := httptest.NewServer(answer)
	t.Cleanup(server.Close)
	return f.at(t, server.URL)
}

func (f family) at(t *testing.T, base string) asker {
	t.Helper()
	c, err := f.open(llm.Config{BaseURL: base, Key: key, Now: func() time.Time { return now }})
	if err != nil {
		t.Fatalf("open %s: %v", f.name, err)
	}
	return c
}

func answers(status int, body string, headers ...string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		for i := 0; i < len(headers); i += 2 {
			w.Header().Set(headers[i], headers[i+1])
		}
		w.WriteHeader(status)
		_, _ = io.WriteString(w, body)
	}
}

func TestCompleteAsksOnceAndReadsTheAnswer(t *testing.T) {
	t.Parallel()
	for _, f := range families() {
		t.Run(f.name, func(t *testing.T) {
			t.Parallel()
			var path, shown string
			times := 0
			c := f.client(t, func(w http.ResponseWriter, r *http.Request) {
				path, shown = r.URL.String(), r.Header.Get(f.header)
				times++
				_, _ = io.WriteString(w, f.good())
			})
			answer, err := c.Complete(t.Context(), f.model, prompt())
			if err != nil {
				t.Fatalf("Complete: %v", err)
			}
			want := stockdigest.Completion{Text: `{"sentences":[1]}`, Stop: stockdigest.StopEnd, Model: "m-2026", Usage: stockdigest.Usage{In: 120, InCached: 100, Out: 9}}
			if diff := cmp.Diff(want, answer); diff != "" {
				t.Errorf("answer (-want +got):\n%s", diff)
			}
			if path != f.path || strings.TrimPrefix(shown, "Bearer ") != key || times != 1 || c.Name() != f.name {
				t.Errorf("%s asked %s %d times with %q, want %s once and the key in its header only", c.Name(), path, times, shown, f.path)
			}
		})
	}
}

func TestEveryStatusIsACallErrorThatBillsNothing(t *testing.T) {
	t.Parallel()
	const quota = `{"error":{"message":"You exceeded your current quota","type":"insufficient_quota","code":"insufficient_quota"}}`
	for name, c := range map[string]struct {
		status  int
		body    string
		headers []string
		reason  stockdigest.CallReason
		after   time.Duration
	}{
		"400":                     {400, `{"error":{"message":"no such field"}}`, nil, stockdigest.CallBadRequest, 0},
		"401":                     {401, `{"error":"wrong key"}`, nil, stockdigest.CallBadKey, 0},
		"402":                     {402, ``, nil, stockdigest.CallNoFunds, 0},
		"403":                     {403, `<html>no</html>`, nil, stockdigest.CallBadKey, 0},
		"404":                     {404, `{"error":{"message":"no such model","code":"model_not_found"}}`, nil, stockdigest.CallNoModel, 0},
		"404 of a page":           {404, `<html>no</html>`, nil, stockdigest.CallBadRequest, 0},
		"a number for a message":  {400, `{"error":{"message":7,"details":{}}}`, nil, stockdigest.CallBadRequest, 0},
		"408":                     {408, ``, nil, stockdigest.CallTimeout, 0},
		"409":                     {409, ``, nil, stockdigest.CallBusy, 0},
		"413":                     {413, ``, nil, stockdigest.CallBadRequest, 0},
		"422":                     {422, ``, nil, stockdigest.CallBadRequest, 0},
		"429":                     {429, `{"error":{"code":"rate_limit_exceeded"}}`, nil, stockdigest.CallBusy, 0},
		"429 in seconds":          {429, ``, []string{"Retry-After", "17"}, stockdigest.CallBusy, 17 * time.Second},
		"429 in part of a second": {429, ``, []string{"Retry-After-Ms", "644"}, stockdigest.CallBusy, 644 * time.Millisecond},
		"429 at a date":           {429, ``, []string{"Retry-After", "Tue, 03 Mar 2026 07:02:00 GMT"}, stockdigest.CallBusy, 2 * time.Minute},
		"429 at a date gone by":   {429, ``, []string{"Retry-After", "Tue, 03 Mar 2015 07:02:00 GMT"}, stockdigest.CallBusy, 0},
		"429 in ten years":        {429, ``, []string{"Retry-After", "315360000"}, stockdigest.CallBusy, 24 * time.Hour},
		"429 beyond numbers":      {429, ``, []string{"Retry-After", strings.Repeat("9", 400)}, stockdigest.CallBusy, 24 * time.Hour},
		"429 in the year 9999":    {429, ``, []string{"Retry-After", "Fri, 31 Dec 9999 23:59:59 GMT"}, stockdigest.CallBusy, 24 * time.Hour},
		"429 before now":          {429, ``, []string{"Retry-After", "-5"}, stockdigest.CallBusy, 0},
		"429 in words":            {429, ``, []string{"Retry-After", "soon"}, stockdigest.CallBusy, 0},
		"429 not a number":        {429, ``, []string{"Retry-After", "NaN"}, stockdigest.CallBusy, 0},
		"429 without funds":       {429, quota, nil, stockdigest.CallNoFunds, 0},
		"500":                     {500, `{"error":{"message":7}}`, nil, stockdigest.CallOverloaded, 0},
		"502":                     {502, `Bad Gateway`, nil, stockdigest.CallOverloaded, 0},
		"503":                     {503, ``, []string{"Retry-After", "3"}, stockdigest.CallOverloaded, 3 * time.Second},
		"504":                     {504, ``, nil, stockdigest.CallOverloaded, 0},
		"529":                     {529, `{"type":"error","error":{"type":"overloaded_error","message":"Overloaded"}}`, nil, stockdigest.CallOverloaded, 0},
		"redirect":                {307, ``, []string{"Location", "https://elsewhere.example/"}, stockdigest.CallBadRequest, 0},
		"a refusal of 5 MB":       {500, strings.Repeat("x", 5<<20), nil, stockdigest.CallOverloaded, 0},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			for _, f := range families() {
				t.Run(f.name, func(t *testing.T) {
					t.Parallel()
					e := failure(t, f, f.client(t, answers(c.status, c.body, c.headers...)), t.Context())
					got := stockdigest.CallError{Provider: e.Provider, Reason: e.Reason, Status: e.Status, RetryAfter: e.RetryAfter, MaybeBilled: e.MaybeBilled}
					want := stockdigest.CallError{Provider: f.name, Reason: c.reason, Status: c.status, RetryAfter: c.after}
					if diff := cmp.Diff(want, got); diff != "" {
						t.Errorf("(-want +got):\n%s", diff)
					}
				})
			}
		})
	}
}

func TestABrokenAnswerMayHaveBeenBilled(t *testing.T) {
	t.Parallel()
	for _, f := range families() {
		t.Run(f.name, func(t *testing.T) {
			t.Parallel()
			good := f.good()
			for name, answer := range map[string]http.HandlerFunc{
				"half the JSON":     answers(200, good[:60]),
				"no JSON":           answers(200, "<html>ok</html>"),
				"nothing":           answers(200, ""),
				"null":              answers(200, "null"),
				"another type":      answers(200, `[1,2]`),
				"choices of words":  answers(200, `{"choices":"none","content":"none","candidates":"none"}`),
				"no choice":         answers(200, `{"choices":[],"error":{"message":"upstream gave up"}}`),
				"two answers":       answers(200, good+good),
				"too much":          answers(200, `{"x":"`+strings.Repeat("x", 5<<20)+`"}`),
				"blanks":            answers(200, strings.Repeat(" ", 1<<20)),
				"no content":        answers(204, ""),
				"cut in the middle": hijack("HTTP/1.1 200 OK\r\nContent-Length: 500\r\n\r\n{\"choices\":"),
				"no HTTP":           hijack("220 mail.example ESMTP\r\n"),
				"closed":            hijack(""),
			} {
				t.Run(name, func(t *testing.T) {
					t.Parallel()
					if e := failure(t, f, f.client(t, answer), t.Context()); e.Reason != stockdigest.CallBroken || !e.MaybeBilled || !e.Temporary() {
						t.Errorf("got %+v, want broken and maybe billed", e)
					}
				})
			}
		})
	}
}

func TestASlowAnswerIsATimeoutThatMayHaveBeenBilled(t *testing.T) {
	t.Parallel()
	for _, f := range families() {
		t.Run(f.name, func(t *testing.T) {
			t.Parallel()
			for name, first := range map[string]string{"before the header": "", "in the body": `{"choices":`} {
				t.Run(name, func(t *testing.T) {
					t.Parallel()
					arrived := make(chan struct{})
					c := f.client(t, func(w http.ResponseWriter, r *http.Request) {
						_, _ = io.Copy(io.Discard, r.Body)
						_, _ = io.WriteString(w, first)
						_ = http.NewResponseController(w).Flush()
						close(arrived)
						<-r.Context().Done()
					})
					ctx := &lateContext{Context: t.Context(), done: make(chan struct{})}
					go func() { <-arrived; close(ctx.done) }()
					if e := failure(t, f, c, ctx); e.Reason != stockdigest.CallTimeout || !e.MaybeBilled {
						t.Errorf("got %+v, want a timeout, maybe billed", e)
					}
				})
			}
		})
	}
}

// lateContext is a context whose deadline passes when the test says so.
type lateContext struct {
	context.Context //nolint:containedctx // it is one
	done            chan struct{}
}

func (c *lateContext) Done() <-chan struct{} { return c.done }

func (c *lateContext) Err() error {
	select {
	case <-c.done:
		return context.DeadlineExceeded
	default:
		return nil
	}
}

func TestWhatNeverLeftIsNotBilled(t *testing.T) {
	t.Parallel()
	gone := httptest.NewServer(nil)
	gone.Close()
	stranger := httptest.NewUnstartedServer(nil)
	stranger.Config.ErrorLog = log.New(io.Discard, "", 0)
	stranger.StartTLS()
	t.Cleanup(stranger.Close)
	for _, f := range families() {
		t.Run(f.name, func(t *testing.T) {
			t.Parallel()
			for name, base := range map[string]string{"nobody listens": gone.URL, "not whom we know": stranger.URL} {
				e := failure(t, f, f.at(t, base), t.Context())
				if e.MaybeBilled || e.Reason != stockdigest.CallUnavailable || !errors.Is(e, stockdigest.ErrUnavailable) {
					t.Errorf("%s: got %+v, want unavailable, not billed", name, e)
				}
			}
			over, cancel := context.WithCancel(t.Context())
			cancel()
			if e := failure(t, f, f.at(t, gone.URL), over); e.MaybeBilled || e.Reason != stockdigest.CallUnavailable {
				t.Errorf("already over: got %+v, want unavailable, not billed", e)
			}
			bad := prompt()
			bad.Schema = json.RawMessage(`{"type":`)
			_, err := f.at(t, gone.URL).Complete(t.Context(), f.model, bad)
			if e, ok := errors.AsType[*stockdigest.CallError](err); !ok || e.MaybeBilled || e.Reason != stockdigest.CallBadRequest {
				t.Errorf("a broken schema: got %v, want a bad request, not billed", err)
			}
		})
	}
}

func TestNoErrorShowsTheKey(t *testing.T) {
	t.Parallel()
	echo := `{"error":{"message":"Incorrect API key provided: ` + key + `."}}`
	for _, f := range families() {
		t.Run(f.name, func(t *testing.T) {
			t.Parallel()
			for name, answer := range map[string]http.HandlerFunc{
				"a refusal":       answers(401, echo),
				"a long refusal":  answers(401, `{"error":{"message":"`+strings.Repeat("x", 295)+key+`"}}`),
				"a mere string":   answers(400, `{"error":"`+key+`"}`),
				"no choice":       answers(200, echo),
				"a broken header": hijack("HTTP/1.1 " + key + "\r\n\r\n"),
			} {
				e := failure(t, f, f.client(t, answer), t.Context())
				if shown := fmt.Sprintf("%v %+v", e, e.Err); strings.Contains(shown, "canary") {
					t.Errorf("%s: %q shows the key", name, shown)
				}
			}
		})
	}
}

func TestARefusalIsAnAnswerWithoutText(t *testing.T) {
	t.Parallel()
	for _, f := range families() {
		t.Run(f.name, func(t *testing.T) {
			t.Parallel()
			used := stockdigest.Usage{In: 70, Out: 3}
			answer, err := f.client(t, answers(200, f.answer("I would rat", f.refusal, used))).Complete(t.Context(), f.model, prompt())
			if err != nil || answer.Stop != stockdigest.StopRefusal || answer.Text != "" || answer.Usage != used {
				t.Errorf("got %+v (%v), want a refusal of %+v without text", answer, err, used)
			}
		})
	}
}

func TestStopsAreToldInOneSetOfWords(t *testing.T) {
	t.Parallel()
	for _, f := range families() {
		t.Run(f.name, func(t *testing.T) {
			t.Parallel()
			for word, want := range map[string]string{f.end: stockdigest.StopEnd, f.length: stockdigest.StopLength, "tool_use": stockdigest.StopOther, "": stockdigest.StopOther} {
				answer, err := f.client(t, answers(200, f.answer("{}", word, stockdigest.Usage{In: 7, Out: 3}))).Complete(t.Context(), f.model, prompt())
				if err != nil || answer.Stop != want || answer.Text != "{}" {
					t.Errorf("%q: got %+v (%v), want stop %s", word, answer, err, want)
				}
			}
		})
	}
}

func TestNewRefusesAnAddressThatShowsTheKey(t *testing.T) {
	t.Parallel()
	for base, ok := range map[string]bool{
		"https://models.example":         true,
		"http://127.0.0.1:8080":          true,
		"http://[::1]:8080":              true,
		"http://localhost:11434":         true,
		"http://models.example":          false,
		"http://127.0.0.1.example.com/":  false,
		"http://10.0.0.7":                false,
		"https://ada:secret@models.test": false,
		"https://models.example/v1?k=1":  false,
		"https://models.example/v1#k":    false,
		"ftp://models.example":           false,
		"models.example":                 false,
		"https:models.example":           false,
		"https://":                       false,
		"http://127.0.0.1:port":          false,
	} {
		for _, f := range families() {
			_, err := f.open(llm.Config{BaseURL: base, Key: key})
			if (err == nil) != ok || err != nil && (!errors.Is(err, stockdigest.ErrInvalid) || strings.Contains(err.Error(), "secret")) {
				t.Errorf("%s at %q: got %v, want ok %t", f.name, base, err, ok)
			}
		}
	}
	for _, f := range families() {
		if _, err := f.open(llm.Config{BaseURL: "https://models.example", Key: "two\nlines"}); !errors.Is(err, stockdigest.ErrInvalid) || strings.Contains(err.Error(), "two") {
			t.Errorf("%s, a key with a line end: got %v, want ErrInvalid without the key", f.name, err)
		}
	}
}

// failure is the error of a call that must fail.
func failure(t *testing.T, f family, c asker, ctx context.Context) *stockdigest.CallError { //nolint:revive // t comes first in helpers
	t.Helper()
	ctx, cancel := context.WithTimeout(ctx, time.Minute) // a guard against hanging
	defer cancel()
	answer, err := c.Complete(ctx, f.model, prompt())
	e, ok := errors.AsType[*stockdigest.CallError](err)
	if !ok {
		t.Fatalf("got %+v and %v, want a CallError", answer, err)
	}
	return e
}

// hijack answers with raw bytes and closes the connection.
func hijack(raw string) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body)
		conn, _, err := http.NewResponseController(w).Hijack()
		if err != nil {
			return
		}
		_, _ = io.WriteString(conn, raw)
		if tcp, ok := conn.(*net.TCPConn); ok && raw == "" {
			_ = tcp.SetLinger(0) // a reset
		}
		_ = conn.Close()
	}
}
