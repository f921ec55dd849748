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

// listOf lists filings of the given forms, newest first, on 5 March 2024.
func listOf(forms ...string) []byte {
	var accessions, accepted, filed, primary []string
	for i := range forms {
		accessions = append(accessions, fmt.Sprintf(`"0000000042-24-%06d"`, i+1))
		accepted = append(accepted, fmt.Sprintf(`"2024-03-05T20:%02d:10.000Z"`, 59-i))
		filed = append(filed, `"2024-03-05"`)
		primary = append(primary, `"xslF345X05/form.xml"`)
	}
	return fmt.Appendf(nil, `{"filings":{"recent":{"accessionNumber":[%s],"acceptanceDateTime":[%s],"filingDate":[%s],"form":["%s"],"primaryDocument":[%s]}}}`,
		strings.Join(accessions, ","), strings.Join(accepted, ","), strings.Join(filed, ","), strings.Join(forms, `","`), strings.Join(primary, ","))
}

func formURL(n int) string {
	return fmt.Sprintf("https://www.sec.gov/Archives/edgar/data/42/0000000042240%05d/form.xml", n)
}

func TestFilingsTellForms4AndSchedules(t *testing.T) {
	t.Parallel()
	sec := &fakeSEC{bodies: map[string][]byte{
		listURL:    listOf("4", "SCHEDULE 13D/A", "4/A", "SC 13G", "3", "144"),
		formURL(1): []byte(form4(line("S", "D", "12000", "41.2", "88310", ""))),
		formURL(2): []byte(schedule13D),
		formURL(3): []byte(form4(line("A", "A", "1000", "0", "1000", ""))),
		formURL(4): []byte(schedule13G),
	}}
	got, err := edgar.New(sec).Filings(t.Context(), acme(), march())
	if err != nil {
		t.Fatal(err)
	}
	var told []string
	for _, f := range got {
		s := f.Form + " " + f.URL[strings.LastIndex(f.URL, "/data/42/")+9:]
		for _, d := range f.Documents {
			first, _, _ := strings.Cut(d.Text, "\n\n")
			s = fmt.Sprintf("%s: %s %s", s, d.URL[len(d.URL)-9:], first)
			if d.Hash != stockdigest.Hash(d.Text) || d.Seq != 1 || d.Type != f.Form || d.Accession != f.Accession {
				t.Errorf("document of %s: got %+v", f.Accession, d)
			}
		}
		told = append(told, s)
	}
	want := []string{
		"4 000000004224000001/xslF345X05/form.xml: /form.xml Jane Q. Roe, Chief Financial Officer and a director, sold 12,000 shares of Acme Corp on March 2, 2026 at $41.20 a share, worth $494,400, and held 88,310 shares directly afterwards.",
		"SCHEDULE 13D/A 000000004224000002/xslF345X05/form.xml: /form.xml Roe Capital LP, filing together with 1 other, reported owning 2,500,000 shares of Class A Common Stock of Acme Corp, or 9.1% of the class, as of March 2, 2026 in a Schedule 13D/A filing.",
		"4/A 000000004224000003/xslF345X05/form.xml",
		"SC 13G 000000004224000004/xslF345X05/form.xml: /form.xml Index House reported owning no shares of Acme Corp as of December 31, 2025 in a Schedule 13G filing.",
	}
	if diff := cmp.Diff(want, told); diff != "" {
		t.Errorf("filings (-want +got):\n%s", diff)
	}
}

func TestFilingsLeaveOutFormsThatCannotBeHad(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		name  string
		errs  map[string]error
		asked int // forms
		want  int
	}{
		{"gone", nil, 2, 0},
		{"refused", map[string]error{formURL(1): &stockdigest.Error{Kind: stockdigest.ErrDenied}}, 1, 0},
		{"failing", map[string]error{formURL(1): errors.New("reset"), formURL(2): errors.New("reset")}, 2, 0},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			sec := &fakeSEC{errs: tc.errs, bodies: map[string][]byte{listURL: listOf("4", "4", "4", "SC 13D")}}
			got, err := edgar.New(sec).Filings(t.Context(), acme(), march())
			if err != nil || len(got) != tc.want || len(sec.asked) != 1+tc.asked {
				t.Errorf("got %v, %v, asked %v, want %d filings, no error and %d forms asked for", got, err, sec.asked, tc.want, tc.asked)
			}
		})
	}
}

func TestFilingsLeaveOutFormsThatSayNothing(t *testing.T) {
	t.Parallel()
	forms := []string{"4", "4", "4", "4", "4", "4", "4", "4", "4", "4", "4", "4"}
	sec := &fakeSEC{bodies: map[string][]byte{listURL: listOf(forms...)}}
	for i := range forms {
		sec.bodies[formURL(i+1)] = []byte("<html>no form</html>")
	}
	sec.bodies[formURL(10)] = []byte(form4(line("P", "A", "1", "1", "1", "")))
	got, err := edgar.New(sec).Filings(t.Context(), acme(), march())
	if err != nil || len(got) != 1 || got[0].Accession != "0000000042-24-000010" || len(sec.asked) != 11 {
		t.Errorf("got %v, %v, asked %d times, want the tenth form, no error and 10 forms asked for", got, err, len(sec.asked)-1)
	}
}

// The recorded night lists a Form 4 and does not hold it.
func TestFilingsOfTheNightAreTheReport(t *testing.T) {
	t.Parallel()
	sec := nightSEC(t)
	apple := stockdigest.Ticker{Symbol: "AAPL", Name: "Apple Inc.", CIK: "0000320193"}
	week := stockdigest.Window{From: instant("2019-11-13T13:00:00Z"), To: instant("2019-11-20T13:00:00Z")}
	got, err := edgar.New(sec).Filings(t.Context(), apple, week)
	if err != nil || len(got) != 1 || got[0].Form != "8-K" {
		t.Errorf("got %v, %v, want the 8-K alone and no error", got, err)
	}
	if last := sec.asked[len(sec.asked)-1]; !strings.HasSuffix(last, "/wf-form4_157377424820890.xml") {
		t.Errorf("asked last for %s, want the data of the Form 4", last)
	}
}
