package app_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"stockdigest.app/stockdigest"
	"stockdigest.app/stockdigest/internal/app"
	"stockdigest.app/stockdigest/internal/sim"
)

func TestVotersAreOfTwoFamilies(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		opts app.Options
		want [][]string
	}{
		"three families": {
			app.Options{ClaudeKey: "k", OpenAIKey: "k", GeminiKey: "k"},
			[][]string{{"openai:gpt-5-nano", "claude:claude-haiku-4-5", "openai:gpt-5-mini"}, {"gemini:gemini-2.5-flash-lite", "gemini:gemini-2.5-flash"}},
		},
		"two families, the writer first": {
			app.Options{Writer: "gemini", OpenAIKey: "k", GeminiKey: "k"},
			[][]string{{"gemini:gemini-2.5-flash-lite", "openai:gpt-5-mini"}, {"openai:gpt-5-nano", "gemini:gemini-2.5-flash"}},
		},
		"two models of one family": {app.Options{OpenAIKey: "k"}, [][]string{{"openai:gpt-5-nano"}, {"openai:gpt-5-mini"}}},
		"one model":                {app.Options{ClaudeKey: "k"}, [][]string{{"claude:claude-haiku-4-5"}}},
		"nobody":                   {app.Options{}, [][]string{}},
		"as the settings say, each once": {
			app.Options{OpenAIKey: "k", GeminiKey: "k", ModelsVote: "openai:a,gemini:b,openai:a,openai:c,gemini:d"},
			[][]string{{"openai:a", "openai:c"}, {"gemini:b", "gemini:d"}},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got, err := app.Voters(c.opts)
			if diff := cmp.Diff(c.want, got); diff != "" || err != nil {
				t.Errorf("%v; voters (-want +got):\n%s", err, diff)
			}
		})
	}
}

// voted counts the selected articles of a report by what their reason says of votes.
func voted(r stockdigest.Report, mark string) (n int) {
	for _, a := range r.Articles {
		if a.Decision == stockdigest.Selected && strings.Contains(a.Reason, mark) {
			n++
		}
	}
	return n
}

func TestPretendCandidatesAreVotedOnByTwoFamilies(t *testing.T) {
	t.Parallel()
	world, opts := pretend(t, sim.Config{Seed: 7, Tickers: 2})
	for _, r := range pretendReports(t, opts, stockdigest.Daily) {
		if n := voted(r, "double vote"); n == 0 || n < r.Coverage.Selected {
			t.Errorf("%s: %d of %d selected articles have a double vote", r.Ticker, n, r.Coverage.Selected)
		}
	}
	asked := map[string][]sim.Provider{}
	for _, e := range world.Log().Entries {
		if e.Route == "vote" {
			ticker := strings.Join(e.Tickers, ",")
			asked[ticker] = append(asked[ticker], e.Provider)
		}
	}
	for ticker, providers := range asked {
		if slices.Sort(providers); len(slices.Compact(providers)) != 2 {
			t.Errorf("%s: asked %v, want two families", ticker, providers)
		}
	}
	if len(asked) != 2 {
		t.Errorf("votes on %d companies were asked for, want 2", len(asked))
	}
}

func TestWrongVotesLoseNoReport(t *testing.T) {
	t.Parallel()
	for _, kind := range []sim.FaultKind{sim.FaultPraise, sim.FaultScorn, sim.FaultIDs, sim.FaultRefusal} {
		t.Run(string(kind), func(t *testing.T) {
			t.Parallel()
			faults := []sim.Fault{{Provider: sim.Claude, Kind: kind, Share: 1}, {Provider: sim.Model, Kind: kind, Share: 1}, {Provider: sim.Gemini, Kind: kind, Share: 1}}
			_, opts := pretend(t, sim.Config{Seed: 7, Tickers: 1, Faults: faults})
			for _, r := range pretendReports(t, opts, stockdigest.Daily) {
				bullets := 0
				for _, s := range r.Sections {
					bullets += len(s.Bullets)
				}
				if r.Status == stockdigest.ReportHeld || bullets == 0 {
					t.Errorf("%s: %s (%s), %d bullets", r.Ticker, r.Status, r.Reason, bullets)
				}
				t.Logf("%s: %d selected, %d double votes, %d by rules", kind, r.Coverage.Selected, voted(r, "double vote"), voted(r, "rules only"))
			}
		})
	}
}
