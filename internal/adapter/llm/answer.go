package llm

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
	"unicode"

	"stockdigest.app/stockdigest"
)

// maxBody is far above any answer that was asked for.
const maxBody = 4 << 20

var (
	errTooLarge = errors.New("the answer is longer than 4 MB")
	errNoChoice = errors.New("the answer holds no choice")
)

func readAll(r io.Reader) ([]byte, error) {
	text, err := io.ReadAll(io.LimitReader(r, maxBody+1))
	if len(text) > maxBody {
		return text[:maxBody], errTooLarge
	}
	return text, err
}

// parseAnswer reads the body of an answer with status 200.
func parseAnswer(body []byte, p stockdigest.Prompt) (stockdigest.Completion, error) {
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
	if err := json.Unmarshal(body, &raw); err != nil {
		return stockdigest.Completion{}, fmt.Errorf("read the answer: %w", err)
	}
	if len(raw.Choices) == 0 {
		return stockdigest.Completion{}, errNoChoice
	}
	first := raw.Choices[0]
	c := stockdigest.Completion{Model: oneLine(raw.Model, 200), Stop: oneLine(first.Finish, 40), Text: textOf(first.Message.Content)}
	if first.Message.Refusal != "" {
		c.Stop, c.Text = "refusal", ""
	}
	c.Usage = usageOf(raw.Usage, p)
	return c, nil
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

// maxTokens is more than any model takes or gives.
const maxTokens = 1e9

// usageOf reads what the provider counted. A server that counts nothing, or
// nonsense, is taken to have used all it could: a token is at least a byte, and
// no answer is longer than it was allowed to be.
func usageOf(raw json.RawMessage, p stockdigest.Prompt) stockdigest.Usage {
	var told struct {
		In      *float64 `json:"prompt_tokens"`
		Out     *float64 `json:"completion_tokens"`
		Details struct {
			Cached float64 `json:"cached_tokens"`
		} `json:"prompt_tokens_details"`
	}
	if json.Unmarshal(raw, &told) != nil || !counted(told.In) || !counted(told.Out) || *told.In == 0 {
		return stockdigest.Usage{In: len(p.System) + len(p.Input) + len(p.Schema), Out: p.MaxOutput}
	}
	return stockdigest.Usage{In: int(*told.In), Out: int(*told.Out), InCached: int(min(max(told.Details.Cached, 0), *told.In))}
}

func counted(n *float64) bool { return n != nil && *n >= 0 && *n <= maxTokens }

// A providerError is what a provider says about an error.
type providerError struct {
	Message string
	Type    string
	Code    string
}

// errorOf finds the error in a body: an object, or a mere string.
func errorOf(body []byte) providerError {
	var raw struct {
		Error json.RawMessage `json:"error"`
	}
	if json.Unmarshal(body, &raw) != nil {
		return providerError{}
	}
	var said struct {
		Message string          `json:"message"`
		Type    json.RawMessage `json:"type"`
		Code    json.RawMessage `json:"code"`
	}
	if json.Unmarshal(raw.Error, &said) == nil {
		return providerError{Message: said.Message, Type: word(said.Type), Code: word(said.Code)}
	}
	return providerError{Message: word(raw.Error)}
}

// word is a JSON string, or nothing.
func word(raw json.RawMessage) string {
	var s string
	if json.Unmarshal(raw, &s) != nil {
		return ""
	}
	return s
}

// oneLine is s without control characters, at most n bytes long.
func oneLine(s string, n int) string {
	s = strings.Map(func(r rune) rune {
		if unicode.IsControl(r) {
			return ' '
		}
		return r
	}, s)
	if len(s) > n {
		s = s[:n]
	}
	return strings.ToValidUTF8(s, "")
}
