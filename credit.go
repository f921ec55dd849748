package stockdigest

import (
	"fmt"
	"time"
)

// A CreditKind says why an entry stands in the credit ledger.
type CreditKind string

// The kinds of entries. Their amounts add up to the balance a reader may spend.
const (
	CreditGrant   CreditKind = "grant"   // the month's credits
	CreditExpire  CreditKind = "expire"  // what was left of the month before
	CreditReserve CreditKind = "reserve" // taken for an order, not yet earned
	CreditPost    CreditKind = "post"    // the order was delivered; amount 0
	CreditVoid    CreditKind = "void"    // the order failed; given back
	CreditAdjust  CreditKind = "adjust"  // by an operator, with a reason
)

// A CreditEntry is one line of the ledger. Lines are only ever added.
type CreditEntry struct {
	Seq    int64      `json:"seq"`
	Reader ReaderID   `json:"reader"`
	Kind   CreditKind `json:"kind"`
	Amount int        `json:"amount"` // what it adds to the balance; negative takes
	Run    RunID      `json:"run,omitempty"`
	Month  Day        `json:"month,omitempty"` // first of the month a grant is for, in the reader's zone
	Note   string     `json:"note,omitempty"`
	At     time.Time  `json:"at"`
}

// A CreditAccount is what a reader has.
type CreditAccount struct {
	Balance int `json:"balance"` // may be spent
	Held    int `json:"held"`    // reserved for orders that have not ended
	Resets  Day `json:"resets"`  // the next grant, in the reader's zone
}

// An Order asks for an ad-hoc report.
type Order struct {
	Reader ReaderID
	Ticker Symbol
	Key    string    // idempotency key: the same key gets the same answer for 24 hours
	At     time.Time // when it was asked
}

// Ordered is the answer to an order.
type Ordered struct {
	Run     RunID         `json:"run_id"`
	Ticker  Symbol        `json:"ticker"`
	State   RunState      `json:"state"`
	Charged int           `json:"charged"` // credits taken by this order
	Shared  bool          `json:"shared"`  // somebody else's work or a fresh report, hence free
	Account CreditAccount `json:"account"`
}

// FreshFor is how long a finished report serves others who ask, at no charge.
const FreshFor = time.Hour

// NoCredits is the error of an order that the balance does not cover.
type NoCredits struct { //nolint:errname // the kinds of this package read as what they are
	Account CreditAccount
}

// Error says when there are credits again.
func (e *NoCredits) Error() string {
	return fmt.Sprintf("no credits left: the next are granted on %s", e.Account.Resets)
}

// Unwrap gives the kind, ErrDenied, with the text for people.
func (e *NoCredits) Unwrap() error { return &Error{Kind: ErrDenied, Message: e.Error()} }

// Month returns the first day of the month that t is in where the reader is.
// Credits are granted by it.
func (r Reader) Month(t time.Time) Day {
	loc, err := time.LoadLocation(r.TimeZone)
	if err != nil {
		loc = time.UTC // Validate lets no such reader pass
	}
	return DayOf(t, loc).First()
}

// NextMonth returns the first day of the month after d's.
func (d Day) NextMonth() Day { return d.First().Add(31).First() }
