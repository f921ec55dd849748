package app_test

import (
	"errors"
	"io"
	"strings"
	"testing"

	"stockdigest.app/stockdigest"
	"stockdigest.app/stockdigest/internal/app"
	"stockdigest.app/stockdigest/internal/sim"
)

func TestAModelWithoutAPriceIsRefusedWithTheWayOut(t *testing.T) {
	t.Parallel()
	_, opts := pretend(t, sim.Config{Seed: 1, Tickers: 1})
	opts.ModelsWrite = "openai:llama-of-our-own"
	world, err := app.Pretend(t.Context(), opts)
	if err != nil {
		t.Fatal(err)
	}
	_, err = app.New(t.Context(), opts, world, &app.Console{Out: io.Discard, Err: io.Discard})
	if !errors.Is(err, stockdigest.ErrInvalid) || !strings.Contains(err.Error(), "no price for openai:llama-of-our-own") || !strings.Contains(err.Error(), app.PriceFile) {
		t.Errorf("got %v, want the model, and the file that its price goes to", err)
	}
}

func TestAWriterWithoutAKeyIsRefused(t *testing.T) {
	t.Parallel()
	opts := options(t)
	if _, err := opts.WithWriter("claude"); !errors.Is(err, stockdigest.ErrInvalid) || !strings.Contains(err.Error(), "CLAUDE_API_KEY") {
		t.Errorf("got %v, want the key that is missing", err)
	}
	if _, err := opts.WithWriter("poet"); !errors.Is(err, stockdigest.ErrInvalid) {
		t.Errorf("got %v, want an unknown writer refused", err)
	}
	if same, err := opts.WithWriter(""); err != nil || same.Writer != opts.Writer {
		t.Errorf("got %v, want no change", err)
	}
}

func TestEveryFamilyWritesAReport(t *testing.T) {
	t.Parallel()
	for writer, model := range map[string]string{"claude": "claude-sonnet-4-6", "openai": "gpt-5-mini", "gemini": "gemini-2.5-flash"} {
		t.Run(writer, func(t *testing.T) {
			t.Parallel()
			world, opts := pretend(t, sim.Config{Seed: 1, Tickers: 1}, "STOCKDIGEST_WRITER="+writer)
			reports := pretendReports(t, opts, stockdigest.Daily)
			for _, r := range reports {
				if r.Writer != model || r.Rung != stockdigest.RungFull || r.Written.Read != r.Written.Of || r.Written.Of == 0 || len(r.Sections) == 0 {
					t.Errorf("%s: writer %q, rung %q, %+v, %d sections; want all by %s", r.Ticker, r.Writer, r.Rung, r.Written, len(r.Sections), model)
				}
			}
			bill := world.Bill()
			if bill.Calls == 0 || bill.Repeated > 0 {
				t.Errorf("%d calls, %d of them repeated; want some, each once", bill.Calls, bill.Repeated)
			}
			if again := pretendReports(t, opts, stockdigest.Weekly); len(again) != len(reports) || world.Bill().Calls != bill.Calls {
				t.Errorf("the same news again: %d reports and %d more calls, want none paid", len(again), world.Bill().Calls-bill.Calls)
			}
		})
	}
}

// TestALiarIsNotPrinted has models that word every other bullet wrong: another
// figure, the other direction, another company, a doubt that is gone, the words
// of others. They lie when they mend, too, and as judges they find all supported.
func TestALiarIsNotPrinted(t *testing.T) {
	t.Parallel()
	tickers := torture(120, 4)
	world, opts := pretend(t, sim.Config{Seed: 3, Tickers: tickers, Articles: torture(36, 12), Shared: 0.2, Faults: []sim.Fault{{Kind: sim.FaultLies, Share: 1}}},
		"STOCKDIGEST_BUDGET_DAY=1000", "STOCKDIGEST_BUDGET_MONTH=1000")
	printed, told := map[string]int{}, 0
	for _, r := range pretendReports(t, opts, stockdigest.Daily) {
		for _, s := range r.Sections {
			for _, b := range s.Bullets {
				printed[b.Text]++
				told++
			}
		}
		if r.Status == stockdigest.ReportHeld {
			t.Errorf("%s is held: %s", r.Ticker, r.Reason)
		}
	}
	lies := world.Lies()
	made, through := map[string]int{}, map[string]int{}
	for _, l := range lies {
		made[l.Kind]++
		if printed[l.Claim] > 0 {
			through[l.Kind]++
			t.Logf("printed: %q, made of %q", l.Claim, l.Line)
		}
	}
	n, plain := 0, 0
	for _, of := range through {
		n += of
	}
	for _, l := range lies {
		plain += min(printed[l.Line], 1)
	}
	measured(t, "%d companies, %d lies %v, %d bullets printed: %d lies came through %v, %d are told in their source's words", tickers, len(lies), made, told, n, through, plain)
	if len(lies) < 4*tickers || 100*n > len(lies) {
		t.Errorf("%d of %d lies were printed, want 1 in 100 at most", n, len(lies))
	}
}

// TestAnotherFamilyJudgesWhatAModelWords has Claude tell half of the bullets in
// other words, and OpenAI's model judge them, which finds all of them supported
// or none.
func TestAnotherFamilyJudgesWhatAModelWords(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		judge   []sim.Fault
		setting string
		want    stockdigest.Judgement
		quoted  bool
	}{
		"honest":  {nil, "", stockdigest.Judgement{Verdict: stockdigest.Supported, By: "gpt-5-mini"}, false},
		"denying": {[]sim.Fault{{Provider: sim.Model, Kind: sim.FaultDenies, Share: 1}}, "", stockdigest.Judgement{Verdict: stockdigest.Contradicted, By: "gpt-5-mini"}, true},
		"nobody":  {nil, "none", stockdigest.Judgement{Verdict: stockdigest.NotJudged}, false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			faults := append([]sim.Fault{{Provider: sim.Claude, Kind: sim.FaultWords, Share: 1}}, c.judge...)
			_, opts := pretend(t, sim.Config{Seed: 1, Tickers: 1, Articles: 8, Faults: faults}, "STOCKDIGEST_WRITER=claude", "STOCKDIGEST_MODELS_JUDGE="+c.setting)
			judged := 0
			for _, r := range pretendReports(t, opts, stockdigest.Daily) {
				for _, s := range r.Sections {
					for _, b := range s.Bullets {
						if b.Judged == c.want {
							judged++
						}
						if (b.Judged != stockdigest.Judgement{}) && strings.Contains(b.Text, "%") != c.quoted {
							t.Errorf("%+v: got %q, want the words of its source: %v", b.Judged, b.Text, c.quoted)
						}
					}
				}
				if r.Written.Quoted > 0 != c.quoted || r.Coverage.Dropped > 0 {
					t.Errorf("got %+v and %d dropped", r.Written, r.Coverage.Dropped)
				}
			}
			if judged == 0 {
				t.Errorf("no bullet is judged %+v", c.want)
			}
		})
	}
}
