package summarize_test

import (
	"strings"
	"testing"
	"time"

	"stockdigest.app/stockdigest"
)

const said = `Ada Quill: We shipped 40,000 scanners in the quarter, which is more than in any quarter before. Thank you all for being with us today.

Bo Tern: Net sales rose 9% to $133 million in the third quarter of 2026, and we expect 10% in the next one.

Cy Vane: We think that net sales fell by 50% to $12 million in all of the other quarters of the year.`

// call is a call of yesterday, of which the first two are the company's people.
func call() stockdigest.Material {
	f := stockdigest.Filing{Accession: "FMP-BWL-2026Q3", Form: stockdigest.FormCall, FiledAt: asOf.Add(-time.Hour)}
	d := stockdigest.Document{Accession: f.Accession, Seq: 1, Type: f.Form, Description: "about quarter 3 of fiscal 2026", Text: said, Hash: stockdigest.Hash(said)}
	for _, who := range []string{"Ada Quill", "Bo Tern"} {
		start := strings.Index(said, who) + len(who) + 2
		line, _, _ := strings.Cut(said[start:], "\n")
		d.Items = append(d.Items, stockdigest.Item{Title: who, Start: start, End: start + len(line)})
	}
	f.Documents = []stockdigest.Document{d}
	m := filed(f)
	m.Stories[0].Headline = "earnings call: Net sales rose 9% to $133 million."
	return m
}

func TestWhatIsSaidInACallStandsUnderTheSpeakersName(t *testing.T) {
	t.Parallel()
	got := write(t, call())
	if len(got) == 0 {
		t.Fatal("got no bullet, want what the company's people said")
	}
	for _, b := range got {
		e := b.Evidence[0]
		who, _, _ := strings.Cut(said[strings.LastIndexByte(said[:e.Start], '\n')+1:], ":")
		if e.Publisher != who+", earnings call" || who == "Cy Vane" || e.Title != "earnings call about quarter 3 of fiscal 2026" || e.Check(said) != nil {
			t.Errorf("%q stands under %q, %q, want the name of %s", b.Text, e.Publisher, e.Title, who)
		}
	}
	// Without its turns a call has nobody to name, and nothing of it is told.
	unknown := call()
	unknown.Filings[0].Documents[0].Items = nil
	if got := write(t, unknown); len(got) > 0 {
		t.Errorf("a call of unknown speakers is told by %q", texts(got))
	}
}
