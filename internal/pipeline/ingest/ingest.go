// Package ingest is the first step of a run: it reads the ticker's feeds and
// filings, makes one Article of every page that they list, and drops, with a
// recorded reason, what no later step should spend time on. It decides nothing
// about meaning: that is triage.
package ingest

import (
	"cmp"
	"context"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"

	"stockdigest.app/stockdigest"
)

// Store is the part of the store that ingest needs.
type Store interface {
	Material(ctx context.Context, run stockdigest.Run) (stockdigest.Material, error)
	Sighted(ctx context.Context, feedURL string, w stockdigest.Window) ([]stockdigest.Article, error)
	SavePoll(ctx context.Context, run stockdigest.Run, poll stockdigest.Poll, found []stockdigest.Found) error
	SaveFilings(ctx context.Context, run stockdigest.Run, filings []stockdigest.Filing) error
	SavePrice(ctx context.Context, run stockdigest.Run, card stockdigest.PriceCard) error
	Reports
	FinishStep(ctx context.Context, run stockdigest.Run, step stockdigest.StepName, note string) error
}

// Feeds reads one feed.
type Feeds interface {
	Read(ctx context.Context, feed stockdigest.Feed) (stockdigest.FeedAnswer, error)
}

// Filings lists what a company filed in a window, finds the report of the same
// form before one, without documents, and reads a filing's documents.
type Filings interface {
	Filings(ctx context.Context, t stockdigest.Ticker, w stockdigest.Window) ([]stockdigest.Filing, error)
	Previous(ctx context.Context, t stockdigest.Ticker, f stockdigest.Filing) (stockdigest.Filing, error)
	Read(ctx context.Context, f stockdigest.Filing) (stockdigest.Filing, error)
}

// Config holds the values of a Step.
type Config struct {
	Now      func() time.Time
	Progress stockdigest.Progress // may be nil
	Parallel int                  // feeds of a run read at once; 0 means all that one has
	Prices   Prices               // nil: reports show no price
	Calls    Calls                // nil: nobody's calls are read
	Log      *slog.Logger         // told why a report was not compared; may be nil
}

const defaultParallel = 20

// memory is how far before the window a feed's earlier listings are looked up:
// an undated item that was first seen then is old, not new.
const memory = 30 * 24 * time.Hour

// A Step is ingest. It is safe for concurrent use on different runs.
type Step struct {
	store   Store
	feeds   Feeds
	filings Filings
	cfg     Config
	policy  *policy
	night   Night // not nil: the step is that of a refresh
}

// New returns the step over its store, feeds and filings.
func New(store Store, feeds Feeds, filings Filings, cfg Config) *Step {
	if cfg.Parallel <= 0 {
		cfg.Parallel = defaultParallel
	}
	if cfg.Log == nil {
		cfg.Log = slog.New(slog.DiscardHandler)
	}
	return &Step{store: store, feeds: feeds, filings: filings, cfg: cfg, policy: newPolicy()}
}

// Name returns stockdigest.StepIngest.
func (s *Step) Name() stockdigest.StepName { return stockdigest.StepIngest }

// Run polls what this run has not polled yet. A source that fails is recorded
// and never stops the others: what to make of a night without sources is for
// compose to decide.
func (s *Step) Run(ctx context.Context, run stockdigest.Run) error {
	m, err := s.store.Material(ctx, run)
	if err != nil {
		return fmt.Errorf("read material of run %s: %w", run.ID, err)
	}
	todo := unpolled(m)
	wantFilings := s.night == nil && m.Ticker.CIK != "" && !polled(m, filingsURL(m.Ticker.CIK))
	total := len(todo)
	if wantFilings {
		total++
	}
	progress := s.progress(run, total)
	answers, aside, err := s.read(ctx, run, m, todo, progress)
	if err != nil {
		return err
	}
	if err := s.savePrice(ctx, run, aside.price); err != nil {
		return err
	}
	if err := s.saveCall(ctx, run, aside.call); err != nil {
		return err
	}
	seen, told := newIdentities(m.Candidates), publishersTold(m.Candidates, answers)
	if err := s.know(ctx, run, seen); err != nil {
		return err
	}
	for i, feed := range todo {
		if err := s.save(ctx, run, feed, answers[i], seen, told); err != nil {
			return err
		}
	}
	if wantFilings {
		if err := s.saveFilings(ctx, run, m.Ticker); err != nil {
			return err
		}
		progress()
	}
	return s.finish(ctx, run, aside)
}

// unpolled lists each feed once, in the best role it has for the ticker, best
// roles first, so that an article found twice has the better role.
func unpolled(m stockdigest.Material) []stockdigest.TickerFeed {
	todo := slices.Clone(m.Feeds)
	slices.SortStableFunc(todo, func(a, b stockdigest.TickerFeed) int {
		return cmp.Or(
			cmp.Compare(slices.Index(stockdigest.Roles(), a.Role), slices.Index(stockdigest.Roles(), b.Role)),
			cmp.Compare(a.Feed.URL, b.Feed.URL))
	})
	done := map[string]bool{}
	for _, p := range m.Polls {
		done[p.FeedURL] = true
	}
	return slices.DeleteFunc(todo, func(f stockdigest.TickerFeed) bool {
		skip := done[f.Feed.URL]
		done[f.Feed.URL] = true
		return skip
	})
}

func polled(m stockdigest.Material, feedURL string) bool {
	return slices.ContainsFunc(m.Polls, func(p stockdigest.Poll) bool { return p.FeedURL == feedURL })
}

// progress returns a function that tells one more source is done, from any
// goroutine.
func (s *Step) progress(run stockdigest.Run, total int) func() {
	if s.cfg.Progress == nil {
		return func() {}
	}
	var mu sync.Mutex
	done := 0
	s.cfg.Progress(run, s.Name(), 0, total)
	return func() {
		mu.Lock()
		defer mu.Unlock()
		done++
		s.cfg.Progress(run, s.Name(), done, total)
	}
}

// A reading is what asking one feed gave.
type reading struct {
	answer stockdigest.FeedAnswer
	err    error
	at     time.Time
}

// besides is what asking for more than feeds gave. A report is whole without it.
type besides struct {
	price pricing
	call  calling
}

// read asks all feeds, some at once, and beside them for the price and the last
// call. Only a cancelled context is an error.
func (s *Step) read(
	ctx context.Context, run stockdigest.Run, m stockdigest.Material, todo []stockdigest.TickerFeed, progress func(),
) ([]reading, besides, error) {
	readings := make([]reading, len(todo))
	var aside besides
	var group errgroup.Group
	group.SetLimit(s.cfg.Parallel + 2)
	group.Go(func() error {
		aside.price = s.price(ctx, m)
		return nil
	})
	group.Go(func() error {
		aside.call = s.hear(ctx, run, m.Ticker)
		return nil
	})
	for i, feed := range todo {
		group.Go(func() error {
			answer, err := s.feeds.Read(ctx, feed.Feed)
			readings[i] = reading{answer: answer, err: err, at: s.cfg.Now()}
			progress()
			return nil
		})
	}
	_ = group.Wait() // the functions above return nil
	if err := context.Cause(ctx); err != nil {
		return nil, besides{}, fmt.Errorf("read feeds: %w", err)
	}
	return readings, aside, nil
}

// save turns one reading into articles and keeps them with the poll.
func (s *Step) save(ctx context.Context, run stockdigest.Run, feed stockdigest.TickerFeed, r reading, seen *identities, told map[string]string) error {
	w := run.Window()
	earlier, err := s.store.Sighted(ctx, feed.Feed.URL, stockdigest.Window{From: w.From.Add(-memory), To: w.To})
	if err != nil {
		return fmt.Errorf("read earlier items of %s: %w", feed.Feed.URL, err)
	}
	poll := pollOf(feed.Feed, r)
	found := s.articles(run, feed, r, earlier, told)
	for i := range found {
		found[i].Verdict = s.judge(w, found[i], seen)
	}
	if err := s.store.SavePoll(ctx, run, poll, found); err != nil {
		return fmt.Errorf("save poll of %s: %w", feed.Feed.URL, err)
	}
	return nil
}

// pollOf says how the poll went and what the feed's health is after it.
func pollOf(feed stockdigest.Feed, r reading) stockdigest.Poll {
	h := feed.Health
	h.PolledAt = r.at
	poll := stockdigest.Poll{FeedURL: feed.URL, At: r.at}
	if r.err != nil {
		poll.Error = oneLine(r.err)
		h.Error = poll.Error
		h.Failures++
		poll.Health = h
		return poll
	}
	h.Error, h.Failures = "", 0
	h.ETag, h.LastModified = r.answer.ETag, r.answer.LastModified
	poll.NotModified = r.answer.NotModified
	if poll.NotModified {
		poll.Items = h.Items
		poll.Health = h
		return poll
	}
	poll.Items = len(r.answer.Items)
	h.Items = poll.Items
	if poll.Items == 0 {
		h.Empty++
	} else {
		h.Empty = 0
	}
	poll.Health = h
	return poll
}

// maxCause bounds an error that is stored for people, in bytes.
const maxCause = 300

func oneLine(err error) string {
	line := strings.Join(strings.Fields(err.Error()), " ")
	if len(line) > maxCause {
		line = strings.ToValidUTF8(line[:maxCause], "") + "…"
	}
	return line
}

// filingsURL is where EDGAR lists a company's filings; it names that source in
// polls.
func filingsURL(cik string) string {
	return "https://data.sec.gov/submissions/CIK" + cik + ".json"
}

// saveFilings keeps the filings of the window, and a poll that says how it went.
func (s *Step) saveFilings(ctx context.Context, run stockdigest.Run, t stockdigest.Ticker) error {
	list, err := s.filings.Filings(ctx, t, run.Window())
	if cause := context.Cause(ctx); cause != nil {
		return fmt.Errorf("read filings of %s: %w", t.Symbol, cause)
	}
	at := s.cfg.Now()
	poll := stockdigest.Poll{FeedURL: filingsURL(t.CIK), At: at, Items: len(list), Health: stockdigest.FeedHealth{PolledAt: at, Items: len(list)}}
	if err != nil {
		poll.Error = oneLine(err)
		poll.Health.Error, poll.Health.Failures = poll.Error, 1
	}
	if len(list) > 0 { // what could be read counts, even beside an error
		if err := s.store.SaveFilings(ctx, run, list); err != nil {
			return fmt.Errorf("save filings of %s: %w", t.Symbol, err)
		}
	}
	if err := s.deepen(ctx, run, t); err != nil {
		return fmt.Errorf("read on in the filings of %s: %w", t.Symbol, err)
	}
	if err := s.store.SavePoll(ctx, run, poll, nil); err != nil {
		return fmt.Errorf("save poll of %s: %w", poll.FeedURL, err)
	}
	return nil
}

// finish writes the done mark with a note made from the rows, so that a
// resumed run says the same, and why a price or a call could not be had.
func (s *Step) finish(ctx context.Context, run stockdigest.Run, aside besides) error {
	m, err := s.store.Material(ctx, run)
	if err != nil {
		return fmt.Errorf("read material of run %s: %w", run.ID, err)
	}
	line := note(run.Window(), m)
	if err := aside.price.err; err != nil {
		line += ", price: " + oneLine(err)
	}
	if err := aside.call.err; err != nil {
		line += ", earnings call: " + oneLine(err)
	}
	if err := s.store.FinishStep(ctx, run, s.Name(), line); err != nil {
		return fmt.Errorf("finish ingest of run %s: %w", run.ID, err)
	}
	return nil
}
