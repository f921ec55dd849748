package cluster

import (
	"cmp"
	"slices"
	"strings"
	"time"

	"stockdigest.app/stockdigest"
	"stockdigest.app/stockdigest/internal/events"
	"stockdigest.app/stockdigest/internal/text"
)

// How alike a source and a told story must be to be one story. The bars stand
// above those of grouping: what is taken for a repeat is not told at all.
const (
	toldBodies = 0.32
	toldTitles = 0.40
)

// What is left of a fit when the headlines tell of different kinds of events,
// or only one of them of any: news of a company shares people, products and
// figures, and is still not one story.
const (
	otherEvent = 0.55
	oneEvent   = 0.9
)

// recognise finds the told story of each draft, puts drafts of one told story
// together, and sets every draft's state.
func recognise(drafts []draft, told []stockdigest.ToldStory, known map[string]bool) []draft {
	memories := make([]memory, len(told))
	for i := range told {
		memories[i] = newMemory(&told[i], known)
	}
	weighAll(drafts, memories, known)
	var merged []draft
	at := map[int]int{} // memory to its draft
	for _, d := range drafts {
		i := d.recall(memories)
		if i < 0 {
			d.state = stockdigest.StoryNew
			merged = append(merged, d)
			continue
		}
		j, seen := at[i]
		if seen {
			merged[j].sources = append(merged[j].sources, d.sources...)
			merged[j].order(known)
			continue
		}
		at[i] = len(merged)
		d.told = memories[i].told
		merged = append(merged, d)
	}
	for i, j := range at {
		merged[j].compare(memories[i])
	}
	return merged
}

// A memory is a told story, ready to be compared with.
type memory struct {
	told    *stockdigest.ToldStory
	known   map[string]bool // terms of the company's names
	sources map[string]bool // IDs
	leans   leans
	events  map[events.Kind]bool
	titles  []Doc
	bodies  []Doc

	titleVectors []vector
	bodyVectors  []vector
}

// weighAll sets the vectors of drafts' sources and of memories, once each: a
// month of stories meets every source of the run.
func weighAll(drafts []draft, memories []memory, known map[string]bool) {
	var docs []Doc
	for _, d := range drafts {
		for _, s := range d.sources {
			docs = append(docs, Doc{Title: s.doc.Title}, s.doc)
		}
	}
	for _, m := range memories {
		docs = append(append(docs, m.titles...), m.bodies...)
	}
	vs := plainVectors(docs, known)
	take := func(n int) []vector {
		taken := vs[:n]
		vs = vs[n:]
		return taken
	}
	for _, d := range drafts {
		for i := range d.sources {
			v := take(2)
			d.sources[i].title, d.sources[i].whole = v[0], v[1]
		}
	}
	for i := range memories {
		m := &memories[i]
		m.titleVectors, m.bodyVectors = take(len(m.titles)), take(len(m.bodies))
	}
}

func newMemory(t *stockdigest.ToldStory, known map[string]bool) memory {
	m := memory{told: t, known: known, sources: map[string]bool{}, leans: leansOf(t.Story.Headline)}
	for _, id := range t.Story.Articles {
		m.sources[string(id)] = true
	}
	for _, a := range t.Story.Filings {
		m.sources[string(a)] = true
	}
	for _, title := range append([]string{t.Story.Headline}, t.Titles...) {
		m.leans |= leansOf(title)
		m.titles = append(m.titles, Doc{Title: title})
	}
	m.events = eventsOf(m.titles)
	for _, body := range t.Bodies {
		m.bodies = append(m.bodies, Doc{Title: t.Story.Headline, Body: shorten(body)})
	}
	return m
}

// recall returns the memory that the draft is about, or -1. A source that was
// told decides; else the likest does, when it is like enough.
func (d draft) recall(memories []memory) int {
	best, most := -1, 1.0
	for i, m := range memories {
		if fit := d.recalls(m); fit > most {
			best, most = i, fit
		}
	}
	return best
}

// recalls returns how well a memory fits the draft, 1 for just enough.
func (d draft) recalls(m memory) float64 {
	fit := 0.0
	for _, s := range d.everything() {
		if m.sources[s.id] {
			return 10
		}
		if leansOf(s.doc.Title).against(m.leans) {
			return 0
		}
	}
	// How long ago it was told says nothing: a story may run for weeks.
	for _, s := range d.sources {
		for _, v := range m.titleVectors {
			fit = max(fit, cosine(s.title, v)/toldTitles)
		}
		for _, v := range m.bodyVectors {
			fit = max(fit, cosine(s.whole, v)/toldBodies)
		}
	}
	return fit * d.sameEvent(m)
}

// sameEvent returns what the kinds of events in the headlines leave of a fit.
func (d draft) sameEvent(m memory) float64 {
	var titles []Doc
	for _, s := range d.everything() {
		titles = append(titles, Doc{Title: s.doc.Title})
	}
	mine := eventsOf(titles)
	for kind := range mine {
		if m.events[kind] {
			return 1
		}
	}
	switch {
	case len(mine) > 0 && len(m.events) > 0:
		return otherEvent
	case len(mine) > 0 || len(m.events) > 0:
		return oneEvent
	}
	return 1
}

func eventsOf(titles []Doc) map[events.Kind]bool {
	found := map[events.Kind]bool{}
	for _, d := range titles {
		for _, kind := range events.Of(d.Title) {
			found[kind] = true
		}
	}
	return found
}

// compare sets the state of a draft that was told before: an update when a
// source that was not told brings a changed fact, else a repeat.
func (d *draft) compare(m memory) {
	d.state = stockdigest.StoryRepeat
	before := newBefore(m.told, m.known)
	fresh := slices.DeleteFunc(slices.Clone(d.sources), m.knows)
	slices.SortStableFunc(fresh, func(a, b source) int { return cmp.Compare(isFiling(a), isFiling(b)) })
	for _, s := range fresh {
		if change := before.changed(s.doc); change != "" {
			d.state, d.change = stockdigest.StoryUpdate, change
			d.lead(s)
			return
		}
	}
}

// lead puts the source that brings the change first.
func (d *draft) lead(s source) {
	at := slices.IndexFunc(d.sources, func(o source) bool { return o.id == s.id })
	d.sources = append([]source{d.sources[at]}, slices.Delete(slices.Clone(d.sources), at, at+1)...)
}

func isFiling(s source) int {
	if s.filing != nil {
		return 1
	}
	return 0
}

// stale is how long before a telling a source may have been published and
// still bring something new: what is older was there to be told.
const stale = 24 * time.Hour

// knows reports whether a source was told: itself, one of its carriers, its
// very text, or anything from well before the telling.
func (m memory) knows(s source) bool {
	if m.sources[s.id] || slices.ContainsFunc(s.carriers, func(c source) bool { return m.sources[c.id] }) {
		return true
	}
	if !s.doc.At.IsZero() && s.doc.At.Before(m.told.ToldAt.Add(-stale)) {
		return true
	}
	return slices.ContainsFunc(m.bodies, func(b Doc) bool {
		n := min(len(b.Body), len(s.doc.Body))
		if n == 0 {
			return false
		}
		return text.Signature(shortenTo(b.Body, n)).Like(text.Signature(shortenTo(s.doc.Body, n))) >= sameShort
	})
}

// leadSentences is how many sentences of a body tell what is new.
const leadSentences = 3

// leadOf returns the title and the first sentences of a doc, without a first
// sentence that only says the title again.
func leadOf(d Doc) []string {
	lead := []string{strings.TrimSpace(d.Title)}
	body := shortenTo(d.Body, 4<<10)
	for _, p := range text.Sentences(body) {
		if s := p.Of(body); s != lead[0] && len(lead) <= leadSentences {
			lead = append(lead, s)
		}
	}
	return slices.DeleteFunc(lead, func(s string) bool { return s == "" })
}
