package app_test

import (
	"log/slog"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"stockdigest.app/stockdigest"
	"stockdigest.app/stockdigest/internal/deliver"
)

// TestDryRunLeavesNothingThatARealRunReads plays a morning twice: with a dry
// run before the real one, and without. Both mail the same, and their rows say
// the same.
func TestDryRunLeavesNothingThatARealRunReads(t *testing.T) {
	t.Parallel()
	morning := time.Date(2026, 11, 24, 13, 35, 0, 0, time.UTC) // 08:35 in New York
	play := func(dryFirst bool) (mails []string, rows map[string]stockdigest.DeliveryState) {
		p := playMornings(t, time.Date(2026, 11, 24, 12, 0, 0, 0, time.UTC))
		if err := p.db.SaveTickers(t.Context(), []stockdigest.Ticker{{Symbol: "ACME", Name: "Acme", Exchange: "NYSE"}}); err != nil {
			t.Fatal(err)
		}
		emails := map[stockdigest.Recipient]string{}
		for _, name := range []string{"ada", "bob"} {
			r := p.reader(name, "America/New_York", "ACME")
			emails[stockdigest.Recipient(r.ID)] = r.Email
		}
		if err := p.scheduler.Tick(t.Context()); err != nil { // opens the night
			t.Fatal(err)
		}
		p.runAll()
		p.now = morning
		if dryFirst {
			p.goDry()
			if len(p.post.mails) != 2 {
				t.Fatalf("the dry run mailed %d, want 2", len(p.post.mails))
			}
			p.post.mails = nil
		}
		p.tick()
		found, err := p.db.Deliveries(t.Context(), stockdigest.DeliveryFilter{})
		if err != nil {
			t.Fatal(err)
		}
		rows = map[string]stockdigest.DeliveryState{}
		for _, d := range found {
			if !d.Dry {
				rows[emails[d.Recipient]+" "+d.Period] = d.State
			}
		}
		for _, m := range p.post.mails {
			mails = append(mails, m.To+" "+m.Subject)
		}
		return mails, rows
	}
	mails, rows := play(false)
	afterDry, rowsAfterDry := play(true)
	if diff := cmp.Diff(len(mails), len(afterDry)); diff != "" || len(mails) != 2 {
		t.Errorf("mails (-alone +after a dry run):\n%v\n%v", mails, afterDry)
	}
	if diff := cmp.Diff(rows, rowsAfterDry); diff != "" {
		t.Errorf("rows (-alone +after a dry run):\n%s", diff)
	}
}

// goDry plays the present minute as a dry run.
func (p *mornings) goDry() {
	p.t.Helper()
	at, _ := p.plan.SendAt()
	log := slog.New(slog.DiscardHandler)
	digester := deliver.NewDigester(deliver.Morning{
		At: at, Review: 30 * time.Minute, CatchUp: 6 * time.Hour, Preview: deliver.PreviewNone, Night: p.plan.Night, Dry: true,
	}, p.db, func() time.Time { return p.now }, log)
	if _, err := digester.Tick(p.t.Context()); err != nil {
		p.t.Fatal(err)
	}
	sender := deliver.NewSender(deliver.Config{Worker: "dry", Sessions: 1, Dry: true}, deliver.Deps{
		Ledger: p.db, Composer: plainly{}, Post: p.post, Now: time.Now, Log: log,
	})
	if err := sender.SendAll(p.t.Context()); err != nil {
		p.t.Fatal(err)
	}
}
