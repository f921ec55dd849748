package cluster_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"stockdigest.app/stockdigest"
)

// raised is the memory of the merger on the day its price was raised: bullets
// told little of what the sources say.
func raised() []stockdigest.ToldStory {
	told := told()
	told[0].Texts = append(told[0].Texts, "Brownfield raised its offer for Larch Mills to $42 per share.")
	told[0].Titles = append(told[0].Titles, "Brownfield Paper raises offer for Larch Mills to $42 per share")
	told[0].Bodies = append(told[0].Bodies, "Brownfield Paper raised its offer for Larch Mills Corp. to $42 per share from $38 on Tuesday, and the board of Larch accepted it.\n\n"+
		"The new price values Larch at about $1.3 billion. The two companies signed a merger agreement on Tuesday afternoon.\n\n"+
		"Larch would owe Brownfield $45 million if it takes a better offer. Brownfield would pay $80 million if regulators block the transaction.\n\n"+
		"Directors of both companies approved the merger agreement. Larch will file a proxy statement by Dec. 2.")
	return told
}

func TestWhatTheSourcesToldIsNoNews(t *testing.T) {
	t.Parallel()
	const rest = "\n\nThe recycled packaging makers with 41 mills in North America announced the merger. Larch shareholders will vote on the transaction."
	tests := map[string]struct{ title, body string }{
		"a price apart": {"The Brownfield Paper offer for Larch Mills in brief", "Brownfield Paper will pay $42 per share for Larch Mills. The price is $4 per share higher than the first offer." + rest},
		"a fee":         {"What the Brownfield Paper merger with Larch Mills costs", "Brownfield Paper would pay $80 million if regulators block the merger with Larch Mills." + rest},
		"another verb":  {"Larch Mills agrees to $1.3 billion merger with Brownfield Paper", "Larch Mills Corp. has agreed to be bought by Brownfield Paper for $42 per share." + rest},
		"a vote":        {"Brownfield Paper and Larch Mills directors approved merger", "Directors of Brownfield Paper and Larch Mills approved the merger agreement." + rest},
		"a day":         {"Larch Mills to file proxy statement on Brownfield Paper merger", "Larch Mills will file a proxy statement on its merger with Brownfield Paper by Dec. 2." + rest},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got := stories(t, stockdigest.Material{Candidates: []stockdigest.Candidate{article("Herald", 3, tc.title, tc.body)}, Told: raised()})
			if s := got.stories[0]; s.State != stockdigest.StoryRepeat || s.ID != "s-told" {
				t.Errorf("got %s %s (%s), want a repeat of s-told", s.State, s.ID, s.Change)
			}
		})
	}
}

func TestWhatNobodyToldIsNews(t *testing.T) {
	t.Parallel()
	const rest = "\n\nThe recycled packaging makers with 41 mills in North America announced the merger. Larch shareholders will vote on the transaction."
	tests := map[string]struct{ title, body, change string }{
		"a price":   {"Brownfield Paper raises offer for Larch Mills again", "Brownfield Paper raised its offer for Larch Mills to $45 per share." + rest, "offer raised to $45 per share (was $"},
		"a fee":     {"Brownfield Paper merger with Larch Mills: a new fee", "Brownfield Paper would pay $95 million if regulators block the merger with Larch Mills." + rest, "$95 million"},
		"an ending": {"Brownfield Paper abandons merger with Larch Mills", "Brownfield Paper abandoned its offer of $42 per share for Larch Mills." + rest, "terminated: "},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got := stories(t, stockdigest.Material{Candidates: []stockdigest.Candidate{article("Herald", 3, tc.title, tc.body)}, Told: raised()})
			if s := got.stories[0]; s.State != stockdigest.StoryUpdate || s.ID != "s-told" || !strings.Contains(s.Change, tc.change) {
				t.Errorf("got %s %s (%s), want an update of s-told with %q", s.State, s.ID, s.Change, tc.change)
			}
		})
	}
}

// One company's news shares people, products and figures; another event is
// another story.
func TestAnotherEventIsAnotherStory(t *testing.T) {
	t.Parallel()
	const costsTitle, costsBody = "Brownfield Paper sees pulp costs easing through summer, finance chief says",
		"Brownfield Paper Inc. expects pulp costs to keep easing through the summer, finance chief Marcus Oduya told analysts on Monday. Oduya said that prices were fixed for half of the year."
	at := morning().Add(-48 * time.Hour)
	memory := []stockdigest.ToldStory{{
		Story:  stockdigest.Story{ID: "s-costs", Ticker: "BRWN", Headline: costsTitle, FirstSeen: at, LastTold: at},
		ToldAt: at, Texts: []string{"Brownfield expects pulp costs to keep easing."}, Titles: []string{costsTitle}, Bodies: []string{costsBody},
	}}
	c := article("Wire", 3, "Brownfield Paper names Priya Raman finance chief as Oduya leaves", "Brownfield Paper Inc. named Priya Raman chief financial officer on Tuesday, succeeding "+
		"Marcus Oduya, who is leaving after seven years to run a charity. She takes over on April 1.")
	got := stories(t, stockdigest.Material{Candidates: []stockdigest.Candidate{c}, Told: memory})
	if s := got.stories[0]; s.State != stockdigest.StoryNew || s.ID == "s-costs" {
		t.Errorf("got %s %s (%s), want a new story", s.State, s.ID, s.Change)
	}
}

// An article with its own angle belongs to the story whose figure it repeats,
// though the many others share words that it has not.
func TestAFigureInAHeadlineBindsAnAngleToItsStory(t *testing.T) {
	t.Parallel()
	const title, body = "Brownfield Paper raises offer for Larch Mills to $42 per share",
		"Brownfield Paper Inc. raised its offer for Larch Mills Corp. to $42 per share from $38 on Tuesday, and the board of Larch accepted it. Brownfield promised to keep the Salem mill open for five years."
	deal := []stockdigest.Candidate{
		article("Wire", 5, title, body), article("Herald", 5, mergerTitle, mergerBody), article("Post", 5, rewriteTitle, rewriteBody),
		article("Globe", 5, "Larch Mills takes higher Brownfield bid for recycled packaging mills", strings.ReplaceAll(rewriteBody, "$38", "$42")),
	}
	const angle = "The union at the mill in Salem welcomed a promise of Brownfield Paper on Tuesday to keep the mill open for five years, and said it would ask for it in its next contract.\n\n" +
		"“Five years is a start,” said Carl Dembski, who leads the local of 900 workers. The mayor of Salem offered a property tax abatement if the jobs stay.\n\n"
	tests := map[string]struct {
		body string
		want int
	}{
		"the figure":     {angle + "Brownfield made the promise in its offer of $42 per share for Larch Mills.", 1},
		"another figure": {angle + "Brownfield made the promise in its contract of $47 per hour with the union.", 2},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			m := stockdigest.Material{Candidates: append(slices.Clone(deal), article("Courier", 4, "Salem union hails five-year promise", tc.body))}
			if got := stories(t, m); len(got.stories) != tc.want {
				t.Errorf("got %d stories, want %d", len(got.stories), tc.want)
			}
		})
	}
}
