package llm_test

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"strconv"
	"strings"
	"testing"
	"time"

	"stockdigest.app/stockdigest"
	"stockdigest.app/stockdigest/internal/adapter/llm"
)

// A played is a network that gives one answer.
type played struct {
	status int
	header http.Header
	body   io.Reader
	err    error
}

func (p played) RoundTrip(*http.Request) (*http.Response, error) {
	if p.err != nil {
		return nil, p.err
	}
	return &http.Response{StatusCode: p.status, Header: p.header, Body: io.NopCloser(p.body)}, nil
}

// torn fails in the middle of a body.
type torn struct{ io.Reader }

func (b torn) Read(p []byte) (int, error) {
	n, err := b.Reader.Read(p)
	if errors.Is(err, io.EOF) {
		err = io.ErrUnexpectedEOF
	}
	return n, err
}

// A badAnswer is one of the ways in which providers and models fail.
type badAnswer struct {
	name string
	make func(f family, dice *rand.Rand) played
	// what becomes of it: a reason for which there is no answer, or a fault of
	// the answer, or neither when it can be read
	reason stockdigest.CallReason
	fault  stockdigest.AnswerFault
}

func ok(body string) played {
	return played{status: 200, header: http.Header{"Content-Type": {"application/json"}}, body: strings.NewReader(body)}
}

func status(code int, headers ...string) func(family, *rand.Rand) played {
	return func(_ family, dice *rand.Rand) played {
		p := played{status: code, header: http.Header{}, body: strings.NewReader([]string{"", "<html>", `{"error":{"message":"no"}}`, `{"error":`, `[{}]`}[dice.IntN(5)])}
		for i := 0; i < len(headers); i += 2 {
			p.header.Set(headers[i], headers[i+1])
		}
		return p
	}
}

// said is an answer of a model, whole as far as its provider can tell.
func said(text func(dice *rand.Rand) string, stop func(f family) string) func(family, *rand.Rand) played {
	return func(f family, dice *rand.Rand) played {
		return ok(f.answer(text(dice), stop(f), stockdigest.Usage{In: 50 + dice.IntN(9000), Out: 1 + dice.IntN(800)}))
	}
}

func whole(dice *rand.Rand) string {
	var ids []string
	for range 1 + dice.IntN(5) {
		ids = append(ids, strconv.Itoa(dice.IntN(40)))
	}
	return `{"sentences":[` + strings.Join(ids, ",") + `],"say":"It paid $` + strconv.Itoa(dice.IntN(900)) + ` million."}`
}

func badAnswers() []badAnswer {
	end, length := func(f family) string { return f.end }, func(f family) string { return f.length }
	return []badAnswer{
		{"429", status(429), stockdigest.CallBusy, ""},
		{"429 for a while", status(429, "Retry-After", "7"), stockdigest.CallBusy, ""},
		{"429 for years", status(429, "Retry-After", "315360000"), stockdigest.CallBusy, ""},
		{"500", status(500), stockdigest.CallOverloaded, ""},
		{"529", status(529), stockdigest.CallOverloaded, ""},
		{"sent elsewhere", status(307, "Location", "https://elsewhere.example/"), stockdigest.CallBadRequest, ""},
		{"a reset", func(family, *rand.Rand) played { return played{err: io.ErrUnexpectedEOF} }, stockdigest.CallBroken, ""},
		{"half a body, torn", func(f family, dice *rand.Rand) played {
			p, body := ok(""), f.good()
			p.body = torn{strings.NewReader(body[:dice.IntN(len(body))])}
			return p
		}, stockdigest.CallBroken, ""},
		{"half a body", func(f family, dice *rand.Rand) played {
			body := f.good()
			return ok(body[:dice.IntN(len(body)-1)])
		}, stockdigest.CallBroken, ""},
		{"another type", func(_ family, dice *rand.Rand) played {
			return ok([]string{`["not",{"what":"was"},null]`, `"text"`, `7`, `true`, `{"choices":7,"content":7,"candidates":7}`}[dice.IntN(5)])
		}, stockdigest.CallBroken, ""},
		{"a page", func(family, *rand.Rand) played { return ok("<html>sign in</html>") }, stockdigest.CallBroken, ""},
		{"ten times the tokens", func(f family, dice *rand.Rand) played {
			return ok(f.answer(whole(dice), f.end, stockdigest.Usage{In: 90_000, Out: 8000}))
		}, "", ""},
		{"a refusal", said(func(*rand.Rand) string { return "I would rather not" }, func(f family) string { return f.refusal }), "", stockdigest.AnswerRefused},
		{"nothing", said(func(*rand.Rand) string { return "" }, end), "", stockdigest.AnswerEmpty},
		{"cut", said(func(dice *rand.Rand) string {
			text := whole(dice)
			return text[:1+dice.IntN(len(text)-1)]
		}, length), "", stockdigest.AnswerCut},
		{"blanks", said(func(dice *rand.Rand) string {
			return whole(dice)[:12] + strings.Repeat([]string{" ", "\n", "\t", "\u00a0"}[dice.IntN(4)], 500+dice.IntN(9000))
		}, length), "", stockdigest.AnswerPadded},
		{"a loop", said(func(dice *rand.Rand) string {
			part := []string{"the ", "It rose by 5% to $3. ", "0", "and so on, "}[dice.IntN(4)]
			return `{"sentences":[1],"say":"` + strings.Repeat(part, 200+dice.IntN(900))
		}, length), "", stockdigest.AnswerRepeats},
		{"another form", said(func(dice *rand.Rand) string {
			return []string{`[1,2]`, `{"sentences":"1, 2"}`, `{"answer":{"sentences":[1]}}`, `"one"`}[dice.IntN(4)]
		}, end), "", stockdigest.AnswerWrongType},
		{"wrong ids", said(func(dice *rand.Rand) string { return strings.Replace(whole(dice), "[", "[9999,-1,", 1) }, end), "", ""},
		{"fences", said(func(dice *rand.Rand) string {
			return []string{"", "Here it is:\n"}[dice.IntN(2)] + "```json\n" + whole(dice) + "\n```" + []string{"", "\nAnything else?"}[dice.IntN(2)]
		}, end), "", ""},
	}
}

func choosing() stockdigest.Prompt {
	p := prompt()
	p.Schema = []byte(`{"type":"object","properties":{"sentences":{"type":"array","items":{"type":"integer"}}},"required":["sentences"]}`)
	return p
}

// verdict is what a caller is told about an answer.
func verdict(c stockdigest.Completion, err error) string {
	if err != nil {
		e, ok := errors.AsType[*stockdigest.CallError](err)
		if !ok {
			return "no CallError: " + err.Error()
		}
		return string(e.Reason)
	}
	_, err = choosing().Read(c)
	if bad, ok := errors.AsType[*stockdigest.AnswerError](err); ok {
		return string(bad.Fault)
	}
	return fmt.Sprint(err)
}

// belief is the verdict of a reader as one is first written: what parses is an
// answer.
func belief(c stockdigest.Completion, err error) string {
	if err != nil {
		return verdict(c, err)
	}
	var said map[string]any
	if json.Unmarshal([]byte(strings.TrimSuffix(strings.TrimPrefix(c.Text, "```json"), "```")), &said) != nil {
		return string(stockdigest.AnswerNoJSON)
	}
	return "<nil>"
}

// misjudged plays a thousand bad answers and returns those that a judge does not
// see for what they are.
func misjudged(t *testing.T, f family, judge func(stockdigest.Completion, error) string) []string {
	t.Helper()
	dice := rand.New(rand.NewPCG(5, 5))
	kinds := badAnswers()
	var wrong []string
	for i := range 1000 {
		bad := kinds[i%len(kinds)]
		c, err := f.open(llm.Config{BaseURL: "https://models.example", Key: key, Transport: bad.make(f, dice), Now: func() time.Time { return now }})
		if err != nil {
			t.Fatal(err)
		}
		answer, err := c.Complete(t.Context(), f.model, choosing())
		want := cmp.Or(string(bad.reason)+string(bad.fault), "<nil>")
		if got := judge(answer, err); got != want {
			wrong = append(wrong, fmt.Sprintf("%d, %s: got %s, want %s: %+v, %v", i, bad.name, got, want, answer, err))
		}
	}
	return wrong
}

func TestAThousandBadAnswersAreToldApart(t *testing.T) {
	t.Parallel()
	for _, f := range families() {
		t.Run(f.name, func(t *testing.T) {
			t.Parallel()
			for _, wrong := range misjudged(t, f, verdict) {
				t.Error(wrong)
			}
			if believed := misjudged(t, f, belief); len(believed) < 100 {
				t.Errorf("a reader that believes what parses fails %d times only: the test is too easy", len(believed))
			}
		})
	}
}

// TestAnyByteMayBeWrong changes answers at random: whatever comes, it is an
// answer or a CallError.
func TestAnyByteMayBeWrong(t *testing.T) {
	t.Parallel()
	for _, f := range families() {
		t.Run(f.name, func(t *testing.T) {
			t.Parallel()
			dice := rand.New(rand.NewPCG(6, 6))
			for range 1000 {
				body := []byte(f.answer(whole(dice), f.end, stockdigest.Usage{In: 500, Out: 80}))
				for range 1 + dice.IntN(6) {
					at := dice.IntN(len(body))
					body[at] = []byte(`{}[],:"0e-n` + "\x00\xff")[dice.IntN(13)]
				}
				c, err := f.open(llm.Config{BaseURL: "https://models.example", Key: key, Transport: ok(string(body)), Now: func() time.Time { return now }})
				if err != nil {
					t.Fatal(err)
				}
				answer, err := c.Complete(t.Context(), f.model, choosing())
				if got := verdict(answer, err); strings.HasPrefix(got, "no CallError") || err == nil && answer.Usage.In <= 0 {
					t.Errorf("%q: got %s, %+v", body, got, answer)
				}
			}
		})
	}
}
