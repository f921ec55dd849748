package sim

import (
	"encoding/json"
	"errors"
	"net/http"
	"strings"

	"stockdigest.app/stockdigest"
)

// An utterance is what a model says, before it is put into any language.
type utterance struct {
	text  string
	stop  string // in the words of the module's root
	usage Usage
}

// A dialect is the language in which the models of a provider are asked. All that
// is said in it is decided elsewhere.
type dialect struct {
	provider Provider
	key      func(http.Header) string
	read     func(model string, raw []byte) (chat, error)
	write    func(c chat, u utterance) any
	count    func(tokens int) any
	refuse   refuser
}

var errNoChat = errors.New("no messages")

func openAI() dialect {
	return dialect{
		provider: Model, read: readOpenAI, write: writeOpenAI, refuse: openAIRefuses,
		key: func(h http.Header) string { return strings.TrimPrefix(h.Get("Authorization"), "Bearer ") },
	}
}

func readOpenAI(_ string, raw []byte) (chat, error) {
	var r struct {
		Model    string `json:"model"`
		Messages []struct {
			Role    string `json:"role"`
			Content string `json:"content"`
		} `json:"messages"`
		Format struct {
			Schema struct {
				Schema json.RawMessage `json:"schema"`
			} `json:"json_schema"`
		} `json:"response_format"`
	}
	if err := json.Unmarshal(raw, &r); err != nil {
		return chat{}, err
	}
	c := chat{model: r.Model, schema: r.Format.Schema.Schema}
	for _, m := range r.Messages {
		c.messages = append(c.messages, message{m.Role, m.Content})
	}
	if len(c.messages) == 0 {
		return c, errNoChat
	}
	return c, nil
}

func writeOpenAI(c chat, u utterance) any {
	said := map[string]any{"role": "assistant", "content": u.text}
	if u.stop == stockdigest.StopRefusal {
		said["content"], said["refusal"] = nil, "I can't help with that."
	}
	finish := map[string]string{stockdigest.StopLength: "length"}[u.stop]
	if finish == "" {
		finish = "stop"
	}
	return map[string]any{
		"id": "chatcmpl-" + c.key(), "object": "chat.completion", "model": c.model,
		"choices": []any{map[string]any{"index": 0, "finish_reason": finish, "message": said}},
		"usage": map[string]any{
			"prompt_tokens": u.usage.In, "completion_tokens": u.usage.Out, "total_tokens": u.usage.In + u.usage.Out,
			"prompt_tokens_details": map[string]int{"cached_tokens": u.usage.InCached},
		},
	}
}

func openAIRefuses(w http.ResponseWriter, status int, after, message string) {
	if after != "" {
		w.Header().Set("Retry-After", after)
	}
	sendError(w, status, map[string]any{"error": map[string]string{"message": message, "type": "pretend"}})
}

func claude() dialect {
	return dialect{
		provider: Claude, read: readClaude, write: writeClaude, refuse: claudeRefuses,
		key:   func(h http.Header) string { return h.Get("X-Api-Key") },
		count: func(tokens int) any { return map[string]int{"input_tokens": tokens} },
	}
}

func readClaude(_ string, raw []byte) (chat, error) {
	type block struct {
		Text string `json:"text"`
	}
	var r struct {
		Model    string  `json:"model"`
		System   []block `json:"system"`
		Messages []struct {
			Role    string  `json:"role"`
			Content []block `json:"content"`
		} `json:"messages"`
		Output struct {
			Format struct {
				Schema json.RawMessage `json:"schema"`
			} `json:"format"`
		} `json:"output_config"`
	}
	if err := json.Unmarshal(raw, &r); err != nil {
		return chat{}, err
	}
	c := chat{model: r.Model, schema: r.Output.Format.Schema}
	for _, b := range r.System {
		c.messages = append(c.messages, message{"system", b.Text})
	}
	for _, m := range r.Messages {
		for _, b := range m.Content {
			c.messages = append(c.messages, message{m.Role, b.Text})
		}
	}
	if len(r.Messages) == 0 {
		return c, errNoChat
	}
	return c, nil
}

func writeClaude(c chat, u utterance) any {
	said := []any{map[string]string{"type": "text", "text": u.text}}
	if u.stop == stockdigest.StopRefusal {
		said = []any{}
	}
	return map[string]any{
		"id": "msg_" + c.key(), "type": "message", "role": "assistant", "model": c.model, "content": said, "stop_sequence": nil,
		"stop_reason": map[string]string{stockdigest.StopEnd: "end_turn", stockdigest.StopLength: "max_tokens", stockdigest.StopRefusal: "refusal"}[u.stop],
		"usage": map[string]int{
			"input_tokens": u.usage.In - u.usage.InCached, "cache_read_input_tokens": u.usage.InCached, "cache_creation_input_tokens": 0,
			"output_tokens": u.usage.Out,
		},
	}
}

func claudeRefuses(w http.ResponseWriter, status int, after, message string) {
	if after != "" {
		w.Header().Set("Retry-After", after)
	}
	kind := map[int]string{
		400: "invalid_request_error", 401: "authentication_error", 404: "not_found_error", 413: "request_too_large", 429: "rate_limit_error", 529: "overloaded_error",
	}[status]
	if kind == "" {
		kind = "api_error"
	}
	sendError(w, status, map[string]any{"type": "error", "error": map[string]string{"type": kind, "message": message}})
}

func gemini() dialect {
	return dialect{
		provider: Gemini, read: readGemini, write: writeGemini, refuse: geminiRefuses,
		key:   func(h http.Header) string { return h.Get("X-Goog-Api-Key") },
		count: func(tokens int) any { return map[string]int{"totalTokens": tokens} },
	}
}

func readGemini(model string, raw []byte) (chat, error) {
	type content struct {
		Role  string `json:"role"`
		Parts []struct {
			Text string `json:"text"`
		} `json:"parts"`
	}
	var r struct {
		System   *content  `json:"systemInstruction"`
		Contents []content `json:"contents"`
		Config   struct {
			Schema json.RawMessage `json:"responseJsonSchema"`
		} `json:"generationConfig"`
	}
	if err := json.Unmarshal(raw, &r); err != nil {
		return chat{}, err
	}
	c := chat{model: model, schema: r.Config.Schema}
	if r.System != nil {
		r.System.Role = "system"
		r.Contents = append([]content{*r.System}, r.Contents...)
	}
	for _, part := range r.Contents {
		for _, p := range part.Parts {
			c.messages = append(c.messages, message{part.Role, p.Text})
		}
	}
	if len(c.messages) == 0 {
		return c, errNoChat
	}
	return c, nil
}

func writeGemini(c chat, u utterance) any {
	said := map[string]any{
		"index": 0, "content": map[string]any{"role": "model", "parts": []any{map[string]string{"text": u.text}}},
		"finishReason": map[string]string{stockdigest.StopEnd: "STOP", stockdigest.StopLength: "MAX_TOKENS", stockdigest.StopRefusal: "SAFETY"}[u.stop],
	}
	if u.stop == stockdigest.StopRefusal {
		delete(said, "content")
	}
	return map[string]any{
		"responseId": c.key(), "modelVersion": c.model, "candidates": []any{said},
		"usageMetadata": map[string]int{
			"promptTokenCount": u.usage.In, "cachedContentTokenCount": u.usage.InCached, "candidatesTokenCount": u.usage.Out,
			"totalTokenCount": u.usage.In + u.usage.Out,
		},
	}
}

// geminiRefuses tells the wait in the body, as Google does, and a wrong key with
// status 400.
func geminiRefuses(w http.ResponseWriter, status int, after, message string) {
	details := []any{}
	if after != "" {
		details = append(details, map[string]string{"@type": "type.googleapis.com/google.rpc.RetryInfo", "retryDelay": after + "s"})
	}
	if status == http.StatusUnauthorized {
		status = http.StatusBadRequest
		details = append(details, map[string]string{"@type": "type.googleapis.com/google.rpc.ErrorInfo", "reason": "API_KEY_INVALID"})
	}
	kind := map[int]string{400: "INVALID_ARGUMENT", 404: "NOT_FOUND", 429: "RESOURCE_EXHAUSTED", 500: "INTERNAL"}[status]
	if kind == "" {
		kind = "UNAVAILABLE"
	}
	sendError(w, status, map[string]any{"error": map[string]any{"code": status, "message": message, "status": kind, "details": details}})
}

func sendError(w http.ResponseWriter, status int, body any) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	if raw, err := json.Marshal(body); err == nil {
		_, _ = w.Write(raw)
	}
}
