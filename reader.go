package stockdigest

import (
	"net/mail"
	"strings"
	"time"
)

// A ReaderID names one reader; it is a UUIDv7.
type ReaderID string

// A Plan is what a reader may use.
type Plan string

// The plans.
const (
	PlanBeta         Plan = "beta"
	PlanPremium      Plan = "premium"
	PlanProfessional Plan = "professional"
)

// Validate refuses an unknown plan.
func (p Plan) Validate() error {
	if p.Credits() > 0 {
		return nil
	}
	return Invalid("unknown plan " + quote(string(p)) + ": use beta, premium or professional")
}

// Credits is how many ad-hoc credits the plan grants a month.
func (p Plan) Credits() int {
	switch p {
	case PlanBeta:
		return 5
	case PlanPremium:
		return 25
	case PlanProfessional:
		return 100
	}
	return 0
}

// MaxTickers is how many companies the plan lets a reader follow.
func (p Plan) MaxTickers() int {
	if p == PlanBeta {
		return 3
	}
	return 10
}

// A ReaderState says whether a reader is served.
type ReaderState string

// The states of a reader.
const (
	ReaderWaiting ReaderState = "waiting" // for an operator's approval
	ReaderActive  ReaderState = "active"
	ReaderPaused  ReaderState = "paused"
)

// A Reader is a person who follows companies.
type Reader struct {
	ID        ReaderID    `json:"id"`
	Email     string      `json:"email"`
	TimeZone  string      `json:"time_zone"` // IANA name
	Plan      Plan        `json:"plan"`
	State     ReaderState `json:"state"`
	Tickers   []Symbol    `json:"tickers"` // sorted
	Mails     MailWishes  `json:"mails"`
	CreatedAt time.Time   `json:"created_at"`
}

// Validate refuses a reader who cannot be served.
func (r Reader) Validate() error {
	a, err := mail.ParseAddress(r.Email)
	switch {
	case err != nil || a.Address != r.Email || len(r.Email) > 254 || strings.ContainsAny(r.Email, "\r\n"):
		return Invalid("unusable address " + quote(r.Email) + ": write it as ada@example.com")
	case r.TimeZone == "":
		return Invalid("no time zone: name one such as America/New_York")
	}
	if _, err := time.LoadLocation(r.TimeZone); err != nil {
		return Invalid("unknown time zone " + quote(r.TimeZone) + ": name one such as America/New_York")
	}
	return r.Plan.Validate()
}

// MailWishes are which mails a reader wants. The reader's consent decides over
// them: without it none is sent, whatever is wished.
type MailWishes struct {
	Agreed    bool      `json:"agreed"`              // consents to mails; changed by consent events alone
	PerTicker bool      `json:"per_ticker"`          // one digest per company in place of one for all
	Alerts    bool      `json:"alerts"`              // of material news through the day
	QuietFrom ClockTime `json:"quiet_from,omitzero"` // no alerts from here to QuietTo, where the reader is; equal: always
	QuietTo   ClockTime `json:"quiet_to,omitzero"`
}

// An Access is what a token lets its holder do.
type Access struct {
	Name   string   `json:"name"`   // of an operator, or of a reader's token
	Reader ReaderID `json:"reader"` // empty: an operator
}

// Operator reports whether the holder may do everything.
func (a Access) Operator() bool { return a.Reader == "" && a.Name != "" }
