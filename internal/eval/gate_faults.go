package eval

import (
	"math/rand/v2"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// A gateMaker makes a bullet of a sentence, or "" when the sentence does not
// lend itself to it.
type gateMaker struct {
	name  string
	plant func(p gatePair, names []string, rng *rand.Rand) string
}

// gateFaultKinds lists the faults, one planted per bullet.
func gateFaultKinds() []gateMaker {
	return []gateMaker{
		{"digit", plantDigit},
		{"scale", plantWord(gateScales())},
		{"unit", plantWord(gateUnits())},
		{"currency", plantWord(gateCurrencies())},
		{"points", plantWord(gatePoints())},
		{"date", plantDate},
		{"direction", plantWord(gateDirections())},
		{"hedge", plantWord(gateHedges())},
		{"negation", plantWord(gateNegations())},
		{"name", plantName},
		{"company", plantSwap},
		{"figures", plantFigures},
		{"opener", plantOpener},
		{"borrowed-figure", plantBorrowed(gateMoney)},
		{"borrowed-name", plantBorrowedName},
		{"spelled", plantWord(gateSpelled())},
		{"given-name", plantGiven},
		{"done", plantWord(gateDone())},
		{"bound", plantWord(gateBounds())},
		{"degree", plantWord(gateDegrees())},
		{"spell", plantWord(gateSpells())},
		{"ends", plantEnds},
		{"source", plantSource},
	}
}

// A gateRule replaces what a pattern finds.
type gateRule struct {
	find *regexp.Regexp
	with string
}

func gateRules(pairs ...string) []gateRule {
	rules := make([]gateRule, 0, len(pairs)/2)
	for i := 0; i+1 < len(pairs); i += 2 {
		rules = append(rules, gateRule{regexp.MustCompile(pairs[i]), pairs[i+1]})
	}
	return rules
}

func gateScales() []gateRule {
	return gateRules(`([0-9]) million\b`, `$1 billion`, `([0-9]) billion\b`, `$1 million`, `([0-9]) mn\b`, `$1 bn`, `([0-9]) bn\b`, `$1 mn`,
		`([0-9])m\b`, `${1}bn`, `([0-9])bn\b`, `${1}m`, `([0-9]) trillion\b`, `$1 billion`, `([0-9]),000\b`, `$1`)
}

func gateUnits() []gateRule {
	return gateRules(`(\d (?:\w+ )?)employees\b`, `${1}customers`, `(\d (?:\w+ )?)stores\b`, `${1}countries`, `(\d )years\b`, `${1}months`, `(\d )months\b`, `${1}weeks`,
		`(\d )days\b`, `${1}weeks`, `(\d )(?:people|workers)\b`, `${1}stores`, `(\d )units\b`, `${1}tonnes`, `\bper share\b`, `per barrel`,
		`(\d )square feet\b`, `${1}acres`, `(\d )(?:tons|tonnes)\b`, `${1}barrels`, `(\d )miles\b`, `${1}kilometres`, `(\d )customers\b`, `${1}employees`,
		`(\d )weeks\b`, `${1}years`, `(\d )countries\b`, `${1}plants`, `(\d )times\b`, `${1}percent`, `(\d )locations\b`, `${1}acquisitions`, `(\d[\d.]* million )shares\b`, `${1}euros`)
}

func gateCurrencies() []gateRule {
	return gateRules(`\$(\d)`, `€$1`, `€ ?(\d)`, `$$$1`, `£ ?(\d)`, `$$$1`, `\bEUR ?(\d)`, `USD $1`, `\bUSD ?(\d)`, `EUR $1`, `\beuros\b`, `dollars`, `\bRs\.? ?(\d)`, `$$$1`)
}

func gatePoints() []gateRule {
	return gateRules(`(\d) ?basis points\b`, `$1 percent`, `(\d)%`, `$1 percentage points`, `(\d) ?(?:percent|per cent|pct)\b`, `$1 percentage points`,
		`(\d) percentage points\b`, `$1 percent`)
}

func gateDirections() []gateRule {
	pairs := [][2]string{
		{"rose", "fell"},
		{"fell", "rose"},
		{"increased", "decreased"},
		{"decreased", "increased"},
		{"increase", "decrease"},
		{"decrease", "increase"},
		{"grew", "declined"},
		{"growth", "decline"},
		{"declined", "grew"},
		{"decline", "growth"},
		{"up", "down"},
		{"down", "up"},
		{"higher", "lower"},
		{"lower", "higher"},
		{"raised", "cut"},
		{"raising", "cutting"},
		{"beat", "missed"},
		{"exceeded", "missed"},
		{"above", "below"},
		{"below", "above"},
		{"profit", "loss"},
		{"loss", "profit"},
		{"improved", "worsened"},
		{"improvement", "deterioration"},
		{"gained", "lost"},
		{"jumped", "dropped"},
		{"dropped", "jumped"},
		{"surged", "plunged"},
		{"acquired", "sold"},
		{"sold", "bought"},
		{"approved", "rejected"},
		{"won", "lost"},
		{"lost", "won"},
		{"opened", "closed"},
		{"closed", "opened"},
		{"expanded", "shrank"},
		{"stronger", "weaker"},
		{"strong", "weak"},
		{"upgraded", "downgraded"},
		{"accelerated", "slowed"},
		{"reduced", "raised"},
		{"positive", "negative"},
		{"favorable", "unfavorable"},
	}
	rules := make([]gateRule, 0, len(pairs))
	for _, p := range pairs {
		rules = append(rules, gateRule{regexp.MustCompile(`\b` + p[0] + `\b`), p[1]})
	}
	return rules
}

func gateHedges() []gateRule {
	return gateRules(` (?:may|might|could) `, ` will `, ` is expected to `, ` will `, ` are expected to `, ` will `, ` reportedly `, ` `, ` is likely to `, ` will `, ` allegedly `, ` `)
}

func gateNegations() []gateRule {
	return gateRules(` (did|does|do|is|are|was|were|will|would|could|has|have|had) not `, ` $1 `, ` without `, ` with `,
		` (did|does|do|is|are|was|were|would|could|has|have|had)n['’]t `, ` $1 `, ` (will|has|have|is|are|was|were) (been|be|expected|seen|growing|reduced|included) `, ` $1 not $2 `, ` never `, ` always `)
}

// plantWord replaces one match of one rule; rules take turns so that all of
// them come up.
func plantWord(rules []gateRule) func(gatePair, []string, *rand.Rand) string {
	return func(p gatePair, _ []string, rng *rand.Rand) string {
		for _, i := range rng.Perm(len(rules)) {
			all := rules[i].find.FindAllStringSubmatchIndex(p.sentence, -1)
			if len(all) == 0 {
				continue
			}
			m := all[rng.IntN(len(all))]
			with := rules[i].find.ExpandString(nil, rules[i].with, p.sentence, m)
			return p.sentence[:m[0]] + string(with) + p.sentence[m[1]:]
		}
		return ""
	}
}

// Compiled once, linear.
var (
	gateNumber  = regexp.MustCompile(`\d[\d,]*(?:\.\d+)?`)
	gateMonth   = regexp.MustCompile(`\b(?:January|February|March|April|June|July|August|September|October|November|December)\b`)
	gateWeekday = regexp.MustCompile(`\b(?:Monday|Tuesday|Wednesday|Thursday|Friday|Saturday|Sunday)\b`)
	gateQuarter = regexp.MustCompile(`\b(first|second|third|fourth)([ -](?:quarter|half))\b`)
	gateQCode   = regexp.MustCompile(`\bQ([1-4])\b`)
	gateYear    = regexp.MustCompile(`\b(?:19|20)\d\d\b`)
	gateName    = regexp.MustCompile(`(?:[a-z,] )((?:[A-Z][a-z]+|[A-Z]{2,5})(?: [A-Z][a-z]+)*)\b`)
	gateMoney   = regexp.MustCompile(`\$\d[\d,.]*\d(?: (?:million|billion))?|\b\d[\d.]*%`)
)

// plantDigit changes one digit of one number.
func plantDigit(p gatePair, _ []string, rng *rand.Rand) string {
	all := gateNumber.FindAllStringIndex(p.sentence, -1)
	if len(all) == 0 {
		return ""
	}
	m := all[rng.IntN(len(all))]
	b := []byte(p.sentence)
	var at []int
	for i := m[0]; i < m[1]; i++ {
		if b[i] >= '0' && b[i] <= '9' {
			at = append(at, i)
		}
	}
	i := at[rng.IntN(len(at))]
	old := int(b[i] - '0')
	b[i] = byte('0' + (old+1+rng.IntN(8))%10)
	if i == m[0] && b[i] == '0' {
		b[i] = byte('1' + old%9)
		if int(b[i]-'0') == old {
			return ""
		}
	}
	changed := string(b[m[0]:m[1]])
	if strings.Contains(p.evidence, changed) {
		return ""
	}
	return string(b)
}

// plantDate moves a month, weekday, quarter or year.
func plantDate(p gatePair, _ []string, rng *rand.Rand) string {
	s := p.sentence
	swapIn := func(m []int, with string) string {
		if strings.Contains(p.evidence, with) {
			return ""
		}
		return s[:m[0]] + with + s[m[1]:]
	}
	months := []string{"January", "February", "March", "April", "June", "July", "August", "September", "October", "November", "December"}
	days := []string{"Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"}
	ordinals := []string{"first", "second", "third", "fourth"}
	var m []int
	switch rng.IntN(4) {
	case 0:
		if m = gateMonth.FindStringIndex(s); m != nil {
			return swapIn(m, months[(slices.Index(months, s[m[0]:m[1]])+1+rng.IntN(9))%len(months)])
		}
	case 1:
		if m = gateWeekday.FindStringIndex(s); m != nil {
			return swapIn(m, days[(slices.Index(days, s[m[0]:m[1]])+1+rng.IntN(5))%len(days)])
		}
	case 2:
		if m = gateQuarter.FindStringSubmatchIndex(s); m != nil {
			half := strings.HasSuffix(s[m[0]:m[1]], "half")
			n := 4
			if half {
				n = 2
			}
			i := slices.Index(ordinals, s[m[2]:m[3]])
			return swapIn(m, ordinals[(i+1)%n]+s[m[4]:m[5]])
		}
		if m = gateQCode.FindStringSubmatchIndex(s); m != nil {
			n, _ := strconv.Atoi(s[m[2]:m[3]])
			return swapIn(m, "Q"+strconv.Itoa(n%4+1))
		}
	default:
		if m = gateYear.FindStringIndex(s); m != nil {
			y, _ := strconv.Atoi(s[m[0]:m[1]])
			return swapIn(m, strconv.Itoa(y+1-2*rng.IntN(2)))
		}
	}
	return ""
}

// gateNames collects names of the texts, sorted, for planting elsewhere.
func gateNames(pairs []gatePair) []string {
	count := map[string]int{}
	for _, p := range pairs {
		for _, m := range gateName.FindAllStringSubmatch(p.sentence, -1) {
			if strings.Contains(m[1], " ") && !gateCalendar(m[1]) {
				count[m[1]]++
			}
		}
	}
	var names []string
	for n, c := range count {
		if c >= 2 {
			names = append(names, n)
		}
	}
	slices.Sort(names)
	return names
}

func gateCalendar(s string) bool {
	return gateMonth.MatchString(s) || gateWeekday.MatchString(s) || strings.HasPrefix(s, "May") || s == "I" || strings.HasPrefix(s, "EUR") ||
		strings.HasPrefix(s, "USD") || gateGeneric[s]
}

//nolint:gochecknoglobals // words in capitals that name nobody
var gateGeneric = map[string]bool{
	"EPS": true, "GAAP": true, "EBITDA": true, "CEO": true, "CFO": true, "COO": true, "IPO": true, "US": true, "UK": true,
	"EU": true, "AI": true, "FFO": true, "AFFO": true, "CAGR": true, "SG": true, "YoY": true, "Q": true, "Non": true, "Yes": true, "ETF": true,
}

// plantName puts another name in place of one in the middle of the sentence.
func plantName(p gatePair, names []string, rng *rand.Rand) string {
	all := gateName.FindAllStringSubmatchIndex(p.sentence, -1)
	if len(all) == 0 || len(names) == 0 {
		return ""
	}
	m := all[rng.IntN(len(all))]
	if gateCalendar(p.sentence[m[2]:m[3]]) {
		return ""
	}
	with := names[rng.IntN(len(names))]
	for word := range strings.FieldsSeq(with) {
		if strings.Contains(strings.ToLower(p.evidence), strings.ToLower(word)) {
			return ""
		}
	}
	return p.sentence[:m[2]] + with + p.sentence[m[3]:]
}

// plantSwap exchanges two names of the sentence that do not stand in one list.
func plantSwap(p gatePair, _ []string, _ *rand.Rand) string {
	all := gateName.FindAllStringSubmatchIndex(p.sentence, -1)
	for i := 0; i+1 < len(all); i++ {
		a, b := all[i], all[i+1]
		one, two, between := p.sentence[a[2]:a[3]], p.sentence[b[2]:b[3]], p.sentence[a[3]:b[2]]
		if one == two || strings.Contains(one, two) || strings.Contains(two, one) || gateCalendar(one) || gateCalendar(two) || gateList(between) {
			continue
		}
		return p.sentence[:a[2]] + two + between + one + p.sentence[b[3]:]
	}
	return ""
}

// gateList reports whether the words between two names only line them up, so
// that exchanging them says the same.
func gateList(between string) bool {
	return len(strings.Fields(between)) < 3
}

// plantFigures exchanges two unequal figures of one kind.
func plantFigures(p gatePair, _ []string, _ *rand.Rand) string {
	all := gateMoney.FindAllStringIndex(p.sentence, -1)
	for i := 0; i+1 < len(all); i++ {
		a, b := all[i], all[i+1]
		one, two, between := p.sentence[a[0]:a[1]], p.sentence[b[0]:b[1]], p.sentence[a[1]:b[0]]
		if one == two || one[0] == '$' != (two[0] == '$') || gateList(between) {
			continue
		}
		return p.sentence[:a[0]] + two + between + one + p.sentence[b[1]:]
	}
	return ""
}

func gateSpelled() []gateRule {
	return gateRules(`\btwo ([a-z]+s)\b`, `four $1`, `\bthree ([a-z]+s)\b`, `eight $1`, `\bfour ([a-z]+s)\b`, `three $1`, `\bfive ([a-z]+s)\b`, `nine $1`,
		`\bsix ([a-z]+s)\b`, `seven $1`, `\bten ([a-z]+s)\b`, `twelve $1`, `\beight ([a-z]+s)\b`, `two $1`)
}

// Compiled once, linear.
var gateOpener = regexp.MustCompile(`^([A-Z][a-z]+(?: [A-Z][a-z]+)*)(?:['’]s)? (?:said|has|is|was|will|reported|announced|shares|and|plans|posted|had|expects|also|Inc|Corp|Oyj|Group|CEO)\b`)

// plantOpener puts another name in place of the one the sentence begins with.
func plantOpener(p gatePair, names []string, rng *rand.Rand) string {
	m := gateOpener.FindStringSubmatchIndex(p.sentence)
	if m == nil || len(names) == 0 || gateNoName(p.sentence[m[2]:m[3]]) {
		return ""
	}
	with := names[rng.IntN(len(names))]
	for word := range strings.FieldsSeq(with) {
		if strings.Contains(strings.ToLower(p.evidence), strings.ToLower(word)) {
			return ""
		}
	}
	return with + p.sentence[m[3]:]
}

// gateNoName reports whether a sentence begins with a plain word.
func gateNoName(s string) bool {
	first, _, _ := strings.Cut(s, " ")
	switch first {
	case "The", "This", "That", "It", "He", "She", "We", "They", "There", "Our", "What", "Which", "Who", "In", "As", "A", "An", "And", "But",
		"So", "Revenue", "Sales", "Inventory", "Liquidity", "Everyone", "Everything", "Nothing", "One", "Each", "Management", "All", "Demand":
		return true
	}
	return false
}

// plantBorrowed puts another figure of the evidence in place of one.
func plantBorrowed(find *regexp.Regexp) func(gatePair, []string, *rand.Rand) string {
	return func(p gatePair, _ []string, rng *rand.Rand) string {
		ours := find.FindAllStringIndex(p.sentence, -1)
		all := find.FindAllString(p.evidence, -1)
		if len(ours) == 0 || len(all) < 2 {
			return ""
		}
		m := ours[rng.IntN(len(ours))]
		one, two := p.sentence[m[0]:m[1]], all[rng.IntN(len(all))]
		if one == two || (one[0] == '$') != (two[0] == '$') || strings.Contains(one, two) || strings.Contains(two, one) {
			return ""
		}
		return p.sentence[:m[0]] + two + p.sentence[m[1]:]
	}
}

// plantBorrowedName puts another name of the evidence in place of one.
func plantBorrowedName(p gatePair, _ []string, rng *rand.Rand) string {
	ours := gateName.FindAllStringSubmatchIndex(p.sentence, -1)
	all := gateName.FindAllStringSubmatch(p.evidence, -1)
	if len(ours) == 0 || len(all) < 2 {
		return ""
	}
	m, two := ours[rng.IntN(len(ours))], all[rng.IntN(len(all))][1]
	one := p.sentence[m[2]:m[3]]
	if strings.Contains(one, two) || strings.Contains(two, one) || gateCalendar(one) || gateCalendar(two) || strings.Contains(p.sentence[:m[2]]+p.sentence[m[3]:], one) {
		return ""
	}
	return p.sentence[:m[2]] + two + p.sentence[m[3]:]
}

// plantGiven changes the first word of a name of two.
func plantGiven(p gatePair, names []string, rng *rand.Rand) string {
	for _, m := range gateName.FindAllStringSubmatchIndex(p.sentence, -1) {
		first, _, two := strings.Cut(p.sentence[m[2]:m[3]], " ")
		with, _, _ := strings.Cut(names[rng.IntN(len(names))], " ")
		if two && !gateCalendar(first) && !strings.Contains(strings.ToLower(p.evidence), strings.ToLower(with)) {
			return p.sentence[:m[2]] + with + p.sentence[m[2]+len(first):]
		}
	}
	return ""
}

// gateDone tells what is planned, expected or hoped for as done.
func gateDone() []gateRule {
	var pairs []string
	for base, done := range map[string]string{
		"open": "opened", "close": "closed", "buy": "bought", "sell": "sold", "launch": "launched", "expand": "expanded", "invest": "invested", "build": "built",
		"reduce": "reduced", "increase": "increased", "acquire": "acquired", "pay": "paid", "start": "started", "complete": "completed",
		"deliver": "delivered", "add": "added", "improve": "improved", "generate": "generated", "grow": "grew", "begin": "began", "make": "made",
		"spend": "spent", "hire": "hired", "raise": "raised", "rise": "rose", "fall": "fell",
	} {
		pairs = append(pairs, ` (?:plans?|aims?|intends?|agreed|hopes?|seeks?|expects?|is expected|are expected|wants?) to `+base+` (\w+ \w+)`, ` `+done+` $1`)
		pairs = append(pairs, ` will `+base+` (\w+ \w+)`, ` `+done+` $1`)
	}
	return sortedRules(pairs)
}

// sortedRules are the rules of pairs in the order of their patterns.
func sortedRules(pairs []string) []gateRule {
	rules := gateRules(pairs...)
	slices.SortFunc(rules, func(a, b gateRule) int { return strings.Compare(a.find.String(), b.find.String()) })
	return rules
}

func gateBounds() []gateRule {
	const amount = ` (\$?\d[\d,.]*(?: million| billion|%| percent))`
	return gateRules(` up to`+amount, ` $1`, ` (?:about|around|approximately|roughly)`+amount, ` $1`, ` (?:nearly|almost)`+amount, ` more than $1`,
		` (?:more than|over|at least)`+amount, ` $1`, ` (?:more than|over)`+amount, ` less than $1`, ` less than`+amount, ` $1`)
}

func gateDegrees() []gateRule {
	return gateRules(` (?:rose|increased|grew|climbed|gained) `, ` doubled `, ` (?:fell|decreased|declined|dropped) `, ` halved `,
		` (our|its|the|total|net|with|and) (sales|revenues?|profits?|results|earnings) (rose|increased|grew|was|were|of|for|in) `, ` $1 record $2 $3 `)
}

func gateSpells() []gateRule {
	return gateRules(` last year\b`, ` last quarter`, ` a year (ago|earlier)\b`, ` a month $1`, ` this year\b`, ` next year`, ` next year\b`, ` this year`,
		` last week\b`, ` last month`, ` this quarter\b`, ` next quarter`, ` last quarter\b`, ` last year`, ` last month\b`, ` last week`,
		` on (?:Monday|Tuesday|Wednesday|Thursday|Friday)\b`, ` today`, ` (?:previous|prior) year([,.])`, ` prior quarter$1`)
}

// Compiled once, linear.
var gateEnds = regexp.MustCompile(`\b(to|from) (\$?\d[\d,.]*\d(?: million| billion|%| percent)?) (from|to) (\$?\d[\d,.]*\d(?: million| billion|%| percent)?)`)

// plantEnds turns a change round: to A from B is to B from A.
func plantEnds(p gatePair, _ []string, _ *rand.Rand) string {
	m := gateEnds.FindStringSubmatchIndex(p.sentence)
	if m == nil || p.sentence[m[2]:m[3]] == p.sentence[m[6]:m[7]] || p.sentence[m[4]:m[5]] == p.sentence[m[8]:m[9]] {
		return ""
	}
	s := p.sentence
	return s[:m[4]] + s[m[8]:m[9]] + s[m[5]:m[8]] + s[m[4]:m[5]] + s[m[9]:]
}

// plantSource gives the words to people that the evidence does not speak of.
func plantSource(p gatePair, _ []string, rng *rand.Rand) string {
	people := []string{"analysts", "regulators", "economists", "investors", "prosecutors"}
	who := people[rng.IntN(len(people))]
	low := strings.ToLower(p.evidence)
	said, whole := strings.CutSuffix(p.sentence, ".")
	if !whole || strings.Contains(low, who[:len(who)-1]) || strings.Contains(low, "official") || strings.Contains(low, "broker") {
		return ""
	}
	return said + ", according to " + who + "."
}
