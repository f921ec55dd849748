package sim

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"sync"
	"time"

	"stockdigest.app/stockdigest"
)

// Usage is what a call is billed by.
type Usage = stockdigest.Usage

// A Price is what a million tokens of a model cost.
type Price struct {
	In, InCached, Out stockdigest.Micros
}

// Prices is the price list of the models that speak as OpenAI's do. It has those
// that the product asks for when nobody says otherwise, at prices like theirs.
func Prices() map[string]Price { return PricesOf(Model) }

// PricesOf is the price list of a provider of models.
func PricesOf(p Provider) map[string]Price {
	return map[Provider]map[string]Price{
		Model: {
			"gpt-5-mini": {In: 250_000, InCached: 25_000, Out: 2_000_000},
			"gpt-5-nano": {In: 50_000, InCached: 5_000, Out: 400_000},
		},
		Claude: {
			"claude-sonnet-4-6": {In: 3_000_000, InCached: 300_000, Out: 15_000_000},
			"claude-haiku-4-5":  {In: 1_000_000, InCached: 100_000, Out: 5_000_000},
		},
		Gemini: {
			"gemini-2.5-flash":      {In: 300_000, InCached: 30_000, Out: 2_500_000},
			"gemini-2.5-flash-lite": {In: 100_000, InCached: 10_000, Out: 400_000},
		},
	}[p]
}

// Cost is the price of a usage in whole micros, rounded up.
func (p Price) Cost(u Usage) stockdigest.Micros {
	fresh := int64(u.In - u.InCached)
	sum := fresh*int64(p.In) + int64(u.InCached)*int64(p.InCached) + int64(u.Out)*int64(p.Out)
	return stockdigest.Micros((sum + 999_999) / 1_000_000)
}

// A BillLine is one billed call.
type BillLine struct {
	Key     string             `json:"key"` // of the work: model and words
	Model   string             `json:"model"`
	Route   string             `json:"route"`
	Tickers []string           `json:"tickers"`
	Usage   Usage              `json:"usage"`
	Cost    stockdigest.Micros `json:"cost"`
	At      time.Time          `json:"at"`
	Batch   bool               `json:"batch,omitempty"` // at half the price
}

// A Bill is what the model server would charge.
type Bill struct {
	Calls    int                `json:"calls"`
	Unique   int                `json:"unique_calls"`
	Repeated int                `json:"repeated_calls"`
	Usage    Usage              `json:"usage"`
	Cost     stockdigest.Micros `json:"micros"`
	Dollars  float64            `json:"usd"`
	Lines    []BillLine         `json:"lines"`
}

// billing keeps the bill, and on disk too when it has a journal: a bill must
// outlive the server that wrote it.
type billing struct {
	mu      sync.Mutex
	lines   []BillLine
	journal *os.File
}

// openBilling goes on with the bill that the journal holds. No path: no journal.
func openBilling(path string) (*billing, error) {
	b := &billing{}
	if path == "" {
		return b, nil
	}
	old, err := os.ReadFile(path) //nolint:gosec // the operator names it
	if err != nil && !os.IsNotExist(err) {
		return nil, fmt.Errorf("read the bill: %w", err)
	}
	lines := bufio.NewScanner(bytes.NewReader(old))
	lines.Buffer(nil, 1<<20)
	for lines.Scan() {
		var l BillLine
		if json.Unmarshal(lines.Bytes(), &l) == nil { // a kill may have cut the last line
			b.lines = append(b.lines, l)
		}
	}
	b.journal, err = os.OpenFile(path, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600) //nolint:gosec // the operator names it
	if err != nil {
		return nil, fmt.Errorf("open the bill: %w", err)
	}
	return b, nil
}

// add bills a call. It is on disk before anybody can see it.
func (b *billing) add(l BillLine) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.journal != nil {
		raw, err := json.Marshal(l)
		if err != nil {
			return fmt.Errorf("write the bill: %w", err)
		}
		if _, err := b.journal.Write(append(raw, '\n')); err != nil {
			return fmt.Errorf("write the bill: %w", err)
		}
	}
	b.lines = append(b.lines, l)
	return nil
}

// sum adds the bill up.
func (b *billing) sum() Bill {
	b.mu.Lock()
	defer b.mu.Unlock()
	bill := Bill{Calls: len(b.lines), Lines: append([]BillLine{}, b.lines...)}
	seen := map[string]bool{}
	for _, l := range b.lines {
		seen[l.Key] = true
		bill.Cost += l.Cost
		bill.Usage.In += l.Usage.In
		bill.Usage.InCached += l.Usage.InCached
		bill.Usage.Out += l.Usage.Out
	}
	bill.Unique = len(seen)
	bill.Repeated = bill.Calls - bill.Unique
	bill.Dollars = float64(bill.Cost) / float64(stockdigest.Dollar)
	return bill
}

func (b *billing) reset() error {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.lines = nil
	if b.journal == nil {
		return nil
	}
	if err := b.journal.Truncate(0); err != nil {
		return fmt.Errorf("empty the bill: %w", err)
	}
	return nil
}

func (b *billing) close() error {
	if b.journal == nil {
		return nil
	}
	return b.journal.Close()
}
