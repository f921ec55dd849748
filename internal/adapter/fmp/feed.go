package fmp

import (
	"context"
	"net/url"
	"strings"
	"time"

	"stockdigest.app/stockdigest"
)

// FeedSource is the source of the feeds that Read reads.
const FeedSource = "fmp"

// feedReach is how far back a feed lists: as far as the longest report looks,
// and a day for the zones.
const feedReach = 8 * 24 * time.Hour

// Feeds returns the lists about a company as feeds: news, and what it gave to
// the press. Their addresses name them and hold no key.
func Feeds(symbol stockdigest.Symbol) []stockdigest.Feed {
	query := "?" + url.Values{"symbols": {string(symbol)}}.Encode()
	return []stockdigest.Feed{
		{URL: prefix + newsList + query, Source: FeedSource},
		{URL: prefix + pressList + query, Source: FeedSource},
	}
}

// Read lists what a feed of Feeds holds now.
func (c *Client) Read(ctx context.Context, feed stockdigest.Feed) (stockdigest.FeedAnswer, error) {
	list, query, _ := strings.Cut(strings.TrimPrefix(feed.URL, prefix), "?")
	asked, err := url.ParseQuery(query)
	symbol := stockdigest.Symbol(asked.Get("symbols"))
	if err != nil || symbol == "" || list != newsList && list != pressList {
		return stockdigest.FeedAnswer{}, stockdigest.Invalid("FMP has no list at " + feed.URL)
	}
	now := c.Now()
	items, err := c.news(ctx, list, symbol, stockdigest.Window{From: now.Add(-feedReach), To: now.Add(ahead)})
	if err != nil {
		return stockdigest.FeedAnswer{}, err
	}
	return stockdigest.FeedAnswer{Title: "FMP: " + string(symbol), Items: items}, nil
}
