package stockdigest

import "time"

// An Alert is one story that is told between digests: an article or a filing
// that came in through the day and matters by rules.
type Alert struct {
	Story       StoryID   `json:"story"`
	Ticker      Symbol    `json:"ticker"`
	Company     string    `json:"company"`
	Headline    string    `json:"headline"`
	Why         string    `json:"why"` // why it matters, by which rule
	URL         string    `json:"url"` // of the source
	Publisher   string    `json:"publisher,omitempty"`
	PublishedAt time.Time `json:"published_at"`
	Form        string    `json:"form,omitempty"`  // of a filing
	Items       []string  `json:"items,omitempty"` // of a filing, as filed
}
