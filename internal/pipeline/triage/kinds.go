package triage

import (
	"fmt"
	"regexp"
	"strings"

	"stockdigest.app/stockdigest"
	"stockdigest.app/stockdigest/internal/events"
)

// A kind is a sort of page that no digest carries, told by its title.
type kind struct {
	gate string
	what string // for the reason
	re   *regexp.Regexp
	not  *regexp.Regexp // what saves the page; may be nil
}

// kinds are tried in order; the first that fits decides.
//
//nolint:gochecknoglobals // compiled once, never changed
var kinds = []kind{
	{gate: "promotional", what: "a law firm's or seller's notice", re: regexp.MustCompile(
		`(?i)\b(shareholder alert|investor alert|investor deadline|lead plaintiff|class action (lawsuit )?(reminder|deadline|alert)|reminds (investors|shareholders)|investors who lost|securities (fraud )?(investigation|class action) (alert|reminder)|sponsored( content| post)?:|advertorial|paid post|partner content|giveaway|sweepstakes|promo(tional)? codes?|coupon codes?|register now|free webinar|join our webinar)\b`)},
	{
		gate: "shopping", what: "a shopping page", re: regexp.MustCompile(
			`(?i)(\bbest\b.*\b(deals?|discounts|gifts?|bargains)\b` +
				`|\b(black friday|cyber monday|prime day|memorial day|labor day|presidents.? day|boxing day|holiday)\b.*\b(deals?|discounts?|savings|gift guide|doorbusters|markdowns|ad scan)\b` +
				`|\bdeals? (of the day|alert|roundup)|\bdeals (on|for|at|from) (apple|amazon|best buy|walmart|target|\$)` +
				`|\b(black friday|cyber monday|prime day)\b.*\b(sales?|prices?|offers?)\b|\bearly black friday\b` +
				`|\b(sale|deals?) (at|on) \S+.*\$\s?\d[\d,.]*` +
				`|\bsave (up to |over |an extra |an? )?(\$|£|€)?\s?\d` +
				`|(\$|£|€)\d+ off\b|\b\d+% off\b` +
				`|\b((on sale|discounted|marked down) (for |to |from )?(just |only |under )?|(drops?|down) to (just|only) |as low as )(\$|£|€)\d{1,4}(\.\d\d)?\b` +
				`|\b(get|grab|snag|score|buy) (this|these|a|an|the|your)\b.*\b(for|under|from) (just |only )?(\$|£|€)\d+` +
				`|\b(for|from) (just |only )?(\$|£|€)\d{1,3}(\.\d\d)?\b.*\b(more|airpods|laptop|headphones|tv|today|sale)\b` +
				`|\b(gift guide|gift ideas|stocking stuffers|coupons?|early access deals|lightning deals|doorbusters|all-time low price|lowest price (ever|yet)|price drops? on)\b)`),
		not: noShopping,
	},
	{
		gate: "list", what: "a list page", re: regexp.MustCompile(
			`(?i)^\W*(the |our |my |here are (the )?)?(\d+ |ten |five |seven |top |all the )?(of the )?(absolute |very )?(best|worst|coolest|greatest|top|weirdest|biggest|hottest|cheapest)( \d+)?( \S+){1,6}? (of|for|in|under|to|this|right now|20\d\d|you can)\b` +
				`|(?i)^\W*(the )?(top )?(\d{1,2}|three|four|five|six|seven|eight|nine|ten) (\S+ ){0,3}?(stocks|things|ways|reasons|tips|tricks|gifts|gadgets|shows|movies|apps|books|laptops|recipes|hacks|etfs|takeaways you|podcasts|songs|looks) ` +
				`|(?i)^\W*((these|here) are )(the |our )?(\d+ )?(best|worst|coolest|greatest|top|weirdest|hottest|cheapest)\b` +
				`|(?i)^\W*(the |our )?\d{1,2} (best|worst|coolest|greatest|weirdest|hottest|cheapest|most) \S` +
				`|(?i)(^|: )\W*(the )?(top )?(\d{1,2}|five|six|seven|eight|nine|ten) (\S+ ){0,3}?(gadgets|gifts|products|accessories|apps|laptops|headphones|games|toys)\b` +
				`|(?i)\b(stocks|shares) to (buy|watch|sell|own|avoid)\b` +
				`|(?i)^\W*what('s| is) (new|coming|leaving) (to|on|from) `),
		not: regexp.MustCompile(`(?i)^\W*((best|worst|biggest|top) (is|may|might|seems?|to|could|yet|over)\b|best buy|best quarter|best (year|month|week|day|sales)|worst (quarter|year|month|week|day)|biggest (deal|merger|recall|takeover|shareholder|investor|quarterly|one-day)|top (executive|lawyer|official|court|investor|shareholder|boss|tesla|apple|google|boeing|uber)|most (investors|analysts|shareholders))\b`),
	},
	{gate: "roundup", what: "a round-up of many companies", re: regexp.MustCompile(
		`(?i)\b(opening bell|closing bell|morning (brief|briefing|bid|note)|markets? wrap|market (close|open|snapshot|recap|update)|premarket movers|after-hours movers|stocks making the biggest moves|(daily|evening|weekly) (brief|briefing|digest|recap)|what to watch (today|this week)|live updates: stock|top stories)\b`)},
	{
		gate: "how-to", what: "an instruction", re: regexp.MustCompile(
			`(?i)^\W*(how (to|do i|do you|can (i|you))\b|here's how to|tips (for|to)|a (beginner's )?guide to|step[- ]by[- ]step)`),
		not: regexp.MustCompile(`(?i)\bhow to (fix|save|rescue|regulate|break up)\b`),
	},
	{gate: "price-move", what: "only a price move", re: regexp.MustCompile(
		`(?i)\b(why .{0,40}\b(stock|shares) (is|are|was|were|just|jumped|fell|popped|dropped|soared|plunged|rose)\b|(stock|shares?)( price)? (outperforms?|underperforms?)|technical analysis|price chart|options (traders|activity)|crosses (above|below)|moving average)`)},
	{
		gate: "price-move", what: "only a price move", re: regexp.MustCompile(
			`(?i)\b((stock|shares?)( price)? (moves?|rises?|falls?|gains?|drops?|climbs?|slips?|edges?|jumps?|slides?|soars?|tumbles?|sinks?|rall(y|ies)|dips?|trad(es|ing)|(is|are) (up|down|moving|trading)|(up|down) \d)|52-week (high|low)|(moving|trading) (higher|lower))\b`),
		not: regexp.MustCompile(`(?i)\b(on|as|after|amid|following|over|despite|post|because|due to|boosted|hit by|lifted by|when|with)\s\S*[a-z]{3}|[;:]`),
	},
}

// pageKind returns the gate of a page that no digest carries, with the reason,
// or nothing. A price move with a cause is news.
func pageKind(a stockdigest.Article, unsure bool) (gate, reason string) {
	title := strings.TrimSpace(a.Title)
	for _, k := range kinds {
		m := k.re.FindString(title)
		if m == "" || k.not != nil && k.not.MatchString(when.ReplaceAllString(title, "")) {
			continue
		}
		if k.gate == "price-move" && len(events.Of(title+". "+a.Description)) > 0 || k.gate == "roundup" && !unsure {
			continue
		}
		return k.gate, fmt.Sprintf("%s: the title says “%s”", k.what, shorten(m))
	}
	if m := shopURL.FindString(strings.ToLower(a.URL)); m != "" && shopWord.MatchString(title) && !noShopping.MatchString(title) && !takeovers.MatchString(title) {
		return "shopping", fmt.Sprintf("a shopping page: its address says “%s”", strings.Trim(m, "/-"))
	}
	return "", ""
}

var (
	// Words of the business pages: a shopping page has none of them.
	noShopping = regexp.MustCompile(`(?i)\b(sales (rise|fall|top|hit|drop|grow|jump|climb|surge|slump)|earnings|revenue|profit|quarter|merger|acquisition|takeover|antitrust|lawsuit|shares|stock|stake|billion|million|barrel|oil|layoffs|recalls?|margins?|forecasts?|outlook|guidance|analysts?|investors|ceo|jobs|workers|(sales|shoppers|shopping|spending|traffic|crowds) (rises?|falls?|tops?|hits?|drops?|grows?|jumps?|climbs?|sets?|was|were|is|are)|online sales|record (sales|year|quarter|spending)|best buy( \w+)? (signs?|strikes?|inks?|reaches|makes|to|wins|closes|seeks|in talks))\b`)
	// A section may be called deal; inside a longer name the word is as often a merger.
	shopURL = regexp.MustCompile(`/(deals?|shopping)/|[/-](deals|coupons?|gift-guides?)[/-]`)
	// What the section called deals of a business page is about.
	takeovers = regexp.MustCompile(`(?i)\b(units?|acquir(es?|ed|ing)|buyers|bidders?|bids? for|(agree[sd]?|offer(s|ed)?|plans?|near(s|ing)?|close|talks) to (buy|acquire|sell)|to (buy|acquire) (rival|smaller)|sale of (its|the|\S+ (unit|business|arm|division))|divest\w*|spin-?off|private equity|buyout|per share|a share|ipo|bankers)\b`)
	// The time when shares moved, which is no cause of it.
	when     = regexp.MustCompile(`(?i)\b(on|as of|in|over|during) (early |late |mid-?)?((mon|tues|wednes|thurs|fri|satur|sun)day|(jan|feb|mar|apr|may|june?|july?|aug|sept?|oct|nov|dec)[a-z]*\.? \d{1,2}|the (day|week|session)|(pre-?market|after-?hours|early|late|heavy|light|quiet|mid-?day|morning|afternoon|intraday)( trading| session)?|trading|volume|(heavy|light|high|low|unusual(ly high)?|average) volume)\b`)
	shopWord = regexp.MustCompile(`(?i)\b(deals|on sale|save|discount(s|ed)?|cheap(er|est)?|lowest price|buy|best)\b|[$£€]\d`)
)

func shorten(s string) string {
	const most = 60
	s = strings.Join(strings.Fields(s), " ")
	if r := []rune(s); len(r) > most {
		return string(r[:most-1]) + "…"
	}
	return s
}
