package names_test

import (
	"strings"
	"testing"

	"stockdigest.app/stockdigest"
	"stockdigest.app/stockdigest/internal/names"
)

// A company that brings only its legal name shares a word with towns, schools
// and families.
func TestABareNameNeedsSomethingThatSpeaksOfACompany(t *testing.T) {
	t.Parallel()
	row := stockdigest.Ticker{Symbol: "WXHM", Name: "Wexham Corp."}
	about := "yes"
	open, not := "open", "no"
	cases := []struct{ title, description, want string }{
		{"Wexham shares slide after profit warning", "", about},
		{"Wexham names a finance chief", "", about},
		{"Wexham to cut 200 jobs", "The company said orders had dried up.", about},
		{"Wexham Corp. wins harbor contract", "", about},
		{"Storm delays Wexham ferry", "Wexham Corp., which runs it, expects a charge.", about},
		{"Wexham’s quarterly profit doubles", "", about},
		{"Rival bids for Wexham, lifting its shares", "", about},
		{"Wexham Falls council approves bond for school roofs", "", open},
		{"Wexham wrestlers end rival's streak at state finals", "", open},
		{"Storm closes road to Wexham Point", "", open},
		{"Fire crews called to Wexham", "Nobody was hurt in Wexham, police said.", open},
		{"Wexham beats Larkfield 3-1", "", open},
		{"Judge Wexham dismisses suit over fares", "", not},
	}
	for _, c := range cases {
		v := names.NewLinker(nil).About(row, c.title, c.description, "")
		got := map[bool]string{true: about, false: map[bool]string{true: not, false: open}[v.Sure]}[v.About]
		if got != c.want {
			t.Errorf("%q: got %s (%s), want %s", c.title, got, v.Reason, c.want)
		}
	}
}

func TestABodyTellsWhatABareNameStandsFor(t *testing.T) {
	t.Parallel()
	row := stockdigest.Ticker{Symbol: "WXHM", Name: "Wexham Corp."}
	cases := map[string]struct {
		body string
		want bool
	}{
		"a town":    {"Wexham voted on Monday. " + strings.Repeat("People in Wexham want a new school, and Wexham Falls has one. ", 4), false},
		"far away":  {"Wexham voted on Monday. " + strings.Repeat("People in Wexham want a new school and a longer pier. ", 4) + strings.Repeat("The sun shone all day long and nobody minded. ", 5) + "A company sold its products to investors elsewhere.", false},
		"a school":  {"Wexham took the title on Monday. " + strings.Repeat("Then Wexham won again. ", 5), false},
		"a company": {"Wexham opened a plant on Monday. " + strings.Repeat("Its customers pay more, so revenue at Wexham grew. ", 4), true},
		"full name": {"Wexham Corp. opened a road on Monday. " + strings.Repeat("People at Wexham were glad. ", 4), true},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if v := names.NewLinker(nil).About(row, "A busy day in Wexham", "", c.body); v.About != c.want {
				t.Errorf("got %v (%s), want %v", v.About, v.Reason, c.want)
			}
		})
	}
}
