package edgar

import (
	"errors"
	"fmt"
	"regexp"
	"strings"
	"time"
)

// An Ownership is what a Form 3, 4 or 5 says: what the insiders of a company
// own and traded.
type Ownership struct {
	Form      string // 3, 4 or 5, with /A for amendments
	Period    string // of the earliest transaction, 2006-01-02
	Amends    string // when the form was filed that an amendment replaces, 2006-01-02
	Issuer    string
	IssuerCIK string
	Owners    []Owner
	Plan      bool    // a trade was made under a Rule 10b5-1 plan, says the form's own box
	Trades    []Trade // in the form's order, derivative ones behind
	Holdings  []Trade // lines that tell only what is held
}

// An Owner is a person or firm that reports.
type Owner struct {
	Name       string // as people write it when the form lets us know
	CIK        string
	Title      string // of an officer
	Director   bool
	Officer    bool
	TenPercent bool
}

// A Trade is one line of a form's tables.
type Trade struct {
	Security   string
	Derivative bool
	Code       string // P, S, A, M, F, G …; empty for a holding
	Date       string // 2006-01-02
	Shares     Decimal
	Price      Decimal // of one share
	Disposed   bool
	After      Decimal // shares owned after it
	Indirect   bool
	Nature     string // of indirect ownership: "By Trust"
	Plan       bool   // a footnote names a Rule 10b5-1 plan
	Average    bool   // the price is the mean of several trades, says a footnote

	// Of derivatives.
	Strike           Decimal
	Expires          string // 2006-01-02
	Underlying       string
	UnderlyingShares Decimal
}

// Value returns the worth of the traded shares at the stated price, exact.
func (t Trade) Value() Decimal { return t.Shares.times(t.Price) }

// Meaning returns what the SEC's transaction code says, in plain words.
func (t Trade) Meaning() string { return meaning(t.Code) }

// Market reports a purchase or sale against money, on the market or in private.
func (t Trade) Market() bool { return t.Code == "P" || t.Code == "S" }

func meaning(code string) string {
	switch code {
	case "P":
		return "open-market or private purchase"
	case "S":
		return "open-market or private sale"
	case "A":
		return "grant or award"
	case "C":
		return "conversion of a derivative security"
	case "D":
		return "disposition to the issuer"
	case "E", "H":
		return "expiration of a derivative position"
	case "F":
		return "payment of an exercise price or of tax by delivering or withholding shares"
	case "G":
		return "gift"
	case "I":
		return "transaction at the discretion of an employee plan"
	case "K":
		return "equity swap"
	case "L":
		return "small acquisition"
	case "M", "O", "X":
		return "exercise or conversion of a derivative security"
	case "U":
		return "tender of shares in a change of control"
	case "V":
		return "transaction reported early"
	case "W":
		return "acquisition or disposition by will or inheritance"
	case "Z":
		return "deposit into or withdrawal from a voting trust"
	}
	return "other acquisition or disposition"
}

// maxTrades bounds the lines of a form; the SEC allows 30 in a table.
const maxTrades = 500

// ParseOwnership reads the XML document of a Form 3, 4 or 5, alone or in its
// submission file.
func ParseOwnership(raw []byte) (Ownership, error) {
	r := ownershipReader{footnotes: map[string]string{}}
	if err := walkXML(xmlPart(raw), r.ended); err != nil {
		return Ownership{}, err
	}
	if r.root != "ownershipDocument" {
		return Ownership{}, fmt.Errorf("read ownership form: the document is a %.80q", r.root)
	}
	if r.o.Issuer == "" || len(r.o.Owners) == 0 {
		return Ownership{}, errors.New("read ownership form: no issuer or no owner is named")
	}
	return r.finish(), nil
}

// An ownershipReader collects a form from its elements as they end.
type ownershipReader struct {
	o         Ownership
	root      string
	owner     Owner
	line      line34
	lines     []line34
	footnotes map[string]string
	signed    []string
}

// A line34 is a line of a table with the footnotes it points to.
type line34 struct {
	Trade
	notes      []string
	priceNotes []string
}

func (r *ownershipReader) ended(e element) {
	name, parent := e.name()
	r.root = e.path[0]
	switch {
	case parent == "issuer":
		r.issuerField(name, e.text)
	case name == "reportingOwner":
		if len(r.o.Owners) < maxTrades {
			r.o.Owners = append(r.o.Owners, r.owner)
		}
		r.owner = Owner{}
	case parent == "reportingOwnerId", parent == "reportingOwnerRelationship":
		r.ownerField(name, e.text)
	case name == "signatureName":
		r.signed = append(r.signed, e.text)
	case name == "footnote":
		r.footnotes[e.id] = e.text
	case name == "nonDerivativeTransaction", name == "nonDerivativeHolding", name == "derivativeTransaction", name == "derivativeHolding":
		r.line.Derivative = strings.HasPrefix(name, "derivative")
		if len(r.lines) < maxTrades {
			r.lines = append(r.lines, r.line)
		}
		r.line = line34{}
	case name == "footnoteId":
		r.line.notes = append(r.line.notes, e.id)
		if parent == "transactionPricePerShare" {
			r.line.priceNotes = append(r.line.priceNotes, e.id)
		}
	case name == "value":
		r.lineField(parent, e.text)
	case name == "transactionCode":
		r.line.Code = e.text
	case len(e.path) == 2:
		r.formField(name, e.text)
	}
}

func (r *ownershipReader) formField(name, text string) {
	switch name {
	case "documentType":
		r.o.Form = text
	case "periodOfReport":
		r.o.Period = isoDate(text)
	case "dateOfOriginalSubmission":
		r.o.Amends = isoDate(text)
	case "aff10b5One":
		r.o.Plan = truth(text)
	}
}

func (r *ownershipReader) issuerField(name, text string) {
	switch name {
	case "issuerName":
		r.o.Issuer = text
	case "issuerCik":
		r.o.IssuerCIK = text
	}
}

func (r *ownershipReader) ownerField(name, text string) {
	switch name {
	case "rptOwnerName":
		r.owner.Name = text
	case "rptOwnerCik":
		r.owner.CIK = text
	case "isDirector":
		r.owner.Director = truth(text)
	case "isOfficer":
		r.owner.Officer = truth(text)
	case "isTenPercentOwner":
		r.owner.TenPercent = truth(text)
	case "officerTitle":
		r.owner.Title = text
	}
}

func (r *ownershipReader) lineField(name, text string) {
	l := &r.line
	switch name {
	case "securityTitle":
		l.Security = text
	case "transactionDate":
		l.Date = isoDate(text)
	case "transactionShares":
		l.Shares = decimal(text)
	case "transactionPricePerShare":
		l.Price = decimal(text)
	case "transactionAcquiredDisposedCode":
		l.Disposed = text == "D"
	case "sharesOwnedFollowingTransaction":
		l.After = decimal(text)
	case "directOrIndirectOwnership":
		l.Indirect = text == "I"
	case "natureOfOwnership":
		l.Nature = text
	case "conversionOrExercisePrice":
		l.Strike = decimal(text)
	case "expirationDate":
		l.Expires = isoDate(text)
	case "underlyingSecurityTitle":
		l.Underlying = text
	case "underlyingSecurityShares":
		l.UnderlyingShares = decimal(text)
	}
}

// finish resolves what stands behind the lines: footnotes and signatures.
func (r *ownershipReader) finish() Ownership {
	o := r.o
	for i := range o.Owners {
		o.Owners[i].Name = personName(o.Owners[i], r.signed)
	}
	for _, derivative := range []bool{false, true} {
		for _, l := range r.lines {
			if l.Derivative != derivative {
				continue
			}
			l.Plan = r.says(l.notes, namesPlan)
			l.Average = r.says(l.priceNotes, averages)
			if l.Code == "" {
				o.Holdings = append(o.Holdings, l.Trade)
			} else {
				o.Trades = append(o.Trades, l.Trade)
			}
		}
	}
	return o
}

func (r *ownershipReader) says(notes []string, what func(string) bool) bool {
	for _, id := range notes {
		if what(r.footnotes[id]) {
			return true
		}
	}
	return false
}

var (
	planName   = regexp.MustCompile(`(?i)\b10b5-?1\b`)
	planDenied = regexp.MustCompile(`(?i)\b(?:not|no|other than|outside)\b[^.;]{0,120}\b10b5-?1\b`)
	meanPrice  = regexp.MustCompile(`(?i)\b(?:weighted|average|multiple t\w+|price range|range of prices|prices ranging)\b`)
)

// namesPlan reports a footnote that names a Rule 10b5-1 plan and denies none.
func namesPlan(note string) bool {
	return planName.MatchString(note) && !planDenied.MatchString(note)
}

func averages(note string) bool { return meanPrice.MatchString(note) }

func truth(s string) bool { return s == "1" || strings.EqualFold(s, "true") }

// isoDate returns the day that s opens with, 2006-01-02; some forms print a
// zone behind it, and the schedules write 01/02/2006.
func isoDate(s string) string {
	day := s[:min(len(s), len(time.DateOnly))]
	if _, err := time.Parse(time.DateOnly, day); err == nil {
		return day
	}
	if t, err := time.Parse("01/02/2006", day); err == nil {
		return t.Format(time.DateOnly)
	}
	return ""
}
