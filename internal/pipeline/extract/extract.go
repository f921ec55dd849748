// Package extract gives every selected candidate its text: it resolves wrapper
// links, fetches pages, reads them, and takes a second look at what a headline
// left open. See spec 4.3.
//
// A text never changes once it is stored, because reports quote it by offset.
// So what is stored must be final:
//
//	read in full          Text, no label
//	paywalled             Text "paywalled": headline, description and teaser
//	gone, or no article   Text "headline": headline and description
//	may work later        no Text, only a Miss with its next try; the candidate
//	                      stays selected, is listed, and cannot be quoted
package extract

import (
	"context"
	"fmt"
	"time"

	"golang.org/x/sync/errgroup"

	"stockdigest.app/stockdigest"
	"stockdigest.app/stockdigest/internal/turn"
)

const (
	fetchers = 32 // pages of a run fetched at once; how hard a host is asked is the client's business
	inHand   = 32 // pages fetched or waiting to be read, over all runs: each may be 2 MB
	readers  = 2  // pages read at once, over all runs: reading is CPU and memory
)

// A Store keeps what the step reads and makes.
type Store interface {
	Material(ctx context.Context, run stockdigest.Run) (stockdigest.Material, error)
	PageKnown(ctx context.Context, id stockdigest.ArticleID, now time.Time) (bool, error)
	Resolve(ctx context.Context, run stockdigest.Run, from stockdigest.ArticleID, to stockdigest.Article) error
	SaveText(ctx context.Context, run stockdigest.Run, text stockdigest.Text, verdict stockdigest.Verdict) error
	SaveMiss(ctx context.Context, run stockdigest.Run, miss stockdigest.Miss, verdict stockdigest.Verdict) error
	SaveVerdicts(ctx context.Context, run stockdigest.Run, step stockdigest.StepName, verdicts []stockdigest.Verdict, note string) error
}

// Pages fetches a page: bounded, polite, decoded to UTF-8.
type Pages interface {
	Page(ctx context.Context, url string) (stockdigest.Body, error)
}

// Links opens links that name another place than the article's, such as those
// of Google News. Any other link is its own target.
type Links interface {
	Target(ctx context.Context, link string) (string, error)
}

// A SecondWay reads a page that does not open by itself, for money: in a
// browser, and past a wall against robots where walled says that one stood.
type SecondWay interface {
	Page(ctx context.Context, run stockdigest.Run, url string, walled bool) (stockdigest.Body, error)
}

// A SecondLook says whether a text is about the company, with the reason. It
// is asked for candidates that triage let pass as unsure.
type SecondLook func(t stockdigest.Ticker, c stockdigest.Candidate, text string) (about bool, reason string)

// Turns lets one process at a time have a page in hand. A turn is taken, or is
// to be asked for again after a while.
type Turns interface {
	TakeTurn(ctx context.Context, turn stockdigest.Turn) (taken bool, wait time.Duration, err error)
	LeaveTurn(ctx context.Context, turn stockdigest.Turn) error
}

// Ready is told of each candidate that was read in full and is likely to stay,
// as soon as its text is stored. It returns at once; ctx ends when the last text
// is in.
type Ready func(ctx context.Context, run stockdigest.Run, c stockdigest.Candidate)

// Deps is what the step needs.
type Deps struct {
	Store      Store
	Pages      Pages
	Links      Links      // nil: links are opened offline only
	SecondWay  SecondWay  // nil: what does not open stays shut
	SecondLook SecondLook // nil: no second look
	Ready      Ready      // nil: nobody begins before the step ends
	Turns      Turns      // nil: no other process fetches
	Now        func() time.Time
	Progress   stockdigest.Progress // nil: nobody watches
}

// A Step is the third step of the pipeline.
type Step struct {
	Deps
	inHand  *turn.Gate
	reading chan struct{}
	pages   *share
}

// New returns the step.
func New(deps Deps) *Step {
	return &Step{Deps: deps, inHand: turn.NewGate(inHand), reading: make(chan struct{}, readers), pages: newShare()}
}

// Name returns the name of the step.
func (s *Step) Name() stockdigest.StepName { return stockdigest.StepExtract }

// Run gives every selected candidate its text and judges what the texts show.
func (s *Step) Run(ctx context.Context, run stockdigest.Run) error {
	material, err := s.resolve(ctx, run)
	if err != nil {
		return err
	}
	if err := s.fetch(ctx, run, material); err != nil {
		return err
	}
	material, err = s.Store.Material(ctx, run)
	if err != nil {
		return fmt.Errorf("load run %s: %w", run.ID, err)
	}
	verdicts := s.judge(run, material)
	if err := s.Store.SaveVerdicts(ctx, run, s.Name(), verdicts, note(material, verdicts)); err != nil {
		return fmt.Errorf("save verdicts of run %s: %w", run.ID, err)
	}
	return nil
}

// resolve opens the wrapper links that hold their target, and returns the
// material with the articles they stand for.
func (s *Step) resolve(ctx context.Context, run stockdigest.Run) (stockdigest.Material, error) {
	material, err := s.Store.Material(ctx, run)
	if err != nil {
		return material, fmt.Errorf("load run %s: %w", run.ID, err)
	}
	moved := false
	for _, c := range material.Candidates {
		if !wanted(c) {
			continue
		}
		target, ok := stockdigest.Unwrap(c.Article.URL)
		if !ok {
			continue
		}
		if to, changed := identity(c.Article, target); changed {
			moved = true
			if err := s.Store.Resolve(ctx, run, c.Article.ID, to); err != nil {
				return material, fmt.Errorf("resolve %s: %w", c.Article.URL, err)
			}
		}
	}
	if !moved {
		return material, nil
	}
	material, err = s.Store.Material(ctx, run)
	if err != nil {
		return material, fmt.Errorf("load run %s: %w", run.ID, err)
	}
	return material, nil
}

// wanted reports whether a candidate has no text and shall have one.
func wanted(c stockdigest.Candidate) bool {
	return c.Verdict.Decision == stockdigest.Selected && c.Text == nil
}

// due reports whether the page of a candidate may be asked for now.
func (s *Step) due(c stockdigest.Candidate) bool {
	return c.Miss == nil || !c.Miss.NextTry.IsZero() && !c.Miss.NextTry.After(s.Now())
}

// identity returns the article as it is known by the link's canonical form.
func identity(a stockdigest.Article, link string) (stockdigest.Article, bool) {
	canonical, err := stockdigest.CanonicalURL(link)
	if err != nil || canonical == a.URL {
		return a, false
	}
	a.URL, a.ID = canonical, stockdigest.NewArticleID(canonical)
	return a, true
}

// fetch reads the pages of candidates without text, several at once, and saves
// each as soon as those before it are saved: the order of writes is the order
// of candidates whatever the network does.
func (s *Step) fetch(ctx context.Context, run stockdigest.Run, material stockdigest.Material) error {
	var todo []stockdigest.Candidate
	for _, c := range material.Candidates {
		if wanted(c) && s.due(c) {
			todo = append(todo, c)
		}
	}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	var group errgroup.Group
	group.SetLimit(fetchers + 1) // and the one that starts them
	results := make([]chan result, len(todo))
	for i := range results {
		results[i] = make(chan result, 1)
	}
	group.Go(func() error {
		for i, c := range todo {
			group.Go(func() error {
				results[i] <- s.inTurn(ctx, run, c)
				return nil
			})
		}
		return nil
	})
	err := s.newSaver(run, material).all(ctx, todo, results)
	cancel()
	_ = group.Wait() // the workers return nothing but nil
	s.Forget(ctx, run)
	return err
}

// inTurn gets the page of a candidate when there is room for it: from another
// run that has it in hand, or from the network. What it returns once ctx has
// ended is saved by nobody.
func (s *Step) inTurn(ctx context.Context, run stockdigest.Run, c stockdigest.Candidate) result {
	for {
		if err := s.inHand.Enter(ctx, run.ID); err != nil {
			return s.missed(c, err)
		}
		page, mine := s.pages.claim(run.ID, c.Article.ID)
		if mine {
			r, err := s.own(ctx, run, c)
			s.pages.tell(c.Article.ID, page, r, ctx.Err() != nil)
			if err != nil {
				return s.missed(c, err)
			}
			s.inHand.Leave()
			return r.copied()
		}
		s.inHand.Leave()
		r, ok := page.wait(ctx)
		if ok || ctx.Err() != nil {
			return r
		}
	}
}

// own gets a page that no other run of this process has in hand. While another
// process has it, the room is somebody else's.
func (s *Step) own(ctx context.Context, run stockdigest.Run, c stockdigest.Candidate) (result, error) {
	for {
		r, elsewhere := s.first(ctx, run, c)
		if elsewhere == 0 {
			return r, nil
		}
		s.inHand.Leave()
		pause(ctx, elsewhere)
		if err := s.inHand.Enter(ctx, run.ID); err != nil {
			return r, err
		}
	}
}

// first gets a page, unless another process has it in hand: then elsewhere is
// the time after which to look again. A page that was read while this run waited
// for its turn needs nothing more.
func (s *Step) first(ctx context.Context, run stockdigest.Run, c stockdigest.Candidate) (r result, elsewhere time.Duration) {
	if elsewhere, err := s.takePage(ctx, run, c.Article.ID); err == nil && elsewhere > 0 {
		return r, elsewhere
	}
	known, err := s.Store.PageKnown(ctx, c.Article.ID, s.Now())
	if err == nil && known {
		return result{article: c.Article}, 0
	}
	return s.page(ctx, run, c), 0 // a store that does not answer will not take the text either
}

func pause(ctx context.Context, d time.Duration) {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-ctx.Done():
	}
}
