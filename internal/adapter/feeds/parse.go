package feeds

import (
	"fmt"
	"net/url"
	"strings"
	"time"

	"stockdigest.app/stockdigest"
)

// The limits of one feed. Real feeds stay far below them.
const (
	MaxBytes    = 5 << 20 // larger bodies are refused unread
	MaxItems    = 500     // entries beyond are not read
	maxDepth    = 64      // nested elements of the feed itself
	maxElements = 100_000
	maxTitle    = 400  // bytes of a title or name
	maxText     = 4000 // bytes of a description
)

// Parse reads a feed from data. The contentType may be empty and may carry a
// charset. The baseURL resolves relative links where the feed says nothing better.
// Items come in the order of the feed; an item's Link is absolute http(s) or
// empty; a date that nobody can read is zero. What is no feed is an *Error.
func Parse(data []byte, contentType, baseURL string) (stockdigest.FeedAnswer, error) {
	if len(data) > MaxBytes {
		return stockdigest.FeedAnswer{}, &Error{Kind: TooLarge, Detail: fmt.Sprintf("%d bytes, at most %d are read", len(data), MaxBytes)}
	}
	text := strings.TrimLeft(toUTF8(data, contentType), "\ufeff\x00 \t\r\n")
	if text == "" {
		return stockdigest.FeedAnswer{}, &Error{Kind: Empty, Detail: "the body has no content"}
	}
	if text[0] == '{' {
		return parseJSON(text, baseURL)
	}
	return parseXML(text, baseURL)
}

// An entry is an item while it is being read: the candidates for each field,
// best first wins at the end.
type entry struct {
	guid        string
	guidIsLink  bool
	link        ref // the item's own address
	otherLink   ref // any other address: content src, rdf:about
	origLink    ref // the address behind a counting redirect
	linkRank    int // how good link is: alternate HTML is best
	title       string
	otherTitle  string
	summary     string
	content     string
	publisher   string
	publisherAt string
	author      string
	published   time.Time
	updated     time.Time
}

// A ref is an address as written, with the base that held where it stood.
type ref struct{ raw, base string }

func (e *entry) item(base string) stockdigest.FeedItem {
	item := stockdigest.FeedItem{
		GUID:         e.guid,
		Title:        first(e.title, e.otherTitle),
		Description:  first(e.summary, e.content),
		Publisher:    e.publisher,
		PublisherURL: absolute(e.publisherAt, base),
		Author:       e.author,
		Published:    e.published,
	}
	for _, r := range []ref{e.origLink, e.link, e.otherLink} {
		if item.Link = absolute(r.raw, first(r.base, base)); item.Link != "" {
			break
		}
	}
	if item.Link == "" && e.guidIsLink {
		item.Link = absolute(e.guid, "")
	}
	if item.Published.IsZero() {
		item.Published = e.updated
	}
	if repeatsTitle(item) {
		item.Description = ""
	}
	return item
}

// repeatsTitle finds descriptions that say only the headline and its
// publisher, as Google News writes them.
func repeatsTitle(item stockdigest.FeedItem) bool {
	title := stockdigest.NormalTitle(stockdigest.TrimPublisher(item.Title, item.Publisher))
	rest, ok := strings.CutPrefix(stockdigest.NormalTitle(item.Description), title)
	rest = strings.TrimSpace(rest)
	return title != "" && ok && (rest == "" || rest == stockdigest.NormalTitle(item.Publisher))
}

func first(values ...string) string {
	for _, v := range values {
		if v != "" {
			return v
		}
	}
	return ""
}

// absolute resolves raw against base and returns it when the result is an http
// or https address with a host, else "".
func absolute(raw, base string) string {
	raw = cleanURL(raw)
	if raw == "" {
		return ""
	}
	u, err := url.Parse(raw)
	if err != nil {
		return ""
	}
	if !u.IsAbs() && base != "" {
		b, err := url.Parse(cleanURL(base))
		if err != nil {
			return ""
		}
		u = b.ResolveReference(u)
	}
	if u.Scheme != "http" && u.Scheme != "https" || u.Host == "" {
		return ""
	}
	return u.String()
}

// cleanURL drops the blanks and line breaks that feeds wrap addresses in, and
// writes blanks inside as %20.
func cleanURL(raw string) string {
	raw = strings.TrimSpace(raw)
	if strings.ContainsAny(raw, "\r\n\t") {
		raw = strings.NewReplacer("\r", "", "\n", "", "\t", "").Replace(raw)
	}
	return strings.ReplaceAll(raw, " ", "%20")
}
