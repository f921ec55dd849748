package extract_test

import (
	"context"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"stockdigest.app/stockdigest"
)

func TestWhatIsGoodToReadIsToldAsSoonAsItIsStored(t *testing.T) {
	t.Parallel()
	const brought, again, gone, other = "https://a.example/brought", "https://a.example/again", "https://a.example/gone", "https://a.example/other"
	inFeed := candidate(brought, 3)
	inFeed.Text = &stockdigest.Text{ArticleID: inFeed.Article.ID, Body: "A text that came with the feed.", Label: stockdigest.TextFull}
	doubted := candidate(other, 5)
	doubted.Verdict.Gate = "unsure"
	store, pages, step := setup(candidate(one, 1), candidate(again, 2), inFeed, candidate(gone, 4), doubted)
	pages.bodies[one], pages.bodies[again], pages.bodies[other] = pageOf(prose("Acme"), ""), pageOf(prose("ACME"), ""), pageOf(prose("Beta"), "")
	step.SecondLook = func(stockdigest.Ticker, stockdigest.Candidate, string) (bool, string) { return false, "about Beta" }
	var told []string
	step.Ready = func(_ context.Context, _ stockdigest.Run, c stockdigest.Candidate) {
		told = append(told, c.Article.URL)
		if i := slices.Index(store.writes, "done extract"); i >= 0 {
			t.Error("told when all was over")
		}
		if stored := store.at(c.Article.ID).Text; stored == nil || stored.Body != c.Text.Body {
			t.Errorf("%s is not stored, or another text is", c.Article.URL)
		}
	}
	if err := step.Run(t.Context(), testRun()); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{brought, one}, told); diff != "" {
		t.Errorf("told (-want +got):\n%s", diff)
	}
}
