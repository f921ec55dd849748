package stockdigest

import "time"

// A RunID names one run; it is a UUIDv7.
type RunID string

// A ReportKind is the kind of a report and of the run that makes it.
type ReportKind string

// The kinds of reports.
const (
	Daily  ReportKind = "daily"  // 24 hours
	Weekly ReportKind = "weekly" // 7 days
	AdHoc  ReportKind = "ad-hoc" // 7 days, asked for by a reader
)

// Validate refuses an unknown kind.
func (k ReportKind) Validate() error {
	switch k {
	case Daily, Weekly, AdHoc:
		return nil
	}
	return Invalid("unknown kind " + quote(string(k)) + ": use daily, weekly or ad-hoc")
}

// Window returns the time a report of this kind at asOf looks at.
func (k ReportKind) Window(asOf time.Time) Window {
	if k == Daily {
		return Window{From: asOf.Add(-24 * time.Hour), To: asOf}
	}
	return Window{From: asOf.Add(-7 * 24 * time.Hour), To: asOf}
}

// A Window is a half-open span of time: after From, up to and including To.
type Window struct {
	From, To time.Time
}

// Holds reports whether t lies in the window.
func (w Window) Holds(t time.Time) bool { return t.After(w.From) && !t.After(w.To) }

// A Class says who waits for a run. Better classes are claimed first, and each
// has a cap over the whole fleet.
type Class string

// The classes.
const (
	ClassScheduled Class = "scheduled" // the morning batch
	ClassResearch  Class = "research"  // asked for by an operator, or at a terminal
	ClassAdHoc     Class = "ad-hoc"    // asked for by a reader, for a credit
)

// Classes lists the classes, best first.
func Classes() []Class { return []Class{ClassScheduled, ClassResearch, ClassAdHoc} }

// Validate refuses an unknown class.
func (c Class) Validate() error {
	if c.Rank() > 0 {
		return nil
	}
	return Invalid("unknown class " + quote(string(c)) + ": use scheduled, research or ad-hoc")
}

// Rank is the priority of the class: lower goes first. Zero is no class.
func (c Class) Rank() int {
	switch c {
	case ClassScheduled:
		return 10
	case ClassResearch:
		return 30
	case ClassAdHoc:
		return 50
	}
	return 0
}

// Caps are how many runs may be worked on at once over the whole fleet. Every
// process must be given the same.
type Caps struct {
	Scheduled, AdHoc, Total int
}

// DefaultCaps are the caps when nobody says otherwise.
func DefaultCaps() Caps { return Caps{Scheduled: 4, AdHoc: 2, Total: 5} }

// Of returns the cap of a class. Research has none of its own.
func (c Caps) Of(class Class) int {
	switch class {
	case ClassScheduled:
		return min(c.Scheduled, c.Total)
	case ClassAdHoc:
		return min(c.AdHoc, c.Total)
	default:
		return c.Total
	}
}

// A Claim is what a worker takes a run with.
type Claim struct {
	Worker string        // unique per process start
	Lease  time.Duration // how long the claim lives without a heartbeat
	Caps   Caps
}

// A Run is the work for one ticker in one window. There is one run per
// (ticker, kind, as-of time); asking again finds it.
type Run struct {
	ID        RunID
	Ticker    Symbol
	Kind      ReportKind
	AsOf      time.Time
	TimeZone  string // IANA name of the reader's or schedule's zone, for days in text
	Class     Class
	Batch     BatchID   // empty: it stands alone
	Refreshes RunID     // the run whose report this one adds late bullets to; empty: none
	CreatedBy string    // "schedule", "operator ada", "reader 0192…", "terminal"
	CreatedAt time.Time // by the program's clock
	Deadline  time.Time // from then on the run publishes what it has; zero: never
	State     RunState
	Token     int64     // fencing token of the claim in hand; every write of a step carries it
	Attempts  int       // claims so far, without those that a stop handed back
	Cause     string    // of the last failure, for people
	NotBefore time.Time // a queued run that failed waits until then
	Worker    string    // who has it, or had it last
	Doing     Doing     // as the last heartbeat told
	StartedAt time.Time // of the first claim, by the program's clock
	EndedAt   time.Time // zero while it has not ended
	Steps     []StepDone
}

// A RunFilter says which runs a list shows; empty fields let all pass.
type RunFilter struct {
	Batch  BatchID
	State  RunState
	Class  Class
	Limit  int   // how many at most; zero means 100
	Before RunID // only runs made before this one: the last of the page before
}

// Window returns the time the run looks at. A refresh looks for what is new, so
// that a day is enough whatever its report is about.
func (r Run) Window() Window {
	if r.Refreshes != "" {
		return Daily.Window(r.AsOf)
	}
	return r.Kind.Window(r.AsOf)
}

// Late is until when the answers of models may come: a scheduled run's deadline.
// Zero: somebody waits for the run.
func (r Run) Late() time.Time {
	if r.Class != ClassScheduled {
		return time.Time{}
	}
	return r.Deadline
}

// Done reports whether the step has its mark.
func (r Run) Done(step StepName) bool {
	for _, s := range r.Steps {
		if s.Step == step {
			return true
		}
	}
	return false
}

// A RunState is where a run stands.
type RunState string

// The states of a run: queued -> running -> done | quarantined | cancelled, and
// back from running to queued when a worker stops, dies or fails. The last three
// are final, but a person may queue a quarantined run again.
const (
	RunQueued      RunState = "queued"
	RunRunning     RunState = "running"
	RunDone        RunState = "done"
	RunQuarantined RunState = "quarantined" // failed MaxAttempts times, with the cause
	RunCancelled   RunState = "cancelled"
)

// Final reports whether the state is an end.
func (s RunState) Final() bool {
	return s == RunDone || s == RunQuarantined || s == RunCancelled
}

// MaxAttempts is how often a run is tried before it is put in quarantine.
const MaxAttempts = 3

// A Doing is where a worker stands in a run; its heartbeat carries it.
type Doing struct {
	Step        StepName
	Done, Total int
}

// A StepName names a step of the pipeline.
type StepName string

// The steps in their order.
const (
	StepIngest    StepName = "ingest"
	StepTriage    StepName = "triage"
	StepExtract   StepName = "extract"
	StepCluster   StepName = "cluster"
	StepSummarize StepName = "summarize"
	StepVerify    StepName = "verify"
	StepCompose   StepName = "compose"
)

// StepNames lists the steps in their order.
func StepNames() []StepName {
	return []StepName{StepIngest, StepTriage, StepExtract, StepCluster, StepSummarize, StepVerify, StepCompose}
}

// CutNote begins the note of a step that the run's deadline cut short: its mark
// stands, but it did not do all of its work.
const CutNote = "cut at the deadline"

// A StepDone is the mark of a finished step.
type StepDone struct {
	Step StepName
	At   time.Time
	Note string // one line for people: "18 items from 2 of 2 feeds, 12 rejected"
}

// Material is all that a run holds when it reads: what was found, decided,
// stored and told before. Slices are sorted so that equal rows give equal
// bytes: Candidates newest first then by ID, Filings newest first then by
// Accession, Polls by URL, Told by ToldAt then ID.
type Material struct {
	Ticker     Ticker
	Feeds      []TickerFeed
	Polls      []Poll
	Candidates []Candidate
	Filings    []Filing
	Earlier    []Filing    // of before the window, as far as they are kept: what news may be set beside; only the summarize step reads them
	Price      *PriceCard  // nil: not fetched, or no source told it
	Stories    []Story     // of this run, once clustered; most important first
	Told       []ToldStory // told by reports with an as-of time before this run's
}

// A Progress is told how far a step is. It may be nil, is called from one
// goroutine at a time and must not block.
type Progress func(run Run, step StepName, done, total int)
