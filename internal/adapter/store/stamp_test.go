package store_test

import (
	"errors"
	"os"
	"path/filepath"
	"testing"

	"stockdigest.app/stockdigest"
	"stockdigest.app/stockdigest/internal/adapter/store"
	"stockdigest.app/stockdigest/internal/adapter/store/storetest"
)

func TestDatabaseOfAnotherEnvironmentIsRefused(t *testing.T) {
	t.Parallel()
	for engine, config := range storetest.Configs() {
		t.Run(engine, func(t *testing.T) {
			t.Parallel()
			conf := config(t)
			bare, err := store.Open(t.Context(), conf)
			must(t, err)
			must(t, bare.CheckStamp(t.Context(), "production")) // before there is any table
			must(t, bare.Close())
			db := storetest.Open(t, conf)
			must(t, db.CheckStamp(t.Context(), "staging"))
			must(t, db.SetStamp(t.Context(), "staging"))
			must(t, db.SetStamp(t.Context(), "staging"))
			if err := db.CheckStamp(t.Context(), "production"); !errors.Is(err, stockdigest.ErrDenied) {
				t.Errorf("a database of staging opens in production: %v", err)
			}
			must(t, db.CheckStamp(t.Context(), "staging"))
			stamp, err := db.Stamp(t.Context())
			must(t, err)
			if stamp.Environment != "staging" || !stamp.HeldAt.IsZero() || stamp.Place == "" {
				t.Errorf("got %+v", stamp)
			}
		})
	}
}

func TestDatabaseThatChangesItsEnvironmentIsHeld(t *testing.T) {
	t.Parallel()
	for engine, open := range storetest.Engines() {
		t.Run(engine, func(t *testing.T) {
			t.Parallel()
			db := open(t)
			must(t, db.SetStamp(t.Context(), "staging"))
			must(t, db.ChangeStamp(t.Context(), "production"))
			must(t, db.CheckStamp(t.Context(), "production"))
			heldIs(t, db, true)
			must(t, db.Unhold(t.Context()))
			heldIs(t, db, false)
			must(t, db.Hold(t.Context(), "a person said so"))
			heldIs(t, db, true)
		})
	}
}

func heldIs(t *testing.T, db *store.DB, want bool) {
	t.Helper()
	why, err := db.Held(t.Context())
	must(t, err)
	if (why != "") != want {
		t.Errorf("held: %q, want held %v", why, want)
	}
}

// TestCopiesOfADatabaseAreHeld takes a file that was copied, and a backup that
// was put in the place of the original, which has the number of its file.
func TestCopiesOfADatabaseAreHeld(t *testing.T) {
	t.Parallel()
	conf := storetest.SQLiteConfig(t)
	db, err := store.Open(t.Context(), conf)
	must(t, err)
	must(t, db.Migrate(t.Context()))
	must(t, db.SetStamp(t.Context(), "production"))
	backup := filepath.Join(t.TempDir(), "backup.db")
	must(t, db.Backup(t.Context(), backup))
	if err := db.Backup(t.Context(), backup); !errors.Is(err, stockdigest.ErrConflict) {
		t.Errorf("a backup took the place of another: %v", err)
	}
	heldIs(t, db, false)
	must(t, db.Close())

	copied := storetest.SQLiteConfig(t)
	copyFile(t, conf.Path, copied.Path)
	heldIs(t, stamped(t, copied), true)

	copyFile(t, backup, conf.Path) // over the original
	restored := stamped(t, conf)
	heldIs(t, restored, true)
	must(t, restored.Unhold(t.Context()))
	heldIs(t, restored, false)
	must(t, restored.SetStamp(t.Context(), "production"))
	heldIs(t, restored, false)
}

func stamped(t *testing.T, conf store.Config) *store.DB {
	t.Helper()
	db := storetest.Open(t, conf)
	must(t, db.SetStamp(t.Context(), "production"))
	return db
}

func copyFile(t *testing.T, from, to string) {
	t.Helper()
	data, err := os.ReadFile(from)
	must(t, err)
	must(t, os.WriteFile(to, data, 0o600))
}
