package eval

import (
	"math/rand/v2"
	"regexp"
	"strconv"
	"strings"
)

// gateTruthKinds lists the ways a bullet may differ from its evidence and
// still say the same.
func gateTruthKinds() []gateMaker {
	return []gateMaker{
		{"verbatim", func(p gatePair, _ []string, _ *rand.Rand) string { return p.sentence }},
		{"clause", dropClause},
		{"money", rewriteMoney},
		{"percent", plantWord(gateRules(`(\d)%`, `$1 percent`, `(\d) percent\b`, `$1%`, `(\d) pct\b`, `$1 per cent`))},
		{"date", rewriteDate},
		{"count", rewriteCount},
		{"reorder", reorder},
		{"hedged", plantWord(gateRules(` plans to `, ` intends to `, ` intends to `, ` plans to `, ` aims to `, ` plans to `, ` may `, ` could `, ` could `, ` might `, ` might `, ` may `))},
		{"voice", giveWords},
	}
}

// Compiled once, linear.
var (
	gateAside   = regexp.MustCompile(` \([^()]{5,80}\)`)
	gateTail    = regexp.MustCompile(`, (?:which|who|according to|compared (?:to|with)|including|as well as|driven by|reflecting|due to) [^,;]{10,}\.$`)
	gateLead    = regexp.MustCompile(`^(?:In addition|However|Meanwhile|Overall|As a result|Additionally|Also|And|So|But|Now|Finally|Importantly|For example), (?:the|our|we|it|this|net|total)\b`)
	gateMoneyIn = regexp.MustCompile(`\$(\d{1,3})(?:\.(\d{1,2}))? (million|billion)\b`)
	gateFull    = regexp.MustCompile(`\b(January|February|March|April|May|June|July|August|September|October|November|December) (\d{1,2}), (\d{4})\b`)
	gateDay     = regexp.MustCompile(`\b(January|February|August|September|October|November|December) (\d{1,2})\b`)
	gateThird   = regexp.MustCompile(`\b(first|second|third|fourth) quarter\b`)
	gateWords   = regexp.MustCompile(`\b(two|three|four|five|six|seven|eight|nine) (\w+s)\b`)
	gateFront   = regexp.MustCompile(`^((?:In|During|For|On|At|As of|Since) (?:[a-z]|\d|20)[^,;.]{4,60}), ((?:we|our|the|it|net|total|sales|revenue|revenues|they) [^;:]{20,})\.$`)
	gateVoice   = regexp.MustCompile(`^([A-Z][^;:"“”]{30,}), ((?:[A-Z][A-Za-z]+)(?: [A-Z][A-Za-z]+)*) (?:said|says)\.$`)
	gateSaid    = regexp.MustCompile(`^([A-Z][^;:"“”]{30,}), ((?:he|she|it|the company|a spokesman|[A-Z][a-z]+) said)\.$`)
)

// dropClause leaves out an aside, a trailing clause or a linking word.
func dropClause(p gatePair, _ []string, _ *rand.Rand) string {
	s := p.sentence
	if m := gateAside.FindStringIndex(s); m != nil {
		return s[:m[0]] + s[m[1]:]
	}
	if m := gateTail.FindStringIndex(s); m != nil && m[0] > 40 {
		return s[:m[0]] + "."
	}
	if m := gateLead.FindStringIndex(s); m != nil {
		_, rest, _ := strings.Cut(s, ", ")
		return strings.ToUpper(rest[:1]) + rest[1:]
	}
	return ""
}

// rewriteMoney writes millions as billions, or shortens the scale.
func rewriteMoney(p gatePair, _ []string, rng *rand.Rand) string {
	m := gateMoneyIn.FindStringSubmatchIndex(p.sentence)
	if m == nil {
		return ""
	}
	whole, part, scale := p.sentence[m[2]:m[3]], "", p.sentence[m[6]:m[7]]
	if m[4] >= 0 {
		part = p.sentence[m[4]:m[5]]
	}
	digits := whole
	if part != "" {
		digits += "." + part
	}
	forms := []string{"$" + digits + strings.ToUpper(scale[:1]), "$" + digits + scale[:1] + "n", "US$" + digits + " " + scale, digits + " " + scale + " dollars"}
	if scale == "million" {
		forms[1] = "$" + digits + "mn"
	} else {
		n, _ := strconv.Atoi(whole + (part + "000")[:3])
		forms = append(forms, "$"+group(n)+" million")
	}
	return p.sentence[:m[0]] + forms[rng.IntN(len(forms))] + p.sentence[m[1]:]
}

// group writes n with commas.
func group(n int) string {
	s := strconv.Itoa(n)
	for i := len(s) - 3; i > 0; i -= 3 {
		s = s[:i] + "," + s[i:]
	}
	return s
}

// rewriteDate writes a day or a quarter in another form.
func rewriteDate(p gatePair, _ []string, rng *rand.Rand) string {
	s := p.sentence
	if m := gateFull.FindStringSubmatchIndex(s); m != nil {
		month, day, year := s[m[2]:m[3]], s[m[4]:m[5]], s[m[6]:m[7]]
		forms := []string{day + " " + month + " " + year, month + " " + day}
		return s[:m[0]] + forms[rng.IntN(2)] + s[m[1]:]
	}
	if m := gateDay.FindStringSubmatchIndex(s); m != nil {
		month, day := s[m[2]:m[3]], s[m[4]:m[5]]
		forms := []string{day + " " + month, month[:3] + ". " + day}
		return s[:m[0]] + forms[rng.IntN(2)] + s[m[1]:]
	}
	if m := gateThird.FindStringSubmatchIndex(s); m != nil {
		n := map[string]string{"first": "1", "second": "2", "third": "3", "fourth": "4"}[s[m[2]:m[3]]]
		return s[:m[0]] + "Q" + n + s[m[1]:]
	}
	return ""
}

// rewriteCount writes a small number in digits.
func rewriteCount(p gatePair, _ []string, _ *rand.Rand) string {
	m := gateWords.FindStringSubmatchIndex(p.sentence)
	if m == nil {
		return ""
	}
	n := map[string]string{"two": "2", "three": "3", "four": "4", "five": "5", "six": "6", "seven": "7", "eight": "8", "nine": "9"}[p.sentence[m[2]:m[3]]]
	return p.sentence[:m[2]] + n + p.sentence[m[3]:]
}

// reorder moves a leading adverbial to the end, or who said it to the front.
func reorder(p gatePair, _ []string, _ *rand.Rand) string {
	if m := gateFront.FindStringSubmatch(p.sentence); m != nil {
		return strings.ToUpper(m[2][:1]) + m[2][1:] + " " + strings.ToLower(m[1][:1]) + m[1][1:] + "."
	}
	if m := gateSaid.FindStringSubmatch(p.sentence); m != nil {
		return strings.ToUpper(m[2][:1]) + m[2][1:] + " that " + m[1] + "."
	}
	return ""
}

// giveWords tells who said so in another way.
func giveWords(p gatePair, _ []string, rng *rand.Rand) string {
	m := gateVoice.FindStringSubmatch(p.sentence)
	if m == nil || m[2] == "He" || m[2] == "She" || m[2] == "It" {
		return ""
	}
	forms := []string{m[1] + ", according to " + m[2] + ".", m[1] + ", " + m[2] + " says.", m[1] + ", said " + m[2] + "."}
	return forms[rng.IntN(len(forms))]
}
