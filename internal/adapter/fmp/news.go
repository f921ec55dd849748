package fmp

import (
	"context"
	"encoding/json"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"stockdigest.app/stockdigest"
)

const (
	maxNews  = 250     // of one question, what the service gives at most
	maxTitle = 500     // bytes
	maxText  = 4 << 10 // bytes of an excerpt; the service cuts at about 1,500

	newsList  = "news/stock"
	pressList = "news/press-releases"
)

// News returns what newspapers wrote about a symbol in a window, newest first.
// Descriptions are the beginnings of the texts.
func (c *Client) News(ctx context.Context, symbol stockdigest.Symbol, w stockdigest.Window) ([]stockdigest.FeedItem, error) {
	return c.news(ctx, newsList, symbol, w)
}

// PressReleases returns what a company gave to the press in a window, newest
// first. Descriptions are the beginnings of the texts.
func (c *Client) PressReleases(ctx context.Context, symbol stockdigest.Symbol, w stockdigest.Window) ([]stockdigest.FeedItem, error) {
	return c.news(ctx, pressList, symbol, w)
}

// news asks with symbols=, for symbol= is ignored without a word.
func (c *Client) news(ctx context.Context, what string, symbol stockdigest.Symbol, w stockdigest.Window) ([]stockdigest.FeedItem, error) {
	rows, err := c.rows(ctx, what, url.Values{
		"symbols": {string(symbol)}, "limit": {strconv.Itoa(maxNews)},
		"from": {string(stockdigest.DayOf(w.From, c.zone))}, "to": {string(stockdigest.DayOf(w.To, c.zone))},
	})
	if err != nil {
		return nil, err
	}
	var items []stockdigest.FeedItem
	for _, row := range rows {
		if it, ok := c.item(row, symbol); ok && w.Holds(it.Published) && len(items) < maxNews {
			items = append(items, it)
		}
	}
	slices.SortStableFunc(items, func(a, b stockdigest.FeedItem) int { return b.Published.Compare(a.Published) })
	return items, nil
}

// item reads one row. The link is the article's own: a row without one leads
// nowhere and is left out.
func (c *Client) item(row json.RawMessage, symbol stockdigest.Symbol) (stockdigest.FeedItem, bool) {
	var n struct {
		Symbol        string `json:"symbol"`
		PublishedDate string `json:"publishedDate"`
		Publisher     string `json:"publisher"`
		Title         string `json:"title"`
		Site          string `json:"site"`
		Text          string `json:"text"`
		URL           string `json:"url"`
	}
	if json.Unmarshal(row, &n) != nil || !same(n.Symbol, symbol) {
		return stockdigest.FeedItem{}, false
	}
	at, dated := moment(n.PublishedDate, c.zone)
	link := strings.TrimSpace(n.URL)
	if _, err := stockdigest.CanonicalURL(link); err != nil || !dated {
		return stockdigest.FeedItem{}, false
	}
	it := stockdigest.FeedItem{
		GUID: link, Link: link, Title: line(n.Title, maxTitle), Description: line(n.Text, maxText),
		Publisher: line(n.Publisher, 100), Published: at,
	}
	if site := strings.ToLower(n.Site); strings.Contains(site, ".") && strings.Trim(site, hostLetters) == "" {
		it.PublisherURL = "https://" + site + "/"
	}
	return it, it.Title != ""
}

const hostLetters = "abcdefghijklmnopqrstuvwxyz0123456789.-"

// same tells whether a row is about the symbol that was asked for. The service
// writes some classes of shares with a point.
func same(told string, symbol stockdigest.Symbol) bool {
	plain := func(s string) string { return strings.ReplaceAll(strings.ToUpper(strings.TrimSpace(s)), ".", "-") }
	return plain(told) == plain(string(symbol))
}

// line is text on one line without invisible characters, cut between letters.
func line(s string, most int) string {
	s = strings.Map(func(r rune) rune {
		switch {
		case unicode.IsSpace(r):
			return ' '
		case !unicode.IsPrint(r):
			return -1
		}
		return r
	}, strings.ToValidUTF8(s, ""))
	s = strings.Join(strings.Fields(s), " ")
	if len(s) <= most {
		return s
	}
	for most > 0 && !utf8.RuneStart(s[most]) {
		most--
	}
	return strings.TrimSpace(s[:most])
}
