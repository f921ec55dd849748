package llm

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"regexp"
	"strconv"
	"strings"

	"google.golang.org/genai"

	"stockdigest.app/stockdigest"
)

// Gemini asks Google. It is safe for concurrent use.
type Gemini struct {
	line
	api *genai.Client
}

// NewGemini returns a client of Google, or ErrInvalid for an unusable address and
// for an unusable key or none.
func NewGemini(cfg Config) (*Gemini, error) {
	cfg.Name = cmp.Or(cfg.Name, "gemini")
	cfg.BaseURL = withoutVersion(cmp.Or(cfg.BaseURL, "https://generativelanguage.googleapis.com"), "/v1beta")
	l, err := newKeyedLine(cfg)
	if err != nil {
		return nil, err
	}
	// All that the library would otherwise take from the environment is set.
	api, err := genai.NewClient(context.Background(), &genai.ClientConfig{
		APIKey: l.key, Backend: genai.BackendGeminiAPI, HTTPClient: l.http,
		HTTPOptions: genai.HTTPOptions{BaseURL: l.base, APIVersion: "v1beta"},
	})
	if err != nil {
		return nil, &stockdigest.Error{Kind: stockdigest.ErrInvalid, Message: "the model provider " + l.name + " cannot be asked with these settings", Err: l.hide(err)}
	}
	return &Gemini{line: l, api: api}, nil
}

// Complete asks model for the answer to p. The context bounds the whole call.
// Every error is a *stockdigest.CallError.
func (g *Gemini) Complete(ctx context.Context, model string, p stockdigest.Prompt) (stockdigest.Completion, error) {
	return g.complete(ctx, func(ctx context.Context) error {
		config, err := geminiConfig(model, p)
		if err != nil {
			return err
		}
		_, err = g.api.Models.GenerateContent(ctx, model, genai.Text(p.Input), config)
		return err
	}, func(body []byte) (stockdigest.Completion, error) { return parseGemini(body, p) })
}

var errModelName = errors.New("no model has such a name")

func geminiConfig(model string, p stockdigest.Prompt) (*genai.GenerateContentConfig, error) {
	if !plainName(model) {
		return nil, errModelName
	}
	config := &genai.GenerateContentConfig{
		MaxOutputTokens: int32(min(max(p.MaxOutput, 0), math.MaxInt32)),
		ThinkingConfig:  geminiThinking(model),
	}
	if p.System != "" {
		config.SystemInstruction = &genai.Content{Parts: []*genai.Part{{Text: p.System}}}
	}
	if len(p.Schema) > 0 {
		var form any
		if err := json.Unmarshal(p.Schema, &form); err != nil {
			return nil, fmt.Errorf("read the schema of %s: %w", p.Name, err)
		}
		config.ResponseMIMEType, config.ResponseJsonSchema = "application/json", form
	}
	return config, nil
}

// plainName reports whether a model's name can be a part of an address and means
// no other one there.
func plainName(model string) bool { return model != "" && !strings.ContainsAny(model, "/?#%&\\ ") }

var geminiName = regexp.MustCompile(`^gemini-(\d{1,2}(?:\.\d{1,2})?)-`)

// briefThought is how many tokens a model of version 2.5 may think: the least
// that each of them takes.
const briefThought = 512

// geminiThinking asks a model that thinks before it answers to do so briefly: what
// it thinks counts as answer. Older ones refuse the field.
func geminiThinking(model string) *genai.ThinkingConfig {
	parts := geminiName.FindStringSubmatch(strings.ToLower(model))
	if parts == nil {
		return nil
	}
	version, err := strconv.ParseFloat(parts[1], 64)
	switch {
	case err != nil || version < 2.5:
		return nil
	case version < 3:
		return &genai.ThinkingConfig{ThinkingBudget: genai.Ptr[int32](briefThought)}
	}
	return &genai.ThinkingConfig{ThinkingLevel: genai.ThinkingLevelLow}
}

// parseGemini reads the body of an answer with status 200.
func parseGemini(body []byte, p stockdigest.Prompt) (stockdigest.Completion, error) {
	var raw struct {
		Model      string `json:"modelVersion"`
		Candidates []struct {
			Content struct {
				Parts []struct {
					Text    string `json:"text"`
					Thought bool   `json:"thought"`
				} `json:"parts"`
			} `json:"content"`
			Finish string `json:"finishReason"`
		} `json:"candidates"`
		Feedback struct {
			Block string `json:"blockReason"`
		} `json:"promptFeedback"`
		Usage json.RawMessage `json:"usageMetadata"`
	}
	if err := unmarshal(body, &raw); err != nil {
		return stockdigest.Completion{}, err
	}
	usage := geminiCounts(raw.Usage).usage(p)
	if len(raw.Candidates) == 0 {
		if raw.Feedback.Block == "" {
			return stockdigest.Completion{}, errNoChoice
		}
		usage.Out = 0 // it wrote nothing, whether or not it says so
		return completion(raw.Model, "", stockdigest.StopRefusal, usage), nil
	}
	first := raw.Candidates[0]
	var text strings.Builder
	for _, part := range first.Content.Parts {
		if !part.Thought {
			text.WriteString(part.Text)
		}
	}
	return completion(raw.Model, text.String(), stopOf(first.Finish), usage), nil
}

// geminiCounts adds up what Google counts apart: it bills thoughts as answer, and
// leaves out what is nothing.
func geminiCounts(usage json.RawMessage) counts {
	var told struct {
		In       *float64 `json:"promptTokenCount"`
		Tools    float64  `json:"toolUsePromptTokenCount"`
		Out      float64  `json:"candidatesTokenCount"`
		Thoughts float64  `json:"thoughtsTokenCount"`
		Cached   float64  `json:"cachedContentTokenCount"`
	}
	if json.Unmarshal(usage, &told) != nil || !counted(told.In) || told.Out < 0 || told.Thoughts < 0 {
		return counts{}
	}
	in, out := *told.In+max(told.Tools, 0), told.Out+told.Thoughts
	return counts{in: &in, out: &out, cached: told.Cached}
}
