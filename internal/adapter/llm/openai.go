package llm

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"io"
	"net/http"
	"strings"

	"stockdigest.app/stockdigest"
)

// A Client asks OpenAI, or a server that speaks as it does. It is safe for
// concurrent use.
type Client struct{ line }

// New returns a client of OpenAI, or ErrInvalid for an unusable address or key.
func New(cfg Config) (*Client, error) {
	cfg.Name = cmp.Or(cfg.Name, "openai")
	cfg.BaseURL = cmp.Or(cfg.BaseURL, "https://api.openai.com/v1")
	l, err := newLine(cfg)
	return &Client{l}, err
}

// Complete asks model for the answer to p. The context bounds the whole call.
// Every error is a *stockdigest.CallError.
func (c *Client) Complete(ctx context.Context, model string, p stockdigest.Prompt) (stockdigest.Completion, error) {
	return c.complete(ctx, func(ctx context.Context) error {
		body, err := json.Marshal(newRequest(model, p))
		if err != nil {
			return err
		}
		return c.send(ctx, http.MethodPost, "/chat/completions", bytes.NewReader(body))
	}, func(body []byte) (stockdigest.Completion, error) { return parseOpenAI(body, p) })
}

// send makes a request with the key.
func (c *Client) send(ctx context.Context, method, path string, body io.Reader) error {
	return c.sendAs(ctx, method, path, "application/json", body)
}

// sendAs is send with a body of another kind.
func (c *Client) sendAs(ctx context.Context, method, path, kind string, body io.Reader) error {
	req, err := http.NewRequestWithContext(ctx, method, c.base+path, body)
	if err != nil {
		return err
	}
	req.Header.Set("Content-Type", kind)
	req.Header.Set("Accept", "application/json")
	if c.key != "" {
		req.Header.Set("Authorization", "Bearer "+c.key)
	}
	res, err := c.http.Do(req)
	if err != nil {
		return err
	}
	return res.Body.Close()
}

// A request is the body of a chat completion.
type request struct {
	Model     string    `json:"model"`
	Messages  []message `json:"messages"`
	MaxOutput int       `json:"max_completion_tokens,omitempty"`
	Effort    string    `json:"reasoning_effort,omitempty"`
	Format    *format   `json:"response_format,omitempty"`
}

type message struct {
	Role    string `json:"role"`
	Content string `json:"content"`
}

type format struct {
	Type   string `json:"type"`
	Schema schema `json:"json_schema"`
}

type schema struct {
	Name   string          `json:"name"`
	Strict bool            `json:"strict"`
	Schema json.RawMessage `json:"schema"`
}

func newRequest(model string, p stockdigest.Prompt) request {
	r := request{Model: model, MaxOutput: p.MaxOutput, Effort: effort(model)}
	if p.System != "" {
		r.Messages = append(r.Messages, message{Role: "system", Content: p.System})
	}
	r.Messages = append(r.Messages, message{Role: "user", Content: p.Input})
	if len(p.Schema) > 0 {
		r.Format = &format{Type: "json_schema", Schema: schema{Name: p.Name, Strict: true, Schema: p.Schema}}
	}
	return r
}

// effort asks a model that reasons before it answers to do so briefly. Left to
// themselves such models spend all that an answer may have on reasoning and then
// answer nothing. Other models refuse the field.
func effort(model string) string {
	name := strings.ToLower(model)
	if strings.Contains(name, "chat") {
		return ""
	}
	for _, family := range []string{"gpt-5", "o1", "o3", "o4"} {
		if rest, ok := strings.CutPrefix(name, family); ok && (rest == "" || rest[0] == '-' || rest[0] == '.') {
			return "low"
		}
	}
	return ""
}

// parseOpenAI reads the body of an answer with status 200.
func parseOpenAI(body []byte, p stockdigest.Prompt) (stockdigest.Completion, error) {
	var raw struct {
		Model   string `json:"model"`
		Choices []struct {
			Message struct {
				Content json.RawMessage `json:"content"`
				Refusal string          `json:"refusal"`
			} `json:"message"`
			Finish string `json:"finish_reason"`
		} `json:"choices"`
		Usage json.RawMessage `json:"usage"`
	}
	if err := unmarshal(body, &raw); err != nil {
		return stockdigest.Completion{}, err
	}
	if len(raw.Choices) == 0 {
		return stockdigest.Completion{}, errNoChoice
	}
	first := raw.Choices[0]
	var told struct {
		In      *float64 `json:"prompt_tokens"`
		Out     *float64 `json:"completion_tokens"`
		Details struct {
			Cached float64 `json:"cached_tokens"`
		} `json:"prompt_tokens_details"`
	}
	counts := counts{}
	if json.Unmarshal(raw.Usage, &told) == nil {
		counts.in, counts.out, counts.cached = told.In, told.Out, told.Details.Cached
	}
	stop := stopOf(first.Finish)
	if first.Message.Refusal != "" {
		stop = stockdigest.StopRefusal
	}
	return completion(raw.Model, textOf(first.Message.Content), stop, counts.usage(p)), nil
}

// textOf is the text of a message: a string, or its parts, as some servers send
// it. Anything else is no text.
func textOf(raw json.RawMessage) string {
	var text string
	if json.Unmarshal(raw, &text) == nil {
		return text
	}
	var parts []struct {
		Text string `json:"text"`
	}
	if json.Unmarshal(raw, &parts) != nil {
		return ""
	}
	var b strings.Builder
	for _, p := range parts {
		b.WriteString(p.Text)
	}
	return b.String()
}
