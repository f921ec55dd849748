package summarize_test

import (
	"fmt"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"stockdigest.app/stockdigest"
	"stockdigest.app/stockdigest/internal/disclosure"
	"stockdigest.app/stockdigest/internal/pipeline/verify"
)

const quarter = `Item 2. Management’s Discussion and Analysis.

Brightwell had sold scanners worth $200 million to hospitals in forty countries by the end of last year.

Net sales fell 6% to $291 million in the third quarter of 2026 as hospitals put off orders.

Gross margin was 41.2% of net sales, compared with 43.0% a year earlier, because of dearer lenses.

Cash and short-term investments were $88 million at the end of the third quarter of 2026.

In May 2026 the Department of Justice served a subpoena on Brightwell over exports of its Lumina scanners.`

// compared is a 10-Q of which all but the first two paragraphs are new.
func compared(fresh ...string) stockdigest.Material {
	f := stockdigest.Filing{Accession: "0000000001-26-000007", Form: "10-Q", FiledAt: asOf.Add(-time.Hour), URL: "https://sec.example/10q", Previous: "0000000001-26-000002"}
	d := stockdigest.Document{Accession: f.Accession, Seq: 1, Type: "10-Q", URL: f.URL, Text: quarter, Hash: stockdigest.Hash(quarter), Items: []stockdigest.Item{{Number: "I.2", End: len(quarter)}}}
	for _, s := range fresh {
		at := strings.Index(quarter, s)
		d.Fresh = append(d.Fresh, stockdigest.Passage{Start: at, End: at + len(s)})
	}
	f.Documents = []stockdigest.Document{d}
	m := filed(f)
	m.Stories[0].Headline = "10-Q: quarterly report"
	return m
}

func TestOnlyWhatIsNewOfAComparedReportIsTold(t *testing.T) {
	t.Parallel()
	paragraphs := strings.Split(quarter, "\n\n")
	got := write(t, compared(paragraphs[2:]...))
	if len(got) == 0 || len(got) > 3 {
		t.Fatalf("got %d bullets, want 1 to 3: %q", len(got), texts(got))
	}
	for _, b := range got {
		if strings.Contains(b.Text, "$200 million") || b.Evidence[0].Check(quarter) != nil {
			t.Errorf("bullet %q is old, or not in the report", b.Text)
		}
	}
	if got := write(t, compared()); len(got) != 0 {
		t.Errorf("a report with nothing new is told by %q", texts(got))
	}
	plain := compared()
	plain.Filings[0].Previous = ""
	if got := write(t, plain); !strings.Contains(strings.Join(texts(got), " "), "$") {
		t.Errorf("a report that was not compared is told by %q, want its figures", texts(got))
	}
}

func TestAProfileIsOnePaidAnswerForAll(t *testing.T) {
	t.Parallel()
	paragraphs := strings.Split(quarter, "\n\n")
	o := &oracle{answer: func(ask stockdigest.Ask) (string, error) { return naming(ask, "subpoena"), nil }}
	m := compared(paragraphs[2:]...)
	d := draft(t, modelWriter(o), run(), m)
	if got := d.Bullets(); len(got) != 1 || !strings.Contains(got[0].Text, "subpoena") || got[0].Evidence[0].Check(quarter) != nil || d.Written.Read != 1 {
		t.Errorf("got %q, %+v, want what the model chose", texts(got), d.Written)
	}
	m.Ticker.Symbol, m.Ticker.Name = "BWL-B", "Brightwell Inc. Class B"
	draft(t, modelWriter(o), run(), m)
	asked := o.of("profile")
	if len(asked) != 2 || asked[0].Prompt.Input != asked[1].Prompt.Input {
		t.Fatalf("got %d profiles, want two of the same bytes", len(asked))
	}
	for _, secret := range []string{"BWL", string(asked[0].Run), "0000000001-26-000007", "sec.example"} {
		if strings.Contains(asked[0].Prompt.Input, secret) {
			t.Errorf("the prompt holds %q", secret)
		}
	}
}

func TestAProfileThatCannotBeUsedLeavesTheFilingToTheRules(t *testing.T) {
	t.Parallel()
	paragraphs := strings.Split(quarter, "\n\n")
	rules := texts(write(t, compared(paragraphs[2:]...)))
	o := &oracle{answer: func(stockdigest.Ask) (string, error) { return `{"sentences":[77],"event":"deal","material":true}`, nil }}
	d := draft(t, modelWriter(o), run(), compared(paragraphs[2:]...))
	if got := texts(d.Bullets()); strings.Join(got, "\n") != strings.Join(rules, "\n") || d.Written.Read != 0 {
		t.Errorf("got %q, want the rules' %q", got, rules)
	}
}

// insiders is the material of n insiders who bought within a few days.
func insiders(n int) stockdigest.Material {
	m := stockdigest.Material{Ticker: brightwell()}
	m.Ticker.CIK = "0000000042"
	s := stockdigest.Story{ID: "s1", Ticker: "BWL", Headline: "insiders bought", State: stockdigest.StoryNew}
	for i := range n {
		at := asOf.Add(-time.Duration(i+1) * 24 * time.Hour)
		text := fmt.Sprintf("Ada Quill %d, a director, bought 100 shares of Brightwell Inc. at $10 a share, worth $1,000, and held %d00 shares directly afterwards.", i, i+1)
		f := stockdigest.Filing{
			Accession: stockdigest.Accession(fmt.Sprintf("0000000042-26-%06d", 99-i)), CIK: m.Ticker.CIK, Form: "4", FiledAt: at, URL: "https://sec.example/4",
			Documents: []stockdigest.Document{{Seq: 1, Type: "4", Text: text, Hash: stockdigest.Hash(text)}},
			Dealings: stockdigest.Dealings{
				Issuer: "42", Owners: []stockdigest.Insider{{CIK: strconv.Itoa(i), Name: fmt.Sprintf("Ada Quill %d", i)}},
				Trades: []stockdigest.Trade{{Day: at.Add(-24 * time.Hour).Format(time.DateOnly), Shares: "100", Value: "1000"}},
			},
		}
		m.Filings, s.Filings = append(m.Filings, f), append(s.Filings, f.Accession)
	}
	for _, c := range disclosure.Clusters(m.Ticker.CIK, m.Filings) {
		m.Filings[0].Documents = append(m.Filings[0].Documents, c.Document(m.Ticker.Name))
	}
	m.Stories = []stockdigest.Story{s}
	return m
}

func TestInsidersWhoBuyAtOnceAreOneBulletThatCitesEveryForm(t *testing.T) {
	t.Parallel()
	m := insiders(4)
	o := &oracle{answer: everything}
	for name, got := range map[string][]stockdigest.Bullet{"rules": write(t, m), "model": draft(t, modelWriter(o), run(), m).Bullets()} {
		if len(got) != 1 || !strings.HasPrefix(got[0].Text, "4 insiders of Brightwell Inc. bought 400 shares worth $4,000 in all") {
			t.Fatalf("%s: got %q, want the count", name, texts(got))
		}
		cited := map[string]bool{}
		for _, e := range got[0].Evidence {
			accession, _, _ := strings.Cut(e.Source, "/")
			cited[accession] = true
		}
		if failures := verify.Check(got[0], textOf(m)); len(failures) > 0 {
			t.Errorf("%s: the gate says %+v", name, failures)
		}
		if len(cited) != 4 || len(got[0].Evidence) != 5 {
			t.Errorf("%s: got evidence %+v, want the count and every form", name, got[0].Evidence)
		}
	}
	m.Told = []stockdigest.ToldStory{{Story: m.Stories[0], Texts: texts(write(t, m))}}
	if got := write(t, m); len(got) > 0 && strings.HasPrefix(got[0].Text, "4 insiders") {
		t.Errorf("the count was told before, and again: %q", texts(got))
	}
}

// textOf gives the documents of a run's filings to the gate.
func textOf(m stockdigest.Material) func(string) (string, bool) {
	return func(source string) (string, bool) {
		for _, f := range m.Filings {
			for _, d := range f.Documents {
				if stockdigest.DocumentSource(f.Accession, d.Seq) == source {
					return d.Text, true
				}
			}
		}
		return "", false
	}
}

func TestTwoInsidersAreToldOneByOne(t *testing.T) {
	t.Parallel()
	if got := write(t, insiders(2)); strings.Contains(strings.Join(texts(got), " "), "insiders of") {
		t.Errorf("got %q, want no count", texts(got))
	}
}

// A cover of a 40-F speaks of rules; what is told stands in its exhibits, and of
// those only what is new when they were compared.
func TestA40FIsToldByItsDiscussionAndRisks(t *testing.T) {
	t.Parallel()
	paragraphs := strings.Split(quarter, "\n\n")
	m := compared(paragraphs[3])
	f := &m.Filings[0]
	f.Form, f.Documents[0].Seq, f.Documents[0].Type = "40-F", 4, "EX-99.3"
	f.Documents[0].Items = []stockdigest.Item{{Number: stockdigest.ItemDiscussion, End: len(quarter)}}
	cover := "Brightwell paid $9 million in fees to its auditor for the year that ended in March 2026."
	f.Documents = append(f.Documents, stockdigest.Document{Accession: f.Accession, Seq: 1, Type: "40-F", URL: f.URL, Text: cover, Hash: stockdigest.Hash(cover)})
	if diff := cmp.Diff([]string{paragraphs[3]}, texts(write(t, m))); diff != "" {
		t.Errorf("bullets of a compared 40-F (-want +got):\n%s", diff)
	}
	f.Previous = ""
	for _, b := range write(t, m) {
		if b.Text == cover {
			t.Errorf("the cover of a 40-F that was not compared is told")
		}
	}
}
