// Package budget knows what paid calls cost: what one may cost at worst, which
// is reserved before it is made, and what it did cost by the tokens that the
// provider counted. It spends nothing and remembers nothing.
package budget

import (
	_ "embed"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"stockdigest.app/stockdigest"
)

//go:embed prices.txt
var list string

// A Price is what one model costs from a day on, per million tokens.
type Price struct {
	Provider string             `json:"provider"`
	Model    string             `json:"model"`
	From     stockdigest.Day    `json:"from"`
	In       stockdigest.Micros `json:"in_micros"`
	InCached stockdigest.Micros `json:"in_cached_micros"`
	Out      stockdigest.Micros `json:"out_micros"`
	Batch    int                `json:"batch_percent,omitempty"` // of the price, in a batch; 0: the model takes no batches
}

// Prices is a price table. Add is for the start of the program; the rest is
// safe for concurrent use.
type Prices struct {
	rows []Price // by provider, model and day
}

// New returns the table that the program brings.
func New() (*Prices, error) {
	p := &Prices{}
	if err := p.Add(list); err != nil {
		return nil, fmt.Errorf("read the price list of the program: %w", err)
	}
	return p, nil
}

// Add reads more prices, one in a line: provider, model, day, and dollars per
// million tokens in, cached and out; then, of a model that takes batches, what
// part of its price they cost, such as 50%. A line for the same model and day
// takes the place of the one before. Empty lines and those that begin with # say
// nothing. Nothing is added when a line is wrong.
func (p *Prices) Add(text string) error {
	rows := slices.Clone(p.rows)
	for i, line := range strings.Split(text, "\n") {
		fields := strings.Fields(line)
		if len(fields) == 0 || strings.HasPrefix(fields[0], "#") {
			continue
		}
		price, err := parse(fields)
		if err != nil {
			return stockdigest.Invalid(fmt.Sprintf("price list, line %d: %s", i+1, stockdigest.Message(err)))
		}
		at, found := slices.BinarySearchFunc(rows, price, compare)
		if found {
			rows[at] = price
		} else {
			rows = slices.Insert(rows, at, price)
		}
	}
	p.rows = rows
	return nil
}

func compare(a, b Price) int {
	return slices.Compare([]string{a.Provider, a.Model, string(a.From)}, []string{b.Provider, b.Model, string(b.From)})
}

// maxPrice is more than any model costs, in dollars per million tokens. It
// keeps every sum within its type.
const maxPrice = 1_000 * stockdigest.Dollar

func parse(fields []string) (Price, error) {
	if len(fields) != 6 && len(fields) != 7 {
		return Price{}, stockdigest.Invalid("want provider, model, day, three prices in dollars per million tokens, and for batches a percentage such as 50%")
	}
	day, err := stockdigest.ParseDay(fields[2])
	if err != nil {
		return Price{}, err
	}
	price := Price{Provider: fields[0], Model: fields[1], From: day}
	for i, into := range []*stockdigest.Micros{&price.In, &price.InCached, &price.Out} {
		*into, err = stockdigest.ParseDollars(fields[3+i])
		if err != nil {
			return Price{}, err
		}
		if *into > maxPrice {
			return Price{}, stockdigest.Invalid(fmt.Sprintf("%s for a million tokens is above %s", *into, maxPrice))
		}
	}
	if len(fields) == 7 {
		price.Batch, err = percent(fields[6])
	}
	return price, err
}

func percent(s string) (int, error) {
	n, err := strconv.Atoi(strings.TrimSuffix(s, "%"))
	if err != nil || n < 1 || n > 100 || !strings.HasSuffix(s, "%") {
		return 0, stockdigest.Invalid(fmt.Sprintf("%q is no part of a price from 1%% to 100%%", s))
	}
	return n, nil
}

// List returns all prices by provider, model and day.
func (p *Prices) List() []Price { return slices.Clone(p.rows) }

// Of returns the price of a model on a day. A model without a price is an
// ErrInvalid: what it costs cannot be kept within a budget.
func (p *Prices) Of(provider, model string, on stockdigest.Day) (Price, error) {
	for _, row := range slices.Backward(p.rows) {
		if row.Provider == provider && row.Model == model && row.From <= on {
			return row, nil
		}
	}
	return Price{}, stockdigest.Invalid(fmt.Sprintf(
		"no price for model %s of %s on %s: add a line such as %q to prices.txt in the data folder", model, provider, on,
		provider+" "+model+" 2026-01-01 0.25 0.025 2"))
}

const (
	// Each call is reserved with ten times its worst price: a provider was
	// seen to report, and bill, ten times the tokens.
	margin = 10
	// Frame is more bytes than a provider puts around what we send.
	frame = 4096
	// No answer has as many tokens; a report above it is a lie that must not
	// overflow a sum.
	maxTokens = 1_000_000_000
)

// Worst is what the call may cost at most: a token for each byte that is sent,
// none of it cached, all tokens of the answer that are allowed, times ten.
func (p *Prices) Worst(provider, model string, prompt stockdigest.Prompt, on stockdigest.Day) (stockdigest.Micros, error) {
	price, err := p.Of(provider, model, on)
	if err != nil {
		return 0, err
	}
	sent := len(prompt.System) + len(prompt.Input) + len(prompt.Schema) + frame
	return margin * bill(part{sent, max(price.In, price.InCached)}, part{prompt.MaxOutput, price.Out}), nil
}

// Cost is what the call did cost, rounded up, by the tokens that the provider
// counted.
func (p *Prices) Cost(provider, model string, u stockdigest.Usage, on stockdigest.Day) (stockdigest.Micros, error) {
	price, err := p.Of(provider, model, on)
	if err != nil {
		return 0, err
	}
	in := clamp(u.In)
	cached := min(clamp(u.InCached), in)
	return bill(part{in - cached, price.In}, part{cached, price.InCached}, part{u.Out, price.Out}), nil
}

// Batched is what a call costs in a batch that costs full by itself, rounded up.
// It is false for a model that takes no batches.
func (p *Prices) Batched(provider, model string, full stockdigest.Micros, on stockdigest.Day) (stockdigest.Micros, bool) {
	price, err := p.Of(provider, model, on)
	if err != nil || price.Batch == 0 {
		return full, false
	}
	return (full*stockdigest.Micros(price.Batch) + 99) / 100, true
}

// A part is tokens at a price per million.
type part struct {
	tokens int
	price  stockdigest.Micros
}

// bill is the sum of the parts in whole micros, rounded up.
func bill(parts ...part) stockdigest.Micros {
	var sum stockdigest.Micros
	for _, p := range parts {
		sum += stockdigest.Micros(clamp(p.tokens)) * p.price
	}
	return (sum + 999_999) / 1_000_000
}

func clamp(tokens int) int { return min(max(tokens, 0), maxTokens) }
