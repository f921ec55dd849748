package stockdigest

import "time"

// What follows are the matters of mails: what a Delivery keeps of what its mail
// is about. The mail is written from its matter alone.

// An AlertMatter is what an alert tells, most material first.
type AlertMatter struct {
	Stories []Alert `json:"stories"`
}

// A ReviewMatter is what the selection and the content review show: one run, or
// the runs of a batch.
type ReviewMatter struct {
	Batch BatchID  `json:"batch,omitempty"` // empty: a single run
	Runs  []Review `json:"runs"`
}

// A Review is one run as an operator looks at it.
type Review struct {
	Run    RunID  `json:"run"`
	Report Report `json:"report"`
	Drops  []Drop `json:"drops,omitempty"` // the bullets that the gate refused
	Cost   Micros `json:"cost_micros"`     // of its paid calls
}

// A BatchMatter is what became of a batch.
type BatchMatter struct {
	Batch   BatchID              `json:"batch"`
	Kind    ReportKind           `json:"kind"`
	Note    string               `json:"note,omitempty"`
	Began   time.Time            `json:"began"`
	Ended   time.Time            `json:"ended"`
	Due     time.Time            `json:"due,omitzero"` // when its digests go out; zero: they do not by themselves
	Counts  Counts               `json:"counts"`
	Reports map[ReportStatus]int `json:"reports,omitempty"` // of the runs that are done
	Look    []Attention          `json:"look,omitempty"`    // what a person should look at
	Cost    Micros               `json:"cost_micros"`
}

// An Attention is a company that a person should look at, and why.
type Attention struct {
	Ticker Symbol `json:"ticker"`
	What   string `json:"what"` // held, failed
	Why    string `json:"why"`
}

// A MissingMatter lists the digests that were expected and not handed over.
type MissingMatter struct {
	Due     time.Time       `json:"due"`
	Digests []MissingDigest `json:"digests"`
}

// A MissingDigest is one of them. It names the reader by ID, never by address.
type MissingDigest struct {
	Reader ReaderID  `json:"reader"`
	Digest DigestID  `json:"digest,omitempty"` // empty: none was made
	Ticker Symbol    `json:"ticker,omitempty"` // of one mail per company
	State  string    `json:"state"`            // of the digest or its mail
	Since  time.Time `json:"since,omitzero"`
	Why    string    `json:"why"`
}

// A WelcomeMatter is what a new reader will get.
type WelcomeMatter struct {
	Tickers   []Symbol  `json:"tickers"`
	At        ClockTime `json:"at"` // where the reader is
	PerTicker bool      `json:"per_ticker,omitempty"`
	Alerts    bool      `json:"alerts,omitempty"`
}

// A ConfirmMatter is what was asked for an address. It does not say by whom:
// nobody knows yet.
type ConfirmMatter struct {
	AskedAt time.Time `json:"asked_at"`
	Tickers []Symbol  `json:"tickers"`
}
