package llm_test

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"stockdigest.app/stockdigest"
)

func claude() family { return families()[1] }

func TestClaudeIsAskedInItsLanguage(t *testing.T) {
	t.Parallel()
	p := prompt()
	p.Schema = json.RawMessage(`{"type":"object","properties":{"n":{"type":"integer","minimum":1}},"required":["n"]}`)
	want := map[string]any{
		"model": "claude-sonnet-4-6", "max_tokens": 800.0,
		"system":   []any{map[string]any{"type": "text", "text": "Choose."}},
		"messages": []any{map[string]any{"role": "user", "content": []any{map[string]any{"type": "text", "text": "[1] One.\n"}}}},
		"output_config": map[string]any{"effort": "low", "format": map[string]any{"type": "json_schema", "schema": map[string]any{
			"type": "object", "additionalProperties": false, "required": []any{"n"},
			"properties": map[string]any{"n": map[string]any{"type": "integer", "description": "{minimum: 1}"}},
		}}},
	}
	if diff := cmp.Diff(want, claude().sent(t, "claude-sonnet-4-6", p)); diff != "" {
		t.Errorf("request (-want +got):\n%s", diff)
	}
}

func TestOnlyClaudesThatKnowEffortsAreAskedForOne(t *testing.T) {
	t.Parallel()
	for model, want := range map[string]any{
		"claude-opus-4-5-20251101": "low", "claude-opus-5": "low", "claude-sonnet-4-6": "low", "claude-haiku-5-5": "low", "claude-fable-5-1": "low",
		"claude-haiku-4-5": nil, "claude-sonnet-4-5-20250929": nil, "claude-sonnet-4-20250514": nil, "claude-opus-4-1": nil,
		"claude-3-7-sonnet-20250219": nil, "another": nil,
	} {
		p := prompt()
		p.Schema = nil
		said, _ := claude().sent(t, model, p)["output_config"].(map[string]any)
		if said["effort"] != want {
			t.Errorf("%s: got effort %v, want %v", model, said["effort"], want)
		}
	}
}

func TestClaudeIsToldToKeepLongBeginnings(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		model string
		bytes int
		want  bool
	}{
		{"claude-sonnet-4-6", 5000, true},
		{"claude-sonnet-4-6", 3000, false},
		{"claude-opus-5", 5000, true},
		{"claude-haiku-4-5", 5000, false},
		{"claude-haiku-4-5", 20_000, true},
		{"another", 20_000, true},
	} {
		p := prompt()
		p.System = strings.Repeat("Rule. ", c.bytes/6)
		system, _ := claude().sent(t, c.model, p)["system"].([]any)
		block, _ := system[0].(map[string]any)
		if marked := block["cache_control"] != nil; marked != c.want {
			t.Errorf("%s with %d bytes: got marked %t, want %t", c.model, c.bytes, marked, c.want)
		}
	}
}

func TestWhatClaudeStoresCountsAQuarterMore(t *testing.T) {
	t.Parallel()
	body := `{"type":"message","content":[],"stop_reason":"end_turn","usage":{"input_tokens":10,"cache_creation_input_tokens":1000,"cache_read_input_tokens":200,"output_tokens":3}}`
	answer, err := claude().client(t, answers(200, body)).Complete(t.Context(), "m", prompt())
	want := stockdigest.Usage{In: 10 + 1250 + 200, InCached: 200, Out: 3}
	if err != nil || answer.Usage != want {
		t.Errorf("got %+v (%v), want %+v", answer.Usage, err, want)
	}
}
