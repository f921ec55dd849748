package disclosure_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"stockdigest.app/stockdigest"
	"stockdigest.app/stockdigest/internal/disclosure"
)

// report is a 10-Q with a discussion and risk factors.
func report(period, talk, risks string) stockdigest.Filing {
	d := stockdigest.Document{Seq: 1, Text: talk + "\n\n" + risks}
	d.Items = []stockdigest.Item{
		{Number: "I.2", Start: 0, End: len(talk)},
		{Number: "II.1A", Start: len(talk) + 2, End: len(d.Text)},
	}
	return stockdigest.Filing{Form: "10-Q", Period: period, Documents: []stockdigest.Document{d}}
}

const (
	oldTalk = `Brightwell makes handheld scanners and sells them to hospitals in forty countries.

Net sales rose 4% to $310 million in the first quarter of 2026 on orders from hospitals.

Critical accounting estimates did not change in the quarter just ended.`
	oldRisks = `The company buys lenses from two suppliers and could not replace either within a year.

As of March 31, 2026, a single distributor stood for 12% of the sales of the company.`
	newTalk = `Brightwell makes handheld scanners and sells them to hospitals in forty countries.

Net sales fell 6% to $291 million in the second quarter of 2026 as hospitals put off orders.

Critical accounting estimates did not change in the quarter just ended.

Sales to research laboratories continue to be seasonal in most of the markets.`
	newRisks = `The company buys lenses from two suppliers and could not replace either within a year.

As of June 30, 2026, a single distributor stood for 12% of the sales of the company.

In May 2026 the Department of Justice served a subpoena on Brightwell over exports of its Lumina scanners.`
)

func fresh(t *testing.T, f, before stockdigest.Filing) []string {
	t.Helper()
	told, ok := disclosure.Fresh(f, before)
	if !ok {
		t.Fatal("not compared")
	}
	var all []string
	for _, d := range told.Documents {
		for _, p := range d.Fresh {
			all = append(all, d.Text[p.Start:p.End])
		}
	}
	return all
}

func TestFreshFindsNewFiguresAndNewRisksAndNoMovedDates(t *testing.T) {
	t.Parallel()
	want := []string{
		"Net sales fell 6% to $291 million in the second quarter of 2026 as hospitals put off orders.",
		"In May 2026 the Department of Justice served a subpoena on Brightwell over exports of its Lumina scanners.",
	}
	now, before := report("2026-06-30", newTalk, newRisks), report("2026-03-31", oldTalk, oldRisks)
	if diff := cmp.Diff(want, fresh(t, now, before)); diff != "" {
		t.Errorf("fresh (-want +got):\n%s", diff)
	}
	// A comparison by whole sentences alone takes a moved date for a new risk.
	naive := 0
	for s := range strings.SplitSeq(newRisks, "\n\n") {
		if !strings.Contains(oldRisks, s) {
			naive++
		}
	}
	if naive != 2 {
		t.Errorf("the naive comparison finds %d new risks, want the moved date among 2", naive)
	}
}

// wrapped is a 40-F with a cover, an information form and a discussion.
func wrapped(talk, risks string) stockdigest.Filing {
	part := func(seq int, number, text string) stockdigest.Document {
		return stockdigest.Document{Seq: seq, Text: text, Items: []stockdigest.Item{{Number: number, End: len(text)}}}
	}
	return stockdigest.Filing{Form: "40-F", Period: "2026-06-30", Documents: []stockdigest.Document{
		{Seq: 1, Text: "In June 2026 the company paid $3 million for the cover of its annual report."},
		part(3, stockdigest.ItemRisks, risks), part(4, stockdigest.ItemDiscussion, talk),
	}}
}

// foreign is a 20-F with the same parts as report.
func foreign(talk, risks string) stockdigest.Filing {
	f := report("2026-06-30", talk, risks)
	f.Form, f.Documents[0].Items[0].Number, f.Documents[0].Items[1].Number = "20-F", "5", "3.D"
	return f
}

func TestYearlyReportsFromAbroadAreComparedInTheirOwnSections(t *testing.T) {
	t.Parallel()
	fell, subpoena := strings.Split(newTalk, "\n\n")[1], strings.Split(newRisks, "\n\n")[2]
	if diff := cmp.Diff([]string{fell, subpoena}, fresh(t, foreign(newTalk, newRisks), foreign(oldTalk, oldRisks))); diff != "" {
		t.Errorf("20-F (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff([]string{subpoena, fell}, fresh(t, wrapped(newTalk, newRisks), wrapped(oldTalk, oldRisks))); diff != "" {
		t.Errorf("40-F, by its exhibits and without its cover (-want +got):\n%s", diff)
	}
	// What moved from one exhibit to the other is not new.
	if got := fresh(t, wrapped(oldTalk, oldRisks), wrapped(oldRisks, oldTalk)); len(got) > 0 {
		t.Errorf("what moved is told as new: %q", got)
	}
	if _, ok := disclosure.Fresh(wrapped(newTalk, newRisks), foreign("Kestrel flies freight between islands for shops and for the post.", "Weather grounds its fleet for days.")); ok {
		t.Error("reports of two companies were compared")
	}
}

func TestFreshComparesOnlyWhatIsComparable(t *testing.T) {
	t.Parallel()
	now, before := report("2026-06-30", newTalk, newRisks), report("2026-03-31", oldTalk, oldRisks)
	bare := now
	bare.Documents = []stockdigest.Document{{Seq: 1, Text: now.Documents[0].Text}}
	wild := now
	wild.Documents = []stockdigest.Document{{Seq: 1, Text: "Short.", Items: []stockdigest.Item{{Number: "I.2", Start: -4, End: 3}, {Number: "I.2", Start: 3, End: 900}, {Number: "II.1A", Start: 5, End: 2}}}}
	stranger := report("2026-03-31", "Kestrel flies freight between islands for shops and for the post.", "Weather grounds its fleet for days in most winters.")
	amended := now
	amended.Form = "10-Q/A"
	for name, c := range map[string]struct{ now, before stockdigest.Filing }{
		"no sections":      {bare, before},
		"items outside":    {wild, before},
		"nothing before":   {now, stockdigest.Filing{Form: "10-Q"}},
		"empty before":     {now, report("", "", "")},
		"another company":  {now, stranger},
		"an amendment":     {amended, before},
		"no document":      {stockdigest.Filing{Form: "10-Q"}, before},
		"the other way up": {stranger, now},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if got, ok := disclosure.Fresh(c.now, c.before); ok || cmp.Diff(c.now, got) != "" {
				t.Errorf("got %v, %t, want no comparison", got, ok)
			}
		})
	}
}

func TestFreshKeepsOnlySoMuch(t *testing.T) {
	t.Parallel()
	var talk, risks strings.Builder
	for i := range 1000 {
		fmt.Fprintf(&talk, "%s\n\nUnit %d earned $%d million more than it did and moved to town %d.\n\n", strings.Split(oldTalk, "\n\n")[0], i, i, i)
		fmt.Fprintf(&risks, "A court in county %d fined plant %d for its waste and ordered repairs of kind %d.\n\n", i, i, i)
	}
	risks.WriteString(strings.Repeat("word ", 200_000) + "investigation $5 million.")
	now := report("2026-06-30", talk.String(), risks.String())
	got := fresh(t, now, report("2026-03-31", oldTalk, oldRisks))
	risky := 0
	for _, s := range got {
		if strings.HasPrefix(s, "A court") {
			risky++
		}
		if len(s) > 700 {
			t.Errorf("got a sentence of %d bytes", len(s))
		}
	}
	if len(got) != 40 || risky > 12 {
		t.Errorf("got %d passages, %d of them risks, want 40 and at most 12", len(got), risky)
	}
}
