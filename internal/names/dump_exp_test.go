package names

import (
	"encoding/json"
	"fmt"
	"os"
	"testing"

	"stockdigest.app/stockdigest"
)

func TestDumpExp(t *testing.T) {
	var sec map[string]struct{ Ticker, Title string }
	b, _ := os.ReadFile("/work/shared/data/tickers/sec_company_tickers.json")
	json.Unmarshal(b, &sec)
	for _, v := range sec {
		c := legalCore(v.Title)
		for _, n := range []string{c, shortName(c)} {
			if tk := tokenize(n); len(tk) == 1 {
				fmt.Println("W", tk[0].key)
			}
		}
	}
	_ = stockdigest.Symbol("")
}
