package cluster

import (
	"math"
	"slices"
	"time"
)

// A Doc is one text about an event: an article, a filing, or a story told before.
type Doc struct {
	Title string
	Body  string    // may be empty
	URL   string    // may be empty; its words add to the title
	At    time.Time // zero when unknown
}

// How alike the centres of two groups must be to become one, tuned by hand on
// halves of a public set of headlines and on small samples of it. Bodies share
// background words, so they must be more alike than headlines.
const (
	enoughTitles = 0.045 // of two headlines among thousands
	fewTitles    = 0.035 // more among few docs, where the nearest may still be far
	manyDocs     = 200   // half of fewTitles is left among so many
	grownTitles  = 0.024 // more per e-fold of the smaller group: its centre speaks for many, and noise has cancelled out
	enoughBodies = 0.25
)

// oneTerm is the part of the heaviest shared term that does not count between
// groups: one word in common, however rare, is no event in common ("The
// Voice", elephants' voices).
const oneTerm = 0.5

// Group puts docs about one event together and returns, for each doc, the
// index of the first doc of its group. Docs of opposite directions (raises and
// cuts guidance, beats and misses) are never in one group, however alike.
//
// Groups grow from the nearest pair on (agglomerative clustering by the cosine
// of centres, walked as nearest-neighbour chains), so the order of docs only
// decides ties. It compares groups that share a term and nothing else.
func Group(docs []Doc) []int { return group(docs, nil) }

func group(docs []Doc, known map[string]bool) []int {
	g := &grouper{nodes: make([]node, len(docs)), scores: make([]float64, len(docs)), tops: make([]float64, len(docs)), into: make([]int, len(docs))}
	terms := 0
	for i, v := range vectors(docs, known) {
		n := node{sum: v, size: 1, leans: leansOf(docs[i].Title), alive: true}
		if docs[i].Body != "" {
			n.bodies = 1
		}
		if !docs[i].At.IsZero() {
			n.hours = float64(docs[i].At.Unix()) / 3600
		}
		g.nodes[i], g.into[i] = n, i
		if len(v.ids) > 0 {
			terms = max(terms, int(v.ids[len(v.ids)-1])+1)
		}
	}
	g.holders = make([][]int, terms)
	for i := range g.nodes {
		for _, id := range g.nodes[i].sum.ids {
			g.holders[id] = append(g.holders[id], i)
		}
	}
	for i := range g.nodes {
		if g.nodes[i].alive {
			g.grow(i)
		}
	}
	return g.groups()
}

// Likeness returns how likely two docs tell of one event, 0 to 1; docs of
// opposite directions are not alike at all.
func Likeness(a, b Doc) float64 { return likeness(a, b, nil) }

func likeness(a, b Doc, known map[string]bool) float64 {
	if leansOf(a.Title).against(leansOf(b.Title)) {
		return 0
	}
	v := plainVectors([]Doc{a, b}, known)
	like := cosine(v[0], v[1])
	if !a.At.IsZero() && !b.At.IsZero() {
		like *= fade(a.At.Sub(b.At).Hours())
	}
	return like
}

// fade returns what is left of likeness after hours: news of one event comes
// within days of each other, but a story may run for weeks.
func fade(hours float64) float64 {
	const half = 36
	return max(0.7, math.Exp2(-math.Abs(hours)/half))
}

// A node is a group in the making.
type node struct {
	sum    vector
	size   float64
	bodies float64 // how many of its docs have one
	hours  float64 // mean time
	leans  leans
	alive  bool
}

// enough returns how alike two nodes must be.
func (g *grouper) enough(a, b *node) float64 {
	share := min(a.bodies/a.size, b.bodies/b.size)
	few := fewTitles * manyDocs / (manyDocs + float64(len(g.nodes)))
	titles := enoughTitles + few + grownTitles*math.Log(min(a.size, b.size))
	return titles + share*max(0, enoughBodies-titles)
}

type grouper struct {
	nodes   []node
	holders [][]int   // per term, the nodes that hold it; dead ones are dropped when met
	scores  []float64 // scratch of nearest, zero between calls
	tops    []float64 // the largest share of one term in scores
	into    []int     // which node a node went into
}

// grow follows the chain of nearest neighbours from node i and merges at its
// ends, until i's group has no neighbour near enough.
func (g *grouper) grow(i int) {
	chain := []int{i}
	for len(chain) > 0 {
		tip := chain[len(chain)-1]
		next, ok := g.nearest(tip)
		if !ok {
			return
		}
		at := slices.Index(chain, next)
		if at < 0 {
			chain = append(chain, next)
			continue
		}
		// The tip's nearest is behind it: as a rule the one just before.
		// Merging shifts centres, so it may stand further back.
		kept := g.merge(tip, next)
		chain = chain[:at]
		if len(chain) == 0 {
			chain = append(chain, kept)
		}
	}
}

// nearest returns the living node most alike to node i among those near enough.
func (g *grouper) nearest(i int) (int, bool) {
	n := &g.nodes[i]
	var met []int
	for k, id := range n.sum.ids {
		living := g.holders[id][:0]
		for _, j := range g.holders[id] {
			if !g.nodes[j].alive {
				continue
			}
			living = append(living, j)
			if j == i {
				continue
			}
			if g.scores[j] == 0 {
				met = append(met, j)
			}
			share := n.sum.weights[k] * g.nodes[j].weight(id)
			g.scores[j] += share
			g.tops[j] = max(g.tops[j], share)
		}
		g.holders[id] = living
	}
	best, most := -1, 1.0
	for _, j := range met {
		o := &g.nodes[j]
		score := (g.scores[j] - oneTerm*g.tops[j]) / (n.sum.norm * o.sum.norm) * fade(gap(n, o)) / g.enough(n, o)
		g.scores[j], g.tops[j] = 0, 0
		if n.leans.against(o.leans) {
			continue
		}
		if score > most || score == most && best >= 0 && j < best {
			best, most = j, score
		}
	}
	return best, best >= 0
}

func gap(a, b *node) float64 {
	if a.hours == 0 || b.hours == 0 {
		return 0
	}
	return a.hours - b.hours
}

func (n *node) weight(id int32) float64 {
	at, ok := slices.BinarySearch(n.sum.ids, id)
	if !ok {
		return 0
	}
	return n.sum.weights[at]
}

// merge puts the later of two nodes into the earlier, which it returns.
func (g *grouper) merge(i, j int) int {
	i, j = min(i, j), max(i, j)
	a, b := &g.nodes[i], &g.nodes[j]
	for _, id := range b.sum.ids {
		if a.weight(id) == 0 {
			g.holders[id] = append(g.holders[id], i)
		}
	}
	if a.hours == 0 || b.hours == 0 {
		a.hours = max(a.hours, b.hours)
	} else {
		a.hours = (a.hours*a.size + b.hours*b.size) / (a.size + b.size)
	}
	a.sum = a.sum.plus(b.sum)
	a.size += b.size
	a.bodies += b.bodies
	a.leans |= b.leans
	*b = node{}
	g.into[j] = i
	return i
}

func (g *grouper) groups() []int {
	for i, to := range g.into {
		g.into[i] = g.into[to] // to is not after i, so it is settled
	}
	return g.into
}
