package app

import (
	"stockdigest.app/stockdigest/internal/adapter/edgar"
	"stockdigest.app/stockdigest/internal/adapter/feeds"
	"stockdigest.app/stockdigest/internal/adapter/tickers"
	"stockdigest.app/stockdigest/internal/eval"
	"stockdigest.app/stockdigest/internal/events"
	"stockdigest.app/stockdigest/internal/names"
	"stockdigest.app/stockdigest/internal/page"
	"stockdigest.app/stockdigest/internal/pipeline/cluster"
	"stockdigest.app/stockdigest/internal/pipeline/summarize"
	"stockdigest.app/stockdigest/internal/pipeline/verify"
)

// What each evaluation measures is the code that a run calls, handed over as a
// function: eval knows no step.

func evalExtraction(dir string, progress eval.Progress) (eval.Result, error) {
	read := func(html []byte, url string) eval.Page {
		a, err := page.Read(html, url)
		if err != nil {
			return eval.Page{}
		}
		return eval.Page{Text: a.Text, Title: a.Title, Author: a.Author, PublishedAt: a.PublishedAt}
	}
	return eval.Extraction(dir, read, progress)
}

func evalStories(dir string, progress eval.Progress) (eval.Result, error) {
	doc := func(d eval.StoryDoc) cluster.Doc {
		return cluster.Doc{Title: d.Title, Body: d.Body, URL: d.URL, At: d.At}
	}
	group := func(docs []eval.StoryDoc) []int {
		all := make([]cluster.Doc, 0, len(docs))
		for _, d := range docs {
			all = append(all, doc(d))
		}
		return cluster.Group(all)
	}
	like := func(a, b eval.StoryDoc) float64 { return cluster.Likeness(doc(a), doc(b)) }
	return eval.Stories(dir, group, like, progress)
}

func evalSummary(dir string, progress eval.Progress) (eval.Result, error) {
	return eval.Summary(dir, summarize.Pick, progress)
}

func evalDirection(dir string, progress eval.Progress) (eval.Result, error) {
	judge := func(text string) string {
		mood, _ := summarize.Sentiment(text)
		return string(mood)
	}
	return eval.Direction(dir, judge, progress)
}

func evalEvents(dir string, progress eval.Progress) (eval.Result, error) {
	names := map[events.Topic]string{
		events.Rating: "BuyRating", events.PriceTarget: "TargetPrice", events.Profit: "Profit", events.Revenue: "Turnover", events.Sales: "SalesVolume",
		events.Quarter: "QuarterlyResults", events.Dividend: "Dividend", events.Buyback: "ShareRepurchase", events.Debt: "Debt", events.Takeover: "MergerAcquisition",
	}
	judge := func(text string) []string {
		found := []string{}
		for _, t := range events.Topics(text) {
			found = append(found, names[t])
		}
		return found
	}
	return eval.EventTypes(dir, judge, progress)
}

func evalEntities(dir string, progress eval.Progress) (eval.Result, error) {
	table := tickers.Starter()
	linker := names.NewLinker(table)
	return eval.Entities(dir, linker.Symbols, linker.Company, progress)
}

func evalFilingItems(dir string, progress eval.Progress) (eval.Result, error) {
	return eval.FilingItems(dir, edgar.SplitItems, progress)
}

func evalFeeds(dir string, progress eval.Progress) (eval.Result, error) {
	return eval.Feeds(dir, feeds.Parse, progress)
}

func evalGate(dir string, progress eval.Progress) (eval.Result, error) {
	check := func(bullet, evidence string) []string {
		var claims []string
		for _, f := range verify.Claims(bullet, evidence, "") {
			claims = append(claims, f.Why)
		}
		return claims
	}
	return eval.Gate(dir, check, progress)
}
