package deliver

import (
	"context"
	"crypto/rand"
	"encoding/base64"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"stockdigest.app/stockdigest"
)

// A Ledger owns the rows of mails. What it refuses because the claim is lost
// or the recipient left is no error: the mail is not to be sent.
type Ledger interface {
	ClaimDeliveries(ctx context.Context, c stockdigest.DeliveryClaim) ([]stockdigest.Delivery, error)
	BeginDelivery(ctx context.Context, claimed stockdigest.Delivery, operator string, tokens []stockdigest.MailToken, over []stockdigest.MailOutcome) (stockdigest.Departure, bool, error)
	StillWanted(ctx context.Context, departs stockdigest.Departure, operator string) (bool, error)
	EndDeliveries(ctx context.Context, over []stockdigest.MailOutcome) error
	ReleaseDeliveries(ctx context.Context, claimed []stockdigest.Delivery) error
}

// A Composer writes the mail of a departure, with links that carry the tokens.
type Composer interface {
	Compose(ctx context.Context, departs stockdigest.Departure, tokens []stockdigest.MailToken) (stockdigest.Mail, error)
}

// A Post opens sessions with a mail server.
type Post interface {
	Open(ctx context.Context) (Session, error)
}

// A Session hands mails to a mail server, one after the other. Send calls last
// right before the final dot; when that fails, the mail is not handed over.
// Its error is a *stockdigest.MailError, or one after which nothing was handed
// over.
type Session interface {
	Send(ctx context.Context, mail stockdigest.Mail, last func(context.Context) error) (answer string, err error)
	Close() error
}

// Config holds the values of a Sender.
type Config struct {
	Worker    string        // names this process; unique per process start
	Operator  string        // address; empty: mails to the operator are suppressed
	Sessions  int           // with the mail server at once; zero means 2
	PerMinute int           // most mails in any minute over all processes; zero: no limit
	Dry       bool          // sends what dry runs planned, and nothing else
	Tick      time.Duration // between looks at an idle ledger; zero means one second

	// Lease is how long what was claimed is left to this process before it is
	// begun; zero means 30 seconds.
	Lease time.Duration
	// Pause is how long a mail that was put off waits the first time; zero means
	// one minute. Each later pause is twice as long, up to an hour.
	Pause time.Duration
}

// Deps are the things a Sender needs; all must be set.
type Deps struct {
	Ledger   Ledger
	Composer Composer
	Post     Post
	Now      func() time.Time // must be monotonic: the time to the dot is measured with it
	Log      *slog.Logger
}

// A Sender sends what is planned.
type Sender struct {
	cfg  Config
	deps Deps
}

const (
	batch = 20 // mails that a session claims at once
	lease = 30 * time.Second
	idle  = 20 * time.Second // without work, then the session is closed
	// The ledger is asked again before the dot after dotTime: well before who
	// leaves is told that nothing more comes.
	dotTime = stockdigest.DotTime * 2 / 3
	// A stop does not cut the noting of an outcome; noteTime bounds it.
	noteTime = 5 * time.Second
)

// NewSender returns a sender.
func NewSender(cfg Config, deps Deps) *Sender {
	if cfg.Sessions <= 0 {
		cfg.Sessions = 2
	}
	if cfg.Tick <= 0 {
		cfg.Tick = time.Second
	}
	if cfg.Lease <= 0 {
		cfg.Lease = lease
	}
	if cfg.Pause <= 0 {
		cfg.Pause = firstPause
	}
	return &Sender{cfg: cfg, deps: deps}
}

// Run sends what is due until ctx ends, and then finishes the mails it has
// begun; those it has only claimed it gives back.
func (s *Sender) Run(ctx context.Context) error {
	var all sync.WaitGroup
	for range s.cfg.Sessions {
		all.Go(func() {
			l := &line{Sender: s}
			l.serve(ctx)
		})
	}
	all.Wait()
	return nil
}

// SendAll sends what is due now and returns when nothing is left that could be
// sent at this moment.
func (s *Sender) SendAll(ctx context.Context) error {
	faults := make([]error, s.cfg.Sessions)
	var all sync.WaitGroup
	for i := range s.cfg.Sessions {
		all.Go(func() {
			l := &line{Sender: s}
			for {
				did, err := l.round(ctx)
				if err != nil || !did || ctx.Err() != nil {
					faults[i] = err
					break
				}
			}
			l.close(ctx)
		})
	}
	all.Wait()
	return errors.Join(faults...)
}

// A line is one session with the mail server and the outcome of its last mail,
// which is noted together with the beginning of the next.
type line struct {
	*Sender
	session Session
	over    []stockdigest.MailOutcome
}

// serve works until ctx ends. Faults of the ledger or the mail server make it
// look less often.
func (l *line) serve(ctx context.Context) {
	defer l.close(ctx)
	var unused time.Duration
	for failures := 0; ctx.Err() == nil; {
		did, err := l.round(ctx)
		switch {
		case err != nil:
			failures++
			l.deps.Log.WarnContext(ctx, "cannot send mails", "error", err, "failures", failures)
		case did:
			failures, unused = 0, 0
			continue
		default:
			failures = 0
		}
		wait := min(l.cfg.Tick<<min(failures, 6), time.Minute)
		if unused += wait; unused >= idle {
			l.hangUp()
		}
		pause(ctx, wait)
	}
}

// round claims some mails and sends them. It reports whether there were any.
func (l *line) round(ctx context.Context) (did bool, err error) {
	taken, err := l.deps.Ledger.ClaimDeliveries(ctx, stockdigest.DeliveryClaim{
		Worker: l.cfg.Worker, Lease: l.cfg.Lease, Most: batch, PerMinute: l.cfg.PerMinute, Dry: l.cfg.Dry,
	})
	if err != nil || len(taken) == 0 {
		return false, err
	}
	for len(taken) > 0 && err == nil && ctx.Err() == nil {
		if err = l.open(ctx); err == nil {
			err = l.send(ctx, taken[0])
			taken = taken[1:]
		}
	}
	return true, errors.Join(err, l.note(ctx), l.giveBack(ctx, taken))
}

// open reaches the mail server, unless there is a session with it.
func (l *line) open(ctx context.Context) (err error) {
	if l.session != nil {
		return nil
	}
	if l.session, err = l.deps.Post.Open(ctx); err != nil {
		l.session = nil
		return fmt.Errorf("reach the mail server: %w", err)
	}
	return nil
}

// giveBack gives back what was claimed and not begun.
func (l *line) giveBack(ctx context.Context, rest []stockdigest.Delivery) error {
	if len(rest) == 0 {
		return nil
	}
	limited, cancel := context.WithTimeout(context.WithoutCancel(ctx), noteTime)
	defer cancel()
	return l.deps.Ledger.ReleaseDeliveries(limited, rest)
}

// send begins one mail, hands it over and keeps the outcome in l. An error is
// one of the ledger. A mail that is begun is not cut by the end of ctx.
func (l *line) send(ctx context.Context, claimed stockdigest.Delivery) error {
	ctx = context.WithoutCancel(ctx)
	began := l.deps.Now()
	tokens := tokensFor(claimed)
	departs, ok, err := l.deps.Ledger.BeginDelivery(ctx, claimed, l.cfg.Operator, tokens, l.over)
	if err != nil {
		// The ledger may have it as begun all the same. It is not handed over.
		l.keep(stockdigest.MailOutcome{
			ID: claimed.ID, Token: claimed.Token, State: stockdigest.DeliveryPending, Retry: l.cfg.Pause, Untried: true,
			Cause: "the ledger could not begin it",
		})
		return fmt.Errorf("begin mail %s: %w", claimed.ID, err)
	}
	l.over = nil
	if !ok {
		return nil
	}
	mail, err := l.deps.Composer.Compose(ctx, departs, tokens)
	if err != nil {
		l.deps.Log.ErrorContext(ctx, "cannot write a mail", "delivery", claimed.ID, "kind", claimed.Kind, "error", err)
		l.keep(l.outcomeOfWriting(departs, err))
		return nil
	}
	answer, err := l.session.Send(ctx, mail, func(ctx context.Context) error { return l.stillGoes(ctx, departs, began) })
	if errors.Is(err, errLeft) {
		l.hangUp()
		// Not handed over for sure: that is all there is to say, unless the
		// ledger knows that the recipient left.
		l.keep(l.putOff(departs.Delivery, "it took too long to get to the mail server"))
		return nil
	}
	outcome, broken := l.outcomeOf(departs, answer, err)
	if broken {
		l.hangUp()
	}
	l.keep(outcome)
	l.deps.Log.InfoContext(ctx, "mail tried", "state", outcome.State, "delivery", claimed.ID, "kind", claimed.Kind, "tries", departs.Delivery.Tries)
	return nil
}

func (l *line) keep(o stockdigest.MailOutcome) { l.over = append(l.over, o) }

// errLeft says that the recipient left between the beginning of a mail and its
// dot.
var errLeft = errors.New("the recipient left")

// stillGoes is asked right before the dot. A mail that took long to get there
// is looked at again: until then its recipient may have been told to have left.
func (l *line) stillGoes(ctx context.Context, departs stockdigest.Departure, began time.Time) error {
	if l.deps.Now().Sub(began) < dotTime {
		return nil
	}
	asked := l.deps.Now()
	ok, err := l.deps.Ledger.StillWanted(ctx, departs, l.cfg.Operator)
	switch {
	case err != nil:
		return fmt.Errorf("look again at mail %s: %w", departs.Delivery.ID, err)
	case !ok, l.deps.Now().Sub(asked) >= dotTime:
		return errLeft
	}
	return nil
}

// note writes the outcomes that are not written yet. A stop does not cut it.
func (l *line) note(ctx context.Context) error {
	if len(l.over) == 0 {
		return nil
	}
	limited, cancel := context.WithTimeout(context.WithoutCancel(ctx), noteTime)
	defer cancel()
	if err := l.deps.Ledger.EndDeliveries(limited, l.over); err != nil {
		return fmt.Errorf("note what became of %d mails: %w", len(l.over), err)
	}
	l.over = nil
	return nil
}

// close ends the session and notes what is left.
func (l *line) close(ctx context.Context) {
	if err := l.note(ctx); err != nil {
		l.deps.Log.ErrorContext(ctx, "mails are in doubt", "error", err)
	}
	l.hangUp()
}

func (l *line) hangUp() {
	if l.session == nil {
		return
	}
	if err := l.session.Close(); err != nil {
		l.deps.Log.Debug("close a session with the mail server", "error", err)
	}
	l.session = nil
}

// tokensFor makes the secrets that a mail of the kind carries.
func tokensFor(d stockdigest.Delivery) []stockdigest.MailToken {
	switch {
	case d.Kind == stockdigest.MailConfirm:
		return []stockdigest.MailToken{{Secret: secret(), Purpose: stockdigest.MayConfirm}}
	case d.Kind.Subscribed():
		return []stockdigest.MailToken{{Secret: secret(), Purpose: stockdigest.MayUnsubscribe}}
	}
	return nil
}

// secret is 256 random bits, as an address can hold them.
func secret() string {
	var b [32]byte
	_, _ = rand.Read(b[:]) // never fails
	return base64.RawURLEncoding.EncodeToString(b[:])
}

func pause(ctx context.Context, d time.Duration) {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-ctx.Done():
	}
}
