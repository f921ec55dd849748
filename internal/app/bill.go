package app

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"slices"
	"time"

	"stockdigest.app/stockdigest"
)

// A Made is a report with what it cost.
type Made struct {
	stockdigest.Report
	BillUSD  float64    `json:"bill_usd"`  // dollars paid for it; answers paid for before are free
	SavedUSD float64    `json:"saved_usd"` // dollars that its cached answers had cost whom they were made for
	Calls    []PaidCall `json:"calls"`     // those that it paid for as they began, then the cached ones
}

// A PaidCall is one answer of a model that a report is made of, or one try to
// get it.
type PaidCall struct {
	Step           stockdigest.StepName  `json:"step"`
	Provider       string                `json:"provider"`
	Model          string                `json:"model"`
	Prompt         string                `json:"prompt"` // name and version
	State          stockdigest.CallState `json:"state"`
	TokensIn       int                   `json:"tokens_in"`        // as the provider counted, when it was paid
	TokensInCached int                   `json:"tokens_in_cached"` // of these, read from the provider's own cache
	TokensOut      int                   `json:"tokens_out"`
	USD            float64               `json:"usd"`                 // dollars paid for this report
	SavedUSD       float64               `json:"saved_usd"`           // dollars paid before, when it is cached
	StartedAt      time.Time             `json:"started_at,omitzero"` // none of a cached answer
	MS             int64                 `json:"ms"`                  // milliseconds that the provider took; 0 when it is cached
	Cached         bool                  `json:"cached"`              // the answer stood in the ledger
	Batch          bool                  `json:"batch"`               // it was, or is, part of a batch
}

// allCalls is more calls than a run can make.
const allCalls = 100_000

// made adds the bill of a run to its report. Of one that stood there before
// nothing is paid now.
func (a *App) made(ctx context.Context, run stockdigest.RunID, r stockdigest.Report, stood bool) (Made, error) {
	m := Made{Report: r, Calls: []PaidCall{}}
	paid, err := a.store.Calls(ctx, stockdigest.CallFilter{Run: run, Limit: allCalls})
	if err != nil {
		return m, fmt.Errorf("read the bill of %s: %w", r.Ticker, err)
	}
	used, err := a.store.UsedCalls(ctx, run)
	if err != nil {
		return m, fmt.Errorf("read the answers of %s: %w", r.Ticker, err)
	}
	var bill, saved stockdigest.Micros
	for _, c := range slices.Backward(paid) { // newest first
		switch {
		case !stood:
			bill += c.Cost
			m.Calls = append(m.Calls, paidCall(c))
		case c.State == stockdigest.CallDone: // the rest gave no answer, then
			saved += c.Cost
			m.Calls = append(m.Calls, paidCall(c).cached())
		}
	}
	for _, c := range used {
		saved += c.Cost
		m.Calls = append(m.Calls, paidCall(c).cached())
	}
	m.BillUSD, m.SavedUSD = dollars(bill), dollars(saved)
	return m, nil
}

func paidCall(c stockdigest.Call) PaidCall {
	return PaidCall{
		Step: c.Step, Provider: c.Provider, Model: c.Model, Prompt: c.Prompt, State: c.State,
		TokensIn: c.Usage.In, TokensInCached: c.Usage.InCached, TokensOut: c.Usage.Out,
		USD: dollars(c.Cost), StartedAt: c.Started, MS: c.Took.Milliseconds(), Batch: c.Batch != "",
	}
}

// cached is the call for who had its answer for nothing.
func (c PaidCall) cached() PaidCall {
	c.SavedUSD, c.USD, c.StartedAt, c.MS, c.Cached = c.USD, 0, time.Time{}, 0, true
	return c
}

func dollars(m stockdigest.Micros) float64 { return float64(m) / float64(stockdigest.Dollar) }

// showBill prints what a report cost, step by step and model by model; nothing
// when no call was made for it.
func showBill(c *Console, m Made) {
	type key struct{ step, model string }
	type sum struct {
		calls, cached int
		usd           float64
	}
	sums := map[key]sum{}
	for _, call := range m.Calls {
		at := key{string(call.Step), call.Provider + " " + call.Model}
		s := sums[at]
		s.calls, s.usd = s.calls+1, s.usd+call.USD
		if call.Cached {
			s.cached++
		}
		sums[at] = s
	}
	for _, at := range slices.SortedFunc(maps.Keys(sums), func(a, b key) int {
		return cmp.Or(cmp.Compare(a.step, b.step), cmp.Compare(a.model, b.model))
	}) {
		c.Print("  %-10s %-30s %4d answers, %4d of them cached  $%.6f", at.step, at.model, sums[at].calls, sums[at].cached, sums[at].usd)
	}
	if len(m.Calls) > 0 {
		c.Print("  bill $%.6f, saved $%.6f", m.BillUSD, m.SavedUSD)
	}
}
