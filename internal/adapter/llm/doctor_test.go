package llm_test

import (
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"stockdigest.app/stockdigest"
	"stockdigest.app/stockdigest/internal/adapter/llm"
)

// probed is a provider in good order, as each family finds it.
func (f family) probed() string {
	return map[string]string{
		"openai": `{"object":"list","data":[{"id":"gpt-5-mini"},{"id":"llama3.2:latest"}]}`, "claude": `{"input_tokens":8}`, "gemini": `{"totalTokens":8}`,
	}[f.name]
}

func TestProbeTellsWhatIsWrong(t *testing.T) {
	t.Parallel()
	gone := httptest.NewServer(nil)
	gone.Close()
	for _, f := range families() {
		t.Run(f.name, func(t *testing.T) {
			t.Parallel()
			for name, c := range map[string]struct {
				network http.RoundTripper
				want    stockdigest.CallReason
			}{
				"a wrong key":    {answered(401, `{"error":{"message":"wrong key"}}`), stockdigest.CallBadKey},
				"no model":       {answered(404, `{"error":{"message":"no such model"}}`), stockdigest.CallNoModel},
				"no credit":      {answered(400, `{"error":{"message":"Your credit balance is too low."}}`), stockdigest.CallNoFunds},
				"a page":         {answered(200, `<html>sign in</html>`), stockdigest.CallUnavailable},
				"sent elsewhere": {answered(302, ``), stockdigest.CallUnavailable},
				"clock behind":   {dated(6 * time.Minute), stockdigest.CallClock},
				"clock ahead":    {dated(-6 * time.Minute), stockdigest.CallClock},
				"clock of 1970":  {played{err: fmt.Errorf("tls: %w", x509.CertificateInvalidError{Reason: x509.Expired})}, stockdigest.CallClock},
				"overload":       {answered(529, ``), stockdigest.CallOverloaded},
			} {
				client, err := f.open(llm.Config{BaseURL: "https://models.example", Key: key, Transport: c.network, Now: func() time.Time { return now }})
				if err != nil {
					t.Fatal(err)
				}
				err = client.Probe(t.Context(), f.model)
				if e, ok := errors.AsType[*stockdigest.CallError](err); !ok || e.Reason != c.want || e.MaybeBilled {
					t.Errorf("%s: got %v, want %s", name, err, c.want)
				}
			}
			if e, ok := errors.AsType[*stockdigest.CallError](f.at(t, gone.URL).Probe(t.Context(), f.model)); !ok || e.Reason != stockdigest.CallUnavailable {
				t.Errorf("nobody listens: got %+v, want unavailable", e)
			}
		})
	}
}

func answered(code int, body string) http.RoundTripper { return answering{code, body, 0} }

// dated is a provider whose clock is ahead of ours.
func dated(ahead time.Duration) http.RoundTripper {
	return answering{401, `{"error":{"message":"wrong key"}}`, ahead}
}

type answering struct {
	code  int
	body  string
	ahead time.Duration
}

func (a answering) RoundTrip(r *http.Request) (*http.Response, error) {
	w := httptest.NewRecorder()
	w.Header().Set("Date", now.Add(a.ahead).Format(http.TimeFormat))
	w.WriteHeader(a.code)
	_, _ = io.WriteString(w, a.body)
	res := w.Result()
	res.Request = r
	return res, nil
}

func TestProbeAsksForNothingThatCosts(t *testing.T) {
	t.Parallel()
	for _, f := range families() {
		t.Run(f.name, func(t *testing.T) {
			t.Parallel()
			want := map[string]string{
				"openai": "GET /v1/models", "claude": "POST /v1/messages/count_tokens", "gemini": "POST /v1beta/models/gemini-2.5-flash:countTokens",
			}[f.name]
			got := ""
			c := f.client(t, func(w http.ResponseWriter, r *http.Request) {
				got = r.Method + " " + r.URL.Path
				w.Header().Set("Date", now.Format(http.TimeFormat))
				_, _ = io.WriteString(w, f.probed())
			})
			if err := c.Probe(t.Context(), f.model); err != nil || got != want {
				t.Errorf("got %s (%v), want %s", got, err, want)
			}
		})
	}
	c := openAI().client(t, answers(200, openAI().probed(), "Date", now.Format(http.TimeFormat)))
	for model, known := range map[string]bool{"gpt-5-mini": true, "llama3.2": true, "gpt-9": false} {
		err := c.Probe(t.Context(), model)
		if e, ok := errors.AsType[*stockdigest.CallError](err); (err == nil) != known || ok && e.Reason != stockdigest.CallNoModel {
			t.Errorf("%s: got %v, want known %t", model, err, known)
		}
	}
}
