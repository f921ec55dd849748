package app

import (
	"context"
	"errors"
	"fmt"
	"time"

	"stockdigest.app/stockdigest"
	"stockdigest.app/stockdigest/internal/adapter/store"
)

// A WrongDatabaseError is the refusal of a database that is for another
// environment. Nothing was written to it.
type WrongDatabaseError struct{ Err error }

func (e *WrongDatabaseError) Error() string { return e.Err.Error() }

// Unwrap returns the store's refusal.
func (e *WrongDatabaseError) Unwrap() error { return e.Err }

// openStamped opens the live database: one of another environment is refused
// before anything is written to it.
func openStamped(ctx context.Context, opts Options, cfg store.Config) (*store.DB, error) {
	db, err := store.Open(ctx, cfg)
	if err != nil {
		return nil, err
	}
	if err := db.CheckStamp(ctx, opts.environment()); err != nil {
		if errors.Is(err, stockdigest.ErrDenied) {
			err = &WrongDatabaseError{err}
		}
		return nil, joinClose(err, db)
	}
	if err := db.Migrate(ctx); err != nil {
		return nil, joinClose(err, db)
	}
	if err := db.SetStamp(ctx, opts.environment()); err != nil {
		return nil, joinClose(err, db)
	}
	return db, nil
}

// environment is that of the settings: one that is missing or misspelt is
// staging.
func (o Options) environment() string {
	if o.Environment == "production" || o.Environment == "development" {
		return o.Environment
	}
	return "staging"
}

// ChangeStamp makes the live database one of another environment, and holds its
// mails.
func ChangeStamp(ctx context.Context, opts Options, environment string) (stamp stockdigest.Stamp, err error) {
	opts.Environment = environment
	if environment != opts.environment() {
		return stamp, stockdigest.Invalid(fmt.Sprintf("unknown environment %q: use production, staging or development", environment))
	}
	cfg, err := storeConfig(opts, Live(opts))
	if err != nil {
		return stamp, err
	}
	db, err := openMigrated(ctx, cfg)
	if err != nil {
		return stamp, err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	if err := db.SetStamp(ctx, environment); err != nil {
		return stamp, err
	}
	if err := db.ChangeStamp(ctx, environment); err != nil {
		return stamp, err
	}
	return db.Stamp(ctx)
}

// Release lets the mails of a held database go.
func (a *App) Release(ctx context.Context) (stockdigest.Stamp, error) {
	if err := a.store.Unhold(ctx); err != nil {
		return stockdigest.Stamp{}, err
	}
	return a.store.Stamp(ctx)
}

// HoldMails keeps every mail from going until Release.
func (a *App) HoldMails(ctx context.Context, why string) (stockdigest.Stamp, error) {
	if err := a.store.Hold(ctx, why); err != nil {
		return stockdigest.Stamp{}, err
	}
	return a.store.Stamp(ctx)
}

// Backup copies the database of the settings into a new file; see store.Backup.
func (a *App) Backup(ctx context.Context, path string) error { return a.store.Backup(ctx, path) }

// ShowStamp prints what a database is for and whether its mails may go.
func ShowStamp(c *Console, s stockdigest.Stamp) error {
	if c.JSON {
		return c.Data(struct {
			Environment string    `json:"environment"`
			Held        bool      `json:"held"`
			HeldAt      time.Time `json:"held_at,omitzero"`
			Why         string    `json:"why,omitempty"`
		}{s.Environment, !s.HeldAt.IsZero(), s.HeldAt, s.HeldWhy})
	}
	c.Print("the database is one of %s", s.Environment)
	if s.HeldAt.IsZero() {
		c.Print("its mails may go")
		return nil
	}
	c.Print("its mails are held since %s: %s", s.HeldAt.UTC().Format(time.RFC3339), s.HeldWhy)
	c.Print("look at stockdigest digests and deliveries, then let them go with stockdigest deliveries release")
	return nil
}
