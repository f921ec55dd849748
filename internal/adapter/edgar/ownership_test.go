package edgar_test

import (
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"stockdigest.app/stockdigest/internal/adapter/edgar"
	"stockdigest.app/stockdigest/internal/datatest"
	"stockdigest.app/stockdigest/internal/text"
)

// form4 is a Form 4 with the given tables.
func form4(tables string) string {
	return `<?xml version="1.0"?><ownershipDocument><documentType>4</documentType><periodOfReport>2026-03-02</periodOfReport>
<issuer><issuerCik>0000000042</issuerCik><issuerName>ZANDERQUILL OPTICS INC</issuerName></issuer>
<reportingOwner><reportingOwnerId><rptOwnerCik>0000000007</rptOwnerCik><rptOwnerName>ROE JANE Q</rptOwnerName></reportingOwnerId>
<reportingOwnerRelationship><isDirector>1</isDirector><isOfficer>true</isOfficer><officerTitle>Chief Financial Officer</officerTitle></reportingOwnerRelationship></reportingOwner>
` + tables + `<footnotes><footnote id="F1">Sold under a Rule 10b5-1 plan.</footnote><footnote id="F2">The weighted average price.</footnote><footnote id="F3">This was not made under a Rule 10b5-1 plan.</footnote></footnotes>
<ownerSignature><signatureName>/s/ John Doe, attorney-in-fact</signatureName></ownerSignature></ownershipDocument>`
}

// line is one transaction of the first table.
func line(code, disposed, shares, price, after, notes string) string {
	return `<nonDerivativeTransaction><securityTitle><value>Common Stock</value></securityTitle><transactionDate><value>2026-03-02-05:00</value></transactionDate>
<transactionCoding><transactionCode>` + code + `</transactionCode></transactionCoding>
<transactionAmounts><transactionShares><value>` + shares + `</value></transactionShares><transactionPricePerShare><value>` + price + `</value>` + notes + `</transactionPricePerShare><transactionAcquiredDisposedCode><value>` + disposed + `</value></transactionAcquiredDisposedCode></transactionAmounts>
<postTransactionAmounts><sharesOwnedFollowingTransaction><value>` + after + `</value></sharesOwnedFollowingTransaction></postTransactionAmounts>
<ownershipNature><directOrIndirectOwnership><value>D</value></directOrIndirectOwnership></ownershipNature></nonDerivativeTransaction>`
}

func TestOwnershipTellsTrades(t *testing.T) {
	t.Parallel()
	const who = "Jane Q. Roe, Chief Financial Officer and a director, "
	for _, tc := range []struct {
		name, tables string
		want         []string
	}{
		{"sale", line("S", "D", "12000", "41.2", "88310", ""), []string{
			who + "sold 12,000 shares of Zanderquill Optics Inc. on March 2, 2026 at $41.20 a share, worth $494,400, and held 88,310 shares directly afterwards.",
		}},
		{"under a plan, at an average", line("S", "D", "3", "41.2005", "1", `<footnoteId id="F1"/><footnoteId id="F2"/>`), []string{
			who + "sold 3 shares of Zanderquill Optics Inc. on March 2, 2026 under a Rule 10b5-1 trading plan at an average of $41.2005 a share, worth $123.6015, and held 1 share directly afterwards.",
		}},
		{"plan denied", line("P", "A", "10", "5", "10", `<footnoteId id="F3"/>`), []string{
			who + "bought 10 shares of Zanderquill Optics Inc. on March 2, 2026 at $5 a share, worth $50, and held 10 shares directly afterwards.",
		}},
		{"lots of one day", line("S", "D", "100", "10.01", "200", "") + line("S", "D", "50", "9.5", "150", ""), []string{
			who + "sold 150 shares of Zanderquill Optics Inc. on March 2, 2026 at prices from $9.50 to $10.01 a share, worth $1,476 in all, and held 150 shares directly afterwards.",
		}},
		{"sale behind an exercise and before tax", line("M", "A", "500", "2", "700", "") + line("F", "D", "200", "30", "500", "") + line("S", "D", "500", "30", "0", ""), []string{
			who + "sold 500 shares of Zanderquill Optics Inc. on March 2, 2026 at $30 a share, worth $15,000, and held no shares directly afterwards.",
			who + "acquired 500 shares of Zanderquill Optics Inc. on March 2, 2026 by exercising or converting a derivative security at $2 a share, worth $1,000, and held 700 shares directly afterwards.",
			who + "gave up 200 shares of Zanderquill Optics Inc. on March 2, 2026 to pay an exercise price or tax at $30 a share, worth $6,000, and held 500 shares directly afterwards.",
		}},
		{"award alone", line("A", "A", "1000", "0", "1000", ""), []string{
			who + "reported no open-market purchase or sale of shares of Zanderquill Optics Inc.",
			who + "was granted 1,000 shares of Zanderquill Optics Inc. on March 2, 2026, and held 1,000 shares directly afterwards.",
		}},
		{"figures that are none", line("S", "D", "many", "-5", "", ""), []string{
			who + "sold shares of Zanderquill Optics Inc. on March 2, 2026.",
		}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			o, err := edgar.ParseOwnership([]byte(form4(tc.tables)))
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(tc.want, strings.Split(o.Text("Zanderquill Optics Inc."), "\n\n")); diff != "" {
				t.Errorf("text (-want +got):\n%s", diff)
			}
		})
	}
}

func TestOwnershipNamesOwners(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct{ name, stored, signed, role, want string }{
		{"as signed", "Melkote Rajesh Ramaswamy", "/s/ Rajesh Melkote", "isOfficer", "Rajesh Melkote"},
		{"as signed by an attorney", "Maestri Luca", "/s/ Sam Whittington, Attorney-in-Fact for Luca Maestri", "isOfficer", "Luca Maestri"},
		{"surname of two words, signed", "VAN DYKE MARK", "/s/ Mark Van Dyke", "isDirector", "Mark Van Dyke"},
		{"surname of two words, unsigned", "VAN DYKE MARK", "", "isDirector", "VAN DYKE MARK"},
		{"unsigned", "MCDONALD JOHN A JR", "", "isDirector", "John A. McDonald Jr"},
		{"firm", "Altimeter Partners Fund, L.P.", "/s/ Brad Gerstner", "isTenPercentOwner", "Altimeter Partners Fund, L.P."},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			raw := strings.NewReplacer("ROE JANE Q", tc.stored, "/s/ John Doe, attorney-in-fact", tc.signed, "isOfficer", tc.role, "isDirector", "isOther").Replace(form4(""))
			if tc.role == "isDirector" {
				raw = strings.ReplaceAll(raw, "isOther>", "isDirector>")
			}
			o, err := edgar.ParseOwnership([]byte(raw))
			if err != nil || o.Owners[0].Name != tc.want {
				t.Errorf("got %+v, %v, want %q", o.Owners, err, tc.want)
			}
		})
	}
}

func TestOwnershipKeepsFacts(t *testing.T) {
	t.Parallel()
	o, err := edgar.ParseOwnership(readData(t, datatest.Dir(t, "edgar", "ownership_xml", "aapl-4-20201013.xml")))
	if err != nil {
		t.Fatal(err)
	}
	want := edgar.Ownership{
		Form: "4", Period: "2020-10-09", Issuer: "Apple Inc.", IssuerCIK: "0000320193",
		Owners: []edgar.Owner{{Name: "Luca Maestri", CIK: "0001513362", Title: "Senior Vice President, CFO", Officer: true}},
		Trades: []edgar.Trade{{
			Security: "Common Stock", Code: "S", Date: "2020-10-09", Shares: "243431", Price: "116.89",
			Disposed: true, After: "110272", Plan: true, Average: true,
		}},
	}
	if diff := cmp.Diff(want, o); diff != "" {
		t.Errorf("facts (-want +got):\n%s", diff)
	}
	if v := o.Trades[0].Value(); v != "28454649.59" || o.Trades[0].Meaning() != "open-market or private sale" {
		t.Errorf("got %s, %s, want 28454649.59, an open-market or private sale", v, o.Trades[0].Meaning())
	}
}

// Every paragraph must reach the writer and the gate as one sentence.
func TestOwnershipTellsWholeSentences(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob(filepath.Join(datatest.Dir(t, "edgar", "ownership_xml"), "*.xml"))
	if err != nil || len(files) == 0 {
		t.Fatalf("got %v, %v, want the forms of the set", files, err)
	}
	forms, err := filepath.Glob(filepath.Join(datatest.Dir(t, "edgar", "full_submissions"), "sgml_0001127602-25-*"))
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range append(files, forms...) {
		t.Run(filepath.Base(p), func(t *testing.T) {
			t.Parallel()
			o, err := edgar.ParseOwnership(readData(t, p))
			if err != nil {
				t.Fatal(err)
			}
			told := o.Text("")
			var got []string
			for _, s := range text.Sentences(told) {
				got = append(got, s.Of(told))
			}
			if diff := cmp.Diff(strings.Split(told, "\n\n"), got); diff != "" {
				t.Errorf("sentences (-want +got):\n%s", diff)
			}
		})
	}
}

func TestParseOwnershipRefusesOthers(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct{ name, in, want string }{
		{"another document", "<rss><channel/></rss>", `the document is a "rss"`},
		{"nobody", "<ownershipDocument></ownershipDocument>", "no issuer"},
		{"cut off", form4("")[:700], "never ends"},
		{"crossed", "<ownershipDocument><a></b></ownershipDocument>", "ends unopened"},
		{"entities", `<!DOCTYPE x [<!ENTITY a "b">]><ownershipDocument>&a;</ownershipDocument>`, "entity"},
		{"deep", strings.Repeat("<a>", 40), "deeper"},
		{"page", "<html><br></html>", "ends unopened"},
		{"nothing", "", "the document is a"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			if o, err := edgar.ParseOwnership([]byte(tc.in)); err == nil || !strings.Contains(err.Error(), tc.want) {
				t.Errorf("got %+v, %v, want an error with %q", o, err, tc.want)
			}
		})
	}
}
