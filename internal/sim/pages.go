package sim

import (
	"bytes"
	"encoding/json"
	"fmt"
	"html"
	"strings"
	"time"
)

// feed writes an RSS feed as search engines do: the publisher behind the
// headline, and the headline again as description.
func (s *Sim) feed(address string) ([]byte, bool) {
	listed, ok := s.feeds[address]
	if !ok {
		return nil, false
	}
	var b bytes.Buffer
	b.WriteString(`<?xml version="1.0" encoding="UTF-8"?>` + "\n" + `<rss version="2.0"><channel><title>News</title><link>https://` + feedsDomain + `/</link><description>News of the pretend world</description>` + "\n")
	for _, at := range listed {
		a := s.articles[at]
		fmt.Fprintf(&b, "<item><title>%s - %s</title><link>https://%s%s</link><guid isPermaLink=\"false\">%s</guid><pubDate>%s</pubDate><description>%s</description><source url=\"https://%s\">%s</source></item>\n",
			html.EscapeString(a.title), html.EscapeString(a.publisher), a.host, a.path, a.id, a.at.UTC().Format(time.RFC1123Z),
			html.EscapeString(a.title), a.host, html.EscapeString(a.publisher))
	}
	b.WriteString("</channel></rss>\n")
	return b.Bytes(), true
}

// page writes an article's page with all that stands around articles on the
// web: menus, teasers, scripts, small print.
func (s *Sim) page(a article) []byte {
	d := newDice(s.cfg.Seed, s.day(), "frame", a.id)
	author := s.texts.person(d)
	address := "https://" + a.host + a.path
	title := html.EscapeString(a.title)
	var b bytes.Buffer
	fmt.Fprintf(&b, "<!DOCTYPE html>\n<html lang=\"en-US\"><head><meta charset=\"utf-8\"><title>%s - %s</title>\n", title, html.EscapeString(a.publisher))
	fmt.Fprintf(&b, "<meta name=\"viewport\" content=\"width=device-width\"><meta property=\"og:type\" content=\"article\"><meta property=\"og:title\" content=\"%s\"><meta property=\"og:site_name\" content=\"%s\"><link rel=\"canonical\" href=\"%s\">\n", title, html.EscapeString(a.publisher), address)
	fmt.Fprintf(&b, "<script type=\"application/ld+json\">%s</script>\n", linkedData(a, author, address))
	b.WriteString(frameHead)
	fmt.Fprintf(&b, "<body><header class=\"site\"><a class=\"logo\" href=\"/\">%s</a><nav><ul>", html.EscapeString(a.publisher))
	for _, section := range []string{"Markets", "Companies", "Industry", "Trade", "Opinion", "Weather", "Sport", "Jobs"} {
		fmt.Fprintf(&b, "<li><a href=\"/%s\">%s</a></li>", strings.ToLower(section), section)
	}
	b.WriteString("</ul></nav></header>\n<main><article class=\"story\">\n")
	fmt.Fprintf(&b, "<h1>%s</h1>\n<p class=\"byline\">By <span class=\"author\">%s</span> <time datetime=\"%s\">%s</time></p>\n<div class=\"story-body\">\n",
		title, author, a.at.UTC().Format(time.RFC3339), a.at.UTC().Format("January 2, 2006 15:04 MST"))
	for i, p := range s.body(a) {
		fmt.Fprintf(&b, "<p>%s</p>\n", html.EscapeString(p))
		if i == 2 {
			b.WriteString("<div class=\"ad\"><span>Advertisement</span></div>\n")
		}
	}
	b.WriteString("</div></article>\n<aside class=\"rail\"><h2>Most read</h2><ul>\n")
	for range 40 {
		other := s.articles[d.below(len(s.articles))]
		fmt.Fprintf(&b, "<li class=\"teaser\"><a href=\"https://%s%s\"><span>%s</span></a></li>\n", other.host, other.path, html.EscapeString(other.title))
	}
	fmt.Fprintf(&b, "</ul></aside></main>\n<footer><p>&copy; %d %s. All rights reserved.</p><a href=\"/terms\">Terms</a> <a href=\"/privacy\">Privacy</a></footer>\n%s</body></html>\n",
		a.at.Year(), html.EscapeString(a.publisher), frameFoot)
	return b.Bytes()
}

func linkedData(a article, author, address string) []byte {
	type person struct {
		Type string `json:"@type"`
		Name string `json:"name"`
	}
	raw, err := json.Marshal(map[string]any{
		"@context": "https://schema.org", "@type": "NewsArticle", "headline": a.title, "url": address,
		"datePublished": a.at.UTC().Format(time.RFC3339), "dateModified": a.at.UTC().Format(time.RFC3339),
		"author": []person{{"Person", author}}, "publisher": person{"NewsMediaOrganization", a.publisher},
	})
	if err != nil {
		return []byte("{}") // cannot be: all of it is text
	}
	return raw
}

// Real news pages weigh ten times their text: styles, scripts and state.
var (
	frameHead = "<style>" + strings.Repeat(".story-body p{margin:0 0 1em;font:17px/1.5 serif}.rail{float:right;width:300px}.teaser a{color:#123;text-decoration:none}\n", 120) + "</style></head>\n"  //nolint:gochecknoglobals // made once, never changed
	frameFoot = "<script>window.state={" + strings.Repeat("\"slot\":{\"kind\":\"banner\",\"sizes\":[[300,250],[728,90]],\"lazy\":true,\"path\":\"/1/news/desk\"},\n", 240) + "\"end\":0};</script>\n" //nolint:gochecknoglobals // made once, never changed
)
