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

// A calling is what asking for a call gave: a filing without documents when there
// is nothing to tell.
type calling struct {
	call stockdigest.Filing
	err  error
}

// hear asks for the company's last call, as the run may tell it: one of the
// window, or one whose transcript came late. A transcript is fetched once, whoever
// asks; what goes wrong is tried again by the next run, and that there is no call
// is nothing wrong.
func (s *Step) hear(ctx context.Context, run stockdigest.Run, t stockdigest.Ticker) calling {
	if s.cfg.Calls == nil || s.night != nil {
		return calling{}
	}
	ctx, cancel := context.WithTimeoutCause(ctx, callTime, errSlowCall)
	defer cancel()
	last, err := s.cfg.Calls.LastCall(ctx, t)
	if err == nil {
		last, err = s.transcript(ctx, run, t, last)
	}
	if errors.Is(err, stockdigest.ErrNotFound) {
		err = nil
	}
	return calling{last, err}
}

func (s *Step) transcript(ctx context.Context, run stockdigest.Run, t stockdigest.Ticker, last stockdigest.Filing) (stockdigest.Filing, error) {
	kept, err := s.store.Filing(ctx, last.Accession)
	if err != nil && !errors.Is(err, stockdigest.ErrNotFound) {
		return last, err
	}
	news := run.Window().Holds(last.FiledAt)
	switch had := disclosure.Primary(kept).Text != ""; {
	case had && news:
		return kept, nil
	case had || !news && (last.FiledAt.After(run.AsOf) || run.AsOf.Sub(last.FiledAt) > lateCall):
		return last, nil
	}
	return s.cfg.Calls.ReadCall(ctx, t, last)
}

// saveCall adds the call to the run, if there is one.
func (s *Step) saveCall(ctx context.Context, run stockdigest.Run, c calling) error {
	if len(c.call.Documents) == 0 {
		return nil
	}
	if err := s.store.SaveFilings(ctx, run, []stockdigest.Filing{c.call}); err != nil {
		return fmt.Errorf("save call of %s: %w", run.Ticker, err)
	}
	return nil
}
