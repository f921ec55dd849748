package llm

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"mime/multipart"
	"net/http"
	"net/url"
	"time"

	"stockdigest.app/stockdigest"
)

const (
	chatPath = "/v1/chat/completions" // as a batch names it, whatever the base
	jobLabel = "stockdigest_job"      // of the label that a batch bears
)

// An openAIBatch is a batch as OpenAI tells of it.
type openAIBatch struct {
	ID      string            `json:"id"`
	Status  string            `json:"status"`
	Created int64             `json:"created_at"` // Unix time
	Output  string            `json:"output_file_id"`
	Errors  string            `json:"error_file_id"`
	Labels  map[string]string `json:"metadata"`
	Faults  struct {
		Data []struct {
			Message string `json:"message"`
		} `json:"data"`
	} `json:"errors"`
}

// SendBatch uploads the calls of a job and has a batch made of them, with the
// job's ID on it. It returns OpenAI's name for the batch.
func (c *Client) SendBatch(ctx context.Context, job stockdigest.BatchJob) (string, error) {
	file, err := c.upload(ctx, job)
	if err != nil {
		return "", err
	}
	body, err := json.Marshal(map[string]any{
		"input_file_id": file, "endpoint": chatPath, "completion_window": "24h", "metadata": map[string]string{jobLabel: job.ID},
	})
	if err != nil {
		return "", c.fail(stockdigest.CallBadRequest, fmt.Errorf("write the request: %w", err))
	}
	var made openAIBatch
	err = c.fetch(ctx, &made, func(ctx context.Context) error {
		return c.send(ctx, http.MethodPost, "/batches", bytes.NewReader(body))
	})
	if err != nil {
		return "", err
	}
	return c.named(made.ID)
}

// upload sends the calls as a file, which costs nothing, and returns its name.
func (c *Client) upload(ctx context.Context, job stockdigest.BatchJob) (string, error) {
	body, kind, err := batchFile(job)
	if err != nil {
		return "", c.fail(stockdigest.CallBadRequest, fmt.Errorf("write the request: %w", err))
	}
	var file struct {
		ID string `json:"id"`
	}
	err = c.fetch(ctx, &file, func(ctx context.Context) error {
		return c.sendAs(ctx, http.MethodPost, "/files", kind, body)
	})
	if failed, ok := errors.AsType[*stockdigest.CallError](err); ok {
		failed.MaybeBilled = false
	}
	if err == nil && (file.ID == "" || !plainName(file.ID)) {
		err = c.fail(stockdigest.CallBroken, errNoBatch)
	}
	return file.ID, err
}

// batchFile is a form with a file that has a call in each line.
func batchFile(job stockdigest.BatchJob) (body *bytes.Buffer, kind string, err error) {
	type call struct {
		ID     string  `json:"custom_id"`
		Method string  `json:"method"`
		URL    string  `json:"url"`
		Body   request `json:"body"`
	}
	body = &bytes.Buffer{}
	form := multipart.NewWriter(body)
	if err := form.WriteField("purpose", "batch"); err != nil {
		return nil, "", err
	}
	file, err := form.CreateFormFile("file", job.ID+".jsonl")
	if err != nil {
		return nil, "", err
	}
	lines := json.NewEncoder(file)
	for _, bid := range job.Calls {
		if err := lines.Encode(call{bid.ID, http.MethodPost, chatPath, newRequest(job.Model, bid.Ask.Prompt)}); err != nil {
			return nil, "", err
		}
	}
	return body, form.FormDataContentType(), form.Close()
}

// FindBatch looks for the batch that bears the job's ID among those that were
// made since.
func (c *Client) FindBatch(ctx context.Context, job stockdigest.BatchJob) (remote string, sure bool, err error) {
	after := ""
	for range manyPages {
		var page struct {
			Data []openAIBatch `json:"data"`
			More bool          `json:"has_more"`
		}
		path := "/batches?limit=100"
		if after != "" {
			path += "&after=" + url.QueryEscape(after)
		}
		err := c.fetch(ctx, &page, func(ctx context.Context) error { return c.send(ctx, http.MethodGet, path, http.NoBody) })
		if err != nil {
			return "", false, err
		}
		for _, b := range page.Data {
			if b.Labels[jobLabel] == job.ID {
				return b.ID, true, nil
			}
			if time.Unix(b.Created, 0).Before(job.Created.Add(-clockSlack)) {
				return "", true, nil // the newest come first
			}
		}
		if !page.More || len(page.Data) == 0 {
			return "", true, nil
		}
		after = page.Data[len(page.Data)-1].ID
	}
	return "", false, nil
}

// BatchAnswers returns how the calls of a job ended, once it has.
func (c *Client) BatchAnswers(ctx context.Context, job stockdigest.BatchJob) (answers []stockdigest.BatchAnswer, done bool, err error) {
	if !plainName(job.Remote) {
		return nil, false, c.fail(stockdigest.CallBadRequest, errBatchName)
	}
	var b openAIBatch
	err = c.fetch(ctx, &b, func(ctx context.Context) error {
		return c.send(ctx, http.MethodGet, "/batches/"+job.Remote, http.NoBody)
	})
	if err != nil {
		return nil, false, err
	}
	switch b.Status {
	case "validating", "in_progress", "finalizing", "cancelling":
		return nil, false, nil
	case "failed": // it was refused as a whole, before any work
		return c.refusedAll(job, b), true, nil
	case "completed", "expired", "cancelled":
	default:
		return nil, false, c.fail(stockdigest.CallBroken, errBatchState)
	}
	for _, file := range []string{b.Output, b.Errors} {
		if file == "" {
			continue
		}
		some, err := c.results(ctx, job, file)
		if err != nil {
			return nil, false, err
		}
		answers = append(answers, some...)
	}
	return answers, true, nil
}

func (c *Client) refusedAll(job stockdigest.BatchJob, b openAIBatch) []stockdigest.BatchAnswer {
	why := "it was refused"
	if len(b.Faults.Data) > 0 {
		why = b.Faults.Data[0].Message
	}
	var answers []stockdigest.BatchAnswer
	for _, bid := range job.Calls {
		answers = append(answers, c.unanswered(bid.ID, stockdigest.CallBadRequest, why))
	}
	return answers
}

// results reads a file of answers or of errors.
func (c *Client) results(ctx context.Context, job stockdigest.BatchJob, file string) ([]stockdigest.BatchAnswer, error) {
	if !plainName(file) {
		return nil, c.fail(stockdigest.CallBadRequest, errBatchName)
	}
	x, err := c.exchangeOf(ctx, maxBatch, func(ctx context.Context) error {
		return c.send(ctx, http.MethodGet, "/files/"+file+"/content", http.NoBody)
	})
	if err != nil {
		return nil, err
	}
	asked := prompts(job)
	var answers []stockdigest.BatchAnswer
	lines(x.body, func(line []byte) {
		var told struct {
			ID       string `json:"custom_id"`
			Response struct {
				Status int             `json:"status_code"`
				Body   json.RawMessage `json:"body"`
			} `json:"response"`
			Error struct {
				Code    string `json:"code"`
				Message string `json:"message"`
			} `json:"error"`
		}
		switch {
		case json.Unmarshal(line, &told) != nil:
		case told.Response.Status == http.StatusOK:
			completion, err := parseOpenAI(told.Response.Body, asked[told.ID])
			answers = append(answers, c.answered(told.ID, completion, err))
		case told.Response.Status != 0:
			reason, said := reasonIn(told.Response.Status, told.Response.Body)
			answers = append(answers, c.unanswered(told.ID, reason, said))
		default: // expired, or cancelled
			answers = append(answers, c.unanswered(told.ID, stockdigest.CallTimeout, told.Error.Code+" "+told.Error.Message))
		}
	})
	return answers, nil
}

// CancelBatch has OpenAI answer no more of a job than it has. One that has ended
// is none the worse.
func (c *Client) CancelBatch(ctx context.Context, job stockdigest.BatchJob) error {
	if !plainName(job.Remote) {
		return c.fail(stockdigest.CallBadRequest, errBatchName)
	}
	var b openAIBatch
	return ended(c.fetch(ctx, &b, func(ctx context.Context) error {
		return c.send(ctx, http.MethodPost, "/batches/"+job.Remote+"/cancel", http.NoBody)
	}))
}
