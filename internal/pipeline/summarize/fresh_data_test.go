package summarize_test

import (
	"archive/zip"
	"encoding/json"
	"slices"
	"strings"
	"testing"
	"time"

	"stockdigest.app/stockdigest"
	"stockdigest.app/stockdigest/internal/datatest"
	"stockdigest.app/stockdigest/internal/disclosure"
)

// annuals are the labelled annual reports, by company.
func annuals(t *testing.T) map[string][]stockdigest.Filing {
	t.Helper()
	z, err := zip.OpenReader(datatest.Dir(t, "edgar", "items_benchmark", "extracted_10-K.zip"))
	if err != nil {
		t.Fatal(err)
	}
	defer z.Close()
	all := map[string][]stockdigest.Filing{}
	for _, file := range z.File {
		if !strings.HasSuffix(file.Name, ".json") {
			continue
		}
		r, err := file.Open()
		if err != nil {
			t.Fatal(err)
		}
		var a struct{ Company, Period_of_report, Item_1A, Item_7 string } //nolint:revive,staticcheck // the names of the set
		if err := json.NewDecoder(r).Decode(&a); err != nil {
			t.Fatal(err)
		}
		body := a.Item_1A + "\n\n" + a.Item_7
		f := stockdigest.Filing{Accession: stockdigest.Accession(file.Name), Form: "10-K", Period: a.Period_of_report, FiledAt: asOf.Add(-time.Hour)}
		f.Documents = []stockdigest.Document{{
			Accession: f.Accession, Seq: 1, Type: f.Form, Text: body, Hash: stockdigest.Hash(body),
			Items: []stockdigest.Item{{Number: "1A", End: len(a.Item_1A)}, {Number: "7", Start: len(a.Item_1A) + 2, End: len(body)}},
		}}
		all[a.Company] = append(all[a.Company], f)
	}
	return all
}

func TestRealReportsAreToldByWhatIsNewInThem(t *testing.T) {
	t.Parallel()
	reports, bullets, ours := 0, 0, 0
	for company, years := range annuals(t) {
		slices.SortFunc(years, func(a, b stockdigest.Filing) int { return strings.Compare(a.Period, b.Period) })
		for i, f := range years[1:] {
			f, ok := disclosure.Fresh(f, years[i])
			if !ok {
				continue // years apart, they have too little in common
			}
			m := filed(f)
			m.Ticker = stockdigest.Ticker{Symbol: "XX", Name: company}
			got := write(t, m)
			reports++
			bullets += len(got)
			if len(got) == 0 || len(got) > 3 {
				t.Errorf("%s %s: got %d bullets, want 1 to 3", company, f.Period, len(got))
			}
			for _, b := range got {
				if strings.HasPrefix(b.Text, "We ") || strings.HasPrefix(b.Text, "Our ") {
					ours++
				}
				if b.Evidence[0].Check(f.Documents[0].Text) != nil || strings.Contains(years[i].Documents[0].Text, b.Text) {
					t.Errorf("%s %s: %q is not in the report, or in the one before", company, f.Period, b.Text)
				}
			}
		}
	}
	t.Logf("%d reports told by %d bullets, %d of them in the words we and our", reports, bullets, ours)
}
