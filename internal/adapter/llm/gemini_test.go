package llm_test

import (
	"encoding/json"
	"errors"
	"testing"

	"github.com/google/go-cmp/cmp"

	"stockdigest.app/stockdigest"
)

func gemini() family { return families()[2] }

func TestGeminiIsAskedInItsLanguage(t *testing.T) {
	t.Parallel()
	p := prompt()
	p.Schema = json.RawMessage(`{"type":"object","properties":{"n":{"type":"integer","minimum":1}}}`)
	want := map[string]any{
		"systemInstruction": map[string]any{"parts": []any{map[string]any{"text": "Choose."}}, "role": "user"},
		"contents":          []any{map[string]any{"role": "user", "parts": []any{map[string]any{"text": "[1] One.\n"}}}},
		"generationConfig": map[string]any{
			"maxOutputTokens": 800.0, "thinkingConfig": map[string]any{"thinkingBudget": 512.0}, "responseMimeType": "application/json",
			"responseJsonSchema": map[string]any{"type": "object", "properties": map[string]any{"n": map[string]any{"type": "integer", "minimum": 1.0}}},
		},
	}
	if diff := cmp.Diff(want, gemini().sent(t, "gemini-2.5-flash", p)); diff != "" {
		t.Errorf("request (-want +got):\n%s", diff)
	}
}

func TestGeminisThatThinkAreAskedToBeBrief(t *testing.T) {
	t.Parallel()
	for model, want := range map[string]any{
		"gemini-2.5-pro": map[string]any{"thinkingBudget": 512.0}, "gemini-2.5-flash-lite": map[string]any{"thinkingBudget": 512.0},
		"gemini-3-pro-preview": map[string]any{"thinkingLevel": "LOW"}, "gemini-3.8-flash": map[string]any{"thinkingLevel": "LOW"},
		"gemini-2.0-flash": nil, "gemma-3-27b-it": nil, "gemini-pro": nil,
	} {
		config, _ := gemini().sent(t, model, prompt())["generationConfig"].(map[string]any)
		if diff := cmp.Diff(want, config["thinkingConfig"]); diff != "" {
			t.Errorf("%s (-want +got):\n%s", model, diff)
		}
	}
}

func TestAPromptThatGeminiBlocksIsARefusal(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		body string
		want stockdigest.Usage
	}{
		"counted": {`{"promptFeedback":{"blockReason":"SAFETY"},"usageMetadata":{"promptTokenCount":40}}`, stockdigest.Usage{In: 40}},
		"at all":  {`{"promptFeedback":{"blockReason":"MODEL_ARMOR"}}`, stockdigest.Usage{In: 33}},
	} {
		answer, err := gemini().client(t, answers(200, c.body)).Complete(t.Context(), "m", prompt())
		if err != nil || answer.Stop != stockdigest.StopRefusal || answer.Usage != c.want {
			t.Errorf("%s: got %+v (%v), want a refusal of %+v", name, answer, err, c.want)
		}
	}
}

func TestNoGeminiHasANameThatIsAnAddress(t *testing.T) {
	t.Parallel()
	for _, model := range []string{"", "../../upload", "a?key=1", "tunedModels/x", "a b", "a#b", "a%2fb"} {
		c := gemini().client(t, answers(200, gemini().good()))
		_, err := c.Complete(t.Context(), model, prompt())
		e, ok := errors.AsType[*stockdigest.CallError](err)
		if !ok || e.Reason != stockdigest.CallBadRequest || e.MaybeBilled {
			t.Errorf("%q: got %v, want a bad request that was not sent", model, err)
		}
	}
}
