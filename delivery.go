package stockdigest

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"
)

// A MailKind says what a mail is for.
type MailKind string

// The kinds of mails. The numbers are those of the product's three mails.
const (
	MailSelection MailKind = "selection" // #1, to the operator: what a run selected, and what not
	MailContent   MailKind = "content"   // #2, to the operator: a run's report with its evidence
	MailDigest    MailKind = "digest"    // #3, to a reader
	MailPreview   MailKind = "preview"   // #3 as a reader gets it, to the operator
	MailConfirm   MailKind = "confirm"   // to an address that somebody signed up
	MailWelcome   MailKind = "welcome"
	MailAlert     MailKind = "alert"
	MailBatch     MailKind = "batch-ready"
	MailMissing   MailKind = "not-sent" // expected, and not handed over 15 minutes after its time
)

// MailKinds lists the kinds.
func MailKinds() []MailKind {
	return []MailKind{
		MailSelection, MailContent, MailDigest, MailPreview, MailConfirm, MailWelcome, MailAlert, MailBatch, MailMissing,
	}
}

// Validate refuses an unknown kind.
func (k MailKind) Validate() error {
	if slices.Contains(MailKinds(), k) {
		return nil
	}
	return Invalid("unknown kind of mail " + quote(string(k)))
}

// Subscribed reports whether a reader gets the kind only while the reader
// agrees to mails. Each such mail carries a way out.
func (k MailKind) Subscribed() bool { return k == MailDigest || k == MailAlert || k == MailWelcome }

// A Recipient is a reader's ID, or Operator.
type Recipient string

// Operator is who runs the service; the address is a setting.
const Operator Recipient = "operator"

// Reader is the recipient's ID, empty for the operator.
func (r Recipient) Reader() ReaderID {
	if r == Operator {
		return ""
	}
	return ReaderID(r)
}

// A DeliveryID is derived from what makes a delivery one: see DeliveryKey.
type DeliveryID string

// A DeliveryKey is what makes a delivery one: there is at most one mail of a
// kind about a period to a recipient, whoever plans it and however often. A
// dry run has keys of its own, so that it leaves nothing that a real run reads.
type DeliveryKey struct {
	Period    string // a day, a day and a company, a run, a story
	Kind      MailKind
	Recipient Recipient
	Dry       bool
}

// ID returns the delivery's name. The Message-ID is made from it, so a mail
// that went out twice in spite of everything is one mail to its reader.
func (k DeliveryKey) ID() DeliveryID {
	sum := sha256.Sum256([]byte(strings.Join([]string{k.Period, string(k.Kind), string(k.Recipient), strconv.FormatBool(k.Dry)}, "\n")))
	return DeliveryID(hex.EncodeToString(sum[:16]))
}

// Validate refuses a key that names nothing.
func (k DeliveryKey) Validate() error {
	if k.Period == "" || k.Recipient == "" {
		return Invalid("a delivery needs a period and a recipient")
	}
	return k.Kind.Validate()
}

// A DeliveryState says where a mail is.
type DeliveryState string

// The states of a delivery. A mail whose process died between the final dot
// and the server's answer is unknown: shown, and never sent again by itself.
const (
	DeliveryPending    DeliveryState = "pending"
	DeliverySending    DeliveryState = "sending"
	DeliveryAccepted   DeliveryState = "accepted"   // by the mail server, with its answer
	DeliveryRefused    DeliveryState = "refused"    // by the mail server, for good
	DeliveryUnknown    DeliveryState = "unknown"    // nobody knows; a person decides
	DeliverySuppressed DeliveryState = "suppressed" // not sent: the reader left, the address refused before, or the safety net
)

// DeliveryStates lists the states in the order of a mail's life.
func DeliveryStates() []DeliveryState {
	return []DeliveryState{
		DeliveryPending, DeliverySending, DeliveryAccepted, DeliveryRefused, DeliveryUnknown, DeliverySuppressed,
	}
}

// Validate refuses an unknown state.
func (s DeliveryState) Validate() error {
	if slices.Contains(DeliveryStates(), s) {
		return nil
	}
	return Invalid("unknown state of a delivery " + quote(string(s)))
}

// A Delivery is the ledger row of one mail to one recipient.
type Delivery struct {
	DeliveryKey
	ID        DeliveryID      `json:"id"`
	Digest    DigestID        `json:"digest,omitempty"` // of a digest and its preview
	Matter    json.RawMessage `json:"matter,omitempty"` // what the other kinds are about
	State     DeliveryState   `json:"state"`
	Tries     int             `json:"tries"`   // how often it was begun
	Address   string          `json:"address"` // of the last try; empty before the first and after erasure
	Answer    string          `json:"answer,omitempty"`
	Cause     string          `json:"cause,omitempty"` // why it was not accepted, for people
	NotBefore time.Time       `json:"not_before,omitzero"`
	GiveUp    time.Time       `json:"give_up"` // after it a mail that waits, or that the server puts off, is refused
	CreatedAt time.Time       `json:"created_at"`
	StartedAt time.Time       `json:"started_at,omitzero"` // of the last try
	EndedAt   time.Time       `json:"ended_at,omitzero"`
	Worker    string          `json:"worker,omitempty"`
	Token     int64           `json:"-"` // of the claim
}

// MessageID is the mail's, without angle brackets.
func (d Delivery) MessageID(domain string) string { return string(d.ID) + "@" + domain }

// MaxTries bounds how often a mail that a server puts off is begun, and
// Patience for how long after it was planned.
const (
	MaxTries = 8
	Patience = 6 * time.Hour
)

// DotTime is how long after it was begun a mail may still be handed over. Who
// leaves waits for that long at most, so that no mail is handed over after the
// reader was told to have left.
const DotTime = 3 * time.Second

// A DeliveryClaim is what a sender asks for.
type DeliveryClaim struct {
	Worker    string
	Lease     time.Duration // for which nobody else takes what was claimed
	Most      int           // deliveries at once
	PerMinute int           // most mails in any minute over all processes; zero: no limit
	Dry       bool
}

// A Departure is a delivery that was just begun: what was true of its
// recipient in the same transaction.
type Departure struct {
	Delivery Delivery
	Reader   Reader // zero for the operator
	Digest   Digest // without the reports themselves; zero for other kinds
}

// A MailOutcome is what became of a begun delivery.
type MailOutcome struct {
	ID      DeliveryID
	Token   int64
	State   DeliveryState // accepted, refused, unknown, suppressed; or pending to try again
	Answer  string        // the server's words
	Cause   string        // for people
	Retry   time.Duration // from now, of a pending one
	Untried bool          // nothing was said to a server about it: the try does not count
	Block   bool          // the address itself was refused: nothing goes there again
}

// A DeliveryFilter chooses deliveries. Zero fields choose all.
type DeliveryFilter struct {
	Day       Day // of planning, in the zone
	Zone      *time.Location
	Kind      MailKind
	State     DeliveryState
	Recipient Recipient
	Limit     int
}

// DeliveryCounts counts the deliveries of one kind by state.
type DeliveryCounts map[DeliveryState]int

// Total is how many were planned.
func (c DeliveryCounts) Total() int {
	total := 0
	for _, n := range c {
		total += n
	}
	return total
}

// A MailPurpose says what the holder of a mailed token may do with it.
type MailPurpose string

// The purposes.
const (
	MayUnsubscribe MailPurpose = "unsubscribe"
	MayConfirm     MailPurpose = "confirm"
)

// UnsubscribeLife is how long the way out of a mail stays open, and ConfirmLife
// how long an address may be confirmed.
const (
	UnsubscribeLife = 400 * 24 * time.Hour
	ConfirmLife     = 7 * 24 * time.Hour
)

// A MailToken is a secret of 256 bits that goes out in a mail. It is kept as
// its hash only.
type MailToken struct {
	Secret  string // in the mail's links, URL-safe
	Purpose MailPurpose
	Scope   Symbol // a company; empty: all
}

// A MailedToken is what a secret from a mail stands for.
type MailedToken struct {
	Purpose  MailPurpose
	Reader   ReaderID
	Scope    Symbol
	Delivery DeliveryID
	MadeAt   time.Time
	UsedAt   time.Time // zero: not yet
}

// A Mail is one message to one address, ready for a mail server.
type Mail struct {
	ID          string // the Message-ID without angle brackets
	Kind        MailKind
	From        string // as in "StockDigest <digest@example.com>"; empty: the setting
	To          string // one bare address
	Subject     string
	Date        time.Time
	Text        []byte
	HTML        []byte
	Pictures    []Picture
	Unsubscribe string // https address that takes the one-click POST; empty: none
	List        string // name for List-Id; empty: none
}

// A Picture is a part of a mail that its HTML shows by cid: and its name.
type Picture struct {
	Name string // the Content-ID without angle brackets
	PNG  []byte
}

// A Handover says how far a mail came that was not accepted.
type Handover string

// The ways in which a mail is not accepted.
const (
	HandoverUnsent  Handover = "unsent"  // the final dot was not written: it may be tried again
	HandoverLater   Handover = "later"   // the server put it off (4xx)
	HandoverRefused Handover = "refused" // the server refused it for good (5xx)
	HandoverUnknown Handover = "unknown" // the dot was written and no answer came
	HandoverBlocked Handover = "blocked" // the safety net: it must not leave this process
)

// A MailError is why a mail was not accepted.
type MailError struct {
	Handover Handover
	Code     int    // of SMTP; zero without an answer
	Status   string // enhanced, such as 5.1.1; empty without one
	Answer   string // the server's words in one line
	Address  bool   // it is the recipient's address that was refused
	Broken   bool   // the session cannot be used again
	Err      error
}

func (e *MailError) Error() string {
	switch {
	case e.Answer != "":
		return fmt.Sprintf("mail %s: %s", e.Handover, e.Answer)
	case e.Err != nil:
		return fmt.Sprintf("mail %s: %v", e.Handover, e.Err)
	}
	return "mail " + string(e.Handover)
}

// Unwrap returns the cause.
func (e *MailError) Unwrap() error { return e.Err }

// A Stamp says what a database is for.
type Stamp struct {
	Environment string    // production, staging or development
	Place       string    // where the database was when it was stamped
	HeldAt      time.Time // zero: mails may leave
	HeldWhy     string
}
