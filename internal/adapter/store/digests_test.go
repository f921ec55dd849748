package store_test

import (
	"testing"
	"time"

	"stockdigest.app/stockdigest"
	"stockdigest.app/stockdigest/internal/adapter/store"
	"stockdigest.app/stockdigest/internal/adapter/store/storetest"
)

// acmeReader saves a reader who follows ACME and takes mails.
func acmeReader(t *testing.T, db *store.DB) stockdigest.Reader {
	t.Helper()
	must(t, db.SaveTickers(t.Context(), []stockdigest.Ticker{acme(), {Symbol: "PEER", Name: "Peer"}}))
	r := ada()
	r.Tickers, r.Mails.Agreed = []stockdigest.Symbol{"ACME"}, true
	return savedReader(t, db, r)
}

// readyDigest keeps the reader's digest of the day.
func readyDigest(t *testing.T, db *store.DB, r stockdigest.Reader) stockdigest.Digest {
	t.Helper()
	g, err := db.AddDigest(t.Context(), stockdigest.Digest{
		Reader: r.ID, Day: "2026-03-03", State: stockdigest.DigestReady, Due: storetest.Now(), AsOf: storetest.Now(),
		TimeZone: r.TimeZone, ReportIDs: []stockdigest.ReportID{"r1"},
	})
	must(t, err)
	return g
}

// claimedDigest lets a digest go and claims its mail.
func claimedDigest(t *testing.T, db *store.DB, g stockdigest.Digest) stockdigest.Delivery {
	t.Helper()
	planned, err := db.SendDigest(t.Context(), g.ID)
	must(t, err)
	taken := claimMails(t, db, 9)
	if !planned || len(taken) != 1 || taken[0].Digest != g.ID {
		t.Fatalf("planned %v and claimed %+v, want the mail of the digest", planned, taken)
	}
	return taken[0]
}

func wantDigest(t *testing.T, db *store.DB, id stockdigest.DigestID, want stockdigest.DigestState) {
	t.Helper()
	g, err := db.Digest(t.Context(), id)
	must(t, err)
	if g.State != want {
		t.Fatalf("got digest %+v, want it %s", g, want)
	}
}

func TestADigestGoesOnceAndItsStateFollowsItsMail(t *testing.T) {
	t.Parallel()
	onBoth(t, func(t *testing.T, db *store.DB) {
		t.Helper()
		g := readyDigest(t, db, acmeReader(t, db))
		mail := claimedDigest(t, db, g)
		wantDigest(t, db, g.ID, stockdigest.DigestSending)
		if again, err := db.SendDigest(t.Context(), g.ID); err != nil || again {
			t.Errorf("a digest was planned twice: %v", err)
		}
		departs, ok := begin(t, db, mail)
		if !ok || departs.Digest.ID != g.ID || departs.Reader.Email != "ada@example.com" || departs.Delivery.Tries != 1 {
			t.Fatalf("got %+v, %v, want the digest and its reader", departs, ok)
		}
		must(t, db.EndDeliveries(t.Context(), []stockdigest.MailOutcome{outcome(mail, stockdigest.DeliveryUnknown)}))
		wantDigest(t, db, g.ID, stockdigest.DigestSending)
		must(t, db.SettleDelivery(t.Context(), mail.ID, stockdigest.DeliveryAccepted, "ann"))
		wantDigest(t, db, g.ID, stockdigest.DigestSent)
	})
}

// TestBeginReadsWhatHoldsOfTheReader changes one thing each between claim and
// beginning: the mail must not go, and its digest has failed.
func TestBeginReadsWhatHoldsOfTheReader(t *testing.T) {
	t.Parallel()
	save := func(change func(r *stockdigest.Reader)) func(*testing.T, *store.DB, stockdigest.Reader, stockdigest.Digest) {
		return func(t *testing.T, db *store.DB, r stockdigest.Reader, _ stockdigest.Digest) {
			t.Helper()
			change(&r)
			savedReader(t, db, r)
		}
	}
	withdraw := func(scope stockdigest.Symbol) func(*testing.T, *store.DB, stockdigest.Reader, stockdigest.Digest) {
		return func(t *testing.T, db *store.DB, r stockdigest.Reader, _ stockdigest.Digest) {
			t.Helper()
			must(t, db.AddConsent(t.Context(), stockdigest.ConsentEvent{Reader: r.ID, Act: stockdigest.ConsentWithdrawn, Scope: scope}))
		}
	}
	for name, change := range map[string]func(*testing.T, *store.DB, stockdigest.Reader, stockdigest.Digest){
		"paused":            save(func(r *stockdigest.Reader) { r.State = stockdigest.ReaderPaused }),
		"follows nothing":   save(func(r *stockdigest.Reader) { r.Tickers = nil }),
		"left":              withdraw(""),
		"left the only one": withdraw("ACME"),
		"address refused": func(t *testing.T, db *store.DB, r stockdigest.Reader, _ stockdigest.Digest) {
			t.Helper()
			must(t, db.Suppress(t.Context(), "ADA@example.com", stockdigest.SuppressedBounced, "550"))
		},
		"digest cancelled": func(t *testing.T, db *store.DB, _ stockdigest.Reader, g stockdigest.Digest) {
			t.Helper()
			must(t, db.MoveDigest(t.Context(), g.ID, stockdigest.DigestSending, stockdigest.DigestCancelled, "by ann", ""))
		},
		"reader erased": func(t *testing.T, db *store.DB, r stockdigest.Reader, _ stockdigest.Digest) {
			t.Helper()
			must(t, store.Exec(t.Context(), db, "DELETE FROM digests"))
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			onBoth(t, func(t *testing.T, db *store.DB) {
				t.Helper()
				r := acmeReader(t, db)
				g := readyDigest(t, db, r)
				mail := claimedDigest(t, db, g)
				change(t, db, r, g)
				secret := []stockdigest.MailToken{{Secret: "s", Purpose: stockdigest.MayUnsubscribe}}
				_, ok, err := db.BeginDelivery(t.Context(), mail, "", secret, nil)
				must(t, err)
				d := wantState(t, db, mail.ID, stockdigest.DeliverySuppressed)
				if ok || d.Tries != 0 || d.Cause == "" {
					t.Errorf("got %v and %+v, want a mail that was never begun, with a cause", ok, d)
				}
				if _, err := db.MailedToken(t.Context(), "s"); err == nil {
					t.Error("a mail that was not begun left a token")
				}
				if found, err := db.Digest(t.Context(), g.ID); err == nil && !found.State.Final() {
					t.Errorf("got digest %+v, want it at its end", found)
				}
			})
		})
	}
}

func TestMailsToNobodyAreSuppressed(t *testing.T) {
	t.Parallel()
	onBoth(t, func(t *testing.T, db *store.DB) {
		t.Helper()
		id := notes(t, db, 1)[0].ID
		_, ok, err := db.BeginDelivery(t.Context(), claimMails(t, db, 1)[0], "", nil, nil)
		if err != nil || ok {
			t.Errorf("a mail to no address was begun: %v", err)
		}
		wantState(t, db, id, stockdigest.DeliverySuppressed)
	})
}

// TestWhoLeavesWaitsForTheMailThatIsGoingOut leaves while a mail may be handed
// over at any moment, and again when its time to the dot is over.
func TestWhoLeavesWaitsForTheMailThatIsGoingOut(t *testing.T) {
	t.Parallel()
	onBoth(t, func(t *testing.T, db *store.DB) {
		t.Helper()
		ctx, r := t.Context(), acmeReader(t, db)
		departs, _ := begin(t, db, claimedDigest(t, db, readyDigest(t, db, r)))
		leave := stockdigest.ConsentEvent{Reader: r.ID, Act: stockdigest.ConsentWithdrawn, How: "one-click"}
		wantKind(t, db.AddConsent(ctx, leave), stockdigest.ErrUnavailable)
		must(t, store.Exec(ctx, db, "UPDATE deliveries SET dot_until = "+passed))
		if ok, err := db.StillWanted(ctx, departs, ""); err != nil || !ok {
			t.Fatalf("a mail that is still wanted may not go on: %v", err)
		}
		wantKind(t, db.AddConsent(ctx, leave), stockdigest.ErrUnavailable)
		must(t, store.Exec(ctx, db, "UPDATE deliveries SET dot_until = "+passed))
		must(t, db.AddConsent(ctx, leave))
		if ok, err := db.StillWanted(ctx, departs, ""); err != nil || ok {
			t.Fatalf("a mail to a reader who left may go on: %v", err)
		}
		must(t, db.EndDeliveries(ctx, []stockdigest.MailOutcome{outcome(departs.Delivery, stockdigest.DeliveryPending)}))
		wantState(t, db, departs.Delivery.ID, stockdigest.DeliverySuppressed)
		wantDigest(t, db, departs.Digest.ID, stockdigest.DigestFailed)
	})
}

func TestARefusedAddressGetsNothingMore(t *testing.T) {
	t.Parallel()
	onBoth(t, func(t *testing.T, db *store.DB) {
		t.Helper()
		g := readyDigest(t, db, acmeReader(t, db))
		mail := claimedDigest(t, db, g)
		begin(t, db, mail)
		refused := outcome(mail, stockdigest.DeliveryRefused)
		refused.Block = true
		must(t, db.EndDeliveries(t.Context(), []stockdigest.MailOutcome{refused}))
		wantDigest(t, db, g.ID, stockdigest.DigestFailed)
		why, err := db.Suppressed(t.Context(), "ada@example.com")
		must(t, err)
		if why.Cause != stockdigest.SuppressedRefused || why.Detail != "said refused" {
			t.Errorf("got %+v, want what the server said", why)
		}
		wantKind(t, db.ResendDelivery(t.Context(), mail.ID, "ann"), stockdigest.ErrConflict)
	})
}

func TestASecondVersionGoesOnlyWhenTheFirstDidNot(t *testing.T) {
	t.Parallel()
	onBoth(t, func(t *testing.T, db *store.DB) {
		t.Helper()
		ctx := t.Context()
		g := readyDigest(t, db, acmeReader(t, db))
		first := claimedDigest(t, db, g)
		_, err := db.NewDigestVersion(ctx, g)
		wantKind(t, err, stockdigest.ErrConflict)
		begin(t, db, first)
		must(t, db.EndDeliveries(ctx, []stockdigest.MailOutcome{outcome(first, stockdigest.DeliveryRefused)}))
		second, err := db.NewDigestVersion(ctx, g)
		must(t, err)
		mail := claimedDigest(t, db, second)
		if second.Version != 2 || mail.ID != first.ID || mail.Tries != 0 {
			t.Fatalf("got version %d with %+v, want the same mail anew", second.Version, mail)
		}
		must(t, db.EndDeliveries(ctx, []stockdigest.MailOutcome{outcome(first, stockdigest.DeliveryAccepted)}))
		wantState(t, db, mail.ID, stockdigest.DeliveryPending)
		begin(t, db, mail)
		must(t, db.EndDeliveries(ctx, []stockdigest.MailOutcome{outcome(mail, stockdigest.DeliveryAccepted)}))
		wantDigest(t, db, second.ID, stockdigest.DigestSent)
		third, err := db.NewDigestVersion(ctx, g)
		must(t, err)
		if planned, err := db.SendDigest(ctx, third.ID); err != nil || planned {
			t.Errorf("a third mail of a period was planned: %v", err)
		}
		wantDigest(t, db, third.ID, stockdigest.DigestFailed)
	})
}

// TestASecondVersionTakesThePlaceOfOneThatWasCancelledInTime cancels a digest
// whose mail is planned, and claimed, and not begun.
func TestASecondVersionTakesThePlaceOfOneThatWasCancelledInTime(t *testing.T) {
	t.Parallel()
	onBoth(t, func(t *testing.T, db *store.DB) {
		t.Helper()
		g := readyDigest(t, db, acmeReader(t, db))
		first := claimedDigest(t, db, g)
		must(t, db.MoveDigest(t.Context(), g.ID, stockdigest.DigestSending, stockdigest.DigestCancelled, "by ann", ""))
		second, err := db.NewDigestVersion(t.Context(), g)
		must(t, err)
		mail := claimedDigest(t, db, second)
		if _, ok := begin(t, db, first); ok {
			t.Error("the mail of a cancelled digest was begun")
		}
		if departs, ok := begin(t, db, mail); !ok || departs.Digest.ID != second.ID {
			t.Errorf("got %+v, %v, want the second version", departs, ok)
		}
	})
}

func TestTokensOfABegunMailAreFoundBySecretAlone(t *testing.T) {
	t.Parallel()
	onBoth(t, func(t *testing.T, db *store.DB) {
		t.Helper()
		ctx, r := t.Context(), acmeReader(t, db)
		mail := claimedDigest(t, db, readyDigest(t, db, r))
		_, ok, err := db.BeginDelivery(ctx, mail, "", []stockdigest.MailToken{{Secret: "s", Purpose: stockdigest.MayUnsubscribe}}, nil)
		if err != nil || !ok {
			t.Fatalf("begin: %v, %v", ok, err)
		}
		found, err := db.MailedToken(ctx, "s")
		must(t, err)
		same(t, found, stockdigest.MailedToken{
			Purpose: stockdigest.MayUnsubscribe, Reader: r.ID, Delivery: mail.ID, MadeAt: storetest.Now(),
		})
		must(t, db.UseMailedToken(ctx, "s"))
		found, err = db.MailedToken(ctx, "s")
		if err != nil || found.UsedAt.IsZero() {
			t.Errorf("got %+v, %v, want it used", found, err)
		}
		_, err = db.MailedToken(ctx, "t")
		wantKind(t, err, stockdigest.ErrNotFound)
		kept, err := store.Count(ctx, db, "SELECT count(*) FROM mail_tokens WHERE hash = 's'")
		if err != nil || kept != 0 {
			t.Errorf("a secret is kept as it is: %v", err)
		}
	})
}

func TestADryDigestAndItsMailAreApart(t *testing.T) {
	t.Parallel()
	onBoth(t, func(t *testing.T, db *store.DB) {
		t.Helper()
		r := acmeReader(t, db)
		g, err := db.AddDigest(t.Context(), stockdigest.Digest{
			Reader: r.ID, Day: "2026-03-03", Dry: true, State: stockdigest.DigestReady, Due: storetest.Now(), AsOf: storetest.Now(), TimeZone: r.TimeZone,
		})
		must(t, err)
		planned, err := db.SendDigest(t.Context(), g.ID)
		if err != nil || !planned {
			t.Fatalf("planned %v, %v", planned, err)
		}
		claimedDigest(t, db, readyDigest(t, db, r))
		open, err := db.OpenDigests(t.Context(), storetest.Now().Add(time.Hour), true, 9)
		must(t, err)
		if len(open) != 1 || open[0].ID != g.ID {
			t.Errorf("got %+v, want the dry digest alone", open)
		}
	})
}
