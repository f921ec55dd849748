package deliver

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"stockdigest.app/stockdigest"
)

// A Register keeps who agrees to mails and which addresses take none. While a
// mail to the reader may be handed over at that very moment, withdrawing is an
// ErrUnavailable that says when to ask again.
type Register interface {
	Reader(ctx context.Context, idOrEmail string) (stockdigest.Reader, error)
	AddConsent(ctx context.Context, e stockdigest.ConsentEvent) error
	Suppress(ctx context.Context, address string, cause stockdigest.SuppressionCause, detail string) error
}

// leaveTime is how long a departure waits for mails that are being handed over.
const leaveTime = stockdigest.DotTime + time.Second

// Patiently runs change, which a mail that is being handed over may put off with
// an ErrUnavailable that says when to ask again, until it is through, for up to
// stockdigest.DotTime and a second. It goes on when ctx is cancelled: who asked
// to leave leaves, though the answer has nobody to read it.
func Patiently(ctx context.Context, change func(ctx context.Context) error) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), leaveTime)
	defer cancel()
	for {
		err := change(ctx)
		var busy *stockdigest.Error
		if !errors.Is(err, stockdigest.ErrUnavailable) || !errors.As(err, &busy) || busy.RetryAfter <= 0 {
			return err
		}
		pause(ctx, busy.RetryAfter)
		if ctx.Err() != nil {
			return err
		}
	}
}

// A Desk takes what readers and mail services say about mails. It is safe for
// concurrent use.
type Desk struct {
	register Register
	log      *slog.Logger
}

// NewDesk returns a desk.
func NewDesk(register Register, log *slog.Logger) *Desk { return &Desk{register: register, log: log} }

// AddConsent notes what a reader said. It waits Patiently for a mail that is
// being handed over: after it returned nil for a withdrawal, no mail that it
// covers is. An ErrUnavailable means that nothing was noted.
func (d *Desk) AddConsent(ctx context.Context, e stockdigest.ConsentEvent) error {
	return Patiently(ctx, func(ctx context.Context) error { return d.register.AddConsent(ctx, e) })
}

// Returned takes a report of a mail service. An address that is refused for
// good, or whose reader complained, gets nothing any more; who complained does
// not agree to mails any more either. A passing trouble is logged. Reports may
// come more than once.
func (d *Desk) Returned(ctx context.Context, r stockdigest.MailReport) error {
	d.log.InfoContext(ctx, "a mail was reported", "cause", r.Cause, "permanent", r.Permanent, "delivery", r.Delivery)
	if !r.Permanent {
		return nil
	}
	if r.Address == "" {
		return stockdigest.Invalid("the report names no address")
	}
	if err := d.register.Suppress(ctx, r.Address, r.Cause, r.Detail); err != nil {
		return fmt.Errorf("suppress an address: %w", err)
	}
	if r.Cause != stockdigest.SuppressedComplaint {
		return nil
	}
	reader, err := d.register.Reader(ctx, r.Address)
	if errors.Is(err, stockdigest.ErrNotFound) || err == nil && !reader.Mails.Agreed {
		return nil
	}
	if err != nil {
		return fmt.Errorf("find who complained: %w", err)
	}
	return d.AddConsent(ctx, stockdigest.ConsentEvent{Reader: reader.ID, Act: stockdigest.ConsentWithdrawn, How: "complaint"})
}
