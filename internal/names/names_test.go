package names_test

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"stockdigest.app/stockdigest"
	"stockdigest.app/stockdigest/internal/datatest"
	"stockdigest.app/stockdigest/internal/names"
)

func TestFind(t *testing.T) {
	t.Parallel()
	l := names.NewLinker(starter(t))
	cases := []struct {
		text string
		want []string // symbol and text
	}{
		{"Apple Inc. said Johnson & Johnson and Procter and Gamble agreed.", []string{"AAPL Apple Inc", "JNJ Johnson & Johnson", "PG Procter and Gamble"}},
		{"Apple Hospitality REIT is not Apple, the maker of the iPhone.", []string{"AAPL Apple", "AAPL iPhone"}},
		{"Shares of $AAPL and BRK.B (NYSE: BRK.B) rose.", []string{"AAPL AAPL", "BRK-B NYSE: BRK.B"}},
		{"Google’s owner Alphabet <GOOGL.O> and GM's Mary Barra", []string{"GOOGL Google", "GOOGL Alphabet", "GOOGL GOOGL.O", "GM GM", "GM Mary Barra"}},
		{"the gap between the target and the visa rules", nil},
		{"She shopped at Target and Gap on Friday.", []string{"TGT Target", "GAP Gap"}},
		{"Walmart, Target and Costco", []string{"WMT Walmart", "TGT Target", "COST Costco"}},
		{"J.P. Morgan and JPMorgan Chase & Co. are one bank", []string{"JPM J.P. Morgan", "JPM JPMorgan Chase & Co"}},
		{"Nestlé sells KitKat; Nestle is Swiss", []string{"NSRGY Nestlé", "NSRGY KitKat", "NSRGY Nestle"}},
		{"Michael McDonald ate at McDonald's", []string{"MCD McDonald's"}},
		{"The S&P 500 and the Nasdaq Composite fell", nil},
		{"Toronto-Dominion Bank (TSX: TD) and T-Mobile", []string{"TD.TO Toronto-Dominion Bank", "TD.TO TSX: TD", "TMUS T-Mobile"}},
		{"", nil},
	}
	for _, c := range cases {
		var got []string
		for _, m := range l.Find(c.text) {
			got = append(got, string(m.Symbol)+" "+m.Text)
		}
		if diff := cmp.Diff(c.want, got); diff != "" {
			t.Errorf("Find(%q), difference (-want +got):\n%s", c.text, diff)
		}
	}
}

func TestLegalNamesAloneAreEnough(t *testing.T) {
	t.Parallel()
	cases := []struct {
		row  stockdigest.Ticker
		text string
		want bool
	}{
		{stockdigest.Ticker{Symbol: "GCI", Name: "Gannett Co., Inc."}, "Gannett names a new chairman", true},
		{stockdigest.Ticker{Symbol: "QQ", Name: "THE QUIXOTE COMPANY /DE/"}, "Quixote profit doubles", true},
		{stockdigest.Ticker{Symbol: "QQ", Name: "Quixote Motor Holdings plc"}, "Quixote recalls vans", true},
		{stockdigest.Ticker{Symbol: "QQ", Name: "Quixote.com, Inc."}, "Quixote adds a warehouse", true},
		{stockdigest.Ticker{Symbol: "IBM", Name: "International Business Machines Corporation"}, "IBM opens a lab", true},
		{stockdigest.Ticker{Symbol: "MS", Name: "Morgan Stanley"}, "Drug shows promise in MS patients", false},
		{stockdigest.Ticker{Symbol: "HD", Name: "The Home Depot, Inc."}, "New HD cameras installed on school buses", false},
		{stockdigest.Ticker{Symbol: "TGT", Name: "Target Corporation"}, "Target CEO resigns", true},
		{stockdigest.Ticker{Symbol: "TGT", Name: "Target Corporation"}, "Inflation target stays at 2%", false},
		{stockdigest.Ticker{Symbol: "HRT", Name: "Harbor Light Bancorp"}, "Harbor Light Bancorp to merge", true},
		{stockdigest.Ticker{Symbol: "V", Name: "Visa Inc."}, "Student visas fall by half", false},
		{stockdigest.Ticker{Symbol: "PENN", Name: "Penn National Gaming, Inc."}, "Penn State beats Indiana, 34-27", false},
		{stockdigest.Ticker{Symbol: "PENN", Name: "Penn National Gaming, Inc."}, "Penn profit doubles", true},
		{stockdigest.Ticker{Symbol: "DIS", Name: "The Walt Disney Company"}, "Walt Disney raises park prices", true},
	}
	for _, c := range cases {
		v := names.NewLinker(nil).About(c.row, c.text, "", "")
		if v.About != c.want {
			t.Errorf("%s (%s): %q: got %v (%s), want %v", c.row.Symbol, c.row.Name, c.text, v.About, v.Reason, c.want)
		}
	}
}

func TestASymbolThatChangedHandsKeepsNamesApart(t *testing.T) {
	t.Parallel()
	l := names.NewLinker(starter(t))
	cases := []struct {
		row   stockdigest.Ticker
		title string
		want  bool
	}{
		{stockdigest.Ticker{Symbol: "AMZN", Name: "AMAZON COM INC"}, "Whole Foods cuts prices again", true},
		{stockdigest.Ticker{Symbol: "SQ", Name: "Square, Inc."}, "Cash App fined over refunds", true},
		{stockdigest.Ticker{Symbol: "WE", Name: "Western Energy Corp."}, "WeWork names a chief executive", false},
		{stockdigest.Ticker{Symbol: "WE", Name: "Western Energy Corp."}, "Western Energy names a chief executive", true},
	}
	for _, c := range cases {
		if v := l.About(c.row, c.title, "", ""); v.About != c.want {
			t.Errorf("%s (%s): %q: got %v (%s), want %v", c.row.Symbol, c.row.Name, c.title, v.About, v.Reason, c.want)
		}
	}
}

func TestAboutReadsTheBodyWhenTheTitleIsSilent(t *testing.T) {
	t.Parallel()
	l := names.NewLinker(starter(t))
	vw, _ := l.Ticker("VWAGY")
	lead := "Volkswagen showed an electric wagon on Tuesday. The German carmaker said VW dealers expect it in 2021.\n\n"
	rest := strings.Repeat("The show opens on Friday and lasts ten days for visitors from all over the state. ", 30)
	cases := map[string]struct {
		body        string
		about, sure bool
		reason      string
	}{
		"no body":       {"", false, false, "neither title nor description names Volkswagen"},
		"never named":   {rest, false, true, "the text never names Volkswagen"},
		"in the lead":   {lead + rest, true, true, "the text names Volkswagen in its first lines and 2 times in all"},
		"in passing":    {rest + "Volkswagen was there too.", false, true, "the text only mentions Volkswagen in passing (1 times)"},
		"often, though": {strings.Repeat("The doors open at ten. ", 40) + strings.Repeat("VW sells cars. ", 5) + rest, true, true, "the text names VW 5 times"},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			v := l.About(vw, "New models on display in Los Angeles", "", c.body)
			if v.About != c.about || v.Sure != c.sure || v.Reason != c.reason {
				t.Errorf("got %+v, want about=%v sure=%v %s", v, c.about, c.sure, c.reason)
			}
		})
	}
}

func TestFinEntity(t *testing.T) {
	t.Parallel()
	dir := datatest.Dir(t)
	cases := map[string][]stockdigest.Ticker{"starter": starter(t), "with SEC's list": append(starter(t), sec(t, dir)...)}
	for name, table := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			right, told, asked := link(t, dir, names.NewLinker(table))
			p, r := float64(right)/float64(told), float64(right)/float64(asked)
			t.Logf("%d companies asked, %d told, %d right: precision %.3f, recall %.3f", asked, told, right, p, r)
			if p < 0.93 || r < 0.60 {
				t.Errorf("precision %.3f and recall %.3f, want 0.93 and 0.60", p, r)
			}
		})
	}
}

func link(t *testing.T, dir string, l *names.Linker) (right, told, asked int) {
	t.Helper()
	var rows []struct {
		Content     string
		Annotations []struct{ Value string }
	}
	read(t, filepath.Join(dir, "triage", "finentity", "FinEntity.json"), &rows)
	for _, r := range rows {
		gold := map[stockdigest.Symbol]bool{}
		for _, a := range r.Annotations {
			if s, ok := l.Company(a.Value); ok {
				gold[s] = true
			}
		}
		asked += len(gold)
		for _, s := range l.Symbols(r.Content) {
			told++
			if gold[s] {
				right++
			}
		}
	}
	return right, told, asked
}

func sec(t *testing.T, dir string) []stockdigest.Ticker {
	t.Helper()
	var list map[string]struct{ Ticker, Title string }
	read(t, filepath.Join(dir, "tickers", "sec_company_tickers.json"), &list)
	rows := make([]stockdigest.Ticker, 0, len(list))
	for i := range len(list) {
		v := list[strconv.Itoa(i)]
		rows = append(rows, stockdigest.Ticker{Symbol: stockdigest.Symbol(v.Ticker), Name: v.Title})
	}
	return rows
}

func read(t *testing.T, path string, into any) {
	t.Helper()
	raw, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(raw, into); err != nil {
		t.Fatal(err)
	}
}

func TestOneWordHasOneSenseInAText(t *testing.T) {
	t.Parallel()
	l := names.NewLinker(starter(t))
	rest := strings.Repeat("The hall was full and the doors stayed open for the visitors. ", 10)
	cases := map[string]struct {
		symbol stockdigest.Symbol
		body   string
		want   bool
	}{
		"the head of a sentence counts beside a sure one": {"CAT", "Caterpillar machines moved earth. A man from Caterpillar said so. Caterpillar had no word. " + rest, true},
		"a surname is no company":                         {"F", "The stories of John M. Ford were lost. Ford wrote at night, and friends of Ford kept them. Ford died young. " + rest, false},
		"a chairman of the name":                          {"F", "Bill Ford spoke of Ford Motor. Ford sold more trucks, and dealers of Ford were glad. Ford shares rose. " + rest, true},
		"a word of a name is not the name":                {"LYV", "Watch it on Stream Live today. Live streams grow. Live chat grows. " + rest, false},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			row, ok := l.Ticker(c.symbol)
			if !ok {
				t.Fatalf("%s is not in the starter", c.symbol)
			}
			if v := l.About(row, "A long night", "", c.body); v.About != c.want {
				t.Errorf("got %v (%s), want %v", v.About, v.Reason, c.want)
			}
		})
	}
}

func TestACompanyKeepsItsNameThoughAnotherOwnsTheBrand(t *testing.T) {
	t.Parallel()
	l := names.NewLinker(starter(t))
	cases := []struct {
		row   stockdigest.Ticker
		title string
		want  bool
	}{
		{stockdigest.Ticker{Symbol: "PNDRA", Name: "Pandora Media, Inc."}, "Pandora adds podcasts to its app", true},
		{stockdigest.Ticker{Symbol: "AEO", Name: "American Eagle Outfitters, Inc."}, "American Eagle Outfitters cuts its outlook", true},
		{stockdigest.Ticker{Symbol: "ATVI", Name: "Activision Blizzard, Inc."}, "Activision Blizzard sells 10 million copies", true},
		{stockdigest.Ticker{Symbol: "MSFT", Name: "Microsoft Corporation"}, "Activision Blizzard sells 10 million copies", true},
		{stockdigest.Ticker{Symbol: "MTCH", Name: "Match Group, Inc."}, "Match results: City win", false},
		{stockdigest.Ticker{Symbol: "MTCH", Name: "Match Group, Inc."}, "Match Group sees slower growth", true},
		{stockdigest.Ticker{Symbol: "CBS", Name: "CBS Corporation"}, "CBS and Viacom to close merger on December 4", true},
		{stockdigest.Ticker{Symbol: "CBS", Name: "CBS Corporation"}, "CBS News poll: voters split on merger", false},
		{stockdigest.Ticker{Symbol: "TWTR", Name: "Twitter, Inc."}, "Twitter Lite se estrena en México", true},
	}
	for _, c := range cases {
		if v := l.About(c.row, c.title, "", ""); v.About != c.want {
			t.Errorf("%s: %q: got %v (%s), want %v", c.row.Symbol, c.title, v.About, v.Reason, c.want)
		}
	}
}
