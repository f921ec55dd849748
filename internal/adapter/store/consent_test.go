package store_test

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"stockdigest.app/stockdigest"
	"stockdigest.app/stockdigest/internal/adapter/store"
	"stockdigest.app/stockdigest/internal/adapter/store/storetest"
)

// wellWisher is a reader who agrees to mails and follows companies.
func wellWisher(t *testing.T, db *store.DB, follows ...stockdigest.Symbol) stockdigest.Reader {
	t.Helper()
	var tickers []stockdigest.Ticker
	for _, s := range append([]stockdigest.Symbol{"AAA", "BBB", "CCC", "DDD"}, follows...) {
		tickers = append(tickers, stockdigest.Ticker{Symbol: s, Name: "Company " + string(s)})
	}
	must(t, db.SaveTickers(t.Context(), tickers))
	r, err := db.SaveReader(t.Context(), stockdigest.Reader{
		Email: "ada@example.com", TimeZone: "UTC", Plan: stockdigest.PlanBeta, State: stockdigest.ReaderActive,
		Tickers: follows, Mails: stockdigest.MailWishes{Agreed: true},
	})
	must(t, err)
	return r
}

func TestConsentCountsFromItsEventOn(t *testing.T) {
	t.Parallel()
	for engine, open := range storetest.Engines() {
		t.Run(engine, func(t *testing.T) {
			t.Parallel()
			db := open(t)
			r := wellWisher(t, db, "AAA", "BBB", "CCC")
			const asked, given, withdrawn = stockdigest.ConsentAsked, stockdigest.ConsentGiven, stockdigest.ConsentWithdrawn
			for _, step := range []struct {
				act    stockdigest.ConsentAct
				scope  stockdigest.Symbol
				agreed bool
				follow string
				want   error
			}{
				{withdrawn, "BBB", true, "AAA CCC", nil},
				{withdrawn, "BBB", true, "AAA CCC", nil},
				{given, "BBB", true, "AAA BBB CCC", nil},
				{given, "BBB", true, "AAA BBB CCC", nil},
				{given, "DDD", true, "AAA BBB CCC", stockdigest.ErrInvalid}, // more than the plan has
				{withdrawn, "", false, "AAA BBB CCC", nil},
				{asked, "", false, "AAA BBB CCC", nil},
				{withdrawn, "AAA", false, "BBB CCC", nil},
				{given, "AAA", false, "AAA BBB CCC", nil}, // for the company, and for no mails
				{withdrawn, "AAA", false, "BBB CCC", nil},
				{given, "NONE", false, "BBB CCC", stockdigest.ErrNotFound},
				{given, "", true, "BBB CCC", nil},
			} {
				err := db.AddConsent(t.Context(), stockdigest.ConsentEvent{Reader: r.ID, Act: step.act, Scope: step.scope, How: "test"})
				got, e := db.Reader(t.Context(), string(r.ID))
				must(t, e)
				follow := strings.Trim(fmt.Sprint(got.Tickers), "[]")
				if !errors.Is(err, step.want) || got.Mails.Agreed != step.agreed || follow != step.follow {
					t.Errorf("%s %s: got %v, agreed %t, %s", step.act, step.scope, err, got.Mails.Agreed, follow)
				}
			}
			events, err := db.Consents(t.Context(), r.ID)
			must(t, err)
			if len(events) != 10 || events[0].Scope != "BBB" || events[0].Text != stockdigest.ConsentText || events[9].Act != given {
				t.Errorf("got %d events: %+v", len(events), events)
			}
			if err := db.AddConsent(t.Context(), withdrawalOf("nobody")); !errors.Is(err, stockdigest.ErrNotFound) {
				t.Errorf("got %v for a reader who is not there", err)
			}
		})
	}
}

func withdrawalOf(id stockdigest.ReaderID) stockdigest.ConsentEvent {
	return stockdigest.ConsentEvent{Reader: id, Act: stockdigest.ConsentWithdrawn, How: "test"}
}

// TestNobodyLeavesWhileAMailIsHandedOver has a mail that may be handed over for
// the time to the dot: until then leaving is refused, and afterwards the mail
// is.
func TestNobodyLeavesWhileAMailIsHandedOver(t *testing.T) {
	t.Parallel()
	for engine, open := range storetest.Engines() {
		t.Run(engine, func(t *testing.T) {
			t.Parallel()
			db := open(t)
			r := wellWisher(t, db)
			_, err := db.AddDeliveries(t.Context(), []stockdigest.Delivery{stockdigest.Welcome(r, 510)})
			must(t, err)
			claimed, err := db.ClaimDeliveries(t.Context(), stockdigest.DeliveryClaim{Worker: "w", Lease: time.Minute, Most: 1})
			must(t, err)
			departs, ok, err := db.BeginDelivery(t.Context(), claimed[0], "", nil, nil)
			if !ok || err != nil {
				t.Fatalf("got %t and %v", ok, err)
			}
			must(t, store.Exec(t.Context(), db, `UPDATE deliveries SET dot_until = '2999-01-01T00:00:00.000000Z'`)) // a slow machine decides nothing
			err = db.AddConsent(t.Context(), withdrawalOf(r.ID))
			var busy *stockdigest.Error
			if !errors.Is(err, stockdigest.ErrUnavailable) || !errors.As(err, &busy) || busy.RetryAfter <= 0 || busy.RetryAfter > stockdigest.DotTime {
				t.Errorf("got %v, want to be told when to ask again", err)
			}
			if events, err := db.Consents(t.Context(), r.ID); len(events) > 0 || err != nil {
				t.Errorf("got %v and %v, want nothing noted", events, err)
			}
			must(t, db.EndDeliveries(t.Context(), []stockdigest.MailOutcome{
				{ID: departs.Delivery.ID, Token: departs.Delivery.Token, State: stockdigest.DeliveryPending},
			}))
			must(t, db.AddConsent(t.Context(), withdrawalOf(r.ID))) // it did not go: nobody needs to wait
			claimed, err = db.ClaimDeliveries(t.Context(), stockdigest.DeliveryClaim{Worker: "w", Lease: time.Minute, Most: 1})
			must(t, err)
			if _, ok, err := db.BeginDelivery(t.Context(), claimed[0], "", nil, nil); ok || err != nil {
				t.Errorf("got %t and %v, want a mail that does not go any more", ok, err)
			}
		})
	}
}

func TestSuppressionIsKeptWithoutTheAddress(t *testing.T) {
	t.Parallel()
	for engine, open := range storetest.Engines() {
		t.Run(engine, func(t *testing.T) {
			t.Parallel()
			db, ctx := open(t), t.Context()
			const said = "550 5.1.1 <ADA@example.com>: user ada@example.com unknown"
			must(t, db.Suppress(ctx, " Ada@Example.com", stockdigest.SuppressedBounced, said))
			must(t, db.Suppress(ctx, "ada@example.com", stockdigest.SuppressedByHand, "later"))
			must(t, db.Suppress(ctx, "bob@example.com", stockdigest.SuppressedByHand, ""))
			got, err := db.Suppressed(ctx, "ADA@EXAMPLE.COM")
			want := stockdigest.Suppression{
				Cause: stockdigest.SuppressedBounced, Detail: "550 5.1.1 <the address>: user the address unknown", At: storetest.Now(),
			}
			if diff := cmp.Diff(want, got); diff != "" || err != nil {
				t.Errorf("%v (-want +got):\n%s", err, diff)
			}
			n, err := store.Count(ctx, db, `SELECT count(*) FROM suppressions WHERE address_hash LIKE '%ada%' OR lower(detail) LIKE '%ada@%'`)
			if n != 0 || err != nil {
				t.Errorf("got %d rows that tell the address, %v", n, err)
			}
			counts, err := db.CountSuppressions(ctx)
			must(t, err)
			if diff := cmp.Diff(map[stockdigest.SuppressionCause]int{stockdigest.SuppressedBounced: 1, stockdigest.SuppressedByHand: 1}, counts); diff != "" {
				t.Errorf("counts (-want +got):\n%s", diff)
			}
			must(t, db.Unsuppress(ctx, "ada@EXAMPLE.com"))
			if _, err := db.Suppressed(ctx, "ada@example.com"); !errors.Is(err, stockdigest.ErrNotFound) {
				t.Errorf("got %v, want it lifted", err)
			}
			if err := db.Unsuppress(ctx, "ada@example.com"); !errors.Is(err, stockdigest.ErrNotFound) {
				t.Errorf("got %v, want nothing left to lift", err)
			}
		})
	}
}

// TestMailedSecretIsKeptAsItsHashForItsTime looks for the secret in the row,
// and for the row at the edges of its life.
func TestMailedSecretIsKeptAsItsHashForItsTime(t *testing.T) {
	t.Parallel()
	for engine, config := range storetest.Configs() {
		t.Run(engine, func(t *testing.T) {
			t.Parallel()
			var mu sync.Mutex
			now := storetest.Now()
			pass := func(d time.Duration) { mu.Lock(); now = now.Add(d); mu.Unlock() }
			c := config(t)
			c.Now = func() time.Time { mu.Lock(); defer mu.Unlock(); return now }
			db := storetest.Open(t, c)
			r := wellWisher(t, db)
			_, err := db.AddDeliveries(t.Context(), []stockdigest.Delivery{stockdigest.Welcome(r, 510)})
			must(t, err)
			claimed, err := db.ClaimDeliveries(t.Context(), stockdigest.DeliveryClaim{Worker: "w", Lease: time.Minute, Most: 1})
			must(t, err)
			tokens := []stockdigest.MailToken{{Secret: "way out", Purpose: stockdigest.MayUnsubscribe, Scope: "AAA"}, {Secret: "yes", Purpose: stockdigest.MayConfirm}}
			_, _, err = db.BeginDelivery(t.Context(), claimed[0], "", tokens, nil)
			must(t, err)
			made := now
			must(t, db.UseMailedToken(t.Context(), "yes"))
			pass(time.Hour)
			must(t, db.UseMailedToken(t.Context(), "yes"))
			must(t, db.UseMailedToken(t.Context(), "unknown"))
			got, err := db.MailedToken(t.Context(), "yes")
			want := stockdigest.MailedToken{Purpose: stockdigest.MayConfirm, Reader: r.ID, Delivery: claimed[0].ID, MadeAt: made, UsedAt: made}
			if diff := cmp.Diff(want, got); diff != "" || err != nil {
				t.Errorf("%v (-want +got):\n%s", err, diff)
			}
			found := []bool{}
			for _, d := range []time.Duration{stockdigest.ConfirmLife - 2*time.Hour, time.Hour, stockdigest.UnsubscribeLife - stockdigest.ConfirmLife - time.Hour, time.Hour} {
				pass(d)
				_, yes := db.MailedToken(t.Context(), "yes")
				_, out := db.MailedToken(t.Context(), "way out")
				found = append(found, yes == nil, out == nil)
			}
			if !slices.Equal(found, []bool{true, true, false, true, false, true, false, false}) {
				t.Errorf("got %v", found)
			}
			n, err := store.Count(t.Context(), db, `SELECT count(*) FROM mail_tokens WHERE hash LIKE '%way%' OR hash LIKE '%yes%'`)
			if n != 0 || err != nil {
				t.Errorf("got %d secrets in plain text, %v", n, err)
			}
		})
	}
}

// TestConsentStaysWithTheAddressThatGaveIt has a reader with a mail that waits and
// a question that was mailed, who gets another address. A store that keeps the
// consent, as one that updates the row alone does, fails at each line.
func TestConsentStaysWithTheAddressThatGaveIt(t *testing.T) {
	t.Parallel()
	for engine, open := range storetest.Engines() {
		t.Run(engine, func(t *testing.T) {
			t.Parallel()
			db, ctx := open(t), t.Context()
			r := wellWisher(t, db, "AAA")
			_, err := db.AddDeliveries(ctx, []stockdigest.Delivery{stockdigest.Question(r, storetest.Now())})
			must(t, err)
			claimed, err := db.ClaimDeliveries(ctx, stockdigest.DeliveryClaim{Worker: "w", Lease: time.Minute, Most: 1})
			must(t, err)
			departs, ok, err := db.BeginDelivery(ctx, claimed[0], "", []stockdigest.MailToken{
				{Secret: "yes", Purpose: stockdigest.MayConfirm}, {Secret: "way out", Purpose: stockdigest.MayUnsubscribe},
			}, nil)
			if !ok || err != nil {
				t.Fatalf("got %t and %v", ok, err)
			}
			moved := r
			moved.Email = "ada@new.example"
			must(t, store.Exec(ctx, db, `UPDATE deliveries SET dot_until = '2999-01-01T00:00:00.000000Z'`)) // a slow machine decides nothing
			if _, err := db.SaveReader(ctx, moved); !errors.Is(err, stockdigest.ErrUnavailable) {
				t.Errorf("while a mail is handed over: got %v, want to be told to wait", err)
			}
			must(t, db.EndDeliveries(ctx, []stockdigest.MailOutcome{
				{ID: departs.Delivery.ID, Token: departs.Delivery.Token, State: stockdigest.DeliveryAccepted},
			}))
			_, err = db.AddDeliveries(ctx, []stockdigest.Delivery{stockdigest.Welcome(r, 510)})
			must(t, err)
			held, err := db.ClaimDeliveries(ctx, stockdigest.DeliveryClaim{Worker: "w", Lease: time.Minute, Most: 1})
			must(t, err)

			saved, err := db.SaveReader(ctx, moved)
			if err != nil || saved.Mails.Agreed {
				t.Errorf("got %+v, %v, want a reader whose new address has not agreed", saved, err)
			}
			if _, ok, err := db.BeginDelivery(ctx, held[0], "", nil, nil); ok || err != nil {
				t.Errorf("got %t and %v, want the mail that waited gone", ok, err)
			}
			if err := db.Agree(ctx, "yes", "mail link"); !errors.Is(err, stockdigest.ErrNotFound) {
				t.Errorf("got %v, want no link of the address before to agree", err)
			}
			if _, err := db.MailedToken(ctx, "way out"); err != nil {
				t.Errorf("got %v, want the way out still good", err)
			}
			must(t, db.AddConsent(ctx, stockdigest.ConsentEvent{Reader: r.ID, Act: stockdigest.ConsentGiven, How: "mail link"}))
			mail, err := db.Delivery(ctx, held[0].ID)
			if err != nil || mail.State != stockdigest.DeliverySuppressed || mail.Address != "" {
				t.Errorf("got %+v, %v, want it suppressed for good", mail, err)
			}
			saved.Mails.Agreed, saved.TimeZone = true, "Asia/Tokyo"
			if saved, err = db.SaveReader(ctx, saved); err != nil || !saved.Mails.Agreed {
				t.Errorf("got %+v, %v, want another zone to change nothing", saved, err)
			}
			events, err := db.Consents(ctx, r.ID)
			if err != nil || len(events) != 2 || events[0].Act != stockdigest.ConsentWithdrawn || events[0].How != stockdigest.HowMoved {
				t.Errorf("got %+v, %v, want the change in the history", events, err)
			}
		})
	}
}

func TestSecretAgreesOnce(t *testing.T) {
	t.Parallel()
	for engine, open := range storetest.Engines() {
		t.Run(engine, func(t *testing.T) {
			t.Parallel()
			db, ctx := open(t), t.Context()
			r := wellWisher(t, db, "AAA")
			must(t, db.AddConsent(ctx, withdrawalOf(r.ID)))
			_, err := db.AddDeliveries(ctx, []stockdigest.Delivery{stockdigest.Question(r, storetest.Now())})
			must(t, err)
			claimed, err := db.ClaimDeliveries(ctx, stockdigest.DeliveryClaim{Worker: "w", Lease: time.Minute, Most: 1})
			must(t, err)
			_, _, err = db.BeginDelivery(ctx, claimed[0], "", []stockdigest.MailToken{
				{Secret: "yes", Purpose: stockdigest.MayConfirm}, {Secret: "way out", Purpose: stockdigest.MayUnsubscribe},
			}, nil)
			must(t, err)
			must(t, store.Exec(ctx, db, `UPDATE deliveries SET dot_until = NULL`))
			agreed := func() bool {
				r, err := db.Reader(ctx, string(r.ID))
				must(t, err)
				return r.Mails.Agreed
			}
			for _, secret := range []string{"unknown", "way out"} {
				if err := db.Agree(ctx, secret, "mail link"); !errors.Is(err, stockdigest.ErrNotFound) || agreed() {
					t.Errorf("%s: got %v and agreed %t", secret, err, agreed())
				}
			}
			if err := db.Agree(ctx, "yes", "mail link"); err != nil || !agreed() {
				t.Errorf("got %v and agreed %t, want it", err, agreed())
			}
			must(t, db.AddConsent(ctx, withdrawalOf(r.ID)))
			if err := db.Agree(ctx, "yes", "mail link"); err != nil || agreed() {
				t.Errorf("again: got %v and agreed %t, want nothing changed", err, agreed())
			}
		})
	}
}
