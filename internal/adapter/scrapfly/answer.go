package scrapfly

import (
	"cmp"
	"encoding/json"
	"net/http"
	"strconv"
	"strings"
	"time"
	"unicode"

	"stockdigest.app/stockdigest"
)

// An Error is ScrapFly's no. The kind in it is for errors.Is.
type Error struct {
	Kind       error
	Message    string        // for people, without anything that a page could have written
	Code       string        // ScrapFly's, as ERR::ASP::TIMEOUT; empty when it told none
	Status     int           // of the page's own server; zero when it was not reached
	Credits    int           // what the failure cost
	RetryAfter time.Duration // zero: never

	// Reason is why the service itself gave no answer. It is empty when it did,
	// and the page is what failed.
	Reason stockdigest.CallReason
}

// Error is one line.
func (e *Error) Error() string {
	if e.Code == "" {
		return e.Message
	}
	return e.Message + " (" + e.Code + ")"
}

// Unwrap lets errors.Is find the kind and errors.As a stockdigest.Error.
func (e *Error) Unwrap() error {
	return &stockdigest.Error{Kind: e.Kind, Message: e.Error(), RetryAfter: e.RetryAfter}
}

const maxCredits = 1_000_000 // of one page; above it a number is no price

// An answer is the part of the API's answer that is read.
type answer struct {
	Result struct {
		URL         string `json:"url"` // where redirects ended
		StatusCode  int    `json:"status_code"`
		Content     string `json:"content"`
		ContentType string `json:"content_type"`
		Format      string `json:"format"` // text, binary, or clob and blob for what is fetched elsewhere
		Success     *bool  `json:"success"`
		Error       *struct {
			Code      string `json:"code"`
			Retryable bool   `json:"retryable"`
		} `json:"error"`
	} `json:"result"`
	Context struct {
		Cost struct {
			Total int `json:"total"`
		} `json:"cost"`
	} `json:"context"`
}

// parse reads an answer about target. What is in it was written by the service
// and by strangers; only bounded parts of the right form are taken.
func parse(raw []byte, target string) (Page, error) {
	var a answer
	if json.Unmarshal(raw, &a) != nil {
		return Page{}, unreadable()
	}
	r := a.Result
	credits := a.Context.Cost.Total
	if credits < 0 || credits > maxCredits {
		credits = 0
	}
	status := r.StatusCode
	if status < 100 || status > 599 {
		status = 0
	}
	if r.Error != nil {
		e := failure(codeOf(r.Error.Code), r.Error.Retryable, status)
		e.Credits = credits
		return Page{}, e
	}
	no := func(kind error, message string) (Page, error) {
		return Page{}, &Error{Kind: kind, Message: message, Status: status, Credits: credits}
	}
	switch format := strings.ToLower(r.Format); {
	case format != "" && format != "text" && format != "clob":
		return no(stockdigest.ErrInvalid, "the page is no text")
	case format == "clob" || len(r.Content) > maxPage:
		return no(stockdigest.ErrInvalid, "the page is too large")
	case status == 0 || r.Success != nil && !*r.Success && status < 400:
		return no(stockdigest.ErrUnavailable, "it did not tell how the page's server answered")
	}
	return Page{
		Body: stockdigest.Body{
			FinalURL: finalURL(r.URL, target), Status: status, ContentType: mediaType(r.ContentType),
			Bytes: []byte(strings.ToValidUTF8(r.Content, "\uFFFD")),
		},
		Credits: credits,
	}, nil
}

// parseAccount reads the credits that an account has left for pages.
func parseAccount(raw []byte) (left int, told bool, err error) {
	var a struct {
		Subscription struct {
			Usage struct {
				Scrape struct {
					Remaining *int `json:"remaining"`
				} `json:"scrape"`
			} `json:"usage"`
		} `json:"subscription"`
	}
	if json.Unmarshal(raw, &a) != nil {
		return 0, false, unreadable()
	}
	n := a.Subscription.Usage.Scrape.Remaining
	if n == nil || *n < 0 {
		return 0, false, nil
	}
	return *n, true, nil
}

func unreadable() *Error {
	return &Error{Kind: stockdigest.ErrUnavailable, Message: "its answer cannot be read", RetryAfter: time.Hour, Reason: stockdigest.CallBroken}
}

// finalURL is what the service says, if that is a web address.
func finalURL(told, target string) string {
	if _, err := stockdigest.CanonicalURL(told); err != nil {
		return target
	}
	return told
}

// mediaType is the type without parameters, in lower case; HTML when it is none.
func mediaType(told string) string {
	media, _, _ := strings.Cut(strings.ToLower(told), ";")
	media = strings.TrimSpace(media)
	plain := func(r rune) bool { return r < '!' || r > '~' }
	if len(media) > 100 || !strings.Contains(media, "/") || strings.ContainsFunc(media, plain) {
		return "text/html"
	}
	return media
}

// codeOf is a code in the form that codes have, or none.
func codeOf(told string) string {
	letters := func(r rune) bool { return r != ':' && r != '_' && !unicode.IsUpper(r) && !unicode.IsDigit(r) }
	if len(told) > 80 || !strings.HasPrefix(told, "ERR::") || strings.ContainsFunc(told, letters) {
		return ""
	}
	return told
}

// failure is a scrape that was begun and gave nothing.
func failure(code string, retryable bool, status int) *Error {
	e := &Error{Code: code, Status: status, Kind: stockdigest.ErrDenied, Message: "the page was not given to it"}
	switch {
	case outOfCredits(code):
		return noCredits(code)
	case strings.HasPrefix(code, "ERR::THROTTLE::"):
		return throttled(code, 0)
	case strings.HasSuffix(code, "BAD_UPSTREAM_RESPONSE") && (status == http.StatusNotFound || status == http.StatusGone):
		e.Kind, e.Message = stockdigest.ErrNotFound, "the page's server answered "+strconv.Itoa(status)
	case strings.HasSuffix(code, "BAD_UPSTREAM_RESPONSE") && status >= 400 && status < 500 && status != http.StatusTooManyRequests:
		e.Message = "the page's server answered " + strconv.Itoa(status)
	case retryable, status >= 500, status == http.StatusTooManyRequests:
		e.Kind, e.Message, e.RetryAfter = stockdigest.ErrUnavailable, "the page could not be read this time", 15*time.Minute
	case strings.HasPrefix(code, "ERR::ASP::"):
		e.Message = "the page's wall against robots stood"
	}
	return e
}

// refusal is an answer without a scrape.
func refusal(status int, h http.Header) *Error {
	e := refused(status, h)
	if n, err := strconv.Atoi(h.Get("X-Scrapfly-Api-Cost")); err == nil && n > 0 && n <= maxCredits {
		e.Credits = n
	}
	return e
}

func refused(status int, h http.Header) *Error {
	code := codeOf(h.Get("X-Scrapfly-Reject-Code"))
	switch {
	case status == http.StatusPaymentRequired || outOfCredits(code):
		return noCredits(code)
	case status == http.StatusUnauthorized || status == http.StatusForbidden:
		return &Error{Kind: stockdigest.ErrDenied, Code: code, Message: "ScrapFly refuses the key: check SCRAPFLY_API_KEY", Reason: stockdigest.CallBadKey}
	case status == http.StatusTooManyRequests:
		return throttled(code, seconds(cmp.Or(h.Get("Retry-After"), h.Get("X-Scrapfly-Reject-Retry-After"))))
	case status >= 500:
		return &Error{Kind: stockdigest.ErrUnavailable, Code: code, Message: "ScrapFly answered " + strconv.Itoa(status), RetryAfter: 5 * time.Minute, Reason: stockdigest.CallOverloaded}
	}
	return &Error{Kind: stockdigest.ErrInvalid, Code: code, Message: "ScrapFly answered " + strconv.Itoa(status), Reason: stockdigest.CallBadRequest}
}

// outOfCredits tells the limits that only the account's owner can lift. Some of
// them come with the status of a limit that passes by itself.
func outOfCredits(code string) bool {
	return strings.Contains(code, "QUOTA") || strings.Contains(code, "BUDGET_EXCEEDED") || strings.HasPrefix(code, "ERR::ACCOUNT::")
}

func noCredits(code string) *Error {
	return &Error{Kind: stockdigest.ErrDenied, Code: code, Message: "ScrapFly has no credits left for this account", Reason: stockdigest.CallNoFunds}
}

func throttled(code string, after time.Duration) *Error {
	return &Error{
		Kind: stockdigest.ErrUnavailable, Code: code, Message: "ScrapFly asks for fewer requests",
		RetryAfter: cmp.Or(after, time.Minute), Reason: stockdigest.CallBusy,
	}
}

// seconds reads a Retry-After of whole seconds, a day at most; zero is none.
func seconds(told string) time.Duration {
	n, err := strconv.ParseUint(strings.TrimSpace(told), 10, 63)
	if err != nil {
		return 0
	}
	return time.Duration(min(n, 24*60*60)) * time.Second
}
