package llm

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"time"

	"github.com/anthropics/anthropic-sdk-go"
	"github.com/anthropics/anthropic-sdk-go/option"

	"stockdigest.app/stockdigest"
)

// Claude asks Anthropic. It is safe for concurrent use.
type Claude struct {
	line
	api anthropic.Client
}

// NewClaude returns a client of Anthropic, or ErrInvalid for an unusable address
// and for an unusable key or none.
func NewClaude(cfg Config) (*Claude, error) {
	cfg.Name = cmp.Or(cfg.Name, "claude")
	cfg.BaseURL = withoutVersion(cmp.Or(cfg.BaseURL, "https://api.anthropic.com"), "/v1")
	l, err := newKeyedLine(cfg)
	if err != nil {
		return nil, err
	}
	return &Claude{line: l, api: anthropic.NewClient(
		option.WithoutEnvironmentDefaults(), // a stray variable must not send a prompt or the key elsewhere
		option.WithoutOpenTelemetry(),       // nor into a trace
		option.WithBaseURL(l.base+"/"), option.WithAPIKey(l.key), option.WithHTTPClient(l.http), option.WithMaxRetries(0),
		option.WithRequestTimeout(time.Hour), // the context bounds the call; without it long answers are refused
	)}, nil
}

// newKeyedLine is the way to a provider that answers nobody without a key.
func newKeyedLine(cfg Config) (line, error) {
	if cfg.Key == "" {
		return line{}, stockdigest.Invalid("the model provider " + cfg.Name + " needs a key")
	}
	return newLine(cfg)
}

// withoutVersion takes off the version that the library adds by itself.
func withoutVersion(base, version string) string {
	return strings.TrimSuffix(strings.TrimRight(base, "/"), version)
}

// Complete asks model for the answer to p. The context bounds the whole call.
// Every error is a *stockdigest.CallError.
func (c *Claude) Complete(ctx context.Context, model string, p stockdigest.Prompt) (stockdigest.Completion, error) {
	return c.complete(ctx, func(ctx context.Context) error {
		params, err := claudeRequest(model, p)
		if err != nil {
			return err
		}
		_, err = c.api.Messages.New(ctx, params)
		return err
	}, func(body []byte) (stockdigest.Completion, error) { return parseClaude(body, p) })
}

var errNoForm = errors.New("the schema describes no object")

// claudeAnswer is how long an answer may be when the prompt does not say.
const claudeAnswer = 4096

func claudeRequest(model string, p stockdigest.Prompt) (anthropic.MessageNewParams, error) {
	params := anthropic.MessageNewParams{
		Model: model, MaxTokens: int64(cmp.Or(p.MaxOutput, claudeAnswer)),
		Messages:     []anthropic.MessageParam{anthropic.NewUserMessage(anthropic.NewTextBlock(p.Input))},
		OutputConfig: anthropic.OutputConfigParam{Effort: claudeEffort(model)},
	}
	if p.System != "" {
		system := anthropic.TextBlockParam{Text: p.System}
		if worthCaching(model, p) {
			system.CacheControl = anthropic.NewCacheControlEphemeralParam()
		}
		params.System = []anthropic.TextBlockParam{system}
	}
	if len(p.Schema) > 0 {
		var form map[string]any
		if err := json.Unmarshal(p.Schema, &form); err != nil {
			return params, fmt.Errorf("read the schema of %s: %w", p.Name, err)
		}
		// Anthropic refuses limits of numbers and lists; the library moves them into descriptions.
		kept, ok := anthropic.BetaJSONSchemaOutputFormat(form).Schema.(map[string]any)
		if !ok {
			return params, errNoForm
		}
		params.OutputConfig.Format.Schema = kept
	}
	return params, nil
}

// A claudeModel is what a model's name says of it.
type claudeModel struct {
	family  string
	version int // 406 is 4.6; 0: it has none
}

var claudeName = regexp.MustCompile(`^claude-([a-z]+)-(\d{1,2})(?:-(\d{1,2}))?(?:-|$)`)

func claudeModelOf(name string) claudeModel {
	parts := claudeName.FindStringSubmatch(strings.ToLower(name))
	if parts == nil {
		return claudeModel{}
	}
	major, _ := strconv.Atoi(parts[2]) // digits, by the pattern
	minor, _ := strconv.Atoi(cmp.Or(parts[3], "0"))
	return claudeModel{parts[1], 100*major + minor}
}

// claudeEffort asks a model that knows efforts for the least: it then thinks when
// it must. Older ones refuse the field and do not think unless asked.
func claudeEffort(name string) anthropic.OutputConfigEffort {
	m := claudeModelOf(name)
	since := map[string]int{"opus": 405, "haiku": 505}
	if m.version >= cmp.Or(since[m.family], 406) {
		return anthropic.OutputConfigEffortLow
	}
	return ""
}

// worthCaching reports whether what all prompts of a kind begin with, the order
// and the schema, is long enough to be kept by the provider. A token is about
// four bytes; below its minimum the mark does nothing and costs nothing.
func worthCaching(name string, p stockdigest.Prompt) bool {
	least := 4096
	if m := claudeModelOf(name); m.family == "sonnet" || m.version >= 500 && m.family != "haiku" {
		least = 1024
	}
	return (len(p.System)+len(p.Schema))/4 >= least
}

// parseClaude reads the body of an answer with status 200.
func parseClaude(body []byte, p stockdigest.Prompt) (stockdigest.Completion, error) {
	var raw struct {
		Model   string `json:"model"`
		Content *[]struct {
			Type string `json:"type"`
			Text string `json:"text"`
		} `json:"content"`
		Stop  string          `json:"stop_reason"`
		Usage json.RawMessage `json:"usage"`
	}
	if err := unmarshal(body, &raw); err != nil {
		return stockdigest.Completion{}, err
	}
	if raw.Content == nil {
		return stockdigest.Completion{}, errNoChoice
	}
	var text strings.Builder
	for _, block := range *raw.Content {
		if block.Type == "text" {
			text.WriteString(block.Text)
		}
	}
	return completion(raw.Model, text.String(), stopOf(raw.Stop), claudeCounts(raw.Usage).usage(p)), nil
}

// claudeCounts adds up what Anthropic counts apart. A token that went into its
// cache is billed as one and a quarter, and counted so.
func claudeCounts(usage json.RawMessage) counts {
	var told struct {
		In     *float64 `json:"input_tokens"`
		Out    *float64 `json:"output_tokens"`
		Stored float64  `json:"cache_creation_input_tokens"`
		Cached float64  `json:"cache_read_input_tokens"`
	}
	if json.Unmarshal(usage, &told) != nil || !counted(told.In) {
		return counts{}
	}
	cached := max(told.Cached, 0)
	all := *told.In + cached + float64(int(min(max(told.Stored, 0), maxTokens)*1.25))
	return counts{in: &all, out: told.Out, cached: cached}
}
