package budget_test

import (
	"errors"
	"math"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"stockdigest.app/stockdigest"
	"stockdigest.app/stockdigest/internal/control/budget"
)

func table(tb testing.TB, lines ...string) *budget.Prices {
	tb.Helper()
	p, err := budget.New()
	if err == nil {
		err = p.Add(strings.Join(lines, "\n"))
	}
	if err != nil {
		tb.Fatal(err)
	}
	return p
}

func TestAPriceHoldsFromItsDayOn(t *testing.T) {
	t.Parallel()
	p := table(t, "p m 2026-02-01 2 1 4", "# a note", "", "p m 2026-01-01 1 1 1", "p m 2026-03-01 9 9 9", "p m 2026-03-01 3 1 4")
	for day, want := range map[stockdigest.Day]stockdigest.Micros{"2026-01-01": 1, "2026-01-31": 1, "2026-02-01": 2, "2026-03-01": 3, "2099-01-01": 3} {
		cost, err := p.Cost("p", "m", stockdigest.Usage{In: 1_000_000}, day)
		if err != nil || cost != want*stockdigest.Dollar {
			t.Errorf("%s: got %s, %v, want %d dollars", day, cost, err, want)
		}
	}
	for _, model := range []string{"m", "n"} {
		_, err := p.Worst("p", model, stockdigest.Prompt{}, "2025-12-31")
		if !errors.Is(err, stockdigest.ErrInvalid) || !strings.Contains(err.Error(), "prices.txt") {
			t.Errorf("got %v, want the model refused with the way out", err)
		}
	}
}

func TestCostIsByPartsAndRoundedUpOnce(t *testing.T) {
	t.Parallel()
	p := table(t)
	for _, c := range []struct {
		usage stockdigest.Usage
		want  stockdigest.Micros
	}{
		{stockdigest.Usage{}, 0},
		{stockdigest.Usage{In: 1}, 1},
		{stockdigest.Usage{In: 1000, InCached: 400, Out: 100}, 150 + 10 + 200},
		{stockdigest.Usage{In: 100, InCached: 400}, 3}, // no more is cached than there is
		{stockdigest.Usage{In: -5, Out: -5}, 0},
	} {
		got, err := p.Cost("openai", "gpt-5-mini", c.usage, "2026-11-23")
		if err != nil || got != c.want {
			t.Errorf("%+v: got %d, %v, want %d", c.usage, got, err, c.want)
		}
	}
}

func TestALieAboutTokensDoesNotOverflow(t *testing.T) {
	t.Parallel()
	p := table(t, "p m 2026-01-01 1000 1000 1000")
	got, err := p.Cost("p", "m", stockdigest.Usage{In: math.MaxInt, InCached: math.MaxInt, Out: math.MaxInt}, "2026-11-23")
	if err != nil || got < 1_000_000*stockdigest.Dollar {
		t.Errorf("got %s, %v", got, err)
	}
}

// What is reserved covers a provider that counts a token for each byte and an
// answer of full length, and then says ten times that.
func TestWorstCoversTenTimesTheTokens(t *testing.T) {
	t.Parallel()
	p := table(t)
	rapid.Check(t, func(t *rapid.T) {
		prompt := stockdigest.Prompt{
			System: rapid.String().Draw(t, "system"), Input: rapid.String().Draw(t, "input"),
			Schema: []byte(rapid.String().Draw(t, "schema")), MaxOutput: rapid.IntRange(0, 100_000).Draw(t, "output"),
		}
		model := rapid.SampledFrom(p.List()).Draw(t, "model")
		worst, err := p.Worst(model.Provider, model.Model, prompt, "2026-11-23")
		if err != nil {
			t.Fatal(err)
		}
		sent := len(prompt.System) + len(prompt.Input) + len(prompt.Schema)
		cost, err := p.Cost(model.Provider, model.Model, stockdigest.Usage{In: 10 * sent, Out: 10 * prompt.MaxOutput}, "2026-11-23")
		if err != nil || cost > worst {
			t.Errorf("got %s, %v, above %s", cost, err, worst)
		}
	})
}

func TestABatchCostsItsPartRoundedUp(t *testing.T) {
	t.Parallel()
	p := table(t, "p m 2026-01-01 1 1 1 50%", "p m 2026-02-01 1 1 1 33%", "p alone 2026-01-01 1 1 1")
	for _, c := range []struct {
		model string
		day   stockdigest.Day
		want  stockdigest.Micros
		takes bool
	}{
		{"m", "2026-01-31", 51, true}, {"m", "2026-02-01", 34, true}, {"alone", "2026-02-01", 101, false}, {"none", "2026-02-01", 101, false},
	} {
		if got, takes := p.Batched("p", c.model, 101, c.day); got != c.want || takes != c.takes {
			t.Errorf("%s on %s: got %d, %t; want %d, %t", c.model, c.day, got, takes, c.want, c.takes)
		}
	}
}

func TestAWrongLineIsNamedAndAddsNothing(t *testing.T) {
	t.Parallel()
	p := table(t)
	before := len(p.List())
	for _, line := range []string{"p m", "p m today 1 1 1", "p m 2026-01-01 1 1 one", "p m 2026-01-01 -1 1 1", "p m 2026-01-01 1 1 1001", "p m 2026-01-01 1 1 1 50", "p m 2026-01-01 1 1 1 0%", "p m 2026-01-01 1 1 1 101%", "p m 2026-01-01 1 1 1 50% 1"} {
		err := p.Add("p good 2026-01-01 1 1 1\n" + line)
		if !errors.Is(err, stockdigest.ErrInvalid) || !strings.Contains(err.Error(), "line 2") || len(p.List()) != before {
			t.Errorf("%q: got %v and %d prices", line, err, len(p.List()))
		}
	}
}
