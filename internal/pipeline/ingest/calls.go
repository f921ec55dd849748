package ingest

import (
	"context"
	"errors"
	"fmt"
	"time"

	"stockdigest.app/stockdigest"
	"stockdigest.app/stockdigest/internal/disclosure"
)

// Calls knows a company's last talk with analysts: its entry, without documents,
// and then its transcript.
type Calls interface {
	LastCall(ctx context.Context, t stockdigest.Ticker) (stockdigest.Filing, error)
	ReadCall(ctx context.Context, t stockdigest.Ticker, f stockdigest.Filing) (stockdigest.Filing, error)
}

const (
	// How long after a call its transcript is still news when it is first had:
	// services take a day or two, and a weekend may come between.
	lateCall = 4 * 24 * time.Hour
	// All that a call may take. A report is whole without one.
	callTime = 20 * time.Second
)

// errSlowCall is the cause of a context that ends with callTime.
var errSlowCall = errors.New("the source of calls took too long")

// hear adds to the run the company's last call, when it was in the window or its
// transcript came late. A transcript is fetched once, whoever asks. What goes
// wrong is told in the step's note and tried again by the next run; that there is
// no call is nothing wrong. Only a store that fails is a second error.
func (s *Step) hear(ctx context.Context, run stockdigest.Run, t stockdigest.Ticker) (missed, failed error) {
	if s.cfg.Calls == nil || s.night != nil {
		return nil, nil
	}
	call, err := s.call(ctx, run, t)
	if cause := context.Cause(ctx); cause != nil {
		return nil, fmt.Errorf("read call of %s: %w", t.Symbol, cause)
	}
	if errors.Is(err, stockdigest.ErrNotFound) || err == nil && len(call.Documents) == 0 {
		return nil, nil
	}
	if err != nil {
		return err, nil
	}
	if err := s.store.SaveFilings(ctx, run, []stockdigest.Filing{call}); err != nil {
		return nil, fmt.Errorf("save call of %s: %w", t.Symbol, err)
	}
	return nil, nil
}

// call is the company's last call as the run may tell it; without documents when
// it may not.
func (s *Step) call(ctx context.Context, run stockdigest.Run, t stockdigest.Ticker) (stockdigest.Filing, error) {
	asking, cancel := context.WithTimeoutCause(ctx, callTime, errSlowCall)
	defer cancel()
	last, err := s.cfg.Calls.LastCall(asking, t)
	if err != nil || last.FiledAt.After(run.AsOf) {
		return stockdigest.Filing{}, err
	}
	kept, err := s.store.Filing(ctx, last.Accession)
	switch {
	case err == nil && disclosure.Primary(kept).Text != "":
		if run.Window().Holds(kept.FiledAt) {
			return kept, nil
		}
		return stockdigest.Filing{}, nil
	case err != nil && !errors.Is(err, stockdigest.ErrNotFound):
		return stockdigest.Filing{}, err
	case !run.Window().Holds(last.FiledAt) && run.AsOf.Sub(last.FiledAt) > lateCall:
		return stockdigest.Filing{}, nil
	}
	return s.cfg.Calls.ReadCall(asking, t, last)
}
