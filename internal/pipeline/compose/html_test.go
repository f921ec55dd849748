package compose_test

import (
	"bytes"
	"fmt"
	"strings"
	"testing"
	"time"

	"golang.org/x/net/html"

	"stockdigest.app/stockdigest"
	"stockdigest.app/stockdigest/internal/pipeline/compose"
)

// sample is a digest with everything a mail can show.
func sample() stockdigest.Digest {
	at := time.Date(2026, 3, 4, 13, 30, 0, 0, time.UTC)
	evidence := stockdigest.Evidence{
		Source: "a1", URL: "https://news.example/a?id=1", Quote: "Brightwell raised its price to $42 per share on Tuesday.", Start: 10, End: 66,
		Publisher: "The Example Times", PublishedAt: at.Add(-5 * time.Hour),
	}
	walled := evidence
	walled.Source, walled.Publisher, walled.Label = "a2", "", stockdigest.TextPaywall
	bullets := []stockdigest.Bullet{
		{ID: "b1", Text: evidence.Quote, Evidence: []stockdigest.Evidence{evidence}, Story: "s1", Impact: stockdigest.ImpactHigh, Sentiment: stockdigest.Positive, Update: "price raised to $42 per share (was $38)", Carriers: []string{"Ada Wire", "Bee News", "Cee Daily", "Dee Post", "Eff Herald"}},
		{ID: "b2", Text: "Shares may fall, <b>analysts</b> said.", Evidence: []stockdigest.Evidence{walled}, Story: "s2", Impact: stockdigest.ImpactMedium, Sentiment: stockdigest.Negative, Context: &stockdigest.Context{Text: "Item 1.01: the agreement was signed on March 2, 2026.", Form: "8-K", Evidence: evidence}},
	}
	ready := stockdigest.Report{
		Ticker: "BWL", Name: "Brightwell Instruments Inc.", Kind: stockdigest.Daily, AsOf: at, TimeZone: "America/New_York", Status: stockdigest.ReportReady, Writer: "extractive",
		BottomLine: "Two developments, one update of a story told before: 1 positive, 1 negative; 1 of high impact.",
		Sections:   []stockdigest.Section{{Name: stockdigest.SectionMajor, Bullets: bullets}},
		Stories:    []stockdigest.ReportStory{{ID: "s3", Headline: "Brightwell opens a plant in Ohio", State: stockdigest.StoryRepeat, LastTold: at.Add(-24 * time.Hour)}},
		Articles: []stockdigest.ReportArticle{
			{URL: "https://news.example/a?id=1", Title: "Brightwell raises its price", Publisher: "The Example Times", Role: stockdigest.RoleCompany, Decision: stockdigest.Selected, PublishedAt: at},
			{URL: "javascript:alert(1)", Title: "Brightwell <script>alert(1)</script> lamps on sale", Publisher: "Deals", Role: stockdigest.RoleCompany, Decision: stockdigest.Rejected, Gate: "shopping", Reason: "a page of offers", PublishedAt: at},
		},
		Filings:  []stockdigest.ReportFiling{{Accession: "0000000000-26-000001", Form: "8-K", Items: []string{"1.01", "9.01"}, URL: "https://www.sec.gov/Archives/x.htm", FiledAt: at}},
		Coverage: stockdigest.Coverage{FeedsOK: 7, FeedsTotal: 7, Articles: 39, Selected: 6, Filings: 1},
	}
	quiet := stockdigest.Report{
		Ticker: "OAK", Name: "Oak & Sons plc", Kind: stockdigest.Daily, AsOf: at, TimeZone: "America/New_York", Status: stockdigest.ReportQuiet,
		BottomLine: "A quiet day: every source was read and nothing material was found.", Coverage: stockdigest.Coverage{FeedsOK: 2, FeedsTotal: 2},
	}
	return stockdigest.Digest{AsOf: at, TimeZone: "America/New_York", Reports: []stockdigest.Report{ready, quiet}}
}

func links() compose.Links {
	return compose.Links{
		Evidence: func(e stockdigest.Evidence) string {
			return "https://digest.example/e/" + e.Source + "#" + compose.Anchor(e)
		},
		WhyNot: func(r stockdigest.Report) string { return "https://digest.example/why/" + string(r.Ticker) },
	}
}

func renderHTML(t *testing.T, d stockdigest.Digest) string {
	t.Helper()
	return string(digestLetter(t, d).HTML)
}

func digestLetter(t *testing.T, d stockdigest.Digest) compose.Letter {
	t.Helper()
	letter, err := compose.Digest(d, compose.House{Links: links()}, compose.Own{})
	if err != nil {
		t.Fatal(err)
	}
	return letter
}

func TestMailShowsEveryPartOfADigest(t *testing.T) {
	t.Parallel()
	page, text := visible(t, renderHTML(t, sample())), renderText(t, sample())
	for _, want := range []string{
		"Brightwell Instruments Inc.", "BWL", "raised its price to $42 per share", "Update: price raised to $42 per share (was $38)",
		"▲ positive", "▼ negative", "high impact", "The Example Times, Mar 4, 3:30 AM", "paywalled: headline and description only", "news.example",
		"also in Ada Wire, Bee News, Cee Daily, Dee Post and 1 more", "From the filings: Item 1.01", "Brightwell opens a plant in Ohio (told Mar 3)",
		"8-K (items 1.01, 9.01), Mar 4, 8:30 AM", "39 articles from 7 of 7 feeds, 6 selected; 1 filing", "33 articles left out",
		"A quiet day: every source was read and nothing material was found.", "Not investment advice", "Wednesday, March 4, 2026. Times in EST.",
	} {
		if !strings.Contains(page, want) {
			t.Errorf("HTML does not show %q", want)
		}
		if !strings.Contains(fold(text), want) {
			t.Errorf("text does not show %q", want)
		}
	}
}

func TestHostileTextStaysText(t *testing.T) {
	t.Parallel()
	page := renderHTML(t, sample())
	if strings.Contains(page, "<b>analysts") || strings.Contains(page, "<script") || strings.Contains(page, "javascript:") {
		t.Errorf("markup from a source reached the mail:\n%s", page)
	}
	why, err := compose.WhyNot(sample().Reports[0])
	if err != nil {
		t.Fatal(err)
	}
	if strings.Contains(string(why), "<script") || strings.Contains(string(why), "javascript:") {
		t.Errorf("markup from a source reached the why-not page:\n%s", why)
	}
}

func TestLargeDigestStaysBelowTheClip(t *testing.T) {
	t.Parallel()
	d := sample()
	long := d.Reports[0].Sections[0].Bullets[0]
	long.Text = strings.Repeat("A long sentence with a number 1,234 in it. ", 12)
	for range 60 {
		d.Reports[0].Sections[0].Bullets = append(d.Reports[0].Sections[0].Bullets, long)
		d.Reports[0].Articles = append(d.Reports[0].Articles, d.Reports[0].Articles[0])
	}
	for len(d.Reports) < 10 {
		d.Reports = append(d.Reports, d.Reports[0])
	}
	page := renderHTML(t, d)
	if len(page) > 90_000 {
		t.Errorf("mail has %d bytes, want at most 90,000", len(page))
	}
	if !strings.Contains(page, "for which this mail has no room") {
		t.Error("the mail does not say that bullets are missing")
	}
}

func TestThirtyCompaniesFitOneMail(t *testing.T) {
	t.Parallel()
	d := sample()
	for range 24 {
		d.Reports[0].Sections[0].Bullets = append(d.Reports[0].Sections[0].Bullets, d.Reports[0].Sections[0].Bullets[0])
	}
	for len(d.Reports) < 30 {
		d.Reports = append(d.Reports, d.Reports[0])
	}
	if page := renderHTML(t, d); len(page) > 90_000 || strings.Count(page, "Two developments") < 29 {
		t.Errorf("mail has %d bytes and %d bottom lines", len(page), strings.Count(page, "Two developments"))
	}
}

func TestSourcePageMarksTheSentence(t *testing.T) {
	t.Parallel()
	body := "First <paragraph>.\n\nThe price is $42. It was $38.\n\nLast."
	quote := func(q string) stockdigest.Evidence {
		start := strings.Index(body, q)
		return stockdigest.Evidence{Source: "a1", Title: "T", URL: "https://x.example/", Quote: q, Start: start, End: start + len(q), Hash: stockdigest.Hash(body)}
	}
	e := quote("The price is $42.")
	page, err := compose.Source(body, "a1", []stockdigest.Bullet{{Evidence: []stockdigest.Evidence{e, quote("price is $42. It was $38.")}}})
	if err != nil {
		t.Fatal(err)
	}
	want := fmt.Sprintf(`<mark id="%s">The price is $42.</mark>`, compose.Anchor(e))
	if !bytes.Contains(page, []byte(want)) || !bytes.Contains(page, []byte("First &lt;paragraph&gt;.")) {
		t.Errorf("got %s, want %s in it and the body escaped", page, want)
	}
	e.Start++
	if _, err := compose.Source(body, "a1", []stockdigest.Bullet{{Evidence: []stockdigest.Evidence{e}}}); err == nil {
		t.Error("a quote that is not where it says was accepted")
	}
	if _, err := compose.Source(body, "a2", []stockdigest.Bullet{{Evidence: []stockdigest.Evidence{e}}}); err == nil {
		t.Error("a page without a quote was accepted")
	}
}

func TestSourcePageTellsWhatAJudgeSaid(t *testing.T) {
	t.Parallel()
	const body, price, other = "The price is $42.\n\nIt was <b>$38</b>.", "The price is $42.", "It was <b>$38</b>."
	quote := func(source, q string) stockdigest.Evidence {
		start := strings.Index(body, q)
		return stockdigest.Evidence{Source: source, Title: "T", URL: "https://x.example/", Quote: q, Start: start, End: start + len(q), Hash: stockdigest.Hash(body)}
	}
	for name, c := range map[string]struct {
		bullet stockdigest.Bullet
		want   string // after the first paragraph
	}{
		"told in the source's words": {stockdigest.Bullet{Text: price, Evidence: []stockdigest.Evidence{quote("a1", price)}}, ""},
		"supported": {
			stockdigest.Bullet{
				Text: "It costs <i>$42</i>.", Evidence: []stockdigest.Evidence{quote("a1", price), quote("a1", other)},
				Judged: stockdigest.Judgement{Verdict: stockdigest.Supported, By: "m-1"},
			},
			`<p>The digest says: “It costs &lt;i&gt;$42&lt;/i&gt;.”</p> <p>The model m-1, as a judge, compared this with the marked words and found it supported.</p>`,
		},
		"supported by two sources": {
			stockdigest.Bullet{
				Text: "It costs $42.", Evidence: []stockdigest.Evidence{quote("a2", other), quote("a1", price)},
				Judged: stockdigest.Judgement{Verdict: stockdigest.Supported, By: "m-1"},
			},
			`<p>The digest says: “It costs $42.”</p> <p>The model m-1, as a judge, compared this with the marked words and its quotes from other sources and found it supported.</p>`,
		},
		"not judged": {
			stockdigest.Bullet{Text: "It costs $42.", Evidence: []stockdigest.Evidence{quote("a1", price)}, Judged: stockdigest.Judgement{Verdict: stockdigest.NotJudged}},
			`<p>The digest says: “It costs $42.”</p> <p>A model chose these words. Fixed rules compared them with the marked words; no model judged them.</p>`,
		},
		"contradicted": {
			stockdigest.Bullet{Text: price, Evidence: []stockdigest.Evidence{quote("a1", price)}, Judged: stockdigest.Judgement{Verdict: stockdigest.Contradicted, By: "m-1"}},
			`<p>The digest quotes its source here. A model had told it in other words; the model m-1, as a judge, compared them with the marked words and found them contradicted.</p>`,
		},
		"not enough": {
			stockdigest.Bullet{Text: price, Evidence: []stockdigest.Evidence{quote("a1", price)}, Judged: stockdigest.Judgement{Verdict: stockdigest.NotEnough, By: "m-1"}},
			`<p>The digest quotes its source here. A model had told it in other words; the model m-1, as a judge, compared them with the marked words and found that they say more.</p>`,
		},
	} {
		page, err := compose.Source(body, "a1", []stockdigest.Bullet{c.bullet})
		if err != nil {
			t.Fatal(err)
		}
		_, after, _ := strings.Cut(string(page), price+"</mark></p>")
		var got string
		if _, noted, there := strings.Cut(after, `<div class="note" role="note" id="note-1">`); there {
			got, _, _ = strings.Cut(noted, "</div>")
			got = strings.Join(strings.Fields(got), " ")
		}
		got = strings.ReplaceAll(got, "</p><p>", "</p> <p>")
		described := strings.Contains(string(page), `aria-describedby="note-1">`+price)
		if got != c.want || described != (c.want != "") || strings.Contains(strings.SplitN(after, "<p>It was", 2)[0], "note-1") != (c.want != "") {
			t.Errorf("%s: got %q, described %t, want %q behind its paragraph", name, got, described, c.want)
		}
	}
}

func renderText(t *testing.T, d stockdigest.Digest) string {
	t.Helper()
	return string(digestLetter(t, d).Text)
}

// visible returns the text of a page, white space folded.
func visible(t *testing.T, page string) string {
	t.Helper()
	doc, err := html.Parse(strings.NewReader(page))
	if err != nil {
		t.Fatal(err)
	}
	var b strings.Builder
	for n := range doc.Descendants() {
		if n.Type == html.TextNode && n.Parent.Data != "style" {
			b.WriteString(n.Data + " ")
		}
	}
	return strings.NewReplacer(" .", ".", " ,", ",").Replace(fold(b.String()))
}

func fold(s string) string { return strings.Join(strings.Fields(s), " ") }
