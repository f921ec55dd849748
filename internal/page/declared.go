package page

import (
	"strings"
	"unicode/utf8"

	"golang.org/x/net/html"
	"golang.org/x/net/html/atom"
)

// declared is what a page says about itself, before anybody looks at its text.
type declared struct {
	meta     map[string][]string // by lower-case name, property or itemprop
	scripts  []string            // JSON-LD
	title    string              // <title>
	headings []*html.Node        // <h1>, in order
	times    []*html.Node        // <time> and elements with a date property, in order
	bylines  []*html.Node        // elements marked as author, in order
	language string              // <html lang>
	ld       object              // the JSON-LD of the article; nil when none
	objects  []object            // all of the JSON-LD
}

const maxMarked = 200 // elements of a kind that are kept

// declare reads what the page says about itself, in one walk.
func declare(doc *html.Node) *declared {
	d := &declared{meta: map[string][]string{}}
	for n := range doc.Descendants() {
		if n.Type == html.ElementNode {
			d.look(n)
		}
	}
	d.objects = linked(d.scripts)
	d.ld = mainArticle(d.objects)
	return d
}

func (d *declared) look(n *html.Node) {
	switch n.DataAtom {
	case atom.Html:
		d.language = attr(n, "lang")
	case atom.Meta:
		d.lookMeta(n)
	case atom.Script:
		if strings.Contains(strings.ToLower(attr(n, "type")), "ld+json") && n.FirstChild != nil {
			d.scripts = append(d.scripts, n.FirstChild.Data)
		}
	case atom.Title:
		if d.title == "" && n.FirstChild != nil && (n.Parent == nil || n.Parent.Data != "svg") {
			d.title = squeeze(n.FirstChild.Data)
		}
	case atom.H1:
		d.headings = keep(d.headings, n)
	case atom.Time:
		d.times = keep(d.times, n)
	default:
		d.lookMarks(n)
	}
}

func (d *declared) lookMeta(n *html.Node) {
	content := squeeze(attr(n, "content"))
	if content == "" {
		return
	}
	for _, key := range []string{"name", "property", "itemprop", "http-equiv"} {
		if name := strings.ToLower(strings.TrimSpace(attr(n, key))); name != "" && len(d.meta[name]) < 20 {
			d.meta[name] = append(d.meta[name], content)
		}
	}
}

// lookMarks keeps elements that microdata, rel or class names mark as the
// author or the date.
func (d *declared) lookMarks(n *html.Node) {
	property, rel, class := attr(n, "itemprop"), attr(n, "rel"), strings.ToLower(attr(n, "class"))
	switch {
	case strings.Contains(property, "datePublished"):
		d.times = keep(d.times, n)
	case strings.Contains(property, "author") || rel == "author" || strings.Contains(class, "byline") || strings.Contains(class, "author"):
		d.bylines = keep(d.bylines, n)
	}
}

func keep(nodes []*html.Node, n *html.Node) []*html.Node {
	if len(nodes) < maxMarked {
		return append(nodes, n)
	}
	return nodes
}

// first returns the first content of the first of the names that has one.
func (d *declared) first(names ...string) string {
	for _, name := range names {
		if values := d.meta[name]; len(values) > 0 {
			return values[0]
		}
	}
	return ""
}

func (d *declared) publisher() string {
	if name := firstText(d.ld["publisher"]); name != "" && !strings.HasPrefix(name, "http") {
		return name
	}
	return d.first("og:site_name", "application-name", "dc.publisher", "publisher")
}

func (d *declared) description() string {
	if s := d.first("og:description", "description", "twitter:description", "dc.description"); s != "" {
		return squeeze(html.UnescapeString(s))
	}
	return squeeze(firstText(d.ld["description"]))
}

// lang returns the declared language as two letters.
func (d *declared) lang() string {
	for _, tag := range []string{d.language, firstText(d.ld["inLanguage"]), d.first("og:locale", "content-language", "language", "dc.language")} {
		tag = strings.ToLower(strings.TrimSpace(tag))
		if i := strings.IndexAny(tag, "-_"); i > 0 {
			tag = tag[:i]
		}
		if len(tag) == 2 && tag[0] >= 'a' && tag[0] <= 'z' {
			return tag
		}
	}
	return ""
}

// textOf returns the text below n, squeezed, at most limit bytes of it.
func textOf(n *html.Node, limit int) string {
	var b strings.Builder
	for c := range n.Descendants() {
		if c.Type == html.TextNode && (c.Parent == nil || c.Parent.DataAtom != atom.Script && c.Parent.DataAtom != atom.Style) {
			b.WriteString(c.Data)
			b.WriteByte(' ')
		}
		if b.Len() > limit {
			break
		}
	}
	s := squeeze(b.String())
	if len(s) <= limit {
		return s
	}
	for limit > 0 && !utf8.RuneStart(s[limit]) {
		limit--
	}
	return s[:limit]
}
