package verify_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"stockdigest.app/stockdigest"
	"stockdigest.app/stockdigest/internal/pipeline/verify"
)

// summed sends bullets, each of a story of its own, through a gate whose model
// shortens them by a function.
func summed(t *testing.T, rung stockdigest.Rung, clauses map[int]string, bullets ...stockdigest.Bullet) (*fakeStore, *oracle) {
	t.Helper()
	o := &oracle{answer: func(ask stockdigest.Ask) (string, error) {
		if ask.Prompt.Name != "bottom" {
			return `{"verdicts":[]}`, nil
		}
		var entries []string
		for n, text := range clauses {
			entries = append(entries, fmt.Sprintf(`{"bullet":%d,"text":%q}`, n, text))
		}
		return `{"bullets":[` + strings.Join(entries, ",") + `]}`, nil
	}}
	store := &fakeStore{
		draft: stockdigest.Draft{Writer: writer, Rung: rung, Sections: []stockdigest.Section{{Name: stockdigest.SectionMajor}}},
		material: stockdigest.Material{Candidates: []stockdigest.Candidate{
			{Article: stockdigest.Article{ID: "a1"}, Text: &stockdigest.Text{Body: body}},
		}},
	}
	for i, b := range bullets {
		b.ID, b.Story = stockdigest.BulletID(fmt.Sprint("b", i+1)), stockdigest.StoryID(fmt.Sprint("s", i+1))
		store.draft.Sections[0].Bullets = append(store.draft.Sections[0].Bullets, b)
		store.material.Stories = append(store.material.Stories, stockdigest.Story{ID: b.Story})
	}
	cfg := config()
	cfg.Judge, cfg.Sum = nil, cfg.Mend
	if err := verify.WithModels(store, o, cfg).Run(t.Context(), stockdigest.Run{ID: "r1", Ticker: "ACME"}); err != nil {
		t.Fatal(err)
	}
	return store, o
}

const shortFirst = "Acme said third-quarter revenue rose 5% to $1.58 billion."

func TestTheBottomLineShortensWhatMattersMost(t *testing.T) {
	t.Parallel()
	cuts := bullet(second, second)
	cuts.Impact = stockdigest.ImpactHigh
	store, _ := summed(t, stockdigest.RungFull,
		map[int]string{1: "The company may cut 1,200 jobs, people familiar with the matter said.", 2: shortFirst}, bullet(first, first), cuts)
	want := "The company may cut 1,200 jobs, people familiar with the matter said. " + shortFirst
	if store.saved.BottomLine != want {
		t.Errorf("got %q, want %q", store.saved.BottomLine, want)
	}
}

func TestTheBottomLineEndsWhereAClauseSaysMoreThanItsBullet(t *testing.T) {
	t.Parallel()
	for name, clause := range map[string]string{
		"a figure":          "Acme said third-quarter revenue rose 6% to $1.58 billion.",
		"a direction":       "Acme said third-quarter revenue fell 5% to $1.58 billion.",
		"a name":            "Bolt said third-quarter revenue rose 5% to $1.58 billion.",
		"a cause":           "Acme said strong demand lifted revenue 5% to $1.58 billion.",
		"a claim":           "Acme said record third-quarter revenue rose 5% to $1.58 billion.",
		"a link":            "Acme said revenue rose 5%, see www.evil.example.",
		"of another bullet": "Rival Bolt Industries did not raise its forecast of $3 billion to $4 billion.",
		"no end":            "Acme said third-quarter revenue rose 5% to $1.58",
		"too much":          strings.TrimSpace(strings.Repeat(first+" ", 3)),
		"nothing":           "",
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			later := "Rival Bolt Industries did not raise its forecast."
			store, _ := summed(t, stockdigest.RungFull, map[int]string{1: clause, 2: later}, bullet(first, first), bullet(third, third))
			if store.saved.BottomLine != "" {
				t.Errorf("got %q, want the bottom line of code", store.saved.BottomLine)
			}
			store, _ = summed(t, stockdigest.RungFull, map[int]string{1: later, 2: clause}, bullet(third, third), bullet(first, first))
			if store.saved.BottomLine != later {
				t.Errorf("got %q, want the clause before it alone", store.saved.BottomLine)
			}
		})
	}
}

func TestTheBottomLineIsMadeOfWhatPassedTheGate(t *testing.T) {
	t.Parallel()
	lie := bullet("Acme will cut 9,900 jobs at its Ohio plant.", second)
	lie.Impact, lie.Evidence[0].Hash = stockdigest.ImpactHigh, "another text"
	store, o := summed(t, stockdigest.RungFull, map[int]string{1: shortFirst, 2: "Rival Bolt Industries did not raise its forecast."},
		lie, bullet(first, first), bullet(third, third))
	asks := o.of("bottom")
	if len(asks) != 1 || strings.Contains(asks[0].Prompt.Input, "9,900") || !strings.HasPrefix(store.saved.BottomLine, shortFirst) {
		t.Errorf("asked %+v and got %q, want nothing of what was dropped", asks, store.saved.BottomLine)
	}
	p := asks[0].Prompt
	if len(p.System) > 6<<10 || !json.Valid(p.Schema) || p.MaxOutput <= 0 {
		t.Errorf("%d bytes, schema %s, %d tokens, want at most 6 KB, JSON and a bound", len(p.System), p.Schema, p.MaxOutput)
	}
	golden(t, p)
}

func TestNoBottomLineIsAskedForWithoutNeedOrMoney(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		rung    stockdigest.Rung
		bullets []stockdigest.Bullet
	}{
		"one story":       {stockdigest.RungFull, []stockdigest.Bullet{bullet(first, first)}},
		"fewer articles":  {stockdigest.RungFewer, []stockdigest.Bullet{bullet(first, first), bullet(third, third)}},
		"no model wrote":  {stockdigest.RungExtractive, []stockdigest.Bullet{bullet(first, first), bullet(third, third)}},
		"nothing to tell": {stockdigest.RungFull, nil},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			store, o := summed(t, tt.rung, map[int]string{1: shortFirst}, tt.bullets...)
			if len(o.of("bottom")) != 0 || store.saved.BottomLine != "" {
				t.Errorf("asked %+v, got %q", o.of("bottom"), store.saved.BottomLine)
			}
		})
	}
}
