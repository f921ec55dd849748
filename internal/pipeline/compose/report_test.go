package compose_test

import (
	"strings"
	"testing"
	"time"

	"stockdigest.app/stockdigest"
	"stockdigest.app/stockdigest/internal/pipeline/compose"
)

func material(feedErrors ...string) stockdigest.Material {
	m := stockdigest.Material{Ticker: stockdigest.Ticker{Symbol: "BWL", Name: "Brightwell Instruments Inc."}}
	for i, e := range feedErrors {
		url := "https://feeds.example/" + string(rune('a'+i))
		m.Feeds = append(m.Feeds, stockdigest.TickerFeed{Feed: stockdigest.Feed{URL: url}, Role: stockdigest.RoleCompany})
		m.Polls = append(m.Polls, stockdigest.Poll{FeedURL: url, Error: e})
	}
	return m
}

func draft(kept, dropped int) stockdigest.Draft {
	d := stockdigest.Draft{Writer: "extractive", Dropped: make([]stockdigest.Drop, dropped)}
	if kept > 0 {
		s := stockdigest.Section{Name: stockdigest.SectionMajor}
		for range kept {
			s.Bullets = append(s.Bullets, stockdigest.Bullet{Story: "s1", Impact: stockdigest.ImpactHigh, Sentiment: stockdigest.Negative})
		}
		d.Sections = append(d.Sections, s)
	}
	return d
}

func run(kind stockdigest.ReportKind) stockdigest.Run {
	return stockdigest.Run{Ticker: "BWL", Kind: kind, AsOf: time.Date(2026, 3, 3, 7, 0, 0, 0, time.UTC), TimeZone: "UTC"}
}

func TestStatusNeverDressesAFailureAsAQuietDay(t *testing.T) {
	t.Parallel()
	filingsFailed := material("", "")
	filingsFailed.Polls = append(filingsFailed.Polls, stockdigest.Poll{FeedURL: "https://data.sec.gov/x", Error: "refused"})
	notPolled := material("", "")
	notPolled.Polls = notPolled.Polls[:1]
	for name, c := range map[string]struct {
		m      stockdigest.Material
		d      stockdigest.Draft
		want   stockdigest.ReportStatus
		reason string
	}{
		"bullets and every feed":        {material("", ""), draft(2, 0), stockdigest.ReportReady, ""},
		"no bullet and every feed":      {material("", ""), draft(0, 0), stockdigest.ReportQuiet, ""},
		"no bullet and a failed feed":   {material("", "timeout"), draft(0, 0), stockdigest.ReportHeld, "one feed could not be read"},
		"no bullet and a feed not read": {notPolled, draft(0, 0), stockdigest.ReportHeld, "one feed could not be read"},
		"no bullet and no filings":      {filingsFailed, draft(0, 0), stockdigest.ReportHeld, "SEC filings could not be read"},
		"no bullet and no feed":         {material(), draft(0, 0), stockdigest.ReportHeld, "no feed is set up"},
		"bullets and a failed feed":     {material("", "timeout"), draft(2, 0), stockdigest.ReportPartial, "one feed could not be read"},
		"bullets and no filings":        {filingsFailed, draft(2, 0), stockdigest.ReportPartial, "SEC filings could not be read"},
		"30 % dropped":                  {material(""), draft(7, 3), stockdigest.ReportReady, ""},
		"more than 30 % dropped":        {material(""), draft(6, 3), stockdigest.ReportHeld, "3 of 9 bullets failed the evidence check"},
		"all dropped":                   {material(""), draft(0, 1), stockdigest.ReportHeld, "1 of 1 bullets failed the evidence check"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := compose.Build(run(stockdigest.Daily), c.m, c.d)
			if r.Status != c.want || !strings.HasPrefix(r.Reason, c.reason) {
				t.Errorf("got %s (%s), want %s (%s)", r.Status, r.Reason, c.want, c.reason)
			}
		})
	}
}

func TestBottomLineIsComputedFromTheBullets(t *testing.T) {
	t.Parallel()
	m := material("")
	m.Stories = []stockdigest.Story{
		{ID: "s1", Headline: "Brightwell cuts its forecast", State: stockdigest.StoryUpdate},
		{ID: "s2", Headline: "Old news", State: stockdigest.StoryRepeat},
	}
	d := draft(2, 0)
	d.Sections[0].Bullets[0].Update = "forecast cut to $3"
	d.Sections[0].Bullets[1].Sentiment = stockdigest.Positive
	got := compose.Build(run(stockdigest.Daily), m, d).BottomLine
	want := "One update of a story told before: “Brightwell cuts its forecast”. 1 positive, 1 negative; 2 of high impact. One story told before continues without news."
	if got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
	if got := compose.Build(run(stockdigest.Daily), m, draft(0, 0)).BottomLine; got != "No new fact to quote. One story in the news is listed under the sources." {
		t.Errorf("got %s", got)
	}
	m.Stories = m.Stories[1:]
	if got := compose.Build(run(stockdigest.Daily), m, draft(0, 0)).BottomLine; got != "Nothing new. One story told before is still in the news without a new fact." {
		t.Errorf("got %s", got)
	}
}

// TestWhoSaysWeIsNamed tells the words of a filing as they stand, and says whose
// they are; words of a model are nobody's quotation.
func TestWhoSaysWeIsNamed(t *testing.T) {
	t.Parallel()
	const ours = "We expect to cut 400 jobs in Ohio by June."
	for name, c := range map[string]struct{ form, text, quote, speaker, want string }{
		"a filing of the company": {"10-Q", ours, ours, "the company", "The company says: “" + ours + "”"},
		"nobody says we":          {"10-Q", "Sales rose 5%.", "Sales rose 5%.", "", "* Sales rose 5%."},
		"a filing of a holder":    {"SC 13D", ours, ours, "", "* " + ours},
		"a call":                  {stockdigest.FormCall, "Sales rose 5%.", "Sales rose 5%.", "Ada Quill", "Ada Quill says: “Sales rose 5%.”"},
		"a call in other words":   {stockdigest.FormCall, "Sales were up 5%.", "Sales rose 5%.", "", "* Sales were up 5%."},
		"other words":             {"10-Q", "It may cut jobs, which our digest tells.", ours, "", "* It may cut jobs"},
	} {
		m, d := material(""), draft(1, 0)
		turns := []stockdigest.Item{{Title: "Bo Tern", End: 9}, {Title: "Ada Quill", Start: 10, End: 99}}
		m.Filings = []stockdigest.Filing{{Accession: "1-26-1", Form: c.form, Documents: []stockdigest.Document{{Seq: 1, Items: turns}}}}
		b := &d.Sections[0].Bullets[0]
		b.Text, b.Evidence = c.text, []stockdigest.Evidence{{Source: stockdigest.DocumentSource("1-26-1", 1), Quote: c.quote, Start: 20, End: 20 + len(c.quote), Publisher: "SEC"}}
		r := compose.Build(run(stockdigest.Daily), m, d)
		text := renderText(t, stockdigest.Digest{AsOf: r.AsOf, TimeZone: "UTC", Reports: []stockdigest.Report{r}})
		if got := r.Sections[0].Bullets[0]; got.Text != c.text || got.Speaker != c.speaker || !strings.Contains(strings.Join(strings.Fields(text), " "), c.want) {
			t.Errorf("%s: got %q by %q in\n%s\nwant %q", name, got.Text, got.Speaker, text, c.want)
		}
		if b.Speaker != "" {
			t.Errorf("%s: the draft was changed", name)
		}
	}
}

// TestACallIsNoFilingOfTheSEC lists a call apart, by its day, for its hour is not
// known, and counts it as no filing.
func TestACallIsNoFilingOfTheSEC(t *testing.T) {
	t.Parallel()
	m, d := material(""), draft(1, 0)
	at := time.Date(2026, 3, 2, 17, 0, 0, 0, time.UTC)
	m.Filings = []stockdigest.Filing{{Accession: "FMP-BWL-2025Q4", Form: stockdigest.FormCall, FiledAt: at}}
	d.Sections[0].Bullets[0].Evidence = []stockdigest.Evidence{{Source: "FMP-BWL-2025Q4/1", Publisher: "Ada Quill, " + stockdigest.FormCall, PublishedAt: at}}
	r := compose.Build(run(stockdigest.Daily), m, d)
	text := renderText(t, stockdigest.Digest{AsOf: r.AsOf, TimeZone: "UTC", Reports: []stockdigest.Report{r}})
	for _, want := range []string{"earnings call", "transcript of 2 Mar 2026", "Ada Quill, earnings call, 2 Mar", "0 filings"} {
		if !strings.Contains(strings.ReplaceAll(text, "SOURCES: EARNINGS CALL", "earnings call"), want) {
			t.Errorf("got\n%s\nwant %q in it", text, want)
		}
	}
	if strings.Contains(text, "17:00") || strings.Contains(strings.ToLower(text), "sec filings") {
		t.Errorf("got\n%s\nwant no hour, and no filing", text)
	}
}

func TestDailyLeavesOutWhatOnlyAWeekCanSay(t *testing.T) {
	t.Parallel()
	d := draft(1, 0)
	d.Sections = append(d.Sections, stockdigest.Section{Name: stockdigest.SectionUpside, Bullets: d.Sections[0].Bullets})
	if got := len(compose.Build(run(stockdigest.Daily), material(""), d).Sections); got != 1 {
		t.Errorf("a daily report has %d sections, want 1", got)
	}
	if got := len(compose.Build(run(stockdigest.Weekly), material(""), d).Sections); got != 2 {
		t.Errorf("a weekly report has %d sections, want 2", got)
	}
}

func TestCoverageCountsAFeedInTwoRolesOnce(t *testing.T) {
	t.Parallel()
	m := material("", "timeout")
	m.Feeds = append(m.Feeds, stockdigest.TickerFeed{Feed: m.Feeds[0].Feed, Role: stockdigest.RoleIndustry})
	c := compose.Build(run(stockdigest.Daily), m, draft(0, 0)).Coverage
	if c.FeedsTotal != 2 || c.FeedsOK != 1 {
		t.Errorf("got %d of %d feeds, want 1 of 2", c.FeedsOK, c.FeedsTotal)
	}
}
