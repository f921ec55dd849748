package web

import (
	"sync"
	"time"
)

// How long tries are counted, and how many names are watched at once: a flood
// from more addresses than that is let forget, as tokens of 128 bits and more
// are not guessed anyway.
const (
	triesSpan = 15 * time.Minute
	maxNames  = 20_000
)

// tries counts tries by name, in this process, up to a limit. It is safe for
// concurrent use.
type tries struct {
	max    int
	now    func() time.Time
	mu     sync.Mutex
	byName map[string]trial
}

type trial struct {
	count int
	since time.Time
}

func newTries(limit int, now func() time.Time) *tries {
	return &tries{max: limit, now: now, byName: map[string]trial{}}
}

// take counts a try before it is made, so that parallel ones cannot pass the
// limit together. Zero means go on; else it is how long to wait.
func (t *tries) take(name string) time.Duration {
	t.mu.Lock()
	defer t.mu.Unlock()
	now := t.now()
	tr, known := t.byName[name]
	if !known || now.Sub(tr.since) >= triesSpan {
		t.makeRoom(now)
		tr = trial{since: now}
	}
	if tr.count >= t.max {
		return triesSpan - now.Sub(tr.since)
	}
	tr.count++
	t.byName[name] = tr
	return 0
}

// forgive takes the tries of a name back, as the last was right.
func (t *tries) forgive(name string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	delete(t.byName, name)
}

// left is how long a name has to wait, without a try.
func (t *tries) left(name string) time.Duration {
	t.mu.Lock()
	defer t.mu.Unlock()
	tr := t.byName[name]
	if tr.count < t.max {
		return 0
	}
	return max(triesSpan-t.now().Sub(tr.since), 0)
}

func (t *tries) makeRoom(now time.Time) {
	if len(t.byName) < maxNames {
		return
	}
	for name, tr := range t.byName {
		if now.Sub(tr.since) >= triesSpan {
			delete(t.byName, name)
		}
	}
	if len(t.byName) >= maxNames {
		clear(t.byName)
	}
}
