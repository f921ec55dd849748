package extract

import (
	"context"
	"sync"

	"stockdigest.app/stockdigest"
)

// Ahead begins to fetch the pages of candidates that are likely to be selected,
// while somebody still decides. Enough ends it: no more are begun, and those in
// hand are waited for. Run finds what came; Forget throws away what nobody found.
func (s *Step) Ahead(ctx context.Context, run stockdigest.Run, likely []stockdigest.Candidate) (enough func()) {
	begin, stop := context.WithCancel(ctx)
	var all sync.WaitGroup
	for _, c := range likely {
		if _, wrapped := stockdigest.Unwrap(c.Article.URL); wrapped || c.Text != nil || !s.due(c) {
			continue
		}
		all.Go(func() {
			if s.inHand.Enter(begin, run.ID) != nil {
				return
			}
			defer s.inHand.Leave()
			if page, mine := s.pages.claim(run.ID, c.Article.ID); mine {
				r, elsewhere := s.first(ctx, run, c)
				s.pages.tell(c.Article.ID, page, r, ctx.Err() != nil || elsewhere > 0 || r.shut)
			}
		})
	}
	return func() {
		stop()
		all.Wait()
	}
}

// Forget throws away what a run that is over has left in hand.
func (s *Step) Forget(ctx context.Context, run stockdigest.Run) {
	for _, id := range s.pages.leave(run.ID) {
		s.leavePage(ctx, run, id)
	}
}
