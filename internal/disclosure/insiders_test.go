package disclosure_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"stockdigest.app/stockdigest"
	"stockdigest.app/stockdigest/internal/disclosure"
)

const cik = "0000000042"

// form4 is a form of owners, accepted the day after the newest trade.
func form4(n int, trades []stockdigest.Trade, owners ...string) stockdigest.Filing {
	f := stockdigest.Filing{
		Accession: stockdigest.Accession(fmt.Sprintf("0000000042-26-%06d", n)), CIK: cik, Form: "4",
		URL: fmt.Sprintf("https://www.sec.gov/%d", n), Dealings: stockdigest.Dealings{Issuer: "42", Trades: trades},
	}
	for _, o := range owners {
		f.Dealings.Owners = append(f.Dealings.Owners, stockdigest.Insider{CIK: o, Name: "Mx " + o})
	}
	for _, t := range trades {
		if day, err := time.Parse(time.DateOnly, t.Day); err == nil && day.Add(24*time.Hour).After(f.FiledAt) {
			f.FiledAt = day.Add(24 * time.Hour)
		}
	}
	return f
}

func bought(day, shares, value string) []stockdigest.Trade {
	return []stockdigest.Trade{{Day: day, Shares: shares, Value: value, Security: "Common Stock"}}
}

func sold(plan bool) []stockdigest.Trade {
	return []stockdigest.Trade{{Sale: true, Plan: plan, Day: "2026-05-01", Shares: "10", Value: "100", Security: "Common Stock"}}
}

func TestClustersCountInsidersNotForms(t *testing.T) {
	t.Parallel()
	buy := func(day string) []stockdigest.Trade { return bought(day, "100", "1000.50") }
	about := form4(3, buy("2026-05-05"), "C")
	about.Dealings.Issuer = "77"
	future := form4(3, buy("2026-05-05"), "C")
	future.FiledAt = future.FiledAt.AddDate(0, 0, -3)
	ancient := form4(3, buy("2026-05-05"), "C")
	ancient.FiledAt = ancient.FiledAt.AddDate(1, 0, 0)
	nobody := form4(3, buy("2026-05-05"))
	cases := map[string]struct {
		forms []stockdigest.Filing
		want  []string
	}{
		"three buy": {
			[]stockdigest.Filing{form4(1, buy("2026-05-01"), "A"), form4(2, buy("2026-05-04"), "B"), form4(3, buy("2026-05-10"), "C")},
			[]string{"3 insiders of Acme Corp bought 300 shares worth $3,001.50 in all from May 1, 2026 to May 10, 2026, by their 3 Form 4 filings."},
		},
		"the eleventh day":                      {[]stockdigest.Filing{form4(1, buy("2026-05-01"), "A"), form4(2, buy("2026-05-04"), "B"), form4(3, buy("2026-05-11"), "C")}, nil},
		"one buys thrice":                       {[]stockdigest.Filing{form4(1, buy("2026-05-01"), "A"), form4(2, buy("2026-05-02"), "A"), form4(3, buy("2026-05-03"), "A")}, nil},
		"a fund and its partners file together": {[]stockdigest.Filing{form4(1, buy("2026-05-01"), "A", "B"), form4(2, buy("2026-05-02"), "B", "C"), form4(3, buy("2026-05-03"), "C")}, nil},
		"three sell": {
			[]stockdigest.Filing{form4(1, sold(false), "A"), form4(2, sold(false), "B"), form4(3, sold(false), "C")},
			[]string{"3 insiders of Acme Corp sold 30 shares worth $300 in all outside Rule 10b5-1 trading plans on May 1, 2026, by their 3 Form 4 filings."},
		},
		"one of three sells by plan": {[]stockdigest.Filing{form4(1, sold(false), "A"), form4(2, sold(true), "B"), form4(3, sold(false), "C")}, nil},
		"two buy and two sell":       {[]stockdigest.Filing{form4(1, buy("2026-05-01"), "A"), form4(2, buy("2026-05-01"), "B"), form4(3, sold(false), "C"), form4(4, sold(false), "D")}, nil},
		"of another company":         {[]stockdigest.Filing{form4(1, buy("2026-05-01"), "A"), form4(2, buy("2026-05-04"), "B"), about}, nil},
		"traded after the filing":    {[]stockdigest.Filing{form4(1, buy("2026-05-01"), "A"), form4(2, buy("2026-05-04"), "B"), future}, nil},
		"filed a year late":          {[]stockdigest.Filing{form4(1, buy("2026-05-01"), "A"), form4(2, buy("2026-05-04"), "B"), ancient}, nil},
		"by nobody":                  {[]stockdigest.Filing{form4(1, buy("2026-05-01"), "A"), form4(2, buy("2026-05-04"), "B"), nobody}, nil},
		"on no day":                  {[]stockdigest.Filing{form4(1, buy("2026-05-01"), "A"), form4(2, buy("2026-05-04"), "B"), form4(3, buy("May 5"), "C")}, nil},
		"untold and mixed figures": {
			[]stockdigest.Filing{form4(1, bought("2026-05-01", "", ""), "A"), form4(2, buy("2026-05-01"), "B"), form4(3, buy("2026-05-01"), "C")},
			[]string{"3 insiders of Acme Corp bought shares on May 1, 2026, by their 3 Form 4 filings."},
		},
		"no prices": {
			[]stockdigest.Filing{form4(1, bought("2026-05-01", "1200", ""), "A"), form4(2, buy("2026-05-01"), "B"), form4(3, buy("2026-05-01"), "C")},
			[]string{"3 insiders of Acme Corp bought 1,400 shares on May 1, 2026, by their 3 Form 4 filings."},
		},
		"none": {nil, nil},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var got []string
			for _, cluster := range disclosure.Clusters(cik, c.forms) {
				count, _, _ := strings.Cut(cluster.Text("Acme Corp"), "\n\n")
				got = append(got, count)
			}
			if diff := cmp.Diff(c.want, got); diff != "" {
				t.Errorf("counts (-want +got):\n%s", diff)
			}
		})
	}
}

func TestAnAmendmentCountsInPlaceOfItsForm(t *testing.T) {
	t.Parallel()
	amended := form4(4, bought("2026-05-01", "50", "500"), "A")
	amended.Form, amended.FiledAt = "4/A", amended.FiledAt.Add(time.Hour)
	forms := []stockdigest.Filing{form4(1, bought("2026-05-01", "5000", "50000"), "A"), form4(2, bought("2026-05-01", "50", "500"), "B"), form4(3, bought("2026-05-01", "50", "500"), "C"), amended}
	got := disclosure.Clusters(cik, forms)
	if len(got) != 1 || !strings.HasPrefix(got[0].Text("Acme"), "3 insiders of Acme bought 150 shares worth $1,500 in all on May 1, 2026, by their 3 Form 4 filings.") {
		t.Fatalf("got %+v, want 150 shares", got)
	}
	if newest := got[0].Newest().Accession; newest != amended.Accession {
		t.Errorf("newest form: got %s, want the amendment", newest)
	}
	doc := got[0].Document("Acme")
	for _, f := range got[0].Forms {
		if !strings.Contains(doc.Text, string(f.Accession)) {
			t.Errorf("%s is not named in %q", f.Accession, doc.Text)
		}
	}
	if doc.Accession != amended.Accession || doc.Hash != stockdigest.Hash(doc.Text) || doc.Type != stockdigest.InsiderCount {
		t.Errorf("document %+v: want one of the newest form", doc)
	}
}
