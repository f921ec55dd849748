package ingest_test

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"stockdigest.app/stockdigest"
)

const (
	steady = "Acme makes anvils and sells them to railways in forty countries."
	rose   = "Net sales rose 4% to $310 million in the second quarter of 2019 on orders from railways."
	fell   = "Net sales fell 6% to $291 million in the third quarter of 2019 as railways put off orders."
)

// quarterly is a 10-Q with a discussion, filed so many days before the run.
func quarterly(a stockdigest.Accession, days int, sentences ...string) stockdigest.Filing {
	text := strings.Join(sentences, "\n\n")
	return stockdigest.Filing{
		Accession: a, CIK: "0000000042", Form: "10-Q", FiledAt: asOf.AddDate(0, 0, -days),
		Documents: []stockdigest.Document{{Accession: a, Seq: 1, Text: text, Items: []stockdigest.Item{{Number: "I.2", End: len(text)}}}},
	}
}

func acme() stockdigest.Ticker {
	return stockdigest.Ticker{Symbol: "ACME", Name: "Acme Corp", CIK: "0000000042"}
}

// A counting list counts the documents that were read.
type countingList struct {
	filingList
	reads *int
}

func (c countingList) Read(ctx context.Context, f stockdigest.Filing) (stockdigest.Filing, error) {
	*c.reads++
	return c.filingList.Read(ctx, f)
}

func TestAReportIsComparedOnceWithTheOneBefore(t *testing.T) {
	t.Parallel()
	before := quarterly("0000000042-19-000001", 90, steady, rose)
	reads := 0
	filings := countingList{filingList{list: []stockdigest.Filing{quarterly("0000000042-19-000002", 1, steady, fell)}, before: &before}, &reads}
	store := newStore(acme())
	for range 2 {
		store.material.Polls = nil // as another run of the same company finds it
		if err := ingestStep(store, filings).Run(t.Context(), weekly()); err != nil {
			t.Fatal(err)
		}
	}
	f := store.material.Filings[0]
	if len(store.material.Filings) != 1 || f.Previous != before.Accession || len(f.Documents[0].Fresh) != 1 {
		t.Fatalf("got %+v, want one report with one new sentence", store.material.Filings)
	}
	if p := f.Documents[0].Fresh[0]; f.Documents[0].Text[p.Start:p.End] != fell || reads != 1 {
		t.Errorf("got %+v after %d reads, want the sales that fell after one", p, reads)
	}
	if !strings.Contains(store.note, "1 compared with the one before") {
		t.Errorf("note %q does not tell of the comparison", store.note)
	}
}

func TestAKeptReportIsNotReadAgain(t *testing.T) {
	t.Parallel()
	before := quarterly("0000000042-19-000001", 90, steady, rose)
	reads := 0
	store := newStore(acme())
	store.kept = []stockdigest.Filing{before}
	filings := countingList{filingList{list: []stockdigest.Filing{quarterly("0000000042-19-000002", 1, steady, fell)}, before: &before}, &reads}
	if err := ingestStep(store, filings).Run(t.Context(), weekly()); err != nil || reads != 0 {
		t.Errorf("got %d reads, %v, want none", reads, err)
	}
}

func TestAReportWithoutOneBeforeIsToldAsItStands(t *testing.T) {
	t.Parallel()
	stranger := quarterly("0000000042-19-000001", 90, "Kestrel flies freight between islands for shops and for the post.")
	for name, before := range map[string]*stockdigest.Filing{"none listed": nil, "another company's": &stranger} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			store := newStore(acme())
			filings := filingList{list: []stockdigest.Filing{quarterly("0000000042-19-000002", 1, steady, fell)}, before: before}
			if err := ingestStep(store, filings).Run(t.Context(), weekly()); err != nil {
				t.Fatal(err)
			}
			if f := store.material.Filings[0]; f.Previous != "" || !strings.Contains(store.note, "10-Q 0000000042-19-000002 not compared") {
				t.Errorf("previous %q, note %q: want none, and a note that says so", f.Previous, store.note)
			}
		})
	}
}

// form4 is a form of one insider, with a purchase two days before it.
func form4(n, days int) stockdigest.Filing {
	at := asOf.AddDate(0, 0, -days)
	f := stockdigest.Filing{
		Accession: stockdigest.Accession(fmt.Sprintf("0000000042-19-%06d", n)), CIK: "0000000042", Form: "4", FiledAt: at,
		Documents: []stockdigest.Document{{Seq: 1, Text: "An insider bought shares."}},
	}
	f.Dealings = stockdigest.Dealings{
		Issuer: "42", Owners: []stockdigest.Insider{{CIK: strconv.Itoa(n), Name: fmt.Sprintf("Insider %d", n)}},
		Trades: []stockdigest.Trade{{Day: at.AddDate(0, 0, -2).Format(time.DateOnly), Shares: "10", Value: "100"}},
	}
	return f
}

func TestTheThirdInsiderMakesACountOfAll(t *testing.T) {
	t.Parallel()
	cases := map[string]struct {
		kept []stockdigest.Filing
		want []stockdigest.Accession // of the run
	}{
		"three":             {[]stockdigest.Filing{form4(1, 5), form4(2, 3)}, []stockdigest.Accession{"0000000042-19-000009", "0000000042-19-000002", "0000000042-19-000001"}},
		"two":               {[]stockdigest.Filing{form4(1, 5)}, []stockdigest.Accession{"0000000042-19-000009"}},
		"one too long ago":  {[]stockdigest.Filing{form4(1, 15), form4(2, 3)}, []stockdigest.Accession{"0000000042-19-000009"}},
		"one not filed yet": {[]stockdigest.Filing{form4(1, -2), form4(2, 3)}, []stockdigest.Accession{"0000000042-19-000009"}},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			store := newStore(acme())
			store.kept = c.kept
			if err := ingestStep(store, filingList{list: []stockdigest.Filing{form4(9, 1)}}).Run(t.Context(), weekly()); err != nil {
				t.Fatal(err)
			}
			var got []stockdigest.Accession
			for _, f := range store.material.Filings {
				got = append(got, f.Accession)
			}
			slices.Sort(got)
			slices.Sort(c.want)
			if diff := cmp.Diff(c.want, got); diff != "" {
				t.Errorf("filings of the run (-want +got):\n%s", diff)
			}
			newest := store.material.Filings[0].Documents
			if last := newest[len(newest)-1]; (last.Type == stockdigest.InsiderCount) != (len(c.want) == 3) {
				t.Errorf("got a last document %+v", last)
			}
		})
	}
}
