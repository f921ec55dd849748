package store_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"stockdigest.app/stockdigest"
	"stockdigest.app/stockdigest/internal/adapter/store"
	"stockdigest.app/stockdigest/internal/adapter/store/storetest"
)

// orders are the ways in which three polls can come.
func orders() [][3]int {
	return [][3]int{{0, 1, 2}, {0, 2, 1}, {1, 0, 2}, {1, 2, 0}, {2, 0, 1}, {2, 1, 0}}
}

func TestArticleIsOneRowWhateverTheOrderOfPolls(t *testing.T) {
	t.Parallel()
	const u = "https://news.example/one"
	id := stockdigest.NewArticleID(u)
	told := []stockdigest.Article{
		{ID: id, URL: u, Title: "Acme buys", PublishedAt: morning.Add(-time.Minute), FirstSeenAt: morning.Add(-time.Minute)},
		{ID: id, URL: u, Title: "Acme buys Peer", Publisher: "News", PublishedAt: morning.Add(-time.Hour), Dated: true, FirstSeenAt: morning},
		{ID: id, URL: u, Title: "Acme eats Peer", Description: "All of it", Author: "A. Writer", PublishedAt: morning.Add(-30 * time.Minute), Dated: true, FirstSeenAt: morning.Add(time.Minute)},
	}
	want := stockdigest.Article{
		ID: id, URL: u, Title: "Acme buys Peer", Publisher: "News", Description: "All of it", Author: "A. Writer",
		PublishedAt: morning.Add(-time.Hour), Dated: true, FirstSeenAt: morning.Add(-time.Minute),
	}
	for engine, open := range storetest.Engines() {
		t.Run(engine, func(t *testing.T) {
			t.Parallel()
			db := open(t)
			for i, order := range orders() {
				run := claimed(t, db, morning.Add(time.Duration(i)*time.Hour))
				must(t, store.Exec(t.Context(), db, "DELETE FROM sightings"))
				must(t, store.Exec(t.Context(), db, "DELETE FROM candidates"))
				must(t, store.Exec(t.Context(), db, "DELETE FROM articles"))
				for _, n := range order {
					feed := fmt.Sprintf("https://feeds.example/%d", n)
					must(t, db.SavePoll(t.Context(), run, pollOf(feed, 1), []stockdigest.Found{foundIn(stockdigest.RoleCompany, stockdigest.Pending, told[n])}))
				}
				m := materialOf(t, db, run)
				same(t, m.Candidates, []stockdigest.Candidate{{Article: want, Role: stockdigest.RoleCompany, Verdict: foundIn(stockdigest.RoleCompany, stockdigest.Pending, want).Verdict}})
			}
		})
	}
}

func TestPendingBeatsRejectedThenTheMoreImportantRole(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name  string
		found [3]stockdigest.Found
		want  int
	}{
		{"pending beats a more important rejection", [3]stockdigest.Found{
			foundIn(stockdigest.RoleCompany, stockdigest.Rejected, articleAt(1)),
			foundIn(stockdigest.RoleUpstream, stockdigest.Pending, articleAt(1)),
			foundIn(stockdigest.RoleIndustry, stockdigest.Duplicate, articleAt(1)),
		}, 1},
		{"the more important of the pending", [3]stockdigest.Found{
			foundIn(stockdigest.RoleDownstream, stockdigest.Pending, articleAt(1)),
			foundIn(stockdigest.RoleCompetitor, stockdigest.Pending, articleAt(1)),
			foundIn(stockdigest.RoleIndustry, stockdigest.Pending, articleAt(1)),
		}, 2},
		{"the more important of the rejected", [3]stockdigest.Found{
			foundIn(stockdigest.RoleCompany, stockdigest.Rejected, articleAt(1)),
			foundIn(stockdigest.RoleCompetitor, stockdigest.Rejected, articleAt(1)),
			foundIn(stockdigest.RoleIndustry, stockdigest.Rejected, articleAt(1)),
		}, 0},
		{"of equal ones the first subject", [3]stockdigest.Found{
			{Article: articleAt(1), Role: stockdigest.RoleIndustry, Subject: "c", Verdict: stockdigest.Verdict{ArticleID: articleAt(1).ID, Decision: stockdigest.Pending}},
			{Article: articleAt(1), Role: stockdigest.RoleIndustry, Subject: "B", Verdict: stockdigest.Verdict{ArticleID: articleAt(1).ID, Decision: stockdigest.Pending}},
			{Article: articleAt(1), Role: stockdigest.RoleIndustry, Subject: "a", Verdict: stockdigest.Verdict{ArticleID: articleAt(1).ID, Decision: stockdigest.Pending}},
		}, 1},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			for engine, open := range storetest.Engines() {
				t.Run(engine, func(t *testing.T) {
					t.Parallel()
					db := open(t)
					for i, order := range orders() {
						run := claimed(t, db, morning.Add(time.Duration(i)*time.Hour))
						for _, n := range order {
							must(t, db.SavePoll(t.Context(), run, pollOf(fmt.Sprintf("https://feeds.example/%d", n), 1), test.found[n:n+1]))
						}
						want := test.found[test.want]
						same(t, materialOf(t, db, run).Candidates, []stockdigest.Candidate{{Article: want.Article, Role: want.Role, Subject: want.Subject, Verdict: want.Verdict}})
					}
				})
			}
		})
	}
}

func TestSavePollTwiceIsOnce(t *testing.T) {
	t.Parallel()
	for engine, open := range storetest.Engines() {
		t.Run(engine, func(t *testing.T) {
			t.Parallel()
			db := open(t)
			run := seeded(t, db, articleAt(1), articleAt(2))
			once := materialOf(t, db, run)
			found := []stockdigest.Found{
				foundIn(stockdigest.RoleCompany, stockdigest.Pending, articleAt(2)), foundIn(stockdigest.RoleCompany, stockdigest.Pending, articleAt(1)),
			}
			must(t, db.SavePoll(t.Context(), run, pollOf("https://feeds.example/one", 2), found))
			same(t, materialOf(t, db, run), once)
		})
	}
}

func TestLatePollDoesNotUndoADecision(t *testing.T) {
	t.Parallel()
	for engine, open := range storetest.Engines() {
		t.Run(engine, func(t *testing.T) {
			t.Parallel()
			db := open(t)
			run := seeded(t, db, articleAt(1))
			verdict := stockdigest.Verdict{ArticleID: articleAt(1).ID, Decision: stockdigest.Rejected, Gate: "entity", Reason: "another Acme"}
			must(t, db.SaveVerdicts(t.Context(), run, stockdigest.StepTriage, []stockdigest.Verdict{verdict}, "1 rejected"))
			must(t, db.SavePoll(t.Context(), run, pollOf("https://feeds.example/two", 1), []stockdigest.Found{foundIn(stockdigest.RoleCompany, stockdigest.Pending, articleAt(1))}))
			same(t, materialOf(t, db, run).Candidates[0].Verdict, verdict)
		})
	}
}

func TestSightedListsWhatTheFeedListedInTheWindow(t *testing.T) {
	t.Parallel()
	for engine, open := range storetest.Engines() {
		t.Run(engine, func(t *testing.T) {
			t.Parallel()
			db := open(t)
			run := seeded(t, db, articleAt(0), articleAt(1), articleAt(2), articleAt(3))
			must(t, db.SavePoll(t.Context(), run, pollOf("https://feeds.example/other", 1), []stockdigest.Found{foundIn(stockdigest.RoleCompany, stockdigest.Pending, articleAt(9))}))
			east := time.FixedZone("east", 9*3600) // a window in any zone is the same window
			w := stockdigest.Window{From: articleAt(3).PublishedAt.In(east), To: articleAt(1).PublishedAt.In(east)}
			got, err := db.Sighted(t.Context(), "https://feeds.example/one", w)
			must(t, err)
			same(t, got, []stockdigest.Article{articleAt(1), articleAt(2)})
		})
	}
}

func TestOlderPollDoesNotOverwriteHealth(t *testing.T) {
	t.Parallel()
	for engine, open := range storetest.Engines() {
		t.Run(engine, func(t *testing.T) {
			t.Parallel()
			db := open(t)
			run := seeded(t, db)
			late := pollOf("https://feeds.example/one", 7)
			late.At, late.Health.PolledAt = morning.Add(time.Hour), morning.Add(time.Hour)
			must(t, db.SavePoll(t.Context(), run, late, nil))
			must(t, db.SavePoll(t.Context(), run, pollOf("https://feeds.example/one", 3), nil))
			must(t, db.SetFeeds(t.Context(), "ACME", []stockdigest.TickerFeed{{Feed: stockdigest.Feed{URL: "https://feeds.example/one"}, Role: stockdigest.RoleCompany}}))
			same(t, materialOf(t, db, run).Feeds[0].Feed.Health, late.Health)
		})
	}
}

func TestHostileValuesAreStoredAlikeOnBothEngines(t *testing.T) {
	t.Parallel()
	for engine, open := range storetest.Engines() {
		t.Run(engine, func(t *testing.T) {
			t.Parallel()
			db := open(t)
			a := articleAt(1)
			a.URL = "https://news.example/" + strings.Repeat("x", 20_000)
			a.ID = stockdigest.NewArticleID(a.URL)
			a.Title = "bad \xff bytes \x00 here"
			a.PublishedAt = time.Date(20_000, 1, 1, 0, 0, 0, 0, time.UTC)
			run := seeded(t, db, a)
			a.Title, a.PublishedAt = "bad \uFFFD bytes  here", time.Date(9999, 12, 31, 0, 0, 0, 0, time.UTC)
			same(t, materialOf(t, db, run).Candidates, []stockdigest.Candidate{candidateOf(a)})
		})
	}
}
