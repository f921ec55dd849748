package page

import (
	"fmt"
	"net/url"
	"strings"
	"unicode/utf8"

	"codeberg.org/readeck/go-readability/v2"
	"golang.org/x/net/html"
)

const (
	minText    = 80     // bytes a page must say to count as an article
	onceWords  = 12     // words from which a block is taken only once
	maxVisible = 20_000 // bytes of visible text searched for signs of a wall
	surely     = 0.5    // likelihood from which a block is taken
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
	case isWall(address, a.Title, visible):
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
	kept := s.take(judged, surely, author)
	if len(kept)*3 < len(other) {
		kept = s.take(judged, perhaps, author)
	}
	if words := len(strings.Fields(plain)); words > 80 && words > 2*len(strings.Fields(kept)) {
		return strings.Join(body, "\n\n")
	}
	return kept
}

func (s *scene) take(judged []float64, level float64, author string) string {
	var kept []block
	said := map[string]bool{}
	for i, p := range judged {
		if p <= level || said[s.facts[i].lower] {
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
	for len(kept) > 1 && beforeArticle(kept[0], title, author) {
		kept = kept[1:]
	}
	return kept
}

const edgeWords = 12 // longer blocks are text, whatever they say

func beforeArticle(b block, title, author string) bool {
	text := letters(b.text)
	words := len(strings.Fields(b.text))
	return title != "" && text == letters(title) || words <= edgeWords && (author != "" && strings.TrimPrefix(text, "by") == letters(author) || strings.HasPrefix(b.text, "By ") && !finished(b.text))
}

func afterArticle(b block) bool {
	if isHeading(b.node.DataAtom) {
		return true
	}
	lower := strings.ToLower(b.text)
	linked := b.linkChars*2 > len(b.text)
	return len(strings.Fields(lower)) <= edgeWords && !finished(b.text) && (linked || containsAny(lower, phrases()[1])) || strings.HasPrefix(lower, "you may also like")
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
