package summarize_test

import (
	"context"
	"sync"
	"testing"
	"testing/synctest"

	"github.com/google/go-cmp/cmp"

	"stockdigest.app/stockdigest"
	"stockdigest.app/stockdigest/internal/pipeline/summarize"
)

func TestWhatIsAskedAheadIsWhatTheWriterAsks(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		m := week(6, 2)
		before, after := &oracle{answer: everything}, &oracle{answer: everything}
		ahead := summarize.NewAhead(before, []stockdigest.Model{{Provider: "openai", Name: dear}})
		for _, c := range m.Candidates {
			ahead.Read(t.Context(), run(), c)
		}
		synctest.Wait()
		draft(t, modelWriter(after), run(), m)
		asked := func(all []stockdigest.Ask) map[string]stockdigest.Ask {
			by := map[string]stockdigest.Ask{}
			for _, a := range all {
				a.Ahead = false
				by[a.Prompt.Input] = a
			}
			return by
		}
		if diff := cmp.Diff(asked(after.of("choose")), asked(before.asks)); diff != "" || len(before.asks) == 0 {
			t.Errorf("ahead and writer ask differently (-writer +ahead):\n%s", diff)
		}
		for _, a := range before.asks {
			if !a.Ahead {
				t.Fatal("a call ahead of need may spend what the rest of the run needs")
			}
		}
	})
}

func TestAheadOfNeedNothingPilesUp(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		asker := &stuck{}
		ahead := summarize.NewAhead(asker, []stockdigest.Model{{Provider: "openai", Name: dear}})
		c := morning().Candidates[0]
		for range 500 {
			ahead.Read(ctx, run(), c)
		}
		synctest.Wait()
		if asker.asks > 100 || asker.asks == 0 {
			t.Errorf("%d calls wait, want some and few", asker.asks)
		}
		cancel() // or the bubble would not end
	})
}

// A stuck asker answers nothing before the end.
type stuck struct {
	mu   sync.Mutex
	asks int
}

func (s *stuck) Ask(ctx context.Context, _ stockdigest.Ask) (stockdigest.Completion, error) {
	s.mu.Lock()
	s.asks++
	s.mu.Unlock()
	<-ctx.Done()
	return stockdigest.Completion{}, context.Cause(ctx)
}
