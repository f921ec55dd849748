package admin

import (
	"cmp"
	"context"
	"errors"
	"net/http"
	"slices"
	"time"

	"stockdigest.app/stockdigest"
	"stockdigest.app/stockdigest/internal/web"
)

// runPage is one run.
type runPage struct {
	frame
	Run    runView
	Facts  []fact
	Steps  []stepView
	Calls  []callView
	Cost   string
	Report *reportView
}

type fact struct{ Name, Value, Link string }

type stepView struct{ Name, At, Took, Note string }

type callView struct {
	Started, Model, Prompt, Step, State, In, Out, Cost, Took, Error string
}

type reportView struct{ Status, Reason, BottomLine, Writer string }

func (a *Admin) run(w http.ResponseWriter, r *http.Request, who stockdigest.Access) error {
	id, err := pathID(r)
	if err != nil {
		return err
	}
	run, err := a.Runs.RunByID(r.Context(), stockdigest.RunID(id))
	if err != nil {
		return err
	}
	page := runPage{frame: a.frame(string(run.Ticker)+" "+string(run.Kind), who), Run: a.runView(run), Facts: a.facts(run), Steps: a.steps(run)}
	if !run.State.Final() {
		page.Refresh = refresh
	}
	if err := a.addCalls(r.Context(), &page, run.ID); err != nil {
		return err
	}
	if err := a.addReport(r.Context(), &page, run); err != nil {
		return err
	}
	return a.render(w, http.StatusOK, "run", page)
}

func (a *Admin) facts(run stockdigest.Run) []fact {
	all := []fact{
		{Name: "As of", Value: run.AsOf.In(a.config.Zone).Format("2 January 2006 15:04")},
		{Name: "Class", Value: string(run.Class)},
		{Name: "Asked for by", Value: run.CreatedBy},
		{Name: "Made", Value: a.clock(run.CreatedAt)},
		{Name: "Started", Value: a.clock(run.StartedAt)},
		{Name: "Ended", Value: a.clock(run.EndedAt)},
		{Name: "Deadline", Value: a.clock(run.Deadline)},
		{Name: "Worker", Value: run.Worker},
	}
	if run.Batch != "" {
		all = append(all, fact{Name: "Batch", Value: "see the whole batch", Link: prefix + "/batches/" + string(run.Batch)})
	}
	known := all[:0]
	for _, f := range all {
		if f.Value != "" {
			known = append(known, f)
		}
	}
	return known
}

// steps lists the marks, each with the time since the one before.
func (a *Admin) steps(run stockdigest.Run) []stepView {
	var all []stepView
	before := run.StartedAt
	for _, s := range run.Steps {
		v := stepView{Name: string(s.Step), At: a.clock(s.At), Note: web.Cause(s.Note)}
		if !before.IsZero() && s.At.After(before) {
			v.Took = span(s.At.Sub(before))
		}
		all, before = append(all, v), s.At
	}
	return all
}

func (a *Admin) addCalls(ctx context.Context, page *runPage, id stockdigest.RunID) error {
	calls, err := a.Money.Calls(ctx, stockdigest.CallFilter{Run: id, Limit: maxCalls})
	var cost stockdigest.Micros
	for _, c := range calls {
		cost += c.Cost
		page.Calls = append(page.Calls, callView{
			Started: a.clock(c.Started), Model: c.Provider + " " + c.Model, Prompt: c.Prompt, Step: string(c.Step), State: string(c.State),
			Cost: c.Cost.String(), Took: took(c.Took), Error: web.Cause(c.Error), In: number(c.Usage.In), Out: number(c.Usage.Out),
		})
	}
	page.Cost = cost.String()
	return err
}

func took(d time.Duration) string {
	if d == 0 {
		return ""
	}
	return span(d)
}

func (a *Admin) addReport(ctx context.Context, page *runPage, run stockdigest.Run) error {
	if run.State != stockdigest.RunDone {
		return nil
	}
	report, err := a.Reports.Report(ctx, run.ID)
	if errors.Is(err, stockdigest.ErrNotFound) {
		return nil
	}
	page.Report = &reportView{string(report.Status), web.Cause(report.Reason), report.BottomLine, report.Writer}
	return err
}

// batchPage is one batch.
type batchPage struct {
	frame
	Batch batchView
	Runs  []runView
}

func (a *Admin) batch(w http.ResponseWriter, r *http.Request, who stockdigest.Access) error {
	id, err := pathID(r)
	if err != nil {
		return err
	}
	b, err := a.Batches.Batch(r.Context(), stockdigest.BatchID(id))
	if err != nil {
		return err
	}
	runs, err := a.Runs.Runs(r.Context(), stockdigest.RunFilter{Batch: b.ID, Limit: maxBatch})
	if err != nil {
		return err
	}
	slices.SortStableFunc(runs, func(a, b stockdigest.Run) int { return cmp.Compare(urgency(a.State), urgency(b.State)) })
	page := batchPage{frame: a.frame("Batch of "+a.clock(b.CreatedAt), who), Batch: a.batchView(b), Runs: a.runViews(runs)}
	if page.Batch.Open {
		page.Refresh = refresh
	}
	return a.render(w, http.StatusOK, "batch", page)
}

// urgency is the place of a state in a list that begins with what a person must
// look at.
func urgency(s stockdigest.RunState) int {
	return slices.Index([]stockdigest.RunState{
		stockdigest.RunQuarantined, stockdigest.RunRunning, stockdigest.RunQueued, stockdigest.RunDone, stockdigest.RunCancelled,
	}, s)
}
