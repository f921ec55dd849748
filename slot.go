package stockdigest

import (
	"slices"
	"strings"
	"time"
)

// A SlotKind says what is due.
type SlotKind string

// The kinds of slots, in the order of a day.
const (
	SlotProcess  SlotKind = "process"  // 02:00: one scheduled run per followed ticker
	SlotCleanup  SlotKind = "cleanup"  // 06:00: retention
	SlotFilings  SlotKind = "filings"  // 06:30 and hourly 08:30-21:30: filings of followed tickers
	SlotRefresh  SlotKind = "refresh"  // 07:00: late bullets
	SlotDeadline SlotKind = "deadline" // 08:00: unfinished runs publish what they have
	SlotSend     SlotKind = "send"     // 08:30: mails
	SlotAlerts   SlotKind = "alerts"   // hourly 09:00-22:00
	SlotCredits  SlotKind = "credits"  // first of the month
)

// SlotKinds lists the kinds in the order of a day.
func SlotKinds() []SlotKind {
	return []SlotKind{
		SlotProcess, SlotCleanup, SlotFilings, SlotRefresh, SlotDeadline, SlotSend, SlotAlerts, SlotCredits,
	}
}

// Validate refuses an unknown kind.
func (k SlotKind) Validate() error {
	if slices.Contains(SlotKinds(), k) {
		return nil
	}
	names := make([]string, 0, len(SlotKinds()))
	for _, known := range SlotKinds() {
		names = append(names, string(known))
	}
	return Invalid("unknown kind " + quote(string(k)) + ": use one of " + strings.Join(names, ", "))
}

// Hourly reports whether the kind comes several times a day.
func (k SlotKind) Hourly() bool { return k == SlotFilings || k == SlotAlerts }

// A Slot is one due time of the schedule. There is one per kind, local date and
// hour, whoever looks and however often.
type Slot struct {
	Kind   SlotKind  `json:"kind"`
	Day    Day       `json:"day"` // in the schedule's zone
	At     ClockTime `json:"at"`
	Due    time.Time `json:"due"`               // the same as a moment
	ByHand string    `json:"by_hand,omitempty"` // a name of its own for one that a person started; empty: the schedule's
}

// Key tells the slots of one kind and day apart. A kind that comes once a day
// has one key, so that a changed time of day does not bring it a second time.
func (s Slot) Key() string {
	switch {
	case s.ByHand != "":
		return byHand + s.ByHand
	case s.Kind.Hourly():
		return s.At.String()
	}
	return "once"
}

// byHand begins the key of a slot that a person started.
const byHand = "by hand "

// ByHandName returns the name in the key of a slot that a person started, and
// nothing for the schedule's own.
func ByHandName(key string) string {
	name, ok := strings.CutPrefix(key, byHand)
	if !ok {
		return ""
	}
	return name
}

// A SlotRecord is what became of a slot.
type SlotRecord struct {
	Slot
	Worker   string    `json:"worker"`   // who took it
	Attempts int       `json:"attempts"` // how often it was taken
	TakenAt  time.Time `json:"taken_at"`
	DoneAt   time.Time `json:"done_at,omitzero"`  // zero: not finished
	Outcome  string    `json:"outcome,omitempty"` // one line for people
	Batch    BatchID   `json:"batch,omitempty"`
}

// A MarketDay is a person's word on whether an exchange trades on a day, which
// goes over the rules of the calendar.
type MarketDay struct {
	Exchange string    `json:"exchange"` // NYSE or TSX
	Day      Day       `json:"day"`
	Open     bool      `json:"open"`
	Closes   ClockTime `json:"closes,omitzero"` // local time of an early close; zero: none
	Note     string    `json:"note,omitempty"`
}
