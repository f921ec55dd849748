package schedule

import (
	"context"
	"fmt"
	"log/slog"
	"time"

	"stockdigest.app/stockdigest"
)

// Filed is where the filings of followed companies are kept.
type Filed interface {
	Ticker(ctx context.Context, symbol stockdigest.Symbol) (stockdigest.Ticker, error)
	FilingsChecked(ctx context.Context, symbol stockdigest.Symbol) (time.Time, error)
	SaveFiled(ctx context.Context, symbol stockdigest.Symbol, filings []stockdigest.Filing) ([]stockdigest.Accession, error)
}

// Filings is the SEC. What could not be had is an error beside the filings.
type Filings interface {
	Filings(ctx context.Context, t stockdigest.Ticker, w stockdigest.Window) ([]stockdigest.Filing, error)
}

// A Watch checks what companies filed.
type Watch struct {
	filed   Filed
	filings Filings
	now     func() time.Time
	log     *slog.Logger
}

// NewWatch makes a Watch.
func NewWatch(filed Filed, filings Filings, now func() time.Time, log *slog.Logger) *Watch {
	return &Watch{filed: filed, filings: filings, now: now, log: log}
}

// A check looks back at least a day over the one before it, because filings
// are told late and some by their day only; and at most a week, because what is
// older is no news.
const (
	lookBack = 24 * time.Hour
	lookMost = 7 * 24 * time.Hour
)

// Check reads the newest filings of a company, keeps them and returns how many
// no check had found before. The first check finds nothing new.
func (w *Watch) Check(ctx context.Context, symbol stockdigest.Symbol) (int, error) {
	ticker, err := w.filed.Ticker(ctx, symbol)
	if err != nil || ticker.CIK == "" {
		return 0, err
	}
	last, err := w.filed.FilingsChecked(ctx, symbol)
	if err != nil {
		return 0, err
	}
	now := w.now()
	from := now.Add(-lookMost)
	if last = last.Add(-lookBack); last.After(from) {
		from = last
	}
	found, err := w.filings.Filings(ctx, ticker, stockdigest.Window{From: from, To: now})
	if err != nil {
		err = fmt.Errorf("read the filings of %s: %w", symbol, err)
		if len(found) == 0 { // and it must not pass for a first check
			return 0, err
		}
		w.log.WarnContext(ctx, "check filings in part", "error", err)
	}
	fresh, err := w.filed.SaveFiled(ctx, symbol, found)
	if len(fresh) > 0 {
		w.log.InfoContext(ctx, "new filings", "ticker", symbol, "accessions", fresh)
	}
	return len(fresh), err
}
