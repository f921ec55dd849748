package store_test

import (
	"context"
	"errors"
	"os"
	"testing"
	"time"

	"stockdigest.app/stockdigest"
	"stockdigest.app/stockdigest/internal/adapter/store"
	"stockdigest.app/stockdigest/internal/adapter/store/storetest"
)

func TestReadyOnAMigratedDatabase(t *testing.T) {
	t.Parallel()
	for engine, open := range storetest.Engines() {
		t.Run(engine, func(t *testing.T) {
			t.Parallel()
			if err := open(t).Ready(t.Context()); err != nil {
				t.Errorf("got %v, want ready", err)
			}
		})
	}
}

// TestReadyWritesToDisk makes sure that the check is more than a question: only
// a write finds out that a disk is full.
func TestReadyWritesToDisk(t *testing.T) {
	t.Parallel()
	c := storetest.SQLiteConfig(t)
	db := storetest.Open(t, c)
	must(t, db.Ready(t.Context()))
	before := sizeOf(t, c.Path+"-wal")
	must(t, db.Ready(t.Context()))
	if after := sizeOf(t, c.Path+"-wal"); after <= before {
		t.Errorf("the log had %d bytes before the check and %d after it: nothing was written", before, after)
	}
}

func TestNotReadyWithAnotherSchema(t *testing.T) {
	t.Parallel()
	for engine, open := range storetest.Engines() {
		t.Run(engine, func(t *testing.T) {
			t.Parallel()
			db := open(t)
			must(t, store.Exec(t.Context(), db, "DELETE FROM goose_db_version WHERE version_id > 1"))
			if err := db.Ready(t.Context()); !errors.Is(err, stockdigest.ErrInvalid) {
				t.Errorf("got %v, want an ErrInvalid", err)
			}
		})
	}
}

func TestNotReadyWithoutServerAndAgainWithIt(t *testing.T) {
	t.Parallel()
	server := storetest.NewServer(t)
	db := storetest.Open(t, store.Config{URL: server.URL, Now: storetest.Now})
	server.Stop(t)
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute) // a guard against hanging only
	defer cancel()
	if err := db.Ready(ctx); !errors.Is(err, stockdigest.ErrUnavailable) || ctx.Err() != nil {
		t.Errorf("without a server: got %v, want an ErrUnavailable at once", err)
	}
	server.Start(t)
	for db.Ready(ctx) != nil && ctx.Err() == nil {
		continue
	}
	if ctx.Err() != nil {
		t.Error("the server is back and the store is not ready")
	}
}

func sizeOf(t *testing.T, path string) int64 {
	t.Helper()
	info, err := os.Stat(path)
	if err != nil {
		t.Fatal(err)
	}
	return info.Size()
}
