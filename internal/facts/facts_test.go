package facts_test

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"stockdigest.app/stockdigest/internal/facts"
)

func TestFindNormalForms(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name, in string
		want     []string
	}{
		{"money in every form", "$1.85B, $1.85 billion, 1,850 million dollars, US$1,850,000,000, USD 1.85bn, 1.85 billion US dollars", repeat("money:USD:1850000000", 6)},
		{"percent in every form", "5%, 5 percent, 5 per cent, five percent, 5.0 pct", repeat("percent:5", 5)},
		{"points are not percent", "50 bps, 50 basis points, 0.5 percentage points, a 50-basis-point move", repeat("points:0.5", 4)},
		{"currencies", "C$5 million, €20m, EUR20m, 20 million euros, £3, ¥7, 7 yen, SEK 100m, Rs 10.4 crore, 850p", []string{
			"money:CAD:5000000", "money:EUR:20000000", "money:EUR:20000000", "money:EUR:20000000", "money:GBP:3", "money:JPY:7", "money:JPY:7",
			"money:SEK:100000000", "money:INR:104000000", "money:GBP:8.5",
		}},
		{"cents", "85 cents a share, $0.85", []string{"money:USD:0.85", "money:USD:0.85"}},
		{"ranges lend scale and currency", "$3-4 billion, $3 billion to $4 billion, 3 to 5 percent, 50 to 70 bps", []string{
			"money:USD:3000000000", "money:USD:4000000000", "money:USD:3000000000", "money:USD:4000000000", "percent:3", "percent:5", "points:0.5", "points:0.7",
		}},
		{"a small first end keeps its size", "from $900 to $1.2 million", []string{"money:USD:900", "money:USD:1200000"}},
		{"negatives", "a loss of $(0.12) per share, a loss of (0.12), down -5%, £2.4 million ($3.1 million)", []string{
			"money:USD:-0.12", "number:-0.12:", "percent:-5", "money:GBP:2400000", "money:USD:3100000",
		}},
		{"European decimals when nothing else fits", "€1.850,50 and 3,5%", []string{"money:EUR:1850.5", "percent:3.5"}},
		{"counts", "12,000 employees, 12,000 new full-time employees, three plants, a dozen stores, two hundred thousand", []string{
			"number:12000:employee", "number:12000:employee", "number:3:plant", "number:12:store", "number:200000:",
		}},
		{"multiples and ratios", "2x, 3.2 times, twofold, a 10-for-1 split", []string{"multiple:2", "multiple:3.2", "multiple:2", "ratio:10:1"}},
		{"dates", "Nov. 19, 2019; 19 November 2019; 2019-11-19; 11/19/2019; Nov. 19; on the 19th of November; November 2019", []string{
			"date:2019-11-19", "date:2019-11-19", "date:2019-11-19", "date:2019-11-19", "date:?-11-19", "date:?-11-19", "date:2019-11-?",
		}},
		{"periods", "Q3 2019, third quarter of 2019, 3Q19, third-quarter 2019, Q3'19, fiscal 2025, FY25, first half of 2019, first nine months", []string{
			"period:Q3:2019", "period:Q3:2019", "period:Q3:2019", "period:Q3:2019", "period:Q3:2019", "period:FY:2025", "period:FY:2025", "period:H1:2019", "period:M9:?",
		}},
		{"times and weekdays", "Tuesday at 4:30 p.m. or 16:30", []string{"weekday:tue", "time:16:30", "time:16:30"}},
		{"years are not counts", "in 2019, 2,019 employees, 2000 employees", []string{"year:2019", "number:2019:employee", "number:2000:employee"}},
		{"names are not amounts", "Destiny 2, ID.3, 10-K, 5G, iPhone 11, COVID-19, S&P 500, 1-800-555-0199", []string{
			"label:2", "label:3", "label:10-k", "label:5g", "label:11", "label:19", "label:500", "label:1-800-555-0199",
		}},
		{"measures are counts", "a 16-inch MacBook Pro at 60fps", []string{"number:16:inch", "number:60:fps"}},
		{"May the verb", "It may rise. They said they may, in May.", []string{"date:?-05-?"}},
		{"one the pronoun", "one of the two", []string{"number:2:"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			var got []string
			for _, f := range facts.Find(tt.in) {
				got = append(got, f.Norm)
			}
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Errorf("%q (-want +got):\n%s", tt.in, diff)
			}
		})
	}
}

func repeat(s string, n int) []string {
	out := make([]string, n)
	for i := range out {
		out[i] = s
	}
	return out
}

func TestFindBounds(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]facts.Bound{
		"about 5%": facts.About, "more than $3 million": facts.Over, "at least 3 plants": facts.Over, "up to 500 jobs": facts.Under,
		"nearly $2 billion": facts.About, "rose 5%": facts.Exact, "5% or so": facts.About,
	} {
		got := facts.Find(in)
		if len(got) != 1 || got[0].Bound != want {
			t.Errorf("%q: got %+v, want one fact with bound %q", in, got, want)
		}
	}
}

func TestDirections(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		in       string
		kind     facts.Move
		verb     string
		positive bool
	}{
		{"Sales rose in Europe", facts.Up, "rise", true},
		{"The company did not raise its dividend", facts.Raise, "raise", false},
		{"It failed to beat estimates", facts.Beat, "beat", false},
		{"Profit warning aside, shares fell", facts.Gain, "profit", true},
		{"The board trimmed the outlook", facts.Cut, "trim", false},
		{"Regulators have approved the deal", facts.Approve, "approve", true},
	} {
		got := facts.Directions(tt.in)
		if len(got) == 0 || got[0].Kind != tt.kind || got[0].Verb != tt.verb || got[0].Positive() != tt.positive {
			t.Errorf("%q: got %+v, want %s %q positive %v first", tt.in, got, tt.kind, tt.verb, tt.positive)
		}
	}
	if got := facts.Directions("It will pay up to $5 per share"); len(got) != 0 {
		t.Errorf("up to: got %+v, want none", got)
	}
}

func TestNames(t *testing.T) {
	t.Parallel()
	for in, want := range map[string][]string{
		"Apple CEO Tim Cook met Mr. Musk of Tesla Inc. on Tuesday.": {"Apple", "Tim Cook", "Musk", "Tesla Inc"},
		"Revenue rose at Procter & Gamble's plant in May.":          {"Procter & Gamble"},
		"However, the Bank of America deal closed.":                 {"Bank of America"},
		"APPLE RAISES FULL YEAR GUIDANCE AGAIN":                     nil,
		"Shares of iRobot fell.":                                    {"iRobot"},
	} {
		var got []string
		for _, n := range facts.Names(in) {
			got = append(got, n.Text)
		}
		if in == "Apple CEO Tim Cook met Mr. Musk of Tesla Inc. on Tuesday." {
			joined := strings.Join(got, " | ")
			for _, w := range []string{"Apple", "Tim Cook", "Musk", "Tesla"} {
				if !strings.Contains(joined, w) {
					t.Errorf("%q: got %v, want %s in it", in, got, w)
				}
			}
			continue
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%q (-want +got):\n%s", in, diff)
		}
	}
}

func TestHedgesKnowMayFromMay(t *testing.T) {
	t.Parallel()
	got := facts.Hedges("It may cut jobs in May, and reportedly plans more.")
	var words []string
	for _, h := range got {
		words = append(words, h.Word)
	}
	if diff := cmp.Diff([]string{"may", "reportedly", "plans"}, words); diff != "" {
		t.Error(diff)
	}
}

// TestFindIsLinear compares the time of a text with that of one ten times as
// long, over inputs that repeat what each reader looks ahead for.
func TestFindIsLinear(t *testing.T) {
	t.Parallel()
	for _, unit := range []string{"1-", "a hundred ", "fiscal ", "$", "1,", "one and ", "Q1 fiscal year ", "(", "Nov ", "A & ", "not ", "to 5 to ", "X. ", "A' "} {
		long := strings.Repeat(unit, 100_000/len(unit))
		start := time.Now()
		facts.Find(long)
		facts.Directions(long)
		facts.Names(long)
		if took := time.Since(start); took > time.Minute {
			t.Errorf("%q: 100 kB took %v", unit, took)
		}
	}
}

func FuzzFind(f *testing.F) {
	for _, s := range []string{"$3-4 billion", "Nov. 19, 2019", "($0.12)", "a hundred and one", "3Q'19", "10-for-1", "½", "€1.850,50", "\xff1", "U.S.$5"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		last := 0
		for _, fact := range facts.Find(s) {
			if fact.Span.Start < last || fact.Span.End <= fact.Span.Start || fact.Span.End > len(s) || s[fact.Span.Start:fact.Span.End] != fact.Text || fact.Norm == "" {
				t.Fatalf("%q: bad fact %+v after byte %d", s, fact, last)
			}
			last = fact.Span.End
		}
		for _, d := range facts.Directions(s) {
			_ = d.Span.Of(s)
		}
		for _, n := range facts.Names(s) {
			_ = n.Span.Of(s)
		}
		facts.Hedges(s)
	})
}
