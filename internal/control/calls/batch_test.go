package calls_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"stockdigest.app/stockdigest"
	"stockdigest.app/stockdigest/internal/control/budget"
	"stockdigest.app/stockdigest/internal/control/calls"
)

// jobs is a ledger with batches, in memory.
type jobs struct {
	*ledger
	waits  bool // a run waits for its place
	orphan *stockdigest.BatchJob
	held   map[string]time.Duration // the last lease, by job
	over   map[string]bool          // that have ended
}

func newJobs() *jobs {
	return &jobs{ledger: newLedger(), held: map[string]time.Duration{}, over: map[string]bool{}}
}

func (j *jobs) BeginBatch(_ context.Context, job stockdigest.BatchJob, lease time.Duration) ([]stockdigest.Permit, error) {
	j.mu.Lock()
	defer j.mu.Unlock()
	for _, bid := range job.Calls {
		j.bids[bid.ID] = bid
	}
	j.held[job.ID] = lease
	return make([]stockdigest.Permit, len(job.Calls)), nil
}

func (j *jobs) HoldBatch(_ context.Context, job stockdigest.BatchJob, lease time.Duration) error {
	j.mu.Lock()
	defer j.mu.Unlock()
	j.held[job.ID] = lease
	return nil
}

func (j *jobs) AdoptBatch(context.Context, time.Duration) (job stockdigest.BatchJob, ok bool, err error) {
	j.mu.Lock()
	defer j.mu.Unlock()
	if j.orphan != nil {
		job, ok = *j.orphan, true
		j.orphan = nil
	}
	return job, ok, nil
}

func (j *jobs) EndBatch(_ context.Context, job stockdigest.BatchJob) error {
	j.mu.Lock()
	defer j.mu.Unlock()
	j.over[job.ID] = true
	return nil
}

func (j *jobs) ScheduledRunWaits(context.Context, stockdigest.Caps) (bool, error) {
	return j.waits, nil
}

// A bulk is a provider that takes batches, each of which ends a while after it
// was sent.
type bulk struct {
	mu        sync.Mutex
	sent      []stockdigest.BatchJob
	at        time.Time
	takes     time.Duration
	alone     int  // calls outside of batches
	cancelled bool // which ends a batch, too

	send  func(stockdigest.BatchJob) error                                  // speaks first
	find  func() (remote string, sure bool, err error)                      // likewise
	tells func(answers []stockdigest.BatchAnswer) []stockdigest.BatchAnswer // speaks last
}

func (b *bulk) Complete(context.Context, string, stockdigest.Prompt) (stockdigest.Completion, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.alone++
	return stockdigest.Completion{Text: "alone", Usage: stockdigest.Usage{In: 1000, Out: 100}}, nil
}

func (b *bulk) SendBatch(_ context.Context, job stockdigest.BatchJob) (string, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.sent, b.at = append(b.sent, job), time.Now()
	if b.send != nil {
		if err := b.send(job); err != nil {
			return "", err
		}
	}
	return fmt.Sprintf("b%d", len(b.sent)), nil
}

func (b *bulk) FindBatch(context.Context, stockdigest.BatchJob) (string, bool, error) {
	return b.find()
}

func (b *bulk) BatchAnswers(_ context.Context, job stockdigest.BatchJob) (answers []stockdigest.BatchAnswer, done bool, err error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if !b.cancelled && time.Since(b.at) < b.takes {
		return nil, false, nil
	}
	for _, bid := range job.Calls {
		answers = append(answers, stockdigest.BatchAnswer{
			Call: bid.ID, Completion: stockdigest.Completion{Text: "together", Usage: stockdigest.Usage{In: 1000, Out: 100}},
		})
	}
	if b.tells != nil {
		answers = b.tells(answers)
	}
	return answers, true, nil
}

func (b *bulk) CancelBatch(context.Context, stockdigest.BatchJob) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.cancelled = true
	return nil
}

// patient is a caller with two hours for a batch.
func patient(t *testing.T, j *jobs, p calls.Provider, line string) *calls.Caller {
	t.Helper()
	table, err := budget.New()
	must(t, err)
	must(t, table.Add(line))
	return calls.New(calls.Config{Budget: plenty(), Batching: calls.Batching{Wait: 2 * time.Hour}}, calls.Deps{
		Store: j, Batches: j, Providers: map[string]calls.Provider{"p": p}, Prices: table, Now: time.Now, Jitter: half,
		Log: slog.New(slog.DiscardHandler),
	})
}

const halfPrice = "p m 1990-01-01 1 0.1 10 50%"

// late is an ask that has until then.
func late(n int, in time.Duration) stockdigest.Ask {
	a := ask("run", fmt.Sprintf("prompt %d", n))
	a.Late = time.Now().Add(in)
	return a
}

// askAll asks for n things at once, and returns the answers by their text.
func askAll(t *testing.T, c *calls.Caller, n int) map[string]int {
	t.Helper()
	var mu sync.Mutex
	var all sync.WaitGroup
	texts := map[string]int{}
	for i := range n {
		all.Go(func() {
			answer, err := c.Ask(t.Context(), late(i, 6*time.Hour))
			mu.Lock()
			defer mu.Unlock()
			if err != nil {
				texts[err.Error()]++
				return
			}
			texts[answer.Text]++
		})
	}
	all.Wait()
	must(t, c.Drain(t.Context()))
	return texts
}

func TestAsksThatMayComeLateGoTogetherAtHalfThePrice(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		j, p := newJobs(), &bulk{takes: 10 * time.Minute}
		began := time.Now()
		got := askAll(t, patient(t, j, p, halfPrice), 5)
		if took := time.Since(began); got["together"] != 5 || len(p.sent) != 1 || p.alone > 0 || took > 11*time.Minute {
			t.Errorf("got %v in %d batches after %s", got, len(p.sent), took)
		}
		for _, o := range j.ended {
			if o.Cost != 1000 || o.Took < 10*time.Minute {
				t.Errorf("settled %+v, want half of 2000 micros", o)
			}
		}
		if !j.over[p.sent[0].ID] {
			t.Error("the job has not ended")
		}
	})
}

func TestMoreAsksThanABatchHoldsGoInTwo(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		j, p := newJobs(), &bulk{}
		if got := askAll(t, patient(t, j, p, halfPrice), 301); got["together"] != 301 || len(p.sent) != 2 {
			t.Errorf("got %v in %d batches", got, len(p.sent))
		}
	})
}

func TestNothingIsBatchedWhereSomebodyWaits(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		late  time.Duration
		waits bool
		price string
	}{
		"no time":                 {0, false, halfPrice},
		"too little time":         {time.Hour, false, halfPrice},
		"a run without a place":   {6 * time.Hour, true, halfPrice},
		"a model without batches": {6 * time.Hour, false, "p m 1990-01-01 1 0.1 10"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				j, p := newJobs(), &bulk{}
				j.waits = c.waits
				a := late(1, c.late)
				if c.late == 0 {
					a.Late = time.Time{}
				}
				began := time.Now()
				answer, err := patient(t, j, p, c.price).Ask(t.Context(), a)
				if took := time.Since(began); err != nil || answer.Text != "alone" || len(p.sent) > 0 || took > time.Second {
					t.Errorf("got %q, %v after %s, %d batches", answer.Text, err, took, len(p.sent))
				}
			})
		})
	}
}

func TestARefusedBatchIsAskedForByItselfAndNoOtherSentForAWhile(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		j, p := newJobs(), &bulk{}
		p.send = func(stockdigest.BatchJob) error {
			return &stockdigest.CallError{Provider: "p", Reason: stockdigest.CallBadRequest, Status: 404}
		}
		c := patient(t, j, p, halfPrice)
		if got := askAll(t, c, 3); got["alone"] != 3 || !j.over[p.sent[0].ID] {
			t.Errorf("got %v", got)
		}
		_, err := c.Ask(t.Context(), late(7, 6*time.Hour))
		if err != nil || len(p.sent) != 1 {
			t.Errorf("%d batches were sent, %v", len(p.sent), err)
		}
	})
}

func TestABatchThatMayHaveBeenSentIsLookedFor(t *testing.T) {
	t.Parallel()
	for remote, want := range map[string]string{"b7": "together", "": "alone"} {
		synctest.Test(t, func(t *testing.T) {
			j, p := newJobs(), &bulk{}
			p.send = func(stockdigest.BatchJob) error { return errors.New("the connection broke off") }
			looks := 0
			p.find = func() (string, bool, error) {
				looks++
				return remote, looks > 2, nil
			}
			if got := askAll(t, patient(t, j, p, halfPrice), 3); got[want] != 3 || len(p.sent) != 1 {
				t.Errorf("%q: got %v, want all %s", remote, got, want)
			}
		})
	}
}

func TestWhatALateBatchDidNotAnswerIsAskedForByItself(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		j, p := newJobs(), &bulk{takes: 24 * time.Hour}
		p.tells = func(answers []stockdigest.BatchAnswer) []stockdigest.BatchAnswer {
			answers[0] = stockdigest.BatchAnswer{Call: answers[0].Call, Err: &stockdigest.CallError{Provider: "p", Reason: stockdigest.CallTimeout}}
			return answers
		}
		began := time.Now()
		got := askAll(t, patient(t, j, p, halfPrice), 3)
		if took := time.Since(began); got["together"] != 2 || got["alone"] != 1 || !p.cancelled || took > 2*time.Hour {
			t.Errorf("got %v after %s, cancelled %t", got, took, p.cancelled)
		}
	})
}

// What a batch does not speak of may have been lost on the way, and is looked for
// until nobody waits any more. Then it counts in full.
func TestACallThatItsBatchDoesNotSpeakOfCountsInFull(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		j, p := newJobs(), &bulk{}
		p.tells = func(answers []stockdigest.BatchAnswer) []stockdigest.BatchAnswer { return answers[1:] }
		got := askAll(t, patient(t, j, p, halfPrice), 2)
		lost := 0
		for _, o := range j.ended {
			if o.State == stockdigest.CallLost {
				lost++
			}
		}
		if got["alone"] == 0 || lost != 1 {
			t.Errorf("got %v, %d lost; want one lost and asked for by itself", got, lost)
		}
	})
}

func TestAProcessThatStopsLeavesItsBatchToOthers(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		j, p := newJobs(), &bulk{takes: time.Hour}
		c := patient(t, j, p, halfPrice)
		failed := make(chan error, 1)
		go func() {
			_, err := c.Ask(t.Context(), late(1, 6*time.Hour))
			failed <- err
		}()
		time.Sleep(5 * time.Minute)
		began := time.Now()
		c.Stop()
		c.Stop() // twice is no harm
		must(t, c.Drain(t.Context()))
		job := p.sent[0]
		if err := <-failed; err == nil || time.Since(began) > time.Second || j.held[job.ID] != 0 || j.over[job.ID] {
			t.Errorf("got %v after %s, a lease of %s", err, time.Since(began), j.held[job.ID])
		}

		job.Remote, job.Token = "b1", 2
		j.orphan = &job
		heir := patient(t, j, p, halfPrice)
		ctx, cancel := context.WithCancel(t.Context())
		followed := make(chan error, 1)
		go func() { followed <- heir.FollowBatches(ctx) }()
		time.Sleep(2 * time.Hour)
		answer, err := heir.Ask(t.Context(), late(1, time.Minute))
		if err != nil || answer.Text != "together" || !answer.Cached || p.alone > 0 {
			t.Errorf("got %+v, %v", answer, err)
		}
		cancel()
		must(t, <-followed)
		must(t, heir.Drain(t.Context()))
	})
}
