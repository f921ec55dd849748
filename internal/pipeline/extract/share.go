package extract

import (
	"context"
	"sync"

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

// saved ends the sharing of a page that the store has from now on.
func (s *share) saved(run stockdigest.RunID, id stockdigest.ArticleID) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if page := s.pages[id]; page != nil && page.owner == run {
		delete(s.pages, id)
	}
}

// leave ends the sharing of all pages of a run that has none under way.
func (s *share) leave(run stockdigest.RunID) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for id, page := range s.pages {
		if page.owner == run {
			delete(s.pages, id)
		}
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
