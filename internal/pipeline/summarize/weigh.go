package summarize

import (
	"context"
	_ "embed" // for the prompt
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"stockdigest.app/stockdigest"
	"stockdigest.app/stockdigest/internal/desk"
	"stockdigest.app/stockdigest/internal/text"
)

// gateIndustry is the gate of articles that do not concern the company.
const gateIndustry = "industry"

// What a model is shown to say whether an article concerns the company.
const (
	maxWeighed  = 24 // articles; more are not selected of an industry
	weighedLead = 2  // of its first sentences
)

// An effect is how an article of the industry concerns the company, as a model
// finds; zero when none was asked or answered.
type effect struct {
	relevance stockdigest.Relevance
	channel   stockdigest.Channel
	by        string
}

// weigh is the gate of the industry: it asks how each of its articles concerns
// the company. Without an answer every article stays: that nobody answered says
// nothing of an article.
func (au *author) weigh(ctx context.Context, m stockdigest.Material, list []*article) error {
	var shown []*article
	for _, a := range list {
		if a.source.role == stockdigest.RoleIndustry && len(shown) < maxWeighed {
			shown = append(shown, a)
		}
	}
	if len(shown) == 0 {
		return nil
	}
	err := au.aside.Ask(ctx, desk.Question{
		Prompt: industryPrompt(m.Ticker.Name, shown), Chain: au.cfg.Read,
		Take: func(answer json.RawMessage, by stockdigest.Model, _ bool) error {
			effects, unknown, err := parseEffects(answer, len(shown))
			au.count(unknown)
			for i, e := range effects {
				e.by = by.Name
				shown[i].effect = e
			}
			return err
		},
	})
	if err != nil {
		return fmt.Errorf("ask how its industry concerns %s: %w", au.run.Ticker, err)
	}
	return nil
}

// without is the material without the articles that do not concern the company,
// with the verdicts on them. One that names the company is not left out, and of
// all no more than half: those that matter least.
func without(m stockdigest.Material, list []*article) (stockdigest.Material, []stockdigest.Verdict) {
	weighed, own := 0, namesOf(m.Ticker)
	var foreign []*article
	for _, a := range list {
		if a.effect.relevance != "" {
			weighed++
		}
		if a.effect.relevance == stockdigest.None && !namesOwn(a, own) {
			foreign = append(foreign, a)
		}
	}
	most := (weighed + 1) / 2
	foreign = foreign[max(0, len(foreign)-most):]
	if len(foreign) == 0 {
		return m, nil
	}
	var verdicts []stockdigest.Verdict
	m.Candidates = slices.Clone(m.Candidates)
	for i := range m.Candidates {
		c := &m.Candidates[i]
		at := slices.IndexFunc(foreign, func(a *article) bool { return a.id == string(c.Article.ID) })
		if at < 0 {
			continue
		}
		c.Verdict.ArticleID, c.Verdict.Decision, c.Verdict.Gate = c.Article.ID, stockdigest.Rejected, gateIndustry
		c.Verdict.Reason = fmt.Sprintf("says nothing that concerns %s, %s finds", m.Ticker.Name, foreign[at].effect.by)
		foreign[at].picks = nil
		verdicts = append(verdicts, c.Verdict)
	}
	return m, verdicts
}

// namesOwn reports an article that names the company where a model was shown it or
// anywhere else.
func namesOwn(a *article, own ownNames) bool {
	return own.find(a.source.evidence.Title) >= 0 || own.find(a.source.body) >= 0
}

//go:embed prompts/industry.1.txt
var industrySystem string

const industrySchema = `{"type":"object","properties":{"articles":{"type":"array","items":{"type":"object","properties":{"article":{"type":"integer"},"relevance":{"type":"string","enum":["direct","indirect","none"]},"channel":{"type":"string","enum":["demand","costs","supply","competition","rules","capital","none"]}},"required":["article","relevance","channel"],"additionalProperties":false}}},"required":["articles"],"additionalProperties":false}`

// industryPrompt shows articles by number: what the feed stood for, the title
// and the first sentences. What speaks to the reader or to a machine is left out.
func industryPrompt(company string, shown []*article) stockdigest.Prompt {
	var b strings.Builder
	fmt.Fprintf(&b, "company: %s\n<articles>\n", desk.Harmless(company))
	for i, a := range shown {
		var lead []string
		if title := a.source.evidence.Title; !text.Addressed(title, text.Words(title)) {
			lead = append(lead, title)
		}
		for _, s := range a.lines[:min(len(a.lines), weighedLead)] {
			lead = append(lead, s.text)
		}
		fmt.Fprintf(&b, "[%d] (%s) %s\n", i+1, desk.Harmless(a.source.subject), desk.Harmless(strings.Join(lead, " | ")))
	}
	b.WriteString("</articles>\n")
	return stockdigest.Prompt{
		Name: "industry", Version: "1", System: industrySystem, Input: b.String(),
		Schema: json.RawMessage(industrySchema), MaxOutput: 3000,
	}
}

var errNoArticle = errors.New("it names no article that was shown")

// parseEffects reads what is said of n articles, by index from 0. An entry that
// names no article, one twice or no relevance is dropped and counted.
func parseEffects(answer json.RawMessage, n int) (all map[int]effect, unknown int, err error) {
	var raw struct {
		Articles []json.RawMessage `json:"articles"`
	}
	if err := json.Unmarshal(answer, &raw); err != nil {
		return nil, 0, fmt.Errorf("read the answer: %w", err)
	}
	all = map[int]effect{}
	for _, entry := range raw.Articles {
		var said struct {
			Article   json.RawMessage `json:"article"`
			Relevance string          `json:"relevance"`
			Channel   string          `json:"channel"`
		}
		if json.Unmarshal(entry, &said) != nil {
			unknown++
			continue
		}
		i, err := strconv.Atoi(string(said.Article))
		relevance := known(stockdigest.Relevance(said.Relevance), stockdigest.Direct, stockdigest.Indirect, stockdigest.None)
		if _, twice := all[i-1]; err != nil || i < 1 || i > n || twice || relevance == "" {
			unknown++
			continue
		}
		e := effect{relevance: relevance}
		if relevance != stockdigest.None {
			e.channel = known(stockdigest.Channel(said.Channel), stockdigest.Channels()...)
		}
		all[i-1] = e
	}
	if len(all) == 0 {
		return nil, unknown, errNoArticle
	}
	return all, unknown, nil
}
