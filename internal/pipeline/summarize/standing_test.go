package summarize_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"stockdigest.app/stockdigest"
	"stockdigest.app/stockdigest/internal/names"
	"stockdigest.app/stockdigest/internal/pipeline/summarize"
)

func TestFirstBulletOfAStory(t *testing.T) {
	t.Parallel()
	cases := []struct{ name, title, body, want string }{
		{
			"names the company", "Why scanners matter to hospitals",
			"Hospitals need to buy servers and other machines, which takes months of work for $2 million a year.\n\nBrightwell opened a plant for 300 workers in Ohio on Monday.",
			"Brightwell opened a plant for 300 workers in Ohio on Monday.",
		},
		{"or is silent", "What is a scanner?", "Hospitals need to buy servers and other machines, which takes months of work for $2 million a year.", ""},
		{"is the short headline", "Brightwell grows revenue 36%", "The scanner maker said so.\n\nBrightwell grows revenue 36%. A spokesman for Brightwell said the quarter was longer than the last one had been in Ohio.", "Brightwell grows revenue 36%."},
		{"is no label", "Brightwell scanner update", "Brightwell scanner update.", ""},
		{"is no recap", "Brightwell Show episode 2 recap: The Child", "Brightwell Show episode 2 recap: The Child.", ""},
		{"is no promise", "Brightwell reveal: what to expect from the event", "Brightwell reveal: what to expect from the event on Thursday.", ""},
		{"is no column", "Brightwell and me", "Brightwell sold 4 million scanners in May, and I would stay away from markets for a few days.", ""},
		{"is about the company", "Scanner makers speak", "Like Brightwell chief Ada Quill, Oakline chief Jonas Reed spoke at length about the weather.\n\nBrightwell began to test a scanner without lenses on Thursday.", "Brightwell began to test a scanner without lenses on Thursday."},
		{"is news", "Brightwell principles", "Brightwell teams have some basic principles and practices for building systems of scanners.", ""},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			news := candidate("https://wire.example/"+strings.ReplaceAll(c.name, " ", "-"), "Wire", c.title, c.body)
			got := append(texts(write(t, material([]stockdigest.Story{story(c.title, news)}, news))), "")
			if got[0] != c.want {
				t.Errorf("got %q, want %q first", got, c.want)
			}
		})
	}
}

func TestWriteSkipsOtherLanguages(t *testing.T) {
	t.Parallel()
	news := candidate("https://wire.example/es", "Wire", "Brightwell crece", "Brightwell anuncia ventas de $40 millones tras su mejor trimestre en Ohio.")
	news.Text.Language = "es"
	if got := write(t, material([]stockdigest.Story{story("Brightwell crece", news)}, news)); len(got) != 0 {
		t.Errorf("got %q of a Spanish text, want nothing", texts(got))
	}
}

func TestWriteKnowsShareClassesAndShortNames(t *testing.T) {
	t.Parallel()
	table := []stockdigest.Ticker{
		{Symbol: "OAK", Name: "Oakline Inc.", CIK: "0000000007", Names: []stockdigest.Name{{Text: "Findr", Kind: stockdigest.NameBrand}}},
		{Symbol: "OAKL", Name: "Oakline Inc.", CIK: "0000000007"},
		{Symbol: "LOTS", Name: "Big Meadow Outfitters, Inc."},
	}
	cases := []struct{ symbol, body string }{
		{"OAKL", "Findr reached 40 million users in May, up 12% from a year ago."},
		{"LOTS", "Big Meadow cut its sales forecast to $40 million on Monday."},
	}
	for _, c := range cases {
		news := candidate("https://wire.example/"+c.symbol, "Wire", c.body, c.body)
		m := material([]stockdigest.Story{story(c.body, news)}, news)
		for _, row := range table {
			if string(row.Symbol) == c.symbol {
				m.Ticker = row
			}
		}
		d, err := summarize.Extractive(names.NewLinker(table)).Write(t.Context(), run(), m)
		if err != nil {
			t.Fatal(err)
		}
		if got := d.Bullets(); len(got) != 1 || got[0].Relevance != stockdigest.Direct {
			t.Errorf("%s: got %+v, want one direct bullet", c.symbol, got)
		}
	}
}

func TestSuingIsNeitherGoodNorBad(t *testing.T) {
	t.Parallel()
	for body, want := range map[string]stockdigest.Sentiment{
		"Brightwell sued its rival over two patents on Monday.":          stockdigest.Neutral,
		"Shareholders sued Brightwell over two patents on Monday.":       stockdigest.Negative,
		"Brightwell was sued by a hospital over two lenses on Monday.":   stockdigest.Negative,
		"Brightwell is sued by a vegan over a scanner of leather parts.": stockdigest.Negative,
	} {
		news := candidate("https://wire.example/suit", "Wire", body, body)
		got := write(t, material([]stockdigest.Story{story(body, news)}, news))
		if len(got) != 1 || got[0].Sentiment != want {
			t.Errorf("%q: got %+v, want %s", body, got, want)
		}
	}
}

func TestUpdateDoesNotRepeatTheBullet(t *testing.T) {
	t.Parallel()
	const body = "Brightwell raised its bid for Kestrel to $45 a share on Monday."
	for change, want := range map[string]string{
		"now $45: " + body:            "",
		body:                          "",
		"bid raised to $45 (was $42)": "bid raised to $45 (was $42)",
	} {
		news := candidate("https://wire.example/bid", "Wire", "Brightwell raises bid", body)
		s := story("Brightwell raises bid", news)
		s.State, s.Change = stockdigest.StoryUpdate, change
		got := write(t, material([]stockdigest.Story{s}, news))
		if len(got) != 1 {
			t.Fatalf("got %q, want one bullet", texts(got))
		}
		if diff := cmp.Diff(want, got[0].Update); diff != "" {
			t.Errorf("update of change %q (-want +got):\n%s", change, diff)
		}
	}
}

func TestFiguresStandBesideTheirEvent(t *testing.T) {
	t.Parallel()
	const body = "Brightwell recalled 18,600 Lumina scanners over batteries that can fail, it said on Monday.\n\nLumina brought in $96 million in revenue last year, or about 11% of the total at Brightwell."
	news := candidate("https://wire.example/recall", "Wire", "Brightwell recalls 18,600 scanners", body)
	d, err := summarize.Extractive(names.NewLinker([]stockdigest.Ticker{brightwell()})).Write(t.Context(), run(), material([]stockdigest.Story{story(news.Article.Title, news)}, news))
	if err != nil {
		t.Fatal(err)
	}
	if len(d.Sections) != 1 || d.Sections[0].Name != stockdigest.SectionRisks || len(d.Sections[0].Bullets) != 2 || !strings.Contains(d.Sections[0].Bullets[0].Text, "recalled") {
		t.Errorf("got %+v, want the recall and then its figure, both as risks", d.Sections)
	}
}
