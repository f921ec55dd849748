package summarize_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"stockdigest.app/stockdigest"
	"stockdigest.app/stockdigest/internal/desk"
	"stockdigest.app/stockdigest/internal/names"
	"stockdigest.app/stockdigest/internal/pipeline/summarize"
)

// chained is a writer that asks claude, then openai.
func chained(o desk.Asker) summarize.Writer {
	chain := []stockdigest.Model{{Provider: "claude", Name: "first"}, {Provider: "openai", Name: "second"}}
	return summarize.Model(o, names.NewLinker([]stockdigest.Ticker{brightwell()}), summarize.ModelConfig{Read: chain, Write: chain, Now: clock})
}

// asksOf counts what a provider was asked.
func (o *oracle) asksOf(provider string) (n int) {
	for _, a := range o.asks {
		if a.Provider == provider {
			n++
		}
	}
	return n
}

func TestABadAnswerIsRepairedOnce(t *testing.T) {
	t.Parallel()
	o := &oracle{answer: func(ask stockdigest.Ask) (string, error) {
		if !strings.Contains(ask.Prompt.Input, "Your last answer could not be used") {
			return "I would rather write prose.", nil
		}
		return everything(ask)
	}}
	d := draft(t, chained(o), run(), morning())
	if o.asksOf("claude") != 6 || o.asksOf("openai") != 0 {
		t.Errorf("asked claude %d times and openai %d, want two articles and the bullets, each twice", o.asksOf("claude"), o.asksOf("openai"))
	}
	if d.Writer != "first" || d.Rung != stockdigest.RungFull || !strings.Contains(d.Written.Why, "3 of its answers could not be used") {
		t.Errorf("got writer %q, rung %q, %+v", d.Writer, d.Rung, d.Written)
	}
}

func TestTheNextProviderAnswersForOneThatDoesNot(t *testing.T) {
	t.Parallel()
	for name, bad := range map[string]func() (string, error){
		"prose twice": func() (string, error) { return "no JSON", nil },
		"overloaded": func() (string, error) {
			return "", &stockdigest.CallError{Provider: "claude", Reason: stockdigest.CallOverloaded}
		},
		"wrong key": func() (string, error) {
			return "", &stockdigest.CallError{Provider: "claude", Reason: stockdigest.CallBadKey}
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			o := &oracle{answer: func(ask stockdigest.Ask) (string, error) {
				if ask.Provider == "claude" {
					return bad()
				}
				return everything(ask)
			}}
			d := draft(t, chained(o), run(), morning())
			if d.Writer != "second" || d.Rung != stockdigest.RungFull || d.Written.Read != 2 || d.Written.Why == "" {
				t.Errorf("got writer %q, rung %q, %+v, want all by the second, and why", d.Writer, d.Rung, d.Written)
			}
			if n := o.asksOf("claude"); n > 6 {
				t.Errorf("asked claude %d times, want twice a question at most", n)
			}
		})
	}
}

func TestAProviderThatFailsAgainAndAgainIsLeftAlone(t *testing.T) {
	t.Parallel()
	o := &oracle{answer: func(ask stockdigest.Ask) (string, error) {
		if ask.Provider == "claude" {
			return "", &stockdigest.CallError{Provider: "claude", Reason: stockdigest.CallNoFunds}
		}
		return everything(ask)
	}}
	d := draft(t, chained(o), run(), week(8, 3))
	if n := o.asksOf("claude"); n > 24 || n == o.asksOf("openai") {
		t.Errorf("asked claude %d times and openai %d, want it left alone soon", n, o.asksOf("openai"))
	}
	if d.Written.Read != 24 {
		t.Errorf("got %+v, want all read", d.Written)
	}
}

func TestProgressCountsArticles(t *testing.T) {
	t.Parallel()
	var seen []int
	w := summarize.Model(&oracle{answer: everything}, names.NewLinker(nil), summarize.ModelConfig{
		Read: []stockdigest.Model{{Provider: "openai", Name: dear}}, Write: []stockdigest.Model{{Provider: "openai", Name: dear}}, Now: clock,
		Progress: func(_ stockdigest.Run, _ stockdigest.StepName, done, total int) { seen = append(seen, done*100+total) },
	})
	draft(t, w, run(), morning())
	if diff := cmp.Diff([]int{102, 202}, seen); diff != "" {
		t.Errorf("progress (-want +got):\n%s", diff)
	}
}
