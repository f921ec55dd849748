package triage

import (
	"fmt"
	"regexp"
	"strings"

	"stockdigest.app/stockdigest"
)

// An event is a kind of thing that happens to a company, told by our own words.
type event struct {
	name   string
	points int // hard events 3, soft ones 1 or 2
	re     *regexp.Regexp
}

//nolint:gochecknoglobals // compiled once, never changed
var eventTypes = []event{
	{"earnings", 3, regexp.MustCompile(`(?i)\b(earnings|quarterly (results|profit|loss|revenue|sales)|(first|second|third|fourth)[- ]quarter|q[1-4]|full[- ]year|same[- ]store sales|net (income|loss|profit)|eps|profit (rises|falls|jumps|drops|surges|slumps|beats|misses|warning)|revenue (rises|falls|beats|misses|grows|jumps|tops)|results (beat|miss|top)|swings to (a )?(profit|loss)|sales (rise|fall|drop|jump|slump|grow|top|beat|miss))\b`)},
	{"guidance", 3, regexp.MustCompile(`(?i)\b((raises|raised|cuts|cut|lowers|lowered|slashes|withdraws|reaffirms|reiterates|trims|boosts|narrows|hikes)( \S+){0,3} (guidance|outlook|forecast|target|view|estimates)|profit warning|guidance|outlook|forecasts? (above|below|for))\b`)},
	{"deal", 3, regexp.MustCompile(`(?i)\b(merge[rs]?|merging|acquires?|acquiring|acquisition|takeover|take over|buyout|to buy|buys|bids? for|offers? to buy|stake in|spin[- ]?off|divest\w*|sells? (its|unit|stake|business)|sale of (its|the)|joint venture|going private|hostile (bid|offer)|tender offer)\b`)},
	{"legal", 3, regexp.MustCompile(`(?i)\b(sues?|sued|lawsuits?|class[- ]action|settles?|settlement|verdict|jury|court|judge|trial|indict\w*|charged with|fraud|patent (suit|dispute|infringement)|pleads? guilty|fined?|penalty|probe[ds]?|investigat\w+|subpoena\w*|bribery|whistleblower)\b`)},
	{"regulation", 3, regexp.MustCompile(`(?i)\b(antitrust|regulators?|regulatory|sec (charges|probe|filing)|fda|ftc|doj|justice department|european commission|eu (fines?|probe|approves?|clears)|approv(al|es|ed)|clears?|blocks?|banned|ban on|tariffs?|sanctions?|export (ban|curbs|controls)|license (revoked|granted))\b`)},
	{"management", 3, regexp.MustCompile(`(?i)\b((names?|named|appoints?|appointed|taps?|hires?|promotes?|ousts?|fires?|replaces?)( \S+){0,5} (ceo|cfo|coo|cto|chief|chair(man|woman)?|president|head)|(ceo|cfo|coo|chief( \S+){0,2} officer|chair(man|woman)?|president|founder|executive)( \S+){0,4} (resigns?|steps? down|leaves?|leaving|departs?|retires?|retiring|out|ousted|quits?|fired|to step)|succession|board shake-?up|new ceo)\b`)},
	{"jobs", 3, regexp.MustCompile(`(?i)\b(lay(ing)?[- ]?offs?|laid off|job cuts?|cuts? (\S+ )?(\d[\d,]* )?jobs|cutting (\d[\d,]* )?jobs|slash(es|ing)? jobs|strike|walkout|union(ize|s)?|furlough\w*|restructuring|closes? (\S+ ){0,3}(stores|plants?|factory|factories)|plant closure|hiring freeze)\b`)},
	{"accident", 3, regexp.MustCompile(`(?i)\b(recalls?|crash(es|ed)?|explosion|fire at|spill|outage|data breach|hack(ed|ers)?|cyber ?attack|ransomware|defects?|grounded|grounding|derail\w*|contaminat\w*|safety (issue|concerns?|probe))\b`)},
	{"financing", 3, regexp.MustCompile(`(?i)\b(bankruptcy|chapter 11|default(s|ed)?|debt (offering|sale|deal|load)|bond (sale|offering)|share (sale|offering)|raises \$|ipo|initial public offering|credit rating|junk|loan|refinanc\w*|funding round|delisted|delisting|going concern)\b`)},
	{"payout", 2, regexp.MustCompile(`(?i)\b(dividends?|buy-?backs?|share repurchase|stock split|special payout)\b`)},
	{"analyst", 1, regexp.MustCompile(`(?i)\b(upgrade[sd]?|downgrade[sd]?|price target|initiates? coverage|(buy|sell|hold|overweight|underweight|outperform|underperform) rating|analysts? (say|see|expect|cut|raise))\b`)},
	{"contract", 2, regexp.MustCompile(`(?i)\b(wins? (\S+ ){0,4}(contract|order|deal)|contracts?|orders? (for|from)|partners? with|partnership|teams? up|alliance|supply (deal|agreement)|licensing)\b`)},
	{"product", 2, regexp.MustCompile(`(?i)\b(launch(es|ed|ing)?|unveil(s|ed|ing)?|reveal(s|ed)?|debuts?|introduc(es|ed|ing)|releas(es|ed|ing)|rolls? out|announc(es|ed|ing)|review|concept|new (model|service|product|feature|phone|suv|car|console|chip)|ships|pre-?orders?|delay(s|ed)?|discontinu\w+|bets on)\b`)},
	{"plans", 1, regexp.MustCompile(`(?i)\b(plans? to|expan(ds?|sion)|opens?|invest(s|ing|ment)?|builds?|factory|plant|strategy|overhaul|price (hike|increase|cut)|raises prices)\b`)},
}

// events returns the events a text tells, hardest first.
func events(text string) []event {
	var found []event
	for _, e := range eventTypes {
		if e.re.MatchString(text) {
			found = append(found, e)
		}
	}
	return found
}

// Events returns the names of the events that a text tells, hardest first.
func Events(text string) []string {
	var told []string
	for _, e := range events(text) {
		told = append(told, e.name)
	}
	return told
}

// rate adds up a candidate's score and explains it in one line.
func rate(c stockdigest.Candidate, about int) (int, string) {
	score := about
	var parts []string
	add := func(points int, what string) {
		score += points
		parts = append(parts, fmt.Sprintf("%s %+d", what, points))
	}
	if about > 0 {
		parts = append(parts, fmt.Sprintf("subject %+d", about))
	}
	if found := events(c.Article.Title); len(found) > 0 {
		add(found[0].points, found[0].name)
		if len(found) > 1 && found[1].points == 3 {
			add(1, found[1].name)
		}
	} else if found := events(c.Article.Description); len(found) > 0 && found[0].points > 1 {
		add(1, found[0].name+" in the description")
	}
	if amount.MatchString(c.Article.Title) {
		add(1, "amount")
	}
	if soft.MatchString(c.Article.Title) {
		add(-1, "preview or opinion")
	}
	return max(score, 0), strings.Join(parts, ", ")
}

var (
	amount = regexp.MustCompile(`(?i)[$£€]\s?\d|\b\d+(\.\d+)?\s?(%|percent|billion|million|bn)`)
	soft   = regexp.MustCompile(`(?i)^\W*(opinion|column|editorial|analysis|preview|review)\b|\b(what to expect|could|might|rumou?r(s|ed)?|reportedly|prediction|should you)\b`)
)
