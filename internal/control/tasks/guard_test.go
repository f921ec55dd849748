package tasks_test

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"stockdigest.app/stockdigest/internal/control/tasks"
)

// TestTicksComeThoughRiverIsStuck lets an hour go by on a clock of its own,
// with a tick that fails, one that has a bug and one that never ends.
func TestTicksComeThoughRiverIsStuck(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		began := time.Now()
		var ticks []time.Duration
		made := tasks.OnStuckRiver(func(ctx context.Context) error {
			ticks = append(ticks, time.Since(began))
			switch len(ticks) {
			case 2:
				return errors.New("database is busy")
			case 3:
				panic("a bug")
			case 4:
				<-ctx.Done()
				return ctx.Err()
			}
			return nil
		})
		ended := make(chan error)
		go func() { ended <- made.Run(ctx) }()
		time.Sleep(time.Hour)
		cancel()
		if err := <-ended; err != nil {
			t.Error(err)
		}
		const every, cut = 5 * time.Minute, 10 * time.Minute
		if len(ticks) < 9 || ticks[0] > every {
			t.Fatalf("got ticks after %v, want the first within %s and nine in an hour", ticks, every)
		}
		for i, at := range ticks[1:] {
			want := every
			if i == 3 { // the one before was cut
				want += cut
			}
			if gap := at - ticks[i]; gap != want {
				t.Errorf("tick %d came %s after the one before, want %s", i+2, gap, want)
			}
		}
	})
}

// TestProcessesThatStartTogetherSpreadTheirTicks asks for ten different
// seconds: a hundred processes hit fewer of 300 about never.
func TestProcessesThatStartTogetherSpreadTheirTicks(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		const processes = 100
		began, firsts, ended := time.Now(), make(chan time.Duration, 10*processes), make(chan error, processes)
		for range processes {
			made := tasks.OnStuckRiver(func(context.Context) error {
				firsts <- time.Since(began).Truncate(time.Second)
				return nil
			})
			go func() { ended <- made.Run(ctx) }()
		}
		time.Sleep(5 * time.Minute)
		seen := map[time.Duration]bool{}
		for range processes {
			seen[<-firsts] = true
		}
		if len(seen) < 10 {
			t.Errorf("%d processes tick in %d seconds of 300, want them apart", processes, len(seen))
		}
		cancel()
		for range processes {
			if err := <-ended; err != nil {
				t.Error(err)
			}
		}
	})
}
