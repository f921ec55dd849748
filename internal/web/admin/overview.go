package admin

import (
	"context"
	"net/http"

	"stockdigest.app/stockdigest"
)

// How much the pages show, and how often they look again.
const (
	maxBatches = 8
	maxRuns    = 50
	maxBatch   = 1000
	maxCalls   = 200
	maxSlots   = 8
	refresh    = 15 // seconds
)

// overviewView is the first page.
type overviewView struct {
	frame
	Summary     string
	Paused      bool
	Quarantined []runView
	Running     []runView
	Batches     []batchView
	Classes     []classView
	Total       int // cap over all classes
	Providers   []providerView
	Money       []spentView
	Models      []modelView
	Slots       []slotView
	Scheduled   bool
}

type modelView struct {
	Name, Cost, TokensIn, TokensOut string
	Calls, Failed, Lost             int
}

func (a *Admin) overview(w http.ResponseWriter, r *http.Request, who stockdigest.Access) error {
	v := overviewView{frame: a.frame("Overview", who), Total: a.config.Caps.Total, Scheduled: a.config.Scheduled}
	v.Paused = r.URL.Query().Has("pause")
	if !v.Paused {
		v.Refresh = refresh
	}
	for _, fill := range []func(context.Context, *overviewView) error{a.addRuns, a.addBatches, a.addMoney, a.addSlots} {
		if err := fill(r.Context(), &v); err != nil {
			return err
		}
	}
	return a.render(w, http.StatusOK, "overview", v)
}

func (a *Admin) addRuns(ctx context.Context, v *overviewView) error {
	waiting, err := a.Runs.Waiting(ctx)
	if err != nil {
		return err
	}
	var c stockdigest.Counts
	for _, n := range waiting {
		c.Queued += n.Queued
		c.Running += n.Running
	}
	v.Classes = a.classViews(waiting)
	if v.Running, err = a.list(ctx, stockdigest.RunRunning); err != nil {
		return err
	}
	if v.Quarantined, err = a.list(ctx, stockdigest.RunQuarantined); err != nil {
		return err
	}
	c.Quarantined = len(v.Quarantined)
	v.Summary = countsLine(c)
	if c == (stockdigest.Counts{}) {
		v.Summary = "nothing runs, nothing waits"
	}
	return nil
}

func (a *Admin) list(ctx context.Context, state stockdigest.RunState) ([]runView, error) {
	runs, err := a.Runs.Runs(ctx, stockdigest.RunFilter{State: state, Limit: maxRuns})
	if err != nil {
		return nil, err
	}
	return a.runViews(runs), nil
}

func (a *Admin) runViews(runs []stockdigest.Run) []runView {
	all := make([]runView, 0, len(runs))
	for _, run := range runs {
		all = append(all, a.runView(run))
	}
	return all
}

func (a *Admin) addBatches(ctx context.Context, v *overviewView) error {
	batches, err := a.Batches.Batches(ctx, maxBatches)
	for _, b := range batches {
		v.Batches = append(v.Batches, a.batchView(b))
	}
	return err
}

func (a *Admin) addMoney(ctx context.Context, v *overviewView) error {
	spending, err := a.Money.Spending(ctx, stockdigest.DayOf(a.Now(), a.config.Zone), a.config.Budget)
	if err != nil {
		return err
	}
	v.Money = []spentView{spentOf(spending.Day), spentOf(spending.Month)}
	for _, m := range spending.Models {
		v.Models = append(v.Models, modelView{
			Name: m.Provider + " " + m.Model, Cost: dollars(m.Cost), Calls: m.Calls, Failed: m.Failed, Lost: m.Lost,
			TokensIn: number(m.TokensIn), TokensOut: number(m.TokensOut),
		})
	}
	providers, err := a.Money.Providers(ctx)
	for _, p := range providers {
		v.Providers = append(v.Providers, a.providerView(p))
	}
	return err
}

func (a *Admin) addSlots(ctx context.Context, v *overviewView) error {
	slots, err := a.Slots.Next(ctx, maxSlots)
	v.Slots = a.slotViews(slots)
	return err
}
