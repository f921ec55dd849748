package runs_test

import (
	"context"
	"errors"
	"log/slog"
	"strings"
	"testing"
	"testing/synctest"

	"stockdigest.app/stockdigest"
	"stockdigest.app/stockdigest/internal/control/runs"
)

func TestDoWaitsForTheHolderAndSaysSoOnce(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := queued()
		s.busy = 3
		var notices []string
		worked := 0
		r := runs.New(runs.Config{Worker: "w"}, runs.Deps{
			Store: s, Log: slog.New(slog.DiscardHandler), Notice: func(line string) { notices = append(notices, line) },
			Work: func(context.Context, stockdigest.Run) error { worked++; return nil },
		})
		if err := r.Do(t.Context(), "a"); err != nil {
			t.Fatal(err)
		}
		if worked != 1 || len(notices) != 1 || notices[0] != "held; waiting" {
			t.Errorf("worked %d times with notices %q, want one of each", worked, notices)
		}
	})
}

func TestDoHandsTheErrorBack(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := queued()
		err := runner(s, func(context.Context, stockdigest.Run) error { return errors.New("cluster BWL: no rows") }).Do(t.Context(), "a")
		if err == nil || err.Error() != "cluster BWL: no rows" {
			t.Errorf("got %v, want the error of the step", err)
		}
		wantLog(t, s, "fail(cluster BWL: no rows) a")
	})
}

func TestDoHandsTheRunBackWhenThePersonStops(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := queued()
		ctx, cancel := context.WithCancel(t.Context())
		err := runner(s, func(ctx context.Context, run stockdigest.Run) error {
			cancel()
			return untilTold(ctx, run)
		}).Do(ctx, "a")
		if !errors.Is(err, context.Canceled) {
			t.Errorf("got %v, want canceled", err)
		}
		wantLog(t, s, "release a")
	})
}

func TestDoClaimsALostRunAgain(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := queued()
		tries := 0
		r := runner(s, func(ctx context.Context, run stockdigest.Run) error {
			if tries++; tries > 1 {
				return nil
			}
			s.set(func() { s.taken["a"] = true })
			return untilTold(ctx, run)
		})
		if err := r.Do(t.Context(), "a"); err != nil || tries != 2 {
			t.Errorf("got %v after %d tries, want a second claim", err, tries)
		}
		wantLog(t, s)
	})
}

func TestDoGivesUpOnARunThatIsLostAgainAndAgain(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := queued()
		r := runner(s, func(ctx context.Context, run stockdigest.Run) error {
			s.set(func() { s.taken["a"] = true })
			return untilTold(ctx, run)
		})
		if err := r.Do(t.Context(), "a"); err == nil || !strings.Contains(err.Error(), "went to another process") {
			t.Errorf("got %v, want the loss of the run", err)
		}
	})
}
