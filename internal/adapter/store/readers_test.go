package store_test

import (
	"testing"
	"time"

	"stockdigest.app/stockdigest"
	"stockdigest.app/stockdigest/internal/adapter/store"
	"stockdigest.app/stockdigest/internal/adapter/store/storetest"
)

// ada is an active reader in New York on the free plan.
func ada() stockdigest.Reader {
	return stockdigest.Reader{
		Email: "ada@example.com", TimeZone: "America/New_York", Plan: stockdigest.PlanBeta, State: stockdigest.ReaderActive,
	}
}

func savedReader(t *testing.T, db *store.DB, r stockdigest.Reader) stockdigest.Reader {
	t.Helper()
	saved, err := db.SaveReader(t.Context(), r)
	must(t, err)
	return saved
}

func TestReaderIsFoundByIDAndAddress(t *testing.T) {
	t.Parallel()
	for engine, open := range storetest.Engines() {
		t.Run(engine, func(t *testing.T) {
			t.Parallel()
			db := open(t)
			ctx := t.Context()
			must(t, db.SaveTickers(ctx, []stockdigest.Ticker{acme(), {Symbol: "PEER", Name: "Peer"}}))
			r := ada()
			r.Email, r.Tickers = "Ada@Example.com", []stockdigest.Symbol{"PEER", "ACME", "PEER"}
			saved := savedReader(t, db, r)
			want := ada()
			want.ID, want.CreatedAt, want.Tickers = saved.ID, storetest.Now(), []stockdigest.Symbol{"ACME", "PEER"}
			same(t, saved, want)
			for _, by := range []string{string(saved.ID), "ada@example.com", "ADA@example.com "} {
				found, err := db.Reader(ctx, by)
				must(t, err)
				same(t, found, want)
			}
			want.Plan, want.Tickers, want.State = stockdigest.PlanPremium, []stockdigest.Symbol{}, stockdigest.ReaderPaused
			same(t, savedReader(t, db, want).CreatedAt, want.CreatedAt)
			found, err := db.Reader(ctx, "ada@example.com")
			must(t, err)
			same(t, found, want)
			_, err = db.Reader(ctx, "nobody@example.com")
			wantKind(t, err, stockdigest.ErrNotFound)
		})
	}
}

func TestUnusableReadersAreRefused(t *testing.T) {
	t.Parallel()
	for engine, open := range storetest.Engines() {
		t.Run(engine, func(t *testing.T) {
			t.Parallel()
			db := open(t)
			savedReader(t, db, ada())
			for name, c := range map[string]struct {
				change func(r *stockdigest.Reader)
				kind   error
			}{
				"address taken":  {func(r *stockdigest.Reader) { r.Email = "ADA@example.com" }, stockdigest.ErrConflict},
				"no address":     {func(r *stockdigest.Reader) { r.Email = "ada" }, stockdigest.ErrInvalid},
				"no zone":        {func(r *stockdigest.Reader) { r.TimeZone = "Mars/Olympus" }, stockdigest.ErrInvalid},
				"unknown ticker": {func(r *stockdigest.Reader) { r.Tickers = []stockdigest.Symbol{"NONE"} }, stockdigest.ErrNotFound},
				"too many":       {func(r *stockdigest.Reader) { r.Tickers = []stockdigest.Symbol{"A", "B", "C", "D"} }, stockdigest.ErrInvalid},
				"unknown reader": {func(r *stockdigest.Reader) { r.ID = "nobody" }, stockdigest.ErrNotFound},
			} {
				r := ada()
				r.Email = "bob@example.com"
				c.change(&r)
				_, err := db.SaveReader(t.Context(), r)
				if err == nil {
					t.Errorf("%s: got no error", name)
					continue
				}
				wantKind(t, err, c.kind)
			}
			all, err := db.Readers(t.Context(), "")
			must(t, err)
			same(t, len(all), 1)
		})
	}
}

func TestOnlyActiveReadersAreFollowed(t *testing.T) {
	t.Parallel()
	for engine, open := range storetest.Engines() {
		t.Run(engine, func(t *testing.T) {
			t.Parallel()
			db := open(t)
			ctx := t.Context()
			must(t, db.SaveTickers(ctx, []stockdigest.Ticker{acme(), {Symbol: "PEER", Name: "Peer"}, {Symbol: "ZULU", Name: "Zulu"}}))
			for email, c := range map[string]struct {
				state   stockdigest.ReaderState
				tickers []stockdigest.Symbol
			}{
				"a@example.com": {stockdigest.ReaderActive, []stockdigest.Symbol{"PEER", "ACME"}},
				"b@example.com": {stockdigest.ReaderActive, []stockdigest.Symbol{"ACME"}},
				"c@example.com": {stockdigest.ReaderWaiting, []stockdigest.Symbol{"ZULU"}},
				"d@example.com": {stockdigest.ReaderPaused, []stockdigest.Symbol{"ZULU"}},
			} {
				r := ada()
				r.Email, r.State, r.Tickers = email, c.state, c.tickers
				savedReader(t, db, r)
			}
			followed, err := db.FollowedTickers(ctx)
			must(t, err)
			same(t, followed, []stockdigest.Symbol{"ACME", "PEER"})
			paused, err := db.Readers(ctx, stockdigest.ReaderPaused)
			must(t, err)
			same(t, len(paused), 1)
			same(t, paused[0].Tickers, []stockdigest.Symbol{"ZULU"})
		})
	}
}

func TestTokensOpenUntilTheyAreRevokedOrExpire(t *testing.T) {
	t.Parallel()
	for engine, config := range storetest.Configs() {
		t.Run(engine, func(t *testing.T) {
			t.Parallel()
			c, now := config(t), morning
			c.Now = func() time.Time { return now }
			db := storetest.Open(t, c)
			ctx := t.Context()
			r := savedReader(t, db, ada())
			operator, phone := stockdigest.Access{Name: "ada"}, stockdigest.Access{Name: "phone", Reader: r.ID}
			forEver, err := db.NewToken(ctx, operator, 0)
			must(t, err)
			hour, err := db.NewToken(ctx, phone, time.Hour)
			must(t, err)
			session, err := db.NewSession(ctx, phone, time.Hour)
			must(t, err)
			for secret, want := range map[string]stockdigest.Access{forEver: operator, hour: phone} {
				got, err := db.TokenAccess(ctx, secret)
				must(t, err)
				same(t, got, want)
			}
			got, err := db.SessionAccess(ctx, session)
			must(t, err)
			same(t, got, phone)
			_, err = db.TokenAccess(ctx, session)
			wantKind(t, err, stockdigest.ErrDenied)

			now = now.Add(time.Hour)
			_, err = db.TokenAccess(ctx, hour)
			wantKind(t, err, stockdigest.ErrDenied)
			_, err = db.SessionAccess(ctx, session)
			wantKind(t, err, stockdigest.ErrDenied)
			_, err = db.TokenAccess(ctx, forEver)
			must(t, err)
			wantKind(t, db.RevokeToken(ctx, stockdigest.Access{Name: "ada", Reader: r.ID}), stockdigest.ErrNotFound)
			desk, err := db.NewSession(ctx, operator, time.Hour)
			must(t, err)
			must(t, db.RevokeToken(ctx, operator))
			_, err = db.SessionAccess(ctx, desk)
			wantKind(t, err, stockdigest.ErrDenied)
			_, err = db.TokenAccess(ctx, forEver)
			wantKind(t, err, stockdigest.ErrDenied)
		})
	}
}

func TestEndedSessionIsOver(t *testing.T) {
	t.Parallel()
	for engine, open := range storetest.Engines() {
		t.Run(engine, func(t *testing.T) {
			t.Parallel()
			db := open(t)
			ctx := t.Context()
			session, err := db.NewSession(ctx, stockdigest.Access{Name: "ada"}, time.Hour)
			must(t, err)
			must(t, db.EndSession(ctx, session))
			must(t, db.EndSession(ctx, session))
			_, err = db.SessionAccess(ctx, session)
			wantKind(t, err, stockdigest.ErrDenied)
			_, err = db.NewSession(ctx, stockdigest.Access{}, time.Hour)
			wantKind(t, err, stockdigest.ErrInvalid)
			_, err = db.NewToken(ctx, stockdigest.Access{Name: "x", Reader: "nobody"}, 0)
			wantKind(t, err, stockdigest.ErrNotFound)
		})
	}
}

// TestSecretsAreNotKept looks for the secret itself in the tables.
func TestSecretsAreNotKept(t *testing.T) {
	t.Parallel()
	for engine, open := range storetest.Engines() {
		t.Run(engine, func(t *testing.T) {
			t.Parallel()
			db := open(t)
			token, err := db.NewToken(t.Context(), stockdigest.Access{Name: "ada"}, 0)
			must(t, err)
			session, err := db.NewSession(t.Context(), stockdigest.Access{Name: "ada"}, time.Hour)
			must(t, err)
			kept, err := store.Count(t.Context(), db, "SELECT (SELECT count(*) FROM access_tokens WHERE hash = '"+token+
				"') + (SELECT count(*) FROM sessions WHERE hash = '"+session+"')")
			must(t, err)
			same(t, kept, 0)
			if len(token) < 29 || len(session) < 26 {
				t.Errorf("got secrets of %d and %d letters, want 26 random ones", len(token), len(session))
			}
		})
	}
}
