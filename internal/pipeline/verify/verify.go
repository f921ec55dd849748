// Package verify is the gate between a writer and a reader. It takes drafted
// bullets and the stored texts they cite, and keeps a bullet only when every
// quote stands in its source byte for byte and every number, date, unit,
// direction, hedge, voice and name of the bullet is told by its evidence. It
// says in plain words why one does not hold. Where models are configured, one
// is asked once to word what failed anew, and another, of another provider,
// whether the quotes carry the wordings; what they answer can make the gate
// stricter and never laxer.
package verify

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"stockdigest.app/stockdigest"
	"stockdigest.app/stockdigest/internal/desk"
)

// A Store reads a run's draft and material and saves what is left.
type Store interface {
	Draft(ctx context.Context, run stockdigest.Run) (stockdigest.Draft, error)
	Material(ctx context.Context, run stockdigest.Run) (stockdigest.Material, error)
	Filing(ctx context.Context, a stockdigest.Accession) (stockdigest.Filing, error)
	SaveDraft(ctx context.Context, run stockdigest.Run, step stockdigest.StepName, d stockdigest.Draft, note string) error
}

// A Step is the gate as a step of the pipeline.
type Step struct {
	store Store
	asker desk.Asker // nil: no model is asked
	cfg   ModelConfig
}

// New returns the step over a store. It asks no model.
func New(store Store) *Step { return &Step{store: store} }

// WithModels returns the step over a store that has failing wordings mended and
// the others judged.
func WithModels(store Store, asker desk.Asker, cfg ModelConfig) *Step {
	return &Step{store: store, asker: asker, cfg: cfg}
}

// Name returns the step's name.
func (s *Step) Name() stockdigest.StepName { return stockdigest.StepVerify }

// Run moves the bullets that fail from the draft's sections to its Dropped,
// tells in their source's words those whose wording alone does, takes off
// contexts that fail, and saves the draft. It fails when the run is stopped, and
// not because of a model.
func (s *Step) Run(ctx context.Context, run stockdigest.Run) error {
	draft, err := s.store.Draft(ctx, run)
	if err != nil {
		return fmt.Errorf("read draft: %w", err)
	}
	material, err := s.store.Material(ctx, run)
	if err != nil {
		return fmt.Errorf("read material: %w", err)
	}
	lib := newLibrary(material)
	if err := s.fetchFilings(ctx, lib, draft); err != nil {
		return err
	}
	items, err := lib.itemsOf(ctx, draft)
	if err != nil {
		return fmt.Errorf("check bullets: %w", err)
	}
	d := desk.New(s.asker, desk.Config{Now: s.cfg.Now}, run, stockdigest.StepVerify)
	if err := s.askModels(ctx, d, draft.Writer, lib, items); err != nil {
		return err
	}
	kept := stockdigest.Draft{Writer: draft.Writer, Rung: draft.Rung, Written: draft.Written, Dropped: draft.Dropped}
	n := lib.settle(items, &kept)
	if err := s.conclude(ctx, d, lib, material.Stories, &kept); err != nil {
		return err
	}
	if err := s.store.SaveDraft(ctx, run, stockdigest.StepVerify, kept, n.line(len(items), kept, d.Why())); err != nil {
		return fmt.Errorf("save draft: %w", err)
	}
	return nil
}

// askModels has wordings mended and then judged.
func (s *Step) askModels(ctx context.Context, d *desk.Desk, writer string, lib *library, items []*item) error {
	if err := s.mend(ctx, d, lib, items); err != nil {
		return err
	}
	return s.judge(ctx, d, writer, items)
}

// fetchFilings adds to the library the filings of before the window that
// contexts quote. One that is not kept leaves its context without a source.
func (s *Step) fetchFilings(ctx context.Context, lib *library, draft stockdigest.Draft) error {
	for _, b := range draft.Bullets() {
		if b.Context == nil {
			continue
		}
		if _, known := lib.text(b.Context.Evidence.Source); known {
			continue
		}
		accession, _, _ := strings.Cut(b.Context.Evidence.Source, "/")
		f, err := s.store.Filing(ctx, stockdigest.Accession(accession))
		if errors.Is(err, stockdigest.ErrNotFound) {
			continue
		}
		if err != nil {
			return fmt.Errorf("read filing %s: %w", accession, err)
		}
		lib.add(f)
	}
	return nil
}

// An item is a bullet on its way through the gate.
type item struct {
	section  stockdigest.SectionName
	drafted  stockdigest.Bullet
	bullet   stockdigest.Bullet // as it is to be told
	failures []Failure          // of what it says and quotes
}

// itemsOf are the bullets of a draft in order, each checked.
func (l *library) itemsOf(ctx context.Context, draft stockdigest.Draft) ([]*item, error) {
	var all []*item
	for _, section := range draft.Sections {
		for _, b := range section.Bullets {
			if err := ctx.Err(); err != nil {
				return nil, err
			}
			b.Judged = stockdigest.Judgement{}
			all = append(all, &item{section: section.Name, drafted: b, bullet: b, failures: l.check(b)})
		}
	}
	return all, nil
}

// worded reports whether the bullet is told in other words than its quotes'.
func (it *item) worded() bool {
	b := it.bullet
	return len(b.Evidence) > 0 && !verbatim(b.Text, evidence(b.Evidence))
}

// take takes other words for the bullet, if they hold.
func (it *item) take(text string, lib *library) {
	mended := it.bullet
	mended.Text = text
	if len(lib.check(mended)) == 0 {
		it.bullet, it.failures = mended, nil
	}
}

// refused is why the bullet cannot be told as it stands, none when it can.
func (it *item) refused() []Failure {
	switch it.bullet.Judged.Verdict {
	case stockdigest.Contradicted, stockdigest.NotEnough:
		why := fmt.Sprintf("%s finds that its evidence is %s", it.bullet.Judged.By, it.bullet.Judged.Verdict)
		if it.bullet.Judged.Verdict == stockdigest.Contradicted {
			why = it.bullet.Judged.By + " finds it contradicted by its evidence"
		}
		return []Failure{{Claim: clean(it.bullet.Text), Kind: KindJudged, Why: why}}
	case stockdigest.Supported, stockdigest.NotJudged:
	}
	return it.failures
}

// settle puts what may be told into the draft, and the rest into its Dropped.
func (l *library) settle(items []*item, kept *stockdigest.Draft) tally {
	var n tally
	for _, it := range items {
		b, failures := l.hold(it)
		if len(failures) > 0 {
			kept.Dropped = append(kept.Dropped, stockdigest.Drop{Bullet: it.drafted, Section: it.section, Reasons: reasons(failures)})
			continue
		}
		if b.Context != nil && len(CheckContext(*b.Context, l.text)) > 0 {
			b.Context = nil
			n.contexts++
		}
		switch b.Text {
		case it.drafted.Text:
		case it.bullet.Text:
			kept.Written.Mended++
		default:
			kept.Written.Quoted++
		}
		n.count(b.Judged)
		l.tell(b)
		if last := len(kept.Sections) - 1; last < 0 || kept.Sections[last].Name != it.section {
			kept.Sections = append(kept.Sections, stockdigest.Section{Name: it.section})
		}
		in := &kept.Sections[len(kept.Sections)-1]
		in.Bullets = append(in.Bullets, b)
	}
	return n
}

// hold returns the bullet as it may be told, or why it may not. One whose
// wording is refused is told in the words of its source.
func (l *library) hold(it *item) (stockdigest.Bullet, []Failure) {
	b := it.bullet
	if unknown := l.identify(b); len(unknown) > 0 {
		return b, append(it.refused(), unknown...)
	}
	failures := it.refused()
	if len(failures) == 0 {
		return b, nil
	}
	if plain, ok := l.quoted(b); ok && len(l.check(plain)) == 0 {
		return plain, nil
	}
	return b, failures
}

// quoted is b in the words of its quotes: of the first that no bullet tells yet,
// and of those others without which more of what b claims would be missing.
func (l *library) quoted(b stockdigest.Bullet) (plain stockdigest.Bullet, ok bool) {
	var used []stockdigest.Evidence
	missing := 0
	for _, e := range b.Evidence {
		if l.quotes[placeOf(e)] {
			continue
		}
		more := append(slices.Clone(used), e)
		if n := len(Claims(b.Text, evidence(more), headlines(more))); len(used) == 0 || n < missing {
			used, missing = more, n
		}
	}
	if len(used) == 0 {
		return b, false
	}
	b.Text, b.Evidence = strings.ReplaceAll(evidence(used), "\n\n", " "), used
	return b, true
}

// A library holds the texts of one run by evidence source, what its stories
// were told as before, and what was told so far.
type library struct {
	texts   map[string]string
	stories map[stockdigest.StoryID]string
	told    map[stockdigest.BulletID]bool
	quotes  map[string]bool // places that a bullet rests on
}

func placeOf(e stockdigest.Evidence) string { return fmt.Sprintf("%s %d", e.Source, e.Start) }

func newLibrary(m stockdigest.Material) *library {
	lib := &library{
		texts: map[string]string{}, stories: map[stockdigest.StoryID]string{},
		told: map[stockdigest.BulletID]bool{}, quotes: map[string]bool{},
	}
	for _, c := range m.Candidates {
		if c.Text != nil {
			lib.texts[string(c.Article.ID)] = c.Text.Body
		}
	}
	for _, f := range m.Filings {
		lib.add(f)
	}
	for _, s := range m.Stories {
		lib.stories[s.ID] += s.Headline + "\n" + s.Change + "\n"
	}
	for _, t := range m.Told {
		lib.stories[t.Story.ID] += strings.Join(t.Texts, "\n") + "\n" + strings.Join(t.Titles, "\n") + "\n" + strings.Join(t.Bodies, "\n") + "\n"
	}
	return lib
}

func (l *library) add(f stockdigest.Filing) {
	for _, d := range f.Documents {
		l.texts[stockdigest.DocumentSource(f.Accession, d.Seq)] = d.Text
	}
}

func (l *library) text(source string) (string, bool) {
	body, ok := l.texts[source]
	return body, ok
}

func (l *library) check(b stockdigest.Bullet) []Failure {
	return check(b, l.text, l.stories[b.Story])
}

// identify checks what only the run knows: the ID is new, the story exists.
func (l *library) identify(b stockdigest.Bullet) []Failure {
	var failures []Failure
	if b.ID == "" || l.told[b.ID] {
		failures = append(failures, Failure{Claim: string(b.ID), Kind: KindForm, Why: fmt.Sprintf("its id %q is empty or taken", b.ID)})
	}
	if _, ok := l.stories[b.Story]; b.Story != "" && !ok {
		failures = append(failures, Failure{Claim: string(b.Story), Kind: KindSource, Why: fmt.Sprintf("its story %s is not one of this run", b.Story)})
	}
	return failures
}

// tell notes a bullet that will be told.
func (l *library) tell(b stockdigest.Bullet) {
	l.told[b.ID] = true
	for _, e := range b.Evidence {
		l.quotes[placeOf(e)] = true
	}
}

func reasons(failures []Failure) []string {
	out := make([]string, 0, len(failures))
	for _, f := range failures {
		out = append(out, f.Why)
	}
	return out
}

// A tally counts what the gate did beside keeping and dropping.
type tally struct {
	contexts int // dropped
	judged   int // wordings that a judge gave a verdict on
	refused  int // of those, not found supported
	unjudged int
	judge    string
}

func (n *tally) count(j stockdigest.Judgement) {
	switch j.Verdict {
	case stockdigest.Supported:
		n.judged, n.judge = n.judged+1, j.By
	case stockdigest.Contradicted, stockdigest.NotEnough:
		n.judged, n.refused, n.judge = n.judged+1, n.refused+1, j.By
	case stockdigest.NotJudged:
		n.unjudged++
	}
}

// line is the note of the step: what became of so many bullets, and what kept
// models silent.
func (n *tally) line(all int, kept stockdigest.Draft, silent string) string {
	parts := []string{fmt.Sprintf("%d of %d bullets hold", len(kept.Bullets()), all)}
	for _, part := range []struct {
		n    int
		what string
	}{
		{kept.Written.Mended, "mended"},
		{kept.Written.Quoted, "told in their source's words"},
		{n.judged, "judged by " + n.judge},
		{n.refused, "of them refused"},
		{n.unjudged, "not judged"},
		{n.contexts, "contexts dropped"},
	} {
		if part.n > 0 {
			parts = append(parts, fmt.Sprintf("%d %s", part.n, part.what))
		}
	}
	line := strings.Join(parts, ", ")
	if silent != "" {
		line += "; " + silent
	}
	return line
}
