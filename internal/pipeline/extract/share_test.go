package extract_test

import (
	"context"
	"errors"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"stockdigest.app/stockdigest"
	"stockdigest.app/stockdigest/internal/pipeline/extract"
)

// A fleetStore has a store for each run, and texts that all of them see.
type fleetStore struct {
	mu   sync.Mutex
	runs map[stockdigest.RunID]*fakeStore
}

func (s *fleetStore) of(run stockdigest.Run) (*fakeStore, func()) {
	s.mu.Lock()
	return s.runs[run.ID], s.mu.Unlock
}

func (s *fleetStore) Material(ctx context.Context, run stockdigest.Run) (stockdigest.Material, error) {
	own, done := s.of(run)
	defer done()
	return own.Material(ctx, run)
}

func (s *fleetStore) PageKnown(ctx context.Context, id stockdigest.ArticleID, now time.Time) (known bool, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, own := range s.runs {
		here, err := own.PageKnown(ctx, id, now)
		if here || err != nil {
			return here, err
		}
	}
	return false, nil
}

func (s *fleetStore) Resolve(ctx context.Context, run stockdigest.Run, from stockdigest.ArticleID, to stockdigest.Article) error {
	own, done := s.of(run)
	defer done()
	return own.Resolve(ctx, run, from, to)
}

func (s *fleetStore) SaveText(ctx context.Context, run stockdigest.Run, text stockdigest.Text, v stockdigest.Verdict) error {
	own, done := s.of(run)
	defer done()
	return own.SaveText(ctx, run, text, v)
}

func (s *fleetStore) SaveMiss(ctx context.Context, run stockdigest.Run, miss stockdigest.Miss, v stockdigest.Verdict) error {
	own, done := s.of(run)
	defer done()
	return own.SaveMiss(ctx, run, miss, v)
}

func (s *fleetStore) SaveVerdicts(
	ctx context.Context, run stockdigest.Run, step stockdigest.StepName, v []stockdigest.Verdict, note string,
) error {
	own, done := s.of(run)
	defer done()
	return own.SaveVerdicts(ctx, run, step, v, note)
}

// slowPages take a second each and stop with their context.
type slowPages struct{ *fakePages }

func (p slowPages) Page(ctx context.Context, url string) (stockdigest.Body, error) {
	timer := time.NewTimer(time.Second)
	defer timer.Stop()
	select {
	case <-timer.C:
		return p.fakePages.Page(ctx, url)
	case <-ctx.Done():
		return stockdigest.Body{}, ctx.Err()
	}
}

func fleet(runs ...stockdigest.RunID) (*fleetStore, *fakePages, *extract.Step) {
	s := &fleetStore{runs: map[stockdigest.RunID]*fakeStore{}}
	for _, run := range runs {
		s.runs[run], _, _ = setup(candidate(one, 1), candidate(two, 2))
	}
	pages := &fakePages{bodies: map[string]string{one: pageOf(prose("Acme"), ""), two: pageOf(prose("Bowl"), "")}}
	return s, pages, extract.New(extract.Deps{Store: s, Pages: slowPages{pages}, Now: func() time.Time { return asOf }})
}

func runOf(id stockdigest.RunID) stockdigest.Run {
	run := testRun()
	run.ID = id
	return run
}

func TestRunsThatWantOnePageFetchItOnce(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		runs := []stockdigest.RunID{"1", "2", "3"}
		s, pages, step := fleet(runs...)
		var all sync.WaitGroup
		for _, id := range runs {
			all.Go(func() {
				if err := step.Run(t.Context(), runOf(id)); err != nil {
					t.Error(err)
				}
			})
		}
		all.Wait()
		if pages.fetched[one] != 1 || pages.fetched[two] != 1 {
			t.Errorf("fetched %v, want each page once", pages.fetched)
		}
		for _, id := range runs {
			for _, c := range s.runs[id].material.Candidates {
				if known, _ := s.PageKnown(t.Context(), c.Article.ID, asOf); !known {
					t.Errorf("run %s: no text for %s", id, c.Article.URL)
				}
			}
		}
	})
}

func TestARunGoesOnWithThePageOfAStoppedOne(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s, pages, step := fleet("1", "2")
		ctx, stop := context.WithCancel(t.Context())
		var all sync.WaitGroup
		all.Go(func() {
			if err := step.Run(ctx, runOf("1")); !errors.Is(err, context.Canceled) {
				t.Errorf("got %v from the stopped run", err)
			}
		})
		synctest.Wait()
		all.Go(func() {
			if err := step.Run(t.Context(), runOf("2")); err != nil {
				t.Error(err)
			}
		})
		synctest.Wait()
		stop()
		all.Wait()
		if pages.fetched[one] != 1 || pages.fetched[two] != 1 {
			t.Errorf("fetched %v, want each page once, by the run that goes on", pages.fetched)
		}
		if s.runs["2"].done == "" || s.runs["1"].done != "" {
			t.Error("want the second run done, and the first not")
		}
	})
}

func TestAStoppedRunLeavesNothingInHand(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s, pages, step := fleet("1")
		s.runs["1"].failAt = 1 // the first text is not saved
		if err := step.Run(t.Context(), runOf("1")); !errors.Is(err, errKilled) {
			t.Fatalf("got %v, want the fault of the store", err)
		}
		s.runs["1"].failAt = 0
		if err := step.Run(t.Context(), runOf("1")); err != nil {
			t.Fatal(err)
		}
		if pages.fetched[one] != 2 {
			t.Errorf("fetched %v, want the page whose text was lost again", pages.fetched)
		}
	})
}
