package bench

import (
	"cmp"
	"slices"
	"time"

	"stockdigest.app/stockdigest"
)

// A PlannedMail is a mail that must reach its address once, and what the ledger
// shows of it in the end.
type PlannedMail struct {
	ID      stockdigest.DeliveryID
	Address string
	State   stockdigest.DeliveryState
}

// A Receipt is a line of the log of the server that got the mails.
type Receipt struct {
	At      time.Time
	ID      stockdigest.DeliveryID // empty when the address was refused
	Address string
	Taken   bool // the server has the mail, whatever it answered
	Refused bool // for good
}

// Mails is what became of a mailing. What was sent twice, or never, is told by
// the log of the server that got it, not by the ledger.
type Mails struct {
	Planned    int `json:"planned"`
	Accepted   int `json:"accepted"`
	Refused    int `json:"refused"`
	Suppressed int `json:"suppressed"`
	Unknown    int `json:"unknown"`
	Open       int `json:"open"`       // neither of these
	Duplicates int `json:"duplicates"` // mails more than one to an address
	Lost       int `json:"lost"`       // neither taken nor refused by the server, nor shown as unknown or suppressed
	Misstated  int `json:"misstated"`  // taken and shown as refused, or not taken and shown as accepted
	Foreign    int `json:"foreign"`    // mails that nobody planned
	Kills      int `json:"kills"`

	MostPerMinute int `json:"most_per_minute"` // in any minute

	PerSecond float64 `json:"mails_per_s"` // between the first and the last dot
	PeakMB    float64 `json:"peak_rss_mb"` // of the biggest sender

	PlainPerSecond float64 `json:"go_mail_per_s,omitempty"` // of a plain client with the same mails
	Ratio          float64 `json:"ratio,omitempty"`         // of the two
}

// Broken counts what must never be.
func (m Mails) Broken() int { return m.Open + m.Duplicates + m.Lost + m.Misstated + m.Foreign }

// JudgeMails compares a plan and what the ledger shows of it with the log of
// the server that got the mails.
func JudgeMails(plan []PlannedMail, log []Receipt) Mails {
	taken, refused := map[string]int{}, map[string]bool{}
	planned := map[string]stockdigest.DeliveryID{}
	for _, p := range plan {
		planned[p.Address] = p.ID
	}
	m := Mails{Planned: len(plan)}
	for _, r := range log {
		switch id, known := planned[r.Address]; {
		case !known, r.Taken && r.ID != id:
			m.Foreign++
		case r.Taken:
			taken[r.Address]++
		case r.Refused:
			refused[r.Address] = true
		}
	}
	for _, p := range plan {
		m.count(p.State)
		n := taken[p.Address]
		m.Duplicates += max(n-1, 0)
		doubt := p.State == stockdigest.DeliveryUnknown || p.State == stockdigest.DeliverySuppressed
		if n == 0 && !refused[p.Address] && !doubt {
			m.Lost++
		}
		if n == 0 && p.State == stockdigest.DeliveryAccepted || n > 0 && (p.State == stockdigest.DeliveryRefused || p.State == stockdigest.DeliverySuppressed) {
			m.Misstated++
		}
	}
	m.PerSecond, m.MostPerMinute = dotRate(log), mostWithin(log, time.Minute)
	return m
}

func (m *Mails) count(state stockdigest.DeliveryState) {
	switch state {
	case stockdigest.DeliveryAccepted:
		m.Accepted++
	case stockdigest.DeliveryRefused:
		m.Refused++
	case stockdigest.DeliverySuppressed:
		m.Suppressed++
	case stockdigest.DeliveryUnknown:
		m.Unknown++
	default:
		m.Open++
	}
}

// dotRate is how many mails a second were taken between the first and the last.
func dotRate(log []Receipt) float64 {
	dots := takenAt(log)
	if len(dots) < 2 {
		return 0
	}
	return float64(len(dots)-1) / dots[len(dots)-1].Sub(dots[0]).Seconds()
}

// mostWithin is the most mails that were taken in any span of time.
func mostWithin(log []Receipt, span time.Duration) int {
	dots := takenAt(log)
	most, first := 0, 0
	for i, at := range dots {
		for at.Sub(dots[first]) >= span {
			first++
		}
		most = max(most, i-first+1)
	}
	return most
}

func takenAt(log []Receipt) []time.Time {
	var dots []time.Time
	for _, r := range log {
		if r.Taken {
			dots = append(dots, r.At)
		}
	}
	slices.SortFunc(dots, func(a, b time.Time) int { return cmp.Compare(a.UnixNano(), b.UnixNano()) })
	return dots
}
