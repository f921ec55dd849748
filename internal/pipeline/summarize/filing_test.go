package summarize_test

import (
	"strings"
	"testing"
	"time"

	"stockdigest.app/stockdigest"
)

const notes = `FORM 8-K CURRENT REPORT of Brightwell Inc. filed with the Securities and Exchange Commission on the date below.

Item 8.01 Other Events.

The Notes will be Brightwell’s senior unsecured obligations and will rank equally with its other unsecured and unsubordinated debt from time to time outstanding.

On March 2, 2026, Brightwell Inc. (“Brightwell”) issued $500,000,000 aggregate principal amount of its 4.500% Notes due 2031 (the “Notes”), pursuant to an underwriting agreement dated February 26, 2026.

The Notes are being issued pursuant to an indenture, dated as of November 5, 2018 (the “Indenture”), between Brightwell and Old Dayton Trust Company, as trustee.

Item 9.01 Financial Statements and Exhibits.

The officer’s certificate of Brightwell is the certificate that establishes the terms of each series.`

func filing(types ...string) stockdigest.Filing {
	body := notes
	f := stockdigest.Filing{Accession: "0000000001-26-000001", Form: "8-K", FiledAt: asOf.Add(-time.Hour), Items: []string{"8.01", "9.01"}, URL: "https://sec.example/8k"}
	at, end := strings.Index(body, "Item 8.01"), strings.Index(body, "Item 9.01")
	f.Documents = []stockdigest.Document{{
		Accession: f.Accession, Seq: 1, Type: "8-K", URL: f.URL, Text: body, Hash: stockdigest.Hash(body),
		Items: []stockdigest.Item{{Number: "8.01", Start: at, End: end}, {Number: "9.01", Start: end, End: len(body)}},
	}}
	for i, kind := range types {
		text := "Brightwell reported net sales of $1.2 billion for the fourth quarter, up 7% from a year earlier."
		f.Documents = append(f.Documents, stockdigest.Document{Accession: f.Accession, Seq: i + 2, Type: kind, Text: text, Hash: stockdigest.Hash(text)})
	}
	return f
}

func filed(f stockdigest.Filing) stockdigest.Material {
	return stockdigest.Material{
		Ticker: brightwell(), Filings: []stockdigest.Filing{f},
		Stories: []stockdigest.Story{{ID: "s1", Ticker: "BWL", Headline: "8-K: Other Events", State: stockdigest.StoryNew, Filings: []stockdigest.Accession{f.Accession}}},
	}
}

func TestFilingTellsTheEventNotItsTerms(t *testing.T) {
	t.Parallel()
	got := write(t, filed(filing()))
	if len(got) != 1 || !strings.HasPrefix(got[0].Text, "On March 2, 2026, Brightwell Inc.") {
		t.Fatalf("got %q, want what was issued and nothing else", texts(got))
	}
	if err := got[0].Evidence[0].Check(notes); err != nil || got[0].Evidence[0].Source != "0000000001-26-000001/1" {
		t.Errorf("evidence of %q: %v, source %s", got[0].Text, err, got[0].Evidence[0].Source)
	}
}

func TestFilingReadsPressReleasesAndNoContracts(t *testing.T) {
	t.Parallel()
	release := strings.Join(texts(write(t, filed(filing("EX-99.1")))), "\n")
	contract := strings.Join(texts(write(t, filed(filing("EX-10.1")))), "\n")
	if !strings.Contains(release, "net sales of $1.2 billion") || strings.Contains(contract, "net sales of $1.2 billion") {
		t.Errorf("from a release %q, from a contract %q, want the sales from the release alone", release, contract)
	}
}

// TestWhoSaysWeInAFilingIsTheCompany puts the same words into a filing of the
// company, one of a holder, and the news.
func TestWhoSaysWeInAFilingIsTheCompany(t *testing.T) {
	t.Parallel()
	const said = "We expect to cut 400 jobs in Ohio by June and to book a charge of $30 million in the second quarter."
	told := func(m stockdigest.Material) bool {
		return strings.Contains(strings.Join(texts(write(t, m)), "\n"), said)
	}
	of := func(form string) stockdigest.Material {
		f := filing()
		f.Form = form
		f.Documents = []stockdigest.Document{{Accession: f.Accession, Seq: 1, Type: form, URL: f.URL, Text: said, Hash: stockdigest.Hash(said), Items: []stockdigest.Item{{Number: "8.01", End: len(said)}}}}
		return filed(f)
	}
	for form, want := range map[string]bool{"8-K": true, "10-Q/A": true, "6-K": true, "SC 13D": false, "4": false} {
		if got := told(of(form)); got != want {
			t.Errorf("%s: told %t, want %t", form, got, want)
		}
	}
	news := candidate("https://post.example/jobs", "Post", "Brightwell to cut 400 jobs in Ohio", said)
	if m := (stockdigest.Material{Ticker: brightwell(), Stories: []stockdigest.Story{story(news.Article.Title, news)}, Candidates: []stockdigest.Candidate{news}}); told(m) {
		t.Error("an article's we is told as if it were the company's")
	}
}

func TestContextSpeaksOfTheSameThing(t *testing.T) {
	t.Parallel()
	about := candidate("https://wire.example/notes", "Wire", "Brightwell to sell bonds",
		"Brightwell sold unsecured notes due 2031 with an aggregate principal of half a billion dollars to refinance older debt, a spokesman said.")
	other := candidate("https://post.example/launch", "Post", "Brightwell unveils the Lumina 4 scanner", "Brightwell unveiled the Lumina 4, a handheld scanner, at a fair in Dayton on Monday.")
	m := filed(filing())
	m.Stories = []stockdigest.Story{story(about.Article.Title, about), story(other.Article.Title, other)}
	m.Candidates = []stockdigest.Candidate{about, other}
	for _, b := range write(t, m) {
		if has := b.Context != nil; has != strings.Contains(b.Text, "notes") {
			t.Errorf("bullet %q: context %+v, want one for the notes alone", b.Text, b.Context)
		}
		if b.Context != nil && (b.Context.Item != "8.01" || b.Context.Evidence.Check(notes) != nil) {
			t.Errorf("context %+v: want item 8.01 and evidence that holds", b.Context)
		}
	}
}

const officer = `Item 5.02 Departure of Directors or Certain Officers; Election of Directors; Appointment of Certain Officers; Compensatory Arrangements of Certain Officers.

On February 27, 2026, Ada Quill, Executive Vice President and Chief Financial Officer of Brightwell Inc. (the “Company”), notified the Company of her decision to resign from her position, effective June 30, 2026, to pursue another opportunity.

The Board of Directors has appointed Jonas Reed, age 47, Senior Vice President and Controller, to serve as interim Chief Financial Officer until a successor is named.

Item 9.01 Financial Statements and Exhibits.

The exhibit listed below is part of this report.`

const merger = `Item 1.01 Entry into a Material Definitive Agreement.

On March 1, 2026, Brightwell Inc. (“Brightwell”) entered into an Agreement and Plan of Merger with Kestrel Optics Corp. (“Kestrel”), under which each share of Kestrel common stock will be converted into the right to receive $45.00 in cash, without interest.

The agreement provides that Kestrel must pay Brightwell a termination fee of $62 million if its board changes its recommendation in favor of a superior proposal.

Item 9.01 Financial Statements and Exhibits.

The exhibit listed below is part of this report.`

func TestContextOfOneEvent(t *testing.T) {
	t.Parallel()
	cases := []struct{ name, filing, item, title, news, want string }{
		{"officer", officer, "5.02", "Brightwell finance chief Ada Quill to resign", "Brightwell said on Monday that its chief financial officer, Ada Quill, would resign at the end of June after nine years with the scanner maker.", "notified the Company of her decision"},
		{"merger", merger, "1.01", "Brightwell agrees to buy Kestrel", "Brightwell agreed on Sunday to buy Kestrel Optics for $45 in cash for each share of common stock, a deal that would double its merger bill.", "entered into an Agreement and Plan of Merger"},
		{"director", "Item 5.02 Departure of Directors or Certain Officers.\n\n(b) On March 1, 2026, Ada Marsh Quill notified Brightwell Inc. (the \"Company\") that she will resign as a member of the Board of Directors of the Company, effective immediately.\n\nItem 9.01 Exhibits.", "5.02", "Ada Marsh Quill resigns from Brightwell board", "Brightwell said on Monday that Ada Marsh Quill had resigned as a member of its board, eight months after she joined it.", "On March 1, 2026, Ada Marsh Quill notified"},
		{"rival suit", merger, "", "Brightwell sues Kestrel", "Brightwell sued Kestrel Optics on Monday over two patents on lenses.", ""},
		{"launch", officer, "", "Brightwell unveils the Lumina 4 scanner", "Brightwell unveiled the Lumina 4, a handheld scanner for hospitals, at a fair in Dayton on Monday.", ""},
		{"results", merger, "", "Brightwell profit rises", "Brightwell said net profit rose 9% to $210 million in the fourth quarter as orders for scanners grew in Asia.", ""},
		{"buyback", merger, "", "Brightwell to buy back shares", "Brightwell said it would buy back $300 million of its common stock over two years.", ""},
		{"other officer", officer, "", "Brightwell names research head", "Brightwell named Ines Vale, a former professor of optics, as head of research, effective in June.", ""},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			news := candidate("https://wire.example/"+c.name, "Wire", c.title, c.news)
			f := filing()
			end := strings.Index(c.filing, "Item 9.01")
			f.Documents = []stockdigest.Document{{
				Accession: f.Accession, Seq: 1, Type: "8-K", URL: f.URL, Text: c.filing, Hash: stockdigest.Hash(c.filing),
				Items: []stockdigest.Item{{Number: c.item, Start: 0, End: end}, {Number: "9.01", Start: end, End: len(c.filing)}},
			}}
			m := filed(f)
			m.Stories, m.Candidates = []stockdigest.Story{story(c.title, news)}, []stockdigest.Candidate{news}
			got := write(t, m)
			if len(got) != 1 {
				t.Fatalf("got %q, want one bullet", texts(got))
			}
			switch context := got[0].Context; {
			case c.want == "" && context != nil:
				t.Errorf("context %q, want none", context.Text)
			case c.want != "" && (context == nil || !strings.Contains(context.Text, c.want) || context.Item != c.item || context.Evidence.Check(c.filing) != nil):
				t.Errorf("context %+v, want %q", context, c.want)
			}
		})
	}
}
