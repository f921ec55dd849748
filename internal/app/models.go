package app

import (
	"cmp"
	"fmt"
	"math"
	"net/url"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"stockdigest.app/stockdigest"
	"stockdigest.app/stockdigest/internal/adapter/llm"
	"stockdigest.app/stockdigest/internal/adapter/scrapfly"
	"stockdigest.app/stockdigest/internal/control/calls"
	"stockdigest.app/stockdigest/internal/names"
	"stockdigest.app/stockdigest/internal/pipeline/summarize"
	"stockdigest.app/stockdigest/internal/pipeline/triage"
)

// writerExtractive is the writer without a model.
const writerExtractive = "extractive"

// A family is a provider of models, with those that are asked when the settings
// name no other.
type family struct {
	name               string
	read, write, cheap string

	key, keyName string
	at, atName   string
	keyless      bool // a server of one's own may ask for none
}

// families lists the providers in the order in which they are asked.
func (o Options) families() []family {
	return []family{
		{
			name: "claude", read: "claude-haiku-4-5", write: "claude-sonnet-4-6", cheap: "claude-haiku-4-5",
			key: string(o.ClaudeKey), keyName: "CLAUDE_API_KEY", at: o.ClaudeURL, atName: "STOCKDIGEST_CLAUDE_URL",
		},
		{
			name: "openai", read: "gpt-5-mini", write: "gpt-5-mini", cheap: "gpt-5-nano",
			key: string(o.OpenAIKey), keyName: "OPENAI_API_KEY", at: o.OpenAIURL, atName: "OPENAI_BASE_URL", keyless: true,
		},
		{
			name: "gemini", read: "gemini-2.5-flash", write: "gemini-2.5-flash", cheap: "gemini-2.5-flash-lite",
			key: string(o.GeminiKey), keyName: "GEMINI_API_KEY", at: o.GeminiURL, atName: "STOCKDIGEST_GEMINI_URL",
		},
	}
}

// ready reports whether the settings let the family be asked.
func (f family) ready() bool { return f.key != "" || f.keyless && f.at != "" }

func (f family) client(now func() time.Time) (calls.Provider, error) {
	cfg := llm.Config{Name: f.name, BaseURL: f.at, Key: f.key, Now: now}
	switch f.name {
	case "claude":
		return llm.NewClaude(cfg)
	case "gemini":
		return llm.NewGemini(cfg)
	}
	return llm.New(cfg)
}

// asked are the families that may be asked, the writer of the settings first.
func (o Options) asked() []family {
	var all []family
	for _, f := range o.families() {
		switch {
		case !f.ready():
		case f.name == o.Writer:
			all = slices.Insert(all, 0, f)
		default:
			all = append(all, f)
		}
	}
	return all
}

// writer is the writer that the settings mean: extractive, or the family that is
// asked first.
func (o Options) writer() string {
	asked := o.asked()
	if o.Writer == writerExtractive || len(asked) == 0 {
		return writerExtractive
	}
	return asked[0].name
}

// chain are the models of a setting, or else of each family that may be asked.
func (o Options) chain(setting string, of func(family) string) ([]stockdigest.Model, error) {
	if setting != "" {
		return stockdigest.ParseModels(setting)
	}
	var all []stockdigest.Model
	for _, f := range o.asked() {
		all = append(all, stockdigest.Model{Provider: f.name, Name: of(f)})
	}
	return all, nil
}

// The chains are the models of each kind of work, best first.
type chains struct {
	read, write, cheap []stockdigest.Model
	vote               []stockdigest.Model // of both voters, see voters
	judge              []stockdigest.Model // of wordings; none: nobody judges
}

// all are the models of all chains.
func (c chains) all() []stockdigest.Model {
	return slices.Concat(c.read, c.write, c.cheap, c.vote, c.judge)
}

func (o Options) chains() (c chains, err error) {
	for _, step := range []struct {
		into    *[]stockdigest.Model
		setting string
		of      func(family) string
	}{
		{&c.read, o.ModelsRead, func(f family) string { return f.read }},
		{&c.write, o.ModelsWrite, func(f family) string { return f.write }},
		{&c.cheap, o.ModelsCheap, func(f family) string { return f.cheap }},
	} {
		if *step.into, err = o.chain(step.setting, step.of); err != nil {
			return c, err
		}
	}
	if c.vote, err = o.voting(); err != nil {
		return c, err
	}
	c.judge, err = o.judges()
	return c, err
}

// voting are the models that vote: of each family the cheap one, at the lowest
// price first, since a vote is asked of two and worth little; and then, in the
// other direction, the one that reads. Dealt in turn they give two voters of two
// families where there are two, and two voters still when one is down.
func (o Options) voting() ([]stockdigest.Model, error) {
	if o.ModelsVote != "" {
		return stockdigest.ParseModels(o.ModelsVote)
	}
	prices, err := o.Prices()
	if err != nil {
		return nil, err
	}
	today := stockdigest.DayOf(time.Now(), time.UTC)
	costs := func(f family) stockdigest.Micros {
		price, err := prices.Of(f.name, f.cheap, today)
		if err != nil {
			return math.MaxInt64 // whoever has no price is refused at the start
		}
		return price.Out
	}
	families := o.asked()
	slices.SortStableFunc(families, func(a, b family) int { return cmp.Compare(costs(a), costs(b)) })
	var cheap, read []stockdigest.Model
	for _, f := range families {
		cheap = append(cheap, stockdigest.Model{Provider: f.name, Name: f.cheap})
		read = slices.Insert(read, 0, stockdigest.Model{Provider: f.name, Name: f.read})
	}
	return slices.Concat(cheap, read), nil
}

// voters deals models in turn to two voters, each model once.
func (c chains) voters() [][]stockdigest.Model {
	var once []stockdigest.Model
	for _, m := range c.vote {
		if !slices.Contains(once, m) {
			once = append(once, m)
		}
	}
	dealt := make([][]stockdigest.Model, min(2, len(once)))
	for i, m := range once {
		dealt[i%2] = append(dealt[i%2], m)
	}
	return dealt
}

// WithWriter is o with another writer, or an ErrInvalid when it cannot be asked.
// An empty name changes nothing.
func (o Options) WithWriter(name string) (Options, error) {
	if name == "" {
		return o, nil
	}
	o.Writer = name
	if faults := o.modelFaults(); len(faults) > 0 {
		return o, stockdigest.Invalid("--writer: " + strings.Join(faults, "; "))
	}
	return o, nil
}

// modelFaults finds what is wrong with the writer and its models. No fault shows
// a key.
func (o Options) modelFaults() []string {
	var faults, known []string
	ready := map[string]bool{}
	for _, f := range o.families() {
		known = append(known, f.name)
		ready[f.name] = f.ready()
		if o.Writer == f.name && !f.ready() {
			faults = append(faults, f.wants("STOCKDIGEST_WRITER="+o.Writer))
		}
		if u, err := url.Parse(f.at); f.at != "" && (err != nil || u.Host == "" || u.User != nil || u.RawQuery != "") {
			faults = append(faults, f.atName+" is not an address such as https://api.example.com/v1, without key or query")
		}
	}
	if o.Writer != "" && o.Writer != writerExtractive && !slices.Contains(known, o.Writer) {
		faults = append(faults, fmt.Sprintf("STOCKDIGEST_WRITER=%q is not extractive, %s", o.Writer, strings.Join(known, " or ")))
	}
	for _, s := range []struct{ name, list string }{
		{"STOCKDIGEST_MODELS_READ", o.ModelsRead},
		{"STOCKDIGEST_MODELS_WRITE", o.ModelsWrite},
		{"STOCKDIGEST_MODELS_CHEAP", o.ModelsCheap},
		{"STOCKDIGEST_MODELS_VOTE", o.ModelsVote},
		{"STOCKDIGEST_MODELS_JUDGE", o.judgeSetting()},
	} {
		models, err := stockdigest.ParseModels(s.list)
		if err != nil {
			faults = append(faults, s.name+": "+stockdigest.Message(err))
		}
		for _, m := range models {
			i := slices.IndexFunc(o.families(), func(f family) bool { return f.name == m.Provider })
			switch {
			case i < 0:
				faults = append(faults, fmt.Sprintf("%s: %s is of no provider we know: %s", s.name, m, strings.Join(known, ", ")))
			case !ready[m.Provider]:
				faults = append(faults, o.families()[i].wants(s.name+": "+m.String()))
			}
		}
	}
	return faults
}

func (f family) wants(what string) string {
	if f.keyless {
		return what + " needs " + f.keyName + ", or " + f.atName + " of a server that asks for none"
	}
	return what + " needs " + f.keyName
}

// openModels gets ready to pay whom the settings name, if anybody.
func (a *App) openModels() (err error) {
	if a.opts.writer() != writerExtractive {
		if a.chains, err = a.opts.chains(); err != nil {
			return err
		}
		if a.world.unasked == nil {
			if err = a.opts.priced(a.chains); err != nil {
				return err
			}
		}
	}
	return a.newCaller()
}

// asks reports whether models are asked; else the rules do all.
func (a *App) asks() bool { return len(a.chains.read) > 0 }

// providers are all that this process may pay, by their names in the price list.
func (a *App) providers() (map[string]calls.Provider, error) {
	all := map[string]calls.Provider{}
	if a.asks() {
		for _, f := range a.opts.asked() {
			client, err := a.client(f)
			if err != nil {
				return nil, err
			}
			all[f.name] = client
		}
	}
	if a.opts.browses(a.world) {
		all[stockdigest.PageReader] = scrapfly.New(scrapfly.Config{Key: scrapfly.Key(a.opts.ScrapFlyKey), Get: a.fetch, Now: a.world.Now})
	}
	return all, nil
}

// writer is the writer of the settings.
func (a *App) writer(linker *names.Linker) summarize.Writer {
	if !a.asks() {
		return summarize.Extractive(linker)
	}
	return summarize.Model(a.caller, linker, summarize.ModelConfig{
		Read: a.chains.read, Write: a.chains.write, Cheap: a.chains.cheap, Now: a.world.Now, Progress: a.progress,
	})
}

// jury is who votes on candidates; nobody without a model.
func (a *App) jury() triage.Jury {
	if !a.asks() {
		return triage.Jury{}
	}
	return triage.Jury{Asker: a.caller, Voters: a.chains.voters(), Now: a.world.Now}
}

// client speaks to a family, or in a replay to nobody.
func (a *App) client(f family) (calls.Provider, error) {
	if a.world.unasked != nil {
		return a.world.unasked.provider(f.name), nil
	}
	return f.client(time.Now)
}

// priced refuses a model without a price: what it may cost could not be held
// against the budget.
func (o Options) priced(c chains) error {
	prices, err := o.Prices()
	if err != nil {
		return err
	}
	today := stockdigest.DayOf(time.Now(), time.UTC)
	for _, m := range c.all() {
		if _, err := prices.Of(m.Provider, m.Name, today); err != nil {
			return stockdigest.Invalid(fmt.Sprintf("no price for %s: add the line \"%s %s %s IN CACHED OUT\" (dollars per million tokens, 0 for a server of your own) to %s",
				m, m.Provider, m.Name, today, filepath.Join(o.Dir, PriceFile)))
		}
	}
	return nil
}
