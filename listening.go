package stockdigest

import "time"

// A Listing is what a feed lists at a moment, read outside any run.
type Listing struct {
	Poll  Poll
	Found []Found                // judged by the filters: Pending when it may go on
	Seen  map[ArticleID]struct{} // of these, what an earlier poll of the feed listed
}

// An AlertGround is what is known of a company when somebody looks for news
// that cannot wait.
type AlertGround struct {
	Ticker  Ticker
	Feeds   []TickerFeed
	Looked  time.Time    // the look before; zero: there was none
	Filings []SeenFiling // of the window, newest first
	Told    []ToldStory
	Report  *Report // the newest daily or weekly one of the last days; nil: none
}

// A SeenFiling is a filing that a check found.
type SeenFiling struct {
	Filing
	SeenAt time.Time
	Fresh  bool // it was not there at the company's first check
}

// An AlertLook is a look at a company with what came of it.
type AlertLook struct {
	Ticker   Symbol
	Before   time.Time // the look before, as it was when this one began; zero: none
	At       time.Time
	Listings []Listing
	Mails    []Delivery
}
