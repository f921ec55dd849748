package sim

import (
	"bytes"
	"encoding/json"
	"encoding/xml"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"

	"stockdigest.app/stockdigest"
)

// edgar is the SEC's archive: the list of every company, and the forms of
// insiders of some.
func (s *Sim) edgar(w http.ResponseWriter, r *http.Request, host string) {
	x := exchange{provider: EDGAR, route: "submissions", key: host + r.URL.Path, kind: "application/json"}
	if strings.HasPrefix(r.URL.Path, "/Archives/") {
		x.route, x.kind = "filing", "text/xml"
		s.get(w, r, x, func() ([]byte, bool) { return s.form4(r.URL.Path) })
		return
	}
	s.get(w, r, x, func() ([]byte, bool) { return s.submissions(r.URL.Path) })
}

// submissions is EDGAR's list of a company. It files nothing; of some, insiders
// do.
func (s *Sim) submissions(path string) ([]byte, bool) {
	cik, ok := strings.CutPrefix(path, "/submissions/CIK")
	cik, isJSON := strings.CutSuffix(cik, ".json")
	i := s.numberOf(cik)
	if !ok || !isJSON || i < 0 {
		return nil, false
	}
	rows := map[string][]string{}
	for _, name := range []string{"accessionNumber", "filingDate", "reportDate", "acceptanceDateTime", "form", "items", "primaryDocument"} {
		rows[name] = []string{}
	}
	add := func(name, value string) { rows[name] = append(rows[name], value) }
	for _, p := range slices.Backward(s.purchases(i)) { // newest first
		add("accessionNumber", string(p.accession))
		add("filingDate", p.filed.In(newYork()).Format(time.DateOnly))
		add("reportDate", p.day)
		add("acceptanceDateTime", p.filed.UTC().Format("2006-01-02T15:04:05.000Z"))
		add("form", "4")
		add("items", "")
		add("primaryDocument", form4Name)
	}
	c := s.companies[i]
	raw, err := json.Marshal(map[string]any{
		"cik": cik, "name": strings.ToUpper(c.full), "tickers": []string{c.symbol},
		"filings": map[string]any{"files": []string{}, "recent": rows},
	})
	return raw, err == nil
}

// numberOf is the number of the company with a CIK, or -1.
func (s *Sim) numberOf(cik string) int {
	for i := range s.companies {
		if strings.TrimLeft(cikOf(i), "0") == strings.TrimLeft(cik, "0") {
			return i
		}
	}
	return -1
}

const form4Name = "form4.xml"

// A purchase is what one insider bought, with the form that tells it.
type purchase struct {
	accession stockdigest.Accession
	filed     time.Time
	day       string
	cik       string
	person    string
	title     string // of an officer; empty for a director
	shares    int
	cents     int // of one share
}

// purchases are those of the insiders of a company, oldest first. In the fourth
// company and every seventh after it the two chiefs and a director buy at once:
// enough to be news, and too few companies to be the news of the day.
func (s *Sim) purchases(i int) []purchase {
	const first, every = 3, 7
	if i%every != first {
		return nil
	}
	c := s.companies[i]
	d := newDice(s.cfg.Seed, "insiders", c.symbol)
	day := s.cfg.AsOf.In(newYork()).AddDate(0, 0, -1)
	var all []purchase
	for n, who := range []struct{ person, title string }{{c.ceo, "Chief Executive Officer"}, {c.cfo, "Chief Financial Officer"}, {s.texts.person(d), ""}} {
		all = append(all, purchase{
			accession: stockdigest.Accession(fmt.Sprintf("%s-%s-%06d", cikOf(i), day.Format("06"), n+1)),
			filed:     s.cfg.AsOf.Add(time.Duration(n-6) * time.Hour), day: day.Format(time.DateOnly),
			cik: fmt.Sprintf("%010d", 9_000_001+10*i+n), person: who.person, title: who.title,
			shares: 100 * d.between(10, 200), cents: d.between(800, 20_000),
		})
	}
	return all
}

// form4 is the form of one purchase, as EDGAR keeps it for machines.
func (s *Sim) form4(path string) ([]byte, bool) {
	for i, c := range s.companies {
		for _, p := range s.purchases(i) {
			folder := "/Archives/edgar/data/" + strings.TrimLeft(cikOf(i), "0") + "/" + strings.ReplaceAll(string(p.accession), "-", "") + "/"
			if path == folder+form4Name {
				return p.form4(c, cikOf(i)), true
			}
		}
	}
	return nil, false
}

func (p purchase) form4(c company, cik string) []byte {
	officer := 0
	if p.title != "" {
		officer = 1
	}
	given, family, _ := strings.Cut(p.person, " ")
	return fmt.Appendf(nil, `<?xml version="1.0"?>
<ownershipDocument>
<schemaVersion>X0508</schemaVersion><documentType>4</documentType><periodOfReport>%s</periodOfReport>
<issuer><issuerCik>%s</issuerCik><issuerName>%s</issuerName><issuerTradingSymbol>%s</issuerTradingSymbol></issuer>
<reportingOwner><reportingOwnerId><rptOwnerCik>%s</rptOwnerCik><rptOwnerName>%s</rptOwnerName></reportingOwnerId>
<reportingOwnerRelationship><isDirector>%d</isDirector><isOfficer>%d</isOfficer><officerTitle>%s</officerTitle></reportingOwnerRelationship></reportingOwner>
<nonDerivativeTable><nonDerivativeTransaction><securityTitle><value>Common Stock</value></securityTitle>
<transactionDate><value>%s</value></transactionDate>
<transactionCoding><transactionFormType>4</transactionFormType><transactionCode>P</transactionCode><equitySwapInvolved>0</equitySwapInvolved></transactionCoding>
<transactionAmounts><transactionShares><value>%d</value></transactionShares><transactionPricePerShare><value>%d.%02d</value></transactionPricePerShare>
<transactionAcquiredDisposedCode><value>A</value></transactionAcquiredDisposedCode></transactionAmounts>
<postTransactionAmounts><sharesOwnedFollowingTransaction><value>%d</value></sharesOwnedFollowingTransaction></postTransactionAmounts>
<ownershipNature><directOrIndirectOwnership><value>D</value></directOrIndirectOwnership></ownershipNature>
</nonDerivativeTransaction></nonDerivativeTable>
</ownershipDocument>
`, p.day, cik, escaped(c.full), c.symbol, p.cik, escaped(family+" "+given), 1-officer, officer, p.title,
		p.day, p.shares, p.cents/100, p.cents%100, 5*p.shares)
}

func escaped(text string) string {
	var b bytes.Buffer
	_ = xml.EscapeText(&b, []byte(text)) // a buffer takes all
	return b.String()
}
