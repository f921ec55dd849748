package api

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"time"

	"github.com/go-chi/chi/v5"
	"github.com/google/uuid"

	"stockdigest.app/stockdigest"
	"stockdigest.app/stockdigest/internal/web"
)

// job is a run as programs see it.
type job struct {
	Run       stockdigest.RunID      `json:"run_id"`
	Ticker    stockdigest.Symbol     `json:"ticker"`
	Kind      stockdigest.ReportKind `json:"kind"`
	Class     stockdigest.Class      `json:"class"`
	AsOf      time.Time              `json:"as_of"`
	State     stockdigest.RunState   `json:"state"`
	Step      stockdigest.StepName   `json:"step,omitempty"` // in progress, or the last one
	Progress  progress               `json:"progress"`
	Attempts  int                    `json:"attempts"`
	Cause     string                 `json:"cause,omitempty"`
	CreatedAt time.Time              `json:"created_at"`
	StartedAt time.Time              `json:"started_at,omitzero"`
	EndedAt   time.Time              `json:"ended_at,omitzero"`
	Steps     []step                 `json:"steps"`
	Report    *stockdigest.Report    `json:"report,omitempty"`
	Held      string                 `json:"held,omitempty"` // why the report is not shown yet

	// For operators: who works for whom is nobody else's business.
	Batch     stockdigest.BatchID `json:"batch_id,omitempty"`
	CreatedBy string              `json:"created_by,omitempty"`
	Worker    string              `json:"worker,omitempty"`
}

// progress counts within the step, and the steps.
type progress struct {
	Done       int `json:"done"`
	Total      int `json:"total"`
	StepsDone  int `json:"steps_done"`
	StepsTotal int `json:"steps_total"`
}

type step struct {
	Step stockdigest.StepName `json:"step"`
	At   time.Time            `json:"at"`
	Note string               `json:"note"`
}

// jobOf shows a run to who.
func jobOf(run stockdigest.Run, who stockdigest.Access) job {
	j := job{
		Run: run.ID, Ticker: run.Ticker, Kind: run.Kind, Class: run.Class, AsOf: run.AsOf, State: run.State,
		Step: run.Doing.Step, Attempts: run.Attempts, Cause: causeFor(run, who),
		Progress:  progress{run.Doing.Done, run.Doing.Total, len(run.Steps), len(stockdigest.StepNames())},
		CreatedAt: run.CreatedAt, StartedAt: run.StartedAt, EndedAt: run.EndedAt, Steps: []step{},
	}
	for _, s := range run.Steps {
		j.Steps = append(j.Steps, step{s.Step, s.At, web.Cause(s.Note)})
	}
	if who.Operator() {
		j.Batch, j.CreatedBy, j.Worker = run.Batch, run.CreatedBy, run.Worker
	}
	return j
}

// causeFor is why a run failed. Readers are told once it is final, and never
// which operator did something.
func causeFor(run stockdigest.Run, who stockdigest.Access) string {
	switch {
	case who.Operator(), run.State == stockdigest.RunQuarantined:
		return web.Cause(run.Cause)
	case run.State == stockdigest.RunCancelled:
		return "cancelled by an operator"
	}
	return ""
}

// job shows a run to operators and to the readers who asked for it.
func (a *API) job(w http.ResponseWriter, r *http.Request, who stockdigest.Access) error {
	id, err := runID(r)
	if err != nil {
		return err
	}
	if !who.Operator() {
		asked, err := a.Orders.Asked(r.Context(), who.Reader, id)
		if err != nil {
			return err
		}
		if !asked {
			return noJob()
		}
	}
	run, err := a.Runs.RunByID(r.Context(), id)
	if err != nil {
		return err
	}
	j := jobOf(run, who)
	if err := a.addReport(r, &j, who); err != nil {
		return err
	}
	return web.WriteJSON(w, http.StatusOK, j)
}

// addReport adds the report of a job that is done. A held one is for operators
// until a person has looked at it, and so are the writer's reasons.
func (a *API) addReport(r *http.Request, j *job, who stockdigest.Access) error {
	if j.State != stockdigest.RunDone {
		return nil
	}
	report, err := a.Reports.Report(r.Context(), j.Run)
	switch {
	case errors.Is(err, stockdigest.ErrNotFound):
		return nil // removed since, or made by a program without it
	case err != nil:
		return err
	case report.Status == stockdigest.ReportHeld && !who.Operator():
		j.Held = "a person looks at this report first"
		return nil
	case !who.Operator():
		withoutReasons(&report)
	}
	j.Report = &report
	return nil
}

func withoutReasons(r *stockdigest.Report) {
	for _, s := range r.Sections {
		for i := range s.Bullets {
			s.Bullets[i].Why = ""
		}
	}
}

func (a *API) cancel(w http.ResponseWriter, r *http.Request, who stockdigest.Access) error {
	id, err := runID(r)
	if err != nil {
		return err
	}
	if err := a.Runs.CancelRun(r.Context(), id, by(who)); err != nil {
		return err
	}
	return a.show(w, r, id, who)
}

func (a *API) retry(w http.ResponseWriter, r *http.Request, who stockdigest.Access) error {
	id, err := runID(r)
	if err != nil {
		return err
	}
	if err := a.Runs.RetryRun(r.Context(), id, by(who)); err != nil {
		return err
	}
	return a.show(w, r, id, who)
}

func (a *API) show(w http.ResponseWriter, r *http.Request, id stockdigest.RunID, who stockdigest.Access) error {
	run, err := a.Runs.RunByID(r.Context(), id)
	if err != nil {
		return err
	}
	return web.WriteJSON(w, http.StatusOK, jobOf(run, who))
}

// by is an operator as rows name one.
func by(who stockdigest.Access) string { return "operator " + who.Name }

// maxSubmit is the most companies of one batch; a night has six hundred.
const maxSubmit = 1000

// submit opens a batch of one run per company, as of now. The same request with
// the same key, should somebody send one, is the same batch.
func (a *API) submit(w http.ResponseWriter, r *http.Request, who stockdigest.Access) error {
	var body struct {
		Tickers []string               `json:"tickers"`
		Kind    stockdigest.ReportKind `json:"kind"`
	}
	if err := web.ReadJSON(r, &body); err != nil {
		return err
	}
	if body.Kind == "" {
		body.Kind = stockdigest.Daily
	}
	if err := body.Kind.Validate(); err != nil {
		return err
	}
	if len(body.Tickers) == 0 || len(body.Tickers) > maxSubmit {
		return stockdigest.Invalid(fmt.Sprintf("name 1 to %d tickers", maxSubmit))
	}
	runs, err := a.runsOf(body.Tickers, body.Kind, by(who))
	if err != nil {
		return err
	}
	batch := stockdigest.Batch{ID: batchID(r.Header.Get("Idempotency-Key"), runs), Kind: body.Kind, CreatedBy: by(who), Note: "submitted"}
	if batch, err = a.open(r.Context(), batch, runs); err != nil {
		return err
	}
	w.Header().Set("Location", "/jobs/batch/"+string(batch.ID))
	return web.WriteJSON(w, http.StatusAccepted, batchOf(batch, nil))
}

// batchID is the name that a key gives to the batch of these runs; without a key
// the store gives one.
func batchID(key string, runs []stockdigest.Run) stockdigest.BatchID {
	if key == "" {
		return ""
	}
	parts := []string{key}
	for _, run := range runs {
		parts = append(parts, string(run.Ticker), string(run.Kind), run.CreatedBy)
	}
	return stockdigest.BatchID(uuid.NewSHA1(uuid.NameSpaceURL, []byte(strings.Join(parts, "\n"))).String())
}

// open opens the batch, or finds the one that the same request opened before.
func (a *API) open(ctx context.Context, b stockdigest.Batch, runs []stockdigest.Run) (stockdigest.Batch, error) {
	opened, err := a.Batches.OpenBatch(ctx, b, runs)
	if err == nil || b.ID == "" {
		return opened, err
	}
	if before, findErr := a.Batches.Batch(ctx, b.ID); findErr == nil {
		return before, nil
	}
	return opened, err
}

// runsOf names each company once.
func (a *API) runsOf(tickers []string, kind stockdigest.ReportKind, by string) ([]stockdigest.Run, error) {
	asOf := a.Now().UTC().Truncate(time.Microsecond)
	runs := make([]stockdigest.Run, 0, len(tickers))
	seen := map[stockdigest.Symbol]bool{}
	for _, s := range tickers {
		t, err := a.Tickers.Lookup(s)
		if err != nil {
			return nil, err
		}
		if !seen[t.Symbol] {
			seen[t.Symbol] = true
			runs = append(runs, stockdigest.Run{
				Ticker: t.Symbol, Kind: kind, AsOf: asOf, TimeZone: a.TimeZone, Class: stockdigest.ClassResearch, CreatedBy: by,
			})
		}
	}
	return runs, nil
}

// batch is a set of runs as programs see it.
type batch struct {
	Batch     stockdigest.BatchID    `json:"batch_id"`
	Kind      stockdigest.ReportKind `json:"kind"`
	Note      string                 `json:"note,omitempty"`
	CreatedBy string                 `json:"created_by"`
	CreatedAt time.Time              `json:"created_at"`
	Deadline  time.Time              `json:"deadline,omitzero"`
	Counts    counts                 `json:"counts"`
	Jobs      []job                  `json:"jobs,omitempty"`
}

type counts struct {
	Total       int `json:"total"`
	Queued      int `json:"queued"`
	Running     int `json:"running"`
	Done        int `json:"done"`
	Quarantined int `json:"quarantined"`
	Cancelled   int `json:"cancelled"`
}

func batchOf(b stockdigest.Batch, jobs []job) batch {
	c := b.Counts
	return batch{
		Batch: b.ID, Kind: b.Kind, Note: b.Note, CreatedBy: b.CreatedBy, CreatedAt: b.CreatedAt, Deadline: b.Deadline,
		Counts: counts{c.Total(), c.Queued, c.Running, c.Done, c.Quarantined, c.Cancelled}, Jobs: jobs,
	}
}

func (a *API) batch(w http.ResponseWriter, r *http.Request, who stockdigest.Access) error {
	id, err := uuid.Parse(chi.URLParam(r, "id"))
	if err != nil {
		return stockdigest.NotFound("there is no such batch")
	}
	b, err := a.Batches.Batch(r.Context(), stockdigest.BatchID(id.String()))
	if err != nil {
		return err
	}
	runs, err := a.Runs.Runs(r.Context(), stockdigest.RunFilter{Batch: b.ID, Limit: maxSubmit})
	if err != nil {
		return err
	}
	jobs := make([]job, 0, len(runs))
	for _, run := range runs {
		jobs = append(jobs, jobOf(run, who))
	}
	return web.WriteJSON(w, http.StatusOK, batchOf(b, jobs))
}
