package llm_test

import (
	"encoding/json"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"stockdigest.app/stockdigest"
	"stockdigest.app/stockdigest/internal/datatest"
)

// A recorded is an answer that a provider once gave.
type recorded struct {
	name, address, body string
	status              int
}

// family is whose language the answer is in, when it is one of ours and whole.
func (r recorded) family() (family, bool) {
	switch {
	case !strings.HasPrefix(strings.TrimSpace(r.body), "{"):
		return family{}, false // a stream
	case strings.Contains(r.address, "anthropic"):
		return claude(), true
	case strings.HasSuffix(r.address, ":generateContent"):
		return gemini(), true
	case strings.HasSuffix(r.address, "/chat/completions"):
		return openAI(), true
	}
	return family{}, false
}

var (
	cassetteBody = regexp.MustCompile(`(?m)^    body: ?(.*)$`)
	cassetteURL  = regexp.MustCompile(`(?m)^    url: (.*)$`)
	cassetteCode = regexp.MustCompile(`(?m)^    code: (\d+)$`)
)

// cassettes reads the recordings of a folder.
func cassettes(t *testing.T, dir string) []recorded {
	t.Helper()
	var all []recorded
	err := filepath.WalkDir(dir, func(path string, _ fs.DirEntry, err error) error {
		if err != nil || filepath.Ext(path) != ".yaml" {
			return err
		}
		raw, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		for _, part := range strings.Split(string(raw), "\n- id: ")[1:] {
			request, response, _ := strings.Cut(part, "\n  response:\n")
			address, code := cassetteURL.FindStringSubmatch(request), cassetteCode.FindStringSubmatch(response)
			if address == nil || code == nil {
				continue
			}
			status, _ := strconv.Atoi(code[1])
			all = append(all, recorded{path, strings.TrimSpace(address[1]), scalar(response), status})
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return all
}

// scalar reads the body of a response: the one value of YAML that matters here.
func scalar(response string) string {
	at := cassetteBody.FindStringSubmatchIndex(response)
	if at == nil {
		return ""
	}
	first := response[at[2]:at[3]]
	switch {
	case strings.HasPrefix(first, "'"):
		return strings.ReplaceAll(strings.Trim(first, "'"), "''", "'")
	case strings.HasPrefix(first, `"`):
		var text string
		_ = json.Unmarshal([]byte(first), &text)
		return text
	case !strings.HasPrefix(first, "|"):
		return first
	}
	var b strings.Builder
	for line := range strings.Lines(response[at[1]+1:]) {
		if strings.TrimSpace(line) != "" && !strings.HasPrefix(line, "      ") {
			break
		}
		b.WriteString(line)
	}
	return b.String()
}

// steps are counts of parts of an answer, which the whole has again.
var steps = regexp.MustCompile(`"iterations": ?\[[^\]]*\]`)

// tokens reads counts out of a body, in a way of its own, and adds them up.
func tokens(body string, names ...string) int {
	sum := 0
	body = steps.ReplaceAllString(body, "")
	for _, name := range names {
		if found := regexp.MustCompile(`"` + name + `": ?(\d+)`).FindStringSubmatch(body); found != nil {
			n, _ := strconv.Atoi(found[1])
			sum += n
		}
	}
	return sum
}

// billed is what the provider counted.
func (f family) billed(body string) (in, out int) {
	switch f.name {
	case "claude":
		return tokens(body, "input_tokens", "cache_read_input_tokens") + tokens(body, "cache_creation_input_tokens")*5/4, tokens(body, "output_tokens")
	case "gemini":
		return tokens(body, "promptTokenCount", "toolUsePromptTokenCount"), tokens(body, "candidatesTokenCount", "thoughtsTokenCount")
	}
	return tokens(body, "prompt_tokens"), tokens(body, "completion_tokens")
}

func TestRecordedAnswersAreReadInFull(t *testing.T) {
	t.Parallel()
	read := map[string]int{}
	for _, r := range cassettes(t, datatest.Dir(t, "llm", "fantasy_cassettes")) {
		f, ok := r.family()
		if !ok {
			continue
		}
		read[f.name]++
		answer, err := f.client(t, answers(r.status, r.body)).Complete(t.Context(), f.model, prompt())
		if r.status != 200 {
			if e, ok := errors.AsType[*stockdigest.CallError](err); !ok || e.Status != r.status {
				t.Errorf("%s: got %v, want status %d", r.name, err, r.status)
			}
			continue
		}
		in, out := f.billed(r.body)
		if err != nil || answer.Usage.In != in || answer.Usage.Out != out || answer.Model == "" {
			t.Errorf("%s: got %+v (%v), want %d tokens in and %d out", r.name, answer, err, in, out)
		}
		if tool := strings.Contains(r.body, "tool_use") || strings.Contains(r.body, "tool_calls") || strings.Contains(r.body, "functionCall"); !tool && (answer.Text == "" || answer.Stop != stockdigest.StopEnd) {
			t.Errorf("%s: got %+v, want a text that ended", r.name, answer)
		}
	}
	for _, f := range families() {
		if read[f.name] < 5 {
			t.Errorf("only %d recorded answers of %s were found", read[f.name], f.name)
		}
	}
}

func TestRecordedFixturesAreReadOrRefusedInOrder(t *testing.T) {
	t.Parallel()
	packages := datatest.Dir(t, "llm", "vercel_ai", "packages")
	for folder, f := range map[string]family{
		filepath.Join("anthropic", "src", "__fixtures__"): claude(), filepath.Join("google", "src", "__fixtures__"): gemini(),
		filepath.Join("openai", "src", "chat", "__fixtures__"): openAI(),
	} {
		paths, err := filepath.Glob(filepath.Join(packages, folder, "*.json"))
		if err != nil || len(paths) == 0 {
			t.Fatalf("%s: got %d fixtures, %v", folder, len(paths), err)
		}
		for _, path := range paths {
			raw, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			body, status := string(raw), 200
			if strings.Contains(body, `"error": {`) && !strings.Contains(body, `"usage`) {
				status = max(400, tokens(body, "code"))
			}
			answer, err := f.client(t, answers(status, body)).Complete(t.Context(), f.model, prompt())
			if (err == nil) != (status == 200) {
				t.Errorf("%s: got %+v and %v for status %d", path, answer, err, status)
				continue
			}
			refusal := strings.Contains(body, `"stop_reason": "refusal"`)
			if in, out := f.billed(body); err == nil && (answer.Usage.In != in || answer.Usage.Out != out || refusal != (answer.Stop == stockdigest.StopRefusal)) {
				t.Errorf("%s: got %+v, want %d tokens in, %d out, refusal %t", path, answer, in, out, refusal)
			}
		}
	}
}

func TestErrorsQuotedFromLifeAreToldApart(t *testing.T) {
	t.Parallel()
	raw, err := os.ReadFile(filepath.Join(datatest.Dir(t, "llm"), "provider_errors_verbatim.json"))
	if err != nil {
		t.Fatal(err)
	}
	var said struct {
		Samples []struct {
			Provider, Message string
			Status            int
			Headers           map[string]string
			Body              json.RawMessage
		}
	}
	if err := json.Unmarshal(raw, &said); err != nil || len(said.Samples) == 0 {
		t.Fatalf("got %d samples, %v", len(said.Samples), err)
	}
	for _, s := range said.Samples {
		f := map[string]family{"anthropic": claude(), "gemini": gemini()}[strings.Fields(s.Provider)[0]]
		if f.name == "" {
			f = openAI()
		}
		body := string(s.Body)
		if body == "" {
			body = `{"error":{"message":` + quoted(s.Message) + `}}`
		}
		var headers []string
		for name, value := range s.Headers {
			if name != "content-length" && name != "connection" {
				headers = append(headers, name, value)
			}
		}
		e := failure(t, f, f.client(t, answers(s.Status, body, headers...)), t.Context())
		want := map[int]stockdigest.CallReason{429: stockdigest.CallBusy, 529: stockdigest.CallOverloaded}[s.Status]
		if e.Reason != want || e.Status != s.Status || e.MaybeBilled || e.Err == nil {
			t.Errorf("%s: got %+v, want it %s", body, e, want)
		}
		if strings.Contains(body, "ry again in") != (e.RetryAfter > 0) {
			t.Errorf("%s: got a wait of %s", body, e.RetryAfter)
		}
	}
}

func TestRefusalsOfEachProviderAreToldApart(t *testing.T) {
	t.Parallel()
	retryInfo := `{"error":{"code":429,"message":"Please retry in 1m2.5s.","status":"RESOURCE_EXHAUSTED","details":[{"@type":"type.googleapis.com/google.rpc.RetryInfo","retryDelay":%q}]}}`
	for name, c := range map[string]struct {
		f      family
		status int
		body   string
		want   stockdigest.CallReason
		after  time.Duration
	}{
		"claude, no credit": {claude(), 400, `{"type":"error","error":{"type":"invalid_request_error","message":"Your credit balance is too low to access the Anthropic API."}}`, stockdigest.CallNoFunds, 0},
		"claude, billing":   {claude(), 403, `{"type":"error","error":{"type":"billing_error","message":"x"}}`, stockdigest.CallNoFunds, 0},
		"claude, no model":  {claude(), 404, `{"type":"error","error":{"type":"not_found_error","message":"model: claude-none"}}`, stockdigest.CallNoModel, 0},
		"claude, wrong key": {claude(), 401, `{"type":"error","error":{"type":"authentication_error","message":"invalid x-api-key"}}`, stockdigest.CallBadKey, 0},
		"claude, overload":  {claude(), 529, `{"type":"error","error":{"type":"overloaded_error","message":"Overloaded"}}`, stockdigest.CallOverloaded, 0},
		"gemini, wrong key": {gemini(), 400, `{"error":{"code":400,"message":"API key not valid. Please pass a valid API key.","status":"INVALID_ARGUMENT","details":[{"reason":"API_KEY_INVALID"}]}}`, stockdigest.CallBadKey, 0},
		"gemini, no right":  {gemini(), 403, `{"error":{"code":403,"message":"Method doesn't allow unregistered callers","status":"PERMISSION_DENIED"}}`, stockdigest.CallBadKey, 0},
		"gemini, no model":  {gemini(), 404, `{"error":{"code":404,"message":"models/gemini-none is not found","status":"NOT_FOUND"}}`, stockdigest.CallNoModel, 0},
		"gemini, wait":      {gemini(), 429, strings.Replace(retryInfo, "%q", `"34.4s"`, 1), stockdigest.CallBusy, 34400 * time.Millisecond},
		"gemini, years":     {gemini(), 429, strings.Replace(retryInfo, "%q", `"315360000s"`, 1), stockdigest.CallBusy, 24 * time.Hour},
		"gemini, no sense":  {gemini(), 429, strings.Replace(retryInfo, "%q", `"soon"`, 1), stockdigest.CallBusy, 62500 * time.Millisecond},
		"gemini, in a list": {gemini(), 503, `[{"error":{"code":503,"message":"The model is overloaded.","status":"UNAVAILABLE"}}]`, stockdigest.CallOverloaded, 0},
		"gemini, the day": {
			gemini(), 429,
			`{"error":{"code":429,"message":"You exceeded your current quota","status":"RESOURCE_EXHAUSTED","details":[{"violations":[{"quotaId":"GenerateRequestsPerDayPerProjectPerModel-FreeTier"}]}]}}`,
			stockdigest.CallNoFunds, 0,
		},
		"openai, no funds": {openAI(), 429, `{"error":{"message":"You exceeded your current quota","type":"insufficient_quota"}}`, stockdigest.CallNoFunds, 0},
	} {
		e := failure(t, c.f, c.f.client(t, answers(c.status, c.body)), t.Context())
		if e.Reason != c.want || e.RetryAfter != c.after || e.MaybeBilled {
			t.Errorf("%s: got %+v, want %s after %s", name, e, c.want, c.after)
		}
	}
}
