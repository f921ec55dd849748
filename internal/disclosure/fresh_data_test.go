package disclosure_test

import (
	"archive/zip"
	"compress/gzip"
	"context"
	"encoding/json"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"stockdigest.app/stockdigest"
	"stockdigest.app/stockdigest/internal/adapter/edgar"
	"stockdigest.app/stockdigest/internal/datatest"
	"stockdigest.app/stockdigest/internal/disclosure"
	"stockdigest.app/stockdigest/internal/text"
)

// An annual is a labelled annual report: its risk factors and its discussion.
type annual struct {
	CIK    string `json:"cik"`
	Period string `json:"period_of_report"`
	Risks  string `json:"item_1A"`
	Talk   string `json:"item_7"`
}

func (a annual) filing() stockdigest.Filing {
	d := stockdigest.Document{Seq: 1, Text: a.Risks + "\n\n" + a.Talk}
	for number, part := range map[string]string{"1A": a.Risks, "7": a.Talk} {
		if start := strings.Index(d.Text, part); part != "" {
			d.Items = append(d.Items, stockdigest.Item{Number: number, Start: start, End: start + len(part)})
		}
	}
	return stockdigest.Filing{Form: "10-K", Period: a.Period, Documents: []stockdigest.Document{d}}
}

// annuals reads the labelled annual reports, in the order of companies and years.
func annuals(t *testing.T) []annual {
	t.Helper()
	z, err := zip.OpenReader(datatest.Dir(t, "edgar", "items_benchmark", "extracted_10-K.zip"))
	if err != nil {
		t.Fatal(err)
	}
	defer z.Close()
	var all []annual
	for _, f := range z.File {
		if !strings.HasSuffix(f.Name, ".json") {
			continue
		}
		r, err := f.Open()
		if err != nil {
			t.Fatal(err)
		}
		raw, err := io.ReadAll(r)
		if err != nil {
			t.Fatal(err)
		}
		var a annual
		if err := json.Unmarshal(raw, &a); err != nil {
			t.Fatal(err)
		}
		all = append(all, a)
	}
	return all
}

// pairs calls do with every labelled report and the one of the year before.
func pairs(t *testing.T, all []annual, do func(report, before annual)) (n int) {
	t.Helper()
	for _, a := range all {
		for _, b := range all {
			end, err := time.Parse(time.DateOnly, a.Period)
			start, err2 := time.Parse(time.DateOnly, b.Period)
			if years := end.Sub(start); a.CIK == b.CIK && err == nil && err2 == nil && years > 0 && years < 400*24*time.Hour {
				do(a, b)
				n++
			}
		}
	}
	return n
}

func TestOfEveryRealReportWhatIsNewStandsInItAndNotInTheOneBefore(t *testing.T) {
	t.Parallel()
	passages := 0
	n := pairs(t, annuals(t), func(report, before annual) {
		f, old := report.filing(), before.filing()
		told, ok := disclosure.Fresh(f, old)
		fresh := told.Documents[0].Fresh
		if !ok || len(fresh) == 0 || len(fresh) > 40 {
			t.Errorf("%s %s: got %d passages, %t, want 1 to 40", report.CIK, report.Period, len(fresh), ok)
		}
		for _, p := range fresh {
			s := f.Documents[0].Text[p.Start:p.End]
			if strings.Contains(old.Documents[0].Text, s) || !strings.HasSuffix(strings.TrimRight(s, "”\")"), ".") {
				t.Errorf("%s %s: %q is old, or no sentence", report.CIK, report.Period, s)
			}
		}
		passages += len(fresh)
	})
	t.Logf("%d pairs of reports, %d passages kept", n, passages)
	if n < 10 {
		t.Errorf("got %d pairs, want the labelled set's", n)
	}
}

func TestReportsOfTwoCompaniesAreNotCompared(t *testing.T) {
	t.Parallel()
	all := annuals(t)
	for i, a := range all[:12] {
		other := all[(i+7)%len(all)]
		if _, ok := disclosure.Fresh(a.filing(), other.filing()); ok && other.CIK != a.CIK {
			t.Errorf("%s was compared with %s", a.CIK, other.CIK)
		}
	}
}

func TestAReportHasNothingNewSinceItself(t *testing.T) {
	t.Parallel()
	for _, a := range annuals(t)[:8] {
		if told, _ := disclosure.Fresh(a.filing(), a.filing()); len(told.Documents[0].Fresh) > 0 {
			t.Errorf("%s: got %d passages", a.CIK, len(told.Documents[0].Fresh))
		}
	}
}

// A disk is an EDGAR of one document.
type disk []byte

func (d disk) Data(context.Context, string, int64) (stockdigest.Body, error) {
	return stockdigest.Body{Status: 200, Bytes: d}, nil
}

// TestRealReportsAreCompared reads every 10-K, 10-Q and 20-F of the sets as EDGAR gives
// them, and compares each with itself without a sentence: that one must be found.
func TestRealReportsAreCompared(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob(filepath.Join(datatest.Dir(t, "edgar", "primary_docs"), "*.gz"))
	if err != nil {
		t.Fatal(err)
	}
	read, found := 0, 0
	for _, file := range files {
		form := formOf(filepath.Base(file))
		if form == "" {
			continue
		}
		read++
		f, err := edgar.New(disk(unpacked(t, file))).Read(t.Context(), stockdigest.Filing{Accession: "0000000001-26-000001", CIK: "0000000001", Form: form, URL: "https://www.sec.gov/a.htm"})
		if err != nil {
			t.Errorf("%s: %v", file, err)
			continue
		}
		has, ok := without(f)
		if ok {
			found++
		}
		if ok && !has {
			t.Errorf("%s: the sentence that the report before lacks is not what was found", filepath.Base(file))
		}
	}
	t.Logf("%d of %d reports have a discussion, and what is new in each was found", found, read)
	if found*10 < read*8 {
		t.Errorf("got %d of %d reports", found, read)
	}
}

// without compares a report with itself without one of its telling sentences, and
// reports whether that is found, beside its neighbours at most, and whether there
// was one. The notes may tell one again in other type, so it has five tries.
func without(f stockdigest.Filing) (found, ok bool) {
	d, tries := f.Documents[0], 0
	for _, item := range d.Items {
		if item.Number != map[string]string{"10-K": "7", "10-Q": "I.2", "20-F": "5"}[f.Form] {
			continue
		}
		part := d.Text[item.Start:item.End]
		for _, span := range text.Sentences(part) {
			s := span.Of(part)
			if !telling.MatchString(s) || strings.Count(d.Text, s) > 1 || tries == 5 {
				continue
			}
			tries++
			before := f
			before.Documents = []stockdigest.Document{{Seq: 1, Text: strings.Replace(d.Text, s, "", 1)}}
			told, compared := disclosure.Fresh(f, before)
			fresh := told.Documents[0].Fresh
			same := func(p stockdigest.Passage) bool { return d.Text[p.Start:p.End] == s }
			if compared && len(fresh) <= 3 && slices.ContainsFunc(fresh, same) {
				return true, true
			}
		}
	}
	return false, tries > 0
}

// telling is a sentence with an amount.
var telling = regexp.MustCompile(`^[A-Z][^\n]{60,400}(?:\$\s?\d[\d.,]*|\d%)[^\n]{0,100}\.$`)

func formOf(name string) string {
	switch low := strings.ToLower(name); {
	case strings.Contains(low, "10-k"), strings.Contains(low, "10k"):
		return "10-K"
	case strings.Contains(low, "10-q"), strings.Contains(low, "10q"):
		return "10-Q"
	case strings.Contains(low, "20-f"):
		return "20-F"
	}
	return ""
}

func unpacked(t *testing.T, file string) []byte {
	t.Helper()
	raw, err := os.Open(file)
	if err != nil {
		t.Fatal(err)
	}
	defer raw.Close()
	z, err := gzip.NewReader(raw)
	if err != nil {
		t.Fatal(err)
	}
	b, err := io.ReadAll(z)
	if err != nil {
		t.Fatal(err)
	}
	return b
}
