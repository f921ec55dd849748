// Package alert finds the news that cannot wait for the next digest: once an
// hour it reads the feeds of followed companies and looks at their filings, by
// rules alone, and plans one mail for each story and person. What the newest
// report told, or looked at and left out, is no alert.
package alert

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"sync/atomic"
	"time"

	"golang.org/x/sync/errgroup"

	"stockdigest.app/stockdigest"
)

// Store is what a lookout reads and keeps.
type Store interface {
	FollowedTickers(ctx context.Context) ([]stockdigest.Symbol, error)
	Readers(ctx context.Context, state stockdigest.ReaderState) ([]stockdigest.Reader, error)
	AlertGround(ctx context.Context, symbol stockdigest.Symbol, w stockdigest.Window) (stockdigest.AlertGround, error)
	SaveLook(ctx context.Context, look stockdigest.AlertLook) (added int, err error)
}

// Deps are what a lookout works with. All must be set.
type Deps struct {
	Store   Store
	Listen  func(ctx context.Context, feeds []stockdigest.TickerFeed, at time.Time) ([]stockdigest.Listing, error)
	Judge   func(t stockdigest.Ticker, c stockdigest.Candidate) stockdigest.Verdict
	Stories func(m stockdigest.Material) ([]stockdigest.Story, []stockdigest.Verdict)
	Now     func() time.Time
	Log     *slog.Logger
}

// A Lookout looks for alerts.
type Lookout struct {
	deps Deps
	dry  bool
}

// New returns a lookout. A dry one plans the mails of dry runs.
func New(d Deps, dry bool) *Lookout { return &Lookout{deps: d, dry: dry} }

// atOnce is how many companies are looked at in parallel: most of a look is
// waiting for other people's servers.
const atOnce = 8

// Look looks at every followed company once and says in one line what it found.
// The first look at a company only notes what there is. It may be done again
// after a crash: what was planned then is planned already.
func (l *Lookout) Look(ctx context.Context) (string, error) {
	symbols, err := l.deps.Store.FollowedTickers(ctx)
	if err != nil {
		return "", err
	}
	readers, err := l.deps.Store.Readers(ctx, stockdigest.ReaderActive)
	if err != nil {
		return "", err
	}
	var stories, mails atomic.Int64
	faults := make([]error, len(symbols))
	var group errgroup.Group
	group.SetLimit(atOnce)
	for i, symbol := range symbols {
		group.Go(func() error {
			found, planned, err := l.look(ctx, symbol, readers)
			stories.Add(int64(found))
			mails.Add(int64(planned))
			if err != nil {
				faults[i] = fmt.Errorf("look for alerts of %s: %w", symbol, err)
			}
			return nil // the others go on
		})
	}
	_ = group.Wait() // the functions above return nil
	return fmt.Sprintf("%d companies looked at, %d stories, %d alerts planned", len(symbols), stories.Load(), mails.Load()), errors.Join(faults...)
}

// look looks at one company. Its alerts are planned together with what makes
// their news old.
func (l *Lookout) look(ctx context.Context, symbol stockdigest.Symbol, readers []stockdigest.Reader) (stories, planned int, err error) {
	now := l.deps.Now()
	ground, err := l.deps.Store.AlertGround(ctx, symbol, stockdigest.Daily.Window(now))
	if err != nil {
		return 0, 0, err
	}
	feeds := slices.DeleteFunc(slices.Clone(ground.Feeds), func(f stockdigest.TickerFeed) bool { return f.Role != stockdigest.RoleCompany })
	listings, err := l.deps.Listen(ctx, feeds, now)
	if err != nil {
		return 0, 0, err
	}
	look := stockdigest.AlertLook{Ticker: symbol, Before: ground.Looked, At: now, Listings: listings}
	if !ground.Looked.IsZero() {
		found := l.find(ground, listings)
		stories = len(found)
		if look.Mails, err = l.mails(found, readers, now); err != nil {
			return 0, 0, err
		}
	}
	for _, listing := range listings {
		if listing.Poll.Error != "" {
			l.deps.Log.WarnContext(ctx, "read a feed for alerts", "ticker", symbol, "error", listing.Poll.Error)
		}
	}
	planned, err = l.deps.Store.SaveLook(ctx, look)
	if errors.Is(err, stockdigest.ErrConflict) { // whoever was faster told of it
		return 0, 0, nil
	}
	return stories, planned, err
}

// A tidings is an alert with the name that makes it one mail a person.
type tidings struct {
	period string
	alert  stockdigest.Alert
}

// mails are those to the operator, and to the readers who asked for them.
func (l *Lookout) mails(found []tidings, readers []stockdigest.Reader, now time.Time) ([]stockdigest.Delivery, error) {
	var mails []stockdigest.Delivery
	for _, f := range found {
		matter, err := json.Marshal(stockdigest.AlertMatter{Stories: []stockdigest.Alert{f.alert}})
		if err != nil {
			return nil, fmt.Errorf("note the matter of an alert: %w", err)
		}
		to := func(who stockdigest.Recipient, notBefore time.Time) {
			mails = append(mails, stockdigest.Delivery{
				DeliveryKey: stockdigest.DeliveryKey{Period: f.period, Kind: stockdigest.MailAlert, Recipient: who, Dry: l.dry},
				Matter:      matter, NotBefore: notBefore,
			})
		}
		to(stockdigest.Operator, now)
		for _, r := range readers {
			if r.Mails.Agreed && r.Mails.Alerts && slices.Contains(r.Tickers, f.alert.Ticker) {
				to(stockdigest.Recipient(r.ID), Awake(r, now))
			}
		}
	}
	return mails, nil
}

// Awake is the first moment from now on that is not in the reader's quiet hours.
func Awake(r stockdigest.Reader, now time.Time) time.Time {
	from, to := r.Mails.QuietFrom, r.Mails.QuietTo
	zone, err := time.LoadLocation(r.TimeZone)
	if err != nil || from == to {
		return now
	}
	clock, day := stockdigest.ClockOf(now, zone), stockdigest.DayOf(now, zone)
	switch {
	case from < to && clock >= from && clock < to, from > to && clock < to:
		return day.At(to, zone)
	case from > to && clock >= from:
		return day.Add(1).At(to, zone)
	}
	return now
}
