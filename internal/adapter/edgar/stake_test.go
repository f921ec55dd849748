package edgar_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"stockdigest.app/stockdigest/internal/adapter/edgar"
	"stockdigest.app/stockdigest/internal/text"
)

const schedule13D = `<?xml version="1.0" encoding="UTF-8"?>
<edgarSubmission xmlns="http://www.sec.gov/edgar/schedule13D" xmlns:com="http://www.sec.gov/edgar/common">
<headerData><submissionType>SCHEDULE 13D/A</submissionType></headerData><formData>
<coverPageHeader><securitiesClassTitle>Class A Common Stock</securitiesClassTitle><dateOfEvent>03/02/2026</dateOfEvent>
<issuerInfo><issuerCIK>0000000042</issuerCIK><issuerName>ZANDERQUILL OPTICS INC</issuerName><address><com:city>X</com:city></address></issuerInfo></coverPageHeader>
<reportingPersons>
<reportingPersonInfo><reportingPersonName>Jane Roe</reportingPersonName><aggregateAmountOwned>1500000.00</aggregateAmountOwned><percentOfClass>5.50</percentOfClass></reportingPersonInfo>
<reportingPersonInfo><reportingPersonName>Roe Capital LP</reportingPersonName><aggregateAmountOwned>2500000</aggregateAmountOwned><percentOfClass>9,1 %</percentOfClass></reportingPersonInfo>
</reportingPersons><items1To7><item4><transactionPurpose>Item 3 is incorporated here. The Reporting Persons, with Acme Inc. and others, seek a seat on the board. They may sell.</transactionPurpose></item4></items1To7></formData></edgarSubmission>`

const schedule13G = `<edgarSubmission xmlns="http://www.sec.gov/edgar/schedule13g"><headerData><submissionType>SCHEDULE 13G/A</submissionType></headerData>
<formData><coverPageHeader><securitiesClassTitle>Common Stock</securitiesClassTitle><eventDateRequiresFilingThisStatement>12/31/2025</eventDateRequiresFilingThisStatement>
<issuerInfo><issuerCik>0000000042</issuerCik><issuerName>Zanderquill Optics Inc.</issuerName></issuerInfo></coverPageHeader>
<coverPageHeaderReportingPersonDetails><reportingPersonName>Index House</reportingPersonName><reportingPersonBeneficiallyOwnedNumberOfShares><soleVotingPower>1</soleVotingPower></reportingPersonBeneficiallyOwnedNumberOfShares>
<reportingPersonBeneficiallyOwnedAggregateNumberOfShares>0</reportingPersonBeneficiallyOwnedAggregateNumberOfShares><classPercent>0.0</classPercent></coverPageHeaderReportingPersonDetails></formData></edgarSubmission>`

const coverText = `<PAGE>
                       SECURITIES AND EXCHANGE COMMISSION

                                  SCHEDULE 13G

                            Zanderquill Optics Inc.
                                (Name of Issuer)

                    Common Stock, par value $.01 per share
                         (Title of Class of Securities)

                                    98765A102
                                 (CUSIP Number)

                                December 31, 2018
            (Date of Event Which Requires Filing of this Statement)
<PAGE>
1. NAMES OF REPORTING PERSONS.
   I.R.S. IDENTIFICATION NOS. OF ABOVE PERSONS (ENTITIES ONLY)

   Index House Inc.

9. AGGREGATE AMOUNT BENEFICIALLY OWNED BY EACH REPORTING PERSON

   3,456,789

11. PERCENT OF CLASS REPRESENTED BY AMOUNT IN ROW (9)

   6.2%
`

const coverPage = `<html><p>SCHEDULE 13D</p><p>Zanderquill Optics Inc.</p><p>(Name of Issuer)</p><p>Common Stock</p><p>(Title of Class of Securities)</p>
<p>March 2, 2020</p><p>(Date of Event which Requires Filing of this Statement)</p>
<table><tr><td>1</td><td>NAME OF REPORTING PERSON<br>Roe Capital LP</td></tr>
<tr><td>11</td><td>AGGREGATE AMOUNT BENEFICIALLY OWNED BY EACH REPORTING PERSON<br>2,500,000</td></tr>
<tr><td>13</td><td>PERCENT OF CLASS REPRESENTED BY AMOUNT IN ROW (11)<br>9.1%</td></tr></table></html>`

func TestStakeTellsHolders(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		name, in string
		want     []string
	}{
		{"13D of two", schedule13D, []string{
			"Roe Capital LP, filing together with 1 other, reported owning 2,500,000 shares of Class A Common Stock of Zanderquill Optics Inc., or 9.1% of the class, as of March 2, 2026 in a Schedule 13D/A filing.",
			"Jane Roe reported owning 1,500,000 shares of Class A Common Stock of Zanderquill Optics Inc., or 5.5% of the class, as of March 2, 2026 in a Schedule 13D/A filing.",
			"Roe Capital LP states as its purpose: “The Reporting Persons, with Acme Inc. and others, seek a seat on the board”.",
		}},
		{"13G that sold all", schedule13G, []string{
			"Index House reported owning no shares of Zanderquill Optics Inc. as of December 31, 2025 in a Schedule 13G/A filing.",
		}},
		{"cover of a text filing", coverText, []string{
			"Index House Inc. reported owning 3,456,789 shares of Zanderquill Optics Inc., or 6.2% of the class, as of December 31, 2018 in a Schedule 13G filing.",
		}},
		{"cover of a page", coverPage, []string{
			"Roe Capital LP reported owning 2,500,000 shares of Zanderquill Optics Inc., or 9.1% of the class, as of March 2, 2020 in a Schedule 13D filing.",
		}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			s, err := edgar.ParseStake([]byte(tc.in))
			if err != nil {
				t.Fatal(err)
			}
			told := s.Text("Zanderquill Optics Inc.")
			var got []string
			for _, s := range text.Sentences(told) {
				got = append(got, s.Of(told))
			}
			if diff := cmp.Diff(tc.want, got); diff != "" {
				t.Errorf("sentences (-want +got):\n%s", diff)
			}
		})
	}
}

func TestParseStakeRefusesOthers(t *testing.T) {
	t.Parallel()
	for _, in := range []string{"", "<edgarSubmission></edgarSubmission>", "<edgarSubmission><a>", "<html><p>A page</p></html>", strings.Replace(coverText, "6.2%", "see below", 1)} {
		if s, err := edgar.ParseStake([]byte(in)); err == nil {
			t.Errorf("%q: got %+v, want an error", in, s)
		}
	}
}

func TestDecimals(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct{ shares, price, want edgar.Decimal }{
		{"243431", "116.89", "28454649.59"},
		{"3", "0.3333333333", "0.9999999999"},
		{"999999999999999999", "0.01", "9999999999999999.99"},
		{"10", "0", "0"},
		{"", "1", ""},
	} {
		if got := (edgar.Trade{Shares: tc.shares, Price: tc.price}).Value(); got != tc.want {
			t.Errorf("%s × %s: got %q, want %q", tc.shares, tc.price, got, tc.want)
		}
	}
}
