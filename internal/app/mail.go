package app

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/google/uuid"

	"stockdigest.app/stockdigest"
	"stockdigest.app/stockdigest/internal/adapter/store"
	"stockdigest.app/stockdigest/internal/deliver"
)

var (
	_ deliver.Ledger = (*store.DB)(nil)
	_ deliver.Rows   = (*store.DB)(nil)
)

const (
	// How long before its time a digest is made: from the night's
	// deadline to the hour of sending.
	review = 30 * time.Minute
	// How long after its time a digest is still of use.
	catchUp = 6 * time.Hour
)

// sendingFaults finds what is wrong with when mails go and who lets them.
func (o Options) sendingFaults() []string {
	var faults []string
	if o.Approval != "auto" && o.Approval != "hand" {
		faults = append(faults, fmt.Sprintf("STOCKDIGEST_APPROVAL=%q is not auto or hand", o.Approval))
	}
	if !slices.Contains([]string{"none", "one", "all"}, o.Previews) {
		faults = append(faults, fmt.Sprintf("STOCKDIGEST_PREVIEWS=%q is not none, one or all", o.Previews))
	}
	return faults
}

// newDigester makes who makes digests; nil when the schedule leaves mails out.
func (a *App) newDigester() (*deliver.Digester, error) {
	plan, err := a.opts.plan(a.world.TimeZone)
	if err != nil {
		return nil, err
	}
	at, ok := plan.SendAt()
	if !ok {
		return nil, nil //nolint:nilnil // there is none
	}
	return deliver.NewDigester(deliver.Morning{
		At: at, Review: review, CatchUp: catchUp, ByHand: a.opts.Approval == "hand", Preview: deliver.Previews(a.opts.Previews),
		Dry: a.opts.DryRun, Night: plan.Night,
	}, a.store, a.world.Now, a.log), nil
}

// newSender makes who sends what is planned.
func (a *App) newSender() (*deliver.Sender, error) {
	post, err := a.opts.post()
	if err != nil {
		return nil, err
	}
	letters, err := a.newLetters()
	if err != nil {
		return nil, err
	}
	return deliver.NewSender(deliver.Config{
		Worker: workerName(), Operator: a.opts.AdminEmail, PerMinute: a.opts.MailRate, Dry: a.opts.DryRun,
	}, deliver.Deps{Ledger: a.store, Composer: letters, Post: post, Now: time.Now, Log: a.log}), nil
}

// A Sent says what sending by hand did.
type Sent struct {
	deliver.Tally
	Deliveries []DeliveryView `json:"deliveries"` // that were planned meanwhile, or before and were due
}

// Send makes the digests of readers, or of all who have none of today, and
// sends them and whatever else is due.
func (a *App) Send(ctx context.Context, who []string) (Sent, error) {
	var sent Sent
	digester, err := a.digester()
	if err != nil {
		return sent, err
	}
	sender, err := a.newSender()
	if err != nil {
		return sent, err
	}
	if why, err := a.store.Held(ctx); err != nil || why != "" {
		return sent, errors.Join(err, heldMails(why))
	}
	var only []stockdigest.ReaderID
	for _, w := range who {
		r, err := a.store.Reader(ctx, w)
		if err != nil {
			return sent, err
		}
		only = append(only, r.ID)
	}
	begun := a.world.Now()
	if sent.Tally, err = digester.Now(ctx, only); err != nil {
		return sent, err
	}
	err = sender.SendAll(ctx)
	return sent, errors.Join(err, a.sinceThen(ctx, begun, &sent))
}

func heldMails(why string) error {
	if why == "" {
		return nil
	}
	return &stockdigest.Error{Kind: stockdigest.ErrDenied, Message: "mails are held: " + why + ". Let them go with stockdigest deliveries release"}
}

// sinceThen finds the deliveries that were planned, tried or ended since a
// moment.
func (a *App) sinceThen(ctx context.Context, begun time.Time, sent *Sent) error {
	zone, err := a.zone()
	if err != nil {
		return err
	}
	begun = begun.Truncate(time.Microsecond)
	for _, day := range []stockdigest.Day{stockdigest.DayOf(begun, zone).Add(-1), stockdigest.DayOf(begun, zone)} {
		found, err := a.store.Deliveries(ctx, stockdigest.DeliveryFilter{Day: day, Zone: zone})
		if err != nil {
			return err
		}
		for _, d := range found {
			if !d.CreatedAt.Before(begun) || !d.StartedAt.Before(begun) || !d.EndedAt.Before(begun) {
				sent.Deliveries = append(sent.Deliveries, a.viewOf(d))
			}
		}
	}
	return nil
}

// ShowSent prints what sending did.
func ShowSent(c *Console, s Sent) error {
	if c.JSON {
		return c.Data(s)
	}
	for _, d := range s.Deliveries {
		c.Print("%s", deliveryLine(d))
	}
	c.Print("%s", s.Tally)
	return nil
}

func (a *App) digester() (*deliver.Digester, error) {
	d, err := a.newDigester()
	if err == nil && d == nil {
		err = stockdigest.Invalid("mails are left out here: STOCKDIGEST_SCHEDULE_TIMES has send=off")
	}
	return d, err
}

// A DigestChoice says which digests to list, as people write it.
type DigestChoice struct {
	Day, State, Reader string
	Limit              int
}

// FindDigests returns the digests of a choice, newest day first.
func (a *App) FindDigests(ctx context.Context, c DigestChoice) ([]stockdigest.Digest, error) {
	f := stockdigest.DigestFilter{State: stockdigest.DigestState(c.State), Limit: c.Limit}
	var err error
	if c.State != "" {
		if err := f.State.Validate(); err != nil {
			return nil, err
		}
	}
	if c.Day != "" {
		if f.Day, err = stockdigest.ParseDay(c.Day); err != nil {
			return nil, err
		}
	}
	if c.Reader != "" {
		r, err := a.store.Reader(ctx, c.Reader)
		if err != nil {
			return nil, err
		}
		f.Reader = r.ID
	}
	return a.store.Digests(ctx, f)
}

// A DigestAct is what a person does to a digest.
type DigestAct func(context.Context, *deliver.Digester, stockdigest.Digest, string) error

// HoldDigest keeps a digest back.
func HoldDigest(ctx context.Context, d *deliver.Digester, g stockdigest.Digest, by string) error {
	return d.Hold(ctx, g, by)
}

// ApproveDigest lets a digest go.
func ApproveDigest(ctx context.Context, d *deliver.Digester, g stockdigest.Digest, by string) error {
	return d.Approve(ctx, g, by)
}

// CancelDigest ends a digest.
func CancelDigest(ctx context.Context, d *deliver.Digester, g stockdigest.Digest, by string) error {
	return d.Cancel(ctx, g, by)
}

// MakeDigestAgain makes a new version of a digest that did not go.
func MakeDigestAgain(ctx context.Context, d *deliver.Digester, g stockdigest.Digest, by string) error {
	_, err := d.Again(ctx, g, by)
	return err
}

// ActOnDigests does something to a digest by its ID, to those of a reader, or
// to all of a day to which it can be done, and returns them as they are then.
// Of several the ones in a state that does not allow it are left alone.
func (a *App) ActOnDigests(ctx context.Context, which, day string, act DigestAct, by string) ([]stockdigest.Digest, error) {
	digester, err := a.digester()
	if err != nil {
		return nil, err
	}
	chosen, one, err := a.chosenDigests(ctx, which, day)
	if err != nil {
		return nil, err
	}
	after := []stockdigest.Digest{}
	for _, g := range chosen {
		err := act(ctx, digester, g, by)
		if errors.Is(err, stockdigest.ErrConflict) && !one {
			continue
		}
		if err != nil {
			return after, err
		}
		if g, err = a.store.Digest(ctx, g.ID); err != nil {
			return after, err
		}
		g.Reports = nil
		after = append(after, g)
	}
	return after, nil
}

// chosenDigests finds the digests that a person names; one tells that it is a
// single one.
func (a *App) chosenDigests(ctx context.Context, which, day string) (chosen []stockdigest.Digest, one bool, err error) {
	c := DigestChoice{Day: day}
	switch {
	case which == "all":
	case strings.Contains(which, "@"), uuid.Validate(which) == nil:
		c.Reader = which
	default:
		g, err := a.store.Digest(ctx, stockdigest.DigestID(which))
		return []stockdigest.Digest{g}, true, err
	}
	if c.Day == "" {
		today, err := a.Day("")
		if err != nil {
			return nil, false, err
		}
		c.Day = string(today)
	}
	chosen, err = a.FindDigests(ctx, c)
	if err == nil && len(chosen) == 0 {
		err = stockdigest.NotFound("no digest of " + c.Day + ": stockdigest digests list shows what there is")
	}
	return chosen, false, err
}

// Day reads a day as people write it; empty is today in the schedule's zone.
func (a *App) Day(s string) (stockdigest.Day, error) {
	if s != "" {
		return stockdigest.ParseDay(s)
	}
	zone, err := a.zone()
	return stockdigest.DayOf(a.world.Now(), zone), err
}

// A DeliveryChoice says which deliveries to list, as people write it.
type DeliveryChoice struct {
	Day, State, Kind, To string
	Limit                int
}

// FindDeliveries returns the deliveries of a choice in the order of planning.
func (a *App) FindDeliveries(ctx context.Context, c DeliveryChoice) ([]DeliveryView, error) {
	f := stockdigest.DeliveryFilter{
		State: stockdigest.DeliveryState(c.State), Kind: stockdigest.MailKind(c.Kind), Recipient: stockdigest.Recipient(c.To), Limit: c.Limit,
	}
	if c.State != "" {
		if err := f.State.Validate(); err != nil {
			return nil, err
		}
	}
	if c.Kind != "" {
		if err := f.Kind.Validate(); err != nil {
			return nil, err
		}
	}
	if c.Day != "" {
		day, err := stockdigest.ParseDay(c.Day)
		if err != nil {
			return nil, err
		}
		f.Day = day
	}
	if c.To != "" && f.Recipient != stockdigest.Operator {
		r, err := a.store.Reader(ctx, c.To)
		if err != nil {
			return nil, err
		}
		f.Recipient = stockdigest.Recipient(r.ID)
	}
	return a.Deliveries(ctx, f)
}
