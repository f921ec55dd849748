package llm

import (
	"encoding/json"
	"regexp"
	"slices"
	"strings"
	"time"
)

// A providerError is what a provider says about an error.
type providerError struct {
	Message string
	Words   []string      // its type, code, status and reasons
	Delay   time.Duration // that Google asks for in the body
	Daily   bool          // a day's quota is used up
}

// errorOf finds the error in a body: an object, a mere string, or either in a
// list.
func errorOf(body []byte) providerError {
	var list []json.RawMessage
	if json.Unmarshal(body, &list) == nil && len(list) > 0 {
		body = list[0]
	}
	var raw struct {
		Error json.RawMessage `json:"error"`
	}
	if json.Unmarshal(body, &raw) != nil {
		return providerError{}
	}
	var said struct {
		Message json.RawMessage   `json:"message"`
		Type    json.RawMessage   `json:"type"`
		Code    json.RawMessage   `json:"code"`
		Status  json.RawMessage   `json:"status"`
		Details []json.RawMessage `json:"details"`
	}
	if json.Unmarshal(raw.Error, &said) != nil && said.Message == nil {
		return providerError{Message: word(raw.Error)}
	}
	e := providerError{Message: word(said.Message), Words: []string{word(said.Type), word(said.Code), word(said.Status)}}
	for _, detail := range said.Details {
		e.note(detail)
	}
	return e
}

// note takes what Google says more closely.
func (e *providerError) note(detail json.RawMessage) {
	var said struct {
		Reason     string `json:"reason"`
		RetryDelay string `json:"retryDelay"`
		Violations []struct {
			Quota string `json:"quotaId"`
		} `json:"violations"`
	}
	if json.Unmarshal(detail, &said) != nil {
		return
	}
	e.Words = append(e.Words, said.Reason)
	if delay, err := time.ParseDuration(said.RetryDelay); err == nil {
		e.Delay = min(max(delay, 0), maxRetryAfter)
	}
	for _, v := range said.Violations {
		e.Daily = e.Daily || strings.Contains(v.Quota, "PerDay")
	}
}

// noFunds tells the two meanings of 429, and of Anthropic's 400, apart: ask
// slower or otherwise, or pay first.
func (e providerError) noFunds() bool {
	for _, word := range e.Words {
		switch word {
		case "insufficient_quota", "billing_hard_limit_reached", "billing_not_active", "insufficient_balance", "billing_error", "BILLING_DISABLED":
			return true
		}
	}
	return e.Daily || strings.Contains(e.Message, "credit balance is too low") ||
		slices.Contains(e.Words, "FAILED_PRECONDITION") && strings.Contains(e.Message, "enable billing")
}

// badKey knows the refusals of a key that Google sends as 400.
func (e providerError) badKey() bool {
	return slices.Contains(e.Words, "API_KEY_INVALID") || strings.HasPrefix(e.Message, "API key ")
}

var toldWait = regexp.MustCompile(`(?:try again|retry) in ((?:\d{1,6}(?:\.\d{1,12})?(?:ms|s|m|h)){1,4})`)

// wait is how long to wait: by the header, else by the body, else by what its
// message tells people.
func (e providerError) wait(header time.Duration) time.Duration {
	if header > 0 || e.Delay > 0 {
		return max(header, e.Delay)
	}
	if told := toldWait.FindStringSubmatch(e.Message); told != nil {
		if wait, err := time.ParseDuration(told[1]); err == nil {
			return min(wait, maxRetryAfter)
		}
	}
	return 0
}

// word is a JSON string, or nothing.
func word(raw json.RawMessage) string {
	var s string
	if json.Unmarshal(raw, &s) != nil {
		return ""
	}
	return s
}
