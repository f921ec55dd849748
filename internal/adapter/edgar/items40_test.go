package edgar_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"stockdigest.app/stockdigest"
	"stockdigest.app/stockdigest/internal/adapter/edgar"
)

// long is filler as long as a real exhibit.
var long = strings.Repeat("<p>The mill turned out a little more paper in each of the four quarters.</p>\n", 200)

func TestA40FIsReadInItsExhibits(t *testing.T) {
	t.Parallel()
	cover := "<p>Form 40-F</p><p>See the annual information form and the management’s discussion and analysis.</p>"
	form := "<p>ANNUAL INFORMATION FORM</p><p>For the year 2023</p><p>Management’s Discussion and Analysis is incorporated here.</p>" + long +
		"<p>RISK FACTORS</p><p>Pulp prices fall.</p>" + long + "<p>DIVIDENDS</p><p>None.</p>"
	talk := "<p>MANAGEMENT’S DISCUSSION AND ANALYSIS</p><p>See also our Annual Information Form.</p><p>Sales rose.</p>" + long
	statements := "<p>CONSOLIDATED STATEMENTS</p><p>The figures in the management’s discussion and analysis, which this letter speaks of at some length and more, agree with those of the statements.</p>" + long
	consent := "<p>Annual Information Form</p><p>We consent.</p>"
	var raw strings.Builder
	raw.WriteString("<SEC-HEADER>\n<ACCEPTANCE-DATETIME>20240305180510\n</SEC-HEADER>\n")
	for i, d := range []struct{ kind, body string }{{"40-F", cover}, {"EX-99.1", form}, {"EX-99.2", statements}, {"EX-99.3", talk}, {"EX-99.4", consent}, {"EX-1.1", form}} {
		fmt.Fprintf(&raw, "<DOCUMENT>\n<TYPE>%s\n<SEQUENCE>%d\n<FILENAME>d%d.htm\n<TEXT>\n%s\n</TEXT>\n</DOCUMENT>\n", d.kind, i+1, i+1, d.body)
	}
	list := strings.NewReplacer(`"8-K"`, `"40-F"`, `"2.02,9.01"`, `""`).Replace(list8K)
	got, err := edgar.New(&fakeSEC{bodies: map[string][]byte{listURL: []byte(list), fullURL: []byte(raw.String())}}).Filings(t.Context(), acme(), march())
	if err != nil || len(got) != 1 {
		t.Fatalf("got %v, %v, want one filing", got, err)
	}
	var told []string
	for _, d := range got[0].Documents {
		told = append(told, fmt.Sprintf("%d %s", d.Seq, d.Type))
		for _, it := range d.Items {
			part := d.Text[it.Start:it.End]
			told = append(told, fmt.Sprintf("%s %.24q to %.6q", it.Number, part, part[len(part)-6:]))
		}
	}
	want := []string{
		"1 40-F",
		"2 EX-99.1", stockdigest.ItemRisks + ` "RISK FACTORS\n\nPulp price" to "rters."`,
		"4 EX-99.3", stockdigest.ItemDiscussion + ` "MANAGEMENT’S DISCUSSION " to "rters."`,
		"6 EX-1.1", stockdigest.ItemRisks + ` "RISK FACTORS\n\nPulp price" to "rters."`,
	}
	if diff := cmp.Diff(want, told); diff != "" {
		t.Errorf("documents (-want +got):\n%s", diff)
	}
}
