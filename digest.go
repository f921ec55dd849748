package stockdigest

import "time"

// A Digest is one reader's mail of a day: an ordered set of reports. It is a
// value made from stored reports; rendering it changes nothing.
type Digest struct {
	AsOf     time.Time
	TimeZone string // IANA name, for the times people read
	Reports  []Report
}
