package app

import (
	"strings"

	"stockdigest.app/stockdigest"
	"stockdigest.app/stockdigest/internal/adapter/edgar"
	"stockdigest.app/stockdigest/internal/adapter/feeds"
	"stockdigest.app/stockdigest/internal/adapter/tickers"
	"stockdigest.app/stockdigest/internal/eval"
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
		return cluster.Doc{Title: d.Title, Body: d.Body, At: d.At}
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

func evalEntities(dir string, progress eval.Progress) (eval.Result, error) {
	table := tickers.Starter()
	linker := names.NewLinker(table)
	directory := stockdigest.NewDirectory(table)
	known := func(name string) (stockdigest.Symbol, bool) {
		found := linker.Symbols(name)
		if len(found) == 1 {
			return found[0], true
		}
		t, err := directory.Lookup(strings.TrimSpace(name))
		return t.Symbol, err == nil
	}
	return eval.Entities(dir, linker.Symbols, known, progress)
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
