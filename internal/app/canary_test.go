package app_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"stockdigest.app/stockdigest"
	"stockdigest.app/stockdigest/internal/app"
	"stockdigest.app/stockdigest/internal/sim"
)

func edition(version string) stockdigest.Edition {
	return stockdigest.Edition{Prompt: "write", Version: version}
}

// A drawer holds scores and roll-backs in memory.
type drawer struct {
	scores map[stockdigest.Edition]stockdigest.Grounding
	gone   []stockdigest.Rollback
	err    error
}

func (d *drawer) Grounding(_ context.Context, e stockdigest.Edition, _ time.Time) (stockdigest.Grounding, error) {
	return d.scores[e], d.err
}

func (d *drawer) RollBack(_ context.Context, r stockdigest.Rollback) error {
	d.gone = append(d.gone, r)
	return d.err
}

func (d *drawer) Rollbacks(context.Context) ([]stockdigest.Rollback, error) { return d.gone, d.err }

// symbols are n invented tickers.
func symbols(n int) []stockdigest.Symbol {
	var all []stockdigest.Symbol
	for i := range n {
		all = append(all, stockdigest.Symbol(fmt.Sprintf("ZQ%c%c%c", 'A'+i/676%26, 'A'+i/26%26, 'A'+i%26)))
	}
	return all
}

func TestAPartOfTheTickersTriesTheCanaryAndStaysWithIt(t *testing.T) {
	t.Parallel()
	quiet := slog.New(slog.DiscardHandler)
	var before []stockdigest.Symbol
	for _, percent := range []int{0, 10, 20, 50, 100} {
		got := app.Tries(&drawer{}, edition("2"), edition("1"), percent, symbols(2000), quiet)
		if part := 100 * float64(len(got)) / 2000; part < float64(percent)-3 || part > float64(percent)+3 {
			t.Errorf("at %d of 100, %.1f try it", percent, part)
		}
		for _, s := range before {
			if !slices.Contains(got, s) {
				t.Fatalf("%s tried it before %d of 100 did, and does not now", s, percent)
			}
		}
		before = got
	}
	if got := app.Tries(&drawer{}, edition("2"), edition("2"), 100, symbols(10), quiet); len(got) != 0 {
		t.Errorf("%v try what everybody has", got)
	}
	if got := app.Tries(&drawer{}, edition("2"), stockdigest.Edition{Prompt: "choose", Version: "1"}, 100, symbols(10), quiet); len(got) != 0 {
		t.Errorf("%v try it in place of another prompt", got)
	}
}

func TestACanaryThatWordsWorseIsRolledBack(t *testing.T) {
	t.Parallel()
	grounding := func(worded, held int) stockdigest.Grounding {
		return stockdigest.Grounding{Runs: 30, Worded: worded, Held: held}
	}
	for name, c := range map[string]struct {
		tried, rest stockdigest.Grounding
		gone        bool
	}{
		"as good":         {grounding(300, 285), grounding(900, 855), false},
		"better":          {grounding(300, 300), grounding(900, 855), false},
		"a little worse":  {grounding(300, 273), grounding(900, 855), false},
		"worse":           {grounding(300, 260), grounding(900, 855), true},
		"too few of it":   {grounding(199, 0), grounding(900, 855), false},
		"too few of rest": {grounding(300, 0), grounding(199, 199), false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var logged bytes.Buffer
			d := &drawer{scores: map[stockdigest.Edition]stockdigest.Grounding{edition("2"): c.tried, edition("1"): c.rest}}
			got := app.Tries(d, edition("2"), edition("1"), 100, symbols(3), slog.New(slog.NewTextHandler(&logged, nil)))
			if (len(got) == 0) != c.gone || (len(d.gone) == 1) != c.gone {
				t.Errorf("%d of 3 try it, roll-backs %+v; want it rolled back %v", len(got), d.gone, c.gone)
			}
			if said := strings.Contains(logged.String(), "rolled back"); said != c.gone {
				t.Errorf("the log says %q", logged.String())
			}
		})
	}
}

func TestWhoCannotJudgeGoesOn(t *testing.T) {
	t.Parallel()
	var logged bytes.Buffer
	got := app.Tries(&drawer{err: errors.New("away")}, edition("2"), edition("1"), 100, symbols(3), slog.New(slog.NewTextHandler(&logged, nil)))
	if len(got) != 3 || !strings.Contains(logged.String(), "cannot judge") {
		t.Errorf("%v try it; the log says %q", got, logged.String())
	}
}

// TestTheCanaryIsAskedOfItsTickersAlone runs tickers with models and looks at
// their bills.
func TestTheCanaryIsAskedOfItsTickersAlone(t *testing.T) {
	t.Parallel()
	_, opts := pretend(t, sim.Config{Seed: 4, Tickers: 5, Articles: 8}, "STOCKDIGEST_CANARY=write=2", "STOCKDIGEST_CANARY_PERCENT=50")
	here, err := app.Pretend(t.Context(), opts)
	if err != nil {
		t.Fatal(err)
	}
	a, err := app.New(t.Context(), opts, here, silent())
	if err != nil {
		t.Fatal(err)
	}
	defer a.Close()
	answer, err := a.Report(t.Context(), here.Tickers(), stockdigest.Daily)
	if err != nil {
		t.Fatal(err)
	}
	got, want := map[string][]stockdigest.Symbol{}, map[string][]stockdigest.Symbol{}
	for _, m := range answer.Reports {
		prompt := "write 1"
		if app.Place(m.Ticker) < 50 {
			prompt = "write 2"
		}
		want[prompt] = append(want[prompt], m.Ticker)
		for _, c := range m.Calls {
			if strings.HasPrefix(c.Prompt, "write") {
				got[c.Prompt] = append(got[c.Prompt], m.Ticker)
			}
		}
	}
	if diff := cmp.Diff(want, got); diff != "" || len(want) != 2 {
		t.Errorf("who was asked what (-want +got):\n%s", diff)
	}
	state, err := a.Canary(t.Context())
	if err != nil || state.Tried.Runs != len(want["write 2"]) || state.Rest.Runs != len(want["write 1"]) {
		t.Errorf("got %+v (%v)", state, err)
	}
}

func TestAPromptThatIsNotThereIsRefused(t *testing.T) {
	t.Parallel()
	for _, s := range []string{"STOCKDIGEST_PROMPTS=write=99", "STOCKDIGEST_PROMPTS=write", "STOCKDIGEST_CANARY=poem=1", "STOCKDIGEST_CANARY=write=1,write=2", "STOCKDIGEST_CANARY_PERCENT=101"} {
		name, _, _ := strings.Cut(s, "=")
		if _, err := app.ReadOptions([]string{s}); !errors.Is(err, stockdigest.ErrInvalid) || !strings.Contains(err.Error(), name) {
			t.Errorf("%s: got %v", s, err)
		}
	}
	if _, err := options(t).WithPrompts([]string{"write=99"}); err == nil || !strings.Contains(err.Error(), "write=2") {
		t.Errorf("got %v, want those that there are", err)
	}
	for name, want := range map[string]string{
		"write=99": "it has write=1, write=2", "vote=2": "it has vote=1", "judge=x": "it has judge=1", "mend=0": "it has mend=1",
		"poem=1": "no prompt poem: there are bottom=1, choose=1, context=1, industry=2, judge=1, mend=1, profile=1, vote=1, write=1, write=2",
	} {
		for _, setting := range []string{"STOCKDIGEST_PROMPTS=", "STOCKDIGEST_CANARY="} {
			if _, err := app.ReadOptions([]string{setting + name}); err == nil || !strings.Contains(err.Error(), want) {
				t.Errorf("%s%s: got %v, want that %s", setting, name, err, want)
			}
		}
	}
	if _, err := options(t).WithPrompts([]string{"vote=1", "judge=1", "mend=1"}); err != nil {
		t.Errorf("prompts of all steps: %v", err)
	}
}
