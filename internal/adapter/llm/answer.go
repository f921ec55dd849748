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
	errTooLarge = errors.New("the answer is longer than any that was asked for")
	errNoChoice = errors.New("the answer holds no choice")
)

func readAll(r io.Reader, most int) ([]byte, error) {
	text, err := io.ReadAll(io.LimitReader(r, int64(most)+1))
	if len(text) > most {
		return text[:most], errTooLarge
	}
	return text, err
}

func unmarshal(body []byte, into any) error {
	if err := json.Unmarshal(body, into); err != nil {
		return fmt.Errorf("read the answer: %w", err)
	}
	return nil
}

// completion is an answer. What is said next to a refusal is no part of it.
func completion(model, text, stop string, u stockdigest.Usage) stockdigest.Completion {
	if stop == stockdigest.StopRefusal {
		text = ""
	}
	return stockdigest.Completion{Model: oneLine(model, 200), Text: text, Stop: stop, Usage: u}
}

// stopOf puts the providers' words for why a model stopped into ours. Open
// models' servers have words of their own.
func stopOf(word string) string {
	switch strings.ToLower(word) {
	case "stop", "end_turn", "stop_sequence", "eos", "eos_token", "complete", "completed":
		return stockdigest.StopEnd
	case "length", "max_tokens", "max_output_tokens", "model_length", "model_context_window_exceeded":
		return stockdigest.StopLength
	case "refusal", "content_filter", "safety", "recitation", "language", "blocklist", "prohibited_content", "spii", "model_armor":
		return stockdigest.StopRefusal
	}
	return stockdigest.StopOther
}

// counts is what a provider says a call used. What it does not say is nil.
type counts struct {
	in, out *float64 // all that was read, and all that was written or thought
	cached  float64  // of in, from the provider's cache
}

// maxTokens is more than any model takes or gives.
const maxTokens = 1e9

// usage believes counts that can be. A server that counts nothing, or nonsense,
// is taken to have used all it could: a token is at least a byte, and no answer
// is longer than it was allowed to be.
func (c counts) usage(p stockdigest.Prompt) stockdigest.Usage {
	if !counted(c.in) || !counted(c.out) || *c.in == 0 {
		return stockdigest.Usage{In: len(p.System) + len(p.Input) + len(p.Schema), Out: p.MaxOutput}
	}
	return stockdigest.Usage{In: int(*c.in), Out: int(*c.out), InCached: int(min(max(c.cached, 0), *c.in))}
}

func counted(n *float64) bool { return n != nil && *n >= 0 && *n <= maxTokens }

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
