package llm_test

import (
	"testing"

	"stockdigest.app/stockdigest"
	"stockdigest.app/stockdigest/internal/adapter/llm"
)

func FuzzReadAnswers(f *testing.F) {
	readers := map[string]func([]byte, stockdigest.Prompt) (stockdigest.Completion, error){
		"openai": llm.ParseOpenAI, "claude": llm.ParseClaude, "gemini": llm.ParseGemini,
	}
	for _, family := range families() {
		f.Add([]byte(family.good()))
		f.Add([]byte(family.answer("no", family.refusal, stockdigest.Usage{In: -1, Out: 1})))
	}
	f.Add([]byte(`{"choices":[{"message":{"content":[{"text":"a"}]}}],"usage":{"prompt_tokens":-1}}`))
	f.Add([]byte(`{"choices":[{}],"usage":{"prompt_tokens":1e9,"completion_tokens":1e400}}`))
	f.Add([]byte(`{"content":[],"usage":{"input_tokens":1e9,"output_tokens":1,"cache_creation_input_tokens":1e300,"cache_read_input_tokens":-1e300}}`))
	f.Add([]byte(`{"promptFeedback":{"blockReason":"OTHER"},"usageMetadata":{"promptTokenCount":1,"thoughtsTokenCount":1e300}}`))
	f.Add([]byte(`{"choices":null,"error":"x"}`))
	f.Fuzz(func(t *testing.T, body []byte) {
		for name, read := range readers {
			c, err := read(body, prompt())
			u := c.Usage
			if err == nil && (u.In <= 0 || u.Out < 0 || u.InCached < 0 || u.InCached > u.In || len(c.Model) > 200) {
				t.Errorf("%s of %q: got usage %+v, model %q", name, body, u, c.Model)
			}
			switch c.Stop {
			case stockdigest.StopEnd, stockdigest.StopLength, stockdigest.StopRefusal, stockdigest.StopOther:
			default:
				if err == nil {
					t.Errorf("%s of %q: got stop %q", name, body, c.Stop)
				}
			}
		}
	})
}
