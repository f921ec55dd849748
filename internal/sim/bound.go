package sim

import (
	"cmp"
	"maps"
	"net/http"
	"slices"
	"time"
)

// A Bound is the time below which nobody can do the work of a log: not with
// more machines, and not with better plans. Wall time over bound is the honest
// figure of speed.
type Bound struct {
	Total     time.Duration              `json:"total"`
	Binds     string                     `json:"binds"`    // what the total comes from
	Critical  time.Duration              `json:"critical"` // longest path of one ticker
	Providers map[Provider]time.Duration `json:"providers"`
	CPU       time.Duration              `json:"cpu"`
}

// stages are what a ticker's work must go through one after the other. Inside a
// stage everything may happen at once.
func stages() [][]string {
	return [][]string{{"feed", "submissions"}, {"filing"}, {"vote"}, {"page"}, {"read"}, {"write"}}
}

// LowerBound computes the bound of the work in a log, done by processes that
// took cpu on so many cores. Work that was done twice, refused or broken counts
// once or not at all, and what a provider lets through in one go is free.
func LowerBound(log Log, cpu time.Duration, cores int) Bound {
	work := necessary(log.Entries)
	b := Bound{Critical: critical(work), Providers: map[Provider]time.Duration{}, CPU: cpu / time.Duration(max(cores, 1))}
	for _, p := range Providers() {
		b.Providers[p] = busy(work, p, log.Limits[p])
	}
	b.Total, b.Binds = b.Critical, "longest ticker"
	for _, p := range Providers() {
		if b.Providers[p] > b.Total {
			b.Total, b.Binds = b.Providers[p], string(p)
		}
	}
	if b.CPU > b.Total {
		b.Total, b.Binds = b.CPU, "cpu"
	}
	return b
}

// necessary returns each piece of work once, as the fastest answer to it.
func necessary(entries []Entry) []Entry {
	once := map[string]Entry{}
	for _, e := range entries {
		if e.Over || e.End.IsZero() || e.Status != http.StatusOK && e.Status != http.StatusNotModified {
			continue
		}
		key := string(e.Provider) + " " + e.Key
		if before, done := once[key]; !done || e.Took < before.Took {
			once[key] = e
		}
	}
	return slices.SortedFunc(maps.Values(once), func(a, b Entry) int { return cmp.Compare(a.Key, b.Key) })
}

// critical is the longest path of a ticker: the slowest answer of each stage.
func critical(work []Entry) time.Duration {
	longest := map[string]time.Duration{}
	for _, routes := range stages() {
		slowest := map[string]time.Duration{}
		for _, e := range work {
			if !slices.Contains(routes, e.Route) {
				continue
			}
			for _, ticker := range e.Tickers {
				slowest[ticker] = max(slowest[ticker], e.Took)
			}
		}
		for ticker, took := range slowest {
			longest[ticker] += took
		}
	}
	var most time.Duration
	for _, took := range longest {
		most = max(most, took)
	}
	return most
}

// busy is how long a provider needs for its part.
func busy(work []Entry, p Provider, l Limit) time.Duration {
	var calls, tokens float64
	var took time.Duration
	for _, e := range work {
		if e.Provider == p {
			calls++
			tokens += float64(e.Tokens)
			took += e.Took
		}
	}
	var most time.Duration
	if l.Parallel > 0 {
		most = took / time.Duration(l.Parallel)
	}
	if l.Rate > 0 {
		most = max(most, seconds((calls-max(l.Rate, 1))/l.Rate))
	}
	if l.Tokens > 0 {
		most = max(most, seconds((tokens-float64(l.Tokens))/float64(l.Tokens)*60))
	}
	return most
}

func seconds(s float64) time.Duration { return time.Duration(s * float64(time.Second)) }
