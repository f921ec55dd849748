// Package page turns one HTML page into an article: readable text, title,
// author, time, language and paywall. It bounds what it parses: bytes, nodes,
// depth and time.
//
// Read goes through five stages, each in its own file:
//
//	guard    refuse what is too big, too deep, too wide or no page at all
//	decode   bytes become UTF-8
//	data     what the page declares: JSON-LD, microdata, meta tags
//	blocks   the visible page as a list of paragraphs with features
//	choose   which blocks are the article, and what is left of them when clean
package page

import (
	"errors"
	"net/url"
	"strings"
	"time"

	"golang.org/x/net/html"
)

// The errors that callers tell apart. Each comes wrapped, with the reason.
var (
	ErrTooLarge = errors.New("page is too large") // nodes or depth over the limit
	ErrNotHTML  = errors.New("page is not HTML")  // binary, PDF, JSON, ...
	ErrConsent  = errors.New("page asks for consent")
	ErrEmpty    = errors.New("page has no readable text")
)

// An Article is what a page says when all that is not the article is gone.
type Article struct {
	Title       string    // the headline, site name removed
	Text        string    // UTF-8, paragraphs divided by one blank line
	Author      string    // names divided by ", "
	PublishedAt time.Time // in the zone the page gave; zero when not found
	ModifiedAt  time.Time // last change the page declares; zero when none
	DateSource  string    // of PublishedAt: json-ld, meta, microdata, time-tag, url or text; empty when not found
	Language    string    // two letters, empty when unsure
	Publisher   string    // as the page names itself
	Description string    // the page's own summary
	Original    string    // where the whole article is, when the page names the publisher it comes from
	Paywalled   bool      // Text is a teaser at best
	Consent     bool      // the page is a consent or bot wall, not an article
}

// Read returns the article of a page. The page may be UTF-8 or in the charset
// it declares. With ErrEmpty and ErrConsent the Article still holds what the
// page declares about itself.
func Read(page []byte, pageURL string) (Article, error) {
	page, err := guard(page)
	if err != nil {
		return Article{}, err
	}
	source := decode(page)
	doc, err := html.Parse(strings.NewReader(source))
	if err != nil {
		return Article{}, errors.Join(ErrTooLarge, err)
	}
	address, err := url.Parse(pageURL)
	if err != nil {
		address = &url.URL{}
	}
	a, err := read(doc, address)
	a.Original = original(source)
	return a, err
}
