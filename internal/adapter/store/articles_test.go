package store_test

import (
	"testing"
	"time"

	"stockdigest.app/stockdigest"
	"stockdigest.app/stockdigest/internal/adapter/store/storetest"
)

func verdictOn(a stockdigest.Article, d stockdigest.Decision, gate string) stockdigest.Verdict {
	return stockdigest.Verdict{ArticleID: a.ID, Decision: d, Gate: gate, Reason: "because", Score: 7}
}

func textOf(a stockdigest.Article, body string) stockdigest.Text {
	return stockdigest.Text{
		ArticleID: a.ID, Body: body, Hash: stockdigest.Hash(body), Title: "Headline", Author: "A. Writer",
		PublishedAt: morning.Add(-time.Hour), Language: "en", FetchedAt: morning, FinalURL: a.URL,
	}
}

func TestTextNeverChangesOnceStored(t *testing.T) {
	t.Parallel()
	for engine, open := range storetest.Engines() {
		t.Run(engine, func(t *testing.T) {
			t.Parallel()
			db := open(t)
			ctx := t.Context()
			a := articleAt(1)
			run := seeded(t, db, a)
			first := textOf(a, "Acme sold 5 million anvils.")
			must(t, db.SaveText(ctx, run, first, verdictOn(a, stockdigest.Selected, "text")))
			must(t, db.SaveText(ctx, run, textOf(a, "Another page."), verdictOn(a, stockdigest.Selected, "again")))
			c := materialOf(t, db, run).Candidates[0]
			same(t, *c.Text, first)
			same(t, c.Verdict, verdictOn(a, stockdigest.Selected, "again"))
		})
	}
}

func TestTextOfAnotherTickerIsThereAtOnce(t *testing.T) {
	t.Parallel()
	for engine, open := range storetest.Engines() {
		t.Run(engine, func(t *testing.T) {
			t.Parallel()
			db := open(t)
			ctx := t.Context()
			a := articleAt(1)
			run := seeded(t, db, a)
			must(t, db.SaveText(ctx, run, textOf(a, "Shared text."), verdictOn(a, stockdigest.Selected, "text")))
			must(t, db.SaveTickers(ctx, []stockdigest.Ticker{{Symbol: "PEER", Name: "Peer Inc."}}))
			peer := claimFor(t, db, "PEER", morning)
			must(t, db.SavePoll(ctx, peer, pollOf("https://feeds.example/peer", 1), []stockdigest.Found{foundIn(stockdigest.RoleCompetitor, stockdigest.Pending, a)}))
			c := materialOf(t, db, peer).Candidates[0]
			same(t, *c.Text, textOf(a, "Shared text."))
			same(t, c.Verdict.Decision, stockdigest.Pending)
		})
	}
}

func TestMissIsToldUntilTheTextIsThere(t *testing.T) {
	t.Parallel()
	for engine, open := range storetest.Engines() {
		t.Run(engine, func(t *testing.T) {
			t.Parallel()
			db := open(t)
			ctx := t.Context()
			a := articleAt(1)
			run := seeded(t, db, a)
			miss := stockdigest.Miss{ArticleID: a.ID, At: morning, Cause: "503", NextTry: morning.Add(time.Hour)}
			older := stockdigest.Miss{ArticleID: a.ID, At: morning.Add(-time.Hour), Cause: "older"}
			v := verdictOn(a, stockdigest.Rejected, "text")
			must(t, db.SaveMiss(ctx, run, miss, v))
			must(t, db.SaveMiss(ctx, run, older, v))
			same(t, materialOf(t, db, run).Candidates[0].Miss, &miss)
			must(t, db.SaveText(ctx, run, textOf(a, "There."), verdictOn(a, stockdigest.Selected, "text")))
			same(t, materialOf(t, db, run).Candidates[0].Miss, (*stockdigest.Miss)(nil))
		})
	}
}

func TestVerdictOnAStrangerIsRefused(t *testing.T) {
	t.Parallel()
	for engine, open := range storetest.Engines() {
		t.Run(engine, func(t *testing.T) {
			t.Parallel()
			db := open(t)
			run := seeded(t, db, articleAt(1))
			verdicts := []stockdigest.Verdict{verdictOn(articleAt(1), stockdigest.Selected, "x"), verdictOn(articleAt(2), stockdigest.Selected, "x")}
			wantKind(t, db.SaveVerdicts(t.Context(), run, stockdigest.StepTriage, verdicts, ""), stockdigest.ErrInvalid)
			same(t, materialOf(t, db, run).Candidates[0].Verdict.Decision, stockdigest.Pending) // nothing of it was kept
		})
	}
}

func TestResolveMovesTheCandidate(t *testing.T) {
	t.Parallel()
	for engine, open := range storetest.Engines() {
		t.Run(engine, func(t *testing.T) {
			t.Parallel()
			db := open(t)
			ctx := t.Context()
			wrapper, page, follower := articleAt(1), articleAt(2), articleAt(3)
			run := seeded(t, db, wrapper, follower)
			dup := verdictOn(follower, stockdigest.Duplicate, "same")
			dup.Of = wrapper.ID
			must(t, db.SaveVerdicts(ctx, run, stockdigest.StepTriage, []stockdigest.Verdict{verdictOn(wrapper, stockdigest.Selected, "cap"), dup}, ""))
			must(t, db.Resolve(ctx, run, wrapper.ID, page))
			dup.Of = page.ID
			same(t, materialOf(t, db, run).Candidates, []stockdigest.Candidate{
				{Article: page, Role: stockdigest.RoleCompany, Verdict: verdictOn(page, stockdigest.Selected, "cap")},
				{Article: follower, Role: stockdigest.RoleCompany, Verdict: dup},
			})
		})
	}
}

func TestResolveToACandidateKeepsTheBetterDecision(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name           string
		wrapper, known stockdigest.Decision
		gate           string // of the verdict that stands for the page
	}{
		{"both selected", stockdigest.Selected, stockdigest.Selected, "known"},
		{"only the wrapper was selected", stockdigest.Selected, stockdigest.Rejected, "wrapper"},
		{"only the page was selected", stockdigest.Rejected, stockdigest.Selected, "known"},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			for engine, open := range storetest.Engines() {
				t.Run(engine, func(t *testing.T) {
					t.Parallel()
					db := open(t)
					ctx := t.Context()
					page, wrapper := articleAt(1), articleAt(2)
					run := seeded(t, db, page, wrapper)
					must(t, db.SaveVerdicts(ctx, run, stockdigest.StepTriage, []stockdigest.Verdict{
						verdictOn(wrapper, test.wrapper, "wrapper"), verdictOn(page, test.known, "known"),
					}, ""))
					must(t, db.Resolve(ctx, run, wrapper.ID, page))
					c := materialOf(t, db, run).Candidates
					if c[0].Verdict.Gate != test.gate || c[1].Verdict.Decision != stockdigest.Duplicate || c[1].Verdict.Of != page.ID {
						t.Fatalf("got %+v and %+v, want the gate %q and a duplicate of %s", c[0].Verdict, c[1].Verdict, test.gate, page.ID)
					}
				})
			}
		})
	}
}

func TestSourceTextOpensArticlesAndDocuments(t *testing.T) {
	t.Parallel()
	for engine, open := range storetest.Engines() {
		t.Run(engine, func(t *testing.T) {
			t.Parallel()
			db := open(t)
			ctx := t.Context()
			a := articleAt(1)
			run := seeded(t, db, a)
			must(t, db.SaveText(ctx, run, textOf(a, "Acme rose."), verdictOn(a, stockdigest.Selected, "text")))
			must(t, db.SaveFilings(ctx, run, []stockdigest.Filing{{
				Accession: "0001-26-1", Form: "8-K", FiledAt: morning,
				Documents: []stockdigest.Document{{Seq: 2, Type: "EX-99.1", Description: "Press release", URL: "https://sec.example/2", Text: "Revenue rose."}},
			}}))
			type opened struct{ Body, Title, URL string }
			open := func(source string) opened {
				body, title, url, err := db.SourceText(ctx, source)
				must(t, err)
				return opened{body, title, url}
			}
			same(t, open(string(a.ID)), opened{"Acme rose.", "Headline", a.URL})
			same(t, open("0001-26-1/2"), opened{"Revenue rose.", "EX-99.1 Press release", "https://sec.example/2"})
			for _, source := range []string{"nothing", "0001-26-1/9", "0001-26-1/x", "/"} {
				_, _, _, err := db.SourceText(ctx, source)
				wantKind(t, err, stockdigest.ErrNotFound)
			}
		})
	}
}

func TestFilingTextStandsAndEmptyOnesAreFilled(t *testing.T) {
	t.Parallel()
	for engine, open := range storetest.Engines() {
		t.Run(engine, func(t *testing.T) {
			t.Parallel()
			db := open(t)
			ctx := t.Context()
			run := claimed(t, db, morning)
			filing := func(text string) stockdigest.Filing {
				return stockdigest.Filing{Accession: "0001-26-1", Form: "8-K", FiledAt: morning, Documents: []stockdigest.Document{{Seq: 1, Text: text}}}
			}
			for _, text := range []string{"", "first", "second"} {
				must(t, db.SaveFilings(ctx, run, []stockdigest.Filing{filing(text)}))
			}
			got := materialOf(t, db, run).Filings[0].Documents[0]
			same(t, got, stockdigest.Document{Accession: "0001-26-1", Seq: 1, Text: "first", Hash: stockdigest.Hash("first")})
		})
	}
}

func TestPageNamesThePublisherThatNoFeedTold(t *testing.T) {
	t.Parallel()
	for engine, open := range storetest.Engines() {
		t.Run(engine, func(t *testing.T) {
			t.Parallel()
			db := open(t)
			told, untold := articleAt(1), articleAt(2)
			told.Publisher, untold.Publisher = "Told Times", ""
			run := seeded(t, db, told, untold)
			for _, a := range []stockdigest.Article{told, untold} {
				text := textOf(a, "Body of "+string(a.ID))
				text.Publisher = "Page Post"
				must(t, db.SaveText(t.Context(), run, text, verdictOn(a, stockdigest.Selected, "text")))
			}
			got := map[stockdigest.ArticleID]string{}
			for _, c := range materialOf(t, db, run).Candidates {
				got[c.Article.ID] = c.Article.Publisher
			}
			same(t, got, map[stockdigest.ArticleID]string{told.ID: "Told Times", untold.ID: "Page Post"})
		})
	}
}
