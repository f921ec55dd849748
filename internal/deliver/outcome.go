package deliver

import (
	"errors"
	"time"

	"stockdigest.app/stockdigest"
)

// The pauses between tries of a mail that the server puts off: they double from
// the first to the last.
const (
	firstPause = time.Minute
	lastPause  = time.Hour
)

// outcomeOf says what became of a mail that was begun, and whether the session
// cannot be used again.
func (s *Sender) outcomeOf(d stockdigest.Departure, answer string, err error) (stockdigest.MailOutcome, bool) {
	o := stockdigest.MailOutcome{ID: d.Delivery.ID, Token: d.Delivery.Token, State: stockdigest.DeliveryAccepted, Answer: answer}
	if err == nil {
		return o, false
	}
	var fault *stockdigest.MailError
	if !errors.As(err, &fault) {
		fault = &stockdigest.MailError{Handover: stockdigest.HandoverUnsent, Broken: true, Err: err}
	}
	switch fault.Handover {
	case stockdigest.HandoverRefused:
		o.State, o.Cause, o.Block = stockdigest.DeliveryRefused, "the mail server refused it", fault.Address
	case stockdigest.HandoverUnknown:
		o.State, o.Cause = stockdigest.DeliveryUnknown, "the mail was handed over and no answer came: nobody knows whether the server took it"
	case stockdigest.HandoverBlocked:
		o.State, o.Cause, o.Untried = stockdigest.DeliverySuppressed, fault.Error(), true
	case stockdigest.HandoverLater:
		o = s.putOff(d.Delivery, "the mail server put it off")
	default:
		o = s.putOff(d.Delivery, "the connection to the mail server broke")
	}
	o.Answer = fault.Answer
	return o, fault.Broken
}

// ErrNothingLeft says that a mail has nothing in it for its recipient any more.
var ErrNothingLeft = errors.New("the reader follows none of its companies any more")

// outcomeOfWriting is that of a mail that could not be written.
func (s *Sender) outcomeOfWriting(d stockdigest.Departure, err error) stockdigest.MailOutcome {
	if errors.Is(err, ErrNothingLeft) {
		return stockdigest.MailOutcome{
			ID: d.Delivery.ID, Token: d.Delivery.Token, State: stockdigest.DeliverySuppressed, Cause: ErrNothingLeft.Error(), Untried: true,
		}
	}
	return s.putOff(d.Delivery, "it could not be written: "+stockdigest.Message(err))
}

// putOff tries a mail again later, until it was tried or has waited enough.
func (s *Sender) putOff(d stockdigest.Delivery, cause string) stockdigest.MailOutcome {
	o := stockdigest.MailOutcome{ID: d.ID, Token: d.Token, State: stockdigest.DeliveryPending, Cause: cause}
	o.Retry = min(s.cfg.Pause<<min(max(d.Tries-1, 0), 10), lastPause)
	if d.Tries >= stockdigest.MaxTries || s.deps.Now().Add(o.Retry).After(d.GiveUp) {
		o.State, o.Cause = stockdigest.DeliveryRefused, cause+" too often"
	}
	return o
}
