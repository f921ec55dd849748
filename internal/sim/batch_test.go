package sim_test

import (
	"context"
	"testing"
	"time"

	"stockdigest.app/stockdigest"
	"stockdigest.app/stockdigest/internal/sim"
)

// A bulkSpeaker is a client of a family that takes batches.
type bulkSpeaker interface {
	speaker
	SendBatch(ctx context.Context, job stockdigest.BatchJob) (string, error)
	FindBatch(ctx context.Context, job stockdigest.BatchJob) (string, bool, error)
	BatchAnswers(ctx context.Context, job stockdigest.BatchJob) ([]stockdigest.BatchAnswer, bool, error)
	CancelBatch(ctx context.Context, job stockdigest.BatchJob) error
}

// bulk is a client that takes batches, and a job of two calls for it.
func (p place) bulk(family sim.Provider) (bulkSpeaker, stockdigest.BatchJob) {
	p.t.Helper()
	client, model := p.speaker(family, sim.Key)
	b, ok := client.(bulkSpeaker)
	if !ok {
		p.t.Fatalf("%s takes no batches", family)
	}
	job := stockdigest.BatchJob{ID: "job", Model: model, Created: time.Now()}
	for _, id := range []string{"a", "b"} {
		q := question()
		q.Input += id
		job.Calls = append(job.Calls, stockdigest.Bid{ID: id, Ask: stockdigest.Ask{Prompt: q}})
	}
	return b, job
}

func bulkFamilies() []sim.Provider { return []sim.Provider{sim.Model, sim.Claude, sim.Gemini} }

func TestABatchSaysWhatItsCallsWouldAtHalfThePrice(t *testing.T) {
	t.Parallel()
	for _, family := range bulkFamilies() {
		p := open(t, sim.Config{Seed: 1})
		client, job := p.bulk(family)
		remote, err := client.SendBatch(t.Context(), job)
		if err != nil {
			t.Fatalf("%s: %v", family, err)
		}
		if found, _, err := client.FindBatch(t.Context(), job); err != nil || found != remote {
			t.Errorf("%s: found %q, %v; want %q", family, found, err, remote)
		}
		job.Remote = remote
		answers, done, err := client.BatchAnswers(t.Context(), job)
		if err != nil || !done || len(answers) != 2 {
			t.Fatalf("%s: got %+v, %t, %v", family, answers, done, err)
		}
		for i, bid := range job.Calls {
			alone, err := client.Complete(t.Context(), job.Model, bid.Ask.Prompt)
			if err != nil || answers[i].Call != bid.ID || answers[i].Err != nil || answers[i].Completion != alone {
				t.Errorf("%s: got %+v, alone %+v, %v", family, answers[i], alone, err)
			}
		}
		lines := p.Bill().Lines
		if batch, alone := lines[0], lines[2]; !batch.Batch || alone.Batch || batch.Key != alone.Key || batch.Cost != (alone.Cost+1)/2 {
			t.Errorf("%s: billed %+v, alone %+v", family, batch, alone)
		}
	}
}

func TestALateBatchAnswersEveryOtherCallOnceItIsCancelled(t *testing.T) {
	t.Parallel()
	for _, family := range bulkFamilies() {
		p := open(t, sim.Config{Seed: 1, Faults: []sim.Fault{{Kind: sim.FaultLate, Share: 1}}})
		client, job := p.bulk(family)
		var err error
		if job.Remote, err = client.SendBatch(t.Context(), job); err != nil {
			t.Fatalf("%s: %v", family, err)
		}
		if _, done, err := client.BatchAnswers(t.Context(), job); done || err != nil {
			t.Errorf("%s: it has ended: %v", family, err)
		}
		if err := client.CancelBatch(t.Context(), job); err != nil {
			t.Errorf("%s: cancel: %v", family, err)
		}
		answers, done, err := client.BatchAnswers(t.Context(), job)
		if err != nil || !done || len(answers) != 2 || answers[0].Err != nil || answers[1].Err == nil || p.Bill().Calls != 1 {
			t.Errorf("%s: got %+v, %t, %v; %d calls billed", family, answers, done, err, p.Bill().Calls)
		}
	}
}

func TestABatchTakesItsTime(t *testing.T) {
	t.Parallel()
	for _, family := range bulkFamilies() {
		p := open(t, sim.Config{Seed: 1, Scale: 0.2})
		client, job := p.bulk(family)
		var err error
		if job.Remote, err = client.SendBatch(t.Context(), job); err != nil {
			t.Fatalf("%s: %v", family, err)
		}
		if _, done, err := client.BatchAnswers(t.Context(), job); done || err != nil {
			t.Errorf("%s: it ended at once: %v", family, err)
		}
	}
}
