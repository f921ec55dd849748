package llm_test

import (
	"testing"

	"stockdigest.app/stockdigest/internal/adapter/llm"
)

func FuzzParseAnswer(f *testing.F) {
	f.Add([]byte(good))
	f.Add([]byte(`{"choices":[{"message":{"content":[{"text":"a"}]}}],"usage":{"prompt_tokens":-1}}`))
	f.Add([]byte(`{"choices":[{}],"usage":{"prompt_tokens":1e9,"completion_tokens":1e400}}`))
	f.Add([]byte(`{"choices":null,"error":"x"}`))
	f.Fuzz(func(t *testing.T, body []byte) {
		c, err := llm.ParseAnswer(body, prompt())
		u := c.Usage
		if err == nil && (u.In <= 0 || u.Out < 0 || u.InCached < 0 || u.InCached > u.In || len(c.Model) > 200 || len(c.Stop) > 40) {
			t.Errorf("%q: got usage %+v, model %q, stop %q", body, u, c.Model, c.Stop)
		}
	})
}
