package llm

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"strings"

	"google.golang.org/genai"

	"stockdigest.app/stockdigest"
)

const (
	geminiBatches = "batches/" // before a batch's name
	callLabel     = "key"      // of the label that a call of a batch bears
)

// A geminiBatch is a batch as Google tells of it.
type geminiBatch struct {
	Name string `json:"name"`
	Told struct {
		Label  string        `json:"displayName"`
		State  string        `json:"state"`
		Output geminiInlined `json:"output"`
	} `json:"metadata"`
	Response geminiInlined `json:"response"`
	Error    struct {
		Message string `json:"message"`
	} `json:"error"`
}

// A geminiInlined is the answers of a batch, which stand in it.
type geminiInlined struct {
	Inlined struct {
		Answers []geminiAnswer `json:"inlinedResponses"`
	} `json:"inlinedResponses"`
}

type geminiAnswer struct {
	Response json.RawMessage   `json:"response"`
	Error    json.RawMessage   `json:"error"`
	Labels   map[string]string `json:"metadata"`
}

// id is the batch's name without what all begin with.
func (b geminiBatch) id() string { return strings.TrimPrefix(b.Name, geminiBatches) }

// answers are those of a batch that has ended, in the order of its calls.
func (b geminiBatch) answers() []geminiAnswer {
	if all := b.Response.Inlined.Answers; len(all) > 0 {
		return all
	}
	return b.Told.Output.Inlined.Answers
}

// SendBatch sends the calls of a job, with the job's ID on it, and returns
// Google's name for it.
func (g *Gemini) SendBatch(ctx context.Context, job stockdigest.BatchJob) (string, error) {
	src := &genai.BatchJobSource{}
	for _, bid := range job.Calls {
		config, err := geminiConfig(job.Model, bid.Ask.Prompt)
		if err != nil {
			return "", g.fail(stockdigest.CallBadRequest, fmt.Errorf("write the request: %w", err))
		}
		src.InlinedRequests = append(src.InlinedRequests, &genai.InlinedRequest{
			Contents: genai.Text(bid.Ask.Prompt.Input), Config: config, Metadata: map[string]string{callLabel: bid.ID},
		})
	}
	var made geminiBatch
	err := g.fetch(ctx, &made, func(ctx context.Context) error {
		_, err := g.api.Batches.Create(ctx, job.Model, src, &genai.CreateBatchJobConfig{DisplayName: job.ID})
		return err
	})
	if err != nil {
		return "", err
	}
	return g.named(made.id())
}

// FindBatch looks for the batch that bears the job's ID among those that were
// made since.
func (g *Gemini) FindBatch(ctx context.Context, job stockdigest.BatchJob) (remote string, sure bool, err error) {
	after := ""
	for range manyPages {
		var page struct {
			Data []geminiBatch `json:"operations"`
			Next string        `json:"nextPageToken"`
		}
		err := g.fetch(ctx, &page, func(ctx context.Context) error {
			_, err := g.api.Batches.List(ctx, &genai.ListBatchJobsConfig{PageSize: 100, PageToken: after})
			return err
		})
		if err != nil {
			return "", false, err
		}
		for _, b := range page.Data {
			if b.Told.Label == job.ID {
				return b.id(), true, nil
			}
		}
		if page.Next == "" {
			return "", true, nil
		}
		after = page.Next
	}
	return "", false, nil
}

// BatchAnswers returns how the calls of a job ended, once it has.
func (g *Gemini) BatchAnswers(ctx context.Context, job stockdigest.BatchJob) (answers []stockdigest.BatchAnswer, done bool, err error) {
	if !plainName(job.Remote) {
		return nil, false, g.fail(stockdigest.CallBadRequest, errBatchName)
	}
	var b geminiBatch
	err = g.fetch(ctx, &b, func(ctx context.Context) error {
		_, err := g.api.Batches.Get(ctx, geminiBatches+job.Remote, nil)
		return err
	})
	if err != nil {
		return nil, false, err
	}
	switch strings.TrimPrefix(b.Told.State, "BATCH_STATE_") {
	case "PENDING", "RUNNING":
		return nil, false, nil
	case "FAILED": // as a whole, before any answer
		for _, bid := range job.Calls {
			answers = append(answers, g.unanswered(bid.ID, stockdigest.CallBadRequest, b.Error.Message))
		}
		return answers, true, nil
	case "SUCCEEDED", "CANCELLED", "EXPIRED":
		return g.results(job, b.answers()), true, nil
	}
	return nil, false, g.fail(stockdigest.CallBroken, errBatchState)
}

// results reads the answers of a batch. They come in the order of its calls, for
// those that do not bear the label of theirs.
func (g *Gemini) results(job stockdigest.BatchJob, told []geminiAnswer) []stockdigest.BatchAnswer {
	asked := prompts(job)
	var answers []stockdigest.BatchAnswer
	for i, a := range told {
		call := a.Labels[callLabel]
		if call == "" && len(told) == len(job.Calls) {
			call = job.Calls[i].ID
		}
		if len(a.Response) > 0 {
			completion, err := parseGemini(a.Response, asked[call])
			answers = append(answers, g.answered(call, completion, err))
			continue
		}
		reason, said := reasonIn(http.StatusBadRequest, json.RawMessage(`{"error":`+string(a.Error)+`}`))
		answers = append(answers, g.unanswered(call, reason, said))
	}
	return answers
}

// CancelBatch has Google answer no more of a job than it has. One that has ended
// is none the worse.
func (g *Gemini) CancelBatch(ctx context.Context, job stockdigest.BatchJob) error {
	if !plainName(job.Remote) {
		return g.fail(stockdigest.CallBadRequest, errBatchName)
	}
	var nothing any
	return ended(g.fetch(ctx, &nothing, func(ctx context.Context) error {
		return g.api.Batches.Cancel(ctx, geminiBatches+job.Remote, nil)
	}))
}
