package compose_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"stockdigest.app/stockdigest"
	"stockdigest.app/stockdigest/internal/pipeline/compose"
)

// told is a bullet in the words of its source, of a story of its own.
func told(n int, publisher, text string) stockdigest.Bullet {
	return stockdigest.Bullet{
		ID: stockdigest.BulletID(fmt.Sprint("b", n)), Story: stockdigest.StoryID(fmt.Sprint("s", n)), Text: text,
		Impact: stockdigest.ImpactMedium, Sentiment: stockdigest.Neutral, Relevance: stockdigest.Direct,
		Evidence: []stockdigest.Evidence{{Source: fmt.Sprint("a", n), Quote: text, End: len(text), Publisher: publisher, URL: "https://wire.example/x", PublishedAt: time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC)}},
	}
}

func in(name stockdigest.SectionName, bullets ...stockdigest.Bullet) stockdigest.Section {
	return stockdigest.Section{Name: name, Bullets: bullets}
}

// built is the report of sections, with a story for each of their bullets.
func built(kind stockdigest.ReportKind, bottom string, sections ...stockdigest.Section) stockdigest.Report {
	m := material("")
	for _, s := range sections {
		for _, b := range s.Bullets {
			m.Stories = append(m.Stories, stockdigest.Story{ID: b.Story, Headline: "Headline of " + string(b.Story)})
		}
	}
	return compose.Build(run(kind), m, stockdigest.Draft{Writer: "test", Sections: sections, BottomLine: bottom})
}

func TestWhatIsToldTwiceIsADuplicateOfTheEarlierSection(t *testing.T) {
	t.Parallel()
	suit := told(1, "Wire", "Kestrel sued Brightwell over the Lumina lens patent, claiming $300 million in damages.")
	same := told(2, "Post", "Kestrel is claiming $300 million in damages over the Lumina lens patent, having sued Brightwell.")
	other := told(3, "Post", "Kestrel sued Brightwell over the Lumina lens patent, claiming $500 million in damages.")
	r := built(stockdigest.Daily, "", in(stockdigest.SectionMajor, suit), in(stockdigest.SectionRisks, same, other))
	if got := r.Sections[1].Bullets; got[0].Duplicate != "b1" || got[0].Text != same.Text || got[1].Duplicate != "" {
		t.Errorf("got %+v, want the second in its own words as a duplicate of b1, and the third by itself", got)
	}
	if got := r.Sections[0].Bullets[0]; got.Duplicate != "" || !cmp.Equal(got.Carriers, []string{"Post"}) {
		t.Errorf("got %+v, want the first with the other publisher", got)
	}
	if suit.Carriers != nil || same.Duplicate != "" {
		t.Error("the draft was changed")
	}
	if !strings.Contains(r.BottomLine, "2 neutral") {
		t.Errorf("got %q, want two statements counted", r.BottomLine)
	}
	letter, err := compose.Digest(stockdigest.Digest{TimeZone: "UTC", Reports: []stockdigest.Report{r}}, compose.House{}, compose.Own{})
	if err != nil {
		t.Fatal(err)
	}
	if flat := strings.Join(strings.Fields(string(letter.Text)), " "); strings.Contains(flat, "having sued") || !strings.Contains(flat, "$500 million") {
		t.Errorf("got\n%s\nwant the statement once", letter.Text)
	}
}

func TestADuplicateOfWhatTheGateDroppedStandsByItself(t *testing.T) {
	t.Parallel()
	same := told(2, "Post", "Kestrel is claiming $300 million in damages over the Lumina lens patent, having sued Brightwell.")
	r := built(stockdigest.Daily, "", in(stockdigest.SectionRisks, same))
	if got := r.Told(); len(got) != 1 {
		t.Errorf("got %+v, want it told", got)
	}
}

func week() []stockdigest.Section {
	order := told(1, "Wire", "Brightwell won an order worth $84 million.")
	order.Sentiment = stockdigest.Positive
	recall := told(2, "Wire", "Brightwell recalled 12,400 batteries.")
	recall.Sentiment, recall.Impact = stockdigest.Negative, stockdigest.ImpactHigh
	suit := told(3, "Post", "Kestrel sued Brightwell for $300 million.")
	suit.Sentiment = stockdigest.Negative
	outlook := told(4, "Post", "Brightwell expects sales of $4.2 billion this year.")
	fair := told(5, "Post", "Brightwell showed its scanners at a fair.")
	fair.Sentiment, fair.Impact = stockdigest.Positive, stockdigest.ImpactLow
	return []stockdigest.Section{in(stockdigest.SectionMajor, order, suit, fair), in(stockdigest.SectionFinancial, outlook), in(stockdigest.SectionRisks, recall)}
}

func TestAWeekEndsWithItsUpsideDownsideAndVariables(t *testing.T) {
	t.Parallel()
	r := built(stockdigest.Weekly, "", week()...)
	got := map[stockdigest.SectionName][]stockdigest.BulletID{}
	seen := map[stockdigest.BulletID]bool{}
	for _, s := range r.Sections {
		for _, b := range s.Bullets {
			if seen[b.ID] {
				t.Errorf("the id %s is given twice", b.ID)
			}
			seen[b.ID] = true
			if b.Duplicate != "" {
				got[s.Name] = append(got[s.Name], b.Duplicate)
			}
		}
	}
	want := map[stockdigest.SectionName][]stockdigest.BulletID{
		stockdigest.SectionUpside: {"b1"}, stockdigest.SectionDownside: {"b2", "b3"}, stockdigest.SectionVariables: {"b4"},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if len(r.Told()) != 5 || !strings.Contains(r.BottomLine, "2 positive, 2 negative, 1 neutral") {
		t.Errorf("%d statements, %q: want each counted once", len(r.Told()), r.BottomLine)
	}
	if day := built(stockdigest.Daily, "", week()...); len(day.Sections) != 3 {
		t.Errorf("a daily report has %d sections, want those of its bullets", len(day.Sections))
	}
}

func TestTheBottomLineOfAModelKeepsTheCountsOfCode(t *testing.T) {
	t.Parallel()
	got := built(stockdigest.Weekly, "Brightwell recalled 12,400 batteries.", week()...).BottomLine
	want := "Brightwell recalled 12,400 batteries. Five developments. 2 positive, 2 negative, 1 neutral; 1 of high impact."
	if got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
	plain := built(stockdigest.Weekly, "", week()...).BottomLine
	if want := "Five developments, led by “Headline of s2”. 2 positive, 2 negative, 1 neutral; 1 of high impact."; plain != want {
		t.Errorf("got  %s\nwant %s", plain, want)
	}
	if none := built(stockdigest.Weekly, "Brightwell recalled 12,400 batteries.").BottomLine; strings.Contains(none, "recalled") {
		t.Errorf("got %q of nothing", none)
	}
}

func TestAContextSaysWhereInWhichFilingItStands(t *testing.T) {
	t.Parallel()
	b := told(1, "Wire", "Brightwell won an order worth $84 million.")
	filed := told(2, "SEC 10-K", "Orders come from four hospital groups.").Evidence[0]
	filed.PublishedAt = time.Date(2025, 11, 3, 9, 0, 0, 0, time.UTC)
	b.Context = &stockdigest.Context{Text: filed.Quote, Form: "10-K", Item: "1A", Evidence: filed}
	letter, err := compose.Digest(stockdigest.Digest{TimeZone: "UTC", Reports: []stockdigest.Report{built(stockdigest.Daily, "", in(stockdigest.SectionMajor, b))}}, compose.House{}, compose.Own{})
	if err != nil || !strings.Contains(string(letter.Text), "SEC 10-K, item 1A, 3 Nov 2025") {
		t.Errorf("%v; got\n%s\nwant form, item and day of the filing", err, letter.Text)
	}
}
