package app_test

import (
	"context"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"stockdigest.app/stockdigest"
	"stockdigest.app/stockdigest/internal/adapter/store"
	"stockdigest.app/stockdigest/internal/control/schedule"
	"stockdigest.app/stockdigest/internal/deliver"
)

// A mornings is a service on a clock that the test moves: the real schedule, the
// real digester, sender and store, with runs that find a report at once and a
// post that keeps what it is given.
type mornings struct {
	t         *testing.T
	now       time.Time
	db        *store.DB
	scheduler *schedule.Scheduler
	digester  *deliver.Digester
	sender    *deliver.Sender
	post      *keeper
	plan      schedule.Plan
	shown     map[int64]bool // minutes that the clock has shown
}

// A keeper is a mail server that takes everything.
type keeper struct {
	clock func() time.Time
	mails []keptMail
}

type keptMail struct {
	at time.Time
	stockdigest.Mail
}

func (k *keeper) Open(context.Context) (deliver.Session, error) { return k, nil }
func (k *keeper) Close() error                                  { return nil }

func (k *keeper) Send(ctx context.Context, mail stockdigest.Mail, last func(context.Context) error) (string, error) {
	if err := last(ctx); err != nil {
		return "", err
	}
	k.mails = append(k.mails, keptMail{k.clock(), mail})
	return "250 kept", nil
}

// plainly composes a mail of nothing but its name.
type plainly struct{}

func (plainly) Compose(_ context.Context, d stockdigest.Departure, _ []stockdigest.MailToken) (stockdigest.Mail, error) {
	return stockdigest.Mail{ID: string(d.Delivery.ID), Kind: d.Delivery.Kind, To: d.Delivery.Address, Subject: d.Delivery.Period}, nil
}

func playMornings(t *testing.T, from time.Time) *mornings {
	t.Helper()
	p := &mornings{t: t, now: from, shown: map[int64]bool{}}
	clock := func() time.Time { return p.now }
	db, err := store.Open(t.Context(), store.Config{Path: filepath.Join(t.TempDir(), "played.db"), Now: clock})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := db.Close(); err != nil {
			t.Error(err)
		}
	})
	if err := db.Migrate(t.Context()); err != nil {
		t.Fatal(err)
	}
	p.db = db
	newYork, err := time.LoadLocation("America/New_York")
	if err != nil {
		t.Fatal(err)
	}
	if p.plan, err = schedule.NewPlan(newYork, "refresh=off,alerts=off,filings=off,cleanup=off,credits=off"); err != nil {
		t.Fatal(err)
	}
	log := slog.New(slog.DiscardHandler)
	at, _ := p.plan.SendAt()
	p.digester = deliver.NewDigester(deliver.Morning{
		At: at, Review: 30 * time.Minute, CatchUp: 6 * time.Hour, Preview: deliver.PreviewNone, Night: p.plan.Night,
	}, db, clock, log)
	p.scheduler = schedule.New(schedule.Config{Plan: p.plan, Exchange: "NYSE", On: true, Worker: "played"}, schedule.Deps{
		Slots: db, Rows: db, Now: clock, Log: log,
		Send: func(ctx context.Context) (string, error) {
			tally, err := p.digester.Tick(ctx)
			return tally.String(), err
		},
	})
	p.post = &keeper{clock: clock}
	p.sender = deliver.NewSender(deliver.Config{Worker: "played", Sessions: 1}, deliver.Deps{
		Ledger: db, Composer: plainly{}, Post: p.post, Now: time.Now, Log: log,
	})
	return p
}

// tick is a minute's work of the service.
func (p *mornings) tick() {
	p.t.Helper()
	p.shown[p.now.Unix()/60] = true
	ctx := p.t.Context()
	if err := p.scheduler.Tick(ctx); err != nil {
		p.t.Fatal(err)
	}
	p.runAll()
	if _, err := p.digester.Tick(ctx); err != nil {
		p.t.Fatal(err)
	}
	if err := p.sender.SendAll(ctx); err != nil {
		p.t.Fatal(err)
	}
}

// runAll brings every queued run to a report.
func (p *mornings) runAll() {
	p.t.Helper()
	for {
		run, ok, err := p.db.ClaimNext(p.t.Context(), stockdigest.Claim{Worker: "played", Lease: time.Minute, Caps: stockdigest.DefaultCaps()})
		if err != nil {
			p.t.Fatal(err)
		}
		if !ok {
			return
		}
		err = p.db.SaveReport(p.t.Context(), run, stockdigest.Report{
			ID: stockdigest.ReportID("r " + string(run.ID)), Ticker: run.Ticker, Kind: run.Kind, AsOf: run.AsOf, TimeZone: run.TimeZone,
			Version: 1, Status: stockdigest.ReportQuiet, BottomLine: "Nothing material.",
		}, "")
		if err != nil {
			p.t.Fatal(err)
		}
	}
}

// reader adds one who is served.
func (p *mornings) reader(name, zone string, symbols ...stockdigest.Symbol) stockdigest.Reader {
	p.t.Helper()
	r, err := p.db.SaveReader(p.t.Context(), stockdigest.Reader{
		Email: name + "@readers.example", TimeZone: zone, Plan: stockdigest.PlanPremium, State: stockdigest.ReaderActive,
		Tickers: symbols, Mails: stockdigest.MailWishes{Agreed: true},
	})
	if err != nil {
		p.t.Fatal(err)
	}
	return r
}

// TestEachReaderHasOneDigestPerDueDay plays nights with a clock that jumps. A
// service that sends whenever the clock shows the time must be caught first.
func TestEachReaderHasOneDigestPerDueDay(t *testing.T) {
	t.Parallel()
	if faults := playNights(t, 5, true); len(faults) == 0 {
		t.Fatal("mails at the sight of a clock passed for one a day")
	}
	nights := 5
	if os.Getenv("TORTURE") != "" {
		nights = 30
	}
	for _, fault := range playNights(t, nights, false) {
		t.Error(fault)
	}
}

// playNights plays nights for readers in five zones and returns what is wrong
// with their mails. The naive service has no rows: it looks at the clock.
func playNights(t *testing.T, nights int, naive bool) []string {
	t.Helper()
	p := playMornings(t, time.Date(2026, 11, 19, 12, 0, 0, 0, time.UTC)) // Thanksgiving is the 26th
	var listed []stockdigest.Ticker
	for _, s := range []stockdigest.Symbol{"ACME", "BOLT"} {
		listed = append(listed, stockdigest.Ticker{Symbol: s, Name: string(s), Exchange: "NYSE"})
	}
	if err := p.db.SaveTickers(t.Context(), listed); err != nil {
		t.Fatal(err)
	}
	readers := []stockdigest.Reader{
		p.reader("york", "America/New_York", "ACME", "BOLT"), p.reader("london", "Europe/London", "ACME"),
		p.reader("tokyo", "Asia/Tokyo", "BOLT"), p.reader("angeles", "America/Los_Angeles", "ACME", "BOLT"),
		p.reader("kolkata", "Asia/Kolkata", "ACME"),
	}
	end := p.now.AddDate(0, 0, nights)
	dice := rand.New(rand.NewPCG(11, 6))
	jumps := map[int]time.Duration{}
	for _, by := range []time.Duration{time.Hour, -time.Hour, 25 * time.Minute, -24 * time.Hour, -3 * time.Hour, 26 * time.Hour} {
		jumps[dice.IntN(nights*24*12)] = by
	}
	for i := 0; p.now.Before(end); i++ {
		if naive {
			p.lookAtClock(readers)
		} else {
			p.tick()
		}
		p.now = p.now.Add(5 * time.Minute)
		if by, ok := jumps[i]; ok {
			t.Logf("the clock jumps by %s at %s", by, p.now)
			p.now = p.now.Add(by)
		}
	}
	return judgeMornings(t, p, readers)
}

// lookAtClock mails whoever's clock shows the time.
func (p *mornings) lookAtClock(readers []stockdigest.Reader) {
	p.shown[p.now.Unix()/60] = true
	at, _ := p.plan.SendAt()
	for _, r := range readers {
		zone, _ := time.LoadLocation(r.TimeZone)
		if stockdigest.ClockOf(p.now, zone) == at {
			p.post.mails = append(p.post.mails, keptMail{p.now, stockdigest.Mail{To: r.Email, Subject: string(stockdigest.DayOf(p.now, zone))}})
		}
	}
}

// judgeMornings compares what the post was given with the calendar.
func judgeMornings(t *testing.T, p *mornings, readers []stockdigest.Reader) (faults []string) {
	t.Helper()
	wrong := func(format string, args ...any) { faults = append(faults, fmt.Sprintf(format, args...)) }
	newYork, _ := time.LoadLocation("America/New_York")
	cal, err := p.scheduler.Calendar(t.Context(), p.now.AddDate(0, -2, 0), p.now)
	if err != nil {
		t.Fatal(err)
	}
	at, _ := p.plan.SendAt()
	total, late := 0, 0
	for _, r := range readers {
		zone, _ := time.LoadLocation(r.TimeZone)
		for day := stockdigest.Day("2026-11-19"); day <= stockdigest.DayOf(p.now, zone); day = day.Add(1) {
			due := day.At(at, zone)
			var got []keptMail
			for _, m := range p.post.mails {
				if m.To == r.Email && m.Subject == string(day) {
					got = append(got, m)
				}
			}
			_, until := p.plan.Night(due)
			night := stockdigest.DayOf(until, newYork)
			process := night.At(2*60, newYork)
			whole := p.ran(process, until) && p.ran(due.Add(-time.Hour), due.Add(15*time.Minute))
			switch want := cal.Session(night).Open; {
			case !want && len(got) > 0:
				wrong("%s has a digest of %s, whose night %s is on a closed day", r.Email, day, night)
			case want && whole && len(got) == 0:
				wrong("%s has no digest of %s", r.Email, day)
			case len(got) > 1:
				wrong("%s has %d digests of %s", r.Email, len(got), day)
			case len(got) == 1 && whole && got[0].at.Sub(due) > 10*time.Minute:
				wrong("%s has the digest of %s %s after its time", r.Email, day, got[0].at.Sub(due))
			case len(got) == 1 && !whole:
				late++
			}
			total += len(got)
		}
	}
	if total == 0 || total != len(p.post.mails) {
		wrong("%d mails of known days, %d in all", total, len(p.post.mails))
	}
	t.Logf("measured: %d digests for %d readers, %d of them around a jump, %d mails in all", total, len(readers), late, len(p.post.mails))
	for _, m := range p.post.mails {
		if !strings.Contains(m.To, "@readers.example") {
			wrong("a mail went to %s", m.To)
		}
	}
	return faults
}

// ran reports whether the clock showed every five minutes of a span once.
func (p *mornings) ran(from, to time.Time) bool {
	for at := from.Truncate(5 * time.Minute); !at.After(to); at = at.Add(5 * time.Minute) {
		if !p.shown[at.Unix()/60] {
			return false
		}
	}
	return true
}
