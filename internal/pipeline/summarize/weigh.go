package summarize

import (
	"context"
	_ "embed" // for the prompt
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"

	"golang.org/x/sync/errgroup"

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
// the company, of each by itself, so that what one of them says to a model cannot
// change the word on another. Without an answer an article stays: that nobody
// answered says nothing of it.
func (au *author) weigh(ctx context.Context, m stockdigest.Material, list []*article) error {
	var group errgroup.Group
	group.SetLimit(atOnce)
	asked := 0
	for _, a := range list {
		if a.source.role == stockdigest.RoleIndustry && asked < maxWeighed {
			asked++
			group.Go(func() error { return au.weighOne(ctx, m.Ticker.Name, a) })
		}
	}
	return group.Wait()
}

func (au *author) weighOne(ctx context.Context, company string, a *article) error {
	err := au.aside.Ask(ctx, desk.Question{
		Prompt: industryPrompt(company, a), Chain: au.cfg.Read,
		Take: func(answer json.RawMessage, by stockdigest.Model, _ bool) error {
			e, unknown, err := parseEffect(answer)
			au.count(unknown)
			if err == nil {
				e.by = by.Name
				a.effect = e
			}
			return err
		},
	})
	if err != nil {
		return fmt.Errorf("ask how %s concerns %s: %w", a.source.evidence.URL, company, err)
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

//go:embed prompts/industry.2.txt
var industrySystem string

const industrySchema = `{"type":"object","properties":{"articles":{"type":"array","items":{"type":"object","properties":{"article":{"type":"integer"},"relevance":{"type":"string","enum":["direct","indirect","none"]},"channel":{"type":"string","enum":["demand","costs","supply","competition","rules","capital","none"]}},"required":["article","relevance","channel"],"additionalProperties":false}}},"required":["articles"],"additionalProperties":false}`

// industryPrompt shows an article: what the feed stood for, the title and the
// first sentences. What speaks to the reader or to a machine is left out.
func industryPrompt(company string, a *article) stockdigest.Prompt {
	var lead []string
	if title := a.source.evidence.Title; !text.Addressed(title, text.Words(title)) {
		lead = append(lead, title)
	}
	for _, s := range a.lines[:min(len(a.lines), weighedLead)] {
		lead = append(lead, s.text)
	}
	return stockdigest.Prompt{
		Name: "industry", Version: "2", System: industrySystem,
		Input: fmt.Sprintf("company: %s\n<articles>\n[1] (%s) %s\n</articles>\n",
			desk.Harmless(company), desk.Harmless(a.source.subject), desk.Harmless(strings.Join(lead, " | "))),
		Schema: json.RawMessage(industrySchema), MaxOutput: 2000, // as for an article
	}
}

var errNoArticle = errors.New("it says nothing of the article that was shown")

// parseEffect reads what is said of the one article. An entry on any other, a
// second one, or one without a relevance is dropped and counted.
func parseEffect(answer json.RawMessage) (e effect, unknown int, err error) {
	var raw struct {
		Articles []json.RawMessage `json:"articles"`
	}
	if err := json.Unmarshal(answer, &raw); err != nil {
		return e, 0, fmt.Errorf("read the answer: %w", err)
	}
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
		relevance := known(stockdigest.Relevance(said.Relevance), stockdigest.Direct, stockdigest.Indirect, stockdigest.None)
		if string(said.Article) != "1" || e.relevance != "" || relevance == "" {
			unknown++
			continue
		}
		e.relevance = relevance
		if relevance != stockdigest.None {
			e.channel = known(stockdigest.Channel(said.Channel), stockdigest.Channels()...)
		}
	}
	if e.relevance == "" {
		return e, unknown, errNoArticle
	}
	return e, unknown, nil
}
