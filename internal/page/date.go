package page

import (
	"net/url"
	"regexp"
	"strings"
	"time"

	"golang.org/x/net/html"
)

// published returns when the article was published, and where the page says so.
func (d *declared) published(address *url.URL, near string) (time.Time, string) {
	if t, ok := readTime(firstText(d.ld["datePublished"])); ok {
		return t, "json-ld"
	}
	for _, o := range d.objects {
		if t, ok := readTime(firstText(o["datePublished"])); ok {
			return t, "json-ld"
		}
	}
	for _, name := range metaDates() {
		for _, value := range d.meta[name] {
			if t, ok := readTime(value); ok {
				return t, "meta"
			}
		}
	}
	if t, source, ok := d.markedTime(); ok {
		return t, source
	}
	if t, ok := urlDate(address.Path); ok {
		return t, "url"
	}
	if t, ok := readTime(firstText(d.ld["dateCreated"])); ok {
		return t, "json-ld"
	}
	if t, ok := textDate(near); ok {
		return t, "text"
	}
	return time.Time{}, ""
}

// metaDates lists the meta names that carry a time of publishing, surest first.
func metaDates() []string {
	return []string{
		"article:published_time", "og:article:published_time", "article:published", "datepublished", "parsely-pub-date", "sailthru.date",
		"publish-date", "publish_date", "publication_date", "publishdate", "pubdate", "cxenseparse:recs:publishtime", "article.published",
		"dc.date.issued", "dcterms.created", "dc.date", "dcterms.date", "citation_publication_date", "originalpublicationdate", "displaydate",
		"ptime", "date", "og:published_time", "og:pubdate", "bt:pubdate", "rnews:datepublished", "published_at", "release_date",
		"article:post_modified", "og:updated_time", "article:modified_time",
	}
}

// markedTime returns the first time element that gives a time and does not say
// that it is the time of a change.
func (d *declared) markedTime() (time.Time, string, bool) {
	for _, n := range d.times {
		class := strings.ToLower(attr(n, "class") + attr(n, "itemprop"))
		if strings.Contains(class, "modif") || strings.Contains(class, "update") {
			continue
		}
		for _, value := range []string{attr(n, "datetime"), attr(n, "content"), textOf(n, 100)} {
			if t, ok := readTime(value); ok {
				if attr(n, "itemprop") != "" {
					return t, "microdata", true
				}
				return t, "time-tag", true
			}
		}
	}
	return time.Time{}, "", false
}

// modified returns the time of the last change that the page declares.
func (d *declared) modified() time.Time {
	for _, value := range []string{firstText(d.ld["dateModified"]), d.first("article:modified_time", "og:updated_time", "last-modified", "datemodified")} {
		if t, ok := readTime(value); ok {
			return t
		}
	}
	return time.Time{}
}

// readTime reads a time as pages write it. A time without a zone is taken as
// UTC, a day as its midnight in UTC.
func readTime(s string) (time.Time, bool) {
	s = strings.TrimSpace(s)
	if len(s) < 6 || len(s) > 80 {
		return time.Time{}, false
	}
	for _, layout := range timeLayouts() {
		if t, err := time.Parse(layout, s); err == nil && plausible(t) {
			return t, true
		}
	}
	return textDate(s)
}

func timeLayouts() []string {
	return []string{
		time.RFC3339Nano, "2006-01-02T15:04Z07:00", "2006-01-02T15:04:05Z0700", "2006-01-02T15:04:05.999Z0700", "2006-01-02T15:04Z0700",
		"2006-01-02T15:04:05", "2006-01-02T15:04:05.999999999", "2006-01-02T15:04", "2006-01-02T15Z07:00", "2006-01-02 15:04:05Z07:00", "2006-01-02 15:04:05 -0700", "2006-01-02 15:04:05 MST",
		"2006-01-02 15:04:05.999999999", "2006-01-02 15:04:05", "2006-01-02 15:04", "2006-01-02", "2006/01/02", "2006/01/02 15:04:05", "20060102", "20060102T150405Z0700", "20060102T150405Z", "200601021504",
		time.RFC1123Z, time.RFC1123, "Mon, 2 Jan 2006 15:04:05 -0700", "Mon, 2 Jan 2006 15:04:05 MST", "2 Jan 2006 15:04:05 MST",
		"Mon Jan 2 15:04:05 MST 2006", "Mon Jan 02 2006 15:04:05 GMT-0700 (MST)", "Jan 2, 2006 3:04:05 PM", "Jan 2, 2006, 3:04:05 PM",
		"January 2, 2006 3:04 PM", "January 2, 2006 15:04", "02.01.2006 15:04", "02.01.2006",
	}
}

// plausible refuses times from before the web and from far ahead.
func plausible(t time.Time) bool { return t.Year() >= 1990 && t.Year() <= 2100 }

var (
	pathDate      = regexp.MustCompile(`/(\d{4})[/-]?(\d{2})[/-]?(\d{2})(?:[/\-_.]|$)`)
	pathDateMonth = regexp.MustCompile(`/(\d{4})/([a-z]{3})/(\d{1,2})/`)
	writtenDate   = regexp.MustCompile(`(?i)\b(?:(\d{1,2})(?:st|nd|rd|th)?\.?\s+(jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z]*\.?,?\s+(\d{4})|(jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z]*\.?\s+(\d{1,2})(?:st|nd|rd|th)?,?\s+(\d{4})|(\d{4})-(\d{2})-(\d{2}))\b`)
)

func urlDate(path string) (time.Time, bool) {
	if m := pathDate.FindStringSubmatch(path); m != nil {
		return day(m[1], m[2], m[3], "2006 1 2")
	}
	if m := pathDateMonth.FindStringSubmatch(path); m != nil {
		return day(m[1], m[2], m[3], "2006 Jan 2")
	}
	return time.Time{}, false
}

// textDate returns the first date written out in s.
func textDate(s string) (time.Time, bool) {
	m := writtenDate.FindStringSubmatch(s)
	switch {
	case m == nil:
		return time.Time{}, false
	case m[1] != "":
		return day(m[3], m[2], m[1], "2006 Jan 2")
	case m[4] != "":
		return day(m[6], m[4], m[5], "2006 Jan 2")
	}
	return day(m[7], m[8], m[9], "2006 1 2")
}

func day(year, month, dayOfMonth, layout string) (time.Time, bool) {
	month = strings.TrimLeft(strings.ToLower(month), "0")
	t, err := time.Parse(layout, year+" "+month+" "+strings.TrimLeft(dayOfMonth, "0"))
	return t, err == nil && plausible(t)
}

// nearHeading returns the text around the first heading, where pages write the
// date when they mark it nowhere.
func nearHeading(heading *html.Node) string {
	n := heading
	for range 3 {
		if n.Parent == nil || n.Parent.Type != html.ElementNode {
			break
		}
		n = n.Parent
		if text := textOf(n, 2000); len(text) > 600 {
			return text[:600]
		}
	}
	return textOf(n, 600)
}
