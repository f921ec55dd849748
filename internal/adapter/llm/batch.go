package llm

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"stockdigest.app/stockdigest"
)

const (
	// Far above what the answers of a batch take together.
	maxBatch = 128 << 20
	// How far a list of batches is read. What we look for is among the newest.
	manyPages = 20
	// How far the clocks of a provider and of ours may differ when a batch is
	// looked for.
	clockSlack = 10 * time.Minute
)

var (
	errBatchName  = errors.New("no batch has such a name")
	errBatchState = errors.New("it does not say how the batch stands")
	errNoBatch    = errors.New("it gave the batch no name")
)

// fetch has one request of a batch sent and reads the JSON that comes back. None
// of them is work that is billed, but for the one that sends the batch.
func (l *line) fetch(ctx context.Context, into any, send func(context.Context) error) error {
	x, err := l.exchangeOf(ctx, maxBatch, send)
	if err != nil {
		return err
	}
	if err := unmarshal(x.body, into); err != nil {
		return l.maybeBilled(stockdigest.CallBroken, x.status, err)
	}
	return nil
}

// named is the name of a batch that was sent. Without one it may be there all
// the same.
func (l *line) named(id string) (string, error) {
	if id == "" || !plainName(id) {
		return "", l.maybeBilled(stockdigest.CallBroken, 0, errNoBatch)
	}
	return id, nil
}

// prompts are the prompts of a job's calls, as far as they are known, by call.
func prompts(job stockdigest.BatchJob) map[string]stockdigest.Prompt {
	by := map[string]stockdigest.Prompt{}
	for _, bid := range job.Calls {
		by[bid.ID] = bid.Ask.Prompt
	}
	return by
}

// lines calls each with every line that holds anything. What cannot be read is
// no answer.
func lines(body []byte, each func(line []byte)) {
	for line := range bytes.Lines(body) {
		if line = bytes.TrimSpace(line); len(line) > 0 {
			each(line)
		}
	}
}

// unanswered is a call of a batch that the provider did not work on.
func (l *line) unanswered(call string, reason stockdigest.CallReason, why string) stockdigest.BatchAnswer {
	return stockdigest.BatchAnswer{Call: call, Err: &stockdigest.CallError{
		Provider: l.name, Reason: reason, Err: l.hide(errors.New("in a batch: " + oneLine(why, 300))),
	}}
}

// answered is a call of a batch that the provider worked on, as the body of the
// answer tells.
func (l *line) answered(call string, c stockdigest.Completion, err error) stockdigest.BatchAnswer {
	if err == nil {
		return stockdigest.BatchAnswer{Call: call, Completion: c}
	}
	return stockdigest.BatchAnswer{Call: call, Err: &stockdigest.CallError{
		Provider: l.name, Reason: stockdigest.CallBroken, MaybeBilled: true, Err: l.hide(fmt.Errorf("in a batch: %w", err)),
	}}
}

// reasonIn is the reason of an error that a batch tells of one of its calls.
func reasonIn(status int, raw json.RawMessage) (reason stockdigest.CallReason, said string) {
	e := errorOf(raw)
	return reasonOf(max(status, 400), e), e.Message
}
