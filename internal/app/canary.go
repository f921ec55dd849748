package app

import (
	"context"
	"fmt"
	"hash/fnv"
	"log/slog"
	"maps"
	"slices"
	"strings"
	"sync"
	"time"

	"stockdigest.app/stockdigest"
	"stockdigest.app/stockdigest/internal/adapter/store"
	"stockdigest.app/stockdigest/internal/pipeline/summarize"
	"stockdigest.app/stockdigest/internal/pipeline/triage"
	"stockdigest.app/stockdigest/internal/pipeline/verify"
)

// editions are the versions of the prompts of all steps that the program brings.
func editions() (map[stockdigest.Edition]string, error) {
	all := map[stockdigest.Edition]string{}
	for _, of := range []func() (map[stockdigest.Edition]string, error){triage.Editions, summarize.Editions, verify.Editions} {
		some, err := of()
		if err != nil {
			return nil, err
		}
		maps.Copy(all, some)
	}
	return all, nil
}

// parseEditions reads a list such as write=2,choose=3, by prompt.
func parseEditions(list string) (map[string]stockdigest.Edition, error) {
	known, err := editions()
	if err != nil {
		return nil, err
	}
	all := map[string]stockdigest.Edition{}
	for part := range strings.SplitSeq(list, ",") {
		if strings.TrimSpace(part) == "" {
			continue
		}
		e, err := stockdigest.ParseEdition(part)
		if err != nil {
			return nil, err
		}
		if _, there := known[e]; !there {
			return nil, noEdition(e, known)
		}
		all[e.Prompt] = e
	}
	return all, nil
}

// noEdition says which versions there are of the prompt that was named, or of
// all when there is no such prompt.
func noEdition(e stockdigest.Edition, known map[stockdigest.Edition]string) error {
	var versions, all []string
	for k := range known {
		all = append(all, k.Prompt+"="+k.Version)
		if k.Prompt == e.Prompt {
			versions = append(versions, k.Prompt+"="+k.Version)
		}
	}
	slices.Sort(versions)
	slices.Sort(all)
	if len(versions) > 0 {
		return stockdigest.Invalid(fmt.Sprintf("the prompt %s has no version %s: it has %s", e.Prompt, e.Version, strings.Join(versions, ", ")))
	}
	return stockdigest.Invalid(fmt.Sprintf("there is no prompt %s: there are %s", e.Prompt, strings.Join(all, ", ")))
}

// WithPrompts is o with other versions of prompts, or an ErrInvalid when the
// program does not bring them. No names change nothing.
func (o Options) WithPrompts(names []string) (Options, error) {
	if len(names) == 0 {
		return o, nil
	}
	o.Prompts = strings.Join(names, ",")
	if _, err := parseEditions(o.Prompts); err != nil {
		return o, stockdigest.Invalid("--prompt: " + stockdigest.Message(err))
	}
	return o, nil
}

func (o Options) editionFaults() []string {
	var faults []string
	if _, err := parseEditions(o.Prompts); err != nil {
		faults = append(faults, "STOCKDIGEST_PROMPTS: "+stockdigest.Message(err))
	}
	if _, err := parseEditions(o.Canary); err != nil {
		faults = append(faults, "STOCKDIGEST_CANARY: "+stockdigest.Message(err))
	} else if strings.Contains(o.Canary, ",") {
		faults = append(faults, fmt.Sprintf("STOCKDIGEST_CANARY=%q is more than one version of a prompt", o.Canary))
	}
	if o.CanaryPercent < 0 || o.CanaryPercent > 100 {
		faults = append(faults, fmt.Sprintf("STOCKDIGEST_CANARY_PERCENT=%d is not from 0 to 100", o.CanaryPercent))
	}
	return faults
}

// edition decides which version of a prompt an ask is put in: that of the
// canary for its tickers, or the settings', or the one that the step brings.
func (a *App) edition() (func(ctx context.Context, ask stockdigest.Ask) stockdigest.Prompt, error) {
	texts, err := editions()
	if err != nil {
		return nil, err
	}
	chosen, err := parseEditions(a.opts.Prompts)
	if err != nil {
		return nil, err
	}
	canary, err := a.canary()
	if err != nil {
		return nil, err
	}
	return func(ctx context.Context, ask stockdigest.Ask) stockdigest.Prompt {
		p := ask.Prompt
		e, other := chosen[p.Name]
		if !other {
			e = stockdigest.Edition{Prompt: p.Name, Version: p.Version}
		}
		if canary.tries(ctx, ask.Ticker, e) {
			e, other = canary.edition, true
		}
		if other {
			p.Version, p.System = e.Version, texts[e]
		}
		return p
	}, nil
}

// canary is that of the settings; one without an edition is tried by nobody.
func (a *App) canary() (*canary, error) {
	c := &canary{store: a.store, percent: a.opts.CanaryPercent, now: a.world.Now, log: a.log}
	named, err := parseEditions(a.opts.Canary)
	for _, e := range named {
		c.edition = e
	}
	return c, err
}

var _ groundings = (*store.DB)(nil)

// groundings is what a canary is judged by.
type groundings interface {
	Grounding(ctx context.Context, e stockdigest.Edition, since time.Time) (stockdigest.Grounding, error)
	RollBack(ctx context.Context, r stockdigest.Rollback) error
	Rollbacks(ctx context.Context) ([]stockdigest.Rollback, error)
}

const (
	canaryWindow = 14 * 24 * time.Hour // a canary is judged by what was written in it
	canaryPause  = 5 * time.Minute     // from one look to the next

	// It and the rest must have worded so many bullets: of two that hold 95 times
	// in 100, chance alone puts one so far behind once in a hundred times.
	canaryLeast = 200
	// It is rolled back when its score is so much lower.
	canaryMargin = 0.05
)

// A canary is a version of a prompt that some tickers try. It is safe for
// concurrent use.
type canary struct {
	edition stockdigest.Edition
	percent int
	store   groundings
	now     func() time.Time
	log     *slog.Logger

	mu     sync.Mutex
	judged time.Time
	over   bool // it was rolled back
}

// tries reports whether ticker tries the canary in place of base.
func (c *canary) tries(ctx context.Context, ticker stockdigest.Symbol, base stockdigest.Edition) bool {
	if c.edition.Prompt != base.Prompt || c.edition == base || place(ticker) >= c.percent {
		return false
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if now := c.now(); c.judged.IsZero() || now.Sub(c.judged) >= canaryPause {
		c.judged = now
		if err := c.judge(ctx, base); err != nil {
			c.log.WarnContext(ctx, "cannot judge the canary", "prompt", c.edition.String(), "error", err)
		}
	}
	return !c.over
}

// place is where a ticker stands among a hundred, the same for ever.
func place(ticker stockdigest.Symbol) int {
	h := fnv.New32a()
	_, _ = h.Write([]byte(ticker)) // never fails
	return int(h.Sum32() % 100)
}

// judge rolls the canary back when it words worse than base.
func (c *canary) judge(ctx context.Context, base stockdigest.Edition) error {
	gone, err := c.store.Rollbacks(ctx)
	if err != nil {
		return err
	}
	c.over = slices.ContainsFunc(gone, func(r stockdigest.Rollback) bool { return r.Edition == c.edition })
	if c.over {
		return nil
	}
	since := c.now().Add(-canaryWindow)
	tried, err := c.store.Grounding(ctx, c.edition, since)
	if err != nil {
		return err
	}
	rest, err := c.store.Grounding(ctx, base, since)
	if err != nil || !worse(tried, rest) {
		return err
	}
	reason := fmt.Sprintf("%.3f of %d wordings held, of %s %.3f of %d", tried.Score(), tried.Worded, base, rest.Score(), rest.Worded)
	if err := c.store.RollBack(ctx, stockdigest.Rollback{Edition: c.edition, Reason: reason}); err != nil {
		return err
	}
	c.over = true
	c.log.ErrorContext(ctx, "the canary is rolled back", "prompt", c.edition.String(), "reason", reason)
	return nil
}

// worse reports that enough was tried to say that it holds less often.
func worse(tried, rest stockdigest.Grounding) bool {
	return min(tried.Worded, rest.Worded) >= canaryLeast && tried.Score() < rest.Score()-canaryMargin
}

// A CanaryState is how the canary of the settings does beside the rest.
type CanaryState struct {
	Edition stockdigest.Edition    `json:"edition"`
	Percent int                    `json:"percent"` // of the tickers
	Tried   stockdigest.Grounding  `json:"tried"`
	Rest    stockdigest.Grounding  `json:"rest"` // of version 1, or the settings'
	Gone    []stockdigest.Rollback `json:"rolled_back"`
}

// Canary tells how the canary of the settings does.
func (a *App) Canary(ctx context.Context) (s CanaryState, err error) {
	c, err := a.canary()
	if err != nil {
		return s, err
	}
	s = CanaryState{Edition: c.edition, Percent: c.percent}
	if s.Gone, err = a.store.Rollbacks(ctx); err != nil || c.edition.Prompt == "" {
		return s, err
	}
	chosen, err := parseEditions(a.opts.Prompts)
	if err != nil {
		return s, err
	}
	base, ok := chosen[c.edition.Prompt]
	if !ok {
		base = stockdigest.Edition{Prompt: c.edition.Prompt, Version: "1"}
	}
	since := a.world.Now().Add(-canaryWindow)
	if s.Tried, err = a.store.Grounding(ctx, c.edition, since); err != nil {
		return s, err
	}
	s.Rest, err = a.store.Grounding(ctx, base, since)
	return s, err
}

// TryAgain lets an edition be used that was rolled back. By names the person,
// for the log.
func (a *App) TryAgain(ctx context.Context, edition, by string) error {
	e, err := stockdigest.ParseEdition(edition)
	if err != nil {
		return err
	}
	if err := a.store.TryAgain(ctx, e); err != nil {
		return err
	}
	a.log.WarnContext(ctx, "a prompt that was rolled back is tried again", "prompt", e.String(), "by", by)
	return nil
}

// ShowCanary prints how the canary does.
func ShowCanary(c *Console, s CanaryState) error {
	if c.JSON {
		s.Gone = listed(s.Gone)
		return c.Data(s)
	}
	if s.Edition.Prompt == "" {
		c.Print("no canary: set STOCKDIGEST_CANARY to a version of a prompt, such as write=2")
	} else {
		c.Print("%s for %d in 100 tickers: %.3f of %d wordings held, of the rest %.3f of %d",
			s.Edition, s.Percent, s.Tried.Score(), s.Tried.Worded, s.Rest.Score(), s.Rest.Worded)
	}
	for _, r := range s.Gone {
		c.Print("%s was rolled back: %s", r.Edition, r.Reason)
	}
	return nil
}
