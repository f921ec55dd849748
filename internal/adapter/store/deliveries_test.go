package store_test

import (
	"fmt"
	"sync"
	"testing"
	"time"

	"stockdigest.app/stockdigest"
	"stockdigest.app/stockdigest/internal/adapter/store"
	"stockdigest.app/stockdigest/internal/adapter/store/storetest"
)

const passed = "'2020-01-01T00:00:00.000000Z'"

// notes plans n mails about runs to the operator, the first one first.
func notes(t *testing.T, db *store.DB, n int) []stockdigest.Delivery {
	t.Helper()
	planned := make([]stockdigest.Delivery, n)
	for i := range planned {
		planned[i] = stockdigest.Delivery{
			DeliveryKey: stockdigest.DeliveryKey{Period: fmt.Sprintf("run %03d", i), Kind: stockdigest.MailContent, Recipient: stockdigest.Operator},
			NotBefore:   storetest.Now().Add(time.Duration(i-n) * time.Second),
		}
		planned[i].ID = planned[i].DeliveryKey.ID()
	}
	added, err := db.AddDeliveries(t.Context(), planned)
	must(t, err)
	if added != n {
		t.Fatalf("planned %d of %d mails", added, n)
	}
	return planned
}

// claimMails takes up to most mails for a minute.
func claimMails(t *testing.T, db *store.DB, most int) []stockdigest.Delivery {
	t.Helper()
	taken, err := db.ClaimDeliveries(t.Context(), stockdigest.DeliveryClaim{Worker: "w", Lease: time.Minute, Most: most})
	must(t, err)
	return taken
}

// begin begins a mail and reports whether it may go.
func begin(t *testing.T, db *store.DB, claimed stockdigest.Delivery, over ...stockdigest.MailOutcome) (stockdigest.Departure, bool) {
	t.Helper()
	departs, ok, err := db.BeginDelivery(t.Context(), claimed, "op@example.com", nil, over)
	must(t, err)
	return departs, ok
}

// sending plans one mail, claims it and begins it.
func sending(t *testing.T, db *store.DB) stockdigest.Delivery {
	t.Helper()
	notes(t, db, 1)
	departs, ok := begin(t, db, claimMails(t, db, 1)[0])
	if !ok {
		t.Fatal("a mail to the operator may not go")
	}
	return departs.Delivery
}

func outcome(d stockdigest.Delivery, state stockdigest.DeliveryState) stockdigest.MailOutcome {
	return stockdigest.MailOutcome{ID: d.ID, Token: d.Token, State: state, Answer: "said " + string(state)}
}

func wantState(t *testing.T, db *store.DB, id stockdigest.DeliveryID, want stockdigest.DeliveryState) stockdigest.Delivery {
	t.Helper()
	found, err := db.Delivery(t.Context(), id)
	must(t, err)
	if found.State != want {
		t.Fatalf("got %+v, want it %s", found, want)
	}
	return found
}

// onBoth runs a test on a fresh store of each engine.
func onBoth(t *testing.T, test func(t *testing.T, db *store.DB)) {
	t.Helper()
	for engine, open := range storetest.Engines() {
		t.Run(engine, func(t *testing.T) {
			t.Parallel()
			test(t, open(t))
		})
	}
}

func TestAMailIsPlannedOnceWhoeverPlansIt(t *testing.T) {
	t.Parallel()
	onBoth(t, func(t *testing.T, db *store.DB) {
		t.Helper()
		key := stockdigest.DeliveryKey{Period: "2026-03-03", Kind: stockdigest.MailDigest, Recipient: "ada"}
		var mu sync.Mutex
		var all sync.WaitGroup
		total := 0
		for range 8 {
			all.Go(func() {
				n, err := db.AddDeliveries(t.Context(), []stockdigest.Delivery{{DeliveryKey: key}, {DeliveryKey: key}})
				if err != nil {
					t.Error(err)
				}
				mu.Lock()
				defer mu.Unlock()
				total += n
			})
		}
		all.Wait()
		key.Dry = true
		dry, err := db.AddDeliveries(t.Context(), []stockdigest.Delivery{{DeliveryKey: key}})
		must(t, err)
		if total != 1 || dry != 1 {
			t.Errorf("planned %d and %d dry, want one of each", total, dry)
		}
		_, err = db.AddDeliveries(t.Context(), []stockdigest.Delivery{{}})
		wantKind(t, err, stockdigest.ErrInvalid)
	})
}

func TestClaimsGiveTheOldestDueMailsToOneSender(t *testing.T) {
	t.Parallel()
	onBoth(t, func(t *testing.T, db *store.DB) {
		t.Helper()
		planned := notes(t, db, 3)
		_, err := db.AddDeliveries(t.Context(), []stockdigest.Delivery{{
			DeliveryKey: stockdigest.DeliveryKey{Period: "later", Kind: stockdigest.MailContent, Recipient: stockdigest.Operator},
			NotBefore:   storetest.Now().Add(time.Second),
		}})
		must(t, err)
		first := claimMails(t, db, 2)
		if len(first) != 2 || first[0].ID != planned[0].ID || first[1].ID != planned[1].ID {
			t.Fatalf("got %+v, want the two oldest in their order", first)
		}
		if rest := claimMails(t, db, 9); len(rest) != 1 || rest[0].ID != planned[2].ID {
			t.Fatalf("got %+v, want what is due and free", rest)
		}
		must(t, db.ReleaseDeliveries(t.Context(), first[:1]))
		again := claimMails(t, db, 9)
		if len(again) != 1 || again[0].ID != first[0].ID || again[0].Token <= first[0].Token {
			t.Fatalf("got %+v, want what was given back, with another token", again)
		}
		must(t, db.ReleaseDeliveries(t.Context(), first[:1])) // in other hands by now
		if stolen := claimMails(t, db, 9); len(stolen) != 0 {
			t.Fatalf("an old claim gave back %+v", stolen)
		}
		must(t, store.Exec(t.Context(), db, "UPDATE deliveries SET lease_until = "+passed+" WHERE lease_until IS NOT NULL"))
		if _, ok := begin(t, db, again[0]); ok {
			t.Error("a mail was begun after its claim ran out")
		}
		if free := claimMails(t, db, 9); len(free) != 3 {
			t.Errorf("got %d mails of senders that died, want 3", len(free))
		}
	})
}

func TestManySendersShareNoMail(t *testing.T) {
	t.Parallel()
	onBoth(t, func(t *testing.T, db *store.DB) {
		t.Helper()
		notes(t, db, 120)
		var mu sync.Mutex
		var all sync.WaitGroup
		times := map[stockdigest.DeliveryID]int{}
		for range 6 {
			all.Go(func() {
				for {
					taken, err := db.ClaimDeliveries(t.Context(), stockdigest.DeliveryClaim{Worker: "w", Lease: time.Minute, Most: 7})
					if err != nil {
						t.Error(err)
					}
					if err != nil || len(taken) == 0 {
						return
					}
					for _, d := range taken {
						_, ok, err := db.BeginDelivery(t.Context(), d, "op@example.com", nil, nil)
						if err != nil || !ok {
							t.Errorf("begin: %v, %v", ok, err)
						}
						mu.Lock()
						times[d.ID]++
						mu.Unlock()
					}
				}
			})
		}
		all.Wait()
		for id, n := range times {
			if n != 1 {
				t.Errorf("%s was begun %d times", id, n)
			}
		}
		if len(times) != 120 {
			t.Errorf("%d of 120 mails were begun", len(times))
		}
	})
}

// TestAClaimNeverTakesAMailThatIsBegunMeanwhile lets a claim see a mail whose
// claim ran out, while another transaction begins that very mail.
func TestAClaimNeverTakesAMailThatIsBegunMeanwhile(t *testing.T) {
	t.Parallel()
	db := storetest.Postgres(t)
	id := notes(t, db, 1)[0].ID
	tx, err := store.TakeWriter(t.Context(), db)
	must(t, err)
	_, err = tx.ExecContext(t.Context(), "UPDATE deliveries SET state = 'sending'")
	must(t, err)
	claims := make(chan []stockdigest.Delivery)
	go func() {
		taken, err := db.ClaimDeliveries(t.Context(), stockdigest.DeliveryClaim{Worker: "w", Lease: time.Minute, Most: 9})
		if err != nil {
			t.Error(err)
		}
		claims <- taken
	}()
	for waiting := 0; waiting == 0; {
		waiting, err = store.Count(t.Context(), db, "SELECT count(*) FROM pg_locks WHERE NOT granted AND locktype = 'transactionid'")
		must(t, err)
	}
	must(t, tx.Commit())
	if taken := <-claims; len(taken) != 0 || wantState(t, db, id, stockdigest.DeliverySending).Token != 0 {
		t.Errorf("a claim took %+v", taken)
	}
}

func TestTheRateHoldsOverAllSenders(t *testing.T) {
	t.Parallel()
	onBoth(t, func(t *testing.T, db *store.DB) {
		t.Helper()
		notes(t, db, 40)
		var mu sync.Mutex
		var all sync.WaitGroup
		var taken []stockdigest.Delivery
		claim := func() []stockdigest.Delivery {
			got, err := db.ClaimDeliveries(t.Context(), stockdigest.DeliveryClaim{Worker: "w", Lease: time.Minute, Most: 4, PerMinute: 10})
			if err != nil {
				t.Error(err)
			}
			return got
		}
		for range 8 {
			all.Go(func() {
				got := claim()
				mu.Lock()
				defer mu.Unlock()
				taken = append(taken, got...)
			})
		}
		all.Wait()
		if len(taken) != 10 {
			t.Fatalf("%d mails were claimed at a rate of 10 a minute", len(taken))
		}
		must(t, db.ReleaseDeliveries(t.Context(), taken[:3]))
		if got := claim(); len(got) != 3 {
			t.Errorf("3 were given back and %d claimed", len(got))
		}
		for _, d := range taken[3:6] {
			begin(t, db, d)
		}
		unsaid := outcome(taken[3], stockdigest.DeliveryPending)
		unsaid.Untried, unsaid.Retry = true, time.Hour
		must(t, db.EndDeliveries(t.Context(), []stockdigest.MailOutcome{unsaid, outcome(taken[4], stockdigest.DeliveryAccepted)}))
		if got := claim(); len(got) != 1 {
			t.Errorf("%d were claimed, want one for the mail that was not tried", len(got))
		}
		must(t, store.Exec(t.Context(), db, "UPDATE deliveries SET rate_until = "+passed+" WHERE state = 'accepted'"))
		if got := claim(); len(got) != 1 {
			t.Errorf("%d were claimed, want one for the mail of more than a minute ago", len(got))
		}
	})
}

func TestTheMailOfADeadSenderIsInDoubtUntilSomebodyKnows(t *testing.T) {
	t.Parallel()
	onBoth(t, func(t *testing.T, db *store.DB) {
		t.Helper()
		sent := sending(t, db)
		claimMails(t, db, 9)
		wantState(t, db, sent.ID, stockdigest.DeliverySending) // in its time
		must(t, store.Exec(t.Context(), db, "UPDATE deliveries SET lease_until = "+passed))
		if again := claimMails(t, db, 9); len(again) != 0 {
			t.Fatalf("a mail in doubt was claimed: %+v", again)
		}
		if d := wantState(t, db, sent.ID, stockdigest.DeliveryUnknown); d.Cause == "" || d.EndedAt.IsZero() {
			t.Errorf("got %+v, want a cause and an end", d)
		}
		ok, err := db.StillWanted(t.Context(), stockdigest.Departure{Delivery: sent}, "op@example.com")
		if err != nil || ok {
			t.Errorf("a sender that froze may hand over: %v, %v", ok, err)
		}
		must(t, db.EndDeliveries(t.Context(), []stockdigest.MailOutcome{outcome(sent, stockdigest.DeliveryAccepted)}))
		if d := wantState(t, db, sent.ID, stockdigest.DeliveryAccepted); d.Answer != "said accepted" || d.Cause != "" || d.Tries != 1 {
			t.Errorf("got %+v, want the late answer", d)
		}
		must(t, db.EndDeliveries(t.Context(), []stockdigest.MailOutcome{outcome(sent, stockdigest.DeliveryRefused)}))
		wantState(t, db, sent.ID, stockdigest.DeliveryAccepted) // the first answer stays
	})
}

func TestAPersonSettlesOrSendsAgain(t *testing.T) {
	t.Parallel()
	onBoth(t, func(t *testing.T, db *store.DB) {
		t.Helper()
		ctx, sent := t.Context(), sending(t, db)
		wantKind(t, db.SettleDelivery(ctx, sent.ID, stockdigest.DeliveryAccepted, "ann"), stockdigest.ErrConflict)
		wantKind(t, db.ResendDelivery(ctx, sent.ID, "ann"), stockdigest.ErrConflict)
		wantKind(t, db.SettleDelivery(ctx, "none", stockdigest.DeliveryAccepted, "ann"), stockdigest.ErrNotFound)
		must(t, store.Exec(ctx, db, "UPDATE deliveries SET state = 'unknown', lease_until = NULL"))
		wantKind(t, db.SettleDelivery(ctx, sent.ID, stockdigest.DeliveryPending, "ann"), stockdigest.ErrInvalid)
		must(t, db.ResendDelivery(ctx, sent.ID, "ann"))
		must(t, db.EndDeliveries(ctx, []stockdigest.MailOutcome{outcome(sent, stockdigest.DeliveryAccepted)}))
		wantState(t, db, sent.ID, stockdigest.DeliveryPending) // a sender from before says nothing any more
		again := claimMails(t, db, 9)
		if len(again) != 1 || again[0].Tries != 0 {
			t.Fatalf("got %+v, want the mail once more", again)
		}
		begin(t, db, again[0])
		must(t, store.Exec(ctx, db, "UPDATE deliveries SET state = 'unknown', lease_until = NULL"))
		must(t, db.SettleDelivery(ctx, sent.ID, stockdigest.DeliveryAccepted, "ann"))
		must(t, db.EndDeliveries(ctx, []stockdigest.MailOutcome{outcome(again[0], stockdigest.DeliveryRefused)}))
		if d := wantState(t, db, sent.ID, stockdigest.DeliveryAccepted); d.Cause != "settled by ann" {
			t.Errorf("got %+v, want what the person said", d)
		}
		wantKind(t, db.ResendDelivery(ctx, sent.ID, "ann"), stockdigest.ErrConflict)
	})
}

func TestBeginningAMailEndsTheOneBefore(t *testing.T) {
	t.Parallel()
	onBoth(t, func(t *testing.T, db *store.DB) {
		t.Helper()
		notes(t, db, 2)
		taken := claimMails(t, db, 2)
		begin(t, db, taken[0])
		must(t, db.ReleaseDeliveries(t.Context(), taken))
		if _, ok := begin(t, db, taken[1], outcome(taken[0], stockdigest.DeliveryAccepted)); ok {
			t.Error("a mail that was given back was begun")
		}
		wantState(t, db, taken[0].ID, stockdigest.DeliveryAccepted)
		wantState(t, db, taken[1].ID, stockdigest.DeliveryPending)
	})
}

func TestAMailThatIsPutOffWaits(t *testing.T) {
	t.Parallel()
	onBoth(t, func(t *testing.T, db *store.DB) {
		t.Helper()
		sent := sending(t, db)
		later := outcome(sent, stockdigest.DeliveryPending)
		later.Retry = time.Minute
		must(t, db.EndDeliveries(t.Context(), []stockdigest.MailOutcome{later, later}))
		d := wantState(t, db, sent.ID, stockdigest.DeliveryPending)
		if want := storetest.Now().Add(time.Minute); !d.NotBefore.Equal(want) || d.Tries != 1 || !d.EndedAt.IsZero() {
			t.Errorf("got %+v, want it at %s", d, want)
		}
		if early := claimMails(t, db, 9); len(early) != 0 {
			t.Errorf("claimed %+v before its time", early)
		}
	})
}

func TestAMailThatWaitedTooLongIsNotSent(t *testing.T) {
	t.Parallel()
	onBoth(t, func(t *testing.T, db *store.DB) {
		t.Helper()
		planned := notes(t, db, 2)
		must(t, store.Exec(t.Context(), db, "UPDATE deliveries SET give_up = "+passed+" WHERE id = '"+string(planned[0].ID)+"'"))
		taken := claimMails(t, db, 9)
		if len(taken) != 1 || taken[0].ID != planned[1].ID {
			t.Errorf("claimed %+v, want the one in its time", taken)
		}
		wantState(t, db, planned[0].ID, stockdigest.DeliveryRefused)
	})
}

func TestWhatDryRunsPlanIsApart(t *testing.T) {
	t.Parallel()
	onBoth(t, func(t *testing.T, db *store.DB) {
		t.Helper()
		key := notes(t, db, 1)[0].DeliveryKey
		key.Dry = true
		_, err := db.AddDeliveries(t.Context(), []stockdigest.Delivery{{DeliveryKey: key}})
		must(t, err)
		if taken := claimMails(t, db, 9); len(taken) != 1 || taken[0].Dry {
			t.Errorf("a real sender claimed %+v", taken)
		}
		dry, err := db.ClaimDeliveries(t.Context(), stockdigest.DeliveryClaim{Worker: "w", Lease: time.Minute, Most: 9, Dry: true})
		must(t, err)
		if len(dry) != 1 || !dry[0].Dry {
			t.Errorf("a dry sender claimed %+v", dry)
		}
		for _, kind := range []bool{false, true} {
			counts, err := db.CountDeliveries(t.Context(), "", nil, kind)
			must(t, err)
			if n := counts[stockdigest.MailContent].Total(); n != 1 {
				t.Errorf("dry %v: counted %d, want 1", kind, n)
			}
		}
	})
}

func TestHeldMailsStayAsTheyAre(t *testing.T) {
	t.Parallel()
	onBoth(t, func(t *testing.T, db *store.DB) {
		t.Helper()
		ctx := t.Context()
		must(t, db.SetStamp(ctx, "production"))
		planned := notes(t, db, 2)
		taken := claimMails(t, db, 1)
		must(t, db.Hold(ctx, "by hand"))
		if _, ok := begin(t, db, taken[0]); ok {
			t.Error("a held mail was begun")
		}
		if more := claimMails(t, db, 9); len(more) != 0 {
			t.Errorf("held mails were claimed: %+v", more)
		}
		must(t, db.Unhold(ctx))
		if free := claimMails(t, db, 9); len(free) != 2 || free[0].ID != planned[0].ID || free[0].Tries != 0 {
			t.Errorf("got %+v, want both as they were", free)
		}
	})
}

// TestOneFaultyOutcomeHurtsNoOther notes outcomes at once, one of which no
// table takes: the others must be there.
func TestOneFaultyOutcomeHurtsNoOther(t *testing.T) {
	t.Parallel()
	onBoth(t, func(t *testing.T, db *store.DB) {
		t.Helper()
		planned := notes(t, db, 20)
		var all sync.WaitGroup
		for i, d := range claimMails(t, db, 20) {
			begin(t, db, d)
			all.Go(func() {
				o := outcome(d, stockdigest.DeliveryAccepted)
				if i == 7 {
					o.State = "nonsense"
				}
				if err := db.EndDeliveries(t.Context(), []stockdigest.MailOutcome{o}); (err != nil) != (i == 7) {
					t.Errorf("mail %d: %v", i, err)
				}
			})
		}
		all.Wait()
		for i, d := range planned {
			want := stockdigest.DeliveryAccepted
			if i == 7 {
				want = stockdigest.DeliverySending
			}
			wantState(t, db, d.ID, want)
		}
	})
}
