// Package feeds reads RSS 0.9x, 1.0 and 2.0, Atom 0.3 and 1.0, CDF and JSON
// Feed. Feeds come from strangers and are often broken: the parser forgives
// what a person would forgive (stray ampersands, undefined prefixes, unclosed
// tags, a cut tail, a wrong encoding), never recurses, and bounds size, depth
// and counts while it reads. What is no feed is an *Error that says why.
package feeds

import (
	"context"
	"fmt"

	"stockdigest.app/stockdigest"
)

// A Getter fetches one feed, conditionally when validators are given.
type Getter interface {
	Feed(ctx context.Context, url, etag, lastModified string) (stockdigest.Body, error)
}

// A Reader reads feeds over a Getter. It is safe for concurrent use when its
// Getter is.
type Reader struct {
	get Getter
}

// New returns a Reader over get, whose errors name what they could not get.
func New(get Getter) *Reader { return &Reader{get: get} }

// Read fetches and parses one feed. A feed that lists nothing is not an error;
// a body that is no feed is an *Error. When the server answers that nothing
// changed, the answer has no items and says so.
func (r *Reader) Read(ctx context.Context, feed stockdigest.Feed) (stockdigest.FeedAnswer, error) {
	body, err := r.get.Feed(ctx, feed.URL, feed.Health.ETag, feed.Health.LastModified)
	if err != nil {
		return stockdigest.FeedAnswer{}, err // names the feed
	}
	if body.NotModified {
		return stockdigest.FeedAnswer{
			NotModified:  true,
			ETag:         orElse(body.ETag, feed.Health.ETag),
			LastModified: orElse(body.LastModified, feed.Health.LastModified),
		}, nil
	}
	answer, err := Parse(body.Bytes, body.ContentType, orElse(body.FinalURL, feed.URL))
	if err != nil {
		return stockdigest.FeedAnswer{}, fmt.Errorf("read feed %s: %w", feed.URL, err)
	}
	answer.ETag, answer.LastModified = body.ETag, body.LastModified
	return answer, nil
}

func orElse(s, fallback string) string {
	if s == "" {
		return fallback
	}
	return s
}
