package feeds_test

import (
	"bytes"
	"fmt"
	"strings"
	"testing"

	"github.com/mmcdole/gofeed"

	"stockdigest.app/stockdigest/internal/adapter/feeds"
)

// samples are made here, in the shapes and sizes of four feeds that were used
// to compare parsers: a news search, a large RSS with full texts, a large and
// a small Atom.
func samples() map[string][]byte {
	body := strings.Repeat("<p>The company said on <b>Tuesday</b> that revenue rose 12% to $1.85 billion &amp; raised its outlook.</p>\n", 12)
	escaped := strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", "&gt;").Replace(body)
	rssItem := func(i int, description string) string {
		return fmt.Sprintf(`<item><title>Acme &amp; Sons raises its outlook for the %dth time - The Daily</title><link>https://news.example/rss/articles/CBMi%0120d?oc=5</link>`+
			`<guid isPermaLink="false">CBMi%040d</guid><pubDate>Tue, 19 Nov 2019 13:%02d:00 GMT</pubDate><description>%s</description><source url="https://daily.example">The Daily</source></item>`+"\n",
			i, i, i, i%60, description)
	}
	atomEntry := func(i int, content string) string {
		return fmt.Sprintf(`<entry><title type="html">Acme &amp;amp; Sons, part %d</title><link rel="alternate" type="text/html" href="https://site.example/%d"/><id>tag:site.example,2019:%d</id>`+
			`<updated>2019-11-19T13:%02d:00Z</updated><author><name>Ann Lee</name></author><content type="html">%s</content></entry>`+"\n", i, i, i, i%60, content)
	}
	repeat := func(head, tail string, n int, item func(int) string) []byte {
		var b strings.Builder
		b.WriteString(`<?xml version="1.0" encoding="UTF-8"?>` + head)
		for i := range n {
			b.WriteString(item(i))
		}
		b.WriteString(tail)
		return []byte(b.String())
	}
	const rss, rssEnd = `<rss version="2.0" xmlns:content="http://purl.org/rss/1.0/modules/content/"><channel><title>T</title><link>https://site.example/</link>`, `</channel></rss>`
	const atom, atomEnd = `<feed xmlns="http://www.w3.org/2005/Atom"><title>T</title><link href="https://site.example/"/>`, `</feed>`
	search := strings.Repeat(`&lt;a href="https://news.example/rss/articles/CBMi" target="_blank"&gt;Acme raises&lt;/a&gt;&amp;nbsp;&amp;nbsp;`, 6)
	return map[string][]byte{
		"search 125 KB": repeat(rss, rssEnd, 100, func(i int) string { return rssItem(i, search) }),
		"rss 167 KB":    repeat(rss, rssEnd, 95, func(i int) string { return rssItem(i, "<![CDATA["+body+"]]>") }),
		"atom 190 KB":   repeat(atom, atomEnd, 105, func(i int) string { return atomEntry(i, escaped) }),
		"atom 18 KB":    repeat(atom, atomEnd, 10, func(i int) string { return atomEntry(i, escaped) }),
	}
}

func BenchmarkParse(b *testing.B) {
	for name, data := range samples() {
		b.Run(name+"/ours", func(b *testing.B) {
			b.SetBytes(int64(len(data)))
			b.ReportAllocs()
			for b.Loop() {
				if _, err := feeds.Parse(data, "", base); err != nil {
					b.Fatal(err)
				}
			}
		})
		b.Run(name+"/gofeed", func(b *testing.B) {
			b.SetBytes(int64(len(data)))
			b.ReportAllocs()
			for b.Loop() {
				if _, err := gofeed.NewParser().Parse(bytes.NewReader(data)); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
