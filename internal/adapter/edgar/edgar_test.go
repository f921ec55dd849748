package edgar_test

import (
	"errors"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"stockdigest.app/stockdigest"
	"stockdigest.app/stockdigest/internal/adapter/edgar"
	"stockdigest.app/stockdigest/internal/datatest"
)

const (
	listURL = "https://data.sec.gov/submissions/CIK0000000042.json"
	folder  = "https://www.sec.gov/Archives/edgar/data/42/000000004224000001/"
	fullURL = folder + "0000000042-24-000001.txt"
)

// acme files with the SEC.
func acme() stockdigest.Ticker {
	return stockdigest.Ticker{Symbol: "ACME", Name: "Acme Corp", CIK: "0000000042"}
}

func instant(s string) time.Time {
	t, err := time.Parse(time.RFC3339, s)
	if err != nil {
		panic(err)
	}
	return t
}

// march is a window around the filings of these tests.
func march() stockdigest.Window {
	return stockdigest.Window{From: instant("2024-03-01T00:00:00Z"), To: instant("2024-03-08T00:00:00Z")}
}

const list8K = `{"cik":"42","filings":{"recent":{
"accessionNumber":["0000000042-24-000001"],"filingDate":["2024-03-05"],"reportDate":["2024-03-04"],
"acceptanceDateTime":["2024-03-05T23:05:10.000Z"],"form":["8-K"],"items":["2.02,9.01"],"primaryDocument":["a8k.htm"]},"files":[]}}`

const full8K = `<SEC-DOCUMENT>0000000042-24-000001.txt : 20240305
<SEC-HEADER>
<ACCEPTANCE-DATETIME>20240305180510
</SEC-HEADER>
<DOCUMENT>
<TYPE>8-K
<SEQUENCE>1
<FILENAME>a8k.htm
<DESCRIPTION>CURRENT REPORT
<TEXT>
<html><body><p>Item 2.02 Results of Operations</p><p>Acme earned $1.5 million.</p><p>Item 9.01 Exhibits</p><p>99.1 Release</p><p>SIGNATURE</p></body></html>
</TEXT>
</DOCUMENT>
<DOCUMENT>
<TYPE>EX-10.1
<SEQUENCE>2
<FILENAME>ex10.htm
<DESCRIPTION>CREDIT AGREEMENT
<TEXT>
<p>This Agreement is made.</p>
</TEXT>
</DOCUMENT>
<DOCUMENT>
<TYPE>EX-99.1
<SEQUENCE>3
<FILENAME>ex991.htm
<TEXT>
<p>Acme reports a record quarter.</p>
</TEXT>
</DOCUMENT>
<DOCUMENT>
<TYPE>GRAPHIC
<SEQUENCE>4
<FILENAME>logo.jpg
<TEXT>
begin 644 logo.jpg
M_]C_X  02D9)1@ ! 0$ 8 !@
</TEXT>
</DOCUMENT>
<DOCUMENT>
<TYPE>EX-101.SCH
<SEQUENCE>5
<FILENAME>acme.xsd
<TEXT>
<xsd>1</xsd>
</TEXT>
</DOCUMENT>
`

func TestFilingsKeepPrimaryDocumentAndExhibits(t *testing.T) {
	t.Parallel()
	sec := &fakeSEC{bodies: map[string][]byte{listURL: []byte(list8K), fullURL: []byte(full8K)}}

	got, err := edgar.New(sec).Filings(t.Context(), acme(), march())
	if err != nil || len(got) != 1 {
		t.Fatalf("Filings: got %v, %v, want one filing", got, err)
	}
	f := got[0]
	text := "Item 2.02 Results of Operations\n\nAcme earned $1.5 million.\n\nItem 9.01 Exhibits\n\n99.1 Release\n\nSIGNATURE"
	want := stockdigest.Filing{
		Accession: "0000000042-24-000001", CIK: "0000000042", Form: "8-K",
		FiledAt: instant("2024-03-05T23:05:10Z"), Period: "2024-03-04",
		Items: []string{"2.02", "9.01"}, URL: folder + "a8k.htm",
		Documents: []stockdigest.Document{
			{
				Accession: "0000000042-24-000001", Seq: 1, Type: "8-K", Description: "CURRENT REPORT", URL: folder + "a8k.htm",
				Text: text, Hash: stockdigest.Hash(text),
				Items: []stockdigest.Item{
					{Number: "2.02", Title: "Results of Operations", Start: 0, End: 58},
					{Number: "9.01", Title: "Exhibits", Start: 60, End: 92},
				},
			},
			{
				Accession: "0000000042-24-000001", Seq: 2, Type: "EX-10.1", Description: "CREDIT AGREEMENT", URL: folder + "ex10.htm",
				Text: "This Agreement is made.", Hash: stockdigest.Hash("This Agreement is made."),
			},
			{
				Accession: "0000000042-24-000001", Seq: 3, Type: "EX-99.1", URL: folder + "ex991.htm",
				Text: "Acme reports a record quarter.", Hash: stockdigest.Hash("Acme reports a record quarter."),
			},
		},
	}
	if diff := cmp.Diff(want, f); diff != "" {
		t.Errorf("filing (-want +got):\n%s", diff)
	}
}

func TestFilingsOfTheRecordedNight(t *testing.T) {
	t.Parallel()
	apple := stockdigest.Ticker{Symbol: "AAPL", Name: "Apple Inc.", CIK: "0000320193"}
	asOf := instant("2019-11-20T07:00:00Z")

	got, err := edgar.New(nightSEC(t)).Filings(t.Context(), apple, stockdigest.Weekly.Window(asOf))
	if err != nil || len(got) != 1 {
		t.Fatalf("Filings: got %d filings, %v, want one", len(got), err)
	}
	f := got[0]
	if f.Accession != "0001193125-19-292676" || f.Form != "8-K" || !f.FiledAt.Equal(instant("2019-11-15T11:02:24Z")) {
		t.Errorf("filing: got %s %s %s, want the 8-K accepted at 06:02:24 Eastern", f.Accession, f.Form, f.FiledAt)
	}
	main := f.Documents[0]
	for _, it := range main.Items {
		if text := main.Text[it.Start:it.End]; !strings.HasPrefix(text, "Item "+it.Number) {
			t.Errorf("item %s begins with %q", it.Number, text[:40])
		}
	}
	if diff := cmp.Diff([]string{"8.01", "9.01"}, []string{main.Items[0].Number, main.Items[1].Number}); diff != "" {
		t.Errorf("items (-want +got):\n%s", diff)
	}
	if !strings.Contains(main.Text, "Apple Inc. (“Apple”) consummated the issuance and sale of") {
		t.Errorf("the sentence of the sale is missing in %q", main.Text)
	}
}

func TestFilingsReportsWhatCouldNotBeHad(t *testing.T) {
	t.Parallel()
	t.Run("documents", func(t *testing.T) {
		t.Parallel()
		sec := &fakeSEC{bodies: map[string][]byte{listURL: []byte(list8K)}}
		got, err := edgar.New(sec).Filings(t.Context(), acme(), march())
		if len(got) != 1 || got[0].URL != folder+"a8k.htm" || len(got[0].Documents) != 0 {
			t.Errorf("got %+v, want the filing with what the list says", got)
		}
		if !errors.Is(err, stockdigest.ErrNotFound) || !strings.Contains(err.Error(), "0000000042-24-000001") {
			t.Errorf("got error %v, want ErrNotFound naming the accession", err)
		}
	})
	t.Run("exhibits alone", func(t *testing.T) {
		t.Parallel()
		sec := &fakeSEC{bodies: map[string][]byte{listURL: []byte(list8K), folder + "a8k.htm": []byte("<p>Item 2.02 Results</p><p>Acme earned.</p>")}}
		got, err := edgar.New(sec).Filings(t.Context(), acme(), march())
		if len(got) != 1 || len(got[0].Documents) != 1 || !strings.Contains(got[0].Documents[0].Text, "Acme earned.") {
			t.Errorf("got %+v, want the primary document", got)
		}
		if err == nil || !strings.Contains(err.Error(), "exhibits left out") {
			t.Errorf("got error %v, want the exhibits named", err)
		}
	})
	t.Run("more than are read", func(t *testing.T) {
		t.Parallel()
		sec := &fakeSEC{bodies: map[string][]byte{listURL: []byte(manyFilings(25))}}
		got, err := edgar.New(sec).Filings(t.Context(), acme(), march())
		if len(got) != 20 || got[0].Accession != "0000000042-24-000024" {
			t.Errorf("got %d filings from %v, want the newest 20", len(got), got[0].Accession)
		}
		if err == nil || !strings.Contains(err.Error(), "5 older than the newest 20 left out") {
			t.Errorf("got error %v, want the five named", err)
		}
	})
}

// manyFilings lists n 8-Ks, one per hour.
func manyFilings(n int) string {
	var acc, day, when, form []string
	for i := range n {
		acc = append(acc, `"0000000042-24-0000`+two(i)+`"`)
		day = append(day, `"2024-03-04"`)
		when = append(when, `"`+instant("2024-03-04T15:00:00Z").Add(time.Duration(i)*time.Minute).Format(time.RFC3339)+`"`)
		form = append(form, `"8-K"`)
	}
	join := func(s []string) string { return strings.Join(s, ",") }
	return `{"filings":{"recent":{"accessionNumber":[` + join(acc) + `],"filingDate":[` + join(day) + `],"acceptanceDateTime":[` + join(when) + `],"form":[` + join(form) + `]}}}`
}

func two(i int) string { return string(rune('0'+i/10)) + string(rune('0'+i%10)) }

func TestFilingsKnowsTheErrorPagesOfTheSEC(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		name, file string
		kind       error
		message    string
		retry      time.Duration
	}{
		{"rate", "rate-exceeded.html", stockdigest.ErrUnavailable, "slow down", 10 * time.Minute},
		{"contact", "SEC.AutomatedTool.html", stockdigest.ErrDenied, "set STOCKDIGEST_CONTACT", 0},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			page, err := os.ReadFile(datatest.Dir(t, "edgar", "index_and_errors", tc.file))
			if err != nil {
				t.Fatal(err)
			}
			sec := &fakeSEC{bodies: map[string][]byte{listURL: page}}
			_, err = edgar.New(sec).Filings(t.Context(), acme(), march())
			var typed *stockdigest.Error
			if !errors.As(err, &typed) || !errors.Is(err, tc.kind) || typed.RetryAfter != tc.retry || !strings.Contains(typed.Message, tc.message) {
				t.Errorf("got %v, want %v with %q, retry after %s", err, tc.kind, tc.message, tc.retry)
			}
		})
	}
}

func TestFilingsReadsListsWithoutFileNames(t *testing.T) {
	t.Parallel()
	list := strings.NewReplacer(`"8-K"`, `"10-Q"`, "a8k.htm", "").Replace(list8K)
	full := "<SEC-HEADER>\n<DOCUMENT>\n<TYPE>10-Q<SEQUENCE>1<TEXT>\nPART I\n\nITEM 1. FINANCIAL STATEMENTS\n\nNone.\n</TEXT>\n"
	sec := &fakeSEC{bodies: map[string][]byte{listURL: []byte(list), fullURL: []byte(full)}}
	got, err := edgar.New(sec).Filings(t.Context(), acme(), march())
	if err != nil || len(got) != 1 || got[0].URL != fullURL {
		t.Fatalf("got %+v, %v, want one filing at its submission file", got, err)
	}
	doc := got[0].Documents[0]
	want := []stockdigest.Item{{Number: "I.1", Title: "FINANCIAL STATEMENTS", Start: 8, End: len(doc.Text)}}
	if diff := cmp.Diff(want, doc.Items); diff != "" || doc.Type != "10-Q" {
		t.Errorf("items of the %s %q (-want +got):\n%s", doc.Type, doc.Text, diff)
	}
}

func TestFilingsReadsArchivesForOldWindows(t *testing.T) {
	t.Parallel()
	const archiveURL = "https://data.sec.gov/submissions/CIK0000000042-submissions-001.json"
	list := `{"filings":{"recent":{},"files":[
		{"name":"CIK0000000042-submissions-001.json","filingFrom":"2020-01-01","filingTo":"2024-03-06"},
		{"name":"CIK0000000042-submissions-002.json","filingFrom":"2010-01-01","filingTo":"2019-12-31"}]}}`
	archive := `{"accessionNumber":["0000000042-24-000001"],"filingDate":["2024-03-05"],"form":["6-K"],"primaryDocument":["a.htm"]}`
	sec := &fakeSEC{bodies: map[string][]byte{listURL: []byte(list), archiveURL: []byte(archive), fullURL: []byte(full8K)}}
	got, err := edgar.New(sec).Filings(t.Context(), acme(), march())
	if err != nil || len(got) != 1 || got[0].Form != "6-K" {
		t.Errorf("got %+v, %v, want the 6-K of the archive", got, err)
	}
}

func TestFilingsTellsAboutTheContactWhenDenied(t *testing.T) {
	t.Parallel()
	sec := &fakeSEC{errs: map[string]error{listURL: &stockdigest.Error{Kind: stockdigest.ErrDenied, Message: "403"}}}
	_, err := edgar.New(sec).Filings(t.Context(), acme(), march())
	if !errors.Is(err, stockdigest.ErrDenied) || !strings.Contains(stockdigest.Message(err), "STOCKDIGEST_CONTACT") {
		t.Errorf("got %v, want ErrDenied that names STOCKDIGEST_CONTACT", err)
	}
}

func TestFilingsWithoutCIKAsksNobody(t *testing.T) {
	t.Parallel()
	sec := &fakeSEC{}
	got, err := edgar.New(sec).Filings(t.Context(), stockdigest.Ticker{Symbol: "RY.TO", Name: "Royal Bank"}, march())
	if got != nil || err != nil || len(sec.asked) != 0 {
		t.Errorf("got %v, %v, asked %v, want nothing", got, err, sec.asked)
	}
}

func TestFilingsSayWhenTheTextIsCut(t *testing.T) {
	t.Parallel()
	long := "<p>Form 10-K</p>" + strings.Repeat("<p>"+strings.Repeat("A long report tells much. ", 40)+"</p>", 5000)
	for _, tc := range []struct {
		name, body string
		cut        bool
	}{
		{"long", long, true},
		{"short", long[:2000], false},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			list := strings.ReplaceAll(list8K, `"8-K"`, `"10-K"`)
			sec := &fakeSEC{bodies: map[string][]byte{listURL: []byte(list), folder + "a8k.htm": []byte(tc.body)}}
			got, err := edgar.New(sec).Filings(t.Context(), acme(), march())
			if err != nil || len(got) != 1 {
				t.Fatalf("got %d filings, %v, want one", len(got), err)
			}
			d := got[0].Documents[0]
			if strings.Contains(d.Description, "cut") != tc.cut || len(d.Text) > 4<<20 {
				t.Errorf("got %d bytes, described as %q, want a note of the cut: %v", len(d.Text), d.Description, tc.cut)
			}
		})
	}
}
