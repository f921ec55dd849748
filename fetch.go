package stockdigest

import "time"

// A Body is an answer from the outside: complete, within its size cap, and for
// text decoded to UTF-8.
type Body struct {
	URL          string // as asked
	FinalURL     string // after redirects
	Status       int
	ContentType  string // media type without parameters, lower case
	Bytes        []byte
	NotModified  bool // 304 to a conditional request: Bytes is empty
	ETag         string
	LastModified string
	FetchedAt    time.Time
}
