package edgar

import (
	"cmp"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
)

// A Stake is what a Schedule 13D or 13G says: who owns more than 5 % of a company.
type Stake struct {
	Form      string // SCHEDULE 13D, SCHEDULE 13G, with /A for amendments
	Issuer    string
	IssuerCIK string
	Security  string // the class: Common Stock
	Event     string // the day that made the filing necessary, 2006-01-02
	Holders   []Holder
	Purpose   string // of a 13D: the filer's own words
}

// A Holder is one reporting person of a schedule. The figures of persons who
// file together overlap: they are never added.
type Holder struct {
	Name    string
	Shares  Decimal
	Percent Decimal // of the class
}

// maxHolders bounds the reporting persons read of one schedule.
const maxHolders = 100

// maxPurpose bounds the sentence quoted of a purpose.
const maxPurpose = 400

// ParseStake reads a Schedule 13D or 13G: the XML document filed since the end
// of 2024, or the cover page of the older ones.
func ParseStake(raw []byte) (Stake, error) {
	part := xmlPart(raw)
	if !strings.Contains(string(part[:min(len(part), 4<<10)]), "edgarSubmission") {
		return parseCover(raw)
	}
	var r stakeReader
	if err := walkXML(part, r.ended); err != nil {
		return Stake{}, err
	}
	return r.s, r.s.check()
}

func (s Stake) check() error {
	switch {
	case s.Issuer == "":
		return errors.New("read schedule: no issuer is named")
	case len(s.Holders) == 0:
		return errors.New("read schedule: no holder is named")
	}
	return nil
}

type stakeReader struct {
	s      Stake
	holder Holder
}

// ended takes the fields of both schedules, which spell them differently.
func (r *stakeReader) ended(e element) {
	name, _ := e.name()
	s := &r.s
	switch name {
	case "submissionType":
		s.Form = cmp.Or(s.Form, e.text)
	case "issuerName":
		s.Issuer = cmp.Or(s.Issuer, e.text)
	case "issuerCik", "issuerCIK":
		s.IssuerCIK = cmp.Or(s.IssuerCIK, e.text)
	case "securitiesClassTitle":
		s.Security = cmp.Or(s.Security, e.text)
	case "dateOfEvent", "eventDateRequiresFilingThisStatement":
		s.Event = cmp.Or(s.Event, isoDate(e.text))
	case "transactionPurpose":
		s.Purpose = cmp.Or(s.Purpose, e.text)
	case "reportingPersonName":
		r.holder.Name = cmp.Or(r.holder.Name, e.text)
	case "aggregateAmountOwned", "reportingPersonBeneficiallyOwnedAggregateNumberOfShares":
		r.holder.Shares = decimal(e.text)
	case "percentOfClass", "classPercent":
		r.holder.Percent = percentage(e.text)
	case "reportingPersonInfo", "coverPageHeaderReportingPersonDetails":
		if r.holder.Name != "" && len(s.Holders) < maxHolders {
			s.Holders = append(s.Holders, r.holder)
		}
		r.holder = Holder{}
	}
}

// percentage reads "7.6", "7.60%" and "7,6 %"; nothing when it is no share of a whole.
func percentage(s string) Decimal {
	s = strings.TrimSpace(strings.TrimSuffix(strings.TrimSpace(s), "%"))
	if !strings.Contains(s, ".") {
		s = strings.Replace(s, ",", ".", 1)
	}
	d := decimal(s)
	if d.compare("100") > 0 {
		return ""
	}
	return d
}

// Text tells the schedule in whole sentences, a paragraph each, the largest
// holder first; then, quoted, what a 13D says it is for.
func (s Stake) Text(company string) string {
	company = cmp.Or(company, s.Issuer)
	holders := slices.Clone(s.Holders)
	slices.SortStableFunc(holders, func(a, b Holder) int { return b.Percent.compare(a.Percent) })
	var out []string
	for i, h := range holders[:min(len(holders), maxTold)] {
		out = append(out, s.tell(h, i == 0, company))
	}
	if p := purpose(s.Purpose); p != "" {
		out = append(out, holders[0].Name+" states as its purpose: “"+p+"”.")
	}
	return strings.Join(out, "\n\n")
}

// sentenceEnd ends a sentence behind a word that is no abbreviation.
var sentenceEnd = regexp.MustCompile(`[\pL\d]{4,}[.](?:\s+\p{Lu}|$)`)

// purpose returns the first sentence of a filer's purpose that says one:
// references to other items of the form do not.
func purpose(s string) string {
	for range 8 {
		at := sentenceEnd.FindStringIndex(s)
		if at == nil {
			return ""
		}
		end := at[0] + strings.IndexByte(s[at[0]:at[1]], '.')
		said := strings.TrimSpace(s[:end])
		if len(said) <= maxPurpose && !strings.Contains(said, "Item ") && !strings.Contains(said, "incorporated") && !strings.ContainsAny(said, "“”\"()") {
			return said
		}
		s = s[end+1:]
	}
	return ""
}

func (s Stake) tell(h Holder, first bool, company string) string {
	var b strings.Builder
	b.WriteString(h.Name)
	if n := len(s.Holders) - 1; n > 0 && first {
		b.WriteString(", filing together with " + count(strconv.Itoa(n), "other") + ",")
	}
	b.WriteString(" reported owning ")
	switch h.Shares {
	case "0":
		b.WriteString("no shares")
	case "":
		b.WriteString("shares")
	default:
		b.WriteString(count(h.Shares.grouped(), "share"))
	}
	if class := ofClass(s.Security); len(class) < 120 {
		b.WriteString(class)
	}
	b.WriteString(" of " + company)
	if h.Percent.positive() {
		b.WriteString(", or " + string(h.Percent) + "% of the class,")
	}
	if s.Event != "" {
		b.WriteString(" as of " + longDate(s.Event))
	}
	b.WriteString(" in a " + scheduleName(s.Form) + " filing.")
	return b.String()
}

// scheduleName writes the form as people call it: Schedule 13G/A.
func scheduleName(form string) string {
	if i := strings.Index(form, "13"); i >= 0 {
		return "Schedule " + form[i:]
	}
	return "schedule"
}

// The cover page of the years before XML, as words stand on it.
var (
	coverIssuer  = regexp.MustCompile(`(?i)\(\s*name of (?:the )?issuer`)
	coverClass   = regexp.MustCompile(`(?i)\(\s*title of (?:the )?class`)
	coverEvent   = regexp.MustCompile(`(?i)\(\s*date of event`)
	coverName    = regexp.MustCompile(`(?i)names?(?:\(s\))? of (?:above )?reporting persons?(?:\(s\))?`)
	coverNumber  = regexp.MustCompile(`(?i)i\.?r\.?s\.?|identification no|\(entities only\)|s\.s\. or|^[\d\s.:|()-]*$`)
	coverShares  = regexp.MustCompile(`(?i)aggregate amount beneficially owned(?: by each(?: reporting)? person)?[^\d]{0,80}((?:\d{1,3}(?:,\d{3})+|\d+))`)
	coverPercent = regexp.MustCompile(`(?i)percent of class represented by amount in row\s*\(?\s*\d{1,2}\s*\)?[^\d]{0,60}(\d{1,3}(?:\.\d+)?)\s*%`)
	coverForm13  = regexp.MustCompile(`(?i)schedule\s+(13[dg])(/a)?`)
)

const maxCover = 64 << 10 // bytes of text that the cover pages are looked for in

// parseCover reads the facts on the cover of an old schedule. Only a cover
// that gives all of them is believed.
func parseCover(raw []byte) (Stake, error) {
	text := plainText(raw)
	text = text[:min(len(text), maxCover)]
	s := Stake{Issuer: above(coverIssuer, text), Security: above(coverClass, text)}
	if m := coverForm13.FindStringSubmatch(text); m != nil {
		s.Form = "SCHEDULE " + strings.ToUpper(m[1]+m[2])
	}
	for _, layout := range []string{"January 2, 2006", "January 2 2006", "01/02/2006", "1/2/2006", time.DateOnly} {
		if t, err := time.Parse(layout, strings.Trim(above(coverEvent, text), " .")); err == nil {
			s.Event = t.Format(time.DateOnly)
			break
		}
	}
	pages := coverName.FindAllStringIndex(text, maxHolders)
	for i, at := range pages {
		end := len(text)
		if i+1 < len(pages) {
			end = pages[i+1][0]
		}
		page := text[at[1]:end]
		h := Holder{Name: coverHolder(page), Shares: decimal(group(coverShares, page)), Percent: percentage(group(coverPercent, page))}
		if h.Name != "" && h.Shares != "" && h.Percent != "" {
			s.Holders = append(s.Holders, h)
		}
	}
	if err := s.check(); err != nil {
		return Stake{}, fmt.Errorf("%w on the cover", err)
	}
	return s, nil
}

// coverHolder returns the name behind its label: the first line that is
// neither a number nor the label of one.
func coverHolder(page string) string {
	for i, l := range lines(page) {
		s := strings.TrimRight(strings.TrimLeft(page[l.start:l.end], " |.:"), " |:")
		if i > 6 {
			break
		}
		if len(s) > 2 && len(s) < 150 && !coverNumber.MatchString(s) {
			return s
		}
	}
	return ""
}

// above returns the line that stands before its label in brackets.
func above(label *regexp.Regexp, text string) string {
	at := label.FindStringIndex(text)
	if at == nil {
		return ""
	}
	before := strings.TrimSpace(text[:at[0]])
	line := strings.TrimSpace(before[strings.LastIndexAny(before, "\n|(")+1:])
	if len(line) > 150 {
		return ""
	}
	return line
}

func group(re *regexp.Regexp, text string) string {
	m := re.FindStringSubmatch(text)
	if m == nil {
		return ""
	}
	return strings.TrimSpace(m[1])
}
