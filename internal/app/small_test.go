package app_test

import (
	"encoding/json"
	"fmt"
	"html"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"stockdigest.app/stockdigest"
)

func TestSmallNightStatuses(t *testing.T) {
	t.Parallel()
	run := small(t)
	want := map[stockdigest.Symbol]string{
		"BWLF": "ready ready quiet", "NRMF": "ready ready ready", "BKNC": "ready ready ready",
		"QLRY": "ready ready ready", "PNHW": "quiet quiet quiet",
	}
	for symbol, want := range want {
		var got []string
		for morning := 1; morning <= 3; morning++ {
			r := run.report(t, symbol, morning)
			got = append(got, string(r.Status))
			if len(r.Failures) > 0 || r.Coverage.FeedsOK != r.Coverage.FeedsTotal {
				t.Errorf("%s, morning %d: %d of %d feeds read: %v", symbol, morning, r.Coverage.FeedsOK, r.Coverage.FeedsTotal, r.Failures)
			}
			if quiet := r.Status == stockdigest.ReportQuiet; quiet != (len(bullets(r)) == 0) {
				t.Errorf("%s, morning %d is %s with %d bullets", symbol, morning, r.Status, len(bullets(r)))
			}
		}
		if got := strings.Join(got, " "); got != want {
			t.Errorf("%s: got %s, want %s", symbol, got, want)
		}
	}
}

// decisions are the pages of each report by what becomes of them. A page that
// is not named is older than the window.
func decisions() map[string]map[string]string {
	return map[string]map[string]string{
		"BWLF 1": {"selected": "a-offer a-board a-jump", "institutional": "a-meadow", "media": "a-podcast", "entity": "a-peers"},
		"BWLF 2": {"selected": "a-raise a-release a-union a-old1 a-old2 a-old3", "price-move": "a-trading", "list": "x-list"},
		"BWLF 3": {"selected": "a-again1 a-again2 a-again3"},
		"NRMF 1": {"selected": "b-results b-call b-milk", "stale": "b-stale", "shopping": "b-deals"},
		"NRMF 2": {"selected": "b-plant", "carrier": "b-plant2 b-plant3 b-plant4 b-plant5 b-plant6"},
		"NRMF 3": {"selected": "b-cfo b-upgrade b-schools", "price-move": "b-moving", "list": "b-ways"},
		"BKNC 1": {"selected": "c-cut", "entity": "c-trust1 c-fern c-town"},
		"BKNC 2": {"selected": "c-contract c-target", "entity": "c-trust2 c-school c-judge", "list": "x-list"},
		"BKNC 3": {"selected": "c-ceo c-paywall", "entity": "c-trust3"},
		"QLRY 1": {"selected": "d-clear d-initiate", "promotional": "d-paid"},
		"QLRY 2": {"selected": "d-recall d-vantrel"},
		"QLRY 3": {"selected": "d-results d-suit d-hiring", "spam": "d-alert"},
		"PNHW 1": {"price-move": "e-move", "entity": "e-house"},
		"PNHW 2": {"institutional": "e-stake", "entity": "e-point", "list": "x-list"},
		"PNHW 3": {"list": "e-dividends", "media": "e-video", "entity": "e-fete"},
	}
}

func TestSmallNightDecisions(t *testing.T) {
	t.Parallel()
	run := small(t)
	for key, gates := range decisions() {
		t.Run(key, func(t *testing.T) {
			t.Parallel()
			symbol, morning, _ := strings.Cut(key, " ")
			r := run.report(t, stockdigest.Symbol(symbol), int(morning[0]-'0'))
			want := map[string]string{}
			for gate, pages := range gates {
				for page := range strings.FieldsSeq(pages) {
					want["page-"+page] = gate
				}
			}
			got := map[string]string{}
			for _, a := range r.Articles {
				page := run.pages[a.URL]
				switch {
				case page == "":
					t.Errorf("%s is no page of the night", a.URL)
				case got[page] != "":
					t.Errorf("%s is there twice", page)
				case a.Decision == stockdigest.Selected:
					got[page] = "selected"
				case a.Gate != "window" || want[page] != "":
					got[page] = a.Gate
				}
			}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

func TestSmallNightOlderNewsIsOutsideTheWindow(t *testing.T) { // 7a
	t.Parallel()
	run := small(t)
	for morning := 1; morning <= 3; morning++ {
		for _, page := range []string{"page-e-results", "page-e-tankcars"} {
			if a := run.article(t, run.report(t, "PNHW", morning), page); a.Gate != "window" || a.Decision != stockdigest.Rejected {
				t.Errorf("morning %d: %s is %s (%s)", morning, page, a.Decision, a.Gate)
			}
		}
	}
}

func TestSmallNightStoryRunsThroughThreeMornings(t *testing.T) { // 1a to 1d
	t.Parallel()
	run := small(t)
	var stories []stockdigest.ReportStory
	for i, pages := range []string{"a-offer a-board a-jump", "a-raise a-release a-union a-old1 a-old2 a-old3", "a-again1 a-again2 a-again3"} {
		r := run.report(t, "BWLF", i+1)
		if len(r.Stories) != 1 {
			t.Errorf("morning %d has %d stories, want one: %+v", i+1, len(r.Stories), r.Stories)
		}
		for page := range strings.FieldsSeq(pages) {
			stories = append(stories, run.story(t, r, "page-"+page))
			if last := stories[len(stories)-1]; last.ID != stories[0].ID {
				t.Errorf("%s is in story %s, want %s", page, last.ID, stories[0].ID)
			}
		}
	}
	first, second, third := stories[0], stories[3], stories[len(stories)-1]
	if first.State != stockdigest.StoryNew || second.State != stockdigest.StoryUpdate || third.State != stockdigest.StoryRepeat {
		t.Errorf("got %s, %s, %s; want new, update, repeat (%s)", first.State, second.State, third.State, third.Change)
	}
	if !strings.Contains(second.Change, "$42") || !strings.Contains(second.Change, "$38") {
		t.Errorf("the update says %q, want $42 after $38", second.Change)
	}
	one, two, three := told(bullets(run.report(t, "BWLF", 1))), told(bullets(run.report(t, "BWLF", 2))), told(bullets(run.report(t, "BWLF", 3)))
	if !strings.Contains(one, "$38 a share") {
		t.Errorf("morning 1 does not tell the offer:\n%s", one)
	}
	if !strings.Contains(two, "$42") || strings.Contains(two, "weigh") || strings.Contains(two, "$3.1 billion") {
		t.Errorf("morning 2 tells:\n%s", two)
	}
	if three != "" {
		t.Errorf("morning 3 tells again:\n%s", three)
	}
	if !slices.ContainsFunc(bullets(run.report(t, "BWLF", 2)), func(b stockdigest.Bullet) bool { return strings.Contains(b.Update, "$42") }) {
		t.Error("no bullet of morning 2 says what changed")
	}
}

func TestSmallNightFiling(t *testing.T) { // 1e
	t.Parallel()
	run := small(t)
	for morning, want := range map[int]int{1: 0, 2: 1, 3: 0} {
		if got := run.report(t, "BWLF", morning).Filings; len(got) != want {
			t.Errorf("morning %d has filings %+v, want %d", morning, got, want)
		}
	}
	r := run.report(t, "BWLF", 2)
	f := r.Filings[0]
	if f.Accession != takeover8K || f.Form != "8-K" || !slices.Equal(f.Items, []string{"1.01", "9.01"}) || f.Story != run.story(t, r, "page-a-raise").ID {
		t.Errorf("got %+v", f)
	}
	if body := run.sources[takeoverPart]; !strings.Contains(body, "Castellan Motion Group") || !strings.Contains(body, "$42.00") {
		t.Errorf("the exhibit is stored as %.200q", body)
	}
}

func TestSmallNightSixCarriersAreToldOnce(t *testing.T) { // 2
	t.Parallel()
	run := small(t)
	r := run.report(t, "NRMF", 2)
	if s := run.story(t, r, "page-b-plant"); len(r.Stories) != 1 || s.Sources != 6 || s.State != stockdigest.StoryNew {
		t.Errorf("got stories %+v, want one new of six sources", r.Stories)
	}
	closed, bad := 0, 0
	for _, b := range bullets(r) {
		if strings.Contains(b.Text, "340 jobs") {
			closed++
		}
		if b.Sentiment == stockdigest.Negative {
			bad++
		}
		if b.Sentiment == stockdigest.Positive {
			t.Errorf("told as good news: %s", b.Text)
		}
		if len(b.Evidence) > 0 && run.pages[b.Evidence[0].URL] != "page-b-plant" {
			t.Errorf("quotes %s, not the wire's own piece", b.Evidence[0].URL)
		}
	}
	if closed != 1 || bad == 0 {
		t.Errorf("the closure is told %d times, as bad news %d times:\n%s", closed, bad, told(bullets(r)))
	}
}

// tellings is what a bullet of a page must say, and must not.
func tellings() []struct {
	trap, symbol, page string
	morning            int
	says, never        string
} {
	return []struct {
		trap, symbol, page string
		morning            int
		says, never        string
	}{
		{"3c", "BKNC", "c-contract", 2, "$186 million", ""},
		{"3c", "BKNC", "c-target", 2, "downgraded", ""},
		{"6", "QLRY", "d-recall", 2, "18,600", "strong buy"},
		{"8a", "NRMF", "b-results", 1, "$3.70 to $3.85", ""},
		{"8a", "BKNC", "c-cut", 1, "$2.35 billion", ""},
		{"8b", "BKNC", "c-ceo", 3, "step down", "forecast"},
		{"8b", "NRMF", "b-cfo", 3, "Priya Raman", "forecast"},
		{"8c", "NRMF", "b-schools", 3, "$52 million", ""},
		{"NRMF", "NRMF", "b-upgrade", 3, "$61", ""},
		{"QLRY", "QLRY", "d-clear", 1, "clearance", ""},
		{"QLRY", "QLRY", "d-results", 3, "raised its revenue outlook", ""},
		{"QLRY", "QLRY", "d-suit", 3, "sued", ""},
		{"QLRY", "QLRY", "d-hiring", 3, "$75 million", ""},
	}
}

func TestSmallNightTellsWhatMatters(t *testing.T) {
	t.Parallel()
	run := small(t)
	for _, c := range tellings() {
		t.Run(c.trap+" "+c.page, func(t *testing.T) {
			t.Parallel()
			text := told(run.from(run.report(t, stockdigest.Symbol(c.symbol), c.morning), "page-"+c.page))
			if !strings.Contains(text, c.says) || c.never != "" && strings.Contains(text, c.never) {
				t.Errorf("want %q and not %q, got:\n%s", c.says, c.never, text)
			}
		})
	}
}

func TestSmallNightStoriesAreNotMixedUp(t *testing.T) {
	t.Parallel()
	run := small(t)
	for _, c := range []struct {
		symbol, page string
		morning      int
	}{
		{"NRMF", "b-cfo", 3},
		{"NRMF", "b-upgrade", 3},
		{"NRMF", "b-schools", 3},
		{"BKNC", "c-contract", 2},
		{"BKNC", "c-ceo", 3},
		{"BKNC", "c-paywall", 3},
		{"QLRY", "d-recall", 2},
		{"QLRY", "d-results", 3},
		{"QLRY", "d-hiring", 3},
	} {
		s := run.story(t, run.report(t, stockdigest.Symbol(c.symbol), c.morning), "page-"+c.page)
		if s.State != stockdigest.StoryNew {
			t.Errorf("%s, morning %d: %s is an %s (%s)", c.symbol, c.morning, c.page, s.State, s.Change)
		}
	}
}

func TestSmallNightPaywalledPageIsQuotedFromItsTeaser(t *testing.T) { // 5h
	t.Parallel()
	run := small(t)
	r := run.report(t, "BKNC", 3)
	if a := run.article(t, r, "page-c-paywall"); a.Decision != stockdigest.Selected || a.Label != stockdigest.TextPaywall {
		t.Errorf("got %s, labelled %q", a.Decision, a.Label)
	}
	raw, err := os.ReadFile(filepath.Join(smallFolder, "bodies", "page-c-paywall.html"))
	if err != nil {
		t.Fatal(err)
	}
	_, teaser, _ := strings.Cut(string(raw), `<div class="teaser">`)
	teaser, _, _ = strings.Cut(teaser, "</div>")
	for _, b := range run.from(r, "page-c-paywall") {
		if !strings.Contains(teaser, b.Evidence[0].Quote) {
			t.Errorf("quotes %q, which is not in the teaser", b.Evidence[0].Quote)
		}
	}
}

func TestSmallNightOppositeDirections(t *testing.T) { // 8a
	t.Parallel()
	run := small(t)
	for symbol, want := range map[stockdigest.Symbol]stockdigest.Sentiment{"NRMF": stockdigest.Positive, "BKNC": stockdigest.Negative} {
		page := map[stockdigest.Symbol]string{"NRMF": "page-b-results", "BKNC": "page-c-cut"}[symbol]
		list := slices.DeleteFunc(run.from(run.report(t, symbol, 1), page), func(b stockdigest.Bullet) bool { return !strings.Contains(b.Text, "forecast") })
		if len(list) == 0 {
			t.Errorf("%s: no bullet of %s tells the forecast", symbol, page)
		}
		for _, b := range list {
			if b.Sentiment != want {
				t.Errorf("%s: %q is %s, want %s", symbol, b.Text, b.Sentiment, want)
			}
		}
	}
}

func TestSmallNightUndatedItemIsDatedWhenFirstSeen(t *testing.T) { // 8c
	t.Parallel()
	run := small(t)
	r := run.report(t, "NRMF", 3)
	if a := run.article(t, r, "page-b-schools"); !a.PublishedAt.Equal(r.AsOf) {
		t.Errorf("dated %s, want %s", a.PublishedAt, r.AsOf)
	}
}

func TestSmallNightAddressesAreCanonical(t *testing.T) { // 8d, 8e
	t.Parallel()
	for _, m := range small(t).mornings {
		for _, r := range m.Digest("").Reports {
			for _, a := range r.Articles {
				for _, trace := range []string{"news.google.com", "utm_", ".tsrc", "guccounter"} {
					if strings.Contains(a.URL, trace) {
						t.Errorf("%s: %s", r.Ticker, a.URL)
					}
				}
			}
		}
	}
}

func TestSmallNightOtherRolesHaveTheirSection(t *testing.T) { // 8f
	t.Parallel()
	run := small(t)
	for _, c := range []struct {
		symbol  stockdigest.Symbol
		morning int
		page    string
		role    stockdigest.Role
	}{{"NRMF", 1, "page-b-milk", stockdigest.RoleIndustry}, {"QLRY", 2, "page-d-vantrel", stockdigest.RoleCompetitor}} {
		r := run.report(t, c.symbol, c.morning)
		if got := run.article(t, r, c.page).Role; got != c.role {
			t.Errorf("%s has role %s", c.page, got)
		}
		told := false
		for _, s := range r.Sections {
			inside := len(run.from(stockdigest.Report{Sections: []stockdigest.Section{s}}, c.page)) > 0
			told = told || inside
			if inside && s.Name != stockdigest.SectionCompetitive {
				t.Errorf("%s is told under %s", c.page, s.Name)
			}
		}
		if !told {
			t.Errorf("%s is not told", c.page)
		}
	}
}

func TestSmallNightInstructionsAreIgnored(t *testing.T) { // 6
	t.Parallel()
	run := small(t)
	markers := []string{"strong buy", "instructions", "evil.example", "triple", "[inst]", "system prompt", "400%", "developer mode"}
	check := func(where, text string) {
		for _, marker := range markers {
			if strings.Contains(strings.ToLower(text), marker) {
				t.Errorf("%s says %q", where, marker)
			}
		}
	}
	quoted := regexp.MustCompile(`(?s)<mark.*?</mark>`)
	read := 0
	for path, body := range run.written {
		if strings.Contains(path, "/") && !strings.Contains(path, "why-not") && !strings.HasPrefix(path, "mails/") {
			body = strings.Join(quoted.FindAllString(body, -1), "\n") // a source shows its text as it is
		}
		read += len(body)
		check(path, body)
	}
	if read < 10_000 {
		t.Errorf("only %d bytes of digests were read", read)
	}
	for _, m := range run.mornings {
		raw, err := json.Marshal(m.Answer)
		if err != nil {
			t.Fatal(err)
		}
		check(fmt.Sprintf("the answer of %s", m.AsOf), string(raw))
	}
}

func TestSmallNightQuotesStandInTheirSources(t *testing.T) {
	t.Parallel()
	run := small(t)
	checked := 0
	for _, m := range run.mornings {
		for _, r := range m.Digest("").Reports {
			for _, b := range bullets(r) {
				for _, e := range b.Evidence {
					checked++
					if err := e.Check(run.sources[e.Source]); err != nil {
						t.Error(err)
					}
				}
			}
		}
	}
	if checked < 20 {
		t.Errorf("only %d quotes in three mornings", checked)
	}
}

func TestSmallNightSecondRunIsTheSameAndFetchesNothing(t *testing.T) {
	t.Parallel()
	run := small(t)
	for i, m := range run.mornings {
		if diff := cmp.Diff(m.Answer, run.again[i]); diff != "" {
			t.Errorf("morning %d differs:\n%s", i+1, diff)
		}
	}
	if len(run.served) > 0 {
		t.Errorf("the second run fetched %v", run.served)
	}
}

func TestSmallNightComesAsMailsToo(t *testing.T) {
	t.Parallel()
	run := small(t)
	for _, m := range run.mornings {
		path := "mails/" + filepath.Base(m.Mail)
		mail, shown := run.written[path], run.written[strings.TrimSuffix(path, "eml")+"html"]
		for _, want := range []string{"List-Unsubscribe-Post: List-Unsubscribe=One-Click", "Content-Type: text/plain", "Content-Type: text/html", "Message-ID: <"} {
			if !strings.Contains(mail, want) {
				t.Errorf("%s has no %q", path, want)
			}
		}
		for _, r := range m.Reports {
			if !strings.Contains(shown, html.EscapeString(r.Name)) {
				t.Errorf("%s does not tell of %s", path, r.Name)
			}
		}
		if strings.Contains(shown, `src="http`) || len(shown) > 90_000 {
			t.Errorf("%s loads from elsewhere, or has too many bytes: %d", path, len(shown))
		}
	}
}
