package stockdigest

import "time"

// A BatchID names one batch; it is a UUIDv7.
type BatchID string

// A Batch is a set of runs that were started together, such as the runs of one
// night. What became of them is counted when asked, never stored.
type Batch struct {
	ID        BatchID
	Kind      ReportKind
	CreatedBy string
	CreatedAt time.Time
	Deadline  time.Time // zero: none
	Note      string    // one line for people
	Counts    Counts
}

// Counts says how many runs are in each state.
type Counts struct {
	Queued, Running, Done, Quarantined, Cancelled int
}

// Total is the number of runs.
func (c Counts) Total() int { return c.Open() + c.Done + c.Quarantined + c.Cancelled }

// Open is the number of runs that have not ended.
func (c Counts) Open() int { return c.Queued + c.Running }
