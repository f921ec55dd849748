package deliver_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"stockdigest.app/stockdigest"
	"stockdigest.app/stockdigest/internal/deliver"
)

// A book is a ledger in memory. It is strict: what the contract forbids panics.
type book struct {
	mu       sync.Mutex
	rows     []*stockdigest.Delivery
	claimed  map[stockdigest.DeliveryID]bool
	left     map[stockdigest.DeliveryID]bool // whose recipient left
	asked    []stockdigest.DeliveryID        // for whom StillWanted was called
	claims   []time.Time
	outcomes []stockdigest.MailOutcome
	slow     time.Duration // of StillWanted
	fault    func(call string) error
}

func newBook(n int) *book {
	b := &book{claimed: map[stockdigest.DeliveryID]bool{}, left: map[stockdigest.DeliveryID]bool{}, fault: func(string) error { return nil }}
	for i := range n {
		key := stockdigest.DeliveryKey{Period: fmt.Sprint("day ", i), Kind: stockdigest.MailContent, Recipient: stockdigest.Operator}
		b.rows = append(b.rows, &stockdigest.Delivery{
			DeliveryKey: key, ID: key.ID(), State: stockdigest.DeliveryPending, GiveUp: time.Now().Add(stockdigest.Patience),
		})
	}
	return b
}

func (b *book) ClaimDeliveries(_ context.Context, c stockdigest.DeliveryClaim) (taken []stockdigest.Delivery, err error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.claims = append(b.claims, time.Now())
	if err := b.fault("claim"); err != nil {
		return nil, err
	}
	for _, r := range b.rows {
		if r.State == stockdigest.DeliveryPending && !b.claimed[r.ID] && !r.NotBefore.After(time.Now()) && len(taken) < c.Most {
			b.claimed[r.ID] = true
			r.Token++
			taken = append(taken, *r)
		}
	}
	return taken, nil
}

func (b *book) BeginDelivery(
	_ context.Context, claimed stockdigest.Delivery, _ string, _ []stockdigest.MailToken, over []stockdigest.MailOutcome,
) (stockdigest.Departure, bool, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if err := b.fault("begin"); err != nil {
		return stockdigest.Departure{}, false, err
	}
	b.end(over)
	r := b.row(claimed.ID)
	if !b.claimed[r.ID] || r.Token != claimed.Token || r.State != stockdigest.DeliveryPending {
		return stockdigest.Departure{}, false, nil
	}
	r.State = stockdigest.DeliverySending
	r.Tries++
	return stockdigest.Departure{Delivery: *r}, true, nil
}

func (b *book) StillWanted(_ context.Context, d stockdigest.Departure, _ string) (bool, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.asked = append(b.asked, d.Delivery.ID)
	if b.slow > 0 {
		time.Sleep(b.slow)
	}
	if b.left[d.Delivery.ID] {
		b.row(d.Delivery.ID).State = stockdigest.DeliverySuppressed
		return false, nil
	}
	return true, b.fault("again")
}

func (b *book) EndDeliveries(_ context.Context, over []stockdigest.MailOutcome) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	if err := b.fault("end"); err != nil {
		return err
	}
	b.end(over)
	return nil
}

func (b *book) end(over []stockdigest.MailOutcome) {
	for _, o := range over {
		r := b.row(o.ID)
		if r.Token != o.Token || r.State != stockdigest.DeliverySending && r.State != stockdigest.DeliveryPending {
			continue
		}
		b.outcomes = append(b.outcomes, o)
		r.State = o.State
		if o.State == stockdigest.DeliveryPending {
			b.claimed[r.ID] = false
			r.NotBefore = time.Now().Add(o.Retry)
		}
	}
}

func (b *book) ReleaseDeliveries(_ context.Context, claimed []stockdigest.Delivery) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, c := range claimed {
		if r := b.row(c.ID); r.State == stockdigest.DeliveryPending && r.Token == c.Token {
			b.claimed[c.ID] = false
		}
	}
	return nil
}

func (b *book) row(id stockdigest.DeliveryID) *stockdigest.Delivery {
	at := slices.IndexFunc(b.rows, func(r *stockdigest.Delivery) bool { return r.ID == id })
	return b.rows[at]
}

// count counts the rows in a state, and those in it that are in hands.
func (b *book) count(state stockdigest.DeliveryState) (all, held int) {
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, r := range b.rows {
		if r.State == state {
			all++
			if b.claimed[r.ID] {
				held++
			}
		}
	}
	return all, held
}

// A server is a mail server in memory.
type server struct {
	mu     sync.Mutex
	opened int
	got    []string
	open   func() error
	send   func(ctx context.Context, m stockdigest.Mail) error // before the dot
	answer func(m stockdigest.Mail) error                      // after it
}

func (s *server) Open(context.Context) (deliver.Session, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.opened++
	if s.open != nil {
		if err := s.open(); err != nil {
			return nil, err
		}
	}
	return s, nil
}

func (s *server) Close() error { return nil }

func (s *server) Send(ctx context.Context, m stockdigest.Mail, last func(context.Context) error) (string, error) {
	if s.send != nil {
		if err := s.send(ctx, m); err != nil {
			return "", err
		}
	}
	if err := last(ctx); err != nil {
		return "", &stockdigest.MailError{Handover: stockdigest.HandoverUnsent, Broken: true, Err: err}
	}
	s.mu.Lock()
	s.got = append(s.got, m.ID)
	s.mu.Unlock()
	if s.answer != nil {
		if err := s.answer(m); err != nil {
			return "", err
		}
	}
	return "250 taken", nil
}

type plain struct{ fault error }

func (p plain) Compose(_ context.Context, d stockdigest.Departure, _ []stockdigest.MailToken) (stockdigest.Mail, error) {
	return stockdigest.Mail{ID: string(d.Delivery.ID)}, p.fault
}

func newSender(b *book, s *server, sessions int) *deliver.Sender {
	return deliver.NewSender(deliver.Config{Worker: "w", Operator: "op@example.com", Sessions: sessions}, deliver.Deps{
		Ledger: b, Composer: plain{}, Post: s, Now: time.Now, Log: slog.New(slog.DiscardHandler),
	})
}

func TestEveryMailIsHandedOverOnceAndNoted(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		b, s := newBook(95), &server{}
		if err := newSender(b, s, 3).SendAll(t.Context()); err != nil {
			t.Fatal(err)
		}
		if n, _ := b.count(stockdigest.DeliveryAccepted); n != 95 || len(s.got) != 95 {
			t.Errorf("%d accepted and %d handed over, want 95", n, len(s.got))
		}
		if s.opened > 3 {
			t.Errorf("%d sessions were opened for 3 lines", s.opened)
		}
	})
}

// TestAStopFinishesWhatIsBegunAndGivesTheRestBack stops the sender while a mail
// waits for the answer to its dot.
func TestAStopFinishesWhatIsBegunAndGivesTheRestBack(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		b := newBook(10)
		ctx, stop := context.WithCancel(t.Context())
		s := &server{answer: func(stockdigest.Mail) error {
			stop()
			time.Sleep(30 * time.Second)
			return nil
		}}
		if err := newSender(b, s, 1).Run(ctx); err != nil {
			t.Fatal(err)
		}
		accepted, _ := b.count(stockdigest.DeliveryAccepted)
		pending, held := b.count(stockdigest.DeliveryPending)
		if accepted != 1 || pending != 9 || held != 0 {
			t.Errorf("%d accepted, %d pending and %d of them still claimed; want 1, 9, 0", accepted, pending, held)
		}
	})
}

// TestAServerThatCannotBeReachedCostsNoTry looks for an hour at a mail server
// that is away: no mail is begun, none is held, and it is asked less often.
func TestAServerThatCannotBeReachedCostsNoTry(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		b, s := newBook(3), &server{open: func() error { return errors.New("away") }}
		ctx, stop := context.WithTimeout(t.Context(), time.Hour)
		defer stop()
		if err := newSender(b, s, 1).Run(ctx); err != nil {
			t.Fatal(err)
		}
		if pending, held := b.count(stockdigest.DeliveryPending); pending != 3 || held != 0 || b.rows[0].Tries != 0 {
			t.Errorf("%d pending, %d held, %d tries; want 3, 0, 0", pending, held, b.rows[0].Tries)
		}
		if s.opened < 30 || s.opened > 120 {
			t.Errorf("the server was tried %d times in an hour", s.opened)
		}
	})
}

// TestWhatAServerSaysDecides gives one answer each and looks at the rows and at
// the tries of a day.
func TestWhatAServerSaysDecides(t *testing.T) {
	t.Parallel()
	fault := func(h stockdigest.Handover, address bool) *stockdigest.MailError {
		return &stockdigest.MailError{Handover: h, Answer: "said", Address: address, Broken: h == stockdigest.HandoverUnknown}
	}
	for name, c := range map[string]struct {
		fault error
		state stockdigest.DeliveryState
		tries int
		block bool
	}{
		"refused address":  {fault(stockdigest.HandoverRefused, true), stockdigest.DeliveryRefused, 1, true},
		"refused mail":     {fault(stockdigest.HandoverRefused, false), stockdigest.DeliveryRefused, 1, false},
		"no answer":        {fault(stockdigest.HandoverUnknown, false), stockdigest.DeliveryUnknown, 1, false},
		"safety net":       {fault(stockdigest.HandoverBlocked, false), stockdigest.DeliverySuppressed, 1, false},
		"put off for ever": {fault(stockdigest.HandoverLater, false), stockdigest.DeliveryRefused, stockdigest.MaxTries, false},
		"broken for ever":  {errors.New("reset"), stockdigest.DeliveryRefused, stockdigest.MaxTries, false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				b, s := newBook(1), &server{answer: func(stockdigest.Mail) error { return c.fault }}
				ctx, stop := context.WithTimeout(t.Context(), 24*time.Hour)
				defer stop()
				if err := newSender(b, s, 2).Run(ctx); err != nil {
					t.Fatal(err)
				}
				last := b.outcomes[len(b.outcomes)-1]
				if b.rows[0].State != c.state || len(s.got) != c.tries || last.Block != c.block || last.Cause == "" {
					t.Errorf("got %s after %d tries with %+v", b.rows[0].State, len(s.got), last)
				}
			})
		})
	}
}

func TestAMailThatTakesLongIsLookedAtAgainBeforeItsDot(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		b := newBook(3)
		slow, gone := b.rows[1].ID, b.rows[2].ID
		b.left[gone] = true
		s := &server{send: func(_ context.Context, m stockdigest.Mail) error {
			if m.ID != string(b.rows[0].ID) {
				time.Sleep(stockdigest.DotTime)
			}
			return nil
		}}
		if err := newSender(b, s, 1).SendAll(t.Context()); err != nil {
			t.Fatal(err)
		}
		if !slices.Equal(b.asked, []stockdigest.DeliveryID{slow, gone}) {
			t.Errorf("asked about %v, want the two slow ones", b.asked)
		}
		if slices.Contains(s.got, string(gone)) || b.row(gone).State != stockdigest.DeliverySuppressed || len(s.got) != 2 {
			t.Errorf("handed over %v; the one who left is %s", s.got, b.row(gone).State)
		}
	})
}

// TestALedgerThatAnswersLateStopsTheDot has the second look take longer than
// the time to the dot: nobody knows any more whether the mail is wanted.
func TestALedgerThatAnswersLateStopsTheDot(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		b := newBook(1)
		b.slow = stockdigest.DotTime
		s := &server{send: func(context.Context, stockdigest.Mail) error { time.Sleep(stockdigest.DotTime); return nil }}
		if err := newSender(b, s, 1).SendAll(t.Context()); err != nil {
			t.Fatal(err)
		}
		if pending, held := b.count(stockdigest.DeliveryPending); len(s.got) != 0 || pending != 1 || held != 0 {
			t.Errorf("%d handed over, %d pending, %d held; want 0, 1, 0", len(s.got), pending, held)
		}
		if b.outcomes[0].Retry < time.Minute {
			t.Errorf("it is tried again after %s", b.outcomes[0].Retry)
		}
	})
}

// TestAnOutcomeIsNotedWhenTheLedgerIsBack loses the ledger for a minute after
// each kind of call.
func TestAnOutcomeIsNotedWhenTheLedgerIsBack(t *testing.T) {
	t.Parallel()
	for _, call := range []string{"claim", "begin", "end"} {
		t.Run(call, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				b, s, start := newBook(25), &server{}, time.Now()
				b.fault = func(c string) error {
					if c == call && len(s.got) >= 7 && time.Since(start) < time.Minute {
						return errors.New("no database")
					}
					return nil
				}
				ctx, stop := context.WithTimeout(t.Context(), 10*time.Minute)
				defer stop()
				if err := newSender(b, s, 1).Run(ctx); err != nil {
					t.Fatal(err)
				}
				if n, _ := b.count(stockdigest.DeliveryAccepted); n != 25 || len(s.got) != 25 {
					t.Errorf("%d noted and %d handed over, want 25 of each", n, len(s.got))
				}
			})
		})
	}
}
