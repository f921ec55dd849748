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
	BillUSD float64    `json:"bill_usd"` // of the calls that were made for it; answers paid for before are free
	Calls   []PaidCall `json:"calls"`    // in the order in which they began
}

// A PaidCall is one call to a model that a report made.
type PaidCall struct {
	Step      stockdigest.StepName  `json:"step"`
	Provider  string                `json:"provider"`
	Model     string                `json:"model"`
	Prompt    string                `json:"prompt"`
	State     stockdigest.CallState `json:"state"`
	TokensIn  int                   `json:"tokens_in"`
	TokensOut int                   `json:"tokens_out"`
	USD       float64               `json:"usd"`
	MS        int64                 `json:"ms"`
	Cached    int                   `json:"cached"` // of the tokens in, read from the provider's cache
}

// allCalls is more calls than a run can make.
const allCalls = 100_000

// made adds the bill of a run to its report.
func (a *App) made(ctx context.Context, run stockdigest.RunID, r stockdigest.Report) (Made, error) {
	m := Made{Report: r, Calls: []PaidCall{}}
	calls, err := a.store.Calls(ctx, stockdigest.CallFilter{Run: run, Limit: allCalls})
	if err != nil {
		return m, fmt.Errorf("read the bill of %s: %w", r.Ticker, err)
	}
	var sum stockdigest.Micros
	for _, c := range slices.Backward(calls) { // newest first
		sum += c.Cost
		m.Calls = append(m.Calls, PaidCall{
			Step: c.Step, Provider: c.Provider, Model: c.Model, Prompt: c.Prompt, State: c.State,
			TokensIn: c.Usage.In, TokensOut: c.Usage.Out, Cached: c.Usage.InCached, USD: dollars(c.Cost), MS: int64(c.Took / time.Millisecond),
		})
	}
	m.BillUSD = dollars(sum)
	return m, nil
}

func dollars(m stockdigest.Micros) float64 { return float64(m) / float64(stockdigest.Dollar) }

// showBill prints what a report cost, step by step and model by model; nothing
// when no call was made for it.
func showBill(c *Console, m Made) {
	type key struct{ step, model string }
	type sum struct {
		calls int
		usd   float64
	}
	sums := map[key]sum{}
	for _, call := range m.Calls {
		at := key{string(call.Step), call.Provider + " " + call.Model}
		sums[at] = sum{sums[at].calls + 1, sums[at].usd + call.USD}
	}
	for _, at := range slices.SortedFunc(maps.Keys(sums), func(a, b key) int {
		return cmp.Or(cmp.Compare(a.step, b.step), cmp.Compare(a.model, b.model))
	}) {
		c.Print("  %-10s %-30s %4d calls  $%.6f", at.step, at.model, sums[at].calls, sums[at].usd)
	}
	if len(m.Calls) > 0 {
		c.Print("  bill $%.6f", m.BillUSD)
	}
}
