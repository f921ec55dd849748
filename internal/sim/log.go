package sim

import (
	"slices"
	"sync"
	"time"
)

// An Entry is one request to the pretend world.
type Entry struct {
	Provider Provider      `json:"provider"`
	Route    string        `json:"route"`             // feed, page, robots, submissions, filing, read, write
	Key      string        `json:"key"`               // of what was asked: an address, or a model and its words
	Tickers  []string      `json:"tickers,omitempty"` // whose work it is
	Start    time.Time     `json:"start"`
	End      time.Time     `json:"end,omitzero"`     // zero: under way
	Took     time.Duration `json:"took"`             // the latency that the world gave it
	Tokens   int           `json:"tokens,omitempty"` // sent and answered, of a model
	Status   int           `json:"status"`           // 0: none was sent; 499: the client went away
	Fault    FaultKind     `json:"fault,omitempty"`
	Over     bool          `json:"over,omitempty"` // it was above the provider's limit
}

// A Log is what was asked, in the order of arrival, with the limits that held.
type Log struct {
	Limits  map[Provider]Limit `json:"limits"`
	Entries []Entry            `json:"entries"`
}

// diary keeps the log and counts how often each thing was asked.
type diary struct {
	mu      sync.Mutex
	entries []*Entry
	times   map[string]int
}

// begin logs a request and returns how often its like was made before.
func (d *diary) begin(e *Entry) int {
	d.mu.Lock()
	defer d.mu.Unlock()
	before := d.times[e.Key]
	d.times[e.Key]++
	d.entries = append(d.entries, e)
	return before
}

// note changes an entry under the lock.
func (d *diary) note(change func()) {
	d.mu.Lock()
	defer d.mu.Unlock()
	change()
}

func (d *diary) all() []Entry {
	d.mu.Lock()
	defer d.mu.Unlock()
	all := make([]Entry, 0, len(d.entries))
	for _, e := range d.entries {
		all = append(all, *e)
	}
	return all
}

// reset forgets what has ended; what is under way stays.
func (d *diary) reset() {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.entries = slices.DeleteFunc(d.entries, func(e *Entry) bool { return !e.End.IsZero() })
	clear(d.times)
}
