package names_test

import (
	"encoding/json"
	"fmt"
	"os"
	"testing"

	"stockdigest.app/stockdigest"
	"stockdigest.app/stockdigest/internal/names"
)

func TestFinExp(t *testing.T) {
	rows := starter(t)
	if os.Getenv("ALL") != "" {
		var sec map[string]struct {
			CIK    int `json:"cik_str"`
			Ticker string
			Title  string
		}
		b, _ := os.ReadFile("/work/shared/data/tickers/sec_company_tickers.json")
		json.Unmarshal(b, &sec)
		for i := range len(sec) {
			v := sec[fmt.Sprint(i)]
			rows = append(rows, stockdigest.Ticker{Symbol: stockdigest.Symbol(v.Ticker), Name: v.Title, CIK: fmt.Sprintf("%010d", v.CIK)})
		}
	}
	l := names.NewLinker(rows)
	var set []struct {
		Content     string
		Annotations []struct{ Value string }
	}
	b, _ := os.ReadFile("/work/shared/data/triage/finentity/FinEntity.json")
	json.Unmarshal(b, &set)
	var right, told, asked int
	for i, r := range set {
		gold := map[stockdigest.Symbol]string{}
		for _, a := range r.Annotations {
			if s, ok := l.Company(a.Value); ok {
				gold[s] = a.Value
			}
		}
		asked += len(gold)
		seen := map[stockdigest.Symbol]bool{}
		for _, m := range l.Find(r.Content) {
			if m.Kind != stockdigest.NameCompany {
				continue
			}
			if seen[m.Symbol] {
				continue
			}
			seen[m.Symbol] = true
			told++
			if gold[m.Symbol] != "" {
				right++
			} else {
				fmt.Printf("%d FP %s %q %s | %v | %.200s\n", i, m.Symbol, m.Text, m.Kind, r.Annotations, r.Content[max(0, m.Start-60):])
			}
		}
		for s, v := range gold {
			if !seen[s] {
				fmt.Printf("%d FN %s %q | %.250s\n", i, s, v, r.Content)
			}
		}
	}
	fmt.Printf("asked %d told %d right %d P %.3f R %.3f\n", asked, told, right, float64(right)/float64(told), float64(right)/float64(asked))
}
