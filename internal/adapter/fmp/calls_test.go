package fmp_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"stockdigest.app/stockdigest"
	"stockdigest.app/stockdigest/internal/adapter/fmp"
)

func acme() stockdigest.Ticker {
	return stockdigest.Ticker{Symbol: "ACME", Name: "Acme Corp", CIK: "0000000042"}
}

func TestTheLastCallHasAnAccessionForItsQuarter(t *testing.T) {
	t.Parallel()
	s := &service{body: `[{"quarter":3,"fiscalYear":2023,"date":"2023-10-31"},{"quarter":4,"fiscalYear":2023,"date":"2024-01-24"}]`}
	got, err := setup(s).LastCall(t.Context(), acme())
	want := stockdigest.Filing{
		Accession: "FMP-ACME-2023Q4", CIK: "0000000042", Form: stockdigest.FormCall,
		FiledAt: time.Date(2024, 1, 24, 17, 0, 0, 0, time.UTC), Period: "2024-01-24",
	}
	if diff := cmp.Diff(want, got); err != nil || diff != "" {
		t.Errorf("got %v (-want +got):\n%s", err, diff)
	}
	if _, err := setup(&service{body: `[]`}).LastCall(t.Context(), acme()); !errors.Is(err, stockdigest.ErrNotFound) {
		t.Errorf("no calls: got %v, want ErrNotFound", err)
	}
	if _, err := fmp.New(fmp.Config{}).LastCall(t.Context(), acme()); !errors.Is(err, fmp.ErrNotConfigured) {
		t.Errorf("no key: got %v, want ErrNotConfigured", err)
	}
	if _, err := setup(s).ReadCall(t.Context(), acme(), stockdigest.Filing{Accession: "0000000042-24-000001"}); !errors.Is(err, stockdigest.ErrInvalid) {
		t.Errorf("a filing of the SEC: got %v, want ErrInvalid", err)
	}
}

const asked = `Operator: Welcome. There will be questions later.
Ada Quill: Sales rose 5%. What a year!
They will rise again.
Bo Tern-O’Neil Jr.: Margins held at 40%. Why? Prices.
Operator: The first question is from Cy Vane.
Cy Vane: You lost ten clients, did you not?
Ada Quill: We lost two: both were small.`

// TestOnlyTheCompanysOwnPeopleAreQuotedFromACall also counts what two naive
// readings would quote: of everybody who is named, and of every line.
func TestOnlyTheCompanysOwnPeopleAreQuotedFromACall(t *testing.T) {
	t.Parallel()
	unguided := strings.Join(strings.Split(asked, "\n")[1:3], "\n") + "\nCy Vane: You lost ten clients, did you not?\nAda Quill: We lost two."
	for name, c := range map[string]struct {
		transcript string
		want       []string
	}{
		"with an operator": {asked, []string{
			"Ada Quill: Sales rose 5%. What a year!", "Ada Quill: They will rise again.", "Bo Tern-O’Neil Jr.: Margins held at 40%. Why? Prices.",
			"Ada Quill: We lost two: both were small.",
		}},
		"without one":         {unguided, []string{"Ada Quill: Sales rose 5%. What a year!", "Ada Quill: They will rise again.", "Ada Quill: We lost two."}},
		"nobody asks":         {"Ada Quill: Sales rose 5%.\nCy Vane: We doubt it.", nil},
		"nobody is named":     {"Sales rose 5%.\nDid they?", nil},
		"a name too long":     {strings.Repeat("Ada ", 20) + "Quill: Sales rose 5%.\nWhy?", nil},
		"names that are none": {"<b>Ada</b>: Sales rose.\nhttp://ada.example: Sales rose.\nWhy?", nil},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got := read(t, c.transcript)
			if diff := cmp.Diff(c.want, turns(got)); diff != "" {
				t.Errorf("turns (-want +got):\n%s", diff)
			}
		})
	}
	if naive := strings.Count(asked, ": ") - 1; naive == len(turns(read(t, asked))) {
		t.Errorf("the naive reading quotes %d turns, too", naive)
	}
}

func read(t *testing.T, transcript string) stockdigest.Document {
	t.Helper()
	body := fmt.Sprintf(`[{"symbol":"ACME","period":"Q4","year":2023,"date":"2024-01-24","content":%q}]`, transcript)
	f, err := setup(&service{body: body}).ReadCall(t.Context(), acme(), stockdigest.Filing{Accession: "FMP-ACME-2023Q4", Form: stockdigest.FormCall})
	if err != nil || len(f.Documents) != 1 || f.Documents[0].Hash != stockdigest.Hash(f.Documents[0].Text) {
		t.Fatalf("got %+v, %v, want one document", f, err)
	}
	return f.Documents[0]
}

func turns(d stockdigest.Document) (all []string) {
	for _, it := range d.Items {
		all = append(all, it.Title+": "+d.Text[it.Start:it.End])
	}
	return all
}
