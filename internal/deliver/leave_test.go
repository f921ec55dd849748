package deliver_test

import (
	"context"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"os"
	"sync"
	"testing"
	"time"

	"stockdigest.app/stockdigest"
	"stockdigest.app/stockdigest/internal/adapter/store"
	"stockdigest.app/stockdigest/internal/adapter/store/storetest"
	"stockdigest.app/stockdigest/internal/deliver"
)

// leaving is a night on which every reader of a mailing leaves, each at a
// moment of its own, while the mails go out. Who left is judged by two clocks
// that look at the same watch: when the leaving reader was told so, and when
// the session wrote the dot of that reader's mail.
type leaving struct {
	readers []stockdigest.Reader
	ledger  deliver.Ledger
	leave   func(ctx context.Context, id stockdigest.ReaderID) error

	mu       sync.Mutex
	told     map[string]time.Time // by address: when the reader was told to have left
	dots     map[string]time.Time
	stalled  map[string]bool // the machine slept between the permission and the dot
	inMail   map[string]chan struct{}
	leftOver []error
	draw     *rand.Rand
}

// The moments at which readers leave.
const (
	leaveBefore  = iota // any mail is begun
	leaveInMail         // while the own mail is on its way to the dot
	leaveAnytime        // whenever it falls
)

func newLeaving(t *testing.T, db *store.DB, n int, seed uint64) *leaving {
	t.Helper()
	l := &leaving{
		ledger: oneByOne{db}, told: map[string]time.Time{}, dots: map[string]time.Time{}, stalled: map[string]bool{},
		inMail: map[string]chan struct{}{}, draw: rand.New(rand.NewPCG(seed, 1)),
	}
	l.leave = func(ctx context.Context, id stockdigest.ReaderID) error {
		return deliver.NewDesk(db, slog.New(slog.DiscardHandler)).AddConsent(ctx, withdrawal(id))
	}
	var planned []stockdigest.Delivery
	for i := range n {
		r, err := db.SaveReader(t.Context(), stockdigest.Reader{
			Email: fmt.Sprintf("reader%d@example.com", i), TimeZone: "UTC", Plan: stockdigest.PlanBeta,
			State: stockdigest.ReaderActive, Mails: stockdigest.MailWishes{Agreed: true},
		})
		if err != nil {
			t.Fatal(err)
		}
		l.readers = append(l.readers, r)
		planned = append(planned, stockdigest.Delivery{DeliveryKey: stockdigest.DeliveryKey{
			Period: "welcome", Kind: stockdigest.MailWelcome, Recipient: stockdigest.Recipient(r.ID),
		}})
	}
	if added, err := db.AddDeliveries(t.Context(), planned); err != nil || added != n {
		t.Fatalf("got %d deliveries and %v, want %d", added, err, n)
	}
	return l
}

func withdrawal(id stockdigest.ReaderID) stockdigest.ConsentEvent {
	return stockdigest.ConsentEvent{Reader: id, Act: stockdigest.ConsentWithdrawn, How: "one-click"}
}

// oneByOne claims single mails, so that all sessions have work.
type oneByOne struct{ *store.DB }

func (o oneByOne) ClaimDeliveries(ctx context.Context, c stockdigest.DeliveryClaim) ([]stockdigest.Delivery, error) {
	c.Most = 1
	return o.DB.ClaimDeliveries(ctx, c)
}

// readAtPlanning is a ledger as careless mailers have it: the recipients were
// read when the mailing was planned.
type readAtPlanning struct {
	oneByOne
	readers map[stockdigest.ReaderID]stockdigest.Reader
}

func (l readAtPlanning) BeginDelivery(
	ctx context.Context, d stockdigest.Delivery, operator string, tokens []stockdigest.MailToken, over []stockdigest.MailOutcome,
) (stockdigest.Departure, bool, error) {
	departs, _, err := l.DB.BeginDelivery(ctx, d, operator, tokens, over)
	departs.Delivery, departs.Reader = d, l.readers[d.Recipient.Reader()]
	return departs, true, err
}

func (l readAtPlanning) StillWanted(context.Context, stockdigest.Departure, string) (bool, error) {
	return true, nil
}

// run lets the mails go out with so many sessions, and everybody leave.
func (l *leaving) run(t *testing.T, sessions int) {
	t.Helper()
	var all sync.WaitGroup
	span := time.Duration(len(l.readers)) * 300 * time.Millisecond / time.Duration(sessions)
	for i, r := range l.readers {
		switch moment := i % 3; moment {
		case leaveBefore:
			l.goes(t.Context(), r)
		case leaveInMail:
			waits := make(chan struct{})
			l.inMail[r.Email] = waits
			all.Go(func() {
				<-waits
				l.goes(t.Context(), r)
			})
		default:
			after := time.Duration(l.draw.Int64N(int64(span)))
			all.Go(func() {
				<-time.After(after)
				l.goes(t.Context(), r)
			})
		}
	}
	sender := deliver.NewSender(deliver.Config{Worker: "rig", Sessions: sessions}, deliver.Deps{
		Ledger: l.ledger, Composer: l, Post: l, Now: time.Now, Log: slog.New(slog.DiscardHandler),
	})
	if err := sender.SendAll(t.Context()); err != nil {
		t.Error(err)
	}
	for _, waits := range l.inMail {
		l.mu.Lock()
		closeOnce(waits)
		l.mu.Unlock()
	}
	all.Wait()
}

// goes lets a reader leave and notes when the reader was told.
func (l *leaving) goes(ctx context.Context, r stockdigest.Reader) {
	err := l.leave(ctx, r.ID)
	at := time.Now()
	l.mu.Lock()
	defer l.mu.Unlock()
	if err != nil {
		l.leftOver = append(l.leftOver, err)
		return
	}
	l.told[r.Email] = at
}

// Compose writes the shortest of mails.
func (l *leaving) Compose(_ context.Context, d stockdigest.Departure, _ []stockdigest.MailToken) (stockdigest.Mail, error) {
	return stockdigest.Mail{ID: d.Delivery.MessageID("example.com"), To: d.Reader.Email, Text: []byte("Welcome.\n")}, nil
}

// Open opens one of the sessions, which all look at the same watch.
func (l *leaving) Open(context.Context) (deliver.Session, error) { return l, nil }

// Close ends a session.
func (l *leaving) Close() error { return nil }

// Send takes its time before the permission, often longer than the time to the
// dot, and a little before the dot.
func (l *leaving) Send(ctx context.Context, mail stockdigest.Mail, last func(context.Context) error) (string, error) {
	before, after := l.pauses(mail.To)
	<-time.After(before)
	if err := last(ctx); err != nil {
		return "", err
	}
	allowed := time.Now()
	<-time.After(after)
	l.mu.Lock()
	defer l.mu.Unlock()
	at := time.Now()
	l.dots[mail.To] = at
	l.stalled[mail.To] = at.Sub(allowed) >= stockdigest.DotTime/3
	return "250 ok", nil
}

// pauses draws how long a mail takes, and tells a reader who waits for it that
// it is on its way.
func (l *leaving) pauses(to string) (before, after time.Duration) {
	l.mu.Lock()
	defer l.mu.Unlock()
	before = time.Duration(l.draw.Int64N(int64(200 * time.Millisecond)))
	if l.draw.IntN(8) == 0 {
		before = time.Duration(l.draw.Int64N(int64(stockdigest.DotTime)))
	}
	if waits, ok := l.inMail[to]; ok {
		before += 200 * time.Millisecond
		closeOnce(waits)
	}
	return before, time.Duration(l.draw.Int64N(int64(50 * time.Millisecond)))
}

func closeOnce(c chan struct{}) {
	select {
	case <-c:
	default:
		close(c)
	}
}

// late counts the mails whose dot came after the reader was told to have left.
// A machine that slept for a second between the permission and the dot says
// nothing about the program.
func (l *leaving) late() (late, stalled int) {
	for address, told := range l.told {
		dot, sent := l.dots[address]
		switch {
		case !sent || !dot.After(told):
		case l.stalled[address]:
			stalled++
		default:
			late++
		}
	}
	return late, stalled
}

// TestNothingIsSentToWhoLeft lets every reader of a mailing leave while it goes
// out: before, at any moment, and right while the own mail is on its way.
func TestNothingIsSentToWhoLeft(t *testing.T) {
	t.Parallel()
	n, sessions := 45, 15
	if os.Getenv("TORTURE") != "" {
		n, sessions = 1000, 40
	}
	for engine, open := range storetest.Engines() {
		t.Run(engine, func(t *testing.T) {
			t.Parallel()
			db := open(t)
			l := newLeaving(t, db, n, 7)
			l.run(t, sessions)
			late, stalled := l.late()
			sent, told := len(l.dots), len(l.told)
			t.Logf("measured: %d readers left, %d were told so, %d had got their mail before, %d got it after; the machine slept %d times", n, told, sent, late, stalled)
			if late > 0 || told+len(l.leftOver) != n {
				t.Errorf("got %d mails handed over after their reader was told to have left, want none; %d told, %d not: %v", late, told, len(l.leftOver), l.leftOver)
			}
			for _, d := range must1(db.Deliveries(t.Context(), stockdigest.DeliveryFilter{}))(t) {
				want := stockdigest.DeliverySuppressed
				if _, ok := l.dots[d.Address]; ok && d.Address != "" {
					want = stockdigest.DeliveryAccepted
				}
				if d.State != want {
					t.Errorf("delivery %s is %s (%s), want %s", d.ID, d.State, d.Cause, want)
				}
			}
		})
	}
}

// TestLeavingRigCatchesBrokenVersions runs the rig on what mailers get wrong.
func TestLeavingRigCatchesBrokenVersions(t *testing.T) {
	t.Parallel()
	broken := map[string]func(l *leaving, db *store.DB){
		"consent is read when the mailing is planned": func(l *leaving, db *store.DB) {
			ledger := readAtPlanning{oneByOne{db}, map[stockdigest.ReaderID]stockdigest.Reader{}}
			for _, r := range l.readers {
				ledger.readers[r.ID] = r
			}
			l.ledger = ledger
		},
		"consent is read at the claim, and who leaves does not wait": func(l *leaving, db *store.DB) {
			l.leave = func(ctx context.Context, id stockdigest.ReaderID) error {
				_ = db.AddConsent(ctx, withdrawal(id)) // "noted; a mail may be under way"
				return nil
			}
		},
	}
	for name, breakIt := range broken {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			db := storetest.SQLite(t)
			l := newLeaving(t, db, 30, 7)
			breakIt(l, db)
			l.run(t, 10)
			if late, _ := l.late(); late == 0 {
				t.Error("the rig saw no mail after its reader had left")
			}
		})
	}
}

func must1[T any](v T, err error) func(*testing.T) T {
	return func(t *testing.T) T {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
}
