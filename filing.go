package stockdigest

import (
	"strings"
	"time"
)

// An Accession is the SEC's number of a filing: 0001193125-19-292676.
type Accession string

// FormCall is the form of what is no form: the transcript of a company's talk with
// analysts about a quarter. Its accession names the symbol and the quarter, and the
// items of its one document are the turns of the company's own people, by name.
const FormCall = "earnings call"

// A Filing is one submission to the SEC, or the transcript of a call, with the
// documents we read.
type Filing struct {
	Accession Accession
	CIK       string
	Form      string    // 8-K, 10-Q, 10-K, 6-K, with /A for amendments
	FiledAt   time.Time // acceptance time when known, else the filing day in UTC
	Period    string    // period of report, 2006-01-02, or empty
	Items     []string  // 8-K item numbers as filed: "2.02", "9.01"
	URL       string    // the primary document
	Documents []Document
	Previous  Accession // the report of the same form that this one was compared with; empty when it was not
	Dealings  Dealings  // what a Form 4 reports; zero for other forms
}

// FormName is a form as people say it: "Form 4", but "8-K".
func FormName(form string) string {
	if len(strings.TrimSuffix(form, "/A")) == 1 {
		return "Form " + form
	}
	return form
}

// Own reports a filing in which the company itself speaks: those of insiders and
// holders are somebody else's.
func (f Filing) Own() bool {
	for _, form := range []string{"8-K", "6-K", "10-K", "10-Q", "20-F", "40-F", FormCall} {
		if strings.HasPrefix(f.Form, form) {
			return true
		}
	}
	return false
}

// A Document is one file of a filing.
type Document struct {
	Accession   Accession
	Seq         int    // 1 is the primary document
	Type        string // 8-K, EX-99.1
	Description string
	URL         string
	Text        string    // plain text; offsets of Evidence count its bytes
	Hash        string    // Hash(Text)
	Items       []Item    // where the numbered items stand in Text, in order
	Fresh       []Passage // what the report before it does not say, most telling first
}

// InsiderCount is the Type of a document that we make ourselves, of what
// several insiders reported.
const InsiderCount = "INSIDERS"

// A Passage is a range of a document's text.
type Passage struct{ Start, End int }

// Dealings are the purchases and sales of shares against money that a Form 4
// reports.
type Dealings struct {
	Issuer string // CIK of the company whose shares they are
	Owners []Insider
	Trades []Trade
}

// An Insider is one of those who file a Form 4; who file together trade as one.
type Insider struct{ CIK, Name string }

// A Trade is one purchase or sale.
type Trade struct {
	Sale     bool
	Plan     bool   // under a Rule 10b5-1 plan, as far as the form tells
	Day      string // 2006-01-02
	Security string
	Shares   string // a decimal number, exact; empty when not told
	Value    string // dollars, likewise
}

// Numbers of what has none: the parts of a 40-F's exhibits.
const (
	ItemDiscussion = "discussion" // the management's, of its results
	ItemRisks      = "risks"      // the risk factors
)

// Speaker is who says in a call what stands at those bytes of the document; empty
// in any other text, and where nobody of the company speaks.
func (f Filing) Speaker(d Document, start, end int) string {
	if f.Form != FormCall {
		return ""
	}
	for _, turn := range d.Items {
		if start >= turn.Start && end <= turn.End {
			return turn.Title
		}
	}
	return ""
}

// An Item is a numbered part of a filing, as a range of the document's text.
type Item struct {
	Number     string // "2.02", "1A", "7", "3.D", ItemDiscussion or ItemRisks; of a call empty
	Title      string // of a call who speaks
	Start, End int    // bytes of Document.Text
}
