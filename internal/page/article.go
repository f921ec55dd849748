package page

import (
	"cmp"
	"fmt"
	"math"
	"net/url"
	"slices"
	"strings"
	"unicode/utf8"

	"codeberg.org/readeck/go-readability/v2"
	"golang.org/x/net/html"
	"golang.org/x/net/html/atom"
)

const (
	minText    = 80     // bytes a page must say to count as an article
	onceWords  = 12     // words from which a block is taken only once
	maxVisible = 20_000 // bytes of visible text searched for signs of a wall
	surely     = 0.55   // likelihood from which a block is taken, on a page that is clear
	perhaps    = 0.12   // likelihood from which it is taken when else nothing is left
)

func read(doc *html.Node, address *url.URL) (Article, error) {
	d := declare(doc)
	a := Article{
		Title:       d.headline(address),
		Author:      d.authors(),
		Publisher:   d.publisher(),
		Description: d.description(),
		ModifiedAt:  d.modified(),
	}
	near := ""
	if len(d.headings) > 0 {
		near = nearHeading(d.headings[0])
	}
	a.PublishedAt, a.DateSource = d.published(address, near)

	s := newScene(doc, a.Title, a.Description)
	a.Text = s.choose(weights(), readable(doc, address), d)
	a.Language = languageOf(a.Text, d.lang())
	visible := s.visible()
	switch {
	case isWall(address, a.Title, a.Text, visible):
		a.Consent, a.Text = true, ""
		return a, fmt.Errorf("%w: %q", ErrConsent, a.Title)
	case len(a.Text) < minText:
		a.Paywalled = !d.free()
		return a, fmt.Errorf("%w: %d bytes", ErrEmpty, len(a.Text))
	}
	a.Paywalled = d.paywalled(a.Text, visible)
	return a, nil
}

// choose returns the text of the article: the blocks that the model takes, or
// the body that the page declares when the visible page holds much less.
func (s *scene) choose(trees []tree, other string, d *declared) string {
	body := articleBody(d.ld)
	plain := strings.Join(body, " ")
	rows := s.features(s.coverage(other), s.coverage(plain), plain != "")
	judged := make([]float64, len(rows))
	for i, row := range rows {
		judged[i] = likelihood(trees, row)
	}
	author := d.authors()
	kept := s.take(judged, surely*s.clarity(judged), author)
	if len(kept)*3 < len(other) {
		kept = s.take(judged, perhaps, author)
	}
	if words := len(strings.Fields(plain)); words > 80 && words > 2*len(strings.Fields(kept)) {
		return strings.Join(body, "\n\n")
	}
	return kept
}

// clarity returns the best F1, over all levels, that is to be expected of this
// page when the likelihoods are right. Where nothing is sure, the level that
// serves F1 best is lower.
func (s *scene) clarity(judged []float64) float64 {
	order := make([]int, len(judged))
	all := 0.0
	for i, p := range judged {
		order[i] = i
		all += p * float64(s.facts[i].words)
	}
	slices.SortStableFunc(order, func(a, b int) int { return cmp.Compare(judged[b], judged[a]) })
	right, taken, best := 0.0, 0.0, 0.0
	for _, i := range order {
		words := float64(s.facts[i].words)
		right += judged[i] * words
		taken += words
		best = math.Max(best, 2*right/(taken+all))
	}
	return best
}

func (s *scene) take(judged []float64, level float64, author string) string {
	var kept []block
	said := map[string]bool{}
	for i, p := range judged {
		if p <= level || said[s.facts[i].lower] || s.pointsAway(i) {
			continue
		}
		kept = append(kept, s.blocks[i])
		said[s.facts[i].lower] = s.facts[i].words >= onceWords // pages repeat their text for small screens and for print
	}
	return join(clean(kept, s.title, author))
}

// clean drops blocks at the edges that are none of the article: the headline
// again and the byline before it, headings and links to other pages after it.
// It drops blocks as a whole and never changes one, so that no number of a
// sentence is lost.
func clean(kept []block, title, author string) []block {
	for len(kept) > 1 && afterArticle(kept[len(kept)-1]) {
		kept = kept[:len(kept)-1]
	}
	for i, b := range kept[:max(0, min(leadLines, len(kept)-1))] {
		if len(strings.Fields(b.text)) > edgeWords || finished(b.text) {
			break
		}
		if strings.HasPrefix(b.text, "By ") {
			kept = kept[i+1:]
			break
		}
	}
	for len(kept) > 1 && beforeArticle(kept[0], title, author) {
		kept = kept[1:]
	}
	return kept
}

const (
	edgeWords = 12 // longer blocks are text, whatever they say
	leadLines = 4  // short lines that may stand before a byline
)

func beforeArticle(b block, title, author string) bool {
	text := letters(b.text)
	words := len(strings.Fields(b.text))
	if title != "" && text == letters(title) {
		return true
	}
	if words > 2*edgeWords || finished(b.text) && words > edgeWords {
		return false
	}
	lower := strings.ToLower(b.text)
	named := author != "" && strings.Contains(text, letters(author))
	return named && (words <= edgeWords || dated(b.text)) || strings.HasSuffix(lower, " min read") || hasAnyPrefix(lower, "by ", "posted by ", "written by ", "published ", "updated ", "last updated ") && !finished(b.text)
}

// pointsAway reports whether a block is a link to another page among others, or
// says itself that it is one.
func (s *scene) pointsAway(i int) bool {
	b, lower := s.blocks[i], s.facts[i].lower
	if s.facts[i].words <= edgeWords && hasAnyPrefix(lower, "story continues", "article continues", "scroll to continue", "continue reading", "advertisement", "article content") {
		return true
	}
	if b.linkChars*10 < len(b.text)*7 || finished(b.text) {
		return false
	}
	if hasAnyPrefix(lower, "read more", "read also", "also read", "see also", "related:", "more:", "read:", "watch:", "related stor", "recommended:", "read next") {
		return true
	}
	for n := b.node; n != nil; n = n.Parent {
		if n.DataAtom == atom.Aside || n.DataAtom == atom.Nav {
			return s.good[n]*4 < s.allGood
		}
	}
	return false
}

func hasAnyPrefix(s string, prefixes ...string) bool {
	return slices.ContainsFunc(prefixes, func(p string) bool { return strings.HasPrefix(s, p) })
}

func dated(s string) bool {
	_, ok := textDate(s)
	return ok
}

func afterArticle(b block) bool {
	if isHeading(b.node.DataAtom) {
		return true
	}
	lower := strings.ToLower(b.text)
	words := len(strings.Fields(lower))
	if words <= 2*edgeWords && (hasAnyPrefix(lower, "© ", "copyright ", "(graphic:") || strings.Contains(lower, "all rights reserved")) {
		return true
	}
	if words <= edgeWords && hasAnyPrefix(lower, "subscribe ", "sign up ", "write to ", "write a letter ") {
		return true
	}
	if hasAnyPrefix(strings.TrimLeft(lower, "( "), "reporting by ", "editing by ", "compiled by ", "additional reporting by ", "writing by ") {
		return true
	}
	linked := b.linkChars*2 > len(b.text)
	return words <= edgeWords && !finished(b.text) && (linked || containsAny(lower, phrases()[1])) || strings.HasPrefix(lower, "you may also like")
}

// finished reports whether a text ends like a sentence.
func finished(s string) bool {
	last, _ := utf8.DecodeLastRuneInString(s)
	return strings.ContainsRune(".!?\"”’')।", last)
}

// visible returns the beginning of what a reader sees, in lower case.
func (s *scene) visible() string {
	var b strings.Builder
	for _, f := range s.facts {
		b.WriteString(f.lower)
		b.WriteByte('\n')
		if b.Len() > maxVisible {
			break
		}
	}
	return b.String()
}

// readable returns the text that the readability algorithm takes.
func readable(doc *html.Node, address *url.URL) string {
	parser := readability.NewParser()
	parser.DisableJSONLD = true
	found, err := parser.ParseDocument(doc, address)
	if err != nil || found.Node == nil {
		return ""
	}
	return join(blocksOf(found.Node, nil))
}

// articleBody returns the paragraphs of the body that the page declares.
func articleBody(ld object) []string {
	body, _ := ld["articleBody"].(string)
	body = html.UnescapeString(body)
	for _, tag := range []string{"</p>", "<br>", "<br/>", "<br />", "</li>", "</h2>", "</h3>", "</div>"} {
		body = strings.ReplaceAll(body, tag, "\n")
	}
	var paragraphs []string
	for line := range strings.Lines(html.UnescapeString(stripTags(body))) {
		if line = squeeze(line); line != "" {
			paragraphs = append(paragraphs, line)
		}
	}
	return paragraphs
}

func join(blocks []block) string {
	texts := make([]string, len(blocks))
	for i, b := range blocks {
		texts[i] = b.text
	}
	return strings.Join(texts, "\n\n")
}
