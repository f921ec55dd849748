package store_test

import (
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"stockdigest.app/stockdigest"
	"stockdigest.app/stockdigest/internal/adapter/store"
	"stockdigest.app/stockdigest/internal/adapter/store/storetest"
)

const lease = time.Minute

// morning is the as-of time of the first report in these tests.
var morning = time.Date(2026, 3, 2, 12, 0, 0, 0, time.UTC)

// by returns the claim of a worker, under caps that do not bind.
func by(worker string) stockdigest.Claim {
	return stockdigest.Claim{Worker: worker, Lease: lease, Caps: stockdigest.Caps{Scheduled: 100, AdHoc: 100, Total: 100}}
}

func acme() stockdigest.Ticker {
	return stockdigest.Ticker{Symbol: "ACME", Name: "Acme Corp.", Exchange: "NYSE", CIK: "0000000123", Source: "starter"}
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func wantKind(t *testing.T, err, kind error) {
	t.Helper()
	if !errors.Is(err, kind) {
		t.Fatalf("got error %v, want kind %v", err, kind)
	}
}

func same(t *testing.T, got, want any) {
	t.Helper()
	if diff := cmp.Diff(want, got); diff != "" {
		t.Fatalf("-want +got:\n%s", diff)
	}
}

// claimed returns a claimed weekly run of ACME.
func claimed(t *testing.T, db *store.DB, asOf time.Time) stockdigest.Run {
	t.Helper()
	must(t, db.SaveTickers(t.Context(), []stockdigest.Ticker{acme()}))
	return claimFor(t, db, "ACME", asOf)
}

func claimFor(t *testing.T, db *store.DB, symbol stockdigest.Symbol, asOf time.Time) stockdigest.Run {
	t.Helper()
	run, err := db.OpenRun(t.Context(), stockdigest.Run{Ticker: symbol, Kind: stockdigest.Weekly, AsOf: asOf, TimeZone: "America/New_York"})
	must(t, err)
	run, err = db.ClaimRun(t.Context(), run.ID, by("worker"))
	must(t, err)
	return run
}

func materialOf(t *testing.T, db *store.DB, run stockdigest.Run) stockdigest.Material {
	t.Helper()
	m, err := db.Material(t.Context(), run)
	must(t, err)
	return m
}

func articleAt(n int) stockdigest.Article {
	u := fmt.Sprintf("https://news.example/%04d", n)
	return stockdigest.Article{
		ID: stockdigest.NewArticleID(u), URL: u, Title: fmt.Sprintf("Acme story %d", n), Publisher: "News",
		PublishedAt: morning.Add(-time.Duration(n) * time.Minute), Dated: true, FirstSeenAt: morning,
	}
}

func foundIn(role stockdigest.Role, decision stockdigest.Decision, a stockdigest.Article) stockdigest.Found {
	return stockdigest.Found{
		Article: a, Link: a.URL + "?utm_source=feed", Role: role,
		Verdict: stockdigest.Verdict{ArticleID: a.ID, Decision: decision, Gate: "window", Reason: "reason of " + string(role)},
	}
}

func pollOf(url string, items int) stockdigest.Poll {
	return stockdigest.Poll{FeedURL: url, At: morning, Items: items, Health: stockdigest.FeedHealth{PolledAt: morning, Items: items, ETag: "e1"}}
}

// seeded returns a run with the given candidates, all found by one feed.
func seeded(t *testing.T, db *store.DB, articles ...stockdigest.Article) stockdigest.Run {
	t.Helper()
	run := claimed(t, db, morning)
	var found []stockdigest.Found
	for _, a := range articles {
		found = append(found, foundIn(stockdigest.RoleCompany, stockdigest.Pending, a))
	}
	must(t, db.SavePoll(t.Context(), run, pollOf("https://feeds.example/one", len(found)), found))
	return run
}

func TestMaterialHoldsWhatWasSaved(t *testing.T) {
	t.Parallel()
	for engine, open := range storetest.Engines() {
		t.Run(engine, func(t *testing.T) {
			t.Parallel()
			db := open(t)
			ctx := t.Context()
			must(t, db.SaveTickers(ctx, []stockdigest.Ticker{acme()}))
			feeds := []stockdigest.TickerFeed{
				{Feed: stockdigest.Feed{URL: "https://feeds.example/one", Source: "feed"}, Role: stockdigest.RoleCompany},
				{Feed: stockdigest.Feed{URL: "https://feeds.example/a-peer", Source: "google"}, Role: stockdigest.RoleCompetitor, Subject: "PEER"},
			}
			must(t, db.SetFeeds(ctx, "ACME", []stockdigest.TickerFeed{feeds[1], feeds[0]}))
			run := seeded(t, db, articleAt(2), articleAt(1))
			filing := stockdigest.Filing{
				Accession: "0000000123-26-000001", CIK: "0000000123", Form: "8-K", FiledAt: morning.Add(-time.Hour),
				Period: "2026-03-01", Items: []string{"2.02", "9.01"}, URL: "https://sec.example/1",
				Documents: []stockdigest.Document{{
					Accession: "0000000123-26-000001", Seq: 1, Type: "8-K", URL: "https://sec.example/1", Text: "Item 2.02 Results",
					Hash: stockdigest.Hash("Item 2.02 Results"), Items: []stockdigest.Item{{Number: "2.02", Title: "Results", Start: 0, End: 17}},
				}},
			}
			must(t, db.SaveFilings(ctx, run, []stockdigest.Filing{filing}))
			must(t, db.FinishStep(ctx, run, stockdigest.StepIngest, "2 items"))

			m := materialOf(t, db, run)
			feeds[0].Feed.Health = pollOf("", 2).Health
			same(t, m, stockdigest.Material{
				Ticker: acme(), Feeds: feeds, Polls: []stockdigest.Poll{pollOf("https://feeds.example/one", 2)},
				Candidates: []stockdigest.Candidate{candidateOf(articleAt(1)), candidateOf(articleAt(2))},
				Filings:    []stockdigest.Filing{filing},
			})
			again, err := db.OpenRun(ctx, run)
			must(t, err)
			same(t, again.Steps, []stockdigest.StepDone{{Step: stockdigest.StepIngest, At: storetest.Now(), Note: "2 items"}})
		})
	}
}

func candidateOf(a stockdigest.Article) stockdigest.Candidate {
	f := foundIn(stockdigest.RoleCompany, stockdigest.Pending, a)
	return stockdigest.Candidate{Article: a, Role: f.Role, Verdict: f.Verdict}
}
