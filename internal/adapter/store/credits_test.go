package store_test

import (
	"fmt"
	"testing"
	"time"

	"stockdigest.app/stockdigest"
	"stockdigest.app/stockdigest/internal/adapter/store"
	"stockdigest.app/stockdigest/internal/adapter/store/storetest"
)

// wantLedger checks that accounts, holds and ledger agree.
func wantLedger(t *testing.T, db *store.DB) {
	t.Helper()
	faults, err := db.CheckLedger(t.Context())
	must(t, err)
	same(t, faults, []store.LedgerFault(nil))
}

func accountAt(t *testing.T, db *store.DB, r stockdigest.Reader, at time.Time) stockdigest.CreditAccount {
	t.Helper()
	a, err := db.Account(t.Context(), r.ID, at)
	must(t, err)
	return a
}

// TestOneGrantAMonth lives through five years in three zones. The program looks
// every 29 hours, is down on some firsts of a month and for up to three
// weeks, and the reader spends in between.
func TestOneGrantAMonth(t *testing.T) {
	t.Parallel()
	const months = 60
	for engine, open := range storetest.Engines() {
		t.Run(engine, func(t *testing.T) {
			t.Parallel()
			db := open(t)
			ctx := t.Context()
			var readers []stockdigest.Reader
			for i, zone := range []string{"Pacific/Auckland", "America/New_York", "Pacific/Honolulu"} {
				r := ada()
				r.Email, r.TimeZone = fmt.Sprintf("r%d@example.com", i), zone
				readers = append(readers, savedReader(t, db, r))
			}
			start := time.Date(2026, 1, 2, 0, 0, 0, 0, time.UTC)
			end := start.AddDate(0, months, -3)
			for i, now := 0, start; now.Before(end); i, now = i+1, now.Add(29*time.Hour) {
				if month := int(now.Month()); month%3 == 0 && now.Day() <= 21 {
					continue // the process is down
				}
				if i%2 == 0 {
					_, err := db.GrantAll(ctx, now)
					must(t, err)
				}
				for _, r := range readers {
					a := accountAt(t, db, r, now)
					if next := r.Month(now).NextMonth(); a.Resets != next || a.Balance != r.Plan.Credits() {
						t.Fatalf("%s at %s: got %+v, want %d credits until %s", r.TimeZone, now, a, r.Plan.Credits(), next)
					}
				}
			}
			for _, r := range readers {
				entries, err := db.Entries(ctx, r.ID, 1000)
				must(t, err)
				grants := map[stockdigest.Day]int{}
				for _, e := range entries {
					if e.Kind == stockdigest.CreditGrant {
						grants[e.Month]++
					}
				}
				for month, i := stockdigest.Day("2026-01-01"), 0; i < months; month, i = month.NextMonth(), i+1 {
					if grants[month] != 1 {
						t.Errorf("%s: got %d grants for %s, want 1", r.TimeZone, grants[month], month)
					}
				}
				same(t, len(grants), months)
			}
			wantLedger(t, db)
		})
	}
}

func TestMonthBeginsWhereTheReaderIs(t *testing.T) {
	t.Parallel()
	for engine, open := range storetest.Engines() {
		t.Run(engine, func(t *testing.T) {
			t.Parallel()
			db := open(t)
			r := ada()
			r.TimeZone = "Pacific/Auckland" // 13 hours ahead of UTC in March
			r = savedReader(t, db, r)
			first := time.Date(2026, 2, 28, 11, 0, 0, 0, time.UTC)
			same(t, accountAt(t, db, r, first.Add(-time.Minute)).Resets, stockdigest.Day("2026-03-01"))
			same(t, accountAt(t, db, r, first).Resets, stockdigest.Day("2026-04-01"))
			r.TimeZone = "Pacific/Honolulu" // where it is still February
			savedReader(t, db, r)
			same(t, accountAt(t, db, r, first.Add(time.Hour)), stockdigest.CreditAccount{Balance: 5, Resets: "2026-04-01"})
			same(t, accountAt(t, db, r, first.AddDate(0, 0, 3)).Resets, stockdigest.Day("2026-04-01"))
			wantLedger(t, db)
		})
	}
}

func TestLeftoverCreditsExpire(t *testing.T) {
	t.Parallel()
	for engine, open := range storetest.Engines() {
		t.Run(engine, func(t *testing.T) {
			t.Parallel()
			db := open(t)
			ctx := t.Context()
			r := savedReader(t, db, ada())
			a, err := db.Adjust(ctx, r.ID, 3, "operator ada", "goodwill")
			must(t, err)
			same(t, a.Balance, 8)
			_, err = db.Adjust(ctx, r.ID, -9, "operator ada", "mistake")
			wantKind(t, err, stockdigest.ErrConflict)
			r.Plan = stockdigest.PlanPremium
			savedReader(t, db, r)
			same(t, accountAt(t, db, r, storetest.Now()).Balance, 8)
			n, err := db.GrantAll(ctx, storetest.Now().AddDate(0, 1, 0))
			must(t, err)
			same(t, n, 1)
			entries, err := db.Entries(ctx, r.ID, 10)
			must(t, err)
			var told []string
			for _, e := range entries {
				told = append(told, fmt.Sprintf("%s %+d %s", e.Kind, e.Amount, e.Note))
			}
			same(t, told, []string{"grant +25 premium", "expire -8 ", "adjust +3 operator ada: goodwill", "grant +5 beta"})
			wantLedger(t, db)
		})
	}
}

func TestLedgerLinesCannotBeChanged(t *testing.T) {
	t.Parallel()
	for engine, open := range storetest.Engines() {
		t.Run(engine, func(t *testing.T) {
			t.Parallel()
			db := open(t)
			accountAt(t, db, savedReader(t, db, ada()), storetest.Now())
			for _, statement := range []string{"UPDATE credit_entries SET amount = 100", "DELETE FROM credit_entries"} {
				if err := store.Exec(t.Context(), db, statement); err == nil {
					t.Errorf("%s: got no error", statement)
				}
			}
			wantLedger(t, db)
		})
	}
}

// TestCheckLedgerFindsEveryDrift breaks the tables behind the store's back.
func TestCheckLedgerFindsEveryDrift(t *testing.T) {
	t.Parallel()
	for engine, open := range storetest.Engines() {
		t.Run(engine, func(t *testing.T) {
			t.Parallel()
			for want, statement := range map[string]string{
				"balance, against the sum of the ledger":       "UPDATE credit_accounts SET balance = balance + 1",
				"credits held, against open holds":             "UPDATE credit_accounts SET held = held + 1",
				"open holds, against reserved and not settled": "INSERT INTO credit_entries (reader_id, kind, amount, run_id, note, at) SELECT reader_id, 'post', 0, run_id, '', created_at FROM credit_holds",
				"posted holds, against the ledger":             "UPDATE credit_holds SET state = 'posted'",
				"voided holds, against the ledger":             "UPDATE credit_holds SET state = 'void'",
			} {
				db := open(t)
				placed(t, db)
				wantLedger(t, db)
				must(t, store.Exec(t.Context(), db, statement))
				faults, err := db.CheckLedger(t.Context())
				must(t, err)
				found := map[string]bool{}
				for _, f := range faults {
					found[f.What] = true
				}
				if !found[want] {
					t.Errorf("%s: got %v, want %q among them", statement, faults, want)
				}
			}
		})
	}
}
