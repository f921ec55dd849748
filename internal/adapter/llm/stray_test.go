package llm_test

import (
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/anthropics/anthropic-sdk-go"
	"github.com/anthropics/anthropic-sdk-go/option"
	"google.golang.org/genai"

	"stockdigest.app/stockdigest/internal/adapter/llm"
)

// TestAStrayVariableSendsNothingElsewhere sets every variable by which the
// libraries can be led away from what they were told.
func TestAStrayVariableSendsNothingElsewhere(t *testing.T) {
	var strayed atomic.Int32
	elsewhere := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { strayed.Add(1) }))
	t.Cleanup(elsewhere.Close)
	for _, name := range []string{
		"ANTHROPIC_BASE_URL", "ANTHROPIC_API_BASE", "GOOGLE_GEMINI_BASE_URL", "GOOGLE_VERTEX_BASE_URL", "GOOGLE_GENAI_BASE_URL", "OPENAI_BASE_URL",
	} {
		t.Setenv(name, elsewhere.URL)
	}
	for _, name := range []string{
		"ANTHROPIC_API_KEY", "ANTHROPIC_AUTH_TOKEN", "GOOGLE_API_KEY", "GEMINI_API_KEY", "OPENAI_API_KEY", "ANTHROPIC_WEBHOOK_SIGNING_KEY",
		"GOOGLE_CLOUD_PROJECT", "GOOGLE_CLOUD_LOCATION", "ANTHROPIC_PROFILE", "ANTHROPIC_CONFIG_DIR", "ANTHROPIC_FEDERATION_RULE_ID",
		"ANTHROPIC_ORGANIZATION_ID", "ANTHROPIC_IDENTITY_TOKEN", "GOOGLE_APPLICATION_CREDENTIALS", "OPENAI_ORG_ID",
	} {
		t.Setenv(name, "stray-4712")
	}
	t.Setenv("ANTHROPIC_CUSTOM_HEADERS", "X-Stray: stray-4712")
	t.Setenv("GOOGLE_GENAI_USE_VERTEXAI", "true")
	t.Setenv("GOOGLE_GENAI_USE_ENTERPRISE", "true")
	t.Setenv("ANTHROPIC_OPEN_TELEMETRY_TRACES_CONTENT_MODE", "content")
	for _, f := range families() {
		var header http.Header
		c := f.client(t, func(w http.ResponseWriter, r *http.Request) {
			header = r.Header
			_, _ = io.WriteString(w, f.good())
		})
		if _, err := c.Complete(t.Context(), f.model, prompt()); err != nil {
			t.Errorf("%s: %v", f.name, err)
		}
		for name, values := range header {
			if said := strings.Join(values, " "); strings.Contains(said, "stray") || strings.Contains(said, key) && name != f.header {
				t.Errorf("%s sends %s: %s", f.name, name, said)
			}
		}
		if c, err := f.open(llm.Config{BaseURL: "https://models.example", Now: time.Now}); err == nil && f.name != "openai" {
			t.Errorf("%s takes a key from somewhere: %v", f.name, c)
		}
	}
	if strayed.Load() != 0 {
		t.Errorf("%d requests went elsewhere", strayed.Load())
	}
	bareClaude(t, option.WithMaxRetries(0))
	bareGemini(t)
	if strayed.Load() != 2 {
		t.Errorf("%d of two bare libraries went elsewhere: the test would see nothing", strayed.Load())
	}
}

// bareClaude asks as Anthropic's library does when it is left alone.
func bareClaude(t *testing.T, opts ...option.RequestOption) {
	t.Helper()
	client := anthropic.NewClient(append(opts, option.WithAPIKey(key))...)
	_, _ = client.Messages.New(t.Context(), anthropic.MessageNewParams{
		Model: "m", MaxTokens: 10, Messages: []anthropic.MessageParam{anthropic.NewUserMessage(anthropic.NewTextBlock("hello"))},
	})
}

func bareGemini(t *testing.T) {
	t.Helper()
	client, err := genai.NewClient(t.Context(), &genai.ClientConfig{APIKey: key})
	if err != nil {
		t.Fatal(err)
	}
	_, _ = client.Models.GenerateContent(t.Context(), "m", genai.Text("hello"), nil)
}

func TestNobodyAsksAgain(t *testing.T) {
	t.Parallel()
	var times atomic.Int32
	again := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		times.Add(1)
		if strings.HasSuffix(r.URL.Path, ":generateContent") { // and it wants to be asked to go on
			_, _ = io.WriteString(w, `{"candidates":[{"finishReason":"CONTINUATION","continuationToken":"YQ=="}],"continuationToken":"YQ=="}`)
			return
		}
		w.Header().Set("Retry-After-Ms", "1")
		w.Header().Set("X-Should-Retry", "true")
		w.WriteHeader(529)
	}))
	t.Cleanup(again.Close)
	bareClaude(t, option.WithBaseURL(again.URL))
	if times.Load() < 2 {
		t.Errorf("a bare library asked %d times: the test would see nothing", times.Load())
	}
	for _, f := range families() {
		times.Store(0)
		_, _ = f.at(t, again.URL).Complete(t.Context(), f.model, prompt())
		if times.Load() != 1 {
			t.Errorf("%s asked %d times, want once", f.name, times.Load())
		}
	}
}
