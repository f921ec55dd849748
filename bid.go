package stockdigest

import "time"

// Limits are what one provider allows, over all processes together. A zero
// field is no limit.
type Limits struct {
	Parallel  int     // calls at once
	PerSecond float64 // calls begun
	PerMinute int     // tokens sent and asked for
}

// A Budget is the most that paid calls may cost. A cap of zero leaves only
// calls that are free.
type Budget struct {
	Run    Micros // one run
	Reader Micros // the ad-hoc runs of one reader in a month
	Day    Micros // a day of the schedule's zone
	Month  Micros // a month of it
	Pages  Micros // what PageReader reads in a day
}

// Ahead is the part of the budget that may be spent ahead of need: a quarter.
// Where money is short, it goes to what matters most.
func (b Budget) Ahead() Budget {
	return Budget{Run: b.Run / 4, Reader: b.Reader / 4, Day: b.Day / 4, Month: b.Month / 4}
}

// Batched is the part of the budget that batches may hold: three quarters. What
// they hold they hold for long, and somebody who waits needs the rest.
func (b Budget) Batched() Budget {
	return Budget{Run: b.Run / 4 * 3, Reader: b.Reader / 4 * 3, Day: b.Day / 4 * 3, Month: b.Month / 4 * 3}
}

// A Bid asks for leave to make one paid call.
type Bid struct {
	ID      string // of the call, made by the caller: the same bid again is the same call
	Key     string // hash of all that decides the answer
	Ask     Ask
	Day     Day           // of the budget, in the schedule's zone
	Reserve Micros        // what the call may cost at worst
	Tokens  int           // what it may use of the provider's tokens
	Lease   time.Duration // how long it counts as under way unless it is renewed
	Try     int           // 1 is the first
	Limits  Limits
	Budget  Budget

	// Patient lets the bid wait for the same call in a batch. Another is made
	// beside it: somebody waits.
	Patient bool
}

// A Permit is the answer to a Bid: leave to call, an answer that was paid for
// before, or the reason to come back.
type Permit struct {
	Answer *Completion   // not nil: no call is needed
	Held   Hold          // not empty: come back after Wait
	Wait   time.Duration // of a permit that is not held: send the call after it
	Down   time.Duration // how long the provider has been unwell
	Batch  string        // of HeldSame: the batch job that holds the same call
}

// A Hold is why a bid has to wait.
type Hold string

// The reasons to wait. The first three hold every bid of the provider.
const (
	HeldLimits Hold = "limits"  // of the provider
	HeldDown   Hold = "down"    // the provider failed too often, or asked for a pause
	HeldHouse  Hold = "house"   // calls under way hold what is left of the day or the month
	HeldOwn    Hold = "own"     // calls under way hold what is left of the run or the reader
	HeldSame   Hold = "same"    // somebody is making the same call
	HeldRetry  Hold = "retries" // too many of the last minute's calls were retries
)

// An Outcome is how a paid call ended.
type Outcome struct {
	ID         string
	Provider   string
	State      CallState // done, failed or lost
	Completion Completion
	Cost       Micros
	Took       time.Duration
	Err        *CallError // nil when it is done
}
