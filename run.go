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

// A Run is the work for one ticker in one window. There is one run per
// (ticker, kind, as-of time); asking again finds it.
type Run struct {
	ID       RunID
	Ticker   Symbol
	Kind     ReportKind
	AsOf     time.Time
	TimeZone string // IANA name of the reader's or schedule's zone, for days in text
	State    RunState
	Token    int64 // fencing token of the claim in hand; every write of a step carries it
	Steps    []StepDone
}

// Window returns the time the run looks at.
func (r Run) Window() Window { return r.Kind.Window(r.AsOf) }

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

// The states of a run.
const (
	RunQueued  RunState = "queued"
	RunRunning RunState = "running"
	RunDone    RunState = "done"
	RunFailed  RunState = "failed"
)

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
	Stories    []Story     // of this run, once clustered; most important first
	Told       []ToldStory // told by reports with an as-of time before this run's
}

// A Progress is told how far a step is. It may be nil, is called from one
// goroutine at a time and must not block.
type Progress func(run Run, step StepName, done, total int)
