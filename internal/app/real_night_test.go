package app_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	gocmp "github.com/google/go-cmp/cmp"

	"stockdigest.app/stockdigest"
	"stockdigest.app/stockdigest/internal/app"
	"stockdigest.app/stockdigest/internal/datatest"
	"stockdigest.app/stockdigest/internal/night"
)

func realTickers() []string { return []string{"GOOGL", "AAPL", "GCI", "VWAGY"} }

// selections are the beginnings of the titles of a report's selected pages; a
// paywalled one is marked so.
func selections(r stockdigest.Report) []string {
	var titles []string
	for _, a := range r.Articles {
		if a.Decision == stockdigest.Selected {
			mark := map[stockdigest.TextLabel]string{stockdigest.TextPaywall: " (paywalled)"}[a.Label]
			titles = append(titles, string([]rune(a.Title)[:20])+mark)
		}
	}
	slices.Sort(titles)
	return titles
}

func TestRealNightSelectsThePagesAboutTheCompanies(t *testing.T) {
	t.Parallel()
	opts, dir := options(t), datatest.Dir(t, "night-2019-11-20")
	answer, _ := weekly(t, opts, dir, time.Time{}, realTickers()...)
	want := map[stockdigest.Symbol][]string{
		"GOOGL": {"Google Bets on the F", "Google Stadia Red De", "Google Stadia, Micro (paywalled)", "Stadia Falls Short o"},
		"AAPL":  {"16-inch MacBook Pro ", "Google Stadia, Micro (paywalled)", "The Future of Apple "},
		"GCI":   {"Column: The Gannett/"},
		"VWAGY": {"2020 Audi e-tron Spo", "New SUVs and electri", "The VW ID. SPACE VIZ"},
	}
	for _, r := range answer.Digest("").Reports {
		if diff := gocmp.Diff(want[r.Ticker], selections(r)); diff != "" {
			t.Errorf("%s (-want +got):\n%s", r.Ticker, diff)
		}
		if r.Status != stockdigest.ReportReady || len(bullets(r)) == 0 {
			t.Errorf("%s is %s with %d bullets: %s", r.Ticker, r.Status, len(bullets(r)), r.Reason)
		}
		deals := 0
		for _, a := range r.Articles {
			if strings.Contains(a.Title, "Black Friday deals on Apple") || strings.HasPrefix(a.Title, "MacBook sale at Amazon") {
				deals++
				if a.Decision != stockdigest.Rejected || a.Gate != "shopping" {
					t.Errorf("%s: %q is %s by %s (%s)", r.Ticker, a.Title, a.Decision, a.Gate, a.Reason)
				}
			}
		}
		var forms []string
		for _, f := range r.Filings {
			forms = append(forms, f.Form)
		}
		filed := map[stockdigest.Symbol][]string{"AAPL": {"8-K"}}[r.Ticker]
		if !slices.Equal(forms, filed) || r.Ticker == "AAPL" && deals != 2 {
			t.Errorf("%s: %d deal pages, filings %q", r.Ticker, deals, forms)
		}
	}
	checkEvidence(t, opts, dir, answer)
}

func TestRealNightSecondRunAndNextMorning(t *testing.T) {
	t.Parallel()
	opts, dir := options(t), datatest.Dir(t, "night-2019-11-20")
	first, _ := weekly(t, opts, dir, time.Time{}, realTickers()...)
	n, err := night.Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	second, _, err := app.ReportFiles(t.Context(), opts, app.OfNight(n, time.Time{}), realTickers(), stockdigest.Weekly, t.TempDir(), silent())
	if err != nil {
		t.Fatal(err)
	}
	if diff := gocmp.Diff(first, second); diff != "" {
		t.Errorf("the second run differs:\n%s", diff)
	}
	if served := n.Served(); len(served) > 0 {
		t.Errorf("the second run fetched %v", served)
	}
	next, _ := weekly(t, opts, dir, first.AsOf.Add(24*time.Hour), realTickers()...)
	for i, r := range next.Digest("").Reports {
		if r.Status != stockdigest.ReportQuiet || len(bullets(r)) > 0 {
			t.Errorf("%s is %s and tells:\n%s", r.Ticker, r.Status, told(bullets(r)))
		}
		was := map[stockdigest.StoryID]bool{}
		for _, b := range bullets(first.Digest("").Reports[i]) {
			was[b.Story] = true
		}
		repeats := 0
		for _, s := range r.Stories {
			switch {
			case s.State == stockdigest.StoryRepeat && s.LastTold.Equal(first.AsOf) && was[s.ID]:
				repeats++
			case s.State != stockdigest.StoryNew || was[s.ID]: // the writer may leave a story untold
				t.Errorf("%s: %q is %s (%s), last told %s", r.Ticker, s.Headline, s.State, s.Change, s.LastTold)
			}
		}
		if repeats != len(was) {
			t.Errorf("%s: %d of %d told stories are repeats", r.Ticker, repeats, len(was))
		}
	}
}

func TestRealNightDailyHoldsOnlyItsWindow(t *testing.T) {
	t.Parallel()
	opts, dir := options(t), datatest.Dir(t, "night-2019-11-20")
	world, err := app.OpenWorld(t.Context(), opts, dir, time.Time{})
	if err != nil {
		t.Fatal(err)
	}
	answer, _, err := app.ReportFiles(t.Context(), opts, world, realTickers(), stockdigest.Daily, t.TempDir(), silent())
	if err != nil {
		t.Fatal(err)
	}
	from, kept, outside := answer.AsOf.Add(-24*time.Hour), 0, 0
	for _, r := range answer.Digest("").Reports {
		for _, a := range r.Articles {
			inside := !a.PublishedAt.Before(from) && !a.PublishedAt.After(answer.AsOf)
			switch {
			case !inside && (a.Decision != stockdigest.Rejected || a.Gate != "window"):
				t.Errorf("%s: %q of %s is %s by %s", r.Ticker, a.Title, a.PublishedAt, a.Decision, a.Gate)
			case !inside:
				outside++
			case a.Gate == "window":
				t.Errorf("%s: %q of %s is outside the window: %s", r.Ticker, a.Title, a.PublishedAt, a.Reason)
			case a.Decision == stockdigest.Selected:
				kept++
			}
		}
		for _, f := range r.Filings {
			if f.FiledAt.Before(from) || f.FiledAt.After(answer.AsOf) {
				t.Errorf("%s: filing %s of %s", r.Ticker, f.Accession, f.FiledAt)
			}
		}
	}
	if kept == 0 || outside == 0 {
		t.Errorf("%d pages kept and %d outside the window, want some of both", kept, outside)
	}
}
