package verify

import (
	"context"
	_ "embed" // for the prompts
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"stockdigest.app/stockdigest"
	"stockdigest.app/stockdigest/internal/desk"
)

// ModelConfig holds the values of a gate that asks models.
type ModelConfig struct {
	Judge []stockdigest.Model // who judges wordings, best first; none: nobody does
	Mend  []stockdigest.Model // who words failing bullets anew: those that word them
	Sum   []stockdigest.Model // who words the bottom line; none: code says it
	Now   func() time.Time    // the clock that a run's deadline is told by
}

// judges are the models that judge, those of the writer's provider last: a model
// is lenient to its own kind.
func (c ModelConfig) judges(writer string) []stockdigest.Model {
	at := slices.IndexFunc(c.Mend, func(m stockdigest.Model) bool { return m.Name == writer })
	if at < 0 {
		return c.Judge
	}
	var others, own []stockdigest.Model
	for _, m := range c.Judge {
		if m.Provider == c.Mend[at].Provider {
			own = append(own, m)
		} else {
			others = append(others, m)
		}
	}
	return append(others, own...)
}

// What models are asked, each at most once a run.
var (
	//go:embed prompts/judge.1.txt
	judgeSystem string
	//go:embed prompts/mend.1.txt
	mendSystem string
)

const (
	judgeSchema = `{"type":"object","properties":{"verdicts":{"type":"array","items":{"type":"object","properties":{"bullet":{"type":"integer"},"verdict":{"type":"string","enum":["supported","contradicted","not enough"]}},"required":["bullet","verdict"],"additionalProperties":false}}},"required":["verdicts"],"additionalProperties":false}`
	mendSchema  = `{"type":"object","properties":{"bullets":{"type":"array","items":{"type":"object","properties":{"bullet":{"type":"integer"},"text":{"type":"string"}},"required":["bullet","text"],"additionalProperties":false}}},"required":["bullets"],"additionalProperties":false}`
)

func judgePrompt(items []*item) stockdigest.Prompt {
	return stockdigest.Prompt{
		Name: "judge", Version: "1", System: judgeSystem, Input: shown(items),
		Schema: json.RawMessage(judgeSchema), MaxOutput: 3000,
	}
}

func mendPrompt(items []*item) stockdigest.Prompt {
	return stockdigest.Prompt{
		Name: "mend", Version: "1", System: mendSystem, Input: shown(items),
		Schema: json.RawMessage(mendSchema), MaxOutput: 6000,
	}
}

// shown are bullets by number from 1 with the quotes they rest on, and what is
// wrong with those that failed. No id and no address is among it.
func shown(items []*item) string {
	var b strings.Builder
	b.WriteString("<bullets>\n")
	for i, it := range items {
		fmt.Fprintf(&b, "[%d] %s\n", i+1, desk.Harmless(it.bullet.Text))
		source := ""
		for _, e := range it.bullet.Evidence {
			if e.Source != source {
				source = e.Source
				fmt.Fprintf(&b, "headline: %s (%s)\n", desk.Harmless(e.Title), desk.Harmless(e.Publisher))
			}
			fmt.Fprintf(&b, "quote: %s\n", desk.Harmless(e.Quote))
		}
		for _, f := range it.failures {
			fmt.Fprintf(&b, "wrong: %s\n", desk.Harmless(f.Why))
		}
	}
	b.WriteString("</bullets>\n")
	return b.String()
}

// mend has the wordings that failed worded anew, and takes those that hold.
func (s *Step) mend(ctx context.Context, d *desk.Desk, lib *library, items []*item) error {
	var failing []*item
	for _, it := range items {
		if it.worded() && wrongWords(it.failures) {
			failing = append(failing, it)
		}
	}
	if len(failing) == 0 || len(s.cfg.Mend) == 0 {
		return nil
	}
	err := d.Ask(ctx, desk.Question{
		Prompt: mendPrompt(failing), Chain: s.cfg.Mend,
		Take: func(answer json.RawMessage, _ stockdigest.Model, _ bool) error {
			for i, text := range parseMended(answer, len(failing)) {
				failing[i].take(text, lib)
			}
			return nil // what is not mended is not asked for again
		},
	})
	if err != nil {
		return fmt.Errorf("ask for other words: %w", err)
	}
	return nil
}

// wrongWords reports whether other words may help: the quotes themselves stand.
func wrongWords(failures []Failure) bool {
	return len(failures) > 0 && !slices.ContainsFunc(failures, func(f Failure) bool { return f.Kind == KindSource || f.Kind == KindQuote })
}

// judge has every wording that holds judged. One that nobody judges keeps the
// word of the code.
func (s *Step) judge(ctx context.Context, d *desk.Desk, writer string, items []*item) error {
	var judged []*item
	for _, it := range items {
		if it.worded() && len(it.failures) == 0 {
			it.bullet.Judged = stockdigest.Judgement{Verdict: stockdigest.NotJudged}
			judged = append(judged, it)
		}
	}
	chain := s.cfg.judges(writer)
	if len(judged) == 0 || len(chain) == 0 {
		return nil
	}
	err := d.Ask(ctx, desk.Question{
		Prompt: judgePrompt(judged), Chain: chain,
		Take: func(answer json.RawMessage, by stockdigest.Model, _ bool) error {
			verdicts := parseVerdicts(answer, len(judged))
			if len(verdicts) == 0 {
				return errNoVerdict
			}
			for i, verdict := range verdicts {
				judged[i].bullet.Judged = stockdigest.Judgement{Verdict: verdict, By: by.Name}
			}
			return nil
		},
	})
	if err != nil {
		return fmt.Errorf("ask a judge: %w", err)
	}
	return nil
}

var errNoVerdict = errors.New("it has no verdict on a bullet that was shown")

// parseVerdicts reads the verdicts on n bullets, by index from 0. An entry that
// names no bullet, no verdict, or a bullet twice is left out.
func parseVerdicts(answer json.RawMessage, n int) map[int]stockdigest.Entailment {
	var raw struct {
		Verdicts []json.RawMessage `json:"verdicts"`
	}
	if json.Unmarshal(answer, &raw) != nil {
		return nil
	}
	all := map[int]stockdigest.Entailment{}
	for _, entry := range raw.Verdicts {
		var said struct {
			Bullet  json.RawMessage        `json:"bullet"`
			Verdict stockdigest.Entailment `json:"verdict"`
		}
		if json.Unmarshal(entry, &said) != nil {
			continue
		}
		i, ok := indexOf(said.Bullet, n)
		if _, twice := all[i]; !ok || twice {
			continue
		}
		if slices.Contains([]stockdigest.Entailment{stockdigest.Supported, stockdigest.Contradicted, stockdigest.NotEnough}, said.Verdict) {
			all[i] = said.Verdict
		}
	}
	return all
}

// maxMended bounds a mended text in bytes; the prompt asks for 45 words.
const maxMended = 500

// parseMended reads the new words of n bullets, by index from 0, likewise.
func parseMended(answer json.RawMessage, n int) map[int]string {
	var raw struct {
		Bullets []json.RawMessage `json:"bullets"`
	}
	if json.Unmarshal(answer, &raw) != nil {
		return nil
	}
	all := map[int]string{}
	for _, entry := range raw.Bullets {
		var said struct {
			Bullet json.RawMessage `json:"bullet"`
			Text   string          `json:"text"`
		}
		if json.Unmarshal(entry, &said) != nil {
			continue
		}
		text := strings.Join(strings.Fields(said.Text), " ")
		if i, ok := indexOf(said.Bullet, n); ok && all[i] == "" && text != "" && len(text) <= maxMended {
			all[i] = text
		}
	}
	return all
}

// indexOf reads a number from 1 to n as an index from 0.
func indexOf(raw json.RawMessage, n int) (int, bool) {
	i, err := strconv.Atoi(string(raw))
	return i - 1, err == nil && i >= 1 && i <= n
}
