package stockdigest_test

import (
	"errors"
	"strings"
	"testing"

	"stockdigest.app/stockdigest"
)

func directory() *stockdigest.Directory {
	return stockdigest.NewDirectory([]stockdigest.Ticker{
		{Symbol: "AAPL", Name: "Apple Inc.", Names: []stockdigest.Name{{Text: "iPhone", Kind: stockdigest.NameProduct}}},
		{Symbol: "BRK-A", Name: "Berkshire Hathaway Inc."},
		{Symbol: "BRK-B", Name: "Berkshire Hathaway Inc."},
		{Symbol: "GOOGL", Name: "Alphabet Inc.", Names: []stockdigest.Name{{Text: "Google", Kind: stockdigest.NameCompany}}},
		{Symbol: "RY.TO", Name: "Royal Bank of Canada"},
		{Symbol: "RCI-B.TO", Name: "Rogers Communications Inc."},
		{Symbol: "T", Name: "AT&T Inc."},
		{Symbol: "T.TO", Name: "TELUS Corporation"},
		{Symbol: "BF-B", Name: "Brown-Forman Corporation"},
		{Symbol: "MSFT", Name: "Microsoft Corporation"},
		{Symbol: "ACB.V", Name: "A Venture Corp."},
	})
}

func TestLookupKnowsEveryWayToWriteASymbol(t *testing.T) {
	t.Parallel()
	cases := map[stockdigest.Symbol][]string{
		"AAPL": {
			"AAPL", "aapl", "$aapl", " AAPL ", "NASDAQ:AAPL", "nasdaq: aapl", "(NASDAQ: AAPL)", "AAPL US", "AAPL.O", "AAPL:US", "ＡＡＰＬ", "\tAAPL\n",
			"$AAPL", "NASDAQ:$AAPL", "AAPL\u200b", "“AAPL”", "NasdaqGS:AAPL", "AAPL US Equity",
		},
		"BRK-B":    {"brk.b", "BRK B", "BRK/B", "BRKB", "BRK-B", "brk_b", "NYSE: BRK.B", "NYSE:BRK.B", "brk b", "BRK.B US", "BRK–B", "$BRK.B", "ＢＲＫ．Ｂ"},
		"BRK-A":    {"BRK.A", "brka", "BRK/A"},
		"BF-B":     {"bf.b", "BFB", "BF/B"},
		"RY.TO":    {"TSX:RY", "RY.TSX", "RY.TO", "ry.to", "RY CN", "RY-T", "TSE:RY", "TSX: RY", "RY:CN", "TSX:RY.TO", "RY TSX"},
		"RCI-B.TO": {"RCI.B.TO", "RCI-B.TO", "TSX:RCI.B", "TSX:RCIB", "RCI/B.TO", "RCI.B.TSX", "rci b.to", "RCI.B-T", "TSX:RCI-B", "RCI.B CN"},
		"T":        {"T", "t", "$t", "NYSE:T"},
		"T.TO":     {"T.TO", "TSX:T", "t.tsx"},
		"ACB.V":    {"TSXV:ACB", "CVE:ACB", "ACB.V"},
	}
	d := directory()
	for want, inputs := range cases {
		for _, in := range inputs {
			got, err := d.Lookup(in)
			if err != nil || got.Symbol != want {
				t.Errorf("Lookup(%q): got %q, %v, want %s", in, got.Symbol, err, want)
			}
		}
	}
}

func TestLookupRefusesWithOneSuggestion(t *testing.T) {
	t.Parallel()
	cases := map[string]string{
		"AAPPL":          `unknown ticker "AAPPL": did you mean AAPL (Apple Inc.)?`,
		"apple":          `unknown ticker "apple": did you mean AAPL (Apple Inc.)?`,
		"Apple Inc":      `unknown ticker "Apple Inc": did you mean AAPL (Apple Inc.)?`,
		"iphone":         `unknown ticker "iphone": did you mean AAPL (Apple Inc.)?`,
		"google":         `unknown ticker "google": did you mean GOOGL (Alphabet Inc.)?`,
		"MFST":           `unknown ticker "MFST": did you mean MSFT (Microsoft Corporation)?`,
		"GOOGLE.":        `unknown ticker "GOOGLE.": did you mean GOOGL (Alphabet Inc.)?`,
		"at&t":           `unknown ticker "at&t": did you mean T (AT&T Inc.)?`,
		"RY":             `unknown ticker "RY": did you mean RY.TO (Royal Bank of Canada)?`,
		"microsft":       `unknown ticker "microsft": did you mean MSFT (Microsoft Corporation)?`,
		"QQQQZZ":         `unknown ticker "QQQQZZ": use the symbol of a listed company, as in AAPL or RY.TO`,
		"":               `unknown ticker: nothing was written`,
		"$":              `unknown ticker: nothing was written`,
		"'; DROP TABLE;": `unknown ticker "'; DROP TABLE;": use the symbol of a listed company, as in AAPL or RY.TO`,
	}
	d := directory()
	for in, want := range cases {
		got, err := d.Lookup(in)
		if !errors.Is(err, stockdigest.ErrNotFound) || stockdigest.Message(err) != want {
			t.Errorf("Lookup(%q): got %q, %v, want %s", in, got.Symbol, err, want)
		}
	}
	if _, err := d.Lookup(strings.Repeat("A", 1<<20)); !errors.Is(err, stockdigest.ErrNotFound) || len(stockdigest.Message(err)) > 120 {
		t.Errorf("a megabyte of input: got %v, want a short refusal", err)
	}
}

func FuzzLookup(f *testing.F) {
	for _, s := range []string{"brk.b", "TSX:RY", "$aapl", "ＡＡＰＬ", "NYSE: BRK.B", "-", ":", "T.TO.TO", "\xff", "AAPPL"} {
		f.Add(s)
	}
	d := directory()
	f.Fuzz(func(t *testing.T, in string) {
		got, err := d.Lookup(in)
		if err != nil {
			if !errors.Is(err, stockdigest.ErrNotFound) {
				t.Fatalf("Lookup(%q): got %v, want ErrNotFound", in, err)
			}
			return
		}
		again, err := d.Lookup(string(got.Symbol))
		if err != nil || again.Symbol != got.Symbol {
			t.Fatalf("Lookup(%q) of its own answer: got %q, %v", got.Symbol, again.Symbol, err)
		}
	})
}
