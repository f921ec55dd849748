package app

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"stockdigest.app/stockdigest"
	"stockdigest.app/stockdigest/internal/deliver"
)

// A ReaderChange says what to change about a reader. What is empty stays.
type ReaderChange struct {
	Email, TimeZone string
	Plan            stockdigest.Plan
	State           stockdigest.ReaderState
	Follow          []string // symbols as people write them
	Unfollow        []string
	Wishes          WishChange
}

// A NewSecret is a token on the one occasion that it is shown.
type NewSecret struct {
	stockdigest.Access
	Token   string    `json:"token"`
	Expires time.Time `json:"expires,omitzero"` // zero: never
}

// AddReader makes a reader who is served from now on: on the free plan and in
// the zone of the settings, when the change names no other.
func (a *App) AddReader(ctx context.Context, c ReaderChange) (stockdigest.Reader, error) {
	r := stockdigest.Reader{
		TimeZone: a.opts.TimeZone, Plan: stockdigest.PlanBeta, State: stockdigest.ReaderActive,
		Mails: stockdigest.MailWishes{Agreed: true},
	}
	r, err := a.saveReader(ctx, r, c)
	if err != nil {
		return r, err
	}
	return r, a.store.AddConsent(ctx, stockdigest.ConsentEvent{
		Reader: r.ID, Act: stockdigest.ConsentGiven, How: "told to an operator",
	})
}

// ChangeReader changes the reader with this ID or address. A new address gets
// nothing but the mail that asks it, until it agrees.
func (a *App) ChangeReader(ctx context.Context, who string, c ReaderChange) (stockdigest.Reader, error) {
	before, err := a.store.Reader(ctx, who)
	if err != nil {
		return before, err
	}
	r := before
	err = deliver.Patiently(ctx, func(ctx context.Context) error {
		r, err = a.saveReader(ctx, before, c)
		return err
	})
	if err != nil || r.Email == before.Email {
		return r, err
	}
	return r, a.askAnew(ctx, r)
}

func (a *App) saveReader(ctx context.Context, r stockdigest.Reader, c ReaderChange) (stockdigest.Reader, error) {
	follow, err := a.Tickers(c.Follow)
	if err != nil {
		return r, err
	}
	unfollow, err := a.Tickers(c.Unfollow)
	if err != nil {
		return r, err
	}
	for _, t := range follow {
		r.Tickers = append(r.Tickers, t.Symbol)
	}
	for _, t := range unfollow {
		r.Tickers = slices.DeleteFunc(r.Tickers, func(s stockdigest.Symbol) bool { return s == t.Symbol })
	}
	if c.Email != "" {
		r.Email = c.Email
	}
	if c.TimeZone != "" {
		r.TimeZone = c.TimeZone
	}
	if c.Plan != "" {
		r.Plan = c.Plan
	}
	if c.State != "" {
		r.State = c.State
	}
	if err := c.Wishes.apply(&r.Mails); err != nil {
		return r, err
	}
	return a.store.SaveReader(ctx, r)
}

// Reader returns the reader with this ID or address.
func (a *App) Reader(ctx context.Context, who string) (stockdigest.Reader, error) {
	return a.store.Reader(ctx, who)
}

// Readers returns the readers in a state, or all when it is empty, by address.
func (a *App) Readers(ctx context.Context, state stockdigest.ReaderState) ([]stockdigest.Reader, error) {
	return a.store.Readers(ctx, state)
}

// NewToken makes a token for a reader, or for an operator when who is empty. A
// lifetime of zero never ends.
func (a *App) NewToken(ctx context.Context, who, name string, lifetime time.Duration) (NewSecret, error) {
	if lifetime < 0 {
		return NewSecret{}, stockdigest.Invalid(fmt.Sprintf("a token cannot live for %s", lifetime))
	}
	access, err := a.accessOf(ctx, who, name)
	if err != nil {
		return NewSecret{}, err
	}
	secret := NewSecret{Access: access}
	if lifetime > 0 {
		secret.Expires = a.world.Now().Add(lifetime).UTC().Truncate(time.Second)
	}
	secret.Token, err = a.store.NewToken(ctx, access, lifetime)
	return secret, err
}

// RevokeToken ends the tokens of this name of a reader, or of an operator when
// who is empty.
func (a *App) RevokeToken(ctx context.Context, who, name string) error {
	access, err := a.accessOf(ctx, who, name)
	if err != nil {
		return err
	}
	return a.store.RevokeToken(ctx, access)
}

func (a *App) accessOf(ctx context.Context, who, name string) (stockdigest.Access, error) {
	if who == "" {
		return stockdigest.Access{Name: name}, nil
	}
	r, err := a.store.Reader(ctx, who)
	return stockdigest.Access{Name: name, Reader: r.ID}, err
}

// ShowReader prints a reader.
func ShowReader(c *Console, r stockdigest.Reader) error {
	if c.JSON {
		return c.Data(r)
	}
	mails := ""
	if !r.Mails.Agreed {
		mails = " (takes no mails)"
	}
	c.Print("%-28s %-8s %-13s %-20s %s%s", r.Email, r.State, r.Plan, r.TimeZone, symbolList(r.Tickers), mails)
	return nil
}

// ShowReaders prints readers, one a line.
func ShowReaders(c *Console, readers []stockdigest.Reader) error {
	if c.JSON {
		return c.Data(readers)
	}
	for _, r := range readers {
		if err := ShowReader(c, r); err != nil {
			return err
		}
	}
	if len(readers) == 0 {
		c.Print("no readers")
	}
	return nil
}

// ShowSecret prints a token. Nobody can print it again.
func ShowSecret(c *Console, s NewSecret) error {
	if c.JSON {
		return c.Data(s)
	}
	until := "until it is revoked"
	if !s.Expires.IsZero() {
		until = "until " + s.Expires.UTC().Format(time.RFC3339)
	}
	c.Say("the token %s is good %s. Keep it now: it is not shown again.", s.Name, until)
	c.Print("%s", s.Token)
	return nil
}

func symbolList(symbols []stockdigest.Symbol) string {
	if len(symbols) == 0 {
		return "follows nothing"
	}
	list := make([]string, 0, len(symbols))
	for _, s := range symbols {
		list = append(list, string(s))
	}
	return strings.Join(list, " ")
}
