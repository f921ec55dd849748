package stockdigest

import (
	"fmt"
	"strings"
)

// A Symbol is a canonical ticker symbol in Yahoo style: BRK-B, RY.TO, GOOGL.
// Make one with a Directory; a converted string is only right when it came
// from the store.
type Symbol string

// A Ticker is a listed company that a reader can follow.
type Ticker struct {
	Symbol   Symbol
	Name     string // legal name as the exchange or SEC writes it: "Alphabet Inc."
	Exchange string // NASDAQ, NYSE, NYSEAMERICAN, TSX, TSXV, OTC, or empty when unknown
	CIK      string // ten digits, or empty when the company does not file with the SEC
	Names    []Name // other ways texts speak of the company; sorted by Text
	Source   string // where the row came from: starter, sec, file, night
}

// A NameKind says what a Name stands for.
type NameKind string

// The kinds of names.
const (
	NameCompany NameKind = "company" // the company itself: Google, VW
	NameBrand   NameKind = "brand"   // a subsidiary or brand: Audi, YouTube
	NameProduct NameKind = "product" // iPhone, Stadia
	NamePerson  NameKind = "person"  // Tim Cook
	NameContext NameKind = "context" // a word that tells this company from the plain word: Costco for COST is a company, "warehouse club" is context
)

// A Name is one way a text may speak of a company, with what it stands for.
type Name struct {
	Text string
	Kind NameKind
}

// Validate reports what is wrong with t as an ErrInvalid.
func (t Ticker) Validate() error {
	switch {
	case t.Symbol == "":
		return Invalid("a ticker needs a symbol")
	case strings.TrimSpace(t.Name) == "":
		return Invalid(fmt.Sprintf("ticker %s needs a company name", t.Symbol))
	case t.CIK != "" && (len(t.CIK) != 10 || strings.Trim(t.CIK, "0123456789") != ""):
		return Invalid(fmt.Sprintf("ticker %s: CIK %q is not ten digits", t.Symbol, t.CIK))
	}
	return nil
}
