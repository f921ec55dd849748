package events

import "regexp"

// A Topic is what a sentence about a company speaks of. It is finer than a Kind
// where money is told, and it needs no event: "net debt stood at $2 billion".
type Topic string

// The topics.
const (
	Rating      Topic = "rating"
	PriceTarget Topic = "price target"
	Profit      Topic = "profit"
	Revenue     Topic = "revenue"
	Sales       Topic = "sales"
	Quarter     Topic = "quarter"
	Dividend    Topic = "dividend"
	Buyback     Topic = "buyback"
	Debt        Topic = "debt"
	Takeover    Topic = "takeover"
)

type topic struct {
	name Topic
	re   *regexp.Regexp
}

//nolint:gochecknoglobals // compiled once, never changed
var topics = []topic{
	{Rating, regexp.MustCompile(`(?i)\b(ratings?|recommendation|stance|advice|upgrad\w+|downgrad\w+|conviction buy|(buy|sell|hold|neutral|overweight|over-weight|underweight|outperform|underperform|equal-? ?weight|add|reduce) ?[\"'”’]* (note|rating|stance|list|recommendation|advice)|(to|from|a|an|at|with|its|on) [\"“'‘]+ ?(strong )?(buy|sell|hold|neutral|overweight|underweight|outperform|underperform|equal|add|reduce|conviction)|(initiat|start|resum)\w+ coverage)\b`)},
	{PriceTarget, regexp.MustCompile(`(?i)\b((price|share price) ?-?targets?|target prices?|targets? (to|from|of|on)( the| its)?( stock| shares)?( from| to)? ((?:[$€£¥]|eur|euros?|usd|dollars?|pounds?(?:\(s\))?|c\$)\s*\d|\d[\d.,]*\s*(?:per cent|percent|%|p\b|bn|m\b|million|billion))|\d+p target|(set|raised|lifted|cut|upped|lowered|increased)( its| their)( \S+){0,3} target|valued the)\b`)},
	{Profit, regexp.MustCompile(`(?i)\b(profits?|profitab\w+|earnings|ebitda?|net income|operating income|loss(es)? (of|for|before|widened|narrowed)|(net|pre-?tax|operating|underlying|annual|full-?year|half-?year|quarterly|first-?half) loss\w*|eps|margins? (fell|rose|slipped|improved|declined|widened)|(swung|returned) to (a )?(profit|loss|black|red))\b`)},
	{Revenue, regexp.MustCompile(`(?i)\b(revenues?|turnover|top[- ]line)\b`)},
	{Sales, regexp.MustCompile(`(?i)\b(sales (growth|rose|rise|fell|fall|were|was|grew|up|down|increas\w+|declin\w+|drop\w*|slump\w*|in|of|have|had|for|from|figures|volumes?|slipp\w+|jump\w+|improv\w+|performance|trend)|(like-for-like|same-?store|comparable|underlying|group|total|uk|us|retail|food|non-food|organic|net|annual|internet|online|quarterly|strong|falling|rising|slower|higher|lower|record|weak|international|global|domestic|clothing|third-quarter|first-quarter|second-quarter|fourth-quarter|christmas) sales|(growth|rise|fall|drop|decline|increase|slowdown|slide|improvement) in( \S+){0,3} sales|sales|volumes? (growth|rose|fell|up|down|grew)|production (rose|fell)|shipments|deliveries|output)\b`)},
	{Quarter, regexp.MustCompile(`(?i)\b((first|second|third|fourth|1st|2nd|3rd|4th|final|last|latest|previous|past|same|current|this|each|december|march|june|september|holiday|christmas) ?-? ?quarters?|quarterly|quarter|q[1-4]|three months (to|ended|ending))\b`)},
	{Dividend, regexp.MustCompile(`(?i)\b(dividends?|pay-?outs?)\b`)},
	{Buyback, regexp.MustCompile(`(?i)\b(buy-? ?backs?|(share|stock) repurchases?|repurchas\w+( of)?( its| \S+)? (shares|stock|programme|program)|buy(ing)? back( \S+){0,4} (shares|stock)|repurchase)\b`)},
	{Debt, regexp.MustCompile(`(?i)\b(net debts?|debt (pile|load|burden|level|facilit)\w*|(reduc|cut|pay|paid|repay|repaid|lower|trim|slash|shrink)\w*( down| off)?( \S+){0,4} debts?|borrowings|indebted\w*|debts? (of|stood|rose|fell|would|to|was|is)|undrawn|gearing|refinanc\w+)\b`)},
	{Takeover, regexp.MustCompile(`(?i)\b(merge[rs]?|merged|merging|acquisitions?|acquir\w+|takeovers?|take-?over|buy-?outs?|bids?|bidders?|bidding|agreed to (buy|sell|acquire)|disposals?|divest\w+|demerge\w*|stake in|offer for|tie-?up|purchase of|sale of (its|the|a)|sold (its|the|a)|bought|buy(ing)? (a|the|its|out))\b`)},
}

// Topics returns what a sentence speaks of, in the order of the constants.
func Topics(sentence string) []Topic {
	var found []Topic
	for _, t := range topics {
		if t.re.MatchString(sentence) {
			found = append(found, t.name)
		}
	}
	return found
}
