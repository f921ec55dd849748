package compose

import (
	"context"
	"fmt"
	"slices"

	"stockdigest.app/stockdigest"
)

// RefreshStore is what the last step of a refresh needs of the store.
type RefreshStore interface {
	Store
	Report(ctx context.Context, id stockdigest.RunID) (stockdigest.Report, error)
	EndRun(ctx context.Context, run stockdigest.Run, step stockdigest.StepName, note string) error
}

// A Refresh is the last step of a run that adds to a night's report.
type Refresh struct{ store RefreshStore }

// NewRefresh returns the step.
func NewRefresh(store RefreshStore) *Refresh { return &Refresh{store: store} }

// Name returns StepCompose.
func (*Refresh) Name() stockdigest.StepName { return stockdigest.StepCompose }

// Run stores the next version of the night's report. When there is nothing to
// add, the run ends and the report stays the newest.
func (s *Refresh) Run(ctx context.Context, run stockdigest.Run) error {
	night, err := s.store.Report(ctx, run.Refreshes)
	if err != nil {
		return fmt.Errorf("read the report of the night: %w", err)
	}
	m, err := s.store.Material(ctx, run)
	if err != nil {
		return fmt.Errorf("read material: %w", err)
	}
	d, err := s.store.Draft(ctx, run)
	if err != nil {
		return fmt.Errorf("read draft: %w", err)
	}
	r, late := Late(night, run, m, d)
	if late == 0 {
		return s.store.EndRun(ctx, run, s.Name(), "nothing to add")
	}
	if err := s.store.SaveReport(ctx, run, r, count(late, "late bullet")); err != nil {
		return fmt.Errorf("save report: %w", err)
	}
	return nil
}

// Late is the next version of a night's report with what a refresh found: one
// bullet of each new development that matters, at the end of its section and
// marked. The night's bullets stay as they are. It returns how many came in.
func Late(night stockdigest.Report, run stockdigest.Run, m stockdigest.Material, d stockdigest.Draft) (stockdigest.Report, int) {
	late, told := lateSections(run.Kind, m, d)
	if len(told) == 0 {
		return night, 0
	}
	r := night
	r.Version++
	r.ID, r.AsOf = reportID(run, r.Version), run.AsOf
	r.Sections = joined(night.Sections, late)
	r.Stories = withStories(night.Stories, stories(m), told)
	r.Articles = withArticles(night.Articles, articles(m))
	r.Coverage.Articles += len(r.Articles) - len(night.Articles)
	r.Coverage.Selected += selected(r.Articles) - selected(night.Articles)
	r.Coverage.Dropped += len(d.Dropped)
	if r.Status == stockdigest.ReportQuiet {
		r.Status = stockdigest.ReportReady
	}
	r.BottomLine = bottomLine(r, "") // what a model worded of the night says nothing of what came late
	return r, len(told)
}

// lateSections are the first bullets of stories that matter, and whose they are.
func lateSections(kind stockdigest.ReportKind, m stockdigest.Material, d stockdigest.Draft) ([]stockdigest.Section, map[stockdigest.StoryID]bool) {
	told := map[stockdigest.StoryID]bool{}
	var late []stockdigest.Section
	for _, s := range sections(kind, m, d) {
		kept := stockdigest.Section{Name: s.Name}
		for _, b := range s.Bullets {
			if b.Impact == stockdigest.ImpactLow || told[b.Story] {
				continue
			}
			told[b.Story] = true
			b.Late = true
			kept.Bullets = append(kept.Bullets, b)
		}
		if len(kept.Bullets) > 0 {
			late = append(late, kept)
		}
	}
	return late, told
}

// joined puts late bullets at the end of their sections.
func joined(night, late []stockdigest.Section) []stockdigest.Section {
	all := []stockdigest.Section{}
	for _, name := range stockdigest.SectionNames() {
		both := stockdigest.Section{Name: name}
		for _, s := range slices.Concat(night, late) {
			if s.Name == name {
				both.Bullets = append(both.Bullets, s.Bullets...)
			}
		}
		if len(both.Bullets) > 0 {
			all = append(all, both)
		}
	}
	return all
}

// withStories adds the stories that a refresh tells. One that the night told is
// there once, with what changed.
func withStories(night, found []stockdigest.ReportStory, told map[stockdigest.StoryID]bool) []stockdigest.ReportStory {
	all := slices.Clone(night)
	for _, s := range found {
		if !told[s.ID] {
			continue
		}
		i := slices.IndexFunc(all, func(known stockdigest.ReportStory) bool { return known.ID == s.ID })
		if i < 0 {
			all = append(all, s)
			continue
		}
		all[i].State, all[i].Change, all[i].Sources = s.State, s.Change, all[i].Sources+s.Sources
	}
	return all
}

// withArticles adds what the night did not look at, in the place of what it only
// listed because of its date.
func withArticles(night, found []stockdigest.ReportArticle) []stockdigest.ReportArticle {
	all := slices.Clone(night)
	for _, a := range found {
		i := slices.IndexFunc(all, func(known stockdigest.ReportArticle) bool { return known.URL == a.URL })
		switch {
		case a.Gate == "window":
		case i < 0:
			all = append(all, a)
		case all[i].Gate == "window":
			all[i] = a
		}
	}
	inOrder(all)
	return all
}

func selected(articles []stockdigest.ReportArticle) int {
	n := 0
	for _, a := range articles {
		if a.Decision == stockdigest.Selected {
			n++
		}
	}
	return n
}
