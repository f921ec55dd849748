package cluster_test

import (
	"context"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"stockdigest.app/stockdigest"
	"stockdigest.app/stockdigest/internal/pipeline/cluster"
)

// A store is a fake that hands out material and remembers what was saved.
type store struct {
	material stockdigest.Material
	stories  []stockdigest.Story
	verdicts []stockdigest.Verdict
	note     string
}

func (s *store) Material(context.Context, stockdigest.Run) (stockdigest.Material, error) {
	return s.material, nil
}

func (s *store) SaveStories(_ context.Context, _ stockdigest.Run, stories []stockdigest.Story, verdicts []stockdigest.Verdict, note string) error {
	s.stories, s.verdicts, s.note = stories, verdicts, note
	return nil
}

func morning() time.Time { return time.Date(2019, 11, 20, 7, 0, 0, 0, time.UTC) }

func ticker() stockdigest.Ticker {
	return stockdigest.Ticker{Symbol: "BRWN", Name: "Brownfield Paper Inc.", Names: []stockdigest.Name{{Text: "Brownfield", Kind: stockdigest.NameCompany}}}
}

// article makes a selected candidate published so many hours before morning.
func article(publisher string, hours float64, title, body string) stockdigest.Candidate {
	url := "https://" + strings.ToLower(strings.ReplaceAll(publisher, " ", "")) + ".example/" + strings.ReplaceAll(title, " ", "-")
	id := stockdigest.NewArticleID(url)
	c := stockdigest.Candidate{
		Article: stockdigest.Article{ID: id, URL: url, Title: title, Publisher: publisher, PublishedAt: morning().Add(-time.Duration(hours * float64(time.Hour)))},
		Role:    stockdigest.RoleCompany,
		Verdict: stockdigest.Verdict{ArticleID: id, Decision: stockdigest.Selected, Gate: "text", Reason: "article text", Score: 3},
	}
	if body != "" {
		c.Text = &stockdigest.Text{ArticleID: id, Body: body, Hash: stockdigest.Hash(body), Title: title}
	}
	return c
}

const (
	mergerTitle = "Brownfield Paper to buy Larch Mills for $38 per share"
	mergerBody  = "Brownfield Paper Inc. agreed on Tuesday to acquire Larch Mills Corp. for $38 per share in cash, a deal worth $1.2 billion.\n\n" +
		"The transaction would create the second-largest maker of recycled packaging in North America, with 41 mills in nine states and two Canadian provinces.\n\n" +
		"Larch shareholders will vote on the merger in February, and the companies expect to save $60 million a year by the third year after closing.\n\n" +
		"Chief Executive Dana Whitlock will lead the combined company from Portland, while Larch's chief, Omar Reyes, will leave when the merger closes."
	rewriteTitle = "Larch Mills agrees to $1.2 billion takeover by Brownfield"
	rewriteBody  = "Packaging maker Larch Mills Corp. said it would be bought by rival Brownfield Paper for $1.2 billion, or $38 per share in cash.\n\n" +
		"The merger unites 41 recycled packaging mills across North America, and will save $60 million a year, the companies said.\n\n" +
		"Shareholders of Larch will vote in February. Dana Whitlock remains chief executive of Brownfield; Omar Reyes of Larch departs at closing."
	recallTitle = "Brownfield recalls 40,000 paper cutters after injuries"
	recallBody  = "Brownfield Paper is recalling 40,000 desktop paper cutters sold at office stores since June after 14 customers reported cuts, a safety agency said on Monday.\n\n" +
		"The blade guard can come loose. Owners should stop using the cutters and ask for a refund. The recall covers model BC-200 and model BC-210."
)

func stories(t *testing.T, m stockdigest.Material) *store {
	t.Helper()
	m.Ticker = ticker()
	s := &store{material: m}
	if err := cluster.New(s).Run(t.Context(), stockdigest.Run{Ticker: "BRWN", AsOf: morning()}); err != nil {
		t.Fatal(err)
	}
	return s
}

func TestArticlesOfOneEventAreOneStory(t *testing.T) {
	t.Parallel()
	m := stockdigest.Material{Candidates: []stockdigest.Candidate{
		article("Wire", 12, mergerTitle, mergerBody), article("Herald", 10, rewriteTitle, rewriteBody), article("Post", 30, recallTitle, recallBody),
	}}
	got := stories(t, m)
	if len(got.stories) != 2 || len(got.stories[0].Articles) != 2 || len(got.stories[1].Articles) != 1 {
		t.Fatalf("got %+v, want the merger with two articles, then the recall", got.stories)
	}
	merger := got.stories[0]
	want := stockdigest.NewStoryID("BRWN", string(m.Candidates[0].Article.ID))
	if merger.ID != want || merger.State != stockdigest.StoryNew || !merger.FirstSeen.Equal(m.Candidates[0].Article.PublishedAt) {
		t.Errorf("got %+v, want a new story that began with the first article", merger)
	}
	if got.note != "2 stories: 2 new, 0 updates, 0 repeats; 0 carriers of a text told once" {
		t.Errorf("got note %q", got.note)
	}
}

func TestOneTextOfSixPublishersIsToldOnce(t *testing.T) {
	t.Parallel()
	var m stockdigest.Material
	for i, p := range []string{"Wire", "Herald", "Post", "Times", "Star", "Globe"} {
		body := mergerBody + "\n\nReporting for the " + p + " by the news agency."
		m.Candidates = append(m.Candidates, article(p, float64(12-i), mergerTitle, body))
	}
	got := stories(t, m)
	if len(got.stories) != 1 || len(got.stories[0].Articles) != 6 || got.stories[0].Articles[0] != m.Candidates[0].Article.ID {
		t.Fatalf("got %+v, want one story of six articles, the earliest first", got.stories)
	}
	if len(got.verdicts) != 5 {
		t.Fatalf("got %d verdicts, want 5 duplicates", len(got.verdicts))
	}
	for _, v := range got.verdicts {
		if v.Decision != stockdigest.Duplicate || v.Gate != "carrier" || v.Of != m.Candidates[0].Article.ID ||
			v.Reason != "carries the text of Wire of 2019-11-19" {
			t.Errorf("got %+v, want a carrier of the Wire's text", v)
		}
	}
}

func TestOppositeDirectionsAreNeverOneStory(t *testing.T) {
	t.Parallel()
	pairs := [][2]string{
		{"Brownfield Paper raises full-year profit forecast to $2 per share", "Brownfield Paper cuts full-year profit forecast to $2 per share"},
		{"Brownfield Paper beats third-quarter estimates", "Brownfield Paper misses third-quarter estimates"},
		{"Brownfield Paper upgraded to buy at Alder Bank", "Brownfield Paper downgraded to hold at Alder Bank"},
		{"Brownfield Paper hikes quarterly dividend by 5 cents", "Brownfield Paper slashes quarterly dividend by 5 cents"},
		{"Court approves Brownfield Paper mill plan in Oregon", "Court rejects Brownfield Paper mill plan in Oregon"},
	}
	const body = "Brownfield Paper said on Tuesday in a statement that the matter was decided for the whole year ahead, and that it would explain the numbers to investors on a call."
	for _, p := range pairs {
		t.Run(p[0], func(t *testing.T) {
			t.Parallel()
			for _, text := range []string{"", body} {
				got := stories(t, stockdigest.Material{Candidates: []stockdigest.Candidate{article("Wire", 5, p[0], text), article("Post", 4, p[1], text)}})
				if len(got.stories) != 2 || len(got.verdicts) != 0 {
					t.Errorf("got %d stories and %d verdicts, want 2 and 0", len(got.stories), len(got.verdicts))
				}
				if like := cluster.Likeness(cluster.Doc{Title: p[0]}, cluster.Doc{Title: p[1]}); like != 0 {
					t.Errorf("likeness is %v, want 0", like)
				}
			}
		})
	}
}

func filing() stockdigest.Filing {
	release := "EX-99.1\n\nBrownfield Paper Inc. to Acquire Larch Mills Corp.\n\nPortland, Nov. 19, 2019. Brownfield Paper Inc. and Larch Mills Corp. announced a definitive merger agreement " +
		"under which Brownfield will acquire all shares of Larch for $38.00 per share in cash, for a total of approximately $1.2 billion. The combined company will operate 41 recycled packaging mills."
	return stockdigest.Filing{
		Accession: "0000000000-19-000001", Form: "8-K", FiledAt: morning().Add(-11 * time.Hour), Items: []string{"1.01", "9.01"},
		Documents: []stockdigest.Document{{Seq: 1, Type: "8-K", Text: "Item 1.01. Entry into a Material Definitive Agreement. On November 19, 2019, Brownfield Paper Inc. entered into an Agreement and Plan of Merger with Larch Mills Corp."}, {Seq: 2, Type: "EX-99.1", Text: release}},
	}
}

func TestFilingJoinsTheNewsAboutIt(t *testing.T) {
	t.Parallel()
	got := stories(t, stockdigest.Material{
		Candidates: []stockdigest.Candidate{article("Post", 14, recallTitle, recallBody), article("Wire", 12, mergerTitle, mergerBody)},
		Filings:    []stockdigest.Filing{filing()},
	})
	if len(got.stories) != 2 {
		t.Fatalf("got %d stories, want 2", len(got.stories))
	}
	if diff := cmp.Diff([]stockdigest.Accession{"0000000000-19-000001"}, got.stories[0].Filings); diff != "" || got.stories[0].Headline != mergerTitle {
		t.Errorf("got %+v, want the merger with its filing first", got.stories[0])
	}
}

func TestFilingWithoutNewsIsItsOwnStory(t *testing.T) {
	t.Parallel()
	got := stories(t, stockdigest.Material{
		Candidates: []stockdigest.Candidate{article("Post", 14, recallTitle, recallBody)}, Filings: []stockdigest.Filing{filing()},
	})
	if len(got.stories) != 2 || len(got.stories[0].Filings)+len(got.stories[1].Filings) != 1 {
		t.Errorf("got %+v, want the filing apart from the recall", got.stories)
	}
}

// told makes the memory of the merger as told one day before morning.
func told() []stockdigest.ToldStory {
	first := article("Wire", 40, mergerTitle, mergerBody)
	at := morning().Add(-24 * time.Hour)
	return []stockdigest.ToldStory{{
		Story: stockdigest.Story{
			ID: "s-told", Ticker: "BRWN", Headline: mergerTitle, State: stockdigest.StoryNew, FirstSeen: first.Article.PublishedAt,
			LastTold: at, Articles: []stockdigest.ArticleID{first.Article.ID},
		},
		ToldAt: at, Texts: []string{"Brownfield Paper Inc. agreed to acquire Larch Mills Corp. for $38 per share in cash."},
		Titles: []string{mergerTitle}, Bodies: []string{mergerBody},
	}}
}

func TestToldStoryWithNothingNewIsARepeat(t *testing.T) {
	t.Parallel()
	tests := map[string]stockdigest.Candidate{
		"the same article": article("Wire", 40, mergerTitle, mergerBody),
		"the same text":    article("Post", 3, mergerTitle, mergerBody),
		"a rewrite":        article("Herald", 3, rewriteTitle, rewriteBody),
		"a price move":     article("Globe", 3, "Brownfield shares fall 2% after Larch Mills merger", "Shares of Brownfield fell 2% on Wednesday.\n\n"+rewriteBody),
	}
	for name, c := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got := stories(t, stockdigest.Material{Candidates: []stockdigest.Candidate{c}, Told: told()})
			if len(got.stories) != 1 || got.stories[0].State != stockdigest.StoryRepeat || got.stories[0].ID != "s-told" {
				t.Fatalf("got %+v, want a repeat of s-told", got.stories)
			}
			want := c.Verdict
			want.Gate, want.Reason = "story", "repeat: told on 2019-11-19"
			if diff := cmp.Diff([]stockdigest.Verdict{want}, got.verdicts); diff != "" {
				t.Errorf("verdicts (-want +got):\n%s", diff)
			}
		})
	}
}

func TestUpdateNamesWhatChanged(t *testing.T) {
	t.Parallel()
	const rest = "\n\nThe recycled packaging makers with 41 mills in North America announced their merger last week. Larch shareholders will vote on the transaction."
	tests := map[string]struct {
		c    stockdigest.Candidate
		want string
	}{
		"a price": {
			article("Wire", 3, "Brownfield Paper raises offer for Larch Mills to $42 per share", "Brownfield Paper Inc. raised its offer for Larch Mills Corp. to $42 per share in cash on Tuesday."+rest),
			"offer raised to $42 per share (was $38",
		},
		"a status": {
			article("Wire", 3, "Larch Mills shareholders approve Brownfield Paper merger", "Larch Mills Corp. said its shareholders approved the merger with Brownfield Paper Inc. in a vote on Tuesday."+rest),
			"approved: Larch Mills",
		},
		"a date": {
			article("Wire", 3, "Larch Mills shareholders to vote on Brownfield Paper merger", "Larch Mills Corp. shareholders will vote on the merger with Brownfield Paper Inc. on Dec. 12, the companies said."+rest),
			"new date Dec. 12: Larch Mills",
		},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			old := article("Herald", 30, rewriteTitle, rewriteBody)
			got := stories(t, stockdigest.Material{Candidates: []stockdigest.Candidate{tc.c, old}, Told: told()})
			if len(got.stories) != 1 {
				t.Fatalf("got %d stories, want 1", len(got.stories))
			}
			s := got.stories[0]
			if s.ID != "s-told" || s.State != stockdigest.StoryUpdate || !strings.Contains(s.Change, tc.want) || s.Articles[0] != tc.c.Article.ID {
				t.Errorf("got %+v, want an update of s-told with %q", s, tc.want)
			}
			if !s.FirstSeen.Equal(told()[0].Story.FirstSeen) || !s.LastTold.Equal(told()[0].ToldAt) {
				t.Errorf("got first seen %v and last told %v", s.FirstSeen, s.LastTold)
			}
		})
	}
}

func TestStoriesDoNotDependOnOrder(t *testing.T) {
	t.Parallel()
	m := stockdigest.Material{Ticker: ticker(), Told: told(), Filings: []stockdigest.Filing{filing()}, Candidates: []stockdigest.Candidate{
		article("Wire", 12, mergerTitle, mergerBody), article("Star", 12, mergerTitle, mergerBody), article("Herald", 10, rewriteTitle, rewriteBody),
		article("Post", 30, recallTitle, recallBody), article("Globe", 3, "Brownfield names new finance chief", ""),
	}}
	want, wantVerdicts := cluster.Stories(m)
	slices.Reverse(m.Candidates)
	got, verdicts := cluster.Stories(m)
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("stories differ when candidates come in another order:\n%s", diff)
	}
	if diff := cmp.Diff(wantVerdicts, verdicts); diff != "" {
		t.Errorf("verdicts differ when candidates come in another order:\n%s", diff)
	}
}

func TestEmptyMaterialHasNoStories(t *testing.T) {
	t.Parallel()
	if got := stories(t, stockdigest.Material{}); len(got.stories) != 0 {
		t.Errorf("got %+v, want none", got.stories)
	}
}
