package stockdigest

import "time"

// A Turn is leave to use something that only a few may use at once, over all
// processes together: a host, or the page of an article.
type Turn struct {
	ID        string // made by who asks: the same turn again is the same turn
	Of        string // what it is a turn of, such as "host sec.gov"
	Worker    string // the process that asks
	Parallel  int    // turns at once; 0 is no limit
	PerSecond float64
	Lease     time.Duration // after which it is over without being left
}
