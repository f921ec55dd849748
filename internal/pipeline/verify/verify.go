// Package verify is the gate between a writer and a reader. It takes drafted
// bullets and the stored texts they cite, and keeps a bullet only when every
// quote stands in its source byte for byte and every number, date, unit,
// direction, hedge and name of the bullet is told by its evidence. It never
// rewrites a bullet; it says in plain words why one does not hold.
package verify

import (
	"context"
	"fmt"
	"strings"

	"stockdigest.app/stockdigest"
)

// A Store reads a run's draft and material and saves what is left.
type Store interface {
	Draft(ctx context.Context, run stockdigest.Run) (stockdigest.Draft, error)
	Material(ctx context.Context, run stockdigest.Run) (stockdigest.Material, error)
	SaveDraft(ctx context.Context, run stockdigest.Run, step stockdigest.StepName, d stockdigest.Draft, note string) error
}

// A Repairer is asked once to mend a bullet that failed. What it answers goes
// through the same gate.
type Repairer interface {
	Repair(ctx context.Context, b stockdigest.Bullet, failures []Failure) (stockdigest.Bullet, error)
}

// A Step is the gate as a step of the pipeline.
type Step struct {
	store Store

	// Repairer mends failing bullets; nil drops them at once.
	Repairer Repairer
}

// New returns the step over a store, without a repairer.
func New(store Store) *Step { return &Step{store: store} }

// Name returns the step's name.
func (s *Step) Name() stockdigest.StepName { return stockdigest.StepVerify }

// Run moves the bullets that fail from the draft's sections to its Dropped,
// takes off contexts that fail, and saves the draft.
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
	kept := stockdigest.Draft{Writer: draft.Writer, Rung: draft.Rung, Written: draft.Written, Dropped: draft.Dropped}
	seen := map[stockdigest.BulletID]bool{}
	contexts := 0
	for _, section := range draft.Sections {
		left := stockdigest.Section{Name: section.Name}
		for _, b := range section.Bullets {
			if err := ctx.Err(); err != nil {
				return fmt.Errorf("check bullets: %w", err)
			}
			held, failures := s.hold(ctx, b, lib, seen)
			if len(failures) > 0 {
				kept.Dropped = append(kept.Dropped, stockdigest.Drop{Bullet: b, Section: section.Name, Reasons: reasons(failures)})
				continue
			}
			if b.Context != nil && held.Context == nil {
				contexts++
			}
			if held.Text != b.Text && held.Text == held.Evidence[0].Quote {
				kept.Written.Quoted++
			}
			seen[held.ID] = true
			for _, e := range held.Evidence {
				lib.quoted[placeOf(e)] = true
			}
			left.Bullets = append(left.Bullets, held)
		}
		if len(left.Bullets) > 0 {
			kept.Sections = append(kept.Sections, left)
		}
	}
	if err := s.store.SaveDraft(ctx, run, stockdigest.StepVerify, kept, note(draft, kept, contexts)); err != nil {
		return fmt.Errorf("save draft: %w", err)
	}
	return nil
}

// hold checks one bullet. One that fails is repaired once, or else told in the
// words of its source, unless a bullet before it quotes them already; a context
// that does not hold is taken off.
func (s *Step) hold(ctx context.Context, b stockdigest.Bullet, lib *library, seen map[stockdigest.BulletID]bool) (stockdigest.Bullet, []Failure) {
	failures := lib.check(b, seen)
	if len(failures) > 0 && s.Repairer != nil {
		if mended, err := s.Repairer.Repair(ctx, b, failures); err == nil {
			if again := lib.check(mended, seen); len(again) == 0 {
				b, failures = mended, nil
			}
		}
	}
	if len(failures) > 0 && len(b.Evidence) > 0 {
		if plain := quoted(b); !lib.quoted[placeOf(plain.Evidence[0])] && len(lib.check(plain, seen)) == 0 {
			b, failures = plain, nil
		}
	}
	if len(failures) > 0 {
		return b, failures
	}
	if b.Context != nil && len(CheckContext(*b.Context, lib.text)) > 0 {
		b.Context = nil
	}
	return b, nil
}

// quoted is b in the words of its first quote, which it rests on then alone.
func quoted(b stockdigest.Bullet) stockdigest.Bullet {
	b.Text, b.Evidence = b.Evidence[0].Quote, b.Evidence[:1]
	return b
}

// A library holds the texts of one run by evidence source, and what its
// stories were told as before.
type library struct {
	texts   map[string]string
	stories map[stockdigest.StoryID]string
	quoted  map[string]bool // places that a bullet rests on
}

func placeOf(e stockdigest.Evidence) string { return fmt.Sprintf("%s %d", e.Source, e.Start) }

func newLibrary(m stockdigest.Material) *library {
	lib := &library{texts: map[string]string{}, stories: map[stockdigest.StoryID]string{}, quoted: map[string]bool{}}
	for _, c := range m.Candidates {
		if c.Text != nil {
			lib.texts[string(c.Article.ID)] = c.Text.Body
		}
	}
	for _, f := range m.Filings {
		for _, d := range f.Documents {
			lib.texts[stockdigest.DocumentSource(f.Accession, d.Seq)] = d.Text
		}
	}
	for _, s := range m.Stories {
		lib.stories[s.ID] += s.Headline + "\n" + s.Change + "\n"
	}
	for _, t := range m.Told {
		lib.stories[t.Story.ID] += strings.Join(t.Texts, "\n") + "\n" + strings.Join(t.Titles, "\n") + "\n" + strings.Join(t.Bodies, "\n") + "\n"
	}
	return lib
}

func (l *library) text(source string) (string, bool) {
	body, ok := l.texts[source]
	return body, ok
}

// check is Check plus what only the run knows: the ID is new, the story exists.
func (l *library) check(b stockdigest.Bullet, seen map[stockdigest.BulletID]bool) []Failure {
	failures := check(b, l.text, l.stories[b.Story])
	if b.ID == "" || seen[b.ID] {
		failures = append(failures, Failure{Claim: string(b.ID), Kind: KindForm, Why: fmt.Sprintf("its id %q is empty or taken", b.ID)})
	}
	if _, ok := l.stories[b.Story]; b.Story != "" && !ok {
		failures = append(failures, Failure{Claim: string(b.Story), Kind: KindSource, Why: fmt.Sprintf("its story %s is not one of this run", b.Story)})
	}
	return failures
}

func reasons(failures []Failure) []string {
	out := make([]string, 0, len(failures))
	for _, f := range failures {
		out = append(out, f.Why)
	}
	return out
}

func note(before, after stockdigest.Draft, contexts int) string {
	kept, all := len(after.Bullets()), len(before.Bullets())
	line := fmt.Sprintf("%d of %d bullets hold", kept, all)
	if n := after.Written.Quoted; n > 0 {
		line += fmt.Sprintf(", %d told in their source's words", n)
	}
	if contexts > 0 {
		line += fmt.Sprintf(", %d contexts dropped", contexts)
	}
	return line
}
