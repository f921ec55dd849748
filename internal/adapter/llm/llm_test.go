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

const good = `{"model":"m-2026","choices":[{"message":{"content":"{\"sentences\":[1]}"},"finish_reason":"stop"}],
"usage":{"prompt_tokens":120,"completion_tokens":9,"prompt_tokens_details":{"cached_tokens":100}}}`

// provider is a loopback server that answers every request alike.
func provider(t *testing.T, answer http.HandlerFunc) *llm.Client {
	t.Helper()
	server := httptest.NewServer(answer)
	t.Cleanup(server.Close)
	return client(t, server.URL+"/v1/")
}

func client(t *testing.T, base string) *llm.Client {
	t.Helper()
	c, err := llm.New(llm.Config{BaseURL: base, Key: key, Now: func() time.Time { return now }})
	if err != nil {
		t.Fatalf("New: %v", err)
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

func TestCompleteSendsThePromptAndReadsTheAnswer(t *testing.T) {
	t.Parallel()
	var got map[string]any
	var path, authorization string
	c := provider(t, func(w http.ResponseWriter, r *http.Request) {
		path, authorization = r.URL.String(), r.Header.Get("Authorization")
		_ = json.NewDecoder(r.Body).Decode(&got)
		_, _ = io.WriteString(w, good)
	})
	answer, err := c.Complete(t.Context(), "m", prompt())
	if err != nil {
		t.Fatalf("Complete: %v", err)
	}
	want := stockdigest.Completion{Text: `{"sentences":[1]}`, Stop: "stop", Model: "m-2026", Usage: stockdigest.Usage{In: 120, InCached: 100, Out: 9}}
	if diff := cmp.Diff(want, answer); diff != "" {
		t.Errorf("answer (-want +got):\n%s", diff)
	}
	sent := map[string]any{
		"model": "m", "max_completion_tokens": 800.0,
		"messages": []any{map[string]any{"role": "system", "content": "Choose."}, map[string]any{"role": "user", "content": "[1] One.\n"}},
		"response_format": map[string]any{"type": "json_schema", "json_schema": map[string]any{
			"name": "choose", "strict": true, "schema": map[string]any{"type": "object"},
		}},
	}
	if diff := cmp.Diff(sent, got); diff != "" {
		t.Errorf("request (-want +got):\n%s", diff)
	}
	if path != "/v1/chat/completions" || authorization != "Bearer "+key {
		t.Errorf("got %s with %q, want the key in its header only", path, authorization)
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
		"404":                     {404, `{"error":{"message":"no such model","code":"model_not_found"}}`, nil, stockdigest.CallBadRequest, 0},
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
			e := failure(t, provider(t, answers(c.status, c.body, c.headers...)), t.Context())
			got := stockdigest.CallError{Provider: e.Provider, Reason: e.Reason, Status: e.Status, RetryAfter: e.RetryAfter, MaybeBilled: e.MaybeBilled}
			want := stockdigest.CallError{Provider: "openai", Reason: c.reason, Status: c.status, RetryAfter: c.after}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

func TestABrokenAnswerMayHaveBeenBilled(t *testing.T) {
	t.Parallel()
	for name, answer := range map[string]http.HandlerFunc{
		"half the JSON":     answers(200, good[:60]),
		"no JSON":           answers(200, "<html>ok</html>"),
		"nothing":           answers(200, ""),
		"another type":      answers(200, `[1,2]`),
		"choices of words":  answers(200, `{"choices":"none"}`),
		"no choice":         answers(200, `{"choices":[],"error":{"message":"upstream gave up"}}`),
		"two answers":       answers(200, good+good),
		"too much":          answers(200, `{"x":"`+strings.Repeat("x", 5<<20)+`"}`),
		"no content":        answers(204, ""),
		"cut in the middle": hijack("HTTP/1.1 200 OK\r\nContent-Length: 500\r\n\r\n{\"choices\":"),
		"no HTTP":           hijack("220 mail.example ESMTP\r\n"),
		"closed":            hijack(""),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if e := failure(t, provider(t, answer), t.Context()); e.Reason != stockdigest.CallBroken || !e.MaybeBilled || !e.Temporary() {
				t.Errorf("got %+v, want broken and maybe billed", e)
			}
		})
	}
}

func TestASlowAnswerIsATimeoutThatMayHaveBeenBilled(t *testing.T) {
	t.Parallel()
	for name, first := range map[string]string{"before the header": "", "in the body": `{"choices":`} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			arrived := make(chan struct{})
			c := provider(t, func(w http.ResponseWriter, r *http.Request) {
				_, _ = io.Copy(io.Discard, r.Body)
				_, _ = io.WriteString(w, first)
				_ = http.NewResponseController(w).Flush()
				close(arrived)
				<-r.Context().Done()
			})
			ctx := &lateContext{Context: t.Context(), done: make(chan struct{})}
			go func() { <-arrived; close(ctx.done) }()
			if e := failure(t, c, ctx); e.Reason != stockdigest.CallTimeout || !e.MaybeBilled {
				t.Errorf("got %+v, want a timeout, maybe billed", e)
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
	for name, base := range map[string]string{"nobody listens": gone.URL, "not whom we know": stranger.URL} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			e := failure(t, client(t, base), t.Context())
			if e.MaybeBilled || e.Reason != stockdigest.CallUnavailable || !errors.Is(e, stockdigest.ErrUnavailable) {
				t.Errorf("got %+v, want unavailable, not billed", e)
			}
		})
	}
}

func TestNoErrorShowsTheKey(t *testing.T) {
	t.Parallel()
	echo := `{"error":{"message":"Incorrect API key provided: ` + key + `."}}`
	for name, answer := range map[string]http.HandlerFunc{
		"a refusal":       answers(401, echo),
		"a long refusal":  answers(401, `{"error":{"message":"`+strings.Repeat("x", 295)+key+`"}}`),
		"a mere string":   answers(400, `{"error":"`+key+`"}`),
		"no choice":       answers(200, echo),
		"a broken header": hijack("HTTP/1.1 " + key + "\r\n\r\n"),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			e := failure(t, provider(t, answer), t.Context())
			if shown := fmt.Sprintf("%v %+v", e, e.Err); strings.Contains(shown, "canary") {
				t.Errorf("%q shows the key", shown)
			}
		})
	}
}

func TestUsageThatIsNotToldCountsAtWorst(t *testing.T) {
	t.Parallel()
	worst := stockdigest.Usage{In: len("Choose.") + len("[1] One.\n") + len(`{"type":"object"}`), Out: 800}
	for name, c := range map[string]struct {
		usage string
		want  stockdigest.Usage
	}{
		"told":             {`{"prompt_tokens":50,"completion_tokens":3}`, stockdigest.Usage{In: 50, Out: 3}},
		"ten times":        {`{"prompt_tokens":500000,"completion_tokens":30000}`, stockdigest.Usage{In: 500000, Out: 30000}},
		"more cached":      {`{"prompt_tokens":50,"completion_tokens":3,"prompt_tokens_details":{"cached_tokens":90}}`, stockdigest.Usage{In: 50, InCached: 50, Out: 3}},
		"missing":          {`null`, worst},
		"empty":            {`{}`, worst},
		"nothing read":     {`{"prompt_tokens":0,"completion_tokens":0}`, worst},
		"negative":         {`{"prompt_tokens":-5,"completion_tokens":3}`, worst},
		"words":            {`{"prompt_tokens":"many","completion_tokens":3}`, worst},
		"a list":           {`[1]`, worst},
		"beyond all sense": {`{"prompt_tokens":1e300,"completion_tokens":3}`, worst},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			body := `{"choices":[{"message":{"content":"{}"}}],"usage":` + c.usage + `}`
			answer, err := provider(t, answers(200, body)).Complete(t.Context(), "m", prompt())
			if err != nil {
				t.Fatalf("Complete: %v", err)
			}
			if diff := cmp.Diff(c.want, answer.Usage); diff != "" {
				t.Errorf("usage (-want +got):\n%s", diff)
			}
		})
	}
}

func TestTheTextOfAnAnswerMayComeInParts(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct{ message, text, stop string }{
		"parts":     {`{"content":[{"type":"text","text":"{\"a\""},{"type":"text","text":":1}"}]}`, `{"a":1}`, "length"},
		"nothing":   {`{"content":null}`, "", "length"},
		"a number":  {`{"content":7}`, "", "length"},
		"a refusal": {`{"content":"half a","refusal":"I will not."}`, "", "refusal"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			answer, err := provider(t, answers(200, `{"choices":[{"message":`+c.message+`,"finish_reason":"length"}]}`)).Complete(t.Context(), "m", prompt())
			if err != nil || answer.Text != c.text || answer.Stop != c.stop {
				t.Errorf("got %q, stop %q (%v), want %q, %q", answer.Text, answer.Stop, err, c.text, c.stop)
			}
		})
	}
}

func TestNewRefusesAnAddressThatShowsTheKey(t *testing.T) {
	t.Parallel()
	for base, ok := range map[string]bool{
		"":                               true,
		"https://models.example/v1":      true,
		"http://127.0.0.1:8080/v1":       true,
		"http://[::1]:8080/v1":           true,
		"http://localhost:11434/v1":      true,
		"http://models.example/v1":       false,
		"http://127.0.0.1.example.com/":  false,
		"http://10.0.0.7/v1":             false,
		"https://ada:secret@models.test": false,
		"https://models.example/v1?k=1":  false,
		"https://models.example/v1#k":    false,
		"ftp://models.example":           false,
		"models.example/v1":              false,
		"https:models.example":           false,
		"https://":                       false,
		"http://127.0.0.1:port/v1":       false,
	} {
		_, err := llm.New(llm.Config{BaseURL: base})
		if (err == nil) != ok || err != nil && (!errors.Is(err, stockdigest.ErrInvalid) || strings.Contains(err.Error(), "secret")) {
			t.Errorf("%q: got %v, want ok %t", base, err, ok)
		}
	}
	if _, err := llm.New(llm.Config{Key: "two\nlines"}); !errors.Is(err, stockdigest.ErrInvalid) || strings.Contains(err.Error(), "two") {
		t.Errorf("a key with a line end: got %v, want ErrInvalid without the key", err)
	}
}

func TestModelsThatReasonAreAskedToBeBrief(t *testing.T) {
	t.Parallel()
	for model, want := range map[string]any{
		"gpt-5-mini": "low", "gpt-5": "low", "gpt-5.1": "low", "GPT-5-nano-2025-08-07": "low", "o3-mini": "low",
		"gpt-5-chat-latest": nil, "gpt-4.1-mini": nil, "gpt-50": nil, "llama3.2": nil, "o1lama": nil, "gpt-oss:20b": nil,
	} {
		var got map[string]any
		c := provider(t, func(w http.ResponseWriter, r *http.Request) {
			_ = json.NewDecoder(r.Body).Decode(&got)
			_, _ = io.WriteString(w, good)
		})
		if _, err := c.Complete(t.Context(), model, prompt()); err != nil || got["reasoning_effort"] != want {
			t.Errorf("%s: got effort %v (%v), want %v", model, got["reasoning_effort"], err, want)
		}
	}
}

func TestNoKeyIsSentWhereNoneIsSet(t *testing.T) {
	t.Parallel()
	sent := true
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, sent = r.Header["Authorization"]
		_, _ = io.WriteString(w, good)
	}))
	t.Cleanup(server.Close)
	c, err := llm.New(llm.Config{Name: "local", BaseURL: server.URL})
	if err != nil {
		t.Fatalf("New: %v", err)
	}
	if _, err := c.Complete(t.Context(), "m", stockdigest.Prompt{Input: "hello"}); err != nil || sent || c.Name() != "local" {
		t.Errorf("got an authorization header: %t, error %v, name %s, want neither and local", sent, err, c.Name())
	}
}

// failure is the error of a call that must fail.
func failure(t *testing.T, c *llm.Client, ctx context.Context) *stockdigest.CallError { //nolint:revive // t comes first in helpers
	t.Helper()
	ctx, cancel := context.WithTimeout(ctx, time.Minute) // a guard against hanging
	defer cancel()
	answer, err := c.Complete(ctx, "m", prompt())
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
