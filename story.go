package stockdigest

import "time"

// A StoryID is derived from the ticker and the story's first source, so a
// replay gives the same ID.
type StoryID string

// NewStoryID returns the ID of the story of ticker that began with a source:
// an ArticleID or an Accession.
func NewStoryID(ticker Symbol, firstSource string) StoryID {
	return StoryID("s" + Hash(string(ticker) + "\n" + firstSource)[:20])
}

// A StoryState says how a story stands to what the ticker's readers were told.
type StoryState string

// The states of a story in a run.
const (
	StoryNew    StoryState = "new"
	StoryUpdate StoryState = "update" // told before, and something changed
	StoryRepeat StoryState = "repeat" // told before, nothing changed
)

// A Story is a cluster of articles and filings about one event of one ticker.
type Story struct {
	ID        StoryID
	Ticker    Symbol
	Headline  string
	State     StoryState
	Change    string // for updates: the changed fact in one line
	FirstSeen time.Time
	LastTold  time.Time   // as-of time of the last report that told it; zero when never
	Articles  []ArticleID // of this run, most representative first
	Filings   []Accession
}

// A ToldStory is what the memory keeps of a story that a report told: enough
// to recognise it again and to see what changed.
type ToldStory struct {
	Story  Story
	ToldAt time.Time // as-of time of that report
	Texts  []string  // the bullets told, oldest first
	Titles []string  // headlines of its sources
	Bodies []string  // texts of its sources, for likeness; may be shortened
}
