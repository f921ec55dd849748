package bench

import (
	"context"
	"errors"
	"fmt"
	"time"

	"golang.org/x/sync/errgroup"

	"stockdigest.app/stockdigest"
)

// An Orderer takes orders for reports.
type Orderer interface {
	OrderReport(ctx context.Context, o stockdigest.Order) (stockdigest.Ordered, error)
}

// CreditRows are the rows that the bench makes and judges from.
type CreditRows interface {
	SaveTickers(ctx context.Context, tickers []stockdigest.Ticker) error
	SaveReader(ctx context.Context, r stockdigest.Reader) (stockdigest.Reader, error)
	Account(ctx context.Context, id stockdigest.ReaderID, now time.Time) (stockdigest.CreditAccount, error)
	RunsOrdered(ctx context.Context, id stockdigest.ReaderID) (int, error)
	Entries(ctx context.Context, id stockdigest.ReaderID, limit int) ([]stockdigest.CreditEntry, error)
}

// CreditConfig says how often how many orders race for the credits of one
// reader.
type CreditConfig struct {
	Rounds   int // each with a fresh reader on the free plan
	Parallel int // orders at once in a round, each for a ticker of its own
	Now      func() time.Time
	Progress func(done, total int) // may be nil
}

// Credits is what the races for credits came to.
type Credits struct {
	Rounds    int `json:"rounds"`
	Overspent int `json:"overspent"` // rounds with a run that no credit paid for
	Charged   int `json:"charged"`   // credits that the ledger says were reserved
	Refused   int `json:"refused"`   // orders that were told there are no credits left
}

// RaceCredits lets orders race for credits. Whether a reader overspent is
// judged from the runs that were made and from the ledger, not from answers.
func RaceCredits(ctx context.Context, c CreditConfig, rows CreditRows, orders Orderer) (Credits, error) {
	if c.Rounds < 1 || c.Parallel < 1 {
		return Credits{}, stockdigest.Invalid("the bench of credits needs at least one round of one order")
	}
	sum := Credits{Rounds: c.Rounds}
	for round := range c.Rounds {
		if err := c.race(ctx, round, rows, orders, &sum); err != nil {
			return sum, fmt.Errorf("race for credits, round %d: %w", round, err)
		}
		if c.Progress != nil {
			c.Progress(round+1, c.Rounds)
		}
	}
	return sum, nil
}

func (c CreditConfig) race(ctx context.Context, round int, rows CreditRows, orders Orderer, sum *Credits) error {
	tickers := make([]stockdigest.Ticker, c.Parallel)
	for i := range tickers {
		tickers[i] = stockdigest.Ticker{Symbol: stockdigest.Symbol(fmt.Sprintf("B%d-%d", round, i)), Name: "Bench"}
	}
	if err := rows.SaveTickers(ctx, tickers); err != nil {
		return err
	}
	r, err := rows.SaveReader(ctx, stockdigest.Reader{
		Email: fmt.Sprintf("bench-%d@example.com", round), TimeZone: "America/New_York",
		Plan: stockdigest.PlanBeta, State: stockdigest.ReaderActive,
	})
	if err != nil {
		return err
	}
	if _, err := rows.Account(ctx, r.ID, c.Now()); err != nil { // grants the month's credits
		return err
	}
	refused, err := c.orderAll(ctx, r, tickers, orders)
	if err != nil {
		return err
	}
	sum.Refused += refused
	return judge(ctx, r, rows, sum)
}

// orderAll orders a report on every ticker at once and returns how many orders
// were refused for want of credits.
func (c CreditConfig) orderAll(ctx context.Context, r stockdigest.Reader, tickers []stockdigest.Ticker, orders Orderer) (int, error) {
	refused := make([]bool, len(tickers))
	start := make(chan struct{})
	group, ctx := errgroup.WithContext(ctx)
	for i, t := range tickers {
		group.Go(func() error {
			<-start
			_, err := orders.OrderReport(ctx, stockdigest.Order{Reader: r.ID, Ticker: t.Symbol, Key: string(t.Symbol), At: c.Now()})
			if _, none := errors.AsType[*stockdigest.NoCredits](err); none {
				refused[i] = true
				return nil
			}
			return err
		})
	}
	close(start)
	err := group.Wait()
	n := 0
	for _, no := range refused {
		if no {
			n++
		}
	}
	return n, err
}

// judge compares what was made for a reader with what the ledger says was paid.
func judge(ctx context.Context, r stockdigest.Reader, rows CreditRows, sum *Credits) error {
	made, err := rows.RunsOrdered(ctx, r.ID)
	if err != nil {
		return err
	}
	entries, err := rows.Entries(ctx, r.ID, 100_000)
	if err != nil {
		return err
	}
	granted, reserved := 0, 0
	for _, e := range entries {
		switch e.Kind {
		case stockdigest.CreditGrant:
			granted += e.Amount
		case stockdigest.CreditReserve:
			reserved -= e.Amount
		default: // nothing else happens to a reader of the bench
		}
	}
	sum.Charged += reserved
	if made > granted || reserved > granted || made != reserved {
		sum.Overspent++
	}
	return nil
}
