package page_test

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"stockdigest.app/stockdigest/internal/page"
)

const invented = `<!DOCTYPE html><html lang="en"><head>
<title>Brightwater lifts forecast after record quarter | Harbour Daily</title>
<meta property="og:site_name" content="Harbour Daily">
<meta property="og:title" content="Brightwater lifts forecast after record quarter | Harbour Daily">
<meta name="description" content="The pump maker sees sales of $1.85 billion.">
<script type="application/ld+json">{"@context":"https://schema.org","@graph":[{"@type":"WebSite","name":"Harbour Daily"},
{"@type":"NewsArticle","headline":"Brightwater lifts forecast after record quarter","datePublished":"2025-03-04T06:30:00-05:00",
"dateModified":"2025-03-04T08:00:00-05:00","author":[{"@type":"Person","name":"By Mara Lindqvist"},{"@id":"#p2"}],"isAccessibleForFree":"True",},
{"@id":"#p2","@type":"Person","name":"Tom Okafor, Staff Reporter"}]};</script></head>
<body class="has-sidebar"><nav><a href="/">Home</a> <a href="/markets">Markets</a> <a href="/tech">Tech</a></nav>
<header><a href="/subscribe">Subscribe for $1 a week</a></header>
<main><article class="story"><h1>Brightwater lifts forecast after record quarter</h1>
<div class="byline">By Mara Lindqvist and Tom Okafor</div><time datetime="2025-03-04T06:30:00-05:00">March 4, 2025</time>
<div class="share-tools">Share this story on Facebook</div>
<figure><img src="x.jpg"><figcaption>A pump at the plant in Lund. Photo: Harbour Daily</figcaption></figure>
<div class="story-body">
<p>Brightwater Pumps Inc. raised its sales forecast for the year to $1.85 billion on Tuesday, after orders from utilities grew 12.4% in the fourth quarter.</p>
<p>Net income rose to 143,250,000 dollars, or $2.07 a share, from 118,700,000 dollars a year earlier, the company said in its 10-K filing.</p>
<aside class="related-links"><h3>Related stories</h3><ul><li><a href="/a">Rival Deepwell cuts jobs</a></li><li><a href="/b">What utilities pay for water</a></li></ul></aside>
<p>Chief Executive Ana Reyes said the backlog stood at 20250304 units, which she called “the longest in our history.”</p>
<table><tr><th>Quarter</th><th>Sales</th></tr><tr><td>Fourth</td><td>$512 million</td></tr><tr><td>Third</td><td>$471 million</td></tr></table>
<p>Shares rose 6.3 percent to $48.15 in early trading. Analysts had expected a profit of $1.94 a share, according to data from three brokers.</p>
<div class="newsletter-signup"><p>Sign up for our morning newsletter and never miss a story.</p></div>
<p>The company plans to open a plant in Ohio in 2026 and to hire about 350 people there, it said in a statement.</p>
</div></article></main>
<footer><p>© 2025 Harbour Daily. All rights reserved. We use cookies to improve your visit.</p></footer></body></html>`

func TestReadAnInventedPage(t *testing.T) {
	t.Parallel()
	a, err := page.Read([]byte(invented), "https://harbourdaily.example/markets/brightwater")
	if err != nil {
		t.Fatal(err)
	}
	zone := time.FixedZone("", -5*3600)
	want := page.Article{
		Title: "Brightwater lifts forecast after record quarter", Author: "Mara Lindqvist, Tom Okafor", Publisher: "Harbour Daily", Language: "en",
		PublishedAt: time.Date(2025, 3, 4, 6, 30, 0, 0, zone), ModifiedAt: time.Date(2025, 3, 4, 8, 0, 0, 0, zone), DateSource: "json-ld",
		Description: "The pump maker sees sales of $1.85 billion.",
	}
	text := a.Text
	a.Text = ""
	if diff := cmp.Diff(want, a); diff != "" {
		t.Errorf("article (-want +got):\n%s", diff)
	}
	for _, number := range []string{"$1.85 billion", "12.4%", "143,250,000", "$2.07", "118,700,000", "10-K", "20250304", "6.3 percent", "$48.15", "$1.94", "2026", "350"} {
		if !strings.Contains(text, number) {
			t.Errorf("%q is lost", number)
		}
	}
	for _, noise := range []string{"Subscribe", "Share this", "Photo:", "Rival", "newsletter", "cookies", "Mara", "Markets"} {
		if strings.Contains(text, noise) {
			t.Errorf("%q is kept", noise)
		}
	}
	if first := "Brightwater Pumps Inc. raised"; !strings.HasPrefix(text, first) {
		t.Errorf("got a text that begins %.60q, want %q", text, first)
	}
}

func TestReadKeepsTheZoneOfTimes(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		head   string
		url    string
		want   string
		source string
	}{
		"json-ld with offset": {`<script type="application/ld+json">{"@type":"NewsArticle","datePublished":"2019-11-19T22:00:00-08:00"}</script>`, "", "2019-11-19T22:00:00-08:00", "json-ld"},
		"json-ld in an array": {`<script type="application/ld+json">[{"@type":"Organization"},{"@type":["Article"],"datePublished":"2019-11-19T22:00:00Z"}]</script>`, "", "2019-11-19T22:00:00Z", "json-ld"},
		"broken json-ld":      {"<script type=\"application/ld+json\">\n//<![CDATA[\n{\"@type\":\"NewsArticle\",\"headline\":\"a\tb\nc\",\"datePublished\":\"2019-11-19T22:00:00Z\",}\n//]]></script>", "", "2019-11-19T22:00:00Z", "json-ld"},
		"meta":                {`<meta property="article:published_time" content="2019-11-19T22:00:00+0100">`, "", "2019-11-19T22:00:00+01:00", "meta"},
		"meta day":            {`<meta name="date" content="2019-11-19">`, "", "2019-11-19T00:00:00Z", "meta"},
		"url":                 {"", "https://example.com/2019/11/19/story", "2019-11-19T00:00:00Z", "url"},
		"none":                {"", "https://example.com/story", "0001-01-01T00:00:00Z", ""},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			a, _ := page.Read([]byte("<html><head>"+test.head+"</head><body><p>Text</p></body></html>"), test.url)
			if got := a.PublishedAt.Format(time.RFC3339); got != test.want || a.DateSource != test.source {
				t.Errorf("got %s from %q, want %s from %q", got, a.DateSource, test.want, test.source)
			}
		})
	}
}

func TestReadCleansAuthors(t *testing.T) {
	t.Parallel()
	tests := map[string]string{
		"By Jane Doe": "Jane Doe", "JANE DOE and John Roe": "JANE DOE, John Roe", "Jane Doe, Senior Reporter": "Jane Doe", "Jane Doe (jane@example.com)": "Jane Doe",
		"Jane Doe | Associated Press": "Jane Doe, Associated Press", "https://example.com/jane": "", "admin": "", "Jane Doe, Jane Doe": "Jane Doe", "Jane Doe jane@example.com": "Jane Doe",
		"By Byron Park": "Byron Park", "Paramjit Singh": "Paramjit Singh", "Jane Doe, CFA": "Jane Doe", "Jane Doe in London": "Jane Doe",
	}
	for raw, want := range tests {
		t.Run(raw, func(t *testing.T) {
			t.Parallel()
			a, _ := page.Read([]byte(`<html><head><meta name="author" content="`+raw+`"></head><body><p>x</p></body></html>`), "https://example.com/a")
			if a.Author != want {
				t.Errorf("got %q, want %q", a.Author, want)
			}
		})
	}
}

func TestReadCleansTitles(t *testing.T) {
	t.Parallel()
	tests := map[string]string{
		"Profit rises 5% - Example News":           "Profit rises 5%",
		"Example News: Profit rises":               "Example News: Profit rises",
		"Profit rises 5% | Markets | Example News": "Profit rises 5% | Markets",
		"Coca-Cola beats Pepsi – at last":          "Coca-Cola beats Pepsi – at last",
		"AT&amp;T falls &#8211; Example News":      "AT&T falls",
	}
	for raw, want := range tests {
		t.Run(raw, func(t *testing.T) {
			t.Parallel()
			a, _ := page.Read([]byte(`<html><head><title>`+raw+`</title></head><body><p>x</p></body></html>`), "https://www.examplenews.com/a")
			if a.Title != want {
				t.Errorf("got %q, want %q", a.Title, want)
			}
		})
	}
}

func TestReadDecodesCharsets(t *testing.T) {
	t.Parallel()
	body := "<p>Die Zahl der Gesch\xe4fte stieg um 5 Prozent, und der Umsatz lag bei 12 Millionen Euro, wie das Unternehmen am Dienstag in M\xfcnchen mitteilte.</p>"
	source := `<html><head><meta charset="iso-8859-1"><title>x</title></head><body><article>` + body + strings.ReplaceAll(body, "12 Millionen", "14 Millionen") + `</article></body></html>`
	a, err := page.Read([]byte(source), "https://example.com/a")
	if err != nil || !strings.Contains(a.Text, "Geschäfte") || !strings.Contains(a.Text, "München") {
		t.Errorf("got %q, %v, want umlauts", a.Text, err)
	}
	if a.Language != "de" {
		t.Errorf("got language %q, want de", a.Language)
	}
}

func TestReadTellsTeasersFromArticles(t *testing.T) {
	t.Parallel()
	sentence := "<p>Acme said on Tuesday that sales rose 5 percent to $10.5 billion and that it expects more of the same in the coming year.</p>"
	locked := `<script type="application/ld+json">{"@type":"NewsArticle","isAccessibleForFree":"False"}</script>`
	tests := map[string]struct {
		head, body string
		want       bool
	}{
		"short and locked":           {locked, sentence + sentence, true},
		"whole though called locked": {locked, numbered(sentence, 30), false},
		"short and free":             {"", sentence + sentence, false},
		"short with a wall":          {"", sentence + "<div>Already a subscriber? Sign in</div>", true},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			a, err := page.Read([]byte("<html><head>"+test.head+"</head><body><article>"+test.body+"</article></body></html>"), "https://example.com/a")
			if err != nil || a.Paywalled != test.want {
				t.Errorf("got paywalled %t, %v, want %t", a.Paywalled, err, test.want)
			}
		})
	}
}

// numbered repeats a paragraph, no two of them alike.
func numbered(paragraph string, n int) string {
	var b strings.Builder
	for i := range n {
		b.WriteString(strings.Replace(paragraph, "$10.5 billion", fmt.Sprintf("$1%d.5 billion", i), 1))
	}
	return b.String()
}

func TestReadTakesARepeatedParagraphOnce(t *testing.T) {
	t.Parallel()
	paragraph := "<p>Acme said on Tuesday that sales rose 5 percent to $10.5 billion and that it expects more of the same in the coming year.</p>"
	article := "<article>" + numbered(paragraph, 6) + "</article>"
	a, err := page.Read([]byte("<html><body>"+article+"<div class=\"print\">"+article+"</div></body></html>"), "https://example.com/a")
	if n := strings.Count(a.Text, "$13.5 billion"); err != nil || n != 1 {
		t.Errorf("got the paragraph %d times, %v, want it once", n, err)
	}
}

func TestReadDropsLinesAroundTheArticle(t *testing.T) {
	t.Parallel()
	paragraph := "<p>Acme said on Tuesday that sales rose 5 percent to $10.5 billion and that it expects more of the same in the coming year.</p>"
	head := `<html><head><meta name="author" content="Jane Doe"></head><body><article><h1>Acme grows</h1>`
	for name, line := range map[string]string{
		"byline with a date": "<p>Jane Doe · March 2, 2026 · 3 min read</p>",
		"posted by":          "<p>Posted by Staff on March 2</p>",
		"line before it":     "<p>Weather: 38 F, cloudy</p><p>By Jane Doe, Example Gazette March 3, 2026</p>",
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			a, err := page.Read([]byte(head+line+numbered(paragraph, 5)+"</article></body></html>"), "https://example.com/a")
			if err != nil || !strings.HasPrefix(a.Text, "Acme said") {
				t.Errorf("got %.60q, %v, want the first paragraph", a.Text, err)
			}
		})
	}
	for name, line := range map[string]string{
		"rights":       "<p>© 2019 Example Press. All Rights Reserved. This material may not be published, rewritten or redistributed.</p>",
		"gallery":      "<p>Story continues below gallery</p>",
		"editing line": "<p>(Reporting by Jane Doe in London; Editing by John Roe)</p>",
		"read more":    `<p><a href="/b">Read more: Calendar of companies reporting this week</a></p>`,
		"aside":        `<aside><ul><li><a href="/c">Freight rates slip for a third week as spring orders lag</a></li></ul></aside>`,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			a, err := page.Read([]byte(head+numbered(paragraph, 5)+line+"</article></body></html>"), "https://example.com/a")
			if err != nil || !strings.HasSuffix(a.Text, "coming year.") {
				t.Errorf("got an end of %q, %v, want the last paragraph", a.Text[max(0, len(a.Text)-80):], err)
			}
		})
	}
}

func TestReadTellsANoticeFromAWall(t *testing.T) {
	t.Parallel()
	source := `<html><head><title>Acme weighs sale of valves unit</title><script type="application/ld+json">{"@type":"NewsArticle","isAccessibleForFree":false}</script></head><body><article><h1>Acme weighs sale of valves unit</h1>
<p>Acme Corp. has asked bankers to sound out buyers for its industrial valves business, which could fetch about $700 million, people with knowledge of the matter said.</p>
<p>The sale would be the largest in the history of the company. A decision is not expected before the summer, and the company may still keep the unit, the people said.</p>
</article><footer><p>We and our partners use cookies.</p></footer></body></html>`
	a, err := page.Read([]byte(source), "https://example.com/a")
	if err != nil || !a.Paywalled || a.Consent {
		t.Errorf("got paywalled %t, consent %t, %v, want a teaser", a.Paywalled, a.Consent, err)
	}
}

func TestReadUsesTheDeclaredBody(t *testing.T) {
	t.Parallel()
	body := strings.Repeat("Acme said on Tuesday that sales rose 5 percent to $10.5 billion. ", 20)
	source := `<html><head><script type="application/ld+json">{"@type":"NewsArticle","headline":"Acme grows","articleBody":"` + body + `\nIt was a good year."}</script></head><body><div id="app"></div></body></html>`
	a, err := page.Read([]byte(source), "https://example.com/a")
	if err != nil || !strings.HasSuffix(a.Text, "billion.\n\nIt was a good year.") {
		t.Errorf("got %.80q, %v, want the body in two paragraphs", a.Text, err)
	}
}

// TestReadKeepsEveryNumber checks that a kept paragraph keeps its numbers:
// each number of the text stands in the page, and long ones survive.
func TestReadKeepsEveryNumber(t *testing.T) {
	t.Parallel()
	numbers := []string{"1234567890", "12,345,678,901", "$4,321.09", "10K", "8-K", "5G", "0.05%", "€1.2bn", "20191120", "3M", "(1,234)", "1/8"}
	var source strings.Builder
	source.WriteString("<html><body><article>")
	for _, n := range numbers {
		source.WriteString("<p>The company reported " + n + " in the quarter that ended in September, and said so in a statement on Tuesday.</p>")
	}
	source.WriteString("</article></body></html>")
	a, err := page.Read([]byte(source.String()), "https://example.com/a")
	if err != nil {
		t.Fatal(err)
	}
	got := regexp.MustCompile(`reported (\S+) in`).FindAllStringSubmatch(a.Text, -1)
	var found []string
	for _, match := range got {
		found = append(found, match[1])
	}
	if !slices.Equal(found, numbers) {
		t.Errorf("got %q, want %q", found, numbers)
	}
}
