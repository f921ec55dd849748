package deliver_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"stockdigest.app/stockdigest"
	"stockdigest.app/stockdigest/internal/adapter/store/storetest"
	"stockdigest.app/stockdigest/internal/deliver"
)

// fakeRegister is busy for a while, and then takes what it is told.
type fakeRegister struct {
	busy  time.Duration
	since time.Time
	fails error
	told  []stockdigest.ConsentEvent
}

func (r *fakeRegister) AddConsent(ctx context.Context, e stockdigest.ConsentEvent) error {
	switch {
	case ctx.Err() != nil:
		return ctx.Err()
	case r.fails != nil:
		return r.fails
	case time.Since(r.since) < r.busy:
		return fmt.Errorf("note: %w", &stockdigest.Error{Kind: stockdigest.ErrUnavailable, Message: "busy", RetryAfter: 100 * time.Millisecond})
	}
	r.told = append(r.told, e)
	return nil
}

func (r *fakeRegister) Reader(context.Context, string) (stockdigest.Reader, error) {
	return stockdigest.Reader{}, r.fails
}

func (r *fakeRegister) Suppress(context.Context, string, stockdigest.SuppressionCause, string) error {
	return r.fails
}

func TestLeavingWaitsForADotAndASecondAndNotLonger(t *testing.T) {
	t.Parallel()
	broken := errors.New("the disk is full")
	for name, test := range map[string]struct {
		register fakeRegister
		want     error
		took     time.Duration
	}{
		"nothing is under way":  {fakeRegister{}, nil, 0},
		"a mail is under way":   {fakeRegister{busy: stockdigest.DotTime}, nil, stockdigest.DotTime},
		"mails follow mails":    {fakeRegister{busy: time.Hour}, stockdigest.ErrUnavailable, stockdigest.DotTime + time.Second},
		"something else failed": {fakeRegister{fails: broken}, broken, 0},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				r := test.register
				r.since = time.Now()
				ctx, cancel := context.WithCancel(t.Context())
				cancel() // nobody waits for the answer: the reader leaves all the same
				err := deliver.NewDesk(&r, slog.New(slog.DiscardHandler)).AddConsent(ctx, withdrawal("ada"))
				if took := time.Since(r.since); !errors.Is(err, test.want) || took != test.took || (len(r.told) == 1) != (test.want == nil) {
					t.Errorf("got %v after %s, want %v after %s", err, took, test.want, test.took)
				}
			})
		})
	}
}

// TestReturnedMailsEndWhatTheyMust looks at consent and suppression after each
// kind of report, and again after it came twice.
func TestReturnedMailsEndWhatTheyMust(t *testing.T) {
	t.Parallel()
	const address = "Ada@example.com"
	for name, test := range map[string]struct {
		report     stockdigest.MailReport
		suppressed stockdigest.SuppressionCause
		agrees     bool
	}{
		"hard bounce": {stockdigest.MailReport{Address: address, Cause: stockdigest.SuppressedBounced, Permanent: true}, stockdigest.SuppressedBounced, true},
		"complaint":   {stockdigest.MailReport{Address: address, Cause: stockdigest.SuppressedComplaint, Permanent: true}, stockdigest.SuppressedComplaint, false},
		"delay":       {stockdigest.MailReport{Address: address, Cause: stockdigest.SuppressedBounced}, "", true},
		"of a stranger": {
			stockdigest.MailReport{Address: "bob@example.com", Cause: stockdigest.SuppressedComplaint, Permanent: true}, "", true,
		},
	} {
		for engine, open := range storetest.Engines() {
			t.Run(name+" "+engine, func(t *testing.T) {
				t.Parallel()
				db, ctx := open(t), t.Context()
				reader, err := db.SaveReader(ctx, stockdigest.Reader{
					Email: address, TimeZone: "UTC", Plan: stockdigest.PlanBeta, State: stockdigest.ReaderActive, Mails: stockdigest.MailWishes{Agreed: true},
				})
				if err != nil {
					t.Fatal(err)
				}
				var log bytes.Buffer
				desk := deliver.NewDesk(db, slog.New(slog.NewTextHandler(&log, nil)))
				for range 2 {
					if err := desk.Returned(ctx, test.report); err != nil {
						t.Fatal(err)
					}
				}
				s, err := db.Suppressed(ctx, address)
				if s.Cause != test.suppressed || errors.Is(err, stockdigest.ErrNotFound) != (test.suppressed == "") {
					t.Errorf("got %+v, %v, want the cause %q", s, err, test.suppressed)
				}
				events := must1(db.Consents(ctx, reader.ID))(t)
				after := must1(db.Reader(ctx, string(reader.ID)))(t)
				if after.Mails.Agreed != test.agrees || (len(events) == 0) != test.agrees || len(events) > 1 {
					t.Errorf("got a reader who agrees: %t, with %v", after.Mails.Agreed, events)
				}
				if strings.Contains(strings.ToLower(log.String()), "example.com") {
					t.Errorf("the log names an address: %s", log.String())
				}
			})
		}
	}
	err := deliver.NewDesk(&fakeRegister{}, slog.New(slog.DiscardHandler)).Returned(t.Context(), stockdigest.MailReport{Permanent: true})
	if !errors.Is(err, stockdigest.ErrInvalid) {
		t.Errorf("got %v for a report that names nobody, want it refused", err)
	}
}
