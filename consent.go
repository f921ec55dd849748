package stockdigest

import (
	"encoding/json"
	"time"
)

// A ConsentAct is what a reader did about mails.
type ConsentAct string

// The acts.
const (
	ConsentAsked     ConsentAct = "asked"     // an address was entered; nothing is sent but the question
	ConsentGiven     ConsentAct = "given"     // by the link in a mail to that address, or told to an operator
	ConsentWithdrawn ConsentAct = "withdrawn" // for one company or all
)

// HowMoved is how a reader withdrew, and was asked again, whose address changed.
const HowMoved = "another address"

// ConsentText is the version of the words that people agree to. Another text
// is another version.
const ConsentText = "2026-11"

// A ConsentEvent is a line of a reader's history, which is only added to.
type ConsentEvent struct {
	Reader ReaderID   `json:"reader"`
	Act    ConsentAct `json:"act"`
	Scope  Symbol     `json:"scope,omitempty"` // a company; empty: all
	Text   string     `json:"text"`            // version of what was agreed to
	How    string     `json:"how"`             // one-click, page, mail link, or operator and a name
	At     time.Time  `json:"at"`
}

// A SuppressionCause says why nothing goes to an address any more.
type SuppressionCause string

// The causes.
const (
	SuppressedRefused   SuppressionCause = "refused"   // a server refused the address for good
	SuppressedBounced   SuppressionCause = "bounced"   // a server sent a mail back later
	SuppressedComplaint SuppressionCause = "complaint" // the reader called a mail spam
	SuppressedByHand    SuppressionCause = "by hand"
)

// A Suppression is an address to which nothing goes. It is kept as a keyed
// hash, so that it outlives the reader's erasure and tells nobody the address.
type Suppression struct {
	Cause  SuppressionCause `json:"cause"`
	Detail string           `json:"detail"`
	At     time.Time        `json:"at"`
}

// A MailReport is what a mail service tells of a mail later.
type MailReport struct {
	Address   string
	Delivery  DeliveryID // when the report names the Message-ID; may be empty
	Cause     SuppressionCause
	Permanent bool // a report of delay suppresses nobody
	Detail    string
	At        time.Time
}

// Question is the mail that asks, at most once a day, whether an address wants
// mails.
func Question(r Reader, now time.Time) Delivery {
	return Delivery{
		DeliveryKey: DeliveryKey{Period: string(DayOf(now, time.UTC)), Kind: MailConfirm, Recipient: Recipient(r.ID)},
		Matter:      matter(ConfirmMatter{AskedAt: now, Tickers: r.Tickers}),
	}
}

// QuestionAnew is the mail that asks the other address that a reader has since
// now. The address before may have been asked on the same day.
func QuestionAnew(r Reader, now time.Time) Delivery {
	d := Question(r, now)
	d.Period = "address of " + now.UTC().Format("2006-01-02T15:04:05.000000Z")
	return d
}

// Welcome is the one mail that greets a reader who is served and agrees. At is
// when digests come.
func Welcome(r Reader, at ClockTime) Delivery {
	return Delivery{
		DeliveryKey: DeliveryKey{Period: "welcome", Kind: MailWelcome, Recipient: Recipient(r.ID)},
		Matter:      matter(WelcomeMatter{Tickers: r.Tickers, At: at, PerTicker: r.Mails.PerTicker, Alerts: r.Mails.Alerts}),
	}
}

// matter writes what a mail is about.
func matter(v any) json.RawMessage {
	text, _ := json.Marshal(v) //nolint:errchkjson // matters are plain values, which always encode
	return text
}
