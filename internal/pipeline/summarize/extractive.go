package summarize

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"

	"stockdigest.app/stockdigest"
	"stockdigest.app/stockdigest/internal/events"
	"stockdigest.app/stockdigest/internal/facts"
	"stockdigest.app/stockdigest/internal/names"
	"stockdigest.app/stockdigest/internal/text"
)

// How much a report tells. A reader has a minute per company.
const (
	maxBullets    = 14
	maxPerStory   = 3
	minScore      = 3.0 // below it a second or third sentence adds nothing
	alike         = 0.5 // share of content words from which two bullets say the same
	contextAlike  = 0.3 // share of a bullet's telling words from which a filing speaks on its topic
	verySame      = 0.9 // likeness from which a filing only repeats the bullet
	earlierAlike  = 0.4 // the same of a filing of before the window
	contextWords  = 3   // telling words that a bullet and its context must share
	maxPerFiling  = 2
	judged        = 150  // sentences of a story that are looked at closely
	toldAlike     = 0.75 // likeness to a told bullet from which it is old news
	toldElsewhere = 0.6  // the same for bullets of other stories
	writerName    = "extractive"
)

// alikeWithAmount is the share of content words from which two bullets say the
// same when both tell the same amount.
const alikeWithAmount = 0.3

type extractive struct{ linker *names.Linker }

// Extractive returns the writer that chooses sentences of the sources and
// changes nothing in them. It needs no key and no network.
func Extractive(linker *names.Linker) Writer { return extractive{linker: linker} }

// Write drafts the bullets of a run.
func (w extractive) Write(ctx context.Context, run stockdigest.Run, m stockdigest.Material) (stockdigest.Draft, error) {
	d := stockdigest.Draft{Writer: writerName, Rung: stockdigest.RungExtractive}
	var chosen []choice
	told := 0
	for _, story := range m.Stories {
		if err := context.Cause(ctx); err != nil {
			return d, err
		}
		if story.State == stockdigest.StoryRepeat || told == maxBullets {
			continue
		}
		if picked := w.choose(m, story, chosen); len(picked) > 0 {
			chosen = append(chosen, picked...)
			told++
		}
	}
	d.Sections = arranged(run, m, fitting(chosen), newShelf(m).attach)
	return d, nil
}

// fitting are as many of the choices as a report tells, in their order. A
// further sentence of a story gives way to the first of a story after it.
func fitting(chosen []choice) []choice {
	byDepth := make([][]int, maxPerStory) // the first of their stories, the second of them, ...
	depth := map[stockdigest.StoryID]int{}
	for i, c := range chosen {
		d := min(depth[c.story.ID], maxPerStory-1)
		byDepth[d] = append(byDepth[d], i)
		depth[c.story.ID]++
	}
	kept := slices.Concat(byDepth...)
	kept = kept[:min(len(kept), maxBullets)]
	slices.Sort(kept)
	fit := make([]choice, 0, len(kept))
	for _, i := range kept {
		fit = append(fit, chosen[i])
	}
	return fit
}

// arranged is phase 3: it makes the bullets of what was chosen, has attach set
// beside them what filings say, and puts them into sections. It is the same for
// every writer.
func arranged(run stockdigest.Run, m stockdigest.Material, chosen []choice, attach func([]placed)) []stockdigest.Section {
	bullets := make([]placed, 0, len(chosen))
	for _, c := range chosen {
		bullets = append(bullets, finish(run, m, c))
	}
	leadStories(bullets)
	attach(bullets)
	return arrange(bullets)
}

// A choice is a sentence that becomes a bullet.
type choice struct {
	story    stockdigest.Story
	sentence sentence
	first    bool        // of its story
	sources  int         // publishers and filings that tell the story
	called   events.Kind // what a model called it; None when none was asked

	// What a model made of it; empty when it is told as it stands.
	told      string     // the bullet in the model's words
	also      []sentence // what else the words rest on
	impact    stockdigest.Impact
	sentiment stockdigest.Sentiment
	relevance stockdigest.Relevance
	channel   stockdigest.Channel // on which its article reaches the company
}

// evidence is what the choice rests on, the best first.
func (c choice) evidence() []stockdigest.Evidence {
	all := []stockdigest.Evidence{c.sentence.quotation()}
	for _, s := range c.also {
		all = append(all, s.quotation())
	}
	return all
}

// choose picks the best sentences of a story that say something not yet said.
func (w extractive) choose(m stockdigest.Material, story stockdigest.Story, before []choice) []choice {
	ranked, picked := w.rank(m, story), counts(m, story)
	if len(picked) > 0 {
		ranked = slices.DeleteFunc(ranked, isDealing)
	}
	for _, s := range ranked {
		if len(picked) >= quota(story, s) {
			break
		}
		if len(picked) > 0 && !adds(s) || len(picked) == 0 && !opens(s) || onlyPrice(s) {
			continue
		}
		if repeats(s, append(slices.Clone(before), picked...)) || toldBefore(s, story, m.Told) {
			continue
		}
		picked = append(picked, choice{story: story, sentence: s, sources: len(story.Articles) + len(story.Filings)})
	}
	inReadingOrder(picked)
	return picked
}

// tellsHeadline is the share of the headline's words from which a sentence is
// the headline's.
const tellsHeadline = 0.6

// inReadingOrder puts the choices of one story in the order in which their
// source tells them, the source of the best first, and marks the first. A
// sentence that says what the headline says goes before all others.
func inReadingOrder(picked []choice) {
	if len(picked) == 0 {
		return
	}
	best := picked[0].sentence
	group := func(c choice) int {
		switch {
		case c.sentence.source == best.source && c.sentence.span == best.span && best.features.Headline >= tellsHeadline:
			return 0
		case c.sentence.source == best.source:
			return 1
		}
		return 2
	}
	slices.SortStableFunc(picked, func(a, b choice) int {
		if g := cmp.Compare(group(a), group(b)); g != 0 || group(a) == 2 {
			return g
		}
		return cmp.Compare(a.sentence.span.Start, b.sentence.span.Start)
	})
	picked[0].first = true
}

// adds reports a sentence that is worth a further bullet of its story: good by
// itself, about the company, and neither a view nor small print.
func adds(s sentence) bool {
	f := s.features
	hard := f.Event > 0 || f.Money > 0 || f.Percent > 0 || f.Guidance > 0
	return s.score >= minScore && hard && (f.Named > 0 || f.Filing > 0) && f.Opinion < 1 && f.Terms < 0.75 && f.Dangling < 1 && f.Specs < 1 && f.Speech < 0.7
}

// onlyPrice reports a sentence that tells how the shares traded and no cause.
func onlyPrice(s sentence) bool { return s.features.PriceMove > 0 && s.features.Event == 0 }

// quota is how many bullets a story may have: more for those that many tell,
// one for a soft story that one source tells.
func quota(story stockdigest.Story, s sentence) int {
	sources := len(story.Articles) + len(story.Filings)
	switch {
	case s.source.evidence.Label != stockdigest.TextFull:
		return 1
	case sources >= 3, s.source.filing != nil && s.source.filing.Previous != "":
		return maxPerStory
	case len(story.Filings) > 0:
		return maxPerFiling
	case sources == 1 && !events.First(story.Headline, s.text).Hard() && s.features.Money == 0:
		return 1
	}
	return 2
}

// sentencesOf returns every sentence of a story that may become a bullet, in
// the order of its sources.
func sentencesOf(m stockdigest.Material, story stockdigest.Story) []sentence {
	sources := sourcesOf(m, story)
	var all []sentence
	for i := range sources {
		if sources[i].evidence.Label == stockdigest.TextFull {
			all = append(all, sources[i].sentences()...)
		} else {
			all = append(all, sources[i].headlines()...)
		}
	}
	return all
}

// rank returns the story's sentences, best first.
func (w extractive) rank(m stockdigest.Material, story stockdigest.Story) []sentence {
	all := sentencesOf(m, story)
	r, weight := newReader(w.linker, m.Ticker, story.Headline, all), weights()
	change := map[string]bool{}
	for _, word := range contentWords(story.Change) {
		change[word] = true
	}
	for i := range all {
		all[i].features = r.measure(all[i])
		all[i].score = all[i].features.dot(weight) + 2*shared(all[i].words, change)
	}
	slices.SortStableFunc(all, better)
	all = all[:min(len(all), judged)]
	for i := range all {
		all[i].features = r.judge(all[i])
		all[i].score = all[i].features.dot(weight) + 2*shared(all[i].words, change) + teaserBonus(all[i])
	}
	slices.SortStableFunc(all, better)
	return all
}

// teaserBonus orders what a teaser tells: a whole sentence about the company
// before the headline, and the headline before any other sentence, which only
// leads up to what is not shown.
func teaserBonus(s sentence) float64 {
	const first = 5 // more than the features of two sentences differ by
	switch {
	case s.source.evidence.Label == stockdigest.TextFull:
		return 0
	case s.features.Named > 0 && endsWell(s.text):
		return first
	case s.index > 0:
		return -first
	}
	return 0
}

// better orders sentences by score, then by place, so that equal rows give
// equal bullets.
func better(a, b sentence) int {
	return cmp.Or(cmp.Compare(b.score, a.score), cmp.Compare(a.source.evidence.Source, b.source.evidence.Source), cmp.Compare(a.span.Start, b.span.Start))
}

// repeats reports whether a sentence says what is already chosen.
func repeats(s sentence, chosen []choice) bool {
	for _, c := range chosen {
		if like := overlap(s.words, c.sentence.words); like >= alike || like >= alikeWithAmount && sameAmount(s.text, c.sentence.text) {
			return true
		}
	}
	return false
}

// sameAmount reports two sentences that tell the same amount of money or
// percentage.
func sameAmount(a, b string) bool {
	told := map[string]bool{}
	for _, f := range facts.Find(a) {
		if f.Kind == facts.Money || f.Kind == facts.Percent {
			told[f.Norm] = true
		}
	}
	return slices.ContainsFunc(facts.Find(b), func(f facts.Fact) bool { return told[f.Norm] })
}

// toldBefore reports a sentence that an earlier report already told, of this
// story or, as background, of another.
func toldBefore(s sentence, story stockdigest.Story, told []stockdigest.ToldStory) bool {
	for _, t := range told {
		limit := toldElsewhere
		if t.Story.ID == story.ID {
			limit = toldAlike
		}
		for _, old := range t.Texts {
			if overlap(s.words, contentWords(old)) >= limit {
				return true
			}
		}
	}
	return false
}

// overlap is the share of the smaller set of words that stands in the other.
func overlap(a, b []string) float64 {
	if len(a) == 0 || len(b) == 0 {
		return 0
	}
	in := map[string]bool{}
	for _, w := range a {
		in[w] = true
	}
	other, both := map[string]bool{}, 0
	for _, w := range b {
		if !other[w] && in[w] {
			both++
		}
		other[w] = true
	}
	return float64(both) / float64(min(len(in), len(other)))
}

// finish makes the bullet of a choice.
func finish(run stockdigest.Run, m stockdigest.Material, c choice) placed {
	s := c.sentence
	e := s.quotation()
	what := events.First(s.text)
	if what == events.None && (c.first || s.features.Headline >= tellsHeadline) {
		what = events.First(c.story.Headline)
	}
	impact, why := impactOf(what, c)
	if c.called != events.None {
		why += ", the model calls it " + string(c.called)
	}
	mood, moodWhy := stockdigest.Neutral, "what others do has no tone of its own"
	if s.source.role == stockdigest.RoleCompany {
		mood, moodWhy = moodOf(s, namesOf(m.Ticker))
	}
	b := stockdigest.Bullet{
		ID: bulletID(run, e), Text: cmp.Or(c.told, s.text), Evidence: c.evidence(), Story: c.story.ID,
		Impact: impact, Sentiment: mood, Relevance: relevanceOf(s), Why: why + "; " + moodWhy, Channel: c.channel,
	}
	b = c.judged(b)
	if c.first {
		b.Carriers = carriers(m, c.story, e.Publisher)
		b.Update = updateOf(c.story.Change, b.Text)
	}
	return placed{bullet: b, section: sectionOf(run.Kind, c.story.Headline, s, b.Sentiment), first: c.first, words: s.words, fromFiling: s.source.filing != nil}
}

// judged is b with the model's judgement in the place of the rules', as far as
// they do not contradict each other: what others did is never direct, and what
// one calls good and the other bad is mixed.
func (c choice) judged(b stockdigest.Bullet) stockdigest.Bullet {
	if c.told == "" {
		return b
	}
	b.Why += fmt.Sprintf("; the model says %s, %s, %s", cmp.Or(c.impact, "-"), cmp.Or(c.sentiment, "-"), cmp.Or(c.relevance, "-"))
	b.Impact = cmp.Or(c.impact, b.Impact)
	opposed := b.Sentiment == stockdigest.Positive && c.sentiment == stockdigest.Negative ||
		b.Sentiment == stockdigest.Negative && c.sentiment == stockdigest.Positive
	if b.Sentiment = cmp.Or(c.sentiment, b.Sentiment); opposed {
		b.Sentiment = stockdigest.Mixed
	}
	if c.relevance != stockdigest.Direct {
		b.Relevance = cmp.Or(c.relevance, b.Relevance)
	}
	return b
}

// updateOf is what changed since the story was last told, unless the bullet says
// no less: a tail that is the bullet again is left out.
func updateOf(change, bullet string) string {
	change, bullet = strings.TrimRight(change, ". "), strings.TrimRight(bullet, ". ")
	if cut := len(change) - len(bullet); cut >= 0 && strings.EqualFold(change[cut:], bullet) {
		change = strings.TrimRight(change[:cut], " :;,–—-")
	}
	told := text.Words(bullet)
	for _, w := range text.Words(change) {
		if w != "now" && !slices.Contains(told, w) {
			return change
		}
	}
	return ""
}

func bulletID(run stockdigest.Run, e stockdigest.Evidence) stockdigest.BulletID {
	key := fmt.Sprintf("%s\n%s\n%d\n%s\n%d\n%d", run.Ticker, run.Kind, run.AsOf.UTC().UnixMicro(), e.Source, e.Start, e.End)
	return stockdigest.BulletID("b" + stockdigest.Hash(key)[:20])
}

// relevanceOf is direct for what names the company itself. What a peer or an
// industry does concerns it indirectly.
func relevanceOf(s sentence) stockdigest.Relevance {
	if s.source.filing != nil || s.source.role == stockdigest.RoleCompany && s.features.Named > 0 {
		return stockdigest.Direct
	}
	return stockdigest.Indirect
}
