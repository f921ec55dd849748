package app

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"stockdigest.app/stockdigest"
)

// AskReader makes a reader who waits and does not agree yet, and plans the mail
// that asks. One who is there and does not agree, or does not any more, is
// asked again, at most once a day, and otherwise stays the same. One who agrees
// is an ErrConflict.
func (a *App) AskReader(ctx context.Context, c ReaderChange) (stockdigest.Reader, error) {
	fresh := stockdigest.Reader{TimeZone: a.opts.TimeZone, Plan: stockdigest.PlanBeta, State: stockdigest.ReaderWaiting}
	r, err := a.saveReader(ctx, fresh, c)
	if errors.Is(err, stockdigest.ErrConflict) {
		known, e := a.store.Reader(ctx, c.Email)
		if e != nil || known.Mails.Agreed {
			return known, errors.Join(err, e)
		}
		r, err = known, nil
	}
	if err != nil {
		return r, err
	}
	err = a.store.AddConsent(ctx, stockdigest.ConsentEvent{Reader: r.ID, Act: stockdigest.ConsentAsked, How: "told to an operator"})
	if err != nil {
		return r, err
	}
	return r, a.plan(ctx, stockdigest.Question(r, a.world.Now()))
}

// askAnew plans the mail that asks a reader's new address. Who left is not
// asked because of it.
func (a *App) askAnew(ctx context.Context, r stockdigest.Reader) error {
	said, err := a.store.Consents(ctx, r.ID)
	if err != nil {
		return err
	}
	said = slices.DeleteFunc(said, func(e stockdigest.ConsentEvent) bool {
		return e.Scope != "" || e.Act == stockdigest.ConsentWithdrawn && e.How == stockdigest.HowMoved
	})
	if n := len(said); n > 0 && said[n-1].Act == stockdigest.ConsentWithdrawn {
		return nil
	}
	if err := a.store.AddConsent(ctx, stockdigest.ConsentEvent{Reader: r.ID, Act: stockdigest.ConsentAsked, How: stockdigest.HowMoved}); err != nil {
		return err
	}
	return a.plan(ctx, stockdigest.QuestionAnew(r, a.world.Now()))
}

// plan plans a mail, of a dry run in a dry run.
func (a *App) plan(ctx context.Context, mail stockdigest.Delivery) error {
	mail.Dry = a.opts.DryRun
	_, err := a.store.AddDeliveries(ctx, []stockdigest.Delivery{mail})
	return err
}

// Greet plans the one mail that greets a reader, where digests are sent at all.
func (a *App) Greet(ctx context.Context, r stockdigest.Reader) error {
	plan, err := a.opts.plan(a.world.TimeZone)
	if err != nil {
		return err
	}
	at, ok := plan.SendAt()
	if !ok {
		return nil
	}
	return a.plan(ctx, stockdigest.Welcome(r, at))
}

// ApproveReader serves a reader. One who waited and agreed is welcomed.
func (a *App) ApproveReader(ctx context.Context, who string) (stockdigest.Reader, error) {
	before, err := a.store.Reader(ctx, who)
	if err != nil {
		return before, err
	}
	r, err := a.ChangeReader(ctx, who, ReaderChange{State: stockdigest.ReaderActive})
	if err != nil || before.State != stockdigest.ReaderWaiting || !r.Mails.Agreed {
		return r, err
	}
	return r, a.Greet(ctx, r)
}

// Unsubscribe notes that a reader told an operator to get no more mails about
// the companies named, or none at all. It waits for a mail that is being handed
// over.
func (a *App) Unsubscribe(ctx context.Context, who string, symbols []string) (stockdigest.Reader, error) {
	r, err := a.store.Reader(ctx, who)
	if err != nil {
		return r, err
	}
	scopes := []stockdigest.Symbol{""}
	if len(symbols) > 0 {
		found, err := a.Tickers(symbols)
		if err != nil {
			return r, err
		}
		scopes = nil
		for _, t := range found {
			scopes = append(scopes, t.Symbol)
		}
	}
	for _, scope := range scopes {
		e := stockdigest.ConsentEvent{Reader: r.ID, Act: stockdigest.ConsentWithdrawn, Scope: scope, How: "told to an operator"}
		if err := a.desk().AddConsent(ctx, e); err != nil {
			return r, err
		}
	}
	return a.store.Reader(ctx, string(r.ID))
}

// Consents returns the history of the reader with this ID or address, oldest
// first.
func (a *App) Consents(ctx context.Context, who string) ([]stockdigest.ConsentEvent, error) {
	r, err := a.store.Reader(ctx, who)
	if err != nil {
		return nil, err
	}
	return a.store.Consents(ctx, r.ID)
}

// Suppress keeps mails from an address.
func (a *App) Suppress(ctx context.Context, address, why string) (stockdigest.Suppression, error) {
	if !strings.Contains(address, "@") {
		return stockdigest.Suppression{}, stockdigest.Invalid("unusable address: write it as ada@example.com")
	}
	if err := a.store.Suppress(ctx, address, stockdigest.SuppressedByHand, why); err != nil {
		return stockdigest.Suppression{}, err
	}
	return a.store.Suppressed(ctx, address)
}

// Suppressed returns why nothing goes to an address, or an ErrNotFound.
func (a *App) Suppressed(ctx context.Context, address string) (stockdigest.Suppression, error) {
	return a.store.Suppressed(ctx, address)
}

// CountSuppressions counts the addresses to which nothing goes, by cause. Which
// they are is not kept.
func (a *App) CountSuppressions(ctx context.Context) (map[stockdigest.SuppressionCause]int, error) {
	return a.store.CountSuppressions(ctx)
}

// LiftSuppression lets mails go to an address again.
func (a *App) LiftSuppression(ctx context.Context, address string) error {
	return a.store.Unsuppress(ctx, address)
}

// A WishChange says what to change about the mails that a reader wants. What is
// nil or empty stays.
type WishChange struct {
	PerTicker, Alerts *bool
	Quiet             string // as in 21:00-07:00; off: none
}

func (c WishChange) apply(w *stockdigest.MailWishes) error {
	if c.PerTicker != nil {
		w.PerTicker = *c.PerTicker
	}
	if c.Alerts != nil {
		w.Alerts = *c.Alerts
	}
	switch c.Quiet {
	case "":
		return nil
	case "off":
		w.QuietFrom, w.QuietTo = 0, 0
		return nil
	}
	from, to, ok := strings.Cut(c.Quiet, "-")
	begin, err := stockdigest.ParseClock(from)
	end, e := stockdigest.ParseClock(to)
	if !ok || err != nil || e != nil || begin == end {
		return stockdigest.Invalid(fmt.Sprintf("quiet hours %q: write them as 21:00-07:00, or off", c.Quiet))
	}
	w.QuietFrom, w.QuietTo = begin, end
	return nil
}

// ShowConsents prints a history, one line each.
func ShowConsents(c *Console, events []stockdigest.ConsentEvent) error {
	if c.JSON {
		return c.Data(events)
	}
	for _, e := range events {
		what := "all mails"
		if e.Scope != "" {
			what = string(e.Scope)
		}
		c.Print("%s  %-9s  %-9s  %s (text %s)", e.At.UTC().Format(time.RFC3339), e.Act, what, e.How, e.Text)
	}
	if len(events) == 0 {
		c.Print("nothing was said yet")
	}
	return nil
}

// ShowSuppression prints why nothing goes to an address.
func ShowSuppression(c *Console, s stockdigest.Suppression) error {
	if c.JSON {
		return c.Data(s)
	}
	c.Print("nothing goes there since %s: %s %s", s.At.UTC().Format(time.RFC3339), s.Cause, s.Detail)
	return nil
}

// ShowSuppressions prints how many addresses get nothing, by cause.
func ShowSuppressions(c *Console, counts map[stockdigest.SuppressionCause]int) error {
	if c.JSON {
		return c.Data(counts)
	}
	causes := []stockdigest.SuppressionCause{
		stockdigest.SuppressedRefused, stockdigest.SuppressedBounced, stockdigest.SuppressedComplaint, stockdigest.SuppressedByHand,
	}
	for _, cause := range causes {
		c.Print("%-10s %6d", cause, counts[cause])
	}
	return nil
}
