package app

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"stockdigest.app/stockdigest"
	"stockdigest.app/stockdigest/internal/adapter/store"
	"stockdigest.app/stockdigest/internal/bench"
)

var (
	_ bench.Orderer    = (*store.DB)(nil)
	_ bench.CreditRows = (*store.DB)(nil)
)

// BenchCreditsConfig says how often how many orders race for the credits of one
// reader, and where.
type BenchCreditsConfig struct {
	Rounds, Parallel int
	DatabaseURL      Secret // PostgreSQL; empty: a SQLite file that is thrown away
}

// BenchCredits lets orders race for credits. On PostgreSQL it works in a schema
// of its own; nothing of it is left.
func BenchCredits(ctx context.Context, cfg BenchCreditsConfig, console *Console) (result bench.Credits, err error) {
	db, remove, err := scratchStore(ctx, string(cfg.DatabaseURL))
	if err != nil {
		return result, err
	}
	defer func() { err = errors.Join(err, db.Close(), remove()) }()
	defer console.End()
	return bench.RaceCredits(ctx, bench.CreditConfig{
		Rounds: cfg.Rounds, Parallel: cfg.Parallel, Now: time.Now, Progress: console.Count("rounds"),
	}, db, db)
}

// ShowBenchCredits prints the result. An overspent round is an ErrConflict.
func ShowBenchCredits(c *Console, r bench.Credits) error {
	if c.JSON {
		if err := c.Data(r); err != nil {
			return err
		}
	}
	c.Print("%d rounds: %d overspent, %d credits charged, %d orders refused", r.Rounds, r.Overspent, r.Charged, r.Refused)
	if r.Overspent > 0 {
		return &stockdigest.Error{Kind: stockdigest.ErrConflict, Message: fmt.Sprintf("readers overspent in %d rounds", r.Overspent)}
	}
	return nil
}

// scratchStore opens an empty database, and returns what removes it once it is
// closed.
func scratchStore(ctx context.Context, databaseURL string) (*store.DB, func() error, error) {
	cfg, remove, err := scratchConfig(ctx, databaseURL)
	if err != nil {
		return nil, nil, err
	}
	db, err := openMigrated(ctx, cfg)
	if err != nil {
		return nil, nil, errors.Join(err, remove())
	}
	return db, remove, nil
}

func scratchConfig(ctx context.Context, databaseURL string) (store.Config, func() error, error) {
	if databaseURL == "" {
		dir, err := os.MkdirTemp("", "stockdigest-bench-")
		if err != nil {
			return store.Config{}, nil, fmt.Errorf("make a folder for the bench: %w", err)
		}
		remove := func() error { return os.RemoveAll(dir) }
		return store.Config{Path: filepath.Join(dir, "bench.db"), Now: time.Now}, remove, nil
	}
	schema := "bench_" + uuid.NewString()[:8]
	remove := func() error { return dropSchema(context.WithoutCancel(ctx), databaseURL, schema) }
	return store.Config{URL: databaseURL, Schema: schema, Now: time.Now}, remove, nil
}

// dropSchema removes what a bench made, also after it was interrupted.
func dropSchema(ctx context.Context, databaseURL, schema string) error {
	ctx, cancel := context.WithTimeout(ctx, time.Minute)
	defer cancel()
	conn, err := pgx.Connect(ctx, databaseURL)
	if err != nil {
		return fmt.Errorf("drop schema %s: %w", schema, err)
	}
	_, err = conn.Exec(ctx, "DROP SCHEMA IF EXISTS "+pgx.Identifier{schema}.Sanitize()+" CASCADE")
	if err = errors.Join(err, conn.Close(ctx)); err != nil {
		return fmt.Errorf("drop schema %s: %w", schema, err)
	}
	return nil
}
