package night

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"time"

	"stockdigest.app/stockdigest"
)

// answersFile holds what models answered in the night; a night without one was
// written by rules.
const answersFile = "answers.json"

// Models is what the models of a night were asked and answered.
type Models struct {
	Settings  map[string]string      // who was asked for what, by the program's names
	Providers []string               // that could be asked
	Answers   []stockdigest.Answered // by key
}

// Models returns what models answered in the night; nil when it was written
// without one.
func (n *Night) Models() *Models { return n.models }

// models is answers.json as it lies on disk. It names no run and no reader.
type models struct {
	Settings  map[string]string `json:"settings"`
	Providers []string          `json:"providers"`
	Answers   []answer          `json:"answers"`
}

type answer struct {
	Key          string `json:"key"` // of provider, model, prompt and its version
	Provider     string `json:"provider"`
	Model        string `json:"model"`
	Prompt       string `json:"prompt"` // name and version
	Step         string `json:"step"`
	At           string `json:"at"` // RFC 3339
	TookMS       int64  `json:"took_ms"`
	CostMicros   int64  `json:"cost_micros"`
	TokensIn     int    `json:"tokens_in"`
	TokensCached int    `json:"tokens_in_cached"`
	TokensOut    int    `json:"tokens_out"`
	AnsweredBy   string `json:"answered_by"`
	Stop         string `json:"stop"`
	Text         string `json:"text"`
}

// recordedRun stands for the runs whose answers a night keeps.
const recordedRun = "recorded"

func (a answer) noun() (stockdigest.Answered, error) {
	at, err := time.Parse(time.RFC3339, a.At)
	if a.Key == "" || a.Provider == "" || a.Model == "" || a.Prompt == "" || err != nil {
		return stockdigest.Answered{}, errors.New("it names no key, provider, model, prompt or time")
	}
	if a.CostMicros < 0 || min(a.TokensIn, a.TokensCached, a.TokensOut) < 0 || a.TookMS < 0 {
		return stockdigest.Answered{}, errors.New("it counts below zero")
	}
	usage := stockdigest.Usage{In: a.TokensIn, InCached: a.TokensCached, Out: a.TokensOut}
	return stockdigest.Answered{
		Call: stockdigest.Call{
			ID: recordedRun + " " + a.Key, Key: a.Key, Provider: a.Provider, Model: a.Model, Prompt: a.Prompt,
			Run: recordedRun, Step: stockdigest.StepName(a.Step), State: stockdigest.CallDone, Cost: stockdigest.Micros(a.CostMicros),
			Usage: usage, Started: at.UTC(), Took: time.Duration(a.TookMS) * time.Millisecond,
		},
		Completion: stockdigest.Completion{Text: a.Text, Stop: a.Stop, Model: a.AnsweredBy, Usage: usage, Cached: true},
	}, nil
}

func plainAnswer(a stockdigest.Answered) answer {
	c := a.Call
	return answer{
		Key: c.Key, Provider: c.Provider, Model: c.Model, Prompt: c.Prompt, Step: string(c.Step),
		At: c.Started.UTC().Format(time.RFC3339), TookMS: c.Took.Milliseconds(), CostMicros: int64(c.Cost),
		TokensIn: c.Usage.In, TokensCached: c.Usage.InCached, TokensOut: c.Usage.Out,
		AnsweredBy: a.Completion.Model, Stop: a.Completion.Stop, Text: a.Completion.Text,
	}
}

// models reads the answers of a night, if it has any. Its bytes are for the
// fingerprint.
func (c *checker) models() (m *Models, raw []byte) {
	raw, err := readAll(c.files, answersFile, maxIndex)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		c.fault("%s cannot be read: %v", answersFile, err)
		return nil, nil
	}
	var in models
	if err := json.Unmarshal(raw, &in); err != nil {
		c.fault("%s%s", answersFile, where(raw, err))
		return nil, nil
	}
	m = &Models{Settings: in.Settings, Providers: in.Providers}
	seen := map[string]bool{}
	for i, a := range in.Answers {
		noun, err := a.noun()
		switch {
		case err != nil:
			c.fault("answer %d of %s: %v", i+1, answersFile, err)
		case seen[a.Key]:
			c.fault("answer %d of %s has the key of another", i+1, answersFile)
		default:
			m.Answers = append(m.Answers, noun)
		}
		seen[a.Key] = true
	}
	return m, raw
}

// saveModels writes the answers into the folder of a night.
func saveModels(dir string, m Models) error {
	out := models{Settings: m.Settings, Providers: m.Providers, Answers: []answer{}}
	for _, a := range m.Answers {
		out.Answers = append(out.Answers, plainAnswer(a))
	}
	slices.SortFunc(out.Answers, func(a, b answer) int { return cmp.Compare(a.Key, b.Key) })
	raw, err := json.MarshalIndent(out, "", " ")
	if err != nil {
		return fmt.Errorf("write %s: %w", answersFile, err)
	}
	f, err := os.CreateTemp(dir, ".answers-*")
	if err != nil {
		return fmt.Errorf("write %s: %w", answersFile, err)
	}
	_, err = f.Write(append(raw, '\n'))
	if err := errors.Join(err, keep(f, filepath.Join(dir, answersFile))); err != nil {
		return fmt.Errorf("write %s: %w", answersFile, err)
	}
	return nil
}
