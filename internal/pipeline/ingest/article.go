package ingest

import (
	"strings"
	"time"

	"stockdigest.app/stockdigest"
)

// articles makes one Found of every page that a feed lists now or listed
// before in the window, in the order of the feed. Items without a usable link
// are no articles.
func (s *Step) articles(run stockdigest.Run, feed stockdigest.TickerFeed, r reading, earlier []stockdigest.Article, told map[string]string) []stockdigest.Found {
	known := make(map[stockdigest.ArticleID]stockdigest.Article, len(earlier))
	for _, a := range earlier {
		known[a.ID] = a
	}
	var found []stockdigest.Found
	at := map[stockdigest.ArticleID]int{}
	add := func(a stockdigest.Article, link string) {
		if i, ok := at[a.ID]; ok {
			found[i].Article = unite(found[i].Article, a)
			return
		}
		at[a.ID] = len(found)
		found = append(found, stockdigest.Found{Article: a, Link: link, Role: feed.Role, Subject: feed.Subject})
	}
	for _, item := range r.answer.Items {
		a, ok := s.article(item, firstSeen(r.at, run.AsOf), told)
		if !ok {
			continue
		}
		if before, ok := known[a.ID]; ok {
			a = unite(before, a)
		}
		add(a, item.Link)
	}
	for _, a := range earlier {
		if run.Window().Holds(a.PublishedAt) {
			add(a, a.URL)
		}
	}
	return found
}

// firstSeen is the time an undated item gets: when it was read, and not later
// than the time the report speaks of, or it would be news from the future.
func firstSeen(read, asOf time.Time) time.Time {
	if read.After(asOf) {
		return asOf
	}
	return read
}

// article makes an Article of a feed item; ok is false without a usable link.
func (s *Step) article(item stockdigest.FeedItem, seen time.Time, told map[string]string) (a stockdigest.Article, ok bool) {
	address, ok := identity(item.Link)
	if !ok {
		return stockdigest.Article{}, false
	}
	publisher := s.policy.publisher(address, item, told)
	a = stockdigest.Article{
		ID:          stockdigest.NewArticleID(address),
		URL:         address,
		Title:       stockdigest.TrimPublisher(stockdigest.TrimPublisher(item.Title, item.Publisher), publisher),
		Publisher:   publisher,
		Description: item.Description,
		Author:      item.Author,
		PublishedAt: item.Published,
		Dated:       true,
		FirstSeenAt: seen,
	}
	if item.Published.IsZero() {
		a.PublishedAt, a.Dated = seen, false
	}
	return a, true
}

// identity opens a link as far as that goes without the network.
func identity(link string) (address string, ok bool) {
	if target, opened := stockdigest.Unwrap(link); opened {
		link = target
	}
	address, err := stockdigest.CanonicalURL(link)
	return address, err == nil
}

// publishersTold maps sites to the publisher that any feed of the run names
// for their pages, the longest name where they differ: a feed that names none
// profits from one that does. Saved candidates say what feeds read before a
// crash told.
func publishersTold(candidates []stockdigest.Candidate, readings []reading) map[string]string {
	told := map[string]string{}
	add := func(address, name string) {
		at := site(host(address))
		if known := told[at]; len(name) > len(known) || len(name) == len(known) && name < known {
			told[at] = name
		}
	}
	for _, c := range candidates {
		add(c.Article.URL, c.Article.Publisher)
	}
	for _, r := range readings {
		for _, item := range r.answer.Items {
			if address, ok := identity(item.Link); ok {
				add(address, publisherName(item.Publisher))
			}
		}
	}
	delete(told, site(host("https://news.google.com/"))) // an aggregator's pages have many publishers
	return told
}

// unite merges two sightings of one article: what the first does not know the
// second may tell; a told date beats an assumed one, and the earlier stands.
func unite(a, b stockdigest.Article) stockdigest.Article {
	if a.Title == "" {
		a.Title = b.Title
	}
	if a.Publisher == "" {
		a.Publisher = b.Publisher
	}
	if len(b.Description) > len(a.Description) {
		a.Description = b.Description
	}
	if a.Author == "" {
		a.Author = b.Author
	}
	if b.FirstSeenAt.Before(a.FirstSeenAt) {
		a.FirstSeenAt = b.FirstSeenAt
	}
	if b.Dated && !a.Dated || a.Dated == b.Dated && b.PublishedAt.Before(a.PublishedAt) {
		a.PublishedAt, a.Dated = b.PublishedAt, b.Dated
	}
	return a
}

// identities knows the articles of a run by publisher and title, so that one
// page under two addresses is one candidate.
type identities struct {
	byTitle map[string][]stockdigest.Article
	atNight map[stockdigest.ArticleID]bool // looked at in the night that a refresh adds to
}

// newIdentities starts with what the run found before a crash.
func newIdentities(candidates []stockdigest.Candidate) *identities {
	ids := &identities{byTitle: map[string][]stockdigest.Article{}}
	for _, c := range candidates {
		if c.Verdict.Decision == stockdigest.Pending {
			ids.keep(c.Article)
		}
	}
	return ids
}

// sameDay is how far apart two feeds may date one article.
const sameDay = 24 * time.Hour

// kept returns the article that a is a copy of: same publisher, same title,
// same day, another address.
func (ids *identities) kept(a stockdigest.Article) (stockdigest.Article, bool) {
	for _, other := range ids.byTitle[titleKey(a)] {
		if other.ID == a.ID {
			return stockdigest.Article{}, false
		}
		if apart := other.PublishedAt.Sub(a.PublishedAt).Abs(); apart < sameDay {
			return other, true
		}
	}
	return stockdigest.Article{}, false
}

func (ids *identities) keep(a stockdigest.Article) {
	key := titleKey(a)
	if key != "" {
		ids.byTitle[key] = append(ids.byTitle[key], a)
	}
}

// shortTitle is the length in bytes below which a title ("Markets", "Morning
// brief") is no identity.
const shortTitle = 15

func titleKey(a stockdigest.Article) string {
	title := stockdigest.NormalTitle(a.Title)
	publisher := publisherKey(a)
	if len(title) < shortTitle || publisher == "" {
		return ""
	}
	return publisher + "\n" + title
}

// publisherKey names the publisher for comparing: its name, or what its domain
// says, without blanks, so that "The Verge" and theverge.com are one.
func publisherKey(a stockdigest.Article) string {
	name := a.Publisher
	if name == "" && !isAggregator(host(a.URL)) {
		name, _, _ = strings.Cut(site(host(a.URL)), ".")
	}
	name = strings.TrimSuffix(strings.ToLower(name), ".com")
	return strings.ReplaceAll(stockdigest.NormalTitle(name), " ", "")
}
