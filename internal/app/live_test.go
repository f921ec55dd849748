package app_test

import (
	"testing"
	"time"

	"stockdigest.app/stockdigest"
	"stockdigest.app/stockdigest/internal/app"
	"stockdigest.app/stockdigest/internal/night"
	"stockdigest.app/stockdigest/internal/pipeline/ingest"
)

// TestLiveModeReadsItsOwnFeedPlan runs the live world, with a recording in the
// place of the network: the plan's Google News and Yahoo feeds and EDGAR are
// asked, and the article that both feeds list is one.
func TestLiveModeReadsItsOwnFeedPlan(t *testing.T) {
	t.Parallel()
	const (
		link  = "https://news0.example/disney/1.html"
		title = "Walt Disney Co. raises full-year profit forecast to $6 a share"
		item  = "<item><title>" + title + "</title><link>" + link + "</link><pubDate>Mon, 02 Mar 2026 15:00:00 GMT</pubDate></item>"
		rss   = `<rss version="2.0"><channel><title>t</title>` + item + `</channel></rss>`
	)
	f := newFixture(t)
	f.add(t, link, "text/html; charset=utf-8", "disney.html", page("Disney", title, 1))
	f.add(t, ingest.GoogleNews("Walt Disney"), "application/xml", "google.xml", rss)
	f.add(t, ingest.Yahoo("DIS"), "application/xml", "yahoo.xml", rss)
	f.add(t, "https://data.sec.gov/submissions/CIK0001744489.json", "application/json", "dis.json",
		`{"cik":"1744489","name":"Walt Disney Co","filings":{"recent":{"accessionNumber":[],"form":[],"filingDate":[],"acceptanceDateTime":[],"primaryDocument":[],"items":[],"reportDate":[],"primaryDocDescription":[]},"files":[]}}`)
	n, err := night.Open(f.save(t))
	if err != nil {
		t.Fatal(err)
	}
	opts := options(t)
	asOf := time.Date(2026, 3, 3, 7, 0, 0, 0, time.UTC)
	world := app.Live(opts)
	world.Now, world.AsOf = func() time.Time { return asOf }, asOf
	world.Transport = n.Transport(world.Now)
	answer, _, err := app.ReportFiles(t.Context(), opts, world, []string{"dis"}, stockdigest.Daily, t.TempDir(), silent())
	if err != nil {
		t.Fatal(err)
	}
	r := answer.Digest("").Reports[0]
	if r.Status != stockdigest.ReportReady || r.Coverage.FeedsOK != 2 || len(r.Articles) != 1 || len(r.Sections) == 0 {
		t.Errorf("got status %s (%s), coverage %+v, articles %+v, failures %v; asked for %v in vain",
			r.Status, r.Reason, r.Coverage, r.Articles, r.Failures, n.Misses())
	}
}
