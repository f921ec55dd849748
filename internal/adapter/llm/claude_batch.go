package llm

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"time"

	"github.com/anthropics/anthropic-sdk-go"

	"stockdigest.app/stockdigest"
)

const claudeBatches = "v1/messages/batches"

// A claudeBatch is a batch as Anthropic tells of it.
type claudeBatch struct {
	ID      string         `json:"id"`
	Status  string         `json:"processing_status"`
	Created time.Time      `json:"created_at"`
	Counts  map[string]int `json:"request_counts"`
}

func (b claudeBatch) ended() bool { return b.Status == "ended" }

func (b claudeBatch) size() int {
	n := 0
	for _, count := range b.Counts {
		n += count
	}
	return n
}

// SendBatch sends the calls of a job and returns Anthropic's name for it. The
// calls bear their own IDs: a batch has no room for ours.
func (c *Claude) SendBatch(ctx context.Context, job stockdigest.BatchJob) (string, error) {
	type request struct {
		ID     string                     `json:"custom_id"`
		Params anthropic.MessageNewParams `json:"params"`
	}
	var all []request
	for _, bid := range job.Calls {
		params, err := claudeRequest(job.Model, bid.Ask.Prompt)
		if err != nil {
			return "", c.fail(stockdigest.CallBadRequest, fmt.Errorf("write the request: %w", err))
		}
		all = append(all, request{bid.ID, params})
	}
	body, err := json.Marshal(map[string]any{"requests": all})
	if err != nil {
		return "", c.fail(stockdigest.CallBadRequest, fmt.Errorf("write the request: %w", err))
	}
	var made claudeBatch
	if err := c.batch(ctx, http.MethodPost, claudeBatches, json.RawMessage(body), &made); err != nil {
		return "", err
	}
	return c.named(made.ID)
}

// batch makes one request about batches.
func (c *Claude) batch(ctx context.Context, method, path string, params, into any) error {
	return c.fetch(ctx, into, func(ctx context.Context) error {
		return c.api.Execute(ctx, method, path, params, nil)
	})
}

// FindBatch looks for a job among the batches that were made since. Only the
// answers of one tell whose it is, so one of the same size that has not ended
// leaves it open.
func (c *Claude) FindBatch(ctx context.Context, job stockdigest.BatchJob) (remote string, sure bool, err error) {
	sure = true
	after := ""
	for range manyPages {
		var page struct {
			Data []claudeBatch `json:"data"`
			More bool          `json:"has_more"`
			Last string        `json:"last_id"`
		}
		path := claudeBatches + "?limit=100"
		if after != "" {
			path += "&after_id=" + url.QueryEscape(after)
		}
		if err := c.batch(ctx, http.MethodGet, path, nil, &page); err != nil {
			return "", false, err
		}
		for _, b := range page.Data {
			switch {
			case b.Created.Before(job.Created.Add(-clockSlack)):
				return "", sure, nil // the newest come first
			case b.size() != len(job.Calls):
			case !b.ended():
				sure = false
			default:
				answers, err := c.results(ctx, job, b.ID)
				if err != nil {
					return "", false, err
				}
				if speaksOf(answers, job) {
					return b.ID, true, nil
				}
			}
		}
		if !page.More || page.Last == "" {
			return "", sure, nil
		}
		after = page.Last
	}
	return "", false, nil
}

func speaksOf(answers []stockdigest.BatchAnswer, job stockdigest.BatchJob) bool {
	ours := prompts(job)
	for _, a := range answers {
		if _, ok := ours[a.Call]; ok {
			return true
		}
	}
	return false
}

// BatchAnswers returns how the calls of a job ended, once it has.
func (c *Claude) BatchAnswers(ctx context.Context, job stockdigest.BatchJob) (answers []stockdigest.BatchAnswer, done bool, err error) {
	if !plainName(job.Remote) {
		return nil, false, c.fail(stockdigest.CallBadRequest, errBatchName)
	}
	var b claudeBatch
	if err := c.batch(ctx, http.MethodGet, claudeBatches+"/"+job.Remote, nil, &b); err != nil {
		return nil, false, err
	}
	if b.Status == "" {
		return nil, false, c.fail(stockdigest.CallBroken, errBatchState)
	}
	if !b.ended() {
		return nil, false, nil
	}
	answers, err = c.results(ctx, job, job.Remote)
	return answers, err == nil, err
}

// results reads the answers of a batch that has ended, from where they lie by the
// rules: the address that Anthropic tells could lead the key elsewhere.
func (c *Claude) results(ctx context.Context, job stockdigest.BatchJob, id string) ([]stockdigest.BatchAnswer, error) {
	if !plainName(id) {
		return nil, c.fail(stockdigest.CallBadRequest, errBatchName)
	}
	x, err := c.exchangeOf(ctx, maxBatch, func(ctx context.Context) error {
		return c.api.Execute(ctx, http.MethodGet, claudeBatches+"/"+id+"/results", nil, nil)
	})
	if err != nil {
		return nil, err
	}
	asked := prompts(job)
	var answers []stockdigest.BatchAnswer
	lines(x.body, func(line []byte) {
		var told struct {
			ID     string `json:"custom_id"`
			Result struct {
				Type    string          `json:"type"`
				Message json.RawMessage `json:"message"`
				Error   json.RawMessage `json:"error"`
			} `json:"result"`
		}
		if json.Unmarshal(line, &told) != nil {
			return
		}
		switch told.Result.Type {
		case "succeeded":
			completion, err := parseClaude(told.Result.Message, asked[told.ID])
			answers = append(answers, c.answered(told.ID, completion, err))
		case "errored":
			reason, said := reasonIn(http.StatusBadRequest, told.Result.Error)
			answers = append(answers, c.unanswered(told.ID, reason, said))
		case "canceled", "expired":
			answers = append(answers, c.unanswered(told.ID, stockdigest.CallTimeout, told.Result.Type))
		}
	})
	return answers, nil
}

// CancelBatch has Anthropic answer no more of a job than it has. One that has
// ended is none the worse.
func (c *Claude) CancelBatch(ctx context.Context, job stockdigest.BatchJob) error {
	if !plainName(job.Remote) {
		return c.fail(stockdigest.CallBadRequest, errBatchName)
	}
	var b claudeBatch
	return ended(c.batch(ctx, http.MethodPost, claudeBatches+"/"+job.Remote+"/cancel", nil, &b))
}

// ended lets pass that a batch can no more be cancelled: what it is asked next
// tells how it stands.
func ended(err error) error {
	if refused, ok := errors.AsType[*stockdigest.CallError](err); ok && (refused.Status == http.StatusConflict || refused.Status == http.StatusBadRequest) {
		return nil
	}
	return err
}
