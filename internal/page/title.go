package page

import (
	"net/url"
	"strings"
	"unicode/utf8"

	"golang.org/x/net/html"
)

const (
	headingWeight = 1.7  // of the visible heading that is much like a declared title
	soleWeight    = 4.5  // of the only heading when it is little like them: more than all that they can weigh
	likeTitle     = 0.45 // of the words of a heading a declared title must share
	likeSoleTitle = 0.12 // the same, when the page has one heading only
)

// headline returns the title of the article, without the name of the site: the
// wording that most of the places where a page writes its title agree on. What
// readers see as the heading weighs most.
func (d *declared) headline(address *url.URL) string {
	site := d.publisher()
	var options []titleOption
	add := func(text string, weight float64) {
		text = trimSite(squeeze(html.UnescapeString(stripTags(text))), site, address)
		if text == "" {
			return
		}
		for i := range options {
			if letters(options[i].text) == letters(text) {
				options[i].weight += weight
				return
			}
		}
		options = append(options, titleOption{text, weight})
	}
	add(d.first("og:title"), 1)
	add(firstText(d.ld["headline"]), 1.6)
	add(d.title, 0.9)
	add(d.first("twitter:title"), 0.4)
	add(d.first("parsely-title", "dc.title", "sailthru.title", "citation_title"), 0.4)
	if text, score := d.heading(options); score > likeTitle {
		add(text, headingWeight)
	} else {
		add(text, soleWeight)
	}
	best := titleOption{}
	for _, o := range options {
		if o.weight > best.weight {
			best = o
		}
	}
	return best.text
}

// A titleOption is a wording of the title and how much speaks for it.
type titleOption struct {
	text   string
	weight float64
}

// heading returns the visible heading that is most like one of the declared
// titles, and how much; without any title, the first.
func (d *declared) heading(options []titleOption) (best string, bestScore float64) {
	bestScore = likeTitle
	if len(d.headings) == 1 {
		bestScore = likeSoleTitle
	}
	for _, h := range d.headings {
		text := textOf(h, 500)
		if n := utf8.RuneCountInString(text); n < 8 || n > 250 {
			continue
		}
		if len(options) == 0 {
			return text, 1
		}
		for _, o := range options {
			if score := overlap(text, o.text); score > bestScore {
				best, bestScore = text, score
			}
		}
	}
	return best, bestScore
}

// overlap returns how much of the words of two titles is shared.
func overlap(a, b string) float64 {
	words := map[string]bool{}
	for w := range strings.FieldsSeq(strings.ToLower(a)) {
		words[w] = true
	}
	shared, all := 0, len(words)
	seen := map[string]bool{}
	for w := range strings.FieldsSeq(strings.ToLower(b)) {
		switch {
		case seen[w]:
		case words[w]:
			shared++
		default:
			all++
		}
		seen[w] = true
	}
	if all == 0 {
		return 0
	}
	return float64(shared) / float64(all)
}

// trimSite removes the name of the site, and its sections, from a title.
func trimSite(title, site string, address *url.URL) string {
	for range 3 {
		cut := strings.TrimSpace(trimOnce(title, site, address))
		if cut == title || cut == "" {
			break
		}
		title = cut
	}
	return title
}

func trimOnce(title, site string, address *url.URL) string {
	for _, divider := range []string{" | ", " - ", " – ", " — ", " :: ", " • ", " · ", " » ", " « "} {
		if i := strings.LastIndex(title, divider); i > 0 {
			head, tail := title[:i], title[i+len(divider):]
			if isSite(tail, site, address) || divider == " | " && len(strings.Fields(tail)) <= 4 && len(strings.Fields(head)) >= 4 {
				return head
			}
		}
		if i := strings.Index(title, divider); i > 0 && isSite(title[:i], site, address) {
			return title[i+len(divider):]
		}
	}
	return title
}

// isSite reports whether a part of a title names the site: by its declared
// name, or because the host name spells it.
func isSite(part, site string, address *url.URL) bool {
	p, s := letters(part), letters(site)
	if p == "" {
		return true
	}
	if s != "" && (p == s || len(p) > 3 && strings.HasPrefix(s, p) || len(s) > 3 && strings.HasPrefix(p, s) && len(p) < len(s)+12) {
		return true
	}
	host := letters(strings.TrimPrefix(address.Hostname(), "www."))
	the := strings.TrimPrefix(p, "the")
	return len(the) >= 2 && host != "" && (strings.HasPrefix(host, the) || strings.HasPrefix(host, p))
}

func letters(s string) string {
	return strings.Map(func(c rune) rune {
		if c >= 'a' && c <= 'z' || c >= '0' && c <= '9' || c > 127 {
			return c
		}
		return -1
	}, strings.ToLower(s))
}

// stripTags removes markup that a declared text should not hold.
func stripTags(s string) string {
	if !strings.Contains(s, "<") {
		return s
	}
	var b strings.Builder
	inTag := false
	for i, c := range s {
		switch {
		case c == '<' && i+1 < len(s) && (s[i+1] == '/' || s[i+1]|0x20 >= 'a' && s[i+1]|0x20 <= 'z'):
			inTag = true
		case c == '>' && inTag:
			inTag = false
			b.WriteByte(' ')
		case !inTag:
			b.WriteRune(c)
		}
	}
	return b.String()
}
