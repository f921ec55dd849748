package feeds_test

import (
	"context"
	"errors"
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"

	"stockdigest.app/stockdigest"
	"stockdigest.app/stockdigest/internal/adapter/feeds"
)

// getter answers with a body or an error, and keeps what it was asked.
type getter struct {
	body  stockdigest.Body
	err   error
	asked []string
}

func (g *getter) Feed(_ context.Context, url, etag, lastModified string) (stockdigest.Body, error) {
	g.asked = append(g.asked, url, etag, lastModified)
	return g.body, g.err
}

func TestReadAsksWithValidatorsAndKeepsTheNewOnes(t *testing.T) {
	t.Parallel()
	get := &getter{body: stockdigest.Body{
		FinalURL: "https://moved.example/feed", ETag: `"2"`, LastModified: "later",
		Bytes: []byte(`<rss><channel><title>T</title><item><title>One</title><link>/a</link></item></channel></rss>`),
	}}
	feed := stockdigest.Feed{URL: "https://feeds.example/feed", Health: stockdigest.FeedHealth{ETag: `"1"`, LastModified: "then"}}
	got, err := feeds.New(get).Read(t.Context(), feed)
	if err != nil {
		t.Fatal(err)
	}
	want := stockdigest.FeedAnswer{
		Title: "T", ETag: `"2"`, LastModified: "later",
		Items: []stockdigest.FeedItem{{Title: "One", Link: "https://moved.example/a"}},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff([]string{feed.URL, `"1"`, "then"}, get.asked); diff != "" {
		t.Error(diff)
	}
}

func TestReadKeepsValidatorsWhenNothingChanged(t *testing.T) {
	t.Parallel()
	feed := stockdigest.Feed{URL: "https://feeds.example/feed", Health: stockdigest.FeedHealth{ETag: `"1"`, LastModified: "then"}}
	got, err := feeds.New(&getter{body: stockdigest.Body{NotModified: true}}).Read(t.Context(), feed)
	want := stockdigest.FeedAnswer{NotModified: true, ETag: `"1"`, LastModified: "then"}
	if err != nil || !cmp.Equal(want, got) {
		t.Errorf("got %+v, %v, want %+v", got, err, want)
	}
}

func TestReadErrorsNameTheFeedAndKeepTheirKind(t *testing.T) {
	t.Parallel()
	feed := stockdigest.Feed{URL: "https://feeds.example/feed"}
	fetched := fmt.Errorf("read feed %s: %w", feed.URL, stockdigest.ErrUnavailable) // a getter names what it asked for
	if _, err := feeds.New(&getter{err: fetched}).Read(t.Context(), feed); err == nil || err.Error() != fetched.Error() {
		t.Errorf("got %v, want %v as it is", err, fetched)
	}
	_, err := feeds.New(&getter{body: stockdigest.Body{Bytes: []byte("<html></html>")}}).Read(t.Context(), feed)
	var notFeed *feeds.Error
	if !errors.As(err, &notFeed) || notFeed.Kind != feeds.HTML {
		t.Errorf("got %v, want an error of kind html", err)
	}
}
