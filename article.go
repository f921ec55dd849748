package stockdigest

import (
	"crypto/sha256"
	"encoding/hex"
	"time"
)

// An ArticleID is derived from the canonical URL, so that any two machines
// give the same article the same ID.
type ArticleID string

// NewArticleID returns the ID of the article at a canonical URL.
func NewArticleID(canonicalURL string) ArticleID {
	return ArticleID("a" + Hash(canonicalURL)[:20])
}

// An Article is one page, known by its canonical URL and shared by all tickers.
type Article struct {
	ID          ArticleID
	URL         string // canonical, see CanonicalURL; a wrapper link that cannot be opened offline stays as it is until extract resolves it
	Title       string // as the feed told it, publisher suffix removed
	Publisher   string // for people: "Reuters"; empty when unknown, never guessed
	Description string // plain text from the feed
	Author      string
	PublishedAt time.Time // from the feed; FirstSeenAt when it told none
	Dated       bool      // PublishedAt was told, not assumed
	FirstSeenAt time.Time
}

// A TextLabel says what a Text is when it is not the whole article.
type TextLabel string

// The labels of texts. The zero value is a full article.
const (
	TextFull     TextLabel = ""
	TextPaywall  TextLabel = "paywalled" // headline and description only
	TextHeadline TextLabel = "headline"  // the page gave no text: headline and description only
)

// A Text is the stored text of an article. Offsets of Evidence count bytes of
// Body. Body never changes once stored.
type Text struct {
	ArticleID   ArticleID
	Body        string // UTF-8, paragraphs divided by a blank line
	Hash        string // Hash(Body)
	Title       string // the page's own headline; empty when not found
	Author      string
	PublishedAt time.Time // the page's own time; zero when not found
	Language    string    // two letters, empty when unsure
	Label       TextLabel
	FetchedAt   time.Time
	FinalURL    string // canonical URL after redirects and resolution
	Publisher   string // as the page names itself; saving fills it into an article whose feeds told none, and it is not read back
}

// A Miss is a page that could not be had.
type Miss struct {
	ArticleID ArticleID
	At        time.Time
	Cause     string    // one line for people
	NextTry   time.Time // zero: never
}

// Hash returns the SHA-256 of s in hex.
func Hash(s string) string {
	sum := sha256.Sum256([]byte(s))
	return hex.EncodeToString(sum[:])
}

// A Decision is what became of an article in a run.
type Decision string

// The decisions. Candidates start pending; a finished run has none pending.
const (
	Pending   Decision = "pending"
	Selected  Decision = "selected"
	Rejected  Decision = "rejected"
	Duplicate Decision = "duplicate" // the same text as another candidate
)

// A Verdict is a decision with the gate that made it and its reason, the
// "why not" that people can read.
type Verdict struct {
	ArticleID ArticleID
	Decision  Decision
	Gate      string    // short and stable: window, spam, publisher, entity, shopping, list, price-move, cap, text, industry, ...
	Reason    string    // one line for people, names the evidence: "names Apple Hospitality, not Apple"
	Score     int       // triage score; higher is more important
	Of        ArticleID // for duplicates: the candidate that is kept
}

// A Candidate is an article as one run sees it.
type Candidate struct {
	Article Article
	Role    Role
	Subject string // keyword or peer the feed stood for
	Verdict Verdict
	Text    *Text   // nil until extracted
	Miss    *Miss   // the last failed try, nil when none
	Story   StoryID // empty until clustered
}
