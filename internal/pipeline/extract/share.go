package extract

import (
	"context"
	"sync"
	"time"

	"stockdigest.app/stockdigest"
)

// A share lets the runs of a process that want the same page have it from who
// fetches it first: an article on an industry is wanted by all its companies.
// It is safe for concurrent use.
type share struct {
	mu    sync.Mutex
	pages map[stockdigest.ArticleID]*shared
}

// A shared page is being fetched, or was and is not saved yet.
type shared struct {
	owner  stockdigest.RunID
	ended  chan struct{}
	result result
	failed bool // nothing to share: the owner was stopped
}

func newShare() *share { return &share{pages: map[stockdigest.ArticleID]*shared{}} }

// claim returns the page of an article, and whether the run is to fetch it.
func (s *share) claim(run stockdigest.RunID, id stockdigest.ArticleID) (page *shared, mine bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if page := s.pages[id]; page != nil {
		return page, false
	}
	page = &shared{owner: run, ended: make(chan struct{})}
	s.pages[id] = page
	return page, true
}

// tell shares what became of a page that was claimed.
func (s *share) tell(id stockdigest.ArticleID, page *shared, r result, failed bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	page.result, page.failed = r, failed
	if failed {
		delete(s.pages, id)
	}
	close(page.ended)
}

// saved ends the sharing of a page that the store has from now on, and reports
// whether it was the run's to share.
func (s *share) saved(run stockdigest.RunID, id stockdigest.ArticleID) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	page := s.pages[id]
	own := page != nil && page.owner == run
	if own {
		delete(s.pages, id)
	}
	return own
}

// leave ends the sharing of all pages of a run that has none under way, and
// returns which they were.
func (s *share) leave(run stockdigest.RunID) (left []stockdigest.ArticleID) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for id, page := range s.pages {
		if page.owner == run {
			delete(s.pages, id)
			left = append(left, id)
		}
	}
	return left
}

// inHandFor is how long a page counts as in hand of a process that died with
// it: a fetch and the saving of those before it take less.
const inHandFor = 30 * time.Second

// takePage takes the page of an article in hand for this process and the run.
// When another has it, elsewhere is the time after which to look again.
func (s *Step) takePage(ctx context.Context, run stockdigest.Run, id stockdigest.ArticleID) (elsewhere time.Duration, err error) {
	if s.Turns == nil {
		return 0, nil
	}
	taken, wait, err := s.Turns.TakeTurn(ctx, turnOf(run, id))
	if err != nil || taken {
		return 0, err
	}
	return wait, nil
}

// leavePage lets other processes have the page. One that cannot be left is free
// after inHandFor.
func (s *Step) leavePage(ctx context.Context, run stockdigest.Run, id stockdigest.ArticleID) {
	if s.Turns == nil {
		return
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), 5*time.Second)
	defer cancel()
	_ = s.Turns.LeaveTurn(ctx, turnOf(run, id)) // its lease ends it
}

// turnOf is the turn of one run at a page. A run that is taken over has the
// turns of the process that died.
func turnOf(run stockdigest.Run, id stockdigest.ArticleID) stockdigest.Turn {
	return stockdigest.Turn{
		ID: string(id) + " " + string(run.ID), Of: "page " + string(id), Worker: string(run.ID), Parallel: 1, Lease: inHandFor,
	}
}

// wait returns what became of the page.
func (p *shared) wait(ctx context.Context) (r result, ok bool) {
	select {
	case <-p.ended:
	case <-ctx.Done():
		return r, false
	}
	if p.failed {
		return r, false
	}
	return p.result.copied(), true
}

// copied is a result of its own, for a run to change and save.
func (r result) copied() result {
	if r.text != nil {
		text := *r.text
		r.text = &text
	}
	if r.miss != nil {
		miss := *r.miss
		r.miss = &miss
	}
	return r
}
