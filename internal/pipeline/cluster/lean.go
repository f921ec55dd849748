package cluster

import (
	"strings"

	"stockdigest.app/stockdigest/internal/text"
)

// leans are the directions a headline takes on the topics where the opposite
// is another story. Each topic has two bits, up and down.
type leans uint16

const (
	leanGuidance leans = 1 << (2 * iota)
	leanResults
	leanRating
	leanTarget
	leanDividend
	leanShares
	leanRuling
)

// upBits are the up bits of all topics.
const upBits leans = 0x5555

// against reports whether l takes the opposite direction of o on some topic.
func (l leans) against(o leans) bool {
	return l&upBits&(o>>1) != 0 || o&upBits&(l>>1) != 0
}

// leansOf reads the directions of a headline. One that goes both ways on a
// topic ("beats on revenue, misses on profit") takes none on it.
func leansOf(title string) leans {
	var all, topics, ways leans
	topic := func(t leans) { topics |= t }
	for _, word := range text.Words(title) {
		if t, up := decided(word); t != 0 {
			all |= t << bit(!up)
			continue
		}
		switch text.Stem(word) {
		case "guidanc", "forecast", "outlook":
			topic(leanGuidance)
		case "target":
			topic(leanTarget)
		case "dividend", "payout":
			topic(leanDividend)
		case "share", "stock":
			topic(leanShares)
		}
		ways |= way(word)
	}
	if both := leans(3); ways != both && ways != 0 {
		// A direction belongs to the most specific topic of the headline.
		for _, t := range []leans{leanTarget, leanGuidance, leanDividend, leanShares} {
			if topics&t != 0 {
				all |= t << bit(ways == 2)
				break
			}
		}
	}
	conflicted := all & upBits & (all >> 1)
	return all &^ (conflicted | conflicted<<1)
}

func bit(down bool) int {
	if down {
		return 1
	}
	return 0
}

// decided knows words that carry topic and direction at once.
func decided(word string) (topic leans, up bool) {
	switch word {
	case "beats", "beat", "tops", "topped", "exceeds", "exceeded":
		return leanResults, true
	case "misses", "missed", "miss":
		return leanResults, false
	case "upgrade", "upgrades", "upgraded":
		return leanRating, true
	case "downgrade", "downgrades", "downgraded":
		return leanRating, false
	case "approves", "approved", "clears", "cleared", "upholds", "upheld":
		return leanRuling, true
	case "rejects", "rejected", "denies", "denied", "blocks", "blocked", "overturns", "overturned":
		return leanRuling, false
	}
	return 0, false
}

// way returns 1 for a word that goes up, 2 for one that goes down, else 0.
func way(word string) leans {
	const up = " raises raised raise raising hikes hiked hike boosts boosted boost lifts lifted lift increases increased increase " +
		"rises rose rise rising climbs climbed jumps jumped jump surges surged surge soars soared gains gained rallies rallied rally "
	const down = " cuts cut cutting lowers lowered lower slashes slashed slash trims trimmed trim reduces reduced reduce suspends suspended " +
		"falls fell fall falling drops dropped drop slides slid slumps slumped tumbles tumbled plunges plunged plunge sinks sank declines declined "
	key := " " + word + " "
	switch {
	case strings.Contains(up, key):
		return 1
	case strings.Contains(down, key):
		return 2
	}
	return 0
}
