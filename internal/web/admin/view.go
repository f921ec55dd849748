package admin

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"stockdigest.app/stockdigest"
	"stockdigest.app/stockdigest/internal/web"
)

// runView is a run as lists and pages show it.
type runView struct {
	ID, Ticker, Kind, Class string
	State                   string
	Where                   string // "step 3 of 7, extract, 12 of 40"
	Percent                 int
	Attempts                string // empty at the first
	Cause                   string // of what an operator must look at
	Note                    string // of what went wrong before, or who did what
	Since                   string // how long it has run, waited or been over
	CanCancel, CanRetry     bool
}

func (a *Admin) runView(run stockdigest.Run) runView {
	v := runView{
		ID: string(run.ID), Ticker: string(run.Ticker), Kind: string(run.Kind), Class: string(run.Class),
		State: stateWord(run.State), Where: where(run), Percent: percent(run),
		Since: a.since(run), CanCancel: !run.State.Final(), CanRetry: run.State == stockdigest.RunQuarantined,
	}
	if run.State == stockdigest.RunQuarantined {
		v.Cause = web.Cause(run.Cause)
	} else {
		v.Note = web.Cause(run.Cause)
	}
	if run.Attempts > 1 {
		v.Attempts = fmt.Sprintf("try %d of %d", run.Attempts, stockdigest.MaxAttempts)
	}
	return v
}

// stateWord is a state as people say it.
func stateWord(s stockdigest.RunState) string {
	if s == stockdigest.RunQueued {
		return "waiting"
	}
	return string(s)
}

// where says how far a run is. Lists do not know the steps that are done, but a
// run that is worked on has done those before the one in hand.
func where(run stockdigest.Run) string {
	steps := stockdigest.StepNames()
	at := slices.Index(steps, run.Doing.Step)
	switch {
	case run.State != stockdigest.RunRunning && len(run.Steps) == 0:
		return ""
	case run.State != stockdigest.RunRunning:
		return fmt.Sprintf("%d of %d steps done", len(run.Steps), len(steps))
	case at < 0:
		return "starting"
	case run.Doing.Total == 0:
		return fmt.Sprintf("step %d of %d, %s", at+1, len(steps), run.Doing.Step)
	}
	return fmt.Sprintf("step %d of %d, %s: %d of %d", at+1, len(steps), run.Doing.Step, run.Doing.Done, run.Doing.Total)
}

// percent counts steps, and within the step in hand.
func percent(run stockdigest.Run) int {
	all := len(stockdigest.StepNames())
	if run.State == stockdigest.RunDone {
		return 100
	}
	done := 100 * len(run.Steps)
	if at := slices.Index(stockdigest.StepNames(), run.Doing.Step); run.State == stockdigest.RunRunning && at >= len(run.Steps) {
		done = 100 * at
		if run.Doing.Total > 0 {
			done += 100 * min(run.Doing.Done, run.Doing.Total) / run.Doing.Total
		}
	}
	return min(done/all, 100)
}

func (a *Admin) since(run stockdigest.Run) string {
	switch {
	case !run.EndedAt.IsZero():
		return "ended " + a.clock(run.EndedAt)
	case run.State == stockdigest.RunRunning && !run.StartedAt.IsZero():
		return "running for " + span(a.Now().Sub(run.StartedAt))
	case run.NotBefore.After(a.Now()):
		return "tried again in " + span(run.NotBefore.Sub(a.Now()))
	}
	return "waiting for " + span(a.Now().Sub(run.CreatedAt))
}

// clock is a moment as people read it: the time today, with the date otherwise.
func (a *Admin) clock(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	t, now := t.In(a.config.Zone), a.Now().In(a.config.Zone)
	if stockdigest.DayOf(t, a.config.Zone) == stockdigest.DayOf(now, a.config.Zone) {
		return t.Format("15:04:05")
	}
	return t.Format("2 Jan 15:04")
}

// span is a length of time as people read it.
func span(d time.Duration) string {
	d = max(d, 0)
	switch {
	case d < time.Second:
		return fmt.Sprintf("%d ms", d.Milliseconds())
	case d < time.Minute:
		return fmt.Sprintf("%d s", int(d.Seconds()))
	case d < time.Hour:
		return fmt.Sprintf("%d min", int(d.Minutes()))
	case d < 48*time.Hour:
		return fmt.Sprintf("%d h %02d min", int(d.Hours()), int(d.Minutes())%60)
	}
	return fmt.Sprintf("%d days", int(d.Hours())/24)
}

// batchView is a batch as lists and pages show it.
type batchView struct {
	ID, Kind, Note, By, Created, Deadline string
	Done, Total, Quarantined              int
	Counts                                string // "12 done, 4 running, 43 waiting"
	Open                                  bool
}

func (a *Admin) batchView(b stockdigest.Batch) batchView {
	c := b.Counts
	return batchView{
		ID: string(b.ID), Kind: string(b.Kind), Note: b.Note, By: b.CreatedBy,
		Created: a.clock(b.CreatedAt), Deadline: a.clock(b.Deadline),
		Done: c.Total() - c.Open(), Total: c.Total(), Quarantined: c.Quarantined, Counts: countsLine(c), Open: c.Open() > 0,
	}
}

func countsLine(c stockdigest.Counts) string {
	var parts []string
	for _, p := range []struct {
		n    int
		word string
	}{{c.Done, "done"}, {c.Running, "running"}, {c.Queued, "waiting"}, {c.Quarantined, "quarantined"}, {c.Cancelled, "cancelled"}} {
		if p.n > 0 {
			parts = append(parts, fmt.Sprintf("%d %s", p.n, p.word))
		}
	}
	return cmp.Or(strings.Join(parts, ", "), "empty")
}

// classView is how a class of runs stands against its cap.
type classView struct {
	Class            string
	Running, Waiting int
	Cap              int
}

func (a *Admin) classViews(waiting map[stockdigest.Class]stockdigest.Counts) []classView {
	var all []classView
	for _, class := range stockdigest.Classes() {
		c := waiting[class]
		all = append(all, classView{string(class), c.Running, c.Queued, a.config.Caps.Of(class)})
	}
	return all
}

// providerView is how a provider does.
type providerView struct {
	Name, State, Error string
	Open               int
	Bad, CanReset      bool
}

func (a *Admin) providerView(p stockdigest.ProviderState) providerView {
	v := providerView{Name: p.Name, State: "well", Open: p.Open}
	switch {
	case p.Tripped != "":
		v.State, v.Bad, v.CanReset = "stopped until an operator lets it go on: "+web.Cause(p.Tripped), true, true
	case p.NextTry.After(a.Now()):
		v.State, v.Bad = "paused, tried again "+a.clock(p.NextTry), true
	case p.Failures > 0:
		v.State = fmt.Sprintf("%d failed in a row", p.Failures)
	}
	if p.Error != "" && (v.Bad || p.Failures > 0) {
		v.Error = web.Cause(p.Error)
	}
	return v
}

// spentView is a cap and what is left of it.
type spentView struct {
	Scope, Name, Settled, Reserved, Cap, Left string
	Percent                                   int
}

func spentOf(s stockdigest.Spent) spentView {
	v := spentView{
		Scope: s.Scope, Name: s.Name, Settled: dollars(s.Settled), Cap: dollars(s.Cap), Left: dollars(s.Left()),
	}
	if s.Reserved > 0 {
		v.Reserved = dollars(s.Reserved)
	}
	if s.Cap > 0 {
		v.Percent = int(min(100, 100*(s.Settled+s.Reserved)/s.Cap))
	}
	return v
}

// dollars is money to the cent, or exactly when it is less.
func dollars(m stockdigest.Micros) string {
	const cent = stockdigest.Dollar / 100
	if m >= cent {
		m = (m + cent/2) / cent * cent
	}
	return m.String()
}

// number is a count with its thousands apart: 1,203,311.
func number(n int) string {
	s := strconv.Itoa(n)
	for i := len(s) - 3; i > 0; i -= 3 {
		s = s[:i] + "," + s[i:]
	}
	return s
}

type slotView struct{ Kind, When, In string }

func (a *Admin) slotViews(slots []stockdigest.Slot) []slotView {
	var all []slotView
	for _, s := range slots {
		all = append(all, slotView{string(s.Kind), string(s.Day) + " " + s.At.String(), span(s.Due.Sub(a.Now()))})
	}
	return all
}
