package ingest

import (
	"net/url"
	"strings"

	"stockdigest.app/stockdigest"
)

// GoogleNews returns the address of Google News' search feed for the last week
// of news about a company: its name, word for word, beside "stock".
func GoogleNews(name string) string {
	query := url.Values{}
	query.Set("q", `"`+strings.ReplaceAll(name, `"`, "")+`" stock when:7d`)
	query.Set("hl", "en-US")
	query.Set("gl", "US")
	query.Set("ceid", "US:en")
	return "https://news.google.com/rss/search?" + query.Encode()
}

// Yahoo returns the address of Yahoo Finance's headline feed for a symbol.
func Yahoo(symbol string) string {
	query := url.Values{}
	query.Set("s", symbol)
	query.Set("region", "US")
	query.Set("lang", "en-US")
	return "https://feeds.finance.yahoo.com/rss/2.0/headline?" + query.Encode()
}

// Plan returns the feeds of a ticker in live mode: one search and one headline
// feed about the company.
func Plan(t stockdigest.Ticker) []stockdigest.TickerFeed {
	return []stockdigest.TickerFeed{
		{Feed: stockdigest.Feed{URL: GoogleNews(searchName(t.Name)), Source: "google"}, Role: stockdigest.RoleCompany},
		{Feed: stockdigest.Feed{URL: Yahoo(string(t.Symbol)), Source: "yahoo"}, Role: stockdigest.RoleCompany},
	}
}

// searchName is the name as headlines have it: without an article before it and
// share classes and legal forms at its end.
func searchName(legal string) string {
	words := strings.Fields(strings.ReplaceAll(legal, ",", " "))
	for len(words) > 1 && isLegalWord(words[len(words)-1]) {
		words = words[:len(words)-1]
	}
	if len(words) > 1 && words[0] == "The" {
		words = words[1:]
	}
	return strings.Join(words, " ")
}

func isLegalWord(word string) bool {
	switch strings.Trim(strings.ToLower(word), ".()") {
	case "inc", "incorporated", "corp", "corporation", "co", "company", "ltd", "limited", "plc", "llc", "lp", "ag", "se", "sa", "s.a", "nv", "n.v", "ab", "asa",
		"oyj", "spa", "kgaa", "holdings", "holding", "group", "trust", "the", "new", "&", "de", "adr", "ads":
		return true
	}
	return false
}
