package stockdigest

import "time"

// A BatchJob is a set of paid calls that a provider answers together: later, and
// for less.
type BatchJob struct {
	ID       string // made by us before anything is sent, and sent along; it is a UUIDv7
	Provider string
	Model    string
	Remote   string // what the provider calls it; empty: we did not hear
	Token    int64  // fencing token of who follows it
	Created  time.Time
	Until    time.Time // from then on nobody waits for it
	Calls    []Bid     // that have not ended, by ID; of an adopted job without their prompts
}

// A BatchAnswer is how one call of a batch job ended.
type BatchAnswer struct {
	Call       string // ID of the call
	Completion Completion
	Err        *CallError // nil: it was answered
}
