package fmp_test

import (
	"errors"
	"strings"
	"testing"

	"stockdigest.app/stockdigest"
	"stockdigest.app/stockdigest/internal/adapter/fmp"
)

func TestFeedsListWhatTheServiceHas(t *testing.T) {
	t.Parallel()
	for i, path := range []string{"/stable/news/stock", "/stable/news/press-releases"} {
		feed := fmp.Feeds("LNW")[i]
		s := &service{body: news}
		got, err := setup(s).Read(t.Context(), feed)
		if err != nil || len(got.Items) != 3 || got.Items[0].Title != "Newer" || got.Items[2].Title != "Before the window" {
			t.Errorf("%s: got %+v, %v, want the rows of eight days", feed.URL, got, err)
		}
		if asked := s.asked[0].URL; asked.Path != path || asked.Query().Get("symbols") != "LNW" || asked.Query().Get("from") != "2025-01-27" {
			t.Errorf("asked %s", asked)
		}
		if feed.Source != fmp.FeedSource || strings.Contains(feed.URL, string(key)) {
			t.Errorf("got %+v", feed)
		}
	}
}

func TestFeedsOfOthersAreNotAsked(t *testing.T) {
	t.Parallel()
	s := &service{body: news}
	for _, address := range []string{"", "https://evil.example/stable/news/stock?symbols=LNW", "https://financialmodelingprep.com/stable/quote?symbols=LNW", "https://financialmodelingprep.com/stable/news/stock?symbol=LNW", "https://financialmodelingprep.com/stable/news/stock?symbols=%zz"} {
		if _, err := setup(s).Read(t.Context(), stockdigest.Feed{URL: address}); !errors.Is(err, stockdigest.ErrInvalid) || len(s.asked) != 0 {
			t.Errorf("%q: got %v after %d requests, want ErrInvalid after none", address, err, len(s.asked))
		}
	}
}

func TestAFeedThatThePlanDoesNotIncludeSaysSo(t *testing.T) {
	t.Parallel()
	if _, err := setup(&service{status: 402}).Read(t.Context(), fmp.Feeds("LNW")[0]); !errors.Is(err, stockdigest.ErrDenied) {
		t.Errorf("got %v, want ErrDenied", err)
	}
}
