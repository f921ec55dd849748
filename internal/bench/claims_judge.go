package bench

import (
	"cmp"
	"slices"
	"sort"
	"time"

	"stockdigest.app/stockdigest"
)

// Claims is what a race for runs came to. A violation counts only when the
// workers' notes leave no other reading.
type Claims struct {
	Claims     int     `json:"claims"`
	OverCap    int     `json:"over_cap"`            // claims that made it more at once than a cap allows
	Priority   int     `json:"priority_violations"` // claims while a run of a better class waited and had room
	FIFO       int     `json:"fifo_violations"`     // claims while an older run of the class waited
	Duplicates int     `json:"duplicates"`          // claims of a run that another worker had
	MostAtOnce int     `json:"most_at_once"`        // runs that were surely held at the same time
	P50        float64 `json:"p50_ms"`              // how long a claim took that got a run
	P99        float64 `json:"p99_ms"`
}

// judgeClaims compares what the workers noted with the rules, given when each
// run, by its place, was surely there.
func judgeClaims(held []Held, made []time.Time, caps stockdigest.Caps) Claims {
	sum := Claims{Claims: len(held)}
	sum.OverCap, sum.MostAtOnce = overCap(held, caps)
	sum.Duplicates = duplicates(held)
	queues := map[stockdigest.Class]queue{}
	for _, class := range stockdigest.Classes() {
		queues[class] = newQueue(class, held, made)
	}
	for _, h := range held {
		if queues[h.Class].waitedBefore(h) {
			sum.FIFO++
		}
		for _, better := range stockdigest.Classes() {
			q := queues[better]
			if better.Rank() < h.Class.Rank() && q.waitedDuring(h) && q.mostDuring(h) < caps.Of(better) {
				sum.Priority++
				break
			}
		}
	}
	sum.P50, sum.P99 = percentile(held, 50), percentile(held, 99)
	return sum
}

// An edge is a moment from which on a worker has one run more, or less.
type edge struct {
	at    int64
	class stockdigest.Class
	by    int
}

// edges lists the moments in their order; what ends in a moment ends before
// what begins in it.
func edges(held []Held, from, to func(Held) int64) []edge {
	var all []edge
	for _, h := range held {
		all = append(all, edge{from(h), h.Class, 1}, edge{to(h), h.Class, -1})
	}
	slices.SortFunc(all, func(a, b edge) int { return cmp.Or(cmp.Compare(a.at, b.at), cmp.Compare(a.by, b.by)) })
	return all
}

func asked(h Held) int64   { return h.Asked }
func claimed(h Held) int64 { return h.Claimed }
func left(h Held) int64    { return h.Left }
func ended(h Held) int64   { return h.Ended }

// overCap counts the claims that broke a cap, and the most runs at once.
func overCap(held []Held, caps stockdigest.Caps) (over, most int) {
	now, total := map[stockdigest.Class]int{}, 0
	for _, e := range edges(held, claimed, left) {
		now[e.class] += e.by
		total += e.by
		most = max(most, total)
		if e.by > 0 && (total > caps.Total || now[e.class] > caps.Of(e.class)) {
			over++
		}
	}
	return over, most
}

func duplicates(held []Held) int {
	seen := map[int]bool{}
	for _, h := range held {
		seen[h.Seq] = true
	}
	return len(held) - len(seen)
}

// A queue is one class as the notes tell of it.
type queue struct {
	seqs  []int   // of its runs, oldest first
	made  []int64 // when each was surely there
	later []int64 // the latest moment at which a claim of this run or an older one began
	moves []edge  // of the spans in which a run may have been held
	level []int   // how many may have been held from each of the moves on
}

func newQueue(class stockdigest.Class, held []Held, made []time.Time) queue {
	own := slices.DeleteFunc(slices.Clone(held), func(h Held) bool { return h.Class != class })
	slices.SortFunc(own, func(a, b Held) int { return cmp.Or(cmp.Compare(a.Seq, b.Seq), cmp.Compare(a.Asked, b.Asked)) })
	var q queue
	last := int64(0)
	for i, h := range own {
		if i > 0 && own[i-1].Seq == h.Seq {
			continue // the first claim tells how long it waited
		}
		last = max(last, h.Asked)
		q.seqs, q.made, q.later = append(q.seqs, h.Seq), append(q.made, made[h.Seq].UnixNano()), append(q.later, last)
	}
	q.moves = edges(own, asked, ended)
	n := 0
	for _, e := range q.moves {
		n += e.by
		q.level = append(q.level, n)
	}
	return q
}

// waitedBefore reports whether a run of the queue that is older than h's was
// claimed only after h was. It was there, being older.
func (q queue) waitedBefore(h Held) bool {
	i, _ := slices.BinarySearch(q.seqs, h.Seq)
	return i > 0 && q.later[i-1] > h.Claimed
}

// waitedDuring reports whether a run of the queue was there before the claim of
// h began and was claimed only after it.
func (q queue) waitedDuring(h Held) bool {
	i := sort.Search(len(q.made), func(i int) bool { return q.made[i] >= h.Asked })
	return i > 0 && q.later[i-1] > h.Claimed
}

// mostDuring is how many runs of the queue may have been held at some moment of
// h's claim.
func (q queue) mostDuring(h Held) int {
	i := sort.Search(len(q.moves), func(i int) bool { return q.moves[i].at > h.Asked })
	most := 0
	if i > 0 {
		most = q.level[i-1]
	}
	for ; i < len(q.moves) && q.moves[i].at <= h.Claimed; i++ {
		most = max(most, q.level[i])
	}
	return most
}

// percentile is how many milliseconds the claims took of which p in 100 took
// no longer.
func percentile(held []Held, p int) float64 {
	took := make([]int64, len(held))
	for i, h := range held {
		took[i] = h.Claimed - h.Asked
	}
	slices.Sort(took)
	if len(took) == 0 {
		return 0
	}
	micros := took[min(len(took)*p/100, len(took)-1)] / 1000
	return float64(micros) / 1000
}
