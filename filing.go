package stockdigest

import (
	"strings"
	"time"
)

// An Accession is the SEC's number of a filing: 0001193125-19-292676.
type Accession string

// A Filing is one submission to the SEC, with the documents we read.
type Filing struct {
	Accession Accession
	CIK       string
	Form      string    // 8-K, 10-Q, 10-K, 6-K, with /A for amendments
	FiledAt   time.Time // acceptance time when known, else the filing day in UTC
	Period    string    // period of report, 2006-01-02, or empty
	Items     []string  // 8-K item numbers as filed: "2.02", "9.01"
	URL       string    // the primary document
	Documents []Document
}

// FormName is a form as people say it: "Form 4", but "8-K".
func FormName(form string) string {
	if len(strings.TrimSuffix(form, "/A")) == 1 {
		return "Form " + form
	}
	return form
}

// A Document is one file of a filing.
type Document struct {
	Accession   Accession
	Seq         int    // 1 is the primary document
	Type        string // 8-K, EX-99.1
	Description string
	URL         string
	Text        string // plain text; offsets of Evidence count its bytes
	Hash        string // Hash(Text)
	Items       []Item // where the numbered items stand in Text, in order
}

// An Item is a numbered part of a filing, as a range of the document's text.
type Item struct {
	Number     string // "2.02", "1A", "7"
	Title      string
	Start, End int // bytes of Document.Text
}
