package edgar

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"
)

// maxTold bounds the sentences made of one form.
const maxTold = 24

// Text tells the form in whole sentences, a paragraph each, that a reader and
// the evidence gate can quote: purchases and sales first. The company goes by
// the name that readers know, or by the form's own when that is empty.
func (o Ownership) Text(company string) string {
	if company == "" {
		company = o.Issuer
	}
	t := teller{company: company, who: o.who(), role: o.role()}
	groups := grouped(o.Trades)
	slices.SortStableFunc(groups, func(a, b lot) int { return rank(a.Trade) - rank(b.Trade) })
	if len(groups) == 0 || !groups[0].Market() {
		t.say(t.subject() + " reported " + o.kind() + " of shares of " + company)
	}
	for _, g := range groups[:min(len(groups), maxTold)] {
		t.say(t.trade(g))
	}
	for _, h := range o.Holdings[:min(len(o.Holdings), max(0, maxTold-len(groups)))] {
		t.say(t.holding(h))
	}
	if o.Plan && !slices.ContainsFunc(o.Trades, func(t Trade) bool { return t.Plan }) {
		t.say("The form says that a trade was made under a Rule 10b5-1 trading plan")
	}
	if o.Amends != "" {
		t.say("This form amends the one filed on " + longDate(o.Amends))
	}
	return strings.Join(t.out, "\n\n")
}

// rank puts what insiders chose to trade first, derivatives last.
func rank(t Trade) int {
	r := 0
	if !t.Market() {
		r += 2
	}
	if t.Derivative {
		r++
	}
	return r
}

// kind names a form that tells of no purchase and no sale.
func (o Ownership) kind() string {
	switch {
	case strings.HasPrefix(o.Form, "3"):
		return "initial ownership"
	case len(o.Trades) == 0:
		return "holdings and no trades"
	}
	return "no open-market purchase or sale"
}

// who names the owners: a joint filing is one owner's with the number of the others.
func (o Ownership) who() string {
	name := o.Owners[0].Name
	switch n := len(o.Owners) - 1; n {
	case 0:
		return name
	case 1:
		return name + " and " + o.Owners[1].Name
	default:
		return name + " and " + strconv.Itoa(n) + " others filing together"
	}
}

// role says what the first owner is to the company.
func (o Ownership) role() string {
	w := o.Owners[0]
	var parts []string
	switch title := strings.Trim(w.Title, " ."); {
	case w.Officer && title != "" && !strings.Contains(strings.ToLower(title), "remark"):
		parts = append(parts, title)
	case w.Officer:
		parts = append(parts, "an officer")
	}
	if w.Director && !strings.Contains(strings.ToLower(w.Title), "director") {
		parts = append(parts, "a director")
	}
	if w.TenPercent {
		parts = append(parts, "an owner of more than 10%")
	}
	if len(o.Owners) > 1 { // the role is the first owner's alone
		return ""
	}
	return strings.Join(parts, " and ")
}

// A teller writes sentences about one owner.
type teller struct {
	company, who, role string
	out                []string
}

// say adds a sentence, with its full stop, once: forms repeat lines that
// differ only in what is not told.
func (t *teller) say(sentence string) {
	sentence = strings.TrimSuffix(sentence, ".") + "."
	if !slices.Contains(t.out, sentence) {
		t.out = append(t.out, sentence)
	}
}

func (t *teller) subject() string {
	if t.role == "" {
		return t.who
	}
	return t.who + ", " + t.role + ","
}

// A lot is the trades of one kind on one day, told as one.
type lot struct {
	Trade
	value     Decimal
	low, high Decimal
}

// grouped joins lines that differ in nothing but shares and price.
func grouped(trades []Trade) []lot {
	var lots []lot
	for _, t := range trades {
		i := slices.IndexFunc(lots, func(l lot) bool { return l.joins(t) })
		if i < 0 {
			lots = append(lots, lot{t, t.Value(), t.Price, t.Price})
			continue
		}
		l := &lots[i]
		l.Shares, l.value = l.Shares.plus(t.Shares), l.value.plus(t.Value())
		l.After, l.Average = t.After, l.Average || t.Average
		if t.Price.compare(l.low) < 0 {
			l.low = t.Price
		}
		if t.Price.compare(l.high) > 0 {
			l.high = t.Price
		}
	}
	return lots
}

func (l lot) joins(t Trade) bool {
	if l.Derivative || t.Derivative || l.Price == "" || t.Price == "" || l.Shares == "" || t.Shares == "" {
		return false
	}
	return l.Security == t.Security && l.Code == t.Code && l.Date == t.Date && l.Disposed == t.Disposed &&
		l.Indirect == t.Indirect && l.Nature == t.Nature && l.Plan == t.Plan
}

// trade tells a lot in one sentence.
func (t *teller) trade(l lot) string {
	var b strings.Builder
	b.WriteString(t.subject() + " " + deed(l.Trade) + " " + t.object(l.Trade))
	if l.Date != "" {
		b.WriteString(" on " + longDate(l.Date))
	}
	b.WriteString(circumstance(l.Trade))
	b.WriteString(price(l))
	if l.Derivative {
		return b.String() + terms(l.Trade)
	}
	if l.After != "" {
		held := l.After.grouped()
		if held == "0" {
			held = "no"
		}
		b.WriteString(", and held " + count(held, "share") + " " + directly(l.Trade) + "afterwards")
	}
	return b.String()
}

// deed is what was done, in the past tense.
func deed(t Trade) string {
	switch {
	case t.Code == "P":
		return "bought"
	case t.Code == "S":
		return "sold"
	case t.Derivative && exercised(t.Code):
		return "exercised or converted"
	case t.Code == "A" && !t.Disposed:
		return "was granted"
	case t.Code == "F" && t.Disposed:
		return "gave up"
	case t.Code == "G" && t.Disposed:
		return "gave away"
	case t.Disposed:
		return "disposed of"
	}
	return "acquired"
}

// object is what was traded: shares of the company, by their class when it is
// not plain common stock.
func (t *teller) object(l Trade) string {
	n := l.Shares.grouped()
	if l.Derivative {
		return strings.TrimSpace(n+" derivative securities") + named(l.Security) + " of " + t.company
	}
	return t.shares(n, l.Security)
}

func (t *teller) shares(n, security string) string {
	s := "shares"
	if n != "" {
		s = count(n, "share")
	}
	return s + ofClass(security) + " of " + t.company
}

// terms describes a derivative behind its sentence: what it is on, its price
// and its end.
func terms(l Trade) string {
	var parts []string
	if l.UnderlyingShares.positive() {
		parts = append(parts, "on "+count(l.UnderlyingShares.grouped(), "share")+ofClass(l.Underlying))
	}
	if l.Strike.positive() {
		parts = append(parts, "with an exercise price of "+l.Strike.dollars())
	}
	if l.Expires != "" {
		parts = append(parts, "expiring on "+longDate(l.Expires))
	}
	if len(parts) == 0 {
		return ""
	}
	return ", " + strings.Join(parts, ", ")
}

// ofClass names a class of shares; plain common stock needs no name.
func ofClass(security string) string {
	if i := strings.Index(strings.ToLower(security), "par value"); i >= 0 {
		security = strings.TrimSuffix(strings.TrimRight(security[:i], " ,$.0123456789("), ", no")
	}
	switch strings.ToLower(strings.Trim(security, " .")) {
	case "", "common stock", "common shares", "ordinary shares", "common":
		return ""
	}
	return " of " + balanced(security)
}

// named puts a name behind the noun it explains.
func named(s string) string {
	if s == "" {
		return ""
	}
	return " (" + balanced(s) + ")"
}

// balanced drops brackets and quotation marks that lack their other half.
func balanced(s string) string {
	if strings.Count(s, "(") == strings.Count(s, ")") && strings.Count(s, `"`)%2 == 0 {
		return s
	}
	return strings.NewReplacer("(", "", ")", "", `"`, "").Replace(s)
}

func exercised(code string) bool { return slices.Contains([]string{"C", "M", "O", "X"}, code) }

// circumstance says how a trade came about that its verb does not tell.
func circumstance(t Trade) string {
	if t.Plan {
		return " under a Rule 10b5-1 trading plan"
	}
	switch {
	case exercised(t.Code) && t.Derivative:
		return ""
	case exercised(t.Code) && !t.Disposed:
		return " by exercising or converting a derivative security"
	}
	switch t.Code {
	case "P", "S":
		return ""
	case "A":
		if !t.Disposed {
			return ""
		}
	case "F":
		return " to pay an exercise price or tax"
	case "G":
		if t.Disposed {
			return " as a gift"
		}
	case "D":
		return " to the company"
	}
	return " in a transaction coded " + t.Code + " (" + t.Meaning() + ")"
}

// price tells the price of one share and what all were worth, exact as filed.
func price(l lot) string {
	if !l.high.positive() {
		return ""
	}
	s := " at " + l.low.dollars() + " a share"
	if l.low != l.high {
		s = " at prices from " + l.low.dollars() + " to " + l.high.dollars() + " a share"
	}
	if l.Average && l.low == l.high {
		s = " at an average of " + l.low.dollars() + " a share"
	}
	if l.value.positive() {
		s += ", worth " + l.value.dollars()
		if l.low != l.high {
			s += " in all"
		}
	}
	return s
}

// directly says how shares are held.
func directly(t Trade) string {
	switch {
	case !t.Indirect:
		return "directly "
	case t.Nature == "" || len(t.Nature) > 80:
		return "indirectly "
	}
	return "indirectly" + named(t.Nature) + " "
}

// holding tells a line that reports no trade.
func (t *teller) holding(h Trade) string {
	if h.Derivative {
		return t.who + " held " + t.object(h) + terms(h)
	}
	return t.who + " held " + t.shares(h.After.grouped(), h.Security) + " " + strings.TrimSpace(directly(h))
}

func count(n, noun string) string {
	if n == "1" {
		return n + " " + noun
	}
	return n + " " + noun + "s"
}

// longDate writes 2006-01-02 as January 2, 2006.
func longDate(day string) string {
	t, err := time.Parse(time.DateOnly, day)
	if err != nil {
		return day
	}
	return fmt.Sprintf("%s %d, %d", t.Month(), t.Day(), t.Year())
}
