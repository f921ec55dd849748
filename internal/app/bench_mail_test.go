package app_test

import (
	"context"
	"fmt"
	"io"
	"os"
	"sync"
	"testing"

	"stockdigest.app/stockdigest"
	"stockdigest.app/stockdigest/internal/adapter/store"
	"stockdigest.app/stockdigest/internal/adapter/store/storetest"
	"stockdigest.app/stockdigest/internal/app"
	"stockdigest.app/stockdigest/internal/bench"
	"stockdigest.app/stockdigest/internal/deliver"
)

// childMail makes this test binary a sender of the bench of mails; its value
// names the ledger that the sender has.
const childMail = "APP_TEST_MAIL_CHILD"

func mailChild() int {
	change := map[string]func(*store.DB) deliver.Ledger{
		"marked when fetched": func(db *store.DB) deliver.Ledger { return &markedWhenFetched{DB: db} },
		"marked when sent":    func(db *store.DB) deliver.Ledger { return markedWhenSent{db} },
	}[os.Getenv(childMail)]
	if err := app.BenchMailChild(context.Background(), os.Stdin, change); err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	return 0
}

func benchMail(t *testing.T, cfg app.BenchMailConfig) bench.Mails {
	t.Helper()
	cfg.Child = []string{"mail-child"}
	got, err := app.BenchMail(t.Context(), cfg, &app.Console{Out: io.Discard, Err: io.Discard})
	if err != nil {
		t.Fatal(err)
	}
	return got
}

// wantSound fails when mails were lost or sent twice, or when the sums do not
// add up.
func wantSound(t *testing.T, cfg app.BenchMailConfig, got bench.Mails) {
	t.Helper()
	if got.Broken() > 0 || got.Planned != cfg.Recipients || got.Accepted+got.Refused+got.Suppressed+got.Unknown != got.Planned {
		t.Errorf("%+v: got %+v", cfg, got)
	}
	if got.Kills != cfg.Kills {
		t.Errorf("%+v: killed %d", cfg, got.Kills)
	}
	if limit := 10 * cfg.Kills; cfg.Faults == "" && got.Unknown > limit {
		t.Errorf("%+v: %d unknown, want at most %d: one for each session of a sender that was killed", cfg, got.Unknown, limit)
	}
}

// TestMailsSurviveKills kills senders at random and at twelve points around the
// final dot and each commit, with a mail server that works and one with every
// fault: no mail is sent twice, and none is lost.
func TestMailsSurviveKills(t *testing.T) {
	t.Setenv(childMail, "sound")
	rounds, recipients, kills := 2, 120, 4
	if tight() {
		rounds, recipients, kills = 100, 1000, 1
	}
	for _, engine := range []string{"sqlite", "postgres"} {
		t.Run(engine, func(t *testing.T) {
			sum := bench.Mails{}
			for i := range rounds {
				cfg := app.BenchMailConfig{Recipients: recipients, Kills: kills, Senders: 1 + 2*i%3, Seed: uint64(i * kills)}
				if engine == "postgres" {
					cfg.DatabaseURL = app.Secret(storetest.EmptyPostgresURL(t))
				}
				if i%2 == 1 {
					cfg.Faults = "all"
				}
				got := benchMail(t, cfg)
				wantSound(t, cfg, got)
				sum.Planned += got.Planned
				sum.Accepted += got.Accepted
				sum.Refused += got.Refused
				sum.Suppressed += got.Suppressed
				sum.Unknown += got.Unknown
				sum.Duplicates += got.Duplicates
				sum.Lost += got.Lost
				sum.Kills += got.Kills
			}
			measured(t, "%s: %d kills, %d mails: %d accepted, %d refused, %d suppressed, %d unknown; %d twice, %d lost", engine,
				sum.Kills, sum.Planned, sum.Accepted, sum.Refused, sum.Suppressed, sum.Unknown, sum.Duplicates, sum.Lost)
		})
	}
}

// TestKillsCatchWrongLedgers runs two wrong senders through the same rig: one
// moves its mark when it fetches mails, the other when they are sent.
func TestKillsCatchWrongLedgers(t *testing.T) {
	for ledger, caught := range map[string]func(bench.Mails) bool{
		"marked when fetched": func(m bench.Mails) bool { return m.Lost > 0 },
		"marked when sent":    func(m bench.Mails) bool { return m.Duplicates > 0 },
	} {
		t.Run(ledger, func(t *testing.T) {
			t.Setenv(childMail, ledger)
			got := benchMail(t, app.BenchMailConfig{Recipients: 150, Kills: 3, Senders: 1, Seed: 10})
			measured(t, "%s: %+v", ledger, got)
			if !caught(got) {
				t.Errorf("got %+v: the rig does not see it", got)
			}
		})
	}
}

// TestARefusedAddressHurtsNobodyElse sends to fifty readers, one of whom has an
// address that the server refuses.
func TestARefusedAddressHurtsNobodyElse(t *testing.T) {
	t.Setenv(childMail, "sound")
	rounds := 1
	if tight() {
		rounds = 10
	}
	for i := range rounds {
		got := benchMail(t, app.BenchMailConfig{Recipients: 50, Senders: 1, Refuse: []int{17}, Seed: uint64(i)})
		if got.Broken() > 0 || got.Accepted != 49 || got.Refused != 1 {
			t.Errorf("got %+v, want 49 accepted once and one refused", got)
		}
	}
}

// TestRateHoldsInEveryMinute has three processes send more mails than may go in
// a minute; the log of the mail server tells. It takes the minutes that it needs.
func TestRateHoldsInEveryMinute(t *testing.T) {
	if !tight() {
		t.Skip("takes two minutes: set TORTURE")
	}
	t.Setenv(childMail, "sound")
	cfg := app.BenchMailConfig{Recipients: 250, Senders: 3, PerMinute: 100}
	got := benchMail(t, cfg)
	wantSound(t, cfg, got)
	measured(t, "at most %d mails in any minute at a limit of %d, %d processes", got.MostPerMinute, cfg.PerMinute, cfg.Senders)
	if got.MostPerMinute > cfg.PerMinute {
		t.Errorf("%d mails in one minute, the limit is %d", got.MostPerMinute, cfg.PerMinute)
	}
}

// A markedWhenFetched ledger calls mails accepted when it hands them out.
type markedWhenFetched struct {
	*store.DB
	departs sync.Map
}

func (m *markedWhenFetched) ClaimDeliveries(ctx context.Context, c stockdigest.DeliveryClaim) ([]stockdigest.Delivery, error) {
	taken, err := m.DB.ClaimDeliveries(ctx, c)
	for _, d := range taken {
		departs, ok, err := m.DB.BeginDelivery(ctx, d, "", nil, nil)
		if err != nil || !ok {
			return nil, err
		}
		m.departs.Store(d.ID, departs)
		done := stockdigest.MailOutcome{ID: d.ID, Token: d.Token, State: stockdigest.DeliveryAccepted}
		if err := m.DB.EndDeliveries(ctx, []stockdigest.MailOutcome{done}); err != nil {
			return nil, err
		}
	}
	return taken, err
}

func (m *markedWhenFetched) BeginDelivery(
	_ context.Context, claimed stockdigest.Delivery, _ string, _ []stockdigest.MailToken, _ []stockdigest.MailOutcome,
) (stockdigest.Departure, bool, error) {
	departs, ok := m.departs.Load(claimed.ID)
	if !ok {
		return stockdigest.Departure{}, false, nil
	}
	kept, ok := departs.(stockdigest.Departure)
	return kept, ok, nil
}

func (m *markedWhenFetched) EndDeliveries(context.Context, []stockdigest.MailOutcome) error {
	return nil
}

// A markedWhenSent ledger writes nothing before a mail is sent.
type markedWhenSent struct{ *store.DB }

func (m markedWhenSent) BeginDelivery(
	ctx context.Context, claimed stockdigest.Delivery, _ string, _ []stockdigest.MailToken, over []stockdigest.MailOutcome,
) (stockdigest.Departure, bool, error) {
	if err := m.EndDeliveries(ctx, over); err != nil {
		return stockdigest.Departure{}, false, err
	}
	r, err := m.Reader(ctx, string(claimed.Recipient))
	claimed.Address, claimed.StartedAt = r.Email, claimed.CreatedAt
	return stockdigest.Departure{Delivery: claimed, Reader: r}, err == nil, err
}

func (m markedWhenSent) EndDeliveries(ctx context.Context, over []stockdigest.MailOutcome) error {
	for _, o := range over {
		row, err := m.Delivery(ctx, o.ID)
		if err != nil {
			return err
		}
		row.Token = o.Token
		if _, _, err := m.DB.BeginDelivery(ctx, row, "", nil, nil); err != nil {
			return err
		}
	}
	return m.DB.EndDeliveries(ctx, over)
}
