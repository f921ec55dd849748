package calls

import (
	"maps"
	"sync"
	"time"

	"stockdigest.app/stockdigest"
)

const (
	// A run that has waited for nothing as long as one ask may has this part of its
	// patience left for each of the others, and no second try. A report is worth
	// more than the answer of a provider in trouble, and the next one may be well.
	brief = 20
	// A run is forgotten that long after its last failure: none lasts longer.
	forget = 6 * time.Hour
)

// A trust keeps how long each run has waited for answers that never came. It is
// safe for concurrent use.
type trust struct {
	now      func() time.Time
	patience time.Duration // of one ask

	mu   sync.Mutex
	lost map[stockdigest.RunID]loss
}

type loss struct {
	waited time.Duration // by all asks together
	last   time.Time
}

// left is how long an ask of run may wait for a provider in trouble, and how
// often its prompt may be sent.
func (t *trust) left(run stockdigest.RunID) (wait time.Duration, tries int) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if wait = t.patience - t.lost[run].waited; wait > t.patience/brief {
		return wait, maxTries
	}
	return t.patience / brief, 1
}

// lose notes that an ask of run waited for nothing since start; zero is never.
func (t *trust) lose(run stockdigest.RunID, start time.Time) {
	if start.IsZero() {
		return
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	now := t.now()
	maps.DeleteFunc(t.lost, func(_ stockdigest.RunID, l loss) bool { return now.Sub(l.last) > forget })
	t.lost[run] = loss{t.lost[run].waited + now.Sub(start), now}
}
