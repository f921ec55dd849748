package store_test

import (
	"strconv"
	"strings"
	"testing"
	"time"

	"stockdigest.app/stockdigest"
	"stockdigest.app/stockdigest/internal/adapter/store"
	"stockdigest.app/stockdigest/internal/adapter/store/storetest"
)

func storyOf(state stockdigest.StoryState, a ...stockdigest.Article) stockdigest.Story {
	s := stockdigest.Story{ID: stockdigest.NewStoryID("ACME", string(a[0].ID)), Ticker: "ACME", Headline: a[0].Title, State: state, FirstSeen: morning}
	for _, one := range a {
		s.Articles = append(s.Articles, one.ID)
	}
	return s
}

func bullet(story stockdigest.Story, text string) stockdigest.Bullet {
	return stockdigest.Bullet{ID: stockdigest.BulletID("b" + text), Text: text, Story: story.ID}
}

func reportOf(run stockdigest.Run, bullets ...stockdigest.Bullet) stockdigest.Report {
	return stockdigest.Report{
		ID: stockdigest.ReportID("r-" + string(run.ID)), Ticker: run.Ticker, Kind: run.Kind, AsOf: run.AsOf, Version: 1,
		Status: stockdigest.ReportReady, Sections: []stockdigest.Section{{Name: stockdigest.SectionMajor, Bullets: bullets}},
	}
}

// told makes a finished run that tells the given stories, one bullet each.
func told(t *testing.T, db *store.DB, run stockdigest.Run, articles []stockdigest.Article, stories []stockdigest.Story, bullets ...stockdigest.Bullet) {
	t.Helper()
	ctx := t.Context()
	var found []stockdigest.Found
	for _, a := range articles {
		found = append(found, foundIn(stockdigest.RoleCompany, stockdigest.Pending, a))
	}
	must(t, db.SavePoll(ctx, run, pollOf("https://feeds.example/one", len(found)), found))
	for _, a := range articles {
		must(t, db.SaveText(ctx, run, textOf(a, "Body of "+a.Title), verdictOn(a, stockdigest.Selected, "text")))
	}
	must(t, db.SaveStories(ctx, run, stories, nil, "stories"))
	must(t, db.SaveReport(ctx, run, reportOf(run, bullets...), "done"))
}

func TestStoriesKeepTheirOrderAndTheEarliestFirstSeen(t *testing.T) {
	t.Parallel()
	for engine, open := range storetest.Engines() {
		t.Run(engine, func(t *testing.T) {
			t.Parallel()
			db := open(t)
			a, b := articleAt(1), articleAt(2)
			first := seeded(t, db, a, b)
			x, y := storyOf(stockdigest.StoryNew, b), storyOf(stockdigest.StoryNew, a)
			y.Filings = []stockdigest.Accession{"0001-26-1"}
			must(t, db.SaveStories(t.Context(), first, []stockdigest.Story{y, x}, nil, ""))
			must(t, db.SaveStories(t.Context(), first, []stockdigest.Story{x, y}, nil, "")) // a second try may differ
			m := materialOf(t, db, first)
			same(t, m.Stories, []stockdigest.Story{x, y})
			same(t, []stockdigest.StoryID{m.Candidates[0].Story, m.Candidates[1].Story}, []stockdigest.StoryID{y.ID, x.ID})

			later := claimed(t, db, morning.Add(24*time.Hour))
			again := x
			again.FirstSeen, again.LastTold, again.State, again.Change = morning.Add(time.Hour), morning, stockdigest.StoryUpdate, "now 6 million"
			must(t, db.SaveStories(t.Context(), later, []stockdigest.Story{again}, nil, ""))
			again.FirstSeen = morning
			same(t, materialOf(t, db, later).Stories, []stockdigest.Story{again})
		})
	}
}

func TestDraftIsTheVerifiedOneWhenThereIsOne(t *testing.T) {
	t.Parallel()
	for engine, open := range storetest.Engines() {
		t.Run(engine, func(t *testing.T) {
			t.Parallel()
			db := open(t)
			ctx := t.Context()
			run := claimed(t, db, morning)
			_, err := db.Draft(ctx, run)
			wantKind(t, err, stockdigest.ErrNotFound)
			draft := stockdigest.Draft{Writer: "extractive", Sections: []stockdigest.Section{{
				Name: stockdigest.SectionMajor, Bullets: []stockdigest.Bullet{{
					ID: "b1", Text: "Acme <rose> & fell", Evidence: []stockdigest.Evidence{{Source: "a1", Quote: "“rose”", End: 10, PublishedAt: morning}},
					Context: &stockdigest.Context{Text: "10-K"},
				}},
			}}}
			must(t, db.SaveDraft(ctx, run, stockdigest.StepSummarize, draft, "1 bullet"))
			got, err := db.Draft(ctx, run)
			must(t, err)
			same(t, got, draft)
			draft.Dropped = []stockdigest.Drop{{Section: stockdigest.SectionMajor, Reasons: []string{"number"}}}
			must(t, db.SaveDraft(ctx, run, stockdigest.StepVerify, draft, "1 dropped"))
			got, err = db.Draft(ctx, run)
			must(t, err)
			same(t, got, draft)
		})
	}
}

func TestReportIsKeptAsItIsAndEndsTheRun(t *testing.T) {
	t.Parallel()
	for engine, open := range storetest.Engines() {
		t.Run(engine, func(t *testing.T) {
			t.Parallel()
			db := open(t)
			ctx := t.Context()
			run := claimed(t, db, morning)
			_, err := db.Report(ctx, run.ID)
			wantKind(t, err, stockdigest.ErrNotFound)
			report := reportOf(run, stockdigest.Bullet{ID: "b1", Text: "One."})
			report.Coverage = stockdigest.Coverage{FeedsOK: 2, FeedsTotal: 2}
			must(t, db.SaveReport(ctx, run, report, "done"))
			must(t, db.SaveReport(ctx, run, reportOf(run), "again"))
			got, err := db.Report(ctx, run.ID)
			must(t, err)
			same(t, got, report)
			wantKind(t, db.FinishStep(ctx, run, stockdigest.StepIngest, ""), stockdigest.ErrConflict)
			wantKind(t, db.BeatRun(ctx, run, lease, stockdigest.Doing{}), stockdigest.ErrConflict)
		})
	}
}

func TestReportOfAStrangeStoryIsRefused(t *testing.T) {
	t.Parallel()
	for engine, open := range storetest.Engines() {
		t.Run(engine, func(t *testing.T) {
			t.Parallel()
			db := open(t)
			run := claimed(t, db, morning)
			err := db.SaveReport(t.Context(), run, reportOf(run, stockdigest.Bullet{ID: "b", Text: "x", Story: "s-nobody"}), "")
			wantKind(t, err, stockdigest.ErrInvalid)
		})
	}
}

func TestToldIsWhatEarlierReportsTold(t *testing.T) {
	t.Parallel()
	for engine, open := range storetest.Engines() {
		t.Run(engine, func(t *testing.T) {
			t.Parallel()
			db := open(t)
			ctx := t.Context()
			a, b, silent := articleAt(1), articleAt(2), articleAt(3)
			story, quiet := storyOf(stockdigest.StoryNew, a), storyOf(stockdigest.StoryNew, silent)
			first := claimed(t, db, morning)
			told(t, db, first, []stockdigest.Article{a, silent}, []stockdigest.Story{story, quiet}, bullet(story, "Acme sold 5 million."))

			day := 24 * time.Hour
			update := storyOf(stockdigest.StoryUpdate, a)
			update.Articles, update.Change, update.Headline = []stockdigest.ArticleID{b.ID}, "5 million became 6", "Acme raises"
			run, err := db.OpenRun(ctx, stockdigest.Run{Ticker: "ACME", Kind: stockdigest.Daily, AsOf: morning.Add(day)})
			must(t, err)
			second, err := db.ClaimRun(ctx, run.ID, by("w"))
			must(t, err)
			told(t, db, second, []stockdigest.Article{b}, []stockdigest.Story{update}, bullet(update, "Now 6 million."), bullet(update, "And more."))

			wantFirst := stockdigest.ToldStory{
				Story: story, ToldAt: morning, Texts: []string{"Acme sold 5 million."}, Titles: []string{a.Title}, Bodies: []string{"Body of " + a.Title},
			}
			wantFirst.Story.LastTold = morning
			wantBoth := stockdigest.ToldStory{
				Story: update, ToldAt: morning.Add(day), Texts: []string{"Acme sold 5 million.", "Now 6 million.", "And more."},
				Titles: []string{b.Title, a.Title}, Bodies: []string{"Body of " + b.Title, "Body of " + a.Title},
			}
			wantBoth.Story.LastTold, wantBoth.Story.Articles = morning.Add(day), []stockdigest.ArticleID{b.ID, a.ID}
			for _, test := range []struct {
				name string
				asOf time.Time
				want []stockdigest.ToldStory
			}{
				{"at the very time of a report it does not count", morning, nil},
				{"between the two", morning.Add(day / 2), []stockdigest.ToldStory{wantFirst}},
				{"at the time of the second", morning.Add(day), []stockdigest.ToldStory{wantFirst}},
				{"after both", morning.Add(2 * day), []stockdigest.ToldStory{wantBoth}},
				{"31 days later", morning.Add(32 * day), nil},
			} {
				run, err := db.OpenRun(ctx, stockdigest.Run{Ticker: "ACME", Kind: stockdigest.AdHoc, AsOf: test.asOf})
				must(t, err)
				t.Run(test.name, func(t *testing.T) { same(t, materialOf(t, db, run).Told, test.want) })
			}
		})
	}
}

func TestToldIsOfTheSameTicker(t *testing.T) {
	t.Parallel()
	for engine, open := range storetest.Engines() {
		t.Run(engine, func(t *testing.T) {
			t.Parallel()
			db := open(t)
			a := articleAt(1)
			story := storyOf(stockdigest.StoryNew, a)
			told(t, db, claimed(t, db, morning), []stockdigest.Article{a}, []stockdigest.Story{story}, bullet(story, "Acme."))
			must(t, db.SaveTickers(t.Context(), []stockdigest.Ticker{{Symbol: "PEER", Name: "Peer Inc."}}))
			same(t, materialOf(t, db, claimFor(t, db, "PEER", morning.Add(time.Hour))).Told, []stockdigest.ToldStory(nil))
		})
	}
}

func TestToldIsBounded(t *testing.T) {
	t.Parallel()
	db := storetest.SQLite(t)
	var articles []stockdigest.Article
	var stories []stockdigest.Story
	var bullets []stockdigest.Bullet
	for i := range 210 {
		a := articleAt(i)
		a.Title = strings.Repeat("é", 10_000) + strconv.Itoa(i)
		articles = append(articles, a)
		stories = append(stories, storyOf(stockdigest.StoryNew, a))
		bullets = append(bullets, bullet(stories[i], strconv.Itoa(i)))
	}
	told(t, db, claimed(t, db, morning), articles, stories, bullets...)
	got := materialOf(t, db, claimed(t, db, morning.Add(time.Hour))).Told
	if len(got) != 200 || len(got[0].Bodies[0]) > 16<<10 || !strings.HasSuffix(got[0].Bodies[0], "é") {
		t.Fatalf("got %d stories, the first body of %d bytes", len(got), len(got[0].Bodies[0]))
	}
}

func TestWhatADraftLeavesOutIsDecidedWithIt(t *testing.T) {
	t.Parallel()
	for engine, open := range storetest.Engines() {
		t.Run(engine, func(t *testing.T) {
			t.Parallel()
			db := open(t)
			ctx := t.Context()
			a, b := articleAt(1), articleAt(2)
			run := seeded(t, db, a, b)
			for _, one := range []stockdigest.Article{a, b} {
				must(t, db.SaveText(ctx, run, textOf(one, "Body of "+one.Title), verdictOn(one, stockdigest.Selected, "text")))
			}
			left := verdictOn(b, stockdigest.Rejected, "industry")
			must(t, db.SaveDraft(ctx, run, stockdigest.StepSummarize, stockdigest.Draft{LeftOut: []stockdigest.Verdict{left}}, ""))
			got := map[stockdigest.ArticleID]stockdigest.Verdict{}
			for _, c := range materialOf(t, db, run).Candidates {
				got[c.Article.ID] = c.Verdict
			}
			same(t, got, map[stockdigest.ArticleID]stockdigest.Verdict{a.ID: verdictOn(a, stockdigest.Selected, "text"), b.ID: left})
			stranger := stockdigest.Draft{LeftOut: []stockdigest.Verdict{verdictOn(articleAt(9), stockdigest.Rejected, "industry")}}
			wantKind(t, db.SaveDraft(ctx, run, stockdigest.StepVerify, stranger, ""), stockdigest.ErrInvalid)
			draft, err := db.Draft(ctx, run)
			must(t, err)
			same(t, draft.LeftOut, []stockdigest.Verdict{left}) // the refused one left nothing
		})
	}
}

func TestAReportTellsAStatementOnce(t *testing.T) {
	t.Parallel()
	for engine, open := range storetest.Engines() {
		t.Run(engine, func(t *testing.T) {
			t.Parallel()
			db := open(t)
			a := articleAt(1)
			run := seeded(t, db, a)
			story := storyOf(stockdigest.StoryNew, a)
			first, again := bullet(story, "Acme sold 5 million anvils."), bullet(story, "Acme sold 5 million anvils.")
			again.ID, again.Duplicate = "b2", first.ID
			told(t, db, run, []stockdigest.Article{a}, []stockdigest.Story{story}, first, again)
			later := claimed(t, db, morning.Add(24*time.Hour))
			got := materialOf(t, db, later).Told
			if len(got) != 1 || len(got[0].Texts) != 1 {
				t.Errorf("got %+v, want the statement once", got)
			}
		})
	}
}
