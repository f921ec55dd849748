package tickers_test

import (
	"bytes"
	"compress/gzip"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"stockdigest.app/stockdigest"
	"stockdigest.app/stockdigest/internal/adapter/tickers"
	"stockdigest.app/stockdigest/internal/datatest"
)

func TestStarterIsSound(t *testing.T) {
	t.Parallel()
	seen := map[stockdigest.Symbol]bool{}
	rows := tickers.Starter()
	if len(rows) < 150 {
		t.Errorf("starter: got %d rows, want at least 150", len(rows))
	}
	d := stockdigest.NewDirectory(rows)
	for _, row := range rows {
		if err := row.Validate(); err != nil {
			t.Errorf("%s: %v", row.Symbol, err)
		}
		if seen[row.Symbol] {
			t.Errorf("%s stands there twice", row.Symbol)
		}
		seen[row.Symbol] = true
		if !slices.IsSortedFunc(row.Names, func(a, b stockdigest.Name) int {
			switch {
			case a.Text < b.Text:
				return -1
			case a.Text > b.Text:
				return 1
			}
			return 0
		}) {
			t.Errorf("%s: names are not sorted", row.Symbol)
		}
		got, err := d.Lookup(string(row.Symbol))
		if err != nil || got.Symbol != row.Symbol {
			t.Errorf("Lookup(%s): got %s, %v", row.Symbol, got.Symbol, err)
		}
	}
}

func TestImportKnowsTheFormats(t *testing.T) {
	t.Parallel()
	cases := map[string]struct {
		file, body string
		want       []stockdigest.Ticker
	}{
		"SEC's list": {
			"company_tickers.json", `{"0":{"cik_str":320193,"ticker":"AAPL","title":"Apple Inc."},"1":{"cik_str":1067983,"ticker":"BRK-B","title":"BERKSHIRE HATHAWAY INC"}}`,
			[]stockdigest.Ticker{
				{Symbol: "AAPL", Name: "Apple Inc.", CIK: "0000320193", Source: "sec"},
				{Symbol: "BRK-B", Name: "BERKSHIRE HATHAWAY INC", CIK: "0001067983", Source: "sec"},
			},
		},
		"an exchange's list": {
			"nyse_full_tickers.json", `[{"symbol":"A","name":"Agilent Technologies Inc. Common Stock","sector":"Industrials"},{"symbol":"BRK/A","name":"Berkshire Hathaway Inc. Class A Common Stock"},
			{"symbol":"BAC^B","name":"Bank of America Corporation Preferred"},{"symbol":"EPD","name":"Enterprise Products Partners L.P. Common Units"}]`,
			[]stockdigest.Ticker{
				{Symbol: "A", Name: "Agilent Technologies Inc.", Exchange: "NYSE", Source: "file"},
				{Symbol: "BRK-A", Name: "Berkshire Hathaway Inc.", Exchange: "NYSE", Source: "file"},
				{Symbol: "EPD", Name: "Enterprise Products Partners L.P.", Exchange: "NYSE", Source: "file"},
			},
		},
		"S&P 500": {
			"constituents.csv", "Symbol,Security,GICS Sector,CIK\nMMM,3M,Industrials,66740\nBRK.B,Berkshire Hathaway,Financials,1067983\n",
			[]stockdigest.Ticker{
				{Symbol: "MMM", Name: "3M", CIK: "0000066740", Source: "file"},
				{Symbol: "BRK-B", Name: "Berkshire Hathaway", CIK: "0001067983", Source: "file"},
			},
		},
		"FinanceDatabase": {
			"TOR.csv", "symbol,name,summary,exchange,delisted\nRCI-B.TO,Rogers Communications Inc.,\"Cable,\nphones\",TOR,False\nOLD.TO,Old Inc.,,TOR,True\nREI-UN.TO,RioCan Real Estate Investment Trust,,TOR,False\n",
			[]stockdigest.Ticker{
				{Symbol: "RCI-B.TO", Name: "Rogers Communications Inc.", Exchange: "TSX", Source: "file"},
				{Symbol: "REI-UN.TO", Name: "RioCan Real Estate Investment Trust", Exchange: "TSX", Source: "file"},
			},
		},
		"share classes that look like rights": {
			"nasdaq.csv", "symbol,name\nGOOG,Alphabet Inc. Class C Capital Stock\nGOOGL,Alphabet Inc. Class A Common Stock\n",
			[]stockdigest.Ticker{
				{Symbol: "GOOG", Name: "Alphabet Inc.", Exchange: "NASDAQ", Source: "file"},
				{Symbol: "GOOGL", Name: "Alphabet Inc.", Exchange: "NASDAQ", Source: "file"},
			},
		},
		"what nobody follows": {
			"nasdaq.csv", "symbol,name\nABCD,Abcd Acquisition Corp.\nABCDW,Abcd Acquisition Corp. Warrant\nABCDU,Abcd Acquisition Corp. Units\nABCDR,Abcd Acquisition Corp.\nZTEST,Nasdaq Test Stock\nUNIT,Uniti Group Inc.\n",
			[]stockdigest.Ticker{
				{Symbol: "ABCD", Name: "Abcd Acquisition Corp.", Exchange: "NASDAQ", Source: "file"},
				{Symbol: "UNIT", Name: "Uniti Group Inc.", Exchange: "NASDAQ", Source: "file"},
			},
		},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got, err := tickers.Import(c.file, strings.NewReader(c.body))
			if diff := cmp.Diff(c.want, got); err != nil || diff != "" {
				t.Errorf("got error %v, difference (-want +got):\n%s", err, diff)
			}
		})
	}
}

func TestImportReadsGzip(t *testing.T) {
	t.Parallel()
	var b bytes.Buffer
	z := gzip.NewWriter(&b)
	if _, err := z.Write([]byte("symbol,name\nMMM,3M\n")); err != nil {
		t.Fatal(err)
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	got, err := tickers.Import("x.csv.gz", &b)
	if err != nil || len(got) != 1 || got[0].Symbol != "MMM" {
		t.Errorf("got %v, %v, want MMM", got, err)
	}
}

func TestImportNamesFileAndLine(t *testing.T) {
	t.Parallel()
	cases := map[string]string{
		"":                                  "ticker list f.csv: the file is empty",
		"\x00\xff\xfe":                      "ticker list f.csv: the file is not UTF-8 text",
		"a,b\n1,2\n":                        "ticker list f.csv: line 1: no columns “symbol” and “name”",
		"symbol,name\nA,B\n\"C,D\n":         "ticker list f.csv: line 3: broken CSV",
		"symbol,name\nA,B\nC\n":             "ticker list f.csv: line 3: 1 columns, the head has 2",
		"symbol,name\n":                     "ticker list f.csv: no tickers in it",
		"{\n\"0\":{\"ticker\":\"A\",\n":     "ticker list f.csv: line 2: broken JSON",
		"[\n{\"foo\":1}]":                   "ticker list f.csv: line 2: neither ticker nor symbol: this is no list of tickers",
		"<html><body>Request Rate Exceeded": "ticker list f.csv: line 1: no columns “symbol” and “name”",
		"\x1f\x8bnot gzip at all":           "the file is damaged gzip",
	}
	for body, want := range cases {
		_, err := tickers.Import("f.csv", strings.NewReader(body))
		if !errors.Is(err, stockdigest.ErrInvalid) || !strings.HasSuffix(stockdigest.Message(err), want) {
			t.Errorf("Import(%q): got %v, want %s", body, err, want)
		}
	}
}

func FuzzImport(f *testing.F) {
	f.Add("symbol,name\nBRK.B,Berkshire\n")
	f.Add(`{"0":{"cik_str":1,"ticker":"A","title":"B"}}`)
	f.Add(`[{"symbol":"A","name":"B"}]`)
	f.Fuzz(func(t *testing.T, body string) {
		list, err := tickers.Import("fuzz", strings.NewReader(body))
		if (err == nil) != (len(list) > 0) {
			t.Fatalf("got %d tickers and error %v", len(list), err)
		}
		for _, row := range list {
			if err := row.Validate(); err != nil {
				t.Fatal(err)
			}
		}
	})
}

// TestImportReadsThePublicLists reads the real files as they lie.
func TestImportReadsThePublicLists(t *testing.T) {
	t.Parallel()
	dir := datatest.Dir(t, "tickers")
	least := map[string]int{
		"sec_company_tickers.json":                            8000,
		"us_stock_symbols/nasdaq/nasdaq_full_tickers.json.gz": 2500,
		"us_stock_symbols/nyse/nyse_full_tickers.json.gz":     1800,
		"us_stock_symbols/amex/amex_full_tickers.json.gz":     200,
		"sp500/data/constituents.csv":                         500,
		"financedatabase/database/equities/TOR.csv.gz":        600,
		"financedatabase/database/equities/VAN.csv.gz":        1000,
	}
	for file, n := range least {
		t.Run(file, func(t *testing.T) {
			t.Parallel()
			f, err := os.Open(filepath.Join(dir, file))
			if err != nil {
				t.Fatal(err)
			}
			defer f.Close()
			list, err := tickers.Import(filepath.Base(file), f)
			if err != nil || len(list) < n {
				t.Fatalf("got %d tickers, %v, want at least %d", len(list), err, n)
			}
			d := stockdigest.NewDirectory(list)
			for _, row := range list {
				if got, err := d.Lookup(string(row.Symbol)); err != nil || got.Symbol != row.Symbol {
					t.Errorf("Lookup(%s): got %s, %v", row.Symbol, got.Symbol, err)
				}
			}
		})
	}
}
