package edgar_test

import (
	"strings"
	"testing"
	"unicode/utf8"

	"stockdigest.app/stockdigest/internal/adapter/edgar"
)

func FuzzPlainText(f *testing.F) {
	f.Add([]byte("<table><tr><td>$</td><td>1</td></tr></table><p>Item 5.02 x<sup>1</sup></p><hr>3"))
	f.Add([]byte("<PAGE>\n<TABLE>\n<S> <C>\nA....  $ 1\n</TABLE>\n- 3 -\n"))
	f.Fuzz(func(t *testing.T, raw []byte) {
		text := edgar.PlainText(raw)
		if !utf8.ValidString(text) || strings.Contains(text, "\f") {
			t.Errorf("text of %q: got %q, want valid UTF-8 without page breaks", raw, text)
		}
	})
}

func FuzzItems(f *testing.F) {
	f.Add("Item 5.02 Departure\n\nA person left.\n\nItem 9.01 Exhibits\n\nSIGNATURE")
	f.Add("PART I\nItem 1. Business\nPART II | Item 1A. | Risk\nSignatures | 3")
	f.Add("Item 3. Key\nD. Risk Factors\nStorms.\nITEM 3. Key\nItem 4.A History\nItem 16.A. Expert\nSIGNATURES\nDividends | 9")
	f.Fuzz(func(t *testing.T, text string) {
		for _, form := range []string{"8-K", "10-K", "10-Q", "20-F", "40-F"} {
			end := 0
			for _, it := range edgar.Items(form, text) {
				if it.Number == "" || it.Start < end || it.End < it.Start || it.End > len(text) {
					t.Errorf("%s items of %q: got %+v after byte %d, want ranges in order", form, text, it, end)
				}
				end = it.End
			}
		}
	})
}

func FuzzSplitItems(f *testing.F) {
	f.Add([]byte(full8K))
	f.Add([]byte("<DOCUMENT>\n<TYPE>10-Q\n<DOCUMENT>\n<SEQUENCE>x\n<TEXT></TEXT>\n</TEXT>"))
	f.Fuzz(func(t *testing.T, raw []byte) {
		if _, err := edgar.SplitItems("", raw); err != nil {
			t.Errorf("split %q: got %v, want no error", raw, err)
		}
	})
}

func FuzzParseOwnership(f *testing.F) {
	f.Add([]byte(form4(line("S", "D", "12000", "41.2", "88310", `<footnoteId id="F1"/>`))))
	f.Add([]byte("<XML><ownershipDocument></ownershipDocument>"))
	f.Fuzz(func(t *testing.T, raw []byte) {
		o, err := edgar.ParseOwnership(raw)
		if err != nil {
			return
		}
		if told := o.Text(""); !utf8.ValidString(told) || !strings.HasSuffix(told, ".") {
			t.Errorf("text of %q: got %q, want whole sentences", raw, told)
		}
	})
}

func FuzzParseStake(f *testing.F) {
	for _, s := range []string{schedule13D, schedule13G, coverText, coverPage} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, raw []byte) {
		s, err := edgar.ParseStake(raw)
		if err == nil && !utf8.ValidString(s.Text("")) {
			t.Errorf("text of %q: got %q, want UTF-8", raw, s.Text(""))
		}
	})
}

func FuzzList(f *testing.F) {
	f.Add([]byte(list8K))
	f.Add([]byte(`{"filings":{"recent":{"accessionNumber":null,"form":[1]},"files":[{}]}}`))
	f.Fuzz(func(t *testing.T, raw []byte) {
		got, err := edgar.New(everywhere{list: raw, body: []byte(full8K)}).Filings(t.Context(), acme(), march())
		for _, x := range got {
			if x.Accession == "" || !march().Holds(x.FiledAt) {
				t.Errorf("list %q: got %+v, %v, want filings of the window", raw, x, err)
			}
		}
	})
}
