package verify

import (
	"slices"
	"strings"

	"stockdigest.app/stockdigest/internal/text"
)

// A voice is somebody whose words are told: "said Acme", "according to analysts".
type voice struct {
	piece int    // of the name or the noun
	noun  string // what people of a trade are called; empty for a name
}

// Bounds of the search for who speaks, in pieces.
const (
	nearVoice = 6  // of a statement: who speaks stands beside the verb
	farVoice  = 12 // of the evidence: whoever may be meant
)

// attributions checks that who speaks in the statement speaks in the evidence,
// or published it. Evidence in which nobody speaks, or only "the company" or
// "he", tells nothing against a name that it holds.
func (c *comparison) attributions() {
	theirs, anybody := c.e.heard()
	for _, v := range c.b.voices() {
		word := c.b.pieces[v.piece].span.Of(c.b.s)
		switch {
		case v.noun != "":
			if !c.e.tradeIn(v.noun) && !c.titles.tradeIn(v.noun) {
				c.fail(word, KindVoice, "says that %s say so, its evidence does not", clean(word))
			}
		case anybody || len(theirs) == 0 || c.published(c.b.pieces[v.piece].key):
		case !slices.ContainsFunc(theirs, func(at int) bool { return c.alike(c.b.pieces[v.piece], c.e.pieces[at]) }):
			c.fail(word, KindVoice, "says that %s says so, its evidence says %s", clean(word), clean(c.e.pieces[theirs[0]].span.Of(c.e.s)))
		}
	}
}

// published reports whether a line of the titles is the name, as that of a
// publisher is.
func (c *comparison) published(key string) bool {
	for line := range strings.Lines(c.titles.s) {
		words := text.Words(line)
		if len(words) <= len(strings.Fields(key))+2 && strings.Contains(" "+strings.Join(words, " ")+" ", " "+key+" ") {
			return true
		}
	}
	return false
}

// voices are those to whom r gives its words, the nearest of each verb.
func (r *reading) voices() []voice {
	var found []voice
	for i, p := range r.pieces {
		var at int
		switch {
		case p.family != plainWord:
			continue
		case r.cites(i):
			at = r.speaker(i, +1, nearVoice)
		case !speech(p.key):
			continue
		case r.inverted(i) && r.speaker(i, +1, 1) >= 0:
			at = r.speaker(i, +1, 1)
		default:
			at = r.speaker(i, -1, nearVoice)
		}
		if at >= 0 {
			found = append(found, voice{piece: at, noun: trade(r.pieces[at].key)})
		}
	}
	return found
}

// heard are the names that may speak in r, and whether somebody does who is not
// named.
func (r *reading) heard() (names []int, anybody bool) {
	seen := map[string]bool{}
	for i, p := range r.pieces {
		if p.family != plainWord || !r.cites(i) && !speech(p.key) && !tells(p.key) {
			continue
		}
		steps := []int{-1}
		if r.cites(i) || r.inverted(i) {
			steps = []int{-1, +1}
		}
		for _, step := range steps {
			for k := range farVoice {
				at, ok := r.at(i, step, k)
				if !ok {
					break
				}
				switch q := r.pieces[at]; {
				case q.family == name && !seen[q.key]:
					seen[q.key] = true
					names = append(names, at)
				case k < 3 && somebody(q.key):
					anybody = true
				}
			}
		}
	}
	return names, anybody
}

// speaker is the nearest name or trade on one side of piece i, or -1. Somebody
// who is not named ends the search.
func (r *reading) speaker(i, step, within int) int {
	for k := range within {
		at, ok := r.at(i, step, k)
		if !ok || somebody(r.pieces[at].key) {
			return -1
		}
		if r.pieces[at].family == name || r.pieces[at].family == plainWord && trade(r.pieces[at].key) != "" {
			return at
		}
	}
	return -1
}

// at is the index of the k-th piece before or behind piece i, within its
// sentence.
func (r *reading) at(i, step, k int) (int, bool) {
	if _, ok := r.beside(i, step, k); !ok {
		return 0, false
	}
	return i + step*(k+1), true
}

// cites reports whether piece i gives the words to who is named behind it.
func (r *reading) cites(i int) bool {
	next, ok := r.beside(i, +1, 0)
	if !ok {
		return false
	}
	switch r.pieces[i].key {
	case "accord":
		return next.key == "to"
	case "per":
		return next.family == name
	case "cite":
		return true
	}
	return false
}

// inverted reports whether a comma or a quotation mark stands before piece i:
// what was said comes first.
func (r *reading) inverted(i int) bool {
	return i > 0 && strings.ContainsAny(r.s[r.pieces[i-1].span.End:r.pieces[i].span.Start], `,"`)
}

// tradeIn reports whether r speaks of people of a trade.
func (r *reading) tradeIn(noun string) bool {
	return slices.ContainsFunc(r.roots, func(root string) bool { return trade(root) == noun })
}

// speech reports whether the stem is of a verb that gives words to somebody.
func speech(stem string) bool {
	switch stem {
	case "said", "say", "told", "tell", "wrote", "write", "warn", "claim", "argu", "alleg":
		return true
	}
	return false
}

// tells reports whether the stem may be of such a verb.
func tells(stem string) bool {
	switch stem {
	case "add", "note", "state", "statement", "announc", "report", "confirm", "comment", "estim", "expect", "predict", "forecast", "believ",
		"think", "see", "disclos", "deni", "project", "call", "explain", "reveal", "show", "accus", "file":
		return true
	}
	return false
}

// somebody reports whether the stem stands for a speaker who is named elsewhere.
func somebody(stem string) bool {
	switch stem {
	case "it", "he", "she", "they", "we", "i", "compani", "firm", "group", "who", "which", "maker", "bank", "retail", "carrier", "manufactur":
		return true
	}
	return false
}

// trade is the trade of people who are told of without a name; those of one
// trade may stand for each other.
func trade(stem string) string {
	switch stem {
	case "analyst", "broker", "brokerag":
		return "analyst"
	case "sourc", "insid", "familiar":
		return "source"
	case "regul", "offici", "agenc", "author", "govern":
		return "official"
	case "economist", "prosecutor", "polic", "investor", "union", "lawyer":
		return stem
	}
	return ""
}

// hearsay checks that what unnamed people tell, or what somebody only claims, is
// not told as known: the sentence of the evidence that the statement is nearest
// to must not be in doubt where the statement gives its words to nobody.
func (c *comparison) hearsay() {
	if c.b.doubts() {
		return
	}
	most, doubt := 0, ""
	for at := 0; at < len(c.e.words); {
		to := at
		shared := map[string]bool{}
		for ; to < len(c.e.words) && c.e.words[to] != end; to++ {
			if content(c.e.words[to]) && c.b.stems[c.e.roots[to]] {
				shared[c.e.roots[to]] = true
			}
		}
		if word := rumour(c.e.words[at:to]); len(shared) > most || len(shared) == most && word == "" {
			most, doubt = len(shared), word
		}
		at = to + 1
	}
	if doubt != "" {
		c.fail(doubt, KindHedge, "leaves out %q", doubt)
	}
}

// doubts reports whether r gives its words to somebody, or holds them possible
// or alleged.
func (r *reading) doubts() bool {
	return len(r.voices()) > 0 || rumour(r.words) != "" || slices.Contains(r.hedged, "possible") || slices.Contains(r.hedged, "alleged") ||
		slices.ContainsFunc(r.pieces, func(p piece) bool { return speech(p.key) || p.key == "accord" })
}

// rumour returns the words by which a sentence doubts what it tells, "" for none.
func rumour(words []string) string {
	for i, w := range words {
		next, before := "", ""
		if i+1 < len(words) {
			next = words[i+1]
		}
		if i > 0 {
			before = words[i-1]
		}
		switch w {
		case "reportedly", "allegedly", "alleged", "alleges", "rumored", "rumoured", "purportedly", "unconfirmed", "accuses", "accused":
			return w
		case "claims", "claimed":
			if next == "that" {
				return w + " that"
			}
		case "people", "person", "persons", "source", "sources":
			switch next {
			case "familiar", "briefed", "close", "with", "said", "say", "told", "who":
				return w + " " + next
			}
			if before == "citing" {
				return before + " " + w
			}
		case "said":
			if next == "to" && isBe(before) {
				return before + " said to"
			}
		}
	}
	return ""
}
