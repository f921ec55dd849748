package summarize

import (
	"cmp"
	"maps"
	"math"
	"slices"
	"strconv"
	"strings"

	"stockdigest.app/stockdigest"
	"stockdigest.app/stockdigest/internal/events"
	"stockdigest.app/stockdigest/internal/facts"
	"stockdigest.app/stockdigest/internal/names"
	"stockdigest.app/stockdigest/internal/text"
)

// features are what the ranker knows of a sentence, each roughly 0 to 1.
type features struct {
	Money      float64 // it tells an amount of money
	Percent    float64 // it tells a percentage or points
	Amounts    float64 // amounts of any kind, up to four
	Move       float64 // a word says which way something went
	Period     float64 // it names the quarter or year it speaks of
	Day        float64 // it names a day
	Guidance   float64 // it looks ahead: expects, plans, raises its forecast
	Event      float64 // a hard event: merges, recalls, appoints, settles
	Subject    float64 // the company acts in it: named before the verb
	Named      float64 // the company is named anywhere
	Other      float64 // another company is named first
	Lead       float64 // how early it stands
	Central    float64 // likeness to the whole story
	Title      float64 // words shared with the headline
	Length     float64 // 1 at a comfortable length
	Speech     float64 // mostly a quotation
	Opinion    float64 // somebody's view rather than a fact
	PriceMove  float64 // only tells how the shares traded
	Background float64 // tells what was known for years
	Filing     float64 // it stands in a filing of the company
	Dangling   float64 // it leans on what was told before it
	Specs      float64 // tells how a thing is built rather than what happened
	Aside      float64 // the share of it that stands in brackets
	Terms      float64 // the words of a contract rather than of an event
	PerShare   float64 // an amount for each share
	TopLine    float64 // an amount of sales or revenue, or of orders
	Result     float64 // an amount of profit, loss or cash flow
	Outlook    float64 // an amount for a time to come
	Words      float64 // its words, in units of 25
	Acts       float64 // a filing's sentence that says what was done on which day
	Headline   float64 // it opens a text and says what the headline says
}

// weights are the worth of the features. They were set by hand from what each
// means; eval summary measures them.
func weights() features {
	return features{
		Money: 0.7, Percent: 0.6, Amounts: 0.4, Move: 0.4, Period: 0.3, Day: 0.4, Guidance: 0.45, Event: 1.3,
		Subject: 1.1, Named: 0.9, Other: -1.8, Lead: 1.4, Central: 1.3, Title: 1.6, Length: 0.6,
		Speech: -0.9, Opinion: -1.0, PriceMove: -1.6, Background: -0.6, Filing: 0.2,
		Dangling: -0.9, Specs: -0.8, Aside: -1.2, Terms: -1.2, PerShare: 0.3, TopLine: 0.3, Result: 0.2, Outlook: 0.4, Acts: 1.6, Headline: 2.2,
	}
}

// dot is the score of f under the weights w.
func (f features) dot(w features) float64 {
	a, b := f.list(), w.list()
	sum := 0.0
	for i := range a {
		sum += a[i] * b[i]
	}
	return sum
}

func (f features) list() []float64 {
	return []float64{
		f.Money, f.Percent, f.Amounts, f.Move, f.Period, f.Day, f.Guidance, f.Event, f.Subject, f.Named, f.Other,
		f.Lead, f.Central, f.Title, f.Length, f.Speech, f.Opinion, f.PriceMove, f.Background, f.Filing,
		f.Dangling, f.Specs, f.Aside, f.Terms, f.PerShare, f.TopLine, f.Result, f.Outlook, f.Words, f.Acts, f.Headline,
	}
}

// early is the number of sentences in which a text tells what it is about.
const early = 12

// A reader measures the sentences of one story.
type reader struct {
	linker *names.Linker
	ticker stockdigest.Ticker
	own    ownNames
	corpus *text.Corpus
	center text.Vector
	title  map[string]bool
}

func newReader(linker *names.Linker, t stockdigest.Ticker, headline string, all []sentence) reader {
	docs := make([][]string, 0, len(all))
	var whole []string
	for _, s := range all {
		docs = append(docs, s.words)
		if s.index < early {
			whole = append(whole, s.words...)
		}
	}
	corpus := text.NewCorpus(docs)
	title := map[string]bool{}
	for _, w := range contentWords(headline) {
		title[w] = true
	}
	linker = linker.With(t)
	if known, ok := linker.Ticker(t.Symbol); ok {
		t.Names, t.CIK = append(slices.Clone(t.Names), known.Names...), cmp.Or(t.CIK, known.CIK)
	}
	return reader{linker: linker, ticker: t, own: namesOf(t), corpus: corpus, center: corpus.Vector(whole), title: title}
}

// measure fills in the features that are cheap to have: those of words, figures
// and position.
func (r reader) measure(s sentence) features {
	words := text.Words(s.text)
	f := features{
		Lead:    1 / (1 + 0.5*float64(s.index)),
		Central: text.Cosine(r.corpus.Vector(s.words), r.center),
		Title:   shared(s.words, r.title),
		Length:  comfortable(len(s.text)),
		Words:   math.Min(float64(len(words))/25, 4),
		Speech:  quoted(s.text),
		Move:    yes(tellsMove(words)),
		Opinion: opinion(words, s.source.own()), PriceMove: yes(priceMove(words)), Background: yes(background(s.text, words) || longAgo(words, s.source.evidence.PublishedAt.Year())),
		Filing: yes(s.source.filing != nil),
		Aside:  aside(s.text), Terms: terms(s.text, words),
	}
	f.Headline = f.Title * yes(len(r.title) > 2) * yes(s.index < 2 || s.index < early && f.Title >= 0.75)
	found := facts.Find(s.text)
	r.count(&f, found)
	figures(&f, found, words)
	f.Specs = specs(words, f)
	f.Acts = f.Filing * acts(s.text, words, f)
	return f
}

// judge adds the features that take longer: what happened, and to whom.
func (r reader) judge(s sentence) features {
	f, words := s.features, text.Words(s.text)
	f.Event = float64(events.First(s.text).Points()) / 3
	f.Guidance = yes(looksAhead(s.text, words))
	known := r.linker.Find(s.text)
	f.Subject, f.Named, f.Other = r.actors(s, known)
	f.Dangling = dangling(s.text, words, known)
	switch {
	case f.Headline >= 0.75 && overlap(s.words, r.titleWords()) >= 0.75 && len(s.words) <= len(r.title)+3:
		f.Other = 0 // it is the headline, by which triage tied the story to the company
	case f.Subject == 0:
		f.Headline *= 0.4 // the headline may be about somebody else
	}
	return f
}

func (r reader) titleWords() []string { return slices.Sorted(maps.Keys(r.title)) }

func tellsMove(words []string) bool {
	for i := range words {
		if sign, _ := moves(words, i); sign != 0 {
			return true
		}
	}
	return false
}

func (r reader) count(f *features, found []facts.Fact) {
	amounts := 0
	for _, fact := range found {
		switch fact.Kind {
		case facts.Money:
			f.Money = 1
		case facts.Percent, facts.Points:
			f.Percent = 1
		case facts.Period, facts.Year:
			f.Period = 1
		case facts.Date, facts.Weekday:
			f.Day = 1
		case facts.Number, facts.Multiple, facts.Ratio, facts.Time, facts.Label:
		}
		if fact.Kind.Amount() {
			amounts++
		}
	}
	f.Amounts = math.Min(float64(amounts), 4) / 4
}

// figures tells what the amounts of a sentence are amounts of.
func figures(f *features, found []facts.Fact, words []string) {
	amount := f.Money > 0 || f.Percent > 0
	for _, fact := range found {
		f.PerShare = math.Max(f.PerShare, yes(fact.PerShare))
	}
	f.PerShare = math.Max(f.PerShare, yes(f.Money > 0 && (has(words, "eps", "ffo") || has(words, "per") && has(words, "share", "unit"))))
	f.TopLine = yes(amount && has(words, "revenue", "revenues", "sales", "orders", "bookings", "backlog", "turnover"))
	f.Result = yes(amount && has(words, "income", "profit", "profits", "earnings", "ebitda", "ebit", "loss", "losses", "margin", "margins", "cash", "ffo"))
	f.Outlook = yes(amount && has(words, "expect", "expects", "expected", "expecting", "guidance", "outlook", "forecast", "forecasts", "anticipate", "anticipates", "range", "sees", "reaffirm", "reaffirming",
		"reaffirmed", "reiterate", "reiterating", "reiterated", "raising", "project", "projects", "estimate", "targeting", "initiating"))
}

// actors tells whether the company acts in the sentence, is named at all, or
// stands behind another one. In a filing "the Company" is the company; a feed
// about a peer or an industry is about that.
func (r reader) actors(s sentence, known []names.Mention) (subject, named, other float64) {
	own, foreign := -1, -1
	for _, m := range known {
		switch {
		case m.Symbol == r.ticker.Symbol || r.sameCompany(m.Symbol) || s.source.role != stockdigest.RoleCompany:
			if own < 0 {
				own = m.Start
			}
		case foreign < 0 && m.Kind == stockdigest.NameCompany && r.own.find(m.Text) < 0:
			foreign = m.Start
		}
	}
	if at := r.own.find(s.text); s.source.role == stockdigest.RoleCompany && at >= 0 && (own < 0 || at < own) {
		own = at
	}
	low := strings.ToLower(s.text)
	if own < 0 && s.source.filing != nil {
		own = first(low, "the company", "the registrant", "the corporation")
	}
	if own < 0 && s.source.subject != "" {
		own = strings.Index(low, strings.ToLower(s.source.subject))
	}
	subject = yes(own >= 0 && own <= len(s.text)*2/5 && (foreign < 0 || own < foreign))
	if strings.HasPrefix(low, "like ") || strings.HasPrefix(low, "unlike ") {
		return 0, yes(own >= 0), 1
	}
	return subject, yes(own >= 0), yes(foreign >= 0 && (own < 0 || foreign < own))
}

// first is where the first of the parts that s holds stands, or -1.
func first(s string, parts ...string) int {
	for _, p := range parts {
		if i := strings.Index(s, p); i >= 0 {
			return i
		}
	}
	return -1
}

// sameCompany reports another share class of the ticker's company.
func (r reader) sameCompany(s stockdigest.Symbol) bool {
	base := func(s stockdigest.Symbol) string { b, _, _ := strings.Cut(string(s), "-"); return b }
	if base(s) == base(r.ticker.Symbol) {
		return true
	}
	other, known := r.linker.Ticker(s)
	return known && (other.CIK != "" && other.CIK == r.ticker.CIK || other.Name == r.ticker.Name)
}

func shared(words []string, title map[string]bool) float64 {
	if len(title) == 0 {
		return 0
	}
	hit := map[string]bool{}
	for _, w := range words {
		if title[w] {
			hit[w] = true
		}
	}
	return float64(len(hit)) / float64(len(title))
}

// comfortable is 1 between 80 and 240 bytes and falls off on both sides.
func comfortable(n int) float64 {
	switch {
	case n < 80:
		return float64(n) / 80
	case n > 240:
		return math.Max(0, 1-float64(n-240)/180)
	}
	return 1
}

// quoted is the share of the sentence that stands in quotation marks.
func quoted(s string) float64 {
	inside, open := 0, false
	for _, r := range s {
		switch r {
		case '“':
			open = true
		case '”':
			open = false
		case '"':
			open = !open
		default:
			if open {
				inside++
			}
		}
	}
	return float64(inside) / float64(len(s))
}

func yes(b bool) float64 {
	if b {
		return 1
	}
	return 0
}

// opinion is how much a sentence speaks a view: one word is half, two are all.
// Where the company itself speaks, we is no view.
func opinion(words []string, company bool) float64 {
	n := 0.0
	for _, w := range words {
		switch w {
		case "we", "we're", "we've", "we'll", "we'd", "our", "us":
			n += 2 * yes(!company)
		case "i", "i'm", "i'll", "i've", "i'd", "my", "me", "personally", "honestly":
			n += 2
		case "hell", "heck", "awesome", "weird", "handsome", "gorgeous", "crap", "damn", "stunning", "hopefully", "arguably", "honest", "rewind", "sucks", "fun":
			n += 2
		case "looks", "think", "thinks", "feel", "feels", "opinion", "maybe", "perhaps", "seem", "seems", "seemed", "amazing", "great", "love", "loves", "fans", "beautiful", "ugly", "cool", "nice", "sadly", "dismal", "optimistic",
			"certainly", "obviously", "frankly", "impressive", "disappointing", "remarkable", "incredible", "terrible", "worst", "ideal", "decent", "fairly",
			"reasonably", "pretty", "apparently", "presumably", "interestingly", "somewhat", "kind", "clever", "glimpse", "iconic", "futuristic", "exciting", "hope", "hopes", "hoping",
			"might", "likely", "unlikely", "feeling", "favorite", "favourite", "definitely", "basically", "essentially", "literally", "actually", "sure", "believe", "believes", "striking", "ultimate", "best", "spectacular", "shocking", "epic", "quirky", "gem", "stakes":
			n++
		}
	}
	return math.Min(n/2, 1)
}

// specs is how much a sentence tells how a thing is built: measures of engines,
// screens and chips without any money.
func specs(words []string, f features) float64 {
	n := 0.0
	for _, w := range words {
		switch strings.TrimLeft(w, "0123456789.,-") {
		case "mph", "kph", "horsepower", "hp", "torque", "kwh", "lb", "ft", "fps", "hz", "ghz", "mhz", "gb", "tb", "mm", "cm", "inch", "inches", "pixels", "megapixel", "megapixels",
			"ppi", "nits", "oz", "p", "k", "ram", "ssd", "processor", "graphics", "resolution", "wheelbase", "bezel", "bezels", "suspension", "spoiler", "headlights", "headlamps", "taillights",
			"grill", "touchscreen", "bodywork", "dashboard", "seats", "styling", "fascia", "trim", "aero", "settings", "aluminum", "aluminium", "leather", "rear", "wheels", "grille", "keys", "configuration", "configurations":
			n++
		}
	}
	if f.Money > 0 {
		n--
	}
	return math.Max(0, math.Min(n/2, 1))
}

// aside is the share of a sentence that stands in brackets.
func aside(s string) float64 {
	inside, depth := 0, 0
	for _, r := range s {
		switch r {
		case '(':
			depth++
		case ')':
			depth = max(0, depth-1)
		default:
			if depth > 0 {
				inside++
			}
		}
	}
	return math.Min(2*float64(inside)/float64(len(s)), 1)
}

// terms is how much a sentence speaks as a contract does: defined terms and the
// formulas of lawyers.
func terms(s string, words []string) float64 {
	n := float64(strings.Count(s, "(“")+strings.Count(s, "(the “")+strings.Count(s, "(\"")+strings.Count(s, "(the \"")) / 2
	for _, w := range words {
		switch w {
		case "thereof", "therein", "thereto", "thereunder", "herein", "hereunder", "hereby", "foregoing", "aforementioned", "notwithstanding", "rank", "unsubordinated",
			"arrears", "trustee", "certificate", "aggregate", "registrant", "provisions", "covenants", "definitive", "customary", "severally", "undersigned", "warranties":
			n += 0.5
		}
	}
	low := strings.ToLower(s)
	for _, formula := range []string{
		"pursuant to", "in accordance with", "subject to the terms", "set forth in", "as defined in", "registration statement", "from time to time", "among other things", "amended and restated", "filed as",
		"non-gaap", "in the event", "in the case of", "giving effect to", "declared effective", "provides that", "provides for", "being issued", "press release", "plus accrued", "relating to its", "governing",
	} {
		if strings.Contains(low, formula) {
			n += 0.5
		}
	}
	return math.Min(n/2, 1.5)
}

// acts is 1 for a sentence that says what was done, half without its day.
func acts(s string, words []string, f features) float64 {
	for _, w := range words[:min(len(words), 40)] {
		switch w {
		case "announced", "entered", "completed", "consummated", "issued", "acquired", "appointed", "resigned", "notified", "received", "approved", "sold", "priced", "redeemed",
			"declared", "elected", "terminated", "adopted", "filed", "reported", "agreed", "closed", "amended", "commenced", "named", "retired", "dismissed", "engaged", "authorized", "purchased", "settled", "borrowed":
			opens := has(words[:1], "on", "effective", "as") && f.Day > 0
			return 0.5 + 0.5*yes(opens && !strings.Contains(s, "press release"))
		}
	}
	return 0
}

// priceMove reports a sentence whose subject is the share price.
func priceMove(words []string) bool {
	line := " " + strings.Join(words, " ") + " "
	if first(line, " moving average ", " market cap ", " 52 week ", " price to earnings ", " p e ratio ", " beta of ", " market capitalization ", " short interest ", " day average ") >= 0 {
		return true
	}
	if !has(words, "shares", "stock") {
		return false
	}
	if has(words, "trading", "traded", "session", "premarket", "after-hours", "intraday", "volume", "capitalization", "capitalisation") {
		return true
	}
	for i, w := range words {
		if w == "shares" || w == "stock" {
			behind := words[i+1 : min(i+4, len(words))]
			for n := range behind {
				if sign, form := moves(behind, n); sign != 0 && (form == asVerb || form == asTransitive) || has(behind[n:n+1], "closed", "ended", "opened") {
					return true
				}
			}
		}
	}
	return false
}

// background reports what was known before: the history of a company, what it
// is, and events of earlier years.
func background(s string, words []string) bool {
	if has(words, "founded", "headquartered", "formerly", "historically", "decades", "century", "operates", "previously", "dubbed", "known") {
		return true
	}
	low := strings.ToLower(s)
	return first(low, "earlier this year", "last year's", "years ago", "in recent years", "a year ago,", "over the years", "leading provider", "leading global", "is a provider", "is a leading", "has long", "since 19", "since 20") >= 0
}

// longAgo reports a sentence that names a year before the last one of its
// publication and none since.
func longAgo(words []string, published int) bool {
	old := false
	for _, w := range words {
		if year, err := strconv.Atoi(w); err == nil && len(w) == 4 && year >= 1900 {
			if year >= published-1 {
				return false
			}
			old = true
		}
	}
	return old
}

func looksAhead(s string, words []string) bool {
	if has(words, "guidance", "outlook", "forecast", "forecasts") {
		return true
	}
	for _, h := range facts.Hedges(s) {
		if h.Class == "expected" || h.Class == "planned" {
			return true
		}
	}
	return false
}

// has reports whether one of the words is among those looked for.
func has(words []string, wanted ...string) bool {
	for _, w := range words {
		if slices.Contains(wanted, w) {
			return true
		}
	}
	return false
}
