package stockdigest

import (
	"encoding/json"
	"fmt"
	"strings"
	"time"
)

// A Prompt is what goes to a model. Name and Version say which template it was
// rendered from; together with the text they decide whether an answer that was
// paid for already can be used again.
type Prompt struct {
	Name, Version string
	System        string
	Input         string
	Schema        json.RawMessage // JSON schema of the answer
	MaxOutput     int             // tokens
}

// An Edition names one version of a prompt: another system text for the same
// input and the same form of answer.
type Edition struct {
	Prompt  string `json:"prompt"`
	Version string `json:"version"`
}

// String is the prompt and its version, as the ledger writes them: write 2.
func (e Edition) String() string { return e.Prompt + " " + e.Version }

// ParseEdition reads an edition as settings write it: write=2.
func ParseEdition(s string) (Edition, error) {
	prompt, version, ok := strings.Cut(strings.TrimSpace(s), "=")
	if !ok || prompt == "" || version == "" {
		return Edition{}, Invalid(fmt.Sprintf("%q is no version of a prompt: write prompt=version, such as write=2", s))
	}
	return Edition{prompt, version}, nil
}

// A Completion is a model's answer. Nothing in it is trusted.
type Completion struct {
	Text   string
	Stop   string // why the model stopped: StopEnd, StopLength, StopRefusal or StopOther
	Usage  Usage
	Model  string // as the provider named it
	Cached bool   // from our own ledger: nothing was paid now
}

// Usage counts tokens as the provider reported them.
type Usage struct {
	In       int `json:"in"`        // all input tokens, cached ones too
	InCached int `json:"in_cached"` // of those, read from the provider's cache
	Out      int `json:"out"`
}

// PageReader is the provider that reads pages for money. Credits are its
// tokens, and the budget has a cap of its own for it.
const PageReader = "scrapfly"

// A Model is one model of a provider, both as the price list names them.
type Model struct{ Provider, Name string }

// String is provider:name, as settings write it.
func (m Model) String() string { return m.Provider + ":" + m.Name }

// ParseModels reads models as settings write them, such as
// claude:claude-haiku-4-5,openai:gpt-5-mini.
func ParseModels(s string) ([]Model, error) {
	var all []Model
	for part := range strings.SplitSeq(s, ",") {
		part = strings.TrimSpace(part)
		if part == "" {
			continue
		}
		provider, name, ok := strings.Cut(part, ":")
		if !ok || provider == "" || name == "" {
			return nil, Invalid(fmt.Sprintf("%q is no model: write provider:model, such as openai:gpt-5-mini", part))
		}
		all = append(all, Model{provider, name})
	}
	return all, nil
}

// An Ask is one paid call that a step wants.
type Ask struct {
	Run      RunID
	Ticker   Symbol // of the run
	Step     StepName
	Reader   ReaderID // who pays; empty: the house
	Provider string
	Model    string
	Prompt   Prompt
	Ahead    bool // before the run knows that it needs the answer: a quarter of every cap is for such calls

	// Late is until when the answer may come, in a batch for less; zero: somebody
	// waits for it.
	Late time.Time
}

// A Call is one line of the call ledger.
type Call struct {
	ID       string        `json:"id"`
	Key      string        `json:"key"` // hash of provider, model, prompt version and text
	Provider string        `json:"provider"`
	Model    string        `json:"model"`
	Prompt   string        `json:"prompt"` // name and version
	Run      RunID         `json:"run"`
	Step     StepName      `json:"step"`
	State    CallState     `json:"state"`
	Reserved Micros        `json:"reserved_micros"`
	Cost     Micros        `json:"cost_micros"`
	Usage    Usage         `json:"usage"`
	Error    string        `json:"error,omitempty"`
	Started  time.Time     `json:"started"`
	Took     time.Duration `json:"took"`
	Batch    string        `json:"batch,omitempty"` // of the batch job that it was part of
}

// An Answered is a call that was answered, with the answer. A recorded night
// keeps them, so that nobody pays for it again.
type Answered struct {
	Call       Call
	Completion Completion
}

// A CallState is where a paid call stands.
type CallState string

// The states of a call.
const (
	CallOpen   CallState = "open"   // sent, or about to be
	CallDone   CallState = "done"   // answered; the answer is stored and used again
	CallFailed CallState = "failed" // refused by the provider, nothing was billed
	CallLost   CallState = "lost"   // nobody knows whether it was billed; counts in full
)

// A CallReason says why a provider gave no answer.
type CallReason string

// The reasons.
const (
	CallBusy        CallReason = "busy"        // 429: asked too much
	CallOverloaded  CallReason = "overloaded"  // 500, 502, 503, 529
	CallTimeout     CallReason = "timeout"     // no whole answer in time
	CallBroken      CallReason = "broken"      // the connection or the answer broke off
	CallBadKey      CallReason = "bad key"     // 401, 403
	CallNoFunds     CallReason = "no funds"    // 402, or a quota that is used up
	CallBadRequest  CallReason = "bad request" // 400, 413, 422: our fault
	CallNoModel     CallReason = "no model"    // 404: it has no such model
	CallClock       CallReason = "clock"       // the clock of this machine is off; only a probe looks
	CallUnavailable CallReason = "unavailable" // no connection at all
	CallUnrecorded  CallReason = "unrecorded"  // a recorded night holds no answer to it
)

// A CallError is why a provider gave no answer.
type CallError struct {
	Provider    string
	Reason      CallReason
	Status      int           // of HTTP; 0: none came
	RetryAfter  time.Duration // as the provider asked; 0: it did not
	MaybeBilled bool          // the provider may have worked, and bills it
	Err         error         // for operators; holds no key
}

// Error names the provider and the reason.
func (e *CallError) Error() string {
	s := e.Provider + ": " + string(e.Reason)
	if e.Status != 0 {
		s += fmt.Sprintf(" (%d)", e.Status)
	}
	if e.Err != nil {
		s += ": " + e.Err.Error()
	}
	return s
}

// Temporary reports whether the same call may work later.
func (e *CallError) Temporary() bool {
	switch e.Reason {
	case CallBusy, CallOverloaded, CallTimeout, CallBroken, CallUnavailable:
		return true
	default:
		return false
	}
}

// Unwrap gives the kind that callers handle, and the cause.
func (e *CallError) Unwrap() []error {
	kind := ErrUnavailable
	switch e.Reason {
	case CallBadKey, CallNoFunds:
		kind = ErrDenied
	case CallBadRequest, CallNoModel, CallUnrecorded:
		kind = ErrInvalid
	default: // it may work later
	}
	return []error{kind, e.Err}
}

// OverBudget is the error of a paid call that no cap leaves room for.
type OverBudget struct { //nolint:errname // the kinds of this package read as what they are
	Scope string // run, reader, day or month
	Cap   Micros
	Spent Micros
	Want  Micros // what the call may cost at worst
}

// Error names the cap.
func (e *OverBudget) Error() string {
	return fmt.Sprintf("over the budget of the %s: %s spent of %s, the call may cost %s", e.Scope, e.Spent, e.Cap, e.Want)
}

// Unwrap gives the kind, ErrDenied.
func (e *OverBudget) Unwrap() error { return ErrDenied }
