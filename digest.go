package stockdigest

import (
	"cmp"
	"slices"
	"time"
)

// A DigestID is derived from reader, day, company and version.
type DigestID string

// A DigestState says whether a digest may be sent. Cancelled, sent and failed
// are the end: whoever wants another one makes a new version.
type DigestState string

// The states of a digest.
const (
	DigestDraft     DigestState = "draft"     // runs may still add reports
	DigestReady     DigestState = "ready"     // goes out at its time, or when approved
	DigestHeld      DigestState = "held"      // a person must look
	DigestCancelled DigestState = "cancelled" // by a person
	DigestSending   DigestState = "sending"
	DigestSent      DigestState = "sent"
	DigestFailed    DigestState = "failed"
)

// DigestStates lists the states in the order of a digest's life.
func DigestStates() []DigestState {
	return []DigestState{
		DigestDraft, DigestReady, DigestHeld, DigestCancelled, DigestSending, DigestSent, DigestFailed,
	}
}

// Validate refuses an unknown state.
func (s DigestState) Validate() error {
	if slices.Contains(DigestStates(), s) {
		return nil
	}
	return Invalid("unknown state of a digest " + quote(string(s)))
}

// Final reports whether nothing changes the digest any more.
func (s DigestState) Final() bool {
	return s == DigestCancelled || s == DigestSent || s == DigestFailed
}

// A Digest is one reader's mail of a day: an ordered set of reports. It is a
// value made from stored reports; rendering it changes nothing. One that is
// only rendered, such as in a demonstration, has no reader and no state.
type Digest struct {
	ID        DigestID    `json:"id,omitempty"`
	Reader    ReaderID    `json:"reader,omitempty"`
	Day       Day         `json:"day,omitempty"`    // where the reader is
	Ticker    Symbol      `json:"ticker,omitempty"` // of one mail per company; empty: all
	Version   int         `json:"version,omitempty"`
	Dry       bool        `json:"dry,omitempty"`
	State     DigestState `json:"state,omitempty"`
	Reason    string      `json:"reason,omitempty"` // why held, cancelled or failed, for people
	Approved  string      `json:"approved,omitempty"`
	Due       time.Time   `json:"due,omitzero"`
	ReportIDs []ReportID  `json:"report_ids,omitempty"` // most material first

	AsOf     time.Time `json:"as_of"`
	TimeZone string    `json:"time_zone"` // IANA name, for the times people read
	Reports  []Report  `json:"reports,omitempty"`
}

// Period is what the digest's mail is about: one of it goes to the reader,
// whatever the version.
func (d Digest) Period() string {
	if d.Ticker != "" {
		return string(d.Day) + " " + string(d.Ticker)
	}
	return string(d.Day)
}

// A DigestFilter chooses digests. Zero fields choose all.
type DigestFilter struct {
	Day    Day
	State  DigestState
	Reader ReaderID
	Limit  int
}

// OrderReports returns reports as a digest shows them: the most material first.
// What counts is how many bullets matter highly, then how many matter somewhat,
// then how many there are; a quiet company comes last. Equals are in the order
// of their symbols.
func OrderReports(reports []Report) []Report {
	weight := func(r Report) (w [3]int) {
		for _, s := range r.Sections {
			for _, b := range s.Bullets {
				switch b.Impact {
				case ImpactHigh:
					w[0]++
				case ImpactMedium:
					w[1]++
				case ImpactLow:
				}
				w[2]++
			}
		}
		return w
	}
	ordered := slices.Clone(reports)
	slices.SortStableFunc(ordered, func(a, b Report) int {
		wa, wb := weight(a), weight(b)
		return cmp.Or(cmp.Compare(wb[0], wa[0]), cmp.Compare(wb[1], wa[1]), cmp.Compare(wb[2], wa[2]), cmp.Compare(a.Ticker, b.Ticker))
	})
	return ordered
}
