// Package cluster groups a run's articles and filings into stories, one per
// event, and says how each stands to what the ticker's readers were told: new,
// update (with the changed fact), or repeat. One text carried by several
// publishers counts once. It reads the run's rows and nothing else, so equal
// rows give equal stories.
package cluster

import (
	"context"
	"fmt"

	"stockdigest.app/stockdigest"
)

// A Store gives a run's material and keeps its stories.
type Store interface {
	Material(ctx context.Context, run stockdigest.Run) (stockdigest.Material, error)
	// SaveStories keeps the stories and the verdicts that changed and marks the
	// step done, in one transaction.
	SaveStories(ctx context.Context, run stockdigest.Run, stories []stockdigest.Story, verdicts []stockdigest.Verdict, note string) error
}

// A Cluster is the cluster step.
type Cluster struct{ store Store }

// New returns the cluster step over a store.
func New(store Store) *Cluster { return &Cluster{store: store} }

// Name returns the name of the step.
func (c *Cluster) Name() stockdigest.StepName { return stockdigest.StepCluster }

// Run groups the run's selected articles and its filings into stories and
// saves them, most important first.
func (c *Cluster) Run(ctx context.Context, run stockdigest.Run) error {
	m, err := c.store.Material(ctx, run)
	if err != nil {
		return fmt.Errorf("read material: %w", err)
	}
	stories, verdicts := Stories(m)
	if err := c.store.SaveStories(ctx, run, stories, verdicts, note(stories, verdicts)); err != nil {
		return fmt.Errorf("save stories: %w", err)
	}
	return nil
}

// Stories groups material into stories, most important first, and returns the
// verdicts that this changes: carriers of a text that is told once become
// duplicates, and articles of a repeat are marked so.
func Stories(m stockdigest.Material) ([]stockdigest.Story, []stockdigest.Verdict) {
	all := sourcesOf(m)
	known := knownTerms(m.Ticker)
	kept, verdicts := dropCarriers(all)
	drafts := gather(kept, known)
	drafts = recognise(drafts, m.Told, known)
	rank(drafts)
	stories := make([]stockdigest.Story, len(drafts))
	for i, d := range drafts {
		stories[i] = d.story(m.Ticker.Symbol)
		verdicts = append(verdicts, d.verdicts()...)
	}
	return stories, verdicts
}

func note(stories []stockdigest.Story, verdicts []stockdigest.Verdict) string {
	states, carriers := map[stockdigest.StoryState]int{}, 0
	for _, s := range stories {
		states[s.State]++
	}
	for _, v := range verdicts {
		if v.Decision == stockdigest.Duplicate {
			carriers++
		}
	}
	return fmt.Sprintf("%d stories: %d new, %d updates, %d repeats; %d carriers of a text told once", len(stories),
		states[stockdigest.StoryNew], states[stockdigest.StoryUpdate], states[stockdigest.StoryRepeat], carriers)
}
