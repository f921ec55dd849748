package edgar_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"stockdigest.app/stockdigest"
	"stockdigest.app/stockdigest/internal/adapter/edgar"
)

// A row is a line of a list of submissions.
type row struct{ accession, accepted, period, form string }

func listing(archives string, rows ...row) []byte {
	column := func(of func(row) string) string {
		var all []string
		for _, r := range rows {
			all = append(all, fmt.Sprintf("%q", of(r)))
		}
		return "[" + strings.Join(all, ",") + "]"
	}
	columns := fmt.Sprintf(`"accessionNumber":%s,"acceptanceDateTime":%s,"reportDate":%s,"form":%s,"primaryDocument":%s`,
		column(func(r row) string { return r.accession }), column(func(r row) string { return r.accepted }),
		column(func(r row) string { return r.period }), column(func(r row) string { return r.form }), column(func(row) string { return "q.htm" }))
	if archives == "-" {
		return []byte("{" + columns + "}")
	}
	return []byte(`{"filings":{"recent":{` + columns + `},"files":[` + archives + `]}}`)
}

const (
	latest  = "0000000042-24-000009"
	spring  = "0000000042-24-000003"
	autumn  = "0000000042-23-000007"
	archive = "https://data.sec.gov/submissions/CIK0000000042-submissions-001.json"
)

func TestPreviousIsTheReportBeforeOfTheSameForm(t *testing.T) {
	t.Parallel()
	now := row{latest, "2024-08-01T20:00:00.000Z", "2024-06-30", "10-Q"}
	older := row{spring, "2024-05-02T20:00:00.000Z", "2024-03-31", "10-Q"}
	oldest := row{autumn, "2023-11-02T20:00:00.000Z", "2023-09-30", "10-Q"}
	with := func(r row, change func(*row)) row { change(&r); return r }
	files := `{"name":"CIK0000000042-submissions-001.json","filingFrom":"2020-01-01","filingTo":"2024-06-01"}`
	cases := map[string]struct {
		bodies map[string][]byte
		want   stockdigest.Accession
	}{
		"newest first":        {map[string][]byte{listURL: listing("", now, older, oldest)}, spring},
		"in any order":        {map[string][]byte{listURL: listing("", oldest, now, older)}, spring},
		"itself and later":    {map[string][]byte{listURL: listing("", now, with(now, func(r *row) { r.accession, r.accepted = "0000000042-24-000010", "2024-11-01T20:00:00.000Z" }))}, ""},
		"itself listed twice": {map[string][]byte{listURL: listing("", now, with(now, func(r *row) { r.accepted = "2024-05-01T20:00:00.000Z" }))}, ""},
		"of the same period":  {map[string][]byte{listURL: listing("", now, with(older, func(r *row) { r.period = "2024-06-30" }), oldest)}, autumn},
		"of a later period":   {map[string][]byte{listURL: listing("", now, with(older, func(r *row) { r.period = "2099-01-01" }), oldest)}, autumn},
		"other forms":         {map[string][]byte{listURL: listing("", now, with(older, func(r *row) { r.form = "10-Q/A" }), with(oldest, func(r *row) { r.form = "10-K" }))}, ""},
		"years ago":           {map[string][]byte{listURL: listing("", now, with(older, func(r *row) { r.accepted = "2019-05-02T20:00:00.000Z" }))}, ""},
		"no accession":        {map[string][]byte{listURL: listing("", now, with(older, func(r *row) { r.accession = "../../etc/passwd" }))}, ""},
		"in the archive":      {map[string][]byte{listURL: listing(files, now), archive: listing("-", older, oldest)}, spring},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := stockdigest.Filing{Accession: latest, CIK: "0000000042", Form: "10-Q", FiledAt: instant("2024-08-01T20:00:00Z"), Period: "2024-06-30"}
			got, err := edgar.New(&fakeSEC{bodies: c.bodies}).Previous(t.Context(), acme(), f)
			if got.Accession != c.want || (c.want == "") != errors.Is(err, stockdigest.ErrNotFound) {
				t.Errorf("got %q, %v, want %q", got.Accession, err, c.want)
			}
		})
	}
}

func TestPreviousAsksForFewArchives(t *testing.T) {
	t.Parallel()
	var files []string
	sec := &fakeSEC{bodies: map[string][]byte{}}
	for i := range 9 {
		name := fmt.Sprintf("CIK0000000042-submissions-00%d.json", i)
		files = append(files, fmt.Sprintf(`{"name":%q,"filingFrom":"2020-01-01","filingTo":"2024-06-01"}`, name))
		sec.bodies["https://data.sec.gov/submissions/"+name] = listing("-")
	}
	sec.bodies[listURL] = listing(strings.Join(files, ","))
	f := stockdigest.Filing{Accession: latest, CIK: "0000000042", Form: "10-K", FiledAt: instant("2024-08-01T20:00:00Z")}
	if _, err := edgar.New(sec).Previous(t.Context(), acme(), f); !errors.Is(err, stockdigest.ErrNotFound) || len(sec.asked) != 4 {
		t.Errorf("got %v after %d requests, want not found after 4", err, len(sec.asked))
	}
}

func TestAForm4TellsItsDealings(t *testing.T) {
	t.Parallel()
	const accession = "0000000042-24-000005"
	url := "https://www.sec.gov/Archives/edgar/data/42/000000004224000005/q.xml"
	xml := `<?xml version="1.0"?><ownershipDocument><documentType>4</documentType><issuer><issuerCik>0000000042</issuerCik><issuerName>ACME CORP</issuerName></issuer>
<reportingOwner><reportingOwnerId><rptOwnerCik>0000000007</rptOwnerCik><rptOwnerName>QUILL ADA</rptOwnerName></reportingOwnerId></reportingOwner>
<aff10b5One>1</aff10b5One><nonDerivativeTable>
<nonDerivativeTransaction><securityTitle><value>Common Stock</value></securityTitle><transactionDate><value>2024-03-04</value></transactionDate>
<transactionCoding><transactionCode>S</transactionCode></transactionCoding><transactionAmounts><transactionShares><value>100</value></transactionShares>
<transactionPricePerShare><value>10.5</value></transactionPricePerShare><transactionAcquiredDisposedCode><value>D</value></transactionAcquiredDisposedCode></transactionAmounts></nonDerivativeTransaction>
<nonDerivativeTransaction><securityTitle><value>Common Stock</value></securityTitle><transactionDate><value>2024-03-04</value></transactionDate>
<transactionCoding><transactionCode>F</transactionCode></transactionCoding><transactionAmounts><transactionShares><value>9</value></transactionShares></transactionAmounts></nonDerivativeTransaction>
</nonDerivativeTable></ownershipDocument>`
	list := strings.ReplaceAll(string(listing("", row{accession, "2024-03-05T23:05:10.000Z", "2024-03-04", "4"})), "q.htm", "q.xml")
	got, err := edgar.New(&fakeSEC{bodies: map[string][]byte{listURL: []byte(list), url: []byte(xml)}}).Filings(t.Context(), acme(), march())
	if err != nil || len(got) != 1 {
		t.Fatalf("got %v, %v, want one form", got, err)
	}
	owner := got[0].Dealings.Owners[0]
	want := stockdigest.Dealings{
		Issuer: "0000000042", Owners: []stockdigest.Insider{owner},
		Trades: []stockdigest.Trade{{Sale: true, Plan: true, Day: "2024-03-04", Security: "Common Stock", Shares: "100", Value: "1050"}},
	}
	if diff := cmp.Diff(want, got[0].Dealings); diff != "" || owner.CIK != "0000000007" || owner.Name == "" {
		t.Errorf("dealings (-want +got):\n%s", diff)
	}
}
