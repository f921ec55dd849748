package feeds_test

import (
	"encoding/base64"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/text/encoding"
	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/encoding/japanese"
	"golang.org/x/text/encoding/unicode"

	"stockdigest.app/stockdigest"
	"stockdigest.app/stockdigest/internal/adapter/feeds"
)

const base = "https://feeds.example/news/feed.xml"

func parse(t *testing.T, doc string) stockdigest.FeedAnswer {
	t.Helper()
	answer, err := feeds.Parse([]byte(doc), "", base)
	if err != nil {
		t.Fatalf("parse %.200q: %v", doc, err)
	}
	return answer
}

// item parses an RSS feed with one item and returns it.
func item(t *testing.T, inside string) stockdigest.FeedItem {
	t.Helper()
	answer := parse(t, `<rss version="2.0"><channel><title>T</title><link>https://site.example/</link><item>`+inside+`</item></channel></rss>`)
	if len(answer.Items) != 1 {
		t.Fatalf("got %d items, want 1", len(answer.Items))
	}
	return answer.Items[0]
}

func TestParseReadsEveryFormat(t *testing.T) {
	t.Parallel()
	at := time.Date(2019, 11, 19, 13, 3, 0, 0, time.UTC)
	want := stockdigest.FeedItem{
		GUID: "https://site.example/a", Link: "https://site.example/a", Title: "Acme & Sons to merge",
		Description: "The deal is worth $1.5 billion.", Author: "Ann Lee", Published: at,
	}
	for name, doc := range map[string]string{
		"RSS 2.0": `<?xml version="1.0"?><rss version="2.0"><channel><title>T</title><item><title>Acme &amp; Sons to merge</title>
			<link>https://site.example/a</link><guid>https://site.example/a</guid><description>The deal is worth &lt;b&gt;$1.5&lt;/b&gt; billion.</description>
			<pubDate>Tue, 19 Nov 2019 13:03:00 GMT</pubDate><author>Ann Lee</author></item></channel></rss>`,
		"RSS 1.0": `<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#" xmlns="http://purl.org/rss/1.0/" xmlns:dc="http://purl.org/dc/elements/1.1/">
			<channel rdf:about="https://site.example/"><title>T</title></channel><item rdf:about="https://site.example/a"><title>Acme &amp; Sons to merge</title>
			<link>https://site.example/a</link><guid>https://site.example/a</guid><description>The deal is worth $1.5 billion.</description><dc:date>2019-11-19T13:03:00Z</dc:date><dc:creator>Ann Lee</dc:creator></item></rdf:RDF>`,
		"RSS with a prefix": `<r:RDF xmlns:r="http://www.w3.org/1999/02/22-rdf-syntax-ns#" xmlns:x="http://purl.org/rss/1.0/" xmlns:d="http://purl.org/dc/elements/1.1/">
			<x:channel><x:title>T</x:title></x:channel><x:item><x:title>Acme &amp; Sons to merge</x:title><x:link>https://site.example/a</x:link><x:guid>https://site.example/a</x:guid>
			<x:description>The deal is worth $1.5 billion.</x:description><d:date>2019-11-19T13:03:00Z</d:date><d:creator>Ann Lee</d:creator></x:item></r:RDF>`,
		"Atom 1.0": `<feed xmlns="http://www.w3.org/2005/Atom"><title>T</title><entry><title type="html">Acme &amp;amp; Sons to merge</title><link rel="enclosure" href="https://site.example/a.mp3"/>
			<link href="https://site.example/a"/><id>https://site.example/a</id><summary type="xhtml"><div xmlns="http://www.w3.org/1999/xhtml">The deal is worth <b>$1.5</b> billion.</div></summary>
			<published>2019-11-19T14:03:00+01:00</published><updated>2019-11-20T00:00:00Z</updated><author><name>Ann Lee</name><uri>https://ann.example/</uri></author></entry></feed>`,
		"Atom 0.3": `<feed version="0.3" xmlns="http://purl.org/atom/ns#"><title>T</title><entry><title mode="base64">` + base64.StdEncoding.EncodeToString([]byte("Acme &amp; Sons to merge")) + `</title>
			<link rel="alternate" type="text/html" href="https://site.example/a"/><id>https://site.example/a</id><summary>The deal is worth $1.5 billion.</summary><issued>2019-11-19T13:03:00Z</issued><author><name>Ann Lee</name></author></entry></feed>`,
		"JSON Feed 1.1": `{"version":"https://jsonfeed.org/version/1.1","title":"T","items":[{"id":"https://site.example/a","url":"https://site.example/a","title":"Acme & Sons to merge",
			"content_html":"<p>The deal is worth $1.5 billion.</p>","date_published":"2019-11-19T13:03:00Z","authors":[{"name":"Ann Lee"}]}]}`,
		"JSON Feed 1 with odd types": `{"version":"https://jsonfeed.org/version/1","title":"T","user_comment":7,"items":[{"id":"https://site.example/a","url":"https://site.example/a","title":"Acme & Sons to merge",
			"tags":"oops","summary":"The deal is worth $1.5 billion.","date_published":"2019-11-19T13:03:00Z","author":{"name":"Ann Lee","avatar":3}}]}`,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			answer := parse(t, doc)
			if diff := cmp.Diff(stockdigest.FeedAnswer{Title: "T", Items: []stockdigest.FeedItem{want}}, answer); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestParseCDF(t *testing.T) {
	t.Parallel()
	answer := parse(t, `<CHANNEL HREF="https://site.example/"><TITLE>T</TITLE><ITEM HREF="/a" LASTMOD="2004-04-06T23:05:43-05:00"><TITLE>One</TITLE><ABSTRACT>About</ABSTRACT></ITEM></CHANNEL>`)
	want := stockdigest.FeedItem{Link: "https://site.example/a", Title: "One", Description: "About", Published: time.Date(2004, 4, 7, 4, 5, 43, 0, time.UTC)}
	if diff := cmp.Diff([]stockdigest.FeedItem{want}, answer.Items); diff != "" {
		t.Error(diff)
	}
}

func TestParseGoogleNewsItem(t *testing.T) {
	t.Parallel()
	got := item(t, `<title>Acme to merge - The Daily</title><link>https://news.google.com/rss/articles/CBMiX?oc=5</link><guid isPermaLink="false">x1</guid>
		<description>&lt;a href="https://news.google.com/x"&gt;Acme to merge&lt;/a&gt;&amp;nbsp;&amp;nbsp;&lt;font color="#6f6f6f"&gt;The Daily&lt;/font&gt;</description>
		<source url="https://daily.example">The Daily</source>`)
	want := stockdigest.FeedItem{GUID: "x1", Link: "https://news.google.com/rss/articles/CBMiX?oc=5", Title: "Acme to merge - The Daily", Publisher: "The Daily", PublisherURL: "https://daily.example"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

func TestParseLinks(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct{ inside, want string }{
		"relative to the site":       {`<link>/a</link>`, "https://site.example/a"},
		"xml:base":                   {`<link xml:base="https://other.example/x/">a</link>`, "https://other.example/x/a"},
		"line breaks inside":         {"<link>\n https://site.example/a\nb \n</link>", "https://site.example/ab"},
		"stray ampersand":            {`<link>https://site.example/a?x=1&y=2&copy=3</link>`, "https://site.example/a?x=1&y=2&copy=3"},
		"permalink as link":          {`<guid>https://site.example/g</guid>`, "https://site.example/g"},
		"guid that is no permalink":  {`<guid isPermaLink="false">https://site.example/g</guid>`, ""},
		"behind a counter":           {`<link>http://feeds.example/~r/1</link><feedburner:origLink>https://site.example/o</feedburner:origLink>`, "https://site.example/o"},
		"other schemes":              {`<link>javascript:alert(1)</link>`, ""},
		"no host":                    {`<link>https:///a</link>`, ""},
		"enclosure is no link":       {`<enclosure url="https://site.example/a.mp3"/>`, ""},
		"Atom link in RSS":           {`<atom:link href="https://site.example/l"/>`, "https://site.example/l"},
		"comments are not the page":  {`<link rel="replies" href="https://site.example/c"/><link>https://site.example/a</link>`, "https://site.example/a"},
		"CDATA":                      {`<link><![CDATA[https://site.example/a]]></link>`, "https://site.example/a"},
		"title of a picture no link": {`<image><title>P</title><link>https://site.example/p</link></image>`, ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if got := item(t, tc.inside).Link; got != tc.want {
				t.Errorf("got %q, want %q", got, tc.want)
			}
		})
	}
}

func TestParseTextIsPlain(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct{ inside, want string }{
		"escaped once":          {`AT&amp;T`, "AT&T"},
		"escaped twice":         {`AT&amp;amp;T &amp;#8217;s`, "AT&T ’s"},
		"not escaped":           {`AT&T and S&P`, "AT&T and S&P"},
		"HTML entities":         {`caf&eacute;&nbsp;&mdash; &euro;5`, "café — €5"},
		"tags":                  {`<![CDATA[<p>One</p><p>two <b>th</b>ree</p>]]>`, "One two three"},
		"raw tags":              {`One<br>two <i>three</i>`, "One two three"},
		"script and style":      {`<![CDATA[a<script>x("<b>")</script><style>p{}</style>b]]>`, "ab"},
		"less than":             {`<![CDATA[margins < 3% and > 2%]]>`, "margins < 3% and > 2%"},
		"control characters":    {"a\x01\x08b\x0cc", "a b c"},
		"invisible characters":  {"a\u200bb\u00adc\u202ed", "abcd"},
		"blanks":                {" a \r\n\t b ", "a b"},
		"unclosed CDATA marker": {`a<![CDATA[b]]>c`, "abc"},
		"broken quote in a tag": {`<![CDATA[see <a href="x>this</a> page]]>`, "see this page"},
		"windows-1252 as UTF-8": {"It\u00e2\u20ac\u2122s up", "It’s up"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got := item(t, "<title>x</title><description>"+tc.inside+"</description>").Description
			if got != tc.want {
				t.Errorf("got %q, want %q", got, tc.want)
			}
		})
	}
}

func TestParseCapsTexts(t *testing.T) {
	t.Parallel()
	got := item(t, "<title>"+strings.Repeat("word ", 1000)+"</title><description>"+strings.Repeat("wörd ", 10000)+"</description>")
	if len(got.Title) > 400 || len(got.Description) > 4000 || !strings.HasSuffix(got.Title, "word…") {
		t.Errorf("got a title of %d bytes (%q) and a description of %d", len(got.Title), got.Title, len(got.Description))
	}
}

func TestParseRepairs(t *testing.T) {
	t.Parallel()
	const one = `<item><title>One</title><link>https://site.example/1</link></item>`
	for name, tc := range map[string]struct {
		doc   string
		items int
	}{
		"junk before the prolog":   {"\n\nWarning: x in <b>/a.php</b><br />\n<?xml version=\"1.0\"?><rss><channel>" + one + "</channel></rss>", 1},
		"byte order mark":          {"\ufeff<rss><channel>" + one + "</channel></rss>", 1},
		"no prolog, no version":    {"<rss><channel>" + one + "</channel></rss>", 1},
		"cut tail":                 {"<rss><channel>" + one + "<item><title>Two</title><link>https://site.example/2</link><descr", 2},
		"cut CDATA":                {"<rss><channel><item><title>One</title><description><![CDATA[abc", 1},
		"unclosed title":           {"<rss><channel><item><title>One<link>https://site.example/1</link></item>" + one + "</channel></rss>", 2},
		"unclosed item":            {"<rss><channel><item><title>One</title>" + one + "</channel></rss>", 2},
		"unclosed markup":          {"<rss><channel><item><title>One</title><description>a<p>b<br>c</description></item>" + one + "</channel></rss>", 2},
		"undefined prefix":         {"<rss><channel><item><foo:bar>x</foo:bar><title>One</title></item></channel></rss>", 1},
		"wrong end tags":           {"<rss><channel></foo>" + one + "</bar></channel></rss>", 1},
		"doctype with a subset":    {`<!DOCTYPE rss [<!ENTITY a "b"> <!ELEMENT rss ANY>]><rss><channel>` + one + `</channel></rss>`, 1},
		"comment never closed":     {"<rss><channel><!-- oops>" + one + "</channel></rss>", 1},
		"wrapped in a page":        {"<html><body><rss><channel>" + one + "</channel></rss></body></html>", 1},
		"attributes without quote": {"<rss version=2.0><channel>" + one + "</channel></rss>", 1},
		"upper case":               {"<RSS><CHANNEL><ITEM><TITLE>One</TITLE></ITEM></CHANNEL></RSS>", 1},
		"no items":                 {"<rss><channel><title>Quiet</title></channel></rss>", 0},
		"items outside channel":    {"<rss><channel></channel>" + one + "</rss>", 1},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			answer := parse(t, tc.doc)
			if len(answer.Items) != tc.items {
				t.Fatalf("got %d items, want %d", len(answer.Items), tc.items)
			}
			if tc.items > 0 && answer.Items[0].Title != "One" {
				t.Errorf("got title %q, want One", answer.Items[0].Title)
			}
		})
	}
}

func TestParseEncodings(t *testing.T) {
	t.Parallel()
	const title = "Müller’s café"
	doc := func(declared string) string {
		return `<?xml version="1.0" encoding="` + declared + `"?><rss><channel><title>` + title + `</title></channel></rss>`
	}
	encode := func(e encoding.Encoding, s string) []byte {
		out, err := e.NewEncoder().Bytes([]byte(s))
		if err != nil {
			t.Fatal(err)
		}
		return out
	}
	mixed := append(encode(charmap.Windows1252, "<rss><channel><title>Müller’s caf"), []byte("é</title></channel></rss>")...)
	for name, tc := range map[string]struct {
		data        []byte
		contentType string
	}{
		"UTF-8":                          {[]byte(doc("utf-8")), ""},
		"UTF-8 declared as Latin 1":      {[]byte(doc("iso-8859-1")), "text/xml; charset=iso-8859-1"},
		"windows-1252":                   {encode(charmap.Windows1252, doc("windows-1252")), ""},
		"windows-1252 called Latin 1":    {encode(charmap.Windows1252, doc("iso-8859-1")), ""},
		"windows-1252 called UTF-8":      {encode(charmap.Windows1252, doc("utf-8")), ""},
		"windows-1252 by header":         {encode(charmap.Windows1252, doc("")), "application/rss+xml; charset=windows-1252"},
		"windows-1252, unknown label":    {encode(charmap.Windows1252, doc("bogus")), "text/xml; charset=bogus"},
		"UTF-16 little with mark":        {encode(unicode.UTF16(unicode.LittleEndian, unicode.UseBOM), doc("utf-16")), ""},
		"UTF-16 big without mark":        {encode(unicode.UTF16(unicode.BigEndian, unicode.IgnoreBOM), doc("utf-16")), ""},
		"UTF-16 little without mark":     {encode(unicode.UTF16(unicode.LittleEndian, unicode.IgnoreBOM), doc("utf-16")), ""},
		"UTF-8 and windows-1252 at once": {mixed, ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			answer, err := feeds.Parse(tc.data, tc.contentType, base)
			if err != nil || answer.Title != title {
				t.Errorf("got %q, %v, want %q", answer.Title, err, title)
			}
		})
	}
	t.Run("Shift JIS", func(t *testing.T) {
		t.Parallel()
		answer, err := feeds.Parse(encode(japanese.ShiftJIS, `<?xml version="1.0" encoding="shift_jis"?><rss><channel><title>日本</title></channel></rss>`), "", base)
		if err != nil || answer.Title != "日本" {
			t.Errorf("got %q, %v", answer.Title, err)
		}
	})
}

func TestParseSaysWhyItIsNoFeed(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		doc  string
		want feeds.Error
	}{
		"empty":          {"", feeds.Error{Kind: feeds.Empty}},
		"blanks":         {" \r\n\t\ufeff", feeds.Error{Kind: feeds.Empty}},
		"comment only":   {"<!-- nothing -->", feeds.Error{Kind: feeds.Empty}},
		"plain text":     {"404 page not found", feeds.Error{Kind: feeds.NotAFeed}},
		"page":           {"<!DOCTYPE html><html><head></head><body>Hi</body></html>", feeds.Error{Kind: feeds.HTML}},
		"page with feed": {`<html><head><link rel="alternate" type="application/rss+xml" href="/rss.xml"></head></html>`, feeds.Error{Kind: feeds.HTML, Feed: "https://feeds.example/rss.xml"}},
		"sitemap":        {"<urlset><url><loc>x</loc></url></urlset>", feeds.Error{Kind: feeds.NotAFeed}},
		"other JSON":     {`{"error":"rate limit"}`, feeds.Error{Kind: feeds.NotAFeed}},
		"broken JSON":    {`{"version":"https://jsonfeed.org/version/1","items":[`, feeds.Error{Kind: feeds.NotAFeed}},
		"binary":         {"\x89PNG\r\n\x1a\n\x00\x00", feeds.Error{Kind: feeds.NotAFeed}},
		"too large":      {strings.Repeat(" ", feeds.MaxBytes+1), feeds.Error{Kind: feeds.TooLarge}},
		"too deep":       {"<rss>" + strings.Repeat("<a>", 100), feeds.Error{Kind: feeds.TooDeep}},
		"deep JSON":      {`{"items":` + strings.Repeat("[", 100_000), feeds.Error{Kind: feeds.TooDeep}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := feeds.Parse([]byte(tc.doc), "", base)
			var got *feeds.Error
			if !errors.As(err, &got) || !errors.Is(err, stockdigest.ErrInvalid) {
				t.Fatalf("got %v, want a *feeds.Error", err)
			}
			if got.Kind != tc.want.Kind || got.Feed != tc.want.Feed || got.Detail == "" {
				t.Errorf("got %+v, want %+v and a detail", *got, tc.want)
			}
		})
	}
}

func TestParseReadsAtMost500Items(t *testing.T) {
	t.Parallel()
	var b strings.Builder
	b.WriteString("<rss><channel>")
	for i := range 2000 {
		fmt.Fprintf(&b, "<item><title>%d</title></item>", i)
	}
	if got := len(parse(t, b.String()).Items); got != feeds.MaxItems {
		t.Errorf("got %d items, want %d", got, feeds.MaxItems)
	}
}

func TestParseDates(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]string{
		"Tue, 19 Nov 2019 13:03:00 GMT":         "2019-11-19T13:03:00Z",
		"Tue, 19 Nov 2019 13:03 GMT":            "2019-11-19T13:03:00Z",
		"Tue, 19 Nov 2019 08:03:00 EST":         "2019-11-19T13:03:00Z",
		"Tue, 19 Nov 2019 08:03:00 -0500":       "2019-11-19T13:03:00Z",
		"Tue, 19 Nov 2019 08:03:00 -05:00":      "2019-11-19T13:03:00Z",
		"Tue, 9 Jul 2019 09:03:00 EDT":          "2019-07-09T13:03:00Z",
		"Tues, 19 November 2019 13:03:00 +0000": "2019-11-19T13:03:00Z",
		"19 Nov 19 13:03 UT":                    "2019-11-19T13:03:00Z",
		"Tue Nov 19 13:03:00 2019":              "2019-11-19T13:03:00Z",
		"Tue Nov 19 13:03:00 GMT 2019":          "2019-11-19T13:03:00Z",
		"Tue, 19-Nov-2019 13:03:00 GMT":         "2019-11-19T13:03:00Z",
		"November 19, 2019 1:03 PM":             "2019-11-19T13:03:00Z",
		"Nov 19, 2019 8:03am EST":               "2019-11-19T13:03:00Z",
		"Nov 19th, 2019":                        "2019-11-19T00:00:00Z",
		"2019-11-19T13:03:00Z":                  "2019-11-19T13:03:00Z",
		"2019-11-19T14:03:00.5+01:00":           "2019-11-19T13:03:00.5Z",
		"2019-11-19T13:03":                      "2019-11-19T13:03:00Z",
		"2019-11-19 13:03:00":                   "2019-11-19T13:03:00Z",
		"2019-11-19 08:03:00 -0500":             "2019-11-19T13:03:00Z",
		"2019-11-19T08:03:00 EST":               "2019-11-19T13:03:00Z",
		"20191119T13:03:00Z":                    "2019-11-19T13:03:00Z",
		"20191119":                              "2019-11-19T00:00:00Z",
		"2019-11":                               "2019-11-01T00:00:00Z",
		"2019":                                  "2019-01-01T00:00:00Z",
		"2019/11/19 13:03":                      "2019-11-19T13:03:00Z",
		"11/19/2019 1:03:00 PM":                 "2019-11-19T13:03:00Z",
		"19/11/2019 13:03":                      "2019-11-19T13:03:00Z",
		"19.11.2019 13:03":                      "2019-11-19T13:03:00Z",
		"Di, 19 Dez 2019 13:03:00 GMT":          "2019-12-19T13:03:00Z",
		"mar., 19 févr. 2019 13:03:00 GMT":      "2019-02-19T13:03:00Z",
		"Tue, 19 Nov 2019 24:00:00 GMT":         "2019-11-20T00:00:00Z",
		"Thu, 01 Jan 70 00:00:00 GMT":           "1970-01-01T00:00:00Z",
		"yesterday":                             "",
		"":                                      "",
		"Tue, 19 Nov 0019 13:03:00 GMT":         "",
		"99 Nov 2019":                           "",
		"2019-13-45":                            "",
		"13:03:00":                              "",
		strings.Repeat("1 ", 100):               "",
	} {
		t.Run(in, func(t *testing.T) {
			t.Parallel()
			got := item(t, "<title>x</title><pubDate>"+in+"</pubDate>").Published
			if s := got.Format(time.RFC3339Nano); s != want && (want != "" || !got.IsZero()) {
				t.Errorf("got %s, want %s", s, want)
			}
		})
	}
}
