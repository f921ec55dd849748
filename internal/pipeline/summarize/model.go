package summarize

import (
	"cmp"
	"context"
	"errors"
	"slices"
	"strings"
	"time"

	"golang.org/x/sync/errgroup"

	"stockdigest.app/stockdigest"
	"stockdigest.app/stockdigest/internal/desk"
	"stockdigest.app/stockdigest/internal/events"
	"stockdigest.app/stockdigest/internal/names"
)

// ModelConfig holds the values of a model writer.
type ModelConfig struct {
	Read     []stockdigest.Model  // who reads articles, best first; the next is asked when one gives no usable answer
	Write    []stockdigest.Model  // who words the bullets, likewise
	Cheap    []stockdigest.Model  // who does both on the third rung; none: the ladder has no such rung
	Now      func() time.Time     // the clock that a run's deadline is told by
	Progress stockdigest.Progress // how many of a run's articles are through; may be nil
}

// model is the writer that lets a model choose. What it cannot or may not read
// is left to the rules of the extractive writer, so that a draft comes out
// whatever the provider and the budget do.
type model struct {
	asker desk.Asker
	rules extractive
	cfg   ModelConfig
}

// Model returns the writer that asks a model which sentences to choose and in
// which order to tell them. It fails only when the run is stopped, or when the
// asker fails by itself; a provider's failure and a spent budget end on a lower
// rung of the ladder, and the draft says so.
func Model(asker desk.Asker, linker *names.Linker, cfg ModelConfig) Writer {
	if cfg.Progress == nil {
		cfg.Progress = func(stockdigest.Run, stockdigest.StepName, int, int) {}
	}
	return model{asker: asker, rules: extractive{linker: linker}, cfg: cfg}
}

// maxLines is how many sentences of a run a model is given to order.
const maxLines = 3 * maxBullets

// Write drafts the bullets of a run. Phase 2 does not wait for phase 1: filings
// are asked about the stories, not about the bullets.
func (w model) Write(ctx context.Context, run stockdigest.Run, m stockdigest.Material) (stockdigest.Draft, error) {
	au := newAuthor(w, run)
	var books shelf
	var said filed
	var group errgroup.Group
	group.Go(func() (err error) {
		books = newShelf(m)
		said, err = au.consult(ctx, m, books)
		return err
	})
	list := readingList(m)
	chosen, leftOut, err := w.fromArticles(ctx, au, m, list)
	if err := errors.Join(err, group.Wait()); err != nil {
		return stockdigest.Draft{}, err
	}
	attach := books.attach
	if said != nil {
		attach = func(bullets []placed) { said.attach(bullets, books) }
	}
	d := au.draft(list)
	d.Sections, d.LeftOut = arranged(run, m, chosen, attach), leftOut
	return d, nil
}

// fromArticles is phase 1: what the list tells, chosen and worded, and which
// articles of the industry tell nothing to this company.
func (w model) fromArticles(ctx context.Context, au *author, m stockdigest.Material, list []*article) ([]choice, []stockdigest.Verdict, error) {
	var group errgroup.Group
	group.Go(func() error { return au.weigh(ctx, m, list) })
	err := au.read(ctx, list)
	if err := errors.Join(err, group.Wait()); err != nil {
		return nil, nil, err
	}
	m, leftOut := without(m, list)
	by := map[string]*article{}
	for _, a := range list {
		by[a.id] = a
	}
	var chosen []choice
	for _, story := range m.Stories {
		if story.State != stockdigest.StoryRepeat && len(chosen) < maxLines {
			chosen = append(chosen, w.choose(m, story, by, chosen)...)
		}
	}
	for i, c := range chosen {
		if a := by[c.sentence.source.evidence.Source]; a != nil {
			chosen[i].channel = a.effect.channel
		}
	}
	chosen, err = au.write(ctx, m.Ticker.Name, chosen)
	return chosen, leftOut, err
}

// choose takes the sentences of a story: those the model named in the articles
// and filings it read, and by rule from the others.
func (w model) choose(m stockdigest.Material, story stockdigest.Story, by map[string]*article, before []choice) []choice {
	named := w.named(m, story, by)
	rest := story
	left := func(id string) bool {
		a := by[id]
		return a == nil || !a.heard(story) || a.material && len(a.picks) > 0 && len(named[id]) == 0
	}
	rest.Articles = slices.DeleteFunc(slices.Clone(story.Articles), func(id stockdigest.ArticleID) bool { return !left(string(id)) })
	rest.Filings = slices.DeleteFunc(slices.Clone(story.Filings), func(id stockdigest.Accession) bool { return !left(string(id)) })
	picked := w.take(m, story, by, named, before)
	for _, c := range w.rules.choose(m, rest, append(slices.Clone(before), picked...)) {
		if len(picked) >= maxPerStory {
			break
		}
		c.story, c.sources = story, len(story.Articles)+len(story.Filings)
		picked = append(picked, c)
	}
	inReadingOrder(picked)
	return picked
}

// named are the sentences that a model named and that stand for this company, by
// their source. The model knows neither the company nor the other sources, so
// that its answer can be shared; what depends on them is decided here.
func (w model) named(m stockdigest.Material, story stockdigest.Story, by map[string]*article) map[string][]sentence {
	r := newReader(w.rules.linker, m.Ticker, story.Headline, sentencesOf(m, story))
	named := map[string][]sentence{}
	for _, id := range sourceIDs(story) {
		a := by[id]
		if a == nil || !a.material {
			continue
		}
		for _, s := range a.picks {
			s.features = r.measure(s)
			s.features = r.judge(s)
			if standsFor(s) {
				named[id] = append(named[id], s)
			}
		}
	}
	return named
}

// sourceIDs are the articles of a story, then its filings.
func sourceIDs(story stockdigest.Story) []string {
	var all []string
	for _, id := range story.Articles {
		all = append(all, string(id))
	}
	for _, accession := range story.Filings {
		all = append(all, string(accession))
	}
	return all
}

// standsFor reports a sentence that may be told of the company by itself.
func standsFor(s sentence) bool {
	f := s.features
	if s.source.filing != nil {
		return f.Dangling < 1 // it speaks of its own company
	}
	if s.source.role == stockdigest.RoleCompany {
		return opens(s) && !onlyPrice(s) && f.Dangling < 1 && f.Named > 0
	}
	return opens(s) && !onlyPrice(s) && f.Dangling < 1 && !nameless(s.text)
}

// nameless reports a sentence that says "the company" of somebody: in a report
// on another company it would be read as that one.
func nameless(s string) bool {
	low := strings.ToLower(s)
	return first(low, "the company", "the firm", "the group", "the maker", "the manufacturer", "the retailer", "the carrier", "the bank") >= 0
}

// take takes the best of every article of the story, then the second best, and
// so on, as long as they say something not yet said.
func (w model) take(m stockdigest.Material, story stockdigest.Story, by map[string]*article, named map[string][]sentence, before []choice) []choice {
	var picked []choice
	for nth := range maxPicks {
		for _, id := range sourceIDs(story) {
			if nth >= len(named[id]) {
				continue
			}
			s := named[id][nth]
			if len(picked) >= quota(story, s) || repeats(s, append(slices.Clone(before), picked...)) || toldBefore(s, story, m.Told) {
				continue
			}
			picked = append(picked, choice{story: story, sentence: s, called: by[id].event, sources: len(story.Articles) + len(story.Filings)})
		}
	}
	return picked
}

// An article is a text that a model may read, of an article or of a filing: what
// it is shown of it, and what it answered.
type article struct {
	id        string     // ArticleID or Accession
	source    *source    // of a filing the first document
	lines     []sentence // numbered from 1
	important bool       // still read when only few are

	read     bool // the answer came and could be used
	cheap    bool // from the cheaper model
	picks    []sentence
	material bool
	event    events.Kind // as the model calls it

	effect effect // of an industry article on the company
}

func (a *article) prompt() stockdigest.Prompt {
	if a.source.filing != nil {
		return profilePrompt(a)
	}
	return choosePrompt(a)
}

// heard reports whether the model's word on the article holds. One that finds
// nothing in a hard event, or nothing material, is not believed.
func (a *article) heard(story stockdigest.Story) bool {
	tells := a.material && len(a.picks) > 0
	return a.read && (tells || !events.First(story.Headline, a.source.evidence.Title).Hard())
}

// What is read when the budget does not allow all: the two articles that stand
// for each of the five stories that matter most.
const (
	fewStories    = 5
	fewArticles   = 2
	maxShownBytes = 8 << 10 // of an article's sentences: news tells early
)

// readingList lists the articles that a model may read, in the order in which
// they are asked for: the most important first, and of equal ones the first of
// every story before the second of any.
func readingList(m stockdigest.Material) []*article {
	type seat struct {
		*article
		story, depth int
	}
	var all []seat
	for i, story := range m.Stories {
		if story.State == stockdigest.StoryRepeat {
			continue
		}
		for depth, a := range legible(m, story) {
			a.important = i < fewStories && depth < fewArticles
			all = append(all, seat{a, i, depth})
		}
	}
	slices.SortStableFunc(all, func(a, b seat) int {
		return cmp.Or(-compareBool(a.important, b.important), cmp.Compare(a.depth, b.depth), cmp.Compare(a.story, b.story))
	})
	list := make([]*article, 0, len(all))
	for _, p := range all {
		list = append(list, p.article)
	}
	return list
}

// legible are the articles of a story that have more to tell than their
// headline, and the filings that tell it in words of their company.
func legible(m stockdigest.Material, story stockdigest.Story) []*article {
	var all []*article
	for _, src := range sourcesOf(m, story) {
		id := src.evidence.Source
		if src.filing != nil {
			id = string(src.filing.Accession)
		}
		last := len(all) - 1
		switch {
		case src.evidence.Label != stockdigest.TextFull, src.filing != nil && !profiled(src.filing):
		case last >= 0 && all[last].id == id:
			all[last].lines = append(all[last].lines, src.sentences()...)
		default:
			all = append(all, &article{id: id, source: &src, lines: src.sentences()})
		}
	}
	for _, a := range all {
		a.lines = shown(a.lines)
	}
	return slices.DeleteFunc(all, func(a *article) bool { return len(a.lines) < 2 })
}

// profiled reports a filing whose sentences a model may choose from: news, and
// reports of which we know what is new. Forms of insiders and holders are told
// by code.
func profiled(f *stockdigest.Filing) bool {
	return f.Previous != "" || strings.HasPrefix(f.Form, "8-K") || strings.HasPrefix(f.Form, "6-K")
}

func compareBool(a, b bool) int { return cmp.Compare(yes(a), yes(b)) }

// shown are as many of an article's first sentences as a prompt has room for.
func shown(all []sentence) []sentence {
	room := maxShownBytes
	for i, s := range all {
		if room -= len(s.text); room < 0 {
			return all[:i]
		}
	}
	return all
}

// headlines marks the draft of a run that was cut before any article was read:
// it stands on headlines, and there is nothing that a writer could choose from.
func headlines(run stockdigest.Run, m stockdigest.Material, d stockdigest.Draft) stockdigest.Draft {
	if !cut(run) || slices.ContainsFunc(m.Candidates, readInFull) {
		return d
	}
	d.Rung = stockdigest.RungHeadlines
	d.Written.Why = "the deadline came before the articles were read"
	return d
}

func readInFull(c stockdigest.Candidate) bool {
	return c.Verdict.Decision == stockdigest.Selected && c.Text != nil && c.Text.Label == stockdigest.TextFull
}

// cut reports a run of which a step was ended by the deadline.
func cut(run stockdigest.Run) bool {
	return slices.ContainsFunc(run.Steps, func(s stockdigest.StepDone) bool { return strings.HasPrefix(s.Note, stockdigest.CutNote) })
}
