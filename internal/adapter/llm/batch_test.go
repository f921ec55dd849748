package llm_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"stockdigest.app/stockdigest"
)

// A batcher is a client whose provider takes batches.
type batcher interface {
	SendBatch(ctx context.Context, job stockdigest.BatchJob) (string, error)
	FindBatch(ctx context.Context, job stockdigest.BatchJob) (string, bool, error)
	BatchAnswers(ctx context.Context, job stockdigest.BatchJob) ([]stockdigest.BatchAnswer, bool, error)
	CancelBatch(ctx context.Context, job stockdigest.BatchJob) error
}

// A script answers requests, by method and path with query, and keeps what was
// sent. What it has no line for it refuses.
type script struct {
	answers map[string]string

	mu   sync.Mutex
	sent map[string]string // bodies
}

func (s *script) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	at := r.Method + " " + strings.TrimPrefix(strings.TrimPrefix(r.URL.String(), "/v1beta"), "/v1")
	body, _ := io.ReadAll(r.Body)
	s.mu.Lock()
	s.sent[at] = string(body)
	s.mu.Unlock()
	answer, ok := s.answers[at]
	if !ok {
		w.WriteHeader(http.StatusNotFound)
		return
	}
	_, _ = io.WriteString(w, answer)
}

// played is a client of the family that meets the script.
func (f family) played(t *testing.T, answers map[string]string) (batcher, *script) {
	t.Helper()
	s := &script{answers: answers, sent: map[string]string{}}
	b, ok := f.client(t, s.ServeHTTP).(batcher)
	if !ok {
		t.Fatalf("%s takes no batches", f.name)
	}
	return b, s
}

// job is one of two calls, a and b.
func job(f family) stockdigest.BatchJob {
	j := stockdigest.BatchJob{ID: "job-1", Provider: f.name, Model: f.model, Created: now}
	for _, id := range []string{"a", "b"} {
		j.Calls = append(j.Calls, stockdigest.Bid{ID: id, Ask: stockdigest.Ask{Provider: f.name, Model: f.model, Prompt: prompt()}})
	}
	return j
}

func sentAs(f family, remote string) stockdigest.BatchJob {
	j := job(f)
	j.Remote = remote
	return j
}

func TestClaudesBatchHoldsWhatItsCallsWouldSend(t *testing.T) {
	t.Parallel()
	c, s := claude().played(t, map[string]string{"POST /messages/batches": `{"id":"msgbatch_1","processing_status":"in_progress"}`})
	id, err := c.SendBatch(t.Context(), job(claude()))
	if err != nil || id != "msgbatch_1" {
		t.Fatalf("got %q, %v", id, err)
	}
	var sent struct {
		Requests []struct {
			ID     string         `json:"custom_id"`
			Params map[string]any `json:"params"`
		} `json:"requests"`
	}
	if err := json.Unmarshal([]byte(s.sent["POST /messages/batches"]), &sent); err != nil || len(sent.Requests) != 2 {
		t.Fatalf("sent %+v, %v", sent, err)
	}
	if diff := cmp.Diff(claude().sent(t, claude().model, prompt()), sent.Requests[1].Params); diff != "" || sent.Requests[1].ID != "b" {
		t.Errorf("call %s (-alone +in a batch):\n%s", sent.Requests[1].ID, diff)
	}
}

func TestOpenAIsBatchIsAFileAndBearsItsJob(t *testing.T) {
	t.Parallel()
	f := families()[0]
	c, s := f.played(t, map[string]string{"POST /files": `{"id":"file-1"}`, "POST /batches": `{"id":"batch_1","status":"validating"}`})
	id, err := c.SendBatch(t.Context(), job(f))
	if err != nil || id != "batch_1" {
		t.Fatalf("got %q, %v", id, err)
	}
	var made map[string]any
	must(t, json.Unmarshal([]byte(s.sent["POST /batches"]), &made))
	want := map[string]any{
		"input_file_id": "file-1", "endpoint": "/v1/chat/completions", "completion_window": "24h", "metadata": map[string]any{"stockdigest_job": "job-1"},
	}
	if diff := cmp.Diff(want, made); diff != "" {
		t.Errorf("batch (-want +got):\n%s", diff)
	}
	var lines []string
	for line := range strings.Lines(s.sent["POST /files"]) {
		if strings.HasPrefix(line, "{") {
			lines = append(lines, line)
		}
	}
	var call struct {
		ID   string         `json:"custom_id"`
		URL  string         `json:"url"`
		Body map[string]any `json:"body"`
	}
	if len(lines) != 2 || json.Unmarshal([]byte(lines[0]), &call) != nil || call.ID != "a" || call.URL != "/v1/chat/completions" {
		t.Fatalf("file of %d lines: %s", len(lines), s.sent["POST /files"])
	}
	if diff := cmp.Diff(f.sent(t, f.model, prompt()), call.Body); diff != "" {
		t.Errorf("call (-alone +in a batch):\n%s", diff)
	}
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// ended answers for a batch b1 of three calls: one was answered, one refused and
// one not worked on, next to lines that are no answers.
func ended(f family) map[string]string {
	good := strings.ReplaceAll(f.good(), "\n", "")
	if f.name == "claude" {
		return map[string]string{
			"GET /messages/batches/b1": `{"id":"b1","processing_status":"ended"}`,
			"GET /messages/batches/b1/results": "not json\n\n" +
				`{"custom_id":"a","result":{"type":"succeeded","message":` + good + "}}\n" +
				`{"custom_id":"b","result":{"type":"errored","error":{"type":"error","error":{"type":"api_error","message":"boom"}}}}` + "\n" +
				`{"custom_id":"c","result":{"type":"canceled"}}` + "\n" +
				`{"custom_id":"d","result":{"type":"succeeded","message":{}}}` + "\n" +
				`{"custom_id":"e","result":{"type":"what"}}`,
		}
	}
	if f.name == "gemini" {
		return map[string]string{"GET /batches/b1": `{"name":"batches/b1","done":true,"metadata":{"state":"BATCH_STATE_SUCCEEDED"},"response":{"inlinedResponses":{"inlinedResponses":[
{"metadata":{"key":"b"},"error":{"code":13,"message":"boom"}},
{"metadata":{"key":"a"},"response":` + good + `},
{"metadata":{"key":"c"},"error":{"code":1,"message":"cancelled"}},
{"metadata":{"key":"d"},"response":{}}]}}}`}
	}
	return map[string]string{
		"GET /batches/b1": `{"id":"b1","status":"expired","output_file_id":"f1","error_file_id":"f2"}`,
		"GET /files/f1/content": "not json\n" + `{"custom_id":"a","response":{"status_code":200,"body":` + good + `},"error":null}` + "\n" +
			`{"custom_id":"d","response":{"status_code":200,"body":{}},"error":null}`,
		"GET /files/f2/content": `{"custom_id":"b","response":{"status_code":500,"body":{"error":{"message":"boom"}}}}` + "\n" +
			`{"custom_id":"c","response":null,"error":{"code":"batch_expired","message":"too late"}}`,
	}
}

func TestABatchTellsHowEachOfItsCallsEnded(t *testing.T) {
	t.Parallel()
	for _, f := range families() {
		t.Run(f.name, func(t *testing.T) {
			t.Parallel()
			c, _ := f.played(t, ended(f))
			got, done, err := c.BatchAnswers(t.Context(), sentAs(f, "b1"))
			must(t, err)
			failed := func(reason stockdigest.CallReason, maybe bool) *stockdigest.CallError {
				return &stockdigest.CallError{Provider: f.name, Reason: reason, MaybeBilled: maybe}
			}
			want := []stockdigest.BatchAnswer{
				{Call: "a", Completion: stockdigest.Completion{Text: `{"sentences":[1]}`, Stop: stockdigest.StopEnd, Model: "m-2026", Usage: stockdigest.Usage{In: 120, InCached: 100, Out: 9}}},
				{Call: "b", Err: failed(map[string]stockdigest.CallReason{"openai": stockdigest.CallOverloaded}[f.name], false)},
				{Call: "c", Err: failed(map[string]stockdigest.CallReason{"openai": stockdigest.CallTimeout, "claude": stockdigest.CallTimeout}[f.name], false)},
				{Call: "d", Err: failed(stockdigest.CallBroken, true)},
			}
			for i := range want {
				if want[i].Err != nil && want[i].Err.Reason == "" {
					want[i].Err.Reason = stockdigest.CallBadRequest // no better word is told
				}
			}
			byCall := cmpopts.SortSlices(func(a, b stockdigest.BatchAnswer) bool { return a.Call < b.Call })
			if diff := cmp.Diff(want, got, byCall, cmpopts.IgnoreFields(stockdigest.CallError{}, "Err")); diff != "" || !done {
				t.Errorf("done %t (-want +got):\n%s", done, diff)
			}
		})
	}
}

func TestABatchThatIsUnderWayHasNoAnswers(t *testing.T) {
	t.Parallel()
	for _, f := range families() {
		for _, status := range []string{"in_progress", "canceling", "cancelling", "BATCH_STATE_RUNNING", "what", ""} {
			body := fmt.Sprintf(`{"id":"b1","status":%q,"processing_status":%q,"metadata":{"state":%q}}`, status, status, status)
			c, _ := f.played(t, map[string]string{"GET /batches/b1": body, "GET /messages/batches/b1": body})
			if answers, done, _ := c.BatchAnswers(t.Context(), sentAs(f, "b1")); done || len(answers) > 0 {
				t.Errorf("%s, %q: got %d answers, done %t", f.name, status, len(answers), done)
			}
		}
	}
}

func TestABatchThatIsRefusedAsAWholeCostsNothing(t *testing.T) {
	t.Parallel()
	for family, body := range map[int]string{
		0: `{"id":"b1","status":"failed","errors":{"data":[{"message":"no such model"}]}}`,
		2: `{"name":"batches/b1","metadata":{"state":"BATCH_STATE_FAILED"},"error":{"message":"no such model"}}`,
	} {
		f := families()[family]
		c, _ := f.played(t, map[string]string{"GET /batches/b1": body})
		got, done, err := c.BatchAnswers(t.Context(), sentAs(f, "b1"))
		if err != nil || !done || len(got) != 2 || got[0].Err == nil || got[0].Err.MaybeBilled || !strings.Contains(got[0].Err.Error(), "no such model") {
			t.Errorf("%s: got %+v, %t, %v", f.name, got, done, err)
		}
	}
}

func TestGeminisBatchHoldsWhatItsCallsWouldSend(t *testing.T) {
	t.Parallel()
	f := families()[2]
	at := "POST /models/gemini-2.5-flash:batchGenerateContent"
	c, s := f.played(t, map[string]string{at: `{"name":"batches/b1","metadata":{"state":"BATCH_STATE_PENDING"}}`})
	id, err := c.SendBatch(t.Context(), job(f))
	if err != nil || id != "b1" {
		t.Fatalf("got %q, %v", id, err)
	}
	var sent struct {
		Batch struct {
			Label string `json:"displayName"`
			Input struct {
				Requests struct {
					Requests []struct {
						Request  map[string]any    `json:"request"`
						Metadata map[string]string `json:"metadata"`
					} `json:"requests"`
				} `json:"requests"`
			} `json:"inputConfig"`
		} `json:"batch"`
	}
	must(t, json.Unmarshal([]byte(s.sent[at]), &sent))
	calls := sent.Batch.Input.Requests.Requests
	if len(calls) != 2 || sent.Batch.Label != "job-1" || calls[1].Metadata["key"] != "b" {
		t.Fatalf("sent %s", s.sent[at])
	}
	alone := f.sent(t, f.model, prompt())
	if system, ok := alone["systemInstruction"].(map[string]any); ok {
		delete(system, "role") // the library leaves it out, and Google does without
	}
	if diff := cmp.Diff(alone, calls[1].Request); diff != "" {
		t.Errorf("call (-alone +in a batch):\n%s", diff)
	}
}

func TestGeminisAnswersWithoutLabelsComeInOrder(t *testing.T) {
	t.Parallel()
	f := families()[2]
	list := func(n int) string {
		one := `{"response":` + f.good() + `}`
		return `{"metadata":{"state":"BATCH_STATE_SUCCEEDED","output":{"inlinedResponses":{"inlinedResponses":[` + strings.Repeat(one+",", n-1) + one + `]}}}}`
	}
	c, _ := f.played(t, map[string]string{"GET /batches/two": list(2), "GET /batches/three": list(3)})
	got, done, err := c.BatchAnswers(t.Context(), sentAs(f, "two"))
	if err != nil || !done || len(got) != 2 || got[0].Call != "a" || got[1].Call != "b" {
		t.Errorf("got %+v, %t, %v", got, done, err)
	}
	got, _, err = c.BatchAnswers(t.Context(), sentAs(f, "three")) // whose they are cannot be told
	if err != nil || len(got) != 3 || got[0].Call != "" {
		t.Errorf("got %+v, %v", got, err)
	}
}

func TestGeminisBatchIsFoundByItsLabel(t *testing.T) {
	t.Parallel()
	f := families()[2]
	first := `{"operations":[{"name":"batches/b9","metadata":{"displayName":"job-9"}}],"nextPageToken":"more"}`
	for second, want := range map[string]string{
		`{"operations":[{"name":"batches/b1","metadata":{"displayName":"job-1"}}]}`: "b1",
		`{}`: "",
	} {
		c, _ := f.played(t, map[string]string{"GET /batches?pageSize=100": first, "GET /batches?pageSize=100&pageToken=more": second})
		remote, sure, err := c.FindBatch(t.Context(), job(f))
		if err != nil || remote != want || !sure {
			t.Errorf("%s: got %q, %t, %v; want %q", second, remote, sure, err, want)
		}
	}
}

// claudeList is a page of batches: name, size, whether it has ended, and its age.
func claudeList(entries ...string) string {
	return `{"data":[` + strings.Join(entries, ",") + `],"has_more":false}`
}

func claudeEntry(id string, size int, status string, age time.Duration) string {
	return fmt.Sprintf(`{"id":%q,"processing_status":%q,"created_at":%q,"request_counts":{"processing":%d}}`, id, status, now.Add(-age).Format(time.RFC3339), size)
}

func TestClaudesBatchIsFoundByItsCalls(t *testing.T) {
	t.Parallel()
	ours := `{"custom_id":"a","result":{"type":"canceled"}}`
	theirs := `{"custom_id":"x","result":{"type":"canceled"}}`
	for name, c := range map[string]struct {
		list   string
		remote string
		sure   bool
	}{
		"none":                        {claudeList(), "", true},
		"ours":                        {claudeList(claudeEntry("theirs", 2, "ended", 0), claudeEntry("ours", 2, "ended", time.Minute)), "ours", true},
		"another's":                   {claudeList(claudeEntry("theirs", 2, "ended", 0)), "", true},
		"one of our size under way":   {claudeList(claudeEntry("open", 2, "in_progress", 0)), "", false},
		"one of another size":         {claudeList(claudeEntry("open", 3, "in_progress", 0)), "", true},
		"one that is older":           {claudeList(claudeEntry("ours", 2, "ended", time.Hour)), "", true},
		"ours behind one under way":   {claudeList(claudeEntry("open", 2, "in_progress", 0), claudeEntry("ours", 2, "ended", 0)), "ours", true},
		"one under way, then the old": {claudeList(claudeEntry("open", 2, "in_progress", 0), claudeEntry("ours", 2, "ended", time.Hour)), "", false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b, _ := claude().played(t, map[string]string{
				"GET /messages/batches?limit=100": c.list, "GET /messages/batches/ours/results": ours, "GET /messages/batches/theirs/results": theirs,
			})
			remote, sure, err := b.FindBatch(t.Context(), job(claude()))
			if err != nil || remote != c.remote || sure != c.sure {
				t.Errorf("got %q, %t, %v; want %q, %t", remote, sure, err, c.remote, c.sure)
			}
		})
	}
}

func TestOpenAIsBatchIsFoundByItsLabel(t *testing.T) {
	t.Parallel()
	f := families()[0]
	entry := func(id, label string, age time.Duration) string {
		return fmt.Sprintf(`{"id":%q,"status":"in_progress","created_at":%d,"metadata":{"stockdigest_job":%q}}`, id, now.Add(-age).Unix(), label)
	}
	first := `{"data":[` + entry("b9", "job-9", 0) + `],"has_more":true}`
	for second, want := range map[string]string{
		`{"data":[` + entry("b1", "job-1", time.Minute) + `]}`:                                       "b1",
		`{"data":[` + entry("b0", "job-0", time.Hour) + `,` + entry("b1", "job-1", time.Hour) + `]}`: "",
		`{"data":[]}`: "",
	} {
		c, _ := f.played(t, map[string]string{"GET /batches?limit=100": first, "GET /batches?limit=100&after=b9": second})
		remote, sure, err := c.FindBatch(t.Context(), job(f))
		if err != nil || remote != want || !sure {
			t.Errorf("%s: got %q, %t, %v; want %q", second, remote, sure, err, want)
		}
	}
	c, _ := f.played(t, map[string]string{"GET /batches?limit=100": first})
	if _, sure, err := c.FindBatch(t.Context(), job(f)); sure || err == nil {
		t.Errorf("half of the list is enough: %v", err)
	}
}

func TestWhetherABatchWasTakenIsKnownOrNot(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		f       int
		answers map[string]string
		maybe   bool
	}{
		{0, nil, false},
		{0, map[string]string{"POST /files": `{"id":"fi`}, false},
		{0, map[string]string{"POST /files": `{"id":"a/../b"}`}, false},
		{0, map[string]string{"POST /files": `{"id":"f"}`}, false},
		{0, map[string]string{"POST /files": `{"id":"f"}`, "POST /batches": `{"id":"ba`}, true},
		{0, map[string]string{"POST /files": `{"id":"f"}`, "POST /batches": `{"id":"../files"}`}, true},
		{1, nil, false},
		{1, map[string]string{"POST /messages/batches": `{"id":`}, true},
		{1, map[string]string{"POST /messages/batches": `{"id":"a?b"}`}, true},
		{2, nil, false},
		{2, map[string]string{"POST /models/gemini-2.5-flash:batchGenerateContent": `{"name":`}, true},
		{2, map[string]string{"POST /models/gemini-2.5-flash:batchGenerateContent": `{"name":"batches/a/b"}`}, true},
	} {
		f := families()[c.f]
		b, _ := f.played(t, c.answers)
		_, err := b.SendBatch(t.Context(), job(f))
		if e, ok := errors.AsType[*stockdigest.CallError](err); !ok || e.MaybeBilled != c.maybe {
			t.Errorf("%s, %v: got %v, want it maybe billed: %t", f.name, c.answers, err, c.maybe)
		}
	}
}

func TestACancelledBatchMayHaveEndedBefore(t *testing.T) {
	t.Parallel()
	for _, f := range families() {
		for status, fails := range map[int]bool{200: false, 400: false, 409: false, 500: true, 401: true} {
			b, ok := f.client(t, answers(status, `{}`)).(batcher)
			if err := b.CancelBatch(t.Context(), sentAs(f, "b1")); !ok || (err != nil) != fails {
				t.Errorf("%s, %d: got %v", f.name, status, err)
			}
			if err := b.CancelBatch(t.Context(), sentAs(f, "../files/f1")); err == nil {
				t.Errorf("%s: a name that leads elsewhere was asked for", f.name)
			}
		}
	}
}
