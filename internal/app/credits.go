package app

import (
	"context"
	"fmt"
	"slices"
	"time"

	"stockdigest.app/stockdigest"
	"stockdigest.app/stockdigest/internal/adapter/store"
)

// staleHold is the age from which a hold of a run that has ended is a fault.
const staleHold = 24 * time.Hour

// A CreditView is what a reader has and the latest lines of the ledger, newest
// first.
type CreditView struct {
	Reader  stockdigest.ReaderID      `json:"reader"`
	Email   string                    `json:"email"`
	Account stockdigest.CreditAccount `json:"account"`
	Entries []stockdigest.CreditEntry `json:"entries"`
}

// A CreditCheck is what the check of the ledger found.
type CreditCheck struct {
	Settled int                 `json:"settled"` // holds that a run's end had left open
	Faults  []store.LedgerFault `json:"faults"`
}

// Credits returns what a reader has, with up to so many lines of the ledger.
// The month's credits are granted first when that is due.
func (a *App) Credits(ctx context.Context, who string, lines int) (CreditView, error) {
	r, err := a.store.Reader(ctx, who)
	if err != nil {
		return CreditView{}, err
	}
	account, err := a.store.Account(ctx, r.ID, a.world.Now())
	if err != nil {
		return CreditView{}, err
	}
	entries, err := a.store.Entries(ctx, r.ID, lines)
	return CreditView{Reader: r.ID, Email: r.Email, Account: account, Entries: entries}, err
}

// GrantCredits grants every active reader what is due this month and returns
// how many there were.
func (a *App) GrantCredits(ctx context.Context) (int, error) {
	return a.store.GrantAll(ctx, a.world.Now())
}

// AdjustCredits adds to a reader's credits, or takes some when amount is
// negative. By and note say who did it and why.
func (a *App) AdjustCredits(ctx context.Context, who string, amount int, by, note string) (CreditView, error) {
	r, err := a.store.Reader(ctx, who)
	if err != nil {
		return CreditView{}, err
	}
	if _, err := a.store.Adjust(ctx, r.ID, amount, by, note); err != nil {
		return CreditView{}, err
	}
	return a.Credits(ctx, who, 1)
}

// CheckCredits settles holds that were left open a day after their run ended,
// and compares account, holds and ledger of a reader, or of all when who is
// empty.
func (a *App) CheckCredits(ctx context.Context, who string) (CreditCheck, error) {
	settled, err := a.store.SettleStale(ctx, a.world.Now().Add(-staleHold))
	if err != nil {
		return CreditCheck{}, err
	}
	faults, err := a.store.CheckLedger(ctx)
	if err != nil || who == "" {
		return CreditCheck{Settled: settled, Faults: faults}, err
	}
	r, err := a.store.Reader(ctx, who)
	faults = slices.DeleteFunc(faults, func(f store.LedgerFault) bool { return f.Reader != r.ID })
	return CreditCheck{Settled: settled, Faults: faults}, err
}

// ShowCredits prints what a reader has.
func ShowCredits(c *Console, v CreditView) error {
	if c.JSON {
		return c.Data(v)
	}
	c.Print("%s: %d credits, %d held, new ones on %s", v.Email, v.Account.Balance, v.Account.Held, v.Account.Resets)
	for _, e := range v.Entries {
		c.Print("  %s  %-8s %+4d  %s", e.At.UTC().Format(time.DateTime), e.Kind, e.Amount, e.Note)
	}
	return nil
}

// ShowCreditCheck prints what the check found. A ledger that does not add up is
// an ErrConflict.
func ShowCreditCheck(c *Console, check CreditCheck) error {
	if c.JSON {
		if check.Faults == nil {
			check.Faults = []store.LedgerFault{}
		}
		if err := c.Data(check); err != nil {
			return err
		}
	}
	for _, f := range check.Faults {
		c.Print("reader %s: %s: got %d, want %d", f.Reader, f.What, f.Got, f.Want)
	}
	if n := len(check.Faults); n > 0 {
		return &stockdigest.Error{Kind: stockdigest.ErrConflict, Message: fmt.Sprintf("the credit ledger does not add up in %d places", n)}
	}
	c.Print("the ledger adds up; %d forgotten holds were settled", check.Settled)
	return nil
}
