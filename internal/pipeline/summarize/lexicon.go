package summarize

import (
	"slices"
	"strings"

	"stockdigest.app/stockdigest/internal/text"
)

// The words by which sentences are judged are our own.

// A moveForm says how a word tells a move, and so where the thing stands that
// moved.
type moveForm int

const (
	asVerb       moveForm = iota // sales rose
	asNoun                       // a fall in sales
	asAdjective                  // higher sales
	asTransitive                 // cut costs
	asWord                       // anything else that tells nothing without its thing
)

// moves returns which way the word at i says that something went, 0 for none.
func moves(words []string, i int) (float64, moveForm) {
	w := words[i]
	switch w {
	case "rise", "increase", "growth", "gain", "improvement", "rebound", "recovery", "uplift", "upturn":
		return 1, asNoun
	case "fall", "decrease", "decline", "drop", "dip", "slowdown", "downturn", "contraction", "deterioration", "reduction":
		return -1, asNoun
	case "rises", "rose", "risen", "increases", "increased", "grew", "grows", "grow", "grown", "climbs", "climbed", "jumps", "jumped", "surges", "surged", "soars", "soared", "gained",
		"improves", "improved", "improve", "rebounded", "recovered", "recover", "doubled", "doubles", "tripled", "quadrupled", "strengthened", "accelerated", "rallied", "widened", "widens", "advanced",
		"exceeded", "outpaced", "swelled", "skyrocketed", "topped", "soar", "surge", "jump", "climb", "rally", "rallies":
		return 1, asVerb
	case "falls", "fell", "fallen", "decreases", "decreased", "declines", "declined", "drops", "dropped", "slips", "slipped", "slid", "slides", "sank", "sinks", "sunk", "tumbled", "tumbles", "plunged", "plunges",
		"slumped", "slumps", "shrank", "shrinks", "shrunk", "dipped", "dips", "weakened", "weakens", "deteriorated", "worsened", "slowed", "slows", "halved", "plummeted", "retreated", "narrowed", "narrows", "narrow",
		"contracted", "eroded", "missed", "lost", "shed", "plunge", "slump", "tumble", "sink", "slide":
		return -1, asVerb
	case "higher", "rising", "growing", "increasing", "stronger", "improving", "bigger", "greater", "better":
		return 1, asAdjective
	case "lower", "falling", "declining", "decreasing", "weaker", "shrinking", "slower", "slowing", "dropping", "sluggish", "weak":
		return -1, asAdjective
	case "raise", "raises", "raised", "raising", "lift", "lifts", "lifted", "boost", "boosts", "boosted", "hike", "hikes", "hiked", "beat", "beats", "enhance", "enhances", "enhanced", "strengthen", "strengthens":
		return 1, asTransitive
	case "cut", "cuts", "cutting", "reduce", "reduces", "reduced", "reducing", "lowers", "lowered", "trims", "trimmed", "slashes", "slashed", "hurt", "hurts", "hit", "dented", "miss", "misses":
		return -1, asTransitive
	case "up", "down":
		return upDown(words, i)
	}
	return 0, asWord
}

// upDown reads "up" and "down" where they tell a move: up 5 %, down from 3,
// went down.
func upDown(words []string, i int) (float64, moveForm) {
	sign := 1.0
	if words[i] == "down" {
		sign = -1
	}
	next, before := "", ""
	if i+1 < len(words) {
		next = words[i+1]
	}
	if i > 0 {
		before = words[i-1]
	}
	told := next == "from" || next == "by" || next == "about" || next == "some" || next == "nearly" || next == "almost" || next != "" && next[0] >= '0' && next[0] <= '9' && !strings.HasSuffix(before, "ed") ||
		has([]string{before}, "went", "going", "was", "were", "is", "are", "goes", "be") && next != "to" && next != "for" && next != "and"
	if !told {
		return 0, asWord
	}
	return sign, asVerb
}

// wanted are things of which a company wants more.
func wanted(stem string) bool {
	switch stem {
	case "sale", "revenu", "profit", "earn", "incom", "margin", "share", "stock", "order", "demand", "deliveri", "shipment", "volum", "guidanc", "outlook",
		"forecast", "target", "dividend", "payout", "book", "backlog", "output", "custom", "subscrib", "user", "traffic", "cash", "ebitda", "ebit",
		"ep", "turnov", "estim", "view", "growth", "valu", "bid", "offer", "capac", "buyback", "invest", "result", "product", "passeng", "return", "rate", "price",
		"market", "reader", "circul", "intak", "saving", "equiti", "effici", "competit", "qualiti", "posit", "busi", "oper", "perform", "level",
		"activ", "occup", "client", "store", "outlet", "bond", "visitor", "viewer", "member", "deposit", "loan", "commiss", "fee", "rental", "royalti", "cargo", "tonn":
		return true
	}
	return false
}

// unwanted are things of which a company wants less.
func unwanted(stem string) bool {
	switch stem {
	case "cost", "expens", "loss", "debt", "churn", "claim", "default", "layoff", "delay", "tariff", "tax", "fine", "complaint", "deficit", "inventori",
		"injuri", "charg", "provis", "impair", "defect", "cancel", "competitor", "liabil", "emiss", "consumpt", "writedown", "expenditur", "wast", "risk", "unemploy", "burden", "overhead",
		"leverag", "gear", "vacanc", "absenc", "outag", "theft":
		return true
	}
	return false
}

func result(w string) bool {
	return has([]string{w}, "profit", "profits", "earnings", "eps", "ebit", "ebitda", "income", "result", "results", "margin", "margins", "profitability")
}

func hasResult(words []string) bool {
	return slices.ContainsFunc(words, result)
}

// toneOf is the sign of the word at i when it says good or bad by itself.
func toneOf(words []string, i int) float64 {
	w := words[i]
	behind := words[i+1 : min(i+9, len(words))]
	switch w {
	case "signed", "signs", "wins", "won", "win", "winning", "awarded", "received", "receives", "secured", "secures", "landed", "lands", "inked", "concluded", "obtained":
		return yes(has(behind, "contract", "contracts", "order", "orders", "agreement", "deal", "award", "approval", "clearance", "partnership", "licence", "license", "tender", "mandate", "framework", "letter"))
	case "clears", "cleared":
		return yes(has(words[:i], "fda", "regulator", "regulators", "commission", "authority"))
	case "closer", "cooperation", "partnership":
		return yes(has(behind, "with") && i > 0 && has(words[max(0, i-4):i], "new", "strategic", "signed", "expand", "extend", "deepen"))
	case "layoff", "layoffs", "redundancies", "furlough", "furloughs":
		return -1
	case "lay", "laid", "lays", "laying":
		return -yes(has(behind[:min(1, len(behind))], "off", "offs"))
	case "job", "jobs", "personnel", "staff", "workforce", "employees", "workers", "positions":
		around := words[max(0, i-6):min(i+4, len(words))]
		return -yes(has(around, "cut", "cuts", "cutting", "reduce", "reduces", "reduced", "reduction", "reductions", "eliminate", "eliminated", "lose", "losses", "shrinkage", "dismiss", "redundant", "shed", "axe"))
	case "sued", "sues", "suing", "fined", "fines", "negative", "diminished", "diminish":
		return -1
	case "positive", "pleased", "delighted", "satisfied", "competitiveness":
		return 1
	case "pay":
		return -yes(has(words[max(0, i-6):i], "ordered", "orders", "forced", "told", "must") || has(behind, "over", "settle", "fine") && has(behind, "million", "billion"))
	case "charge", "charges":
		return -yes(has(words[max(0, i-6):i], "takes", "took", "take", "records", "recorded", "record", "books", "booked", "of") && has(words[:i], "million", "billion"))
	case "below", "short", "misses", "missed", "behind":
		return -yes(has(behind[:min(3, len(behind))], "forecasts", "forecast", "estimates", "expectations", "expected", "consensus", "of", "on") && (w != "short" || i > 0 && has(words[i-1:i], "fell", "falls", "fall")) && (w == "short" || !has(behind[:min(1, len(behind))], "of", "on")))
	case "beats", "beat", "tops", "topped", "above", "blowout":
		return yes(w == "blowout" || has(behind[:min(4, len(behind))], "forecasts", "forecast", "estimates", "expectations", "expected", "consensus"))
	case "shares", "stock":
		return sharesWent(behind[:min(2, len(behind))])
	case "adds", "added":
		return yes(has(behind[:min(5, len(behind))], "subscribers", "customers", "users", "members"))
	case "loses", "lost":
		return -yes(has(behind[:min(4, len(behind))], "million", "billion", "customers", "subscribers", "users", "contract"))
	case "loss":
		return -yes(i > 0 && has(words[i-1:i], "wider", "widening", "bigger", "deeper"))
	case "hacked", "hackers", "cyberattack", "ransomware", "asbestos", "listeria", "salmonella", "injured", "killed", "inquiry", "vulnerability", "backlash", "flaw", "indicted":
		return -1
	case "lawsuit", "suit", "case", "complaint":
		if has(behind, "dismissed", "tossed", "thrown") {
			return 0
		}
	case "ahead":
		return yes(i > 0 && words[i-1] == "go" && i > 1 && !has(words[i-2:i-1], "to", "will"))
	case "dismissed", "go-ahead":
		return yes(w == "go-ahead" || has(words[:i], "lawsuit", "suit", "case", "claims", "complaint"))
	case "hard", "harder", "tough", "tougher":
		return -yes(has(behind[:min(1, len(behind))], "to"))
	case "record":
		return yes(has(behind[:min(1, len(behind))], "high", "profit", "profits", "sales", "revenue", "revenues", "earnings", "quarter", "year", "results", "orders", "deliveries") || i > 0 && has(words[i-1:i], "a") && !has(behind, "date"))
	}
	return tone(text.Stem(w))
}

// sharesWent is the sign of how the shares went.
func sharesWent(behind []string) float64 {
	switch {
	case has(behind, "soar", "soared", "surge", "surged", "jump", "jumped", "climb", "climbed", "rally", "rallied"):
		return 1
	case has(behind, "plunge", "plunged", "tumble", "tumbled", "slump", "slumped", "sink", "sank", "slide", "slid"):
		return -1
	}
	return 0
}

// tone is the sign of a stem that says good or bad by itself.
func tone(stem string) float64 {
	switch stem {
	case "lawsuit", "sue", "probe", "investig", "subpoena", "recal", "recall", "breach", "bankruptci", "fraud", "penalti",
		"warn", "disappoint", "shortag", "halt", "suspend", "crash", "explos", "dismal", "writedown", "downgrad", "strike", "defect",
		"alleg", "setback", "struggl", "failur", "worri", "harm", "unstabl", "shrinkag", "underperform", "shortfal", "violat", "fear", "advers", "difficult", "unfavor",
		"unfavour", "unfortun", "shutdown", "bearish", "unprofit", "insolv", "overshadow", "hamper", "postpon", "troubl", "plung", "plummet", "tumbl":
		return -1
	case "breakthrough", "upgrad", "outperform", "robust", "mileston", "strength", "better-than-expected", "solid", "exceed", "smooth", "stabl",
		"bullish", "stronger", "strong", "excel", "success", "award", "favor", "favour", "improv", "expand", "effici", "benefit", "optimist", "opportun", "boost", "enhanc", "strengthen":
		return 1
	}
	return 0
}
