package feeds

import (
	"encoding/base64"
	"fmt"
	"slices"
	"strings"

	"stockdigest.app/stockdigest"
)

// An xmlReader turns tokens into a feed. It keeps the open elements itself, so
// that depth is a counter and never a call stack.
type xmlReader struct {
	scan     scanner
	open     []frame
	elements int
	prefixes map[string]string // namespace prefix -> our name for it, as declared

	isFeed bool
	atom   bool
	title  string
	link   ref
	cur    *entry
	done   []*entry
}

// A frame is an open element.
type frame struct {
	name string // our name: "item", "dc:date", "?:x" for strangers
	raw  string // the name as its end tag will have it
	base string // xml:base in force, absolute or empty
}

func parseXML(text, baseURL string) (stockdigest.FeedAnswer, error) {
	r := &xmlReader{scan: scanner{in: text}, prefixes: map[string]string{}}
	if err := r.read(baseURL); err != nil {
		return stockdigest.FeedAnswer{}, err
	}
	answer := stockdigest.FeedAnswer{Title: r.title}
	base := absolute(r.link.raw, first(r.link.base, baseURL))
	if r.atom || base == "" {
		base = first(absolute(baseURL, ""), base)
	}
	for _, e := range r.done {
		answer.Items = append(answer.Items, e.item(base))
	}
	return answer, nil
}

func (r *xmlReader) read(baseURL string) error {
	sawTag, sawPage := false, false
	for len(r.done) < MaxItems {
		t := r.scan.next()
		switch t.kind {
		case endOfInput:
			r.finish()
			return r.verdict(sawTag, sawPage, baseURL)
		case open:
			sawTag = true
			name := r.name(t)
			sawPage = sawPage || name == "html" || name == "body"
			if sawPage && !r.isFeed && !isFeedRoot(name) {
				continue // some servers wrap their feed in a page
			}
			if err := r.start(t, name); err != nil {
				return err
			}
		case closed:
			r.end(t.name)
		case text, cdata: // between elements: nothing we need
		}
	}
	return nil
}

// verdict says what it was when the end came.
func (r *xmlReader) verdict(sawTag, sawPage bool, baseURL string) error {
	switch {
	case r.isFeed:
		return nil
	case sawPage:
		return &Error{Kind: HTML, Detail: "the body is a web page", Feed: advertised(r.scan.in, baseURL)}
	case sawTag:
		return &Error{Kind: NotAFeed, Detail: "no rss, rdf, feed or channel element"}
	case strings.TrimSpace(withoutComments(r.scan.in)) == "":
		return &Error{Kind: Empty, Detail: "the body has no content"}
	}
	return &Error{Kind: NotAFeed, Detail: "the body is plain text"}
}

// start handles an open tag: it opens a container, or reads a field whole.
func (r *xmlReader) start(t token, name string) error {
	if r.elements++; r.elements > maxElements {
		return &Error{Kind: TooDeep, Detail: fmt.Sprintf("more than %d elements", maxElements)}
	}
	base := r.base(t)
	switch name {
	case "rss", "rdf:rdf", "feed", "channel":
		r.isFeed = true
		r.atom = r.atom || name == "feed"
		if name == "channel" && r.link.raw == "" {
			r.link = ref{t.attr("href"), base}
		}
	case "item", "entry":
		r.startEntry(t, base)
	default:
		if r.isFeed && r.field(t, name, base) {
			return nil
		}
	}
	if t.empty {
		if name == "item" || name == "entry" {
			r.finish()
		}
		return nil
	}
	if len(r.open) >= maxDepth {
		return &Error{Kind: TooDeep, Detail: fmt.Sprintf("more than %d elements inside each other", maxDepth)}
	}
	r.open = append(r.open, frame{name: name, raw: t.name, base: base})
	return nil
}

// startEntry begins an item; one still open was left unclosed.
func (r *xmlReader) startEntry(t token, base string) {
	r.finish()
	for len(r.open) > 0 && !isRoot(r.open[len(r.open)-1].name) {
		r.open = r.open[:len(r.open)-1]
	}
	r.isFeed = true
	r.cur = &entry{otherLink: ref{t.attr("rdf:about"), base}}
	if href := t.attr("href"); href != "" { // CDF
		r.cur.link = ref{href, base}
	}
	if mod := t.attr("lastmod"); mod != "" {
		r.cur.updated = parseDate(mod)
	}
}

func isRoot(name string) bool { return isFeedRoot(name) || name == "channel" }

func isFeedRoot(name string) bool { return name == "rss" || name == "rdf:rdf" || name == "feed" }

// finish puts the open entry away.
func (r *xmlReader) finish() {
	if r.cur != nil {
		r.done = append(r.done, r.cur)
		r.cur = nil
	}
}

// end closes the nearest open element of that name, and what was left open
// inside it. An end tag that fits nothing is ignored.
func (r *xmlReader) end(raw string) {
	for i, f := range slices.Backward(r.open) {
		if f.raw != raw {
			continue
		}
		for _, f := range r.open[i:] {
			if f.name == "item" || f.name == "entry" {
				r.finish()
			}
		}
		r.open = r.open[:i]
		return
	}
}

// base returns the xml:base in force inside t.
func (r *xmlReader) base(t token) string {
	outer := ""
	if len(r.open) > 0 {
		outer = r.open[len(r.open)-1].base
	}
	if !strings.Contains(t.data, "base") {
		return outer
	}
	if own := t.attr("xml:base"); own != "" {
		return first(absolute(own, outer), outer)
	}
	return outer
}

// field reads t when it is a field we keep, and reports whether it did. Only
// direct children of an entry or of the feed count: a title inside a picture
// or a quoted source is another thing's title.
func (r *xmlReader) field(t token, name, base string) bool {
	parent := ""
	if len(r.open) > 0 {
		parent = r.open[len(r.open)-1].name
	}
	switch {
	case r.cur == nil && isRoot(parent):
		return r.feedField(t, name, base)
	case r.cur != nil && (parent == "item" || parent == "entry"):
		return r.entryField(t, name, base)
	case r.cur != nil && parent == "source" && name == "title":
		r.cur.publisher = first(r.cur.publisher, r.plain(t, maxTitle))
	case r.cur != nil && parent == "source" && name == "link" && isAlternate(t):
		r.cur.publisherAt = first(r.cur.publisherAt, absolute(t.attr("href"), base))
		return false
	case r.cur != nil && parent == "author" && name == "name":
		r.cur.author = first(r.cur.author, r.plain(t, maxTitle))
	default:
		return false
	}
	return true
}

func (r *xmlReader) feedField(t token, name, base string) bool {
	switch name {
	case "title", "dc:title":
		title := r.plain(t, maxTitle)
		r.title = first(r.title, title)
	case "link":
		if href := t.attr("href"); href != "" {
			if r.link.raw == "" && isAlternate(t) {
				r.link = ref{href, base}
			}
			return false
		}
		if link := r.value(t); r.link.raw == "" {
			r.link = ref{link, base}
		}
	default:
		return false
	}
	return true
}

func (r *xmlReader) entryField(t token, name, base string) bool {
	e := r.cur
	switch name {
	case "title":
		e.title = first(e.title, r.plain(t, maxTitle))
	case "dc:title", "media:title", "itunes:title":
		e.otherTitle = first(e.otherTitle, r.plain(t, maxTitle))
	case "link":
		return r.entryLink(t, base)
	case "feedburner:origlink":
		e.origLink = ref{r.value(t), base}
	case "guid", "id":
		permalink := !strings.EqualFold(t.attr("ispermalink"), "false")
		if guid := r.value(t); e.guid == "" {
			e.guid, e.guidIsLink = clip(guid, maxTitle*2), permalink
		}
	case "description", "summary", "abstract", "dc:description":
		e.summary = first(e.summary, r.plain(t, maxText))
	case "content":
		if src := t.attr("src"); src != "" && e.otherLink.raw == "" {
			e.otherLink = ref{src, base}
		}
		e.content = first(e.content, r.plain(t, maxText))
	case "content:encoded", "body", "fullitem", "itunes:summary", "media:description":
		e.content = first(e.content, r.plain(t, maxText))
	case "pubdate", "published", "issued", "date", "dc:date", "dcterms:issued", "dcterms:created", "created":
		if at := parseDate(r.value(t)); e.published.IsZero() {
			e.published = at
		}
	case "updated", "modified", "lastmod", "dcterms:modified":
		if at := parseDate(r.value(t)); e.updated.IsZero() {
			e.updated = at
		}
	case "source":
		if r.atom {
			return false // a container: title and link of the feed it came from
		}
		e.publisherAt = first(e.publisherAt, absolute(t.attr("url"), base))
		e.publisher = first(e.publisher, r.plain(t, maxTitle))
	case "dc:publisher":
		e.publisher = first(e.publisher, r.plain(t, maxTitle))
	case "author":
		if r.atom {
			return false // a container: name, uri, email
		}
		e.author = first(e.author, r.plain(t, maxTitle))
	case "dc:creator", "itunes:author":
		e.author = first(e.author, r.plain(t, maxTitle))
	default:
		return false
	}
	return true
}

// entryLink reads <link>url</link> and <link href rel type>. Enclosures,
// comments and copies elsewhere are not the article.
func (r *xmlReader) entryLink(t token, base string) bool {
	e := r.cur
	href := t.attr("href")
	if href == "" {
		const plainLink = 2
		if link := r.value(t); link != "" && e.linkRank < plainLink {
			e.link, e.linkRank = ref{link, base}, plainLink
		}
		return true
	}
	var rank int
	switch mime := t.attr("type"); {
	case !isAlternate(t):
		return false
	case mime == "" || strings.Contains(mime, "html"):
		rank = 3
	default:
		rank = 1
	}
	if rank > e.linkRank {
		e.link, e.linkRank = ref{href, base}, rank
	}
	return false
}

func isAlternate(t token) bool {
	rel := t.attr("rel")
	return rel == "" || strings.EqualFold(rel, "alternate")
}

// value reads a field's text without markup, entities decoded once.
func (r *xmlReader) value(t token) string {
	return strings.TrimSpace(r.inner(t, false))
}

// plain reads a field as plain text for people.
func (r *xmlReader) plain(t token, limit int) string {
	kind := strings.ToLower(t.attr("type"))
	inner := r.inner(t, true)
	if strings.EqualFold(t.attr("mode"), "base64") || kind == "base64" {
		if data, err := base64.StdEncoding.DecodeString(strings.Join(strings.Fields(inner), "")); err == nil {
			inner = toUTF8(data, "")
		}
	}
	return plainText(inner, limit)
}

// inner reads up to the end of element t and returns what it holds: text
// decoded once, CDATA as it stands, tags kept when markup is wanted. When the
// end tag is missing it stops where the next field or item begins.
func (r *xmlReader) inner(t token, markup bool) string {
	if t.empty {
		return ""
	}
	var b strings.Builder
	depth := 0
	short := !markup || localName(t.name) == "title"
	for {
		before := r.scan.pos
		next := r.scan.next()
		switch next.kind {
		case endOfInput:
			return b.String()
		case text:
			b.WriteString(decodeEntities(next.data))
		case cdata:
			b.WriteString(next.data)
		case open:
			r.elements++
			if stopsField(next.name, short) && depth == 0 {
				r.scan.pos = before
				return b.String()
			}
			if next.name == t.name && !next.empty {
				depth++
			}
			if markup {
				b.WriteString(next.raw)
			}
		case closed:
			if next.name == t.name {
				if depth == 0 {
					return b.String()
				}
				depth--
			}
			if endsEntry(next.name) {
				r.scan.pos = before
				return b.String()
			}
			if markup {
				b.WriteString(next.raw)
			}
		}
	}
}

// stopsField names the tags that never stand inside a text: a field that runs
// into one of them was not closed.
func stopsField(name string, short bool) bool {
	switch name {
	case "item", "entry", "pubdate", "guid", "atom:entry", "rss:item":
		return true
	case "link", "title", "description", "content:encoded":
		return short
	}
	return false
}

func endsEntry(name string) bool {
	switch name {
	case "item", "entry", "channel", "feed", "rss", "rdf:rdf", "atom:entry", "atom:feed", "rss:item":
		return true
	}
	return false
}
