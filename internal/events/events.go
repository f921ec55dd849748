// Package events names the kind of thing that happened to a company from the
// words that tell it: earnings, a deal, a recall. Triage scores by it, the
// writer places bullets by it. The phrases are our own. Events are looked for
// in headlines and single sentences; a whole article tells of too many.
package events

import (
	"regexp"
	"slices"
)

// A Kind is a kind of event.
type Kind string

// The kinds of events.
const (
	None       Kind = ""
	Earnings   Kind = "earnings"
	Guidance   Kind = "guidance"
	Deal       Kind = "deal" // mergers, acquisitions, stakes, sales of parts
	Legal      Kind = "legal"
	Regulation Kind = "regulation"
	Management Kind = "management"
	Jobs       Kind = "jobs"
	Accident   Kind = "accident" // recalls, crashes, breaches, outages
	Financing  Kind = "financing"
	Payout     Kind = "payout" // dividends, buybacks, splits
	Analyst    Kind = "analyst"
	Contract   Kind = "contract"
	Product    Kind = "product"
	Plans      Kind = "plans" // expansion, plants, stores, prices
)

// Points weighs a kind: 3 for hard events, which move a company's worth by
// themselves, 1 or 2 for soft ones, 0 for None.
func (k Kind) Points() int {
	for _, p := range phrases {
		if p.kind == k {
			return p.points
		}
	}
	return 0
}

// Hard reports a kind that moves a company's worth by itself.
func (k Kind) Hard() bool { return k.Points() == 3 }

type phrase struct {
	kind   Kind
	points int
	re     *regexp.Regexp
}

//nolint:gochecknoglobals // compiled once, never changed
var phrases = []phrase{
	{Analyst, 1, regexp.MustCompile(`(?i)\b(price targets?|(initiate[sd]?|starts?|started|resume[sd]?|began)( \S+){0,2} coverage|(upgrade[sd]?|downgrade[sd]?)( \S+){0,6} (to|from) \W?(buy|sell|hold|neutral|overweight|underweight|outperform|underperform|equal|strong buy|market perform|sector perform)|(buy|sell|hold|neutral|overweight|underweight|outperform|underperform|equal[- ]weight) rating)\b`)},
	{Management, 3, regexp.MustCompile(`(?i)\b((ceo|chief executive|chief|president|boss)( \S+){0,3} (to|will|takes?) (take )?over|(will|to) take over (on|from|as))\b`)},
	{Guidance, 3, regexp.MustCompile(`(?i)\b((rais(es|ed|ing)|cuts?|cutting|lower(s|ed|ing)|slash(es|ed)|withdr[ae]w(s|n)?|reaffirm(s|ed)|reiterate[sd]|trim(s|med)|boost(s|ed)|lift(s|ed|ing)|narrow(s|ed)|hike[sd]|maintain(s|ed))( \S+){0,4} (guidance|outlook|forecasts?|targets?|estimates)|(guidance|outlook|forecasts?) (cut|raised|lowered|lifted|trimmed|slashed|withdrawn)|profit warning|(full[- ]year|annual|quarterly|sales|revenue|earnings|profit) (guidance|outlook|forecast)|(expects|sees|forecasts|projects)( \S+){0,5} (revenue|sales|earnings|profit|margins?|growth|deliveries))\b`)},
	{Deal, 3, regexp.MustCompile(`(?i)\b(merge[rs]?|merged|merging|acquir(e|es|ed|ing)|acquisition|takeover|take over|buyout|(buys|sells|bought|acquires) (?-i:\p{Lu})\w+|(agree[sd]?|agreed|plans?|offers?|deal|bid) to (buy|acquire|sell)|to buy|bids? (for|of)|sweeten(s|ed)|(raise[sd]?|rais(es|ed)) (its|the) (bid|offer)|stake in|spin[- ]?offs?|divest\w*|sells? (its|unit|stake|business)|sale of (its |the )?\S+( \S+)? (unit|business|division|arm|stake)|(weigh(s|ed|ing)?|explor(es?|ed|ing)|consider(s|ed|ing)?|near(s|ed|ing)?|in talks)( \S+){0,5} (sale|bid|deal|merger|acquisition|stake)|joint venture|going private|hostile (bid|offer)|tender offer)\b`)},
	{Legal, 3, regexp.MustCompile(`(?i)\b(sue[sd]?|suing|lawsuits?|class[- ]action|settle[sd]? (a|the|with|claims|charges|lawsuit)|settlement|verdict|jury|courts?|judge|trial|indict\w*|charged with|fraud|patent|pleads? guilty|bribery|whistleblower|(to|must) pay [$€£]\S+( \S+)? (over|for|to settle)|order(s|ed)( \S+){1,4} to pay|litigation|arbitration)\b`)},
	{Accident, 3, regexp.MustCompile(`(?i)\b(recall(s|ed|ing)?|crash(es|ed)?|explosions?|(fire|blaze) (at|in|broke)|spills?|outages?|data breach|hack(ed|ers|ing)?|cyber-?attacks?|ransomware|defects?|defective|grounded|grounding|derail\w*|contaminat\w*|asbestos|salmonella|listeria|vulnerabilit(y|ies)|safety (issue|concerns?|probe)|injur(ed|ies|y)|killed)\b`)},
	{Regulation, 3, regexp.MustCompile(`(?i)\b(antitrust|regulators?|regulatory|investigat(e|es|ed|ing|ion|ions)|prob(e|es|ed|ing) (into|of|by)|subpoena\w*|fin(e|ed|es) \S*[$€£]?\d|fin(ed|es) (over|for|by)|penalty|fda|food and drug administration|clearance|ftc|doj|justice department|european commission|eu (fines?|probe|approves?|clears)|approv(al|als|es|ed)|clear(s|ed) the|block(s|ed) the|banned|ban on|tariffs?|sanctions?|export (ban|curbs|controls)|licen[cs]e (revoked|granted))\b`)},
	{Management, 3, regexp.MustCompile(`(?i)\b((names?|named|appoints?|appointed|taps?|tapped|hires?|hired|promote[sd]?|oust(s|ed)?|replace[sd]?)( \S+){0,6} (ceo|cfo|coo|cto|chief|chair(man|woman)?|president|head|director)|(ceo|cfo|coo|chief( \S+){0,2} officer|chair(man|woman)?|president|founder|chief executive|boss)( \S+){0,5} (resign(s|ed)?|step(s|ped|ping)? down|leav(es|ing)|left|depart(s|ed)?|retir(es|ed|ing)|out|ousted|quits?|fired)|will retire|step(s|ped|ping)? (down|aside)|succeed(s|ed|ing)? (him|her|as)|resignation|succession|board shake-?up|new ceo)\b`)},
	{Jobs, 3, regexp.MustCompile(`(?i)\b(lay(ing|s)?[- ]?offs?|laid off|job (cuts?|losses)|(cut|cuts|cutting|eliminate[sd]?|slash(es|ing|ed)?)( \S+){0,3} (jobs|positions|workers|employees|staff)|strik(e|es|ing) (by|at|over|vote)|(on|went on|go on) strike|walkout|union(ize|ized|s)?|furlough\w*|restructuring|clos(e|es|ing)( \S+){0,3} (stores|plants?|factory|factories)|plant closure|hiring freeze)\b`)},
	{Financing, 3, regexp.MustCompile(`(?i)\b(bankruptcy|chapter 11|default(s|ed)? on|(debt|bond|note|notes|share|stock|equity) (offering|sale|issue)|(senior|convertible|secured|unsecured)( \S+){0,2} (notes|bonds|debt|obligations)|ipo|initial public offering|credit (rating|facility|agreement)|junk|term loan|refinanc\w*|funding round|delist(ed|ing)|going concern|indenture|underwriting agreement)\b`)},
	{Earnings, 3, regexp.MustCompile(`(?i)\b(earnings|quarterly (results|profit|loss|revenue|sales)|(first|second|third|fourth)[- ]quarter|q[1-4]|full[- ]year|same[- ]store sales|comparable sales|net (income|loss|profit|sales)|operating (income|profit|loss|margin)|gross margin|eps|per share|ebitda|(profit|revenue|sales|orders|bookings|backlog|deliveries|shipments)( \S+){0,3} (rose|rises?|fell|falls?|jump(s|ed)|drop(s|ped)|surge[sd]?|slump(s|ed)|grew|grows?|declined|increased|decreased|climbed|climbs|beats?|miss(ed|es)|topped|tops|doubled|doubles|of [$€£]?\d)|results (beat|miss|top)s?|(beats?|miss(es|ed)?|tops?|topped) (\S+ ){0,2}(expectations|estimates|forecasts)|(wider|narrower|posts?|posted|reports|reported) (\S+ ){0,2}(loss|profit)|(loses|lost) [$€£]\d+|falls short|grows? revenue|(takes?|took|records?|recorded|books|booked) (an? )?[$€£]?\d\S* (million|billion)( \S+){0,3} (charge|impairment|write-?down)|add(s|ed) \d\S*( million)?( \S+){0,2} (subscribers|customers|users|members)|swings to (a )?(profit|loss))\b`)},
	{Payout, 2, regexp.MustCompile(`(?i)\b(dividends?|buy-?backs?|share repurchases?|repurchase (program|programme|of)|stock split|special payout)\b`)},
	{Analyst, 1, regexp.MustCompile(`(?i)\b(upgrade[sd]?( \S+){0,4} (stock|shares|rating)|downgrade[sd]?|price targets?|initiate[sd]? coverage|(buy|sell|hold|neutral|overweight|underweight|outperform|underperform|equal[- ]weight) rating|analysts? (expect|cut|raise)s?)\b`)},
	{Contract, 2, regexp.MustCompile(`(?i)\b((wins?|won|award(s|ed)|sign(s|ed)|land(s|ed))( \S+){0,5} (contracts?|orders?|deal|agreement)|contract (worth|with|to|from|award)|orders? (for|from)|partner(s|ed|ing)? with|partnership|team(s|ed)? up|alliance|supply (deal|agreement)|licensing (deal|agreement))\b`)},
	{Product, 2, regexp.MustCompile(`(?i)\b(launch(es|ed|ing)?|unveil(s|ed|ing)?|reveal(s|ed) (a|an|its|the|new|plans)|debut(s|ed)?|introduc(es|ed|ing)|releas(es|ed|ing)|roll(s|ed|ing)? out|new (model|service|product|feature|phone|suv|car|console|chip|drug)|ships|shipping|pre-?orders?|delay(s|ed)?|discontinu\w+)\b`)},
	{Plans, 1, regexp.MustCompile(`(?i)\b(plans? to|expan(ds?|sion|ding)|open(s|ed|ing)? (a|an|its|the)|invest(s|ed|ing)? [$€£]?\d|investment of|build(s|ing)? (a|an|its)|factory|plant|overhaul|price (hike|increase|cut)s?|raises prices)\b`)},
}

// Of returns the kinds of events that a headline or sentence tells, the plainest
// first.
func Of(text string) []Kind {
	var found []Kind
	for _, p := range phrases {
		if !slices.Contains(found, p.kind) && p.re.MatchString(text) {
			found = append(found, p.kind)
		}
	}
	return found
}

// First returns the plainest event that the first text with one tells, or None.
func First(texts ...string) Kind {
	for _, t := range texts {
		for _, p := range phrases {
			if p.re.MatchString(t) {
				return p.kind
			}
		}
	}
	return None
}

// Kinds lists every kind, the plainest first.
func Kinds() []Kind {
	kinds := make([]Kind, 0, len(phrases))
	for _, p := range phrases {
		if !slices.Contains(kinds, p.kind) {
			kinds = append(kinds, p.kind)
		}
	}
	return kinds
}
