package llm_test

import (
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/google/go-cmp/cmp"

	"stockdigest.app/stockdigest"
	"stockdigest.app/stockdigest/internal/adapter/llm"
)

func openAI() family { return families()[0] }

func TestOpenAIIsAskedInItsLanguage(t *testing.T) {
	t.Parallel()
	want := map[string]any{
		"model": "m", "max_completion_tokens": 800.0,
		"messages": []any{map[string]any{"role": "system", "content": "Choose."}, map[string]any{"role": "user", "content": "[1] One.\n"}},
		"response_format": map[string]any{"type": "json_schema", "json_schema": map[string]any{
			"name": "choose", "strict": true, "schema": map[string]any{"type": "object"},
		}},
	}
	if diff := cmp.Diff(want, openAI().sent(t, "m", prompt())); diff != "" {
		t.Errorf("request (-want +got):\n%s", diff)
	}
}

// sent is the request that a prompt becomes.
func (f family) sent(t *testing.T, model string, p stockdigest.Prompt) map[string]any {
	t.Helper()
	var got map[string]any
	c := f.client(t, func(w http.ResponseWriter, r *http.Request) {
		_ = json.NewDecoder(r.Body).Decode(&got)
		_, _ = io.WriteString(w, f.good())
	})
	if _, err := c.Complete(t.Context(), model, p); err != nil {
		t.Fatalf("Complete: %v", err)
	}
	return got
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
			answer, err := openAI().client(t, answers(200, body)).Complete(t.Context(), "m", prompt())
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
			answer, err := openAI().client(t, answers(200, `{"choices":[{"message":`+c.message+`,"finish_reason":"length"}]}`)).Complete(t.Context(), "m", prompt())
			if err != nil || answer.Text != c.text || answer.Stop != c.stop {
				t.Errorf("got %q, stop %q (%v), want %q, %q", answer.Text, answer.Stop, err, c.text, c.stop)
			}
		})
	}
}

func TestModelsThatReasonAreAskedToBeBrief(t *testing.T) {
	t.Parallel()
	for model, want := range map[string]any{
		"gpt-5-mini": "low", "gpt-5": "low", "gpt-5.1": "low", "GPT-5-nano-2025-08-07": "low", "o3-mini": "low",
		"gpt-5-chat-latest": nil, "gpt-4.1-mini": nil, "gpt-50": nil, "llama3.2": nil, "o1lama": nil, "gpt-oss:20b": nil,
	} {
		if got := openAI().sent(t, model, prompt())["reasoning_effort"]; got != want {
			t.Errorf("%s: got effort %v, want %v", model, got, want)
		}
	}
}

func TestNoKeyIsSentWhereNoneIsSet(t *testing.T) {
	t.Parallel()
	sent := true
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, sent = r.Header["Authorization"]
		_, _ = io.WriteString(w, openAI().good())
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
