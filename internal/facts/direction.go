package facts

import (
	"strings"

	"stockdigest.app/stockdigest/internal/text"
)

// A Move is the kind of a direction.
type Move string

// The moves, each with its opposite beside it.
const (
	Up      Move = "up"
	Down    Move = "down"
	Beat    Move = "beat"
	Miss    Move = "miss"
	Raise   Move = "raise"
	Cut     Move = "cut"
	Gain    Move = "profit"
	Loss    Move = "loss"
	Approve Move = "approve"
	Reject  Move = "reject"
	Win     Move = "win"
	Lose    Move = "lose"
	Buy     Move = "buy"
	Sell    Move = "sell"
	Open    Move = "open"
	Close   Move = "close"
	Better  Move = "better"
	Worse   Move = "worse"
	Hire    Move = "hire"
	LayOff  Move = "lay off"
	Before  Move = "before"
	After   Move = "after"
)

// Axis returns what a move and its opposite have in common, and which of both
// ends it is. Moves of one axis and end can stand for each other: sales that
// rose also gained.
func (m Move) Axis() (axis string, positive bool) {
	switch m {
	case Up, Raise, Beat, Better:
		return "level", true
	case Down, Cut, Miss, Worse:
		return "level", false
	case Gain:
		return "result", true
	case Loss:
		return "result", false
	case Approve:
		return "approval", true
	case Reject:
		return "approval", false
	case Win:
		return "contest", true
	case Lose:
		return "contest", false
	case Buy:
		return "trade", true
	case Sell:
		return "trade", false
	case Open:
		return "site", true
	case Close:
		return "site", false
	case Hire:
		return "staff", true
	case LayOff:
		return "staff", false
	case Before:
		return "order", true
	default:
		return "order", false
	}
}

// A Direction is a word that says which way something went.
type Direction struct {
	Kind    Move
	Span    text.Span
	Verb    string // the base form: "rise" for rose
	Negated bool   // did not raise, failed to beat
	Subject string // the nearest content words before it, lower case
	Object  string // the nearest content words behind it, lower case
}

// Positive reports whether the direction, its negation counted, points to the
// better end of its axis.
func (d Direction) Positive() bool {
	_, positive := d.Kind.Axis()
	return positive != d.Negated
}

// Directions returns the words of s that say which way something went, in
// order.
func Directions(s string) []Direction {
	f := finder{s: s, toks: scan(s)}
	var found []Direction
	for i, t := range f.toks {
		if t.kind != wordToken {
			continue
		}
		verb, ok := moves[t.low]
		if !ok || f.compound(i) {
			continue
		}
		found = append(found, Direction{
			Kind: verb.move, Verb: verb.base, Span: text.Span{Start: t.start, End: t.end},
			Negated: f.negated(i), Subject: f.near(i, -1), Object: f.near(i, +1),
		})
	}
	return found
}

// compound reports whether the word at token i belongs to a fixed phrase that
// tells no direction: "up to", "gross profit", "cut-off".
func (f *finder) compound(i int) bool {
	switch f.word(i) {
	case "up":
		return f.word(i+1) == "to" || f.word(i+1) == "for"
	case "over":
		return f.word(i+1) == "the" || f.word(i-1) == "over"
	case "more", "less", "fewer", "higher", "lower", "greater":
		return f.word(i+1) == "than" && (f.digits(i+2) != "" || f.currencyAt(i+2) != "" || smallNumber(f.word(i+2)) > 0)
	case "profit":
		return f.word(i-1) == "gross"
	}
	return false
}

// negated reports whether one of the four words before token i turns it round,
// a full stop or comma between them ending the search.
func (f *finder) negated(i int) bool {
	for at, n := i-1, 0; at >= 0 && n < 4; at-- {
		if f.toks[at].kind == signToken && !f.dash(at) {
			return false
		}
		w := f.word(at)
		if w == "" {
			continue
		}
		if denies(w) && (w != "not" || f.word(at+1) != "only") {
			return true
		}
		if _, ok := moves[w]; ok && n > 0 {
			return false
		}
		n++
	}
	return false
}

// denies reports whether w turns the verb behind it round.
func denies(w string) bool {
	switch w {
	case "not", "no", "never", "without", "failed", "fails", "fail", "failing", "neither", "nor", "cannot", "none",
		"refused", "refuses", "declined", "denied", "denies", "hardly", "barely", "unable", "didn't", "doesn't", "don't",
		"won't", "isn't", "aren't", "wasn't", "weren't", "hasn't", "haven't", "hadn't", "can't", "couldn't", "wouldn't", "shouldn't":
		return true
	}
	return false
}

// near returns up to three content words before or behind token i.
func (f *finder) near(i, step int) string {
	var words []string
	for at := i + step; at >= 0 && at < len(f.toks) && len(words) < 3; at += step {
		if f.is(at, ".") || f.is(at, ";") {
			break
		}
		if w := f.word(at); w != "" && !stopword(w) {
			words = append(words, w)
		}
		if at-i > 12 || i-at > 12 {
			break
		}
	}
	if step < 0 {
		for l, r := 0, len(words)-1; l < r; l, r = l+1, r-1 {
			words[l], words[r] = words[r], words[l]
		}
	}
	return strings.Join(words, " ")
}

// A verb is an entry of the list of moves.
type verb struct {
	move Move
	base string
}

//nolint:gochecknoglobals // the table of forms, built once from moveList and never changed
var moves = moveForms()

// moveList names each move's words. A word with + is a regular verb and stands
// for all its forms; forms of irregular verbs stand behind their base.
func moveList() map[Move]string {
	return map[Move]string{
		Up: "rise/rises/rose/risen/rising climb+ gain+ grow/grows/grew/grown/growing/growth increase+ jump+ surge+ soar+ " +
			"rally/rallies/rallied/rallying advance+ rebound+ recover+ recovery expand+ expansion up higher more " +
			"accelerate+ acceleration spike+ swell+ double+ triple+ quadruple+ strengthen+ inflow/inflows upturn upward " +
			"bigger larger above skyrocket+ appreciate+ widen+ upside tailwind/tailwinds highest most maximum longer faster stronger strong",
		Down: "fall/falls/fell/fallen/falling decline+ drop+ decrease+ slide/slides/slid/sliding sink/sinks/sank/sunk/sinking " +
			"tumble+ plunge+ slump+ shrink/shrinks/shrank/shrunk/shrinking dip+ contract+ contraction down lower less fewer " +
			"slow+ slowdown decelerate+ weaken+ outflow/outflows downturn downward smaller below crash+ plummet+ retreat+ " +
			"depreciate+ narrow+ ease+ downside headwind/headwinds lowest least minimum shorter slower weaker weak halve+ erode+",
		Raise: "raise+ lift+ boost+ hike+ upgrade+ reinstate+ restore+ upsize+",
		Cut:   "cut/cuts/cutting reduce+ reduction lower+ downgrade+ trim+ slash+ suspend+ scrap+ halt+ curb+ scale+ withdraw/withdraws/withdrew/withdrawn/withdrawing",
		Beat:  "beat/beats/beaten/beating top+ exceed+ surpass+ outperform+ outpace+ overweight ahead",
		Miss:  "miss+ undershoot/undershot underperform+ underweight lag+ trail+ behind short",
		Gain:  "profit/profits profitable income earn+ surplus",
		Loss:  "loss/losses unprofitable deficit/deficits",
		Better: "improve+ improvement/improvements better best positive favorable favourable bullish optimistic " +
			"success successful succeed+ benefit+ opportunity/opportunities",
		Worse: "worsen+ deteriorate+ deterioration worse worst negative unfavorable unfavourable bearish pessimistic " +
			"failure/failures hurt/hurts/hurting suffer+ harm+",
		Approve: "approve+ approval/approvals accept+ clear+ authorize+ authorise+ allow+ permit+ back+ endorse+ grant+",
		Reject:  "reject+ rejection/rejections block+ deny/denies/denied/denying refuse+ oppose+ ban+ prohibit+ dismiss+ veto/vetoes/vetoed",
		Win:     "win/wins/won/winning victory/victories",
		Lose:    "lose/loses/lost/losing defeat+",
		Buy:     "buy/buys/bought/buying acquire+ purchase+ buyer/buyers acquisition/acquisitions",
		Sell:    "sell/sells/sold/selling divest+ divestiture/divestitures seller/sellers sale dispose+ disposal",
		Open:    "open+ launch+ start+ begin/begins/began/begun/beginning resume+ enter+ join+",
		Close:   "close+ shut/shuts/shutting shutter+ stop+ end+ discontinue+ exit+ quit/quits/quitting leave/leaves/leaving cease+ cancel+",
		Hire:    "hire+ appoint+ recruit+",
		LayOff:  "fire+ layoff/layoffs dismissal/dismissals resign+",
		Before:  "before earlier",
		After:   "after later",
	}
}

// moveForms spells out the forms of moveList.
func moveForms() map[string]verb {
	forms := map[string]verb{}
	for move, list := range moveList() {
		for entry := range strings.FieldsSeq(list) {
			base, regular := strings.CutSuffix(entry, "+")
			all := strings.Split(base, "/")
			if regular {
				all = inflect(base)
			}
			for _, form := range all {
				if old, ok := forms[form]; !ok || move < old.move {
					forms[form] = verb{move: move, base: all[0]}
				}
			}
		}
	}
	return forms
}

// inflect returns the forms of a regular English verb.
func inflect(v string) []string {
	stem := v
	switch {
	case strings.HasSuffix(v, "e"):
		return []string{v, v + "s", v + "d", v[:len(v)-1] + "ing"}
	case doubles(v):
		stem = v + v[len(v)-1:]
	}
	third := v + "s"
	for _, hiss := range []string{"s", "x", "sh", "ch"} {
		if strings.HasSuffix(v, hiss) {
			third = v + "es"
		}
	}
	return []string{v, third, stem + "ed", stem + "ing"}
}

// doubles reports whether a verb of our list doubles its last letter.
func doubles(v string) bool {
	switch v {
	case "drop", "slip", "dip", "top", "lag", "trim", "ban", "scrap", "stop", "permit", "cancel", "plan":
		return v != "cancel"
	}
	return false
}
