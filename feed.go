package stockdigest

import (
	"slices"
	"time"
)

// A Role says why a ticker reads a feed. It lives in the relation (ticker,
// feed, role) and nowhere else: the same feed may be company news for one
// ticker and competitor news for another.
type Role string

// The roles, in the order sources are listed.
const (
	RoleCompany    Role = "company"
	RoleIndustry   Role = "industry"
	RoleCompetitor Role = "competitor"
	RoleUpstream   Role = "upstream"
	RoleDownstream Role = "downstream"
)

// Roles lists every role in the order of importance: when one article reaches
// a ticker in several roles, the first of them wins.
func Roles() []Role {
	return []Role{RoleCompany, RoleIndustry, RoleCompetitor, RoleUpstream, RoleDownstream}
}

// Validate refuses a role outside the list.
func (r Role) Validate() error {
	if slices.Contains(Roles(), r) {
		return nil
	}
	return Invalid("unknown role " + quote(string(r)) + ": use company, industry, competitor, upstream or downstream")
}

// A Feed is one URL that lists articles. It is shared by all tickers.
type Feed struct {
	URL    string
	Source string // google, yahoo, or feed for one an operator added
	Health FeedHealth
}

// FeedHealth is what the last polls of a feed showed.
type FeedHealth struct {
	ETag         string // validators for the next conditional GET
	LastModified string
	PolledAt     time.Time // zero when never polled
	Error        string    // of the last poll, empty when it worked
	Failures     int       // failed polls in a row
	Items        int       // items in the last poll that worked
	Empty        int       // polls in a row that worked and listed nothing ("silent zero")
}

// A TickerFeed is a feed in the role a ticker reads it.
type TickerFeed struct {
	Feed    Feed
	Role    Role
	Subject string // the keyword or peer symbol the feed stands for; empty for company feeds
}

// A FeedItem is one entry of a feed, as read: nothing in it is trusted.
type FeedItem struct {
	GUID         string
	Link         string // absolute
	Title        string // plain text
	Description  string // plain text, may be empty
	Publisher    string // what the feed says; may be empty
	PublisherURL string
	Author       string
	Published    time.Time // zero when the item has no readable date
}

// A Poll is the outcome of reading one feed in one run.
type Poll struct {
	FeedURL     string
	At          time.Time
	NotModified bool // the feed answered 304: items of earlier polls stand
	Items       int  // entries the feed listed
	Health      FeedHealth
	Error       string // empty when the poll worked
}

// A FeedAnswer is what reading a feed gave.
type FeedAnswer struct {
	Title        string
	Items        []FeedItem // as listed; empty when NotModified
	NotModified  bool       // the server answered 304
	ETag         string     // validators for the next read
	LastModified string
}

// A Found is an article that a poll brought to a run, with the verdict of the
// ingest filters: Pending when it may go on.
type Found struct {
	Article Article
	Link    string // as the feed gave it
	Role    Role
	Subject string
	Verdict Verdict
}
