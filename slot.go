package stockdigest

import "time"

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

// A Slot is one due time of the schedule. There is one per kind, local date and
// local time, whoever looks and however often.
type Slot struct {
	Kind SlotKind  `json:"kind"`
	Day  Day       `json:"day"` // in the schedule's zone
	At   ClockTime `json:"at"`
	Due  time.Time `json:"due"` // the same as a moment
}
